"""Each kind of problem is found, and what is so is left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from handpicked.agent.types import Citation, ListItem, RankedList, Reading, Reply, Request, SceneGuess, Usage
from handpicked.eval.suites.grounding.checker import Catalog, Past, Problem, check
from handpicked.eval.suites.grounding.constraints import keeps
from handpicked.eval.suites.grounding.planted import facts_of
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.types import Constraint, Item

REQUEST = Request("something for tonight")
CHINESE = Request("今晚看什么")


@pytest.fixture(scope="module")
def catalog(built: Workspace) -> Catalog:
    return Catalog.of(built.catalog.scan())


def answer(catalog: Catalog, ids: Sequence[str], text: str, **change: Any) -> Reply:
    """A reply that shows items as they are; `change` overrides its fields."""
    shown = tuple(
        ListItem(rank, i, catalog.items[i].title, 1.0, "", facts_of(catalog.items[i]), False, ())
        for rank, i in enumerate(ids, 1)
    )
    reading = Reading(SceneGuess("watch", 1.0), ("recommend",))
    lists = (RankedList("recommend", "Recommended for you", shown),) if ids else ()
    reply = Reply("r", "t", None, reading.scene, reading.tasks, reading, lists, text, {}, (), (), (), Usage())
    return replace(reply, **change)


def first(reply: Reply, **change: Any) -> Reply:
    """The reply with its first item changed."""
    ranked = reply.lists[0]
    return replace(
        reply, lists=(replace(ranked, items=(replace(ranked.items[0], **change), *ranked.items[1:])),)
    )


def kinds(problems: Sequence[Problem]) -> set[str]:
    return {problem.kind for problem in problems}


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        ("f1 f7", "Here are 2 films. Night Signal (1982) runs 117 minutes. Robot Picnic is a 1999 comedy by Ada Brandt."),
        ("f1 f7", "Both are by Ada Brandt. Night Signal is longer (117 minutes against 88 minutes)."),
        ("f4", "Up is 96 minutes long. Time to look up: it is rated 7.0."),
        ("f5 f6", "The Dry Valley is a western from the fifties, Silver Spurs one from the sixties."),
        ("f1", "Night Signal (1982): A detective hunts runaway machines in a wet city."),
        ("f9", "At just over two hours, The Long Waltz is a romantic drama from 1944."),
        ("g1", "Oat Crackers (snacks, about $2.49) are from Acme."),
        ("b2", "算法之外 is a 2021 science book by 林知夏, about $12.00."),
        ("", "I recommend films and books. Tell me a title that you like."),
    ],
)  # fmt: skip
def test_what_is_so_is_no_problem(catalog: Catalog, ids: str, text: str) -> None:
    assert check(answer(catalog, ids.split(), text), REQUEST, catalog) == ()


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        (
            "f1 f7",
            "为你选了 2 部电影。《Night Signal》是 1982 年的科幻、惊悚电影，导演 Ada Brandt，117 分钟。",
        ),
        ("f5", "《The Dry Valley》是五十年代的西部片，片长一百一十九分钟。"),
        ("g2", "Sea Salt Chips（零食，约 3.99 美元）。"),
        ("n2", "《人工智能走进乡村诊所》（2025）：乡村医生开始使用人工智能读片。"),
    ],
)
def test_what_is_so_in_chinese_is_no_problem(catalog: Catalog, ids: str, text: str) -> None:
    assert check(answer(catalog, ids.split(), text), CHINESE, catalog) == ()


@pytest.mark.parametrize(
    ("kind", "ids", "text"),
    [
        ("foreign_title", "f1", "Night Signal is dark. Robot Picnic is lighter."),
        ("foreign_title", "f1", "Night Signal is dark, and nobody should miss Heat."),
        ("foreign_title", "f1", "If you have seen “A Winter in Porcelain”, you know the mood."),
        ("foreign_title", "f1", "Ghost Ferry (2003) is the better film."),
        ("wrong_number", "f1", "Night Signal came out in 1985."),
        ("wrong_number", "f1", "Night Signal takes ninety minutes."),
        ("wrong_number", "f1", "Night Signal takes under 100 minutes."),
        ("wrong_number", "f1", "Night Signal is rated 8.5 out of 10."),
        ("wrong_number", "g1", "Oat Crackers cost $2.94."),
        ("wrong_number", "f5", "The Dry Valley belongs to the 1960s."),
        ("wrong_number", "f1 f7", "Night Signal (1982) is older than Robot Picnic (1989)."),
        ("wrong_name", "f1", "Night Signal was directed by Ida Lupin."),
        ("wrong_name", "f1", "Night Signal stars Desmond Quarry."),
        ("wrong_name", "f1", "Night Signal is a western."),
        ("wrong_name", "f1", "Night Signal is a French film."),
        ("wrong_name", "g1", "Oat Crackers are from Brill."),
        ("text_list_disagree", "f1 f7", "Here are three films."),
        ("text_list_disagree", "f1 f7", "Here are 2 books."),
        ("text_list_disagree", "f1 f7", "Nothing in the catalogue fits."),
        ("language", "f1", "《Night Signal》适合今晚看。"),
        (
            "language",
            "f1",
            "Night Signal est une histoire de machines, et elle est très sombre pour la nuit.",
        ),
    ],
)
def test_what_is_not_so_in_text_is_found(catalog: Catalog, kind: str, ids: str, text: str) -> None:
    assert kind in kinds(check(answer(catalog, ids.split(), text), REQUEST, catalog))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("foreign_title", "《Night Signal》很暗。也可以看看《Robot Picnic》。"),
        ("foreign_title", "《雾中的瓷器店》更好看。"),
        ("wrong_number", "《Night Signal》是 1992 年的电影。"),
        ("wrong_number", "《Night Signal》片长九十分钟。"),
        ("wrong_name", "《Night Signal》导演 Mike Moran。"),
        ("wrong_name", "《Night Signal》是一部喜剧片。"),
        ("text_list_disagree", "为你选了 4 部电影。"),
        ("language", "Night Signal is a good choice for a quiet evening."),
    ],
)
def test_what_is_not_so_in_chinese_text_is_found(catalog: Catalog, kind: str, text: str) -> None:
    assert kind in kinds(check(answer(catalog, ["f1"], text), CHINESE, catalog))


def test_reasons_and_reviews_are_read(catalog: Catalog) -> None:
    reply = answer(catalog, ["f1", "f7"], "")
    assert kinds(check(first(reply, reason="Close to Grave Hour: a 1982 film."), REQUEST, catalog)) == {
        "foreign_title"
    }
    assert kinds(check(first(reply, reason="Fits your words: a 1983 film."), REQUEST, catalog)) == {
        "wrong_number"
    }
    other = replace(reply, reviews={"f1": "Robot Picnic: it is a comedy."})
    assert "wrong_title" in kinds(check(other, REQUEST, catalog))


def test_what_the_user_named_or_chose_before_may_be_named(catalog: Catalog) -> None:
    reply = first(answer(catalog, ["f1"], ""), reason="Because you chose Grave Hour: a 1982 film.")
    assert check(reply, REQUEST, catalog, Past(chosen=("f8",))) == ()
    assert check(reply, Request("I liked Grave Hour"), catalog) == ()
    assert check(reply, REQUEST, catalog, Past(said=("more like grave hour",))) == ()


def test_what_the_user_asked_for_may_be_echoed(catalog: Catalog) -> None:
    reply = answer(catalog, ["f5"], "Here is 1 film (westerns, before 1970).")
    assert check(reply, Request("westerns before 1970"), catalog) == ()
    assert kinds(check(reply, Request("westerns"), catalog)) == set()  # it is true of all that is shown
    untrue = answer(catalog, ["f5"], "Here is 1 film (westerns, before 1950).")
    assert kinds(check(untrue, Request("westerns before 1970"), catalog)) == {"wrong_number"}


def test_ids_and_titles_are_looked_up(catalog: Catalog) -> None:
    reply = answer(catalog, ["f1", "f7"], "Night Signal is dark.")
    assert kinds(check(first(reply, item_id="f999"), REQUEST, catalog)) >= {"off_catalog_id"}
    assert kinds(check(first(reply, title="Night Signals"), REQUEST, catalog)) == {"wrong_title"}
    assert kinds(check(replace(reply, reviews={"f999": ""}), REQUEST, catalog)) == {"off_catalog_id"}
    cited = replace(reply, citations=(Citation((0, 21), "f999", "year"),))
    assert kinds(check(cited, REQUEST, catalog)) == {"off_catalog_id", "wrong_title"}
    swapped = replace(reply, citations=(Citation((0, 21), "f7", "year"),))
    assert kinds(check(swapped, REQUEST, catalog)) == {"wrong_title"}


def test_facts_are_the_catalogues(catalog: Catalog) -> None:
    reply = answer(catalog, ["f1"], "")
    item = catalog.items["f1"]
    assert kinds(check(first(reply, facts={**facts_of(item), "year": 1983}), REQUEST, catalog)) == {
        "wrong_number"
    }
    assert kinds(check(first(reply, facts={"creators": ["Ida Lupin"]}), REQUEST, catalog)) == {"wrong_name"}
    assert kinds(check(first(reply, facts={"title": "Heat"}), REQUEST, catalog)) == {"wrong_title"}


def test_constraints_hold_for_sponsored_items_too(catalog: Catalog) -> None:
    reply = answer(catalog, ["g1"], "")
    sponsored = replace(reply.lists[0], task="ads", items=(replace(reply.lists[0].items[0], sponsored=True),))
    request = replace(REQUEST, filters=(Constraint("price", "range", (None, 2)),))
    assert kinds(check(replace(reply, lists=(sponsored,)), request, catalog)) == {"broken_constraint"}


@pytest.mark.parametrize(
    ("constraint", "kept"),
    [
        (Constraint("year", "range", (1990, 1999)), True),
        (Constraint("year", "range", (2000, None)), False),
        (Constraint("price", "range", (None, 5)), False),
        (Constraint("categories", "in", ("sci fi",)), True),
        (Constraint("categories", "not_in", ("Sci-Fi",)), False),
        (Constraint("language", "in", ("French",)), True),
        (Constraint("country", "in", ("Japan",)), True),
        (Constraint("country", "not_in", ("Japan",)), True),
        (Constraint("brand", "not_in", ("Acme",)), True),
        (Constraint("colour", "in", ("red",)), True),
        (Constraint("in_stock", "in", (True,)), True),
    ],
)
def test_constraints_are_judged_by_plain_fields(constraint: Constraint, kept: bool) -> None:
    more = {"colour": "Red", "countries": "Korea, Japan"}
    item = Item(
        "x",
        "X",
        categories=("Sci-Fi",),
        year=1995,
        language="English, French",
        country="Korea",
        attributes=more,
    )
    assert keeps(item, constraint) is kept


@pytest.mark.parametrize(
    "message", ["I can't stand Up, something animated?", "anything but Up", "除了《Up》还有什么动画片"]
)
def test_what_was_refused_must_not_be_shown(catalog: Catalog, message: str) -> None:
    assert kinds(check(answer(catalog, ["f4"], ""), Request(message), catalog)) == {"rejected_shown"}


def test_a_refusal_that_was_read_counts(catalog: Catalog) -> None:
    reply = answer(catalog, ["f4"], "")
    read = replace(reply, reading=replace(reply.reading, dislike=("f4",)))
    assert kinds(check(read, REQUEST, catalog)) == {"rejected_shown"}


def test_an_empty_list_says_why(catalog: Catalog) -> None:
    silent = replace(answer(catalog, [], "Nothing."), lists=(RankedList("recommend", "For you", ()),))
    assert kinds(check(silent, REQUEST, catalog)) == {"empty_without_reason"}
    told = replace(silent, lists=(RankedList("recommend", "For you", (), ("year at least 2030",)),))
    assert check(told, REQUEST, catalog) == ()
    assert kinds(check(answer(catalog, [], ""), REQUEST, catalog)) == {"empty_without_reason"}
