"""Names of people: their parts, and how each part may be written in an address."""

from fairlead.finder.names.model import Name
from fairlead.finder.names.parsing import from_parts, parse
from fairlead.finder.names.writing import Choice, Question, Written, write_first, write_last, write_middle

__all__ = [
    "Choice",
    "Name",
    "Question",
    "Written",
    "from_parts",
    "parse",
    "write_first",
    "write_last",
    "write_middle",
]
