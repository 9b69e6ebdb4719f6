"""Whom a receiving server serves: everyone who writes to an address it knows."""

from collections.abc import Sequence

from fairlead.sandbox.smtp.behavior import Behavior
from fairlead.sandbox.smtp.greylist import TEXT as GREYLISTED
from fairlead.sandbox.smtp.greylist import Greylist
from fairlead.sandbox.smtp.model import Directory, Exchange, Known, Login, Talk


class Receiving:
    """The policy of an MX. Greylisting remembers who came as long as this object lives."""

    copies_to_sent = False

    def __init__(self, behavior: Behavior, directory: Directory) -> None:
        self._wording = behavior.wording
        self._accepts_anything = behavior.accepts_anything
        self._mailboxes_full = behavior.mailboxes_full
        self._greylist = Greylist(behavior.greylist_wait) if behavior.greylist_wait else None
        self._directory = directory

    def mechanisms(self, talk: Talk) -> Sequence[str]:
        return ()

    def login(self, mechanism: str, first: bytes | None) -> Exchange:
        raise AssertionError("no mechanism is offered")

    def login_answer(self, talk: Talk, login: Login | None) -> bytes:
        return talk.say(self._wording.no_auth)

    def mail(self, talk: Talk, sender: str) -> bytes | None:
        return None

    def rcpt(self, talk: Talk, address: str) -> bytes | None:
        # As with Postfix and postgrey, an unknown recipient is put off first and refused only at the second attempt.
        if self._greylist is not None and not self._greylist.passes(
            client_ip=talk.client_ip, sender=talk.sender or "", recipient=address, now=talk.now()
        ):
            return talk.say(GREYLISTED, address=address)
        known = self._directory.knows(address)
        if known is Known.MAILBOX:
            return talk.say(self._wording.over_quota, address=address) if self._mailboxes_full else None
        if known is Known.UNKNOWN:
            return None if self._accepts_anything else talk.say(self._wording.unknown_user, address=address)
        if known is Known.OVER_QUOTA:
            return talk.say(self._wording.over_quota, address=address)
        if known is Known.DISABLED:
            return talk.say(self._wording.disabled, address=address)
        return talk.say(self._wording.not_hosted, address=address)

    def message(self, talk: Talk, data: bytes) -> bytes | None:
        return None

    def taken(self, talk: Talk, data: bytes, queue_id: str) -> bytes:
        return data
