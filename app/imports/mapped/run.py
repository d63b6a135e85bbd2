"""The import: read, map, validate, match, write in batches, report.

Rows are read twice: first for the facilities, sources and actors they speak of, which are found or made; then for what
they state about them. A batch is one transaction and one revision. Run again after an interruption, an import comes to
the same end: what is there already is left alone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import orjson
from sqlalchemy import Connection, Engine

from app.catalogue.collections import COLLECTIONS, NOUNS
from app.database.engines import write_engine
from app.database.store import Row, Store, chunks
from app.errors import Fault
from app.estimates.bounds import statement_of
from app.estimates.codes import EstimateFlag
from app.history.sight import FULL, Sight
from app.imports.mapped.mapping import ImportMapping, TableMapping, unknown_columns
from app.imports.mapped.matching import (
    Likenesses,
    Slugs,
    Subject,
    Subjects,
    bodies,
    by_keys,
    held_back,
    linked,
    merged,
    resolved,
)
from app.imports.mapped.rows import Draft, Key, Mapped, Reference, Rejected, RowMapper
from app.imports.native.files import Unreadable
from app.imports.readers import Flaw, Progress, UnreadableFile, kind_of, read_rows
from app.imports.reports import Line, Report, RowFate
from app.records.collection import Collection
from app.records.slugs import slug_from
from app.writing.batch import Batch
from app.writing.revisions import Why, revision
from app.writing.validation import Entry, Fate, Refused, validated

AT_ONCE = 2000
"""How many records a batch holds, or a few more: a row is never torn."""


Place = tuple[str, int]


OnProgress = Callable[[int, int, int], None]
"""Told how many bytes of how many were read, and how many rows were done."""


@dataclass(slots=True)
class _Stated:
    """One row's records that are to be written together."""

    place: Place
    entries: list[Entry]
    flaws: list[Flaw]
    subjects: list[Subject]
    marks: list[int] = field(default_factory=list)


def run_import(
    engine: Engine,
    files: Sequence[Path],
    mapping: ImportMapping,
    *,
    author: str,
    reason: str | None = None,
    sight: Sight = FULL,
    dry_run: bool = False,
    at_once: int = AT_ONCE,
    on_progress: OnProgress | None = None,
) -> Report:
    """Import files by a mapping; raises `Unreadable` when the files and the mapping do not fit each other.

    Everything is checked in a dry run too, references and statements included, and then taken back. What `sight` does
    not see is neither found nor changed nor told of.
    """
    begun, why = perf_counter(), Why(author, text=reason, sight=sight)
    plan = _planned(files, mapping)
    with _tried_on(engine, dry_run=dry_run) as tried, tried.connect() as connection:
        run = _Import(connection, plan, why, dry_run=dry_run, at_once=at_once, on_progress=on_progress)
        try:
            run.match()
            run.write()
        except UnreadableFile as unreadable:
            connection.rollback()
            run.report.seconds = perf_counter() - begun
            raise Unreadable([str(unreadable)]) from None
        if dry_run:
            connection.rollback()
    order = {str(path): number for number, (path, _, _) in enumerate(plan)}
    run.report.lines.sort(key=lambda line: (order[line.file], line.line))
    run.report.seconds = perf_counter() - begun
    return run.report


@contextmanager
def _tried_on(engine: Engine, *, dry_run: bool) -> Iterator[Engine]:
    """The database to write to; for a dry run on SQLite a copy of it, so that nobody waits for what is taken back."""
    if not dry_run or engine.dialect.name != "sqlite":
        yield engine
        return
    with TemporaryDirectory(prefix="detention-dry-run-") as folder:
        copy = write_engine(f"sqlite:///{folder}/register.db")
        with engine.connect() as source, copy.connect() as target:
            source.connection.driver_connection.backup(target.connection.driver_connection)  # type: ignore[union-attr]
        try:
            yield copy
        finally:
            copy.dispose()


