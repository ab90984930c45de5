"""A language model's part of reading a turn: asked where evidence isn't sure, weighed as far as it was measured."""

from __future__ import annotations

from dataclasses import dataclass, replace

from handpicked.agent import judge
from handpicked.agent.budget import RANKING_MS, WORTH_MS, Budget, time_left
from handpicked.agent.cues import Cues, masked
from handpicked.agent.judge import Shelf
from handpicked.agent.llm.answers import cost
from handpicked.agent.llm.guard import ModelClient
from handpicked.agent.read import Noticed
from handpicked.agent.scene import Guess
from handpicked.agent.scenes import Scenes
from handpicked.agent.trust import Trust, sureness
from handpicked.agent.types import Request, Usage
from handpicked.tools.errors import BudgetExceeded, ModelError
from handpicked.tools.types import Embedder

_SHARE = 0.5
"""Of what is left of a request's time: the lists still have to be made."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What evidence and model say together, None where the model had no part in it; `left` says why it failed, `down`
    that it need not be asked again in this turn."""

    guess: Guess | None = None
    usage: Usage | None = None
    left: str | None = None
    down: bool = False


NOT_ASKED = Advice()


@dataclass(frozen=True, slots=True)
class Adviser:
    """A model that was measured, and the demonstrations that it is shown. With `always` it is asked even where evidence
    is sure."""

    client: ModelClient
    trust: Trust
    shelf: Shelf
    embedder: Embedder
    scenes: Scenes
    always: bool = False

    def wanted(self, request: Request, evidence: Guess) -> bool:
        """Whether to ask: something was said, its meaning isn't given, and evidence isn't sure."""
        given = request.context.scene is not None and request.tasks is not None
        unsure = self.always or sureness(evidence) < self.trust.sure
        return bool(request.message) and not given and unsure

    async def advise(self, cues: Cues, evidence: Guess, budget: Budget) -> Advice:
        """Ask, and weigh the answer. A model that fails costs its time, and leaves evidence alone."""
        name = max(evidence.scenes, key=lambda known: evidence.scenes[known])
        ms = min(float(self.scenes[name].read_ms), _SHARE * (budget.left_ms - RANKING_MS))
        if ms < WORTH_MS:
            told = (
                f"{self.client.name} was not asked, {time_left(ms)}; raise budget_ms or the scene's read_ms"
            )
            return Advice(left=told)
        examples = self.shelf.near(self.embedder.query(masked(cues)))
        try:
            opinion = await judge.ask(self.client, cues, examples, self.scenes, deadline_s=ms / 1000.0)
        except (ModelError, BudgetExceeded) as err:
            return Advice(left=str(err), down=isinstance(err, ModelError))
        return Advice(self.trust.both.weigh(evidence, opinion.guess), cost(opinion.usage))


async def advised(
    adviser: Adviser | None, noticed: Noticed | None, budget: Budget
) -> tuple[Noticed | None, Advice]:
    """What was noticed of a turn, with the model's part where it is worth asking."""
    if adviser is None or noticed is None or not adviser.wanted(noticed.request, noticed.guess):
        return noticed, NOT_ASKED
    advice = await adviser.advise(noticed.cues, noticed.learned, budget)
    if advice.guess is None:
        return noticed, advice
    return replace(noticed, learned=advice.guess, model=adviser.client.name), advice
