"""From a row to the records a mapping makes of it: bodies as a client would write them, and who they are."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args, get_origin

from app.estimates.bounds import EstimateBody
from app.estimates.dates import parse_partial_date
from app.imports.mapped.each import EachColumns
from app.imports.mapped.expressions import Computed, joined
from app.imports.mapped.figures import figure
from app.imports.mapped.lookups import LookedUp
from app.imports.mapped.mapping import TableMapping
from app.imports.mapped.parts import Draft, spread
from app.imports.mapped.record import FIGURE, Conditions, RecordMapping, entry_of
from app.imports.mapped.values import Cells, Key, Make, Rejected, column_in, maker, matches, template
from app.imports.readers import Flaw, Row, Value
from app.imports.readers.rows import OF_ROW, Number
from app.records.slugs import slug_from
from app.records.text import folded, tidy

__all__ = ["Draft", "Mapped", "RowMapper"]

LONGEST_KEY = 200
"""How many characters a key may have, as a record's `identifiers` take it."""
ERRORS = {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA"}
"""What a spreadsheet shows in the place of a value that it cannot calculate."""
BOUNDS = ("low", "best", "high")


Item = tuple[Mapping[str, Make], Make | None, str | None]
"""What an entry of `each` makes: its fields, its number, and the column of that."""


@dataclass(slots=True)
class Mapped:
    """What a row became."""

    drafts: list[Draft]
    flaws: list[Flaw] = field(default_factory=list)


class RowMapper:
    """A table's mapping, made ready for a file with these columns (or any, where a format names them in each row)."""

    def __init__(
        self, table: TableMapping, columns: Sequence[str] | None = None, lookups: Sequence[LookedUp] = ()
    ) -> None:
        self._missing = {"", *map(folded, table.missing)}
        self._columns = {name: maker(made) for name, made in table.columns.items()}
        self._where, self._unless = map(_conditions, (table.rows.where, table.rows.unless))
        known = None if columns is None else [*dict.fromkeys((*columns, *table.columns))]
        self._records = [_Record(name, record, known, table) for name, record in table.records.items()]
        self._lookups, self._fill_down = lookups, table.fill_down
        self._above: dict[str, Value] = {}
        self._used = Counter[bool]()
        """How many rows were used, and how many were left out."""

    def restart(self) -> None:
        """Forget which keys came before, as at the beginning of a file."""
        self._used.clear()
        self._above.clear()
        for record in self._records:
            record.seen.clear()
            record.made = 0

    def unused(self) -> Iterator[Flaw]:
        """What was made of no row, because what chooses the rows for it held of none."""
        if not self._used[True]:
            if self._used[False]:
                yield _never(f"`rows` chooses none of the {self._used[False]:,} rows: nothing was imported")
            return
        for record in self._records:
            if not record.made:
                nothing = f"{record.name!r} was made of none of {self._used[True]:,} rows"
                yield _never(f"{nothing}: its `where` or `unless` excludes all")

    def map(self, row: Row, file: str = "", *, subjects: bool = False) -> Mapped | None:
        """The records of a row, or of its subjects alone; nothing where the mapping does not want it.

        Raises `Rejected`.
        """
        if row.fatal is not None:
            raise Rejected(row.fatal)
        flaws = list(row.flaws)
        cells: Cells = {name: self._cell(value, name, flaws) for name, value in row.cells.items()}
        cells |= zip(OF_ROW, (file, str(row.line)), strict=True)
        for name in self._fill_down:
            cells[name] = self._above[name] = cells.get(name) or self._above.get(name)
        for lookup in self._lookups:
            cells |= {name: self._cell(value, name, flaws) for name, value in lookup.cells(cells, flaws).items()}
        for name, make in self._columns.items():
            cells[name] = make(cells, flaws)
        if not _holds(self._where, cells) or (self._unless and _holds(self._unless, cells)):
            self._used[False] += 1
            return None
        self._used[True] += 1
        records = [record for record in self._records if record.is_subject] if subjects else self._records
        return Mapped(list(spread([(record.name, record.drafts(cells, flaws)) for record in records])), flaws)

    def _cell(self, value: Value, column: str, flaws: list[Flaw]) -> Value:
        if not isinstance(value, str):
            return value or None
        text = tidy(value)
        if folded(text) in self._missing:
            return None
        if text[:1] == "#" and text in ERRORS:
            hint = "correct the cell, or name the text under `missing`"
            flaws.append(Flaw("cell_error", "the cell holds an error of a spreadsheet", column, text, hint))
            return None
        return value if isinstance(value, Number) else text


class _Record:
    """One record of the mapping, made ready."""

    def __init__(self, name: str, record: RecordMapping, columns: Sequence[str] | None, table: TableMapping) -> None:
        self.name, self._of, self._mapping, self._table = name, record.of, record, table
        self._part = next(((called, maker(made)) for called, made in record.for_each.items()), None)
        self.is_subject = self._of.subject
        body = self._of.body
        self._fields = {field: maker(made, entry_of(body, field)) for field, made in record.fields.items()}
        self._keys = [(one.scheme, template(one.value), one.within) for one in record.identity]
        self._where, self._unless = map(_conditions, (record.where, record.unless))
        self._slug = template(record.slug) if record.slug is not None else None
        self._lists = frozenset(
            field for field, info in self._of.body.model_fields.items() if list in _origins(info.annotation)
        )
        self._droppable = frozenset(
            field for field, made in record.fields.items() if isinstance(made, Computed) and made.invalid == "drop"
        )
        self._each = record.each
        self._items: list[Item] | None = _items(record, columns)
        """What `each` makes; nothing where the columns are those of each row."""
        self._shaped: dict[str, Item | None] = {}
        self._figure = column_in(record.fields.get(FIGURE))
        self._newest = maker(record.newest) if record.newest is not None else None
        self._existing = record.existing or ("update" if "identifiers" in self._of.body.model_fields else "leave")
        self.seen: Counter[int] = Counter()
        self.made = 0
        """Of how many rows it was made."""

    def drafts(self, cells: Cells, flaws: list[Flaw]) -> Iterator[Draft]:
        """The records of a row, or of each part of one of its cells."""
        if self._part is None:
            yield from self._drafts(cells, flaws)
            return
        name, make = self._part
        made = make(cells, flaws)
        for part in dict.fromkeys(made if isinstance(made, list) else [] if made is None else [made]):
            yield from self._drafts(cells | {name: part}, flaws)

    def _drafts(self, cells: Cells, flaws: list[Flaw]) -> Iterator[Draft]:
        if not _holds(self._where, cells) or (self._unless and _holds(self._unless, cells)):
            return
        self.made += 1
        keys = tuple(self._key(scheme, make, within, cells, flaws) for scheme, make, within in self._keys)
        found = tuple(key for key in keys if key is not None)
        slug = self._slug(cells, flaws) if self._slug is not None else None
        # A slug made of a name does not stand in for a key that is missing: a name alone never makes two places one.
        if self._of.named and not found and (slug is None or keys):
            raise Rejected(Flaw("no_identity", f"nothing says which record {self.name!r} is", hint="fill its columns"))
        newest = self._day(cells, flaws)
        base = {name: value for name, make in self._fields.items() if (value := make(cells, flaws)) is not None}
        for item, make, column in self._items if self._items is not None else self._items_of(cells):
            own = {name: value for name, one in item.items() if (value := one(cells, flaws)) is not None}
            body = joined(base, own)
            if make is not None:
                body[FIGURE] = make(cells, flaws)
            elif FIGURE in self._fields:
                body.setdefault(FIGURE, None)
            named_by = column or self._figure
            if self._finished(body, named_by):
                named = None if slug is None else slug_from(str(slug), self._of.noun)
                words = folded(str(slug or ""))
                known_by = (found, named, words.casefold(), words == named, self._existing, newest)
                yield Draft(self.name, self._of, body, *known_by, self._droppable, named_by)

    def _day(self, cells: Cells, flaws: list[Flaw]) -> str | None:
        """The first day of what `newest` names: the day that decides between rows."""
        text = self._newest(cells, flaws) if self._newest is not None else None
        if text is None:
            return None
        try:
            return parse_partial_date(str(text)).start.isoformat()
        except ValueError as wrong:
            column = column_in(self._mapping.newest)
            raise Rejected(Flaw("not_a_date", f"`newest`: {wrong}", column, str(text)[:200])) from None

    def _items_of(self, cells: Cells) -> Iterator[Item]:
        """What `each` makes of the columns of one row."""
        for column in cells:
            if column not in self._shaped and isinstance(self._each, EachColumns):
                self._shaped[column] = next(_by_shape(self._each, [column]), None)
            if (item := self._shaped.get(column)) is not None:
                yield item

    def _finished(self, body: dict[str, Any], column: str | None) -> bool:
        """Read the figure of a column and make lists of lists; whether there is a record to write."""
        if self._table.decimal == ",":
            for name in COORDINATES & body.keys():
                body[name] = _with_point(body[name])
        for name in self._lists & body.keys():
            if not isinstance(body[name], list):
                body[name] = [body[name]]
        if FIGURE not in body:
            return True
        number = body.pop(FIGURE)
        if number is None:
            return any(body.get(name) is not None for name in (*BOUNDS, "as_written", "missing_reason"))
        body.pop("missing_reason", None)
        bounded = any(body.get(name) is not None for name in BOUNDS)
        read = figure(
            number,
            column,
            bounded=bounded,
            decimal=self._table.decimal,
            marks=self._table.marks,
            fractions=issubclass(self._of.body, EstimateBody) and self._of.body.takes_fractions(body),
        )
        flags = [*body.get("flags", []), *read.pop("flags", [])]
        for name, value in (read | ({"flags": flags} if flags else {})).items():
            body[name] = value if name == "flags" else body.get(name, value)
        return True

    def _key(self, scheme: str, make: Make, within: list[str] | None, cells: Cells, flaws: list[Flaw]) -> Key | None:
        value = make(cells, flaws)
        if value is None:
            return None
        key = tidy(str(value))
        if within is not None:
            # Only a digest is kept: a long file has many keys.
            place = hash((scheme, key, *(cells.get(name) for name in within)))
            self.seen[place] += 1
            if self.seen[place] > 1:
                message = f"the key comes again within one {' and '.join(within)}: taken as another {self._of.noun}"
                flaws.append(Flaw("repeated_key", message, ", ".join(within), key, "give a key that tells them apart"))
                key = f"{key} #{self.seen[place]}"
        if len(key) > LONGEST_KEY:
            message = f"a key has at most {LONGEST_KEY} characters; this one has {len(key)}"
            raise Rejected(Flaw("too_long", message, scheme, key[:200], "take a shorter column for the key"))
        return scheme, key


COORDINATES = {"latitude", "longitude"}
WITH_COMMA = re.compile(r"-?[0-9]{1,3},[0-9]+")


def _with_point(value: Any) -> Any:
    """Degrees written with a comma, with the point that the register takes."""
    if isinstance(value, str) and not isinstance(value, Number) and WITH_COMMA.fullmatch(value):
        return value.replace(",", ".")
    return value


def _origins(annotation: Any) -> set[Any]:
    return {get_origin(annotation), *(get_origin(one) for one in get_args(annotation))}


def _conditions(written: Conditions) -> Mapping[str, frozenset[str | None]]:
    """Columns, and the texts they may hold as they are compared."""
    listed = {name: wanted if isinstance(wanted, list) else [wanted] for name, wanted in written.items()}
    return {name: frozenset(one and folded(one) for one in wanted) for name, wanted in listed.items()}


def _holds(conditions: Mapping[str, frozenset[str | None]], cells: Cells) -> bool:
    for name, wanted in conditions.items():
        names = [name] if "*" not in name else [one for one in cells if matches(one, name)]
        if not any(_is_one_of(cells.get(one), wanted) for one in names):
            return False
    return True


def _is_one_of(cell: Value, wanted: frozenset[str | None]) -> bool:
    if isinstance(cell, list):
        return "*" in wanted
    return (folded(cell) if cell else cell) in wanted or ("*" in wanted and cell is not None)


def _items(record: RecordMapping, columns: Sequence[str] | None) -> list[Item] | None:
    """What `each` makes: fields of its own, its number, the column of that. Without `each`, one of none."""
    if record.each is None:
        return [({}, None, None)]
    if isinstance(record.each, EachColumns):
        return None if columns is None else list(_by_shape(record.each, columns))
    items: list[Item] = []
    for entry in record.each:
        fields = {name: maker(made) for name, made in entry.items() if name not in {"column", "sum"}}
        summed = entry.get("sum")
        if summed is not None:
            listed = summed if isinstance(summed, list) else [summed]
            number: Make = maker(Computed.model_validate({"sum": listed}))
        else:
            number = _cell_of(entry["column"]) if "column" in entry else _no_number
        items.append((fields, number, entry.get("column")))
    return items


def _by_shape(each: EachColumns, columns: Sequence[str]) -> Iterator[Item]:
    for column in columns:
        if (fields := each.read(column)) is not None:
            yield {name: maker(made) for name, made in fields.items()}, _cell_of(column), column


def _cell_of(column: str) -> Make:
    """The cell of a column, which may be missing if it is written `held?`."""
    optional = column.removesuffix("?")
    return lambda cells, _flaws: cells[column] if column in cells else cells.get(optional)


def _never(message: str) -> Flaw:
    return Flaw("never_made", message, hint="compare the texts it asks for with those of the file")


def _no_number(_cells: Cells, _flaws: list[Flaw]) -> None:
    return None
