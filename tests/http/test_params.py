"""Query, form, multipart and JSON become one map: contract 2.3 and 2.4, without a server."""

import json
import string
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.http import params
from fairlead.http.request import Request
from fairlead.kit.refusals import Invalid

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
MULTIPART = "multipart/form-data; boundary=frontier"


def read(body: bytes | str = b"", content_type: str = FORM, query: str = "", *, most: int = 5_000) -> params.Params:
    raw = body.encode() if isinstance(body, str) else body
    headers = {b"content-type": content_type.encode()} if content_type else {}
    return params.read(Request("POST", "/", query.encode(), headers, raw, "192.0.2.1"), most=most)


def multipart(*fields: tuple[str, str]) -> bytes:
    parts = (
        f'--frontier\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields
    )
    return ("".join(parts) + "--frontier--\r\n").encode()


EMAILS = ["a@example.com", "b@example.com"]
WAYS_TO_WRITE_A_LIST = [
    ("emails[]=a@example.com&emails[]=b@example.com", FORM),
    ("emails[0]=a@example.com&emails[1]=b@example.com", FORM),
    ("emails[7]=a@example.com&emails[]=b@example.com", FORM),
    ("emails[1]=a@example.com&emails[]=b@example.com", FORM),
    ("emails%5B%5D=a%40example.com&emails%5B%5D=b%40example.com", FORM),
    ("emails%5B0%5D=a@example.com&emails%5b1%5d=b@example.com", FORM),
    ("emails=a@example.com&emails=b@example.com", FORM),
    ("emails[]=a@example.com&emails=b@example.com", FORM),
    ("emails=a@example.com&emails[]=b@example.com", FORM),
    ("emails[]=a@example.com&emails[]=&emails[]=b@example.com", FORM),
    (json.dumps({"emails": EMAILS}), JSON),
    (json.dumps({"emails[]": EMAILS}), JSON),
    (json.dumps({"emails[0]": EMAILS[0], "emails[1]": EMAILS[1]}), JSON),
    (json.dumps({"emails": {"0": EMAILS[0], "1": EMAILS[1]}}), JSON),
    (json.dumps({"emails": [EMAILS[0], None, "", EMAILS[1]]}), JSON),
    (multipart(("emails[]", EMAILS[0]), ("emails[]", EMAILS[1])), MULTIPART),
    (multipart(("emails[0]", EMAILS[0]), ("emails[1]", EMAILS[1])), MULTIPART),
    (multipart(("emails", EMAILS[0]), ("emails", EMAILS[1])), MULTIPART),
]


@pytest.mark.parametrize(("body", "content_type"), WAYS_TO_WRITE_A_LIST)
def test_a_list_may_be_written_in_every_way_of_the_contract(body, content_type):
    assert read(body, content_type).texts("emails") == EMAILS


@pytest.mark.parametrize(("query", "_"), [way for way in WAYS_TO_WRITE_A_LIST if way[1] == FORM])
def test_a_list_may_stand_in_the_query(query, _):
    assert read(query=query).texts("emails") == EMAILS


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("emails=a@example.com", FORM),
        (json.dumps({"emails": "a@example.com"}), JSON),
        (json.dumps({"emails[]": "a@example.com"}), JSON),
        (multipart(("emails", "a@example.com")), MULTIPART),
    ],
)
def test_a_single_value_is_a_list_of_one(body, content_type):
    assert read(body, content_type).texts("emails") == ["a@example.com"]


def test_positions_are_not_split_at_commas():
    assert read("positions[]=VP, Sales").texts("positions") == ["VP, Sales"]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("customFields[Project name]=x&customFields[Plan]=Pro", FORM),
        ("customFields%5BProject+name%5D=x&customFields%5BPlan%5D=Pro", FORM),
        (json.dumps({"customFields": {"Project name": "x", "Plan": "Pro"}}), JSON),
        (json.dumps({"customFields[Project name]": "x", "customFields[Plan]": "Pro"}), JSON),
        (json.dumps({"customFields": {"Project name": "x"}, "customFields[Plan]": "Pro"}), JSON),
        (multipart(("customFields[Project name]", "x"), ("customFields[Plan]", "Pro")), MULTIPART),
    ],
)
def test_a_mapping_may_be_written_in_every_way_of_the_contract(body, content_type):
    assert read(body, content_type).mapping("customFields") == {"Project name": "x", "Plan": "Pro"}