def _planned(files: Sequence[Path], mapping: ImportMapping) -> list[tuple[Path, TableMapping, RowMapper]]:
    """Each file with what reads it, in the order of the mapping's tables; every misfit is told before a row is read."""
    plan: list[tuple[Path, TableMapping, RowMapper]] = []
    faults: list[str] = []
    for table in mapping.tables:
        for path in files:
            if not table.takes(path):
                continue
            try:
                first = next(iter(read_rows(path, table.format)), None)
                columns = list(first.cells) if first and not first.fatal and kind_of(path) in {"csv", "xlsx"} else None
            except UnreadableFile as unreadable:
                faults.append(str(unreadable))
                continue
            if columns is not None:
                faults += [f"{path}:1: {fault.detail}" for fault in unknown_columns(table, columns)]
            plan.append((path, table, RowMapper(table, columns)))
    names = ", ".join(sorted({table.file or "*" for table in mapping.tables}))
    faults += [
        f"{path}: the mapping is for no file of that name, only for {names}"
        for path in files
        if not any(table.takes(path) for table in mapping.tables)
    ]
    if faults:
        raise Unreadable(faults)
    return plan


class _Import:
    """One run of an import, on one connection."""

    def __init__(
        self,
        connection: Connection,
        plan: Sequence[tuple[Path, TableMapping, RowMapper]],
        why: Why,
        *,
        dry_run: bool,
        at_once: int,
        on_progress: OnProgress | None,
    ) -> None:
        self._connection, self._plan, self._why, self._sight = connection, plan, why, why.sight
        self._dry_run, self._at_once, self._on_progress = dry_run, at_once, on_progress
        self.report = Report(dry_run=dry_run)
        self._subjects = Subjects()
        self._store = Store(connection)
        connection.rollback()  # others write while rows are read: a turn of writing begins its own transaction
        self._slugs = Slugs(self._store)
        self._alike: dict[Place, list[Flaw]] = {}
        self._seen: set[int] = set()
        """Digests of the statements and incidents written, so that none is written twice."""
        has_subjects = any(record.of.subject for _, table, _ in plan for record in table.records.values())
        self._passes = 2 if has_subjects else 1
        self._total = self._passes * sum(path.stat().st_size for path, _, _ in plan)
        self._done = 0

    # --- read ---

    def _rows(self, *, first: bool) -> Iterator[tuple[Place, Mapped | Rejected | None]]:
        """Every row of every file, mapped."""
        for path, table, mapper in self._plan:
            mapper.restart()
            progress = Progress(path.stat().st_size)
            for number, row in enumerate(read_rows(path, table.format, progress)):
                mapped: Mapped | Rejected | None
                try:
                    mapped = mapper.map(row, path.name, subjects=first)
                    for draft in mapped.drafts if mapped is not None else ():
                        if draft.collection.subject:
                            _sound(draft, mapped.flaws if mapped is not None else [])
                except Rejected as rejected:
                    mapped = rejected
                yield (str(path), row.line), mapped
                if self._on_progress is not None and number % 500 == 0:
                    done = 0 if first else self.report.rows.total()
                    self._on_progress(self._done + min(progress.done, progress.total), self._total, done)
            self._done += progress.total

    # --- match ---

    def match(self) -> None:
        """Find or make what the rows speak of."""
        if self._passes == 1:
            return
        for place, mapped in self._rows(first=True):
            if isinstance(mapped, Mapped):
                row: dict[str, Any] = {}
                for draft in mapped.drafts:
                    row[draft.name] = self._subjects.note(draft, place, row)
        self._find()
        self._make()

    def _find(self) -> None:
        """Give each subject the slug of the record that is there, or a new one."""
        with self._transaction():
            likenesses: Likenesses | None = None
            for collection, subjects in _by_collection(self._subjects.all):
                keys = [key for one in subjects for key in one.keys]
                there = by_keys(self._connection, collection, keys, self._sight) if keys else {}
                bare = [one.proposed for one in subjects if not one.keys and one.proposed]
                known = bodies(self._store, collection, bare, self._sight).keys() if bare else set()
                gone = self._slugs.taken(collection, bare) - known if bare else set()
                new: list[Subject] = []
                for one in subjects:
                    found = next((slugs for key in one.keys if (slugs := there.get(key))), [])
                    if len(found) > 1:
                        one.fault = f"several facilities bear this identifier: {', '.join(found[:5])}"
                    elif found:
                        one.slug = found[0]
                    elif not one.keys and one.proposed in known:
                        one.slug = one.proposed
                    elif not one.keys and one.proposed in gone:
                        one.fault = f"the slug {one.proposed!r} is taken"
                    elif one.mode == "only":
                        one.fault = f"there is no such {collection.noun}, and this table makes none"
                    else:
                        new.append(one)
                for one, slug in zip(new, self._slugs.give(collection, [_proposed(one) for one in new]), strict=True):
                    one.slug, one.fate = slug, "created"
                if collection.noun == "facility" and new:
                    likenesses = likenesses or Likenesses(self._connection, collection, new, self._sight)
                    self._compare(new, likenesses)

    def _compare(self, new: Sequence[Subject], likenesses: Likenesses) -> None:
        """Tell which new facilities look like known ones."""
        for one in new:
            country, admin1, name = (one.body.get(field) for field in ("country", "admin1", "name"))
            if not isinstance(name, str) or one.slug is None:
                continue
            if found := likenesses.alike(country, admin1, name):
                told = ", ".join(f"{slug} ({score:.2f})" for slug, score in found)
                hint = f"if {one.slug} is one of them, give it that one's identifier or merge the two"
                flaw = Flaw("looks_like", f"taken as new; looks like {told}", "name", name[:200], hint)
                self._alike.setdefault(one.first, []).append(flaw)
            likenesses.add(one.slug, country, admin1, name)

    def _make(self) -> None:
        """Write the subjects: sources and actors first, facilities after those they belong to."""
        written: list[Subject] = []
        for collection, subjects in _by_collection(self._subjects.all):
            standing = [one for one in subjects if one.fault is None]
            standing.sort(key=lambda one: isinstance(one.body.get("parent"), Subject))
            for some in chunks(standing, self._at_once):
                with self._transaction():
                    old = {one.slug for one in some if one.fate != "created" and one.mode == "update" and one.slug}
                    known = bodies(self._store, collection, old, self._sight)
                    self._write_subjects([made for one in some for made in self._subject(one, known)])
                written += some
        for one in written:
            if one.fault is None:
                self.report.count(one.collection.name, one.fate)

    def _subject(self, one: Subject, known: dict[str, dict[str, Any]]) -> Iterator[tuple[Subject, Entry]]:
        """The entry of a subject, if there is anything to write; what is wrong with it is told of its last row."""
        held = next(held_back(one.body), None)
        if held is not None:
            one.fault = f"its {held.collection.noun} cannot be written: {held.fault}"
            return
        body = resolved(one.body)
        if one.keys and "identifiers" in one.collection.body.model_fields:
            listed = [{"scheme": scheme, "value": value} for scheme, value in one.keys]
            body = merged({"identifiers": listed}, {"identifiers": body.get("identifiers", [])}) | {
                name: value for name, value in body.items() if name != "identifiers"
            }
        if one.fate != "created":
            if one.mode != "update" or one.slug not in known:
                return
            body = merged(known[one.slug], body)
        body["slug"] = one.slug
        try:
            yield one, validated(one.collection, body, published=True)
        except Refused as refused:
            one.fault = "; ".join(f"{fault.pointer or ''} {fault.detail}".strip() for _, fault in refused.faults)

    def _write_subjects(self, pairs: Sequence[tuple[Subject, Entry]]) -> None:
        left = list(pairs)
        while left:
            try:
                self._write_entries([entry for _, entry in left])
            except Refused as refused:
                for _, entry in left:
                    _undone(entry)
                for at, fault in refused.faults:
                    left[at][0].fault = fault.detail
                left = [pair for pair in left if pair[0].fault is None]
                continue
            break
        for one, entry in left:
            one.fate = str(entry.fate)

    # --- write ---

    def write(self) -> None:
        """Write what the rows state, batch by batch."""
        size = 0
        pending: list[tuple[Place, Mapped]] = []
        for place, mapped in self._rows(first=False):
            if mapped is None:
                self.report.skipped += 1
                continue
            if isinstance(mapped, Rejected):
                self._reject(place, mapped.flaw)
                continue
            pending.append((place, mapped))
            size += len(mapped.drafts)
            if size >= self._at_once:
                self._flush(pending)
                pending, size = [], 0
        self._flush(pending)
        if self._on_progress is not None:
            self._on_progress(self._total, self._total, self.report.rows.total())

    def _flush(self, pending: Sequence[tuple[Place, Mapped]]) -> None:
        if not pending:
            return
        with self._transaction():
            found = self._incidents(pending)
            rows = [stated for place, mapped in pending if (stated := self._stated(place, mapped, found)) is not None]
            while rows:
                entries = [entry for row in rows for entry in row.entries]
                try:
                    self._write_entries(entries)
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
                _undone(entry)
            if id(row) in faults:
                self._reject(row.place, _flaw(faults[id(row)]))
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
        self._taken = self._slugs.taken(next(iter(keys.values())), set(wanted)) if wanted else set()
        return found

    def _stated(self, place: Place, mapped: Mapped, found: dict[Key, str]) -> _Stated | None:
        """What a row states, checked; or nothing, and the row is rejected."""
        row: dict[str, Any] = {}
        stated = _Stated(place, [], [*mapped.flaws, *self._alike.pop(place, ())], [])
        try:
            for draft in mapped.drafts:
                if draft.collection.subject:
                    row[draft.name] = subject = self._subjects.find(draft)
                    subject.must_stand()
                    stated.subjects.append(subject)
                elif draft.needs <= row.keys():
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
                    (slug,) = self._slugs.give(draft.collection, [slug])
            body["slug"] = row[draft.name] = slug
        try:
            entry, flaws = _validated(draft.collection, body, draft.droppable)
        except Refused as refused:
            raise Rejected(_flaw(refused.faults[0][1], body, more=len(refused.faults) - 1)) from None
        flags = entry.row.get("flags")
        return entry, [*flaws, *_cautions(entry.row, flags)] if flags else flaws

    def _mark(self, draft: Draft, entry: Entry) -> int:
        """Note a statement, or an incident, by a digest; raises when the import has it already."""
        noun = draft.collection.noun
        told = "the same statement stands in an earlier row"
        if stated := draft.collection.stated:
            mark = hash((noun, statement_of(entry.row, stated), entry.row["nth"]))
        else:
            mark, told = hash((noun, entry.row["slug"])), f"the same {noun} stands in an earlier row"
        if mark in self._seen:
            hint = "a second equal one of its source takes nth: 2" if stated else None
            raise Rejected(Flaw("repeated", told, hint=hint))
        self._seen.add(mark)
        return mark

    def _settle(self, row: _Stated) -> None:
        """Count what became of a row and of its records."""
        fates = [str(entry.fate) for entry in row.entries]
        for entry in row.entries:
            self.report.count(entry.collection.name, entry.fate)
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
        self.report.rows[fate] += 1
        for flaw in row.flaws:
            self._tell(row.place, fate, flaw)

    def _reject(self, place: Place, flaw: Flaw) -> None:
        self.report.rows[RowFate.rejected] += 1
        self._tell(place, RowFate.rejected, flaw)

    def _tell(self, place: Place, fate: RowFate, flaw: Flaw) -> None:
        self.report.tell(Line(*place, fate, flaw.rule, flaw.told, flaw.column, flaw.value, flaw.hint))

    # --- transactions ---

    def _transaction(self) -> Any:
        return _Turn(self._connection, commit=not self._dry_run)

    def _write_entries(self, entries: Sequence[Entry]) -> None:
        """Write entries as one revision; what changes nothing makes none."""
        if not entries:
            return
        with revision(self._store, self._why, nested=True) as current:
            current.keep = Batch(self._store, current, entries, self._why).write()
        if current.keep and not self._dry_run:
            self.report.revisions.append(current.number)


