"""Rows to records: what each kind of input needs and may have, and why a row is rejected."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeVar, cast

from handpicked.tools.data import clean, packed, quantities
from handpicked.tools.data.readers import VECTOR_SUFFIX
from handpicked.tools.data.rows import Row
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
        "policy", "task",
    ),
    "campaigns": ("item_ids", "categories", "audience", "start", "end", "bid", "budget", "cap", "title"),
    "dialogues": ("mentioned", "dialogue_id"),
}  # fmt: skip
KEEPS_ATTRIBUTES: frozenset[Kind] = frozenset({"items", "users"})
"""Kinds of which every other column is kept."""

_ITEM_COLUMNS = frozenset(REQUIRED["items"] + OPTIONAL["items"])
_EVENT_KINDS = frozenset(EVENT_KINDS)
_RARE = frozenset({"scene", "dwell_s", "list_id", "position", "propensity", "event_id", "policy", "task"})
_FINE = 1e11
_LARGEST = 1e15
_TITLE_LIMIT = 2_000
_NAME_LIMIT = 200
_MOST_MONEY = {"bid": 1_000_000, "budget": 1_000_000_000_000}
"""A ledger in millionths holds no more."""
_ID_LIMIT = 500
"""Characters: PostgreSQL indexes no more than some 2,700 bytes."""

_clean_name = lru_cache(maxsize=4096)(clean.text)


@dataclass
class Rejected(Exception):
    """Why a row isn't taken: `reason` is counted, `detail` tells what stood there."""

    reason: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else self.reason


def parse_item(row: Row, *, infer: bool) -> Item:
    """Give an item. `infer` reads numbers out of the text of attributes, as CSV needs it."""
    return Item(
        item_id=_needed_id(row, "item_id"),
        title=_limited(_needed(row, "title", clean.text), "title", _TITLE_LIMIT),
        domain=_read(row, "domain", clean.text).lower() or "item",
        description=_read(row, "description", clean.text),
        categories=_read(row, "categories", clean.terms),
        creators=_read(row, "creators", clean.terms),
        cast=_read(row, "cast", clean.terms),
        aliases=_read(row, "aliases", clean.terms),
        year=_read(row, "year", quantities.year),
        runtime=_not_negative(row, "runtime", quantities.minutes) or None,
        price=_not_negative(row, "price", quantities.number),
        rating=_bounded(row, "rating"),
        brand=_read(row, "brand", clean.text) or None,
        language=_read(row, "language", clean.text) or None,
        country=_read(row, "country", clean.text) or None,
        url=_read(row, "url", clean.text) or None,
        image_url=_read(row, "image_url", clean.text) or None,
        in_stock=_read(row, "in_stock", quantities.boolean) is not False,
        attributes=_attributes(row, _ITEM_COLUMNS, infer),
        vectors=_vectors(row),
    )


def parse_user(row: Row, *, infer: bool) -> User:
    """Give a user's id and attributes."""
    return _needed_id(row, "user_id"), _attributes(row, frozenset({"user_id"}), infer)


def parse_event(row: Row, known_items: Container[str], *, has_kind: bool, latest: float) -> Event:
    """Give an event on a known item. `has_kind` says whether the file has the column `event`; `latest` is the time in
    seconds since 1970 after which nothing can have happened yet."""
    get = row.get
    user_id, item_id = _read(row, "user_id", clean.identifier), _read(row, "item_id", clean.identifier)
    if not user_id or not item_id:
        raise Rejected("missing user_id" if item_id else "missing item_id")
    if item_id not in known_items:
        raise Rejected("unknown item", f"{_short(item_id)}; ingest it with --items, or correct the id")
    if len(user_id) > _ID_LIMIT:
        _limited(user_id, "user_id", _ID_LIMIT)
    value, timestamp = get("value"), get("timestamp")
    # Logs are long: numbers that are fine as they are don't go through the general reading.
    if type(value) is not float or not -_FINE < value < _FINE:
        value = _bounded(row, "value")
    if type(timestamp) is not float or not 0 <= timestamp < _FINE:
        timestamp = _read(row, "timestamp", quantities.seconds)
    if timestamp is not None and not 0 <= timestamp <= latest:
        when = "in the future" if timestamp > 0 else "before 1970"
        raise Rejected(
            "timestamp out of range", f"{_short(get('timestamp'))} is {when}; correct it or its unit"
        )
    kind = _event_kind(row, value, has_kind)
    if _RARE.isdisjoint(row):
        return Event(user_id, item_id, kind, timestamp, value)
    return Event(
        user_id=user_id,
        item_id=item_id,
        event=kind,
        timestamp=timestamp,
        value=value,
        scene=_read(row, "scene", clean.text) or None,
        dwell_s=_not_negative(row, "dwell_s", quantities.number),
        list_id=_limited(_read(row, "list_id", clean.identifier), "list_id", _ID_LIMIT) or None,
        position=_not_negative(row, "position", quantities.whole),
        propensity=_share(row, "propensity"),
        event_id=_limited(_read(row, "event_id", clean.identifier), "event_id", _ID_LIMIT) or None,
        policy=_limited(_read(row, "policy", clean.identifier), "policy", _NAME_LIMIT) or None,
        task=_limited(_read(row, "task", clean.identifier), "task", _NAME_LIMIT) or None,
    )


