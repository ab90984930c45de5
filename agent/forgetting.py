"""Whether a message asks to forget something: all about the user, this conversation, or a taste."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from handpicked.agent import followups, wording
from handpicked.tools.data.text import fold, phrase_key, tokenize

ME, CONVERSATION = "me", "conversation"
Stance = Literal["like", "dislike"]
_LONGEST = 60
_READ = 1000
"""How many characters of a label count, and of a message: nobody asks for this in an essay."""
_ANY = re.compile(
    r"forget|forgot|disregard|delete|erase|wipe|clear|remov|purge|scrub|unremember|unlearn|rid of|stop|remember|keep|save|store|log|track|record|忘|删|清|抹|擦|移除|去掉|销毁|记|别",
    re.IGNORECASE,
)

# --- English
_VERB = r"\b(?:forget|delete|erase|wipe|clear|remove|purge|scrub|unremember|unlearn|get rid of|stop (?:remembering|storing|keeping|saving|tracking)|(?:do not|don['’]?t) (?:remember|keep|save|store|log|track|record))"
_POLITE = r"(?:please|pls|plz|kindly|just|now|then|so|ok|okay|hey|hi|and|also|actually|well|right|really|again|next|first|,|\s)*"
_MAY_LEAD = re.compile(
    rf"{_POLITE}(?:(?:can|could|would|will|should|must|may)\s+(?:you|u|ya)|i(?:['’]?d| would)?\s+(?:want|like|need|prefer)\s+(?:you|u)\s+to"
    rf"|i\s+(?:want|need|wish)\s+to|i(?:['’]?d| would) (?:like|love) to|you(?:['’]d| had)? better|(?:you|u) (?:can|should|must|may|need to|have to)|time to|let['’]?s"
    rf"|go ahead and|make sure (?:you|to)|be sure to)?{_POLITE}",
    re.IGNORECASE,
)
"""What may stand before the verb in its clause: nothing but a polite request, so that neither "I forgot" nor "a film to
forget" asks for anything."""
_CLAUSE_START = re.compile(r"[.!?;:,\n—，。！？；]|\s-\s|\b(?:and|then|but|n)\b", re.IGNORECASE)
_OF_ME = r"(?:(?:\s+the (?:whole )?lot,)?\s+(?:all|everything|anything|whatever|what|stuff|things|the stuff|all the (?:data|stuff|info|records)|any (?:data|info|records))\b[^.!?\n]{0,40}?\b(?:about|abt|on|of|from) (?:me|us)\b|\s+everything (?:you|u)(?:['’]ve)? (?:know|have|got|learn(?:ed|t)|remember)\b)"
_MY_NOUNS = r"(?:data|profile|account|records?|history|info(?:rmation)?|preferences|tastes?|likes|interests|everything)"
_MINE = rf"\s+(?:all (?:of )?)?(?:my|our)\s+(?:(?:entire|whole|complete|personal|user|private|full|watch(?:ing)?|view(?:ing)?|purchase|order|shopping|listening|reading|browsing|search|taste|saved|old)\s+)*{_MY_NOUNS}\b(?! of\b)"
_MYSELF = r"\s+(?:(?:all |everything )?about\s+)?(?:me|myself)\b(?!\s*[-' ]\s*nots?\b)(?!\s+(?:to|for|with|not|a|an|the|some|any)\b)(?!\s+from\s+(?:the|your|this)?\s*(?:mailing|newsletter|email|list))"
_WHO = r"\s+(?:who i am|that i exist|i (?:ever )?existed|i was ever here)\b"
_NOUN = r"(?:conversation|convo|chat(?: history| log)?|session|talk|discussion|thread|dialogue|exchange)\b"
_TALK = rf"(?:\s+(?:all (?:of )?)?(?:this|the|our|that|my|today['’]?s)(?:\s+(?:whole|entire|last|little|full))*\s+{_NOUN}|\s+(?:chat|conversation) (?:history|logs?)\b)"
_SAID = r"\s+(?:everything|all|whatever|what|anything|stuff|the stuff)(?: that)?\s+(?:i|we|you)(?:['’]?ve| have| had)?(?: just| already| ever)?\s+(?:talked|said|discussed|chatted|typed|wrote|written|asked|told|mentioned|spoke|spoken|been (?:talking|saying|chatting))\b(?:\s+(?:about|abt|you|so far|here|today|now|just now))*"
_ALL = r"\s+(?:everything|the (?:whole )?lot)\b(?=\s*(?:$|[.!?,;]))"
_TASTE = r"(?:like[ds]?|love[ds]?|enjoy(?:ed)?|adored?|prefer(?:red)?|into|fans? of|wanted|watch(?:ed)?|bought|rated|asked (?:for|about)|mentioned|said i like[ds]?)"
_DISTASTE = r"(?:hate[ds]?|dislike[ds]?|loathe[ds]?|detest(?:ed)?|can['’]?t stand|cannot stand|do not like|don['’]?t (?:really )?(?:like|enjoy)|didn['’]?t like|never liked|not (?:really )?(?:into|a fan of)|refused?)"
_THAT = r"(?:\s+(?:about|it|ever|the fact|that|how|much|when|saying|i (?:said|told you|mentioned)))*\s+(?:i|we)(?:['’]?m|['’]?ve)?\b(?:\s+(?!hate|like|love|said)\w+){0,3}?\s+"
_WHAT = r"\s+(?P<label>[^.!?;\n]{1,60})"
_MY_TASTE = r"\s+(?:about\s+)?my (?:(?P<taste>love|taste|liking|interest|obsession|thing|preference|soft spot|craving|weakness)|(?P<distaste>dislike|hatred|hate|aversion)) (?:for|of|in|with|to)\b"
_FROM_PROFILE = r"\s+(?P<label>[^.!?;,\n]{1,60}?)\s+(?:from|off|out of)\s+(?:my|the|your)\s+(?:\w+\s+)?(?:profile|interests?|likes|dislikes|tastes?|preferences|history|memory|records?)\b"
_BINGE = r"\s+(?:about )?(?:the|that|my|all the|all that)\s+(?P<label>[^.!?;,\n]{1,40}?)\s+(?:phase|binge|kick|obsession|marathon)\b"
_SUPPOSED = rf"\bstop (?:thinking|assuming|believing|acting like|pretending)(?: that)?\s+(?:i|we)(?:['’]?m)?(?:\s+\w+)?\s+(?:(?P<distaste>{_DISTASTE})|{_TASTE}){_WHAT}"
_POINTS = re.compile(
    rf"{_VERB}\s+(?:it|that one|that|this|about it|those|them|all that|the (?:\w+ ){{0,2}}(?:thing|stuff|idea|bit))\b",
    re.IGNORECASE,
)
_NOT_MINE = re.compile(
    r"(?P<label>[^.!?;\n]*?(?:\b(?:binge|phase|kick|marathon|spree|obsession|stuff|watching|history)\b[^.!?;\n]*?\b(?:was(?:n['’]?t| not)? (?:me|my|our|us|a)|not me|isn['’]?t me|on my account|someone else|were my)"
    r"|\byou(?:['’]ve| have)? (?:got|put|listed|noted)\b[^.!?;\n]*?\b(?:down|against my name|under my name|on my profile)|\byou (?:now |still )?(?:think|believe|assume|decided)\b[^.!?;\n]*?\bi(?:['’]m| am| like| love)\b[^.!?;\n]*))",
    re.IGNORECASE,
)
"""What is known is somebody else's, or a mistake."""
_PASSIVE = re.compile(
    rf"\b(?:want|need|like|have|get|see)\s+(?:all\s+)?(?:of\s+)?my\s+(?:\w+\s+)?{_MY_NOUNS}\s+(?:to be\s+)?(?:deleted|erased|removed|wiped|gone|forgotten|cleared)\b|\b(?:want|wish|like) to be forgotten\b",
    re.IGNORECASE,
)

