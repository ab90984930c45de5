"""The long memory: tastes that a known user puts into words, and how they lean a reading."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from handpicked.agent import ratings, wants
from handpicked.agent.types import Reading, Request
from handpicked.agent.wants import Placed
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.profile_store import Label, Stance
from handpicked.tools.data.text import fold
from handpicked.tools.types import TERM_FIELDS, Constraint

_FIELDS = tuple(field for field in TERM_FIELDS if field != "domain")
_OTHERS = "gift"
"""The scene in which tastes are somebody else's."""
_UNLEANING = ("chat", "search", _OTHERS)
_LEANINGS = 2
"""On how many fields a profile may lean a list."""
_WORDS = 200

_OFTEN = r"(?:(?:really|absolutely|just|always|totally|do|so|also|still|usually|generally|never|kinda|kind of|have always|actually|personally|honestly|all|both|much|simply|truly|genuinely|quite|mostly|mainly|secretly)\s+)*"
_EN = re.compile(
    rf"(?:\b(?:i|we|me and \w+)\s+{_OFTEN}|(?:^|[.!?;,\n]|\bbut\b|\band\b)\s*(?:(?:well|ok|so|oh|yeah|no|and|but|also|hi|hey|honestly|personally|absolutely|really|just)\W+)*)"
    r"(?:love|loved|adore|like|enjoy|dig|prefer|live for|hate|hated|loathe|dislike|detest|despise|can['’]?t stand|cannot stand|can['’]?t bear|(?:don['’]?t|dont|do not|didn['’]?t|never) (?:really |much )?(?:like|liked|enjoy|enjoyed|care for|eat|drink|watch|read|listen to|do)"
    r"|can['’]?t get enough of|don['’]?t get enough of)\b"
    rf"|\b(?:i['’]?m|i am|we['’]?re|we are)\s+{_OFTEN}(?:not\s+)?(?:{_OFTEN})(?:a |an )?(?:really |very |pretty |huge |big |great |massive |lifelong )*(?:into|fan of|fans of|mad about|crazy about|obsessed with|keen on|sucker for|big on|fond of|allergic to|partial to)\b"
    r"|(?:^|[.!?;,\n])\s*(?:not )?(?:a )?(?:huge|big|massive|lifelong)?\s*fan of\b"
    r"|\bi(?:['’]ve| have) (?:a soft spot|a weakness|always had a thing|a thing|no time|no patience) for\b"
    r"|\bmy (?:all[- ]time |absolute |very )?(?:favou?rites?|faves?|fav)(?: (?:genres?|kinds?|sorts?|films?|movies?|music|directors?|actors?|actress(?:es)?|authors?|artists?|bands?|books?|snacks?|things?))?\s*(?:to \w+ )?(?:is|are|=|:|has to be|would be|must be)",
    re.IGNORECASE,
)
_ZH_OFTEN = r"(?:一直|一向|从小|从来|向来|最|很|特别|超级?|非常|真的?|其实|平时|平常|就|也|都|比较|还|本来|个人|更|蛮|挺|好|偏)*"
_ZH = re.compile(
    rf"(?:我们?|咱们?|俺|本人)(?:家里?人?都)?{_ZH_OFTEN}(?:不(?:太|怎么|是很|大)?(?:喜欢|爱看|爱听|爱吃|爱读|爱|吃|喝|看|听)|讨厌|反感|受不了|喜欢|爱看|爱听|爱吃|爱喝|爱读|热爱|钟爱|偏爱|迷上了?|是.{{0,6}}粉丝|爱)(?!惜|好|情)"
    rf"|(?:^|[，。！？；,.!?;\s]){_ZH_OFTEN}(?:不(?:太|怎么|是很|大)?(?:喜欢|爱看|爱听|爱吃)|讨厌|受不了|喜欢|爱看|爱听|爱吃|最爱|热爱|偏爱)"
    r"|(?:我们?|本人)对(?=.{1,12}(?:没兴趣|不感兴趣|过敏|无感|情有独钟|很感兴趣|超感兴趣))|我(?:们)?的?最爱(?:的.{0,4})?(?:就)?是",
)
_BEHIND = re.compile(
    r"\s*(?:films?|movies?|books?|novels?|music|stuff|things?|ones|片子|电影|类的?|题材的?)?\s*"
    r"(?:(?:is|are|['’]s)\s+(?:\w+\s+){0,2}?(?:my (?:absolute |all[- ]time )?(?:fave|favou?rite|favou?rites|thing|jam|cup of tea|guilty pleasure|weakness)|not (?:really )?(?:my thing|for me|my cup of tea))"
    rf"|(?:isn['’]?t|aren['’]?t) (?:really )?(?:my thing|for me|my cup of tea)|bores? me\b|put(?:s)? me to sleep|(?:是|就是)我的?最爱|我{_ZH_OFTEN}(?:喜欢|爱看|爱听|爱吃|讨厌|受不了|不喜欢|不爱看|不爱吃|没兴趣|不感兴趣))",
    re.IGNORECASE,
)
_WISHES = re.compile(
    r"\b(?:would|['’]d|should|might|do|did|if|what|how|as|whether|when|will|might|may)\s+(?:i|we)\s+(?:\w+\s+)?(?:like|love|enjoy|prefer)|\b(?:like|love) the (?:look|sound|idea) of"
    r"|\b(?:if|what|when|whether|as) (?:i|we) (?:like|love|enjoy|prefer)|\b(?:i|we) (?:just |only )?(?:feel|want|need) like",
    re.IGNORECASE,
)
"""What only sounds like a taste: "would I like it", "if I like it"."""
_NOW = re.compile(
    r"\b(?:tonight|today|right now|this time|for now|at the moment|this evening|this weekend|just now|in the mood)\b|今晚|今天|这次|现在|这会儿|此刻|今夜",
    re.IGNORECASE,
)
_BREAK = re.compile(r"[.!?;。！？；\n]")
_TURN = re.compile(r"\bbut\b|\bexcept\b|\bthough\b|但|不过|除了", re.IGNORECASE)
_NOT_HERE = re.compile(r"\b(?:so|please|pls|give|show|find|recommend|suggest|want|need|looking|tonight)\b|来|推荐|想看|给我", re.IGNORECASE)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """When and where something was said; `turn` counts from 1, `at` is in seconds since 1970."""

    session_id: str | None
    turn: int
    at: float


