"""The files of an ingest, and which of their columns stand for which of ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from handpicked.tools.data.parse import KEEPS_ATTRIBUTES, OPTIONAL, REQUIRED, Kind
from handpicked.tools.data.readers import VECTOR_SUFFIX, Source, open_source
from handpicked.tools.data.rows import Row
from handpicked.tools.errors import DataError

_SHOWN = 40
_SHOWN_CHARACTERS = 60
_ONE_COLUMN = " (one column only: a file of text has its columns separated by comma, semicolon, tab or |)"


@dataclass(frozen=True, slots=True)
class IngestFiles:
    """The files of each kind."""

    items: tuple[Path, ...] = ()
    events: tuple[Path, ...] = ()
    users: tuple[Path, ...] = ()
    campaigns: tuple[Path, ...] = ()
    dialogues: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Input:
    """The open files of one kind, each with the columns that were mapped, target to source."""

    kind: Kind
    sources: tuple[tuple[Source, Mapping[str, str]], ...]


def open_inputs(files: IngestFiles, mapping: Mapping[str, str]) -> list[Input]:
    """Open all files, in the order in which kinds are read. Raises `DataError` for what can't be used."""
    paths: dict[Kind, tuple[Path, ...]] = {
        "items": files.items,
        "users": files.users,
        "events": files.events,
        "campaigns": files.campaigns,
        "dialogues": files.dialogues,
    }
    _check_targets(mapping)
    inputs: list[Input] = []
    for kind, given in paths.items():
        if given:
            sources = [open_source(path) for path in given]
            inputs.append(Input(kind, tuple((source, _mapped(kind, source, mapping)) for source in sources)))
    _check_sources(inputs, mapping)
    return inputs


def _mapped(kind: Kind, source: Source, mapping: Mapping[str, str]) -> dict[str, str]:
    """Give the part of the mapping that applies to a file. Raises `DataError` when a column lacks."""
    columns: dict[str, str] = {}
    for target in REQUIRED[kind] + OPTIONAL[kind]:
        origin = mapping.get(
            f"{kind}.{target}", mapping.get(target, _spelt_otherwise(target, source.columns))
        )
        if origin is not None and origin in source.columns:
            columns[target] = origin
    there = (set(source.columns) - set(columns.values())) | set(columns)
    lacking = [name for name in REQUIRED[kind] if name not in there]
    if lacking:
        raise DataError(
            f"{source.path}: no column {lacking[0]!r}, which {kind} need; "
            f"there are {_listed(source.columns)}; name the right one with --map {lacking[0]}=COLUMN"
            f"{_ONE_COLUMN if len(source.columns) == 1 and not source.typed else ''}"
        )
    return columns


def _spelt_otherwise(target: str, columns: tuple[str, ...]) -> str | None:
    """Give the column that differs in case, spaces and hyphens only, when just one does."""
    if target in columns:
        return None
    alike = [name for name in columns if re.sub(r"[\s-]+", "_", name).lower() == target]
    return alike[0] if len(alike) == 1 else None


def _listed(columns: Iterable[str]) -> str:
    shown = [name if len(name) <= _SHOWN_CHARACTERS else f"{name[:_SHOWN_CHARACTERS]}…" for name in columns]
    return ", ".join(shown[:_SHOWN]) + (f" and {len(shown) - _SHOWN:,} more" if len(shown) > _SHOWN else "")


def _check_targets(mapping: Mapping[str, str]) -> None:
    by_kind = {kind: REQUIRED[kind] + OPTIONAL[kind] for kind in REQUIRED}
    plain = dict.fromkeys(name for names in by_kind.values() for name in names)
    qualified = {f"{kind}.{name}" for kind, names in by_kind.items() for name in names}
    for target in mapping:
        if target not in plain and target not in qualified:
            raise DataError(
                f"--map {target}={mapping[target]}: unknown column {target!r}; known: {', '.join(plain)}"
            )


def _check_sources(inputs: list[Input], mapping: Mapping[str, str]) -> None:
    there = dict.fromkeys(name for given in inputs for source, _ in given.sources for name in source.columns)
    for target, origin in mapping.items():
        if origin not in there:
            raise DataError(
                f"--map {target}={origin}: no file has a column {origin!r}; there are {_listed(there)}"
            )


def renamed(row: Row, columns: Mapping[str, str]) -> Row:
    """Give a row under our names; a source column may stand for several."""
    sources = set(columns.values())
    kept = {name: value for name, value in row.items() if name not in sources and name not in columns}
    return kept | {target: row[source] for target, source in columns.items() if source in row}


def ignored_columns(given: Input) -> tuple[str, ...]:
    """Give the columns that nothing is made of: vectors of users, and what a kind without attributes doesn't know."""
    known = {*REQUIRED[given.kind], *OPTIONAL[given.kind]}
    names = {
        name
        for source, columns in given.sources
        for name in source.columns
        if name not in known and name not in columns.values()
    }
    if given.kind == "items":
        return ()
    if given.kind in KEEPS_ATTRIBUTES:
        names = {name for name in names if name.endswith(VECTOR_SUFFIX)}
    return tuple(names)
