"""How a person, or the company's own address, is shown: cards in the manner of the design, with the mark-up
the form of the address asks for.
"""

import html

from fairlead.sandbox.making.chance import source
from fairlead.sandbox.model import Person
from fairlead.sandbox.sites.forms import INLINE, Form, json_ld, mailto_with_copy, written
from fairlead.sandbox.sites.plan import Placement, SitePlan, slug


def person_card(plan: SitePlan, person: Person, placement: Placement | None, number: int) -> str:
    """Name and position, with the address in its form where `placement` gives one."""
    if placement is None:
        return _plain_card(plan, person, "")
    match placement.form:
        case Form.MICRODATA:
            return (
                '<div class="card" itemscope itemtype="https://schema.org/Person">'
                f'<h3 itemprop="name">{html.escape(person.name)}</h3><p itemprop="jobTitle">'
                f'{html.escape(person.position)}</p><meta itemprop="email" content="{person.email}"></div>\n'
            )
        case Form.RDFA:
            return (
                '<div class="card" vocab="https://schema.org/" typeof="Person">'
                f'<h3 property="name">{html.escape(person.name)}</h3><p property="jobTitle">'
                f'{html.escape(person.position)}</p><span property="email" content="{person.email}"></span>'
                '</div>\n'
            )
        case Form.HCARD:
            return _hcard(plan, person)
        case Form.JSON_LD_PERSON:
            return _plain_card(plan, person, json_ld(person_thing(plan, person)))
        case Form.VCARD_FILE:
            return _plain_card(plan, person, f'<a href="{vcard_path(person, number)}">vCard</a>')
        case Form.IMAGE:
            return _plain_card(
                plan, person, f'<img src="/images/contact-{number}.png" alt="{plan.words.email}">'
            )
        case Form.MAILTO_CC:
            return _plain_card(
                plan, person, mailto_with_copy(person.email, plan.company.generic[0], plan.words)
            )
        case _:
            return _plain_card(plan, person, inline(plan, placement))


def inline(plan: SitePlan, placement: Placement) -> str:
    dice = source(0, "form", placement.email + placement.path)
    return written(placement.form, placement.email, plan.words, dice)


def _plain_card(plan: SitePlan, person: Person, address: str) -> str:
    name, position = html.escape(person.name), html.escape(person.position)
    profile = _linkedin(person)
    phone = f'<p class="phone">{plan.words.phone}: {person.phone}</p>' if person.phone else ""
    address = f'<p class="mail">{address}</p>' if address else ""
    match plan.site.design:
        case 0:
            return (
                f'<article class="card"><img src="/images/{slug(person.name)}.svg" alt="{name}"><h3>{name}'
                '</h3>'
                f'<p class="role">{position}</p>{phone}{address}{profile}</article>\n'
            )
        case 1:
            return f"<tr><td><b>{name}</b></td><td>{position}</td><td>{phone}{address}{profile}</td></tr>\n"
        case 2:
            return (
                f'<div class="team-member"><h4 class="name">{name}</h4><span class="title">{position}</span>'
                f"{phone}{address}{profile}</div>\n"
            )
        case _:
            return f"<dt>{name}, {position}</dt><dd>{phone}{address}{profile}</dd>\n"


def cards(plan: SitePlan, inside: str) -> str:
    match plan.site.design:
        case 1:
            return f"<table>\n{inside}</table>\n"
        case 3:
            return f"<dl>\n{inside}</dl>\n"
        case _:
            return f'<div class="cards">\n{inside}</div>\n'


def _linkedin(person: Person) -> str:
    links = (f'<a href="{social.url}">{social.network}</a>' for social in person.social)
    return " ".join(links)


def _hcard(plan: SitePlan, person: Person) -> str:
    name, position, company = map(html.escape, (person.name, person.position, plan.company.name))
    if plan.site.design % 2:
        # Microformats 1, and the address as text.
        return (
            f'<div class="vcard"><span class="fn">{name}</span>, <span class="title">{position}</span>, '
            f'<span class="org">{company}</span> <span class="email">{person.email}</span></div>\n'
        )
    return (
        f'<div class="h-card"><span class="p-name">{name}</span> <span class="p-job-title">{position}</span> '
        f'<a class="u-email" href="mailto:{person.email}">{plan.words.email}</a></div>\n'
    )


