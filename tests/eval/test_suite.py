"""Suites: what a YAML may say."""

from __future__ import annotations

import pytest

from handpicked.eval import suite
from handpicked.eval.types import Options
from handpicked.tools.errors import ConfigError

GOOD = """
what: w
data: d
protocol: p
systems: {a: one, b: two}
baseline: b
metrics: {m: {kind: mean, better: higher, what: m}}
"""


def test_every_suite_loads_and_gives_a_task() -> None:
    assert suite.names()
    for name in suite.names():
        assert suite.load(name).task()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("baseline: b", "baseline: c"), "unknown system 'c'; known: a, b"),
        (("kind: mean", "kind: median"), "metrics.m.kind"),
        (("kind: mean", "kind: ratio"), "numerator, denominator"),
        (("data: d", ""), "data: Field required"),
        (("data: d", "data: d\ndato: d"), "dato: Extra inputs"),
        (("what: w", "what: [w"), "isn't YAML"),
        (("baseline: b", "baseline: b\nthresholds: [{system: a, metric: z, min: 1}]"), "unknown metric 'z'"),
        (("baseline: b", "baseline: b\nthresholds: [{system: a, metric: m}]"), "either min or max"),
        (("systems: {a: one, b: two}", "systems: {}"), "systems"),
    ],
)
def test_a_yaml_that_says_what_cannot_be_is_refused_with_file_and_field(
    change: tuple[str, str], says: str
) -> None:
    assert suite.parse(GOOD, "here.yaml")
    with pytest.raises(ConfigError, match=r"here\.yaml") as caught:
        suite.parse(GOOD.replace(*change), "here.yaml")
    assert says in str(caught.value)


def test_a_limit_takes_cases_evenly_from_each_part() -> None:
    search = suite.load("search")
    every, few = suite.cases(search, Options()), suite.cases(search, Options(limit=3))
    for part in dict.fromkeys(case.part for case in every):
        ids = [case.id for case in every if case.part == part]
        kept = [case.id for case in few if case.part == part]
        assert kept == [ids[0], ids[len(ids) // 3], ids[2 * len(ids) // 3]]
    assert suite.cases(search, Options(limit=10**6)) == every


@pytest.mark.parametrize("name", ["rankng", "no.such.package"])
def test_an_unknown_suite_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=r"no suite|unknown suite"):
        suite.load(name)
