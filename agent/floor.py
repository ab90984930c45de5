"""The floor: sentences realised from facts, in English and Chinese, that need no model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from handpicked.agent import lexicon
from handpicked.agent.types import ListItem, RankedList, Reading
from handpicked.tools.data.text import language as language_of
from handpicked.tools.data.text import sentences
from handpicked.tools.types import Constraint, Item, Json, Ranked

_NOUNS = {
    "en": {"movie": ("film", "films"), "grocery": ("product", "products"), "news": ("article", "articles"),
           "book": ("book", "books"), "music": ("album", "albums")},
    "zh": {"movie": ("部", "电影"), "grocery": ("样", "商品"), "news": ("篇", "文章"), "book": ("本", "书"),
           "music": ("张", "专辑")},
}  # fmt: skip
_MAX_SUMMARY = 320
_GOODS = ("grocery",)

# What an item rests on, by the tool that put it there: openings differ down a list.
_REASONS = {
    "en": {
        "liked": ("In the vein of {0}", "Close to {0}", "If you like {0}"),
        "history": ("You chose {0}", "Goes with {0}, which you had", "People who chose {0} chose this too"),
        "search": ("Matches what you asked", "Fits your words", "Answers your request"),
        "dialogues": ("Chosen in talks like this one", "Others who asked this took it"),
        "popular": ("Popular right now", "Many people choose it", "A favourite of many"),
        "lookup": ("The title that you named",),
    },
    "zh": {
        "liked": ("和《{0}》气质相近", "接近《{0}》", "喜欢《{0}》的话可以试试"),
        "history": ("你选过“{0}”", "和你选过的“{0}”相配", "选了“{0}”的人也选了它"),
        "search": ("符合你的描述", "切合你的要求", "正是你要找的那类"),
        "dialogues": ("类似的对话里有人选了它", "问过同样问题的人选了它"),
        "popular": ("眼下很受欢迎", "很多人都选它", "人气不错"),
        "lookup": ("你提到的就是它",),
    },
}


def reason(ranked: Ranked, place: int, titles: Mapping[str, str], liked: Sequence[str], language: str) -> str:
    """One line on why an item is in its place (from 1): the strongest source and a fact or two.

    `titles` are those of the items in `because`, `liked` the ids that this conversation named."""
    strongest = max(ranked.sources, key=lambda part: part.weight / (60.0 + part.rank)).tool
    because = [item_id for item_id in ranked.because if item_id in titles and item_id != ranked.item.item_id]
    named = [item_id for item_id in because if item_id in liked]
    if strongest in ("similar", "collab") and because:
        kind, about = ("liked", named[0]) if named else ("history", because[0])
    else:
        kind, about = (strongest if strongest in _REASONS["en"] else "popular"), ""
    templates = _REASONS[language][kind]
    basis = templates[(place - 1) % len(templates)].format(titles.get(about, ""))
    described = description(ranked.item, language)
    return f"{basis}：{described}。" if language == "zh" else f"{basis}: {described}."


def description(item: Item, language: str) -> str:
    """What an item is, in a few words: "a 1982 sci-fi film by Ridley Scott, 117 minutes"."""
    return _description_zh(item) if language == "zh" else _description_en(item)


def opening(reading: Reading, lists: Sequence[RankedList]) -> str:
    """The first sentence: how many of what, and which wishes they keep; or that nothing is left, and why."""
    chinese = reading.language == "zh"
    full = [ranked for ranked in lists if ranked.items and ranked.task != "ads"]
    wishes = [c for c in reading.constraints if c.source != "context" and c.field != "domain"]
    if not full:
        return _nothing(lists, chinese)
    items = [item for ranked in full for item in ranked.items]
    kept = (
        "、".join(_wish(c, chinese) for c in wishes) if chinese else _and([_wish(c, chinese) for c in wishes])
    )
    if chinese:
        return f"为你选了{_counted_zh(items)}" + (f"（{kept}）。" if kept else "。")
    return f"Here {'is' if len(items) == 1 else 'are'} {_counted_en(items)}" + (
        f" ({kept})." if kept else "."
    )


def sentence(item: ListItem, source: Item, language: str) -> str:
    """One or two sentences on an item: the start of its description, or what it is."""
    lead = _lead(source, language)
    if lead.casefold().startswith(item.title.casefold()):
        return lead
    if lead:
        year = f" ({source.year})" if source.year else ""
        return f"《{item.title}》：{lead}" if language == "zh" else f"{item.title}{year}: {lead}"
    described = description(source, language)
    if language == "zh":
        return f"《{item.title}》是{described}。"
    return f"{item.title} is {described}."


def review(source: Item, reading: Reading, interests: Sequence[str], language: str) -> str:
    """What speaks for an item and against it, for this user."""
    shared = [label for label in source.categories if label in interests]
    chinese = language == "zh"
    pro = (
        [f"评分 {source.rating:g}/10" if chinese else f"it is rated {source.rating:g} of 10"]
        if (source.rating or 0) >= 6
        else []
    )
    if shared:
        pro.append(
            f"属于你常选的{'、'.join(shared)}"
            if chinese
            else f"it is {_and(_lower(shared))}, which you often choose"
        )
    wished = [
        label
        for c in reading.constraints
        if c.op == "in" and c.field == "categories"
        for label in map(str, c.value)
    ]
    if fits := [label for label in source.categories if label in wished and label not in shared]:
        pro.append(
            f"正是你要的{'、'.join(fits)}"
            if chinese
            else f"it is the {_and(_lower(fits))} that you asked for"
        )
    con = (
        [f"评分只有 {source.rating:g}/10" if chinese else f"it is rated only {source.rating:g} of 10"]
        if source.rating and source.rating < 6
        else []
    )
    if source.runtime and source.runtime > 150:
        con.append(
            f"片长 {source.runtime} 分钟，偏长" if chinese else f"at {source.runtime} minutes it is long"
        )
    if not source.description:
        con.append("目录里没有内容简介" if chinese else "the catalogue has no description of it")
    if chinese:
        return f"《{source.title}》：优点：{'，'.join(pro) or '暂无数据'}。缺点：{'，'.join(con) or '资料里没有看到'}。"
    return (
        f"{source.title}: speaking for it, {_and(pro) or 'little is on record'}; "
        f"speaking against it, {_and(con) or 'nothing that is on record'}."
    )


def comparison(one: Item, other: Item, language: str) -> str:
    """Which of two is longer, newer, dearer, rated higher."""
    chinese = language == "zh"
    rows = (
        ("rating", "rated higher", "评分更高"), ("runtime", "longer", "更长"), ("year", "newer", "更新"),
        ("price", "dearer", "更贵"),
    )  # fmt: skip
    found: list[str] = []
    for field, english, word in rows:
        a, b = getattr(one, field), getattr(other, field)
        if a is None or b is None or a == b:
            continue
        winner, high, low = (one, a, b) if a > b else (other, b, a)
        found.append(
            f"《{winner.title}》{word}（{high:g} 对 {low:g}）"
            if chinese
            else f"{winner.title} is {english} ({high:g} against {low:g})"
        )
    if not found:
        return (
            "资料里看不出两者的差别。"
            if chinese
            else f"The facts on record don't tell {one.title} and {other.title} apart."
        )
    return "；".join(found) + "。" if chinese else f"{'; '.join(found)}."


def smalltalk(domains: Sequence[str], language: str) -> str:
    """What to say when nothing of the catalogue is asked for."""
    if language == "zh":
        names = "、".join(_NOUNS["zh"].get(domain, ("", domain))[1] for domain in domains)
        return f"我从这里的目录里推荐{names}。告诉我你喜欢的作品、预算或时长，我来挑。"
    names = _and([_NOUNS["en"].get(domain, ("", domain))[1] for domain in domains])
    return f"I recommend {names} from this catalogue. Tell me a title that you like, a budget or a length, and I pick."


def _lead(item: Item, language: str) -> str:
    """The first sentences of the description, if it is in the language asked for."""
    if not item.description or language_of(item.description) != language:
        return ""
    lead = ""
    for part in sentences(item.description)[:2]:
        if len(lead) + len(part) > _MAX_SUMMARY:
            break
        lead = f"{lead} {part}".strip() if language == "en" else lead + part
    return lead


def _description_en(item: Item) -> str:
    noun = _NOUNS["en"].get(item.domain, (item.domain, ""))[0]
    if item.domain in _GOODS:
        shelf = f" in {item.categories[-1]}" if item.categories else ""
        return f"a {noun}{shelf}" + (f", about ${item.price:.2f}" if item.price is not None else "")
    words = [str(item.year)] if item.year else []
    words += _lower(item.categories[:2])
    phrase = " ".join(
        [", ".join(words[-2:]) if not item.year else " ".join([words[0], ", ".join(words[1:])]), noun]
    ).strip()
    by = f" by {_and(list(item.creators[:2]))}" if item.creators else ""
    length = f", {item.runtime} minutes" if item.runtime else ""
    price = f", ${item.price:.2f}" if item.price is not None else ""
    return f"{_article(phrase)} {' '.join(phrase.split())}{by}{length}{price}"


def _description_zh(item: Item) -> str:
    measure, noun = _NOUNS["zh"].get(item.domain, ("个", item.domain))
    if item.domain in _GOODS:
        shelf = f"{_chinese(item.categories[-1])}类" if item.categories else ""
        return f"{shelf}商品" + (f"，约 {item.price:.2f} 美元" if item.price is not None else "")
    by = f"{'、'.join(item.creators[:2])}的" if item.creators else ""
    year = f" {item.year} 年" if item.year and by else f"{item.year} 年" if item.year else ""
    kind = "/".join(_chinese(label) for label in item.categories[:2])
    length = f"，{item.runtime} 分钟" if item.runtime else ""
    return f"{by}{year}{kind}{noun}{length}" or f"一{measure}{noun}"


def _chinese(label: str) -> str:
    return lexicon.load().chinese.get(label, label)


def _nothing(lists: Sequence[RankedList], chinese: bool) -> str:
    reasons = list(dict.fromkeys(reason for ranked in lists for reason in ranked.emptied_by))
    if "seen" in reasons:
        return "符合条件的你都已经看过或拿过了。" if chinese else "You already had everything that fits."
    if not reasons or "nothing matches" in reasons:
        return "目录里没有找到合适的。" if chinese else "Nothing in the catalogue matches that."
    if chinese:
        return f"目录里没有符合的：{'；'.join(reasons)}。"
    return f"Nothing in the catalogue fits: {_and(reasons)} leaves nothing."


def _wish(constraint: Constraint, chinese: bool) -> str:
    """A wish in the user's own words, where it came from their text."""
    if constraint.span and constraint.op == "range":
        return constraint.span
    value = " / ".join(str(v) for v in constraint.value[:3])
    if constraint.op == "in":
        return value
    if constraint.op == "not_in":
        return f"不要{value}" if chinese else f"no {value}"
    return str(constraint)


