"""What rows state, written some rows at a time: a row is written as a whole or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from app.database.store import Store
from app.imports.mapped.checks import cautions, flaw_of, validated_row
from app.imports.mapped.matching import Place, Subject, bodies, by_keys, linked, merged, resolved
from app.imports.mapped.rows import Draft, Mapped
from app.imports.mapped.subjects import Matching, undo, write_entries
from app.imports.mapped.values import Key, Rejected
from app.imports.pipeline import Run, key_of
from app.imports.readers import Flaw
from app.imports.reports import Line, RowFate
from app.records.slugs import slug_from
from app.writing.validation import Entry, Refused


@dataclass(slots=True)
class _Stated:
    """One row's records that are to be written together."""

    place: Place
    entries: list[Entry]
    flaws: list[Flaw]
    subjects: list[Subject]
    marks: list[int] = field(default_factory=list)


class Statements:
    """Writes what rows state, batch by batch, and reports what became of each row."""

    def __init__(self, run: Run, store: Store, matching: Matching, at_once: int) -> None:
        self._run, self._store, self._matching, self._at_once = run, store, matching, at_once
        self._connection, self._sight = run.connection, run.why.sight
        self._pending: list[tuple[Place, Mapped]] = []
        self._size = 0
        self._seen: set[int] = set()
        """Digests of the statements and incidents written, so that none is written twice."""

    def take(self, place: Place, mapped: Mapped | Rejected | None) -> None:
        """Take the next row."""
        if mapped is None:
            self._run.report.skipped += 1
        elif isinstance(mapped, Rejected):
            self._reject(place, mapped.flaw)
        else:
            self._pending.append((place, mapped))
            self._size += len(mapped.drafts)
            if self._size >= self._at_once:
                self.flush()

    def flush(self) -> None:
        """Write what was taken."""
        pending, self._pending, self._size = self._pending, [], 0
        self._flush(pending)

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
                self._reject(row.place, flaw_of(faults[id(row)]))
                self._seen.difference_update(row.marks)
        return [row for row in rows if id(row) not in faults]

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
        wanted = [
            draft.slug or ""
            for _, mapped in pending
            for draft in mapped.drafts
            if draft.keys and not draft.collection.subject and not any(key in found for key in draft.keys)
        ]
        self._taken = self._matching.slugs.taken(next(iter(keys.values())), set(wanted)) if wanted else set()
        return found

    def _stated(self, place: Place, mapped: Mapped, found: dict[Key, str]) -> _Stated | None:
        """What a row states, checked; or nothing, and the row is rejected."""
        row: dict[str, Any] = {}
        stated = _Stated(place, [], [*mapped.flaws, *self._matching.flaws.pop(place, ())], [])
        try:
            for draft in mapped.drafts:
                if draft.collection.subject:
                    row[draft.name] = subject = self._matching.subjects.find(draft)
                    subject.must_stand()
                    stated.subjects.append(subject)
                else:
                    entry, flaws = self._entry(draft, row, found)
                    stated.marks.append(self._mark(draft, entry))
                    stated.entries.append(entry)
                    stated.flaws += flaws
        except Rejected as rejected:
            self._seen.difference_update(stated.marks)
            self._reject(place, rejected.flaw)
            return None
        return stated

    def _entry(self, draft: Draft, row: dict[str, Any], found: dict[Key, str]) -> tuple[Entry, list[Flaw]]:
        body = resolved(linked(draft.body, row))
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
                slug = _proposed_slug(draft)
                if slug in self._taken:
                    (slug,) = self._matching.slugs.give(draft.collection, [slug])
            body["slug"] = row[draft.name] = slug
        try:
            entry, flaws = validated_row(draft.collection, body, draft.droppable)
        except Refused as refused:
            raise Rejected(flaw_of(refused.faults[0][1], body, more=len(refused.faults) - 1)) from None
        flags = entry.row.get("flags")
        return entry, [*flaws, *cautions(entry.row, flags)] if flags else flaws

    def _mark(self, draft: Draft, entry: Entry) -> int:
        """Note a statement, or an incident, by a digest; raises when the import has it already."""
        noun = draft.collection.noun
        mark = hash((noun, key_of(entry)))
        if mark in self._seen:
            states = bool(draft.collection.stated)
            message = f"the same {'statement' if states else noun} stands in an earlier row"
            hint = "a second equal one of its source takes nth: 2" if states else None
            raise Rejected(Flaw("repeated", message, hint=hint))
        self._seen.add(mark)
        return mark

    def _settle(self, row: _Stated) -> None:
        """Count what became of a row and of its records."""
        fates = [str(entry.fate) for entry in row.entries]
        for entry in row.entries:
            self._run.report.count(entry.collection.name, entry.fate)
        changed = [one for one in row.subjects if one.fate == "updated" and one.last == row.place]
        if not fates:
            fates = [one.fate for one in row.subjects if one.fate == "created"] or ["unchanged"]
        if all(fate == "created" for fate in fates):
            fate = RowFate.created
        elif changed or any(fate != "unchanged" for fate in fates):
            fate = RowFate.updated
        else:
            fate = RowFate.unchanged
        if row.flaws and fate is not RowFate.unchanged:
            fate = RowFate.flagged
        self._run.report.rows[fate] += 1
        for flaw in row.flaws:
            self._tell(row.place, fate, flaw)

    def _reject(self, place: Place, flaw: Flaw) -> None:
        self._run.report.rows[RowFate.rejected] += 1
        self._tell(place, RowFate.rejected, flaw)

    def _tell(self, place: Place, fate: RowFate, flaw: Flaw) -> None:
        self._run.report.add(Line(*place, fate, flaw.rule, flaw.message, flaw.column, flaw.value, flaw.hint))


def _proposed_slug(draft: Draft) -> str:
    return draft.slug if draft.slug is not None else slug_from("-".join(draft.keys[0]), draft.collection.noun)
