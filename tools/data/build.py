"""`build`: databases in, one immutable folder out, and `CURRENT` replaced in one step."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial

import numpy as np
import orjson

from handpicked.tools import replay
from handpicked.tools.data import (
    choices,
    choose,
    columns,
    exposures,
    factors,
    learned,
    lexical,
    manifests,
    mix,
    newcomers,
    opening,
    passages,
    popularity,
    records,
    response,
    seal,
    shelving,
    tags,
    vectors,
    view_weights,
    views,
)
from handpicked.tools.data.catalog_store import CatalogStore
from handpicked.tools.data.choose import Chosen
from handpicked.tools.data.conversations import Answered, stacked
from handpicked.tools.data.documents import document
from handpicked.tools.data.event_store import EventColumns
from handpicked.tools.data.making import Making, Progress
from handpicked.tools.data.recipe import Recipe
from handpicked.tools.data.response import Response
from handpicked.tools.data.shelving import only_one, storing
from handpicked.tools.data.tags import Tagging
from handpicked.tools.data.views import Given
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import DataError
from handpicked.tools.replay import Log
from handpicked.tools.types import Dialogue, Embedder, Floats, Item, Mask, Rows

# What each kind of event says of a wish to have the item; what is absent says nothing.
POSITIVE_EVENTS = ("view", "click", "play", "read", "like", "rate", "cart", "purchase", "redeem")
_RECALL_QUERIES = 200
_HISTORIES = 20_000


def build(
    workspace: Workspace,
    embedder: Embedder,
    *,
    tagging: Tagging | None = None,
    on_progress: Progress | None = None,
) -> manifests.Manifest:
    """Make a build and point `CURRENT` at it; a failure leaves the old one in place.

    Raises DataError when the catalogue is empty, another build is under way, or the build can't be written."""
    report = on_progress or _silent
    folder = workspace.path / "builds"
    build_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S-%f}"
    target = folder / f".making-{build_id}"
    with only_one(folder):
        with storing(folder):
            shelving.sweep(folder)
            target.mkdir()
        previous = shelving.previous(workspace.path)
        try:
            manifest = _fill(Making(target, embedder, report), workspace, build_id, tagging)
            with storing(folder):
                content = orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2)
                shelving.write(target / "manifest.json", content)
                os.replace(target, folder / build_id)
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise
        with storing(folder):
            shelving.point(workspace.path, build_id)
        shelving.keep(folder, {build_id, previous})
    return manifest


def _fill(making: Making, workspace: Workspace, build_id: str, tagging: Tagging | None) -> manifests.Manifest:
    made = manifests.Manifest(
        build_id=build_id,
        format=manifests.FORMAT,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        catalog=workspace.catalog.identity(),
        catalog_revision=workspace.catalog.revision(),
        event_revision=workspace.events.revision(),
        embedder=making.embedder.name,
        dimensions=making.embedder.dimensions,
        items=0,
        recipe={},
        measures={},
        files={},
    )
    items, given, strange = views.apart(workspace.catalog.scan())
    if not items:
        raise DataError(f"{workspace.path} has no items: run `handpicked ingest --items FILE` first")
    table = _table(making, items)
    log = _log(making, workspace, table, _domains(items))
    matrix, measures = _texts(making, workspace.catalog, items, log, tagging)
    with making.part("choosing", "choosing how collaborative filtering mixes its parts"):
        chosen = choose.from_events(log.users, log.items, log.times, len(table))
    measures |= _collaborative(making, table, log, matrix, given, chosen)
    measures["response_redemptions"] = _responses(making, workspace, table, log)
    _conversations(making, workspace, items, table, log, matrix)
    made = replace(made, items=len(items), recipe=asdict(chosen.recipe if chosen else Recipe()))
    with making.part("mix", "learning how candidates mix"):
        replayed = replay.learn(
            opening.open_build(making.target, made), log, chosen, making.embedder, workspace
        )
        if replayed.mix is not None:
            with storing(making.target):
                mix.save(replayed.mix, making.target)
    with making.part("recall"):
        measures["chroma_recall_at_10"] = _recall(making, items)
    with making.part("checksums"), storing(making.target):
        files = seal.seal(making.target)
    if strange:
        measures["vectors_of_another_length"] = strange
    return replace(made, measures={**measures, **replayed.measures, **making.figures}, files=files)


