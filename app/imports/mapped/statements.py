"""What rows state, written some rows at a time: a row is written as a whole or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from app.database.store import Row, Store
from app.imports.apart import HINT, contradiction_of, tell_apart
from app.imports.mapped.checks import cautions, flaw_of, validated_row
from app.imports.mapped.matching import (
    Place,
    Subject,
    bodies,
    by_keys,
    contradiction,
    former_bearers,
    linked,
    merged,
    resolved,
    taken_off,
)
from app.imports.mapped.repeats import Repeats, Stated
from app.imports.mapped.rows import Draft, Mapped
from app.imports.mapped.subjects import Matching, undo, write_entries
from app.imports.mapped.values import Key, Rejected
from app.imports.merges import follow
from app.imports.outcomes import changes_of, fate_of, lines_of, spared_flaw
from app.imports.pipeline import Run, key_of
from app.imports.readers import Flaw
from app.imports.reports import Line, RowFate
from app.records.slugs import slug_from
from app.writing.rendering import load_rows, load_stated
from app.writing.validation import Entry, Refused
from app.writing.withheld import body_of, lists_of

LINE_BITS = 40
"""How many bits of a place hold the line; the others hold the number of the file."""


@dataclass(slots=True)
class _Stated:
    """One row's records that are to be written together."""

    place: Place
    entries: list[Entry]
    flaws: list[Flaw]
    subjects: list[Subject]
    marks: list[int] = field(default_factory=list)
    copies: int = 0
    """How many of its records an earlier row states in the same way."""
    states: bool = False
    """Whether its table states anything beside subjects."""


