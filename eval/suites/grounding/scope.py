"""What a reply is checked against: what it shows, what the user named or chose before, and what was asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from handpicked.agent.types import Reply, Request
from handpicked.eval.suites.grounding.amounts import Amount, amounts
from handpicked.eval.suites.grounding.catalog import Catalog, Known
from handpicked.eval.suites.grounding.words import Phrases, key_of, line, tokens_of

Language = Literal["en", "zh"]
Kind = Literal[
    "off_catalog_id", "wrong_title", "foreign_title", "wrong_number", "wrong_name", "broken_constraint",
    "rejected_shown", "empty_without_reason", "text_list_disagree", "language",
]  # fmt: skip
KINDS: tuple[Kind, ...] = (
    "off_catalog_id", "wrong_title", "foreign_title", "wrong_number", "wrong_name", "broken_constraint",
    "rejected_shown", "empty_without_reason", "text_list_disagree", "language",
)  # fmt: skip
_ASKED = {
    "zh": re.compile(r"\bin chinese\b|用中文|说中文|中文回答", re.IGNORECASE),
    "en": re.compile(r"\bin english\b|用英文|用英语|说英语|英文回答", re.IGNORECASE),
}
_LATIN = re.compile(r"[^\W\d_\u3400-\u9fff]{2,}")
_ARTICLE = re.compile(r"^(?:the|an?)\s+", re.IGNORECASE)
_TAIL = re.compile(r"\s*(?::|\s[-–—]\s|\().*$")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong: its kind, the words (or the id) that it is about, and why."""

    kind: Kind
    span: str
    why: str


@dataclass(frozen=True, slots=True)
class Past:
    """What may be spoken of besides the reply's own lists: ids that the user chose or was shown before, and the
    user's earlier messages of this conversation."""

    chosen: tuple[str, ...] = ()
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """The reply and its surroundings, read once."""

    reply: Reply
    request: Request
    catalog: Catalog
    shown: Mapping[str, Known]
    referred: Mapping[str, Known]
    titles: Phrases
    said: str
    asked_numbers: tuple[Amount, ...]
    language: Language

    @property
    def sizes(self) -> frozenset[int]:
        """Counts of items that the text may give: each list's, all of them, all different ones."""
        each = [len(ranked.items) for ranked in self.reply.lists]
        different = len({item.item_id for ranked in self.reply.lists for item in ranked.items})
        return frozenset((*each, sum(each), different))


def scope(reply: Reply, request: Request, catalog: Catalog, past: Past) -> Scope:
    """Read a reply's surroundings."""
    ids = dict.fromkeys(item.item_id for ranked in reply.lists for item in ranked.items)
    shown = {item_id: known for item_id in ids if (known := catalog.known(item_id))}
    said = [*_said(request, past)]
    named = {item_id for text in said for item_id in _named(text, catalog)}
    others = dict.fromkeys(
        (*reply.reading.like, *reply.reading.dislike, *past.chosen, *request.context.clicked,
         *(row.item_id for row in request.context.cart), *sorted(named))
    )  # fmt: skip
    referred = {i: known for i in others if i not in shown and (known := catalog.known(i))}
    titles = Phrases()
    for item_id, known in (*shown.items(), *referred.items()):
        for title in (known.item.title, *known.item.aliases):
            for variant in _variants(title):
                titles.add(variant, item_id)
    bounds = [str(c) for c in (*reply.reading.constraints, *reply.reading.prefer, *request.filters)]
    return Scope(
        reply, request, catalog, shown, referred, titles, line([*said, *bounds]),
        tuple(amounts(" . ".join([*said, *bounds]))), _language(request, past),
    )  # fmt: skip


def _said(request: Request, past: Past) -> Iterator[str]:
    yield from past.said
    yield from (message.content for message in request.messages or () if message.role == "user")
    yield request.message
    yield request.context.query or ""


def _named(text: str, catalog: Catalog) -> Iterator[str]:
    """Items whose whole title stands in what the user wrote, in any case; one word only as it is written there."""
    tokens = tokens_of(text)
    for place, token in enumerate(tokens):
        for length, ids in catalog.titles.at(tokens, place):
            if length > 1 or (token.capital and not token.raw.isdigit()):
                yield from ids


def _variants(title: str) -> Iterator[str]:
    """The title, without its article, and without what follows a colon or a dash where two words are left."""
    yield title
    if len("".join(key_of(bare := _ARTICLE.sub("", title)))) > 3:
        yield bare
    if len(key_of(head := _TAIL.sub("", title))) > 1:
        yield head


def _language(request: Request, past: Past) -> Language:
    texts = [text for text in _said(request, past) if text.strip()]
    for text in reversed(texts):
        for language in ("zh", "en"):
            if _ASKED[language].search(text):
                return "zh" if language == "zh" else "en"
        han = sum(token.cjk for token in tokens_of(text))
        latin = len(_LATIN.findall(text))
        if han or latin:
            return "zh" if han > latin else "en"
    return "zh" if (request.context.locale or "").lower().startswith("zh") else "en"
