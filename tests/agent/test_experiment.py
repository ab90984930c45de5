"""A/B tests: who has which policy, what it changes, and what is kept of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from handpicked.agent import experiment, scenes
from handpicked.agent.app import feeding
from handpicked.agent.experiment import Experiment
from handpicked.agent.loop import Agent
from handpicked.agent.read import Reader
from handpicked.agent.settings import Settings
from handpicked.agent.types import Reply, Request, Surroundings
from handpicked.tools.data import ingest
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import ConfigError

_FILE = """
name: {name}
policies:
  as-is: {{share: {share}}}
  drawn: {{share: {rest}, scenes: {{watch: {{explore: 2, diversity: 0}}}}}}
"""


def _load(folder: Path, name: str = "drawn-places", share: float = 0.5) -> Experiment:
    path = folder / f"{name}.yaml"
    path.write_text(_FILE.format(name=name, share=share, rest=1 - share))
    return experiment.load(path, scenes.load())


def _of(tested: Experiment, arm: str) -> str:
    """A user who is in an arm."""
    return next(u for n in range(100) if tested.policy(u := f"u{n}") == f"{tested.name}/{arm}")


def test_users_keep_their_policy_and_another_experiment_parts_them_anew(tmp_path: Path) -> None:
    users = [f"u{n}" for n in range(4000)]
    tested, again, other = _load(tmp_path), _load(tmp_path), _load(tmp_path, "other")
    first = [tested.policy(user) for user in users]
    assert first == [again.policy(user) for user in users]
    both = Counter(zip(first, map(other.policy, users), strict=True))
    # Four cells of 1,000 users each: 0.999 of such draws lie within 5 standard deviations of 27.
    assert all(abs(count - 1000) < 135 for count in both.values())
    assert len(both) == 4


def test_a_policy_has_its_share_of_the_users(tmp_path: Path) -> None:
    tested = _load(tmp_path, share=0.1)
    count = Counter(tested.policy(f"u{n}") for n in range(4000))
    assert abs(count["drawn-places/as-is"] - 400) < 95


def test_an_assignment_never_changes_between_versions() -> None:
    # blake2b of the name, a zero byte and the id: what is logged today has to be the same user's arm next year.
    assert experiment.place_of("drawn-places", "u1") == pytest.approx(0.23352895929952, abs=1e-12)


def test_only_what_a_policy_says_is_changed(tmp_path: Path) -> None:
    tested, base = _load(tmp_path), scenes.load()
    changed = tested.scenes(_of(tested, "drawn"))
    assert (changed["watch"].explore, changed["watch"].diversity) == (2, 0.0)
    assert (
        changed["watch"].model_copy(update={"explore": 0, "diversity": base["watch"].diversity})
        == base["watch"]
    )
    assert {n: s for n, s in changed.items() if n != "watch"} == {
        n: s for n, s in base.items() if n != "watch"
    }
    assert tested.scenes(_of(tested, "as-is")) == tested.scenes(None) == base


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: a\npolicies: {b: {share: 0.5}}", "add up to 0.5"),
        ("name: a\npolicies: {b: {share: 1, scenes: {tv: {explore: 1}}}}", "unknown scene 'tv'"),
        ("name: a\npolicies: {b: {share: 1, scenes: {watch: {cues: []}}}}", "can't change 'cues'"),
        (
            "name: a\npolicies: {b: {share: 1, scenes: {watch: {explore: -1}}}}",
            r"policies\.b\.watch: explore",
        ),
        ("name: a/b\npolicies: {b: {share: 1}}", "name: String should match"),
        ("name: [", "can't be read as an experiment"),
    ],
)
def test_a_file_that_says_what_cannot_be_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=said):
        experiment.load(path, scenes.load())
    with pytest.raises(ConfigError, match="HANDPICKED_EXPERIMENT"):
        experiment.load(tmp_path / "gone.yaml", scenes.load())


def test_the_reply_and_the_log_tell_the_policy(
    make_agent: Callable[..., Agent], reader: Reader, fresh: Workspace, tmp_path: Path, settings: Settings
) -> None:
    tested = _load(tmp_path)
    agent = make_agent(workspace=fresh, using=reader, experiment=tested)

    def ask(user_id: str | None) -> Reply:
        where = Surroundings(page="movies", now=1.75e9)
        return asyncio.run(agent.turn(Request(context=where, k=4, user_id=user_id, id=f"r-{user_id}")))

    replies = {arm: ask(_of(tested, arm)) for arm in ("as-is", "drawn")}
    for arm, reply in replies.items():
        [step] = [step for step in reply.trace if step.step == "rank"]
        assert step.detail["policy"] == f"drawn-places/{arm}"
        sure = sum(item.propensity == 1.0 for item in reply.lists[0].items)
        assert sure == {"as-is": 4, "drawn": 2}[arm]
    assert all("policy" not in step.detail for step in ask(None).trace)
    kept = [*fresh.events.shown.impressions()]
    assert {(e.policy, e.task, e.list_id) for e in kept} == {
        (f"drawn-places/{arm}", "recommend", reply.lists[0].list_id) for arm, reply in replies.items()
    }
    lines = tmp_path / "shown.jsonl"
    feeding.export_impressions(settings.model_copy(update={"workspace": fresh.path}), lines)
    ingest.ingest(fresh, ingest.IngestFiles(events=(lines,)))
    assert [*fresh.events.of_kind("impression")] == kept
