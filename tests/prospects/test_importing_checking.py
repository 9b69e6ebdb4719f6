"""The fast way of checking a row and the slow one give the same line."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.importing.cells import guarded, without_guard
from fairlead.importing.model import Column
from fairlead.kit.text import address_key
from fairlead.prospects.importing.checking import PROFILE, Checker, phones_in
from fairlead.prospects.importing.model import RowError
from fairlead.prospects.model import CustomField, FieldType
from fairlead.prospects.store.importing import COPIED

FIELDS = [
    CustomField(7, "Note", FieldType.STRING, False),
    CustomField(8, "Budget", FieldType.NUMBER, True),
    CustomField(9, "Since", FieldType.DATE, False),
]
TARGETS = [
    "email", "name", "first_name", "last_name", "phones", "country", "locality", "industry", "position",
    "company_name", "company_site", "social:linkedIn", "social:facebook", "phones", "custom:Note", "custom:Budget",
    "custom:Since", None,
]  # fmt: skip
COLUMNS = [Column(f"{place} {target}", target, None) for place, target in enumerate(TARGETS)]

some_text = st.one_of(
    st.just(""), st.text(max_size=30), st.text("aZ9 .,;|'\"\\\t\n\r-+=@_%/:&\u00a0\u2028üßłİK\x00\ud800", max_size=20)
)
local = st.text("abcXYZ019.!#$%&'*+/=?^_`{|}~-üK\"\\ ", min_size=1, max_size=70)
domain = st.text("abcXYZ019.-_üßK。", min_size=1, max_size=80)
addresses = st.one_of(
    st.builds("{}@{}".format, local, domain),
    st.builds("{}@{}.example".format, local, st.text("ab-9.", min_size=1, max_size=70)),
    st.sampled_from(["ann@x.example", " Ann@X.Example ", "a@xn--bcher-kva.example", "a@b.123", "a@b.c1", ""]),
)
links = st.one_of(
    st.sampled_from(["", "https://www.linkedin.com/in/ann", "linkedin.com/in/Ann-9/", "http://de.linkedin.com/in/a%20b"]),
    st.builds(
        "{}linkedin.com/{}".format,
        st.sampled_from(["", "https://", "x.", "http://www."]),
        st.text("in/aB9-_?&#%social", max_size=20),
    ),
    some_text,
)
sites = st.one_of(
    st.builds(
        "{}{}".format,
        st.sampled_from(["", "http://", "https://", "HTTP://", "ftp://"]),
        st.text("abZ9.-_/~:?", max_size=60),
    ),
    some_text,
)
BY_TARGET = {
    "email": addresses,
    "social:linkedIn": links,
    "social:facebook": links,
    "company_site": sites,
    "country": st.one_of(st.sampled_from(["", "DE", " Germany ", "germany", "Nowhere"]), some_text),
    "phones": st.one_of(st.text("0123456789+ -();|,", max_size=70), some_text),
    "custom:Budget": st.one_of(st.sampled_from(["", "1", "-1.5", "1e3", "NaN", "1_0", "٣", "."]), some_text),
    "custom:Since": st.one_of(st.sampled_from(["", "2026-01-05", "20260105", "5.1.2026"]), some_text),
}
rows = st.tuples(*(BY_TARGET.get(target, some_text) for target in TARGETS)).map(list)


def read(line):
    """A line of COPY as {column: value}, JSON taken apart."""
    unescaped = {"\\t": "\t", "\\n": "\n", "\\r": "\r", "\\\\": "\\"}
    values = {}
    for name, text in zip(COPIED, line.split("\t"), strict=True):
        value, place = "", 0
        while place < len(text):
            step = 2 if text[place] == "\\" else 1
            value += unescaped.get(text[place : place + step], text[place : place + step])
            place += step
        values[name] = json.loads(value) if name in ("social", "custom") else value
    return values


@given(rows)
@settings(max_examples=1_000, deadline=None)
def test_both_ways_agree_on_every_row(cells):
    checker = Checker(COLUMNS, FIELDS, guarded=True)
    fast, slow = checker.check(5, list(cells)), checker._check_slowly(5, list(cells))
    if isinstance(slow, RowError):
        assert fast == slow
    else:
        assert (fast[0], fast[2], read(fast[1])) == (slow[0], slow[2], read(slow[1]))


@given(addresses)
@settings(max_examples=3_000, deadline=None)
def test_an_address_is_known_by_the_key_the_kit_gives_it(address):
    checked = Checker([Column("email", "email", None)], [], guarded=False).check(1, [address])
    try:
        key = address_key(address) if address.strip() else None
    except ValueError:
        key = None
    assert (None if isinstance(checked, RowError) else checked[0]) == key


def test_most_rows_go_the_fast_way():
    columns = [Column(target, target, None) for target in TARGETS if target]
    checker = Checker(columns, FIELDS, guarded=True)
    row = [
        "Jörg.Müller@x.example".replace("ö", "oe").replace("ü", "ue"), "Jörg Müller", "Jörg", "Müller", "+49 30 1",
        "DE", "Köln", "Machinery", "CEO", "Firm & Co. O'Neil", "firm.example", "https://linkedin.com/in/jm", "",
        "", "a note", "12", "",
    ]  # fmt: skip
    assert checker._check_fast(1, row) is not None


@pytest.mark.parametrize(("target", "cell", "reason"), [
    ("name", "Ann\r\nExample", "name holds a line break or a control character."),
    ("name", "Ann\x00", "The cell holds a NUL or bytes that are no text."),
    ("locality", "K\udcf6ln", "The cell holds a NUL or bytes that are no text."),
    ("custom:Note", "\udcf6", "The cell holds a NUL or bytes that are no text."),
    ("name", "x" * 256, "name is longer than 255 characters."),
    ("country", "Atlantis", "country is not a country of the ISO 3166 list."),
    ("company_site", "no site", "company_site is not a web address."),
    ("social:linkedIn", "https://linkedin.com/in/\nann", "The link for 'linkedIn' cannot be used."),
    ("custom:Budget", "much", "'Budget' takes a number."),
])
def test_what_is_wrong_names_its_column(target, cell, reason):
    checker = Checker([Column("E", "email", None), Column("C", target, None)], FIELDS, guarded=True)
    assert checker.check(4, ["ann@x.example", cell]) == RowError(4, "C", reason, ["ann@x.example", cell])


@pytest.mark.parametrize(("address", "key"), [
    ("Jörg@Bücher.example", "jörg@xn--bcher-kva.example"),
    ("ann@bücher.example", "ann@xn--bcher-kva.example"),
    ("用户@例子.example", "用户@xn--fsqu00a.example"),
    ("O'Neil+tag@x.example", "o'neil+tag@x.example"),
    ('"ann example"@x.example', '"ann example"@x.example'),
])
def test_international_addresses_come_in(address, key):
    checked = Checker([Column("E", "email", None)], [], guarded=True).check(1, [address])
    assert checked[0] == key
    assert read(checked[1])["email"] == address


def test_without_an_address_the_profile_is_the_key():
    checker = Checker([Column("E", "email", None), Column("L", "social:linkedIn", None)], [], guarded=True)
    assert checker.check(1, ["", "https://linkedin.com/in/Ann"])[0] == f"{PROFILE}in/ann"
    assert checker.check(1, ["", ""]) == RowError(1, "E", "An email or a LinkedIn profile is required.", ["", ""])


@pytest.mark.parametrize("cell", ["=1+1", "+49 30", "-1", "@a", "\tx", "'=x", "''+x", "O'Neil", "'quoted'", "", "'"])
def test_what_is_guarded_is_read_as_it_was(cell):
    assert not guarded(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert without_guard(guarded(cell)) == cell


def test_a_comma_divides_numbers_and_not_extensions():
    assert phones_in("+49 30 12345, +49 30 67890; 0170 1 | 5") == ["+49 30 12345", "+49 30 67890", "0170 1", "5"]
    assert phones_in("+1 555 123456, ext. 5") == ["+1 555 123456, ext. 5"]
