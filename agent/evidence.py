"""Signs that words of a text are meant as a title: what they are, how they are written, what stands beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import yaml
from rapidfuzz.distance import OSA

from handpicked import prompts
from handpicked.agent import grades, lexicon, signs
from handpicked.agent.grades import Signs
from handpicked.agent.hints import Hints, Person
from handpicked.agent.signs import Said, Span
from handpicked.tools.data.text import has_cjk, phrase_key
from handpicked.tools.data.titles import Match
from handpicked.tools.types import Item

_OBJECTS = frozenset(["her", "him", "us", "them", "me", "up"])
"""Words that can't be a sentence's subject: followed by a verb they are a title."""
_UNSURE = 2
"""A year so far from an item's says neither that it is meant nor that another is."""
_TRANSLATED = 0.6
"""How well an item is known, at least, that is called by other names too."""
_LOOKED_FOR = frozenset(["find", "watch", "stream"])
"""Verbs with which "up" makes no other verb."""
_TASTE = ("like", "dislike", "seen")
_QUOTES = re.compile(
    r"[\"“«《〈「『]([^\"”»》〉」』]{1,80})[\"”»》〉」』]|(?<!\w)['‘]([^'’]{1,80})['’](?!\w)"
)
_NOUN_BEFORE = re.compile(
    r"\b(?:movie|film|flick|book|novel|album|record|picture|documentary|musical|called|titled|named|original|remake)[\s,:]+$"
    r"|(?:电影|影片|片子|专辑|小说|那部|这部|那本|这本|叫|叫做)$",
    re.IGNORECASE,
)
_NOUN_BEHIND = re.compile(
    r"[\"”’》」]*,?\s*(?:the|that)\s+(?:[\w-]+\s+)?(?:movie|film|flick|book|novel|album|record|original|remake)\b"
    r"|\s*(?:movie|film|series|franchise)s?\b|[\"”’》」]*\s*(?:这|那)(?:部|本|张|篇|版)",
    re.IGNORECASE,
)
_PEOPLE_BEHIND = re.compile(r"[\"”’》」]?\s*,?\s*(?:by|with|starring|directed by|from)\s", re.IGNORECASE)
_PERSON_CALLED = re.compile(
    r"\b(?:he|she|they|i|who|im|name|hes|shes)(?:['’]?s|['’]m|['’]re| is| are| was)? (?:called|named)\s+$",
    re.IGNORECASE,
)
_WHETHER = re.compile(r"\b(?:is|was|are|isn['’]?t|wasn['’]?t)\s+(?:the\s+)?$", re.IGNORECASE)
_GOES_ON = re.compile(r"\s?:\s*[A-Z][a-z]+\s+[A-Z\d]")
_SUBTITLE = re.compile(r"[:：]|——|\s[–—-]\s|\sor:?\s|[(;]")
_KIN = re.compile(
    r"\b(?:brother|sister|friend|mate|son|daughter|wife|husband|mum|mom|dad|uncle|aunt|auntie|cousin|boss|nephew|niece|grandad|grandma|nan"
    r"|colleague|neighbou?r|girlfriend|boyfriend|partner|dear|hi|hey|hello)\s+$",
    re.IGNORECASE,
)
_HUMAN = re.compile(
    r"(?:['’]s)?\s+(?:likes?|loves?|says?|said|wants?|thinks?|hates?|adores?|prefers?|enjoys?|needs?|asked|told|turns|turned|retires|retiring|turning \d+|is\s+(?:retiring|turning|into|mad))\b",
    re.IGNORECASE,
)
_NAME_GOES_ON = re.compile(r" (?:(?:of|in|to|at|on|the) ){1,2}(?!The |I )[A-Z][a-z]+")
_NAME_BEGAN = re.compile(r"\b([A-Z][a-z]+) (?:(?:of|in|to|at|on) )(?:the )?$")
_CALLED_FILM = re.compile(
    r"[\"”’]?\s*(?:is|was|are|were|['’]s)\s+(?:also\s+|still\s+|just\s+|really\s+|such\s+|probably\s+)?(?:an?|another|one of)\s+(?:[\w-]+\s+){0,3}?"
    r"(?:movie|film|flick|one|ones|classic|comedy|thriller|favou?rite|fave|watch|masterpiece)s?\b",
    re.IGNORECASE,
)
"""What is said of films only: "hook is another good family one"."""
_LISTED = re.compile(
    r"\b(?:films?|movies?|books?|albums?|fav(?:ou?rite)?s?|faves?|top (?:three|five|ten|\d+)|likes?|liked|loved?|seen|watched|hated?|dislikes?)\s*[:=]\s*$"
    r"|\b(?:fav(?:ou?rite)?s?|faves?|top (?:three|five|ten|\d+))(?: (?:films?|movies?|books?|ones?))?(?: of (?:all time|mine))?\s+(?:is|are|was|were|has to be|have to be|include|being)\s+$",
    re.IGNORECASE,
)
"""What a title or a list of them stands behind: "fav films: heat, casino"."""
_THE_ONE = re.compile(
    r"[\"”’!?]*,?\s+(?:but\s+|as in,?\s+|like,?\s+)?(?:(?:is|was)\s+)?the one\s+(?:where|with|about|by|from|in which|that|who|when|the)\b|[》」]?[，,\s]*(?:就是|是)?[^，。]{0,12}的?那[部本张版个]",
    re.IGNORECASE,
)
_WHICH_ONE = re.compile(
    r"[\"”’!?.,]*\s+(?:(?:is|was|but|not)\s+)?(?:the|that)\s+(?:[\w'’-]+\s+){1,4}one\b", re.IGNORECASE
)
"""What tells which of several is meant: "crash? the car one"."""
_ASKED_OF_IT = re.compile(
    r"(?:[.?!…,]+|\s[–—-])\s*(?:(?:so|ok|hey|um|er|and)\W+)*(?:what|who|how long|when|which year|is (?:it|that)|was (?:it|that)|any good|worth|(?:do|have) (?:you|u|ya)|got (?:it|that)"
    r"|sum |summar|plot|gist|spoil|thoughts|opinion|review|tl;?dr|compare|diff|better)",
    re.IGNORECASE,
)
"""What is asked of a title that is said first: "signs - whats that about"."""
_SOMETHING = re.compile(r"\s+(?:something|sth|smth)\b|(?:什么的|啥的)", re.IGNORECASE)
"""What follows a title that is half remembered."""
_AS_IS = re.compile(r"(?:跟|像|和)[《「“\s]*$"), re.compile(r"[》」”\s]*(?:一样|似的|差不多|那样|那种|类似)")
"""What stands around a title that others are to be like: 跟up一样."""
_RATED_BEFORE = re.compile(
    r"(?:out of (?:5|10|five|ten)|\bstars?|/\s*(?:5|10))\s+(?:on|for|to|goes to)\s+$", re.IGNORECASE
)
"""A rating that a title is given: "2 out of 5 on gravity"."""
_COMMON_BEFORE = re.compile(
    r"\b(?:some|any|more|of|our|its|his|their|too|very|so|much|this|that|these|those|each|every|no)\s*$",
    re.IGNORECASE,
)
_ONE_OF_MANY = re.compile(r"\b(?:a|an|my|your|ur)\s*$", re.IGNORECASE)
_PLACE = re.compile(
    r"\b(?:go|goes|going|went|trips?|flights?|fly|flying|flew|travel\w*|moving|moved|drove|driving|live|lives|living|been|holidays?|vacation|honeymoon)"
    r"\s+(?:back\s+|over\s+|out\s+)?(?:to|in)\s+$|\b(?:near|nearby|outside|towards)\s+$",
    re.IGNORECASE,
)
"""What stands before where somebody goes: "going to casablanca in june"."""
_HIS = re.compile(r"[\"”’》」]?\s+(?:one|ones|version|film|films|movie|movies|style|remake)\b", re.IGNORECASE)


