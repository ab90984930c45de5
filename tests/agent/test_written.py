"""What a text that is to be written is about is searched, not its form."""

from __future__ import annotations

import pytest

from handpicked.agent import written


@pytest.mark.parametrize(
    ("query", "about"),
    [
        ("write an article about film noir", "film noir"), ("write me a short guide to west african music", "west african music"),
        ("please draft a blog post on space westerns", "please space westerns"), ("写一篇关于爵士乐的文章", "爵士乐"), ("帮我写一份本周精选", "本周精选"),
        ("a guide for the married man", "a guide for the married man"),
    ],
)  # fmt: skip
def test_the_form_is_left_out(query: str, about: str) -> None:
    assert written.without(query) == about
