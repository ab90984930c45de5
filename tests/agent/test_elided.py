"""What is said of the item in question without a word for it."""

from __future__ import annotations

import pytest

from handpicked.agent import elided


@pytest.mark.parametrize(
    ("text", "polarity"),
    [
        ("seen. another", "seen"),
        ("ok already watched it twice, next", "seen"),
        ("看过了，换一部", "seen"),
        ("hard pass", "dislike"),
        ("孩子不喜欢", "dislike"),
        ("sounds great, similar ones?", "like"),
        ("any similar films?", "like"),
        ("类似的再来几部", "like"),
        ("爸爸很喜欢，还有吗", "like"),
        ("how violent?", "about"),
        ("a short review pls", "about"),
        ("whos in", "about"),
        ("多长时间", "about"),
        ("适合小孩看吗", "about"),
        ("too long for me dear", "dislike"),
        ("太闷，换", "dislike"),
        ("gets an 8 from me", "about"),
        ("same again but newer", "like"),
        ("subtitled?", "about"),
        ("any gore in it?", "about"),
        ("女主是谁啊", "about"),
        ("有字幕吗", "about"),
        ("any good westerns?", None),
        ("too loud, something quiet", None),
        ("太贵了 有便宜的吗", None),
        ("only those over 8/10", None),
        ("something to watch", None),
        ("seen any good films lately", None),
        ("a comedy please", None),
        ("how are you", None),
        ("有什么好看的", None),
        ("推荐三部类似风格的音乐", None),
    ],
)
def test_what_is_said_of_the_one_item_shown(text: str, polarity: str | None) -> None:
    found = elided.find(text)
    assert (found and found[2]) == polarity
    assert found is None or text[found[0] : found[1]].strip()
