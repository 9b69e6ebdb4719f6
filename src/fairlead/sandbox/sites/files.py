"""What a site has besides pages: robots.txt, sitemap.xml, the style sheet, pictures."""

import hashlib
import struct
import zlib
from functools import lru_cache
from xml.sax.saxutils import escape

from fairlead.sandbox.model import Robots
from fairlead.sandbox.sites.plan import PageKind, SitePlan

STYLE = (
    b"@media print { nav { display: none } }\n@font-face { font-family: Text }\nbody { max-width: 60rem }\n"
)


def robots_txt(plan: SitePlan) -> str:
    """RFC 9309. Not for sites whose robots.txt is missing or broken."""
    lines = ["User-agent: BadBot", "Disallow: /", "", "User-agent: *"]
    lines.extend(f"Disallow: {beginning}" for beginning in plan.disallowed)
    if plan.site.crawl_delay_seconds is not None:
        lines.append(f"Crawl-delay: {plan.site.crawl_delay_seconds}")
    if plan.site.robots is not Robots.CLOSED:
        lines.extend(["", f"Sitemap: {plan.site.scheme}://{plan.site.host}/sitemap.xml"])
    return "\n".join(lines) + "\n"


def sitemap(plan: SitePlan) -> str:
    """The open pages, by the sitemaps protocol 0.9."""
    base = f"{plan.site.scheme}://{plan.site.host}"
    urls = (
        f"  <url><loc>{escape(base + page.path)}</loc></url>\n"
        for page in plan.pages
        if page.kind is not PageKind.INTERNAL
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset '
        'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"{''.join(urls)}</urlset>\n"
    )


@lru_cache(maxsize=256)
def png(key: str, width: int, height: int) -> bytes:
    """A picture of stripes in two colors that follow from `key`. There is no text in it."""
    digest = hashlib.blake2s(key.encode(), digest_size=8).digest()
    light, dark = digest[:3], bytes(part // 2 for part in digest[3:6])
    stripe = 2 + digest[6] % 6
    row = b"\0" + b"".join(light if x // stripe % 2 else dark for x in range(width))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(row * height, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


def svg(key: str) -> bytes:
    """A face without features, in a color of its own."""
    color = hashlib.blake2s(key.encode(), digest_size=3).hexdigest()
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" '
        'fill="#eee"/>'
        f'<circle cx="32" cy="24" r="12" fill="#{color}"/><path d="M8 64a24 24 0 0 1 48 0z" '
        f'fill="#{color}"/></svg>'
    ).encode()