def test_rows_may_be_nested():
    form = read("rows[0][first_name]=Ann&rows[0][last_name]=Lee&rows[1][first_name]=Bo")
    told = read(json.dumps({"rows": [{"first_name": "Ann", "last_name": "Lee"}, {"first_name": "Bo"}]}), JSON)
    assert form._values["rows"] == {"0": {"first_name": "Ann", "last_name": "Lee"}, "1": {"first_name": "Bo"}}
    assert told._values["rows"] == [{"first_name": "Ann", "last_name": "Lee"}, {"first_name": "Bo"}]


def test_the_body_goes_before_the_query():
    read_both = read("b=body&c=body", FORM, "a=query&b=query")
    assert [read_both.text(name) for name in "abc"] == ["query", "body", "body"]


def test_the_token_of_the_query_goes_before_that_of_the_body():
    assert read("access_token=body", FORM, "access_token=query").take("access_token") == "query"
    assert read("access_token=body", FORM, "access_token=").take("access_token") == "body"


def test_the_token_is_gone_once_taken():
    taken = read("access_token=abc&x=1")
    assert taken.take("access_token") == "abc"
    assert taken.take("access_token") is None
    assert "access_token" not in taken
    assert taken.text("x") == "1"


@pytest.mark.parametrize("body", ["access_token[]=abc", "access_token[a]=abc"])
def test_a_token_that_is_no_single_value_is_none(body):
    assert read(body).take("access_token") is None


@pytest.mark.parametrize("value", [True, 1, "true", "1", "True", " true "])
def test_true_is_said_in_many_ways(value):
    assert read(json.dumps({"updateContact": value}), JSON).boolean("updateContact") is True
    assert read(urlencode({"updateContact": str(value)})).boolean("updateContact") is True


@pytest.mark.parametrize("value", [False, 0, "false", "0", "", None, [], {}])
def test_false_is_said_in_many_ways(value):
    assert read(json.dumps({"updateContact": value}), JSON).boolean("updateContact") is False


def test_false_of_php_is_an_empty_string():
    assert read("updateContact=").boolean("updateContact") is False
    assert read("updateContact=", FORM, "updateContact=1").boolean("updateContact") is False
    assert read(multipart(("updateContact", "")), MULTIPART).boolean("updateContact") is False


@pytest.mark.parametrize("value", ["maybe", "2", "yess", ["x", {"a": 1}]])
def test_what_is_neither_true_nor_false_is_refused(value):
    with pytest.raises(Invalid) as refusal:
        read(json.dumps({"updateContact": value}), JSON).boolean("updateContact")
    assert refusal.value.field == "updateContact"


@pytest.mark.parametrize("value", [7, "7", " 7 ", 7.0, "7.0", "+7", "007", [7], ["6", "7"]])
def test_an_integer_may_be_a_string(value):
    assert read(json.dumps({"listId": value}), JSON).integer("listId") == 7


@pytest.mark.parametrize(
    "value",
    ["x", "7.5", 7.5, "1e3", "0x7", "７", "7 7", "--7", {"a": 7}, -1, "-1", 2**63, str(2**63), "9" * 400, 10**300],
)
def test_what_is_no_integer_of_64_bits_is_refused(value):
    with pytest.raises(Invalid) as refusal:
        read(json.dumps({"listId": value}), JSON).integer("listId")
    assert refusal.value.field == "listId"


def test_the_largest_id_of_64_bits_is_an_id():
    assert read(f"listId={2**63 - 1}").integer("listId") == 2**63 - 1


@pytest.mark.parametrize("value", ["", None, [], {}, False, "  "])
def test_absent_and_empty_mean_the_same(value):
    given_empty = read(json.dumps({"x": value}), JSON)
    for missing in (given_empty, read()):
        assert missing.integer("x") is None
        assert missing.texts("x") == []
        with pytest.raises(Invalid) as refusal:
            missing.required_text("x")
        assert (refusal.value.code, refusal.value.field) == ("missing", "x")
    if value is not False and value != "  ":
        assert given_empty.mapping("x") == {}


