"""`fairlead mailbox` as a person runs it, against the mail servers of a sandbox."""

import csv
import io
import stat

import pytest
from post import ACCOUNTS, Post

from fairlead.kit.refusals import Invalid
from fairlead.senders import actions as senders


async def kept(post: Post, tenant, address: str):
    async with post.world.db.statement() as conn:
        return await senders.find(conn, tenant.workspace_id, address)


async def test_a_mailbox_is_added_changed_paused_and_removed(post: Post, tmp_path):
    tenant, own = await post.tenant(), post.yard.own(6)
    (tmp_path / "signature.html").write_text("<p>Grüße<br>Ann</p>")
    added = await post.command(
        tenant, "add", own.email, "--name", own.name, "--smtp", f"{own.smtp_host}:{own.smtp_port}",
        "--imap", f"{own.imap_host}:{own.imap_port}:ssl", "--password-file", "-", "--time-zone", "Europe/Berlin",
        "--daily-limit", "40", "--delay", "300-500", "--ramp-up", "5+3", "--signature", tmp_path / "signature.html",
        "--bcc", "boss@here.example", "--bcc", "crm@here.example", "--tag", "sales", "--json", given=own.password,
    )  # fmt: skip
    assert added.code == 0, added
    assert (added.json["smtp"], added.json["imap"], added.json["provider"]) == ("valid", "valid", "other")
    mailbox = await kept(post, tenant, own.email)
    assert (mailbox.delay.min_seconds, mailbox.delay.max_seconds, mailbox.daily_limit) == (300, 500, 40)
    assert (mailbox.ramp_up.start, mailbox.ramp_up.step) == (5, 3)
    assert mailbox.limit_on(mailbox.ramp_up.started_on) == 5
    assert mailbox.signature_html == "<p>Grüße<br>Ann</p>"
    assert mailbox.bcc == ("boss@here.example", "crm@here.example")
    assert own.password not in added.out + added.err

    changed = await post.command(tenant, "set", own.email, "--daily-limit", "60", "--delay", "600", "--tag", "b", "--json")
    assert (changed.json["daily_limit"], changed.json["tags"], changed.json["smtp"]) == (60, "b", "valid")
    assert (await post.command(tenant, "pause", own.email)).out == "Paused.\n"
    assert (await post.command(tenant, "list", "--json")).json["mailboxes"][0]["state"] == "paused"
    assert (await post.command(tenant, "resume", mailbox.id)).out == "Resumed.\n"
    assert (await post.command(tenant, "remove", mailbox.id, "--yes")).out == "Removed.\n"
    assert (await post.command(tenant, "list", "--json")).json["mailboxes"] == []
    gone = await post.command(tenant, "check", own.email)
    assert (gone.code, "There is no mailbox" in gone.err) == (1, True)


async def test_a_wrong_password_is_said_and_ends_with_one(post: Post):
    tenant, own = await post.tenant(), post.yard.own()
    added = await post.command(
        tenant, "add", own.email, "--smtp", f"{own.smtp_host}:465", "--password-file", "-", given="wrong\n"
    )
    assert added.code == 1
    assert "Wrong user name or password" in added.err
    checked = await post.command(tenant, "check", own.email, "--json")
    assert checked.code == 3
    assert checked.json["checks"][0]["status"] == "invalid"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("add", "a@x.example", "--smtp", "nonsense"), 2, "HOST:PORT"),
        (("add", "a@x.example", "--smtp", "h.example:587:ssl", "--password-file", "-"), 1, "smtp.encryption"),
        (("add", "a@x.example", "--smtp", "10.0.0.1:465", "--password-file", "-"), 1, "not a public address"),
        (("add", "a@x.example", "--password-file", "-"), 1, "servers of a@x.example are not known"),
        (("add", "a@x.example", "--smtp", "h.example:465", "--delay", "x"), 2, "number of seconds"),
        (("add", "a@x.example", "--smtp", "h.example:465", "--time-zone", "Mars/Base", "--password-file", "-"), 1, "time_zone"),
        (("pause", "nobody@x.example"), 1, "There is no mailbox"),
        (("pause", "999"), 1, "There is no mailbox"),
        (("pause", "x"), 1, "neither an address nor the id"),
    ],
)
async def test_what_cannot_be_is_one_sentence(post: Post, words, code, said):
    tenant = await post.tenant()
    result = await post.command(tenant, *words, given="secret\n")
    assert result.code == code
    assert said in " ".join(result.err.split())
    assert "Traceback" not in result.err


