import pytest

from fairlead.importing.columns import guess_mapping, plain, read_mapping
from fairlead.importing.words import NAMES
from fairlead.kit.refusals import Invalid


def targets(header, sample=(), labels=(), given=None, *, headed=True):
    columns = guess_mapping(header.split("|"), [row.split("|") for row in sample], labels, given, headed=headed)
    return [column.target for column in columns]


@pytest.mark.parametrize("header", [
    "Email|First Name|Last Name|Phone|Country|City|Industry|Job Title|Company|Website|LinkedIn URL",
    "E-Mail-Adresse|Vorname|Nachname|Telefonnummer|Land|Ort|Branche|Funktion|Firma|Webseite|LinkedIn-Profil",
    "Adresse e-mail|Prénom|Nom|Téléphone|Pays|Ville|Secteur d'activité|Poste|Société|Site web|Profil LinkedIn",
    "Correo electrónico|Nombre|Apellidos|Teléfono|País|Ciudad|Sector|Cargo|Empresa|Sitio web|LinkedIn",
    "Indirizzo email|Nome|Cognome|Telefono|Paese|Città|Settore|Ruolo|Azienda|Sito web|LinkedIn",
    "E-mail|Nome|Sobrenome|Telefone|País|Cidade|Setor|Função|Nome da empresa|Site|LinkedIn",
    "Adres e-mail|Imię|Nazwisko|Numer telefonu|Kraj|Miejscowość|Branża|Stanowisko|Nazwa firmy|Strona www|LinkedIn",
    "E-mailadres|Voornaam|Achternaam|Telefoonnummer|Land|Plaats|Bedrijfstak|Functie|Bedrijf|Website|LinkedIn",
    "email|firstName|lastName|phones|country|locality|industry|position|company_name|company_site|socialLinks.linkedIn",
])
def test_headers_in_eight_languages(header):
    assert targets(header) == [
        "email", "first_name", "last_name", "phones", "country", "locality", "industry", "position",
        "company_name", "company_site", "social:linkedIn",
    ]  # fmt: skip


def test_the_words_are_written_as_they_are_looked_up():
    known = {}
    for target, names in NAMES.items():
        for name in names:
            assert plain(name) == name
            assert known.setdefault(name, target) == target, f"{name} means two things"


@pytest.mark.parametrize(("header", "expected"), [
    ("Email|Email status|Email (secondary)", ["email", None, None]),
    ("Person Email Verified|Contact E-Mail (work)", [None, "email"]),
    ("Company LinkedIn Url|Person LinkedIn Url", [None, "social:linkedIn"]),
    ("Email|Name|Vorname", ["email", "last_name", "first_name"]),
    ("Email|Nom", ["email", "name"]),
    ("Email|Nome", ["email", "name"]),
    ("Email|Nom|Prénom", ["email", "last_name", "first_name"]),
    ("Email|Phone|Mobile|Work phone", ["email", "phones", "phones", "phones"]),
    ("email|linkedin|facebook|twitter|x|social:Xing", [
        "email", "social:linkedIn", "social:facebook", "social:twitter", "social:X", "social:Xing"]),
    ("email|Favourite color", ["email", None]),
])
def test_names_that_have_to_be_told_apart(header, expected):
    assert targets(header) == expected


def test_custom_fields_are_found_by_their_label():
    assert targets("email|budget|custom:Region|Other", labels=["Budget", "Region"]) == [
        "email", "custom:Budget", "custom:Region", None,
    ]  # fmt: skip
    # The workspace has declared it, so that is what its files mean.
    assert targets("email|Industry", labels=["Industry"]) == ["email", "custom:Industry"]


def test_without_a_header_contents_tell():
    sample = [
        f"{n}|Ann Example|ann{n}@x.example|+49 30 123456{n}|Germany|firm{n}.example|linkedin.com/in/ann{n}|Firm GmbH"
        for n in range(9)
    ]
    names = "|".join(f"column {n}" for n in range(1, 9))
    assert targets(names, sample, headed=False) == [
        None, "name", "email", "phones", "country", "company_site", "social:linkedIn", None,
    ]  # fmt: skip


def test_an_address_under_any_name_is_an_address():
    assert targets("Contact info|Link", ["ann@x.example|https://linkedin.com/in/ann"]) == ["email", "social:linkedIn"]


def test_what_is_given_wins():
    given = read_mapping(["Name=company_name", "Extra=email", "Email=", "City=custom:Region", "N=social:xing"])
    assert targets("Email|Name|Extra|City|N", labels=["Region"], given=given) == [
        None, "company_name", "email", "custom:Region", "social:xing",
    ]  # fmt: skip
    assert read_mapping(["a=b=email"]) == {"a=b": "email"}


@pytest.mark.parametrize("given", [{"Nowhere": "email"}, {"Email": "e-mail"}, {"Email": "custom:Nothing"}])
def test_what_is_given_wrong_is_refused(given):
    with pytest.raises(Invalid):
        targets("Email|Name", given=given)


@pytest.mark.parametrize("pair", ["Email", "=email", " =email"])
def test_a_pair_has_a_column(pair):
    with pytest.raises(Invalid):
        read_mapping([pair])
