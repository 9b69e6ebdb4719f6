"""From the lines of a reply to what it says."""

import re
from collections.abc import Iterable
from typing import Final

from fairlead.verifier.model import Answer
from fairlead.verifier.replies import Stage, classify

LONGEST_TEXT: Final = 300
ANSWERS_KEPT: Final = 8192
_STATUS: Final = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?=\s|$)")
# Servers say the same few things of thousands of addresses.
_answers: dict[tuple[Stage, bytes], Answer] = {}


def answer_of(stage: Stage, code: int, lines: list[bytes], address: str = "") -> Answer:
    """What a reply of any number of lines says at this stage, to the naming of `address` if it was that."""
    raw = b"\n".join(lines)
    if address:
        raw = raw.replace(address.encode(), b"")
    answer = _answers.get((stage, raw))
    if answer is None:
        status, text = _told(line[4:].strip().decode("utf-8", "replace") for line in raw.split(b"\n"))
        answer = Answer(stage, code, classify(stage, code, status, text), text[:LONGEST_TEXT])
        if len(_answers) >= ANSWERS_KEPT:
            _answers.clear()
        _answers[stage, raw] = answer
    return answer


def _told(lines: Iterable[str]) -> tuple[str | None, str]:
    """The enhanced status of a reply and its text; of a reply with a status, the lines that carry it.

    RFC 2034, section 4: every line has the status. Those without are what a server puts around its replies.
    """
    texts = [line.replace("\0", "") for line in lines]
    found = [(match.group(1), text) for text in texts if (match := _STATUS.match(text))]
    if not found:
        return None, " ".join(texts)
    return found[0][0], " ".join(text for _, text in found)


def code_of(line: bytes) -> int:
    """The code of a reply line; 0 for what is none (RFC 5321, 4.2)."""
    digits = line[:3]
    return int(digits) if len(digits) == 3 and digits.isdigit() and line[3:4] in (b" ", b"", b"\r", b"-") else 0
