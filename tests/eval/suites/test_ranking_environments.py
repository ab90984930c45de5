"""Other libraries' environments and fits: made once, kept whole, and a failure is told."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from handpicked.agent.settings import Settings
from handpicked.eval import suite
from handpicked.eval.suites.ranking import environments, parts, protocols, tune, turns
from handpicked.eval.suites.ranking.data import named
from handpicked.eval.suites.ranking.fitting import PARAMS
from handpicked.eval.suites.ranking.libraries import fit
from handpicked.eval.suites.ranking.parts import Part
from handpicked.eval.suites.ranking.systems import OURS
from handpicked.eval.types import Options
from handpicked.tools.data import choose
from handpicked.tools.errors import ConfigError

sparse: Any = import_module("scipy.sparse")

# A library without numpy in its environment: its lists were written beforehand.
_FAKE = """
import pathlib, shutil, sys
here = pathlib.Path(__file__).parent
with (here / "calls").open("a") as calls:
    calls.write(pathlib.Path(sys.executable).parents[1].name + "\\n")
if (here / "broken").exists():
    raise MemoryError("too many users")
shutil.copy(here / "lists.npy", sys.argv[2])
print('{"fit_s": 1.5, "rank_s": 0.5, "peak_mb": 2.0}')
"""


def _part(split: str = "test") -> Part:
    rng = np.random.default_rng(3)
    rows = [(f"u{user}", f"i{item}") for user in range(30) for item in rng.permutation(40)[:20]]
    users, items = zip(*rows, strict=True)
    return parts.prepare(named(users, items), protocols.tenths, split)


@pytest.fixture
def libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one library, `fake`, that needs no package."""
    folder = tmp_path / "libraries"
    folder.mkdir()
    (folder / "fake.txt").write_text("# nothing\n")
    (folder / "fit.py").write_text(_FAKE)
    np.save(folder / "lists.npy", np.array([[2, 0, -1]] * 30, np.int32))
    monkeypatch.setattr(environments, "_LIBRARIES", folder)
    return folder


def _calls(libraries: Path) -> list[str]:
    path = libraries / "calls"
    return path.read_text().splitlines() if path.exists() else []


def test_a_fit_is_done_once_and_its_lists_are_given_as_ids(libraries: Path, tmp_path: Path) -> None:
    training, options = _part().training, Options(cache=tmp_path / "cache")
    for _ in range(2):
        rank = environments.ranker("fake-als", training, options, {"factors": 8})
        assert rank(4, 10) == [training.item_ids[2], training.item_ids[0]]
    assert len(_calls(libraries)) == 1
    assert _calls(libraries)[0].startswith("libraries-fake-")


@pytest.mark.parametrize("changed", ["params", "seed", "data", "code"])
def test_what_a_fit_depends_on_makes_it_anew(libraries: Path, tmp_path: Path, changed: str) -> None:
    cache = tmp_path / "cache"
    environments.ranker("fake-als", _part().training, Options(cache=cache), {"factors": 8})
    if changed == "code":
        (libraries / "fit.py").write_text(_FAKE + "\n")
    training = _part("valid" if changed == "data" else "test").training
    options = Options(cache=cache, seed=int(changed == "seed"))
    environments.ranker("fake-als", training, options, {"factors": 9 if changed == "params" else 8})
    assert len(_calls(libraries)) == 2


def test_those_who_want_the_same_at_once_wait_for_one_fit(libraries: Path, tmp_path: Path) -> None:
    training, options = _part().training, Options(cache=tmp_path / "cache")
    found: list[list[str]] = []

    def ask() -> None:
        found.append(list(environments.ranker("fake-als", training, options, {})(0, 10)))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[training.item_ids[2], training.item_ids[0]]] * 4
    assert len(_calls(libraries)) == 1


