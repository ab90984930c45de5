"""A user's events are read once a turn."""

from __future__ import annotations

from pathlib import Path

from handpicked.tools.collab import collab
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dispatch import Context, call
from handpicked.tools.history import history
from handpicked.tools.types import Embedder, Event, ToolCall


def test_every_tool_of_a_turn_sees_the_same_events(snapshot: Snapshot, toy: Embedder, tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path)
    workspace.events.append([Event("ann", "f1", "like", 1.0)])
    context = Context(snapshot, toy, workspace.events, 0.0, "ann")
    assert [event.item_id for event in context.past] == ["f1"]
    workspace.events.forget("ann")
    assert call({"history": history}, context, ToolCall("history", {})).candidates
    assert call({"collab": collab}, context, ToolCall("collab", {})).candidates
    after = Context(snapshot, toy, workspace.events, 0.0, "ann")
    assert not call({"history": history}, after, ToolCall("history", {})).candidates
    assert after.past == ()
    workspace.close()
