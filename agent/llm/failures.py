"""What may go wrong between us and a model's provider: which errors, which may pass, and what to do."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from handpicked.tools.errors import ModelError

_RETRY_STATUS = frozenset((408, 409, 425, 429))
_PASSING = ("APIConnectionError", "APITimeoutError", "TransportError")
_BROKEN_OFF = ("RemoteProtocolError", "ReadError")
_ROOTS = (
    ("openai", "OpenAIError"),
    ("httpx", "HTTPError"),
    ("httpx2", "HTTPError"),  # what openai stands on from version 3 on; no relation of httpx's classes
    ("langchain_core.exceptions", "LangChainException"),
)
_FIXES = {
    400: "the server doesn't accept this request; if it doesn't support tools or JSON schemas, set "
    "HANDPICKED_TOOL_LOOP=off",
    401: "set HANDPICKED_MODEL_KEY",
    403: "the key may not use this model; set HANDPICKED_MODEL_KEY or HANDPICKED_MODEL",
    404: "check the model's name in HANDPICKED_MODEL and HANDPICKED_MODEL_URL",
    429: "wait, or raise the quota at the provider",
}
MAX_WAIT_S = 10.0
"""A server that asks for more patience than this is not asked again."""


def expected(*, hosted: bool) -> tuple[type[Exception], ...]:
    """Give the errors that a call may raise, of the libraries that are loaded.

    OSError covers time-outs and refused connections, ValueError answers that don't fit a schema. The rest is what
    answers that are not in the protocol become inside LangChain's adapters; from our own models they would be bugs.
    """
    loaded = [getattr(sys.modules[module], name) for module, name in _ROOTS if module in sys.modules]
    adapter = (TypeError, LookupError, AttributeError) if hosted else ()
    return (OSError, ValueError, *adapter, *loaded)


def passing(err: BaseException) -> bool:
    """Tell whether the same call may well succeed in a moment."""
    status = _status(err)
    if status is not None:
        return status in _RETRY_STATUS or status >= 500
    return isinstance(err, TimeoutError | ConnectionError) or _named(err, *_PASSING)


def asked_wait(err: BaseException | None) -> float:
    """Give the seconds that the server asks us to wait (Retry-After: seconds or an HTTP date), 0 when it says
    nothing that can be read."""
    response = getattr(err, "response", None)
    given: str = response.headers.get("retry-after", "").strip() if response is not None else ""
    if given.replace(".", "", 1).isdigit():
        return float(given)
    try:
        until = parsedate_to_datetime(given)
    except ValueError:
        return 0.0
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def explained(err: Exception, model: str, url: str | None) -> ModelError:
    """Give the ModelError that says which model failed, how, and what to do about it."""
    where = place(model, url)
    status = _status(err)
    if status is not None:
        fix = _FIXES.get(status, "try again later" if status >= 500 else "check HANDPICKED_MODEL_URL")
        if wait := asked_wait(err):
            fix += f"; it asks for {wait:.0f} s of patience"
        return ModelError(f"{where} answered {status}: {_first_line(err)}; {fix}")
    if isinstance(err, TimeoutError) or _named(err, "APITimeoutError"):
        return ModelError(
            f"{where} didn't answer in time; raise HANDPICKED_MODEL_TIMEOUT_S or use a faster model"
        )
    if passing(err):
        causes = list(_causes(err))
        if any(_named(cause, *_BROKEN_OFF) for cause in causes):
            return ModelError(f"{where} broke off its answer; try again, or look at the server's log")
        return ModelError(
            f"{where} can't be reached ({_first_line(causes[-1])}); check that it runs and HANDPICKED_MODEL_URL"
        )
    return ModelError(
        f"{where} gave an answer that can't be read ({type(err).__name__}: {_first_line(err)}); try again"
    )


def place(model: str, url: str | None) -> str:
    """Name a model, and where it runs; a password in the URL stays out."""
    return f"{model} at {re.sub(r'//[^/@]*@', '//', url)}" if url else model


def _status(err: BaseException) -> int | None:
    status = getattr(err, "status_code", None)
    return status if isinstance(status, int) else None


def _named(err: BaseException, *names: str) -> bool:
    """Tell whether it is of a class of such a name, which needs no import of the library that defines it."""
    return any(kind.__name__ in names for kind in type(err).__mro__)


def _causes(err: BaseException | None) -> Iterator[BaseException]:
    """An error and what it was raised from; a client's own message says little."""
    while err is not None:
        yield err
        err = err.__cause__


def _first_line(err: BaseException) -> str:
    return (str(err).strip().splitlines() or ["no message"])[0][:300]
