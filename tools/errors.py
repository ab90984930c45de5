"""Every error that Handpicked raises on purpose.

HandpickedError
├── ConfigError      a setting, flag or file that the user should change
├── DataError        input rows, a workspace or a build that can't be used as they are
│   └── AssetError   a model or data file that can't be fetched or fails its checksum
├── ToolError        a tool call that the caller (a model, too) may correct and try again
├── ModelError       a language model or embedder that is missing, broken or out of reach
└── BudgetExceeded   a step ran out of its milliseconds, tokens or rounds

A message names the value and the fix. Exit codes and HTTP status are chosen in `handpicked.agent.app` only.
"""


class HandpickedError(Exception):
    """Root of all errors raised on purpose; its message is fit to be shown to a user."""


class ConfigError(HandpickedError):
    """The user should change a setting, a flag or a file."""


class DataError(HandpickedError):
    """Input, workspace or build can't be used as it is."""


class AssetError(DataError):
    """A model or data file can't be fetched, or is not what its checksum says."""


class ToolError(HandpickedError):
    """A tool call that may be corrected and tried again; a model sees the message."""


class ModelError(HandpickedError):
    """A language model or an embedder is missing, broken or out of reach."""


class BudgetExceeded(HandpickedError):
    """A step ran out of its milliseconds, tokens or rounds."""
