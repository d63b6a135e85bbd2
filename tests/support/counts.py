"""A table of places and how many they hold: mapped, imported, and asked for what became of it."""

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from app.imports.mapped.loading import parse_mapping
from app.imports.reports import Report
from app.imports.run import run_import

MAPPING = """
about: t
missing: ["n/a"]
records:
  source: {collection: sources, slug: src, fields: {kind: dataset, publisher: P, title: T}}
  fac:
    collection: facilities
    identity: {scheme: s, value: "{code}"}
    slug: "{name}"
    fields: {level: facility, name: "{name}", status: "{status?}"}
  held:
    collection: populations
    fields: {facility: {record: fac}, source: {record: source}, as_of: "2024", measure: held}
    each: [{column: held}]
"""


def load(engine: Engine, folder: Path, rows: str, how: str = MAPPING, **options: Any) -> Report:
    """The report of an import of a table, its heading first."""
    path = folder / "counts.csv"
    path.write_text(rows, "utf-8")
    return run_import(engine, [path], parse_mapping(how), author="import", **options)


def ask(engine: Engine, statement: str) -> list[Any]:
    """The rows of a query; those of one column by what stands in it."""
    with engine.connect() as connection:
        return [row[0] if len(row) == 1 else tuple(row) for row in connection.execute(text(statement))]
