"""Text in the cells of a CSV that people open in a spreadsheet, without being run there.

A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a line break for a formula
(OWASP, "CSV Injection"). An apostrophe before it makes it text.
"""

import re

_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_NEUTRALISED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def cell(text: str) -> str:
    """Return the text as a cell that no spreadsheet runs; numbers stay as they are."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def text_of(cell: str) -> str:
    """Return the text that `cell` made this cell of: one apostrophe before a formula goes away."""
    return cell[1:] if _NEUTRALISED.match(cell) else cell
