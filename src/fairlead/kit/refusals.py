"""The caller's kind of no.

    Refusal
    ├── Invalid          the input is wrong; names the field
    ├── NotFound         there is no such thing, or not in this workspace
    ├── Conflict         it is there already, or not in a state that allows this
    ├── NotAllowed       the plan or the role does not permit it
    └── LimitReached     a limit of the plan, of money or of time

A refusal knows no status numbers: each door has one table for those. `code` is stable and for programs,
`sentence` is for a person.
"""


class Refusal(Exception):
    def __init__(self, code: str, sentence: str, *, field: str | None = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.field = field


class Invalid(Refusal):
    pass


class NotFound(Refusal):
    pass


class Conflict(Refusal):
    pass


class NotAllowed(Refusal):
    pass


class LimitReached(Refusal):
    """`retry_after_seconds` is machine time until asking again makes sense, where that is known."""

    def __init__(
        self, code: str, sentence: str, *, field: str | None = None, retry_after_seconds: int | None = None
    ) -> None:
        super().__init__(code, sentence, field=field)
        self.retry_after_seconds = retry_after_seconds


class CannotStart(Exception):
    """The surroundings do not allow it. The message is one sentence that says what to do."""
