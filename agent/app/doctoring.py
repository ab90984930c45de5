"""`handpicked doctor`: what is installed, fetched and built, how fast it is here, and what to do about the rest."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sys
import time
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version

import orjson
from langchain_core.messages import HumanMessage
from rich.table import Table
from rich.text import Text

from handpicked.agent import scenes, trust
from handpicked.agent.app import measuring, show, wiring
from handpicked.agent.llm import factory
from handpicked.agent.llm.guard import ModelClient
from handpicked.agent.settings import Settings
from handpicked.tools.data import assets, manifests, seal
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import HandpickedError

_PACKAGES = (
    "chromadb",
    "langchain-core",
    "langgraph",
    "llama-cpp-python",
    "llguidance",
    "numpy",
    "pyarrow",
    "sqlalchemy",
)
_TOKENS = 64
_ROOM = 200_000_000
"""Bytes that a build may well need."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `fix` says what to do when it isn't well."""

    what: str
    well: bool
    told: str
    fix: str = ""


def run(settings: Settings, *, json: bool, measure: int | None = None) -> None:
    """Look at everything and say it. Exits with 1 when something needs mending.

    With `measure`, the model's part of reading is measured first, on that many turns, and kept for the model."""
    if measure is not None:
        measuring.run(settings, measure, json=json)
    findings = [
        _python(),
        *map(_package, _PACKAGES),
        *_assets(settings),
        *_workspace(settings),
        _embedder(settings),
        _model(settings),
        *reading(settings),
    ]
    if json:
        sys.stdout.buffer.write(
            orjson.dumps([asdict(f) for f in findings], option=orjson.OPT_INDENT_2) + b"\n"
        )
    else:
        table = Table(box=None, padding=(0, 1))
        for name in ("", "what", "found", "what to do"):
            table.add_column(name, overflow="fold")
        for found in findings:
            mark = Text("ok", style="green") if found.well else Text("!!", style="red")
            table.add_row(mark, Text(found.what), Text(found.told), Text(found.fix))
        show.out.print(table)
    if not all(found.well for found in findings):
        raise SystemExit(1)


def reading(settings: Settings) -> list[Finding]:
    """What part the model has in reading a turn."""
    client, _ = wiring.model_client(settings)
    if client is None:
        return []
    known = scenes.load(settings.scenes)
    try:
        measured = trust.load(trust.path(settings.cache, client.identity, factory.embedder(settings), known))
    except HandpickedError as err:
        return [Finding("reading", False, str(err), "handpicked doctor --measure")]
    if measured is None:
        told = f"evidence alone reads turns: {client.name} was never measured at it"
        return [Finding("reading", True, told, "handpicked doctor --measure")]
    return [Finding("reading", True, f"{client.name}: {measured.note}")]


def _python() -> Finding:
    return Finding(
        "python", sys.version_info >= (3, 11), f"{platform.python_version()} on {platform.machine()}"
    )


def _package(name: str) -> Finding:
    try:
        return Finding(name, True, version(name))
    except PackageNotFoundError:
        return Finding(name, False, "not installed", "make env")


def _assets(settings: Settings) -> list[Finding]:
    states = assets.verify(settings.cache, [asset.name for asset in assets.load_manifest()])
    wrong = [state for state in states if state.state != "ok"]
    if not wrong:
        return [Finding("assets", True, f"all {len(states)} in {settings.cache}")]
    return [
        Finding(f"asset {s.asset.name}", False, s.state, f"handpicked assets fetch {s.asset.name}")
        for s in wrong
    ]


def _workspace(settings: Settings) -> list[Finding]:
    if not (settings.workspace / "catalog.db").exists() and settings.catalog_url is None:
        return [
            Finding(
                "workspace",
                False,
                f"nothing in {settings.workspace}",
                "make demo, or handpicked ingest --items FILE",
            )
        ]
    try:
        workspace = wiring.open_workspace(settings)
        counts = f"{workspace.catalog.count():,} items, {workspace.events.count():,} events in {settings.workspace}"
    except HandpickedError as err:
        return [Finding("workspace", False, str(err), "see the message")]
    return [Finding("workspace", True, counts), *_writable(settings), _build(settings, workspace)]


def _writable(settings: Settings) -> list[Finding]:
    free = shutil.disk_usage(settings.workspace).free
    if not os.access(settings.workspace, os.W_OK):
        told, fix = "may not be written: it answers, but learns nothing", "change its permissions"
    elif free < _ROOM:
        told, fix = f"{free / 1e6:.0f} MB are free on its disk", "free some space"
    else:
        return []
    return [Finding(f"folder {settings.workspace}", False, told, fix)]


def _build(settings: Settings, workspace: Workspace) -> Finding:
    build_id = manifests.current(settings.workspace)
    if build_id is None:
        return Finding("build", False, "none", "handpicked build")
    folder = settings.workspace / "builds" / build_id
    try:
        made = manifests.read(folder)
        changed = seal.changed(folder, made.files)
        behind = workspace.events.revision() - made.event_revision
        same = workspace.catalog.identity() == made.catalog
    except (HandpickedError, OSError) as err:
        return Finding("build", False, str(err), "handpicked build")
    recall = made.measures.get("chroma_recall_at_10", 0.0)
    if changed:
        told = f"{build_id}: not what was written: {', '.join(changed)}; check the disk"
    elif not same:
        told = f"{build_id}: made of another catalogue"
    else:
        told = f"{build_id}: {made.items:,} items, recall@10 {recall:.3f}, {behind:,} events since"
    well = recall >= 0.9 and same and not changed
    return Finding("build", well, told, "" if well else "handpicked build")


def _embedder(settings: Settings) -> Finding:
    try:
        embedder = factory.embedder(settings)
        embedder.embed_matrix(["warm"])
        texts = [
            f"a film of {year} about a lighthouse, number {time.time_ns()}" for year in range(1950, 1970)
        ]
        start = time.perf_counter()
        embedder.embed_matrix(texts)
        rate = len(texts) / (time.perf_counter() - start)
        return Finding(
            "embedder", True, f"{embedder.name}, {embedder.dimensions} dimensions, {rate:.0f} texts/s here"
        )
    except HandpickedError as err:
        return Finding("embedder", False, str(err), "set HANDPICKED_EMBEDDER=use")


def _model(settings: Settings) -> Finding:
    try:
        model = factory.chat_model(settings, lambda name: assets.path(settings.cache, name))
        if model is None:
            return Finding("model", True, "none: lists and plain sentences only")
        client = ModelClient(model, timeout_s=settings.model_timeout_s, retries=settings.model_retries)
        asyncio.run(client.text([HumanMessage("Say hello.")], max_tokens=4))
        start = time.perf_counter()
        written = asyncio.run(
            client.text([HumanMessage("Tell a story about a lighthouse.")], max_tokens=_TOKENS, seed=0)
        )
        rate = written.usage.completion_tokens / (time.perf_counter() - start)
        return Finding("model", True, f"{client.name}: {rate:.0f} tokens/s here")
    except HandpickedError as err:
        return Finding("model", False, str(err), "handpicked assets fetch, or set HANDPICKED_MODEL")
