"""How far a negation reaches, and which sentences wish for nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from handpicked.agent import phrases, wording
from handpicked.agent.phrases import Match, Words
from handpicked.tools.data.text import Token, has_cjk, tokenize

Span = tuple[int, int]

_REACH = 3
"""How many words may stand between a negation and what it negates, besides articles and the like."""
_END = re.compile(r"[;!?。！？；\n…]|\.(?!\d)|[:：]|\s[-–—]\s|--")
_SENTENCE = re.compile(r"[!?。！？\n]|\.(?!\d)")
_COMMA = re.compile(r"[,，]|(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff\x00])|(?<=\x00)\s+(?=[\u4e00-\u9fff])")
_TURN = re.compile(
    r"\b(?:but|just|only|want|wants|wanna|give|show|need|needs|prefer|prefers|like|likes|love|loves|rather|instead|maybe|then|so|if|because"
    r"|cause|cos|cuz|pls|please|plz|ideally|meant|mean|is|are|was|though|tho|although|fine|ok|okay|make|keep)\b|[,，]\s*(?:and\s+|but\s+)?more\b|但|要|想|来|给|只|还|也|而|最好|换|喜欢|可以|推荐|求",
    re.IGNORECASE,
)
_SMALL = re.compile(
    r"\b(?:a|an|the|any|anything|anyone|of|with|too|very|much|more|really|that|in|by|to|some|from|those|these|all|your|as|about|eat|eats)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_\x00\u4e00-\u9fff][\w'’-]*|[\u4e00-\u9fff]")
ALTERNATIVE = re.compile(r"\bor\b|或|还是|/", re.IGNORECASE)
"""What says that either will do."""
JOINT = r"\s*(?:,|、|/|&|\band\b|\bor\b|\bnor\b|\bn\b|和|或者|或|跟|与|以及|还有)\s*"
_LIST = re.compile(
    rf"[^,，\x00]*\x00(?:{JOINT}(?:(?:\band\b|\bor\b|\bnor\b|any|the|a|an|more|too)\s*)*\x00)*{JOINT}(?:(?:\band\b|\bor\b|\bnor\b|any|the|a|an|more|too)\s*)*",
    re.IGNORECASE,
)
_CLOSED = re.compile(r"\s*,?\s*(?:or|nor|and)\s+(?!give|show|i\b|maybe|a\b|some)|\s*[、和或]", re.IGNORECASE)
_BARE_COMMA = re.compile(r",\s*(?:(?:any|the|a|an)\s*)?$")
_BEHIND = re.compile(
    rf"(?:{JOINT}\x00)*\s*(?:片子|电影|片|类|题材|的|都|就|也|我|他|她|全|一概|通通|这些|那些|什么的|之类的?|这种|那种|真的|老[一-龥]{{1,2}}|我[一-龥]|他爸|他妈|films?\b|movies?\b|ones?\b|stuff\b|just\b|really\b|[-\s])*",
    re.IGNORECASE,
)
_AFTER_REFUSAL = re.compile(
    r"[看的了吧呢啊哈哦嘛啦呀哟]*(?:\s|$|[,.;!?，。；！？、~～)）]|但|其|别的|剩|只|给我|换|除|我)"
)

_OVER = re.compile(
    r"\b(?:i['’]?m|we['’]?re|they['’]?re|s?he['’]?s|\w+ (?:is|are)|am)\s+(?:so |really |totally |kinda |all )?over\s+(?:the\s+|all\s+)?$",
    re.IGNORECASE,
)
_TAKE = re.compile(r"\b(?:take|leave|keep|cut)\s+(?:the\s+|all\s+)?$", re.IGNORECASE)
_OFF = re.compile(r"\s+(?:off|out)\b", re.IGNORECASE)
_SWAP = re.compile(
    r"\b(?:swap|switch|replace|change|trade)\s+(?:out\s+)?(?:the\s+|my\s+)?$|把$", re.IGNORECASE
)
_FOR = re.compile(r"\s+(?:for|with|to)\b|换成|换", re.IGNORECASE)
_AWAY = ((_TAKE, _OFF), (_SWAP, _FOR))
"""What stands around a thing to be put away: "take the soup off", "swap the chicken for tofu"."""
_COMPLETE = re.compile(
    r"\b(?:movies?|films?|books?|songs?|ones?|stuff|it|them)\b\s+(?!with\b|about\b|of\b|from\b|in\b|by\b|starring\b|that\b|and\b|or\b|like\b)\w",
    re.IGNORECASE,
)
"""What is refused has been said: "not into those movies actually a musical"."""
_ADJECTIVE = re.compile(r"^[\u4e00-\u9fff\x00\x01]{1,6}的$")
"""In 不要辣的零食 and 不恐怖的悬疑片 what is refused is a kind of it."""
_OR_ELSE = re.compile(r"(?:^|[^\u4e00-\u9fff])要不$")
"""What is one word at the beginning of a clause: 要不恐怖片吧."""
_NO_QUESTION = re.compile(r"\s*(?:not|don['’]?t (?:we|you))\b", re.IGNORECASE)
_OPENS = re.compile(
    r"(?:^|[,.;:!?…\n]|\b(?:and|but|so|hm+|hey|ok|okay|wait|um|er|sorry|explain|tell me|curious|wondering))\s*$",
    re.IGNORECASE,
)
_DECLINED = re.compile(
    r"s?\s*\?+\s*(?:no+|nope|nah|never|pass|hard pass|not (?:for|really|today|tonight))\b", re.IGNORECASE
)
"""A question that its writer answers: "horror? no thanks"."""
_TOO_MUCH = re.compile(
    r"\s*(?:films?|movies?|books?|songs?|stuff)?\s+(?:is|are|get|gets|feel|feels)\s+(?:just |all |a bit |way |far )?too (?!good|funny to)\w+"
    r"|(?:片|电影|类|题材|音乐|书)?(?:真的?|都|也)?太(?!好|棒|赞|美|精彩|感人|喜欢|爱|燃|酷|帅|经典|少)[\u4e00-\u9fff]{1,3}了",
    re.IGNORECASE,
)
"""Why a kind is not wanted: "westerns are too slow", 战争片太沉重了."""
_RATING = re.compile(
    r"(?<![\d.])\d(?:\.\d)?\s*(?:/|out of|of)\s*(?:5|10|five|ten)\b|\b(?:[1-5]|one|two|three|four|five)(?:\.5| and a half)?[ -]stars?\b"
    r"|\b(?:one|two|three|four|five|six|seven|eight|nine|ten) (?:out of|of) (?:five|ten)\b|^\s*rating\s*:|[打给][一二两三四五六七八九十半\d]+(?:\.\d|[点半]\S?)?\s*(?:颗)?[分星](?!钟)",
    re.IGNORECASE,
)
_AT_LEAST = re.compile(
    r"\b(?:at least|above|over|more than|better than|rated|min(?:imum)?|with|no less than)\s*(?:an?\s*)?$|[>≥]\s*$|(?:至少|不低于|高于|超过|评分)$",
    re.IGNORECASE,
)
_UPWARDS = re.compile(
    r"\s*(?:(?:stars?\s*)?(?:and|or)\s+(?:more|above|up|higher|better|over)\b|\+|plus\b|以上|films?|movies?|books?|albums?)",
    re.IGNORECASE,
)
_OTHERS = re.compile(r"\b(?:who|people|anyone|someone|those)\s+(?:really\s+|usually\s+)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Said:
    """A text and what stands in it: words, negations, and sentences that wish for nothing."""

    text: str
    tokens: Sequence[Token]
    words: Words
    negations: Sequence[Match[tuple[str, ...]]]
    asides: Sequence[Span]
    degrees: Sequence[Match[tuple[str, ...]]] = ()

    def span(self, first: int, last: int) -> Span:
        """Where tokens [first, last) stand."""
        return self.tokens[first].start, self.tokens[last - 1].end

    def idle(self, place: int) -> bool:
        """Whether the sentence at a place asks about what was shown instead of wishing."""
        return any(start <= place < end for start, end in self.asides)


def said(text: str, taken: Sequence[Span]) -> Said:
    """Take a text apart; nothing is read from the spans taken by titles."""
    tokens = [t for t in tokenize(text) if not any(start < t.end and t.start < end for start, end in taken)]
    known, found = wording.load(), phrases.words(text)

    def free(first: int, last: int) -> bool:
        start, end = tokens[first].start, tokens[first].end
        return last - first > 1 or (found.whole(start, end, ()) and not _OR_ELSE.search(text[:end]))

    degrees = list(known.degrees.find(tokens, lambda _first, _last: True))
    return Said(
        text, tokens, found, list(known.negations.find(tokens, free)), list(_asides(text, tokens)), degrees
    )


def _asides(text: str, tokens: Sequence[Token]) -> Iterator[Span]:
    """From the words that make a sentence an aside to its end; in Chinese, where they may stand last, all of it."""
    for match in wording.load().asides.find(tokens, lambda _first, _last: True):
        start, place = tokens[match.first].start, tokens[match.last - 1].end
        if _NO_QUESTION.match(text, place) or not (
            has_cjk(text[start:place]) or _OPENS.search(text, 0, start)
        ):
            continue
        ends = [found.end() for found in _SENTENCE.finditer(text)]
        if has_cjk(text[start:place]):
            start = max((end for end in ends if end <= start), default=0)
        yield start, min((end for end in ends if end > place), default=len(text))
    yield from _rated(text)


def _rated(text: str) -> Iterator[Span]:
    """Sentences that rate what was had: "the biography I borrowed: 4 of 5"; none that asks for what is rated so."""
    ends = [found.end() for found in _SENTENCE.finditer(text)]
    for found in _RATING.finditer(text):
        if _AT_LEAST.search(text, 0, found.start()) or _UPWARDS.match(text, found.end()):
            continue
        start = max((end for end in ends if end <= found.start()), default=0)
        rest = _COMMA.search(text, found.end())
        yield (
            start,
            min(
                (end for end in (*ends, rest.start() if rest else len(text)) if end >= found.end()),
                default=len(text),
            ),
        )


def refused(text: Said, first: int, last: int, others: Iterable[Span]) -> bool:
    """Whether what stands at tokens [first, last) is refused. `others` are the places of all terms in the text:
    a list of them is refused as one."""
    start, end = text.span(first, last)
    if (
        _DECLINED.match(text.text, end)
        or _TOO_MUCH.match(text.text, end)
        or _OVER.search(text.text, 0, start)
        or any(
            before.search(text.text, 0, start) and behind.match(text.text, end) for before, behind in _AWAY
        )
    ):
        return True
    shown = marked(text.text, others)
    for match in text.negations:
        if "before" in match.value and match.last <= first and not _of_others(text, match):
            between = shown[text.tokens[match.last - 1].end : start]
            if _ADJECTIVE.search(between) or _spent(text, match, first):
                continue
            if _reaches(between, shown[end:]):
                return True
        if "after" in match.value and last <= match.first:
            between = shown[end : text.tokens[match.first].start]
            behind = shown[text.tokens[match.last - 1].end :]
            if _BEHIND.fullmatch(between) and _refuses_behind(text, match, between, behind):
                return True
    return False


def _spent(text: Said, match: Match[tuple[str, ...]], first: int) -> bool:
    """Whether a negation is of the price that stands before a term: "not the expensive cheese"."""
    return any(match.last <= degree.first and degree.last <= first for degree in text.degrees)


def _of_others(text: Said, match: Match[tuple[str, ...]]) -> bool:
    """ "Poetry for people who don't like poetry": whose refusal it is."""
    return _OTHERS.search(text.text, 0, text.tokens[match.first].start) is not None


def marked(text: str, others: Iterable[Span]) -> str:
    r"""The text with each term as \x00, padded so that places stay the same."""
    chars = list(text)
    for start, end in others:
        chars[start:end] = ["\x00", *["\x01"] * (end - start - 1)]
    return "".join(chars)


def _reaches(between: str, behind: str) -> bool:
    between = between.replace("\x01", "")
    if _END.search(between) or _TURN.search(between) or _COMPLETE.search(between):
        return False
    listed = _LIST.fullmatch(between)
    if listed is None and "、" not in between and _COMMA.search(between):
        return False
    if listed is not None and _BARE_COMMA.search(between):
        return _CLOSED.match(behind) is not None
    plain = _SMALL.sub(" ", between)
    return len(_WORD.findall(plain)) <= _REACH


def _refuses_behind(text: Said, match: Match[tuple[str, ...]], between: str, behind: str) -> bool:
    """Whether a refusal behind a term is of it, and not of what follows ("动作片，别带爱情片那一套")."""
    word = text.text[text.tokens[match.first].start : text.tokens[match.last - 1].end]
    if not has_cjk(word):
        return bool(between.strip()) or word.casefold() not in ("free",) or between in (" ", "-")
    return "before" not in match.value or _AFTER_REFUSAL.match(behind) is not None