# --- Chinese
_忘 = r"(?:忘(?:掉|了|记|却)?|删(?:掉|除|了|光|去)?|清(?:除|空|掉|了)|抹(?:掉|去|除)|擦掉|移除|去掉|销毁|别(?:再)?记(?:着|住|得|录|下来)?|不要(?:再)?记(?:着|住|得|录|下来)?)"
_别 = re.compile(
    r"(?:别|不要|不会|不能|没有?|难|勿|从不|永远不|千万别|我|老是?|总是?|差点|快|为什么|怎么|谁|他|她|它)$"
)
_PLEASE = re.compile(r"(?:帮我|给我|替我|麻烦你?|请你?)+$")
_都 = r"(?:都|全部?|全都|通通|统统|给|请|你|就|可以|能|再|也|我)*"
_我的 = r"(?:关于)?(?:我|咱)的?(?:所有|全部|一切|个人|历史|观看|浏览|购买|购物|听歌|用户|的)*(?:记录|数据|资料|信息|历史|档案|账号|账户|偏好|喜好|口味|画像|一切)"
_对话 = r"(?:这|那|次|段|个|些|本次|我们?|咱们?|刚才|刚刚|之前|上面|整个?|所有|全部|的)*(?:对话|聊天(?:记录|内容)?|谈话|会话)"
_说的 = r"(?:刚才|刚刚|之前|前面|上面|今天|我们?|咱们?)+(?:聊|说|讲|谈|问)(?:过|了|到)?的?(?:这些|那些|话|内容|东西|一切|事)*"
_厌 = r"(?:不(?:太|怎么|是很)?(?:喜欢|爱看|爱听|爱吃|爱)|讨厌|受不了|反感)"
_爱 = rf"(?:(?P<distaste>{_厌})|喜欢|爱看|爱听|爱吃|爱读|爱|迷|想看|看过|看了|买过)"
_什么 = r"(?P<label>[^，。！？；,.!?;\s]{1,30}?)(?:这件事|这回事|那件事|这个事|这事|这一点|这点|的事情?|的记录|的喜好)?"
_停 = r"(?:吧|了|啦|呀|哈|呗|好吗|行吗|可以吗)*(?=$|[，。！？；,.!?;\s])"
_ASKED = re.compile(r"什么|哪|谁|多少|叫|名字|几")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be forgotten: ME, CONVERSATION, or labels as the catalogue calls them; `stance` where it was said, and
    `rest` what else the message asks for, empty where it asks for nothing."""

    what: str
    stance: Stance | None
    rest: str


@dataclass(frozen=True, slots=True)
class _Found:
    what: str
    start: int
    end: int
    distaste: bool | None = None


_EN_LABELS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_VERB}{_THAT}(?:(?P<distaste>{_DISTASTE})|{_TASTE}){_WHAT}",
        rf"{_VERB}{_MY_TASTE}{_WHAT}",
        rf"{_VERB}{_FROM_PROFILE}",
        rf"{_VERB}{_BINGE}",
        _SUPPOSED,
    )
)
_EN_ME = tuple(re.compile(f"{_VERB}{tail}", re.IGNORECASE) for tail in (_OF_ME, _MINE, _MYSELF, _WHO))
_EN_TALK = tuple(re.compile(f"{_VERB}{tail}", re.IGNORECASE) for tail in (_TALK, _SAID, _ALL))
_ZH_LABELS = tuple(
    map(
        re.compile,
        (
            rf"{_忘}(?:关于)?我(?:以前|曾经|之前|说过|说|很|最|超|特别|还|也|都|一直|真的)*{_爱}{_什么}{_停}",
            rf"{_忘}我(?:以前|之前|刚才|刚刚)?(?:说|提|聊)(?:过|到)?的(?P<label>[^，。！？；,.!?;\s]{{1,20}}?)(?:那些|那个|这些|这个|的?事)?{_停}",
            rf"把(?:关于)?我{_爱}{_什么}{_都}{_忘}",
            rf"把(?P<label>[^，。！？；]{{1,20}}?)从我的(?:喜好|兴趣|资料|档案|偏好|画像|记录|历史)(?:里面?|中)?{_都}{_忘}",
            rf"从我的(?:喜好|兴趣|资料|档案|偏好|画像|记录|历史)(?:里面?|中)?{_忘}{_什么}{_停}",
            rf"别再?(?:以为|认为|觉得|当)我{_爱}{_什么}{_停}",
        ),
    )
)
_ZH_TALK = tuple(
    map(
        re.compile,
        (
            rf"{_忘}{_对话}", rf"(?:把|将)?{_对话}{_都}{_忘}", rf"(?:把|将)?{_说的}{_都}{_忘}", rf"{_忘}{_说的}{_停}",
        ),
    )
)  # fmt: skip
_ZH_ME = tuple(
    map(
        re.compile,
        (
            rf"{_忘}{_我的}", rf"(?:把|将)?{_我的}{_都}{_忘}", rf"{_忘}(?:关于)?我(?:的一切|这个人|是谁)?{_停}",
            rf"把我{_都}{_忘}{_停}", rf"{_忘}你(?:知道|记得|了解|记住)的?关于我的(?:一切|事情?|所有|东西|信息)",
            rf"你(?:知道|记得|了解|记住|存|保存)的?(?:关于)?我的[^，。！？]{{0,6}}?{_都}{_忘}",
        ),
    )
)  # fmt: skip
_QUOTED = re.compile(r"[\"“«《〈「][^\"”»》〉」]{1,80}[\"”»》〉」]")
_TAIL = re.compile(
    r"(?:\s*\b(?:any ?more|no more|pls|please|plz|now|so much|that much|a lot|at all|too|lol|ok|okay|thanks|films?|movies?|much|then|for good|entirely|completely)\b|[,\s]+$)+$",
    re.IGNORECASE,
)
_HEAD = re.compile(r"^(?:\s*\b(?:the|a|an|watching|reading|listening to|eating|any|all|some|that|those|to)\b)+\s+", re.IGNORECASE)  # fmt: skip
_NEXT = re.compile(r"\s*(?:,|\band\b|\bthen\b|\bbut\b|\bn\b)\s*(?=(?:then\s+)?(?:show|give|find|recommend|suggest|get|tell|start|what|do|let|i|we|pls|please)\b)", re.IGNORECASE)  # fmt: skip


def wish(text: str) -> Wish | None:
    """What a message asks to forget, None where it asks for nothing of the kind: "don't forget the milk", "I forgot the
    title" and "a film to forget my ex" don't."""
    text = text[:_READ]
    found = next(_found(text), None) if _ANY.search(text) else None
    if found is None:
        return None
    stance: Stance | None = None if found.distaste is None else "dislike" if found.distaste else "like"
    return Wish(found.what, stance, _rest(text, found))


