"""Tells the owner of a webhook that it was stopped: by mail, from a mailbox of the workspace where there is one."""

from datetime import datetime
from random import Random

from fairlead.accounts import actions as accounts
from fairlead.db import Connection
from fairlead.events import actions as events
from fairlead.kit.tokens import new_token
from fairlead.senders import actions as senders
from fairlead.senders.model import Letter, MailboxState, NewSend, Purpose
from fairlead.webhooks.model import Webhook

TOKEN_LETTERS = 24
TEXT = """Fairlead has deactivated a webhook of yours, because what it sent there did not arrive.

    Webhook {id}: {object} {action}
    {url}
    {because}

What happens from now on is not sent. When the receiver works again, activate the webhook and send what failed:

    fairlead webhooks activate {id}
    fairlead webhooks replay --webhook {id} --failed
"""


async def tell_owner(conn: Connection, stopped: Webhook, because: str, *, now: datetime, random: Random) -> None:
    """Records `webhook_deactivated` and plans the mail, in the transaction that deactivates it."""
    await events.record(
        conn,
        stopped.workspace_id,
        "webhook_deactivated",
        now,
        webhook_id=stopped.id,
        member_id=stopped.member_id,
        because=because,
    )
    owner = next(
        (one for one in await accounts.members(conn, stopped.workspace_id) if one.id == stopped.member_id), None
    )
    mailboxes = await senders.mailboxes(conn, stopped.workspace_id)
    mailbox = next((one for one in mailboxes if one.state is MailboxState.ACTIVE), None)
    if owner is None or mailbox is None:
        return
    text = TEXT.format(
        id=stopped.id, object=stopped.topic.object, action=stopped.topic.action, url=stopped.url, because=because
    )
    # Mail that no person wrote says so (RFC 3834, section 5).
    letter = Letter(
        f"Webhook {stopped.id} was deactivated",
        None,
        text,
        headers=(("Auto-Submitted", "auto-generated"),),
        signed=False,
    )
    send = NewSend(
        workspace_id=stopped.workspace_id,
        mailbox_id=mailbox.id,
        purpose=Purpose.NOTICE,
        subject_id=stopped.id,
        once_key=f"webhook {stopped.id} deactivated {now.isoformat()}",
        due_at=now,
        to_address=owner.email,
        to_name=owner.name,
        token=new_token(random, TOKEN_LETTERS),
        letter=letter,
    )
    await senders.plan(conn, [send], now=now)
