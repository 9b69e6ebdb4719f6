"""Endpoint 71: the balance. Contract section 16."""

from typing import Any

from fairlead.accounts import actions as accounts
from fairlead.http.snov.dialect import Ask


async def get_balance(ask: Ask) -> dict[str, Any]:
    account, now = ask.caller.account, ask.world.clock.now()
    return {
        "success": True,
        "data": {
            "balance": f"{account.credits:.2f}",
            "teamwork": account.is_team,
            "unique_recipients_used": account.recipients_used,
            "limit_resets_in": accounts.days_until(account.period_ends_at, now),
            "expires_in": accounts.days_until(account.plan_ends_at, now),
        },
    }
