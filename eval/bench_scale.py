"""Build time, memory and speed of turns by the size of the catalogue: `python -m handpicked.eval.bench_scale`.

The catalogue and the log are made up (see `handpicked.eval.synthetic`) and go the product's own way: ingest, build, turns.
Items' vectors are given, so embedding is timed on a sample and told for the whole. Each step has a process of its own."""

from __future__ import annotations

import asyncio
import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, ParamSpec, TypeVar

import numpy as np
import typer

from handpicked.agent import scene, scenes, standing
from handpicked.agent.llm import factory
from handpicked.agent.loop import Agent
from handpicked.agent.read import Reader
from handpicked.agent.settings import Settings
from handpicked.agent.types import Request
from handpicked.eval import synthetic
from handpicked.eval.synthetic import MadeEmbedder
from handpicked.eval.timing import quantiles
from handpicked.tools import taste
from handpicked.tools.collab import collab
from handpicked.tools.data import build, manifests, vectors
from handpicked.tools.data.index import Index
from handpicked.tools.data.ingest import IngestFiles, ingest
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dispatch import Context, call
from handpicked.tools.search import search
from handpicked.tools.similar import similar
from handpicked.tools.types import Embedder, Floats, Json, Rows, ToolCall

_ASKED = (
    "something like {title}", "a {category} film under 100 minutes", "recommend me something for tonight", "{category} books about {word}",
    "{word} and {word2} from the 1990s", "cheap {category} under $10", "i liked {title}, what else is there?", "films with {word}",
)  # fmt: skip
_FACTS = "facts.npy"
_WARM = 5
_QUERIES = 100
_NEAREST = 200
_SAMPLE = 500
P = ParamSpec("P")
T = TypeVar("T")
Figures = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Size:
    """How much is made up, and of which random numbers."""

    items: int
    events: int
    turns: int = 100
    seed: int = 7


def main(
    items: Annotated[int, typer.Option(help="how many items", min=1000)] = 10_000,
    events: Annotated[int | None, typer.Option(help="how many events; ten an item if not told", min=1000)] = None,
    turns: Annotated[int, typer.Option(help="how many turns are timed", min=10)] = 100,
    seed: Annotated[int, typer.Option(help="of the random numbers")] = 7,
    folder: Annotated[Path | None, typer.Option(help="keep workspace and files there, and go on from them")] = None,
) -> None:  # fmt: skip
    """Print what a catalogue of some size costs."""
    size = Size(items, 10 * items if events is None else events, turns, seed)
    with tempfile.TemporaryDirectory() as temporary:
        for name, value in run(size, folder or Path(temporary)):
            typer.echo(f"{name:48} {value}")


def run(size: Size, folder: Path) -> Figures:
    """Make, ingest, build and ask; what is there already isn't made again."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [("items", f"{size.items:,}"), ("events", f"{size.events:,}"), ("seed", f"{size.seed}")]
    if not (folder / "made.npy").exists():
        _apart(_made, size, folder)
    for step in (_ingested, _built, _opened):
        done, peak = _apart(step, size, folder)
        rows += [*done, (f"peak memory, {step.__name__.strip('_')}, GB", f"{peak:.2f}")]
    return rows


def _apart(step: Callable[[Size, Path], T], size: Size, folder: Path) -> tuple[T, float]:
    """Do a step in a process of its own; give its peak memory too."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_measured, step, size, folder).result()


def _measured(step: Callable[[Size, Path], T], size: Size, folder: Path) -> tuple[T, float]:
    done = step(size, folder)
    return done, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def _made(size: Size, folder: Path) -> None:
    synthetic.make(folder, size.items, size.events, factory.embedder(Settings()), size.seed)


def _ingested(_size: Size, folder: Path) -> Figures:
    workspace, rows = Workspace.open(folder / "workspace"), list[tuple[str, str]]()
    for kind in () if workspace.catalog.count() else ("items", "events"):
        start = time.perf_counter()
        ingest(workspace, IngestFiles(**{kind: (folder / f"{kind}.parquet",)}))
        rows.append((f"ingest of {kind}, s", f"{time.perf_counter() - start:.1f}"))
    if not (folder / _FACTS).exists():
        np.save(folder / _FACTS, synthetic.facts(workspace.catalog.scan()))
    return rows


def _built(size: Size, folder: Path) -> Figures:
    workspace, embedder = Workspace.open(folder / "workspace"), _embedder(folder)
    rows: list[tuple[str, str]] = []
    if manifests.current(workspace.path) is None:
        start = time.perf_counter()
        build.build(workspace, embedder)
        rows.append(("build, s", f"{time.perf_counter() - start:.1f}"))
    made = manifests.read(workspace.path / "builds" / str(manifests.current(workspace.path)))
    rows += [(f"  {name}", f"{value:g}") for name, value in made.measures.items()]
    texts = [
        f"{item.title}. {item.description}"
        for item, _ in zip(workspace.catalog.scan(), range(_SAMPLE), strict=False)
    ]
    with tempfile.TemporaryDirectory() as empty:
        start = time.perf_counter()
        factory.embedder(Settings(cache=Path(empty))).embed_matrix(texts)
        rate = len(texts) / (time.perf_counter() - start)
    return [*rows, (f"embedding, extrapolated from {rate:.0f} texts/s, s", f"{size.items / rate:.0f}")]


