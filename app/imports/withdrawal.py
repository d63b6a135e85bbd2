"""What a corrected file no longer states: told, and retracted where that is asked for.

An import speaks for the sources that its statements cite, and for those it describes. What another import stated of
them, and no row states now, is no longer stated. What a person wrote or changed is never retracted, nor anything of
another source; and nothing is while rows are rejected, for one of them may be the row that states it.
"""

from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import orjson
from sqlalchemy import select

from app.catalogue.collections import COLLECTIONS
from app.database.store import Row, Store, chunks
from app.history.access import doc_of
from app.history.codes import ReasonCode
from app.history.past import history_of
from app.history.tables import IMPORTED
from app.imports.pipeline import Run
from app.imports.reports import Line, RowFate
from app.records.collection import Collection
from app.writing.affected import in_turn
from app.writing.batch import Batch
from app.writing.rendering import load_rows, referring
from app.writing.validation import Aim, Entry

AT_ONCE = 1000
"""How many records are looked at, and retracted in one revision, at a time."""
FEW = 100
"""How many are told one by one in any case; more only where the files state more than they leave out."""
LEFT_OUT = "the files no longer state it"
HOW = "--withdraw with a --reason, over HTTP withdraw=true with a reason, retracts it"
PART = "is it a part of what was imported? --withdraw --dry-run lists what all files together no longer state"
FIRST = "put the rejected rows right first: one of them may state it; nothing was withdrawn"


def tell_withdrawn(run: Run) -> None:
    """Tell, or retract, what the register holds of the import's sources and the import does not state."""
    for collection in in_turn():
        if collection.noun in run.restated.nouns and _tables(collection):
            with run.transaction():
                ids = _left_out(run, collection)
            for some in chunks(ids, AT_ONCE):
                _tell(run, collection, some)


def _tables(collection: Collection) -> bool:
    """Whether the records of a collection rest on sources, and are no subjects that others speak of."""
    return not collection.subject and ("source" in collection.rows.columns or "sources" in collection.part_tables)


def _left_out(run: Run, collection: Collection) -> "array[int]":
    """The ids of the records of the import's sources that it does not state; none, but a line, where they are many."""
    again, found = run.restated.again[collection.noun], array("q")
    if run.restated.new[collection.noun] and not again and not run.withdraws:
        return found  # files that only add correct nothing
    most = None if run.withdraws else max(FEW, again)
    parts = collection.part_tables.get("sources")
    rows, key = (collection.rows, "id") if parts is None else (parts, "owner_id")
    for some in chunks(run.restated.files):
        statement = select(rows.c[key]).where(rows.c.source.in_(some)).execution_options(yield_per=AT_ONCE)
        with run.connection.execute(statement) as answer:
            others = (number for number in answer.scalars() if not run.restated.holds(collection.noun, number))
            found.extend(others if most is None else islice(others, most + 1 - len(found)))
        if most is not None and len(found) > most:
            message = f"the register holds more than {most:,} other {collection.name} of the sources of these files"
            file = next(iter(run.restated.files.values()))
            run.report.add(Line(file, 1, RowFate.flagged, "not_stated", message, hint=PART))
            return array("q")
    return array("q", sorted(set(found)))


def _tell(run: Run, collection: Collection, ids: Sequence[int]) -> None:
    """Tell of some records, and retract those that only imports wrote, where that is asked for."""
    with run.transaction():
        store = Store(run.connection)
        rows = [row for row in load_rows(store, collection, "id", ids, docs=True) if run.why.sight.sees(row)]
        edited = _edited(store, collection, rows)
        going = [row for row in rows if row["id"] not in edited and _may_go(run, store, collection, row)]
        withdraws = run.withdraws and not run.report.rejected
        if withdraws and going:
            why = replace(run.why, code=ReasonCode.source_corrected)
            entries = [Entry(collection, row, {}, aim=Aim.retract) for row in going]
            run.write(store, lambda current: Batch(store, current, entries, why).write(), nested=True, why=why)
    fate = RowFate.withdrawn if withdraws else RowFate.flagged
    hint = None if withdraws else FIRST if run.withdraws else HOW
    for row in going:
        run.report.add(_line(run, collection, row, fate, "not_stated", LEFT_OUT, hint))
        if withdraws:
            run.report.rows[fate] += 1
            run.report.count(collection.name, fate)
    for row in rows:
        if edited.get(row["id"]):
            message = f"{LEFT_OUT}; left, as somebody changed it in revision {edited[row['id']]}"
            run.report.add(_line(run, collection, row, RowFate.unchanged, "edited", message, None))


def _edited(store: Store, collection: Collection, rows: Sequence[Row]) -> dict[int, int]:
    """The records that a person wrote or changed, by id: the revision of the change, or 0 where no import made them."""
    history = history_of(collection.rows)
    versions: dict[int, list[int]] = defaultdict(list)
    for past in store.rows(history, ("id", "revision"), "id", [row["id"] for row in rows], order=("id", "until")):
        versions[past["id"]].append(past["revision"])
    for row in rows:
        versions[row["id"]].append(row["revision"])
    wanted = {revision for listed in versions.values() for revision in listed}
    imported = {row["revision"] for row in store.rows(IMPORTED, ("revision",), "revision", wanted)}
    found: dict[int, int] = {}
    for number, listed in versions.items():
        changed = [revision for revision in listed if revision not in imported]
        if changed:
            found[number] = changed[-1] if listed[0] in imported else 0
    return found


def _may_go(run: Run, store: Store, collection: Collection, row: Row) -> bool:
    """Whether nothing else rests on a record: an incident stands while one other record or source speaks of it."""
    if not collection.named:
        return True
    if any(referring(run.connection, other, collection.noun, row["slug"]) for other in COLLECTIONS.values()):
        return False
    parts = collection.part_tables.get("sources")
    listed = store.rows(parts, ("source",), "owner_id", [row["id"]]) if parts is not None else ()
    return all(part["source"] in run.restated.files for part in listed)


def _line(run: Run, collection: Collection, row: Row, fate: RowFate, rule: str, message: str, hint: str | None) -> Line:
    """The line of a record: no row states it, so it stands at the head of the file that speaks of its source."""
    files = run.restated.files
    file = files.get(row.get("source") or "", next(iter(files.values())))
    shown = orjson.loads(doc_of(row, run.why.sight.tier))
    said = shown.get("reads_as") or shown["title"]
    path = f"{collection.name}/{row['slug' if collection.named else 'id']}"
    return Line(file, 1, fate, rule, f"{message}: {said}", None, path, hint)
