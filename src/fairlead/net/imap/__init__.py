"""Reading mailboxes, and putting copies into them: sessions with IMAP servers.

Sources: RFC 3501 and 9051 (IMAP4), and the extensions 2177 (IDLE), 4315 (UIDPLUS), 4959 (SASL-IR), 5258 and 6154
(LIST with special uses), 7888 (literals without a wait), Google's and RFC 7628's ways to log in with a token.
"""

from fairlead.net.imap.errors import ImapFailure, ImapGone, ImapRefused
from fairlead.net.imap.folders import Folder, find_sent
from fairlead.net.imap.opening import open_session
from fairlead.net.imap.session import Fetched, ImapSession, Selected
from fairlead.net.imap.wire import Limits

__all__ = [
    "Fetched",
    "Folder",
    "ImapFailure",
    "ImapGone",
    "ImapRefused",
    "ImapSession",
    "Limits",
    "Selected",
    "find_sent",
    "open_session",
]
