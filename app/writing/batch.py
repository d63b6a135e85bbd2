"""The one write path: resolve, revise, render, commit. The API and the import share it.

A batch of records is one transaction and one revision, all of it or none. What equals what the register holds already
is left alone, and a batch that changes nothing makes no revision.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Engine, Select, bindparam, select

from app.catalogue.collections import COLLECTIONS, NOUNS
from app.database.store import Row, Store
from app.errors import Conflict, Fault
from app.history.access import seen
from app.history.codes import Access, ChangeAction, ReasonCode
from app.history.lookup import Lookup
from app.history.sight import FULL
from app.records.collection import Collection
from app.records.near import LONGEST
from app.records.references import placed_in
from app.records.slugs import numbered, slug_of
from app.records.tables import SLUGS
from app.records.wire import docs
from app.writing.affected import Affected, in_turn
from app.writing.change_log import NotedChanges
from app.writing.comparison import differs, given_twice, list_differs
from app.writing.cycles import circles
from app.writing.prefetch import Known, Prefetch, by_noun, named_by
from app.writing.rendering import Held, held_by, load_lists, load_rows, load_stated, referring
from app.writing.revisions import RECORDED, Why, revision
from app.writing.validation import Aim, Entry, Fate, Refused
from app.writing.withheld import leave_hidden

ALIKE = select(SLUGS.c.slug).where(
    SLUGS.c.collection == bindparam("of", type_=SLUGS.c.collection.type),
    # Not BETWEEN: PostgreSQL does not take the COLLATE of these parameters there.
    SLUGS.c.slug >= bindparam("low", type_=SLUGS.c.slug.type),
    SLUGS.c.slug <= bindparam("high", type_=SLUGS.c.slug.type),
)
"""The slugs given that begin alike."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a batch did: the revision it made, or none, and each record's fate in the order given."""

    revision: int | None
    entries: Sequence[Entry]

    def counts(self) -> dict[Fate, int]:
        """How many records met each fate."""
        return Counter(entry.fate for entry in self.entries)


def write(
    engine: Engine,
    entries: Sequence[Entry],
    *,
    author: str,
    reason_code: ReasonCode | None = None,
    reason: str | None = None,
    dry_run: bool = False,
) -> Written:
    """Write a batch in one transaction; raises `Refused`, and then, as in a dry run, writes nothing."""
    with engine.connect() as connection:
        with revision(connection, author, reason_code, reason) as number:
            Batch(Store(connection), number, entries).write()
        if dry_run or all(entry.fate is Fate.unchanged for entry in entries):
            connection.rollback()
            return Written(None, entries)
        connection.commit()
        return Written(number, entries)


