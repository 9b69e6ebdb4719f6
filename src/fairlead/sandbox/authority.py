"""The certificate authority of the sandbox: one root, and a certificate for each host name once it is asked for."""

import os
import ssl
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# Clients check certificates against machine time, which the sandbox does not move, but whose value it cannot know.
NOT_BEFORE: Final = datetime(2020, 1, 1, tzinfo=UTC)
NOT_AFTER: Final = datetime(2049, 12, 31, tzinfo=UTC)
# A context holds about 20 kB; a world may have 100,000 names.
CONTEXTS_KEPT: Final = 1000
LONGEST_COMMON_NAME: Final = 64  # RFC 5280, appendix A.1

Hosts = Callable[[str], bool]


class Authority:
    """A root certificate, new with each start, and the server contexts made from it."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = _root(self._key)
        # All hosts share one key: what a client checks is the name and the chain.
        self._leaf_key = ec.generate_private_key(ec.SECP256R1())
        self._contexts: dict[str, ssl.SSLContext] = {}

    @property
    def certificate_pem(self) -> bytes:
        """The root certificate, for clients to trust."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def write_certificate(self, path: Path) -> None:
        path.write_bytes(self.certificate_pem)

    def client_context(self) -> ssl.SSLContext:
        """A context that trusts this root and nothing else."""
        return ssl.create_default_context(cadata=self.certificate_pem.decode("ascii"))

    def server_context(self, default_name: str, hosts: Hosts) -> ssl.SSLContext:
        """A context that shows each client the certificate of the name it asks for (SNI, RFC 6066, section 3).

        A client that names none, or one for which `hosts` is false, sees the certificate of `default_name`, as
        with most servers: whether that will do is for the client to say.
        """
        default_name = _plain(default_name)

        def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
            if name is not None and _plain(name) != default_name and hosts(_plain(name)):
                connection.context = self.host_context(name)

        # Not the one kept for the name: the callback belongs to this listener alone.
        context = self._make_context(default_name)
        context.sni_callback = choose
        return context

    def host_context(self, name: str) -> ssl.SSLContext:
        """The context with the certificate of `name`, made once."""
        name = _plain(name)
        context = self._contexts.pop(name, None) or self._make_context(name)
        self._contexts[name] = context  # last in line to be forgotten
        if len(self._contexts) > CONTEXTS_KEPT:
            del self._contexts[next(iter(self._contexts))]
        return context

    def _make_context(self, name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # OpenSSL takes a chain and its key from a file only; it is readable by its owner and gone at once.
        handle, path = tempfile.mkstemp(prefix="fairlead-sandbox-", suffix=".pem")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(self._leaf_pem(name))
            context.load_cert_chain(path)
        finally:
            os.unlink(path)
        return context

    def _leaf_pem(self, name: str) -> bytes:
        certificate = (
            _builder(name[:LONGEST_COMMON_NAME], self._certificate.subject, self._leaf_key)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
        key = self._leaf_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return key + certificate.public_bytes(serialization.Encoding.PEM)


def _plain(name: str) -> str:
    return name.rstrip(".").lower()


def _root(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = "Fairlead sandbox root"
    subject = _common_name(name)
    return (
        _builder(name, subject, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _builder(name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_common_name(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(NOT_AFTER)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=key_cert_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
