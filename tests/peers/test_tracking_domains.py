"""A tracking domain from its first record to an encrypted click, with certificates of a real ACME server."""

import os
import socket
import ssl

import pytest
from acme_authority import Authority, free_port, installed

from fairlead_process import new_installation

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not installed() and not os.environ.get("CI"), reason="needs Debian's package pebble"),
]
DOMAIN = "go.acme.example"


def request(port: int, path: str, roots, *, name: str = DOMAIN) -> bytes:
    context = ssl.create_default_context(cafile=roots)
    with (
        socket.create_connection(("127.0.0.1", port), 10) as plain,
        context.wrap_socket(plain, server_hostname=name) as secured,
    ):
        secured.sendall(f"GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while block := secured.recv(65536):
            answer += block
        return answer


def test_a_domain_is_proven_given_a_certificate_and_serves_its_pages(tmp_path):
    http_port, https_port = free_port(), free_port()
    with Authority(tmp_path, http_port).running() as authority, new_installation() as installation:
        installation.settings |= {
            "FAIRLEAD_PUBLIC_URL": "https://out.fairlead.example",
            "FAIRLEAD_PUBLIC_HTTP_PORT": str(http_port),
            "FAIRLEAD_PUBLIC_HTTPS_PORT": str(https_port),
            "FAIRLEAD_PORT_MAP": f"80={http_port},443={https_port}",
            "FAIRLEAD_ALLOWED_NETWORKS": "127.0.0.1/32",
            "FAIRLEAD_NAMESERVER": authority.dns,
            "FAIRLEAD_ACME_DIRECTORY": authority.directory,
            "FAIRLEAD_ACME_EMAIL": "me@fairlead.example",
            "FAIRLEAD_EXTRA_CA": str(authority.roots),
        }
        with installation.serving():
            installation.workspace()
            made = installation.done("tracking-domain", "add", DOMAIN, "--json").json
            assert made["state"] == "pending"
            refused = installation.run("tracking-domain", "check", DOMAIN)
            assert (refused.code, "has no TXT record" in refused.err) == (1, True)
            authority.set_txt(made["txt_name"], made["txt_value"])
            checked = installation.done("tracking-domain", "check", DOMAIN, "--json").json
            assert checked["problem"] is None
            assert checked["state"] == "verified"
            pixel = request(https_port, "/o/x", authority.roots)
            assert pixel.startswith(b"HTTP/1.1 200")
            assert b"GIF89a" in pixel
            # The public ports serve the public pages alone.
            assert request(https_port, "/v1/get-balance", authority.roots).startswith(b"HTTP/1.1 404")
            with pytest.raises(ssl.SSLError):
                request(https_port, "/o/x", authority.roots, name="other.acme.example")
            # A second workspace cannot take it.
            other = installation.workspace(name="Other")["workspace_id"]
            second = installation.done("tracking-domain", "add", DOMAIN, "--workspace", other, "--json").json
            authority.set_txt(second["txt_name"], second["txt_value"])
            taken = installation.run("tracking-domain", "check", DOMAIN, "--workspace", other)
            assert (taken.code, "in use by another workspace" in taken.err) == (1, True)
