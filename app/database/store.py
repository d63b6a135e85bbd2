"""Rows in and out of the tables on the write path: statements compiled once, run on the driver's own cursor.

A row is a dict of plain values: dates as dates, lists and mappings as themselves, whatever the engine keeps them as.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from itertools import chain, islice, repeat
from operator import itemgetter
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection, Date, Dialect, Integer, Select, Table, Update, bindparam, update
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.sql import ClauseElement

from app.database.statements import compiled
from app.database.types import JSONText, json_text

T = TypeVar("T")
Row = dict[str, Any]
DIALECTS: dict[str, Dialect] = {
    "sqlite": pysqlite.dialect(paramstyle="qmark"),
    "postgresql": psycopg.dialect(),  # type: ignore[no-untyped-call]
}
Key = str | tuple[str, ...]
CHUNK = 512
"""How many keys one statement asks for at a time."""
TOGETHER = 500
"""How many rows one statement adds on SQLite at the most."""
VARIABLES = 32_766
"""How many values one statement takes on SQLite."""
DOC = "doc"
MANY = 200
"""From how many rows on PostgreSQL takes them by COPY; fewer are one statement with one parameter."""


class Store:
    """The tables, over one connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        if not connection.in_transaction():
            # Statements on the driver's cursor do not begin a transaction by themselves.
            connection.begin()
        self._engine = connection.dialect.name
        self._positional = DIALECTS[self._engine].positional
        driver: Any = connection.connection.driver_connection
        self._driver = driver
        self.connection = connection
        """The connection, for statements that are SQLAlchemy's."""
        self._cursor = driver.cursor()
        self._in_pipeline = False

    def rows(
        self, table: Table, columns: tuple[str, ...], key: Key, values: Iterable[Any], order: tuple[str, ...] = ()
    ) -> Iterator[Row]:
        """The rows whose key is among the values. The first are asked for at once, and read where they are needed.

        A key of several columns of text is a tuple, and so are its values, each given once.
        """
        some_keys = chunks(values)

        def ask(some: Sequence[Any]) -> Answer:
            text = _select(self._engine, table, columns, key, self._many(some), order)
            return self._ask(text, self._keys(some))

        first = next(some_keys, None)
        return self._read(table, columns, chain([ask(first)], map(ask, some_keys)) if first else ())

    def each(self, queries: Sequence[tuple[Table, tuple[str, ...], Collection[str]]]) -> list[Iterator[Row]]:
        """The rows of several tables by their slugs, all columns text: on PostgreSQL that is one statement."""
        if self._positional:
            return [self.rows(table, columns, "slug", slugs) for table, columns, slugs in queries]
        if not any(slugs for _, _, slugs in queries):
            return [iter(()) for _ in queries]
        text = _united(tuple((table, columns) for table, columns, _ in queries))
        answer = self._ask(text, [list(slugs) for _, _, slugs in queries])

        @cache
        def found() -> list[list[Any]]:
            lists: list[list[Any]] = [[] for _ in queries]
            for number, *row in answer.rows():
                lists[number].append(row[: len(queries[number][1])])
            return lists

        def one(number: int) -> Answer:
            return Answer(lambda: found()[number])

        return [self._read(table, columns, [one(number)]) for number, (table, columns, _) in enumerate(queries)]

    def _read(self, table: Table, columns: tuple[str, ...], answers: Iterable["Answer"]) -> Iterator[Row]:
        read = _readers(table, columns, self._engine)
        for answer in answers:
            for row in answer.rows():
                found = dict(zip(columns, row, strict=True))
                for name, convert in read:
                    if found[name] is not None:
                        found[name] = convert(found[name])
                yield found

    def run(self, statement: Select[Any] | Update, values: Row | None = None) -> Sequence[Any]:
        """The rows of a statement that takes named parameters; compiled once, so it must be a value that lasts."""
        return self.ask(statement, values).rows()

    def ask(self, statement: Select[Any] | Update, values: Mapping[str, Any] | None = None) -> "Answer":
        """Run such a statement, to read its rows later: within `pipeline` that does not wait."""
        made, named = compiled(statement, DIALECTS[self._engine]), values or {}
        return self._ask(made.text, made.parameters(named) if self._positional else {**made.constants, **named})

    def _ask(self, text: str, parameters: Any) -> "Answer":
        cursor = self._cursor.connection.cursor()
        cursor.execute(text, parameters)
        if self._engine == "postgresql":
            return Answer(cursor.fetchall)
        # SQLite keeps no savepoint while a statement is read.
        found = cursor.fetchall()
        return Answer(lambda: found)

    def do(self, statement: Select[Any] | Update, values: Row | None = None) -> None:
        """Run such a statement for what it does."""
        made, named = compiled(statement, DIALECTS[self._engine]), values or {}
        self._cursor.execute(made.text, made.parameters(named) if self._positional else {**made.constants, **named})

    def insert(self, table: Table, rows: Iterable[Row]) -> None:
        """Add rows; what a row says beside the table's columns is left out."""
        listed = map(_listing(table, _names(table), self._engine), rows)
        if self._engine == "postgresql":
            self._send(table, listed)
            return
        width = len(_names(table))
        many = min(TOGETHER, VARIABLES // width)
        for some in chunks(listed, many):
            if len(some) < many:
                self._cursor.executemany(_inserting(table, tuple(range(width)), 1), some)
                continue
            # A value costs what it takes to hand it over: columns without any are left out.
            columns = list(zip(*some, strict=True))
            filled = tuple(place for place, column in enumerate(columns) if column.count(None) < many)
            values = zip(*(columns[place] for place in filled), strict=True)
            self._cursor.execute(_inserting(table, filled, many), list(chain.from_iterable(values)))

    def _send(self, table: Table, listed: Iterator[list[Any]]) -> None:
        """Add rows to PostgreSQL, with as few messages as it takes."""
        first = list(islice(listed, MANY))
        # In a pipeline PostgreSQL takes no COPY.
        if len(first) == MANY and not self._in_pipeline:
            with self._cursor.copy(_copying(table)) as into:
                for values in chain(first, listed):
                    into.write_row(values)
            return
        text, names = _sending(table)
        for some in chunks(chain(first, listed), MANY):
            rows = (zip(names, values, strict=True) for values in some)
            filled = [{name: value for name, value in row if value is not None} for row in rows]
            apart = [[row.pop(DOC) for row in filled]] if DOC in names else []
            self._cursor.execute(text, [orjson.dumps(filled).decode(), *apart])

    def update(self, table: Table, rows: Iterable[Row]) -> None:
        """Make the row of each id equal to the one given."""
        text, names = _update(self._engine, table)
        listed: Iterable[Any] = map(_listing(table, names, self._engine), rows)
        if not self._positional:
            listed = (dict(zip(names, values, strict=True)) for values in listed)
        for some in chunks(listed, 5000):
            if len(some) == 1:
                self._cursor.execute(text, some[0])
            else:
                self._cursor.executemany(text, some)

    def delete(self, table: Table, key: str, values: Iterable[Any]) -> None:
        """Delete the rows whose key is among the values."""
        for some in chunks(values):
            self._cursor.execute(_delete(self._engine, table, key, self._many(some)), self._keys(some))

    @contextmanager
    def pipeline(self) -> Iterator[None]:
        """Within it PostgreSQL is waited for only where something is read; what fails may be told at the end."""
        if self._engine != "postgresql":
            yield
            return
        with self._driver.pipeline():
            self._in_pipeline = True
            try:
                yield
            finally:
                self._in_pipeline = False

    def savepoint(self) -> None:
        """Begin what `release` keeps and `rollback` undoes; those begun inside end inside."""
        # By hand: SQLAlchemy compiles each of these anew, which costs what a row costs.
        self._cursor.execute("SAVEPOINT here")

    def release(self) -> None:
        """Keep what was done since the savepoint."""
        self._cursor.execute("RELEASE SAVEPOINT here")

    def rollback(self) -> None:
        """Undo what was done since the savepoint."""
        self._cursor.execute("ROLLBACK TO SAVEPOINT here")
        self.release()

    def _many(self, some: Sequence[Any]) -> int:
        """How many keys a statement takes for these: on SQLite the next power of two, so there are few statements."""
        return 1 << (len(some) - 1).bit_length() if self._positional else 1

    def _keys(self, some: Sequence[Any]) -> list[Any]:
        """What it is given: on PostgreSQL one list for each column of the key."""
        if not isinstance(some[0], tuple):
            return [*some, *repeat(some[-1], self._many(some) - len(some))] if self._positional else [list(some)]
        if self._positional:
            nobody = (None,) * len(some[0])
            return list(chain.from_iterable(chain(some, repeat(nobody, self._many(some) - len(some)))))
        return [list(values) for values in zip(*some, strict=True)]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a statement brings."""

    rows: Callable[[], Sequence[Any]]
    """Its rows, once."""


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The items in lists of at most `size`."""
    left = iter(items)
    while some := list(islice(left, size)):
        yield some


@lru_cache(maxsize=4096)
def _select(engine: str, table: Table, columns: tuple[str, ...], key: Key, many: int, order: tuple[str, ...]) -> str:
    listed, ordered = (", ".join(map(_quoted, names)) for names in (columns, order))
    text = f"SELECT {listed} FROM {_found(engine, table, key, many)}"  # noqa: S608  (names of the register's tables)
    return f"{text} ORDER BY {ordered}" if order else text


@lru_cache(maxsize=256)
def _united(queries: tuple[tuple[Table, tuple[str, ...]], ...]) -> str:
    """The rows of several tables by their slugs, each behind the number of its table, as wide as the widest."""
    width = max(len(columns) for _, columns in queries)
    return " UNION ALL ".join(
        f"SELECT {number}, {', '.join([*map(_quoted, columns), *['NULL::text'] * (width - len(columns))])} "  # noqa: S608  (names of the register's tables)
        f"FROM {_quoted(table.name)} WHERE {_among('postgresql', table, 'slug', 1)}"
        for number, (table, columns) in enumerate(queries)
    )


@lru_cache(maxsize=256)
def _delete(engine: str, table: Table, key: str, many: int) -> str:
    return f"DELETE FROM {_quoted(table.name)} WHERE {_among(engine, table, key, many)}"  # noqa: S608  (names of the register's tables)


def _among(engine: str, table: Table, key: str, many: int) -> str:
    """The condition that a key is among those given: PostgreSQL would make a list of parameters anew for every row."""
    if engine == "sqlite":
        return f"{_quoted(key)} IN ({', '.join('?' * many)})"
    kind = "bigint" if isinstance(table.c[key].type, Integer) else "text"
    return f"{_quoted(key)} = ANY(%b::{kind}[])"


def _found(engine: str, table: Table, key: Key, many: int) -> str:
    """What the rows of some keys are selected from. Keys of several columns are a table, looked up row by row."""
    if isinstance(key, str):
        return f"{_quoted(table.name)} WHERE {_among(engine, table, key, many)}"
    names = [f"key_{number}" for number in range(1, len(key) + 1)]
    if engine == "sqlite":
        row = f"({', '.join('?' * len(key))})"
        first = ", ".join(f"column{number} AS {name}" for number, name in enumerate(names, 1))
        sought = f"(SELECT {first} FROM (VALUES {', '.join([row] * many)})) AS sought"  # noqa: S608  (names made above)
    else:
        sought = f"unnest({', '.join(['%b::text[]'] * len(key))}) AS sought({', '.join(names)})"
    meets = " AND ".join(f"{_quoted(one)} = sought.{name}" for one, name in zip(key, names, strict=True))
    # SQLite takes the tables of a CROSS JOIN in their order.
    return f"{sought} CROSS JOIN {_quoted(table.name)} WHERE {meets}"


@lru_cache(maxsize=256)
def _inserting(table: Table, filled: tuple[int, ...], many: int) -> str:
    """The statement that adds some rows to SQLite, given by their values in some columns, one row after another."""
    names = [list(table.columns.keys())[place] for place in filled]
    mark = f"({', '.join('?' * len(names))})"
    listed = ", ".join(map(_quoted, names))
    return f"INSERT INTO {_quoted(table.name)} ({listed}) VALUES {', '.join([mark] * many)}"  # noqa: S608  (names of the register's tables)


@lru_cache(maxsize=256)
def _copying(table: Table) -> str:
    return f"COPY {_quoted(table.name)} ({', '.join(map(_quoted, table.columns.keys()))}) FROM STDIN"


@lru_cache(maxsize=256)
def _sending(table: Table) -> tuple[str, tuple[str, ...]]:
    """The statement that adds rows given as one JSON text: to parse it costs less than a statement for each.

    Wire forms come beside it, as a list: JSON in JSON is escaped, and read twice.
    """
    # Names as text and no more: SQLAlchemy's own kind of it, which some columns have, is no key of JSON.
    name, names = _quoted(table.name), tuple(str(column) for column in table.columns.keys())  # noqa: SIM118
    rows = f"json_populate_recordset(NULL::{name}, %s::json)"
    if DOC in names:
        rows = f"ROWS FROM ({rows}, unnest(%b::text[]))"
    listed, read = (", ".join(map(_quoted, some)) for some in (names, ["unnest" if n == DOC else n for n in names]))
    return f"INSERT INTO {name} ({listed}) SELECT {read} FROM {rows}", names  # noqa: S608  (names of the register's tables)


def _quoted(name: str) -> str:
    return DIALECTS["postgresql"].identifier_preparer.quote(name)


@lru_cache(maxsize=256)
def _update(engine: str, table: Table) -> tuple[str, tuple[str, ...]]:
    values: dict[str, Any] = {column.name: bindparam(column.name) for column in table.columns if column.name != "id"}
    return _text(update(table).where(table.c.id == bindparam("id")).values(values), engine)


def _text(statement: ClauseElement, engine: str) -> tuple[str, tuple[str, ...]]:
    form: Any = statement.compile(dialect=DIALECTS[engine])
    return str(form), tuple(form.positiontup or form.params)


@lru_cache(maxsize=256)
def _names(table: Table) -> tuple[str, ...]:
    return tuple(table.columns.keys())


@lru_cache(maxsize=1024)
def _readers(table: Table, columns: tuple[str, ...], engine: str) -> list[tuple[str, Callable[[Any], Any]]]:
    """What turns an engine's values into plain ones."""
    found: list[tuple[str, Callable[[Any], Any]]] = []
    for name in columns:
        if isinstance(table.c[name].type, JSONText):
            found.append((name, orjson.loads))
        elif isinstance(table.c[name].type, Date) and engine == "sqlite":
            found.append((name, date.fromisoformat))
    return found


@lru_cache(maxsize=256)
def _listing(table: Table, names: tuple[str, ...], engine: str) -> Callable[[Row], list[Any]]:
    """What lists the values of a row by their names, as an engine keeps them; what a row does not say is null."""
    write: list[tuple[int, Callable[[Any], Any]]] = []
    for place, name in enumerate(names):
        if isinstance(table.c[name].type, JSONText):
            write.append((place, json_text))
        elif isinstance(table.c[name].type, Date) and engine == "sqlite":
            write.append((place, date.isoformat))
    # Of one name alone it would get the value itself.
    values = itemgetter(*names) if len(names) > 1 else lambda row: (row[names[0]],)

    def listed(row: Row) -> list[Any]:
        try:
            converted = list(values(row))
        except KeyError:
            converted = [row.get(name) for name in names]
        for place, convert in write:
            if converted[place] is not None:
                converted[place] = convert(converted[place])
        return converted

    return listed
