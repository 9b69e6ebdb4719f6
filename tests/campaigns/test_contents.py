"""Contents: variables, fallbacks, spintax, threads, footers, and what nobody may write."""

import signal
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.campaigns.contents.fields import Names
from fairlead.campaigns.contents.rendering import CannotRender, Footer, MissingVariable, check_text, names_in, render
from fairlead.campaigns.model import Usage, Variant, VariantId
from fairlead.kit.refusals import Invalid
from fairlead.prospects.model import CustomField, FieldType
from fairlead.senders.composing import SIGNATURE_PLACE
from fairlead.senders.model import Thread

NOW = datetime(2026, 3, 2, tzinfo=UTC)
LINK = "https://mail.acme.example/u/1?a=1&b=2"


def content(body, subject="Hello", *, is_plain=False):
    return Variant(VariantId(1), "1", 10, subject, body, is_plain, Usage.ACTIVE, 1, True)


def letter(body, subject="Hello", *, seed=1, is_plain=False, fields=None, **how):
    return render(content(body, subject, is_plain=is_plain), fields or {}, seed=seed, now=NOW, **how)


def text(body, **fields):
    return letter(body, is_plain=True, fields=fields).text


@contextmanager
def at_once():
    """What a stranger writes must not hold everybody up: far above what it takes, far below what it must not."""

    def too_long(*_):
        raise AssertionError("it takes too long")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(10)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def test_variables_conditions_and_fallbacks():
    assert text("Hi {{first_name}}", first_name="Bo") == "Hi Bo"
    assert text("Hi {{ first_name | default: 'there' }}") == "Hi there"
    assert text("{% if country == 'Norway' %}Hei{% else %}Hi{% endif %}", country="Norway") == "Hei"
    assert text("{{ company_name | upcase | truncate: 6 }}", company_name="Acme Works") == "ACM..."
    assert text("{{ 'now' | date: '%Y-%m-%d' }} {{ now | date: '%B' }}") == "2026-03-02 March"


def test_a_custom_field_is_named_by_its_label():
    names = Names.of([CustomField(7, "Project  name", FieldType.STRING, False)])
    assert names.know("Project name")
    assert names.know("project_name")
    assert not names.know("project")
    assert text("{{ Project name }}/{{Project name | default: 'x'}}", **{"Project name": "Ark"}) == "Ark/Ark"
    assert names_in(content("{{Project name}} {% assign a = 1 %}{{a}} {a|{{first_name}}}")) == {
        "Project name",
        "first_name",
    }


def test_a_value_is_missing_only_where_it_would_be_written():
    for body in ("{{first_name}}", "{{first_name | upcase}}", "{{ first_name | append: '!' }}"):
        with pytest.raises(MissingVariable) as missing:
            letter(body, strict=True)
        assert missing.value.name == "first_name"
        assert letter(f"a{body}b", is_plain=True).text in ("ab", "a!b")
    assert letter("{% if first_name %}x{% else %}y{% endif %}", is_plain=True, strict=True).text == "y"
    assert letter("{{first_name | default: 'you'}}", is_plain=True, strict=True).text == "you"


def test_values_are_text_and_never_markup():
    made = letter("<p>{{first_name}}</p>", "Hi {{first_name}}", fields={"first_name": "<b>A&B</b>\r\nBcc: x@y.example"})
    assert "<b>" not in made.html
    assert "&lt;b&gt;A&amp;B" in made.html
    assert made.subject == "Hi <b>A&B</b> Bcc: x@y.example"


def test_spintax_says_one_of_its_texts_and_the_same_one_for_the_same_seed():
    body = "<p style='a:{b}'>{Hi|Hello {{first_name}}|{Good|Bad} day}, {no choice}</p><style>p {color: red}</style>"
    said = {letter(body, seed=seed, fields={"first_name": "Bo"}).html for seed in range(100)}
    greetings = {html.partition(">")[2].partition(",")[0] for html in said}
    assert greetings == {"Hi", "Hello Bo", "Good day", "Bad day"}
    assert all("{no choice}" in html and "p {color: red}" in html for html in said)
    assert letter(body, seed=5) == letter(body, seed=5)


def test_values_of_prospects_are_no_spintax():
    assert text("{{first_name}}", first_name="{a|b}") == "{a|b}"


@given(st.text(st.sampled_from("{}|ab<>/% \n"), max_size=60), st.integers(0, 99))
def test_any_text_is_refused_with_a_sentence_or_rendered(body, seed):
    refused = None
    try:
        check_text("Hi", body, place="Step 1")
    except Invalid as refusal:
        refused = refusal.sentence
    if refused is None:
        assert SIGNATURE_PLACE not in letter(body, seed=seed).html
    else:
        assert refused.startswith("Step 1: the body ")


def test_a_plain_content_is_text_alone():
    made = letter("Hi {{first_name}},\n\n  bye", is_plain=True, fields={"first_name": "A&B"})
    assert (made.html, made.text) == (None, "Hi A&B,\n\n  bye")
    assert letter("<p>Hi <b>you</b></p>", is_plain=True).text == "Hi you"


def test_html_has_a_text_part_and_untagged_text_keeps_its_lines():
    made = letter("<p>Hi</p><p><a href='https://x.example/a'>see</a></p>")
    assert made.text == "Hi\n\nsee (https://x.example/a)"
    assert letter("Hi\nthere").html == "Hi<br>\nthere"


def test_a_content_without_a_subject_answers_in_the_thread():
    before = Thread("b@acme.example", ("a@acme.example",), "Re: RE: Hello\r\n there")
    made = letter("Still there?", "", thread=before)
    assert made.subject == "Re: Hello there"
    assert made.in_reply_to == "b@acme.example"
    assert made.references == ("a@acme.example", "b@acme.example")
    with pytest.raises(CannotRender, match="no mail before it"):
        letter("Still there?", "")
    with pytest.raises(CannotRender, match="subject is empty"):
        letter("x", "{{first_name}}")


