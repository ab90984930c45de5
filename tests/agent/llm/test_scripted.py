"""The scripted chat model."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessageChunk, HumanMessage
from pydantic import BaseModel

from handpicked.agent.llm.scripted import Asked, ScriptedChat
from handpicked.tools.errors import ModelError


def search(query: str) -> str:
    """Search films."""
    return query


class _Pick(BaseModel):
    n: int


def test_answers_come_in_order_and_requests_are_recorded() -> None:
    chat = ScriptedChat(answers=["one", "two"])
    assert [chat.invoke("a").text, chat.invoke("b", family="compose").text] == ["one", "two"]
    assert [asked.messages[-1].text for asked in chat.asked] == ["a", "b"]
    assert chat.asked[1].options["family"] == "compose"
    chat.assert_done()


def test_unexpected_call_fails() -> None:
    chat = ScriptedChat(answers=[])
    with pytest.raises(
        AssertionError, match="unexpected call 1: the script has 0 answers; last message: 'hello'"
    ):
        chat.invoke("hello")


def test_answers_left_over_fail() -> None:
    with pytest.raises(AssertionError, match="1 scripted answers of 1"):
        ScriptedChat(answers=["never asked for"]).assert_done()


def test_function_answers_each_request() -> None:
    def answer(asked: Asked) -> str:
        return str(asked.messages[-1].text).upper()

    chat = ScriptedChat(answers=answer)
    assert chat.invoke("abc").text == "ABC"
    chat.assert_done()


def test_text_streams_in_pieces_up_to_a_stop_string() -> None:
    pieces = [
        str(piece.text)
        for piece in ScriptedChat(answers=["abcdefgSTOPh"], piece=3).stream("x", stop=["STOP"])
    ]
    assert pieces == ["abc", "def", "g", ""]


def test_calls_stream_and_come_whole() -> None:
    chat = ScriptedChat(
        answers=[("search", {"query": "dogs"}), [("search", {"query": "a"}), ("search", {"query": "b"})]]
    )
    bound = chat.bind_tools([search])
    whole = None
    for piece in bound.stream("x"):
        assert isinstance(piece, AIMessageChunk)
        whole = piece if whole is None else whole + piece
    assert whole
    assert [(call["name"], call["args"]) for call in whole.tool_calls] == [("search", {"query": "dogs"})]
    assert [call["args"]["query"] for call in bound.invoke("x").tool_calls] == ["a", "b"]
    assert chat.asked[0].tools == ("search",)


def test_call_of_a_tool_not_offered_fails() -> None:
    with pytest.raises(ModelError, match="'serach', which was not offered; offered: search"):
        ScriptedChat(answers=[("serach", {})]).bind_tools([search]).invoke("x")


def test_structured_answer_is_read_back() -> None:
    chat = ScriptedChat(answers=[_Pick(n=3), '{"n": 4}'])
    reader = chat.with_structured_output(_Pick)
    assert [reader.invoke("x"), reader.invoke("y")] == [_Pick(n=3), _Pick(n=4)]


def test_scripted_error_is_raised_and_scores_come_from_the_function() -> None:
    chat = ScriptedChat(
        answers=[ModelError("down")], scores=lambda _, labels: [float(len(label)) for label in labels]
    )
    with pytest.raises(ModelError, match="down"):
        chat.invoke([HumanMessage("x")])
    assert chat.score_labels([HumanMessage("x")], ["a", "bc"]) == [1.0, 2.0]
