"""JSON Lines: an object a line, nested ones flattened: `customFields.Budget`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from fairlead.importing.model import Broken, Row
from fairlead.kit.refusals import Invalid

LONGEST_LINE = 1 << 20
"""Bytes of a line; a longer one is a row that failed, and is never held as a whole."""
DEEPEST = 4
MOST_COLUMNS = 2_000

_decode = msgspec.json.Decoder().decode


class JsonLines:
    """A file of JSON objects. Raises `Invalid` when there is nothing in it."""

    headed = True

    def __init__(self, path: Path) -> None:
        self.path = path
        self._size = path.stat().st_size
        self._at = 0
        # The whole file is looked through: a key may come late, and its meaning is shown before work starts.
        names: dict[str, None] = {}
        found = False
        for _, line in self._lines():
            found = True
            if isinstance(flat := _flat(line), dict):
                names.update(dict.fromkeys(flat))
            if len(names) > MOST_COLUMNS:
                raise Invalid("too_many_columns", f"{path.name} has more than {MOST_COLUMNS} keys.", field="file")
        if not found:
            raise Invalid("empty_file", f"There is nothing in {path.name}.", field="file")
        self.columns = list(names)

    def described(self) -> str:
        return "JSON Lines"

    def done(self) -> float:
        return min(1.0, self._at / self._size) if self._size else 1.0

    def rows(self) -> Iterator[Row]:
        columns = self.columns
        for number, line in self._lines():
            flat = _flat(line)
            yield number, flat if isinstance(flat, Broken) else [flat.get(name, "") for name in columns]

    def _lines(self) -> Iterator[tuple[int, bytes | None]]:
        """Numbered lines without the blank ones; None for one that is too long."""
        self._at = 0
        with self.path.open("rb") as file:
            if file.read(3) != b"\xef\xbb\xbf":
                file.seek(0)
            number = 0
            while line := file.readline(LONGEST_LINE):
                number += 1
                self._at += len(line)
                if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                    self._at += _skip_line(file)
                    yield number, None
                elif not line.isspace():
                    yield number, line


def _skip_line(file: BinaryIO) -> int:
    skipped = 0
    while rest := file.readline(LONGEST_LINE):
        skipped += len(rest)
        if rest.endswith(b"\n"):
            break
    return skipped


def _flat(line: bytes | None) -> dict[str, str] | Broken:
    if line is None:
        return Broken("The line is too long.", [])
    try:
        value = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Broken(f"This is not JSON: {error}.", [line[:200].decode(errors="replace").rstrip()])
    if not isinstance(value, dict):
        return Broken("This is no JSON object.", [line[:200].decode(errors="replace").rstrip()])
    flat: dict[str, str] = {}
    _flatten(value, "", flat, DEEPEST)
    return flat


def _flatten(value: dict[str, Any], prefix: str, flat: dict[str, str], depth: int) -> None:
    for key, item in value.items():
        if isinstance(item, str):
            flat[prefix + key] = item
        elif isinstance(item, dict) and depth:
            _flatten(item, f"{prefix}{key}.", flat, depth - 1)
        else:
            flat[prefix + key] = as_text(item)


def as_text(value: Any) -> str:
    """A value of JSON or Parquet as a cell has it: nothing for None, lists with semicolons."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case bytes():
            return value.decode("utf-8", "surrogateescape")
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))  # a year or a phone number that went through a table of floats
        case list():
            return "; ".join(as_text(item) for item in value if item is not None)
        case dict():
            return msgspec.json.encode(value).decode()
        case _:
            return str(value)
