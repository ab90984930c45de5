"""Downloads that break off, are killed, lie or never come: the message says what to run, and the next run succeeds."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from handpicked.tools.data import assets
from handpicked.tools.data.assets import Asset
from handpicked.tools.errors import AssetError

CONTENT = bytes(range(256)) * 12_000
_FETCHES = """
import pathlib, sys
from handpicked.tools.data import assets
from handpicked.tools.data.assets import Asset
asset = Asset("big", "a file", "CC0", "free", sys.argv[2], "", sys.argv[3], int(sys.argv[4]))
def report(name, done, total):
    print(done, flush=True)
assets.CHUNK = 65_536
assets.fetch(pathlib.Path(sys.argv[1]), ["big"], manifest=[asset], on_progress=report)
"""


class _Server(ThreadingHTTPServer):
    """Gives CONTENT at /good, and something worse elsewhere."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]  what `_Server` makes

    def do_GET(self) -> None:
        content = CONTENT + bytes(5_000_000) if self.path == "/long" else CONTENT
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            self.wfile.write(content[: 300_000 if self.path in ("/cut", "/stall") else None])
        except ConnectionError:
            return
        if self.path == "/stall":
            self.server.over.wait(60)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server() as opened:
        thread = threading.Thread(target=opened.serve_forever)
        thread.start()
        yield opened
        opened.over.set()
        opened.shutdown()
        thread.join()


def _asset(url: str) -> Asset:
    return Asset("big", "a file", "CC0", "free", url, "", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/cut", "has 300000 bytes, expected 3072000: the download broke"),
        ("/long", "has more than 3072000 bytes"),
        ("/stall", "timed out; check the network, then run"),
    ],
)
def test_a_broken_download_says_what_to_run_and_the_next_succeeds(
    server: _Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, said: str
) -> None:
    monkeypatch.setattr(assets, "URL_TIMEOUT_S", 0.5)
    with pytest.raises(AssetError, match=rf"{said}.*handpicked assets fetch big` again"):
        assets.fetch(tmp_path, ["big"], manifest=[_asset(server.url + path)])
    assert not list((tmp_path / "assets" / "big").iterdir())
    [file] = assets.fetch(tmp_path, ["big"], manifest=[_asset(server.url + "/good")])
    assert file.read_bytes() == CONTENT


def test_a_fetch_killed_in_the_middle_is_done_by_the_next(server: _Server, tmp_path: Path) -> None:
    asset = _asset(server.url + "/stall")
    command = [
        sys.executable, "-c", _FETCHES, str(tmp_path), asset.source, asset.sha256, str(asset.size),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) > 0
        process.kill()
    folder = tmp_path / "assets" / "big"
    assert [file.name for file in folder.iterdir()] == [".part"]
    with pytest.raises(AssetError, match="asset big is not here: run `handpicked assets fetch big`"):
        assets.path(tmp_path, "big", manifest=[asset])
    assets.fetch(tmp_path, ["big"], manifest=[_asset(server.url + "/good")])
    assert [file.name for file in folder.iterdir()] == ["good"]


@pytest.mark.parametrize(
    "source", ["http://127.0.0.1:1/big.bin", "pypi://no-such-thing==1.0"], ids=["url", "pip"]
)
def test_no_network_says_what_to_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    for name, value in {
        "PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": "http://127.0.0.1:1/simple", "PIP_EXTRA_INDEX_URL": "",
        "PIP_FIND_LINKS": "", "PIP_NO_INDEX": "0", "PIP_RETRIES": "0",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    with pytest.raises(AssetError, match=r"check the network.*handpicked assets fetch"):
        assets.fetch(tmp_path, ["big"], manifest=[_asset(source)])
    assert not [left for left in (tmp_path / "assets").iterdir() if left.name.startswith(".download")]
