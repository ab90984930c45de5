"""A workspace: the folder that holds the databases of one deployment, and its builds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from handpicked.tools.data.catalog_store import CatalogStore
from handpicked.tools.data.db import sqlite_url
from handpicked.tools.data.event_store import EventStore
from handpicked.tools.errors import DataError


@dataclass(frozen=True, slots=True)
class Workspace:
    """The open databases of a folder. Builds in the folder are `handpicked.tools.data.build`'s."""

    path: Path
    catalog: CatalogStore
    events: EventStore

    @classmethod
    def open(cls, path: Path, *, catalog_url: str | None = None, events_url: str | None = None) -> Workspace:
        """Open a workspace, and make what is missing.

        Where nothing can be written, what is there can be read. Raises `DataError` for a folder that can't be made, a
        damaged database or a schema of a newer version.
        """
        _make_folder(path)
        catalog = CatalogStore(catalog_url or sqlite_url(path / "catalog.db"))
        return cls(path, catalog, EventStore(events_url or sqlite_url(path / "events.db")))

    def close(self) -> None:
        """Close idle connections."""
        self.catalog.close()
        self.events.close()


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise DataError(
            f"workspace {path} can't be made ({err.strerror}); change its permissions, or choose another --workspace"
        ) from err
