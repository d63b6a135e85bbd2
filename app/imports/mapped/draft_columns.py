"""What the columns of a file seem to hold: looked at for a draft of a mapping."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path

from app.estimates.numerals import WordingError
from app.estimates.words import read_words
from app.imports.mapped.draft_words import is_row_number, kinds_of, month_called
from app.imports.mapped.figures import NUMBER
from app.imports.readers import Format, UnreadableFile, columns_in, encoding_of, faults_of, kind_of, read_rows

LOOKED_AT = 5000
"""How many rows are looked at for what the cells hold."""
MOST_COUNTED = 300_000
"""How many rows are looked at for whether a column tells them apart."""
MOST_TITLES = 20
"""How many lines may stand above the column names."""
MARKS = {"NA", "N/A", "n/a", "NULL", "null", "-", "--", "-999", "-99", "NOT AVAILABLE", "Not available", "None", "none",
         "..", "...", "s/d", "n.d.", "nd", "k.A.", "unknown"}  # fmt: skip
FORMATS = {
    r"\d{4}(-\d\d(-\d\d)?)?": None,
    r"\d\d?/\d\d?/\d{4}": "%d/%m/%Y",
    r"\d\d?\.\d\d?\.\d{4}": "%d.%m.%Y",
    r"\d\d?-\d\d?-\d{4}": "%d-%m-%Y",
    r"\d\d?/\d{4}": "%m/%Y",
    r"\d{8}": "%Y%m%d",
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d": "%Y-%m-%d %H:%M:%S",
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d": "%Y-%m-%dT%H:%M:%S",
}


@dataclass
class Column:
    """A column, and what its first cells hold."""

    name: str
    texts: Counter[str] = field(default_factory=Counter)
    digests: set[int] = field(default_factory=set)
    filled: int = 0
    """In how many rows it has a cell."""
    begun: int | None = None
    """The number of the first row, as long as the column counts the rows."""

    @cached_property
    def kinds(self) -> set[str]:
        """What it may be by its name."""
        return kinds_of(self.name)

    @cached_property
    def cells(self) -> list[str]:
        """The different texts that are no marks of what is missing."""
        return [text for text in self.texts if text not in MARKS]

    @cached_property
    def form(self) -> str | None:
        """`date`, `number` or nothing, by what its cells look like."""
        if not self.cells:
            return None
        # Four digits alone are a count like any other, unless the column says that they are years.
        dated = all(any(re.fullmatch(form, text) for form in FORMATS) and _year(text) for text in self.cells)
        if dated and (self.kinds & {"year", "date"} or not all(text.isdigit() for text in self.cells)):
            return "date"
        return "number" if all(_is_figure(text) for text in self.cells) else None

    @property
    def date_format(self) -> str | None:
        """How its dates are written; nothing for ISO 8601."""
        found = [made for form, made in FORMATS.items() if all(re.fullmatch(form, text) for text in self.cells)]
        if not found or found[0] is None:
            return None
        # A second part beyond twelve is a day: month and day stand the American way.
        parts = [re.split(r"\D", text) for text in self.cells]
        if all(len(one) == 3 for one in parts) and any(int(one[1]) > 12 for one in parts):
            return found[0].replace("%d", "%?").replace("%m", "%d").replace("%?", "%m")
        return found[0]

    @property
    def undecided(self) -> bool:
        """Whether its days and months could be the other way round."""
        dates = [re.split(r"\D", text) for text in self.cells]
        return all(len(parts) == 3 and int(parts[0]) <= 12 and int(parts[1]) <= 12 for parts in dates)

    @property
    def months(self) -> dict[str, int] | None:
        """The number of each month that its cells name; nothing where they name something else."""
        numbers = {text: month_called(text) or _month(text, named="month" in self.kinds) for text in self.cells}
        found = {text: number for text, number in numbers.items() if number is not None}
        return found if found and len(found) == len(numbers) else None

    @property
    def marks(self) -> set[str]:
        """Its texts that stand for what is missing; in a list of short codes none does."""
        marks = set(self.texts) & MARKS
        codes = [text for text in self.texts if re.fullmatch("[A-Za-z]{1,3}", text)]
        return set() if self.kinds & {"country", "key", "admin1"} or 2 * len(codes) > len(self.texts) else marks

    @property
    def numbers_rows(self) -> bool:
        """Whether it says no more than which row of the file a row is."""
        return self.begun is not None and is_row_number(self.name)

    @property
    def is_code(self) -> bool:
        """Whether its cells are short texts, or whole numbers of nothing that is counted."""
        whole = all(len(text) <= 40 and not re.search(r"\s\S+\s|://|[.,]\d", text) for text in self.cells)
        return whole and self.form != "date" and not self.kinds & NO_CODES

    def is_unique(self, rows: int) -> bool:
        """Whether each row has another cell."""
        return self.filled == rows and len(self.digests) == rows


COUNTED = (
    "held", "amount", "capacity", "female", "male", "unsentenced", "sentenced", "killed", "died", "injured", "escaped",
)  # fmt: skip
"""What a number is of that is counted."""
NO_CODES = {*COUNTED, "latitude", "longitude", "other"} - {"amount"}
"""What no code is."""


@dataclass
class Table:
    """The rows of a file, as far as they were looked at."""

    path: Path
    how: Format
    columns: list[Column]
    rows: int
    kind: str

    def distinct(self, columns: Sequence[Column]) -> int:
        """How many different cells these columns have together."""
        names = [column.name for column in columns]
        return len({hash(tuple(cells.get(name) for name in names)) for cells in _cells(self.path, self.how)})

    def tells_apart(self, columns: Sequence[Column]) -> bool:
        """Whether these columns together have something else in each row."""
        return self.distinct(columns) == self.rows

    def decides(self, key: Column, name: Column) -> bool:
        """Whether each key goes with one name."""
        return self.distinct([key]) == self.distinct([key, name]) and key.filled == self.rows


def looked_at(path: Path, sheet: str | None) -> Table:
    """Look at a file; raises `UnreadableFile`."""
    with faults_of(path):
        kind = kind_of(path)
        encoding = encoding_of(path).name if kind != "xlsx" else None
    header = _header(path, sheet, encoding) if kind in {"csv", "xlsx"} else 1
    how = Format(sheet=sheet, header=header, encoding=encoding)
    columns = {name: Column(name) for name in columns_in(path, how) or ()}
    many = 0
    for number, cells in enumerate(_cells(path, how)):
        many = number + 1
        for name, text in cells.items():
            column = columns.setdefault(name, Column(name))
            if number == 0:
                column.begun = int(text) if text in {"0", "1"} else None
            elif column.begun is not None and text != str(column.begun + number):
                column.begun = None
            column.filled += 1
            column.digests.add(hash(text))
            if number < LOOKED_AT:
                column.texts[text] += 1
    return Table(path, how, list(columns.values()), many, kind)


def _cells(path: Path, how: Format) -> Iterator[dict[str, str]]:
    """The cells of each row that hold a text."""
    for row in islice(read_rows(path, how), MOST_COUNTED):
        if row.fatal is None:
            cells = ((name, value.strip()) for name, value in row.cells.items() if isinstance(value, str))
            yield {name: text for name, text in cells if text}


def _header(path: Path, sheet: str | None, encoding: str | None) -> int:
    """The line of the column names: the first with about as many texts as most lines have cells."""
    widths: list[tuple[int, int, bool]] = []
    for header in range(1, MOST_TITLES + 2):
        try:
            names = columns_in(path, Format(sheet=sheet, header=header, encoding=encoding)) or []
        except UnreadableFile:
            if header == 1:
                raise
            break
        named = [name for name in names if not re.fullmatch(r"column \d+", name)]
        plain = all(not NUMBER.fullmatch(name) or time_like(name) for name in named)
        widths.append((header, len(named), plain))
    wide = sorted(width for _, width, _ in widths)[len(widths) // 2]
    most = max(wide, max(width for _, width, _ in widths) * 2 // 3)
    return next((header for header, width, plain in widths if width >= 0.6 * most and plain), 1)


def time_like(name: str) -> bool:
    """Whether a name may be a year."""
    return re.fullmatch(r"(19|20)\d\d", name) is not None


def _month(text: str, *, named: bool) -> int | None:
    return int(text) if named and re.fullmatch("0?[1-9]|1[0-2]", text) else None


def _is_figure(text: str) -> bool:
    """Whether a text is a number, or one with a sign that bounds it: `>30`, `~40`, `20-30`."""
    if NUMBER.fullmatch(text) or re.fullmatch(r"-?[0-9]{1,3}[.,][0-9]+", text):
        return True
    if re.fullmatch(r"[<>=~≈≤≥ ]*[0-9][0-9,. -]*", text) is None:
        return False
    try:
        read_words(text)
    except WordingError:
        return False
    return True


def _year(text: str) -> bool:
    return any(1500 <= int(year) <= 2100 for year in re.findall(r"\d{4}", text))


def first_of(columns: Iterable[Column], *kinds: str) -> Column | None:
    """The first column that may be one of these, by their order."""
    listed = list(columns)
    return next((one for kind in kinds for one in listed if kind in one.kinds), None)
