"""What a message asks to forget, and what only sounds like it."""

from __future__ import annotations

import time

import pytest

from handpicked.agent import forgetting

ASKS = (
    ('forget that I like horror', 'Horror'),
    ('forget me', 'me'),
    ('forget this conversation', 'conversation'),
    ('忘掉我喜欢恐怖片', 'Horror'),
    ('把我的记录都删了', 'me'),
    ('delete my data', 'me'),
    ('please delete all my data', 'me'),
    ('can you erase everything you know about me?', 'me'),
    ('My brother borrowed this tablet all summer. Erase whatever you have on me, please', 'me'),
    ('我们刚刚说的都清掉吧', 'conversation'),
    ('all those ghost stories were for a class. forget that I like horror', 'Horror'),
    ("pls forget everything u've got on me", 'me'),
    ("the western marathon wasn't me, it was my dad on my account. please forget it", 'Western'),
    ('帮我把我的数据全都清空', 'me'),
    ('could u scrub this entire convo', 'conversation'),
    ('remove me from your memory and then recommend something', 'me'),
    ('忘掉我爱看爱情片这件事，现在不想看了', 'Romance'),
    ('erase everything we said today. got any westerns?', 'conversation'),
    ('刚刚说的话别记下来', 'conversation'),
    ('i want to delete my profile', 'me'),
    ('remove horror from my profile', 'Horror'),
    ('delete Tom Hanks from my interests', 'Tom Hanks'),
    ('stop thinking I like musicals', 'Musical'),
    ('forget that I hate musicals', 'Musical'),
    ("please don't remember that i like romcoms", 'romcoms'),
    ('forget my love of westerns and show me something new', 'Western'),
    ('forget about me', 'me'),
    ('forget who i am', 'me'),
    ('clear my watch history', 'me'),
    ("I'd like to be forgotten", 'me'),
    ('I want all my records deleted', 'me'),
    ('delete this chat', 'conversation'),
    ('forget what i said', 'conversation'),
    ('forget everything', 'conversation'),
    ('forget everything we talked about', 'conversation'),
    ('删除我的所有数据', 'me'),
    ('请清空我的观看记录', 'me'),
    ('忘了我吧', 'me'),
    ('忘记这次对话', 'conversation'),
    ('把聊天记录清空', 'conversation'),
    ('忘掉我刚才说的话', 'conversation'),
    ('别再以为我喜欢科幻', '科幻'),
    ('忘记我讨厌歌舞片这件事', 'Musical'),
    ('把恐怖从我的喜好里删掉', 'Horror'),
    ('can you forget that i said i love jazz?', 'jazz'),
    ('could you please wipe my history, thanks', 'me'),
    ('Forget me.', 'me'),
    ("forget that i'm into anime", 'Animation'),
    ('forget that we watched those horror films', 'Horror'),
    ('forget i ever liked Woody Allen', 'Woody Allen'),
    ('把我忘了', 'me'),
    ('我想删掉我的账号', 'me'),
    ("忘掉我喜欢恐怖片和西部片", "Horror, Western"),
    ("you've put westerns down under my name, heaven knows how. delete that", "Western"),
    ("just because I saw one with a friend you now think I'm into horror! unlearn that idea", "Horror"),
    ("forget the whole lot, whatever you've stored about me", "me"),
    ("forget that I like horror and westerns", "Horror, Western"),
    ("forget that I like snacks", "Snacks"),
    ("帮我删掉我的记录", "me"),
    ('delete "Horror" from my profile', "Horror"),
    ("you can forget that I ever liked Night Signal", "Night Signal"),
)  # fmt: skip

ASKS_NOTHING = (
    "don't forget the milk",
    'I forgot the title',
    'an unforgettable film',
    'am i forgetting anything for the party?',
    'something to make me forget my ex',
    'help me forget today',
    'a film about a man who forgets everything about himself',
    'play Forget Me Nots',
    'watch "Forget Me Not"',
    'forget it',
    'forget that',
    'never forget me',
    "don't you forget about me by simple minds",
    'how do i delete my data?',
    'did you delete my data?',
    'remove the milk from my cart',
    'I forget what I like',
    'i always forget me keys',
    'forget the westerns, give me comedies',
    'forget horror, something light',
    '别忘了买牛奶',
    '我忘了片名',
    '忘不了的老电影',
    '有没有叫《忘了我是谁》的歌',
    '我忘了我之前看过哪部',
    '忘记密码怎么办',
    '难忘的爱情片',
    '他失忆忘了自己是谁的电影',
    '别忘了我不吃辣',
    'memory loss movies',
    'Eternal Sunshine where they erase each other from memory',
    'clear my cart',
    'delete the second one',
    'remove me from the mailing list',
    'I never forget a good western',
    'my mum forgot my birthday',
    'what happens to my data if i delete my account?',
    'do you forget me when i leave?',
    "",
    "forget",
    "a film I can't forget",
    "you've got horror there? forget that, show me comedies",
    "forget the horror thing, something light instead",
    "they erase his memory in the end",
    "does your shop delete my data after a year?",
    "他忘了我喜欢什么",
    "你怎么忘了我喜欢恐怖片",
    "为什么删了我的记录",
)  # fmt: skip


@pytest.mark.parametrize(("message", "what"), ASKS)
def test_a_wish_to_forget_is_read_with_what_it_is_about(message: str, what: str) -> None:
    wish = forgetting.wish(message)
    assert wish is not None
    assert wish.what == what


@pytest.mark.parametrize("message", ASKS_NOTHING)
def test_what_only_sounds_like_it_asks_to_forget_nothing(message: str) -> None:
    assert forgetting.wish(message) is None


@pytest.mark.parametrize(
    ("message", "rest"),
    [
        ("forget me", ""),
        ("forget that I like horror", ""),
        ("forget that I like horror and show me a comedy", "show me a comedy"),
        ("delete this chat. any good westerns?", "any good westerns?"),
        ("that was my son. forget that I like horror, thanks", ""),
        ("把我的记录删了，再推荐一部喜剧", "再推荐一部喜剧"),
        ("忘掉我喜欢恐怖片，谢谢", ""),
    ],
)
def test_what_else_is_asked_for_is_told_apart(message: str, rest: str) -> None:
    wish = forgetting.wish(message)
    assert wish is not None
    assert wish.rest == rest


@pytest.mark.parametrize(
    ("message", "stance"),
    [
        ("forget that I like musicals", "like"),
        ("forget that I hate musicals", "dislike"),
        ("forget my aversion to musicals", "dislike"),
        ("忘掉我不喜欢歌舞片", "dislike"),
        ("forget me", None),
    ],
)
def test_the_stance_is_read_where_it_is_said(message: str, stance: str | None) -> None:
    wish = forgetting.wish(message)
    assert wish is not None
    assert wish.stance == stance


def test_a_label_is_known_by_all_that_the_lexicon_calls_it() -> None:
    assert set(forgetting.terms("romcoms")) == {"romcoms", "Comedy", "Romance"}
    assert "Alfred Hitchcock" in forgetting.terms("hitchcock")
    assert forgetting.terms("nothing known") == ("nothing known",)


@pytest.mark.parametrize(
    "piece",
    ["forget that i ", "please delete my ", "忘掉我的", "我们刚才聊的", "everything about ", "my my my "],
)
def test_a_long_message_is_read_in_no_time(piece: str) -> None:
    start = time.perf_counter()
    forgetting.wish(piece * 400)
    assert time.perf_counter() - start < 0.5
