"""Rows to records: what each kind of input needs and may have, and why a row is rejected."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar, cast

from handpicked.tools.data import clean, quantities
from handpicked.tools.data.readers import VECTOR_SUFFIX, Row
from handpicked.tools.types import EVENT_KINDS, Campaign, Dialogue, Event, Item, Scalar

Kind = Literal["items", "users", "events", "campaigns", "dialogues"]
User = tuple[str, Mapping[str, Scalar]]
Value = TypeVar("Value")

REQUIRED: Mapping[Kind, tuple[str, ...]] = {
    "items": ("item_id", "title"),
    "users": ("user_id",),
    "events": ("user_id", "item_id"),
    "campaigns": ("campaign_id",),
    "dialogues": ("context", "target"),
}
OPTIONAL: Mapping[Kind, tuple[str, ...]] = {
    "items": (
        "domain", "description", "categories", "creators", "cast", "aliases", "year", "runtime", "price",
        "rating", "brand", "language", "country", "url", "image_url", "in_stock",
    ),
    "users": (),
    "events": (
        "event", "timestamp", "value", "scene", "dwell_s", "list_id", "position", "propensity", "event_id",
    ),
    "campaigns": ("item_ids", "categories", "audience", "start", "end", "bid", "budget", "cap", "title"),
    "dialogues": ("mentioned", "dialogue_id"),
}  # fmt: skip
KEEPS_ATTRIBUTES: frozenset[Kind] = frozenset({"items", "users"})
"""Kinds of which every other column is kept."""

_ITEM_COLUMNS = frozenset(REQUIRED["items"] + OPTIONAL["items"])
_EVENT_KINDS = frozenset(EVENT_KINDS)
_RARE = frozenset({"scene", "dwell_s", "list_id", "position", "propensity", "event_id"})
_FINE = 1e11


@dataclass
class Rejected(Exception):
    """Why a row isn't taken: `reason` is counted, `detail` tells what stood there."""

    reason: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else self.reason


def parse_item(row: Row, *, infer: bool) -> Item:
    """Give an item. `infer` reads numbers out of the text of attributes, as CSV needs it."""
    get = row.get
    return Item(
        item_id=_needed(row, "item_id", clean.identifier),
        title=_needed(row, "title", clean.text),
        domain=clean.text(get("domain")).lower() or "item",
        description=clean.text(get("description")),
        categories=_read(row, "categories", clean.terms),
        creators=_read(row, "creators", clean.terms),
        cast=_read(row, "cast", clean.terms),
        aliases=_read(row, "aliases", clean.terms),
        year=_read(row, "year", quantities.year),
        runtime=_not_negative(row, "runtime", quantities.minutes) or None,
        price=_not_negative(row, "price", quantities.number),
        rating=_read(row, "rating", quantities.number),
        brand=clean.text(get("brand")) or None,
        language=clean.text(get("language")) or None,
        country=clean.text(get("country")) or None,
        url=clean.text(get("url")) or None,
        image_url=clean.text(get("image_url")) or None,
        in_stock=_read(row, "in_stock", quantities.boolean) is not False,
        attributes=_attributes(row, _ITEM_COLUMNS, infer),
    )


def parse_user(row: Row, *, infer: bool) -> User:
    """Give a user's id and attributes."""
    return _needed(row, "user_id", clean.identifier), _attributes(row, frozenset({"user_id"}), infer)


def parse_event(row: Row, known_items: Container[str], *, has_kind: bool) -> Event:
    """Give an event on a known item. `has_kind` says whether the file has the column `event`."""
    get = row.get
    user_id, item_id = clean.identifier(get("user_id")), clean.identifier(get("item_id"))
    if not user_id or not item_id:
        raise Rejected("missing user_id" if item_id else "missing item_id")
    if item_id not in known_items:
        raise Rejected("unknown item", item_id)
    value, timestamp = get("value"), get("timestamp")
    # Logs are long: numbers that are fine as they are don't go through the general reading.
    if type(value) is not float or not -_FINE < value < _FINE:
        value = _read(row, "value", quantities.number)
    if type(timestamp) is not float or not -_FINE < timestamp < _FINE:
        timestamp = _read(row, "timestamp", quantities.seconds)
    kind = _event_kind(row, value, has_kind)
    if _RARE.isdisjoint(row):
        return Event(user_id, item_id, kind, timestamp, value)
    return Event(
        user_id=user_id,
        item_id=item_id,
        event=kind,
        timestamp=timestamp,
        value=value,
        scene=clean.text(get("scene")) or None,
        dwell_s=_not_negative(row, "dwell_s", quantities.number),
        list_id=clean.identifier(get("list_id")) or None,
        position=_not_negative(row, "position", quantities.whole),
        propensity=_share(row, "propensity"),
        event_id=clean.identifier(get("event_id")) or None,
    )