def test_a_library_that_fails_is_a_failed_system_and_leaves_no_lists(libraries: Path, tmp_path: Path) -> None:
    (libraries / "broken").touch()
    training, options = _part().training, Options(cache=tmp_path / "cache")
    with pytest.raises(RuntimeError, match=r"fake-als failed: .*too many users"):
        environments.ranker("fake-als", training, options, {})
    (libraries / "broken").unlink()
    assert environments.ranker("fake-als", training, options, {})(0, 1) == [training.item_ids[2]]
    assert [path.suffix for path in (tmp_path / "cache" / "ranking").iterdir() if path.suffix] == [".npy"]


def test_an_environment_that_pip_cant_make_is_told_and_not_kept(libraries: Path, tmp_path: Path) -> None:
    (libraries / "fake.txt").write_text("--no-index\nhandpicked-has-no-such-library==1\n")
    with pytest.raises(ConfigError, match=r"pip can't install fake .*--system.*no-such-library"):
        environments.python("fake", tmp_path)
    assert not list(tmp_path.glob("libraries-fake-*"))
    assert not list(tmp_path.glob(".libraries-fake-*"))


def test_what_a_killed_process_left_is_cleared_away(libraries: Path, tmp_path: Path) -> None:
    made = environments.python("fake", tmp_path).parents[1]
    left = made.with_name(f".{made.name}.part")
    made.rename(left)
    (left / "bin" / "python").unlink()
    assert environments.python("fake", tmp_path).is_file()
    assert not left.exists()


def test_every_library_system_has_its_environment_and_its_code() -> None:
    ours = {*OURS, *turns.SYSTEMS}
    names = [name for name in suite.load("ranking").spec.known if name not in ours]
    assert {name.partition("-")[0] for name in names} == {path.stem for path in _requirements()}
    assert set(names) == set(fit.SYSTEMS)


def test_every_requirement_is_pinned() -> None:
    lines = [line for path in _requirements() for line in path.read_text().splitlines()]
    assert all("==" in line for line in lines)


def _requirements() -> list[Path]:
    return sorted((PARAMS.parent / "libraries").glob("*.txt"))


def test_masked_columns_are_left_out_and_the_next_move_up() -> None:
    seen = sparse.csr_matrix(np.array([[1, 0, 1, 0, 0], [0, 0, 0, 0, 0]]))
    lists = np.array([[0, 3, 2, 4], [-1, 1, -1, 2]])
    assert fit.unseen(lists, seen, 3).tolist() == [[3, 4, -1], [1, 2, -1]]


def test_committed_hyperparameters_come_from_the_grids() -> None:
    grids: Mapping[str, Mapping[str, list[object]]] = yaml.safe_load(tune.GRIDS.read_text(encoding="utf-8"))
    chosen: Mapping[str, Mapping[str, Mapping[str, object]]] = yaml.safe_load(
        PARAMS.read_text(encoding="utf-8")
    )
    assert set(chosen) == set(parts.PARTS)
    grids = {**grids, "collab-tuned": {name: list(values) for name, values in choose.GRID.items()}}
    for systems in chosen.values():
        for system, params in ((name, params) for name, params in systems.items() if name != tune.SEARCHED):
            assert params.keys() == grids[system].keys()
            assert all(value in grids[system][name] for name, value in params.items())


@pytest.mark.soak
@pytest.mark.parametrize("system", sorted(fit.SYSTEMS))
def test_a_library_gives_the_same_lists_twice(system: str, tmp_path: Path) -> None:
    """On MovieLens, which is big enough for threads to differ; makes the library's environment when it isn't there."""
    settings = Settings()
    interpreter = environments.python(system.partition("-")[0], settings.cache)
    training = parts.load("ml-100k/random", Options(split="test", cache=settings.cache)).training
    lists: list[Any] = []
    for number in range(2):
        made = tmp_path / f"{number}.npy"
        cost = environments.fit(interpreter, environments.job(system, training, 1, {}), made)
        assert all(value >= 0 for value in cost.values())
        assert set(cost) == {"fit_s", "rank_s", "peak_mb"}
        lists.append(np.load(made))
    assert np.array_equal(*lists)
    assert lists[0].shape == (943, 10)
    for user, columns in enumerate(lists[0]):
        assert not set(columns.tolist()) & set(training.seen[user].indices.tolist())