def terms(label: str) -> tuple[str, ...]:
    """What the catalogue may call a label: itself, and the terms that the lexicon has for it."""
    known = wording.load()
    key = phrase_key(label)
    values = [value for term in known.terms.known.get(key, ()) for value in term.values]
    return tuple(dict.fromkeys((label, *values, *known.people.known.get(key, ()))))


def _found(text: str) -> Iterator[_Found]:
    plain = _QUOTED.sub(lambda quote: " " * len(quote[0]), text)
    for patterns, what in ((_EN_ME, ME), (_EN_TALK, CONVERSATION)):
        for match in (m for p in patterns for m in p.finditer(plain) if _asked(text, m.start())):
            yield _Found(what, match.start(), match.end())
    for patterns, what in ((_ZH_TALK, CONVERSATION), (_ZH_ME, ME)):
        for match in (m for p in patterns for m in p.finditer(plain) if not _refused(text[: m.start()])):
            yield _Found(what, match.start(), match.end())
    if passive := _PASSIVE.search(plain):
        yield _Found(ME, passive.start(), passive.end())
    yield from _labels(text)


def _labels(text: str) -> Iterator[_Found]:
    for match in (m for p in _EN_LABELS for m in p.finditer(text) if _asked(text, m.start())):
        words = _NEXT.split(match["label"])[0]
        if label := _label(words):
            end = match.start("label") + len(words)
            yield _Found(
                label,
                match.start(),
                max(end, match.end()) if match.end() > match.end("label") else end,
                _against(match),
            )
    for match in (m for p in _ZH_LABELS for m in p.finditer(text) if not _refused(text[: m.start()])):
        if not _ASKED.search(match["label"]) and (label := _label(match["label"])):
            yield _Found(label, match.start(), match.end(), _against(match))
    points = _POINTS.search(text)
    other = _NOT_MINE.search(text)
    if points and other and _asked(text, points.start()):
        named = dict.fromkeys(_named(other["label"]))
        if named:
            yield _Found(", ".join(named), 0, len(text), False)


