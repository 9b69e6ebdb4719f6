"""What is read from files of every kind, the odd ones above all."""

import codecs

import pyarrow
import pyarrow.parquet
import pytest

from fairlead.importing import delimited, json_lines, vcards
from fairlead.importing.columns import guess_mapping
from fairlead.importing.files import open_source
from fairlead.importing.model import Broken
from fairlead.kit.refusals import Invalid, NotFound


@pytest.fixture
def opened(tmp_path):
    def open_(content, name="file.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return open_source(path)

    return open_


def rows(source):
    return [(number, cells.reason if isinstance(cells, Broken) else cells) for number, cells in source.rows()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_encoding_and_delimiter(opened, encoding, delimiter):
    lines = [["Email", "Name"], ["ann@x.example", "Zoë Łukasz"], ["bob@x.example", "山田 太郎"]]
    source = opened("".join(delimiter.join(line) + "\r\n" for line in lines).encode(encoding))
    assert (source.columns, source.headed) == (lines[0], True)
    assert rows(source) == [(2, lines[1]), (3, lines[2])]
    assert source.done() == 1.0


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("latin-1", ["Jörg Müller", "Françoise Lefèvre", "José Ibáñez", "Günther Weiß", "Zoé Gaëlle"]),
        ("cp1252", ["Jürgen Groß", "Søren Ångström", "Anaïs Noël", "Núñez Peña – Köln", "Bärbel Schäfer"]),
        ("cp1250", ["Łukasz Wiśniewski", "Małgorzata Dąbrowska", "Paweł Wójcik", "Żaneta Jabłońska", "Święcki Michał"]),
        ("cp1250", ["Jiří Dvořák", "Božena Němcová", "Tomáš Růžička", "Zdeněk Šťastný", "Lukáš Černý"]),
        ("cp1251", ["Иван Петров", "Мария Смирнова", "Сергей Кузнецов", "Ольга Новикова", "Дмитрий Волков"]),
    ],
)
def test_older_encodings_are_told_by_their_text(opened, encoding, names):
    text = "email;name\n" + "".join(f"p{n}@x.example;{name}\n" for n, name in enumerate(names))
    assert [cells[1] for _, cells in opened(text.encode(encoding)).rows()] == names


def test_an_umlaut_that_comes_late_is_seen(opened):
    text = "email,name\n" + "a@x.example,Ann\n" * 20_000 + "b@x.example,Jörg\n"
    assert rows(opened(text.encode("latin-1")))[-1] == (20_002, ["b@x.example", "Jörg"])


def test_a_broken_row_in_a_utf_8_file_does_not_change_the_others(opened):
    text = b"email,name\n" + "a@x.example,Jörg\n".encode() * 9 + b"b@x.example,\xfc\n"
    read = rows(opened(text))
    assert read[0] == (2, ["a@x.example", "Jörg"])
    assert read[-1] == (11, ["b@x.example", "\udcfc"])


def test_utf_16_that_ends_in_the_middle_of_a_character(opened):
    text = codecs.BOM_UTF16_LE + "email,name\na@x.example,Ann\n".encode("utf-16-le") + b"b"
    assert rows(opened(text)) == [
        (2, ["a@x.example", "Ann"]), (3, "The file ends in the middle of a character."),
    ]  # fmt: skip


def test_quoted_line_breaks_and_quotes_stay_within_their_row(opened):
    text = 'email,note\r\na@x.example,"two\r\nlines, ""quoted"""\r\nb@x.example,"a\nb\nc"\r\n'
    assert rows(opened(text)) == [
        (2, ["a@x.example", 'two\r\nlines, "quoted"']), (3, ["b@x.example", "a\nb\nc"]),
    ]  # fmt: skip


def test_a_delimiter_is_told_from_the_same_sign_in_texts(opened):
    text = "Email;Company;Note\n" + "".join(f"p{n}@x.example;Firm, Ltd;a, b, c\n" for n in range(9))
    assert opened(text).columns == ["Email", "Company", "Note"]
    assert opened('email,note\na@x.example,"a;b;c"\nb@x.example,"d;e;f"\n').columns == ["email", "note"]


def test_ragged_rows_are_broken_and_blank_ones_are_passed_over(opened):
    text = "email,name,city\na@x.example,Ann,Rome\nb@x.example\n\nc@x.example,C,Rome,more,x\nd@x.example,D,\n"
    assert rows(opened(text)) == [
        (2, ["a@x.example", "Ann", "Rome"]),
        (3, "The row has 1 cells in place of 3."),
        (5, "The row has 5 cells in place of 3."),
        (6, ["d@x.example", "D", ""]),
    ]


