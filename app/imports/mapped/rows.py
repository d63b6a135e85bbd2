"""From a row to the records a mapping makes of it: bodies as a client would write them, and who they are."""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, get_args, get_origin

from app.imports.mapped.expressions import Computed
from app.imports.mapped.figures import figure
from app.imports.mapped.mapping import FIGURE, Conditions, Decimal, EachColumns, RecordMapping, TableMapping
from app.imports.mapped.values import Cells, Key, Make, Reference, Rejected, column_in, maker, template
from app.imports.readers import Flaw, Row, Value
from app.imports.readers.rows import Number
from app.records.collection import Collection
from app.records.slugs import slug_from

BOUNDS = ("low", "best", "high")


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
    words: str = ""
    """What the slug is made of: two texts that make one slug are two records."""
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
        self._columns = {name: maker(made) for name, made in table.columns.items()}
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
        # A column of the file that is called so comes before what is known of the row itself.
        cells: Cells = {"file": file, "line": str(row.line)}
        cells |= {name: self._cell(value) for name, value in row.cells.items()}
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
        return None if text in self._missing else value if isinstance(value, Number) else text


class _Record:
    """One record of the mapping, made ready."""

    def __init__(
        self, name: str, record: RecordMapping, columns: Sequence[str] | None, decimal: Decimal | None
    ) -> None:
        self.name, self._of, self._mapping, self._decimal = name, record.of, record, decimal
        self.is_subject = self._of.subject
        self._fields = {field: maker(made) for field, made in record.fields.items()}
        self._keys = [(one.scheme, template(one.value), one.within) for one in record.identity]
        self._slug = template(record.slug) if record.slug is not None else None
        self._lists = frozenset(
            field for field, info in self._of.body.model_fields.items() if list in _origins(info.annotation)
        )
        self._droppable = frozenset(
            field for field, made in record.fields.items() if isinstance(made, Computed) and made.invalid == "drop"
        )
        self._items = _items(record, columns)
        self._figure = column_in(record.fields.get(FIGURE))
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
                words = " ".join(unicodedata.normalize("NFC", str(slug or "")).casefold().split())
                yield Draft(self.name, self._of, body, found, named, words, self._existing, needs, self._droppable)

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
        read = figure(number, column, bounded=bounded, decimal=self._decimal)
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
                message = f"the key comes again within one {' and '.join(within)}: taken as another {self._of.noun}"
                flaws.append(Flaw("repeated_key", message, ", ".join(within), key, "give a key that tells them apart"))
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
        fields = {name: maker(made) for name, made in given.items() if name not in {"column", "sum"}}
        summed = given.get("sum")
        if summed is not None:
            listed = summed if isinstance(summed, list) else [summed]
            number: Make = maker(Computed.model_validate({"sum": listed}))
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
            yield {name: maker(made) for name, made in fields.items()}, _cell_of(column), column


def _cell_of(column: str) -> Make:
    return lambda cells, _flaws: cells.get(column)


def _never(_cells: Cells, _flaws: list[Flaw]) -> None:
    return None