def learnt(snapshot: Snapshot, request: Request, reading: Reading, said: Said) -> tuple[Label, ...]:
    """The tastes that a turn puts into words: terms that a first person likes or dislikes, and titles liked, refused or
    had. What is wished for now is none, nor what is chosen for somebody else."""
    if reading.scene.name == _OTHERS or reading.forget:
        return ()
    text = request.message
    spoken = [found for found in (*_EN.finditer(text), *_ZH.finditer(text)) if not _wishes(text, found)]
    placed = wants.extract(snapshot, text, now=said.at).placed if spoken or _BEHIND.search(text) else ()
    terms = [
        _label(reading, said, one.constraint.field, str(value), one.constraint.op == "in", words)
        for one in placed
        if one.constraint.field in _FIELDS and (words := _words(text, one, spoken))
        for value in one.constraint.value
    ]
    return (*terms, *_titles(snapshot, text, reading, said))


def lean(reading: Reading, labels: Sequence[Label], snapshot: Snapshot) -> Reading:
    """The reading with what is known of the user: kinds refused for good are shut out unless the turn asks for them,
    liked ones are leant to where the turn leans to nothing itself."""
    if not labels or reading.scene.name in _UNLEANING or "recommend" not in reading.tasks:
        return reading
    asked = {fold(str(v)) for c in reading.constraints if c.op == "in" for v in c.value} | {
        fold(term) for item_id in reading.like for term in _terms(snapshot, item_id)
    }
    refused = [
        one for one in _fields(labels, "dislike", "not_in", asked) if _possible(snapshot, reading, one)
    ]
    kept = replace(reading, constraints=(*reading.constraints, *refused))
    own = {c.field for c in reading.constraints if c.op == "in" and c.source in ("text", "memory")} - {
        "domain"
    }
    if reading.prefer or reading.like or own:
        return kept
    liked = [one for one in _fields(labels, "like", "in", set()) if _possible(snapshot, kept, one)]
    return replace(kept, prefer=tuple(liked[:_LEANINGS]))