class _Turn:
    """A stretch of work that is committed at its end, or in a dry run left for the end of it all."""

    def __init__(self, connection: Connection, *, commit: bool) -> None:
        self._connection, self._commit = connection, commit

    def __enter__(self) -> None:
        if not self._connection.in_transaction():
            self._connection.begin()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._connection.rollback()
        elif self._commit:
            self._connection.commit()


def _by_collection(subjects: Iterable[Subject]) -> Iterator[tuple[Collection, list[Subject]]]:
    """The subjects of each collection, those others name first."""
    for collection in COLLECTIONS.values():
        some = [one for one in subjects if one.collection is collection]
        if some:
            yield collection, some


def _cautions(row: Row, flags: Sequence[str]) -> Iterator[Flaw]:
    """What a number was flagged with on its way in."""
    bounds = "/".join("" if row[name] is None else str(row[name]) for name in ("low", "best", "high"))
    if EstimateFlag.bounds_out_of_order in flags:
        yield Flaw("bounds_out_of_order", "low, best and high fall; kept as published", "low/best/high", bounds)
    if EstimateFlag.rounded in flags:
        yield Flaw("rounded", f"a fraction is stored as {row['best']}", "figure", row["as_written"])


def _undone(entry: Entry) -> None:
    """An entry as it was before it was written."""
    entry.fate, entry.old, entry.old_parts = Fate.created, None, {}


