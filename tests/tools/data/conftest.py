"""Both kinds of database: tests that take `make_url` run once on SQLite and once on a PostgreSQL of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from handpicked.tools.data.db import sqlite_url

MakeUrl = Callable[[str], str]
_NOBODY = 65534
"""PostgreSQL refuses to run as root, so there it runs as the user `nobody`."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a running server's database; without PostgreSQL here these tests are skipped, and in CI they fail."""
    programs = _programs()
    if programs is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed: apt-get install postgresql")
        pytest.skip("PostgreSQL is not installed")
    as_nobody: dict[str, Any] = {"user": _NOBODY, "group": _NOBODY} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path may have 107 characters only
    if as_nobody:
        os.chown(folder, _NOBODY, _NOBODY)

    def run(program: str, *arguments: str) -> None:
        command = [str(programs / program), "-D", str(folder / "data"), *arguments]
        done = subprocess.run(
            command,
            cwd="/",
            check=False,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **as_nobody,
        )
        assert done.returncode == 0, done.stdout

    run("initdb", "-U", "tester", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    run("pg_ctl", "-o", options, "-l", str(folder / "log"), "-w", "start")
    yield f"postgresql://tester@/postgres?host={folder}"
    run("pg_ctl", "-m", "immediate", "stop")
    shutil.rmtree(folder)


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """A database of the test's own."""
    import psycopg
    from psycopg import sql

    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield postgres.replace("/postgres?", f"/{name}?")
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(params=["sqlite", "postgresql"])
def make_url(request: pytest.FixtureRequest, tmp_path: Path) -> MakeUrl:
    """Give the URL of a new database by its name; on PostgreSQL all names of a test are one database."""
    if request.param == "sqlite":
        return lambda name: sqlite_url(tmp_path / f"{name}.db")
    url: str = request.getfixturevalue("postgres_url")
    return lambda name: url


def _programs() -> Path | None:
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return debian[-1].parent if debian else None
