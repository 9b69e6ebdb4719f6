"""PostgreSQL arrays as text. Made here and not by the driver, which looks at each element for many microseconds."""

from collections.abc import Iterable


def array(values: Iterable[str | None]) -> str:
    """The literal of an array of text, to be cast to its type in the statement.

    Source: PostgreSQL's manual, 8.15.6: elements in double quotes, with backslashes before quotes and backslashes.
    """
    return "{" + ",".join(["null" if value is None else _quoted(value) for value in values]) + "}"


def _quoted(value: str) -> str:
    if '"' in value or "\\" in value:
        value = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{value}"'
