"""The demonstrations of a run: those held out, or a file of the user's own."""

from __future__ import annotations

from handpicked.agent import demonstrations
from handpicked.agent.demonstrations import Demonstration
from handpicked.eval.types import Options
from handpicked.tools.errors import ConfigError

_QUICK = 3
"""Every third turn in a quick run."""


def out(suite: str, options: Options) -> list[Demonstration]:
    """All rows of the options' file, else the packaged held-out ones, which are the valid split.

    Raises ConfigError for test without a file and for one that can't be read, DataError for a bad row."""
    if (path := options.demonstrations) is not None:
        try:
            found = list(demonstrations.parse(path.read_text(encoding="utf-8"), path.name))
        except (OSError, UnicodeDecodeError) as err:
            raise ConfigError(f"{path} can't be read ({err}); name a file of JSON lines") from err
    elif options.split == "valid":
        found = [demo for demo in demonstrations.packaged() if demo.split == "heldout"]
    else:
        raise ConfigError(
            f"{suite} has no {options.split} turns of its own: give yours with --demonstrations FILE"
        )
    return found[::_QUICK] if options.quick else found
