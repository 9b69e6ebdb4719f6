"""Names: their parts, and how each part is written in an address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nameparser.config import CONSTANTS

from fairlead.finder.names import Name, from_parts, parse, write_first, write_last
from fairlead.finder.names.nicknames import full_forms, nicknames


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("Ann Lee", "Ann", "Lee"),
        ("Lee, Ann J.", "Ann", "Lee"),
        ("Dr. Ann-Marie van der Berg, PhD", "Ann-Marie", "van der Berg"),
        ("Prof. Dr. Max Müller", "Max", "Müller"),
        ("Sean O’Brien Jr.", "Sean", "O'Brien"),
        ("Ludwig van Beethoven", "Ludwig", "van Beethoven"),
        ("María de la Cruz", "María", "de la Cruz"),
        ("Ahmed al-Masri", "Ahmed", "al-Masri"),
        ("De Souza, Maria", "Maria", "De Souza"),
        ("NAGY János", "János", "NAGY"),
        ("Nagy János", "János", "Nagy"),
        ("János Nagy", "János", "Nagy"),
        ("Kovács Anna", "Anna", "Kovács"),
        ("Wang Xiaoming", "Xiaoming", "Wang"),
        ("Xiaoming Wang", "Xiaoming", "Wang"),
        ("王小明", "小明", "王"),
        ("欧阳小明", "小明", "欧阳"),
        ("김민준", "민준", "김"),
        ("Kim Min-jun", "Min-jun", "Kim"),
        ("山田 太郎", "太郎", "山田"),
        ("Nguyễn Văn An", "An", "Nguyễn"),
        ("Иванов Иван Иванович", "Иван", "Иванов"),
        ("Ann", "Ann", ""),
    ],
)
def test_a_name_is_taken_apart_in_the_order_of_its_language(written, first, last):
    name = parse(written)
    assert (name.first, name.last) == (first, last)


def test_a_nickname_written_along_is_kept():
    assert parse('Robert "Bob" Smith') == Name("Robert", "Smith", called="Bob")


def test_parts_told_apart_stay_apart():
    assert from_parts("María José", "García López") == Name("María José", "García López")
    assert from_parts("Wang", "Xiaoming") == Name("Wang", "Xiaoming")
    assert from_parts("Ann J.", "Lee, PhD") == Name("Ann", "Lee", ("J",))
    assert from_parts("", "Ann Lee") == parse("Ann Lee")


@pytest.mark.parametrize(
    ("first", "forms"),
    [
        ("Jürgen", {"jurgen", "juergen"}),
        ("Øyvind", {"oyvind", "oeyvind"}),
        ("Åse", {"ase", "aase"}),
        ("Łukasz", {"lukasz"}),
        ("Çağrı", {"cagri"}),
        ("Đức", {"duc"}),
        ("Þór", {"thor"}),
        ("Юрий", {"yury", "iurii", "yuriy"}),
        ("Дмитрий", {"dmitry", "dmitrii", "dmitriy"}),
        ("Юрій", {"yurii", "yuriy"}),
        ("Ђорђе", {"djordje", "dorde"}),
        ("Γεώργιος", {"georgios"}),
        ("小明", {"xiaoming"}),
        ("たなか", {"tanaka"}),
        ("Jean-Pierre", {"jean-pierre", "jeanpierre", "jean", "jp"}),
        ("Robert", {"robert", "bob", "rob"}),
        ("Bob", {"bob", "robert"}),
    ],
)
def test_a_given_name_is_written_in_every_usual_way(first, forms):
    assert forms <= {way.text for way in write_first(Name(first, "Lee"))}


@pytest.mark.parametrize(
    ("last", "forms"),
    [
        ("van den Berg", {"vandenberg", "berg", "van.den.berg", "van-den-berg"}),
        ("al-Masri", {"almasri", "masri", "al-masri"}),
        ("O'Brien", {"obrien"}),
        ("Smith-Jones", {"smith-jones", "smithjones", "smith", "jones"}),
        ("García López", {"garcia", "garcialopez", "lopez"}),
        ("Groß", {"gross"}),
        ("Χατζής", {"chatzis", "hatzis"}),
        ("Щербаков", {"shcherbakov"}),
        ("김", {"kim", "gim"}),
        ("王", {"wang"}),
    ],
)
def test_a_family_name_is_written_in_every_usual_way(last, forms):
    assert forms <= {way.text for way in write_last(Name("Ann", last))}


def test_what_cannot_be_read_letter_by_letter_is_not_guessed():
    assert write_last(Name("محمد", "علي")) == ()
    assert write_first(Name("שרה", "לוי")) == ()


def test_two_names_follow_one_custom_of_umlauts():
    forms = {way.text for way in write_last(Name("Ann", "Müller-Lüdenscheid"))}
    assert "mueller-luedenscheid" in forms
    assert "mueller-ludenscheid" not in forms


def test_nicknames_lead_both_ways():
    assert "bob" in nicknames("robert")
    assert "robert" in full_forms("bob")
    assert "gosia" in nicknames("malgorzata")
    assert "paco" in nicknames("francisco")


@given(st.text(max_size=300))
def test_any_text_has_parts_and_writings_of_ascii_letters(text):
    for name in (parse(text), from_parts(text, "Lee"), from_parts("Ann", text)):
        for way in (*write_first(name), *write_last(name)):
            assert set(way.text) <= set("abcdefghijklmnopqrstuvwxyz.-_")
            assert way.text


def test_the_shared_constants_of_the_name_parser_stay_as_they_are():
    before = repr(CONSTANTS), sorted(CONSTANTS.titles), sorted(CONSTANTS.prefixes)
    for written in ("Dr. Ann van der Berg", "王小明", "Иванов Иван Иванович"):
        parse(written)
    assert (repr(CONSTANTS), sorted(CONSTANTS.titles), sorted(CONSTANTS.prefixes)) == before
