"""Whether offers are asked for beside goods ("milk and any coupons"), or on them ("any coupons for milk")."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from handpicked.agent import refusals
from handpicked.agent.wishes import Wants
from handpicked.tools.data.index import Snapshot

_OFFER = re.compile(
    r"\b(?:coupons?|vouchers?|deals?|offers?|discounts?|promos?|promotions?|on sale|specials|money off|bargains?|bogo)\b"
    r"|优惠券?|折扣|打折|满减|特价|促销|活动|券",
    re.IGNORECASE,
)
_JOINT = re.compile(
    r"[,;.!?，。；！？、\n]|\b(?:and|plus|also|with)\b|&|\+|和|跟|还有|顺便|另外|再", re.IGNORECASE
)


def without(query: str, spans: Sequence[str]) -> str:
    """A query without its clauses that ask for offers and hold no other wish, given by their `spans`."""
    starts = [0, *(joint.end() for joint in _JOINT.finditer(query))]
    clauses = [query[start:end] for start, end in pairwise([*starts, len(query)])]
    kept = [
        clause for clause in clauses if not _OFFER.search(clause) or any(span in clause for span in spans)
    ]
    return "".join(kept).strip() if 0 < len(kept) < len(clauses) else query


def on_goods(text: str, snapshot: Snapshot, wished: Wants) -> bool:
    """Whether offers on goods are asked for: both words stand there, whatever else does."""
    wanted = (wish.constraint for wish in wished.placed if wish.constraint.op == "in")
    return _OFFER.search(text) is not None and any(refusals.is_goods(snapshot, one) for one in wanted)


def beside(text: str, wished: Wants) -> bool:
    """Whether goods stand in a part of the text of their own, before the words for offers."""
    offer = _OFFER.search(text)
    if offer is None:
        return False
    terms = [
        w for w in wished.placed if w.constraint.field in ("categories", "brand") and w.constraint.op == "in"
    ]
    before = [wish for wish in terms if wish.end <= offer.start()]
    return bool(before) and _JOINT.search(text, before[-1].end, offer.start()) is not None
