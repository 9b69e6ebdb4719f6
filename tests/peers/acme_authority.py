"""A certificate authority that speaks ACME: Pebble, Let's Encrypt's own test server, with its DNS server beside it."""

import json
import shutil
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PROGRAMS = ("pebble", "pebble-challtestsrv")
START_SECONDS = 20.0


def installed() -> bool:
    return all(shutil.which(program) for program in PROGRAMS)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class Authority:
    """`directory` is where accounts begin, `roots` a PEM file of whom to believe, `dns` the name server that all ask."""

    def __init__(self, folder: Path, http_port: int) -> None:
        self._folder = folder
        self._http_port = http_port
        self._ports = {name: free_port() for name in ("acme", "management", "dns", "control")}
        self.roots = folder / "roots.pem"

    @property
    def directory(self) -> str:
        return f"https://127.0.0.1:{self._ports['acme']}/dir"

    @property
    def dns(self) -> str:
        return f"127.0.0.1:{self._ports['dns']}"

    def set_txt(self, name: str, value: str) -> None:
        """pebble-challtestsrv answers every A question with this machine; a TXT record it has to be told."""
        body = json.dumps({"host": f"{name}.", "value": value}).encode()
        urllib.request.urlopen(
            urllib.request.Request(f"http://127.0.0.1:{self._ports['control']}/set-txt", body), timeout=10
        ).close()

    @contextmanager
    def running(self) -> Iterator["Authority"]:
        key, certificate = self._own_certificate()
        config = {
            "pebble": {
                "listenAddress": f"127.0.0.1:{self._ports['acme']}",
                "managementListenAddress": f"127.0.0.1:{self._ports['management']}",
                "certificate": str(certificate),
                "privateKey": str(key),
                "httpPort": self._http_port,
                "tlsPort": free_port(),
            }
        }
        written = self._folder / "pebble.json"
        written.write_text(json.dumps(config))
        names = [
            "pebble-challtestsrv", "-defaultIPv6", "", "-defaultIPv4", "127.0.0.1", "-dns01", self.dns, "-http01", "",
            "-https01", "", "-tlsalpn01", "", "-management", f"127.0.0.1:{self._ports['control']}",
        ]  # fmt: skip
        commands = [names, ["pebble", "-config", str(written), "-dnsserver", self.dns]]
        environment = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "20", "PATH": "/usr/bin:/bin"}
        log = (self._folder / "log").open("w")
        running = [
            subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=self._folder) for command in commands
        ]
        try:
            self._believe(certificate)
            yield self
        finally:
            for process in running:
                process.terminate()
                process.wait(10)
            log.close()

    def _believe(self, certificate: Path) -> None:
        """Waits until it is up, and writes down its two roots: of its own server, and of what it signs."""
        believed = ssl.create_default_context(cafile=certificate)
        until = time.monotonic() + START_SECONDS
        while True:
            with suppress(OSError):
                url = f"https://127.0.0.1:{self._ports['management']}/roots/0"
                with urllib.request.urlopen(url, timeout=5, context=believed) as answer:
                    self.roots.write_bytes(certificate.read_bytes() + answer.read())
                    return
            assert time.monotonic() < until, (self._folder / "log").read_text()
            time.sleep(0.05)

    def _own_certificate(self) -> tuple[Path, Path]:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pebble of a test")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        paths = self._folder / "pebble.key", self._folder / "pebble.crt"
        paths[0].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
            )
        )
        paths[1].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return paths