def parse_campaign(row: Row) -> Campaign:
    """Give a campaign; it names items or categories, and doesn't end before it starts. One without a bid is kept, but
    never shown."""
    campaign = Campaign(
        campaign_id=_needed_id(row, "campaign_id"),
        item_ids=_read(row, "item_ids", clean.identifiers),
        categories=_read(row, "categories", clean.terms),
        audience=_read(row, "audience", clean.terms),
        start=_read(row, "start", quantities.seconds),
        end=_read(row, "end", quantities.seconds),
        bid=_not_negative(row, "bid", quantities.number) or 0.0,
        budget=_not_negative(row, "budget", quantities.number),
        cap=_not_negative(row, "cap", quantities.whole),
        title=_read(row, "title", clean.text),
    )
    if not campaign.item_ids and not campaign.categories:
        raise Rejected("names neither items nor categories")
    for name, most in _MOST_MONEY.items():
        amount = getattr(campaign, name)
        if amount is not None and amount > most:
            raise Rejected(
                f"{name} too large", f"{_short(row.get(name))}; at most {most:,}, in the catalogue's currency"
            )
    if campaign.start is not None and campaign.end is not None and campaign.end < campaign.start:
        raise Rejected("ends before it starts", f"{row.get('start')} to {row.get('end')}")
    return campaign


def parse_dialogue(row: Row, known_items: Container[str]) -> Dialogue:
    """Give a past turn; at least one of its targets is a known item."""
    target = _read(row, "target", clean.identifiers)
    if not target:
        raise Rejected("missing target")
    if not any(item_id in known_items for item_id in target):
        shown = _short(", ".join(target))
        raise Rejected("unknown item", f"{shown}; ingest one with --items, or correct the ids")
    context = _read(row, "context", clean.utterances)
    mentioned = _read(row, "mentioned", clean.identifiers)
    if not context and not mentioned:
        raise Rejected("missing context")
    return Dialogue(context, mentioned, target, _read(row, "dialogue_id", clean.identifier) or None)


def _event_kind(row: Row, value: float | None, has_kind: bool) -> str:
    found = row.get("event")
    if isinstance(found, str) and found in _EVENT_KINDS:
        return found
    kind = _read(row, "event", clean.text).lower()
    if not kind:
        return "rate" if value is not None and not has_kind else "view"
    if kind not in _EVENT_KINDS:
        raise Rejected("unknown event", f"{_short(kind)}; known: {', '.join(EVENT_KINDS)}")
    return kind


def _needed(row: Row, name: str, read: Callable[[object], str]) -> str:
    value = _read(row, name, read)
    if not value:
        raise Rejected(f"missing {name}", f"{_short(row[name])} stands for nothing" if name in row else "")
    return value


def _needed_id(row: Row, name: str) -> str:
    return _limited(_needed(row, name, clean.identifier), name, _ID_LIMIT)


def _limited(value: str, name: str, limit: int) -> str:
    if len(value) > limit:
        raise Rejected(f"{name} too long", f"{_short(value)} has {len(value):,} characters, {limit:,} fit")
    return value


def _read(row: Row, name: str, read: Callable[[object], Value]) -> Value:
    value = row.get(name)
    try:
        return read(value)
    except (ValueError, OverflowError) as err:
        raise Rejected(f"unreadable {name}", f"{_short(value)} {err}") from err


def _not_negative(row: Row, name: str, read: Callable[[object], Value]) -> Value:
    value = _read(row, name, read)
    if isinstance(value, int | float):
        if value < 0:
            raise Rejected(f"negative {name}", f"{_short(row.get(name))}; leave it empty when it isn't known")
        _check_size(row, name, value)
    return value


def _bounded(row: Row, name: str) -> float | None:
    value = _read(row, name, quantities.number)
    if value is not None:
        _check_size(row, name, value)
    return value


def _check_size(row: Row, name: str, value: float) -> None:
    if abs(value) > _LARGEST:
        raise Rejected(f"{name} too large", f"{_short(row.get(name))}; correct it, or leave it empty")


def _share(row: Row, name: str) -> float | None:
    value = _read(row, name, quantities.number)
    if value is not None and not 0 < value <= 1:
        raise Rejected(f"{name} out of range", f"{value:g} is not above 0 and at most 1")
    return value


def _attributes(row: Row, columns: frozenset[str], infer: bool) -> dict[str, Scalar]:
    found: dict[str, Scalar] = {}
    for column, value in row.items():
        if column in columns or column.endswith(VECTOR_SUFFIX) or is_nested(value):
            continue
        name, attribute = _clean_name(column), clean.attribute(value, infer=infer)
        if attribute is not None and name and name not in columns:
            found[_limited(name, "column name", _NAME_LIMIT)] = attribute
    return found


def _vectors(row: Row) -> dict[str, str]:
    found = {name: _read(row, name, packed.read) for name in row if name.endswith(VECTOR_SUFFIX)}
    return {
        _limited(_clean_name(name), "column name", _NAME_LIMIT): packed.pack(vector)
        for name, vector in found.items()
        if vector is not None
    }


def is_nested(value: object) -> bool:
    """Whether a value can't be an attribute: objects, lists of them, bytes."""
    if isinstance(value, list):
        entries = cast(list[object], value)  # what is in it is for the next line to find out
        return any(isinstance(entry, dict | list) for entry in entries)
    return isinstance(value, dict | bytes)


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 80 else f"{shown[:77]}..."