def _opened(size: Size, folder: Path) -> Figures:
    """Open the build, ask it tool by tool, then in whole turns."""
    workspace, embedder, settings = Workspace.open(folder / "workspace"), _embedder(folder), Settings()
    start = time.perf_counter()
    index = Index(workspace, embedder)
    index.snapshot().build.vectors.open()
    opened = time.perf_counter() - start
    known = scenes.load(settings.scenes)
    real = factory.embedder(settings)
    reader = Reader(known, scene.load(settings.cache, real, known), standing.load(settings.cache), embedder)
    agent = Agent(workspace, index, reader)
    rng = np.random.default_rng(size.seed)
    requests = list(_requests(index, size, rng))
    start = time.perf_counter()
    asyncio.run(agent.turn(requests[0]))
    rows = [("opening a build, s", f"{opened:.2f}"), ("first turn, s", f"{time.perf_counter() - start:.2f}")]
    return [
        *rows,
        *_turns(agent, requests),
        *_tools(index, workspace, embedder, size, rng),
        *_recall(index, embedder, size, rng),
    ]


def _requests(index: Index, size: Size, rng: np.random.Generator) -> list[Request]:
    snapshot, asked = index.snapshot(), list[Request]()
    for number in range(size.turns + _WARM):
        item = snapshot.item(int(rng.zipf(1.2)) % size.items)
        words = item.description.rstrip(".").split()
        text = _ASKED[number % len(_ASKED)].format(
            title=item.title, category=item.categories[0], word=words[3], word2=words[-1]
        )
        asked.append(Request(text, user_id=_user(size, rng) if number % 3 else None))
    return asked


def _turns(agent: Agent, requests: Sequence[Request]) -> Figures:
    """Whole turns, without a language model, and each step and tool in them."""
    spent: dict[str, list[float]] = defaultdict(list)
    for request in requests[_WARM:]:
        start = time.perf_counter()
        reply = asyncio.run(agent.turn(request))
        spent["turn, ms"].append((time.perf_counter() - start) * 1000)
        for step in reply.trace:
            spent[f"  {step.detail.get('tool', step.step)} in turns, ms"].append(step.ms)
    return [(name, quantiles(values)) for name, values in spent.items()]


def _tools(
    index: Index, workspace: Workspace, embedder: Embedder, size: Size, rng: np.random.Generator
) -> Figures:
    """Each tool alone, one call at a time, for users with what they did last."""
    spent: dict[str, list[float]] = defaultdict(list)
    snapshot, now = index.snapshot(), time.time()
    tools = {tool.name: tool for tool in (search, similar, collab)}
    for number in range(_QUERIES):
        context = Context(snapshot, embedder, workspace.events, now, _user(size, rng))
        words = snapshot.item(number).description.split()[2:6]
        calls: dict[str, dict[str, Json]] = {
            "search": {"query": " ".join(words)},
            "similar": {"item_ids": [*(taste.liked(context.past)[:3] or ["i0"])]},
            "collab": {},
        }
        for name, arguments in calls.items():
            spent[name].append(call(tools, context, ToolCall(name, arguments)).ms)
    return [(f"{name} alone, ms", quantiles(values)) for name, values in spent.items()]


def _recall(index: Index, embedder: Embedder, size: Size, rng: np.random.Generator) -> Figures:
    """Recall@10 against exact search of Chroma and of the sketch, for users' words and for items, and their times."""
    found = index.snapshot().build.vectors
    everything = np.arange(len(found.matrix))
    rows = np.sort(rng.choice(everything, _QUERIES, replace=False))
    asked = [embedder.query(request.message) for request in _requests(index, size, rng)]
    searches: dict[str, Callable[[Floats, int], Rows]] = {
        "exact": lambda query, limit: found.exact(query, limit, everything)[0],
        "Chroma": found.approximate,
        "sketch": lambda query, limit: found.compared(query, limit, everything)[0],
    }
    figures: list[tuple[str, str]] = []
    for name, ask in searches.items():
        times: list[float] = []
        for query in found.matrix[rows]:
            start = time.perf_counter()
            ask(query, _NEAREST)
            times.append((time.perf_counter() - start) * 1000)
        figures.append((f"nearest {_NEAREST} by {name}, ms", quantiles(times)))
        for kind, queries in (("items", found.matrix[rows]), ("questions", np.stack(asked))):
            recall = vectors.recall_at_10(found, queries, ask)
            figures.append((f"recall@10 by {name}, {kind}", f"{recall:.4f}"))
    return figures


def _user(size: Size, rng: np.random.Generator) -> str:
    return f"u{rng.integers(max(size.events // synthetic.PER_USER, 1))}"


def _embedder(folder: Path) -> MadeEmbedder:
    vectors = np.load(folder / "made.npy", mmap_mode="r")
    return MadeEmbedder(factory.embedder(Settings()), vectors, np.load(folder / _FACTS))


if __name__ == "__main__":
    typer.run(main)
