"""Terms that wish for nothing where they stand: what was had, what is pointed at, what something is for."""

from __future__ import annotations

import re
from collections.abc import Iterable

from handpicked.agent.scope import JOINT, Said, Span, marked
from handpicked.tools.data.text import has_cjk

_BACK, _AHEAD = 60, 30
_HAD = re.compile(
    r"(?:\b(?:just\s+(?:watched|finished|saw|read|had)|(?:i|we|he|she|they)(?:['’]ve|['’]s| have| has| had|['’]d)?\s*(?:already\s+|just\s+)?(?:got|owns?|have|has|had|read|watched|saw|finished|bought)|(?:i|she|he|they|we)\s+says?)"
    rf"\s+(?:(?:a|an|the|some|every|all|plenty of|lots of|enough)\s+)*(?:\x00(?:{JOINT}|\s+)(?:\w+\s+)?)*(?:\w+\s+)?"
    rf"|(?:家里有|冰箱里有|我有|已经有|已有|刚看完|刚看了|刚买了|家里还有|实在没有|没有的话|如果没有)(?:\x00{JOINT})*[\u4e00-\u9fff]{{0,3}})$",
    re.IGNORECASE,
)
_POINTED = re.compile(
    r"(?:\b(?:this|(?<!some of )(?<!more of )(?<!any of )(?<!get me )(?:those|these)|your)\s+(?:\w+\s+)?"
    r"|(?:^|[,.;!?:]\s*|\b(?:is|was|about|of|like|with|gave|give|loved|liked|hated|did|does|and)\s+)that\s+(?:\w+\s+)?"
    r"|(?:这|那|上次那?|刚才那)[一两几]?(?:款|个|盒|瓶|包|袋|条))$",
    re.IGNORECASE,
)
_PURPOSE = re.compile(
    r"\b(?:stuff|things?|something|sth|ingredients|what|everything|anything)\s+(?:i need |we need |i'd need |to go |that goes )?for\s+(?:\w+\s+)?$"
    r"|\bgo(?:es)? with\s+(?:\w+\s+)?$|\bnot even\s+(?:\w+\s+)?$|\b(?:while|when|whilst|as)\s+(?:the|my|our)\s+$",
    re.IGNORECASE,
)
_SOMEBODY = re.compile(r"\s+(?:lovers?|enthusiasts?|nerds?|drinkers?)\b|爱好者", re.IGNORECASE)
_SHOWN = re.compile(
    r"(?:\s+or\s+the\s+\w+)?\s+(?:that\s+|which\s+)?(?:you|u)(?:['’]ve| have)?\s+(?:just\s+)?(?:showed|gave|recommended|suggested|listed|had)\b",
    re.IGNORECASE,
)
_WORK = re.compile(r"\s+(?:films?|movies?|books?|novels?|albums?|songs?|article|story)\b", re.IGNORECASE)
_DESCRIBED = re.compile(
    r"\b(?:it|this one|that one)(?:['’]?s| is| was)\s+(?:(?:not|just|also|really|more of|kind of|sort of|actually|basically|a|an|the|like|so)\s+)*(?:(?!need|want|got|have|for|about|in|on|time|date)\w+\s+)?$",
    re.IGNORECASE,
)
_FREE = re.compile(r"\s*(?:a|an|the|some|any)?\s*(?:bit of|little)?\s*", re.IGNORECASE)
"""Between a term and the words that leave it open: "it doesn't have to be a comedy"."""
_VERB = re.compile(
    r"\b(?:i|we|he|she|they|you|who|wife|husband|mum|mom|dad|kids|friends?|girlfriend|boyfriend)\s+(?:\w+\s+)?(?:like|love)s?\s+(?:the\s+|a\s+)?$",
    re.IGNORECASE,
)
_THE = re.compile(r"\b(?:the|that|which)\s+(?:\w+\s+)?$", re.IGNORECASE)
_ONE = re.compile(r"\s+(?:one|version|original)\b(?!s)|那(?:版|部|个|张|本)", re.IGNORECASE)
_NO_ORIGIN = re.compile(
    r"\s*(?:版|food|cuisine|restaurants?|cooking|recipes?|lessons?|exams?|homework|teacher|class)|(?:菜|餐厅|料理|近代史|现代史|文化)",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"(?:(?<!what )(?<!how )\babout|\b(?:in|to|visit(?:ing|ed)?|loves?|loved|adores?|around|across|through|near|at))\s+(?:the\s+)?$|(?:去|在|到|想念|讲|关于)$",
    re.IGNORECASE,
)
_TONGUE = re.compile(
    r"\b(?:learners? of|learn(?:s|ing)?|stud(?:y|ies|ying)|speaks?|teach(?:es|ing)?|(?:back|again|answer|reply|talk|write|speak)\s+(?:to\s+)?(?:me\s+)?in|back to)\s+$|学$",
    re.IGNORECASE,
)
_AGAIN = re.compile(r"\s+(?:again|now)\b", re.IGNORECASE)
"""What follows the language to go on in: "in english again: ..."."""
_MADE_IN = re.compile(
    r"\b(?:made|shot|filmed|produced|released|out|ones?|films?|movies?|books?|something|anything|romance|drama|stuff|songs?|albums?|sung|spoken)\s+(?:only\s+)?in\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_THING = re.compile(
    r"\s+(?!and\b|or\b|with\b|when\b|where\b|who\b|for\b|in\b|so\b|but\b|as\b|is\b|was\b|had\b|during\b|that\b|this\b|next\b)[a-z]",
    re.IGNORECASE,
)
_STYLE = re.compile(
    r"\s*(?:那版|版|那种|式|风格|的感觉|一样|这种|那样)|[ -]?(?:esque|style|type|like|ish|vibes?)\b",
    re.IGNORECASE,
)
_LIKE = re.compile(
    r"\b(?:like|in the (?:style|vein|manner|spirit) of|similar to|à la|a la|reminiscent of)\s+(?:(?:the|a|early|late|old|young|classic)\s+)*$|(?:像|类似|类似于)$",
    re.IGNORECASE,
)


