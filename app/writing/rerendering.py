"""Stored records compared with what their rows make of them, and rendered anew: the present, and every version before.

`detention verify` names what differs, `detention migrate` mends it where the form has changed, and a redaction renders
the past anew. A version is rendered as of the revision it began with, with what it named as that stood then.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, Engine, Table, bindparam, select, tuple_, update

from app.catalogue.collections import COLLECTIONS
from app.database.store import Row, Store
from app.estimates.dates import days, parse_partial_date
from app.history.access import DOCS
from app.history.past import Past, history_of
from app.history.tables import REGISTER
from app.records.collection import Collection
from app.records.seals import sealed
from app.writing.rendering import Loaded, load

T = TypeVar("T")
AT_ONCE = 100
"""How many records are compared in one transaction; memory is bounded by what these hold."""


def render_all(engine: Engine) -> tuple[int, int]:
    """Render every version of every record anew: how many are changed by it, and how many cannot be rendered.

    It makes no revision. Stopped in the middle and begun again, it finds little to do in what was done before.
    """
    done = failed = 0
    # Records that hold others come last: what is stored of them holds what was rendered before.
    for collection in sorted(COLLECTIONS.values(), key=lambda one: bool(one.embedded)):
        for ids, revision in versions(engine, collection):
            for many in halved(ids, partial(_rendered, engine, collection, revision), lambda _: None):
                done, failed = (done, failed + 1) if many is None else (done + many, failed)
    return done, failed


def _rendered(engine: Engine, collection: Collection, revision: int | None, ids: Sequence[int]) -> int:
    with engine.begin() as connection:
        return render_anew(connection, collection, ids, revision)


def render_anew(connection: Connection, collection: Collection, ids: Iterable[int], revision: int | None) -> int:
    """Render some records anew, or the versions of them that a revision made; how many are changed by it."""
    loaded = load(Store(connection) if revision is None else Past(connection, revision), collection, ids)
    changed = {
        number: found for number in loaded.rows if (found := differences(loaded, number) | _unsealed(loaded, number))
    }
    if not changed:
        return 0
    if revision is not None:
        past = history_of(collection.rows)
        # As the one that stood then: of all the columns it is known by, its id comes first in the index.
        _change(connection, past, changed, past.c.revision <= revision, past.c.until > revision)
        return len(changed)
    by_revision: dict[int, dict[int, Row]] = defaultdict(dict)
    for number, found in changed.items():
        by_revision[loaded.rows[number]["revision"]][number] = found
    head = connection.execute(update(REGISTER).values(open=True).returning(REGISTER.c.revision)).scalar_one()
    for own, rows in by_revision.items():
        # A row may be changed in the revision that made it, and then goes to no history: each is opened once more.
        connection.execute(update(REGISTER).values(revision=own))
        _change(connection, collection.rows, rows)
    connection.execute(update(REGISTER).values(open=False, revision=head))
    return len(changed)


def _change(connection: Connection, table: Table, rows: Mapping[int, Row], *which: ColumnElement[bool]) -> None:
    """Give some rows other values, each by its id."""
    alike: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for number, values in rows.items():
        alike[tuple(values)].append(values | {"its_id": number})
    for names, listed in alike.items():
        change = update(table).where(table.c.id == bindparam("its_id"), *which)
        connection.execute(change.values({name: bindparam(name) for name in names}), listed)


def differences(loaded: Loaded, number: int) -> Row:
    """The columns of a record that are not what the rest of its rows makes of them, as they should be."""
    collection, stored = loaded.collection, loaded.rows[number]
    made = loaded.rendered(number) | day_ranges(stored, collection.partial_dates)
    return {name: made[name] for name in (*collection.columns, *DOCS) if made[name] != stored[name]}


def _unsealed(loaded: Loaded, number: int) -> Row:
    """The seal of a record that an older version wrote, which made none."""
    row = loaded.rows[number]
    return {"seal": sealed(loaded.collection, row, loaded.parts[number])} if row["seal"] is None else {}


def day_ranges(row: Row, names: Iterable[str]) -> Row:
    """The columns that hold the day ranges of a row's partial dates."""
    ranges: Row = {}
    for name in names:
        read = parse_partial_date(row[name], today=date.max) if row[name] is not None else None
        ranges |= zip(days(name), (read.start, read.end) if read else (None, None), strict=True)
    return ranges


def versions(engine: Engine, collection: Collection) -> Iterator[tuple[Sequence[int], int | None]]:
    """The ids of a collection's records, some at a time; then of their earlier versions, with the revision of each."""
    for rows in _some(engine, collection.rows.c.id):
        yield [number for (number,) in rows], None
    past = history_of(collection.rows)
    for rows in _some(engine, past.c.id, past.c.until, further=past.c.revision):
        together: dict[int, list[int]] = defaultdict(list)
        for number, _, revision in rows:
            together[revision].append(number)
        for revision, ids in sorted(together.items()):
            yield ids, revision


def _some(engine: Engine, *key: Column[int], further: Column[int] | None = None) -> Iterator[Sequence[Any]]:
    """The keys of a table's rows in order, some at a time, each with a further column behind it where one is named."""
    last: Sequence[int] = [-1] * len(key)
    statement = select(*key, *([] if further is None else [further])).order_by(*key).limit(AT_ONCE)
    while True:
        with engine.connect() as connection:
            rows = connection.execute(statement.where(tuple_(*key) > tuple_(*last))).all()
        if not rows:
            return
        yield rows
        last = rows[-1][: len(key)]


def halved(ids: Sequence[int], work: Callable[[Sequence[int]], T], failed: Callable[[int], Any]) -> Iterator[Any]:
    """What some work makes of records: of all of them, or where one makes no sense, of fewer, down to that one."""
    try:
        yield work(ids)
    except (LookupError, ValueError):
        if len(ids) == 1:
            yield failed(ids[0])
            return
        middle = len(ids) // 2
        for half in (ids[:middle], ids[middle:]):
            yield from halved(half, work, failed)
