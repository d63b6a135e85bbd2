"""A first mapping of a file, to be edited: its columns, what they seem to hold, and the records they might make."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from app.imports.mapped.draft_columns import COUNTED, Column, Table, first_of, looked_at
from app.imports.mapped.draft_numbers import decimal_of, signs_of
from app.imports.mapped.draft_people import code_of, people_in
from app.imports.mapped.draft_words import counts_everybody, is_amount, is_key, time_in, words_of
from app.imports.mapped.loading import TO_DO

READ_AS = {
    "csv": "A CSV file.",
    "ndjson": "A file with a JSON object on each line.",
    "json": "A JSON file.",
    "xlsx": "A workbook: its first sheet that is not hidden, or the one named with --sheet.",
}
OF_PEOPLE = {
    "female": "sex: female",
    "male": "sex: male",
    "unsentenced": "legal_status: unsentenced",
    "sentenced": "legal_status: sentenced",
}
"""What the name of a column tells of whom it counts."""
OF_EVENTS = ("killed", "died", "injured", "escaped")
OF = {
    "civilian": ("civilian", "civilians"),
    "detainee": ("detainees", "prisoners", "inmates"),
    "guard": ("guards",),
    "staff": ("staff",),
    "attacker": ("attackers",),
    "unknown": ("unknown",),
}
"""Whom a figure of an event is of, and the words of its column then."""
BOUNDS = ("low", "best", "high")


@dataclass(slots=True)
class _Counts:
    """What the numbers of a table seem to be."""

    taken: list[tuple[Column, list[str]]] = field(default_factory=list)
    """Columns that count, and the fields that their names fill."""
    left: list[Column] = field(default_factory=list)
    """Numbers of which it is not to be seen what they are."""
    bounds: list[Column] = field(default_factory=list)
    """Columns called `low`, `best` and `high`."""


def drafted(path: Path, sheet: str | None = None) -> str:
    """A mapping for the rows of a file, or of a sheet of a workbook; raises `UnreadableFile`."""
    return "\n".join(_Draft(looked_at(path, sheet)).lines()) + "\n"


class _Draft:
    """What is said of a table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        # A name with braces cannot stand in a text.
        self._columns = [one for one in table.columns if not set("{}") & set(one.name)]
        self._made: dict[str, str] = {}
        """Columns of our own, and what makes them."""
        self._marks = self._missing()
        dates = [one for one in self._columns if one.form == "date" and one.cells]
        self._day = first_of([one for one in dates if "of_place" not in one.kinds], "date", "year") or next(
            iter(dates), None
        )
        self._counts = self._counted()
        events = [one for one in self._columns if {"incident", *OF_EVENTS} & one.kinds]
        held = [one for one, _ in self._counts.taken if one.kinds & {"held", "capacity"}]
        self._is_events = bool(events) and not held
        self._leave_of_events() if self._is_events else self._told_apart()
        self._is_areas = False
        self._name = self._named()
        self._key = self._keyed()

    # --- what the columns are ------------------------------------------------------------------------------------

    def _missing(self) -> list[str]:
        """The marks that stand for what is missing in every column that has them."""
        found = sorted({mark for column in self._columns for mark in column.marks})
        common = [mark for mark in found if all(mark in one.marks for one in self._columns if mark in one.texts)]
        for column in self._columns:
            if own := sorted(column.marks - set(common)):
                listed = ", ".join(_quoted(mark) for mark in own)
                self._made[f"{column.name} known"] = f"{{from: {_text(column.name)}, missing: [{listed}]}}"
        return common

    def _ref(self, column: Column) -> str:
        """The name under which a column is read: that of one of our own where its marks are missing."""
        known = f"{column.name} known"
        return known if known in self._made else column.name

    def _counted(self) -> _Counts:
        counts = _Counts()
        numbers = [one for one in self._columns if one.form == "number"]
        bounds = {name: one for one in numbers for name in BOUNDS if words_of(one.name) == [name]}
        counts.bounds = list(bounds.values()) if len(bounds) == len(BOUNDS) else []
        in_time = [one for one in numbers if time_in(one.name) is not None]
        for column in numbers:
            time = time_in(column.name) if len(in_time) > 1 else None
            if column in counts.bounds or column.kinds & {"latitude", "longitude", "country", "year", "month", "date"}:
                continue
            if column.kinds & {"key", "other"}:
                continue
            counts_people = column.kinds & {*COUNTED} - {"amount"} or is_amount(column.name)
            if counts_everybody(column.name) or not (time or (words_of(column.name) and counts_people)):
                counts.left.append(column)
                continue
            counts.taken.append((column, _fields(column) + ([f"as_of: {time!r}".replace("'", '"')] if time else [])))
        return counts

    def _leave_of_events(self) -> None:
        """Of the numbers of events take those whose names say what they count, each once."""
        taken, self._counts.taken = self._counts.taken, []
        seen: list[list[str]] = []
        for column, fields in taken:
            of = [code for code, known in OF.items() if set(known) & set(words_of(column.name))]
            made = [one for one in fields if not one.startswith("legal_status")] + ([f"of: [{of[0]}]"] if of else [])
            if column.kinds & set(OF_EVENTS) and made not in seen:
                self._counts.taken.append((column, made))
                seen.append(made)
            else:
                self._counts.left.append(column)

    def _told_apart(self) -> None:
        """Call by their names what columns count that would else be the same."""
        taken = self._counts.taken
        self._counts.taken = []
        for column, fields in taken:
            same = sum(other == fields for _, other in taken) > 1
            called = f"dimensions: {{of_column: {code_of(column.name)}}}"
            apart = [called, f"group: {_quoted(column.name)}"] if same else []
            self._counts.taken.append((column, [*fields, *apart]))

    def _named(self) -> Column | None:
        """The column with the names of places."""
        texts = [one for one in self._columns if one.form is None and one.cells and not one.months]
        texts = [one for one in texts if not any("://" in text for text in one.cells[:20])]
        both = [one for one in texts if {"name", "facility"} <= one.kinds]
        named = both or [one for one in texts if "facility" in one.kinds and not one.kinds & {"key", "other"}]
        # In a table of events a name alone may be that of a person.
        if not self._is_events:
            named = named if both else [one for one in texts if "name" in one.kinds] + named
        if not named and not self._is_events and self._counts.taken:
            named = [one for one in texts if "admin1" in one.kinds]
            self._is_areas = bool(named)
        return named[0] if named else None

    def _keyed(self) -> str | None:
        """The template of a key that tells the rows' places or events apart; nothing where no column does."""
        table = self._table
        codes = [one for one in self._columns if one is not self._name and one.is_code and not one.numbers_rows]
        codes = [one for one in codes if one.cells and (one.form != "number" or is_key(one.name))]
        codes.sort(key=lambda one: not is_key(one.name))
        if (unique := next((one for one in codes if one.is_unique(table.rows)), None)) is not None:
            return _text(self._ref(unique))
        if self._is_events or self._name is None:
            return None
        for one in codes:
            if is_key(one.name) and table.decides(one, self._name):
                return _text(self._ref(one))
        if self._name.is_unique(table.rows) or (self._day and table.tells_apart([self._name, self._day])):
            return _text(self._ref(self._name))
        area = first_of((one for one in self._columns if one is not self._name), "admin1", "place")
        if area is not None and table.distinct([area, self._name]) > table.distinct([self._name]):
            return _quoted("{" + area.name + "}/{" + self._name.name + "}")
        return _text(self._ref(self._name)) if self._counts.taken else None

    # --- what is made of them ------------------------------------------------------------------------------------

    def lines(self) -> Iterator[str]:
        """The lines of the mapping."""
        path, how = self._table.path, self._table.how
        records = [*self._source(), *(self._events() if self._is_events else self._places())]
        yield f"about: {_quoted(f'What {path.name} holds, and whose it is.')}"
        yield f"# {READ_AS[self._table.kind]} Its columns, and what the first rows hold:"
        yield from (f"#   {_comment(column.name)}: {_seen(column)}" for column in self._table.columns)
        yield from [f"sheet: {_quoted(how.sheet)}"] if how.sheet is not None else []
        yield from [f"header: {how.header}"] if how.header > 1 else []
        yield f"missing: [{', '.join(_quoted(mark) for mark in self._marks)}]"
        if (decimal := self._decimal()) is not None:
            yield decimal
        if self._made:
            yield "columns:"
            yield from (f"  {_quoted(name)}: {made}" for name, made in self._made.items())
        yield "records:"
        yield from records

    def _decimal(self) -> str | None:
        numbers = [one for one in self._columns if one.form == "number"]
        counts = [one for one, _ in self._counts.taken]
        return decimal_of(*(signs_of(text for one in some for text in one.cells) for some in (counts, numbers)))

    def _source(self) -> Iterator[str]:
        yield "  source:"
        yield "    collection: sources"
        yield f"    slug: {_quoted(_slug(self._table.path))}"
        yield "    fields:"
        yield "      kind: dataset"
        yield f"      publisher: {TO_DO}, who published it"
        yield f"      title: {TO_DO}, its title"
        yield "      # url: https://..."

    def _facility(self, key: str | None, *, of_event: bool = False) -> Iterator[str]:
        name = _text(self._ref(self._name)) if self._name is not None else None
        yield "  facility:"
        yield "    collection: facilities"
        for one in self._columns if key is not None and not of_event else ():
            if one.numbers_rows:
                yield f"    # {_comment(one.name)} numbers the rows, and is no key: another file numbers others so."
        if name is None:
            message = "the place that this is about, for no column has the names of places"
            yield f"    slug: {TO_DO}, a name for it in addresses"
            yield "    fields:"
            yield "      level: facility"
            yield f"      name: {TO_DO}, {message}"
        else:
            if key is None:
                yield "    # No column tells the places apart: find what does, for a name alone makes two places one."
                key = f"{TO_DO}, the columns that tell every place from every other"
            elif key == name:
                yield "    # No code tells the places apart, so the name does: two places of one name are one here."
            if of_event:
                yield f"    where: {{{_quoted(self._ref(self._name))}: '*'}}" if self._name else ""
            yield f"    identity: {{scheme: my-list, value: {key}}}"
            yield f"    slug: {name}"
            yield "    fields:"
            yield (
                "      level: network  # all places of an area together" if self._is_areas else "      level: facility"
            )
            yield f"      name: {name}"
        if not of_event:
            yield from self._where()
        yield "      sources: [{record: source}]"

    def _where(self) -> Iterator[str]:
        """Where something is."""
        others = [one for one in self._columns if one is not self._name and one.cells]
        texts = [one for one in others if one.form is None]
        country = first_of((one for one in texts if "key" not in one.kinds or one.kinds & {"country"}), "country")
        if country is not None:
            yield f"      country: {{from: {_text(country.name)}, country: true, invalid: drop}}"
        else:
            yield "      # country: XXX  (ISO 3166-1 alpha-3)"
        for target in ("admin1", "place"):
            found = first_of((one for one in texts if one is not country and not one.kinds & {"key", "other"}), target)
            if found is not None:
                yield f"      {target}: {_text(self._ref(found))}"
        numbers = [one for one in others if one.form == "number"]
        pair = [first_of(numbers, target) for target in ("latitude", "longitude")]
        for target, one in zip(("latitude", "longitude"), pair, strict=True):
            if one is not None and all(pair):
                yield f"      {target}: {_text(self._ref(one))}"

    def _places(self) -> Iterator[str]:
        yield from self._facility(self._key)
        if not self._counts.taken:
            yield from self._left("nothing is counted here")
            return
        yield "  counted:"
        yield "    collection: populations"
        yield "    fields:"
        yield "      facility: {record: facility}"
        yield "      source: {record: source}"
        if any(not any(one.startswith("as_of") for one in fields) for _, fields in self._counts.taken):
            yield f"      as_of: {self._as_of()}"
        yield "      statistic: unknown"
        apart = [one for one in (self._name, self._day) if one is not None]
        yield from (f"      {field}" for field in people_in(self._columns, self._table, apart))
        yield "    # One population for each column: say of whom, and leave out what is no count."
        yield "    each:"
        for column, fields in self._counts.taken:
            yield f"      - {{column: {_quoted(self._ref(column))}, {', '.join(fields)}}}"
        yield from self._left("take in those that count people")

    def _left(self, why: str) -> Iterator[str]:
        if self._counts.left:
            yield f"  # Numbers of which it is not to be seen what they are: {why}."
            yield from (f"  #   {_comment(one.name)}" for one in self._counts.left)

    def _events(self) -> Iterator[str]:
        has_place = self._name is not None
        if has_place:
            yield from self._facility(_text(self._ref(self._name)) if self._name else None, of_event=True)
        died = any("died" in one.kinds for one in self._columns)
        key = self._key or f"{TO_DO}, the columns that tell every event from every other, for none does alone"
        kind = first_of((one for one in self._columns if one.form is None and one.cells), "incident")
        yield "  event:"
        yield "    collection: incidents"
        yield f"    identity: {{scheme: my-events, value: {key}}}"
        yield "    fields:"
        title = key.replace('"{', '"Event {', 1) if self._key else f"{TO_DO}, what it is called"
        yield f"      title: {title}"
        yield f"      kinds: [{'death_in_custody' if died else 'other'}]  # of the code list incident-kind"
        if kind is not None:
            yield f"      kinds_as_written: [{_text(self._ref(kind))}]"
        yield f"      started: {self._as_of()}"
        yield from self._where()
        if has_place:
            yield "      facilities: [{facility: {record: facility}, role: site}]"
        yield "      sources: [{record: source}]"
        yield from self._figures()

    def _figures(self) -> Iterator[str]:
        taken = [(one, fields) for one, fields in self._counts.taken if "measure: capacity" not in fields]
        head = ["      incident: {record: event}", "      source: {record: source}", f"      as_of: {self._as_of()}"]
        if self._counts.bounds:
            yield from ("  total:", "    collection: figures", "    fields:", *head)
            yield "      measure: killed  # of the code list figure-measure"
            yield from (f"      {one.name.strip().casefold()}: {_text(self._ref(one))}" for one in self._counts.bounds)
        if taken:
            yield from ("  counted:", "    collection: figures", "    fields:", *head)
            yield "    # One figure for each column: say of whom (`of`), and leave out what is no count."
            yield "    each:"
            for column, fields in taken:
                yield f"      - {{column: {_quoted(self._ref(column))}, {', '.join(fields)}}}"
        yield from self._left("take in those that count people")

    def _as_of(self) -> str:
        """The day that a row speaks of."""
        year = next((one for one in self._columns if "year" in one.kinds and one.form == "date"), None)
        month = next((one for one in self._columns if one.months and "month" in one.kinds), None)
        day = self._day
        if month is not None and year is not None and (day is None or day is year):
            table = ", ".join(f"{_quoted(text)}: '{number:02}'" for text, number in (month.months or {}).items())
            self._made["month number"] = f"{{from: {_text(month.name)}, table: {{{table}}}}}"
            return _quoted("{" + year.name + "}-{month number}")
        if day is None:
            return f"{TO_DO}, the day, month or year the rows speak of"
        form = day.date_format
        text = _text(self._ref(day))
        made = text if form is None else f"{{from: {text}, date: {_quoted(form)}}}"
        return f"{made}  # or month first? The rows looked at do not tell" if day.undecided else made


def _fields(column: Column) -> list[str]:
    """What the name of a column tells of what and whom it counts."""
    event = next((one for one in OF_EVENTS if one in column.kinds), None)
    measure = event or ("capacity" if "capacity" in column.kinds else "held")
    people = [message for kind, message in OF_PEOPLE.items() if kind in column.kinds]
    return [f"measure: {measure}", *people]


def _slug(path: Path) -> str:
    return re.sub(r"[^a-z0-9]+", "-", path.name.split(".")[0].casefold()).strip("-") or "my-source"


def _text(name: str) -> str:
    """A column in a text; a question mark at its end says that it may be missing, so one of its own takes a second."""
    return _quoted("{" + name + ("?}" if name.endswith("?") else "}"))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


def _comment(text: str) -> str:
    return " ".join(text.split())


def _seen(column: Column) -> str:
    if not column.texts:
        return "empty"
    shown = ", ".join(_comment(text)[:30] for text, _ in column.texts.most_common(3))
    return f"{column.form or 'text'}, such as {shown}"
