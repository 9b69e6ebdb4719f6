"""What is kept of an exception: a short line in which no secret is left, and the way it came."""

import re
import traceback

LONGEST = 300
REDACTED = "***"

# Each hides its second group. They are wide on purpose: a word too many hidden costs nothing.
SECRETS = (
    re.compile(r"(://[^\s/:@]*:)([^\s@]+)(?=@)"),
    re.compile(
        r"(?i)((?:pass(?:word|wd)?|pwd|secret|token|credential|api[-_ ]?key|authorization|cookie|session)[\w-]*"
        r"[\"']?\s*[=:]\s*)((?:bearer|basic)\s+\S+|\"[^\"]*\"|'[^']*'|[^\s,;&]+)"
    ),
    re.compile(r"(?i)(\b(?:bearer|basic)\s+)([\w+/=.~-]{8,})"),
    # What is long, without a space and has letters and digits is a key more often than a word.
    re.compile(r"()((?=[\w+/=-]*[0-9])(?=[\w+/=-]*[A-Za-z])[\w+/=-]{32,})"),
)
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def fault_line(error: BaseException) -> str:
    """The class of an exception and the first line of its message, at most `LONGEST` characters.

    The first line only, because PostgreSQL shows whole rows in those that follow.
    """
    lines = str(error).strip().splitlines()
    message = lines[0] if lines else ""
    for secret in SECRETS:
        message = secret.sub(rf"\1{REDACTED}", message)
    message = UNPRINTABLE.sub("?", message)
    name = type(error).__name__
    return f"{name}: {message}"[:LONGEST] if message else name


def fault_trace(error: BaseException) -> str:
    """The line of `fault_line` and below it the places in the code, without the values at hand there."""
    return "\n".join([fault_line(error), *(line.rstrip() for line in traceback.format_tb(error.__traceback__))])
