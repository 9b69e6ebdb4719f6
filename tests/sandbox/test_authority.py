import asyncio
import ssl
from pathlib import Path

import pytest
from cryptography import x509

from fairlead.kit.refusals import CannotStart
from fairlead.sandbox.authority import CONTEXTS_KEPT, Authority
from fairlead.sandbox.loopback import control_address, server_address


async def certificate_names(context: ssl.SSLContext, client: ssl.SSLContext, asked: str | None) -> list[str]:
    """The names of the certificate a server shows to a client that asks for `asked`."""

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.64.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    try:
        _, writer = await asyncio.open_connection("127.64.0.1", port, ssl=client, server_hostname=asked or "")
        raw = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        await writer.wait_closed()
    finally:
        server.close()
        await server.wait_closed()
    names = x509.load_der_x509_certificate(raw).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return names.value.get_values_for_type(x509.DNSName)


def hosted(name: str) -> bool:
    return name.endswith(".example")


async def test_a_client_that_trusts_the_root_sees_a_certificate_of_the_name_it_asks_for():
    authority = Authority()
    context = authority.server_context("mx.one.example", hosted)
    for name in ("mx.one.example", "mx.two.example", "MX.Three.example"):
        assert await certificate_names(context, authority.client_context(), name) == [name.lower()]


async def test_no_certificate_is_made_for_a_name_the_world_does_not_host():
    authority = Authority()
    context = authority.server_context("mx.one.example", hosted)
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        await certificate_names(context, authority.client_context(), "mx.one.com")


async def test_a_client_that_names_no_host_sees_the_default_certificate():
    authority = Authority()
    client = authority.client_context()
    client.check_hostname = False
    assert await certificate_names(authority.server_context("mx.one.example", hosted), client, None) == [
        "mx.one.example"
    ]


async def test_another_authority_is_not_trusted():
    with pytest.raises(ssl.SSLCertVerificationError):
        await certificate_names(
            Authority().server_context("mx.one.example", hosted), Authority().client_context(), "mx.one.example"
        )


def test_the_root_can_be_written_for_other_programs(tmp_path: Path):
    authority = Authority()
    authority.write_certificate(tmp_path / "root.pem")
    context = ssl.create_default_context(cafile=str(tmp_path / "root.pem"))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    assert context.get_ca_certs()[0]["subject"] == ((("commonName", "Fairlead sandbox root"),),)


def test_contexts_are_kept_for_a_bounded_number_of_names():
    authority = Authority()
    first = authority.host_context("h.example")
    assert authority.host_context("H.example.") is first
    for number in range(CONTEXTS_KEPT):
        authority.host_context(f"h{number}.example")
    assert authority.host_context("h.example") is not first


def test_a_host_name_longer_than_a_common_name_may_be_gets_its_certificate():
    name = ".".join(["a" * 60, "b" * 60, "example"])
    assert Authority().host_context(name)


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "127.128.0.1", "192.0.2.1", "::1", "localhost", ""])
def test_servers_stand_nowhere_but_in_the_network_of_the_sandbox(address: str):
    with pytest.raises(CannotStart):
        server_address(address)
    assert server_address("127.64.0.1") == "127.64.0.1"
    assert server_address("127.127.255.254") == "127.127.255.254"


def test_the_control_page_stands_on_one_address():
    assert control_address("127.0.0.1") == "127.0.0.1"
    with pytest.raises(CannotStart):
        control_address("0.0.0.0")
