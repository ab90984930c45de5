"""`build`: databases in, one immutable folder out, and `CURRENT` replaced in one step."""

from __future__ import annotations

import fcntl
import os
import resource
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

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
    tags,
    vectors,
    view_weights,
    views,
)
from handpicked.tools.data.catalog_store import CatalogStore
from handpicked.tools.data.conversations import Answered, stacked
from handpicked.tools.data.documents import document
from handpicked.tools.data.event_store import EventColumns
from handpicked.tools.data.recipe import Recipe
from handpicked.tools.data.response import Response
from handpicked.tools.data.tags import Tagging
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import DataError
from handpicked.tools.types import Dialogue, Embedder, Floats, Item, Mask, Rows

Progress = Callable[[str, int, int | None], None]

# What each kind of event says of a wish to have the item; what is absent says nothing.
POSITIVE_EVENTS = ("view", "click", "play", "read", "like", "rate", "cart", "purchase", "redeem")
_EMBED_BATCH = 256
_RECALL_QUERIES = 200
_HISTORIES = 20_000
_MAXRSS = 1 if sys.platform == "darwin" else 1024
"""Bytes in a unit of `ru_maxrss`."""


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
    with _only_one(folder):
        with _storing(folder):
            _sweep(folder)
            target.mkdir()
        previous = _previous(workspace.path)
        try:
            manifest = _fill(workspace, embedder, target, build_id, tagging=tagging, report=report)
            with _storing(folder):
                _write(target / "manifest.json", orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2))
                os.replace(target, folder / build_id)
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise
        with _storing(folder):
            _point(workspace.path, build_id)
        _keep(folder, {build_id, previous})
    return manifest


def _fill(
    workspace: Workspace,
    embedder: Embedder,
    target: Path,
    build_id: str,
    *,
    tagging: Tagging | None,
    report: Progress,
) -> manifests.Manifest:
    figures: dict[str, float] = {}
    catalog, catalog_revision = workspace.catalog.identity(), workspace.catalog.revision()
    event_revision = workspace.events.revision()
    items, given, strange = views.apart(workspace.catalog.scan())
    if not items:
        raise DataError(f"{workspace.path} has no items: run `handpicked ingest --items FILE` first")
    table = columns.from_items(items)
    with _measured(figures, "columns"), _storing(target):
        columns.save(table, target)
        records.save(items, target)
        lexical.save(items, target / "lexical.db")
    with _measured(figures, "events"), _storing(target):
        events = workspace.events.columns()
    users, rows, times = _positive(events, table)
    everything = choices.of_events(users, rows, times, len(table))
    with _measured(figures, "embedding"):
        documents = [document(item) for item in items]
        matrix = _embed([one.text for one in documents], embedder, "embedding items", report)
        tagged = _tagged(tagging, workspace.catalog, items, everything, report)
        matrix, tags_measured = _with_tags(tagged, items, matrix, everything, embedder, report)
        told = [(row, text) for row, one in enumerate(documents) for text in one.passages]
        descriptions = _embed([text for _, text in told], embedder, "embedding descriptions", report)
    with _measured(figures, "chroma"), _storing(target):
        report("indexing vectors", 0, None)
        vectors.save(matrix, target)
        if told:
            passages.save(descriptions, [row for row, _ in told], target)
    with _measured(figures, "choosing"):
        report("choosing how collaborative filtering mixes its parts", 0, None)
        chosen = choose.from_events(users, rows, times, len(table))
        recipe = chosen.recipe if chosen else Recipe()
    with _measured(figures, "collaborative"), _storing(target):
        report("fitting collaborative filtering", 0, None)
        fitted = factors.fit(everything, table.ids, recipe)
        factors.save(fitted, target)
        teaching = [table.row_of[item_id] for item_id in fitted.ids[: newcomers.HEAD]]
        newcomers.save(newcomers.fit(matrix[teaching]), target)
        weighed = view_weights.fit(matrix, given, everything) if given else None
        if weighed:
            views.save(given, weighed.scales, target)
        domains = _domains(items)
        popularity.save(popularity.fit(rows, users, times, domains), target)
    with _measured(figures, "response"), _storing(target):
        report("learning responses to offers", 0, None)
        log = exposures.Log.of(events.users, users, rows, times)
        learnt = _response(workspace, log, table)
        response.save(learnt, target)
    with _measured(figures, "dialogues"):
        turns = _dialogues(list(workspace.events.dialogues()), table, embedder, target, report)
    with _measured(figures, "blend"):
        histories = _histories(users, rows) if len(turns) >= learned.MIN_TURNS else []
        _blend(turns, histories, items, matrix, target, report)
    made = manifests.Manifest(
        build_id=build_id,
        format=manifests.FORMAT,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        catalog=catalog,
        catalog_revision=catalog_revision,
        event_revision=event_revision,
        embedder=embedder.name,
        dimensions=embedder.dimensions,
        items=len(items),
        recipe=asdict(recipe),
        measures={},
        files={},
    )
    with _measured(figures, "mix"):
        report("learning how candidates mix", 0, None)
        wanted = replay.Log(events.users, users, rows, times, domains)
        replayed = replay.learn(opening.open_build(target, made), wanted, chosen, embedder, workspace)
        if replayed.mix is not None:
            with _storing(target):
                mix.save(replayed.mix, target)
    with _measured(figures, "recall"):
        recall = _recall(target, items, embedder)
    with _measured(figures, "checksums"), _storing(target):
        files = seal.seal(target)
    quality = (
        {"recipe_ndcg_at_10": round(chosen.quality, 4), "recipe_trials": len(chosen.tried)} if chosen else {}
    )
    return replace(
        made,
        measures={
            **quality,
            **replayed.measures,
            "chroma_recall_at_10": recall,
            "response_redemptions": learnt.model.positives if learnt.model else 0,
            "passages": len(told),
            **tags_measured,
            **({"vectors_of_another_length": strange} if strange else {}),
            **({f"likeness_mrr.{k}": round(v, 4) for k, v in weighed.measured.items()} if weighed else {}),
            "generated_documents": sum(one.generated for one in documents),
            **figures,
        },
        files=files,
    )


