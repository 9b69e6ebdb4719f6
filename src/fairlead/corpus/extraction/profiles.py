"""Profiles on social networks among the links of a page: whose they are, a person's or a company's."""

import re
from urllib.parse import unquote, urlsplit

_PERSONAL = re.compile(
    r"^(?:(?:[a-z]{2,3}\.)?linkedin\.com/(?:in|pub)/[^/?#]+|xing\.com/(?:profile|people)/[^/?#]+|"
    r"orcid\.org/[\dX-]+|researchgate\.net/profile/[^/?#]+|about\.me/[^/?#]+)",
    re.I,
)
_CORPORATE = re.compile(
    r"^(?:(?:[a-z]{2,3}\.)?linkedin\.com/(?:company|school|showcase)/[^/?#]+|xing\.com/(?:companies|pages)/[^/?#]+|"
    r"crunchbase\.com/organization/[^/?#]+|youtube\.com/(?:c/|channel/|user/|@)[^/?#]+|"
    r"facebook\.com/pages/[^?#]+)",
    re.I,
)
_EITHER = re.compile(
    r"^(?:(?:x|twitter|github|gitlab|facebook|instagram|tiktok|threads|pinterest|vimeo)\.(?:com|net)|"
    r"mastodon\.social|bsky\.app/profile)/@?([\w.%-]+)/?$",
    re.I,
)
_NO_PROFILE_TEXT = (
    "share sharer sharer.php intent home login signup search hashtag explore about privacy policies legal i dialog "
    "plugins tr features pricing settings help terms tos widgets embed watch feed profile.php p reel status"
)
_NO_PROFILE = frozenset(_NO_PROFILE_TEXT.split())


def profile(link: str) -> tuple[str, str] | None:
    """(canonical URL, "person" | "company" | "either") of a link to a profile."""
    if not link.startswith(("http://", "https://", "//")) or len(link) > 300:
        return None
    try:
        parts = urlsplit(link if not link.startswith("//") else f"https:{link}")
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.").removeprefix("mobile.")
    except ValueError:
        return None
    text = f"{host}{unquote(parts.path) if '%' in parts.path else parts.path}"
    if _PERSONAL.match(text):
        return f"https://{_www(host)}{parts.path.rstrip('/')}", "person"
    if _CORPORATE.match(text):
        return f"https://{_www(host)}{parts.path.rstrip('/')}", "company"
    either = _EITHER.match(text)
    if either and either[1].lower() not in _NO_PROFILE:
        return f"https://{_www(host)}{parts.path.rstrip('/')}", "either"
    return None


_WITH_WWW = frozenset({"linkedin.com", "xing.com", "facebook.com", "instagram.com", "youtube.com"})


def _www(host: str) -> str:
    return f"www.{host}" if host in _WITH_WWW else host
