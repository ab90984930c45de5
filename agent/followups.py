"""How a message leans on the one before: signs that it goes on, asks about what was shown, or starts anew."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import yaml

from handpicked import prompts
from handpicked.agent import lexicon, moods
from handpicked.agent.lexicon import Hit
from handpicked.agent.scenes import Scenes
from handpicked.tools.data.text import STOP_WORDS, Token, content_words, fold, tokenize

Side = Literal["less", "more"]
_STRONG = frozenset({"more", "again", "instead", "released", "compared", "comparatives", "what about"})
_WEAK = frozenset({"points", "complains", "only", "narrows", "widens", "opens"})
_PLACED = ("opens", "concludes_behind", "widens_behind", "widens_before")
"""Groups whose words count only in their place."""
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_CLAUSE_END = re.compile(r"\s*(?:$|[,.;:!?，。；！？])")
_WHAT_ABOUT = re.compile(
    r"\b(?:what|how)\s*(?:about|abt)\b|^[^，。！？,.!?]{1,7}呢(?:\W|$)|^\W*那.{1,8}呢", re.IGNORECASE
)
_AGAIN = re.compile(
    r"\b(?:show|give|list|see|tell|bring|display|repeat|read)\b(?:\W+\w+){0,3}?\W+(?:those|these|them|that|it|list|ones)\b"
    r"(?:\W+\w+){0,4}?\W+(?:again|once more|one more time)\b"
    r"|^\W*(?:(?:ok|okay|please|pls|sorry|hm+|um)\W+)*(?:again|once more|one more time|same again)\b"
    r"|\brepeat (?:that|those|them|the list)\b|\b(?:go |going |get )?back to (?:the|those|that|your) (?:(?:first|last|previous|earlier) )?(?:list|ones|lot|results|picks|suggestions)\b"
    r"|\b(?:show|give|see|list)\b(?:\W+\w+){0,2}\W+(?:the )?(?:same|previous|last|earlier) (?:list|ones|lot|results|picks|suggestions)\b"
    r"|再(?:给我|帮我|让我)?(?:看|列|说|发|念|显示)(?:一?[遍次下看]|出来)?.{0,3}(?:刚才|刚刚|之前|上面|前面|那些|那几)"
    r"|(?:刚才|刚刚|之前|上面|前面)(?:的|那些|那几\S|推荐的|给的|列的|说的)*(?:再|重新)(?:给我|帮我)?(?:看|列|说|发|念|显示|来)"
    r"|再(?:来|说|列|发|念)一[遍次]|回到(?:刚才|刚刚|之前|上面)|重复一[遍下]",
    re.IGNORECASE,
)
_NOT_AGAIN = re.compile(r"\b(?:not|never|don't|dont|no|stop|without)\b(?:\W+\w+){0,4}\W+again\b|(?:不要|别|不想|除了|跟|和)(?:再)?.{0,3}刚才", re.IGNORECASE)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compared:
    """Less or more of a field than what was shown; `span` are the words."""

    field: str
    side: Side
    span: str


@dataclass(frozen=True, slots=True)
class Marks:
    """What in a message points beyond it.

    `strong` words only make sense after another message; `weak` ones may also stand in a full wish. `frame` is a
    phrase that asks for something, `asks` one that asks about something. `rest` is the text without all of them, empty
    where nothing is left that says something by itself."""

    reset: bool
    strong: bool
    weak: bool
    frame: bool
    asks: bool
    closes: bool
    persons: bool
    instead: bool
    narrows: bool
    widens: bool
    compared: tuple[Compared, ...]
    released: tuple[str, ...]
    rest: str


def marks(text: str, spoken: Sequence[str] = ()) -> Marks:
    """Read the signs in a message; `spoken` are the words of its own constraints, which are not left over."""
    tokens = tokenize(text)
    hits = [hit for hit in lexicon.find(text, tokens, _phrases()) if "nothing" not in hit.values]
    groups = {group for hit in hits for group in _groups(text, tokens, hit, hits)}
    if _WHAT_ABOUT.search(text):
        groups.add("what about")
    compared = tuple(found for hit in hits if (found := _compared(text, tokens, hit, hits, spoken)))
    released = tuple(dict.fromkeys(g.removeprefix("releases ") for g in groups if g.startswith("releases ")))
    groups |= {name for name, there in (("compared", compared), ("released", released)) if there}
    return Marks(
        reset="reset" in groups,
        strong=bool(groups & _STRONG),
        weak=bool(groups & _WEAK),
        frame="frames" in groups,
        asks="asks" in groups,
        closes="closes" in groups,
        persons="persons" in groups,
        instead="instead" in groups,
        narrows="narrows" in groups,
        widens="widens" in groups,
        compared=compared,
        released=released,
        rest=_rest(text, tokens, hits, spoken),
    )


def scenes_named(text: str, scenes: Scenes) -> frozenset[str]:
    """The scenes whose cues stand in a message, but for words that lean on the one before ("cheaper" is no shop)."""
    tokens = tokenize(text)
    leans = [
        hit for hit in lexicon.find(text, tokens, _phrases()) if not {"frames", "fillers"} & set(hit.values)
    ]
    taken = {place for hit in leans for place in range(hit.first, hit.last)}
    return frozenset(
        name
        for name, scene in scenes.items()
        for hit in lexicon.find(text, tokens, scene.cue_keys)
        if not taken & set(range(hit.first, hit.last))
    )


def asks_again(text: str) -> bool:
    """Whether what was shown is wanted once more: "show me those again", 再给我看看刚才的."""
    return _AGAIN.search(text) is not None and _NOT_AGAIN.search(text) is None


def _groups(text: str, tokens: Sequence[Token], hit: Hit, hits: Sequence[Hit]) -> list[str]:
    """The groups of a hit; those that depend on the place only where it is the right one."""
    start, end = tokens[hit.first].start, tokens[hit.last - 1].end
    groups = [g for g in hit.values if g not in _PLACED]
    first = _opening(tokens, hits) == hit.first
    if ("opens" in hit.values and first) or (
        "concludes_behind" in hit.values and _CLAUSE_END.match(text, end)
    ):
        groups.append("opens")
    if ("widens_behind" in hit.values and _CLAUSE_END.match(text, end)) or (
        "widens_before" in hit.values and (first or not text[:start].strip())
    ):
        groups.append("widens")
    return groups


def _opening(tokens: Sequence[Token], hits: Sequence[Hit]) -> int:
    """The first token that isn't a mere filler ("hm no, ok but ...")."""
    place = 0
    for hit in hits:
        opens = {"opens", "widens_before"} & set(hit.values) and not {"fillers"} & set(hit.values)
        if hit.first != place or opens or "fillers" not in hit.values:
            break
        place = hit.last
    return place


