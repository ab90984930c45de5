"""How the user stands to titles, given where they stand."""

from __future__ import annotations

import pytest

from handpicked.agent import lexicon, stance
from handpicked.agent.signs import Said
from handpicked.tools.data.text import tokenize

STANCES: list[tuple[str, str]] = [
    ("loved X1, hated X2", "like dislike"),
    ("X1 was great but X2 bored me", "like dislike"),
    ("I've seen X1, X2 and X3", "seen seen seen"),
    ("I've seen X1 and loved it", "like"),
    ("watched X1 last night, hated it", "dislike"),
    ("loved X1, X2 meh", "like dislike"),
    ("something like X1 or X2", "like like"),
    ("something like X1 that I've already seen", "like"),
    ("more like X1, less like X2", "like dislike"),
    ("not X1", "dislike"),
    ("not X1 because he's got it", "seen"),
    ("nothing like X1", "dislike"),
    ("anything but X1", "dislike"),
    ("don't put X1 on", "dislike"),
    ("have you seen X1", "about"),
    ("X1 or X2?", "about about"),
    ("is X1 any good", "about"),
    ("is X1 better than X2", "about about"),
    ("X1 is better than X2", "like dislike"),
    ("who directed X1", "about"),
    ("I'd give X1 4 stars", "about"),
    ("X1: 8/10", "about"),
    ("thumbs up for X1", "about"),
    ("a review of X1 and two more like it", "like"),
    ("X1 vibes", "like"),
    ("X1 but funnier", "like"),
    ("X1 meets X2", "like like"),
    ("X1 put me right off gangster films", "dislike"),
    ("we switched X1 off after half an hour", "dislike"),
    ("X1? Snore.", "dislike"),
    ("nothing as grim as X1", "dislike"),
    ("not so keen on X1, adored X2", "dislike like"),
    ("he refuses to sit through X1", "dislike"),
    ("we tried X1 but gave up", "dislike"),
    ("take X1 off the list", "dislike"),
    ("cross X1 off, watched it", "seen"),
    ("I've seen X1 but not X2", "seen about"),
    ("X1 I've seen, X2 I haven't", "seen about"),
    ("never watched X1, worth it?", "about"),
    ("X1 and X2 are done", "seen seen"),
    ("we did X1 last week", "seen"),
    ("I know X1 by heart", "seen"),
    ("caught X1 on telly, brilliant", "like"),
    ("nothing tops X1 for me", "like"),
    ("X1 is the funniest thing ever made", "like"),
    ("X1 was fun, X2 not so much", "like dislike"),
    ("X2 is my least favourite", "dislike"),
    ("X1 never did drag", "about"),
    ("as tense as X1", "like"),
    ("my favourite films are X1 and X2", "like like"),
    ("just finished X1. more like that", "like"),
    ("everyone raves about X1 and i thought it was so dull", "dislike"),
    ("I'd love a review of X1", "about"),
    ("X1比X2好看", "like dislike"),
    ("X1和X2哪个好看", "about about"),
    ("X1好看吗", "about"),
    ("X1太好看了", "like"),
    ("X1看过了", "seen"),
    ("X1在电影院就看过了", "seen"),
    ("不要X1那种", "dislike"),
    ("类似X1的", "like"),
    ("除了X1都没看过", "seen"),
    ("给X1打9分", "about"),
    ("X1求同款", "like"),
    ("喜欢X1，不喜欢X2", "like dislike"),
]


@pytest.mark.parametrize(("text", "roles"), STANCES)
def test_what_is_said_of_a_title_is_its_stance(text: str, roles: str) -> None:
    tokens = tokenize(text)
    said = Said(text, tokens, lexicon.find(text, tokens, lexicon.load().cues))
    spans = [(place, place + 1) for place, token in enumerate(tokens) if token.text in ("x1", "x2", "x3")]
    assert " ".join(stance.roles(said, spans)) == roles


def test_a_bare_no_before_a_reference_sets_it_right() -> None:
    text = "no no the 1972 one"
    tokens = tokenize(text)
    said = Said(text, tokens, lexicon.find(text, tokens, lexicon.load().cues))
    assert stance.roles(said, [(2, 5)], {(2, 5)}) == ["about"]
    assert stance.roles(said, [(2, 5)]) == ["dislike"]
