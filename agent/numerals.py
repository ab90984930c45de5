"""Numbers as they are written in words, English and Chinese."""

from __future__ import annotations

import re

_ONES = (
    "zero", "one|a|an", "two|couple", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
_TENS = ("thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred")
WORDS: dict[str, float] = (
    {word: float(number) for number, words in enumerate(_ONES) for word in words.split("|")}
    | {word: 10.0 * number for number, word in enumerate(_TENS, 3)}
    | {"half": 0.5, "half a": 0.5, "half an": 0.5}
)
_SPOKEN: dict[str, float] = WORDS | {
    "a couple": 2.0, "a couple of": 2.0, "couple of": 2.0, "a pair of": 2.0, "pair of": 2.0, "dozen": 12.0, "a dozen": 12.0,
    "half a dozen": 6.0, "fourty": 40.0, "a hundred": 100.0, "one hundred": 100.0,
}  # fmt: skip
_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {
    "两": 2, "俩": 2, "〇": 0, "仨": 3,
}  # fmt: skip
_UNITS = {"十": 10, "百": 100, "千": 1000}
_SMALL = r"(?:one|two|three|four|five|six|seven|eight|nine)"
_ROUND = r"(?:twenty|thirty|fou?rty|fifty|sixty|seventy|eighty|ninety)"
_COMPOUND = (
    rf"(?:{_SMALL}|a)[ -]hundred[ -](?:and[ -])?(?:{_ROUND}(?:[ -]{_SMALL})?|ten|eleven|twelve|{_SMALL})"
    rf"|(?:{_SMALL}|ten|eleven|twelve|fifteen)[ -]hundred|{_ROUND}[ -]{_SMALL}"
)
_ENGLISH = "|".join(sorted(map(re.escape, _SPOKEN), key=len, reverse=True))
NUMBER = (
    rf"((?<![\d.])(?<!\d,)\d{{1,7}}(?:[.,]\d{{1,3}})?(?!\d)|\b(?:{_COMPOUND}|{_ENGLISH})\b(?:\s+and\s+a\s+half)?"
    r"|[零〇一二两俩仨三四五六七八九十百千]{1,8}半?|半)"
)
"""A pattern with one group, of what `number_of` reads."""


def number_of(text: str) -> float:
    """The value of digits, an English number word or a Chinese numeral."""
    word = " ".join(text.split()).casefold()
    if word.endswith("and a half"):
        return number_of(word.removesuffix("and a half").strip()) + 0.5
    if word in _SPOKEN:
        return _SPOKEN[word]
    if word[0].isdigit():
        return float(word.replace(",", "." if re.fullmatch(r"\d+,\d{1,2}", word) else ""))
    return _compound(word) if word.isascii() else chinese(word)


def _compound(text: str) -> float:
    """The value of "twenty-five" or "a hundred and twenty"."""
    total = 0.0
    for word in text.replace("-", " ").split():
        if word == "hundred":
            total = (total or 1.0) * 100.0
        elif word != "and":
            total += _SPOKEN[word]
    return total


def chinese(text: str) -> float:
    """The value of a Chinese numeral, such as 一百二十 or 两半."""
    if text == "半":
        return 0.5
    total, digit = 0, 0
    for char in text.removesuffix("半"):
        if char in _UNITS:
            total += (digit or 1) * _UNITS[char]
            digit = 0
        else:
            digit = _DIGITS[char] if digit == 0 else digit * 10 + _DIGITS[char]
    return total + digit + (0.5 if text.endswith("半") else 0.0)
