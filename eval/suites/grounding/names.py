"""Names, places, categories and brands in a sentence against the facts of what it is said of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from handpicked.eval.suites.grounding.catalog import Known, Meaning, is_place, vocabulary
from handpicked.eval.suites.grounding.clauses import Clauses
from handpicked.eval.suites.grounding.scope import Problem
from handpicked.eval.suites.grounding.words import Span, any_of, fold, key_of, overlap, tokens_of, within

_NAME = (
    r"(?:[^\W\d_a-z][\w'’-]*\.?|(?:de|van|von|der|den|la|le|du|da|del|di|bin|al|el|of|the)(?=\s[^\W\d_a-z]))"
)
_FULL = rf"(?:the\s)?[^\W\d_a-z][\w'’.-]*(?:\s{_NAME})*"
_LIST = rf"(?P<names>{_FULL}(?:(?:,\s(?:and\s)?|\sand\s|\s&\s){_FULL})*)"
_ROLES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("creators", re.compile(rf"\b(?:[Dd]irect(?:ed|ion|or)(?:\sis|\swas)?(?:\sby|:)?|[Ff]ilmmaker|[Aa]uthor:?|[Cc]omposed\sby|[Pp]erformed\sby|[Ss]ung\sby|[Pp]ainted\sby)\s{_LIST}")),
    ("cast", re.compile(rf"\b(?:[Ss]tarring|[Ss]tars|[Ff]eaturing|[Ff]eatures|[Aa]cted\sby|[Cc]ast\sincludes|[Pp]layed\sby|[Vv]oiced\sby|[Vv]oices\sof)\s{_LIST}")),
    ("writers", re.compile(rf"\b[Ww]ritten\sby\s{_LIST}")),
    ("any", re.compile(rf"\b(?:by|with|from|and|for)\s{_LIST}")),
    ("creators", re.compile(r"(?:导演|作者|艺人|执导者|歌手|乐队)(?:也?是|为|：|:)?\s?(?P<names>[^，。；,;（）()《》“”\s][^，。；,;（）()《》“”]*)")),
    ("creators", re.compile(r"由\s?(?P<names>[^，。；,;（）()《》]{2,40}?)\s?(?:执导|导演|创作|演唱|演奏|撰写)")),
    ("cast", re.compile(r"(?:主演|演员|领衔)(?:是|为|有|：|:)?\s?(?P<names>[^，。；,;（）()《》]{2,60})|由\s?(?P<more>[^，。；,;（）()《》]{2,40}?)\s?(?:主演|出演|饰演)")),
    ("writers", re.compile(r"(?:编剧)(?:是|为|：|:)?\s?(?P<names>[^，。；,;（）()《》]{2,60})")),
)  # fmt: skip
_SPLIT = re.compile(r",\s(?:and\s)?|\sand\s|\s&\s|、|和|与|及")
_RUN = re.compile(
    r"[^\W\d_a-z\u3040-\u9fff][\w'’-]+(?:\s(?:(?:of|in|on|and|the|for|to|at|with)\s){0,2}[^\W\d_a-z\u3040-\u9fff][\w'’-]*)+"
)
_TITLE_LINK = re.compile(r"\s(?:of|in|on|the|for|to|at)\s")
_WORD = re.compile(r"(?<![\w'’-])[^\W\d_a-z\u3040-\u9fff][^\W\d_]{2,}(?![\w-])")
_ZH_GENRES = re.compile(
    r"(?P<run>[\u4e00-\u9fff]{2,6}(?:、[\u4e00-\u9fff]{2,6})*?)(?=片|电影|影片|书(?![名店])|文章|专辑|小说|剧(?!情)|，|（)"
)
_THINGS = (
    "film", "films", "movie", "movies", "picture", "story", "book", "novel", "album", "article", "record", "drama", "comedy",
    "thriller", "western", "musical", "romance", "epic", "adventure", "piece", "tale", "flick", "documentary",
)  # fmt: skip
_YOURS = re.compile(r"\byou(?:r|'re|’re)?\b|你", re.IGNORECASE)


def names(part: Clauses) -> Iterator[Problem]:
    """Names that what they are said of lacks. Each place in the text is judged once, by the first rule that reads it."""
    seen: list[Span] = []
    for rule in (_roles, _people, _places, _categories, _goods, _brands, _runs):
        for span, problem in rule(part):
            if any(overlap(span, other) for other in seen):
                continue
            seen.append(span)
            if problem:
                yield problem


def _roles(part: Clauses) -> Iterator[tuple[Span, Problem | None]]:
    for role, pattern in _ROLES:
        for m in pattern.finditer(part.text):
            group = "names" if m["names"] else "more"
            about = part.about(m.start(group))
            start = m.start(group)
            for name, span in _each(_without_whole(m[group], role, about), start):
                if role == "any" and not _person(name, part):
                    continue
                yield span, _role_problem(role, name, about, part)


def _without_whole(group: str, role: str, about: Sequence[Known]) -> str:
    """Blank the names that are there in full: they may hold an "and" or a comma themselves."""
    full = [name for known in about for name in known.people["creators" if role == "any" else role]]
    for name in sorted(full, key=len, reverse=True):
        group = re.sub(re.escape(name), lambda m: " " * len(m.group()), group, flags=re.IGNORECASE)
    return group


def _role_problem(role: str, name: str, about: Sequence[Known], part: Clauses) -> Problem | None:
    if not about:
        shown = part.scope.shown.values()
        if within(name, part.scope.said) or (
            shown and all(_has_person(known, role, name) for known in shown)
        ):
            return None
        return Problem("wrong_name", name, "said of nothing in particular, and not asked for")
    if any(_has_person(known, role, name) for known in about):
        return None
    if role == "any" and _YOURS.search(part.text) and within(name, part.scope.said):
        return None
    return Problem(
        "wrong_name",
        name,
        f"not in the {'facts' if role == 'any' else role} of {', '.join(k.item.title for k in about[:3])}",
    )


def _has_person(known: Known, role: str, name: str) -> bool:
    if role == "any":
        return within(name, known.line) or any(_is_person(name, full) for full in known.people["creators"])
    return any(_is_person(name, full) for full in known.people[role]) or (
        role != "cast" and within(name, known.spoken)
    )


def _is_person(said: str, full: str) -> bool:
    """The whole name, its last words, or the name with an article more or less."""
    one, other = [k for k in key_of(said) if k != "the"], [k for k in key_of(full) if k != "the"]
    return bool(one) and (
        one == other
        or (len(one) < len(other) and other[-len(one) :] == one)
        or "".join(one) == "".join(other)
    )


def _person(name: str, part: Clauses) -> bool:
    """Whether a capitalised run behind "by" or "with" reads as a name: of two words, or a surname that is known."""
    words = key_of(name)
    if is_place(name) or words[-1] in vocabulary().common:
        return False
    return (
        len(words) > 1
        or " ".join(words) in part.scope.catalog.surnames
        or any(k.people["creators"] == (name,) for k in part.scope.shown.values())
    )


def _people(part: Clauses) -> Iterator[tuple[Span, Problem | None]]:
    """People of the catalogue, wherever they are named."""
    words = tokens_of(part.text)
    for place, word in enumerate(words):
        if not word.capital:
            continue
        for length, _ in part.scope.catalog.people.at(words, place):
            last = words[place + length - 1]
            name = part.text[word.start : last.end]
            if length > 1 and last.capital and re.fullmatch(r"[\w\s.'’·-]+", name):
                yield (word.start, last.end), _name_problem(name, word.start, part)
                break


def _runs(part: Clauses) -> Iterator[tuple[Span, Problem | None]]:
    """Runs of capitals, and surnames, that are nobody's."""
    begins = part.sentence.span[0]
    for m in _RUN.finditer(part.text):
        start, name = m.start(), m.group()
        if (
            not part.text[begins:start].strip(" \"“'‘(")
            and (first := key_of(name)[0])
            and _ordinary(first, part)
        ):
            start += len(name.split()[0]) + 1
            name = part.text[start : m.end()]
        if len(name.split()) > 1 and not all(w in vocabulary().common for w in key_of(name)):
            problem = _name_problem(name, start, part)
            if problem and (_TITLE_LINK.search(name) or all(_ordinary(w, part) for w in key_of(name))):
                problem = Problem("foreign_title", name, "written like a title, and nothing shown has it")
            yield (start, m.end()), problem
    for m in _WORD.finditer(part.text):
        word = re.sub(r"['’]s$", "", m.group())
        if fold(word) in part.scope.catalog.surnames and part.text[begins : m.start()].strip():
            yield m.span(), _name_problem(word, m.start(), part)