def _proposed(one: Subject) -> str:
    return one.proposed or slug_from(
        str(one.body.get("name") or one.body.get("title") or one.keys[0][1]), one.collection.noun
    )


def _proposed_slug(draft: Draft) -> str:
    return draft.slug if draft.slug is not None else slug_from("-".join(draft.keys[0]), draft.collection.noun)


def _sound(draft: Draft, flaws: list[Flaw]) -> None:
    """Check what a row states of a subject by itself; raises `Rejected`, or leaves out what may be."""
    body = _plain(draft.body)
    for name, told in _faults(draft.collection.noun, orjson.dumps(body, option=orjson.OPT_SORT_KEYS)):
        flaw = Flaw("invalid", told, name, str(body[name])[:200])
        if name not in draft.droppable:
            raise Rejected(flaw)
        del draft.body[name]
        flaws.append(replace(flaw, told=f"{told}; left out"))


@lru_cache(maxsize=8192)
def _faults(noun: str, body: bytes) -> list[tuple[str, str]]:
    """What is wrong with the fields that are there; that others are missing is told when the record is made."""
    given = orjson.loads(body)
    try:
        validated(NOUNS[noun], given, published=True)
    except Refused as refused:
        told = [((fault.pointer or "/").split("/")[1], fault.detail) for _, fault in refused.faults]
        return [(name, detail) for name, detail in dict(told).items() if name in given]
    return []


def _plain(value: Any) -> Any:
    """A value in which some slug stands for whatever record it names."""
    if isinstance(value, Reference):
        return "named"
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _validated(collection: Collection, body: dict[str, Any], droppable: frozenset[str]) -> tuple[Entry, list[Flaw]]:
    """A record checked as published data; what may be left out where it is wrong is, and told."""
    try:
        return validated(collection, body, published=True), []
    except Refused as refused:
        heads = {(fault.pointer or "/").split("/")[1]: fault for _, fault in refused.faults}
        if not heads.keys() <= droppable:
            raise
    flaws = [
        Flaw("invalid", f"{fault.detail}; left out", name, str(body.get(name))[:200]) for name, fault in heads.items()
    ]
    left = {name: value for name, value in body.items() if name not in heads}
    return validated(collection, left, published=True), flaws


def _flaw(fault: Fault, body: dict[str, Any] | None = None, more: int = 0) -> Flaw:
    name = (fault.pointer or "/").split("/")[1] or None
    value = None if body is None or name is None else body.get(name)
    told = fault.detail + (f" (and {more} more)" if more > 0 else "")
    return Flaw("invalid" if body is not None else "refused", told, name, None if value is None else str(value)[:200])
