"""Cells that a spreadsheet would take for a formula.

A cell that begins with = + - @ or a tab can run as a formula when the file is opened in a spreadsheet, with whatever a
stranger wrote into a name. It is written with an apostrophe before it, which spreadsheets take for "this is text", and
read without. A cell with apostrophes before such a character gets one more, so that what is read is what was written.
Source: OWASP, CSV Injection.
"""

_STARTS = ("=", "+", "-", "@", "\t", "\r")


def guarded(cell: str) -> str:
    return f"'{cell}" if cell.lstrip("'").startswith(_STARTS) else cell


def without_guard(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell.lstrip("'").startswith(_STARTS) else cell