def _counted_en(items: Sequence[ListItem]) -> str:
    domains = {str(item.facts.get("domain", "item")) for item in items}
    singular, plural = (
        _NOUNS["en"].get(next(iter(domains)), ("pick", "picks")) if len(domains) == 1 else ("pick", "picks")
    )
    return f"1 {singular}" if len(items) == 1 else f"{len(items)} {plural}"


def _counted_zh(items: Sequence[ListItem]) -> str:
    domains = {str(item.facts.get("domain", "item")) for item in items}
    measure, noun = (
        _NOUNS["zh"].get(next(iter(domains)), ("个", "选择")) if len(domains) == 1 else ("个", "选择")
    )
    return f" {len(items)} {measure}{noun}"


def _article(phrase: str) -> str:
    first = phrase.split()[0] if phrase.split() else ""
    vowel = first[:1].casefold() in "aeiou" or first.startswith(("18", "8", "11"))
    return "an" if vowel and not first.casefold().startswith(("uni", "euro", "one")) else "a"


def _and(parts: Sequence[str]) -> str:
    given = list(parts)
    return ", ".join(given[:-1]) + (" and " if len(given) > 1 else "") + given[-1] if given else ""


def _lower(labels: Sequence[str]) -> list[str]:
    return [label.lower() for label in labels]


def shown_facts(facts: Mapping[str, Json]) -> dict[str, Json]:
    """Facts for a reply: the description cut to what a card can hold."""
    text = facts.get("description")
    return dict(facts) | ({"description": text[:600]} if isinstance(text, str) else {})
