"""Prompts and reading data as files: `load` finds one, `render` fills it in."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_VARIABLE = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt file, its parts divided by lines `---`: the stable `system` text, worked examples as pairs of
    what the user says and the answer, and last the `user` template. A file of one part is a template alone."""

    name: str
    system: str
    examples: tuple[tuple[str, str], ...]
    user: str
    hash: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A filled prompt, with the name and hash that the trace records."""

    name: str
    hash: str
    system: str
    examples: tuple[tuple[str, str], ...]
    user: str


@cache
def load(name: str) -> Prompt:
    """Read `prompts/NAME.md`. Raises FileNotFoundError when there is none."""
    return parse(name, read_text(f"{name}.md"))


def parse(name: str, text: str) -> Prompt:
    """Read a prompt's text. Raises ValueError for an example without an answer."""
    *head, user = (part.strip() for part in text.split("\n---\n"))
    if head and len(head) % 2 == 0:
        raise ValueError(f"prompt {name!r} has an example without an answer")
    examples = tuple(zip(head[1::2], head[2::2], strict=True))
    return Prompt(
        name, head[0] if head else "", examples, user, hashlib.sha256(text.encode()).hexdigest()[:12]
    )


def render(name: str, **values: str) -> Rendered:
    """Fill the user part of a prompt. Raises KeyError for a missing or an unused variable."""
    prompt = load(name)
    wanted = set(_VARIABLE.findall(prompt.user))
    if missing := wanted - values.keys():
        raise KeyError(f"prompt {name!r} needs {', '.join(sorted(missing))}")
    if unused := values.keys() - wanted:
        raise KeyError(f"prompt {name!r} has no place for {', '.join(sorted(unused))}")
    user = _VARIABLE.sub(lambda match: values[match[1]], prompt.user)
    return Rendered(name, prompt.hash, prompt.system, prompt.examples, user)


def read_text(filename: str) -> str:
    """The text of a file in this package, such as `scenes.yaml`."""
    return (files("handpicked.prompts") / filename).read_text(encoding="utf-8")
