"""Whether a sentence is in the language that was asked for; titles, names and the user's own words don't count."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handpicked.eval.suites.grounding.catalog import vocabulary
from handpicked.eval.suites.grounding.clauses import Clauses
from handpicked.eval.suites.grounding.scope import Problem
from handpicked.eval.suites.grounding.words import Span, blank, fold, is_cjk, squeeze, tokens_of, within

_WORD = re.compile(r"[^\W\d_\u3040-\u9fff]+")
_OTHER_SCRIPT = re.compile(
    r"[\u3040-\u30ff\uac00-\ud7af\u0400-\u04ff\u0600-\u06ff\u0590-\u05ff\u0e00-\u0e7f]{2,}"
)
_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")


def tongue(part: Clauses) -> Iterator[Problem]:
    """A sentence that is written in another language than the one asked for."""
    start, end = part.sentence.span
    titles = [mention.span for mention in part.sentence.mentions]
    text = blank(part.passage.text, [(0, start), (end, len(part.passage.text)), *titles])
    text = blank(text, _known(text, part))
    words, han = [fold(w) for w in _WORD.findall(text)], sum(map(is_cjk, text))
    plain = [word for word in _WORD.findall(text) if word[0].islower()]
    said = squeeze(part.passage.text[start:end])
    if _OTHER_SCRIPT.search(text):
        yield Problem("language", said, "in another script")
    elif part.scope.language == "en" and han > 1 and han > len(words) / 4:
        yield Problem("language", said, "Chinese, and English was asked for")
    elif part.scope.language == "zh" and len(plain) >= 3 and len(words) > han / 2:
        yield Problem("language", said, "not Chinese, which was asked for")
    elif part.scope.language == "en" and (other := _other(words)):
        yield Problem("language", said, f"reads like {other}")


def _known(text: str, part: Clauses) -> Iterator[Span]:
    """Names of people and words of the user: they keep their spelling in every language."""
    words = tokens_of(text)
    people = [name for known in part.sentence.about for role in known.people.values() for name in role]
    for name in dict.fromkeys(people):
        for m in re.finditer(re.escape(name), text):
            yield m.span()
    for m in _HAN_RUN.finditer(text):
        if part.scope.language == "en" and within(m.group(), part.scope.said):
            yield m.span()
    if part.scope.language == "zh":
        for word in words:
            if not word.cjk and within(word.raw, part.scope.said):
                yield word.start, word.end


def _other(words: list[str]) -> str | None:
    if len(words) < 4:
        return None
    counts = {language: sum(w in known for w in words) for language, known in vocabulary().function.items()}
    best = max(counts, key=lambda language: (counts[language], language == "en"))
    return best if best != "en" and counts[best] >= 2 and counts[best] > counts["en"] + 1 else None