@pytest.mark.parametrize("content_type", [JSON, "application/json; charset=utf-8", "text/plain", "", MULTIPART, FORM])
@pytest.mark.parametrize("body", [b"", b" ", b"\r\n"])
def test_an_empty_body_holds_no_parameters(body, content_type):
    assert read(body, content_type, "x=1").text("x") == "1"


@pytest.mark.parametrize("body", ["{}", "null", "[]", " {} ", "\ufeff{}"])
def test_an_empty_json_value_holds_no_parameters(body):
    assert read(body, JSON, "x=1").text("x") == "1"


@pytest.mark.parametrize("body", ['{"x":"1"}', "x=1"])
@pytest.mark.parametrize("content_type", ["", "text/plain", "application/octet-stream"])
def test_without_a_telling_content_type_the_body_tells(body, content_type):
    assert read(body, content_type).text("x") == "1"


@pytest.mark.parametrize("content_type", ["application/JSON", "application/vnd.api+json", "text/json;charset=UTF-8"])
def test_json_has_many_names(content_type):
    assert read('{"x":"1"}', content_type).text("x") == "1"


def test_of_a_single_value_given_twice_the_last_counts():
    assert read("name=a&name=b").text("name") == "b"
    assert read('{"name":["a","b"]}', JSON).text("name") == "b"


def test_a_link_that_ends_in_an_ampersand_and_social_wipes_nothing_out():
    """`&social`, not encoded, is a parameter of its own: the examples of the API end links in it."""
    links = "social[twitter]=https://twitter.com/ann&socialLinks[linkedIn]=https://www.linkedin.com/in/ann&social"
    told = read(links)
    assert told.mapping("social") == {"twitter": "https://twitter.com/ann"}
    assert told.mapping("socialLinks") == {"linkedIn": "https://www.linkedin.com/in/ann"}


def test_files_are_no_parameters():
    body = (
        b'--frontier\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\nfile\r\n'
        b'--frontier\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--frontier--\r\n'
    )
    told = read(body, MULTIPART)
    assert "f" not in told
    assert told.text("x") == "1"


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"{", JSON, "bad_json"),
        (b'{"a":1}x', JSON, "bad_json"),
        (b"a=1", JSON, "bad_json"),
        (b'{"a":"\xff"}', JSON, "bad_json"),
        ('{"a":1}'.encode("utf-16"), JSON, "bad_json"),
        (b'{"a":"\\ud800"}', JSON, "bad_json"),
        (b'{"a":' + b"9" * 5_000 + b"}", JSON, "bad_json"),
        (b'{"a":NaN}', JSON, "bad_json"),
        (b"[1]", JSON, "not_an_object"),
        (b'"text"', JSON, "not_an_object"),
        (b'{"a":"\\u0000"}', JSON, "bad_text"),
        (b'{"\\u0000":1}', JSON, "bad_text"),
        (b"[" * 10_000 + b"]" * 10_000, JSON, "too_deep"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, JSON, "too_deep"),
        (b'{"a":' * 30 + b"1" + b"}" * 30, JSON, "too_deep"),
        (b"a" + b"[b]" * 30 + b"=1", FORM, "too_deep"),
        (b"a=%ff", FORM, "bad_encoding"),
        (b"a=\xff", FORM, "bad_encoding"),
        (b"%ff=a", FORM, "bad_encoding"),
        (b"a=%ed%a0%80", FORM, "bad_encoding"),
        (b"a=%00", FORM, "bad_text"),
        (b"%00=a", FORM, "bad_text"),
        (b"x", "multipart/form-data", "bad_multipart"),
        (b"x", MULTIPART, "bad_multipart"),
        (multipart(("a", "b"))[:-6], MULTIPART, "bad_multipart"),
        (multipart(("a", "\x00")), MULTIPART, "bad_text"),
        (multipart(("a", "b")).replace(b"b", b"\xff", 1), MULTIPART, "bad_encoding"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(body, content_type, code):
    if code == "bad_encoding" and content_type == MULTIPART:
        body = b'--frontier\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--frontier--\r\n'
    with pytest.raises(Invalid) as refusal:
        read(body, content_type)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("&".join(f"k{n}=1" for n in range(11)), FORM),
        ("&".join(["k[]=1"] * 11), FORM),
        (json.dumps({f"k{n}": 1 for n in range(11)}), JSON),
        (json.dumps({"k": [1] * 11}), JSON),
        (multipart(*[("k", "1")] * 11), MULTIPART),
    ],
)
def test_too_many_parameters_are_refused(body, content_type):
    with pytest.raises(Invalid) as refusal:
        read(body, content_type, most=10)
    assert refusal.value.code == "too_many_parameters"


