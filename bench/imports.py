"""Native import, beside what the driver does with the rows it wrote: `executemany` on SQLite, COPY on PostgreSQL."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import orjson
import psycopg
from psycopg import sql
from sqlalchemy import make_url

from app.database.engines import write_engine
from app.database.types import metadata
from app.imports.run import run_import
from app.writing.migration import migrate
from bench.data import day
from bench.ratios import IMPORTED, Comparison, Cost
from bench.shared import database
from bench.stand import Stand

FACILITIES, SOURCES, SEXES = 300, 200, ("male", "female", None)
WORDS = ("at least {}", "more than {}", "as many as {}", "roughly {}", "{}", "{:,}", "{:,}", "between {} and 9000")
ROUNDS = 3
COUNTERS = ("register", "counter")
"""Tables whose rows a migrated database has already."""


@dataclass(frozen=True)
class ImportRatio:
    """How many records a second were imported, and how many the driver takes of the rows that came of them."""

    ours: float
    limit: float

    @property
    def ratio(self) -> float:
        """How much of the limit is reached."""
        return self.ours / self.limit


@dataclass(frozen=True)
class Import:
    """The native import of series of populations."""

    name: str
    about: str
    goals: Mapping[str, float]
    """The least share of the limit that is good enough, by engine."""

    def measure(self, stand: Stand) -> Iterator[Comparison]:
        """How many records a second go into each engine, some times over."""
        many = stand.size.imported
        for engine in stand.plain:
            ours, beside = [], []
            for _ in range(ROUNDS):
                with _empty(stand, engine) as url, _empty(stand, engine) as limit_url:
                    found = import_ratio(url, limit_url, many)
                ours.append(Cost(1e6 / found.ours, None, found.ours, many))
                beside.append(Cost(1e6 / found.limit, None, found.limit, many))
            yield Comparison(f"{many:,} {self.about}, {engine}", IMPORTED, self.goals.get(engine), ours, beside, 0)


@contextmanager
def _empty(stand: Stand, engine: str) -> Iterator[str]:
    """The address of an empty, migrated register."""
    with ExitStack() as opened:
        if engine == "sqlite" or stand.shared is None:
            url = f"sqlite:///{opened.enter_context(TemporaryDirectory(prefix='detention-bench-'))}/register.db"
        else:
            url = opened.enter_context(database(stand.shared))
        migrate(url)
        yield url


IMPORT = Import("import", "populations", {"sqlite": 0.4, "postgresql": 0.4})


def import_ratio(url: str, limit_url: str, populations: int) -> ImportRatio:
    """Import series of populations into one empty, migrated register, and write the same rows into another.

    Both are one transaction, into tables with all their indexes and triggers, durable at its end.
    """
    with TemporaryDirectory(prefix="detention-bench-") as folder:
        file = Path(folder) / "series.ndjson"
        with file.open("wb") as lines:
            for record in series(populations):
                lines.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
        engine = write_engine(url)
        begun = perf_counter()
        records = run_import(engine, [file], author="benchmark").rows.total()
        seconds = perf_counter() - begun
        engine.dispose()
    limit = _raw_sqlite if make_url(url).get_backend_name() == "sqlite" else _raw_postgresql
    return ImportRatio(records / seconds, records / limit(url, limit_url))


def series(populations: int) -> Iterator[dict[str, Any]]:
    """Records of a register: sources, facilities, and a series for each facility, some in words, some in bounds."""
    chance = Random(2022)  # noqa: S311  (nothing here is secret)
    for number in range(SOURCES):
        yield {
            "collection": "sources",
            "slug": f"bulletin-{number:03}",
            "kind": "bulletin",
            "publisher": f"Monitoring Network {number % 12}",
            "title": f"Situation bulletin no. {number + 1}",
        }
    for number in range(FACILITIES):
        yield {
            "collection": "facilities",
            "slug": f"prison-{number:03}",
            "level": "facility",
            "name": f"Prison no. {number}",
        }
    for number in range(populations):
        rest, sex = divmod(number, len(SEXES))
        point, facility = divmod(rest, FACILITIES)
        yield {
            "collection": "populations",
            "facility": f"prison-{facility:03}",
            "measure": "held",
            "statistic": "point",
            "as_of": day(point),
            "source": f"bulletin-{(facility + point) % SOURCES:03}",
            "locator": f"table {point}, row {facility}",
            "basis": "official",
            "sex": SEXES[sex],
            **_number(chance),
        }


def _number(chance: Random) -> dict[str, Any]:
    count = chance.randrange(1000, 8000)
    if chance.random() < 0.5:
        return {"as_written": chance.choice(WORDS).format(count)}
    return {"low": count, "best": count, "high": count}


def _raw_sqlite(url: str, limit_url: str) -> float:
    """The seconds that `executemany` takes."""
    with closing(sqlite3.connect(make_url(url).database or "")) as origin:
        tables = [(name, columns, origin.execute(text).fetchall()) for name, columns, text in _selections()]
    engine = write_engine(limit_url)
    with engine.connect() as connection:
        cursor = connection.connection.cursor()
        begun = perf_counter()
        connection.exec_driver_sql("UPDATE register SET open = true, revision = 1")
        for name, columns, rows in tables:
            listed, marks = ", ".join(map(_quoted, columns)), ", ".join("?" * len(columns))
            cursor.executemany(f"INSERT INTO {_quoted(name)} ({listed}) VALUES ({marks})", rows)  # noqa: S608  (names of the register's tables)
        connection.exec_driver_sql("UPDATE register SET open = false")
        connection.commit()
        seconds = perf_counter() - begun
    engine.dispose()
    return seconds


def _raw_postgresql(url: str, limit_url: str) -> float:
    """The seconds that COPY takes."""
    with psycopg.connect(_conninfo(url)) as origin:
        tables = [(name, columns, origin.execute(text.encode()).fetchall()) for name, columns, text in _selections()]
    with psycopg.connect(_conninfo(limit_url)) as target, target.cursor() as cursor:
        begun = perf_counter()
        cursor.execute("UPDATE register SET open = true, revision = 1")
        for name, columns, rows in tables:
            listed = sql.SQL(", ").join(map(sql.Identifier, columns))
            with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(name), listed)) as into:
                for row in rows:
                    into.write_row(row)
        cursor.execute("UPDATE register SET open = false")
        target.commit()
        return perf_counter() - begun


def _selections() -> Iterator[tuple[str, list[str], str]]:
    """Each table, its columns, and the statement that reads it."""
    for table in metadata.sorted_tables:
        if table.name not in COUNTERS:
            columns = [column.name for column in table.columns]
            yield table.name, columns, f"SELECT {', '.join(map(_quoted, columns))} FROM {_quoted(table.name)}"  # noqa: S608  (names of the register's tables)


def _quoted(name: str) -> str:
    return f'"{name}"'


def _conninfo(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
