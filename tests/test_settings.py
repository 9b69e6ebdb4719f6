"""Settings: where they come from, and one sentence that names what is wrong."""

import ipaddress
from dataclasses import fields

import pytest

from fairlead.kit.refusals import CannotStart
from fairlead.settings import Settings, load, page, variable


def test_without_anything_the_defaults_hold(tmp_path):
    assert load({}, tmp_path) == Settings()


def test_the_environment_goes_before_the_file(tmp_path):
    (tmp_path / "fairlead.toml").write_text("worker_slots = 7\nmax_parameters = 700\n")
    loaded = load({"FAIRLEAD_WORKER_SLOTS": "9"}, tmp_path)
    assert (loaded.worker_slots, loaded.max_parameters) == (9, 700)


def test_the_file_may_use_tomls_own_types(tmp_path):
    (tmp_path / "fairlead.toml").write_text(
        'rate_limit = false\nallowed_networks = ["10.0.0.0/8", "fd00::/8"]\nport_map = { 25 = 20025, 993 = 20993 }\n'
    )
    loaded = load({}, tmp_path)
    assert loaded.rate_limit is False
    assert loaded.allowed_networks == (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))
    assert loaded.port_map == {25: 20025, 993: 20993}


def test_an_empty_variable_is_one_that_is_not_set(tmp_path):
    assert load({"FAIRLEAD_PUBLIC_URL": ""}, tmp_path).public_url is None


def test_variables_of_others_are_left_alone(tmp_path):
    assert load({"PATH": "/bin", "FAIRLEADER": "x"}, tmp_path) == Settings()


def test_an_unknown_variable_stops_the_start_and_is_named(tmp_path):
    with pytest.raises(CannotStart, match=r"^FAIRLEAD_WORKER_SLOT is not a setting of Fairlead; docs/settings\.md"):
        load({"FAIRLEAD_WORKER_SLOT": "9"}, tmp_path)


def test_an_unknown_key_stops_the_start_and_is_named_with_its_file(tmp_path):
    (tmp_path / "fairlead.toml").write_text("[http]\nport = 1\n")
    with pytest.raises(CannotStart, match=r"^http in .*fairlead\.toml is not a setting"):
        load({}, tmp_path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("worker_slots", "0"),
        ("worker_slots", "many"),
        ("worker_slots", "1.5"),
        ("worker_slots", "9" * 5000),
        ("worker_slots", "-3"),
        ("rate_limit", "perhaps"),
        ("allowed_networks", "10.0.0.1/8"),
        ("allowed_networks", "everybody"),
        ("trusted_proxies", "10.0.0.0/99"),
        ("port_map", "25"),
        ("port_map", "25=99999"),
        ("port_map", "25=0"),
        ("port_map", "a=b"),
        ("port_map", "25=20025=3"),
        ("public_url", "outreach.example.com"),
        ("public_url", "https://"),
        ("public_url", "https://x.io/?a=b"),
        ("public_url", "https://me:secret@x.io"),
        ("public_url", "https://x.io/a b"),
        ("nameserver", "127.0.0.1"),
        ("nameserver", "127.0.0.1:0"),
        ("nameserver", "127.0.0.1:dns"),
        ("nameserver", "dns.example:53"),
        ("data", "~nobody-of-this-name/x"),
        ("log_format", "xml"),
        ("database_url", "postgres//ann:hunter2@host/db"),
        ("database_url", "postgresql://ann:hunter2@host/db?sslmode"),
        ("max_body_bytes", "1"),
    ],
)
def test_a_malformed_setting_stops_the_start_with_a_sentence_that_names_it(tmp_path, name, text):
    with pytest.raises(CannotStart) as refusal:
        load({variable(name): text}, tmp_path)
    sentence = str(refusal.value)
    assert sentence.startswith(f"{variable(name)} cannot be read: ")
    assert sentence.endswith(".")
    assert "hunter2" not in sentence
    assert "int()" not in sentence
    assert "unpack" not in sentence


def test_a_malformed_setting_of_the_file_is_named_with_its_file(tmp_path):
    (tmp_path / "fairlead.toml").write_text("worker_slots = 1.5\n")
    with pytest.raises(CannotStart, match=r"^worker_slots in .*fairlead\.toml cannot be read: it takes a whole number"):
        load({}, tmp_path)


@pytest.mark.parametrize("content", [b"= 1", b"a = 1\na = 2", b"\xff\xfe"])
def test_a_file_that_is_not_toml_is_one_sentence(tmp_path, content):
    (tmp_path / "fairlead.toml").write_bytes(content)
    with pytest.raises(CannotStart, match=r"fairlead\.toml is not valid TOML: "):
        load({}, tmp_path)


def test_a_file_named_and_missing_is_one_sentence(tmp_path):
    with pytest.raises(CannotStart, match=r"FAIRLEAD_CONFIG names .* and there is no such file"):
        load({"FAIRLEAD_CONFIG": str(tmp_path / "nowhere.toml")}, tmp_path)


def test_a_folder_in_place_of_the_file_is_one_sentence(tmp_path):
    with pytest.raises(CannotStart, match="cannot be read: Is a directory"):
        load({"FAIRLEAD_CONFIG": str(tmp_path)}, tmp_path)


def test_secrets_are_not_shown():
    shown = repr(Settings(secret_key="ab" * 32, database_url="postgresql://ann:hunter2@x/y", metrics_token="hush"))
    assert not any(secret in shown for secret in ("abab", "hunter2", "hush"))


def test_every_setting_is_on_the_page_with_a_sentence():
    text = page()
    for item in fields(Settings):
        assert f"| `{variable(item.name)}` |" in text
        assert item.metadata["sentence"].endswith(".") or "." in item.metadata["sentence"]
