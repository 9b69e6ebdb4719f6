"""What can go wrong in a session.

    ImapFailure
    ├── ImapGone       the connection is gone; `why` is lost, silent, garbled or said (the server took leave)
    └── ImapRefused    the server said NO or BAD; the session goes on
"""


class ImapFailure(Exception):
    pass


class ImapGone(ImapFailure):
    def __init__(self, why: str, text: str = "") -> None:
        super().__init__(f"{why}: {text}" if text else why)
        self.why = why
        self.text = text


class ImapRefused(ImapFailure):
    """`code` is the word in brackets, such as AUTHENTICATIONFAILED or OVERQUOTA (RFC 5530); empty without one."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"[{code}] {text}" if code else text)
        self.code = code
        self.text = text
