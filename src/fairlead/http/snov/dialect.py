"""What every page of this dialect needs: a question with its caller, and the API's manners."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from fairlead.accounts.model import Caller, WorkspaceId
from fairlead.db import Connection
from fairlead.http.params import Params
from fairlead.http.request import Answer
from fairlead.kit.public_ids import PublicIds
from fairlead.world import World


@dataclass(frozen=True)
class Ask:
    """A request whose caller is known."""

    world: World
    connection: Connection | None
    caller: Caller
    params: Params
    path: dict[str, str]
    """The parts of the path in braces."""
    prospect_ids: PublicIds

    @property
    def conn(self) -> Connection:
        """Outside a transaction, for the whole request: asking the pool twice would cost more than some answers do.

        Not for handlers marked with `connects_by_itself`.
        """
        assert self.connection is not None
        return self.connection

    @property
    def workspace_id(self) -> WorkspaceId:
        return self.caller.workspace_id


Handler: TypeAlias = Callable[[Ask], Awaitable[Any]]
"""Gives the body of a 200, or an `Answer` where the status is another."""


_BY_ITSELF: set[Handler] = set()


def connects_by_itself(handler: Handler) -> Handler:
    """Marks a handler that calls actions with `world`: it is run without a connection in hand.

    With one, as many requests as the pool has connections would each wait for the second of another.
    """
    _BY_ITSELF.add(handler)
    return handler


def is_given_a_connection(handler: Handler) -> bool:
    return handler not in _BY_ITSELF


def date_object(moment: datetime) -> dict[str, Any]:
    """DATE of contract 2.6, the way PHP prints a point in time."""
    return {
        "date": moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"),
        "timezone_type": 3,
        "timezone": "UTC",
    }


# The envelopes of contract 3.1.


def routing(code: int, title: str) -> Answer:
    return Answer(code, {"errors": {"code": code, "title": title, "source": ""}})


def message(status: int, text: str) -> Answer:
    return Answer(status, {"success": False, "message": text})


def string(status: int, text: str) -> Answer:
    return Answer(status, {"success": False, "errors": text})


def validation(field: str, text: str) -> Answer:
    return Answer(422, {"success": False, "message": text, "errors": {field: [text]}})
