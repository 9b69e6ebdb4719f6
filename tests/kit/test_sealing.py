"""Sealed values: they open with their key, for their column, unchanged, and in no other way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.kit.sealing import KeyRing, Unopenable, key_id, new_key

OLD, NEW = new_key(), new_key()
RING = KeyRing((NEW, OLD))


@given(st.binary(max_size=200), st.text(max_size=30))
def test_what_was_sealed_opens_for_the_same_purpose(plain, purpose):
    assert RING.open(RING.seal(plain, purpose), purpose) == plain


@given(st.binary(max_size=100), st.data())
def test_a_value_with_any_bit_changed_does_not_open(plain, data):
    sealed = bytearray(RING.seal(plain, "t.c"))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Unopenable):
        RING.open(bytes(sealed), "t.c")


@given(st.binary(max_size=100))
def test_bytes_that_were_never_sealed_do_not_open(noise):
    with pytest.raises(Unopenable):
        RING.open(noise, "t.c")


@given(st.binary(max_size=40), st.data())
def test_a_value_cut_short_does_not_open(plain, data):
    sealed = RING.seal(plain, "t.c")
    with pytest.raises(Unopenable):
        RING.open(sealed[: data.draw(st.integers(0, len(sealed) - 1))], "t.c")


def test_a_value_moved_to_another_column_does_not_open():
    with pytest.raises(Unopenable, match=r"mailboxes\.user"):
        RING.open(RING.seal(b"secret", "mailboxes.password"), "mailboxes.user")


def test_the_same_secret_is_never_sealed_the_same_way():
    assert len({RING.seal(b"secret", "t.c") for _ in range(100)}) == 100


def test_the_newest_key_seals_and_the_old_ones_open():
    old = KeyRing((OLD,)).seal(b"secret", "t.c")
    assert RING.open(old, "t.c") == b"secret"
    assert not RING.newest_seals(old)
    fresh = RING.seal(b"secret", "t.c")
    assert RING.newest_seals(fresh)
    with pytest.raises(Unopenable):
        KeyRing((OLD,)).open(fresh, "t.c")


def test_a_key_that_is_not_known_is_looked_for_once_more_and_only_then():
    asked = []

    def later():
        asked.append(1)
        return (NEW, OLD)

    ring = KeyRing((OLD,), reread=later)
    assert ring.open(ring.seal(b"old", "t.c"), "t.c") == b"old"
    assert not asked
    assert ring.open(RING.seal(b"new", "t.c"), "t.c") == b"new"
    assert asked


def test_nothing_that_is_shown_holds_a_key():
    shown = f"{RING!r} {RING}"
    assert NEW.hex() not in shown
    assert key_id(NEW).hex() in shown
