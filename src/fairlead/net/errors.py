"""What can go wrong on the way to a far end.

    NetworkFailure
    ├── Forbidden          the address lies in a network that must not be reached
    ├── NoAddress          the name has no address, or nobody could say; `temporary` tells which
    ├── ConnectFailed      no connection; `reason` says why in one word
    ├── BadUrl             not an address of the web, or not one we follow
    ├── TimedOut           the time for the whole exchange ran out
    ├── TooLarge           the answer is larger than the caller wants to hold
    ├── TooManyRedirects   sent on more often than the caller follows
    └── AnswerBroken       the answer broke off, or is not HTTP

`str()` of each is a sentence for a person.
"""

import errno
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address

from fairlead.net.kinds import Kind


class NetworkFailure(Exception):
    pass


class Forbidden(NetworkFailure):
    """Says what the address is and nothing of what answers there: open and closed ports look the same."""

    def __init__(self, address: IPv4Address | IPv6Address, kind: Kind) -> None:
        super().__init__(
            f"{address} is not a public address ({kind}), and Fairlead is not allowed to connect to it."
        )
        self.address = address
        self.kind = kind


class Missing(StrEnum):
    """Why a name gave no address."""

    NO_SUCH_NAME = "no_such_name"
    NO_DATA = "no_data"
    SERVER_FAILED = "server_failed"
    TIMED_OUT = "timed_out"


MISSING_SENTENCES = {
    Missing.NO_SUCH_NAME: "does not exist",
    Missing.NO_DATA: "has no address",
    Missing.SERVER_FAILED: "could not be looked up: its name servers failed",
    Missing.TIMED_OUT: "could not be looked up: its name servers did not answer in time",
}


class NoAddress(NetworkFailure):
    def __init__(self, host: str, reason: Missing) -> None:
        super().__init__(f"{host} {MISSING_SENTENCES[reason]}.")
        self.host = host
        self.reason = reason

    @property
    def temporary(self) -> bool:
        return self.reason in (Missing.SERVER_FAILED, Missing.TIMED_OUT)


class Reason(StrEnum):
    """Why there is no connection. Of several addresses tried, the reason that stands first here is told."""

    TLS = "tls"
    REFUSED = "refused"
    RESET = "reset"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    # The wanted source address is not one of this machine, or its ports are used up.
    LOCAL = "local"


REASON_SENTENCES = {
    Reason.TLS: "did not agree on encryption",
    Reason.REFUSED: "refused the connection",
    Reason.RESET: "dropped the connection",
    Reason.TIMEOUT: "did not answer in time",
    Reason.UNREACHABLE: "cannot be reached from here",
    Reason.LOCAL: "cannot be reached from the wanted source address",
}


class ConnectFailed(NetworkFailure):
    def __init__(self, host: str, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{host} {REASON_SENTENCES[reason]}{f' ({detail})' if detail else ''}.")
        self.host = host
        self.reason = reason


class BadUrl(NetworkFailure):
    pass


class TimedOut(NetworkFailure):
    pass


class TooLarge(NetworkFailure):
    pass


class TooManyRedirects(NetworkFailure):
    pass


class AnswerBroken(NetworkFailure):
    pass


REASONS = {
    errno.ECONNREFUSED: Reason.REFUSED,
    errno.ECONNRESET: Reason.RESET,
    errno.ECONNABORTED: Reason.RESET,
    errno.EPIPE: Reason.RESET,
    errno.ETIMEDOUT: Reason.TIMEOUT,
    errno.EADDRNOTAVAIL: Reason.LOCAL,
    errno.EADDRINUSE: Reason.LOCAL,
}
# This machine ran out of something: a fault of ours, no word about the far end.
OUR_FAULTS = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS}


def reason_of(error: OSError) -> Reason:
    """The reason behind what the system said. Raises `error` itself where it is a fault of this machine."""
    if error.errno in OUR_FAULTS:
        raise error
    if error.errno is None and isinstance(error, ConnectionError):
        return Reason.RESET
    return REASONS.get(error.errno or 0, Reason.UNREACHABLE)
