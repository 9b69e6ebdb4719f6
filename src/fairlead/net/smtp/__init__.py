"""Handing mail in: sessions with submission servers, one message after the other.

Sources: RFC 6409 (submission), 5321, 8314 (TLS), and the extensions 1870 (SIZE), 2034 and 3463 (enhanced codes),
2920 (PIPELINING), 3207 (STARTTLS), 4954 (AUTH), 6152 (8BITMIME), 6531 (SMTPUTF8).

    opened = await open_session(dialer, server, credentials, ...)   # SmtpSession | NotConnected
    outcome = await opened.send(mail_from, to, message)             # Accepted | Deferred | Rejected | Lost | Withheld
"""

from fairlead.net.smtp.opening import Place, Times, open_session
from fairlead.net.smtp.outcomes import Accepted, Deferred, Lost, Outcome, Phase, Rejected, Withheld
from fairlead.net.smtp.session import Envelope, Habits, Pipelining, SmtpSession

__all__ = [
    "Accepted",
    "Deferred",
    "Envelope",
    "Habits",
    "Lost",
    "Outcome",
    "Phase",
    "Pipelining",
    "Place",
    "Rejected",
    "SmtpSession",
    "Times",
    "Withheld",
    "open_session",
]
