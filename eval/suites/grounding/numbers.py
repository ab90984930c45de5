"""Numbers of a sentence against the facts of what it is said of, and counts against the lists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from handpicked.eval.suites.grounding.amounts import Amount, amounts
from handpicked.eval.suites.grounding.catalog import Kind, Known, vocabulary
from handpicked.eval.suites.grounding.clauses import Clauses
from handpicked.eval.suites.grounding.scope import Problem, Scope
from handpicked.eval.suites.grounding.words import any_of, blank, squeeze

_ROLE_BEFORE = re.compile(
    r"(?:\ban?\s|\bof\s|[(（]|\breleased (?:in|on)\s|\bmade in\s|\bdates? (?:from|back to)\s|\bcame out in\s|\bpublished in\s|\brecorded in\s"
    r"|\bfrom\s|是\s?|[，,]\s?)$",
    re.IGNORECASE,
)
_MEASURED = re.compile(r"\s?(?:页|人|位|名|次|座|项|部|本|张|篇|集|轨|首)")
_NOTHING = re.compile(
    r"\bnothing (?:in the catalogue|here|matches|fits|was found)|no (?:matches|results)|没有符合的|找不到|没有找到",
    re.IGNORECASE,
)
_HERE = re.compile(r"\b(?:here|below|above|in (?:the|this|your) list)\b|下面|这里|以上|列表")
_NEAR_KIND = r"(?:\s(?:more|other|great|good|fine|short|long|classic|new|old|[a-z-]+))?\s?"


def numbers(part: Clauses) -> Iterator[Problem]:
    """Amounts that nothing they are said of has; counts that no list has."""
    text = _nameless(part)
    for amount in amounts(text):
        words = squeeze(part.text[slice(*amount.span)])
        if kind := _counted(part.text, amount):
            if not _is_list_count(part, amount):
                continue
            yield from _count(amount, kind, words, part.scope)
        elif not _meant(part.text, amount) or (
            amount.word and amount.unit == "other" and amount.low in part.scope.sizes
        ):
            continue
        elif about := part.about(amount.span[0]):
            strict = amount.unit == "year" and bool(_ROLE_BEFORE.search(part.text[: amount.span[0]]))
            judge = all if part.every() and amount.bound != "exact" else any
            if not judge(true_of(known, amount, strict=strict) for known in about):
                names = ", ".join(known.item.title for known in about[:3])
                yield Problem("wrong_number", words, f"not so of {names}")
        elif not _asked(amount, part.scope):
            yield Problem("wrong_number", words, "said of nothing in particular, and not what was asked")


def _nameless(part: Clauses) -> str:
    """Without names that have numbers in them ("the Verandah Seven")."""
    names = {name for known in part.scope.shown.values() for role in known.people.values() for name in role}
    spans = [
        m.span() for name in sorted(names) if _numbered(name) for m in re.finditer(re.escape(name), part.text)
    ]
    return blank(part.text, spans)


@cache
def _numbered(name: str) -> bool:
    return bool(amounts(name))


def nothing_found(part: Clauses) -> Iterator[Problem]:
    """A text that says that nothing was found beside a list that has something."""
    if (m := _NOTHING.search(part.text)) and any(ranked.items for ranked in part.scope.reply.lists):
        yield Problem("text_list_disagree", m.group(), "the lists aren't empty")


def true_of(known: Known, amount: Amount, *, strict: bool = False) -> bool:
    """Whether an item has such a number; `strict` for a year that is given as the item's own."""
    if any(amount.holds(value) for value in _values(known, amount)):
        return True
    if strict or amount.bound != "exact":
        return False
    same = (
        one
        for one in known.numbers
        if amount.unit in (one.unit, "other") or (amount.unit == "size" and one.unit == "other")
    )
    return any(abs(one.low - amount.low) < 1e-6 for one in same)


def _values(known: Known, amount: Amount) -> Sequence[float]:
    item, more = known.item, known.item.attributes
    rated = [item.rating, more.get("metacritic"), more.get("tomato_meter")]
    by_unit: dict[str, Sequence[object]] = {
        "year": [item.year],
        "decade": [item.year],
        "minutes": [item.runtime, more.get("reading_minutes")],
        "money": [item.price],
        "rating": [*rated, item.rating / 2 if item.rating else None],
        "percent": rated,
        "other": [item.year, item.runtime, item.price, *rated, *more.values()]
        if amount.bound == "exact"
        else [],
    }
    given = by_unit.get(amount.unit, [])
    return [float(value) for value in given if isinstance(value, int | float) and not isinstance(value, bool)]


def _meant(text: str, amount: Amount) -> bool:
    """Whether it is a number that can be wrong: not a place in an order, "one", or a syllable of a Chinese word."""
    if amount.ordinal or (amount.word and amount.unit == "other" and amount.low <= 1):
        return False
    han = amount.word and not text[amount.span[0]].isascii()
    if han and amount.unit == "other":
        return bool(_MEASURED.match(text[amount.span[1] :]))
    if han and amount.unit == "rating":
        return (
            bool(re.search(r"(?:评分|得分|分数)\S{0,4}$", text[: amount.span[0]]))
            or "星" in text[slice(*amount.span)]
        )
    return True


def _counted(text: str, amount: Amount) -> Kind | None:
    """The kind of thing that is counted, "10 films"; "two great films" too."""
    if (
        amount.unit != "other"
        or amount.ordinal
        or text[: amount.span[0]].endswith("另")
        or text[max(0, amount.span[0] - 1)] in "$#"
    ):
        return None
    after = text[amount.span[1] : amount.span[1] + 40]
    return next((kind for kind, pattern in _kinds() if pattern.match(after)), None)


@cache
def _kinds() -> tuple[tuple[Kind, re.Pattern[str]], ...]:
    """What follows a count of each kind."""
    return tuple(
        (kind, re.compile(rf"{_NEAR_KIND}(?:{any_of(kind.en)})\b|\s?(?:{any_of(kind.zh)})", re.IGNORECASE))
        for kind in vocabulary().kinds
    )


def _is_list_count(part: Clauses, amount: Amount) -> bool:
    """Whether a count is of what is shown: no title stands before it in its sentence, or it says so."""
    if _HERE.search(part.text[amount.span[1] : part.sentence.span[1]]):
        return True
    return (
        not any(mention.span[0] < amount.span[0] for mention in part.sentence.mentions) and not part.only_own
    )


def _count(amount: Amount, kind: Kind, words: str, scope: Scope) -> Iterator[Problem]:
    if amount.low not in scope.sizes or (amount.low == 0 and any(r.items for r in scope.reply.lists)):
        yield Problem("text_list_disagree", words, f"the lists have {sorted(scope.sizes)} items")
    elif kind.domains and not any(known.item.domain in kind.domains for known in scope.shown.values()):
        yield Problem("text_list_disagree", words, f"the lists have no {kind.en[0]}")


def _asked(amount: Amount, scope: Scope) -> bool:
    """Whether the user gave this number, or one that is true of all that is shown."""
    if any(_same(one, amount) for one in scope.asked_numbers):
        return True
    if amount.word and amount.unit == "other":
        return True
    if amount.unit == "other" and amount.low in scope.sizes:
        return True
    return bool(scope.shown) and all(true_of(known, amount) for known in scope.shown.values())


def _same(asked: Amount, said: Amount) -> bool:
    """Equal, or one further where a bound leaves its end out ("before 1970" is at most 1969)."""
    near = 1.0 if "year" in (asked.unit, said.unit) and said.bound != "exact" else 1e-6
    return abs(asked.low - said.low) <= near or abs(asked.high - said.high) <= near
