"""Which wishes hold within a domain, once it is known: a wish for one thing is no filter on another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from handpicked.agent import own, refusals, wording
from handpicked.agent.wishes import Mention, Placed, Wants
from handpicked.tools.data.index import Snapshot
from handpicked.tools.types import TERM_FIELDS, Constraint, Mask, Scalar

_SHORTEST, _LONGEST = 20, 400
"""Minutes that a bound without a unit may mean."""
_CHEAP, _DEAR = 1 / 3, 2 / 3
"""Quantiles of the prices of what is asked for: the cheap third, the dear third."""
_FEW = 3
"""Of fewer prices than this no third is taken; those of the domain are used instead."""
_ANY = (None, None)
_USUAL = {"language": ("English", "Chinese"), "country": ("United States", "China")}
"""A domain with none of these has no languages or countries to speak of."""
_TALK = frozenset({"explain", "rate", "review", "chitchat"})
"""Tasks that ask for no list: what is named beside them filters nothing; nor beside the summary of a title."""


def settle(
    snapshot: Snapshot,
    wants: Wants,
    domain: Sequence[Constraint],
    *,
    tasks: Sequence[str] = (),
    gift: bool = False,
) -> tuple[Constraint, ...]:
    """The constraints that a list of the domain must keep.

    Terms that no item of the domain has are dropped ("french fries" is no language), and of several values those that
    it lacks. Where several domains are named, a wish for one of them doesn't bind the others.
    Nothing is kept in a turn of only `tasks` that ask for no list. For a `gift`, one thing is bought for all the money."""
    talk = _TALK | ({"summarize"} if wants.titled else frozenset[str]())
    if tasks and set(tasks) <= talk:
        return ()
    wished = replace(wants, placed=tuple(wish for wish in wants.placed if gift or not wish.spent))
    several = [c for c in domain if c.op == "in" and c.source == "text" and len(c.value) > 1]
    if not several:
        return _settled(snapshot, wished, domain)
    others = [c for c in domain if c not in several]
    each = {
        str(name): _settled(snapshot, wished, [*others, replace(several[0], value=(name,))])
        for name in several[0].value
    }
    return _scoped(each)


def _scoped(each: Mapping[str, Sequence[Constraint]]) -> tuple[Constraint, ...]:
    """The constraints of several domains, those that don't hold for all of them bound to theirs."""
    found: dict[Constraint, list[str]] = {}
    for name, constraints in each.items():
        for constraint in constraints:
            found.setdefault(constraint, []).append(name)
    return tuple(
        constraint if len(names) == len(each) else replace(constraint, within=tuple(names))
        for constraint, names in found.items()
    )


def _settled(snapshot: Snapshot, wants: Wants, domain: Sequence[Constraint]) -> tuple[Constraint, ...]:
    placed = [
        wish
        for wish in wants.placed
        if not _elsewhere(snapshot, wants, wish, domain)
        and not (wish.topic and refusals.is_goods(snapshot, wish.constraint))
    ]
    terms = [
        term for wish in placed if not wish.bare if (term := _applicable(snapshot, wish.constraint, domain))
    ]
    bare = [
        bound for wish in placed if wish.bare if (bound := _with_field(snapshot, wish.constraint, domain))
    ]
    kept = _joined(snapshot, _agreeing(snapshot, terms, domain), domain)
    found = [*kept, *bare, *_priced(snapshot, wants, domain, kept)]
    return tuple(dict.fromkeys([*found, *refusals.implied(snapshot, found, domain)]))


def applicable(
    snapshot: Snapshot, constraints: Sequence[Constraint], domain: Sequence[Constraint]
) -> tuple[Constraint, ...]:
    """Constraints whose terms some item of the domain has, each with those of its values."""
    return tuple(held for given in constraints if (held := _applicable(snapshot, given, domain)))