def _ordinary(word: str, part: Clauses) -> bool:
    return word in vocabulary().function["en"] or word in part.scope.catalog.plain


def _name_problem(name: str, place: int, part: Clauses) -> Problem | None:
    about = part.about(place)
    name = re.sub(r"['’]s$", "", name)
    if any(within(name, known.line) for known in about):
        return None
    if within(name, part.scope.said) and (not about or _YOURS.search(part.text)):
        return None
    shown = part.scope.shown.values()
    if not about and shown and all(within(name, known.line) for known in shown):
        return None
    titles = ", ".join(known.item.title for known in about[:3]) or "nothing in particular"
    return Problem("wrong_name", name, f"named of {titles}, whose facts don't have it")


def _places(part: Clauses) -> Iterator[tuple[Span, Problem | None]]:
    for place in vocabulary().places:
        for m in _pattern(place).finditer(part.text):
            yield m.span(), _meaning_problem(m.group(), m.start(), place, part, field="places")


def _categories(part: Clauses) -> Iterator[tuple[Span, Problem | None]]:
    runs = [m.span("run") for m in _ZH_GENRES.finditer(part.text)]
    for category in vocabulary().categories:
        for m in _pattern(category).finditer(part.text):
            if m.group().isascii():
                if category.loose and not _as_genre(part.text, m.span()):
                    continue
            elif not any(overlap(m.span(), run) for run in runs):
                continue
            yield m.span(), _meaning_problem(m.group(), m.start(), category, part, field="categories")


