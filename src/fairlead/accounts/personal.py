"""What the tables of accounts hold of a person."""

from typing import Final

from fairlead.db.personal import RoomRules, Rule, mentioned

PERSONAL: Final = RoomRules(
    rules=(
        Rule(
            "members",
            "lower(t.email) = any(%(keys)s)",
            "update members t set email = 'erased-' || t.id || '@erased.invalid', name = 'erased'"
            " where lower(t.email) = any(%(keys)s)",
        ),
        Rule.deletes(
            "period_recipients",
            "t.address_hash in (select sha256(convert_to(key, 'UTF8')) from unnest(%(keys)s::text[]) key)",
        ),
        Rule.deletes("rate_windows", mentioned("t.subject")),
    ),
    free={
        "workspaces": "names and limits of workspaces",
        "api_clients": "credentials of programs, hashed",
        "access_tokens": "hashes of tokens",
        "api_keys": "hashes of keys",
        "credit_entries": "amounts; notes name tasks and domains",
        "credit_reservations": "amounts",
        "charged_requests": "hashes from which nothing can be read",
    },
)
