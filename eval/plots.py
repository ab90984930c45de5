"""Plots of a report as SVG that stands in a page: its text is text, its ink the page's own colour."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import import_module
from io import StringIO
from typing import Any

from handpicked.eval.types import Value

_INK = "#010203"
"""Stands for the page's colour until the SVG is written."""
_ACCENT = "#3b7dd8"


def intervals(names: Sequence[str], values: Sequence[Value], label: str, *, key: str) -> str:
    """Values with their 95% intervals, one line each, the first on top. `key` is unique in the page."""
    figure: Any = import_module("matplotlib.figure").Figure(figsize=(5.2, 0.9 + 0.3 * len(names)))
    axes = figure.add_subplot()
    at = list(range(len(names)))
    middle = [value.value for value in values]
    reach = [[v.value - v.low for v in values], [v.high - v.value for v in values]]
    axes.errorbar(
        middle, at, xerr=reach, fmt="o", markersize=5, capsize=3, color=_ACCENT, ecolor=_INK, elinewidth=1
    )
    axes.set_yticks(at, names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlabel(label)
    axes.grid(axis="x", color=_INK, alpha=0.15)
    axes.tick_params(colors=_INK, length=0)
    axes.xaxis.label.set_color(_INK)
    for side in axes.spines.values():
        side.set_visible(False)
    return _svg(figure, f"{label} of {', '.join(names)}", key)


def _svg(figure: Any, title: str, key: str) -> str:
    matplotlib: Any = import_module("matplotlib")
    out = StringIO()
    style = {"svg.fonttype": "none", "svg.hashsalt": key, "font.family": "sans-serif", "font.size": 11}
    with matplotlib.rc_context(style):
        figure.savefig(
            out, format="svg", transparent=True, bbox_inches="tight", metadata={"Date": None, "Title": title}
        )
    drawing = out.getvalue()
    drawing = drawing[drawing.index("<svg") :].replace(_INK, "currentColor")
    drawing = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{key}-", drawing)
    drawing = re.sub(r"<svg [^>]*?viewBox", '<svg role="img" viewBox', drawing, count=1)
    return re.sub(r"<metadata>.*?</metadata>", "", drawing, flags=re.DOTALL)