@cache
def weights() -> Mapping[str, float]:
    """How much each sign says, in log-odds."""
    document: dict[str, float] = yaml.load(prompts.read_text("title_signs.yaml"), yaml.CSafeLoader)
    return document


def weigh(hints: Hints, span: Span, matches: Sequence[Match], shown: Sequence[int]) -> Signs:
    """The signs for words that may be one of some titles, each with how strong it is."""
    said = hints.said
    best = min(matches, key=lambda match: (match.part, match.slips, not match.exact))
    chinese = signs.is_cjk(said, span) or _among(said, span)
    found: Signs = {"chinese" if chinese else "words": 1.0}
    written = said.words[span[0] : span[1]]
    found |= grades.chinese(written) if chinese else grades.english(hints.snapshot, written, best)
    found |= _agreement(hints, span, matches, best)
    if quoted(said, span) and (best.exact or span[1] - span[0] > 1):
        found["quoted"] = 1.0
    found |= _beside(said, span, part=best.part)
    if not chinese:
        found["as this one is"] = float(
            bool(_AS_IS[0].search(said.before(span)) and _AS_IS[1].match(said.after(span)))
        )
        found["in Chinese"] = float(not best.part and _in_chinese(said, span))
    found |= _topic(said, span) if chinese else _written(said, span, best)
    if best.part and any(
        is_subtitle(hints.snapshot.item(match.row).title, said.words[slice(*span)], match.slips)
        for match in matches
    ):
        found["sub-title"] = 1.0
    found |= _hinted(hints, span, [hints.snapshot.item(match.row) for match in matches])
    if found.get("idiom"):
        found.pop("alone", None)
    if any(match.row in shown for match in matches):
        found["shown"] = 1.0
    surname = (
        (best.part or best.slips or _HIS.match(said.after(span)))
        and span[1] - span[0] == 1
        and hints.snapshot.surname(said.words[span[0]])
    )
    human = (
        _KIN.search(said.before(span))
        or _PERSON_CALLED.search(said.before(span))
        or _HUMAN.match(said.after(span))
    )
    if (
        surname
        or (human and "one name" in found)
        or any(_named(person, span, best) for person in hints.people)
    ):
        found["person's name"] = 1.0
    return found


