"""Records: CSV text cut into blocks of whole rows, so that each can be parsed by itself."""

import re
from collections.abc import Iterator

BLOCK = 2 << 20
"""Characters a block, unless one row is longer."""
LONGEST_ROW = 256 << 20


class OpenQuote(Exception):
    """A quote is opened that does not close before the end, or not within the longest row that is read."""


def blocks(pieces: Iterator[str], delimiter: str, size: int = BLOCK) -> Iterator[str]:
    """Whole rows, about ``size`` characters at once; the last block ends with a line end even where the text does not.

    Raises:
        OpenQuote
    """
    rows = _rows(delimiter)
    rest, wanted = "", size
    for piece in pieces:
        rest += piece
        if len(rest) < wanted:
            continue
        if len(rest) > LONGEST_ROW:
            raise OpenQuote
        end = _whole(rest, rows)
        if end:
            yield rest[:end]
        rest = rest[end:]
        # While one row goes on and on, look only after it has doubled: the work stays in proportion to its length.
        wanted = size if end else 2 * len(rest)
    if rest:
        rest += "\n"
        if _whole(rest, rows) != len(rest):
            raise OpenQuote
        yield rest


def _rows(delimiter: str) -> re.Pattern[str]:
    """As many whole rows as there are. A quote counts at the beginning of a cell only; nothing is ever tried twice.

    Groups are atomic and not possessive: Python before 3.11.5 matches too little by the latter (its issue 106052).
    """
    sign = re.escape(delimiter)
    plain = rf"[^{sign}\r\n]*+"
    cell = rf'(?:"[^"]*+(?>(?:""[^"]*+)*)"{plain}|(?!"){plain})'
    return re.compile(rf"(?>(?:{cell}(?>(?:{sign}{cell})*)(?:\r\n|\n|\r))*)")


def _whole(text: str, rows: re.Pattern[str]) -> int:
    """Where the last whole row ends."""
    if '"' not in text:
        return max(text.rfind("\n"), text.rfind("\r")) + 1
    match = rows.match(text)
    return match.end() if match else 0