def test_nul_bytes_do_not_end_the_file(opened):
    assert rows(opened(b"email,name\na@x.example,A\x00nn\nb@x.example,Bob\n"))[1] == (3, ["b@x.example", "Bob"])


def test_a_huge_cell_costs_its_row_only(opened):
    huge = "x" * (delimited.LONGEST_FIELD + 1)
    read = rows(opened(f"email,name\na@x.example,{huge}\nb@x.example,Bob\n"))
    assert read[0][1].startswith("A cell is longer than")
    assert read[1:] == [(3, ["b@x.example", "Bob"])]


def test_a_line_without_end_is_never_held_as_a_whole(opened):
    line = "a@x.example," * (3 * delimited.LONGEST_LINE // 12)
    assert rows(opened(f"email,name\n{line}\nb@x.example,Bob\n")) == [
        (2, "The line is too long."), (3, ["b@x.example", "Bob"]),
    ]  # fmt: skip


def test_a_quote_that_is_never_closed_costs_some_rows_and_says_so(opened):
    text = 'email,name\na@x.example,"Ann\n' + "b@x.example,Bob\n" * 20_000
    read = rows(opened(text))
    assert "quotation mark may be missing" in read[0][1]
    assert len(read) > 10_000
    assert read[-1][1] == ["b@x.example", "Bob"]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b" \n"])
def test_an_empty_file_is_refused(opened, content):
    with pytest.raises(Invalid) as refusal:
        opened(content)
    assert refusal.value.code == "empty_file"


def test_a_header_alone_has_no_rows(opened):
    assert rows(opened("email,name")) == []


def test_columns_of_one_name_are_told_apart(opened):
    source = opened("Email,Phone,Phone,,Email\na@x.example,1,2,3,b@x.example\n")
    assert source.columns == ["Email", "Phone", "Phone (column 3)", "column 4", "Email (column 5)"]
    columns = guess_mapping(source.columns, [])
    assert [column.target for column in columns] == ["email", "phones", "phones", None, None]


def test_without_a_header_the_first_row_is_one_too(opened):
    source = opened("ann@x.example;Ann Example\nbob@x.example;Bob Example\n")
    assert (source.headed, source.columns) == (False, ["column 1", "column 2"])
    assert rows(source)[0] == (1, ["ann@x.example", "Ann Example"])


def test_a_list_of_addresses_is_a_file(opened):
    source = opened("ann@x.example\nbob@x.example\n", "addresses.txt")
    assert rows(source) == [(1, ["ann@x.example"]), (2, ["bob@x.example"])]


def test_json_lines_are_flattened_and_late_keys_are_columns(opened):
    source = opened(
        '{"email":"a@x.example","socialLinks":{"linkedIn":"https://linkedin.com/in/a"},"phones":["1","2"],"n":null}\n'
        "\n"
        '{"email":"b@x.example","customFields":{"Budget":12.0,"Open":true},"tags":[]}\n',
        "people.jsonl",
    )
    assert source.columns == [
        "email", "socialLinks.linkedIn", "phones", "n", "customFields.Budget", "customFields.Open", "tags",
    ]  # fmt: skip
    assert rows(source) == [
        (1, ["a@x.example", "https://linkedin.com/in/a", "1; 2", "", "", "", ""]),
        (3, ["b@x.example", "", "", "", "12", "true", ""]),
    ]
    targets = [column.target for column in guess_mapping(source.columns, [], ["Budget"])]
    assert targets == ["email", "social:linkedIn", "phones", None, "custom:Budget", None, None]


def test_lines_that_are_no_objects_are_broken(opened):
    long = '{"email":"' + "x" * json_lines.LONGEST_LINE + '"}'
    deep = "[" * 99_999
    text = f'\ufeff{{"email":"a@x.example"}}\nnot json\n[1]\n{long}\n{{"email":"\\ud800"}}\n{deep}\n'
    source = opened(text, "people.jsonl")
    assert isinstance(source, json_lines.JsonLines)
    read = rows(source)
    assert read[0] == (1, ["a@x.example"])
    assert [number for number, _ in read] == [1, 2, 3, 4, 5, 6]
    assert read[2:4] == [(3, "This is no JSON object."), (4, "The line is too long.")]