def _meaning_problem(word: str, place: int, meaning: Meaning, part: Clauses, *, field: str) -> Problem | None:
    about = part.about(place)
    needed = any(_has(known, meaning, field) for known in about) or any(
        within(word, known.line) for known in about
    )
    if needed or (not about and _wanted(word, meaning, part)):
        return None
    titles = ", ".join(known.item.title for known in about[:3]) or "nothing in particular"
    return Problem("wrong_name", word, f"said of {titles}: its {field} don't have it")


def _has(known: Known, meaning: Meaning, field: str) -> bool:
    have: str = known.categories if field == "categories" else known.places
    return any(within(need, have) for need in meaning.needs)


def _wanted(word: str, meaning: Meaning, part: Clauses) -> bool:
    said = part.scope.said
    asked = any(within(w, said) for w in (word, *meaning.en, *meaning.needs)) or any(
        w in part.scope.request.message for w in meaning.zh
    )
    shown = part.scope.shown.values()
    field = "categories" if meaning in vocabulary().categories else "places"
    return asked or (bool(shown) and all(_has(known, meaning, field) for known in shown))


def _goods(part: Clauses) -> Iterator[tuple[Span, Problem | None]]:
    """Chinese words for goods: their item's title or categories must say the same in English."""
    for word, needs in vocabulary().goods.items():
        for m in re.finditer(word, part.text):
            about = [known for known in part.about(m.start()) if known.item.domain == "grocery"]
            told = [fold(" ".join((k.item.title, *k.item.categories))) for k in about]
            if about and not any(need in text for need in needs for text in told):
                yield m.span(), Problem("wrong_name", word, f"{about[0].item.title} is no such thing")


def _brands(part: Clauses) -> Iterator[tuple[Span, Problem | None]]:
    words = tokens_of(part.text)
    for place, word in enumerate(words):
        if not word.raw[0].isupper():
            continue
        for length, brands in part.scope.catalog.brands.at(words, place):
            last = words[place + length - 1]
            about = part.about(word.start)
            if about and not any(within(brands[0], known.line) for known in about):
                yield (
                    (word.start, last.end),
                    Problem("wrong_name", brands[0], f"not the brand of {about[0].item.title}"),
                )


def _each(text: str, start: int) -> Iterator[tuple[str, Span]]:
    place = 0
    for cut in (*_SPLIT.finditer(text), None):
        end = cut.start() if cut else len(text)
        name = text[place:end].rstrip(" .:'’\"”")
        name = re.sub(r"['’]s$", "", name)
        if name.strip() and key_of(name):
            yield name.strip(), (start + place, start + place + len(name))
        if cut:
            place = cut.end()


def _as_genre(text: str, span: Span) -> bool:
    """Whether a word that means other things too is a category here: beside a kind of thing or another category."""
    after = re.match(r"[\s,-]+(?:and\s)?([\w'’-]+)", text[span[1] :])
    return bool(after) and fold(after[1]) in (*_THINGS, *_genre_words())


@cache
def _genre_words() -> frozenset[str]:
    return frozenset(word for category in vocabulary().categories for word in category.en)


@cache
def _pattern(meaning: Meaning) -> re.Pattern[str]:
    capital = "" if any(w[0].isupper() for w in meaning.en) else "(?i:"
    return re.compile(
        rf"(?<![\w-]){capital}(?:{any_of(meaning.en)}){')' if capital else ''}(?!\w)|{any_of(meaning.zh)}"
    )
