"""The floor: sentences realised from facts, in English and Chinese, that need no model."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from handpicked.agent import addressed
from handpicked.agent.describe import GOODS, chinese, counted, description, joined, phrases, tight, wish
from handpicked.agent.ratings import Rating
from handpicked.agent.types import ListItem, RankedList, Reading
from handpicked.tools.data.analysis import detect
from handpicked.tools.data.documents import document
from handpicked.tools.data.text import fold, has_cjk, sentences
from handpicked.tools.data.text import language as language_of
from handpicked.tools.types import Constraint, Item, Json, Ranked

_MAX_SUMMARY = 320
_MAX_CARD = 600
_GOOD_RATING = 6
_LONG_RUNTIME = 150
_WISHES = 6
_PEOPLE = 4
_CAUSES = 2
OFFERS_MISS = "no offer fits the wishes"
"""Why a list of offers is empty though campaigns run for this user."""
# How the reason begins where a scene shows none; the scene's meaning follows.
OFFERS_NOT_HERE = "no ads are shown in this scene"
_NO_OFFER = {OFFERS_MISS: "no_offer_fits", OFFERS_NOT_HERE: "no_offers_here"}


def reason(ranked: Ranked, place: int, titles: Mapping[str, str], liked: Sequence[str], language: str) -> str:
    """One line on why an item is in its place (from 1): the strongest source and a fact or two.

    `titles` are those of the items in `because`, `liked` the ids that this conversation named."""
    known = phrases(language)
    strongest = max(ranked.sources, key=lambda part: part.part).tool
    because = [item_id for item_id in ranked.because if item_id in titles and item_id != ranked.item.item_id]
    named = [item_id for item_id in because if item_id in liked]
    if strongest in ("similar", "collab") and because:
        kind, about = ("liked", named[0]) if named else ("history", because[0])
    else:
        kind, about = (strongest if strongest in known["reasons"] else "popular"), ""
    templates = known["reasons"][kind]
    basis = templates[(place - 1) % len(templates)].format(_quoted(titles.get(about, ""), language))
    return str(
        known["reason"].format(basis=basis, described=description(ranked.item, language).removesuffix("."))
    )


def opening(reading: Reading, lists: Sequence[RankedList]) -> str:
    """The first sentence: how many of what, and which wishes they keep; or that nothing is left, and why."""
    known = phrases(reading.language)
    full = [ranked for ranked in lists if ranked.items and ranked.task != "ads"]
    if not full:
        return _nothing(reading, lists)
    items = [item for ranked in full for item in ranked.items]
    one, many = counted([str(item.facts.get("domain", "item")) for item in items], reading.language)
    wishes = [c for c in reading.constraints if c.source != "context" and c.field != "domain"][:_WISHES]
    spoken = known["comma"].join(dict.fromkeys(wish(c, reading.language) for c in wishes))
    kept = known["kept"].format(spoken) if spoken else ""
    template = known["here_is" if len(items) == 1 else "here_are"]
    return str(template.format(count=len(items), one=one, many=many, kept=kept))


def offers(sponsored: RankedList, language: str) -> list[tuple[str, str | None]]:
    """A sentence on each sponsored item, with its id; or one that says that there is none."""
    known = phrases(language)
    if not sponsored.items:
        told = [
            said
            for why, said in _NO_OFFER.items()
            if any(one.startswith(why) for one in sponsored.emptied_by)
        ]
        return [(str(known[(*told, "no_offer")[0]]), None)]
    goods = {item.item_id for item in sponsored.items if item.facts.get("domain") in GOODS}
    return [
        (
            str(
                known["offer"].format(item.title if item.item_id in goods else _quoted(item.title, language))
            ),
            item.item_id,
        )
        for item in sponsored.items
    ]


def sentence(item: Item, language: str) -> str:
    """One or two sentences on an item: the start of its description, or what it is."""
    known, lead = phrases(language), _lead(item, language)
    if item.domain in GOODS and not lead:
        return str(known["goods"].format(title=item.title, described=description(item, language)))
    if not lead:
        told = known["is"].format(title=item.title, described=description(item, language).removesuffix("."))
        return told.replace("》是 一", "》是一") if language == "zh" else told
    if lead.casefold().startswith((item.title.casefold(), f"《{item.title}》".casefold())):
        return lead
    template = known["tells_year" if item.year else "tells"]
    return str(template.format(title=item.title, year=item.year, lead=lead))


def answers(item: Item, title: str, asked: str, language: str) -> list[tuple[str, str]]:
    """What is asked of an item in these words, in their order, each with its field: who made it, when, how long it is. A
    field that the catalogue lacks is said to be lacking."""
    known, found = phrases(language)["answers"], list[tuple[int, str, str]]()
    folded = f" {fold(asked)} "
    for field, said in known.items():
        places = [] if field == "unknown" else [_place(word, folded) for word in said["asks"]]
        if all(place < 0 for place in places):
            continue
        value = _value(item, field, language)
        template = said["says"].get(item.domain, said["says"]["item"]) if value else known["unknown"]
        place = min(place for place in places if place >= 0)
        found.append((place, tight(str(template.format(value, title=title))), field))
    return [(text, field) for _, text, field in sorted(found)]


def _value(item: Item, field: str, language: str) -> str | float | None:
    value: tuple[str, ...] | str | float | None = getattr(item, field)
    if not isinstance(value, tuple):
        return value
    return _labels(value, language) if field == "categories" else joined(value[:_PEOPLE], language)


def _place(words: str, text: str) -> int:
    """Where words stand in a folded text; -1 where they don't."""
    if has_cjk(words):
        return text.find(words)
    found = re.search(rf"\b{re.escape(words)}\b", text)
    return found.start() if found else -1