def person_thing(plan: SitePlan, person: Person) -> dict[str, object]:
    return {
        "@type": "Person",
        "name": person.name,
        "givenName": person.first_name,
        "familyName": person.last_name,
        "jobTitle": person.position,
        "email": person.email if plan.site.design % 2 else f"mailto:{person.email}",
        "worksFor": {"@type": "Organization", "name": plan.company.name},
        "sameAs": [social.url for social in person.social],
    }


def company_thing(plan: SitePlan) -> dict[str, object]:
    company = plan.company
    return {
        "@type": "Organization",
        "name": company.name,
        "url": f"{plan.site.scheme}://{plan.site.host}/",
        "logo": f"{plan.site.scheme}://{plan.site.host}/logo.png",
        "telephone": company.phone,
        "foundingDate": str(company.founded),
        "knowsAbout": company.industry,
        "numberOfEmployees": {"@type": "QuantitativeValue", "value": company.headcount},
        "address": {
            "@type": "PostalAddress",
            "streetAddress": company.street,
            "postalCode": company.postal_code,
            "addressLocality": company.city,
            "addressCountry": company.country_code,
        },
        "sameAs": [social.url for social in company.social],
    }


def company_card(plan: SitePlan, placement: Placement) -> str:
    """An address of the company as a whole."""
    email = placement.email
    match placement.form:
        case Form.JSON_LD_ORGANIZATION:
            return json_ld({**company_thing(plan), "email": email})
        case Form.JSON_LD_CONTACT_POINT:
            point = {"@type": "ContactPoint", "contactType": email.partition("@")[0], "email": email}
            return json_ld({**company_thing(plan), "contactPoint": [point]})
        case Form.MICRODATA:
            return (
                '<div itemscope itemtype="https://schema.org/Organization"><span itemprop="name">'
                f'{html.escape(plan.company.name)}</span><link itemprop="email" href="mailto:{email}">'
                '</div>\n'
            )
        case Form.RDFA:
            return (
                '<div vocab="https://schema.org/" typeof="Organization"><span property="name">'
                f'{html.escape(plan.company.name)}</span> <span property="email">{email}</span></div>\n'
            )
        case Form.HCARD:
            return (
                f'<div class="vcard"><span class="fn org">{html.escape(plan.company.name)}</span> '
                f'<a class="email" href="mailto:{email}">{plan.words.email}</a></div>\n'
            )
        case form if form in INLINE:
            return f"<p>{inline(plan, placement)}</p>\n"
        case form:
            raise KeyError(form)


def vcard_path(person: Person, number: int) -> str:
    return f"/vcards/{slug(person.name)}-{number + 1}.vcf"


def vcard(plan: SitePlan, person: Person) -> bytes:
    """RFC 6350, or version 3.0 of RFC 2426 in half of the designs; long lines folded as both ask."""
    version = "4.0" if plan.site.design % 2 else "3.0"
    kind = "" if plan.site.design % 2 else ";TYPE=INTERNET"
    lines = [
        "BEGIN:VCARD",
        f"VERSION:{version}",
        f"N:{_escaped(person.last_name)};{_escaped(person.first_name)};;;",
        f"FN:{_escaped(person.name)}",
        f"ORG:{_escaped(plan.company.name)}",
        f"TITLE:{_escaped(person.position)}",
        f"EMAIL{kind}:{person.email}",
        f"TEL;TYPE=WORK:{person.phone or plan.company.phone}",
        "END:VCARD",
    ]
    return b"".join(_folded(line) for line in lines)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")


def _folded(line: str) -> bytes:
    """At most 75 octets a line; a character of several octets stays whole."""
    parts, part = [], b""
    for letter in line:
        octets = letter.encode()
        if len(part) + len(octets) > 75:
            parts.append(part)
            part = b" "
        part += octets
    return b"\r\n".join([*parts, part]) + b"\r\n"
