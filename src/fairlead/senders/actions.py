"""What may be asked of senders."""

from fairlead.senders.states import mailbox, mailboxes, pause, remove, resume

__all__ = ["mailbox", "mailboxes", "pause", "remove", "resume"]
