"""What became of a row and of its records, as the report tells it."""

from collections.abc import Iterable, Iterator, Sequence

from app.imports.mapped.matching import Place, Subject
from app.imports.readers import Flaw
from app.imports.reports import Change, Line, RowFate, shown
from app.writing.comparison import list_differs
from app.writing.validation import Entry, Fate, Spared
from app.writing.withheld import body_of


def changes_of(entry: Entry) -> Iterator[Change]:
    """The fields that an entry made other than they were; none of a new record."""
    if entry.fate is not Fate.updated or entry.old is None:
        return
    collection = entry.collection
    record = f"{collection.name}/{entry.old['slug' if collection.named else 'id']}"
    lists = {name for name in collection.part_tables if list_differs(entry, name)}
    was, now = body_of(collection, entry.old, entry.old_parts), body_of(collection, entry.row, entry.parts)
    for name, after in now.items():
        if name in lists if name in collection.part_tables else was[name] != after:
            yield Change(record, name, was[name], after)


def spared_flaw(spared: Spared) -> Flaw:
    """That something was left as a person made it."""
    hint = "--overwrite, or overwrite=true over HTTP, writes what the file states"
    if spared.name is None:
        message = (
            f"somebody retracted it, or made another statement of it, in revision {spared.revision}: not made anew"
        )
        return Flaw("edited", message, hint=hint)
    stated, standing = shown(spared.stated), shown(spared.standing)
    message = f"left as somebody made it in revision {spared.revision}: {standing}; the file states {stated} as before"
    return Flaw("edited", message, spared.name, stated, hint)


def fate_of(fates: Sequence[str], subjects: Iterable[Subject], place: Place, *, adds: bool, states: bool) -> RowFate:
    """What became of a row: of what it states, and of the subjects that it speaks of.

    `adds` says whether it adds something to a subject of an earlier row, `states` whether its table states anything
    beside subjects.
    """
    listed = list(subjects)
    changed = any(one.fate == "updated" and one.last == place for one in listed)
    if not fates and not states:
        if not adds and not changed and listed and all(one.first != place for one in listed):
            return RowFate.copy
        fates = [one.fate for one in listed if one.fate == "created"]
    if fates and all(fate == "created" for fate in fates):
        return RowFate.created
    return RowFate.updated if changed or any(fate != "unchanged" for fate in fates) else RowFate.unchanged


def lines_of(place: Place, fate: RowFate, flaws: Sequence[Flaw], changes: Sequence[Change]) -> Iterator[Line]:
    """The lines of a row: one for each thing to look at, or one without a rule; what it changed stands in the first."""
    updated = "; ".join(f"{one.record}: {one.field} from {shown(one.before)} to {shown(one.after)}" for one in changes)
    if not flaws:
        yield Line(*place, fate, told=updated, changes=tuple(changes))
    for number, flaw in enumerate(flaws):
        first = () if number else tuple(changes)
        yield Line(*place, fate, flaw.rule, flaw.message, flaw.column, flaw.value, flaw.hint, first)
