"""Which calls a turn needs and which it may make, by its writer's labels; and whether calls made are those.

A match is one of abstract syntax as the Berkeley Function-Calling Leaderboard defines it (`ast_checker.py` of
ShishirPatil/gorilla): names equal, every argument one of its possible answers, optional ones may be left out, no call too
many, calls in any order. What a catalogue adds to that is said at `Need`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handpicked.eval.suites.reading.labels import alike, plain

_CONSTRAINED = ("search", "similar", "collab", "dialogues", "popular", "ads")
_TEXTS = ("summarize", "review", "explain", "compare", "rate")
_FREE = ("popular", "dialogues", "history", "search", "propose")
"""Tools that may help any list."""


@dataclass(frozen=True, slots=True)
class Need:
    """One call that has to be made, by any of `tools`. `titles` are the items that its `item_ids` or `title` name, all
    of them and no others but those around the user; a query is in free words, so only that there is
    one counts. With `exact` the constraints are those of the labels, else at least those: a further call may be narrower."""

    tools: tuple[str, ...]
    titles: tuple[str, ...] = ()
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Expected:
    """The calls of a turn: `needs` have to be made, `may` can be."""

    needs: tuple[Need, ...]
    may: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """A call that was made, its ids put as the titles by which the labels call them."""

    tool: str
    arguments: Mapping[str, Any]


def expected(want: Mapping[str, Any], lacking: Sequence[str]) -> Expected:
    """The calls of a demonstration; `lacking` are titles that the catalogue hasn't got."""
    tasks = set(want["tasks"])
    if tasks == {"chitchat"}:
        return Expected((), ())
    roles = {
        role: tuple(
            plain(t["title"]) for t in want["titles"] if t["role"] == role and t["title"] not in lacking
        )
        for role in ("like", "about")
    }
    liked, about = roles["like"], roles["about"]
    named = tuple(dict.fromkeys((*liked, *about)))
    needs: list[Need] = []
    if about:
        needs.append(Need(("lookup",), about, exact=False))
    first = not want["before"]  # what is said later comes on top of what was said before
    if "recommend" in tasks:
        tools = ("similar", "collab") if liked else ("search", "popular", "lookup")
        needs.append(Need(tools, liked, exact=first))
    elif "search" in tasks and not named:
        needs.append(Need(("search", "lookup"), exact=first))
    if "ads" in tasks:
        needs.append(Need(("ads",), exact=first))
    may = [Need((tool,), exact=False) for tool in _FREE]
    may += [
        Need((tool,), part, exact=False)
        for tool in ("lookup", "similar", "collab")
        for part in (liked, about, named)
    ]
    return Expected(tuple(needs), tuple(may))


def matched(need: Need, call: Made, want: Mapping[str, Any], around: Sequence[str]) -> bool:
    """Whether a call is what is needed, in name and arguments."""
    return call.tool in need.tools and _items(need, call, around) and _constraints(need, call, want)


def _items(need: Need, call: Made, around: Sequence[str]) -> bool:
    """Whether the named items are those wanted, as sets: their order means nothing."""
    if call.tool == "search":
        return bool(str(call.arguments.get("query", "")).strip())
    if call.tool == "propose":
        return bool(call.arguments.get("titles"))
    given = {plain(name) for name in call.arguments.get("item_ids", ())}
    if call.tool == "lookup" and call.arguments.get("title"):
        given |= {plain(call.arguments["title"])}
    return set(need.titles) <= given <= {*need.titles, *around}


def _constraints(need: Need, call: Made, want: Mapping[str, Any]) -> bool:
    """Whether what a list must keep is what the user said; a kind of thing that the scene has anyway is left aside."""
    if call.tool not in _CONSTRAINED:
        return True
    wanted = [(w["field"], w["op"], w["value"]) for w in want["constraints"]]
    given = [(c["field"], c["op"], c["value"]) for c in call.arguments.get("constraints", ())]
    keeps = all(any(alike(w, g) for g in given) for w in wanted)
    more = [g for g in given if g[0] != "domain" and not any(alike(w, g) for w in wanted)]
    return keeps and not (more and need.exact)
