"""Every setting of Fairlead: its name, default, unit and one sentence.

A setting comes from the environment (`FAIRLEAD_` and its name in capitals), then from `fairlead.toml`, then
from its default. An unknown or malformed one stops the start with a sentence that names it.
`python -m fairlead.settings` prints the page `docs/settings.md`.
"""

import ipaddress
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeAlias

import psycopg
from psycopg.conninfo import conninfo_to_dict

from fairlead.kit.refusals import CannotStart

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

PREFIX = "FAIRLEAD_"
CONFIG_VARIABLE = "FAIRLEAD_CONFIG"
CONFIG_FILE = "fairlead.toml"


def read_text(text: str) -> str:
    return text


def read_path(text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:
        raise ValueError("there is no such home folder") from error


def read_database_url(text: str) -> str:
    # Said in our own words: libpq's would repeat the text, and with it a password.
    try:
        conninfo_to_dict(text)
    except psycopg.ProgrammingError:
        raise ValueError("it takes an address such as postgresql://user@host/name") from None
    return text


def one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"it takes {' or '.join(words)}")
        return text

    return read


def read_bool(text: str) -> bool:
    match text.strip().lower():
        case "1" | "true" | "yes" | "on":
            return True
        case "0" | "false" | "no" | "off":
            return False
    raise ValueError("it takes true or false")


def at_least(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,18}", text.strip()) or int(text) < least:
            raise ValueError(f"it takes a whole number from {least}")
        return int(text)

    return read


def read_networks(text: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())


def read_port_map(text: str) -> dict[int, int]:
    pairs = [re.fullmatch(r"\s*([0-9]{1,5})\s*=\s*([0-9]{1,5})\s*", part) for part in text.split(",") if part.strip()]
    ports = {int(pair[1]): int(pair[2]) for pair in pairs if pair}
    if None in pairs or any(not 0 < port < 65536 for port in (*ports, *ports.values())):
        raise ValueError("it takes pairs of ports between 1 and 65535, such as 25=20025,993=20993")
    return ports


def read_url(text: str) -> str:
    if not re.fullmatch(r"https?://[^/\s?#@]+(/[^\s?#@]*)?", text):
        raise ValueError("it takes an address such as https://outreach.example.com")
    return text.rstrip("/")