def review(source: Item, reading: Reading, interests: Sequence[str], language: str) -> str:
    """What speaks for an item and against it, for this user."""
    known, rating = phrases(language), source.rating
    wished = {
        str(v) for c in reading.constraints if c.op == "in" and c.field == "categories" for v in c.value
    }
    shared = [label for label in source.categories if label in interests]
    fits = [label for label in source.categories if label in wished and label not in shared]
    pro = [known["rated"].format(rating)] if rating and rating >= _GOOD_RATING else []
    pro += [known["often"].format(_labels(shared, language))] if shared else []
    pro += [known["asked"].format(_labels(fits, language))] if fits else []
    con = [known["rated_low"].format(rating)] if rating and rating < _GOOD_RATING else []
    con += [known["long"].format(source.runtime)] if (source.runtime or 0) > _LONG_RUNTIME else []
    con += [] if source.description else [known["undescribed"]]
    separator = "，" if language == "zh" else ""
    for_it, against = (separator.join(part) if separator else joined(part, language) for part in (pro, con))
    return str(
        known["review"].format(
            title=source.title, pro=for_it or known["no_pro"], con=against or known["no_con"]
        )
    )


def comparison(one: Item, other: Item, language: str) -> list[tuple[str, str | None, str]]:
    """Which of two is rated higher, longer, newer, dearer: sentences, each with the winner's id and the field."""
    known = phrases(language)
    found: list[tuple[str, str | None, str]] = []
    for field, word in known["words"].items():
        a, b = getattr(one, field), getattr(other, field)
        if a is None or b is None or a == b:
            continue
        winner, high, low = (one, a, b) if a > b else (other, b, a)
        values = [known["units"][field].format(value) for value in (high, low)]
        said = known["compared"].format(title=winner.title, word=word, high=values[0], low=values[1])
        found.append((said + ("。" if language == "zh" else "."), winner.item_id, field))
    return found or [(str(known["alike"].format(one.title, other.title)), None, "title")]


def unclear(language: str) -> str:
    """What to say when a text is asked for and nobody can tell on what."""
    return str(phrases(language)["unclear"])


