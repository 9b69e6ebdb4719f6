import ipaddress
import socket

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fairlead.net.guard import Reach, is_allowed, literal, refusal
from fairlead.net.kinds import Kind, special_kind
from fairlead.net.names import lookup_name
from fairlead.net.sockets import ForbiddenConnect, GuardedSocket

# The same table in another form: first and last address, written from the IANA registries.
REFUSED_4 = [
    (0x00000000, 0x00FFFFFF),
    (0x0A000000, 0x0AFFFFFF),
    (0x64400000, 0x647FFFFF),
    (0x7F000000, 0x7FFFFFFF),
    (0xA9FE0000, 0xA9FEFFFF),
    (0xAC100000, 0xAC1FFFFF),
    (0xC0000000, 0xC00000FF),
    (0xC0000200, 0xC00002FF),
    (0xC0586300, 0xC05863FF),
    (0xC0A80000, 0xC0A8FFFF),
    (0xC6120000, 0xC613FFFF),
    (0xC6336400, 0xC63364FF),
    (0xCB007100, 0xCB0071FF),
    (0xE0000000, 0xFFFFFFFF),
]
BESIDE_4 = {edge + step for pair in REFUSED_4 for edge in pair for step in (-1, 0, 1)}
EDGES_4 = sorted(number for number in BESIDE_4 if 0 <= number < 2**32)


def refused_4(number: int) -> bool:
    return any(first <= number <= last for first, last in REFUSED_4)


def refused_6(number: int) -> bool:
    groups = [(number >> shift) & 0xFFFF for shift in range(112, -16, -16)]
    low = number & 0xFFFFFFFF
    if groups[:5] == [0] * 5 and groups[5] == 0xFFFF:  # mapped
        return refused_4(low)
    if groups[:6] == [0x64, 0xFF9B, 0, 0, 0, 0]:  # NAT64
        return refused_4(low)
    if groups[0] == 0x2002:  # 6to4
        return refused_4(groups[1] << 16 | groups[2])
    if groups[:2] == [0x2001, 0]:  # Teredo: the server, and the client behind inverted bits
        return refused_4(groups[2] << 16 | groups[3]) or refused_4(low ^ 0xFFFFFFFF)
    if groups[0] == 0x2001 and (groups[1] < 0x200 or groups[1] == 0x0DB8):
        return True
    if groups[0] == 0x3FFF and groups[1] < 0x1000:
        return True
    return not 0x2000 <= groups[0] <= 0x3FFF


numbers_4 = st.integers(0, 2**32 - 1) | st.sampled_from(EDGES_4)
numbers_6 = st.one_of(
    st.integers(0, 2**128 - 1),
    st.integers(0x2000 << 112, (0x4000 << 112) - 1),
    numbers_4,
    st.builds(lambda low: 0xFFFF << 32 | low, numbers_4),
    st.builds(lambda low: 0x64FF9B << 96 | low, numbers_4),
    st.builds(lambda subnet, low: 0x64FF9B0001 << 80 | subnet << 64 | low, st.integers(0, 0xFFFF), numbers_4),
    st.builds(lambda held, low: 0x2002 << 112 | held << 80 | low, numbers_4, st.integers(0, 2**80 - 1)),
    st.builds(
        lambda server, client: 0x20010000 << 96 | server << 64 | (client ^ 0xFFFFFFFF), numbers_4, numbers_4
    ),
    st.builds(lambda second, low: 0x2001 << 112 | second << 96 | low, st.integers(0, 0xFFFF), numbers_4),
    st.builds(lambda second, low: 0x3FFF << 112 | second << 96 | low, st.integers(0, 0xFFFF), numbers_4),
)


@given(numbers_4)
def test_an_ipv4_address_is_refused_exactly_when_the_table_says_so(number: int) -> None:
    assert (refusal(ipaddress.IPv4Address(number), ()) is not None) == refused_4(number)


@given(numbers_6)
@example(0)
@example(1)
@example(0x64FF9B << 96 | 0x08080808)
def test_an_ipv6_address_is_refused_exactly_when_the_table_says_so(number: int) -> None:
    assert (refusal(ipaddress.IPv6Address(number), ()) is not None) == refused_6(number)