def test_query_and_body_share_one_budget():
    with pytest.raises(Invalid, match="at most 10"):
        read("&".join(f"b{n}=1" for n in range(6)), FORM, "&".join(f"q{n}=1" for n in range(6)), most=10)


# Properties

names = st.text(string.ascii_letters + string.digits + "_ é日", min_size=1, max_size=12)
texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=20)
values = texts.filter(lambda text: text != "")


def form_of(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{quote(key, safe='[]')}={quote(value, safe='')}" for key, value in pairs)


@given(st.dictionaries(names, values))
def test_any_texts_come_through_a_form_a_query_and_json_alike(fields):
    pairs = list(fields.items())
    for told in (read(form_of(pairs)), read(query=form_of(pairs)), read(json.dumps(fields), JSON)):
        assert {name: told.text(name) for name in fields} == fields


@given(names, st.lists(values.filter(str.strip), min_size=1))
def test_any_list_comes_through_every_way_of_writing_it(name, elements):
    ways = [
        read(form_of([(f"{name}[]", element) for element in elements])),
        read(form_of([(f"{name}[{n}]", element) for n, element in enumerate(elements)])),
        read(form_of([(name, element) for element in elements])),
        read(json.dumps({name: elements}), JSON),
        read(json.dumps({f"{name}[]": elements}), JSON),
    ]
    assert [way.texts(name) for way in ways] == [elements] * len(ways)


@given(names, st.dictionaries(names, values))
def test_any_mapping_comes_through_every_way_of_writing_it(name, mapping):
    ways = [
        read(form_of([(f"{name}[{key}]", value) for key, value in mapping.items()])),
        read(json.dumps({f"{name}[{key}]": value for key, value in mapping.items()}), JSON),
        read(json.dumps({name: mapping}), JSON),
    ]
    assert [way.mapping(name) for way in ways] == [mapping] * len(ways)


@given(st.dictionaries(st.sampled_from([f"a[{key}]" for key in "0123x"]), st.just("keyed")), st.integers(0, 5))
def test_an_element_without_a_key_takes_no_place_that_is_taken(keyed, nameless):
    told = read(form_of([*keyed.items(), *[("a[]", "nameless")] * nameless])).texts("a")
    assert sorted(told) == ["keyed"] * len(keyed) + ["nameless"] * nameless


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
CONTENT_TYPES = [JSON, FORM, MULTIPART, "", "text/plain", "multipart/form-data; boundary=", 'multipart/form-data; "']
fragments = st.sampled_from(
    [b"a", b"[", b"]", b"[]", b"=", b"&", b"%", b"%5B", b"%ff", b"{", b"}", b'"', b":", b",", b"\\u0000", b"\r\n",
     b"--", b"--frontier", b'Content-Disposition: form-data; name="a"', b"\r\n\r\n", b"--frontier--", b"1", b"\xff",
     b" "]
)  # fmt: skip
wild = st.binary(max_size=60) | st.lists(fragments, max_size=30).map(b"".join)


def ask_everything(told: params.Params) -> None:
    for ask in (told.text, told.texts, told.mapping, told.integer, told.boolean, told.required_text, told.take):
        for name in ("a", "x", "", "0"):
            try:
                ask(name)
            except Invalid:
                continue


@given(wild, wild, st.sampled_from(CONTENT_TYPES))
def test_whatever_comes_is_read_or_refused(query, body, content_type):
    request = Request("POST", "/", query, {b"content-type": content_type.encode()}, body, "192.0.2.1")
    try:
        told = params.read(request, most=50)
    except Invalid:
        return
    ask_everything(told)


@given(st.dictionaries(st.sampled_from(["a", "a[]", "a[x]", "a[x][]", "x", "", "0", "a["]), json_values))
def test_whatever_json_comes_is_read_or_refused(told):
    try:
        ask_everything(read(json.dumps(told), JSON, most=200))
    except Invalid:
        return
