"""How the user stands to the titles named: likes them, refuses them, has seen them, or asks about them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from handpicked.agent import signs, verdicts
from handpicked.agent.lexicon import Hit
from handpicked.agent.mentions import JOINT
from handpicked.agent.signs import Polarity, Said, Span
from handpicked.tools.data.text import has_cjk

_REACH = 5
"""How many words may stand between a verb and the titles that are its object."""
_AGAINST = 2
_STOP = re.compile(r"[.!?;。！？；\n]")
_MARK = re.compile(r"[,.;!?()，。；！？、\n]")
_ASKED = re.compile(
    r"^\W*(?:(?:so|hmm|ok|hey|and|but|well|or)\W+)*(?:is|was|are|were|does|did|do|should|would|could|can|how|what|which|who|why|whos|whats)\b",
    re.IGNORECASE,
)
_ASKED_BEHIND = re.compile(r"[^。！\n]*?(?:吗|么|嘛|没有|不)\s*(?:[？?，。\s]|$)")
_RATED = re.compile(
    r"\b\d+(?:\.\d+)?\s*(?:/|out of)\s*(?:5|10|100|five|ten)\b|\b(?:\d(?:\.\d)?|one|two|three|four|five|half)\s*(?:and a half\s*)?stars?\b"
    r"|\bthumbs[- ](?:up|down)\b|👍|👎|⭐|★|\b(?:gets?|give|gave|giving|got) (?:it |this |that |them )?(?:an? )?(?:solid |strong |easy )?\d+(?:\.\d)?\b(?! (?:hour|min|year|more|film|movie))"
    r"|\d+(?:\.\d+)?\s*分(?!钟|以|左右)|(?:\d|[一二三四五六七八九十两半])\s*(?:颗|个)?(?:分(?!钟|以|左右)|星(?!以|期))|给.{0,4}?\d(?:\.\d)?(?:\s|$|[，。])|\brat(?:e|ed|ing)\b|\bscore[ds]?\b|打分|记一下",
    re.IGNORECASE,
)
_BETTER = re.compile(
    r"\s*(?:is|was|are|were)?\s*(?:so much |way |much |far |a lot |even )?(?:better|funnier|scarier|stronger|greater) than\s*(?:the\s)?|\s*>\s*|\s*beats\s*",
    re.IGNORECASE,
)
_BI = re.compile(r"[》」”]?\s*比\s*[《「“]?")
_BI_GOOD = re.compile(r"[》」”]?\s*(?:要|更|还|都)?\s*(?:好看|好|强|精彩|有意思|棒)(?!.{0,4}[吗么？?])")
_MEETS = re.compile(r"[\"”’]?\s*(?:meets|x|×|crossed with)\s*(?:the\s)?[\"“‘]?", re.IGNORECASE)
_BUT_OTHERWISE = re.compile(
    r"[\"”’》」]?\s*,?\s*(?:but|only|just|except)\s+(?!is\b|was\b|i\b|the\b|it\b)|[\"”’》」]?\s*但(?:是)?(?:更|要)",
    re.IGNORECASE,
)
_THAT_IT_WAS = re.compile(
    r"\b(?:it|that|they|this|them)(?:['’]s|\s+is|\s+was|\s+were|\s+has|\s+had|\s+are)?(?:\s+(?:so|really|just|too|very|pretty|kinda|actually|a|bit|all))*\s*$|它(?:真的?|太|是)?$",
    re.IGNORECASE,
)
"""What leads to a word that is said of the title before: "i thought it was so"."""
_SO_THAT = re.compile(
    r"\s*(?:上次|上回|以前|之前|去年|小时候|昨天|昨晚|前天|刚才|我看|看|看得|那|这|真|我|们|大家|股|种|劲儿?|个|得|都|也|太|实在|简直|觉得|已经|是)*"
)
_OWN_CLAUSE = re.compile(r"[\u4e00-\u9fff]{1,8}[，,\s]+(?:真的?|实在|太)?")
"""What stands before a verdict that is a clause of its own: 最后那个啥玩意，不要."""
_CHINESE = re.compile(r"[\u4e00-\u9fff]{0,8}")
_NO = frozenset(["no", "nope", "nah", "wait", "sorry", "i", "meant", "mean", "oh", "ok", "不", "是"])
_MORE = re.compile(
    r"\b(?:a couple|a few|two|three|four|five|some|one|\d)\s+(?:more\s+|other\s+)?(?:films?|movies?|books?|albums?|records?|stories)?\s*"
    r"(?:that (?:sit|feel|have|sound)|like (?:it|that|this)|in (?:that|the same|a similar)|with (?:as|that|the same)|just as|as good|along those|of that|similar)\b"
    r"|(?:再|顺便)?来[一两三四五几\d][部本张首个](?:类似|同款|差不多|这样|一样|这种)",
    re.IGNORECASE,
)
_IT: Mapping[str, Polarity] = {"liked it": "like", "disliked it": "dislike", "seen it": "seen"}
_BE = frozenset(["is", "are", "was"])
_YOU = frozenset(["you", "u", "ya", "yall", "anyone", "any1", "anybody", "ever"])
_NOT_YET = frozenset(["never", "not", "havent", "hasnt", "hadnt", "here"])
_AS_AS = re.compile(r"\b(?:as|so)\s+[\w-]+\s+as\s+(?:the\s+)?[\"“‘]?$", re.IGNORECASE)
_ENDS = re.compile(r"[了啊吧呢呀哦的~]*(?:[，。！？；,.!?\s]|$)")
_CLOSED = frozenset("，,、；;")
_COMMA = re.compile(r"[,，、]")
_YES_NO = re.compile(
    r"[\"”’》」]?(?:\s*[:,，-]?\s*)(?:((?:oh |hell )?(?:yes|yep|yup|yeah)|👍|✅)|(?:hell |oh )?(?:no|nope|nah)(?: (?:thank you|thanks|way|chance))?|👎|❌)\s*(?=[.,;!，。！]|$)",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"[\"”’]?\s*,?\s*(?:(?:i|we|they|he|she|my \w+|everyone)(?:['’]?(?:ve|s|d|m))?\s+)(?:(?:really|just|absolutely|kinda|totally|already|all|both|also|have|had|quite|actually)\s+)*"
    r"|[》」”]?\s*(?:我们?|他们?|她|我?爸爸?|我?妈妈?|老爸|老妈|孩子|娃|儿子|女儿|老婆|老公|家里人)(?:都|也|真的?|实在|完全|根本|早就?|已经)*|[》」”]?\s*(?:完全|根本|实在|真的|早就|已经)+",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?:\s+(?:btw|tho|though|too|already|lol|so much|to be honest|tbh|ngl|as well|anyway|again|before|twice))*\s*(?:$|[.,;!?…，。！？；]|[了的啊呢吧]+(?:$|[，。！？；\s])|\band\b|\bbut\b)",
    re.IGNORECASE,
)
_TOO = re.compile(
    r"[\"”’》」]?\s*(?:was|is|were|are|['’]s|felt|got|gets)?\s*(?:just |a bit |a little |way |far |all )*too (?!good|great|funny to)\w+"
    r"|[》」”]?\s*(?:真的?|也|实在|有点)?太(?!好|棒|赞|美|精彩|感人|喜欢|爱|燃|酷|帅|经典|绝|厉害|可爱|温暖|治愈|上头|上瘾|带感|香|甜|顶|牛|神)[\u4e00-\u9fff]",
    re.IGNORECASE,
)
_TOO_MUCH = re.compile(r"\btoo (?!good|great|funny)\w+,?\s+(?:that|this|the)?\s*$", re.IGNORECASE)
"""A fault told before what has it: "too violent that first one"."""
_SEEN_NOT = re.compile(r"\b(?:seen|watched|read|saw|heard)\b[^.;!?]*\bbut not\s+[\"“‘]?$", re.IGNORECASE)
"""In "I've seen Alien but not Aliens" the second is but unknown."""
_EXCEPT = frozenset(
    ["除了", "除去", "other than", "apart from", "aside from", "besides", "except for", "except"]
)


def roles(said: Said, spans: Sequence[Span], references: Collection[Span] = ()) -> list[Polarity]:
    """The stance to each of the spans, given in order; `references` are those that name no title.

    Titles joined by "and" or a comma share a stance."""
    free = Said(said.text, said.tokens, [cue for cue in said.cues if not _inside(cue, spans, references)])
    groups = _groups(said, spans)
    found: list[Polarity] = []
    for number, group in enumerate(groups):
        before = groups[number - 1][-1][1] if number else 0
        after = groups[number + 1][0][0] if number + 1 < len(groups) else len(said.tokens)
        if (compared := _compared(said, groups, number)) is not None:
            found += _all(compared, group)
        else:
            found += _group(free, group, (before, after))
    for place, span in enumerate(spans):
        if found[place] == "dislike" and span in references and _corrected(free, span):
            found[place] = "about"
    return found


def _inside(cue: Hit, spans: Sequence[Span], references: Collection[Span]) -> bool:
    """Whether a cue is a part of a title; one like "more like that" holds a reference, and stays."""
    overlapping = [span for span in spans if cue.first < span[1] and span[0] < cue.last]
    held = {"more", *_IT} & set(cue.values) and all(span in references for span in overlapping)
    return bool(overlapping) and not held


def _groups(said: Said, spans: Sequence[Span]) -> list[list[Span]]:
    groups: list[list[Span]] = []
    for span in spans:
        last = groups[-1][-1] if groups else None
        between = said.text[said.end(last) : said.start(span)] if last and last[1] <= span[0] else None
        if last == span or (between is not None and _joins(between)):
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups


def _joins(between: str) -> bool:
    return bool(JOINT.fullmatch(between)) or not between.strip()


def _compared(said: Said, groups: Sequence[Sequence[Span]], number: int) -> Polarity | None:
    """The better and the worse one of a comparison: "A is better than B", A比B好看. A question has none."""
    places: tuple[tuple[int, Polarity], ...] = ((number, "like"), (number - 1, "dislike"))
    for place, polarity in places:
        if not 0 <= place < len(groups) - 1:
            continue
        one, other = groups[place][-1], groups[place + 1][0]
        between = said.text[said.end(one) : said.start(other)]
        chinese = _BI.fullmatch(between) and _BI_GOOD.match(said.after(other))
        if (
            (_BETTER.fullmatch(between) or chinese)
            and not _asks(said, one)
            and "?" not in said.after(other)[:3]
        ):
            return polarity
    return None


def _corrected(said: Said, span: Span) -> bool:
    """Whether a bare "no" before a reference sets something right: "no no the 1972 one"."""
    before = said.words[: span[0]]
    return bool(before) and all(word in _NO for word in before)


def _group(said: Said, group: Sequence[Span], limits: Span) -> list[Polarity]:
    """The stance to titles that are joined, between the titles before and after them."""
    whole = group[0][0], group[-1][1]
    met = any(
        _MEETS.fullmatch(said.text[said.end(one) : said.start(other)]) for one, other in pairwise(group)
    )
    if met:
        return _all("like", group)
    before = _before(said, whole, limits)
    if len(group) > 1 and before is not None:
        # "loved A, B meh": what is said behind the last one is said of it alone
        last = _behind(said, group[-1], limits)
        if last is not None and last != before and _COMMA.search(said.between(group[-2][1], group[-1][0])):
            return [*_all(before, group[:-1]), last]
    return _all(_stance(said, whole, limits), group)


def _all(polarity: Polarity, group: Sequence[Span]) -> list[Polarity]:
    return [polarity for _ in group]


def _stance(said: Said, span: Span, limits: Span) -> Polarity:
    if verdicts.is_unseen(said, span):
        return "about"
    if verdicts.is_warning(said, span):
        return "dislike"
    behind = None if _asks(said, span) else _answered(said, span) or _judged(said, span, limits)
    before = "dislike" if _TOO_MUCH.search(said.before(span)) else _before(said, span, limits)
    if behind == "seen" and before == "dislike":
        return "seen"  # "not X, he's got it"
    if "dislike" in (behind, before):
        return "about" if behind is None and _SEEN_NOT.search(said.before(span)) else "dislike"
    if _alike(said, span, limits):
        return "like"
    if _rated(said, span, limits):
        return "about"
    told = "like" if before == "like" else behind or before
    if told in ("like", "dislike") or _asks(said, span):
        return told or "about"
    return verdicts.verdict(said, span, limits) or told or "about"


def _answered(said: Said, span: Span) -> Polarity | None:
    """A bare yes or no to a title: "jaws yes. jaws 2 no"."""
    found = _YES_NO.match(said.after(span))
    return ("like" if found[1] else "dislike") if found else None


def _asks(said: Said, span: Span) -> bool:
    """Whether the sentence asks something of the title: "is Up any good", 好看吗."""
    first, _ = signs.sentence(said, span)
    opening = said.text[said.tokens[first].start : said.start(span)]
    rest = said.after(span)
    return bool(_ASKED.match(opening)) or (has_cjk(rest[:8]) and bool(_ASKED_BEHIND.match(rest[:16])))


def _judged(said: Said, span: Span, limits: Span) -> Polarity | None:
    """A fault found right behind the titles ("too long"), else what is said of them."""
    if _TOO.match(said.after(span)) and not _alike(said, span, limits):
        return "dislike"
    return _behind(said, span, limits)


def _behind(said: Said, span: Span, limits: Span) -> Polarity | None:
    """What is said of the titles behind them, up to the next title: "X was my favourite", "X: loved it", X 看过了."""
    had = False
    for cue in said.cues:
        values = set(cue.values)
        again = _of_it(values)
        if cue.last <= span[0] or cue.first >= limits[1] or (cue.first < span[1] and again is None):
            continue
        told = values & {"praise", "scorn", "had"}
        if (
            values & {"like", "dislike"}
            and told
            and not _ENDS.match(said.text[said.tokens[cue.last - 1].end :])
        ):
            continue  # it says it of what comes next: 不喜欢英雄
        if cue.first >= span[1] and (fronted := _fronted(said, span, cue)):
            return fronted
        if told and cue.first >= span[1] and _speaks_of(said, span, cue):
            if told != {"had"}:
                return "dislike" if "scorn" in told else "like"
            had = True  # unless what follows says how it was: 看了，难看
        elif again is not None:
            return again
    return "seen" if had else None


def _fronted(said: Said, span: Span, cue: Hit) -> Polarity | None:
    """What is said of the object that is named first: "zodiac i cant stand"."""
    between = said.between(span[1], cue.first)
    own = not between.strip() and said.words[cue.first] in ("i", "we")
    if not own and not _SUBJECT.fullmatch(between):
        return None
    if not _CLOSING.match(said.text[said.tokens[cue.last - 1].end :]):
        return None
    values = set(cue.values)
    return (
        "dislike"
        if "dislike" in values
        else "like"
        if "like" in values
        else "seen"
        if "seen" in values
        else None
    )


def _of_it(values: Collection[str]) -> Polarity | None:
    """What is said of "it", the titles named before."""
    return next((polarity for name, polarity in _IT.items() if name in values), None)


def _speaks_of(said: Said, span: Span, cue: Hit) -> bool:
    between = said.between(span[1], cue.first)
    if (
        has_cjk(between)
        and _OWN_CLAUSE.fullmatch(between)
        and _ENDS.match(said.text[said.tokens[cue.last - 1].end :])
    ):
        return True
    if "had" in cue.values and _CHINESE.fullmatch(between):
        return True
    if signs.linked(said, span, cue.first) or not re.search(r"\w", between):
        return True
    return bool(_THAT_IT_WAS.search(between)) or bool(_SO_THAT.fullmatch(between))


def _before(said: Said, span: Span, limits: Span) -> Polarity | None:
    """What the last cue before the titles makes of them, if no other title and no end of a clause stands between."""
    for cue in reversed([cue for cue in said.cues if limits[0] <= cue.first and cue.last <= span[0]]):
        between = said.between(cue.last, span[0])
        values = set(cue.values)
        closed = has_cjk(between[:1]) or between[:1] in _CLOSED
        if _STOP.search(between) or (
            limits[0] and values & {"had", "praise", "scorn"} and closed and between[:1] in _CLOSED
        ):
            return None  # it is said of the title before: 第一部看过了，第二部讲啥
        if "ask" in values and " ".join(said.words[cue.first : cue.last]) in _BE:
            continue
        told = values & {"like", "dislike", "seen"}
        if told:
            near = len(said.words[cue.last : span[0]]) <= _REACH
            if "seen" in told and cue.first and said.words[cue.first - 1] in _YOU | _NOT_YET:
                return None  # "have you seen X" asks
            return (
                ("dislike" if "dislike" in told else "seen" if "seen" in told else "like") if near else None
            )
        if "negation" in values:
            return _negated(said, span, cue)
        if values & {"ask", "named"}:
            return None
    return None


def _negated(said: Said, span: Span, cue: Hit) -> Polarity | None:
    written = " ".join(said.words[cue.first : cue.last])
    if written.replace(" ", "") in _EXCEPT or written in _EXCEPT:
        return "seen"
    near = span[0] - cue.last <= _AGAINST and not _MARK.search(said.between(cue.last, span[0]))
    return "dislike" if near else None


def _alike(said: Said, span: Span, limits: Span) -> bool:
    """Whether more of the kind is wanted: "X vibes", "X but funnier", "two more with that feel", 同款."""
    if _BUT_OTHERWISE.match(said.after(span)) and signs.opens(said, span):
        return True
    if _AS_AS.search(said.before(span)) or _MORE.search(said.between(span[1], limits[1])):
        return True
    return any(
        ("more" in cue.values and cue.last > span[0]) or ("kin" in cue.values and cue.first == span[1])
        for cue in said.cues
        if span[0] <= cue.last and cue.first < limits[1]
    )


def _rated(said: Said, span: Span, limits: Span) -> bool:
    """Whether a rating is given."""
    start = said.tokens[limits[0]].start if limits[0] else 0
    end = said.tokens[limits[1]].start if limits[1] < len(said.tokens) else len(said.text)
    return bool(_RATED.search(said.text[start:end])) or signs.rated_behind(said, span)
