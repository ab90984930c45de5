"""What is said of a title at some distance from it, within its sentence: "we switched The Piano off after an hour"."""

from __future__ import annotations

import re

from handpicked.agent import signs
from handpicked.agent.signs import Polarity, Said, Span

_WHO = r"(?:me|us|him|her|them|everyone|gran|my \w+|the kids)"
_SPARE = 6
"""The most words of a sentence that speaks of the title before it: "The English Patient? Snore."."""
_DISLIKED_BEHIND = re.compile(
    rf"\bput {_WHO} (?:right |completely |totally )?off\b|\b(?:over-?long|dull|dreary|tedious|bores?|boring|snore|snoozefest|yawn|slog|chore|drag(?:s|ged|gy)?)\b"
    rf"|\b(?:did|does|do)(?: \w+)? nothing for {_WHO}|\bleft {_WHO} (?:cold|numb|bored)|\b(?:sent|put) {_WHO} to sleep|\b(?:fell asleep|nodded off|dozed off)\b"
    rf"|\boff (?:after|half|within|in the)|\b(?:switch|turn)(?:ed)? (?:it )?off\b|\b(?:gave|given|giving) (?:it )?up\b|\b(?:walked out|bailed|stopped watching|lost interest)\b"
    r"|\b(?:could|did)(?: not|n['’]?t) (?:finish|like|enjoy|get into|love)\b|\bnever again\b|\b(?:hate|hated|loathe|loathed|despise|despised)(?: it| that| every)?\b|\bcan['’]?t stand (?:it|that)\b"
    r"|\b(?:rubbish|awful|terrible|garbage|trash|dire|dreadful|woeful|over-?rated|over-?hyped|disappoint\w+|let-?down|unbearable|unwatchable|pointless|cringe\w*)\b"
    r"|\bwaste of\b|\b(?:gave|gives|given) (?:me|us|him|her|them|my \w+) (?:an? )?(?:actual |real |proper |massive )*(?:migraine|headache|nightmares?|the creeps)\b|\b(?:not|isn['’]?t|wasn['’]?t) (?:really )?(?:my|our|his|her|their) (?:kind|cup|thing|bag|sort|type|scene|style)\b|\bfreak(?:ed|s) \w+ out|\bfreaked gran out|\b(?:traumati[sz]ed|scarred)\b"
    r"|\bi (?:don['’]?t|didn['’]?t|never) (?:see|get|got) (?:it|the fuss|the hype|the appeal)\b|^\W*(?:\w+ ){0,5}away from\b|,\s*(?:please )?(?:avoid|no thanks|no thank you|hard pass|not so much|nope|no)\s*(?:[,.;!]|$)|^\W*not so much\b|\bleast fav|\bjust noise\b|^\W*(?:bad|meh|nah)\b"
    rf"|\bmakes? {_WHO} (?:sea)?(?:sick|ill|angry|queasy|dizzy|cringe|squirm|yawn)",
    re.IGNORECASE,
)
_DISLIKED_BEFORE = re.compile(
    r"(?:\bless said about|\b(?:fuss|hype) (?:about|over|around|with)|\brather (?:\w+ ){1,4}than|\bnot (?:so |too |that |very |really |overly |all that )*(?:keen|hot|sold|big|fussed|bothered) (?:on|about|by)"
    r"|\bcare less (?:for|about)|\b(?:can(?:no|['’])?t|cannot|couldn['’]?t) (?:abide|bear|stand|stomach|face|endure)|\brefuses? to (?:watch|see|sit through|read)|\bwon['’]?t (?:watch|see|sit through|read)"
    r"|\b(?:big|hard|firm) no (?:to|on)|\bthumbs down (?:for|to|on)|\bno(?:pe)?\s*:|\bbored (?:stiff|rigid|silly|to tears|to death|senseless) (?:by|with|of)|\bregret(?:ted|s)? (?:watching|seeing|reading|buying)"
    r"|\bwish (?:i|we) (?:had(?:n['’]?t| not| never)|never)(?: \w+)?|\bwasted \w+ (?:\w+ )?on|\b(?:suffered|sat) through|\bendured|\benough (?:with|of)"
    r"|\b(?:bailed|gave up|given up|walked out|dozed off|nodded off|slept|snoozed|fell asleep) (?:on|of|during|in|through|at|halfway through)|\b(?:sick|tired|bored|fed up)(?: \w+){0,5} (?:of|with)|\bdone with"
    r"|\b(?:vetoed|vetoes|veto|banned|ban|forget|scrapped|binned)|\bleast fav(?:ou?rite)?(?: \w+)?(?: is| was)?|\bhave to (?:watch|see|sit through)|\bsay (?:i|we) (?:\w+ )?(?:liked?|enjoyed|cared for|cared much for|loved?)"
    r")\s*(?:watching |seeing )?[\"“‘]?$",
    re.IGNORECASE,
)
_SEEN_BEHIND = re.compile(
    r"^\W*(?:which |that )?(?:we|i|he|she|they)(?:['’]?ve| have|['’]s| has)?(?: (?:just|already|both|all|only))* (?:done|seen|read|watched|had|got|heard|finished|tried)\s*(?:[,.;!]|$)|^\W*(?:seen|watched|done)\s*(?:[,.;!]|$)|^\W*(?:is|are|was|were|have been|has been) (?:done|finished|ticked off|sorted|old news|watched|out of the way)\b|\bon (?:my|his|her|our|their) (?:shelf|shelves|hard drive)\b|\bin (?:my|his|her|our|their) (?:collection|library)\b"
    r"|\bby heart\b|\binside out\b|^\W*(?:last|only last|just last|this) (?:night|week|weekend|month|year|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b|^\W*(?:yesterday|the other (?:day|night|week)|twice|(?:three|four|five|ten|a dozen|a hundred|a million|so many|too many|several|many) times)\b"
    r"|\b(?:we|i|he|she|they)(?:['’]ve| have)? (?:just |already )?(?:did|done|had|seen|got|own|owns|has|have|watched) (?:that|it|those|them)\b|,\s*got it on\b",
    re.IGNORECASE,
)
_SEEN_BEFORE = re.compile(
    r"(?:\b(?:ticked|crossed|checked) off|\bdone that with|\b(?:we|i|they|he|she)(?:['’]ve| have|['’]s| has)? (?:just |already |only |recently |only just )?(?:did|done|finished|own|owns|borrowed|rented|streamed|covered|exhausted|got)"
    r"|\bworn out (?:my|our|his|her|their|the) \w+ of|^\W*have got|\b(?:got|been|went) through|\b(?:wept|cried|bawled|sobbed|laughed|howled|giggled) (?:at|through|during))\s*[\"“‘]?$",
    re.IGNORECASE,
)
_LIKED_BEFORE = re.compile(
    r"(?:\b(?:can['’]?t|cannot|couldn['’]?t) (?:beat|fault|top)|\bnothing (?:tops|beats|compares to|touches)|\bbig yes (?:to|on)|\bthumbs up (?:for|to|on)|\byes\s*:|\bswears? by|\bpartial to|\bsoft spot for|\bgrew up (?:on|with)|\braised on|\bweakness for)\s*[\"“‘]?$",
    re.IGNORECASE,
)
_VERY = r"(?:(?:still|just|so|really|pretty|absolutely|quite|utterly|simply|easily|by far|the|a|an|my|our|one of|always|pure|proper)\s+)*"
_LIKED_BEHIND = re.compile(
    rf"^\W*(?:is|was|are|were|['’]s|looks|sounds)\s+{_VERY}(?!honest|rest\b|west\b|latest|newest|oldest|longest|shortest)(?:\w{{3,}}est|best|perfect|fine|great|good|class|quality|genius|ace|sublime|exquisite|timeless|flawless|epic|moving|touching|fun|solid|decent|unbeatable|terrific|gripping|special)\b"
    rf"|\b(?:brilliant|loved? (?:it|that one|every)|ador(?:e|ed) it|still perfect|{_VERY}masterpiece)\b|^\W*(?:is|was) (?:much |way |far )?better\s*(?:[,.;!]|$)|^\W*(?:without|minus) the\b|^\W*(?:good|great|yes please)\s*(?:[,.;!]|$)",
    re.IGNORECASE,
)
_NEGATED = re.compile(
    r"\b(?:not|n['’]?t|never|hardly|nobody|doesnt|didnt|isnt|wasnt)\s+(?:\w+\s+){0,2}$", re.IGNORECASE
)
_ENDS = re.compile(r"[.!?;\n]")
_UNSEEN = re.compile(r"\W*(?:i|we|he|she|they)\s+(?:have|has)(?:n['’]?t| not)\b", re.IGNORECASE)
_NO_WAY = re.compile(
    r"[\"”’]?\s*[?？]+!?\s*(?:oh |god |hell |absolutely )*(?:no(?!\s+(?:idea|clue|problem|worries|matter))|nope|nah|never|not again)\b",
    re.IGNORECASE,
)
"""What turns a title down that was put forward: "The Perfect Storm?? no."."""
_SEVERE = re.compile(
    r"\b(?:not|nothing|never|isn['’]?t) (?:so |as |too |quite )?(?:grim|scary|sad|dark|heavy|long|slow|violent|gory|bleak|depressing|silly|dull|boring|loud|weird|intense|creepy|bloody|sappy|cheesy) (?:like|as)\s+[\"“‘]?$"
    r"|\bleast fav(?:ou?rite)?(?: is| was)?\s+[\"“‘]?$",
    re.IGNORECASE,
)
_PUT = re.compile(
    r"\b(?:take|cross|scratch|knock|strike|leave|switched|turned|switch|turn)\s+$", re.IGNORECASE
)
_WATCHED = re.compile(r"\b(?:watched|seen|done|did|got) (?:it|that|them)\b", re.IGNORECASE)
_AWAY = re.compile(r"^\W*off\b", re.IGNORECASE)