def wished_domains(snapshot: Snapshot, wants: Wants) -> tuple[str, ...]:
    """The domains named, and where one is named those of other wishes that it can't hold ("a film and some snacks")."""
    named = tuple(name for name in wants.domains if name in snapshot.terms("domain"))
    if not named:
        return _side_by_side(snapshot, wants)
    more: list[str] = []
    for wish in wants.placed:
        if wish.constraint.field == "categories" and wish.constraint.op == "in":
            found = _domains_of(snapshot, wish.constraint)
            qualifies = any(mention.start >= wish.end for mention in wants.mentions) and not wish.headed
            if qualifies and not refusals.is_goods(snapshot, wish.constraint):
                continue  # "drama and history books"
            if wish.added and not wish.topic and found and not found & set(named):
                more += sorted(found)
    return tuple(dict.fromkeys((*named, *more)))


def _side_by_side(snapshot: Snapshot, wants: Wants) -> tuple[str, ...]:
    """The domains of goods and of a work that are asked for beside each other without a name: "cereal and a good western"."""
    wished = [
        w
        for w in wants.placed
        if w.constraint.field == "categories" and w.constraint.op == "in" and not w.topic
    ]
    goods = [w for w in wished if refusals.is_goods(snapshot, w.constraint)]
    works = [w for w in wished if w not in goods and w.headed]
    if not goods or not works or not any(w.added for w in (*goods, *works)):
        return ()
    found = [_most(snapshot, wish.constraint) for wish in (*goods, *works)]
    return tuple(dict.fromkeys(filter(None, found)))


def goods_beside(snapshot: Snapshot, wants: Wants) -> tuple[str, ...]:
    """The domains of goods that are asked for on top of something else: "review Alien and recommend some beer"."""
    goods = [
        wish
        for wish in wants.placed
        if wish.added
        and not wish.topic
        and wish.constraint.op == "in"
        and refusals.is_goods(snapshot, wish.constraint)
    ]
    return tuple(dict.fromkeys(name for wish in goods if (name := _most(snapshot, wish.constraint))))


def works_beside(snapshot: Snapshot, wants: Wants, domains: Sequence[str]) -> tuple[str, ...]:
    """The domains of works that are asked for on top of goods of some domains: "dinner for two and a romcom after"."""
    works = [
        wish
        for wish in wants.placed
        if wish.headed
        and wish.added
        and not wish.topic
        and wish.constraint.field == "categories"
        and wish.constraint.op == "in"
        and not _domains_of(snapshot, wish.constraint) & set(domains)
    ]
    return tuple(dict.fromkeys(name for wish in works if (name := _most(snapshot, wish.constraint))))


def _most(snapshot: Snapshot, constraint: Constraint) -> str | None:
    """The domain that has most of what a constraint speaks of."""
    given = snapshot.mask([_positive(constraint)])
    sizes = {
        name: int((given & snapshot.mask([Constraint("domain", "in", (name,))])).sum())
        for name in sorted(snapshot.terms("domain"))
    }
    best = max(sizes, key=lambda name: sizes[name], default=None)
    return best if best is not None and sizes[best] else None


def domain_shares(
    snapshot: Snapshot, wants: Wants, filters: Sequence[Constraint] = ()
) -> Mapping[str, float]:
    """For each domain how well it has what is asked for or refused (a category, a price at all): 1 where most items
    do, less on a logarithmic scale where fewer do."""
    shares: dict[str, float] = {}
    known = sorted(snapshot.terms("domain"))
    masks = {name: snapshot.mask([Constraint("domain", "in", (name,))]) for name in known}
    for wish in wants.placed:
        given = snapshot.mask([_positive(wish.constraint), *filters])
        counts = {name: int((given & masks[name]).sum()) for name in known}
        most = max(counts.values(), default=0)
        for name, count in counts.items():
            if most:
                shares[name] = max(shares.get(name, 0.0), float(np.log1p(count) / np.log1p(most)))
    return shares


def _positive(constraint: Constraint) -> Constraint:
    """What items must have for a constraint to say anything of them: one of its values, or any number."""
    if constraint.op == "range":
        return Constraint(constraint.field, "range", _ANY)
    return Constraint(constraint.field, "in", constraint.value)


