"""Text and tool calls out of a stream that may be split anywhere."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from handpicked.agent.llm.grammar import CALL_CLOSE, CALL_OPEN
from handpicked.agent.llm.pieces import CallPart, Cut, call, decoded, plain, text_or_call

_CALL = '{"name": "search", "arguments": {"query": "a } b", "k": 3}}'


def _split(text: str, sizes: list[int]) -> list[str]:
    parts: list[str] = []
    for size in sizes:
        parts.append(text[:size])
        text = text[size:]
    return [*parts, text]


sizes = st.lists(st.integers(1, 7), max_size=40)


@given(st.text("abcdef", max_size=40), st.lists(st.text("abc", min_size=1, max_size=3), max_size=3), sizes)
def test_text_stops_at_the_first_stop_string_however_it_is_split(
    text: str, stops: list[str], at: list[int]
) -> None:
    shown = "".join(plain(_split(text, at), Cut(stops)))
    ends = [found for stop in stops if (found := text.find(stop)) >= 0]
    if not ends:
        assert shown == text
    else:
        assert text.startswith(shown)
        assert not any(stop in shown for stop in stops)


@given(sizes)
def test_one_stop_string_over_token_borders_is_cut(at: list[int]) -> None:
    cut = Cut(["<END>"])
    assert "".join(plain(_split("one <two> <EN D> three<END> four", at), cut)) == "one <two> <EN D> three"
    assert cut.hit == "<END>"


@given(sizes)
def test_call_is_the_same_however_it_is_split(at: list[int]) -> None:
    parts = list(call(_split(_CALL, at), ""))
    assert [part.name for part in parts if part.name] == ["search"]
    assert "".join(part.arguments for part in parts) == '{"query": "a } b", "k": 3}'


@given(sizes)
def test_text_before_a_call_is_shown_and_its_marks_are_not(at: list[int]) -> None:
    text = f"I'll look. {CALL_OPEN}{_CALL}{CALL_CLOSE}"
    pieces = list(text_or_call(_split(text, at), Cut([CALL_OPEN])))
    assert "".join(piece for piece in pieces if isinstance(piece, str)) == "I'll look. "
    arguments = "".join(piece.arguments for piece in pieces if isinstance(piece, CallPart))
    assert arguments == '{"query": "a } b", "k": 3}'


def test_call_cut_off_in_its_arguments_gives_what_there_is() -> None:
    parts = list(call(['{"name": "search", "arguments": {"query": "spa'], ""))
    assert "".join(part.arguments for part in parts) == '{"query": "spa'


def test_call_cut_off_in_its_name_gives_nothing() -> None:
    assert list(call(['{"name": "sea'], "")) == []


@given(st.text(max_size=20), sizes)
def test_characters_spread_over_tokens_are_decoded_whole(text: str, at: list[int]) -> None:
    raw = text.encode("utf-8", "replace")
    pieces: list[bytes] = []
    for size in at:
        pieces.append(raw[:size])
        raw = raw[size:]
    assert "".join(decoded([*pieces, raw])) == text.encode("utf-8", "replace").decode()