def parse_campaign(row: Row) -> Campaign:
    """Give a campaign; it names items or categories, and doesn't end before it starts."""
    campaign = Campaign(
        campaign_id=_needed(row, "campaign_id", clean.identifier),
        item_ids=_read(row, "item_ids", clean.identifiers),
        categories=_read(row, "categories", clean.terms),
        audience=_read(row, "audience", clean.terms),
        start=_read(row, "start", quantities.seconds),
        end=_read(row, "end", quantities.seconds),
        bid=_not_negative(row, "bid", quantities.number) or 0.0,
        budget=_not_negative(row, "budget", quantities.number),
        cap=_not_negative(row, "cap", quantities.whole),
        title=clean.text(row.get("title")),
    )
    if not campaign.item_ids and not campaign.categories:
        raise Rejected("names neither items nor categories")
    if campaign.start is not None and campaign.end is not None and campaign.end < campaign.start:
        raise Rejected("ends before it starts", f"{row.get('start')} to {row.get('end')}")
    return campaign


def parse_dialogue(row: Row, known_items: Container[str]) -> Dialogue:
    """Give a past turn; at least one of its targets is a known item."""
    target = _read(row, "target", clean.identifiers)
    if not target:
        raise Rejected("missing target")
    if not any(item_id in known_items for item_id in target):
        raise Rejected("unknown item", ", ".join(target))
    context = _read(row, "context", clean.utterances)
    mentioned = _read(row, "mentioned", clean.identifiers)
    if not context and not mentioned:
        raise Rejected("missing context")
    return Dialogue(context, mentioned, target, clean.identifier(row.get("dialogue_id")) or None)


def _event_kind(row: Row, value: float | None, has_kind: bool) -> str:
    found = row.get("event")
    if found in _EVENT_KINDS:
        return str(found)
    kind = clean.text(found).lower()
    if not kind:
        return "rate" if value is not None and not has_kind else "view"
    if kind not in _EVENT_KINDS:
        raise Rejected("unknown event", f"{kind!r}; known: {', '.join(EVENT_KINDS)}")
    return kind


def _needed(row: Row, name: str, read: Callable[[object], str]) -> str:
    value = read(row.get(name))
    if not value:
        raise Rejected(f"missing {name}")
    return value


def _read(row: Row, name: str, read: Callable[[object], Value]) -> Value:
    value = row.get(name)
    try:
        return read(value)
    except (ValueError, OverflowError) as err:
        raise Rejected(f"unreadable {name}", f"{_short(value)} {err}") from err


def _not_negative(row: Row, name: str, read: Callable[[object], Value]) -> Value:
    value = _read(row, name, read)
    if isinstance(value, int | float) and value < 0:
        raise Rejected(f"negative {name}", _short(row.get(name)))
    return value


def _share(row: Row, name: str) -> float | None:
    value = _read(row, name, quantities.number)
    if value is not None and not 0 < value <= 1:
        raise Rejected(f"{name} out of range", f"{value:g} is not above 0 and at most 1")
    return value


def _attributes(row: Row, columns: frozenset[str], infer: bool) -> dict[str, Scalar]:
    found: dict[str, Scalar] = {}
    for name, value in row.items():
        if name in columns or name.endswith(VECTOR_SUFFIX) or is_nested(value):
            continue
        attribute = clean.attribute(value, infer=infer)
        if attribute is not None:
            found[name] = attribute
    return found


def is_nested(value: object) -> bool:
    """Whether a value can't be an attribute: objects, lists of them, bytes."""
    if isinstance(value, list):
        entries = cast(list[object], value)  # what is in it is for the next line to find out
        return any(isinstance(entry, dict | list) for entry in entries)
    return isinstance(value, dict | bytes)


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 80 else f"{shown[:77]}..."
