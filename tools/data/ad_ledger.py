"""The ledger of ads: who was shown what and what it cost; budgets and caps are read from it and from nowhere else.

Money is kept in millionths of the catalogue's currency, as whole numbers: sums of them are exact.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Connection, Engine, and_, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from handpicked.tools.auction import Placed
from handpicked.tools.data.codec import batches
from handpicked.tools.data.db import IN_CHUNK, lock_ads, reading, writing
from handpicked.tools.data.schema import AD_LEDGER, AD_TOTALS

DAY_S = 86_400.0
"""A cap counts the showings of this long, up to the turn."""
MICROS = 1_000_000
_FLOAT_ERROR = 1e-3
"""0.29 x 1,000,000 is a little less than 290,000 in floating point."""
_WAIT_S = 2.0
_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class AdTurn:
    """The turn that ads are shown in; `now` is in seconds since 1970. Someone without a user id is known by the session."""

    request_id: str
    user_id: str | None
    session_id: str | None
    now: float

    @property
    def known(self) -> bool:
        """Whether showings to this user can be counted."""
        return self.user_id is not None or self.session_id is not None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a campaign has spent in all, how often it was shown, and how often to this user within a day."""

    spent: float = 0.0
    shown: int = 0
    seen: int = 0


@dataclass(frozen=True, slots=True)
class Showing:
    """A row of the ledger; `user_id` is None for someone without one. Those of forgotten users are gone."""

    campaign_id: str
    item_id: str
    user_id: str | None
    price: float
    time: float


Decide = Callable[[Mapping[str, Standing]], Sequence[Placed]]
"""From campaigns' standing to what is shown; a campaign that is missing has none yet."""


class AdLedger:
    """The ads' part of the log's database; safe to use from several threads and processes at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def settle(self, turn: AdTurn, campaign_ids: Sequence[str], decide: Decide) -> tuple[Placed, ...]:
        """Let `decide` choose by the standing of campaigns, and charge what it chose, in one transaction: nobody else
        spends or is counted meanwhile, so that no budget and no cap is passed.

        `decide` is asked once before, so that a turn with nothing to show waits for nobody; it must be pure. A turn
        that was settled before gives what it gave then and charges nothing. Raises DataError where nothing can be
        written, or after two seconds behind another writer."""
        with reading(self._engine) as connection:
            before = _settled(connection, turn)
            if before or not decide(_standing(connection, campaign_ids, turn)):
                return before
        with writing(self._engine, wait_s=_WAIT_S) as connection:
            lock_ads(connection)
            before = _settled(connection, turn)
            if before:
                return before
            chosen = decide(_standing(connection, campaign_ids, turn))
            placed = tuple(replace(ad, price=micros(ad.price) / MICROS) for ad in chosen)
            _charge(connection, turn, placed)
        return placed

    def standing(self, campaign_ids: Sequence[str]) -> dict[str, Standing]:
        """Give what campaigns have spent and how often they were shown; one that never was is left out."""
        with reading(self._engine) as connection:
            return _totals(connection, campaign_ids)

    def showings(self) -> Iterator[Showing]:
        """Stream the ledger in the order in which it was written."""
        query = select(AD_LEDGER).order_by(AD_LEDGER.c.row).limit(_PAGE)
        after = 0
        while True:
            with reading(self._engine) as connection:
                page = connection.execute(query.where(AD_LEDGER.c.row > after)).all()
            if not page:
                return
            yield from (Showing(r.campaign_id, r.item_id, r.user_id, r.micros / MICROS, r.time) for r in page)
            after = page[-1].row


def micros(amount: float) -> int:
    """Give an amount of money as the ledger keeps it: rounded down, so that no budget is passed by a fraction."""
    return math.floor(amount * MICROS + _FLOAT_ERROR)


def _settled(connection: Connection, turn: AdTurn) -> tuple[Placed, ...]:
    """What the ledger has of this very turn, by its id and its user."""
    same = and_(AD_LEDGER.c.request_id == turn.request_id, _viewer(turn))
    rows = connection.execute(select(AD_LEDGER).where(same).order_by(AD_LEDGER.c.place))
    return tuple(Placed(row.campaign_id, row.item_id, row.response, row.micros / MICROS) for row in rows)


def _standing(connection: Connection, campaign_ids: Sequence[str], turn: AdTurn) -> dict[str, Standing]:
    found = _totals(connection, campaign_ids)
    if not turn.known:
        return found
    # Rows later than `now` count as well: a clock that goes back shows nobody more.
    lately = and_(_viewer(turn), AD_LEDGER.c.time > turn.now - DAY_S)
    query = select(AD_LEDGER.c.campaign_id, func.count()).where(lately).group_by(AD_LEDGER.c.campaign_id)
    for campaign_id, seen in connection.execute(query):
        if campaign_id in found:
            found[campaign_id] = replace(found[campaign_id], seen=seen)
    return found


def _totals(connection: Connection, campaign_ids: Sequence[str]) -> dict[str, Standing]:
    found: dict[str, Standing] = {}
    for batch in batches(dict.fromkeys(campaign_ids), IN_CHUNK):
        rows = connection.execute(select(AD_TOTALS).where(AD_TOTALS.c.campaign_id.in_(batch)))
        found.update((row.campaign_id, Standing(row.micros / MICROS, row.shown)) for row in rows)
    return found


def _viewer(turn: AdTurn) -> ColumnElement[bool]:
    """Rows of this user: by id, else of this session while it had none."""
    if turn.user_id is not None:
        return AD_LEDGER.c.user_id == turn.user_id
    return and_(AD_LEDGER.c.user_id.is_(None), AD_LEDGER.c.session_id == turn.session_id)


def _charge(connection: Connection, turn: AdTurn, placed: Sequence[Placed]) -> None:
    # A conversation may be deleted while its user's caps must go on: rows of a user don't name it.
    session_id = turn.session_id if turn.user_id is None else None
    rows = [
        {
            "campaign_id": ad.campaign_id, "item_id": ad.item_id, "user_id": turn.user_id, "session_id": session_id,
            "request_id": turn.request_id, "place": place, "response": ad.response, "micros": micros(ad.price),
            "time": turn.now,
        }
        for place, ad in enumerate(placed, 1)
    ]  # fmt: skip
    if not rows:
        return
    # Two statements whatever is shown: everybody who charges waits meanwhile, a round trip to a server each.
    connection.execute(insert(AD_LEDGER), rows)
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    added = dialect.insert(AD_TOTALS)
    total, more = AD_TOTALS.c, added.excluded
    connection.execute(
        added.on_conflict_do_update(
            index_elements=[total.campaign_id],
            set_={"micros": total.micros + more.micros, "shown": total.shown + more.shown},
        ),
        [{"campaign_id": row["campaign_id"], "micros": row["micros"], "shown": 1} for row in rows],
    )
