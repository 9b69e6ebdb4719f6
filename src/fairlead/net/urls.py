"""Addresses of the web: which are fetched, and where a redirect leads."""

import re

from yarl import URL

from fairlead.net.errors import BadUrl

SCHEMES = ("http", "https")
REDIRECTS = {301, 302, 303, 307, 308}
# What was meant for one origin is not shown to another (RFC 9110, section 15.4, and the Fetch Standard, 4.4).
FOR_ONE_ORIGIN = {"authorization", "cookie", "host", "proxy-authorization"}
OF_THE_BODY = {"content-type", "content-length", "content-encoding", "content-language", "content-location"}
LONGEST_URL = 8000
# Looked for in the text, because parsing drops userinfo that is empty.
USERINFO = re.compile(r"[^/?#]*//[^/?#]*@")


def web_url(text: str | URL) -> URL:
    """Raises `BadUrl` for anything but an absolute http or https URL without userinfo."""
    if len(str(text)) > LONGEST_URL:
        raise BadUrl(f"This address of the web is longer than {LONGEST_URL} characters.")
    if USERINFO.match(str(text)):
        raise BadUrl("An address of the web must not hold a user name or a password.")
    if any(ord(mark) <= 0x20 or ord(mark) == 0x7F for mark in str(text)):
        raise BadUrl("An address of the web holds no spaces and no control characters.")
    try:
        url = URL(text)
        port = url.port
    except ValueError as error:
        raise BadUrl(f"{text} is not an address of the web.") from error
    if url.scheme not in SCHEMES or not url.raw_host or not port:
        raise BadUrl(f"{text} is not an address that starts with http:// or https:// and a host.")
    return url.with_fragment(None)


def redirect_target(url: URL, location: str) -> URL:
    """Where an answer from `url` sends us. Raises `BadUrl`."""
    try:
        if USERINFO.match(location):
            raise BadUrl(f"{url} redirects to an address with a user name or a password.")
        return web_url(url.join(URL(location.strip())))
    except ValueError as error:
        raise BadUrl(f"{url} redirects to what is not an address of the web.") from error


def redirected_request(
    status: int, method: str, headers: list[tuple[str, str]], *, same_origin: bool
) -> tuple[str, list[tuple[str, str]], bool]:
    """Method and headers of the request after a redirect, and whether its body goes along.

    Source: RFC 9110, section 15.4.
    """
    becomes_get = method not in ("GET", "HEAD") and (
        status == 303 or (status in (301, 302) and method == "POST")
    )
    left_out = (OF_THE_BODY if becomes_get else set()) | (set() if same_origin else FOR_ONE_ORIGIN)
    kept = [(name, value) for name, value in headers if name.lower() not in left_out]
    return ("GET" if becomes_get else method), kept, not becomes_get
