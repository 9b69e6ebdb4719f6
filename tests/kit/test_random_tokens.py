"""Tokens: random, of one length, and stored as what does not lead back to them."""

import random

from hypothesis import given
from hypothesis import strategies as st

from fairlead.kit.tokens import HEX, LETTERS_AND_DIGITS, fingerprint, new_token


def test_tokens_have_their_length_and_alphabet_and_differ():
    source = random.SystemRandom()
    made = {new_token(source, 40) for _ in range(1000)}
    assert len(made) == 1000
    assert all(len(token) == 40 and set(token) <= set(LETTERS_AND_DIGITS) for token in made)
    assert set(new_token(source, 32, HEX)) <= set(HEX)


@given(st.text())
def test_any_text_has_a_fingerprint_of_32_bytes(text):
    """Strangers send anything, lone surrogates among it."""
    assert len(fingerprint(text)) == 32
    assert fingerprint(text) == fingerprint(text)
    assert fingerprint(text + "x") != fingerprint(text)


def test_a_lone_surrogate_has_one_too():
    assert fingerprint("\ud800") != fingerprint("\ud801")