def test_parquet_is_read_batch_by_batch(opened, tmp_path):
    path = tmp_path / "people.parquet"
    count = 12_000
    table = pyarrow.table(
        {
            "email": [f"p{n}@x.example" for n in range(count)],
            "phones": [["1", "2"]] * count,
            "score": [None, 1.5, 2.0] * (count // 3),
            "social": [{"linkedin": "l", "x": None}] * count,
        }
    )
    pyarrow.parquet.write_table(table, path, row_group_size=7_000)
    source = open_source(path)
    assert source.columns == ["email", "phones", "score", "social.linkedin", "social.x"]
    read = rows(source)
    assert (len(read), source.done()) == (count, 1.0)
    assert read[1] == (2, ["p1@x.example", "1; 2", "1.5", "l", ""])
    assert read[-1] == (count, [f"p{count - 1}@x.example", "1; 2", "2", "l", ""])


def test_what_is_no_parquet_is_refused(opened):
    with pytest.raises(Invalid, match="not a readable Parquet file"):
        opened(b"PAR1 and then nothing", "people.parquet")


CARDS = (
    "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg\r\n"
    "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=B6rg M=C3=BCller\r\nEMAIL;HOME:private@x.example\r\n"
    "EMAIL;INTERNET;PREF:joerg@x.example\r\nTEL;CELL:+49 170 1\r\nADR;WORK:;;Street 1;Berlin;;10115;Germany\r\n"
    "ORG:Firm;Sales\r\nTITLE:Boss\r\nEND:VCARD\r\n"
    "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Rossi;Luca;;;\r\nFN:Luca Rossi\r\nEMAIL;TYPE=INTERNET:luca@x.example\r\n"
    "PHOTO;ENCODING=b;TYPE=JPEG:AAAA\r\n BBBB\r\n CCCC\r\nitem1.URL:https://www.linkedin.com/in/luca\r\n"
    "URL:https://firm.example\r\nX-SOCIALPROFILE;TYPE=twitter:https://twitter.com/luca\r\nORG:Firm\\, Inc\r\n"
    "END:VCARD\r\n"
    "BEGIN:VCARD\r\nVERSION:3.0\r\nthis is no line\r\nEND:VCARD\r\n"
    "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Olga Kowalska\r\nEMAIL;PREF=50:second@x.example\r\n"
    "EMAIL;PREF=1;TYPE=work:olga@x.example\r\nTEL;VALUE=uri;TYPE=\"voice,home\":tel:+48-22-555\r\n"
    "SOCIALPROFILE;SERVICE-TYPE=X:https://x.com/olga\r\nBDAY:--0412\r\nEND:VCARD\r\n"
    "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Cut off\r\n"
)  # fmt: skip


def test_cards_of_all_versions_and_damaged_ones(opened):
    source = opened(CARDS, "people.vcf")
    read = rows(source)
    assert [number for number, _ in read] == [1, 2, 3, 4, 5]
    first, second, fourth = (dict(zip(vcards.COLUMNS, read[n][1], strict=True)) for n in (0, 1, 3))
    assert (first["email"], first["other emails"]) == ("joerg@x.example", "private@x.example")
    assert (first["name"], first["first_name"], first["last_name"]) == ("Jörg Müller", "Jörg", "Müller")
    assert (first["phones"], first["locality"], first["country"]) == ("+49 170 1", "Berlin", "Germany")
    assert (first["company_name"], first["position"]) == ("Firm", "Boss")
    assert (second["company_name"], second["company_site"]) == ("Firm, Inc", "https://firm.example")
    assert (second["linkedin"], second["twitter"]) == ("https://www.linkedin.com/in/luca", "https://twitter.com/luca")
    assert (fourth["email"], fourth["phones"], fourth["x"]) == ("olga@x.example", "+48-22-555", "https://x.com/olga")
    assert read[2][1].startswith("The card cannot be read")
    assert read[4][1] == "The card does not end."
    targets = {column.name: column.target for column in guess_mapping(source.columns, [])}
    assert targets["email"] == "email"
    assert targets["linkedin"] == "social:linkedIn"
    assert targets["other emails"] is None


def test_the_format_is_told_by_the_first_bytes_where_the_name_does_not(opened):
    assert isinstance(opened(CARDS, "people"), vcards.VCards)
    assert isinstance(opened('{"email":"a@x.example"}\n', "people.data"), json_lines.JsonLines)
    assert isinstance(opened("email\na@x.example\n", "people.data"), delimited.Delimited)


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(NotFound):
        open_source(tmp_path / "nowhere.csv")
    with pytest.raises(Invalid):
        open_source(tmp_path)
