"""From a row to the records a mapping makes of it: bodies as a client would write them, and who they are."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import product
from typing import Any, get_args, get_origin

from app.errors import unlisted
from app.estimates.codes import EstimateFlag, Qualifier
from app.estimates.numerals import TWO_READINGS, WordingError
from app.estimates.words import read_words
from app.imports.mapped.mapping import (
    COLUMN,
    FIGURE,
    Computed,
    Conditions,
    Decimal,
    EachColumns,
    Expression,
    Named,
    RecordMapping,
    TableMapping,
)
from app.imports.readers import Flaw, Row, Value
from app.records.collection import Collection
from app.records.slugs import slug_from

Cells = dict[str, Value]


Make = Callable[[Cells, list[Flaw]], Any]


Key = tuple[str, str]
"""A scheme, and a key in it."""


BOUNDS = ("low", "best", "high")


WHOLE = re.compile(r"[0-9]{1,15}")


NUMBER = re.compile(r"([0-9]{1,15})(?:\.([0-9]+))?")


GROUPED: dict[Decimal, re.Pattern[str]] = {
    ".": re.compile(r"([0-9]{1,3}(?:,[0-9]{3}){1,4}|[0-9]{1,15})(?:\.([0-9]+))?"),
    ",": re.compile(r"([0-9]{1,3}(?:\.[0-9]{3}){1,4}|[0-9]{1,15})(?:,([0-9]+))?"),
}
"""Numbers, by the sign that parts their fraction; the other one groups thousands."""


class Rejected(Exception):
    """A row that makes no records, and why."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.told)
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class Reference:
    """Stands in a body for the slug of another record of the row."""

    name: str


@dataclass(slots=True)
class Draft:
    """One record to be."""

    name: str
    """What the mapping calls it."""
    collection: Collection
    body: dict[str, Any]
    keys: tuple[Key, ...] = ()
    """What it is known by, the first found decides."""
    slug: str | None = None
    existing: str = "update"
    needs: frozenset[str] = frozenset()
    """Records of the row without which there is nothing to state."""
    droppable: frozenset[str] = frozenset()
    """Fields that are left out where their value is wrong."""


@dataclass(slots=True)
class Mapped:
    """What a row became."""

    drafts: list[Draft]
    flaws: list[Flaw] = field(default_factory=list)


class RowMapper:
    """A table's mapping, made ready for a file with these columns (or any, where a format names them in each row)."""

    def __init__(self, table: TableMapping, columns: Sequence[str] | None = None) -> None:
        self._missing = {"", *(" ".join(mark.split()) for mark in table.missing)}
        self._columns = {name: _maker(made) for name, made in table.columns.items()}
        self._where, self._unless = table.rows.where, table.rows.unless
        self._records = [_Record(name, record, columns, table.decimal) for name, record in table.records.items()]

    def restart(self) -> None:
        """Forget which keys came before, as at the beginning of a file."""
        for record in self._records:
            record.seen.clear()

    def map(self, row: Row, file: str = "", *, subjects: bool = False) -> Mapped | None:
        """The records of a row, or of its subjects alone; nothing where the mapping does not want it.

        Raises `Rejected`.
        """
        if row.fatal is not None:
            raise Rejected(row.fatal)
        cells: Cells = {name: self._cell(value) for name, value in row.cells.items()}
        cells |= {"file": file, "line": str(row.line)}
        flaws = list(row.flaws)
        for name, make in self._columns.items():
            cells[name] = make(cells, flaws)
        if not _holds(self._where, cells) or (self._unless and _holds(self._unless, cells)):
            return None
        records = [record for record in self._records if record.is_subject] if subjects else self._records
        return Mapped([draft for record in records for draft in record.drafts(cells, flaws)], flaws)

    def _cell(self, value: Value) -> Value:
        if not isinstance(value, str):
            return value or None
        text = value.strip()
        return None if text in self._missing else text