class Batch:
    """The records written in one revision; new ones may be written in several, of which `number` is the last."""

    def __init__(
        self,
        store: Store,
        number: int,
        entries: Sequence[Entry],
        recorded: Mapping[int, str] | None = None,
        known: Known | None = None,
        affected: Affected | None = None,
        why: Why | None = None,
    ) -> None:
        """`known` and `affected` are what it has in common with other batches of one import; else it has its own.

        `why` says who writes: with what sight, and with what reason. Without it all is seen, and no reason asked.
        """
        self._why, self._sight = why, why.sight if why is not None else FULL
        self._store, self._number, self._entries = store, number, list(entries)
        self._known = known or Prefetch(store, self._entries)
        self._recorded = recorded or {number: store.run(RECORDED, {"last": number})[0][0]}
        self._affected = affected or Affected(store, number, NotedChanges(store, number, self._recorded))
        self._log = self._affected.log
        self._free: set[tuple[str, str]] = set()
        """Slugs that were found to be nobody's, each after its noun."""

    def write(self) -> None:
        """Write them all, and render anew whatever shows a part of them."""
        for noun, entries in by_noun(self._entries).items():
            if NOUNS[noun].named:
                self._name(NOUNS[noun], entries)
        self.put()
        self._retract([entry for entry in self._entries if entry.aim is Aim.retract])
        self._affected.render()
        self._affected.redact()
        self._log.write()

    def put(self) -> None:
        """Write those that are to stand: first what need not be rendered, which a server takes meanwhile."""
        for entry in self._entries:
            # A batch of several revisions says of each record which one it belongs to.
            entry.revision = entry.revision or self._number
        found = by_noun(self._entries)
        kept = [(collection, found[collection.noun]) for collection in in_turn() if collection.noun in found]
        there = {collection: self._standing_under(collection, entries) for collection, entries in kept}
        lookup = self.resolved()
        for collection, entries in kept:
            if collection.normalise is not None:
                for entry in entries:
                    collection.normalise(entry.row, lookup, entry.statement)
            self._match(collection, entries, there[collection])
            self._number_new(collection, entries)
        for collection, entries in kept:
            self._write_lists(collection, entries)
        for collection, entries in kept:
            self._write_rows(collection, entries, lookup)

    # --- resolve ---

    def _name(self, collection: Collection, entries: Sequence[Entry]) -> None:
        """Give records without a slug one made from their names; one made up before may give way to a taken one."""
        free = [entry for entry in entries if entry.row["slug"] is None or entry.slug_is_free]
        if not free:
            return
        stems = [entry.row["slug"] or slug_of(collection, entry.row) for entry in free]
        given = Counter(entry.row["slug"] for entry in entries)
        there = self._known.given_before(collection, stems)
        self._free.update((collection.noun, stem) for stem in stems if stem not in there)
        for entry, stem in zip(free, stems, strict=True):
            given[entry.row["slug"]] -= 1
            slug = stem
            if stem in there or given[stem]:
                taken = alike(self._store, collection, stem)
                slug = next(slug for slug in numbered(stem) if slug not in taken and not given[slug])
            if entry.row["slug"] not in {None, slug}:
                self._rename(collection.noun, stem, slug)
            entry.row["slug"] = slug
            given[slug] += 1

    def _rename(self, noun: str, given: str, slug: str) -> None:
        """Let the batch's own references follow a slug that had to give way."""
        for entry in self._entries:
            for name, named in entry.collection.references.items():
                if named == noun and entry.row[name] == given:
                    entry.row[name] = slug
            for name, nouns in entry.collection.part_references.items():
                columns = [column for column, named in nouns.items() if named == noun]
                listed = entry.parts.get(name, [])
                for place, part in enumerate(listed):
                    listed[place] = part | {column: slug for column in columns if part[column] == given}

    def resolved(self) -> Lookup:
        """The rows that the batch names, its own among them; refuses names that are neither there nor in the batch."""
        named = named_by(self._entries)
        own: dict[str, dict[str, Row]] = defaultdict(dict)
        for entry in self._entries:
            if entry.collection.named and entry.aim is not Aim.retract:
                own[entry.collection.noun][entry.row["slug"]] = entry.row
        rows: dict[str, dict[str, Row]] = {}
        for noun, slugs in named.items():
            rows[noun] = self._known.standing(noun, slugs - own[noun].keys())
        hidden = self._sight.hidden(rows) - self._known.made
        for noun, mine in own.items():
            rows.setdefault(noun, {}).update(mine)
        for noun, slugs in named.items():
            rows[noun].update(self._known.to_come(noun, slugs - rows[noun].keys()))
        unknown: list[tuple[int, Fault]] = []
        if hidden or any(slugs - rows[noun].keys() for noun, slugs in named.items()):
            unknown = [
                (number, Fault(self._unknown(noun, slug), pointer=place))
                for number, entry in enumerate(self._entries)
                for noun, slug, place in placed_in(entry.collection, entry.row, entry.parts)
                if slug not in rows[noun] or ((noun, slug) in hidden and place not in entry.kept)
            ]
        # What is unknown is a part of nothing.
        lost = {(number, fault.pointer) for number, fault in unknown}
        own_parts = circles(self._store, self._entries, self._sight)
        if faults := [
            *((number, fault) for number, fault in own_parts if (number, fault.pointer) not in lost),
            *unknown,
        ]:
            raise Refused(faults)
        return Lookup(rows, self._recorded, self._known.cache)

    def _unknown(self, noun: str, slug: str) -> str:
        near = self._known.near
        if near.lacks(noun):
            statement = _slugs_seen(NOUNS[noun], self._sight.tier)
            near.slugs[noun] = [row[0] for row in self._store.run(statement)]
        found = near.to(noun, slug)
        hint = f"near ones: {', '.join(found)}; " if found else ""
        return f"no {noun} has the slug {slug!r}; {hint}POST /v1/{NOUNS[noun].name} makes one"

    # --- match and store ---

    def _standing_under(self, collection: Collection, entries: Sequence[Entry]) -> tuple[dict[Any, Row], set[str]]:
        """What stands under the slugs of some records, and which of these were ever given."""
        if not collection.named:
            return {}, set()
        taken = self._taken(collection, entries)
        asked = {entry.row["slug"] for entry in entries} & taken
        there = {row["slug"]: row for row in load_rows(self._store, collection, "slug", asked)}
        known = [
            (entry, old)
            for entry in entries
            if entry.aim is Aim.put and (old := there.get(entry.row["slug"])) is not None and self._sight.sees(old)
        ]
        for entry, old in known:
            if not entry.says_access:
                entry.row["access"] = old["access"]
        if known and not self._sight.full:
            leave_hidden(self._store, collection, known, self._sight)
        return there, taken

    def _match(self, collection: Collection, entries: Sequence[Entry], there: tuple[dict[Any, Row], set[str]]) -> None:
        """Find what each record was before, if anything, and whether it differs."""
        found, taken = there
        if not collection.named:
            rows = load_stated(self._store, collection, self._stated(collection, entries))
            found = {itemgetter(*collection.identity)(row): row for row in rows}
        key_of: Callable[[Row], Any] = itemgetter(*(("slug",) if collection.named else collection.identity))
        seen, refused = set(), list[tuple[int, Fault]]()
        for entry in entries:
            key = key_of(entry.row)
            if key in seen:
                raise Refused([(self._place(entry), given_twice(collection, entry.row))])
            seen.add(key)
            refused += self._met(entry, found.get(key), taken)
        if refused:
            raise Refused(refused)
        old = {entry.old["id"]: entry for entry in entries if entry.old is not None}
        for name, table in collection.part_tables.items():
            for owner, parts in load_lists(self._store, table, old).items():
                old[owner].old_parts[name] = parts
        for entry in old.values():
            entry.fate = Fate.updated if differs(entry) else Fate.unchanged
        if not self._sight.full:
            new = (entry.row for entry in entries if collection.named and not self._sight.sees(entry.row))
            self._known.made.update((collection.noun, row["slug"]) for row in new)

    def _met(self, entry: Entry, there: Row | None, taken: set[str]) -> Sequence[tuple[int, Fault]]:
        """Set a record against what stands there; of one among many brings what is wrong, of another raises it."""
        try:
            self._meet(entry, there, taken)
        except Conflict as conflict:
            if entry.aim is not Aim.put:
                raise
            place = self._place(entry)
            return [(place, fault) for fault in conflict.faults]
        return ()

    def _stated(self, collection: Collection, entries: Sequence[Entry]) -> list[Row]:
        """The rows whose statements may stand there already: none about what is new itself."""
        if not self._known.may_stand(collection):
            return []
        about = collection.stated[0]
        noun = collection.references[about]
        return [entry.row for entry in entries if (noun, entry.row[about]) not in self._free]

    def _taken(self, collection: Collection, entries: Sequence[Entry]) -> set[str]:
        """Those of the slugs that were given before, to records that stand or that are gone."""
        given = {entry.row["slug"] for entry in entries} if collection.named else set()
        asked = [slug for slug in given if (collection.noun, slug) not in self._free]
        return self._known.given_before(collection, asked) if asked else set()

    def _meet(self, entry: Entry, there: Row | None, taken: set[str]) -> None:
        """Set a record against the one that stands under its slug, or makes its statement."""
        collection = entry.collection
        meant = entry.aim is Aim.put and self._sight.sees(there)
        if there is not None and not meant and there["id"] != (entry.old or {}).get("id"):
            told = self._in_its_place(collection, there)
            raise Conflict(told, [Fault(told, pointer="/slug" if collection.named else "/nth")])
        if entry.aim is not Aim.change:
            entry.old = there
        if entry.old is None and entry.aim is not Aim.restore and entry.row.get("slug") in taken:
            told = _taken(entry.row)
            raise Conflict(told, [Fault(told, pointer="/slug")])
        if entry.aim is Aim.put and there is not None:
            self._meet_access(entry, there)

    def _meet_access(self, entry: Entry, there: Row) -> None:
        """Leave who may see a record as it is where nothing is said of it; else see whether that may be changed."""
        if not entry.says_access:
            entry.row["access"] = there["access"]
        elif self._why is not None:
            problem = self._sight.may_turn(there["access"], entry.row["access"], {"reason": self._why.text})
            if problem is not None:
                raise Conflict(problem.detail, [Fault(problem.detail, pointer="/access")])

    def _in_its_place(self, collection: Collection, there: Row) -> str:
        """The sentence for what stands where another is to be; it is named where the writer may see it."""
        if collection.named:
            return _taken(there)
        where = f"at /v1/{collection.name}/{there['id']}" if self._sight.sees(there) else "already"
        return f"An equal statement stands {where}; a second equal one of its source takes nth: {there['nth'] + 1}."

    def _place(self, entry: Entry) -> int:
        return next(number for number, other in enumerate(self._entries) if other is entry)

    def _number_new(self, collection: Collection, entries: Sequence[Entry]) -> None:
        """Give every record that is to be written its id."""
        unnumbered = list(filter(_is_new, entries))
        ids = self._known.new_ids(collection, len(unnumbered)) if unnumbered else ()
        for entry, number in zip(unnumbered, ids, strict=True):
            entry.row["id"] = number
        for entry in entries:
            if entry.fate is Fate.updated:
                entry.row["id"] = (entry.old or {})["id"]

    def _write_lists(self, collection: Collection, entries: Sequence[Entry]) -> None:
        """Write the lists and slugs of what is new or different."""
        new = [entry for entry in entries if entry.fate is Fate.created]
        for name, table in collection.part_tables.items():
            differing = [entry for entry in entries if entry.fate is Fate.updated and list_differs(entry, name)]
            self._store.delete(table, "owner_id", (entry.row["id"] for entry in differing))
            self._store.insert(table, (part for entry in (*new, *differing) for part in self._placed(entry, name)))
        if collection.named:
            self._store.insert(SLUGS, map(self._slug, filter(_is_new, new)))

    def _write_rows(self, collection: Collection, entries: Sequence[Entry], lookup: Lookup) -> None:
        """Write the rows of what is new or different."""
        new = [entry for entry in entries if entry.fate is Fate.created]
        changed = [entry for entry in entries if entry.fate is Fate.updated]
        held = self._prepared(collection, new, changed)
        self._store.insert(collection.rows, (self._rendered(entry, lookup, held) for entry in new))
        self._store.update(collection.rows, (self._rendered(entry, lookup, held) for entry in changed))

    def _prepared(self, collection: Collection, new: Sequence[Entry], changed: Sequence[Entry]) -> Mapping[str, Held]:
        """What the wire forms of new records hold of others; and note what else shows what is written."""
        for entry in (*new, *changed):
            entry.row["revision"] = entry.revision
            self._affected.note(entry)
            self._log.note(collection, entry.row, _action(entry), entry.old)
        if not collection.embedded:
            return {}
        # What a new record holds can only have come with it. One that stood before is rendered at the end.
        held = held_by(collection, [entry.row["slug"] for entry in new], self._known.held)
        self._affected.holds_all(collection, set(held), {entry.row["slug"] for entry in changed})
        return held

    def _rendered(self, entry: Entry, lookup: Lookup, held: Mapping[str, Held]) -> Row:
        """A record's row with its wire forms."""
        made = docs(entry.collection, entry.row, entry.parts, lookup, held.get(entry.row.get("slug", "")))
        entry.row.update(made)
        return entry.row

    def _retract(self, entries: Sequence[Entry]) -> None:
        """Delete records nothing else refers to; the twins keep them, and their slugs stay taken."""
        going: dict[str, set[int]] = defaultdict(set)
        for entry in entries:
            going[entry.collection.noun].add(entry.row["id"])
        for entry in entries:
            collection = entry.collection
            if collection.named:
                left = [
                    (other, number)
                    for other in COLLECTIONS.values()
                    for number in sorted(referring(self._store.connection, other, collection.noun, entry.row["slug"]))
                    if number not in going[other.noun]
                ]
                if left:
                    raise Conflict(self._in_the_way(entry, left))
        for entry in entries:
            number = entry.row["id"]
            for table in entry.collection.part_tables.values():
                self._store.delete(table, "owner_id", [number])
            self._store.delete(entry.collection.rows, "id", [number])
            entry.fate = Fate.retracted
            self._affected.note_holders(entry.collection, entry.row)
            action = ChangeAction.merge if entry.into else ChangeAction.retract
            self._log.note(entry.collection, entry.row, action, entry.row, into=entry.into)

    def _in_the_way(self, entry: Entry, left: Sequence[tuple[Collection, int]]) -> str:
        """The sentence that names what refers to a record, as far as the writer may see it."""
        named, hidden = [], False
        for other, some in groupby(left, key=itemgetter(0)):
            key = "slug" if other.named else "id"
            ids = [number for _, number in some]
            for row in self._store.rows(other.rows, (key, "access"), "id", ids, order=("id",)):
                hidden = hidden or not self._sight.sees(row)
                named += [f"/v1/{other.name}/{row[key]}"] if self._sight.sees(row) else []
        more = [f"{len(named) - 10} more"] if len(named) > 10 else []
        unseen = ["what this key may not see"] if hidden else []
        told = " and ".join([*filter(None, [", ".join(named[:10])]), *more, *unseen])
        return f"This {entry.collection.noun} is referred to by {told}; change or retract those first."

    def _placed(self, entry: Entry, name: str) -> Iterator[Row]:
        for position, part in enumerate(entry.parts[name]):
            yield part | {"owner_id": entry.row["id"], "position": position, "revision": entry.revision}

    def _slug(self, entry: Entry) -> Row:
        given = {"slug": entry.row["slug"], "record_id": entry.row["id"]}
        return given | {"collection": entry.collection.name, "revision": entry.revision}


def alike(store: Store, collection: Collection, stem: str) -> set[str]:
    """The slugs given before that begin with a stem."""
    like = {"of": collection.name, "low": stem, "high": f"{stem}~"}
    return {row[0] for row in store.run(ALIKE, like)}


@cache
def _slugs_seen(collection: Collection, tier: Access) -> Select[Any]:
    rows = collection.rows
    return select(rows.c.slug).where(*seen(rows, tier)).order_by(rows.c.slug).limit(LONGEST)


def _taken(row: Row) -> str:
    """The sentence for a slug that was given before: to whom, and whether that still stands, is nobody's to know."""
    return f"The slug {row['slug']!r} is taken."


def _is_new(entry: Entry) -> bool:
    """Whether a record is to have an id and a slug that none had before."""
    return entry.fate is Fate.created and entry.aim is not Aim.restore


def _action(entry: Entry) -> ChangeAction:
    if entry.aim is Aim.restore:
        return ChangeAction.split_
    return ChangeAction.update if entry.old else ChangeAction.create
