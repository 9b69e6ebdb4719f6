"""PostgreSQL arrays as text. Made here and not by the driver, which looks at each element for many microseconds."""

from collections.abc import Iterable
from typing import cast


def array(values: Iterable[str | None]) -> str:
    """The literal of an array of text, to be cast to its type in the statement.

    Source: PostgreSQL's manual, 8.15.6: elements in double quotes, with backslashes before quotes and backslashes.
    """
    listed = list(values)
    try:
        together = '","'.join(listed)  # type: ignore[arg-type]
    except TypeError:  # some are None
        return "{" + ",".join(["null" if value is None else _quoted(value) for value in listed]) + "}"
    # As many quotation marks as we put there, and no value has one of its own.
    if listed and "\\" not in together and together.count('"') == 2 * (len(listed) - 1):
        return '{"' + together + '"}'
    return "{" + ",".join(map(_quoted, cast(list[str], listed))) + "}"


def _quoted(value: str) -> str:
    if '"' in value or "\\" in value:
        value = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{value}"'
