"""The catalogue's database: items and campaigns, every change with a revision, deletions as tombstones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import BindParameter, Connection, bindparam, delete, func, insert, select, update

from handpicked.tools.data.codec import batches, decode, encode
from handpicked.tools.data.db import IN_CHUNK, erase, open_engine, reading, writing
from handpicked.tools.data.schema import (
    CAMPAIGNS,
    CATALOG,
    ITEM_TAGS,
    ITEMS,
    lock_revision,
    prepare,
    read_counter,
    read_identity,
    read_revision,
    set_revision,
)
from handpicked.tools.data.staging import staged
from handpicked.tools.types import Campaign, Item

PAGE = 2_000
_ITEMS_AT_ONCE = 100
"""Few, since a text may be a megabyte."""


@dataclass(frozen=True, slots=True)
class Upserted:
    """What an upsert did, in records."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: Upserted) -> Upserted:
        return Upserted(
            self.inserted + other.inserted, self.updated + other.updated, self.unchanged + other.unchanged
        )


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed after a revision, up to and including `revision`."""

    revision: int
    upserted: tuple[Item, ...]
    deleted: tuple[str, ...]


class CatalogStore:
    """Items and campaigns in a database; safe to use from several threads and processes at once."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)
        prepare(self._engine, CATALOG, "catalog")
        self._campaigns: tuple[int, tuple[Campaign, ...]] = (0, ())

    def close(self) -> None:
        """Close the idle connections; the store can still be used after that."""
        self._engine.dispose()

    def identity(self) -> int:
        """Give the number that tells this catalogue's database from any other."""
        return read_identity(self._engine, "catalog")

    def revision(self) -> int:
        """Give the revision of the latest change, 0 for an empty catalogue."""
        return read_revision(self._engine, "catalog")

    def upsert(self, items: Iterable[Item]) -> Upserted:
        """Write items in one transaction, which begins when all have come; of two with one id the last wins."""
        done = Upserted()
        rows = ((item.item_id, encode(item)) for item in items)
        with staged(self._engine, rows, _ITEMS_AT_ONCE) as parts, writing(self._engine) as connection:
            revision = lock_revision(connection, "catalog") + 1
            for batch in parts:
                done += _upsert_items(connection, dict(batch), revision)
            if done.inserted or done.updated:
                set_revision(connection, "catalog", revision)
        return done

    def delete(self, item_ids: Iterable[str]) -> int:
        """Delete items and leave tombstones; give how many were there."""
        deleted = 0
        with writing(self._engine) as connection:
            revision = lock_revision(connection, "catalog") + 1
            for batch in batches(dict.fromkeys(item_ids), IN_CHUNK):
                living = ITEMS.c.item_id.in_(batch) & ITEMS.c.deleted.is_(False)
                change = update(ITEMS).where(living).values(deleted=True, revision=revision, content="{}")
                deleted += connection.execute(change).rowcount
            if deleted:
                set_revision(connection, "catalog", revision)
        return deleted

    def get(self, item_id: str) -> Item | None:
        """Give a living item, None for an unknown or deleted one."""
        return self.get_many((item_id,)).get(item_id)

    def get_many(self, item_ids: Iterable[str]) -> dict[str, Item]:
        """Give the living items among `item_ids`, in their order."""
        found: dict[str, str] = {}
        wanted = list(dict.fromkeys(item_ids))
        with reading(self._engine) as connection:
            for batch in batches(wanted, IN_CHUNK):
                living = ITEMS.c.item_id.in_(batch) & ITEMS.c.deleted.is_(False)
                rows = connection.execute(select(ITEMS.c.item_id, ITEMS.c.content).where(living))
                found.update((item_id, content) for item_id, content in rows)
        return {item_id: decode(Item, found[item_id]) for item_id in wanted if item_id in found}

    def scan(self) -> Iterator[Item]:
        """Stream the living items in the order in which they came; a change meanwhile may or may not show."""
        after = 0
        while True:
            query = select(ITEMS.c.row, ITEMS.c.content).where(
                ITEMS.c.row > after, ITEMS.c.deleted.is_(False)
            )
            with reading(self._engine) as connection:
                page = connection.execute(query.order_by(ITEMS.c.row).limit(PAGE)).all()
            if not page:
                return
            yield from (decode(Item, content) for _, content in page)
            after = page[-1].row

    def ids(self) -> set[str]:
        """Give the ids of all living items."""
        with reading(self._engine) as connection:
            return set(connection.scalars(select(ITEMS.c.item_id).where(ITEMS.c.deleted.is_(False))))

    def changes_since(self, revision: int) -> Changes:
        """Give what was written or deleted after `revision`; an item that changed twice comes once."""
        columns = (ITEMS.c.item_id, ITEMS.c.deleted, ITEMS.c.content)
        query = select(*columns).where(ITEMS.c.revision > revision).order_by(ITEMS.c.revision, ITEMS.c.row)
        with reading(self._engine) as connection:
            now = read_counter(connection, "catalog.revision") or 0
            rows = connection.execute(query).all() if now > revision else ()
        upserted = tuple(decode(Item, content) for _, deleted, content in rows if not deleted)
        return Changes(now, upserted, tuple(item_id for item_id, deleted, _ in rows if deleted))

    def count(self) -> int:
        """Count the living items."""
        with reading(self._engine) as connection:
            return connection.scalar(select(func.count()).where(ITEMS.c.deleted.is_(False))) or 0

    def has_tags(self) -> bool:
        """Whether any are kept."""
        with reading(self._engine) as connection:
            return connection.scalar(select(ITEM_TAGS.c.key).limit(1)) is not None

    def tags(self, keys: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """Give what is kept of these keys."""
        found: dict[int, tuple[str, ...]] = {}
        with reading(self._engine) as connection:
            for batch in batches(keys, IN_CHUNK):
                rows = connection.execute(select(ITEM_TAGS).where(ITEM_TAGS.c.key.in_(batch)))
                found.update((row.key, tuple(orjson.loads(row.content))) for row in rows)
        return found

    def keep_tags(self, found: Mapping[int, Sequence[str]]) -> None:
        """Keep tags by key; what was kept of these is replaced."""
        rows = [{"key": key, "content": orjson.dumps(tags).decode()} for key, tags in found.items()]
        with writing(self._engine) as connection:
            connection.execute(delete(ITEM_TAGS).where(ITEM_TAGS.c.key.in_(found)))
            connection.execute(insert(ITEM_TAGS), rows)

    def upsert_campaigns(self, campaigns: Iterable[Campaign]) -> Upserted:
        """Write campaigns in one transaction, which begins when all have come; of two with one id the last wins."""
        done = Upserted()
        rows = ((campaign.campaign_id, encode(campaign)) for campaign in campaigns)
        with staged(self._engine, rows, IN_CHUNK) as parts, writing(self._engine) as connection:
            revision = lock_revision(connection, "catalog") + 1
            for batch in parts:
                done += _upsert_campaigns(connection, dict(batch))
            if done.inserted or done.updated:
                set_revision(connection, "catalog", revision)
        return done

    def campaigns(self) -> list[Campaign]:
        """Give all campaigns in the order in which they came; they are decoded once for each revision."""
        with reading(self._engine) as connection:
            revision = read_counter(connection, "catalog.revision") or 0
            held, campaigns = self._campaigns
            if held == revision:
                return list(campaigns)
            contents = connection.scalars(select(CAMPAIGNS.c.content).order_by(CAMPAIGNS.c.row)).all()
        campaigns = tuple(decode(Campaign, content) for content in contents)
        self._campaigns = (revision, campaigns)
        return list(campaigns)

    def erase(self) -> None:
        """Leave nothing on the disk of what was deleted or replaced. Raises DataError when another is in the way."""
        erase(self._engine)


def _upsert_items(connection: Connection, latest: dict[str, str], revision: int) -> Upserted:
    query = select(ITEMS.c.item_id, ITEMS.c.content, ITEMS.c.deleted).where(ITEMS.c.item_id.in_(latest))
    rows = connection.execute(query).all()
    there = {item_id for item_id, _, _ in rows}
    gone = {item_id for item_id, _, deleted in rows if deleted}
    same = {item_id for item_id, content, deleted in rows if not deleted and content == latest[item_id]}
    values = [
        {"key": item_id, "item_id": item_id, "content": content, "revision": revision, "deleted": False}
        for item_id, content in latest.items()
        if item_id not in same
    ]
    new = [value for value in values if value["item_id"] not in there]
    old = [value for value in values if value["item_id"] in there]
    if new:
        connection.execute(insert(ITEMS), [{k: v for k, v in value.items() if k != "key"} for value in new])
    if old:
        change: dict[str, BindParameter[Any]] = {
            name: bindparam(name) for name in ("content", "revision", "deleted")
        }
        statement = update(ITEMS).where(ITEMS.c.item_id == bindparam("key")).values(change)
        connection.execute(statement, [{k: v for k, v in value.items() if k != "item_id"} for value in old])
    return Upserted(len(new) + len(gone), len(old) - len(gone), len(same))


def _upsert_campaigns(connection: Connection, latest: dict[str, str]) -> Upserted:
    query = select(CAMPAIGNS.c.campaign_id, CAMPAIGNS.c.content).where(CAMPAIGNS.c.campaign_id.in_(latest))
    there = {row.campaign_id: row.content for row in connection.execute(query)}
    new = [{"campaign_id": k, "content": v} for k, v in latest.items() if k not in there]
    old = [{"key": k, "new": v} for k, v in latest.items() if k in there and there[k] != v]
    if new:
        connection.execute(insert(CAMPAIGNS), new)
    if old:
        statement = update(CAMPAIGNS).where(CAMPAIGNS.c.campaign_id == bindparam("key"))
        connection.execute(statement.values(content=bindparam("new")), old)
    return Upserted(len(new), len(old), len(latest) - len(new) - len(old))
