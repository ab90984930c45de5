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
    """A prompt file: the stable `system` text, and the `user` template behind the line `---`."""

    name: str
    system: str
    user: str
    hash: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A filled prompt, with the name and hash that the trace records."""

    name: str
    hash: str
    system: str
    user: str


@cache
def load(name: str) -> Prompt:
    """Read `prompts/NAME.md`. Raises FileNotFoundError when there is none."""
    text = read_text(f"{name}.md")
    system, _, user = text.partition("\n---\n")
    return Prompt(name, system.strip(), user.strip(), hashlib.sha256(text.encode()).hexdigest()[:12])


def render(name: str, **values: str) -> Rendered:
    """Fill the user part of a prompt. Raises KeyError for a missing or an unused variable."""
    prompt = load(name)
    wanted = set(_VARIABLE.findall(prompt.user))
    if missing := wanted - values.keys():
        raise KeyError(f"prompt {name!r} needs {', '.join(sorted(missing))}")
    if unused := values.keys() - wanted:
        raise KeyError(f"prompt {name!r} has no place for {', '.join(sorted(unused))}")
    user = _VARIABLE.sub(lambda match: values[match[1]], prompt.user)
    return Rendered(name, prompt.hash, prompt.system, user)


def read_text(filename: str) -> str:
    """The text of a file in this package, such as `scenes.yaml`."""
    return (files("handpicked.prompts") / filename).read_text(encoding="utf-8")
