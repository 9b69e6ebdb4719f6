"""`fairlead verify` and `fairlead.verify`, against a sandbox internet that is a process of its own."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

import psycopg
import pytest

from fairlead.cli.verdict_files import COLUMNS, AddressFile
from fairlead_process import PROGRAM, Installation, new_installation, question

BEHAVIORS = ("reject_unknown", "catch_all", "null_mx")
HEADER = ",".join(COLUMNS)


class Outside:
    """A sandbox internet: the settings with which a command lives in it, and its companies by their behavior."""

    def __init__(self, line: dict) -> None:
        no_limits = {f"FAIRLEAD_VERIFIER_SESSIONS_PER_{unit}": "0" for unit in ("MINUTE", "DAY", "SERVER")}
        self.settings = line["settings"] | no_limits | {"FAIRLEAD_VERIFIER_STOP_AFTER_BLOCKS": "0"}
        with urllib.request.urlopen(f"{line['control_url']}/world.json", timeout=30) as answer:
            self.companies = json.load(answer)["companies"]

    def company(self, behavior: str) -> dict:
        return next(company for company in self.companies if company["mx_behavior"] == behavior)

    def known(self, behavior: str) -> list[str]:
        return [person["email"] for person in self.company(behavior)["people"] if person["exists"]]

    def unknown(self, behavior: str, count: int) -> list[str]:
        return [f"nobody.{number}.here@{self.company(behavior)['domain']}" for number in range(count)]


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    behaviors = [part for behavior in BEHAVIORS for part in ("--behavior", behavior)]
    command = [PROGRAM, "sandbox", "--json", "--seed", "7", "--companies", "3", "--control-port", "0", *behaviors]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FAIRLEAD_")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        try:
            yield Outside(json.loads(process.stdout.readline()))
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


@pytest.fixture(scope="module")
def installation(outside) -> Iterator[Installation]:
    """Settings of its own and nothing running: each command starts the database itself."""
    with new_installation() as made:
        made.settings |= outside.settings
        yield made


def rows_of(text: str) -> dict[str, dict[str, str]]:
    return {row["email"]: row for row in csv.DictReader(io.StringIO(text))}


def test_addresses_on_the_command_line_are_answered_row_by_row(installation, outside):
    there, gone = outside.known("reject_unknown")[0], outside.unknown("reject_unknown", 1)[0]
    anybody, nowhere = outside.unknown("catch_all", 1)[0], outside.unknown("null_mx", 1)[0]
    result = installation.done("verify", there, gone, anybody, nowhere, "no address")
    assert result.out.splitlines()[0] == HEADER
    rows = rows_of(result.out)
    assert {email: row["smtp_status"] for email, row in rows.items()} == {
        there: "valid", gone: "not_valid", anybody: "unknown", nowhere: "not_valid", "no address": "not_valid",
    }  # fmt: skip
    assert (rows[anybody]["is_catchall"], rows[there]["is_catchall"]) == ("true", "false")
    assert (rows["no address"]["is_valid_format"], rows["no address"]["mx"]) == ("false", "")
    assert rows[gone]["reason"] == "The server says there is no such mailbox."
    assert rows[there]["mx"] == rows[gone]["mx"] != ""
    assert rows[there]["checked_at"].endswith("Z")
    assert "5 addresses: 1 valid, 3 not valid, 1 unknown" in result.err


def test_json_lines_have_real_booleans(installation, outside):
    there = outside.known("reject_unknown")[0]
    (line,) = installation.done("verify", there, "--format", "jsonl").out.splitlines()
    row = json.loads(line)
    assert tuple(row) == COLUMNS
    assert (row["email"], row["smtp_status"], row["is_valid_format"]) == (there, "valid", True)


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl"])
def test_an_interrupted_file_goes_on_after_its_last_whole_row(installation, outside, name):
    addresses = [*outside.known("reject_unknown")[:3], *outside.unknown("reject_unknown", 3)]
    file, output = installation.folder / "in.txt", installation.folder / name
    file.write_text("\n".join([*addresses, addresses[0], ""]))
    command = ("verify", "--file", file, "--output", output)
    assert installation.done(*command).out == ""
    whole = output.read_bytes().splitlines(keepends=True)
    heads = 1 if name.endswith("csv") else 0
    assert len(whole) == heads + len(addresses)

    kept = b"".join(whole[: heads + 2])
    output.write_bytes(kept + whole[heads + 2][:9])
    again = installation.done(*command)
    assert "2 were in" in again.err
    assert "4 addresses:" in again.err
    assert output.read_bytes().startswith(kept)
    assert sorted(output.read_bytes().splitlines(keepends=True)) == sorted(whole)

    assert "0 addresses:" in installation.done(*command).err
    assert sorted(output.read_bytes().splitlines(keepends=True)) == sorted(whole)


def test_an_output_of_somebody_else_is_left_as_it_is(installation, outside):
    output = installation.folder / "letter.csv"
    for text in ("Dear Ann", "name,email\nAnn,ann@x.example\n"):
        output.write_text(text)
        result = installation.run("verify", outside.known("catch_all")[0], "--output", output)
        assert (result.code, output.read_text()) == (1, text)
        assert "name another" in result.err


def test_standard_input_and_a_column_of_addresses_are_read(installation, outside):
    there = outside.known("reject_unknown")[0]
    table = f"Name;E-Mail\nAnn;{there}\n;=1+1@nothing\nbroken;row;here\n"
    result = installation.run("verify", "--file", "-", given=table)
    assert result.code == 3, result
    assert "1 rows of the file could not be read." in result.err
    rows = list(csv.reader(io.StringIO(result.out)))[1:]
    assert {row[0]: row[1] for row in rows} == {there: "valid", "'=1+1@nothing": "not_valid"}


def listed(installation, name: str, addresses: list[str], *, credits_given: int = 100) -> str:
    """A new workspace with these addresses on a list; the flag that chooses it."""
    workspace = installation.workspace(credits=credits_given)["workspace_id"]
    people = installation.folder / "people.csv"
    people.write_text("email,linkedin\n" + "".join(f"{address},\n" for address in addresses) + ",linkedin.com/in/carl\n")
    installation.done("import", people, "--list", name, "--workspace", workspace)
    return workspace


def test_the_prospects_of_a_list_are_verified_and_paid_for_once(own, outside):
    own.settings |= outside.settings
    there, gone = outside.known("reject_unknown")[1], outside.unknown("reject_unknown", 2)[1]
    workspace = listed(own, "People", [there, gone])
    for left in ("98.00 credits left", "98.00 credits left"):
        result = own.done("verify", "--list", "People", "--workspace", workspace)
        rows = rows_of(result.out)
        assert {email: row["smtp_status"] for email, row in rows.items()} == {there: "valid", gone: "not_valid"}
        assert left in result.err
    missing = own.run("verify", "--list", "Nobody", "--workspace", workspace)
    assert (missing.code, "List not found" in missing.err) == (1, True)
    mixed = own.run("verify", there, "--list", "People", "--workspace", workspace)
    assert (mixed.code, "paid for" in mixed.err) == (2, True)


def test_a_list_whose_workspace_has_too_few_credits_ends_where_they_end(own, outside):
    own.settings |= outside.settings
    workspace = listed(own, "People", outside.unknown("reject_unknown", 5), credits_given=3)
    result = own.run("verify", "--list", "People", "--workspace", workspace)
    assert result.code == 1
    assert "2 of 5 addresses have no verdict" in result.err
    assert len(rows_of(result.out)) == 3
    own.done("credits", "add", 10, "--workspace", workspace)
    again = own.done("verify", "--list", "People", "--workspace", workspace)
    assert (len(rows_of(again.out)), "8.00 credits left" in again.err) == (5, True)


def test_a_list_goes_on_after_kill_9_and_charges_nobody_twice(own, outside):
    own.settings |= outside.settings | {"FAIRLEAD_VERIFIER_SESSIONS_PER_SERVER": "1"}
    addresses = outside.unknown("reject_unknown", 3_000)
    workspace = listed(own, "Many", addresses, credits_given=5_000)
    command = [PROGRAM, "verify", "--list", "Many", "--workspace", str(workspace)]
    with subprocess.Popen(
        command, cwd=own.folder, env=own.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while answered_so_far(own) < 300:
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
    result = own.done("verify", "--list", "Many", "--workspace", workspace)
    assert "of 3,000 were answered before" in result.err
    assert "2,000.00 credits left" in result.err
    rows = rows_of(result.out)
    assert rows.keys() == set(addresses)
    assert {row["smtp_status"] for row in rows.values()} == {"not_valid"}


def answered_so_far(installation) -> int:
    try:
        return question(installation, "select coalesce(sum(total - remaining), 0) from verification_batches")
    except (OSError, psycopg.Error):  # its database is not there yet
        return 0


@pytest.mark.parametrize(
    "arguments", [(), ("--file", "nowhere.txt"), ("a@x", "--format", "parquet"), ("a@x", "--output", "o.parquet")]
)
def test_bad_usage_is_exit_code_2(installation, arguments):
    assert installation.run("verify", *arguments).code == 2


def test_a_program_gets_verdicts_in_the_order_it_asked(installation, outside):
    there, gone = outside.known("reject_unknown")[0], outside.unknown("reject_unknown", 1)[0]
    program = (
        "import sys, fairlead\n"
        "assert 'asyncio' not in sys.modules\n"
        f"for verdict in fairlead.verify([{gone!r}, {there!r}, {gone!r}, 'junk']):\n"
        "    assert isinstance(verdict, fairlead.Verdict)\n"
        "    print(verdict.address, verdict.smtp_status)\n"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=installation.environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    expected = [f"{gone} not_valid", f"{there} valid", f"{gone} not_valid", "junk not_valid"]
    assert run.stdout.splitlines() == expected, run.stderr


def test_from_a_sandbox_no_real_server_is_asked(own):
    with own.serving("--sandbox", "--companies", "1"):
        result = own.run("verify", "ann@x.example")
    assert (result.code, "real mail servers would be asked" in result.err) == (1, True)


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("junk\nann@x.example\n", ["junk", "ann@x.example"]),
        ("E-Mail\r\nann@x.example\r\n", ["ann@x.example"]),
        ('"ann x"@x.example\nbob@x.example\n', ['"ann x"@x.example', "bob@x.example"]),
        ('email\n"ann@x.example"\n', ["ann@x.example"]),
        ("\n\n ann@x.example \n\n", ["ann@x.example"]),
        ("name,email\nAnn,ann@x.example\nBob,\n", ["ann@x.example"]),
    ],
)
def test_addresses_are_found_in_a_file(tmp_path, text, addresses):
    path = tmp_path / "file.txt"
    path.write_bytes(text.encode())
    assert list(AddressFile(path)) == addresses
