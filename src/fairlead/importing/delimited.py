"""CSV and its kin: any delimiter and encoding, quoted line breaks, rows that are not what they should be."""

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from fairlead.importing.encodings import bytes_read, encoding_of, read_errors, sample_of
from fairlead.importing.model import Broken, Row
from fairlead.kit.refusals import Invalid
from fairlead.kit.text import is_address

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
SAMPLE_BYTES = 1 << 18
SAMPLE_ROWS = 200
LONGEST_LINE = 1 << 20
"""Characters of a line; a longer one is a row that failed, and is never held as a whole."""
LONGEST_FIELD = 1 << 17

_LOOKS_LIKE_A_VALUE = re.compile(r"(https?://|www\.)\S+|\+?[\d\s()/.-]{6,}", re.IGNORECASE)


class Delimited:
    """A CSV file. Raises `Invalid` when there is nothing in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._size = path.stat().st_size
        self._at = 0
        self._encoding = encoding_of(path)
        sample = _whole_lines(sample_of(path, self._encoding, SAMPLE_BYTES))
        self._delimiter = delimiter_of(sample)
        first = next((cells for cells in _lenient(sample, self._delimiter) if "".join(cells).strip()), None)
        if first is None:
            raise Invalid("empty_file", f"There is nothing in {path.name}.", field="file")
        self.headed = is_header(first)
        self.columns = column_names(first if self.headed else [""] * len(first))

    def described(self) -> str:
        encoding = self._encoding.upper().replace("_", "-").removesuffix("-SIG")
        heads = "" if self.headed else ", no header"
        return f"CSV, {DELIMITERS[self._delimiter]}, {encoding}{heads}"

    def done(self) -> float:
        return min(1.0, self._at / self._size) if self._size else 1.0

    def rows(self) -> Iterator[Row]:
        self._at = 0
        csv.field_size_limit(LONGEST_FIELD)
        width = len(self.columns)
        with self._opened() as file:
            lines = _Lines(file)
            reader = csv.reader(lines, delimiter=self._delimiter)
            head = self.headed
            number = 0
            while True:
                number += 1
                try:
                    cells = next(reader, None)
                except csv.Error as error:
                    yield number, Broken(_sentence(error), [lines.last[:200]])
                    continue
                except UnicodeDecodeError:
                    yield number, Broken("The file ends in the middle of a character.", [])
                    break
                if cells is None:
                    break
                if not number % 256:
                    self._at = bytes_read(file)
                if not cells or (not cells[0].strip() and not "".join(cells).strip()):
                    continue  # spreadsheets leave rows of nothing but delimiters behind
                if head:
                    head = False
                elif len(cells) == width:
                    yield number, cells
                else:
                    yield number, _ragged(cells, width, cut=lines.cut)
            self._at = self._size

    def _opened(self) -> io.TextIOWrapper:
        return self.path.open(encoding=self._encoding, errors=read_errors(self._encoding), newline="")


class _Lines:
    """The lines of a file; of one that is too long, only the beginning."""

    def __init__(self, file: TextIO) -> None:
        self._readline = file.readline
        self.last = ""
        self.cut = False
        """Whether the last line was too long."""

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        self.last = line = self._readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.cut = len(line) == LONGEST_LINE and line[-1] not in "\r\n"
        rest = line
        while self.cut and rest and rest[-1] not in "\r\n":
            rest = self._readline(LONGEST_LINE)
        return line


def delimiter_of(sample: str) -> str:
    """The delimiter that takes the sample apart most evenly, into the most columns."""

    def evenness(delimiter: str) -> tuple[float, int]:
        widths = Counter(len(cells) for cells in itertools.islice(_lenient(sample, delimiter), SAMPLE_ROWS) if cells)
        # A single column is even by any delimiter that does not occur.
        width, rows = max(
            ((width, rows) for width, rows in widths.items() if width > 1),
            key=lambda found: found[1],
            default=(1, 0),
        )
        return rows / max(1, widths.total()), width

    return max(DELIMITERS, key=evenness)


def is_header(cells: list[str]) -> bool:
    """Names of columns hold no address, link or phone number, and every header has a name."""
    return any(map(str.strip, cells)) and not any(
        is_address(cell) or _LOOKS_LIKE_A_VALUE.fullmatch(cell.strip()) for cell in cells
    )


def column_names(cells: list[str]) -> list[str]:
    """A different name for each column: nameless and repeated ones get their number, counted from 1."""
    names: list[str] = []
    for place, cell in enumerate(cells, start=1):
        name = " ".join(cell.split())
        if not name:
            name = f"column {place}"
        elif name in names:
            name = f"{name} (column {place})"
        names.append(name)
    return names


def _whole_lines(sample: str) -> str:
    """Without the last line, which may be cut; a sample of one line is all there is to go by."""
    return sample[: sample.rfind("\n") + 1] if sample.count("\n") > SAMPLE_ROWS else sample


def _lenient(text: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    while True:
        try:
            yield next(reader)
        except csv.Error:
            continue
        except StopIteration:
            return


def _ragged(cells: list[str], width: int, *, cut: bool) -> Broken:
    reason = "The line is too long." if cut else f"The row has {len(cells)} cells in place of {width}."
    return Broken(reason, cells[: width + 5])


def _sentence(error: csv.Error) -> str:
    if "field larger" in str(error):
        return f"A cell is longer than {LONGEST_FIELD} characters; a quotation mark may be missing."
    return f"The row cannot be read: {error}."