def _embed(texts: Sequence[str], embedder: Embedder, label: str, report: Progress) -> Floats:
    matrix = np.empty((len(texts), embedder.dimensions), np.float32)
    for start in range(0, len(texts), _EMBED_BATCH):
        report(label, start, len(texts))
        batch = texts[start : start + _EMBED_BATCH]
        matrix[start : start + len(batch)] = embedder.embed_matrix(batch)
    report(label, len(texts), len(texts))
    return matrix


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
    tagged: Mapping[int, tags.Tags], items: Sequence[Item], matrix: Floats, chosen: choices.Choices, embedder: Embedder,
    report: Progress,
) -> tuple[Floats, dict[str, float]]:  # fmt: skip
    """The documents' vectors with tags where likeness is better for them, else as they were; and what was measured."""
    if not tagged:
        return matrix, {}
    rows = list(tagged)
    texts = [document(items[row], tags=tagged[row]).text for row in rows]
    told = matrix.copy()
    told[rows] = _embed(texts, embedder, "embedding tags", report)
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


def _dialogues(
    found: Sequence[Dialogue], table: columns.Columns, embedder: Embedder, target: Path, report: Progress
) -> list[Answered]:
    embed = partial(_embed, embedder=embedder, label="embedding dialogues", report=report)
    turns = learned.turns(found, table.row_of, embed)
    with _storing(target):
        np.save(target / "dialogues.npy", stacked([one.turn.recent for one in turns], embedder.dimensions))
        chosen = [[table.ids[int(row)] for row in one.chosen] for one in turns]
        (target / "dialogues.json").write_bytes(orjson.dumps(chosen))
    return turns


def _blend(
    turns: Sequence[Answered], histories: Sequence[Rows], items: Sequence[Item], matrix: Floats,
    target: Path, report: Progress,
) -> None:  # fmt: skip
    """Learn how tools' scores add up in conversations, from turns enough."""
    fitted = learned.fit(items, matrix, turns, histories, partial(report, "learning from dialogues"))
    if fitted is not None:
        with _storing(target):
            learned.save(fitted, target)


def _histories(users: Rows, rows: Rows) -> list[Rows]:
    """The rows that each user chose; of many users some, evenly spread."""
    pairs = np.unique(np.stack([users, rows], axis=1), axis=0)
    found = np.split(pairs[:, 1], np.flatnonzero(np.diff(pairs[:, 0])) + 1) if len(pairs) else []
    return found[:: 1 + len(found) // _HISTORIES]


def _recall(target: Path, items: Sequence[Item], embedder: Embedder) -> float:
    """Queries are texts, as users' are: sampled items' categories and first description words."""
    rng = np.random.default_rng(0)
    chosen: Rows = rng.choice(len(items), min(_RECALL_QUERIES, len(items)), replace=False)
    sample = [items[int(row)] for row in chosen]
    texts = [f"{' '.join(item.categories)} {item.description[:80]}".strip() or item.title for item in sample]
    return round(vectors.recall_at_10(vectors.Vectors(target), embedder.embed_matrix(texts)), 4)


@contextmanager
def _only_one(folder: Path) -> Generator[None]:
    with _storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            raise DataError(
                f"another build is under way in {folder}: wait for it, then run it again"
            ) from err
        yield


@contextmanager
def _storing(folder: Path) -> Generator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as err:
        reason = (isinstance(err, OSError) and err.strerror) or str(err)
        there = next(path for path in (folder, *folder.parents) if path.exists())
        raise DataError(
            f"{folder} can't be written ({reason}; {shutil.disk_usage(there).free / 1e6:.1f} MB are free there): free "
            "some space or change its permissions, then run `handpicked build`; the old build stays in use"
        ) from err


def _sweep(folder: Path) -> None:
    """What a killed build left behind."""
    for left in folder.glob(".making-*"):
        shutil.rmtree(left)


def _previous(workspace: Path) -> str | None:
    """The build to keep beside the new one: that in use, or the newest before it if that is damaged."""
    build_id = manifests.current(workspace)
    if build_id is None:
        return None
    return next(
        filter(partial(_sound, workspace / "builds"), (build_id, *manifests.others(workspace, build_id))),
        None,
    )


def _sound(builds: Path, build_id: str) -> bool:
    try:
        manifests.read(builds / build_id)
    except DataError:
        return False
    return True


def _point(workspace: Path, build_id: str) -> None:
    temporary = workspace / ".CURRENT.new"
    _write(temporary, build_id.encode())
    os.replace(temporary, workspace / "CURRENT")


def _write(path: Path, content: bytes) -> None:
    """Write so that it outlives a power cut: the disk has it when this returns."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _keep(folder: Path, kept: set[str | None]) -> None:
    for old in folder.iterdir():
        if old.is_dir() and old.name not in kept:
            shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _measured(figures: dict[str, float], part: str) -> Generator[None]:
    start = time.perf_counter()
    yield
    figures[f"seconds.{part}"] = round(time.perf_counter() - start, 2)
    # The high-water mark of the process: a part that needs less than one before it shows nothing.
    figures[f"peak_gb.{part}"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS / 1e9, 2)


def _silent(_step: str, _done: int, _total: int | None) -> None:
    pass