def is_unseen(said: Said, span: Span) -> bool:
    """Whether the title is one that hasn't been seen: "Heat I've seen, Ronin I haven't"."""
    return _UNSEEN.match(said.after(span)) is not None


def is_warning(said: Said, span: Span) -> bool:
    """Whether it is named for what is not wanted: "nothing as grim as Seven"."""
    return _SEVERE.search(said.before(span)) is not None


def verdict(said: Said, span: Span, limits: Span) -> Polarity | None:
    """What the sentence says of the titles of a span, between the title before and the one behind (`limits`)."""
    if _NO_WAY.match(said.after(span)):
        return "dislike"
    before, behind = _around(said, span, limits)
    if signs.cue_before(said, span, "named") or behind.endswith("?"):
        return None
    if _PUT.search(before) and _AWAY.match(behind):
        return "seen" if _SEEN_BEHIND.search(behind) or _WATCHED.search(behind) else "dislike"
    if _DISLIKED_BEFORE.search(before) or _affirmed(_DISLIKED_BEHIND, behind):
        return "dislike"
    if _LIKED_BEFORE.search(before) or _affirmed(_LIKED_BEHIND, behind):
        return "like"
    return "seen" if _SEEN_BEFORE.search(before) or _SEEN_BEHIND.search(behind) else None


def _affirmed(pattern: re.Pattern[str], text: str) -> bool:
    return any(not _NEGATED.search(text, 0, found.start()) for found in pattern.finditer(text))


def _around(said: Said, span: Span, limits: Span) -> tuple[str, str]:
    """The words of the sentence before and behind; behind a bare title those of a short sentence that follows."""
    first = max(signs.sentence(said, span)[0], limits[0])
    before = said.text[said.tokens[first].start : said.start(span)] if first < span[0] else ""
    stop = said.tokens[limits[1]].start if limits[1] < len(said.tokens) else len(said.text)
    rest = said.text[said.end(span) : stop]
    if said.text[: said.end(span)].endswith(("'s", "’s")):
        rest = f" is{rest}"
    end = _ENDS.search(rest)
    if end is None:
        return before, rest
    if re.search(r"\w", rest[: end.start()]):
        return before, rest[: end.end()]
    after = rest[end.end() :]
    following = _ENDS.split(after, maxsplit=1)[0]
    return before, following if len(following.split()) <= _SPARE else ""