def _table(making: Making, items: Sequence[Item]) -> columns.Columns:
    table = columns.from_items(items)
    with making.part("columns"), storing(making.target):
        columns.save(table, making.target)
        records.save(items, making.target)
        lexical.save(items, making.target / "lexical.db")
    return table


def _log(making: Making, workspace: Workspace, table: columns.Columns, domains: Rows) -> Log:
    """What speaks of a wish to have an item."""
    with making.part("events"), storing(making.target):
        events = workspace.events.columns()
    return Log(events.users, *_positive(events, table), domains)


def _texts(
    making: Making, store: CatalogStore, items: Sequence[Item], log: Log, tagging: Tagging | None
) -> tuple[Floats, dict[str, float]]:
    """What stands for the items in search, and was measured of it."""
    with making.part("embedding"):
        documents = [document(item) for item in items]
        plain = making.embed([one.text for one in documents], "embedding items")
        tagged = _tagged(tagging, store, items, log.choices, making.report)
        matrix, measures = _with_tags(making, tagged, items, plain, log.choices)
        told = [(row, text) for row, one in enumerate(documents) for text in one.passages]
        descriptions = making.embed([text for _, text in told], "embedding descriptions")
    with making.part("chroma", "indexing vectors"), storing(making.target):
        if told:
            passages.save(descriptions, [row for row, _ in told], making.target)
        del descriptions  # of a million items 2 GB
        vectors.save(matrix, making.target)
    generated = sum(one.generated for one in documents)
    return matrix, {"passages": len(told), "generated_documents": generated, **measures}


def _collaborative(
    making: Making, table: columns.Columns, log: Log, matrix: Floats, given: Mapping[str, Given], chosen: Chosen | None
) -> dict[str, float]:  # fmt: skip
    with making.part("collaborative", "fitting collaborative filtering"), storing(making.target):
        fitted = factors.fit(log.choices, table.ids, chosen.recipe if chosen else Recipe())
        factors.save(fitted, making.target)
        teaching = [table.row_of[item_id] for item_id in fitted.ids[: newcomers.HEAD]]
        newcomers.save(newcomers.fit(matrix[teaching]), making.target)
        weighed = view_weights.fit(matrix, given, log.choices) if given else None
        if weighed:
            views.save(given, weighed.scales, making.target)
        popularity.save(popularity.fit(log.items, log.users, log.times, log.domains), making.target)
    measured = {f"likeness_mrr.{k}": round(v, 4) for k, v in weighed.measured.items()} if weighed else {}
    if chosen:
        measured |= {"recipe_ndcg_at_10": round(chosen.quality, 4), "recipe_trials": len(chosen.tried)}
    return measured


def _responses(making: Making, workspace: Workspace, table: columns.Columns, log: Log) -> int:
    """Learn responses to offers; of how many redemptions."""
    with making.part("response", "learning responses to offers"), storing(making.target):
        learnt = _response(workspace, exposures.Log.of(log.user_ids, log.users, log.items, log.times), table)
        response.save(learnt, making.target)
    return learnt.model.positives if learnt.model else 0


def _conversations(
    making: Making, workspace: Workspace, items: Sequence[Item], table: columns.Columns, log: Log, matrix: Floats
) -> None:  # fmt: skip
    with making.part("dialogues"):
        turns = _dialogues(making, list(workspace.events.dialogues()), table)
    with making.part("blend"):
        histories = _histories(log.users, log.items) if len(turns) >= learned.MIN_TURNS else []
        fitted = learned.fit(
            items, matrix, turns, histories, partial(making.report, "learning from dialogues")
        )
        if fitted is not None:
            with storing(making.target):
                learned.save(fitted, making.target)


