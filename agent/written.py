"""The form of a text that is to be written: "a short guide to", 写一篇…的文章, which no item is searched by."""

from __future__ import annotations

import re

_KIND = (
    r"(?:articles?|guides?|essays?|posts?|blog posts?|columns?|pieces?|newsletters?|digests?|roundups?|intros?|introductions?|overviews?|briefings?"
    r"|write-?ups?|paragraphs?|pages?|texts?|notes?|summary|few lines|few words|\d+ words)"
)
_FRAME = re.compile(
    rf"\b(?:write|draft|compose|make|do|put together|knock out|whip up)\s+(?:me|us|up|him|her)?\s*(?:an?|the|one|some|half a)?\s*"
    rf"(?:(?!about\b|on\b|to\b|of\b)[\w'-]+\s+){{0,3}}?{_KIND}\b(?:\s+(?:about|on|to|of|for|in|with)\b)?"
    r"|(?:帮我|给我|请)?(?:写|撰写|起草|拟)(?:出|个|一?[篇份段个])?(?:关于|介绍|有关)?|的?(?:文章|指南|攻略|专栏|短文|小文|介绍|入门|推文|综述|文案)$",
    re.IGNORECASE,
)


def without(query: str) -> str:
    """A query without the words that say what kind of text is to be written."""
    return " ".join(_FRAME.sub(" ", query).split())