@given(numbers_4 | numbers_6, st.integers(0, 32), numbers_4)
def test_an_allowed_network_opens_itself_and_its_mapped_form_and_nothing_else(
    number: int, prefix: int, inside: int
) -> None:
    network = ipaddress.IPv4Network((inside, prefix), strict=False)
    address = ipaddress.ip_address(number)
    held = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else address
    opened = held is not None and int(held) >> (32 - prefix) == inside >> (32 - prefix)
    assert is_allowed(address, [network]) == opened
    assert (refusal(address, [network]) is None) == (opened or special_kind(address) is None)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("0.0.0.0", Kind.UNSPECIFIED),
        ("::", Kind.UNSPECIFIED),
        ("127.0.0.1", Kind.LOOPBACK),
        ("::1", Kind.LOOPBACK),
        ("::ffff:127.0.0.1", Kind.LOOPBACK),
        ("::127.0.0.1", Kind.LOOPBACK),
        ("64:ff9b::7f00:1", Kind.LOOPBACK),
        ("10.1.2.3", Kind.PRIVATE),
        ("192.168.0.1", Kind.PRIVATE),
        ("172.31.255.255", Kind.PRIVATE),
        ("2002:a00:1::1", Kind.PRIVATE),
        ("fd00::1", Kind.PRIVATE),
        ("fec0::1", Kind.PRIVATE),
        ("169.254.169.254", Kind.LINK_LOCAL),
        ("::ffff:169.254.169.254", Kind.LINK_LOCAL),
        ("fe80::1", Kind.LINK_LOCAL),
        ("100.64.0.1", Kind.SHARED),
        ("224.0.0.1", Kind.MULTICAST),
        ("ff02::1", Kind.MULTICAST),
        ("255.255.255.255", Kind.BROADCAST),
        ("240.0.0.1", Kind.RESERVED),
        ("203.0.113.7", Kind.DOCUMENTATION),
        ("2001:db8::1", Kind.DOCUMENTATION),
        ("3fff::1", Kind.DOCUMENTATION),
        ("198.18.0.1", Kind.BENCHMARKING),
        ("2001:2::1", Kind.BENCHMARKING),
        ("64:ff9b:1::808:808", Kind.RESERVED),
        ("::8.8.8.8", Kind.RESERVED),
        ("2001:0:a00:1::f7f7:f7f7", Kind.PRIVATE),
        ("2001:0:808:808::f5ff:fffe", Kind.PRIVATE),
        ("100::1", Kind.RESERVED),
        ("4000::1", Kind.RESERVED),
    ],
)
def test_each_form_is_known_for_what_it_stands_for(text: str, kind: Kind) -> None:
    assert special_kind(ipaddress.ip_address(text)) is kind


@pytest.mark.parametrize(
    "text",
    ["8.8.8.8", "192.0.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"],
)
def test_public_addresses_may_be_tried(text: str) -> None:
    assert refusal(ipaddress.ip_address(text), ()) is None


def test_a_refusal_names_the_address_and_no_port() -> None:
    forbidden = refusal(ipaddress.ip_address("10.0.0.7"), ())
    assert (
        str(forbidden)
        == "10.0.0.7 is not a public address (private), and Fairlead is not allowed to connect to it."
    )


@pytest.mark.parametrize(
    "host",
    [
        "127.1",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "017700000001",
        "0177.0.0.1",
        "127.0.0.1.",
        "[::1]",
        "fe80::1%lo",
    ],
)
def test_odd_spellings_of_addresses_are_names_that_are_never_asked_for(host: str) -> None:
    assert literal(host) is None
    assert lookup_name(host) is None


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("Mail.Example.COM.", "mail.example.com"),
        ("_dmarc.example.com", "_dmarc.example.com"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("localhost", None),
        ("db.LOCALHOST.", None),
        ("", None),
        (".", None),
        ("a..b", None),
        ("a b.example", None),
        ("b\u00fccher.example", None),
        (f"{'a' * 64}.example", None),
        (".".join(["a" * 49] * 6), None),
    ],
)
def test_a_name_is_asked_for_in_one_spelling_or_not_at_all(name: str, asked: str | None) -> None:
    assert lookup_name(name) == asked


def test_the_port_map_holds_in_allowed_networks_only() -> None:
    reach = Reach((ipaddress.ip_network("127.64.0.0/10"),), {25: 20025})
    assert reach.port(ipaddress.ip_address("127.64.0.1"), 25) == 20025
    assert reach.port(ipaddress.ip_address("::ffff:127.64.0.1"), 25) == 20025
    assert reach.port(ipaddress.ip_address("127.64.0.1"), 26) == 26
    assert reach.port(ipaddress.ip_address("8.8.8.8"), 25) == 25


@pytest.mark.parametrize("target", ["127.0.0.1", "::ffff:127.0.0.1", "localhost", "127.1", "0.0.0.0", ""])
def test_a_guarded_socket_refuses_in_the_call_that_connects(target: str) -> None:
    family = socket.AF_INET6 if ":" in target else socket.AF_INET
    with GuardedSocket(family, socket.SOCK_STREAM) as sock:
        with pytest.raises(ForbiddenConnect):
            sock.connect((target, 9))
        with pytest.raises(ForbiddenConnect):
            sock.connect_ex((target, 9))