def aside(said: Said, span: Span, field: str, others: Iterable[Span]) -> bool:
    """Whether a term wishes for nothing where it stands: it was had ("I've got pasta"), points at one that is known
    ("that salsa", "the fantasy one"), says what something is for, or names a place or a language that is spoken of.
    `others` are the places of all terms."""
    start, end = span
    before, behind = (
        marked(said.text, others)[max(0, start - _BACK) : start].replace("\x01", ""),
        said.text[end : end + _AHEAD],
    )
    if any(
        "free" in match.value and _FREE.fullmatch(said.text[said.span(match.first, match.last)[1] : start])
        for match in said.negations
    ):
        return True
    if field == "categories" and _DESCRIBED.search(before):
        return True
    if _HAD.search(before) or _PURPOSE.search(before) or _SOMEBODY.match(behind):
        return True
    if (_THE.search(before) and _ONE.match(behind)) or _SHOWN.match(behind):
        return True
    if _POINTED.search(before) and not _WORK.search(f" {said.text[start:end]}{behind[:9]}"):
        return True
    if field == "language":
        return any((_NO_ORIGIN.match(behind), _TONGUE.search(before), _AGAIN.match(behind)))
    if field == "country":
        return _NO_ORIGIN.match(behind) is not None or _placed(before, behind)
    style = _LIKE.search(before) is not None and _VERB.search(before) is None
    return field in ("creators", "cast") and (style or _STYLE.match(behind) is not None)


def _placed(before: str, behind: str) -> bool:
    """Whether a country is where something happens, or is spoken of: "massive in South Africa", not "made in Japan" nor a
    guide "to British horror"."""
    if _PLACE.search(before) is None or _MADE_IN.search(before):
        return False
    return has_cjk(before[-1:]) or _THING.match(behind) is None
