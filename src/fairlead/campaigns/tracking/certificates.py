"""Certificates for tracking domains, from an authority that speaks ACME (RFC 8555), with HTTP challenges.

The `acme` library signs and reads; its requests take the guarded way out like all others.
"""

import asyncio
import datetime as clocks
import logging
from datetime import datetime, timedelta
from typing import Any

import requests
from acme import challenges, client, crypto_util, messages
from acme import errors as acme_errors
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from josepy.errors import Error as JoseError
from josepy.jwk import JWK, JWKRSA

from fairlead import __version__
from fairlead.campaigns.tracking import certificate_store as store
from fairlead.campaigns.tracking.certificate_store import Certificate
from fairlead.kit.faults import fault_line
from fairlead.net.errors import NetworkFailure
from fairlead.net.fetch import Limits
from fairlead.world import World

log = logging.getLogger("fairlead.tracking")

# Authorities advise to renew when a third of ninety days is left.
RENEW_BEFORE = timedelta(days=30)
ORDER_SECONDS = 90.0
LIMITS = Limits(total_seconds=30.0, redirects=0, body_bytes=200_000)
KEY_SIZE = 2048
NONCE_TRIES = 5


class NoCertificate(Exception):
    """The authority gave none. The message is a sentence for a person."""


async def ensure_certificate(world: World, domain: str) -> Certificate:
    """A certificate that holds for a while yet, ordered where there is none. Raises `NoCertificate`.

    The domain must lead to this server on port 80, which the authority asks.
    """
    async with world.db.statement() as conn:
        known = await store.find_certificate(conn, world.keys, domain)
    if known is not None and known.ends_at - _real_now() > RENEW_BEFORE:
        return known
    if world.settings.acme_email is None:
        raise NoCertificate("No certificate can be ordered: set FAIRLEAD_ACME_EMAIL, or put a proxy with TLS in front.")
    try:
        async with asyncio.timeout(ORDER_SECONDS + 30):
            fresh = await _ordered(world, domain)
    except (acme_errors.Error, messages.Error, JoseError, NetworkFailure, TimeoutError, ValueError) as error:
        problem = _said(error)
        async with world.db.transaction() as conn:
            await store.note_problem(conn, domain, problem, _real_now())
        raise NoCertificate(f"The certificate authority gave none for {domain}: {problem}") from error
    async with world.db.transaction() as conn:
        await store.keep_certificate(conn, world.keys, fresh, _real_now())
    log.info("a certificate for a tracking domain was received, good until %s", fresh.ends_at.date())
    return fresh


def _real_now() -> datetime:
    # Not business time: neither authorities nor browsers know the sandbox's calendar.
    return datetime.now(clocks.UTC)


async def _ordered(world: World, domain: str) -> Certificate:
    directory = world.settings.acme_directory
    async with world.db.transaction() as conn:
        account = await store.acme_account(conn, world.keys, directory, new_key=_new_account_key)
    network = _Network(world, asyncio.get_running_loop(), JWKRSA.load(account.private_key))
    key = ec.generate_private_key(ec.SECP256R1())
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain, uri = await asyncio.to_thread(_order, world, network, directory, account.uri, domain, key_pem)
    if account.uri is None and uri is not None:
        async with world.db.transaction() as conn:
            await store.note_account(conn, directory, uri)
    ends_at = x509.load_pem_x509_certificates(chain.encode())[0].not_valid_after_utc
    return Certificate(domain, key_pem, chain, ends_at)


def _new_account_key() -> bytes:
    return rsa.generate_private_key(public_exponent=65537, key_size=KEY_SIZE).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _order(
    world: World, network: "_Network", directory: str, account_uri: str | None, domain: str, key_pem: bytes
) -> tuple[str, str | None]:
    """The chain and the account's address. Waits and blocks: for a thread."""
    found = client.ClientV2.get_directory(directory, network)
    authority = client.ClientV2(found, net=network)
    registration = messages.NewRegistration.from_data(
        email=world.settings.acme_email, terms_of_service_agreed=True
    )
    if account_uri is None:
        try:
            account_uri = authority.new_account(registration).uri
        except acme_errors.ConflictError as known:
            account_uri = known.location
    network.account = messages.RegistrationResource(body=messages.Registration(), uri=account_uri)
    order = authority.new_order(crypto_util.make_csr(key_pem, [domain]))
    for authorization in order.authorizations:
        if authorization.body.status != messages.STATUS_VALID:
            _answer_challenge(authority, network, authorization)
    deadline = datetime.now() + timedelta(seconds=ORDER_SECONDS)  # noqa: DTZ005 - the library compares naive times
    finished = authority.poll_and_finalize(order, deadline)
    return finished.fullchain_pem, account_uri


def _answer_challenge(
    authority: client.ClientV2, network: "_Network", authorization: messages.AuthorizationResource
) -> None:
    for challenge in authorization.body.challenges:
        if isinstance(challenge.chall, challenges.HTTP01):
            response, answer = challenge.response_and_validation(network.key)
            network.show(challenge.chall.encode("token"), answer)
            authority.answer_challenge(challenge, response)
            return
    raise ValueError("the authority offers no HTTP challenge")


class _Network(client.ClientNetwork):
    """The library's way out, through ours. Its methods are called in a thread of their own."""

    def __init__(self, world: World, loop: asyncio.AbstractEventLoop, key: JWK) -> None:
        super().__init__(key, user_agent=f"Fairlead/{__version__}")
        self._world = world
        self._loop = loop

    def show(self, token: str, answer: str) -> None:
        """Lets every web process answer the authority's question."""
        asyncio.run_coroutine_threadsafe(store.show_challenge(self._world.db, token, answer), self._loop).result(30)

    def post(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Tried anew with the nonce that came with a refusal (RFC 8555, section 6.5); the library does so once only."""
        for _ in range(NONCE_TRIES - 1):
            try:
                return super().post(*args, **kwargs)
            except messages.Error as error:
                if error.code != "badNonce":
                    raise
        return super().post(*args, **kwargs)

    def _send_request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:
        data = kwargs.get("data")
        request = self._world.fetch.request(
            method,
            url,
            user_agent=self.user_agent,
            headers=kwargs.get("headers"),
            body=data.encode() if isinstance(data, str) else data,
            limits=LIMITS,
        )
        came = asyncio.run_coroutine_threadsafe(request, self._loop).result(LIMITS.total_seconds + 5)
        response = requests.Response()
        response.status_code = came.status
        response.headers.update(dict(came.headers))
        response._content = came.body  # the library has no other way to be given one
        response.encoding = "utf-8"
        response.url = came.url
        return response


def _said(error: BaseException) -> str:
    if isinstance(error, acme_errors.ValidationError):
        details = [
            challenge.error.detail
            for authorization in error.failed_authzrs
            for challenge in authorization.body.challenges
            if challenge.error is not None
        ]
        return "; ".join(str(detail) for detail in details)[:300]
    if isinstance(error, messages.Error):
        return str(error.detail or error.description)[:300]
    return fault_line(error)
