"""Faults of ours: written down once, without what strangers sent or the database holds."""

import logging
import traceback

import psycopg
import psycopg_pool

log = logging.getLogger("fairlead.http")

FRAMES = 4
LONGEST_LOGGED_PATH = 200


class Away:
    """The database cannot be reached, or gave up on us; asking again makes sense."""


class Broken:
    """Everything else."""


def fault_kind(error: Exception) -> type[Away] | type[Broken]:
    away = isinstance(
        error,
        (
            psycopg_pool.PoolTimeout,
            psycopg_pool.PoolClosed,
            psycopg.errors.QueryCanceled,
            psycopg.errors.DeadlockDetected,
            psycopg.errors.SerializationFailure,
        ),
    ) or (isinstance(error, psycopg.OperationalError) and error.sqlstate is None) or (
        isinstance(error, psycopg.Error) and (error.sqlstate or "").startswith(("57P", "08"))
    )
    return Away if away else Broken


def shown_path(path: str) -> str:
    """A path as log lines show it: short, on one line, and without its query string, which may hold a token."""
    return path[:LONGEST_LOGGED_PATH].encode("unicode_escape").decode()


def log_fault(error: Exception, method: str, path: str) -> None:
    """The kind of error and where it arose. Its text is left out: it may quote values."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    where = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    state = getattr(error, "sqlstate", None)
    kind = type(error).__name__ + (f" {state}" if state else "")
    log.error("%s %s failed: %s at %s", method, shown_path(path), kind, where)
