"""Other libraries, each in an environment of its own: their pins exclude each other, and one brings torch.

Environments and fitted lists stay in the cache, under a hash of all that they depend on; processes that want the same
one take turns."""

from __future__ import annotations

import fcntl
import logging
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Generator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from handpicked.eval.suites.ranking import K
from handpicked.eval.suites.ranking.parts import Training
from handpicked.eval.suites.ranking.systems import Params, Ranker
from handpicked.eval.types import Options
from handpicked.tools.errors import ConfigError

_LIBRARIES = Path(__file__).with_name("libraries")
_FIT_S = 1500.0
_LAST_LINES = 4

log = logging.getLogger(__name__)


def ranker(system: str, training: Training, options: Options, params: Params) -> Ranker:
    """The lists of a library's system, fitted in its environment unless they are in the cache.

    Raises ConfigError when the environment can't be made, RuntimeError when the library fails."""
    if options.cache is None:
        raise ConfigError(f"no cache is set: {system} needs one for its library")
    lists = _lists(system, training, options, params)

    def rank(user: int, k: int) -> list[str]:
        return [training.item_ids[column] for column in lists[user, :k].tolist() if column >= 0]

    return rank


def python(library: str, cache: Path) -> Path:
    """The interpreter of a library's environment, which is made when it is not there."""
    wanted = _LIBRARIES / f"{library}.txt"
    key = _hash(wanted.read_bytes(), sys.version.encode())
    folder = cache / f"libraries-{library}-{key}"
    if not folder.is_dir():
        with _turn(cache, folder.name):
            if not folder.is_dir():
                _make(folder, wanted)
    return folder / "bin" / "python"


def _make(folder: Path, wanted: Path) -> None:
    log.warning("making an environment for %s in %s: pip downloads it once", wanted.stem, folder)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
        made = Path(scratch) / "made"
        venv.create(made, with_pip=False, symlinks=True)
        pip = [sys.executable, "-m", "pip", "--python", str(made / "bin" / "python"), "install"]
        quiet = ["--quiet", "--no-input", "--disable-pip-version-check", "-r", str(wanted)]
        done = subprocess.run([*pip, *quiet], capture_output=True, text=True, check=False)
        if done.returncode:
            raise ConfigError(
                f"pip can't install {wanted.stem} into an environment of its own; check the network and pip's index "
                f"settings, or name other systems with --system. It said: {_end(done.stderr)}"
            )
        os.replace(made, folder)


def _lists(system: str, training: Training, options: Options, params: Params) -> Any:
    assert options.cache is not None
    library = system.partition("-")[0]
    job = {"system": system, "params": params, "seed": options.seed, "k": K}
    arrays = {
        "items": np.array(len(training.item_ids)),
        "train_indices": training.matrix.indices,
        "train_starts": training.matrix.indptr,
        "seen_indices": training.seen.indices,
        "seen_starts": training.seen.indptr,
        "job": np.array(orjson.dumps(job, option=orjson.OPT_SORT_KEYS).decode()),
    }
    code = ((_LIBRARIES / name).read_bytes() for name in ("fit.py", f"{library}.txt"))
    key = _hash(*code, *(array.tobytes() for array in arrays.values()))
    path = options.cache / "ranking" / f"{system}-{key}.npy"
    if not path.is_file():
        with _turn(path.parent, path.name):
            if not path.is_file():
                _fit(python(library, options.cache), arrays, path)
    return np.load(path, allow_pickle=False)


def _fit(interpreter: Path, arrays: dict[str, Any], path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".fit-") as scratch:
        job, lists = Path(scratch) / "job.npz", Path(scratch) / "lists.npy"
        np.savez(job, allow_pickle=False, **arrays)
        command = [str(interpreter), "-I", str(_LIBRARIES / "fit.py"), str(job), str(lists)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_FIT_S)
        if done.returncode:
            raise RuntimeError(f"{path.name.rsplit('-', 1)[0]} failed in its library: {_end(done.stderr)}")
        os.replace(lists, path)


@contextmanager
def _turn(folder: Path, name: str) -> Generator[None]:
    """Let one process at a time make a thing; the kernel frees the lock if the process dies."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f".lock-{name}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _hash(*parts: bytes) -> str:
    digest = sha256()
    for part in parts:
        digest.update(sha256(part).digest())
    return digest.hexdigest()[:16]


def _end(text: str) -> str:
    return " | ".join(line.strip() for line in text.strip().splitlines()[-_LAST_LINES:])
