"""What goes into a turn, what comes out, and the values between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import orjson
from pydantic import BeforeValidator, ConfigDict, TypeAdapter, ValidationError

from handpicked.tools.data import quantities
from handpicked.tools.errors import DataError
from handpicked.tools.types import Constraint, Contribution, Json, ToolResult

_FORBID = ConfigDict(extra="forbid")


def _seconds(value: object) -> object:
    """A time that is written out, as seconds since 1970; anything else is for pydantic to judge."""
    if not isinstance(value, str):
        return value
    try:
        return quantities.seconds(value)
    except OverflowError as err:
        raise ValueError(str(err)) from err


@dataclass(frozen=True, slots=True)
class CartLine:
    """An item in the cart."""

    __pydantic_config__ = _FORBID
    item_id: str
    qty: int = 1


@dataclass(frozen=True, slots=True)
class Message:
    """One utterance of a client's own history."""

    __pydantic_config__ = _FORBID
    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where the user is. `now` is ISO 8601 or seconds since 1970; `scene` overrules what is read."""

    __pydantic_config__ = _FORBID
    page: str | None = None
    query: str | None = None
    cart: tuple[CartLine, ...] = ()
    clicked: tuple[str, ...] = ()
    scene: str | None = None
    now: Annotated[float | None, BeforeValidator(_seconds)] = None
    tz: str | None = None
    device: str | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One turn's input. With `messages`, a client's own history is the history."""

    __pydantic_config__ = _FORBID
    message: str = ""
    id: str | None = None
    messages: tuple[Message, ...] | None = None
    user_id: str | None = None
    session_id: str | None = None
    context: Surroundings = Surroundings()
    filters: tuple[Constraint, ...] = ()
    tasks: tuple[str, ...] | None = None
    k: int | None = None
    budget_ms: int | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class SceneGuess:
    """The scene, how sure the reading is of it (0..1), and what speaks for it."""

    name: str
    confidence: float
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a turn asks for. `like`, `dislike` and `seen` are item ids that the text names, each in one of them: wanted
    or merely named, refused, had already; `about` are those of `like` that are asked about (looked up, compared,
    reviewed, rated), which says nothing of taste. `prefer` are leanings that a list need not keep; `language` is en
    or zh. `forget` is what is to be forgotten: "me", "conversation", or a label."""

    scene: SceneGuess
    tasks: tuple[str, ...]
    query: str = ""
    like: tuple[str, ...] = ()
    dislike: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    prefer: tuple[Constraint, ...] = ()
    count: int | None = None
    language: str = "en"
    forget: str | None = None


@dataclass(frozen=True, slots=True)
class ListItem:
    """An item as it is shown. `facts` are all that text may say of it; `because` are the ids of the items that carry its
    score: what the user named or had; `propensity` is the probability of being in the list, 1 unless its place was drawn."""

    rank: int
    item_id: str
    title: str
    score: float
    reason: str
    facts: Mapping[str, Json]
    sponsored: bool
    sources: tuple[Contribution, ...]
    because: tuple[str, ...] = ()
    propensity: float = 1.0


@dataclass(frozen=True, slots=True)
class RankedList:
    """One wish's list; `emptied_by` says what left it empty; events on its items may carry its `list_id`."""

    task: str
    label: str
    items: tuple[ListItem, ...]
    emptied_by: tuple[str, ...] = ()
    list_id: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Lists:
    """All lists of a turn, sent as soon as they are ranked."""

    lists: tuple[RankedList, ...]


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A sentence that has passed the gate, or a floor's."""

    text: str


@dataclass(frozen=True, slots=True)
class Citation:
    """A span of the text, [start, end) in characters, and the item and field that it rests on."""

    span: tuple[int, int]
    item_id: str
    field: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What the language model was asked for; zero when it wasn't."""

    model: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the trace, in milliseconds, with what it had and gave."""

    step: str
    ms: float
    detail: Mapping[str, Json] = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class Reply:
    """A turn's answer: lists and text that can't disagree, and how they came about."""

    request_id: str
    turn_id: str
    session_id: str | None
    scene: SceneGuess
    tasks: tuple[str, ...]
    reading: Reading
    lists: tuple[RankedList, ...]
    text: str
    reviews: Mapping[str, str]
    citations: tuple[Citation, ...]
    degraded: tuple[str, ...]
    trace: tuple[Step, ...]
    usage: Usage


TurnEvent = Reading | ToolResult | Lists | TextDelta | Reply

_REQUEST: TypeAdapter[Request] = TypeAdapter(Request)


def parse_request(document: bytes | str) -> Request:
    """Read a Request from JSON. Raises DataError that names each bad field."""
    try:
        return _REQUEST.validate_json(document)
    except ValidationError as err:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'request'}: {e['msg']}" for e in err.errors())
        raise DataError(f"not a request: {problems}") from err


def reply_json(reply: Reply) -> dict[str, Any]:
    """The Reply as plain values, in the shape of the contract; a step's detail lies flat beside its name."""
    document: dict[str, Any] = orjson.loads(orjson.dumps(reply))
    for name in ("scene", "tasks", "language"):
        del document["reading"][name]
    for item in (item for ranked in document["lists"] for item in ranked["items"]):
        del item["because"]  # its reason and the memory of the conversation say it in words
    document["trace"] = [
        {"step": step["step"], "ms": step["ms"]} | step["detail"] for step in document["trace"]
    ]
    return document