class Statements:
    """Writes what rows state, batch by batch, and reports what became of each row."""

    def __init__(self, run: Run, store: Store, matching: Matching, at_once: int, files: Sequence[str]) -> None:
        self._run, self._store, self._matching, self._at_once = run, store, matching, at_once
        self._connection, self._sight = run.connection, run.why.sight
        self._files = {file: number for number, file in enumerate(files)}
        self._pending: list[tuple[Place, Mapped]] = []
        self._size = 0
        self._lines: list[Line] = []
        """Lines of the rows that were taken, in the order they became known."""
        self._repeats = Repeats()
        """The statements and incidents of the rows before, so that none is written twice."""
        self._batch: dict[int, Entry] = {}
        """Those that are to be written next."""
        self._given: dict[Key, str] = {}
        """The slugs of the incidents among them that are new, by the first key of each."""

    def take(self, place: Place, mapped: Mapped | Rejected | None) -> None:
        """Take the next row."""
        if mapped is None:
            self._run.report.skipped += 1
        elif isinstance(mapped, Rejected):
            self._reject(place, mapped.flaw, *mapped.flaws, *self._matching.flaws.pop(place, ()))
        elif (flaw := self._matching.rejected.pop(place, None)) is not None:
            self._reject(place, flaw)
        else:
            self._pending.append((place, mapped))
            self._size += len(mapped.drafts)
        if self._size >= self._at_once or len(self._lines) >= self._at_once:
            self.flush()

    def flush(self) -> None:
        """Write what was taken, and tell of it."""
        pending, self._pending, self._size = self._pending, [], 0
        self._flush(pending)
        self._batch.clear()
        self._matching.slugs.forget(self._given.values())
        lines, self._lines = self._lines, []
        for line in sorted(lines, key=lambda line: (self._files[line.file], line.line)):
            self._run.report.add(line)

    def _flush(self, pending: Sequence[tuple[Place, Mapped]]) -> None:
        if not pending:
            return
        with self._run.transaction():
            found = self._incidents(pending)
            rows = [stated for place, mapped in pending if (stated := self._stated(place, mapped, found)) is not None]
            while rows:
                entries = [entry for row in rows for entry in row.entries]
                try:
                    write_entries(self._run, self._store, entries)
                except Refused as refused:
                    rows = self._without(rows, refused)
                    continue
                break
        for row in rows:
            self._settle(row)

    def _without(self, rows: Sequence[_Stated], refused: Refused) -> list[_Stated]:
        """The rows that are not at fault; the others are rejected."""
        owners = [row for row in rows for _ in row.entries]
        faults = {id(owners[at]): fault for at, fault in reversed(refused.faults)}
        for row in rows:
            for entry in row.entries:
                undo(entry)
            if id(row) in faults:
                self._reject(row.place, flaw_of(faults[id(row)]), *row.flaws)
                self._forget(row)
        return [row for row in rows if id(row) not in faults]

    def _forget(self, row: _Stated) -> None:
        for mark in row.marks:
            self._repeats.remove(mark)
            self._batch.pop(mark, None)

    def _incidents(self, pending: Sequence[tuple[Place, Mapped]]) -> dict[Key, str]:
        """The incidents of some rows that the register holds, by what they are known by."""
        keys = {
            (draft.collection.noun, key): draft.collection
            for _, mapped in pending
            for draft in mapped.drafts
            if not draft.collection.subject
            for key in draft.keys
        }
        found: dict[Key, str] = {}
        for collection in set(keys.values()):
            for key, slugs in by_keys(self._connection, collection, [key for _, key in keys], self._sight).items():
                found[key] = slugs[0]
        self._known = bodies(self._store, next(iter(keys.values())), set(found.values()), self._sight) if found else {}
        self._bearers: dict[Key, Row] = {}
        self._given = {}
        new = {
            draft.keys[0]: draft
            for _, mapped in reversed(pending)
            for draft in reversed(mapped.drafts)
            if draft.keys and not draft.collection.subject and not any(key in found for key in draft.keys)
        }
        if new:
            (collection,) = set(keys.values())
            listed = [*reversed(new.values())]
            slugs = self._matching.slugs.give(collection, [_proposed_slug(draft) for draft in listed])
            self._given = dict(zip((draft.keys[0] for draft in listed), slugs, strict=True))
            if self._run.why.spares_edits:
                wanted = (key for draft in listed for key in draft.keys)
                self._bearers = former_bearers(self._connection, collection, wanted, self._sight)
        return found

    def _stated(self, place: Place, mapped: Mapped, found: dict[Key, str]) -> _Stated | None:
        """What a row states, checked; or nothing, and the row is rejected."""
        row: dict[str, Any] = {}
        stated = _Stated(place, [], [*mapped.flaws, *self._matching.flaws.pop(place, ())], [])
        contradicts: Flaw | None = None
        try:
            for draft in mapped.drafts:
                if draft.collection.subject:
                    row[draft.name], subject = self._matching.subjects.find(draft)
                    subject.must_stand()
                    stated.subjects.append(subject)
                else:
                    stated.states = True
                    entry, flaws = self._entry(draft, row, found)
                    contradicts = self._add(stated, draft, entry, row) or contradicts
                    stated.flaws += flaws
        except Rejected as rejected:
            self._forget(stated)
            self._reject(place, rejected.flaw, *stated.flaws)
            return None
        if contradicts is not None:
            self._forget(stated)
            self._reject(place, contradicts, *stated.flaws, fate=RowFate.contradicts)
            return None
        return stated

    def _entry(self, draft: Draft, row: dict[str, Any], found: dict[Key, str]) -> tuple[Entry, list[Flaw]]:
        body = resolved(linked(draft.body, row), as_stated=not draft.collection.named)
        if draft.collection.named:
            slug = next((found[key] for key in draft.keys if key in found), None)
            if draft.keys:
                body["identifiers"] = [
                    *({"scheme": scheme, "value": value} for scheme, value in draft.keys),
                    *body.get("identifiers", []),
                ]
            if slug is not None:
                body = self._known[slug] if draft.existing == "leave" else merged(self._known[slug], body)
            else:
                key = next((key for key in draft.keys if key in self._bearers), None)
                if key is not None:
                    message = taken_off(key, self._bearers[key], draft.collection.noun)
                    raise Rejected(Flaw("edited", message, key[0], key[1]))
                slug = self._given[draft.keys[0]] if draft.keys else _proposed_slug(draft)
            body["slug"] = row[draft.name] = slug
        try:
            entry, flaws = validated_row(draft.collection, body, draft.droppable)
        except Refused as refused:
            raise Rejected(flaw_of(refused.faults[0][1], body, more=len(refused.faults) - 1)) from None
        if self._matching.merges:
            follow(self._matching.merges, entry)
        flags = entry.row.get("flags")
        return entry, [*flaws, *cautions(entry.row, flags, draft.column)] if flags else flaws

    def _add(self, stated: _Stated, draft: Draft, entry: Entry, row: dict[str, Any]) -> Flaw | None:
        """Add a record to those of its row, unless an earlier row has it; returns what contradicts that one."""
        noun = draft.collection.noun
        if not draft.collection.named and self._matching.merges:
            listed = [(entry, "nth" in draft.body)]
            contradicted = tell_apart(self._store, draft.collection, listed, self._matching.merges)
            if contradicted and self._run.why.spares_edits:
                fault = contradiction_of(*contradicted[0])
                return replace(flaw_of(fault, entry.row), rule="contradicts", hint=HINT)
        mark = hash((noun, key_of(entry)))
        said = resolved(linked(draft.body, row)) | {"keys": draft.keys}
        content = hash(orjson.dumps(said, option=orjson.OPT_SORT_KEYS))
        here = self._files[stated.place[0]] << LINE_BITS | stated.place[1]
        before = self._repeats.add(mark, Stated(here, content))
        if before is None:
            stated.marks.append(mark)
            stated.entries.append(entry)
            self._batch[mark] = entry
        elif before.place == here:
            message = f"two values of this row are the same {noun}: nothing tells them apart"
            hint = "give each entry of `each` a field that does, as `sex`, `legal_status`, `dimensions` or `measure` do"
            raise Rejected(Flaw("repeated", message, hint=hint))
        elif before.content == content:
            stated.copies += 1
        else:
            there = (list(self._files)[before.place >> LINE_BITS], before.place & ((1 << LINE_BITS) - 1))
            flaw = self._contradiction(mark, entry, there, stated.place)
            stated.copies += flaw is None
            return flaw
        return None

    def _contradiction(self, mark: int, entry: Entry, there: Place, here: Place) -> Flaw | None:
        """The first field of which an earlier row of the import states something else; none where it is the same."""
        collection, earlier = entry.collection, self._batch.get(mark)
        if earlier is None:
            key = key_of(entry)
            if isinstance(key, tuple):
                wanted = [entry.row | {"statement": key[0]}]
                rows = [row for row in load_stated(self._store, collection, wanted) if row["nth"] == key[1]]
            else:
                rows = list(load_rows(self._store, collection, "slug", [key]))
            lists = lists_of(self._store, collection, rows)
            known = next((body_of(collection, row, lists[row["id"]]) for row in rows), {})
        else:
            known = body_of(collection, earlier.row, earlier.parts)
        stated = body_of(collection, entry.row, entry.parts)
        names = [name for name in ("best", "low", "high", *stated) if name in stated]
        name = next((name for name in names if name in known and known[name] != stated[name]), None)
        if name is None:
            return None
        return contradiction(name, (there, known[name]), (here, stated[name]), collection.noun)

    def _settle(self, row: _Stated) -> None:
        """Count what became of a row and of its records."""
        fates = [str(entry.fate) for entry in row.entries]
        for entry in row.entries:
            self._run.report.count(entry.collection.name, entry.fate)
            self._run.restated.note(entry, row.place[0])
            row.flaws += (spared_flaw(spared) for spared in entry.spared)
        if row.copies and not row.entries:
            fate = RowFate.copy
        else:
            adds = hash(row.place) in self._matching.subjects.adding
            fate = fate_of(fates, row.subjects, row.place, adds=adds, states=row.states)
        if row.flaws and fate not in {RowFate.unchanged, RowFate.copy}:
            fate = RowFate.flagged
        self._run.report.rows[fate] += 1
        changes = [change for entry in row.entries for change in changes_of(entry)] if self._tells_all else []
        changes += [change for one in row.subjects if one.last == row.place for change in one.changes]
        if row.flaws or self._tells_all:
            self._lines += lines_of(row.place, fate, row.flaws, changes)

    @property
    def _tells_all(self) -> bool:
        return self._run.report.every is not None

    def _reject(self, place: Place, *flaws: Flaw, fate: RowFate = RowFate.rejected) -> None:
        self._run.report.rows[fate] += 1
        self._lines += lines_of(place, fate, flaws, ())


def _proposed_slug(draft: Draft) -> str:
    return draft.slug if draft.slug is not None else slug_from("-".join(draft.keys[0]), draft.collection.noun)
