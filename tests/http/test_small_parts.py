"""Routes, ids that leave the house, and the address a request came from: pure rules."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.http.request import client_address
from fairlead.http.routes import Found, Routes, WrongMethod
from fairlead.http.snov.endpoints import ENDPOINTS
from fairlead.kit.public_ids import PublicIds

IDS = PublicIds("installation", "prospect")
numbers = st.integers(0, 2**63 - 1)


@given(numbers, numbers)
def test_both_forms_of_an_id_lead_back_to_the_row(workspace_id, number):
    short, long = IDS.short(workspace_id, number), IDS.long(workspace_id, number)
    assert (len(short), short[-2:]) == (24, "==")
    assert len(long) == 74
    for form in (short, short.rstrip("="), long):
        assert IDS.find(form, workspace_id) == number


@given(numbers, numbers, numbers)
def test_an_id_leads_nowhere_from_another_workspace_another_kind_or_another_house(number, mine, theirs):
    for form in (IDS.short(theirs, number), IDS.long(theirs, number)):
        if mine != theirs:
            assert IDS.find(form, mine) is None
        assert PublicIds("installation", "campaign").find(form, theirs) is None
        assert PublicIds("another installation", "prospect").find(form, theirs) is None


@given(numbers, st.integers(0, 73), st.sampled_from("0123456789abcdef"))
def test_a_long_id_with_a_digit_changed_leads_nowhere(number, place, digit):
    long = IDS.long(1001, number)
    changed = long[:place] + digit + long[place + 1 :]
    assert IDS.find(changed, 1001) == (number if changed == long else None)


@given(st.text() | st.text("0123456789abcdef", min_size=74, max_size=74) | st.text("Ab9-_=+/", max_size=26))
def test_any_other_text_is_no_id(text):
    assert IDS.find(text, 1001) is None


def test_fixed_paths_are_found_before_those_with_parts():
    routes = Routes((endpoint.methods, endpoint.path, endpoint.number) for endpoint in ENDPOINTS)
    found = {
        "/v2/campaigns/schedules": "44",
        "/v2/campaigns/7": "40",
        "/v2/warm-up/7": "34",
        "/v2/warm-up/statistics/7": "37",
        "/v2/warm-up/7/daily-statistics": "A3",
        "/v2/emails-by-domain-by-name/result": "20",
        "/v2/emails-by-domain-by-name/result/abc": "A10",
    }
    for path, number in found.items():
        answered = routes.find("GET", path)
        assert isinstance(answered, Found)
        assert answered.target == number
        assert routes.find("GET", path + "/") == answered


def test_every_endpoint_is_found_by_its_own_path():
    routes = Routes((endpoint.methods, endpoint.path, endpoint.number) for endpoint in ENDPOINTS)
    for endpoint in ENDPOINTS:
        answered = routes.find(endpoint.method, endpoint.path.replace("{", "").replace("}", ""))
        assert isinstance(answered, Found)
        assert answered.target == endpoint.number


def test_a_part_of_a_path_is_taken_as_it_is():
    routes = Routes([(["GET"], "/things/{id}", "thing")])
    assert routes.find("GET", "/things/a%2Fb") == Found("thing", {"id": "a%2Fb"})  # decoded once, by the server
    assert routes.find("POST", "/things/a") == WrongMethod(("GET",))
    assert routes.find("GET", "/things/a/b") is None
    assert routes.find("GET", "/things/") is None


@pytest.mark.parametrize(
    ("peer", "forwarded", "shown"),
    [
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),  # a stranger may write what it likes
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.9", "203.0.113.9"),  # only what a trusted proxy wrote
        ("10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "203.0.113.9, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", ", ,", "10.0.0.1"),
        ("::1", "2001:db8::1", "::1"),
    ],
)
def test_a_forwarded_address_counts_as_far_as_proxies_are_trusted(peer, forwarded, shown):
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    scope = {"client": (peer, 1), "headers": headers}
    assert client_address(scope, [ipaddress.ip_network("10.0.0.0/8")]) == shown
    assert client_address(scope, []) == peer