def _tagged(
    tagging: Tagging | None,
    store: CatalogStore,
    items: Sequence[Item],
    chosen: choices.Choices,
    report: Progress,
) -> dict[int, tags.Tags]:
    """A model's tags by row, those of earlier builds too; the most chosen items are asked for first."""
    counts = np.bincount(chosen.items, minlength=len(items))
    order: list[int] = np.argsort(-counts, kind="stable").tolist()
    return tags.gather(items, order, tagging, store, partial(report, "tagging items"))


def _with_tags(
    making: Making, tagged: Mapping[int, tags.Tags], items: Sequence[Item], matrix: Floats, chosen: choices.Choices
) -> tuple[Floats, dict[str, float]]:  # fmt: skip
    """The documents' vectors with tags where likeness is better for them, else as they were; and what was measured."""
    if not tagged:
        return matrix, {}
    rows = list(tagged)
    texts = [document(items[row], tags=tagged[row]).text for row in rows]
    told = matrix.copy()
    told[rows] = making.embed(texts, "embedding tags")
    found = tags.effect(matrix, told, tagged, chosen)
    measured = {
        "tags.items": len(rows),
        "tags.pairs": found.pairs,
        "tags.ndcg_without": round(found.without, 4),
        "tags.ndcg_with": round(found.with_tags, 4),
        "tags.error": round(found.error, 4),
        "tags.kept": float(found.helps),
    }
    return (told if found.helps else matrix), measured


def _positive(events: EventColumns, table: columns.Columns) -> tuple[Rows, Rows, np.ndarray]:
    """Users, catalogue rows and times of the events that speak of a wish."""
    row_of_item = np.array([table.row_of.get(item_id, -1) for item_id in events.items], np.int64)
    rows = row_of_item[events.item] if len(events.item) else np.empty(0, np.int64)
    used = (rows >= 0) & _wanted(events)
    return events.user[used].astype(np.int64), rows[used], events.timestamp[used]


def _domains(items: Sequence[Item]) -> Rows:
    names = {domain: code for code, domain in enumerate(sorted({item.domain for item in items}))}
    return np.array([names[item.domain] for item in items], np.int64)


def _response(workspace: Workspace, log: exposures.Log, table: columns.Columns) -> Response:
    """What the campaigns that are over teach of responses to those to come."""
    campaigns = workspace.catalog.campaigns()
    past = exposures.past(workspace.events, {campaign.campaign_id for campaign in campaigns})
    return exposures.fit(log, campaigns, past, table, now=time.time())


def _wanted(events: EventColumns) -> Mask:
    positive = np.array([kind in POSITIVE_EVENTS for kind in events.kinds], bool)
    return positive[events.kind] if len(events.kind) else np.empty(0, bool)


def _dialogues(making: Making, found: Sequence[Dialogue], table: columns.Columns) -> list[Answered]:
    turns = learned.turns(found, table.row_of, partial(making.embed, label="embedding dialogues"))
    recent = stacked([one.turn.recent for one in turns], making.embedder.dimensions)
    with storing(making.target):
        np.save(making.target / "dialogues.npy", recent)
        chosen = [[table.ids[int(row)] for row in one.chosen] for one in turns]
        (making.target / "dialogues.json").write_bytes(orjson.dumps(chosen))
    return turns


def _histories(users: Rows, rows: Rows) -> list[Rows]:
    """The rows that each user chose; of many users some, evenly spread."""
    pairs = np.unique(np.stack([users, rows], axis=1), axis=0)
    found = np.split(pairs[:, 1], np.flatnonzero(np.diff(pairs[:, 0])) + 1) if len(pairs) else []
    return found[:: 1 + len(found) // _HISTORIES]


def _recall(making: Making, items: Sequence[Item]) -> float:
    """Queries are texts, as users' are: sampled items' categories and first description words."""
    rng = np.random.default_rng(0)
    chosen: Rows = rng.choice(len(items), min(_RECALL_QUERIES, len(items)), replace=False)
    sample = [items[int(row)] for row in chosen]
    texts = [f"{' '.join(item.categories)} {item.description[:80]}".strip() or item.title for item in sample]
    found = vectors.recall_at_10(vectors.Vectors(making.target), making.embedder.embed_matrix(texts))
    return round(found, 4)


def _silent(_step: str, _done: int, _total: int | None) -> None:
    pass
