"""Titles that a model named for the turns, replayed from a file: alone, and fused with the blend as a live turn fuses them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from handpicked.agent import propose, scenes
from handpicked.agent.propose import RecordedProposer
from handpicked.agent.settings import Settings
from handpicked.tools import rank
from handpicked.tools.data.index import Snapshot
from handpicked.tools.dispatch import Context
from handpicked.tools.errors import ConfigError
from handpicked.tools.types import Candidate, ToolCall, ToolResult

SYSTEMS = ("proposed", "fused")
_SCENE = "watch"


@dataclass(frozen=True, slots=True)
class Proposals:
    """What was recorded, and how much a scene makes of each tool."""

    recorded: RecordedProposer
    weights: Mapping[str, float]

    def found(self, context: Context, turn: str) -> tuple[Candidate, ...]:
        """The catalogue's items among the titles recorded for a turn, by the tool `propose`."""
        titles = self.recorded.titles(turn)
        return propose.propose.function(context, titles).candidates if titles else ()

    def fused(
        self, snapshot: Snapshot, blended: Sequence[str], proposed: Sequence[Candidate], named: Sequence[str]
    ) -> list[str]:
        """Both lists as a live turn ranks them."""
        ranked = tuple(Candidate(item_id, 1.0 / place) for place, item_id in enumerate(blended, 1))
        results = [
            ToolResult(ToolCall("dialogues", {}), ranked),
            ToolResult(ToolCall(propose.FAMILY, {}), tuple(proposed)),
        ]
        found = rank.rank(
            snapshot, results, weights=self.weights, constraints=(), exclude=named, k=len(blended)
        )
        return [one.item.item_id for one in found.items]


def load(settings: Settings) -> Proposals:
    """Read HANDPICKED_PROPOSALS. Raises ConfigError where it isn't set or is no such file."""
    if settings.proposals is None:
        raise ConfigError(
            f"{' and '.join(SYSTEMS)} replay a file of proposals: set HANDPICKED_PROPOSALS to lines of "
            '{"turn": "DIALOGUE/TURN", "titles": ["Heat (1995)"]}'
        )
    return Proposals(propose.recorded(settings.proposals), scenes.load(settings.scenes)[_SCENE].weights)
