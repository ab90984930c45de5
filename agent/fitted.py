"""What is fitted once and kept in the cache as arrays."""

from __future__ import annotations

import logging
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

Arrays = Mapping[str, Any]
_log = logging.getLogger(__name__)


def arrays(path: Path, fit: Callable[[], Arrays]) -> Arrays:
    """The arrays of a file, which is written with what `fit` gives where it isn't there or is broken.

    A cache that can't be read or written costs the time of the fit, nothing else."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            return dict(kept)
    except (OSError, ValueError, LookupError, zipfile.BadZipFile) as err:
        _log.debug("nothing fitted in the cache: %s", err)
    made = fit()
    try:
        _save(made, path)
    except OSError as err:
        _log.warning("%s can't be written (%s): set HANDPICKED_CACHE to another folder", path, err)
    return made


def _save(made: Arrays, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.npz")
    np.savez(temporary, allow_pickle=False, **made)
    os.replace(temporary, path)
