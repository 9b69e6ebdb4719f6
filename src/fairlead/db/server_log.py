"""What the database's server says: one file that does not grow for ever, and its last words when it fails."""

import os
import re
import shutil

import psycopg

from fairlead.db.own_files import open_own_file
from fairlead.db.place import Place

LARGEST_LOG_BYTES = 16 * 1024 * 1024
LAST_WORDS_BYTES = 64 * 1024
GRAVE = re.compile(r".*\b(?:FATAL|PANIC|ERROR|error): +(.*)")
FULL = ("No space left on device", "Disk quota exceeded")


def open_log(place: Place) -> int:
    """A file descriptor at the end of the log."""
    return open_own_file(place.log, os.O_WRONLY | os.O_APPEND, place.user)


def log_size(place: Place) -> int:
    try:
        return place.log.stat().st_size
    except FileNotFoundError:
        return 0


def trim_log(place: Place) -> None:
    """Moves a large log to `log.1`. The server goes on writing: it appends, so it begins at the start again."""
    if log_size(place) <= LARGEST_LOG_BYTES:
        return
    before = place.log.with_name("log.1")
    before.unlink(missing_ok=True)
    with (
        open(open_own_file(place.log, os.O_RDWR, place.user), "rb+") as log,
        open(open_own_file(before, os.O_WRONLY | os.O_EXCL, place.user), "wb") as copy,
    ):
        shutil.copyfileobj(log, copy)
        log.truncate(0)


def last_words(place: Place, since: int) -> str:
    """The gravest of the last lines written after byte `since`, empty when there is none."""
    try:
        with place.log.open("rb") as log:
            log.seek(max(since, log_size(place) - LAST_WORDS_BYTES))
            return gravest_line(log.read().decode("utf-8", "replace"))
    except FileNotFoundError:
        return ""


def gravest_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    grave = [match[1] for line in lines if (match := GRAVE.search(line))]
    # A full disk makes what follows fail too, in words that lead nowhere.
    full = [line for line in grave if any(mark in line for mark in FULL)]
    return (full or grave or lines or [""])[-1].rstrip(".")


def words_of(error: psycopg.Error) -> str:
    """What the server said, or why it could not be asked."""
    text = error.diag.message_primary or str(error)
    grave = GRAVE.search(text)
    return (grave[1] if grave else text.partition("\n")[0]).strip().rstrip(".")


def sentence(place: Place, what: str, words: str) -> str:
    """One sentence on a failure: `what` did not happen, and PostgreSQL's words for it."""
    if any(mark in words for mark in FULL):
        return f"The disk that holds {place.root} is full ({words}); free some space and start again."
    return f"{what}: {words or 'it said nothing'}; the log is {place.log}."


def sentence_for(place: Place, error: OSError) -> str:
    """One sentence on what the system refused us in the data folder."""
    words = error.strerror or str(error)
    if any(mark in words for mark in FULL):
        return sentence(place, "", words)
    return f"The data folder {place.root} cannot be used: {words} ({error.filename or place.root})."
