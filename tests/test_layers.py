"""Imports go one way: prompts <- tools <- agent <- eval; `agent/app` is the composition root."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "prompts": ["prompts"],
    "tools": ["prompts", "tools"],
    "agent": ["prompts", "tools", "agent"],
    "eval": ["prompts", "tools", "agent", "eval"],
}
HEAVY = (
    "chromadb",
    "langchain_core",
    "langchain_openai",
    "langgraph",
    "lightgbm",
    "llama_cpp",
    "numpy",
    "pyarrow",
    "scipy",
    "sklearn",
)


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("layer", MAY_IMPORT)
def test_a_layer_imports_only_those_below_it(layer: str) -> None:
    for path in (ROOT / layer).rglob("*.py"):
        for name in _imports(path):
            if name.startswith("handpicked."):
                may = MAY_IMPORT[layer] + ["eval"] * path.is_relative_to(ROOT / "agent" / "app")
                assert name.split(".")[1] in may, f"{path} imports {name}"


def test_nothing_but_the_composition_root_and_eval_imports_the_composition_root() -> None:
    for layer in ("prompts", "tools", "agent"):
        for path in (ROOT / layer).rglob("*.py"):
            if path.is_relative_to(ROOT / "agent" / "app"):
                continue
            assert not any(name.startswith("handpicked.agent.app") for name in _imports(path)), path


@pytest.mark.parametrize("module", ["cli", "eval_cli", "profile_cli", "options"])
def test_the_command_line_imports_nothing_heavy_when_it_starts(module: str) -> None:
    tree = ast.parse((ROOT / "agent" / "app" / f"{module}.py").read_text(encoding="utf-8"))
    named = {
        node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert not {name.split(".")[0] for name in named} & set(HEAVY)
    assert not [name for name in named if name.startswith("handpicked.eval")]


def test_every_package_is_listed_for_the_wheel() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = set(project["tool"]["setuptools"]["packages"])
    found = {
        "handpicked." + ".".join(path.parent.relative_to(ROOT).parts)
        for layer in MAY_IMPORT
        for path in (ROOT / layer).rglob("*.py")
    }
    assert found == listed


def test_torch_is_in_no_pinned_version() -> None:
    pinned = (ROOT / ".ci" / "constraints.txt").read_text(encoding="utf-8").casefold()
    assert "torch" not in pinned