def _compared(
    text: str, tokens: Sequence[Token], hit: Hit, hits: Sequence[Hit], spoken: Sequence[str]
) -> Compared | None:
    """A comparison with what was shown; "nothing older" turns it round. Words of a bound ("太长了 要两个小时以内的" has
    both) are left to the bound."""
    named = next((group for group in hit.values if group.startswith("compares ")), None)
    span = text[tokens[hit.first].start : tokens[hit.last - 1].end]
    if named is None or any(span != words and span in words for words in spoken):
        return None
    _, field, side = named.split()
    before = tokens[hit.first - 1].text if hit.first else ""
    if before in ("nothing", "not", "isnt", "别", "不") and not span.casefold().startswith(("too", "太")):
        side = "less" if side == "more" else "more"
    return Compared(field, "less" if side == "less" else "more", span)


def _rest(text: str, tokens: Sequence[Token], hits: Sequence[Hit], spoken: Sequence[str]) -> str:
    gone = [(tokens[hit.first].start, tokens[hit.last - 1].end) for hit in hits]
    for words in filter(None, spoken):
        place = text.find(words)
        gone += [(place, place + len(words))] if place >= 0 else []
    kept = "".join(
        " " if any(start <= n < end for start, end in gone) else char for n, char in enumerate(text)
    )
    if all(map(_says_little, content_words(kept))):
        return ""
    return " ".join(word for word in _WORD.findall(kept) if fold(word) not in STOP_WORDS)


def _says_little(word: str) -> bool:
    letter = len(word) == 1 and word.isascii()
    refuses = "negation" in lexicon.load().cues.get(word, ())
    return letter or refuses or word in STOP_WORDS or word.isdigit() or bool(moods.leanings(word))


@cache
def _phrases() -> Mapping[str, tuple[str, ...]]:
    """Phrase keys to the groups of `prompts/followups.yaml`; a field's words are in `compares FIELD SIDE` and
    `releases FIELD`."""
    document = yaml.load(prompts.read_text("followups.yaml"), yaml.CSafeLoader)
    groups: dict[str, list[object]] = {}
    for name, value in document.items():
        if name == "compares":
            groups |= {
                f"compares {f} {side}": words for f, sides in value.items() for side, words in sides.items()
            }
        elif name == "releases":
            groups |= {f"releases {field}": words for field, words in value.items()}
        else:
            groups[name] = value
    return lexicon.by_word(groups)
