"""Cleaning of text, ids, lists and attributes. Pure functions.

A value that stands for nothing gives None (or an empty tuple); one that can't be understood raises
`ValueError` with a message fit for `rejects.csv`.
"""

from __future__ import annotations

import html
import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import cast

import orjson

from handpicked.tools.data.text import mend, normalize
from handpicked.tools.types import Scalar

_TAGS = (
    "a abbr article aside b blockquote body br caption center cite code col dd del details div dl dt em "
    "figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header hr html i iframe img input ins label "
    "li link main mark meta nav ol option p picture pre q s section select small source span strike strong "
    "sub summary sup svg table tbody td tfoot th thead title tr tt u ul video"
).replace(" ", "|")
_HIDDEN = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|<!doctype[^>]*>", re.IGNORECASE | re.DOTALL)
_INLINE = re.compile(
    r"</?(?:a|abbr|b|em|font|i|mark|s|small|span|strong|sub|sup|u)(?:\s[^<>]*)?/?>", re.IGNORECASE
)
_TAG = re.compile(rf"</?(?:{_TAGS})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_CONTROL = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff"
    # not to be seen, or turning round what stands beside it
    "\u00ad\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_JOINERS = " \u061c\u200c\u200d\u200e\u200f"
"""Persian and emoji need them between characters."""
_LARGEST_INT = 10**15
_EXACT = 2**53
_CANONICAL_INT = re.compile(r"-?(?:0|[1-9]\d{0,14})$")
_CANONICAL_FLOAT = re.compile(r"-?(?:0|[1-9]\d{0,14})\.\d{1,15}$")


def text(value: object) -> str:
    """Give readable text: no markup, entities, control or invisible characters, composed Unicode, single spaces.

    The texts of a list are put one after the other.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, list | tuple):
        return " ".join(filter(None, map(text, _entries(cast(Sequence[object], value), None))))
    if isinstance(value, dict | bytes):
        raise ValueError("is nested or binary; a text is needed")  # noqa: TRY004 - callers know one error
    raw = value if isinstance(value, str) else str(value)
    if raw.isascii() and raw.isalnum():
        return raw
    while True:
        clean = _visible(mend(_without_markup(raw) if "<" in raw or "&" in raw else raw))
        # Feeds escape twice or more: again, until nothing changes.
        if clean == raw or ("<" not in clean and "&" not in clean):
            return clean
        raw = clean


def identifier(value: object) -> str:
    """Give an id as text; whole floats lose their `.0`, markup characters are kept.

    Raises `ValueError` for what is no id: floats that no longer tell whole numbers apart, bools, nested values.
    """
    if type(value) is int:
        return str(value)
    if isinstance(value, str):
        if value.isascii() and value.isalnum():
            return value
        return _visible(value)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool | list | dict | bytes) or (isinstance(value, float) and abs(value) >= _EXACT):
        raise ValueError("is no id; ids are text or whole numbers")
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def terms(value: object) -> tuple[str, ...]:
    """Give the cleaned entries of a list, each once; text is split at `|`, else at `, `."""
    return tuple(dict.fromkeys(entry for entry in map(text, _entries(value, ", ")) if entry))


def identifiers(value: object) -> tuple[str, ...]:
    """Give the ids of a list, each once; text is split at `|`, else at `, `."""
    return tuple(dict.fromkeys(entry for entry in map(identifier, _entries(value, ", ")) if entry))


def utterances(value: object) -> tuple[str, ...]:
    """Give what was said, turn by turn; text is split at `|` only."""
    return tuple(entry for entry in map(text, _entries(value, None)) if entry)


def attribute(value: object, *, infer: bool) -> Scalar | None:
    """Give an attribute's value. `infer` reads numbers and bools out of text, as from CSV; 007 stays text.

    Whole numbers of more than 15 digits are names, not amounts, and no float holds them: they are text.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < _LARGEST_INT else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return ", ".join(terms(cast(Sequence[object], value))) or None
    if isinstance(value, dict | bytes):
        raise ValueError("is nested or binary")  # noqa: TRY004 - callers know one error
    clean = text(value)
    return (_inferred(clean) if infer else clean) if clean else None


def same_title(title: str) -> str:
    """Give the form under which titles count as one: folded, without an article before or a year after it."""
    folded = re.sub(r"\s(?:1[89]|20)\d\d$", "", normalize(title))
    return re.sub(r"^(?:the|a|an)\s(?=\S)|(?<=\S)\s(?:the|a|an)$", "", folded)


def _visible(raw: str) -> str:
    return " ".join(unicodedata.normalize("NFC", _CONTROL.sub("", raw)).split()).strip(_JOINERS)


def _without_markup(raw: str) -> str:
    for _ in range(2):
        raw = _TAG.sub(" ", _INLINE.sub("", _HIDDEN.sub(" ", raw)))
        raw = html.unescape(raw)
    return _TAG.sub(" ", _INLINE.sub("", _HIDDEN.sub(" ", raw)))


def _entries(value: object, separator: str | None) -> Iterable[object]:
    if value is None:
        return ()
    if isinstance(value, str):
        return _split(value, separator)
    if not isinstance(value, list | tuple):
        return (value,)
    entries = list(cast(Sequence[object], value))  # looked at on the next line
    if any(isinstance(entry, dict | list) for entry in entries):
        raise ValueError("is nested; a list of texts is needed")
    return entries


def _split(raw: str, separator: str | None) -> Iterable[object]:
    if raw.startswith("[") and raw.endswith("]"):
        try:
            return _entries(orjson.loads(raw), separator)
        except orjson.JSONDecodeError:
            pass
    if "|" in raw or separator is None:
        return raw.split("|")
    return raw.split(separator)


def _inferred(raw: str) -> Scalar:
    if _CANONICAL_INT.match(raw):
        return int(raw)
    if _CANONICAL_FLOAT.match(raw):
        return float(raw)
    lowered = raw.lower()
    return lowered == "true" if lowered in ("true", "false") else raw
