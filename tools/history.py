"""`history`: what this user did and said, and the interests that show in it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated

import yaml
from pydantic import Field

from handpicked import prompts
from handpicked.tools import taste
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.profile_store import Label, Stance
from handpicked.tools.data.text import fold
from handpicked.tools.dispatch import Context, tool
from handpicked.tools.types import Candidate, Constraint, Event, Found, Json

_INTERESTS = 8
_EVIDENCE = 3


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of a user's taste: interests with the most behind them first, and what is refused. Each is a row of
    domain, field, label, scenes, how many items stand behind it (`count`) with some of them (`items`), and the
    `words` that were said: with session, turn and time."""

    interests: list[dict[str, Json]]
    refused: list[dict[str, Json]]


@tool
def history(context: Context, limit: Annotated[int, Field(ge=1, le=100)] = 20) -> Found:
    """Tell what this user chose lately and which interests show in it, each with the items and the words behind it."""
    if context.user_id is None:
        return Found()
    chosen = [i for i in taste.liked(context.past) if context.snapshot.row(i) is not None]
    candidates = tuple(Candidate(item_id, 1.0 / rank) for rank, item_id in enumerate(chosen[:limit], 1))
    known = profile(context.snapshot, context.past, context.labels)
    facts: dict[str, Json] = {"events": len(context.logged), "interests": known.interests}
    return Found(candidates, facts | ({"refused": known.refused} if known.refused else {}))


def profile(snapshot: Snapshot, past: Sequence[Event], labels: Sequence[Label]) -> Profile:
    """The interests in what a user did and said, newest first: labels that were said, then the commonest of what was
    chosen (categories and people)."""
    chosen = [i for i in taste.liked(past) if snapshot.row(i) is not None]
    rows, refused = _counted(snapshot, chosen, past), dict(_said(snapshot, labels, "dislike"))
    for key, row in _said(snapshot, labels, "like"):
        held = rows.get(key)
        rows[key] = {**held, "words": row["words"], "scenes": _merged(held, row)} if held else row
    ordered = [rows[key] for key in sorted(rows, key=lambda k: (-_count(rows[k]), k)) if key not in refused]
    counted = [row for row in ordered if not row["words"]]
    return Profile([*(row for row in ordered if row["words"]), *counted[:_INTERESTS]], [*refused.values()])


Key = tuple[str, str]


def _counted(snapshot: Snapshot, chosen: Sequence[str], past: Sequence[Event]) -> dict[Key, dict[str, Json]]:
    """Categories and people of what was chosen, with the best rated items as examples."""
    counts: Counter[tuple[str, str, str]] = Counter()
    evidence: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    ratings = {event.item_id: event.value for event in past if event.event == "rate"}
    scenes = {event.item_id: event.scene for event in past if event.scene}
    for item_id in sorted(chosen, key=lambda i: -(ratings.get(i) or 0.0)):
        item = snapshot.get(item_id)
        if item is None:
            continue
        for field in ("categories", "creators"):
            for label in getattr(item, field):
                counts[item.domain, field, label] += 1
                evidence[item.domain, field, label].append(item_id)
    return {
        (domain, fold(label)): _row(
            domain, field, label, count,
            items=evidence[domain, field, label],
            scenes=[scenes.get(item_id) or _scene_of(domain) for item_id in evidence[domain, field, label]],
        )
        for (domain, field, label), count in counts.items()
    }  # fmt: skip


def _said(
    snapshot: Snapshot, labels: Sequence[Label], stance: Stance
) -> Iterator[tuple[Key, dict[str, Json]]]:
    """Labels that were said, each once, with all that was said of it."""
    groups: dict[tuple[str, str], list[Label]] = defaultdict(list)
    for label in labels:
        if label.stance == stance and label.field != "item_id":
            groups[label.field, fold(label.label)].append(label)
    for (field, folded), group in groups.items():
        domain = _domain(snapshot, field, group)
        words: list[Json] = [
            {"said": one.words, "session_id": one.session_id, "turn": one.turn, "at": one.at}
            if one.source == "said"
            else {"said": None, "source": one.source, "at": one.at}
            for one in group
        ]
        scenes = [one.scene or _scene_of(domain) for one in group]
        yield (domain, folded), _row(domain, field, group[0].label, 0, scenes=scenes, words=words)


def _domain(snapshot: Snapshot, field: str, group: Sequence[Label]) -> str:
    """Where a label is at home: in the domain of its scene, else where most items have it."""
    value = group[0].label
    rows = {
        name: int(
            snapshot.mask([Constraint("domain", "in", (name,)), Constraint(field, "in", (value,))]).sum()
        )
        for name in sorted(snapshot.terms("domain"))
    }
    here = [name for name in rows if rows[name] and _scene_of(name) in {one.scene for one in group}]
    return max(here or rows, key=lambda name: rows[name], default="")


def _row(
    domain: str, field: str, label: str, count: int, *, scenes: Sequence[str | None], items: Sequence[str] = (),
    words: Sequence[Json] = (),
) -> dict[str, Json]:  # fmt: skip
    return {
        "domain": domain, "field": field, "label": label, "count": count, "items": list(items[:_EVIDENCE]),
        "scenes": list(dict.fromkeys(scene for scene in scenes if scene)), "words": list(words),
    }  # fmt: skip


def _merged(one: Mapping[str, Json], other: Mapping[str, Json]) -> list[Json]:
    both = (one["scenes"], other["scenes"])
    return list(dict.fromkeys(str(name) for part in both if isinstance(part, list) for name in part))


def _count(row: Mapping[str, Json]) -> int:
    return int(str(row["count"]))


@cache
def _scene_of(domain: str) -> str:
    """The packaged scene that offers this domain and few others; the domain's own name without one."""
    document = yaml.load(prompts.read_text("scenes.yaml"), yaml.CSafeLoader)
    offering = {name: value["domains"] for name, value in document.items() if domain in value["domains"]}
    return min(offering, key=lambda name: len(offering[name]), default=domain)
