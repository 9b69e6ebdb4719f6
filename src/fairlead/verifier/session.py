"""One SMTP session that asks for many recipients and sends no message.

Pipelined where the server announces it (RFC 2920), one command at a time otherwise. Every refusal counts against a
budget, and never more recipients are in the air than the budget could bear if all of them were refused.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, cast

from fairlead.verifier.asking import STAGES, Ask, Feed, Identity, Limits, next_asked
from fairlead.verifier.connection import Connection, Ending
from fairlead.verifier.hearing import answer_of
from fairlead.verifier.model import Answer, Silence
from fairlead.verifier.replies import ReplyMeaning, Stage
from fairlead.verifier.work import PUT_OFF, Work

QUIT_SECONDS: Final = 3.0
# A session older than this leaves and lets another take over, so that a lost one never holds a seat for long.
LONGEST_SESSION_SECONDS: Final = 240.0
# Of the refusals that are about us or the server, so many in a row speak for everybody at the domain.
ALIKE_IS_ENOUGH: Final = 3


_OK: Final = Answer("rcpt", 250, ReplyMeaning.ACCEPTED)
_ABOUT_EVERYBODY: Final = frozenset({
    ReplyMeaning.BLOCKED, ReplyMeaning.SERVER_STATE, ReplyMeaning.RATE_LIMITED, ReplyMeaning.RELAY_DENIED,
    ReplyMeaning.PROTOCOL,
})  # fmt: skip
_TELLS_APART: Final = frozenset({
    ReplyMeaning.ACCEPTED, ReplyMeaning.NO_SUCH_MAILBOX, ReplyMeaning.MAILBOX_DISABLED, ReplyMeaning.MAILBOX_FULL,
})  # fmt: skip


class Session(Connection):
    """Give it to the dialer, and wait for `ended`."""

    def __init__(
        self,
        feed: Feed,
        identity: Identity,
        limits: Limits,
        monotonic: Callable[[], float],
        ended: asyncio.Future[None],
    ) -> None:
        super().__init__(monotonic, ended)
        self.said: Answer | None = None  # what turned us away
        self.work: Work | None = None  # what is left undone when it ends
        self.answered = 0
        self.blocked = False
        self.recipients_met: int | None = None  # a limit of recipients in a transaction that was met
        self._feed = feed
        self._limits = limits
        self._recipients = limits.recipients
        helo = identity.helo.encode("ascii", "replace")
        self._ehlo, self._helo = b"EHLO %s\r\n" % helo, b"HELO %s\r\n" % helo
        self._mail = b"MAIL FROM:<%s>" % identity.mail_from.encode()
        self._expected: deque[str | Ask] = deque([Ask.BANNER])
        self._talking = False
        self._pipelining = self._smtputf8 = False
        self._in_transaction = self._needs_reset = False
        self._in_air = 0  # recipients without an answer yet
        self._accepted = 0  # in this transaction
        self._worn_out = False  # the transaction takes nobody any more
        self._spoiled: Answer | None = None  # what ends the work in hand once nothing is in the air
        self._mail_refused = False

    # From replies to answers.

    def _is_waiting(self) -> bool:
        return self._talking and bool(self._expected)

    def _reply(self, code: int, lines: list[bytes]) -> None:
        if not 200 <= code < 600 or not self._expected:
            if code == 421:
                self.said = answer_of("quit", code, lines)
            self._end(Ending.BUSY if code == 421 else Ending.GARBLED)
            return
        asked = self._expected[0]
        if code == 421:
            # What it was said to is asked again elsewhere, so it stays among the expected.
            stage: Stage = "rcpt" if type(asked) is str else STAGES[cast(Ask, asked)]
            answer = answer_of(stage, code, lines)
            if stage in ("banner", "ehlo"):
                self._turn_away(answer)
            else:
                self.said = answer
                self._end(Ending.BUSY)
            return
        self._expected.popleft()
        if type(asked) is str:
            self._recipient(asked, code, lines)
            return
        match asked:
            case Ask.MADE_UP:
                self._made_up(code, lines)
            case Ask.POSTMASTER:
                self._postmaster(code, lines)
            case Ask.MAIL:
                if code >= 300:
                    self._refuse_mail(answer_of("mail", code, lines))
            case Ask.RSET:
                if code >= 300:
                    self._end(Ending.GARBLED)
            case Ask.BANNER:
                self._greet(code, lines)
            case _:
                self._greeted(cast(Ask, asked), code, lines)

    def _greet(self, code: int, lines: list[bytes]) -> None:
        if code >= 300:
            self._turn_away(answer_of("banner", code, lines))
            return
        self._send([self._ehlo], Ask.EHLO)

    def _greeted(self, asked: Ask, code: int, lines: list[bytes]) -> None:
        if code >= 300:
            if asked is Ask.EHLO and code in (500, 501, 502, 504):
                self._send([self._helo], Ask.HELO)  # RFC 5321, 3.2: a server of the time before extensions
            else:
                self._turn_away(answer_of("ehlo", code, lines))
            return
        offers = {line[4:].strip().upper() for line in lines[1:]}
        self._pipelining = b"PIPELINING" in offers and not self._limits.lockstep
        self._smtputf8 = b"SMTPUTF8" in offers
        self._talking = True

    # Recipients.

    def _accept(self, address: str) -> None:
        work = self.work
        assert work is not None
        work.heard[address] = _OK
        work.wants_made_up = work.told_apart = True
        self._spoiled = None
        self._accepted += 1
        self.answered += 1

    def _recipient(self, address: str, code: int, lines: list[bytes]) -> None:
        work = self.work
        assert work is not None
        self._in_air -= 1
        if self._mail_refused:
            # It was sent along with a MAIL that failed, and this reply says only that.
            work.waiting.append(address)
            return
        if code < 300:
            self._accept(address)
            return
        answer = answer_of("rcpt", code, lines, address)
        if self._one_too_many(answer):
            work.waiting.append(address)
            return
        if self._bears_no_pipelining(answer):
            work.waiting.append(address)
            self._end(Ending.GARBLED)
            return
        self.rejects += 1
        self.answered += 1
        work.heard[address] = answer
        meaning = answer.meaning
        if meaning in PUT_OFF:
            work.wants_made_up = True
            work.domain.greylists = work.domain.greylists or meaning is ReplyMeaning.GREYLISTED
        elif meaning in _TELLS_APART:
            work.told_apart = True
            self._spoiled = None
        elif meaning in _ABOUT_EVERYBODY and not work.told_apart:
            work.refused_alike += 1
            if meaning is ReplyMeaning.BLOCKED or work.refused_alike >= ALIKE_IS_ENOUGH:
                self._spoiled = answer
        self.blocked = self.blocked or meaning is ReplyMeaning.BLOCKED

    def _made_up(self, code: int, lines: list[bytes]) -> None:
        work = self.work
        assert work is not None
        self._in_air -= 1
        if self._mail_refused:
            work.asked_made_up = False
            return
        answer = _OK if code < 300 else answer_of("rcpt", code, lines, work.domain.made_up)
        if code >= 300 and self._one_too_many(answer):
            work.asked_made_up = False
            return
        self.rejects += code >= 300
        self._accepted += code < 300
        self.answered += 1
        self.blocked = self.blocked or answer.meaning is ReplyMeaning.BLOCKED
        work.domain.hear_of_made_up(answer)

    def _postmaster(self, code: int, lines: list[bytes]) -> None:
        work = self.work
        assert work is not None
        self._in_air -= 1
        if self._mail_refused:
            work.asked_postmaster = False
            return
        if code >= 300 and self._one_too_many(answer_of("rcpt", code, lines, work.domain.postmaster)):
            work.asked_postmaster = False
            return
        self.rejects += code >= 300
        self._accepted += code < 300
        self.answered += 1
        if not 400 <= code < 500:
            work.domain.is_served = code < 300

    def _one_too_many(self, answer: Answer) -> bool:
        """Whether the refusal is about the number of recipients: those that wait get transactions of their own."""
        if answer.meaning is not ReplyMeaning.RATE_LIMITED or not self._accepted:
            return False
        if answer.temporary:
            self._recipients = self.recipients_met = self._accepted
        else:
            # "Too many bad recipients" of Exim: this transaction is lost for good ones too, the next is not.
            self._worn_out = True
        self.rejects += 1
        return True

    def _bears_no_pipelining(self, answer: Answer) -> bool:
        return answer.meaning is ReplyMeaning.PROTOCOL and self._pipelining and not self.answered

    def _refuse_mail(self, answer: Answer) -> None:
        if self._bears_no_pipelining(answer):
            self._end(Ending.GARBLED)
            return
        self._spoiled = answer
        self._mail_refused = True
        self.rejects += 1
        self.blocked = self.blocked or answer.meaning is ReplyMeaning.BLOCKED

    # What is said next.

    def _pump(self) -> None:
        """Sends what may be sent now."""
        out: list[bytes] = []
        while self._talking and (self._pipelining or not self._expected):
            work = self.work
            if work is None:
                work = self._begin()
                if work is None:
                    self._leave(out)
                    break
            if self._spoiled is not None:
                if self._expected:
                    break
                if self._end_spoiled(work, self._spoiled):
                    self._leave(out)
                    break
                continue
            asked = next_asked(
                work, self._limits, rejects=self.rejects, answered=self.answered, in_air=self._in_air
            )
            if asked is None:
                if self._expected:
                    break
                self.work = None
                if work.is_over():
                    self._feed.work_done(work)
                    continue
                self._feed.work_back(work)
                self._leave(out)
                break
            if self._in_transaction and (self._worn_out or self._is_full()):
                if self._in_air:
                    break
                self._in_transaction = False
            if not self._in_transaction:
                self._open_transaction(work, out)
                continue
            self._expected.append(asked)
            self._in_air += 1
            if asked is Ask.MADE_UP:
                work.asked_made_up = True
                address = work.domain.made_up
            elif asked is Ask.POSTMASTER:
                work.asked_postmaster = True
                address = work.domain.postmaster
            else:
                address = work.waiting.pop()
            out.append(b"RCPT TO:<%s>\r\n" % address.encode())
        if out:
            self._write(out)

    def _begin(self) -> Work | None:
        """The next work, if this session can bear it; at the least one address and the made-up one."""
        limits = self._limits
        if limits.rejects - self.rejects < 2 or (limits.answers is not None and self.answered >= limits.answers):
            return None
        if self._last - self._born > LONGEST_SESSION_SECONDS:
            return None
        work = self._feed.next_work()
        if work is None:
            return None
        self.work = work
        self._in_transaction = False
        if work.utf8 and not self._smtputf8:
            work.end_with(Silence.NO_SMTPUTF8)
        return work

    def _is_full(self) -> bool:
        """Whether the transaction may hold no further recipient, should those in the air be accepted."""
        return self._recipients is not None and self._accepted + self._in_air >= self._recipients

    def _open_transaction(self, work: Work, out: list[bytes]) -> None:
        if self._needs_reset:
            self._needs_reset = False
            self._expected.append(Ask.RSET)
            out.append(b"RSET\r\n")
            return
        self._in_transaction = self._needs_reset = True
        self._worn_out = False
        self._accepted = 0
        self._expected.append(Ask.MAIL)
        out.append(self._mail + (b" SMTPUTF8\r\n" if work.utf8 else b"\r\n"))

    def _end_spoiled(self, work: Work, answer: Answer) -> bool:
        """Ends the work in hand with what everybody there would hear. Whether the session is over too."""
        work.end_with(answer)
        self.work = self._spoiled = None
        self._mail_refused = False
        if answer.stage == "mail" or self.blocked:
            self.said = answer
        self._feed.work_done(work)
        return self.said is not None

    def _leave(self, out: list[bytes]) -> None:
        self.ending = Ending.LEFT
        self._talking = False
        self._expected.append(Ask.QUIT)
        out.append(b"QUIT\r\n")
        self._deadline = self._last + QUIT_SECONDS

    def _send(self, out: list[bytes], asked: Ask) -> None:
        self._expected.append(asked)
        self._write(out)

    # Ends.

    def _turn_away(self, answer: Answer) -> None:
        self.said = answer
        self.blocked = answer.meaning is ReplyMeaning.BLOCKED
        self._end(Ending.REFUSED)

    def _note_end(self, ending: Ending) -> None:
        self.ending = ending
        self._talking = False
        work = self.work
        if work is not None:
            work.waiting.extend(asked for asked in reversed(self._expected) if type(asked) is str)
            if Ask.MADE_UP in self._expected:
                work.asked_made_up = False
            if Ask.POSTMASTER in self._expected:
                work.asked_postmaster = False
        self._expected.clear()
        self._in_air = 0
