"""From the bytes of a client to the units a session takes: lines, messages, chunks."""

from typing import Final

from fairlead.sandbox.smtp.session import Session
from fairlead.sandbox.smtp.steps import Mode, Step

LONGEST_LINE: Final = 2048  # what common servers take; RFC 5321, section 4.5.3.1.4, demands 512
END_OF_BODY: Final = b"\r\n.\r\n"


class Incoming:
    """What a client has sent and the session has not seen yet. Only as much is kept as a unit may hold."""

    def __init__(self) -> None:
        self._buffer = b""
        self._at = 0  # how much of the buffer is done with
        self._message = bytearray()  # a message or chunk that did not come in one piece
        self._message_bytes = 0
        self._message_begun = False
        self._skipping_line = False

    def __len__(self) -> int:
        return len(self._buffer) - self._at

    def add(self, data: bytes) -> None:
        self._buffer = data if self._at >= len(self._buffer) else self._buffer[self._at :] + data
        self._at = 0

    def clear(self) -> None:
        self._buffer, self._at = b"", 0

    def next_step(self, session: Session) -> Step | None:
        """What the session makes of the next unit; None when more has to arrive."""
        if session.mode is Mode.LINE:
            return self._line(session)
        if session.mode is Mode.BODY:
            return self._body(session)
        return self._chunk(session)

    def _line(self, session: Session) -> Step | None:
        buffer, at = self._buffer, self._at
        end = buffer.find(b"\n", at)
        if end < 0:
            if len(buffer) - at > LONGEST_LINE:
                self._skipping_line = True
                self._at = len(buffer)
            return None
        # A bare line feed ends a command too, as with most servers: people type them.
        line = buffer[at : end - 1 if buffer[end - 1 : end] == b"\r" and end > at else end]
        self._at = end + 1
        if self._skipping_line or len(line) > LONGEST_LINE:
            self._skipping_line = False
            return session.overlong()
        if session.forbids_pipelining and self._at < len(buffer):
            return session.pipelined(line)
        return session.line(line)

    def _body(self, session: Session) -> Step | None:
        buffer, at = self._buffer, self._at
        if at >= len(buffer):
            return None
        if not self._message_begun:
            self._message_begun = True
            turn = session.body_begins()
            if turn is not None:
                return turn
            # Most messages come in one piece: no need to copy what follows them.
            if buffer.startswith(END_OF_BODY[2:], at):
                return self._whole_message(session, b"", at + 3)
            end = buffer.find(END_OF_BODY, at)
            if end >= 0:
                return self._whole_message(session, buffer[at : end + 2], end + len(END_OF_BODY))
            # The line end before the body makes a dot at its start the first of a line.
            self._message = bytearray(b"\r\n")
            self._message_bytes = 0
        tail = bytes(self._message[-len(END_OF_BODY) + 1 :])
        fresh = tail + buffer[at:] if at else tail + buffer
        end = fresh.find(END_OF_BODY)
        if end < 0:
            self._message_bytes += len(buffer) - at
            if self._message_bytes > session.size_limit_bytes:
                self._message = bytearray(fresh[-len(END_OF_BODY) + 1 :])
            else:
                self._message += fresh[len(tail) :]
            self._at = len(buffer)
            return None
        del self._message[len(self._message) - len(tail) :]
        self._message += fresh[: end + 2]
        data = bytes(memoryview(self._message)[2:]) if self._message_bytes <= session.size_limit_bytes else b""
        return self._whole_message(session, data, at + end + len(END_OF_BODY) - len(tail))

    def _whole_message(self, session: Session, data: bytes, at: int) -> Step:
        self._at = at
        self._message_begun = False
        too_big = len(data) > session.size_limit_bytes or self._message_bytes > session.size_limit_bytes
        self._message, self._message_bytes = bytearray(), 0
        if not too_big and (data.startswith(b".") or b"\r\n." in data):
            # Only the final dot stands alone on its line: every other first dot is a stuffed one.
            data = (b"\r\n" + data).replace(b"\r\n.", b"\r\n")[2:]
        return session.body(b"" if too_big else data, too_big=too_big)

    def _chunk(self, session: Session) -> Step | None:
        piece = self._buffer[self._at : self._at + session.chunk_left]
        self._at += len(piece)
        session.chunk_left -= len(piece)
        self._message_bytes += len(piece)
        if self._message_bytes <= session.size_limit_bytes:
            self._message += piece
        else:
            self._message.clear()
        if session.chunk_left:
            return None
        data, too_big = bytes(self._message), self._message_bytes > session.size_limit_bytes
        self._message, self._message_bytes = bytearray(), 0
        return session.chunk(data, too_big=too_big)
