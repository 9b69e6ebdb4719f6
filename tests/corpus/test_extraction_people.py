"""People with their positions, and the card of the company."""

from datetime import UTC, datetime

import pytest

from fairlead.corpus.extraction import extract
from fairlead.corpus.findings import PageFindings, PersonFinding

SEEN = datetime(2026, 3, 1, tzinfo=UTC)


def page(body: str, *, head: str = "", path: str = "/team", content_type: str = "text/html") -> PageFindings:
    html = f"<html><head>{head}</head><body>{body}</body></html>" if content_type == "text/html" else body
    return extract(html.encode(), f"https://www.acme.com{path}", SEEN, content_type=content_type)


def people(body: str, **how: str) -> list[tuple[str, str | None, str | None]]:
    return [(person.name, person.position, person.address) for person in page(body, **how).people]


ANN = ("Ann Lee", "Head of Sales", "ann.lee@acme.com")
MAIL = '<a href="mailto:ann.lee@acme.com">mail</a>'
WRITTEN = [
    ("a card", f'<div class="card"><h3>Ann Lee</h3><p class="role">Head of Sales</p>{MAIL}</div>'),
    ("a card with the position first", f"<div><p>Head of Sales</p><h3>Ann Lee</h3><p>{MAIL}</p></div>"),
    ("a row", f"<table><tr><td><b>Ann Lee</b></td><td>Head of Sales</td><td>{MAIL}</td></tr></table>"),
    ("a list", f"<ul><li>Ann Lee, Head of Sales {MAIL}</li></ul>"),
    ("terms", f"<dl><dt>Ann Lee</dt><dd>Head of Sales</dd><dd>{MAIL}</dd></dl>"),
    ("one line", f"<p>Head of Sales: Ann Lee</p><p>{MAIL}</p>"),
    ("with a title in front", f"<h4>Dr. Ann Lee</h4><p>Head of Sales</p><p>{MAIL}</p>"),
    ("an h-card", '<div class="h-card"><b class="p-name">Ann Lee</b> <i class="p-job-title">Head of Sales</i> '
                  '<a class="u-email" href="mailto:ann.lee@acme.com">m</a></div>'),
    ("an hCard", '<div class="vcard"><b class="fn">Ann Lee</b> <i class="title">Head of Sales</i> '
                 '<a class="email" href="mailto:ann.lee@acme.com">m</a></div>'),
    ("microdata", '<div itemscope itemtype="http://schema.org/Person"><b itemprop="name">Ann Lee</b>'
                  '<i itemprop="jobTitle">Head of Sales</i><meta itemprop="email" content="ann.lee@acme.com"></div>'),
    ("JSON-LD", '<script type="application/ld+json">{"@graph":[{"@type":"Organization","name":"Acme","employee":[{"@type":'
                '"Person","name":"Ann Lee","jobTitle":"Head of Sales","email":"mailto:ann.lee@acme.com"}]}]}</script>'),
]  # fmt: skip


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in WRITTEN])
def test_a_person_is_found_in(body: str) -> None:
    assert people(body) == [ANN]


@pytest.mark.parametrize(
    ("name", "position"),
    [
        ("Jürgen Groß", "Leiter Vertrieb"), ("Aurélie Lefèvre", "Directrice des achats"),
        ("Łukasz Wójcik", "Kierownik IT"), ("Sıla Kılıç", "İnsan Kaynakları Müdürü"),
        ("Ludwig van der Berg", "Hoofd klantenservice"), ("Åsa Öberg", "Försäljningschef"),
        ("Mario De Luca", "Amministratore delegato"), ("Pilar Núñez Castaño", "Jefa de desarrollo"),
        ("Jana Nováková", "Obchodní ředitelka"), ("Иван Петров", "Директор"),
    ],
)  # fmt: skip
def test_names_and_positions_of_many_languages_are_known(name: str, position: str) -> None:
    assert people(f"<article><h3>{name}</h3><p>{position}</p></article>") == [(name, position, None)]


