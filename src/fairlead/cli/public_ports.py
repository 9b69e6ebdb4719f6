"""Further ports for the public pages alone: plain for certificate authorities, and with the users' own certificates."""

import asyncio
import contextlib
import logging
import os
import ssl
import tempfile
from collections.abc import Mapping
from pathlib import Path

import psycopg

from fairlead.campaigns.tracking import actions as tracking
from fairlead.campaigns.tracking.certificate_store import Certificate
from fairlead.kit.faults import fault_line
from fairlead.world import World

log = logging.getLogger("fairlead")

# Certificates change every two months; one that was just ordered is read when somebody asks for its name.
REFRESH_SECONDS = 60.0
PAUSE_SECONDS = 1.0


class Certificates:
    """The certificates of all tracking domains, as a server asks for them by name (RFC 6066, section 3)."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._chains: dict[str, str] = {}
        self._contexts: Mapping[str, ssl.SSLContext] = {}
        self._missed = asyncio.Event()
        self.context = _context()
        self.context.sni_callback = self._choose

    async def keep_fresh(self) -> None:
        """Reads what was ordered since, until canceled."""
        while True:
            try:
                await self.refresh()
            except psycopg.Error as error:
                log.warning("certificates could not be read: %s", fault_line(error))
            await self._world.timer.sleep(PAUSE_SECONDS)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REFRESH_SECONDS):
                    await self._missed.wait()
            self._missed.clear()

    async def refresh(self) -> None:
        found = await tracking.certificates(self._world)
        contexts = dict(self._contexts)
        for one in found:
            if self._chains.get(one.domain) != one.chain:
                contexts[one.domain] = await asyncio.to_thread(_loaded, one)
                self._chains[one.domain] = one.chain
        names = {one.domain for one in found}
        self._contexts = {name: context for name, context in contexts.items() if name in names}

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
        context = self._contexts.get((name or "").lower())
        if context is None:
            self._missed.set()
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        connection.context = context
        return None


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _loaded(certificate: Certificate) -> ssl.SSLContext:
    context = _context()
    # The library reads from files only; this one is ours alone and gone before the next line of the caller runs.
    number, name = tempfile.mkstemp(prefix="fairlead-tls-")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(certificate.private_key + b"\n" + certificate.chain.encode())
        context.load_cert_chain(name)
    finally:
        Path(name).unlink()
    return context
