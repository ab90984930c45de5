"""Terms that stand beside a title to tell which one is meant: "the host (korean one)", 韩版oldboy."""

from __future__ import annotations

import re
from collections.abc import Sequence

from handpicked.agent.link import Link
from handpicked.agent.wishes import Placed
from handpicked.tools.data.index import Snapshot

_FIELDS = frozenset({"creators", "cast", "language", "country"})
_BRACKET = re.compile(r"[^\w]{0,3}[(（](?:the |with |by |w/? )?")
_CLAUSE = re.compile(r"[^.!?。！？]{0,12}[,，]\s*(?:the |that )?")
_VERSION = re.compile(r"\s*(?:one|version|remake|original|film|那[部个版]|版)", re.IGNORECASE)


def tells(snapshot: Snapshot, text: str, links: Sequence[Link], wish: Placed) -> bool:
    """Whether a wish is but what tells a title that is named beside it, who is in it or where it is from, or what is said
    against it in brackets."""
    field = wish.constraint.field
    if field == "categories" and wish.constraint.op == "not_in":
        return any(_BRACKET.fullmatch(text[one.end : wish.start]) for one in links)  # "coraline (too creepy)"
    if field not in _FIELDS or wish.constraint.op != "in":
        return False
    wanted = {str(value).casefold() for value in wish.constraint.value}
    for one in links:
        item = snapshot.get(one.item_id)
        had = getattr(item, field, None) or ()
        names = {had.casefold()} if isinstance(had, str) else {name.casefold() for name in had}
        if wanted & names and _adjoins(text, one, wish):
            return True
    return False


def _adjoins(text: str, title: Link, wish: Placed) -> bool:
    if wish.end <= title.start:
        return wish.constraint.field in ("language", "country") and not text[wish.end : title.start].strip(
            " 的版"
        )
    between = text[title.end : wish.start]
    if _BRACKET.fullmatch(between):
        return True
    return _CLAUSE.fullmatch(between) is not None and _VERSION.match(text[wish.end :]) is not None
