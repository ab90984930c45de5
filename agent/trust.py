"""How far a language model is trusted to read turns: what was measured of it, kept in the cache."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError

from handpicked import prompts
from handpicked.agent import judge, scene
from handpicked.agent.scene import Guess
from handpicked.agent.scenes import Scenes
from handpicked.agent.stack import Stack
from handpicked.tools.errors import DataError
from handpicked.tools.types import Embedder

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Trust:
    """The weights of evidence and model together, and of the model alone. It is not asked where evidence is at least
    `sure` (0: never); `note` says how many turns that was measured on, and with what result."""

    __pydantic_config__ = ConfigDict(extra="forbid")
    both: Stack
    alone: Stack
    sure: float
    note: str


_TRUST: TypeAdapter[Trust] = TypeAdapter(Trust)


def sureness(guess: Guess) -> float:
    """How sure a guess is of the scene and of each task, at its weakest."""
    return min(max(guess.scenes.values()), *(max(p, 1.0 - p) for p in guess.tasks.values()))


def path(cache: Path, model: str, embedder: Embedder, scenes: Scenes) -> Path:
    """Where it lies for a model's identity. It holds for this very evidence and prompt; others are measured anew."""
    parts = [str(_VERSION), model, scene.fingerprint(embedder, scenes), prompts.load(judge.PROMPT).hash]
    return cache / "fitted" / f"trust-{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:16]}.json"


def load(where: Path) -> Trust | None:
    """What was measured, None where nothing was. Raises DataError for a file that can't be read."""
    try:
        return _TRUST.validate_json(where.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as err:
        raise DataError(f"{where} can't be read ({err}); run `handpicked doctor --measure`") from err


def save(trust: Trust, where: Path) -> None:
    """Write it whole or not at all."""
    where.parent.mkdir(parents=True, exist_ok=True)
    temporary = where.with_suffix(f".{os.getpid()}.json")
    temporary.write_bytes(_TRUST.dump_json(trust, indent=1))
    os.replace(temporary, where)
