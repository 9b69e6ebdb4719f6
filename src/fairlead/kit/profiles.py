"""Profiles on social networks: what the networks are called, and how LinkedIn's links are compared."""

import re
from typing import Final
from urllib.parse import unquote, urlsplit

from fairlead.kit.text import has_control

NETWORKS: Final = {"linkedin": "linkedIn", "facebook": "facebook", "twitter": "twitter", "x": "X"}
"""Social networks as compared, and as shown. Others keep the name they come with."""
LONGEST_PROFILE: Final = 255
_LINKEDIN_PATH: Final = re.compile(r"/(in|pub|company|school|sales/lead|sales/people)/([^/?#]+)", re.IGNORECASE)


def linkedin_profile(link: str) -> str | None:
    """The profile a LinkedIn link leads to, as compared: `in/ann-example`. None for any other address."""
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if host != "linkedin.com" and not host.endswith(".linkedin.com"):
        return None
    match = _LINKEDIN_PATH.match(parts.path)
    if match is None:
        return None
    profile = f"{match[1].lower()}/{unquote(match[2]).lower()}"
    return None if has_control(profile) or len(profile) > LONGEST_PROFILE else profile
