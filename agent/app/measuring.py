"""`handpicked doctor --measure`: how well the model reads turns here, and how far it is to be trusted."""

from __future__ import annotations

import asyncio

import numpy as np
from rich.table import Table
from rich.text import Text

from handpicked.agent import demonstrations, scenes, trial, trust
from handpicked.agent.app import show, wiring
from handpicked.agent.llm import factory
from handpicked.agent.settings import Settings
from handpicked.agent.stack import Doubles
from handpicked.agent.trial import Heard, Trial
from handpicked.tools.errors import ConfigError, ModelError

_Z = 1.96


def run(settings: Settings, turns: int, *, json: bool) -> None:
    """Measure it and keep the result; print a table unless `json` (the finding tells it then).

    Raises ConfigError without a model, ModelError where it fails."""
    client, missing = wiring.model_client(settings)
    if client is None:
        raise (
            ModelError(missing)
            if missing
            else ConfigError("there is no model to measure; name one with --model")
        )
    known, embedder = scenes.load(settings.scenes), factory.embedder(settings)
    train = [demo for demo in demonstrations.packaged() if demo.split == "train"]
    tried = trial.chosen(train, known, turns)
    with show.progress() as bar:
        bar("evidence, without each writer", 0, None)
        evidence = trial.evidence(tried, train, embedder, known)
        step = f"{client.name} reads {len(tried)} turns"
        bar(step, 0, len(tried))
        said = asyncio.run(
            trial.opinions(
                client, tried, train, embedder, known, on_done=lambda done: bar(step, done, len(tried))
            )
        )
    heard = [
        Heard(demo, guess, opinion, ms)
        for demo, guess, (opinion, ms) in zip(tried, evidence, said, strict=True)
    ]
    found = trial.judged(heard, known)
    trust.save(found.trust, trust.path(settings.cache, client.identity, embedder, known))
    if not json:
        show.out.print(_table(found, heard))
        show.out.print(_told(found, client.name), soft_wrap=True, markup=False)


def _table(found: Trial, heard: list[Heard]) -> Table:
    languages = {
        language: np.array([turn.demo.language == language for turn in heard]) for language in ("en", "zh")
    }
    title = f"{len(heard)} turns, each by a writer unknown to what reads it"
    table = Table(title=Text(title, style="bold"), title_justify="left", box=None, padding=(0, 1, 0, 0))
    for column in (
        "system",
        "scene",
        "tasks F1",
        "scene - evidence",
        *(f"scene, {name}" for name in languages),
    ):
        table.add_column(column, justify="left" if column == "system" else "right")
    base = found.systems["evidence"]
    for name, scored in found.systems.items():
        parts = (_mean(scored.scene[rows]) for rows in languages.values())
        table.add_row(
            name, _mean(scored.scene), _mean(scored.tasks), _mean(scored.scene - base.scene, "+"), *parts
        )
    return table


def _told(found: Trial, name: str) -> str:
    sure = found.trust.sure
    asked = (
        f"It is asked where evidence is less sure than {sure:.2f}, and not in {found.skipped:.0%} of turns."
        if sure
        else "No gain over evidence alone is proven, so evidence alone reads turns."
    )
    return f"{name}: {found.ms:.0f} ms a call (median). {asked} ± is half of the 95% interval."


def _mean(scores: Doubles, sign: str = "") -> str:
    if not len(scores):
        return ""
    half = _Z * float(scores.std()) / len(scores) ** 0.5
    return f"{scores.mean():{sign}.3f} ±{half:.3f}"