def _among(said: Said, span: Span) -> bool:
    """Whether a title of figures stands in a Chinese text."""
    return said.words[span[0]].isdigit() and span[1] - span[0] == 1 and has_cjk(said.text)


def _in_chinese(said: Said, span: Span) -> bool:
    """Whether English words stand by themselves in a Chinese text, as titles do and little else."""
    before, after = said.before(span).rstrip(' 《「“"'), said.after(span).lstrip(' 》」”"')
    beside = f"{before[-1:]}{after[:1]}"
    return has_cjk(beside) and not any(char.isascii() and char.isalnum() for char in beside)


def is_subtitle(title: str, written: Sequence[str], slips: int = 0) -> bool:
    """Whether the words are what stands before or behind a colon in a title, but for some slips."""
    wanted = phrase_key(" ".join(written)).removeprefix("the ")
    parts = [phrase_key(part).removeprefix("the ") for part in _SUBTITLE.split(title)]
    return len(parts) > 1 and any(OSA.distance(part, wanted, score_cutoff=slips) <= slips for part in parts)


def quoted(said: Said, span: Span) -> bool:
    """Whether quotes hold the title and nothing else."""
    start, end = said.start(span), said.end(span)
    for quote in _QUOTES.finditer(said.text):
        group = 1 if quote[1] else 2
        rest = f"{said.text[quote.start(group) : start]}{said.text[end : quote.end(group)]}"
        if quote.start(group) <= start and end <= quote.end(group) and not re.search(r"[^\W_]", rest):
            return True
    return False