def missed(count: int, language: str) -> str:
    """What to say to "the seventh one" where fewer were shown."""
    known = phrases(language)["missed"]
    return str(known["one" if count == 1 else "many"].format(count))


def closest(language: str) -> str:
    """That what is listed has not all that it is looked for by."""
    return str(phrases(language)["closest"])


def undescribed(title: str, language: str) -> str:
    """That the catalogue can't say what something is about."""
    return str(phrases(language)["no_plot"].format(title=title))


def noted(title: str, rating: Rating, where: str, language: str) -> str:
    """What is kept of a rating, and where: for a user, for a session, or nowhere."""
    known = phrases(language)["noted"]
    return str(known[where].format(title=title, words=rating.words, stance=known["stances"][rating.stance]))


def causes(tools: Sequence[str], because: Sequence[str], language: str, *, named: bool) -> list[str]:
    """What put an item into a list, in words, the strongest first; `because` are the titles that carry its score, `named`
    whether this conversation named one of them."""
    known = phrases(language)["causes"]
    found: list[str] = []
    for tool in tools:
        kind = ("named" if named else "had") if because and tool in ("similar", "collab") else tool
        if kind in known:
            titles = joined([_quoted(title, language) for title in because], language)
            found.append(str(known[kind].format(titles)))
    return list(dict.fromkeys(found))[:_CAUSES]


def behind(title: str, found: Sequence[str], kept: Sequence[Constraint], language: str) -> str:
    """Why an item was picked: what put it there, and the wishes that it keeps; or that it was not, but named."""
    known = phrases(language)
    spoken = joined(list(dict.fromkeys(wish(c, language) for c in kept)), language)
    said = known["behind" if found else "yours"].format(title=title, causes=known["also"].join(found))
    keeps = known["keeps"].format(title=title, wishes=spoken) if spoken else ""
    return f"{said} {keeps}".strip() if language == "en" else f"{said}{keeps}"


def namesakes(items: Sequence[ListItem], language: str) -> str:
    """That the catalogue has others of the same name."""
    named = [f"{_quoted(item.title, language)} ({item.facts.get('year') or '?'})" for item in items]
    known = phrases(language)["namesakes"]
    return str(known["one" if len(named) == 1 else "many"].format(joined(named, language)))


def shown_facts(facts: Mapping[str, Json]) -> dict[str, Json]:
    """Facts for a reply: the description cut to what a card can hold."""
    text = facts.get("description")
    return dict(facts) | ({"description": text[:_MAX_CARD]} if isinstance(text, str) else {})


def _lead(item: Item, language: str) -> str:
    """The first sentences of the description, if it is in the language asked for and says more than the facts."""
    if document(item).generated:
        return ""
    if (detect(item.description) or language_of(item.description)) != language:
        return ""
    lead = ""
    for part in sentences(addressed.told(item.description))[:2]:
        if len(lead) + len(part) > _MAX_SUMMARY:
            break
        lead = f"{lead} {part}".strip() if language == "en" else lead + part
    return lead


def _nothing(reading: Reading, lists: Sequence[RankedList]) -> str:
    """That nothing is left, and the wishes that did it."""
    known = phrases(reading.language)
    reasons = list(dict.fromkeys(reason for ranked in lists for reason in ranked.emptied_by))
    if "seen" in reasons:
        return str(known["had_all"])
    guilty = [c for c in reading.constraints if str(c) in reasons]
    named = [wish(c, reading.language) for c in guilty if c.field != "domain" or len(guilty) == 1]
    return str(known["nothing_for"].format(joined(named, reading.language)) if named else known["nothing"])


def _quoted(title: str, language: str) -> str:
    return f"《{title}》" if title and language == "zh" else title


def _labels(labels: Sequence[str], language: str) -> str:
    return joined([chinese(label) if language == "zh" else label.lower() for label in labels], language)
