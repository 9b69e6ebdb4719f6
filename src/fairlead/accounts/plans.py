"""What each plan allows. Hourly limits: contract page 2.8; the rest are this product's own figures."""

from dataclasses import dataclass
from decimal import Decimal

REQUESTS_PER_MINUTE = 60
# What a workspace without a credit limit is shown as its balance.
SHOWN_WHEN_UNLIMITED = Decimal("1000000.00")


@dataclass(frozen=True)
class Plan:
    """`None` stands for no limit."""

    name: str
    title: str
    requests_per_minute: int | None
    credits_per_month: int | None
    credits_carry_over: bool
    recipients_per_month: int | None
    finder_requests_per_hour: int | None
    verified_emails_per_hour: int | None
    webhooks: int
    database_search_pages: int | None
    team_views: bool
    linkedin: bool
    mailboxes: int | None


def _paid(name: str, title: str, credits: int, recipients: int, finder: int, verifier: int) -> Plan:
    return Plan(
        name=name,
        title=title,
        requests_per_minute=REQUESTS_PER_MINUTE,
        credits_per_month=credits,
        credits_carry_over=True,
        recipients_per_month=recipients,
        finder_requests_per_hour=finder,
        verified_emails_per_hour=verifier,
        webhooks=50,
        database_search_pages=None,
        team_views=name != "starter",
        linkedin=True,
        mailboxes=3 if name == "starter" else None,
    )


UNLIMITED = Plan("unlimited", "Unlimited", None, None, True, None, None, None, 50, None, True, True, None)
FREE = Plan("free", "Free", REQUESTS_PER_MINUTE, 50, False, 100, 200, 500, 0, 1, False, False, 1)

PLANS = {
    plan.name: plan
    for plan in (
        UNLIMITED,
        FREE,
        _paid("starter", "Starter", 1_000, 5_000, 200, 500),
        _paid("pro-5k", "Pro 5K", 5_000, 25_000, 400, 1_000),
        _paid("pro-20k", "Pro 20K", 20_000, 50_000, 600, 1_400),
        _paid("pro-50k", "Pro 50K", 50_000, 100_000, 800, 2_000),
        _paid("pro-100k", "Pro 100K", 100_000, 200_000, 1_000, 4_000),
    )
}