def _agreement(hints: Hints, span: Span, matches: Sequence[Match], best: Match) -> Signs:
    """How the words agree with the title, and how well it is known."""
    known = max(_known(hints, match.row) for match in matches)
    single = span[1] - span[0] == 1
    alone = (
        best.part
        and single
        and len(matches) == 1
        and hints.snapshot.titles.frequency(hints.said.words[span[0]]) == 1
    )
    return {
        "part": float(best.part), "part, one word": float(best.part and single), "part, its own word": float(alone),
        "part of several": float(best.part and len({match.row for match in matches}) > 2),
        "slips": float(best.slips), "slip in a long word": float(best.slips == 1 and single and len(best.name) > 7), "slip in a short word": float(bool(best.slips) and single and len(best.name) < 7),
        "loose": float(not best.exact and not best.slips and not best.part), "popular": known,
    }  # fmt: skip


def _known(hints: Hints, row: int) -> float:
    """How well an item is known, from 0 to 1: by its users, or for having names in other languages."""
    popular = min(float(hints.snapshot.popularity[row]) * 2, 1.0) ** 0.5
    return (
        max(popular, _TRANSLATED) if popular < _TRANSLATED and hints.snapshot.item(row).aliases else popular
    )


def _beside(said: Said, span: Span, *, part: bool) -> Signs:
    """What stands beside the words."""
    closes, found = signs.closes(said, span), dict[str, float]()
    if signs.alone(said, span):
        one = "alone, one" if span[1] - span[0] == 1 else "alone"
        found["alone in part" if part else one] = 1.0
    if signs.cue_before(said, span, "named") and not _PERSON_CALLED.search(said.before(span)):
        found["named"] = 1.0
    elif signs.cue_before(said, span, *_TASTE):
        found["taste" if closes else "taste, goes on"] = 1.0
        found["nothing but a title"] = float(closes and said.words[span[0] : span[1]] == ["up"])
        found["watched"] = float(
            closes and not signs.is_cjk(said, span) and signs.cue_before(said, span, "seen")
        )
    elif signs.cue_before(said, span, "ask", "negation"):
        found["ask" if closes else "ask, goes on"] = 1.0
        only = closes and span[1] - span[0] == 1 and said.words[span[0]] in _OBJECTS
        found["nothing but a title"] = float(only and signs.upper(said, span))
        found["looked for"] = float(only and said.words[span[0] - 1] in _LOOKED_FOR)
    judged = signs.cue_behind(said, span, "praise", "scorn", "had") or signs.rated_behind(said, span)
    if judged or signs.cue_behind(said, span, "kin", "asked"):
        found["judged" if judged else "said of"] = 1.0
        found["asked whether"] = float(bool(_WHETHER.search(said.before(span))))
        found["an object said of"] = float(said.words[span[0]] in _OBJECTS and span[1] - span[0] == 1)
    cues = [
        cue for cue in said.cues if cue.last - cue.first > 1 and cue.first <= span[0] and span[1] <= cue.last
    ]
    found["within a cue"] = float(bool(cues) and not signs.upper(said, span))
    found["within a term"] = float(
        span[1] - span[0] == 1 and not signs.upper(said, span) and grades.within_term(said.words, span[0])
    )
    found["rated before"] = float(bool(_RATED_BEFORE.search(said.before(span))))
    found["noun before"] = float(bool(_NOUN_BEFORE.search(said.before(span))))
    found["noun before capitals"] = float(found["noun before"] and signs.upper(said, span))
    found["noun behind"] = float(bool(_NOUN_BEHIND.match(said.after(span))))
    found["listed"] = float(bool(_LISTED.search(said.before(span))))
    found["called a film"] = float(bool(_CALLED_FILM.match(said.after(span))))
    found["goes on"] = float(bool(_GOES_ON.match(said.after(span))))
    found["the one"] = float(bool(_THE_ONE.match(said.after(span))))
    found["which one"] = float(signs.begins(said, span) and bool(_WHICH_ONE.match(said.after(span))))
    told = grades.tells(said.words[span[0] : span[1]])
    found["asked of it"] = float(span[0] == 0 and told and bool(_ASKED_OF_IT.match(said.after(span))))
    found["half remembered"] = float(part and bool(_SOMETHING.match(said.after(span))))
    found["between clauses"] = float(signs.begins(said, span) and closes)
    if "named" not in found:
        found["determined"] = float(bool(_COMMON_BEFORE.search(said.before(span))))
        found["one of many"] = float(bool(_ONE_OF_MANY.search(said.before(span))))
    found["place"] = float(bool(_PLACE.search(said.before(span))))
    return found


