"""Four designs: what stands around the content of a page, junk included that only looks like addresses."""

import hashlib
import html

from fairlead.sandbox.sites.plan import Page, PageKind, SitePlan

NAVIGATION = (PageKind.HOME, PageKind.ABOUT, PageKind.PRODUCTS, PageKind.TEAM, PageKind.NEWS)
FOOTER = (PageKind.CONTACT, PageKind.IMPRINT)
# An agency that signs the sites it makes: an address of somebody else's domain.
AGENCY = "studio@webcraft.test"


def document(plan: SitePlan, page: Page, title: str, content: str, head: str = "") -> str:
    company, site = plan.company, plan.site
    name = html.escape(company.name)
    junk_head, junk_foot = junk(plan)
    top = (
        f'<!DOCTYPE html>\n<html lang="{site.language}">\n<head>\n<meta charset="utf-8">\n<title>{title} | '
        f'{name}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<link rel="stylesheet" href="/style.css">\n<style>.mail-check {{ display: none }}'
        f'</style>\n{junk_head}{head}'
        "</head>\n<body>\n"
    )
    logo = f'<img src="/logo.png" srcset="/logo.png 1x, /logo@2x.png 2x" alt="{name}">'
    match site.design:
        case 0:
            body = (
                f"<header>{logo}<nav>{_links(plan, NAVIGATION, '', ' ')}</nav></header>\n<main>\n{content}"
                "</main>\n"
                f"<footer><p>{_address_line(plan)}</p><nav>{_links(plan, FOOTER, '', ' ')}"
                f"</nav>{_social(plan)}</footer>\n"
            )
        case 1:
            body = (
                f'<table width="100%" border="0"><tr><td colspan="2">{logo}</td></tr>\n<tr><td valign="top">'
                f"{_links(plan, (*NAVIGATION, *FOOTER), '', '<br>')}</td><td>\n{content}</td></tr>\n"
                f'<tr><td colspan="2"><font size="1">{_address_line(plan)}</font></td></tr></table>\n'
            )
        case 2:
            body = (
                f'<div id="page"><div class="site-header"><div class="brand">{logo}</div><ul class="menu">'
                f"{_links(plan, (*NAVIGATION, *FOOTER), '<li>', '')}</ul></div>\n"
                f'<div class="entry-content">\n{content}</div>\n<div class="site-footer"><div class="widget">'
                f'{_address_line(plan)}</div><div class="widget">{_social(plan)}</div></div></div>\n'
            )
        case _:
            body = (
                f'<div class="wrap"><a class="logo" href="/">{logo}</a>\n<section>\n{content}</section>\n'
                f'<div class="bottom">{_links(plan, (*NAVIGATION, *FOOTER), "", " &middot; ")}'
                f'<br>{_address_line(plan)}'
                f"</div>{_social(plan)}</div>\n"
            )
    return f"{top}{body}{junk_foot}</body>\n</html>\n"


def label(plan: SitePlan, kind: PageKind) -> str:
    words = plan.words
    return {
        PageKind.HOME: words.home,
        PageKind.CONTACT: words.contact,
        PageKind.TEAM: words.team,
        PageKind.IMPRINT: words.imprint,
        PageKind.PRODUCTS: words.products,
        PageKind.NEWS: words.news,
        PageKind.ABOUT: words.about,
    }[kind]


def _links(plan: SitePlan, kinds: tuple[PageKind, ...], before: str, between: str) -> str:
    after = before.replace("<", "</")
    return between.join(
        f'{before}<a href="{plan.paths[kind]}">{label(plan, kind)}</a>{after}'
        for kind in kinds
        if kind in plan.paths
    )


def _address_line(plan: SitePlan) -> str:
    company = plan.company
    return html.escape(
        f"{company.name}, {company.street}, {company.postal_code} {company.city}, {company.phone}"
    )


def _social(plan: SitePlan) -> str:
    links = (f'<a rel="me" href="{social.url}">{social.network}</a>' for social in plan.company.social)
    return f'<p class="social">{" ".join(links)}</p>' if plan.company.social else ""


def junk(plan: SitePlan) -> tuple[str, str]:
    """Things with an @ in them that are nobody's address: for the head of a page and for its end."""
    number = hashlib.blake2s(plan.company.domain.encode(), digest_size=16).hexdigest()
    head = (
        '<script src="https://cdn.static.test/npm/react@18.2.0/umd/react.production.min.js" defer></script>\n'
    )
    project, organization = int(number[4:9], 16), int(number[:4], 16)
    foot = (
        f'<script>init({{"dsn":"https://{number}@o42{organization}.ingest.sentry.test/{project}",'
        '"hint":"\\u003cb\\u003ename@example.com\\u003c/b\\u003e","release":"site@2.14.0"});</script>\n'
    )
    if plan.site.design in (0, 3):
        foot += '<form action="/search"><input type="email" placeholder="you@example.com" name="q"></form>\n'
    if plan.site.design in (1, 2):
        foot += f'<p><small>Site: <a href="mailto:{AGENCY}">{AGENCY}</a></small></p>\n'
    return head, foot
