"""Readable names for the groceries, whose data has them in abbreviated capitals cut after 30 characters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

SMALL = frozenset(
    {
        "and",
        "or",
        "with",
        "without",
        "of",
        "on",
        "the",
        "in",
        "to",
        "for",
        "up",
        "over",
        "under",
        "than",
        "de",
    }
)
CAPITALS = frozenset({"BBQ", "CD", "DIY", "DVD", "MLB", "NFL", "PSE", "DXM", "SPF", "TV", "VHS", "OJ"})


class Names:
    """The tables of `demo_words.toml`, section `groceries`, as a way from raw names to readable ones."""

    def __init__(self, words: Mapping[str, Any]) -> None:
        self._whole: Mapping[str, str] = words["titles"]
        self._departments: Mapping[str, str] = words["departments"]
        self._words: Mapping[str, str] = words["words"]
        self._phrases = [(re.compile(pattern), text) for pattern, text in words["phrases"].items()]

    def department(self, raw: str) -> str:
        return self._departments.get(raw) or self.readable(raw)

    def readable(self, raw: str) -> str:
        """Write a name out: `FRZN BRD WHOLE FILLETS` becomes `Frozen Breaded Whole Fillets`."""
        if raw in self._whole:
            return self._whole[raw]
        text = raw
        for pattern, replacement in self._phrases:
            text = pattern.sub(replacement, text).strip()
        text = re.sub(r"(?<=[A-Z)])&(?=[A-Z(])", " & ", text)
        text = re.sub(r"(?<=[A-Z)])/(?=[A-Z(])", " / ", text)
        text = re.sub(r":(?=\S)", ": ", text)
        text = re.sub(r"(?<=\S)\((?!S\))", " (", text)
        text = re.sub(r"(?<=[A-Z])- (?=[A-Z])", " - ", text)
        text = re.sub(r"(?<=\d)(LBS|ML|LT|IN)\b", lambda found: " " + found.group().lower(), text)
        text = re.sub(r"[A-Z][A-Z.']*", lambda found: self._word(found.group()), text)
        text = re.sub(r"\s+([,:)])", r"\1", re.sub(r"\s+", " ", text)).strip(" -/&,:")
        pair = text.count(" / ") == 1 and "&" not in text
        text = text.replace(" / ", " & " if pair else ", ").replace(" - ", ", ")
        return text[:1].upper() + text[1:]

    def titles(self, categories: Mapping[str, str]) -> dict[str, str]:
        """Name each kind (`TYPE` or `TYPE | CATEGORY`), given its category; no two names are the same."""
        titles = {kind: self._title(kind) for kind in categories}

        def by_category(kind: str) -> str:
            return self.readable(categories[kind])

        for extend in (by_category, str.lower):
            same = Counter(title.casefold() for title in titles.values())
            for kind, title in titles.items():
                if same[title.casefold()] > 1:
                    titles[kind] = f"{title} ({extend(kind)})"
        return titles

    def _title(self, kind: str) -> str:
        name, _, category = kind.partition(" | ")
        parts = dict.fromkeys(self.readable(part) for part in (category, name) if part)
        return ": ".join(parts)

    def _word(self, word: str) -> str:
        if word in self._words:
            return self._words[word]
        if word in CAPITALS:
            return word
        return word.lower() if word.lower() in SMALL else word.capitalize()
