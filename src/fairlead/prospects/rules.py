"""What makes a prospect: checks and the forms under which things are compared. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from urllib.parse import urlsplit

from fairlead.kit.countries import country_name
from fairlead.kit.profiles import NETWORKS, linkedin_profile
from fairlead.kit.refusals import Invalid
from fairlead.kit.text import address_key, domain_key, has_control, split_name
from fairlead.prospects.model import CustomField, FieldType, NewProspect
from fairlead.prospects.store.adding import Candidate

LONGEST = {
    "email": 320,
    "name": 255,
    "first_name": 255,
    "last_name": 255,
    "locality": 255,
    "industry": 255,
    "position": 500,
    "company_name": 500,
    "company_site": 2048,
}
LONGEST_CUSTOM_VALUE = 5_000
LONGEST_LINK = 2048
LONGEST_PHONE = 64
MOST_PHONES = 20
MOST_NETWORKS = 20

# Links copied out of the vendor's pages end in this.
SOCIAL_SUFFIX = "&social"


def candidate(new: NewProspect, fields: Iterable[CustomField]) -> Candidate:
    """The columns of a checked prospect. Raises `Invalid` naming the field.

    Required custom fields may be missing, because the prospect may be known and have them: see `require_custom`.
    """
    texts = {name: _text(getattr(new, name), name) for name in LONGEST}
    email_key = _email_key(texts["email"])
    social = social_links(new.social)
    linkedin_key = linkedin_profile(social["linkedIn"]) if "linkedIn" in social else None
    if email_key is None and linkedin_key is None:
        raise Invalid("no_way_to_reach", "An email or a LinkedIn profile is required.", field="email")
    if texts["name"] and texts["first_name"] is None and texts["last_name"] is None:
        texts["first_name"], texts["last_name"] = split_name(texts["name"])
    return Candidate(
        email=texts["email"],
        email_key=email_key,
        linkedin_key=linkedin_key,
        name=texts["name"],
        first_name=texts["first_name"],
        last_name=texts["last_name"],
        phones=_phones(new.phones),
        country=_country(new.country),
        locality=texts["locality"],
        industry=texts["industry"],
        position=texts["position"],
        company_name=texts["company_name"],
        company_site=_site(texts["company_site"]),
        social=social,
        custom=custom_values(new.custom, fields),
    )


def _text(value: str | None, field: str) -> str | None:
    """None and blank mean the same: not given."""
    if value is None:
        return None
    text = value.strip()
    if len(text) > LONGEST[field]:
        raise Invalid("too_long", f"{field} is longer than {LONGEST[field]} characters.", field=field)
    if has_control(text):
        raise Invalid("bad_characters", f"{field} holds a line break or a control character.", field=field)
    return text or None


def _email_key(email: str | None) -> str | None:
    if email is None:
        return None
    try:
        return address_key(email)
    except ValueError as error:
        raise Invalid("bad_email", "email is not a valid e-mail address.", field="email") from error


def _phones(phones: tuple[str, ...] | None) -> list[str] | None:
    if phones is None:
        return None
    kept = list(dict.fromkeys(phone.strip() for phone in phones if phone.strip()))
    if len(kept) > MOST_PHONES or any(len(phone) > LONGEST_PHONE or has_control(phone) for phone in kept):
        raise Invalid(
            "bad_phones", f"phones takes up to {MOST_PHONES} numbers of {LONGEST_PHONE} characters.", field="phones"
        )
    return kept or None


def _country(country: str | None) -> str | None:
    if country is None or not country.strip():
        return None
    name = country_name(country)
    if name is None:
        raise Invalid("unknown_country", "country is not a country of the ISO 3166 list.", field="country")
    return name


def _site(site: str | None) -> str | None:
    if site is None:
        return None
    link = site if "://" in site else f"http://{site}"
    if not _is_link(link):
        raise Invalid("bad_site", "company_site is not a web address.", field="company_site")
    return link


def _is_link(link: str) -> bool:
    try:
        parts = urlsplit(link)
        domain_key(parts.hostname or "")
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and " " not in link


def social_links(social: Mapping[str, str]) -> dict[str, str]:
    """Links by the network's name as shown; blank ones are left out. Raises `Invalid`."""
    links = {}
    for network, given in social.items():
        link = given.strip().removesuffix(SOCIAL_SUFFIX)
        name = NETWORKS.get(network.strip().lower(), network.strip())
        if not link:
            continue
        if not name or len(name) > 50 or len(link) > LONGEST_LINK or has_control(name + link):
            raise Invalid("bad_social", f"The link for {name[:50]!r} cannot be used.", field="social_links")
        links[name] = link
    if len(links) > MOST_NETWORKS:
        raise Invalid("too_many_links", f"A prospect has at most {MOST_NETWORKS} links.", field="social_links")
    return links


def custom_values(given: Mapping[str, str], fields: Iterable[CustomField]) -> dict[str, str]:
    """Values by the id of their field, in its type's form. Raises `Invalid`."""
    by_label = {field.label.casefold(): field for field in fields}
    values = {}
    for label, value in given.items():
        field = by_label.get(label.strip().casefold())
        if field is None:
            raise Invalid("custom_field_not_found", f"Custom fields '{label}' not found", field="custom_fields")
        if text := value.strip():
            values[str(field.id)] = _typed(field, text)
    return values


def require_custom(values: Mapping[str, str], fields: Iterable[CustomField]) -> None:
    """Raises `Invalid` when a required custom field of a new prospect has no value."""
    for field in fields:
        if field.required and str(field.id) not in values:
            raise Invalid("custom_field_missing", f"Custom field '{field.label}' is required", field="custom_fields")


def _typed(field: CustomField, text: str) -> str:
    if len(text) > LONGEST_CUSTOM_VALUE or "\x00" in text:
        raise Invalid("bad_custom_value", f"The value of '{field.label}' is too long.", field="custom_fields")
    try:
        match field.type:
            case FieldType.STRING:
                return text
            case FieldType.NUMBER:
                number = Decimal(text)
                if not number.is_finite() or "_" in text:
                    raise InvalidOperation
                return text
            case FieldType.DATE:
                return date.fromisoformat(text).isoformat()
    except (InvalidOperation, ValueError) as error:
        wanted = "a number" if field.type is FieldType.NUMBER else "a date as YYYY-MM-DD"
        raise Invalid("bad_custom_value", f"'{field.label}' takes {wanted}.", field="custom_fields") from error