def read_nameserver(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise ValueError("it takes an address and a port, such as 127.0.0.1:53")
    ipaddress.ip_address(host.strip("[]"))
    return text


def setting(default: Any, read: Callable[[str], Any], sentence: str, *, unit: str = "", secret: bool = False) -> Any:
    metadata = {"read": read, "sentence": sentence, "unit": unit, "secret": secret}
    if isinstance(default, dict):
        return field(default_factory=lambda: dict(default), metadata=metadata, repr=not secret)
    return field(default=default, metadata=metadata, repr=not secret)


@dataclass(frozen=True)
class Settings:
    data: Path | None = setting(
        None,
        read_path,
        "Folder of the embedded database, the encryption key and spools. Default: ~/.local/share/fairlead, as "
        "root /var/lib/fairlead.",
    )
    database_url: str | None = setting(
        None,
        read_database_url,
        "A PostgreSQL server (15 to 18) to use in place of the embedded one, as postgresql://user@host/name.",
        secret=True,
    )
    database_connections: int = setting(10, at_least(2), "Connections of one process to the database.")
    secret_key: str | None = setting(
        None,
        read_text,
        "Encryption keys for stored secrets, 64 hex digits each, newest first, separated by commas. Default: "
        "made at first start in the data folder.",
        secret=True,
    )
    public_url: str | None = setting(
        None,
        read_url,
        "The address under which others reach this server; the only source of absolute links. Default: "
        "http://HOST:PORT of serve.",
    )
    trusted_proxies: tuple[Network, ...] = setting(
        (), read_networks, "Networks of proxies whose X-Forwarded-For is believed, separated by commas."
    )
    allowed_networks: tuple[Network, ...] = setting(
        (),
        read_networks,
        "Private networks that mail, web and webhook connections may reach, separated by commas. Default: none.",
    )
    port_map: dict[int, int] = setting(
        {},
        read_port_map,
        "Ports to use in place of others, within FAIRLEAD_ALLOWED_NETWORKS only, such as 25=20025,993=20993.",
    )
    nameserver: str | None = setting(
        None, read_nameserver, "Name server to ask, as ADDRESS:PORT. Default: those of the system."
    )
    dns_answers: int = setting(
        60_000,
        at_least(100),
        "Answers of the DNS a process keeps, two for a mail domain, each of them some 600 octets of memory.",
    )
    extra_ca: Path | None = setting(
        None,
        read_path,
        "PEM file of certificate authorities to believe besides those of the system, for mail and web connections.",
    )
    max_body_bytes: int = setting(
        2_000_000, at_least(10_000), "Largest request body of the public API.", unit="bytes"
    )
    max_parameters: int = setting(5_000, at_least(100), "Most parameters in one request of the public API.")
    metrics_token: str | None = setting(
        None, read_text, "Token that shows the details of /metrics to callers on other machines.", secret=True
    )
    rate_limit: bool = setting(
        True, read_bool, "Whether requests are counted against the limit of their workspace."
    )
    worker_slots: int = setting(32, at_least(1), "Jobs one process works on at the same time.")
    verifier_helo: str | None = setting(
        None,
        read_text,
        "Name with which address checks greet mail servers; it must resolve to this machine. Default: the host of "
        "FAIRLEAD_PUBLIC_URL, else the name of this machine.",
    )
    verifier_mail_from: str | None = setting(
        None, read_text, "Sender named in address checks; nothing is sent. Default: postmaster@ and the HELO name."
    )
    verifier_result_days: int = setting(
        30, at_least(0), "How long the verdict on an address is given again without asking; 0 asks anew.", unit="days"
    )
    verifier_facts_days: int = setting(
        7, at_least(0), "How long what was learned of mail domains and servers is believed.", unit="days"
    )
    verifier_sessions: int = setting(256, at_least(1), "Sessions of address checks one process has open at once.")
    verifier_sessions_per_server: int = setting(
        2, at_least(0), "Sessions of address checks with one mail server, over all processes; 0 lifts the limit."
    )
    verifier_sessions_per_minute: int = setting(
        60, at_least(0), "Sessions of address checks a minute with one provider's servers; 0 lifts the limit."
    )
    verifier_sessions_per_day: int = setting(
        10_000, at_least(0), "Sessions of address checks a day with one provider's servers; 0 lifts the limit."
    )
    verifier_stop_after_blocks: int = setting(
        20,
        at_least(0),
        "Address checks stop for the hour when so many of its sessions, and a quarter of all, were blocked; 0: never.",
    )
    webhooks_require_https: bool = setting(
        False, read_bool, "Whether webhooks are accepted for https addresses only; recommended."
    )
    own_networks: tuple[Network, ...] = setting(
        (),
        read_networks,
        "Networks of your own offices, separated by commas: opens and clicks from there are yours and not counted.",
    )
    public_http_port: int | None = setting(
        None,
        at_least(1),
        "A further port for the public pages alone (pixel, links, unsubscribe), without TLS; certificate authorities "
        "ask port 80.",
    )
    public_https_port: int | None = setting(
        None,
        at_least(1),
        "A further port for the public pages alone, with the certificates of tracking domains; readers come to 443.",
    )
    acme_directory: str = setting(
        "https://acme-v02.api.letsencrypt.org/directory",
        read_url,
        "Where certificates for tracking domains are ordered (ACME).",
    )
    acme_email: str | None = setting(
        None,
        read_text,
        "Your address for the certificate authority; setting it agrees to its terms and lets certificates be ordered.",
    )
    finder_probes: int = setting(
        5, at_least(1), "Most addresses a mail server is asked about to find that of one person."
    )
    snov_profile_as_object: bool = setting(
        False,
        read_bool,
        "Whether POST /v1/get-emails-from-url sends `data` as an object, as two clients expect, instead of an array.",
    )
    log_format: str = setting("text", one_of("text", "json"), "How log lines look: text or json.")
    uncertain_sends: str = setting(
        "presume",
        one_of("presume", "ask"),
        "What becomes of a mail of which nothing can tell whether it was sent: presume that it was, or ask a person.",
    )
    google_client_id: str | None = setting(
        None, read_text, "Client of your own app at Google, with which mailboxes are connected by OAuth."
    )
    google_client_secret: str | None = setting(None, read_text, "Its secret.", secret=True)
    google_authorize_url: str = setting(
        "https://accounts.google.com/o/oauth2/v2/auth", read_url, "Where Google asks a person for consent."
    )
    google_token_url: str = setting("https://oauth2.googleapis.com/token", read_url, "Where Google gives tokens.")
    microsoft_client_id: str | None = setting(
        None, read_text, "Client of your own app at Microsoft, with which mailboxes are connected by OAuth."
    )
    microsoft_client_secret: str | None = setting(
        None, read_text, "Its secret; none where the app is a public client.", secret=True
    )
    microsoft_authorize_url: str = setting(
        "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
        read_url,
        "Where Microsoft asks a person for consent; an app of one tenant has an address of its own.",
    )
    microsoft_token_url: str = setting(
        "https://login.microsoftonline.com/common/oauth2/v2.0/token", read_url, "Where Microsoft gives tokens."
    )
    crawler_contact: str | None = setting(
        None,
        read_text,
        "Address of the web or of mail under which owners of sites reach whoever reads them; part of the user agent. "
        "Default: FAIRLEAD_PUBLIC_URL.",
    )
    crawler_pause_ms: int = setting(
        1_000, at_least(0), "Least time between two requests to one site; a longer Crawl-delay counts.", unit="ms"
    )
    crawler_pages: int = setting(30, at_least(1), "Most pages of one site that are read.")
    crawler_days: int = setting(
        30, at_least(0), "How long a site that was read is not read again for a search.", unit="days"
    )
    search_reads_sites: bool = setting(
        True,
        read_bool,
        "Whether a domain search reads the site of a domain nothing is known of, before it answers.",
    )


def variable(name: str) -> str:
    return PREFIX + name.upper()


def load(environment: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings:
    """The settings in force. Raises `CannotStart` with a sentence that names what is wrong."""
    environment = os.environ if environment is None else environment
    known = {item.name: item for item in fields(Settings)}
    found = {**_from_file(environment, folder or Path.cwd()), **_from_environment(environment)}
    for name, (_, place) in found.items():
        if name not in known:
            raise CannotStart(f"{place} is not a setting of Fairlead; docs/settings.md lists them.")
    values = {name: _read(known[name].metadata["read"], text, place) for name, (text, place) in found.items()}
    return Settings(**values)


def _from_environment(environment: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    return {
        name.removeprefix(PREFIX).lower(): (text, name)
        for name, text in environment.items()
        if name.startswith(PREFIX) and name != CONFIG_VARIABLE and text != ""
    }


def _from_file(environment: Mapping[str, str], folder: Path) -> dict[str, tuple[str, str]]:
    named = environment.get(CONFIG_VARIABLE)
    path = Path(named) if named else folder / CONFIG_FILE
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        if named:
            raise CannotStart(f"{CONFIG_VARIABLE} names {path}, and there is no such file.") from None
        return {}
    except OSError as error:
        raise CannotStart(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CannotStart(f"{path} is not valid TOML: {error}.") from error
    return {name: (_as_text(value), f"{name} in {path}") for name, value in table.items()}


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(str, value))
    if isinstance(value, dict):
        return ",".join(f"{key}={item}" for key, item in value.items())
    return str(value)


def _read(read: Callable[[str], Any], text: str, place: str) -> Any:
    try:
        return read(text)
    except ValueError as error:
        raise CannotStart(f"{place} cannot be read: {error}.") from error


def page() -> str:
    """The text of docs/settings.md."""
    lines = [
        "# Settings",
        "",
        "Made from `src/fairlead/settings.py` by `make docs`. A setting comes from the environment, then from",
        "`fairlead.toml` (the name in lower case without the prefix; in the current folder, or the file named by",
        f"`{CONFIG_VARIABLE}`), then from its default. An unknown or malformed one stops the start.",
        "",
        "| Variable | Default | What it does |",
        "|---|---|---|",
    ]
    for item in fields(Settings):
        default = {} if item.default_factory is dict else item.default
        shown = "" if default is None or not isinstance(default, (int, str)) else f"`{default}`".lower()
        unit = f" {item.metadata['unit']}" if item.metadata["unit"] else ""
        secret = " Secret." if item.metadata["secret"] else ""
        lines.append(f"| `{variable(item.name)}` | {shown}{unit} | {item.metadata['sentence']}{secret} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
