"""Files of `fairlead verify`: addresses are read from one, verdicts are added to another."""

import csv
import io
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from fairlead.importing.cells import guarded, without_guard
from fairlead.importing.columns import guess_mapping
from fairlead.importing.delimited import Delimited
from fairlead.importing.encodings import encoding_of, read_errors
from fairlead.importing.files import open_source
from fairlead.importing.model import Broken, Source
from fairlead.kit.refusals import Invalid
from fairlead.kit.text import one_line
from fairlead.prospects.exporting import Format
from fairlead.verifier.model import Verdict

# fmt: off
COLUMNS = (
    "email", "smtp_status", "reason", "is_valid_format", "is_disposable", "is_webmail", "is_role", "is_gibberish",
    "is_catchall", "is_greylist", "is_banned_error", "is_connection_error", "mx", "checked_at",
)
# fmt: on
_HEADER = (",".join(COLUMNS) + "\n").encode()
_OBJECT = b'{"email":'
_SAMPLE_ROWS = 200


class AddressFile:
    """The addresses of a file: one a line, or the column of them in what `fairlead import` reads.

    Raises `NotFound` and `Invalid`.
    """

    def __init__(self, path: Path) -> None:
        self.unreadable = 0
        """Rows left out by the last reading."""
        self._source = open_source(path)
        self._delimited = isinstance(self._source, Delimited)
        self._column = _column_of_addresses(self._source)

    def __iter__(self) -> Iterator[str]:
        self.unreadable = 0
        if self._delimited and len(self._source.columns) == 1:
            yield from self._lines()
            return
        column = self._column
        if column is None:
            raise Invalid(
                "no_email_column", f"No column of {self._source.path.name} holds e-mail addresses.", field="file"
            )
        for _, cells in self._source.rows():
            if isinstance(cells, Broken):
                self.unreadable += 1
            elif address := self._address(cells[column]):
                yield address

    def _lines(self) -> Iterator[str]:
        """Not as CSV, where the quotation marks of "ann x"@x.example would be lost."""
        encoding = encoding_of(self._source.path)
        with self._source.path.open(encoding=encoding, errors=read_errors(encoding)) as file:
            # The only line of a column that is called something else is an address like any other.
            named = self._source.headed and self._column is not None
            filled = (line for line in map(str.strip, file) if line)
            for line in itertools.islice(filled, 1 if named else 0, None):
                # An address ends with its domain: what ends with a quotation mark is a cell.
                cell = line[1:-1].replace('""', '"') if len(line) > 1 and line[0] == line[-1] == '"' else line
                if address := self._address(cell):
                    yield address

    def _address(self, cell: str) -> str:
        """On one line, as a row of the output is; what is changed by that was no address."""
        return one_line(without_guard(cell.strip()) if self._delimited else cell)


def _column_of_addresses(source: Source) -> int | None:
    rows = itertools.islice(source.rows(), _SAMPLE_ROWS)
    sample = [cells for _, cells in rows if not isinstance(cells, Broken)]
    if len(source.columns) == 1 and isinstance(source, Delimited):
        sample = []  # the name of the column alone tells whether it is one
    mapping = guess_mapping(source.columns, sample, headed=source.headed)
    return next((place for place, column in enumerate(mapping) if column.target == "email"), None)


@dataclass(frozen=True)
class VerdictFile:
    """Where verdicts are written: `target` belongs to the caller."""

    target: BinaryIO
    format: Format

    def begin(self) -> None:
        if self.format is Format.CSV:
            self.target.write(_HEADER)

    def write(self, verdicts: Iterable[Verdict]) -> None:
        """Adds rows, which have left the process afterwards. Raises `Invalid` where there is no room for them."""
        rows = map(as_row, verdicts)
        try:
            if self.format is Format.JSONL:
                self.target.writelines(msgspec.json.encode(row) + b"\n" for row in rows)
            else:
                text = io.StringIO()
                csv.writer(text, lineterminator="\n").writerows(map(_cell, row.values()) for row in rows)
                self.target.write(text.getvalue().encode())
            self.target.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise Invalid("cannot_write", f"The output cannot be written: {error.strerror}.", field="output") from error

    def resume(self) -> set[str]:
        """The addresses that have a row. A row that was cut by an interruption is taken off; what follows is added.

        Raises `Invalid` for a file that is not ours, which is left as it is.
        """
        self.target.seek(0)
        found: set[str] = set()
        end = 0
        for number, line in enumerate(self.target):
            if not line.endswith(b"\n"):
                start = _HEADER if self.format is Format.CSV and not number else _OBJECT
                if not number and not (line.startswith(start) or start.startswith(line)):
                    raise _not_ours()
                break
            end += len(line)
            if self.format is Format.CSV and not number:
                if line != _HEADER:
                    raise _not_ours()
                continue
            found.add(self._address(line))
        self.target.seek(end)
        self.target.truncate()
        if not end:
            self.begin()
        return found

    def _address(self, line: bytes) -> str:
        try:
            if self.format is Format.JSONL:
                return msgspec.json.decode(line, type=_Row).email
            (cells,) = csv.reader([line.decode()])
            if len(cells) == len(COLUMNS):
                return without_guard(cells[0])
        except (ValueError, csv.Error) as error:  # msgspec's errors are among them
            raise _not_ours() from error
        raise _not_ours()


class _Row(msgspec.Struct):
    email: str


def as_row(verdict: Verdict) -> dict[str, Any]:
    """A verdict by `COLUMNS`. The reason is a sentence for a person, `checked_at` is in UTC."""
    flags = verdict.flags
    values = (
        verdict.address,
        verdict.smtp_status.value,
        flags.reason or verdict.reason.sentence,
        flags.is_valid_format,
        flags.is_disposable,
        flags.is_webmail,
        flags.is_role,
        flags.is_gibberish,
        verdict.is_catchall,
        verdict.is_greylist,
        verdict.is_banned_error,
        verdict.is_connection_error,
        verdict.mx,
        verdict.checked_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
    )
    return dict(zip(COLUMNS, values, strict=True))


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case _:
            return guarded(str(value))


def _not_ours() -> Invalid:
    return Invalid(
        "not_ours", "The output is there already, and not from a `verify` of this format; name another.", field="output"
    )
