"""Which captures are pages that may say something."""

_PAGES = frozenset({"text/html", "application/xhtml+xml", "text/plain", "text/vcard", "text/x-vcard", "text/directory"})
_FEEDS = frozenset({"text/xml", "application/xml", "application/rss+xml", "application/atom+xml"})
# Files for machines.
_NO_PAGES = ("/robots.txt", "/ads.txt", "/app-ads.txt", "/humans.txt")


def page_kind(content_type: str | None, uri: str, status: int | None, beginning: bytes) -> str | None:
    """The content type to read the capture as, None where it is not read."""
    if status is not None and not 200 <= status < 300:
        return None
    kind = (content_type or "").partition(";")[0].strip().lower()
    path = uri.partition("?")[0].lower()
    if not kind and beginning.lstrip()[:1] == b"<":
        kind = "text/html"
    if path.endswith(".vcf"):
        kind = "text/vcard"
    if kind in _FEEDS and uri.startswith(("http://", "https://")) and "sitemap" not in path:
        return "text/xml"
    if kind not in _PAGES or not uri.startswith(("http://", "https://")) or path.endswith(_NO_PAGES):
        return None
    return "text/html" if kind == "application/xhtml+xml" else kind


def charset_of(content_type: str | None) -> str | None:
    for part in (content_type or "").split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'")[:40] or None
    return None
