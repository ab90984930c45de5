"""Model files that are none, or too much: the turn still gives its list, and says what to do about the model."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handpicked.agent.app import wiring
from handpicked.agent.app.wiring import Parts
from handpicked.agent.llm import gguf
from handpicked.agent.settings import Settings
from handpicked.agent.types import Request
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import ModelError

_LOADS = """
import pathlib, sys
from handpicked.agent.llm.gguf import Weights
from handpicked.tools.errors import ModelError
try:
    Weights(pathlib.Path(sys.argv[1]))
    print("loaded")
except ModelError as err:
    print("refused", err)
"""
_SPEAKS_WITHIN = """
import pathlib, re, resource, sys
from handpicked.agent.llm import gguf
from handpicked.agent.llm.llamacpp import LlamaCppChat
from handpicked.tools.errors import ModelError
gguf.llama()
used = int(re.search(r"VmSize:\\s+(\\d+)", open("/proc/self/status").read())[1]) * 1024
resource.setrlimit(resource.RLIMIT_AS, (used + int(sys.argv[2]) * 2**20,) * 2)
try:
    print(LlamaCppChat(model_path=pathlib.Path(sys.argv[1]), max_tokens=2).invoke("hello").content)
except ModelError as err:
    print("refused", err)
"""


def _header(version: int = 3, tensors: int = 1, pairs: int = 1, key_length: int = 4) -> bytes:
    return b"GGUF" + struct.pack("<IQQQ", version, tensors, pairs, key_length) + b"name" + bytes(64)


def _folder(path: Path) -> None:
    path.mkdir()


def _too_big(path: Path) -> None:
    """Takes no room on the disk: it is all holes."""
    path.write_bytes(_header())
    os.truncate(path, gguf.memory() + 1)


def _holds(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: None, "doesn't exist"),
    "folder": (_folder, r"can't be read \(Is a directory\)"),
    "empty": (_holds(b""), "is not a GGUF file"),
    "web page": (_holds(b"<html>404</html>" * 99), "is not a GGUF file"),
    "header only": (_holds(b"GGUF"), "can't be loaded as a GGUF model"),
    "unknown version": (_holds(_header(version=99)), "can't be loaded .*version"),
    "2^62 pairs": (_holds(_header(pairs=2**62)), "can't be loaded .*pairs is 4611686018427387904"),
    "2^63 tensors": (_holds(_header(tensors=2**63)), "can't be loaded .*tensors"),
    "key of a terabyte": (_holds(_header(key_length=2**40)), "can't be loaded .*exceeds maximum"),
    "too big for memory": (_too_big, r"GB and the memory here is .* smaller model"),
}


@pytest.fixture(scope="module")
def opened(built: Workspace, settings: Settings) -> Callable[[Path], Parts]:
    return lambda path: wiring.open_agent(settings.model_copy(update={"model": str(path)}))


@pytest.mark.parametrize("kind", BAD)
def test_a_turn_gives_its_list_and_says_what_to_do_about_the_model(
    opened: Callable[[Path], Parts], tmp_path: Path, kind: str
) -> None:
    make, said = BAD[kind]
    path = tmp_path / "bad.gguf"
    make(path)
    reply = asyncio.run(opened(path).agent.turn(Request("westerns made before 1960")))
    assert [item.item_id for item in reply.lists[0].items] == ["f5"]
    assert reply.text
    [degraded] = reply.degraded
    assert re.match(rf"prose: .*bad\.gguf.*{said}.*HANDPICKED_MODEL", degraded)


@pytest.mark.parametrize("kind", ["empty", "key of a terabyte", "too big for memory"])
def test_doctor_names_the_fix(built: Workspace, settings: Settings, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "bad.gguf"
    BAD[kind][0](path)
    done = subprocess.run(
        [Path(sys.executable).with_name("handpicked"), "doctor", "--json", "--model", path],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"HANDPICKED_WORKSPACE": str(built.path), "HANDPICKED_CACHE": str(settings.cache)},
    )
    found: dict[str, Any] = {finding["what"]: finding for finding in json.loads(done.stdout)}
    assert done.returncode == 1
    assert not found["model"]["well"]
    assert "HANDPICKED_MODEL" in found["model"]["told"] + found["model"]["fix"]


def test_a_file_cut_short_says_so(model_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.gguf"
    path.write_bytes(model_path.read_bytes()[:-1])
    with pytest.raises(ModelError, match=r"cut\.gguf can't be loaded .*not within the file bounds"):
        gguf.Weights(path)


@pytest.mark.parametrize(
    ("room_mb", "said"), [(50, "can't be loaded as a GGUF model"), (160, "HANDPICKED_MODEL_CONTEXT lower")]
)
def test_too_little_memory_is_an_error_not_a_crash(model_path: Path, room_mb: int, said: str) -> None:
    command = [sys.executable, "-c", _SPEAKS_WITHIN, str(model_path), str(room_mb)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("refused")
    assert said in done.stdout


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
def test_a_header_with_any_bytes_wrong_never_takes_the_process_down(
    model_path: Path, tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    good = model_path.read_bytes()
    path = tmp_path / "wrong.gguf"
    for _ in range(15):
        content = bytearray(good)
        for _ in range(rng.choice((1, 2, 8))):
            at = rng.randrange(8, rng.choice((200, 2_000, 30_000, 1_700_000)))
            content[at : at + 8] = rng.choice(
                (b"\xff" * 8, bytes(8), struct.pack("<Q", 2 ** rng.randrange(63)), rng.randbytes(8))
            )
        path.write_bytes(content)
        done = subprocess.run(
            [sys.executable, "-c", _LOADS, str(path)], capture_output=True, text=True, check=True
        )
        assert done.stdout.startswith(("loaded", "refused")), done.stderr