def test_each_address_goes_to_its_person_and_that_of_a_desk_to_nobody() -> None:
    body = (
        "<h3>Ann Lee</h3><p>Manager</p><p>ann@acme.com</p><h3>Bob Ray</h3><p>Engineer</p><p>b.ray@acme.com</p>"
        "<p>sales@acme.com</p><footer>info@acme.com</footer>"
    )
    assert people(body) == [("Ann Lee", "Manager", "ann@acme.com"), ("Bob Ray", "Engineer", "b.ray@acme.com")]
    found = page(body)
    assert {each.address: each.person for each in found.addresses} == {
        "ann@acme.com": 0, "b.ray@acme.com": 1, "sales@acme.com": None, "info@acme.com": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        "<h3>Our Services</h3><p>Project management</p>", "<h3>New York</h3><p>Head office</p>",
        "<h3>Contact Us</h3><p>Sales and support</p>", "<li>Ann Lee</li><li>likes cheese</li>",
        "<h3>Acme Trading Ltd</h3><p>Director: none</p>",
    ],
)  # fmt: skip
def test_what_is_nobody_is_no_person(body: str) -> None:
    assert people(body) == []


def test_profiles_and_telephones_go_with_the_person() -> None:
    (ann,) = page(
        "<h3>Ann Lee</h3><p>Manager</p><a href='https://de.linkedin.com/in/ann-lee-1/'>in</a>"
        "<a href='https://x.com/annlee'>x</a><a href='tel:+493012345678'>call</a>"
    ).people
    assert ann.social == ("https://de.linkedin.com/in/ann-lee-1", "https://x.com/annlee")
    assert ann.phone == "+493012345678"


def test_a_vcard_is_a_person() -> None:
    card = (
        "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Lee;Ann;;Dr.;\r\nFN:Dr. Ann Lee\r\nTITLE:Head of\r\n  Sales\r\n"
        "ORG:Acme\\, Inc.;Sales\r\nEMAIL;TYPE=work:ann.lee@acme.com\r\nTEL:+49 30 12345678\r\nEND:VCARD\r\n"
    )
    assert page(card, path="/ann.vcf", content_type="text/vcard").people == (
        PersonFinding("Ann Lee", "Ann", "Lee", "vcard", "Head of Sales", "ann.lee@acme.com", (), "+493012345678", "Acme, Inc."),
    )  # fmt: skip


def test_the_company_is_told_by_json_ld() -> None:
    body = """<script type="application/ld+json">{"@context":"https://schema.org","@type":"Corporation","name":"Acme GmbH",
      "url":"https://acme.com","foundingDate":"1998-05-01","telephone":"030 12345678","knowsAbout":"Furniture",
      "numberOfEmployees":{"@type":"QuantitativeValue","minValue":51,"maxValue":200},
      "address":{"@type":"PostalAddress","addressLocality":"Berlin","addressCountry":"DE"},
      "sameAs":["https://www.linkedin.com/company/acme","https://acme.de/"]}</script>"""
    company = page(body, path="/").company
    assert company is not None
    assert (company.domain, company.name, company.city, company.country) == ("acme.com", "Acme GmbH", "Berlin", "DE")
    assert (company.founded, company.phone, company.industry, company.size) == (
        1998,
        "+493012345678",
        "Furniture",
        "51-200",
    )
    assert company.site == "https://www.acme.com/"
    assert company.social == ("https://www.linkedin.com/company/acme",)
    assert company.related_domains == ("acme.de",)


def test_the_company_is_told_by_its_imprint() -> None:
    body = (
        "<h1>Impressum</h1><address>Acme Werkzeugbau GmbH<br>Hauptstraße 5<br>10115 Berlin<br>Germany<br>"
        "<a href='tel:+493012345678'>030 12345678</a></address><p>Acme wurde 1998 gegründet.</p>"
        "<p>Besuchen Sie <a href='https://www.acme.at/'>acme.at</a></p>"
    )
    company = page(body, path="/impressum").company
    assert company is not None
    assert (company.name, company.city, company.country) == ("Acme Werkzeugbau GmbH", "Berlin", "DE")
    assert (company.founded, company.phone, company.related_domains) == (1998, "+493012345678", ("acme.at",))
