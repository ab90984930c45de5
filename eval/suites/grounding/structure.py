"""What can be checked without reading: ids, titles, facts, constraints, refusals and empty lists."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handpicked.agent.types import ListItem
from handpicked.eval.suites.grounding.constraints import keeps
from handpicked.eval.suites.grounding.scope import Kind, Problem, Scope
from handpicked.eval.suites.grounding.words import fold, key_of
from handpicked.tools.types import Item

_REFUSED = re.compile(
    r"(?:can'?t stand|hate[ds]?|dislike[ds]?|did ?n[o']t like|do ?n[o']t like|anything but|except(?: for)?|other than|besides|"
    r"no more|not again|讨厌|不喜欢|除了|不要|不想看|受不了)\s*(?:the (?:film|movie|book|album)\s)?[《\"“'‘]?\s*$",
    re.IGNORECASE,
)
_NUMBERS = ("year", "runtime", "price", "rating")


def structure(scope: Scope) -> Iterator[Problem]:
    """The problems of lists and citations."""
    refused = set(scope.reply.reading.dislike)
    for ranked in scope.reply.lists:
        if not ranked.items and not any(why.strip() for why in ranked.emptied_by):
            yield Problem(
                "empty_without_reason",
                ranked.label,
                f"the list for {ranked.task} is empty and doesn't say why",
            )
        for shown in ranked.items:
            item = scope.catalog.items.get(shown.item_id)
            if item is None:
                yield Problem("off_catalog_id", shown.item_id, "no such item in the catalogue")
                continue
            yield from _item(shown, item, scope)
            if shown.item_id in refused or _refused(item, scope):
                yield Problem("rejected_shown", shown.item_id, f"{item.title} was refused")
    if not scope.reply.text.strip() and not any(ranked.items for ranked in scope.reply.lists):
        yield Problem("empty_without_reason", "", "neither items nor text")
    for citation in scope.reply.citations:
        if citation.item_id not in scope.catalog.items:
            yield Problem("off_catalog_id", citation.item_id, "a citation rests on no item of the catalogue")
    for item_id in scope.reply.reviews:
        if item_id not in scope.catalog.items:
            yield Problem("off_catalog_id", item_id, "a review of no item of the catalogue")


def _item(shown: ListItem, item: Item, scope: Scope) -> Iterator[Problem]:
    names = {key_of(item.title), *map(key_of, item.aliases)}
    if key_of(re.sub(r"\s\(\d{4}\)$", "", shown.title)) not in names and key_of(shown.title) not in names:
        yield Problem("wrong_title", shown.title, f"{item.item_id} is {item.title!r}")
    for constraint in dict.fromkeys((*scope.reply.reading.constraints, *scope.request.filters)):
        if not keeps(item, constraint):
            yield Problem("broken_constraint", item.item_id, f"{item.title} breaks {constraint}")
    yield from _facts(shown, item)


def _facts(shown: ListItem, item: Item) -> Iterator[Problem]:
    """Facts that aren't the catalogue's."""
    for name, said in shown.facts.items():
        have: object = getattr(item, name, None) if hasattr(item, name) else item.attributes.get(name)
        if name == "title":
            if key_of(str(said)) not in {key_of(item.title), *map(key_of, item.aliases)}:
                yield Problem("wrong_title", str(said), f"{item.item_id} is {item.title!r}")
        elif not _same(said, have):
            kind: Kind = "wrong_number" if name in _NUMBERS or isinstance(have, int | float) else "wrong_name"
            yield Problem(kind, str(said), f"the catalogue has {have!r} for the {name} of {item.title!r}")


def _same(said: object, have: object) -> bool:
    """Equal, or a text that was cut short."""
    if isinstance(said, str) and isinstance(have, str) and len(said) > 40:
        return fold(have).startswith(fold(said).rstrip(" .…"))
    return _plain(said) == _plain(have)


def _plain(value: object) -> object:
    if isinstance(value, tuple | list):
        return tuple(fold(str(each)) for each in value)  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]  terms of any kind
    return float(value) if isinstance(value, int | float) else fold(str(value))


def _refused(item: Item, scope: Scope) -> bool:
    """Whether the message refuses the item by its title."""
    message = scope.request.message
    for title in (item.title, *item.aliases):
        for found in re.finditer(re.escape(title), message):
            if _REFUSED.search(message[: found.start()]):
                return True
    return False
