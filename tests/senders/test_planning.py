"""Mails put into the ledger, found there, and taken back."""

from datetime import timedelta

import pytest
from sending_house import NOW, Desk

from fairlead.kit.refusals import Invalid
from fairlead.senders import actions as senders
from fairlead.senders.model import Attachment, Letter, Purpose


@pytest.fixture
async def desk(db):
    return await Desk.opened(db)


async def test_a_once_key_is_planned_once(desk):
    first, second = desk.mail("a", once_key="one"), desk.mail("b", once_key="one")
    assert [one is not None for one in await desk.plan(first, second)] == [True, False]
    assert await desk.plan(desk.mail("c", once_key="one")) == [None]
    assert len(await desk.rows("select from sends")) == 1


async def test_a_mail_is_found_by_its_token_and_by_its_message_id(desk):
    (send_id,) = await desk.plan(send := desk.mail("a"))
    async with desk.db.statement() as conn:
        by_token = await senders.sends_of_tokens(conn, [send.token, "nothing-of-this-name"])
        (message_id,) = await desk.column("select message_id from mails")
        by_id = await senders.sends_of_message_ids(conn, [f"<{message_id}>", "<other@x.example>"])
    assert by_token[send.token].send_id == send_id
    assert by_token[send.token].sent_at is None
    assert by_id == {f"<{message_id}>": by_token[send.token]}


async def test_a_withdrawn_mail_was_never_planned(desk):
    await desk.plan(desk.mail("a", once_key="one", subject_id=1), desk.mail("b", once_key="two", subject_id=2))
    async with desk.db.transaction() as conn:
        assert await senders.withdraw(conn, desk.workspace_id, purpose=Purpose.TEST, subject_ids=[1]) == 1
        assert await senders.withdraw(conn, desk.workspace_id, purpose=Purpose.REPLY, subject_ids=[2]) == 0
        assert await senders.withdraw(conn, desk.workspace_id + 1, purpose=Purpose.TEST, subject_ids=[2]) == 0
    assert await desk.column("select once_key from mails") == ["two"]
    assert await desk.plan(desk.mail("a", once_key="one")) != [None]


async def test_a_letter_comes_back_as_it_was_given_and_its_file_lies_there_once(desk):
    file = Attachment("plan.pdf", "application/pdf", b"%PDF" + bytes(range(256)), "cid1")
    letter = Letter("Hä?", "<p>x</p>", "x", (file,), "a@b", ("r@b", "a@b"), "https://x/u", (("X-A", "b"),))
    first, second = await desk.plan(desk.mail("a", letter=letter), desk.mail("b", letter=letter))
    async with desk.db.statement() as conn:
        assert await senders.letter_of(conn, desk.workspace_id, first) == letter
        assert await senders.letter_of(conn, desk.workspace_id, second) == letter
        thread = await senders.thread_of(conn, desk.workspace_id, first)
    assert thread.references == ("r@b", "a@b", thread.message_id)
    assert len(await desk.rows("select from mail_files")) == 1


@pytest.mark.parametrize("token", ["short", "with space in the token", "x" * 65, "<angle-brackets-in-it>"])
async def test_a_token_that_could_not_be_carried_by_mail_is_refused(desk, token):
    with pytest.raises(Invalid):
        await desk.plan(desk.mail("a", token=token))


async def test_room_shrinks_with_what_is_planned(desk):
    before = (await desk.room()).today
    await desk.plan(*[desk.mail(f"to{n}", due_at=NOW + timedelta(hours=n)) for n in range(3)])
    after = await desk.room()
    assert (before, after.today) == (50, 47)
    assert after.next_free_at >= NOW + timedelta(hours=2)