async def test_many_are_brought_in_and_what_failed_is_told(post: Post, tmp_path):
    tenant = await post.tenant()
    rows = [["E-Mail Address", "From Name", "SMTP Server", "SMTP Port", "SMTP Security", "IMAP Host", "IMAP Port",
             "App Password", "Daily Limit", "Tags", "Favourite colour"]]  # fmt: skip
    for number in range(3):
        own = post.yard.own(number)
        rows.append([own.email, own.name, own.smtp_host, str(own.smtp_port), "TLS", own.imap_host, "993", own.password, "", "a, b", "red"])
    rows.append(["broken", "Name", "smtp.x.example", "465", "", "", "", "secret", "", "", ""])
    rows.append([post.yard.own(0).email, "Twice", "smtp.x.example", "465", "", "", "", "secret", "", "", ""])
    rows.append(["b@x.example", "", "smtp.x.example", "465", "", "", "", "", "", "", ""])
    rows.append(["c@x.example", "C\rBcc: x", "smtp.x.example", "465", "", "", "", "secret", "many", "", ""])
    file = tmp_path / "boxes.csv"
    with file.open("w", newline="") as out:
        csv.writer(out, delimiter=";").writerows(rows)
    result = await post.command(tenant, "import", file, "--json")
    assert result.code == 3, result
    assert (result.json["made"], result.json["failed"]) == (3, 4)
    assert "Favourite colour" in result.err
    errors = tmp_path / "boxes.errors.csv"
    assert stat.S_IMODE(errors.stat().st_mode) == 0o600
    told = list(csv.DictReader(io.StringIO(errors.read_text())))
    assert [row["error"].split(" ")[0] for row in told] == ["address", f"{post.yard.own(0).email}", "password", "daily_limit"]
    assert "secret" not in errors.read_text()
    await post.work()
    accounts = (await tenant.get(ACCOUNTS)).body["data"]
    assert [(one["valid"], one["imap"]["valid"], one["tags"]) for one in accounts] == [(True, True, ["a", "b"])] * 3
    again = await post.command(tenant, "import", file, "--json")
    assert (again.code, again.json["made"], again.json["failed"]) == (3, 0, 7)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("email,password\na,b\n", {"email": 0, "password": 1}),
        ("\ufeffEmail;SMTP Password\na;b\n", {"email": 0, "password": 1}),
        ("First Name\tLast Name\tEmail\tPassword\tSMTP Host\na\tb\tc\td\te\n",
         {"first_name": 0, "last_name": 1, "email": 2, "password": 3, "smtp_host": 4}),
        ("Email,Email Address,Password\na,b,c\n", {"email": 0, "password": 2}),
    ],
)  # fmt: skip
def test_columns_are_known_by_their_names(text, columns):
    assert senders.read_table(text.encode()).columns == columns
    assert senders.read_table(text.encode("utf-16")).columns == columns


@pytest.mark.parametrize("raw", [b"", b"email,password\n", b"name,colour\na,b\n", b"\x00\x01\x02\xff\n\xfe", b'"' * 500_000, b"email,password\n" + b"a,b\n" * 10_001])
def test_a_file_that_is_no_table_of_mailboxes_is_refused(raw):
    with pytest.raises(Invalid):
        senders.read_table(raw)
