"""What somebody decided of two records that looked alike: they are not asked about again."""

from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, insert, select

from app.database.clock import now
from app.database.server_tables import DECIDED, DuplicateDecision
from app.database.store import Store
from app.errors import BadInput, Fault
from app.history.access import seen
from app.history.codes import Access
from app.records.collection import Collection
from app.records.near import Near
from app.writing.keys import Holder
from app.writing.naming import unknown_slug


def decide(
    connection: Connection,
    collection: Collection,
    pair: tuple[str, str],
    decision: DuplicateDecision,
    note: str | None,
    holder: Holder,
) -> dict[str, Any]:
    """Keep a decision on two records, in place of an earlier one; raises `BadInput` for a record nobody can see."""
    store, near, faults = Store(connection), Near(), []
    found: list[tuple[int, str]] = []
    for field, slug in zip(("first", "second"), pair, strict=True):
        known = [(row[0], row[1]) for row in store.run(_known(collection, holder.tier), {"slug": slug})]
        if not known:
            faults.append(Fault(unknown_slug(store, collection.noun, slug, near, holder.sight), pointer=f"/{field}"))
        found += known
    if len(set(found)) == 1 and not faults:
        faults.append(Fault("it is the same record as first", pointer="/second"))
    if faults:
        raise BadInput.of(faults)
    (first_id, first), (second_id, second) = sorted(found)
    key = {"collection": collection.name, "first_id": first_id, "second_id": second_id}
    connection.execute(delete(DECIDED).where(*(DECIDED.c[name] == value for name, value in key.items())))
    answer = {"decision": decision, "note": note, "author": holder.label, "decided_at": now()}
    connection.execute(insert(DECIDED), key | answer)
    return {"collection": collection.name, "first": first, "second": second} | answer


@cache
def _known(collection: Collection, tier: Access) -> Select[Any]:
    rows = collection.rows
    mine = rows.c.slug == bindparam("slug", type_=rows.c.slug.type)
    return select(rows.c.id, rows.c.slug).where(mine, *seen(rows, tier))