def _topic(said: Said, span: Span) -> Signs:
    """Whether a Chinese title stands apart, most of all at the beginning."""
    if not signs.apart(said, span):
        return {}
    asked = any("asked" in cue.values and cue.first >= span[1] for cue in said.cues)
    first = span[0] == 0
    return {"apart": 1.0, "first": float(first), "topic asked about": float(first and asked)}


def _written(said: Said, span: Span, best: Match) -> Signs:
    """What the capitals say."""
    words = said.words[span[0] : span[1]]
    many = "many" if len(words) > 1 else "one"
    if signs.upper(said, span):
        if all(word in lexicon.load().proper or word.isdigit() for word in said.bare[slice(*span)]):
            return {}
        if best.part and many == "one":
            return {"capitals, part": 1.0}
        plain = "" if many == "many" or grades.telling(words[0]) else " plain"
        if _in_name(said, span):
            return {"inside a name": 1.0}
        return {f"capitals, {many}{plain}{', opening' if signs.opens(said, span) else ''}": 1.0}
    lower = said.cased and not said.text[said.start(span)].isdigit()
    return {f"no capitals, {many}": float(lower)}


def _in_name(said: Said, span: Span) -> bool:
    """Whether the words are a part of a longer name: Ghost in the Shell, when the catalogue has Ghost only."""
    behind = _NAME_GOES_ON.match(said.after(span))
    before = _NAME_BEGAN.search(said.before(span))
    return behind is not None or (
        before is not None and not signs.opens(said, _token_at(said, before.start(1)))
    )


def _token_at(said: Said, place: int) -> Span:
    first = next(n for n, token in enumerate(said.tokens) if token.end > place)
    return first, first + 1


def _hinted(hints: Hints, span: Span, items: Sequence[Item]) -> Signs:
    """Years, people and marks that fit one of the items. A wrong year right beside a title speaks against it."""
    found: Signs = {}
    given = hints.year(span)
    if given is not None and (years := [item.year for item in items if item.year is not None]):
        away = min(abs(year - given[0]) for year in years)
        if away != _UNSURE:
            found["the year" if away == 0 else "about the year" if away < _UNSURE else "another year"] = 1.0
    elif any(year == item.year for year, _ in hints.years for item in items):
        found["year elsewhere"] = 1.0
    if people := max((hints.people_of(item, span) for item in items), key=len):
        close = _PEOPLE_BEHIND.match(hints.said.after(span)) or any(
            _owns(hints.said, p, span) for p in people
        )
        found["its people beside it" if close else "its people"] = 1.0
        found["several of its people"] = float(len(people) > 1)
    return found | dict(_marks(hints.said, span, items))


def _owns(said: Said, person: Person, span: Span) -> bool:
    """Whether somebody's name stands right before a title: "Mann's Heat", 贾樟柯的站台."""
    between = said.between(person.last, span[0]) if person.last <= span[0] else None
    if person.first >= span[1]:
        return said.between(span[1], person.first).strip() in (",", "，", "(", "")
    return between is not None and between.strip("'’s 《“\"") in ("", "的")


def _marks(said: Said, span: Span, items: Sequence[Item]) -> Iterator[tuple[str, float]]:
    """The mark at a title's end that is there too: Them!"""
    behind = said.after(span)
    if behind[:1] in ("!", "?") and any(item.title.endswith(behind[0]) for item in items):
        yield "mark" if not behind[1:].lstrip()[:1].islower() else "mark within", 1.0


def _named(person: Person, span: Span, match: Match) -> bool:
    """Whether the words are somebody's name, or a part of one."""
    inside = person.first <= span[0] and span[1] <= person.last
    overlaps = person.first < span[1] and span[0] < person.last
    longer = person.last - person.first > span[1] - span[0]
    return (inside and longer) or (overlaps and bool(match.slips or match.part))
