"""Nothing goes on the wire that the user didn't configure: a whole turn, watched for every connection."""

from __future__ import annotations

import subprocess
import sys

from handpicked.agent.settings import Settings
from handpicked.tools.data.workspace import Workspace

WATCHED = """
import socket, sys
reached = []
def watch(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        reached.append((event, str(args[-1] if event != "socket.getaddrinfo" else args[0])))
sys.addaudithook(watch)
import asyncio
from pathlib import Path
from handpicked.agent.app import wiring
from handpicked.agent.settings import Settings
from handpicked.agent.types import Request
settings = Settings(workspace=Path(sys.argv[1]), cache=Path(sys.argv[2]), model="none")
parts = wiring.open_agent(settings)
reply = asyncio.run(parts.agent.turn(Request(message="a western, please", user_id="u1", session_id="watched")))
assert reply.lists[0].items
import chromadb, langchain_openai, langsmith.utils
assert not langsmith.utils.tracing_is_enabled()
print(reached)
"""


def test_a_turn_reaches_no_host_even_where_tracing_is_asked_for(built: Workspace, settings: Settings) -> None:
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(settings.cache),
        "LANGSMITH_TRACING": "true",
        "LANGCHAIN_TRACING_V2": "true",
        "LANGSMITH_API_KEY": "none",
    }
    command = [sys.executable, "-c", WATCHED, str(built.path), str(settings.cache)]
    run = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout.strip().splitlines()[-1] == "[]"