def _wishes(text: str, found: re.Match[str]) -> bool:
    """Whether what sounds like a taste is a question, or holds for now only."""
    start = max((m.end() for m in _BREAK.finditer(text, 0, found.end() - 1)), default=0)
    stop = _BREAK.search(text, found.end())
    asked = any(m.start() < found.end() <= m.end() for m in _WISHES.finditer(text, start, found.end() + 12))
    return asked or _NOW.search(text, start, stop.start() if stop else len(text)) is not None


def _words(text: str, one: Placed, spoken: Sequence[re.Match[str]]) -> str | None:
    """The words of the saying that governs a term, None where there is none."""
    for found in reversed(spoken):
        between = text[found.end() : one.start]
        if found.end() > one.start or _BREAK.search(between):
            continue
        refused = one.constraint.op == "not_in"
        if (_TURN.search(between) and not refused) or _NOT_HERE.search(between):
            return None
        return text[found.start() : one.end].strip(" ,.;!?，。；！？\n")[:_WORDS]
    behind = _BEHIND.match(text, one.end)
    return text[one.start : behind.end()][:_WORDS] if behind else None


def _titles(snapshot: Snapshot, text: str, reading: Reading, said: Said) -> Iterator[Label]:
    for stance, item_ids in ratings.stances(text, reading):
        for item_id in item_ids:
            item = snapshot.get(item_id)
            words = _sentence(text, item.title) if item is not None else text
            label = _label(reading, said, "item_id", item_id, True, words[:_WORDS])
            yield replace(label, stance=stance)


def _sentence(text: str, title: str) -> str:
    """The sentence that names a title, or all of the text where it is named otherwise."""
    place = text.casefold().find(title.casefold())
    if place < 0:
        return text.strip()
    start = max((m.end() for m in _BREAK.finditer(text, 0, place)), default=0)
    stop = _BREAK.search(text, place + len(title))
    return text[start : stop.start() if stop else len(text)].strip()


def _label(reading: Reading, said: Said, field: str, value: str, liked: bool, words: str) -> Label:
    return Label(
        field, value, "like" if liked else "dislike", reading.scene.name, words, said.session_id, said.turn, said.at
    )  # fmt: skip


def _fields(labels: Sequence[Label], stance: Stance, op: str, asked: set[str]) -> list[Constraint]:
    """The labels of a stance as one constraint for each field, fields with most labels first."""
    found: dict[str, dict[str, None]] = {}
    for label in labels:
        if label.stance == stance and label.field in _FIELDS and fold(label.label) not in asked:
            found.setdefault(label.field, {})[label.label] = None
    ordered = sorted(found.items(), key=lambda one: -len(one[1]))
    kind = "in" if op == "in" else "not_in"
    return [Constraint(field, kind, tuple(values), "profile") for field, values in ordered]


def _possible(snapshot: Snapshot, reading: Reading, one: Constraint) -> bool:
    """Whether something is left with it: a taste alone must not empty a list."""
    return bool(snapshot.mask([*reading.constraints, one]).any())


def _terms(snapshot: Snapshot, item_id: str) -> Iterator[str]:
    item = snapshot.get(item_id)
    for name in _FIELDS if item is not None else ():
        value = getattr(item, name)
        yield from value if isinstance(value, tuple) else (value or "").split(", ")
