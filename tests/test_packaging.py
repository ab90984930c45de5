"""The wheel, installed outside the tree, has every file that the code reads."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DATA = (".md", ".yaml", ".toml", ".jsonl", ".csv", ".typed")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of the tree, by the setuptools that is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\n")
    for name in filter(None, listed):
        source, target = ROOT / name, folder / "tree" / name
        if source.is_file() and not name.startswith((".imports/", "tests/")):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
        ".",
    ]
    subprocess.run(command, cwd=folder / "tree", check=True, capture_output=True)
    return next(folder.glob("handpicked-*.whl"))


def test_every_data_file_of_the_packages_is_in_the_wheel(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    for layer in ("agent", "tools", "prompts", "eval"):
        for path in (ROOT / layer).rglob("*"):
            if path.suffix in DATA:
                assert f"handpicked/{path.relative_to(ROOT)}" in packed


def test_the_wheel_reads_its_data_from_outside_the_tree(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r});"
        "import handpicked.prompts as p, handpicked; assert 'site' in p.__file__, p.__file__;"
        "from handpicked.agent import demonstrations, scenes, scene, lexicon; from handpicked.tools.data import assets;"
        "print(len(scenes.load()), len(demonstrations.packaged()), len(assets.load_manifest()), p.load('describe').hash)"
    )
    run = subprocess.run(
        [sys.executable, "-S", "-c", _with_site(code)],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.split()[0] == "8"


def _with_site(code: str) -> str:
    """The environment's packages, without the editable install of this tree (its .pth files are not read)."""
    paths = [path for path in sys.path if path.endswith("site-packages")]
    return f"import sys; sys.path.extend({paths!r}); {code}"
