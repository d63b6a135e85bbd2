"""The columns that a mapping reads, and those of them that a file does not have."""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from app.errors import Fault, unlisted
from app.imports.mapped.each import EachColumns
from app.imports.mapped.expressions import COLUMN, Computed, as_list
from app.imports.mapped.mapping import TableMapping
from app.imports.readers.rows import OF_ROW


def columns_of(value: Any) -> Iterator[tuple[str, str]]:  # noqa: C901  (one case for each kind of value)
    """The columns that a part of a mapping reads, each with the text that names it."""
    if isinstance(value, str):
        for name in COLUMN.findall(value):
            if name and not name.endswith("?"):
                yield name, value
    elif isinstance(value, Computed):
        for text in (value.from_, *(value.first or []), value.instead, value.otherwise, value.default):
            yield from columns_of(text)
        for text in (*(value.table or {}).values(), *(value.patterns or {}).values()):
            yield from columns_of(text)
        for name in value.sum_ or []:
            if not name.endswith("?"):
                yield name, name
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from columns_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from columns_of(inner)


def unknown_columns(table: TableMapping, columns: Sequence[str]) -> list[Fault]:
    """The columns that a mapping reads and a file, with those it looks up elsewhere, does not have."""
    known = {
        *columns,
        *table.columns,
        *OF_ROW,
        *(name for record in table.records.values() for name in record.for_each),
    }
    faults: list[str] = []
    required: list[tuple[str, str]] = [*columns_of(table.columns), *((name, "fill_down") for name in table.fill_down)]
    for called, lookup in table.lookups.items():
        required += [(name, f"lookups.{called}.by: {text}") for name, text in columns_of(lookup.by)]
    for conditions in (table.rows.where, table.rows.unless):
        required += [(name, name) for name in conditions]
    for name, record in table.records.items():
        place = f"records.{name}"
        required += [(one, f"{place}.identity: {text}") for one, text in columns_of([x.value for x in record.identity])]
        required += [(one, f"{place}.slug: {text}") for one, text in columns_of(record.slug)]
        required += [(one, f"{place}: {text}") for one, text in columns_of(record.fields)]
        required += [(one, f"{place}.newest: {text}") for one, text in columns_of(record.newest)]
        required += [(one, f"{place}.for_each: {text}") for one, text in columns_of(record.for_each)]
        required += [(one, f"{place}.within") for identity in record.identity for one in identity.within or []]
        required += [(one, f"{place}: {one}") for one in (*record.where, *record.unless)]
        for item in record.each if isinstance(record.each, list) else []:
            counted = [str(item["column"])] if "column" in item else as_list(item.get("sum", []))
            required += [(one, f"{place}.each") for one in counted if one in known or not one.endswith("?")]
            required += columns_of({key: inner for key, inner in item.items() if key not in {"column", "sum"}})
        if isinstance(record.each, EachColumns):
            faults += record.each.unseen(known, place)
    keys = {
        text for record in table.records.values() for text in (record.slug, *(one.value for one in record.identity))
    }
    return (
        [
            Fault(f"{text!r} is a column of the file, and each row would have this same key: write '{{{text}}}'.")
            for text in columns
            if text in keys
        ]
        + [
            Fault(f"{unlisted('a column of the file', name, columns)}{_meant(name)} It is asked for by {place!r}.")
            for name, place in dict(required).items()
            if name not in known and not ("*" in name and any(fnmatchcase(one, name) for one in known))
        ]
        + [Fault(fault) for fault in faults]
    )


def _meant(name: str) -> str:
    """A hint at what is known of each row, which was once called as a column could be."""
    return f" The row's own is called ':{name}'." if f":{name}" in OF_ROW else ""
