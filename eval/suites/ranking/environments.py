"""Other libraries, each in an environment of its own: their pins exclude each other, and one brings torch.

Environments and fitted lists stay in the cache, under a hash of all that they depend on; processes that want the same
one take turns."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import orjson

from handpicked.eval.suites.ranking import K
from handpicked.eval.suites.ranking.parts import Training
from handpicked.eval.suites.ranking.systems import Params, Ranker
from handpicked.eval.types import Options
from handpicked.tools.errors import ConfigError
from handpicked.tools.types import Rows

_LIBRARIES = Path(__file__).with_name("libraries")
_FIT_S = 1500.0
_LAST_LINES = 4
ONE_THREAD: Mapping[str, str] = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LK_NUM_THREADS", "RAYON_NUM_THREADS"), "1"
)
"""So that sums have one order and a second fit gives the same lists."""

Job: TypeAlias = dict[str, npt.NDArray[Any]]

log = logging.getLogger(__name__)


def ranker(system: str, training: Training, options: Options, params: Params) -> Ranker:
    """The lists of a library's system, fitted in its environment unless they are in the cache.

    Raises ConfigError when the environment can't be made, RuntimeError when the library fails."""
    if options.cache is None:
        raise ConfigError(f"no cache is set: {system} needs one for its library")
    library = system.partition("-")[0]
    asked = job(system, training, options.seed, params)
    path = options.cache / "ranking" / f"{system}-{_key(library, asked)}.npy"
    if not path.is_file():
        with _turn(path.parent, system):
            if not path.is_file():
                fit(python(library, options.cache), asked, path)
    lists: Rows = np.load(path, allow_pickle=False)

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
    made = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(made, ignore_errors=True)  # what a killed process left
    venv.create(made, with_pip=False, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--python", str(made / "bin" / "python"), "install"]
    quiet = ["--quiet", "--no-input", "--disable-pip-version-check", "-r", str(wanted)]
    done = subprocess.run([*pip, *quiet], capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(made)
        raise ConfigError(
            f"pip can't install {wanted.stem} into an environment of its own; check the network and pip's index "
            f"settings, or name other systems with --system. It said: {_end(done.stderr)}"
        )
    os.replace(made, folder)


def job(system: str, training: Training, seed: int, params: Params) -> Job:
    """What fit.py is given."""
    asked = {"system": system, "params": params, "seed": seed, "k": K}
    return {
        "items": np.array(len(training.item_ids)),
        "train_indices": training.matrix.indices,
        "train_starts": training.matrix.indptr,
        "seen_indices": training.seen.indices,
        "seen_starts": training.seen.indptr,
        "job": np.array(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS).decode()),
    }


def fit(interpreter: Path, asked: Job, lists: Path) -> Mapping[str, float]:
    """Do a job in a library's environment; what it cost. Raises RuntimeError with the library's last lines when it fails."""
    with tempfile.TemporaryDirectory(dir=lists.parent, prefix=".fit-") as scratch:
        given, made = Path(scratch) / "job.npz", Path(scratch) / "lists.npy"
        np.savez(given, allow_pickle=False, **asked)
        command = [str(interpreter), "-I", str(_LIBRARIES / "fit.py"), str(given), str(made)]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=_FIT_S,
            env={**os.environ, **ONE_THREAD},
        )
        if done.returncode:
            raise RuntimeError(f"{orjson.loads(str(asked['job']))['system']} failed: {_end(done.stderr)}")
        os.replace(made, lists)
    return orjson.loads(done.stdout.strip().splitlines()[-1])


def _key(library: str, asked: Job) -> str:
    code = ((_LIBRARIES / name).read_bytes() for name in ("fit.py", f"{library}.txt"))
    return _hash(*code, *(array.tobytes() for array in asked.values()))


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