def _refused(before: str) -> bool:
    """Whether what stands before a Chinese verb makes it no request: 别忘了, 我忘了. 帮我 asks for it."""
    return _别.search(_PLEASE.sub("", before)) is not None


def _asked(text: str, start: int) -> bool:
    """Whether the verb at `start` is a request: its clause has nothing before it but politeness."""
    begins = max((m.end() for m in _CLAUSE_START.finditer(text, 0, start)), default=0)
    return _MAY_LEAD.fullmatch(text[begins:start]) is not None


def _against(match: re.Match[str]) -> bool:
    return bool(match.groupdict().get("distaste"))


def _label(words: str) -> str:
    """The labels in some words: the terms that the lexicon knows, else the words themselves."""
    bare = _HEAD.sub("", _TAIL.sub("", words.strip(" \"'“”‘’《》「」"))).strip(" \"'“”‘’《》「」")
    named = dict.fromkeys(_named(bare))
    return ", ".join(named) if named else bare[:_LONGEST]


def _named(words: str) -> Iterator[str]:
    """The terms in some words: by the catalogue's name where a word has one, else the word."""
    known, tokens = wording.load(), tokenize(words)
    hits = [(m.first, m.last, [v for t in m.value for v in t.values]) for m in known.terms.find(tokens, _any)]
    hits += [(m.first, m.last, list(m.value)) for m in known.people.find(tokens, _any)]
    for first, last, values in sorted(hits):
        spoken = words[tokens[first].start : tokens[last - 1].end]
        same = [value for value in values if fold(value).rstrip("s") == fold(spoken).rstrip("s")]
        yield values[0] if len(values) == 1 else same[0] if same else spoken


def _any(_first: int, _last: int) -> bool:
    return True


def _rest(text: str, found: _Found) -> str:
    """What else a message asks for: behind what is to be forgotten, else before it."""
    begins = max((m.end() for m in _CLAUSE_START.finditer(text, 0, found.start)), default=0)
    clause = _CLAUSE_START.search(text, found.end)
    for part in (text[clause.end() :] if clause else "", text[:begins]):
        marks = followups.marks(part)
        if marks.frame or marks.strong or re.search(r"\w.*[?？]", part):
            return part.strip(" ,.!;，。！；、")
    return ""
