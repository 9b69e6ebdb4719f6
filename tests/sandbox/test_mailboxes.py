"""The store of mailboxes, without a protocol in front."""

from datetime import UTC, datetime

import pytest

from fairlead.kit.refusals import Conflict, Invalid, NotFound
from fairlead.sandbox.mailboxes import (
    SEEN,
    Account,
    Arrived,
    Change,
    Flagged,
    Flavor,
    Gone,
    Keeping,
    Mailboxes,
    Reset,
    Role,
    header_fields,
    header_section,
)

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
RAW = b"Subject: a\r\n folded\r\nMessage-ID: <a@b>\r\n\r\nbody\r\n"


def test_a_mailbox_is_made_when_its_address_is_first_asked_for():
    asked: list[str] = []

    def account(address: str) -> Account | None:
        asked.append(address)
        return Account(address, password="p") if address == "ann@x.example" else None

    boxes = Mailboxes(account)
    assert boxes.find("bob@x.example") is None
    ann = boxes.mailbox("Ann@X.example")
    assert boxes.find("ann+tag@x.example") is ann
    assert boxes.opened_by_password("ann@x.example", "p") is ann
    assert boxes.opened_by_password("ann@x.example", "wrong") is None
    assert boxes.opened_by_token("ann@x.example", "p") is None
    with pytest.raises(NotFound):
        boxes.mailbox("bob@x.example")
    with pytest.raises(Conflict):
        boxes.create(Account("ann@x.example"))


def test_uid_validity_is_the_same_in_every_run_and_never_comes_back():
    first, second = (Mailboxes().create(Account("ann@x.example")) for _ in range(2))
    assert first.folder("INBOX").uid_validity == second.folder("INBOX").uid_validity
    old = first.create("Work").uid_validity
    first.delete("Work")
    assert first.create("Work").uid_validity > old
    assert first.change_uid_validity() > old


def test_listeners_hear_what_arrives_goes_and_changes_but_not_what_they_did_themselves():
    box = Mailboxes().create(Account("ann@x.example"))
    heard: list[Change] = []
    folder = box.folder("INBOX")
    folder.listeners.append(heard.append)
    entry = box.append(RAW, NOW)
    box.add_flag(entry, SEEN)
    box.add_flag(entry, SEEN)
    box.set_flags(entry, [], heard.append)
    box.move(folder, [entry], box.folder_for(Role.ARCHIVE))
    box.change_uid_validity()
    assert [type(change) for change in heard] == [Arrived, Flagged, Gone, Reset]


def test_the_oldest_go_and_bodies_are_let_go_where_memory_is_bounded():
    boxes = Mailboxes(keeping=Keeping(bodies=False, per_folder=3))
    box = boxes.create(Account("ann@x.example"))
    for _ in range(10):
        box.append(RAW, NOW)
    assert [entry.uid for entry in box.entries()] == [8, 9, 10]
    assert box.entries()[0].message.raw == header_section(RAW)
    assert box.entries()[0].message.size == len(RAW)


def test_headers_are_found_whatever_the_folder_and_the_case():
    box = Mailboxes().create(Account("ann@x.example", flavor=Flavor.EXCHANGE))
    box.append(RAW, NOW, to=Role.SENT)
    ((folder, entry),) = box.search_header("message-id", "<A@b>")
    assert (folder.name, entry.message.message_id) == ("Sent Items", b"<a@b>")
    assert box.search_header("subject", "a folded")
    assert not box.search_header("x-none", "")


def test_a_gmail_message_lies_in_spam_or_trash_alone():
    box = Mailboxes().create(Account("ann@x.example", flavor=Flavor.GMAIL))
    entry = box.append(RAW, NOW)
    box.set_labels(entry, ["\\Inbox", "Hot"])
    assert box.labels(entry.message) == ["Hot", "\\Inbox"]
    box.move(box.folder("INBOX"), [entry], box.folder_for(Role.SPAM))
    assert box.labels(entry.message) == ["\\Spam"]
    assert not box.entries(Role.ALL)
    box.move(box.folder_for(Role.SPAM), box.entries(Role.SPAM), box.folder("INBOX"))
    assert box.labels(entry.message) == ["\\Inbox"]
    assert len(box.entries(Role.ALL)) == 1
    box.set_labels(entry, ["\\Trash"])
    assert (len(box.entries()), len(box.entries(Role.ALL)), len(box.entries(Role.TRASH))) == (0, 0, 1)


def test_folders_with_bad_names_and_folders_everyone_needs_are_refused():
    box = Mailboxes().create(Account("ann@x.example"))
    for name in ("", "/", "a//b", "a\nb", "x" * 300):
        with pytest.raises(Invalid):
            box.create(name)
    for act in (lambda: box.delete("Sent"), lambda: box.rename("Trash", "Bin"), lambda: box.create("inbox")):
        with pytest.raises(Conflict):
            act()
    box.append(RAW, NOW)
    box.rename("INBOX", "Before")
    assert (len(box.entries()), len(box.folder("Before").entries)) == (0, 1)


@pytest.mark.parametrize(
    ("raw", "header", "fields"),
    [
        (b"A: 1\r\n\r\nx", b"A: 1\r\n\r\n", [(b"A", b"1")]),
        (b"A: 1\n\nx\r\n\r\n", b"A: 1\n\n", [(b"A", b"1")]),
        (b"\r\nbody: no field", b"\r\n", []),
        (b"no colon\r\nB:2", b"no colon\r\nB:2", [(b"B", b"2")]),
        (b"", b"", []),
    ],
)
def test_headers_end_at_the_first_empty_line(raw: bytes, header: bytes, fields: list[tuple[bytes, bytes]]):
    assert header_section(raw) == header
    assert list(header_fields(raw)) == fields