class _Record:
    """One record of the mapping, made ready."""

    def __init__(
        self, name: str, record: RecordMapping, columns: Sequence[str] | None, decimal: Decimal | None
    ) -> None:
        self.name, self._of, self._mapping, self._decimal = name, record.of, record, decimal
        self.is_subject = self._of.subject
        self._fields = {field: _maker(made) for field, made in record.fields.items()}
        self._keys = [(one.scheme, _template(one.value), one.within) for one in record.identity]
        self._slug = _template(record.slug) if record.slug is not None else None
        self._lists = frozenset(
            field for field, info in self._of.body.model_fields.items() if list in _origins(info.annotation)
        )
        self._droppable = frozenset(
            field for field, made in record.fields.items() if isinstance(made, Computed) and made.invalid == "drop"
        )
        self._items = _items(record, columns)
        self._figure = _column_in(record.fields.get(FIGURE))
        self._existing = record.existing or ("update" if "identifiers" in self._of.body.model_fields else "leave")
        self.seen: Counter[int] = Counter()

    def drafts(self, cells: Cells, flaws: list[Flaw]) -> Iterator[Draft]:
        """The records of a row."""
        if not _holds(self._mapping.where, cells) or (self._mapping.unless and _holds(self._mapping.unless, cells)):
            return
        keys = tuple(self._key(scheme, make, within, cells, flaws) for scheme, make, within in self._keys)
        found = tuple(key for key in keys if key is not None)
        slug = self._slug(cells, flaws) if self._slug is not None else None
        # A slug made of a name does not stand in for a key that is missing: a name alone never makes two places one.
        if self._of.named and not found and (slug is None or keys):
            raise Rejected(Flaw("no_identity", f"nothing says which record {self.name!r} is", hint="fill its columns"))
        base = {name: value for name, make in self._fields.items() if (value := make(cells, flaws)) is not None}
        for item, make, column in self._items:
            own = {name: value for name, one in item.items() if (value := one(cells, flaws)) is not None}
            body = _joined(base, own)
            if make is not None:
                body[FIGURE] = make(cells, flaws)
            if self._finished(body, column or self._figure):
                needs = frozenset(value.name for value in own.values() if isinstance(value, Reference))
                named = None if slug is None else slug_from(str(slug), self._of.noun)
                yield Draft(self.name, self._of, body, found, named, self._existing, needs, self._droppable)

    def _finished(self, body: dict[str, Any], column: str | None) -> bool:
        """Read the figure of a column and make lists of lists; whether there is a record to write."""
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
        read = figure(str(number), column, bounded=bounded, decimal=self._decimal)
        flags = [*body.get("flags", []), *read.pop("flags", [])]
        for name, value in (read | ({"flags": flags} if flags else {})).items():
            body[name] = value if name == "flags" else body.get(name, value)
        return True

    def _key(self, scheme: str, make: Make, within: list[str] | None, cells: Cells, flaws: list[Flaw]) -> Key | None:
        value = make(cells, flaws)
        if value is None:
            return None
        key = unicodedata.normalize("NFKC", " ".join(str(value).split()))
        if within is not None:
            # Only a digest is kept: a long file has many keys.
            place = hash((scheme, key, *(cells.get(name) for name in within)))
            self.seen[place] += 1
            if self.seen[place] > 1:
                told = f"the key comes again within one {' and '.join(within)}: taken as another {self._of.noun}"
                flaws.append(Flaw("repeated_key", told, ", ".join(within), key, "give a key that tells them apart"))
                key = f"{key} #{self.seen[place]}"
        return scheme, key[:200]


def _origins(annotation: Any) -> set[Any]:
    return {get_origin(annotation), *(get_origin(one) for one in get_args(annotation))}


