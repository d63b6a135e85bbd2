"""A first mapping of a file, to be edited: its columns, what they seem to hold, and the records they might make."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from app.estimates.numerals import WordingError
from app.estimates.words import read_words
from app.imports.mapped.figures import NUMBER
from app.imports.mapped.loading import TO_DO
from app.imports.readers import Format, kind_of, read_rows

LOOKED_AT = 1000
MARKS = ("NA", "N/A", "n/a", "NULL", "null", "-", "--", "-999", "NOT AVAILABLE", "Not available", "None", "none", "..")
FORMATS = {
    r"\d{4}(-\d\d(-\d\d)?)?": None,
    r"\d\d?/\d\d?/\d{4}": "%d/%m/%Y",
    r"\d\d?\.\d\d?\.\d{4}": "%d.%m.%Y",
    r"\d\d?-\d\d?-\d{4}": "%d-%m-%Y",
    r"\d{8}": "%Y%m%d",
}
NAMES = ("name", "facility", "prison", "establishment", "site", "camp", "nom", "nombre", "nome")
KEYS = ("id", "code", "key", "ref", "identifier")
PLACES = {
    "admin1": ("state", "province", "governorate", "region", "adm1", "admin1"),
    "place": ("city", "town", "location", "municipality", "place"),
    "latitude": ("lat", "latitude"),
    "longitude": ("lon", "lng", "long", "longitude"),
}
READ_AS = {
    "csv": "A CSV file.",
    "ndjson": "A file with a JSON object on each line.",
    "json": "A JSON file.",
    "xlsx": "A workbook: its first sheet, or the one named with --sheet.",
}
COUNTED = {
    "sex: female": ("female", "females", "women", "fem"),
    "sex: male": ("male", "males", "men", "mas"),
    "legal_status: unsentenced": ("unsentenced", "unconvicted", "untried", "remand", "pretrial"),
    "legal_status: sentenced": ("sentenced", "convicted"),
    "measure: capacity": ("capacity", "places", "beds"),
}


@dataclass(slots=True)
class _Column:
    name: str
    texts: Counter[str] = field(default_factory=Counter)

    @property
    def form(self) -> str | None:
        """`date`, `number` or nothing, by what nearly all of its cells look like."""
        cells = [text for text in self.texts if text not in MARKS]
        if not cells:
            return None
        # Four digits alone are a count like any other, unless the column says that they are years.
        if all(any(re.fullmatch(form, text) for form in FORMATS) and _year(text) for text in cells) and (
            self.called(("year", "date", "ano", "annee")) or not all(text.isdigit() for text in cells)
        ):
            return "date"
        return "number" if all(_is_figure(text) for text in cells) else None

    @property
    def date_format(self) -> str | None:
        """How its dates are written; nothing for ISO 8601."""
        cells = [text for text in self.texts if text not in MARKS]
        found = next(made for form, made in FORMATS.items() if all(re.fullmatch(form, text) for text in cells))
        # A second part beyond twelve is a day: month and day stand the American way.
        if found and any(len(parts := re.split(r"\D", text)) == 3 and int(parts[1]) > 12 for text in cells):
            return found.replace("%d", "%?").replace("%m", "%d").replace("%?", "%m")
        return found

    @property
    def undecided(self) -> bool:
        """Whether its days and months could be the other way round."""
        dates = [re.split(r"\D", text) for text in self.texts if text not in MARKS]
        return all(len(parts) == 3 and int(parts[0]) <= 12 and int(parts[1]) <= 12 for parts in dates)

    def called(self, words: Sequence[str]) -> bool:
        return bool(set(re.findall(r"[a-z0-9]+", self.name.casefold())) & set(words))


def _is_figure(text: str) -> bool:
    """Whether a text is a number, or one with a sign that bounds it: `>30`, `~40`, `20-30`."""
    if NUMBER.fullmatch(text):
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


def drafted(path: Path, sheet: str | None = None) -> str:
    """A mapping for the rows of a file, or of a sheet of a workbook; raises `UnreadableFile`."""
    columns: dict[str, _Column] = {}
    for row in islice(read_rows(path, Format(sheet=sheet)), LOOKED_AT):
        for name, value in row.cells.items():
            column = columns.setdefault(name, _Column(name))
            if isinstance(value, str) and value.strip():
                column.texts[value.strip()] += 1
    return "\n".join(_lines(path, sheet, list(columns.values()))) + "\n"


def _lines(path: Path, sheet: str | None, columns: list[_Column]) -> list[str]:
    marks = sorted({text for column in columns for text in column.texts if text in MARKS})
    dates = [column for column in columns if column.form == "date"]
    numbers = [
        column for column in columns
        if column.form == "number" and not column.called((*KEYS, *PLACES["latitude"], *PLACES["longitude"], "year"))
    ]  # fmt: skip
    words = [column for column in columns if column.form is None and column.texts]
    name = next((one for one in words if one.called(NAMES)), words[0] if words else None)
    key = next((one for one in columns if one.called(KEYS) and one.form != "date" and len(one.texts) > 1), None)
    day = next((one for one in dates if not one.called(("opened", "closed", "published"))), dates[0] if dates else None)
    lines = [
        f"about: {_quoted(f'What {path.name} holds, and whose it is.')}",
        f"# {READ_AS[kind_of(path)]} Its columns, and what the first rows hold:",
        *(f"#   {_comment(column.name)}: {_seen(column)}" for column in columns),
        *([f"sheet: {_quoted(sheet)}"] if sheet is not None else []),
        f"missing: [{', '.join(_quoted(mark) for mark in marks)}]",
        "records:",
        "  source:",
        "    collection: sources",
        f"    slug: {_quoted(path.name.split('.')[0].casefold().replace('_', '-') or 'my-source')}",
        "    fields:",
        "      kind: dataset",
        f"      publisher: {TO_DO}, who published it",
        f"      title: {TO_DO}, its title",
        "      # url: https://...",
        "  facility:",
        "    collection: facilities",
        "    # The key must tell every facility from every other: a name alone seldom does.",
        f"    identity: {{scheme: my-list, value: {_column(key or name)}}}",
        f"    slug: {_column(name)}",
        "    fields:",
        "      level: facility",
        f"      name: {_column(name)}",
        "      # country: XXX  (ISO 3166-1 alpha-3)",
    ]
    for target, called in PLACES.items():
        found = next((one for one in columns if one.called(called) and one is not name), None)
        if found is not None:
            lines.append(f"      {target}: {_column(found)}")
    lines.append("      sources: [{record: source}]")
    if numbers:
        lines += _populations(numbers, day)
    return lines


def _column(column: _Column | None) -> str:
    if column is None:
        return TO_DO
    # A question mark at the end of a name says that the column may be missing; one of its own takes a second.
    return _quoted("{" + column.name + ("?}" if column.name.endswith("?") else "}"))


def _populations(numbers: list[_Column], day: _Column | None) -> list[str]:
    return [
        "  held:",
        "    collection: populations",
        "    fields:",
        "      facility: {record: facility}",
        "      source: {record: source}",
        f"      as_of: {_day(day)}",
        "      measure: held",
        "      statistic: unknown",
        "    # One population for each column: say of whom (sex, legal_status, ...), and leave out what is no count.",
        "    each:",
        *(f"      - {{column: {_quoted(one.name)}{_counted(one.name)}}}" for one in numbers),
    ]


def _day(column: _Column | None) -> str:
    if column is None:
        return f"{TO_DO}, the day, month or year the numbers speak of"
    form = column.date_format
    text = _column(column)
    made = text if form is None else f"{{from: {text}, date: {_quoted(form)}}}"
    return f"{made}  # or month first? The rows looked at do not tell" if column.undecided else made


def _counted(name: str) -> str:
    """What the name of a column tells of whom or what it counts."""
    words = set(re.findall(r"[a-z]+", name.casefold()))
    return "".join(f", {told}" for told, called in COUNTED.items() if words & set(called))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


def _comment(text: str) -> str:
    return " ".join(text.split())


def _seen(column: _Column) -> str:
    if not column.texts:
        return "empty"
    shown = ", ".join(_comment(text)[:30] for text, _ in column.texts.most_common(3))
    return f"{column.form or 'text'}, such as {shown}"
