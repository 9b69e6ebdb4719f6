"""What may be asked of the verifier.

The SQL function `verdicts_among(text[])` is this room's answer inside statements of other rooms.
"""

from collections.abc import Sequence

from fairlead.db import Connection
from fairlead.verifier.attending import attend
from fairlead.verifier.batches import (
    address_statuses,
    batch_verdicts,
    find_batch,
    forget_old,
    item_key,
    resume_or_start_list,
    shown_verdicts,
    start_verification,
    task_result,
)
from fairlead.verifier.checking import RETRY, fresh_verdicts, verify_now
from fairlead.verifier.families import family_of
from fairlead.verifier.identity import identity_problem
from fairlead.verifier.model import Verdict
from fairlead.verifier.store import verdicts as _store
from fairlead.verifier.working import WORK, ask_again, work_on_batch

__all__ = [
    "RETRY",
    "WORK",
    "address_statuses",
    "ask_again",
    "attend",
    "batch_verdicts",
    "family_of",
    "find_batch",
    "forget_old",
    "fresh_verdicts",
    "identity_problem",
    "item_key",
    "known_verdicts",
    "resume_or_start_list",
    "shown_verdicts",
    "start_verification",
    "task_result",
    "verify_now",
    "work_on_batch",
]


async def known_verdicts(conn: Connection, keys: Sequence[str]) -> dict[str, Verdict]:
    """The last verdicts on those of `keys` (forms of `kit.text.address_key`) that have one, however old."""
    return {key: row.verdict(key) for key, row in (await _store.find(conn, keys)).items()}
