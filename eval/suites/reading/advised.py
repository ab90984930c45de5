"""A language model's part of reading, always asked: its opinion alone, or weighed with evidence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from handpicked.agent import judge
from handpicked.agent.adviser import Adviser
from handpicked.agent.app import wiring
from handpicked.agent.cues import masked
from handpicked.agent.read import Noticed, Reader
from handpicked.agent.settings import Settings
from handpicked.tools.errors import ConfigError

Amend = Callable[[Noticed], Noticed]


def amending(settings: Settings, reader: Reader, *, alone: bool) -> Amend:
    """Puts the model's opinion, or what it and evidence say together, in the place of evidence's.

    Raises ConfigError for a model that isn't there or was never measured."""
    client, missing = wiring.model_client(settings)
    asked = settings.model_copy(update={"model_reading": "on"})
    adviser = wiring.adviser(asked, client, reader.embedder, reader.scenes)
    if adviser is None:
        never = f"{settings.model} was never measured at reading; run `handpicked doctor --measure --model {settings.model}`"
        raise ConfigError(missing or never)

    def amend(noticed: Noticed) -> Noticed:
        if not adviser.wanted(noticed.request, noticed.learned):
            return noticed
        return _amended(noticed, adviser, alone=alone)

    return amend


def _amended(noticed: Noticed, adviser: Adviser, *, alone: bool) -> Noticed:
    near = adviser.shelf.near(adviser.embedder.query(masked(noticed.cues)))
    opinion = asyncio.run(judge.ask(adviser.client, noticed.cues, near, adviser.scenes))
    weights = adviser.trust.alone if alone else adviser.trust.both
    guess = weights.weigh(noticed.learned, opinion.guess)
    return replace(noticed, learned=guess, model=adviser.client.name)
