"""What every reader gives: rows, and what is wrong with them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from app.records.text import folded

Value = str | list[str] | None
"""A cell: its text, several texts where the format has lists, or nothing."""


class Number(str):
    """The text of a cell that is a number in its format: what parts its fraction is known."""

    __slots__ = ()


OF_ROW = (":file", ":line")
"""What is known of a row itself, under names that no column has: the name of its file, and the line it begins on."""
MOST_IN_CELL = 1 << 20
"""How many characters a cell may hold; a quote that is never closed shows itself by exceeding it."""
MOST_DIGITS = 400
"""How many digits a number is written out with; one of a larger power of ten stays as it is written."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong with a row: the rule it breaks, in words, where, and what may be done about it."""

    rule: str
    message: str
    column: str | None = None
    value: str | None = None
    hint: str | None = None


def no_text(column: str | None, text: str) -> Flaw:
    """That some bytes are no text in the encoding that the rest of their file is in."""
    shown = text[:80].encode("utf-8", "replace").decode()
    message = "some bytes of the row are no text in the encoding of the rest of the file"
    return Flaw("not_text", message, column, shown, "save the file as UTF-8")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it begins on, its cells by column, and what is remarkable about how it was written.

    A row that could not be read has `fatal`, and no cells to rely on.
    """

    line: int
    cells: Mapping[str, Value]
    flaws: Sequence[Flaw] = ()
    fatal: Flaw | None = None


class UnreadableFile(Exception):
    """A file that cannot be read at all; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Format:
    """How a file is written, where its name and its content do not say."""

    kind: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header: int = 1
    """The line, or the row of a sheet, from which on the column names are looked for."""


def column_names(cells: Sequence[str]) -> list[str]:
    """Column names as they are compared, those left empty called by their place, repeated ones numbered."""
    names = dict.fromkeys(OF_ROW, 1)
    """Each name with the number that the next column of that name gets."""
    for place, cell in enumerate(cells, 1):
        stem = folded(cell) or f"column {place}"
        name, number = stem, names.get(stem, 1)
        while name in names:
            number += 1
            name = f"{stem} ({number})"
        names[name] = 1
        names[stem] = max(names[stem], number)
    return list(names)[len(OF_ROW) :]


def text_of(value: object) -> str | None:
    """A value of JSON or a spreadsheet as the text a CSV file would have."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=text_of)
    if isinstance(value, datetime | date | time):
        return _moment(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return Number(int(value))
    return Number(_decimal(value) if isinstance(value, Decimal) else value)


def _moment(value: datetime | date | time) -> str:
    if not isinstance(value, datetime):
        return value.isoformat()
    return value.date().isoformat() if value.time() == time.min else value.isoformat(" ")


def _decimal(value: Decimal) -> str:
    if not -MOST_DIGITS < value.adjusted() < MOST_DIGITS:
        return str(value)
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
