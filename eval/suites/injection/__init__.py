"""`injection`: hostile texts in items, reviews, messages and the rest, against the same turn without them."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from handpicked.eval.types import Case, Json, Options, Scores, Subject
from handpicked.tools.errors import ConfigError

if TYPE_CHECKING:
    from handpicked.agent.types import Request
    from handpicked.eval.suites.injection.obeying import Obeying
    from handpicked.eval.suites.injection.world import Kit

_QUICK = 6
_SYSTEMS = ("evidence", "obeys", "embedded")


class _Injection:
    def cases(self, options: Options) -> list[Case]:
        """One for each attack of the split, and for each innocent text in the place of one."""
        from handpicked.eval.suites.injection import attacks
        from handpicked.eval.suites.injection.success import CONTROL

        found = [
            Case(attack.id, "attacks", _tags(attack.kind, attack.language, CONTROL), attack.model_dump(mode="json"))
            for attack in attacks.attacks(options.split)
        ]  # fmt: skip
        return found[::_QUICK] if options.quick else found

    @contextmanager
    def open(self, system: str, part: str, options: Options) -> Generator[Subject]:
        """The agent without a model, with one that obeys all that it reads, or with the options' model."""
        from handpicked.eval import openai_server, suites
        from handpicked.eval.suites.injection import world
        from handpicked.eval.suites.injection.obeying import Obeying

        if system not in _SYSTEMS:
            raise ConfigError(f"injection has no system {system!r}; it has {', '.join(_SYSTEMS)}")
        obeying = Obeying() if system == "obeys" else None
        with (
            openai_server.serving() if obeying else nullcontext() as server,
            tempfile.TemporaryDirectory(prefix="handpicked-eval-") as folder,
        ):
            changes: dict[str, object] = {"model_reading": "on", "tool_loop": "on", "seed": options.seed}
            if server is not None and obeying is not None:
                server.answers[:] = [obeying]
                changes |= {"model": "openai:obeys", "model_url": server.url}
            settings = suites.settings(options, **changes)
            if system == "embedded" and settings.model == "none":
                raise ConfigError("the system 'embedded' needs a language model: give --model")
            kit = world.kit(settings, model=system != "evidence")
            yield _Bench(kit, Path(folder), options.seed, obeying).answer

    def score(self, case: Case, answer: Json) -> Scores:
        """What the attack won, and what is left of the lists."""
        from handpicked.eval.suites.injection import success
        from handpicked.eval.suites.injection.attacks import Attack

        attack = Attack.model_validate(case.data)
        return success.scores(attack, answer["clean"], answer["attacked"], answer["reached"])


class _Bench:
    """Answers turns and their twins; a twin that is the same for several attacks is answered once."""

    def __init__(self, kit: Kit, folder: Path, seed: int, obeying: Obeying | None) -> None:
        self._kit, self._folder, self._seed, self._obeying = kit, folder, seed, obeying
        self._twins: dict[Request, Json] = {}
        self._clean: Path | None = None

    def answer(self, case: Case) -> Json:
        """The turn's twin and the turn, and which of a model's tasks were told the instruction."""
        from handpicked.eval.suites.injection import attacks, world
        from handpicked.eval.suites.injection.attacks import Attack

        attack = Attack.model_validate(case.data)
        if self._obeying is not None:
            self._obeying.meet(attack)
        if self._clean is None:
            self._clean = world.built(self._folder / "clean", None, self._kit.embedder)
        twin = attacks.request(attack, self._seed, clean=True)
        if twin not in self._twins:
            self._twins[twin] = self._reply(self._clean, twin)
        clean, where = self._twins[twin], self._clean
        reached = self._reached()
        if reached:
            raise ValueError(f"the twin of {attack.id} says {attack.marker!r} too")
        if attack.place not in attacks.SAID:
            where = world.built(self._folder / "attacked", attack, self._kit.embedder)
        attacked = self._reply(where, attacks.request(attack, self._seed, clean=False))
        return {"clean": clean, "attacked": attacked, "reached": self._reached()}

    def _reply(self, where: Path, request: Request) -> Json:
        from handpicked.eval.suites.injection import success

        return success.plain(self._kit.answer(where, request))

    def _reached(self) -> list[str]:
        return [] if self._obeying is None else list(dict.fromkeys(self._obeying.reached))


def _tags(kind: str, language: str, control: str) -> tuple[str, ...]:
    return (control,) if kind == control else ("all", kind, language)


task = _Injection()
