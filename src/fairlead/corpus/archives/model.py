"""The words of archives."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Flaw(StrEnum):
    """Why a file, or a record of it, could not be read as a whole."""

    CUT_SHORT = "cut_short"  # the file ends in the middle of a record
    LYING_LENGTH = "lying_length"  # a record says it is longer than what is left of the file
    BROKEN = "broken"  # not in the form the format asks for
    BROKEN_COMPRESSION = "broken_compression"
    TOO_LARGE = "too_large"  # more of a page than is read; its beginning is
    NO_ARCHIVE = "no_archive"  # nothing in it can be read as an archive or page
    NOT_READABLE = "not_readable"  # the system does not let us
    TAKES_TOO_LONG = "takes_too_long"  # the process that read it had to be ended, or died


@dataclass(frozen=True, slots=True)
class Capture:
    """One page as it was at one time."""

    # Number of the record in the file, from 0.
    record: int
    uri: str
    captured_at: datetime
    content_type: str
    charset: str | None
    body: bytes
    # Bytes of the file up to its record: how far reading has come.
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Trouble:
    record: int
    flaw: Flaw
    offset: int = 0


# Flaws after which the rest of the file was not read.
ENDING = frozenset(
    {Flaw.CUT_SHORT, Flaw.LYING_LENGTH, Flaw.BROKEN, Flaw.BROKEN_COMPRESSION, Flaw.NO_ARCHIVE, Flaw.NOT_READABLE}
)
