"""What is said of the one item in question without a word for it: "seen. another", "how violent", 类似的再来几部."""

from __future__ import annotations

import re

from handpicked.agent import ratings
from handpicked.agent.signs import Polarity

_LEAD = r"^\W*(?:(?:oh|ah|um|uh|er|hm+|ok|okay|nah|no|nope|yeah|yep|yes|well|ha|lol|sorry|thanks|thx|cool|nice|actually|那|嗯|哦|啊|好|不|唉|额)\W+)*"
_END = r"(?=\s*(?:$|[.,;:!?…，。！？；~]|\s-|\sbut\b))"
_ENDING = r"[了啦的过吧呀啊哈吗嘛呢么]*"
_TIMES = r"(?:\s+(?:already|before|twice|that|this|it|one|last (?:week|night|year|month)|ages ago|years ago|a million times|too many times))*"
_TRAIT = r"(?:violent|scary|sad|gory|funny|dark|slow|boring|long|good|weird|subtitled|dubbed|black (?:and|&|n) white|in (?:english|colou?r|french|german|chinese)|kid[- ]?friendly|family[- ]?friendly|(?:based on )?a true story|worth it)"
_AMOUNT = r"(?:gore|blood|nudity|sex|swearing|violence|jump ?scares|bad language|subtitles|subs|singing)"
_ASKED = re.compile(
    rf"{_LEAD}((?:(?:very|too|really|that|so|is it|any)\s+)?{_TRAIT}|(?:(?:any|much|lots of|is there(?: any| much)?|how much)\s+){_AMOUNT}(?:\s+in it)?|(?:happy|sad|good) ending|what rating|rated what|age rating|what language)(?:\s+(?:for (?:a |the )?\w+(?: year old)?|though|tho|btw))?\s*\?"
    rf"|{_LEAD}((?:有(?:没有)?(?:中文)?字幕|(?:是)?(?:黑白|国语|中文|英文|真人真事|真实(?:事件|故事))(?:改编)?的?|(?:男|女)?主角是?谁|(?:男|女)主(?:是|演)?谁|片长(?:多少|多久)?|多少分钟|(?:好|想)哭|哭不哭|结局(?:怎么样|好|惨|悲)?|几级|口碑(?:怎么样|好|如何)?|评价(?:怎么样|高|如何)?|多大孩子能看){_ENDING})\s*[?？]*\W*$",
    re.IGNORECASE,
)
"""A question on what it is like that names nothing else."""
_FAULT = re.compile(
    rf"{_LEAD}((?:(?:a )?(?:bit|little|tad|way|far|much|just|all|still) )*too (?!many|much|few|good|right|early|late|bad\b)\w+(?: for (?:me|us|him|her|them|my \w+|the kids))?)(?:,? (?:dear|love|mate|sorry|thanks|thx|pls|please|next|tbh|imo|lol|i['’]?m afraid|i think))*\W*$"
    rf"|{_LEAD}((?:有点|也|真|实在|还是)?太[\u4e00-\u9fff]{{1,3}}?)[了啦的吧呀啊]*[，,。！!\s]*(?:(?:换|换一?[个部本张首篇]|不要|不看|算了|下一个|pass)(?:吧|了|别的)?)?\W*$",
    re.IGNORECASE,
)
"""A fault that is all that is said; with a wish behind it, it asks for other things: "too loud, something quiet"."""
_BOUND = re.compile(
    r"\b(?:over|above|at least|minimum|under|below|rated|than|or (?:more|better|higher))\b|以上|以下|高于|低于|起$",
    re.IGNORECASE,
)
"""What makes a rating a wish."""
_SEEN_ALL = re.compile(
    r"\W*(?:(?:i|we)(?:['’]?ve)?\s+|already\s+|ok\s+|ah\s+)*((?:seen|watched|read|heard)(?:(?:\s*,\s*|\s+and\s+|\s+)(?:seen|watched|read|heard))*)\W*|\W*((?:我们?)?(?:早就?|已经)?[看读听]过[了啦的]*)\W*",
    re.IGNORECASE,
)
_SAID: tuple[tuple[Polarity, re.Pattern[str]], ...] = (
    (
        "seen",
        re.compile(
            rf"{_LEAD}((?:(?:i|we|they|he|she|my \w+)(?:['’]?(?:ve|s))?\s+)?(?:have |has )?(?:already |both |all |just )*(?:seen|watched|saw|read|heard|had){_TIMES}){_END}"
            rf"|{_LEAD}((?:我们?|他|她|他们|家里|早就?|都|已经|刚刚?|老早)*(?:[看读听]|买)过{_ENDING}){_END}",
            re.IGNORECASE,
        ),
    ),
    (
        "dislike",
        re.compile(
            rf"{_LEAD}((?:hard )?pass|not for me|not my (?:thing|cup of tea|style|bag)|not (?:really )?(?:feeling|into) (?:it|that)|(?:we |i )?(?:hated|loathed|didn['’]?t (?:like|care for|fancy)) (?:it|that)){_END}"
            rf"|{_LEAD}((?:我们?|他|她|孩子|家里人)?(?:没兴趣|不感兴趣|不喜欢|不爱看|不想看|看不下去|不合口味|不对胃口){_ENDING}){_END}",
            re.IGNORECASE,
        ),
    ),
    (
        "like",
        re.compile(
            rf"{_LEAD}((?:sounds|looks|seems) (?:really |so |pretty |super )?(?:good|great|fun|perfect|cool|nice|ace|brilliant|amazing|interesting|lovely)|(?:(?:i|we|he|she|they|my \w+) )?(?:(?:really |just )?(?:loved?|adored?|enjoyed))(?: that| this| it)?){_END}"
            rf"|{_LEAD}((?:(?:any|some|two|three|four|five|a few|a couple|\d|got|have|anything|something|give me|show me|more)\s+)*(?:similar|alike|like it|same again|of the same)(?:\s+(?:ones?|films?|movies?|books?|albums?|stuff|things?|pls|please))*){_END}"
            rf"|{_LEAD}((?:(?:再|还)(?:来|有|推)?(?:点|些|[几一两三四五\d][部本张首个篇])?)?(?:类似|差不多|同类型?|同款|同风格|这类|这种风格)的?){_ENDING}(?:$|[，。！？\s]|再|还|来|有|推|给)"
            rf"|{_LEAD}((?:我|我们|他|她|孩子|娃|爸爸?|妈妈?|老爸|老妈|老公|老婆|爷爷|奶奶|女儿|儿子)?(?:很|超|好|特别|最|也|挺|都)*(?:喜欢|爱看){_ENDING}){_END}",
            re.IGNORECASE,
        ),
    ),
    (
        "about",
        re.compile(
            rf"{_LEAD}((?:(?:can i|could i|may i|i['’]?d like|give me|write|write me|do|do me|get me)\s+)?(?:a|an|the|ur|your)?\s*(?:short |quick |brief |honest |little )*(?:review|summary|plot|synopsis|gist|recap|cast|director|runtime|trailer|rating|verdict)(?:\s+(?:pls|please|plz|thx|thanks|then|of it|for me|only|without spoilers|no spoilers))*){_END}"
            rf"|{_LEAD}(how (?:long|old|violent|scary|sad|gory|dark|funny|good|bad|bloody|rude|serious|heavy|slow|weird|explicit)){_END}"
            rf"|{_LEAD}((?:who['’]?s|whos|who is|who) (?:in|directed|made|wrote|stars?|starring|acts?|sings?|the (?:director|author|singer|lead))|what year|which year|when was (?:it|this) (?:made|from)|who by|by who(?:m)?|any sequels?|is there a sequel|too scary for (?:kids|a kid|children)|(?:ok|okay|good|fine|safe|suitable) for (?:kids|children|a \w+ year old|my \w+)){_END}"
            rf"|{_LEAD}((?:导演|主演|演员|作者|歌手|谁)(?:是)?(?:谁|哪位|导|演|写|唱|拍)?{_ENDING}|(?:一共|总共)?多长(?:时间)?{_ENDING}|几个?小时{_ENDING}|(?:豆瓣)?(?:几分|评分(?:多少|怎么样|高吗)?){_ENDING}|哪一?年{_ENDING}|(?:有|没有)续集{_ENDING}|(?:适合|能给)(?:小孩|孩子|老人|娃)看?{_ENDING}"
            rf"|(?:吓人|恐怖|血腥|感人|搞笑|暴力|压抑|虐|催泪)(?:吗|不|么)|(?:来|写|给)(?:个|一?篇|段)(?:短|简单的?)?(?:影评|书评|乐评|评论|简介|总结|剧情)){_END}",
            re.IGNORECASE,
        ),
    ),
)


def seen_all(text: str) -> tuple[int, int] | None:
    """Where it says no more than that everything was seen: "seen", "seen seen and seen"."""
    found = _SEEN_ALL.fullmatch(text)
    return found.span(1 if found[1] else 2) if found else None


def find(text: str) -> tuple[int, int, Polarity] | None:
    """The words that say it, characters [start, end), and how the user stands to the item; None where they don't."""
    if fault := _FAULT.search(text):
        return *fault.span(1 if fault[1] else 2), "dislike"
    if asked := _ASKED.search(text):
        return *asked.span(1 if asked[1] else 2), "about"
    if (rated := ratings.given(text)) and not _BOUND.search(text):
        start = text.index(rated[0].words)
        return start, start + len(rated[0].words), "about"
    for polarity, pattern in _SAID:
        if found := pattern.search(text):
            group = next(n for n, words in enumerate(found.groups(), 1) if words)
            return *found.span(group), polarity
    return None
