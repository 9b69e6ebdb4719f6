"""JOB objects, as endpoints 25, 63, 64 and 80 show an employment. Contract section 7."""

from collections.abc import Iterable
from typing import Any

from fairlead.finder.model import Profile, ProfileJob

# Nothing collects these, so they are always null.
NEVER_KNOWN = ("street", "street2", "postal", "startDate", "endDate", "companyType")


def job(employment: ProfileJob) -> dict[str, Any]:
    return {
        "companyName": employment.company,
        "position": employment.title,
        "socialLink": employment.social,
        "site": f"http://{employment.domain}" if employment.domain else None,
        "locality": employment.city,
        "state": employment.state,
        "city": employment.city,
        "founded": None if employment.founded is None else str(employment.founded),
        "size": employment.size,
        "industry": employment.industry,
        "country": employment.country,
        **dict.fromkeys(NEVER_KNOWN),
    }


def present(profile: Profile) -> list[dict[str, Any]]:
    return _jobs(employment for employment in profile.jobs if not employment.former)


def past(profile: Profile) -> list[dict[str, Any]]:
    return _jobs(employment for employment in profile.jobs if employment.former)


def _jobs(employments: Iterable[ProfileJob]) -> list[dict[str, Any]]:
    return [job(employment) for employment in employments]