def _domains_of(snapshot: Snapshot, constraint: Constraint) -> set[str]:
    """The domains that have an item with what a constraint speaks of."""
    given = snapshot.mask([_positive(constraint)])
    return {
        name
        for name in snapshot.terms("domain")
        if (given & snapshot.mask([Constraint("domain", "in", (name,))])).any()
    }


def _elsewhere(snapshot: Snapshot, wants: Wants, wish: Placed, domain: Sequence[Constraint]) -> bool:
    """Whether a wish belongs to another domain that is asked for: said beside its name, or held by it alone."""
    inside = {str(value) for constraint in domain if constraint.op == "in" for value in constraint.value}
    wished = wished_domains(snapshot, wants)
    if len(inside) != 1 or not set(wished) - inside:
        return False
    having = _domains_of(snapshot, wish.constraint) & set(wished)
    if not having & inside:
        return bool(having)
    mentions = [mention for mention in wants.mentions if not mention.refused]
    if _shared(wish, wants, mentions):
        return False
    owner = _owner(wish, mentions)
    return owner is not None and not set(owner.domains) & inside and bool(set(owner.domains) & having)


def _shared(wish: Placed, wants: Wants, mentions: Sequence[Mention]) -> bool:
    """Whether a bound behind all that is named is on all of it: "a book or a record under 20"."""
    field = wish.constraint.field
    alone = sum(other.constraint.field == field for other in wants.placed) == 1
    return wish.constraint.op == "range" and alone and all(mention.end <= wish.start for mention in mentions)


def _owner(wish: Placed, mentions: Sequence[Mention]) -> Mention | None:
    """The mention nearest to a wish: right behind it ("a jazz record"), else the last before, else the next."""
    behind = [mention for mention in mentions if 0 <= mention.start - wish.end <= 2]
    before = [mention for mention in mentions if mention.start <= wish.start]
    return behind[0] if behind else before[-1] if before else mentions[0] if mentions else None


def _applicable(
    snapshot: Snapshot, constraint: Constraint, domain: Sequence[Constraint]
) -> Constraint | None:
    """A term with those of its values that the domain has, or None; a length may be an attribute's."""
    if constraint.field == "runtime":
        return _timed(snapshot, constraint, domain)
    if constraint.field not in TERM_FIELDS:
        return constraint
    if constraint.field in ("language", "country"):
        return _spoken(snapshot, constraint, domain)
    if constraint.field in ("creators", "cast"):
        return _person(snapshot, constraint, domain)
    held = tuple(value for value in constraint.value if _has(snapshot, constraint.field, value, domain))
    return replace(constraint, value=held) if held else None


def _person(snapshot: Snapshot, constraint: Constraint, domain: Sequence[Constraint]) -> Constraint | None:
    """Somebody in a role that things of the domain have: in music an actor can only be a singer. Nobody's work is asked
    of goods."""
    if snapshot.mask([*domain, _positive(constraint)]).any():
        return constraint
    inside = snapshot.mask(domain)
    for field in (constraint.field, "cast" if constraint.field == "creators" else "creators"):
        if any(bool(rows.any()) for rows in _with_any(snapshot, field, inside)):
            return replace(constraint, field=field)
    return None


def _with_any(snapshot: Snapshot, field: str, inside: Mask) -> Iterator[Mask]:
    """Rows of the domain that have anybody in a role, part by part."""
    for part, offset in ((snapshot.build.columns, 0), (snapshot.delta.columns, len(snapshot.build.columns))):
        if field in part.terms:
            yield inside[offset + part.terms[field].rows]


def _spoken(snapshot: Snapshot, constraint: Constraint, domain: Sequence[Constraint]) -> Constraint | None:
    """A language or country of the domain; else the country of an adjective whose language nothing there has ("a Norwegian
    trio"). Where things have languages, one that none has empties the list; "french fries" has none."""
    if snapshot.mask([*domain, _positive(constraint)]).any():
        return constraint
    if constraint.field == "language" and (country := _country(snapshot, constraint, domain)):
        return country
    others = [Constraint(constraint.field, "in", (name,)) for name in _USUAL[constraint.field]]
    return constraint if any(snapshot.mask([*domain, other]).any() for other in others) else None


