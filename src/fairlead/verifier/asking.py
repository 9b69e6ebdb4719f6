"""What a session asks, for whom, and within which limits."""

from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from fairlead.verifier.replies import Stage
from fairlead.verifier.work import Work


class Ask(Enum):
    """What a reply is awaited for, besides recipients, which stand for themselves."""

    BANNER = "banner"
    EHLO = "ehlo"
    HELO = "helo"
    MAIL = "mail"
    RSET = "rset"
    MADE_UP = "made_up"
    POSTMASTER = "postmaster"
    QUIT = "quit"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks. Kept the same for all time: greylists know us by it."""

    helo: str
    mail_from: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What a server bears in one session; None where no limit is known."""

    rejects: int
    recipients: int | None = None
    answers: int | None = None
    lockstep: bool = False


class Feed(Protocol):
    """Where a session gets its work from and where it goes when done."""

    def next_work(self) -> Work | None: ...

    def work_done(self, work: Work) -> None: ...

    def work_back(self, work: Work) -> None:
        """Not done, and nothing went wrong: another session goes on with it."""
        ...


STAGES: Final[dict[Ask, Stage]] = {
    Ask.BANNER: "banner", Ask.EHLO: "ehlo", Ask.HELO: "ehlo", Ask.MAIL: "mail", Ask.RSET: "mail",
    Ask.MADE_UP: "rcpt", Ask.POSTMASTER: "rcpt", Ask.QUIT: "quit",
}  # fmt: skip


def next_asked(work: Work, limits: Limits, *, rejects: int, answered: int, in_air: int) -> str | Ask | None:
    """Whom to ask for now: nobody while the answers in the air decide, or when there is nobody left to ask for.

    `rejects` and `answered` are the session's so far, `in_air` its recipients without an answer yet.
    """
    if limits.answers is not None and answered + in_air >= limits.answers:
        return None
    left = limits.rejects - rejects - in_air
    kept = work.needs_made_up()
    if work.waiting:
        if left > kept:
            return work.waiting[-1]
        # The last refusal of the budget is for the made-up address.
        proof_is_due = kept and left == 1 and not in_air and work.wants_made_up
        return Ask.MADE_UP if proof_is_due else None
    if left > 0 and kept and work.wants_made_up:
        return Ask.MADE_UP
    # An answer in the air may be an acceptance, after which nothing is left to be told.
    return Ask.POSTMASTER if left > 0 and not in_air and work.wants_postmaster() else None