def test_a_long_thread_keeps_its_beginning():
    before = Thread("z@x.example", tuple(f"{n}@x.example" for n in range(200)), "Hello")
    references = letter("x", "", thread=before).references
    assert len(references) == 50
    assert (references[0], references[-1]) == ("0@x.example", "z@x.example")


def test_the_footer_stands_below_the_signature_and_within_the_page():
    footer = Footer("Tell me to <a href='{{unsubscribe_link}}'>stop</a>", "Acme & Co\nStreet 1")
    made = letter("<html><body><p>Hi</p></body></html>", footer=footer, unsubscribe_link=LINK, one_click=True)
    assert made.html.index("Hi") < made.html.index(SIGNATURE_PLACE) < made.html.index("stop") < made.html.index("Acme")
    assert made.html.endswith("</body></html>")
    assert "Acme &amp; Co<br>Street 1" in made.html
    assert made.text == f"Hi\n\n{SIGNATURE_PLACE}\n\nTell me to stop ({LINK})\n\nAcme & Co\nStreet 1"
    assert made.list_unsubscribe == LINK
    assert letter("Hi", unsubscribe_link=LINK).list_unsubscribe is None
    linked = letter("Hi", footer=Footer("No more?"), unsubscribe_link=LINK)
    assert 'href="https://mail.acme.example/u/1?a=1&amp;b=2">No more?</a>' in linked.html


def test_a_signature_goes_where_it_is_placed():
    made = letter("<p>Hi</p>{{ signature }}<p>PS: bye</p>", footer=Footer(postal_address="Street 1"))
    assert made.html.count(SIGNATURE_PLACE) == made.text.count(SIGNATURE_PLACE) == 1
    assert made.text.index(SIGNATURE_PLACE) < made.text.index("PS")


@pytest.mark.parametrize(
    "body",
    [
        "{% for i in (1..1000000000) %}x{% endfor %}",
        "{% for i in (1..900) %}{% for j in (1..900) %}x{% endfor %}{% endfor %}",
        "{% for i in (1..900) %}{% endfor %}" * 2,
        "{% assign a = 9 %}{% for i in (1..100) %}{% assign a = a | times: a %}{% endfor %}{{a}}",
        "{% assign a = 'x' %}{% for i in (1..100) %}{% assign a = a | append: a %}{% endfor %}{{a}}",
        "{% assign a = 'x' %}{% for i in (1..99) %}{% capture a %}{{a}}{{a}}{% endcapture %}{% endfor %}{{a}}",
        "{{ 'x'" + " | replace: '', 'xxxxxxxxxx'" * 20 + " }}",
        "{{ (1..1000000000) | join: ',' }}",
        "{% for i in (1..1000) %}" + "x" * 2000 + "{% endfor %}",
        "{{ 'a' | date: '" + "%Y" * 100 + "' }}",
        "{{ 1 | divided_by: 0 }}",
    ],
)
def test_a_text_that_grows_without_end_is_stopped_with_a_sentence(body):
    check_text("Hi", body, place="Step 1")
    with at_once(), pytest.raises(CannotRender) as refused:
        letter(body)
    assert "The body cannot be filled in: " in str(refused.value)


@pytest.mark.parametrize(
    "body",
    [
        "{{" * 1900 + "x" * 400_000, "{%" * 900, "<a " * 160_000, "<a" * 200_000, "<!--" * 100_000, "{" * 400_000,
        "{a|b" * 900, "<div>" * 90_000, "<a href='" * 50_000, "{% raw %}" * 900, "<b><i>x</b></i>", "</div>",
        "<style>" * 70_000, "{% include 'x' %}", "{{ x | nosuch: ", "{% if x %}", "x" * 500_001,
        "{{ x | a }}" * 1_001, "{% spin %}a", "{% liquid echo 1 %}", "{% if x %}" * 50 + "{% endif %}" * 50,
    ],
    ids=lambda body: body[:12],
)  # fmt: skip
def test_a_hostile_body_is_refused_at_once_naming_the_place(body):
    with at_once(), pytest.raises(Invalid) as refused:
        check_text("Hi", body, place="Step 7, content 3")
    assert refused.value.sentence.startswith("Step 7, content 3: the body ")
    assert refused.value.field == "body"


@pytest.mark.parametrize(
    "body", ["<p>" * 160_000, "<!" * 200_000, "<" * 400_000, "</p>" * 100_000, "&" * 400_000, "{a|b}" * 1_900, "<?" * 200_000]
)
def test_an_odd_body_is_gone_through_at_once(body):
    with at_once():
        check_text("Hi", body, place="Step 1")


@pytest.mark.parametrize("subject", ["a\nb", "a\rb", "a\r\nBcc: b", "a\x00b", "a\u2028b", "x" * 999, "{{", "{% if %}"])
def test_a_subject_that_is_no_line_is_refused(subject):
    with pytest.raises(Invalid) as refused:
        check_text(subject, "x", place="Step 1")
    assert refused.value.field == "subject"


@pytest.mark.parametrize(
    "html",
    ["<p>a<p>b", "<ul><li>a<li>b</ul>", "a<br>b<img src='x>y'>", "<table><tr><td>a<td>b</table>", "<p>{% if a < b %}x{% endif %}",
     "<P>x</p>", "<br/>", "1 < 2 > 1", "<!-- <b> -->", "<style>a > b {x: <}</style>", "<a href={{ x }}>y</a>", "</p>"],
)  # fmt: skip
def test_html_that_mail_programs_read_is_taken(html):
    check_text("Hi", html, place="Step 1")
