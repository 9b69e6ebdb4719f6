"""Background work of this dialect: what a worker does for it."""

from collections.abc import Awaitable, Callable

from fairlead.http.snov import callbacks, email_verifier
from fairlead.jobs.model import Job
from fairlead.world import World

HANDLERS: dict[str, Callable[[World, Job], Awaitable[None]]] = {
    callbacks.KIND: callbacks.handler(email_verifier.callback_body),
}