def _joined(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """A body with what an item of `each` says; mappings are joined."""
    body = base | own
    for name, value in own.items():
        if isinstance(value, dict) and isinstance(base.get(name), dict):
            body[name] = base[name] | value
    return body


def _holds(conditions: Conditions, cells: Cells) -> bool:
    for name, wanted in conditions.items():
        cell = cells.get(name)
        listed = wanted if isinstance(wanted, list) else [wanted]
        if cell not in listed and not ("*" in listed and cell is not None):
            return False
    return True


Item = tuple[Mapping[str, Make], Make | None, str | None]


def _items(record: RecordMapping, columns: Sequence[str] | None) -> list[Item]:
    """What `each` makes: fields of its own, its number, the column of that. Without `each`, one of none."""
    if record.each is None:
        return [({}, None, None)]
    if isinstance(record.each, EachColumns):
        return list(_by_shape(record.each, columns))
    items: list[Item] = []
    for given in record.each:
        fields = {name: _maker(made) for name, made in given.items() if name not in {"column", "sum"}}
        summed = given.get("sum")
        if summed is not None:
            listed = summed if isinstance(summed, list) else [summed]
            number: Make = _maker(Computed.model_validate({"sum": listed}))
        else:
            number = _cell_of(given["column"]) if "column" in given else _never
        items.append((fields, number, given.get("column")))
    return items


def _by_shape(each: EachColumns, columns: Sequence[str] | None) -> Iterator[Item]:
    for codes in product(*each.parts.values()):
        column = each.column(codes)
        fields: dict[str, Any] = {}
        for part, code in zip(each.parts, codes, strict=True):
            fields = _joined(fields, each.parts[part][code])
        if columns is None or column in columns:
            yield {name: _maker(made) for name, made in fields.items()}, _cell_of(column), column


def _cell_of(column: str) -> Make:
    return lambda cells, _flaws: cells.get(column)


def _never(_cells: Cells, _flaws: list[Flaw]) -> None:
    return None


# --- values ------------------------------------------------------------------------------------------------------


def _maker(expression: Expression) -> Make:
    """What makes a value of a row's cells."""
    if isinstance(expression, Computed):
        return _Value(expression)
    if isinstance(expression, Named):
        reference = Reference(expression.record)
        return lambda _cells, _flaws: reference
    if isinstance(expression, list):
        makers = [_maker(one) for one in expression]
        return lambda cells, flaws: [one for make in makers for one in _parts(make(cells, flaws))]
    if isinstance(expression, dict):
        return _Fields(expression)
    return _template(expression)


def _parts(value: Any) -> Iterator[Any]:
    """What a value brings to a list: nothing, itself, or its parts one by one; so an entry that begins with a list."""
    if isinstance(value, list):
        yield from value
    elif isinstance(value, dict) and isinstance(first := next(iter(value.values()), None), list):
        name = next(iter(value))
        yield from ({**value, name: one} for one in first)
    elif value is not None and value != {}:
        yield value


class _Fields:
    """A mapping of values; nothing where its first value is missing: a name without a name is no name."""

    def __init__(self, fields: Mapping[str, Expression]) -> None:
        self._fields = {name: _maker(made) for name, made in fields.items()}

    def __call__(self, cells: Cells, flaws: list[Flaw]) -> dict[str, Any] | None:
        made = {name: make(cells, flaws) for name, make in self._fields.items()}
        if made and next(iter(made.values())) is None:
            return None
        return {name: value for name, value in made.items() if value is not None}


def _column_in(expression: Expression) -> str | None:
    """The first column that a value is made from."""
    text = expression.from_ if isinstance(expression, Computed) else expression
    names = COLUMN.findall(text) if isinstance(text, str) else ()
    return next((name.removesuffix("?") for name in names if name), None)


def _template(text: str | None) -> Make:
    """A text with columns in braces: nothing where one is missing, unless it is written `{name?}`."""
    if text is None or "{" not in text:
        plain = None if text is None else text.replace("}}", "}")
        return lambda _cells, _flaws: plain
    if (only := COLUMN.fullmatch(text)) is not None and only[1]:
        name = only[1].removesuffix("?")
        return lambda cells, _flaws: cells.get(name)
    pieces: list[tuple[str, str | None]] = []
    last = 0
    for found in COLUMN.finditer(text):
        pieces.append((text[last : found.start()], None))
        pieces.append((found[0][0], None) if found[1] is None else ("", found[1]))
        last = found.end()
    pieces.append((text[last:], None))

    def make(cells: Cells, _flaws: list[Flaw]) -> str | None:
        made = []
        for piece, name in pieces:
            if name is None:
                made.append(piece)
                continue
            value = cells.get(name.removesuffix("?"))
            if value is None and not name.endswith("?"):
                return None
            made.append("; ".join(value) if isinstance(value, list) else value or "")
        return "".join(made)

    return make


class _Value:
    """A value made from columns, step by step: text, extract, split, keep, date or table, default."""

    def __init__(self, how: Computed) -> None:
        self._how = how
        self._from = _template(how.from_) if how.from_ is not None else None
        self._column = _column_in(how)
        self._missing = set(how.missing or [])
        self._table = {" ".join(key.split()): _template(text) for key, text in (how.table or {}).items()}
        self._patterns = [(re.compile(key), _template(text)) for key, text in (how.patterns or {}).items()]
        self._extract = re.compile(how.extract) if how.extract else None
        self._keep = [re.compile(one) for one in how.keep] if how.keep is not None else None
        self._instead, self._otherwise = _template(how.instead), _template(how.otherwise)
        self._default = _template(how.default)

    def __call__(self, cells: Cells, flaws: list[Flaw]) -> Any:
        try:
            value = self._made(cells, flaws)
        except Rejected as rejected:
            if self._how.invalid == "reject":
                raise
            flaw = rejected.flaw
            flaws.append(Flaw(flaw.rule, f"{flaw.told}; left out", flaw.column, flaw.value, flaw.hint))
            value = None
        return self._default(cells, flaws) if value is None else value

    def _made(self, cells: Cells, flaws: list[Flaw]) -> Any:
        if self._from is None:
            return self._sum(cells)
        value = self._from(cells, flaws)
        if value is None:
            return None
        if self._how.split is not None and isinstance(value, str):
            value = [text for part in value.split(self._how.split) if (text := part.strip())]
        if isinstance(value, list):
            listed = [made for part in value if (made := self._one(part, cells, flaws)) is not None]
            listed = list(dict.fromkeys(listed)) if self._how.unique else listed
            return (self._how.join.join(listed) or None) if self._how.join is not None else listed or None
        return self._one(value, cells, flaws)

    def _one(self, text: str, cells: Cells, flaws: list[Flaw]) -> str | None:
        if text in self._missing:
            return None
        if self._extract is not None:
            found = self._extract.search(text)
            if found is None:
                return None
            text = found[1] if self._extract.groups else found[0]
        if self._keep is not None and not any(one.search(text) for one in self._keep):
            told = "the text may name a person; another stands instead"
            flaws.append(Flaw("replaced", told, self._column, "(withheld)"))
            instead: str | None = self._instead(cells, flaws)
            return instead
        if self._how.date is not None:
            return self._date(text)
        return self._looked_up(text, cells, flaws) if self._table or self._patterns else text

    def _looked_up(self, text: str, cells: Cells, flaws: list[Flaw]) -> str | None:
        make = self._table.get(" ".join(text.split()))
        if make is None:
            make = next((make for pattern, make in self._patterns if pattern.search(text)), None)
        if make is None:
            if "otherwise" not in self._how.model_fields_set:
                told = unlisted("in the mapping's table", text, self._table)
                raise Rejected(Flaw("not_in_table", told, self._column, text[:200], "add it to the table"))
            make = self._otherwise
        found: str | None = make(cells, flaws)
        return found

    def _date(self, text: str) -> str:
        for form in self._how.date or []:
            if (read := _dated(text, form)) is not None:
                return read
        told = f"{text[:80]!r} is not a date as the mapping has them: {', '.join(self._how.date or [])}"
        raise Rejected(Flaw("not_a_date", told, self._column, text[:200]))

    def _sum(self, cells: Cells) -> str | None:
        """The sum of what is there; nothing where nothing is, for missing is never zero."""
        total, some = 0, False
        for pattern in self._how.sum_ or []:
            names = [pattern] if "*" not in pattern else [name for name in cells if _matches(name, pattern)]
            for name in names:
                value = cells.get(name)
                if value is None:
                    continue
                if not isinstance(value, str) or WHOLE.fullmatch(value) is None:
                    raise Rejected(Flaw("not_a_count", "a sum takes whole numbers", name, str(value)[:200]))
                total, some = total + int(value), True
        return str(total) if some else None


@lru_cache(maxsize=65536)
def _matches(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern)


@lru_cache(maxsize=8192)
def _dated(text: str, form: str) -> str | None:
    """A date in ISO 8601, as precise as its format."""
    try:
        read = datetime.strptime(text, form).date()  # noqa: DTZ007  (a day, not a moment)
    except ValueError:
        return None
    day = read.isoformat()
    if {"%d", "%j"} & set(re.findall(r"%.", form)):
        return day
    return day[:7] if re.search("%[mbB]", form) else day[:4]


def figure(
    text: str, column: str | None = None, *, bounded: bool = False, decimal: Decimal | None = None
) -> dict[str, Any]:
    """A number as published: whole ones are exact, fractions rounded and approximate, all else the words of the source.

    Words that cannot be read raise `Rejected`, unless bounds stand beside them; so does a number that can be read in
    two ways, where nothing says what its `decimal` sign is.
    """
    if (number := _in_digits(text, decimal)) is not None:
        whole, part = number
        near = int(whole) + (part[:1] >= "5")
        if part.strip("0"):
            rounded = {"flags": [EstimateFlag.rounded], "as_written": text}
            return {"low": None, "best": near, "high": None, "qualifier": Qualifier.approximately} | rounded
        told = {} if text.startswith(whole) else {"as_written": text}
        return {"low": near, "best": near, "high": near, "qualifier": Qualifier.exact} | told
    if re.fullmatch(r"-\s*[0-9][0-9.,]*", text):
        hint = "leave it empty if it is unknown"
        raise Rejected(Flaw("negative", "a count is never negative", column or FIGURE, text[:200], hint))
    if not bounded and (unread := _unread(text[:200])) is not None:
        hint = "if it means nothing, name it under `missing`"
        if TWO_READINGS.fullmatch(text):
            hint = "say in the mapping what parts a fraction: `decimal: ','` where this means thousands, else `'.'`"
        raise Rejected(Flaw("not_a_figure", unread, column or FIGURE, text[:200], hint))
    return {"as_written": text[:200]}


def _in_digits(text: str, decimal: Decimal | None) -> tuple[str, str] | None:
    """The digits of a number before and after its decimal sign; nothing where it is written otherwise, or unclear."""
    if decimal is None:
        found = None if TWO_READINGS.fullmatch(text) else NUMBER.fullmatch(text)
        return None if found is None else (found[1], found[2] or "")
    found = GROUPED[decimal].fullmatch(text)
    return None if found is None else (re.sub("[.,]", "", found[1]), found[2] or "")


@lru_cache(maxsize=8192)
def _unread(words: str) -> str | None:
    """Why words cannot be read as a figure, if they cannot."""
    try:
        read_words(words)
    except WordingError as error:
        return str(error)
    return None