def _country(snapshot: Snapshot, constraint: Constraint, domain: Sequence[Constraint]) -> Constraint | None:
    lands = wording.load().lands
    values = tuple(dict.fromkeys(land for value in constraint.value for land in lands.get(str(value), ())))
    country = replace(constraint, field="country", value=values)
    return country if values and snapshot.mask([*domain, _positive(country)]).any() else None


def _has(snapshot: Snapshot, field: str, value: Scalar | None, domain: Sequence[Constraint]) -> bool:
    return bool(snapshot.mask([*domain, Constraint(field, "in", (value,))]).any())


def _numeric(snapshot: Snapshot, field: str, domain: Sequence[Constraint]) -> bool:
    """Whether some item of the domain has a number in a field."""
    return bool(snapshot.mask([*domain, Constraint(field, "range", _ANY)]).any())


def _timed(snapshot: Snapshot, constraint: Constraint, domain: Sequence[Constraint]) -> Constraint:
    """A length, of the attribute in minutes that the domain has instead of a runtime ("articles under 5 minutes")."""
    if not _numeric(snapshot, "runtime", domain):
        for field in sorted(set(own.units(snapshot).values())):
            if field.endswith("minutes") and _numeric(snapshot, field, domain):
                return replace(constraint, field=field)
    return constraint


def _with_field(snapshot: Snapshot, bound: Constraint, domain: Sequence[Constraint]) -> Constraint | None:
    """A bound without a unit is a price where items have prices, else a length where it can be one."""
    high = bound.value[1]
    if _numeric(snapshot, "price", domain):
        return bound
    timed = isinstance(high, int | float) and _SHORTEST <= high <= _LONGEST
    return replace(bound, field="runtime") if timed and _numeric(snapshot, "runtime", domain) else None


def _agreeing(
    snapshot: Snapshot, constraints: Sequence[Constraint], domain: Sequence[Constraint]
) -> list[Constraint]:
    """Without categories of other domains than the people's and languages' that are asked for with them."""
    firm = [c for c in constraints if c.op == "in" and c.field in ("creators", "cast")]
    inside = set[str]().union(*(_domains_of(snapshot, constraint) for constraint in firm))
    if not firm or not inside:
        return list(constraints)
    within = Constraint("domain", "in", tuple(sorted(inside)))
    return [
        c
        for c in constraints
        if c.field != "categories" or c.op != "in" or snapshot.mask([*domain, within, _positive(c)]).any()
    ]


def _joined(
    snapshot: Snapshot, constraints: Sequence[Constraint], domain: Sequence[Constraint]
) -> list[Constraint]:
    """Categories that no item has together are a list of wishes ("soap and cat litter"): any of them will do."""
    wished = [c for c in constraints if c.field == "categories" and c.op == "in"]
    if len(wished) < 2 or snapshot.mask([*domain, *wished]).any():
        return list(constraints)
    values = tuple(dict.fromkeys(value for constraint in wished for value in constraint.value))
    spans = ", ".join(constraint.span for constraint in wished if constraint.span)
    merged = Constraint("categories", "in", values, "text", spans)
    return [merged, *(constraint for constraint in constraints if constraint not in wished)]


def _priced(
    snapshot: Snapshot, wants: Wants, domain: Sequence[Constraint], kept: Sequence[Constraint]
) -> list[Constraint]:
    """ "Cheap" and "dear" as a third of the prices of what is asked for; nothing where a price was named."""
    if not wants.prices or any(constraint.field == "price" for constraint in kept):
        return []
    prices = snapshot.numbers("price")
    known = prices[snapshot.mask([*domain, *kept]) & ~np.isnan(prices)]
    if len(known) < _FEW:
        known = prices[snapshot.mask(domain) & ~np.isnan(prices)]
    if len(known) < _FEW:
        return []
    degree = wants.prices[0]
    edge = round(float(np.quantile(known, _CHEAP if degree.direction == "cheap" else _DEAR)), 2)
    value = (None, edge) if degree.direction == "cheap" else (edge, None)
    return [Constraint("price", "range", value, "text", degree.span)]
