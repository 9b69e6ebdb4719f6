"""What the tables of the verifier hold of a person."""

from typing import Final

from fairlead.db.personal import RoomRules, Rule, mentioned

PERSONAL: Final = RoomRules(
    rules=(
        Rule.deletes("verdicts", "t.address_key = any(%(keys)s)"),
        # A key that begins with a blank is no address: a running batch answers it as one of a bad format.
        Rule(
            "verification_items",
            "t.address_key = any(%(keys)s)",
            "update verification_items t set address_key = ' erased ' || gen_random_uuid(), address = 'erased',"
            " domain = '' where t.address_key = any(%(keys)s)",
        ),
        Rule(
            "verification_batches",
            mentioned("t.name"),
            f"update verification_batches t set name = '' where {mentioned('t.name')}",
        ),
    ),
    free={
        "mail_domains": "domains",
        "mail_servers": "servers",
        "verifier_windows": "counts of providers",
        "verifier_seats": "servers",
    },
)
