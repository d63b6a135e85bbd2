"""Which records the rows speak of: facilities, incidents, sources and actors, found by identifier or slug, or new.

A facility is found by its identifiers alone; a similar name only makes a line in the report.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, tuple_

from app.database.store import Row, Store, chunks
from app.history.access import seen
from app.history.past import EVER, history_of
from app.history.sight import Sight
from app.history.tables import IMPORTED
from app.imports.mapped.rows import Draft
from app.imports.mapped.values import Key, Reference, Rejected
from app.imports.readers import Flaw
from app.imports.reports import Change, shown
from app.records.codes import NameKind
from app.records.collection import Collection
from app.records.tables import SLUGS
from app.records.text import folded
from app.writing.rendering import load_rows
from app.writing.withheld import body_of, hidden_in, lists_of, seen_of

ADDED = {"names", "identifiers", "sources", "phases"}
"""Lists that an import adds to; all other fields it states are replaced."""
UNKNOWN = "unknown"
"""The code for what is not known: it never takes the place of what is."""
MODES = ("only", "leave", "update")
Place = tuple[str, int]
"""A file, and the line that a row begins on."""
Origin = tuple[Place, str | None]
"""The row that states a field, and its day where days decide between rows."""


@dataclass(eq=False, slots=True)
class Subject:
    """A record that rows speak of, and that other records of theirs may name."""

    collection: Collection
    keys: list[Key]
    proposed: str | None
    body: dict[str, Any]
    mode: str
    first: Place
    """The file and line that speaks of it first."""
    last: Place
    newest: str | None = None
    """The day of the row that speaks of it first, where days decide between rows."""
    origins: dict[str, Origin] = field(default_factory=dict)
    """Of fields that not the first row states as they are: which does."""
    slug: str | None = None
    stem: str = ""
    words: str = ""
    """The slug that its words make, and those words, where it has no key; unless they are written as that slug."""
    former: str | None = None
    """The slug of the record that it was, where that was given up in favour of another."""
    fate: str = "unchanged"
    fault: str | None = None
    """Why it cannot be written."""
    changes: tuple[Change, ...] = ()
    """What became other than it was."""
    twin: "Subject | None" = None
    """The one that came first and turned out to be the same record."""

    def must_stand(self) -> None:
        """Raise what keeps it from being written."""
        if self.fault is not None:
            message = f"its {self.collection.noun} cannot be written: {self.fault}"
            raise Rejected(Flaw("unwritable_subject", message))

    def state(self, body: Mapping[str, Any], place: Place, newest: str | None) -> Iterator[Flaw]:
        """Take in what a further row states; yields what contradicts an earlier one.

        The newer row counts where both have a day; else the later one, and that is told.
        """
        stated = {name: value for name, value in body.items() if value is not None}
        self.body = dict(self.body)
        for name, value in stated.items():
            if name in ADDED or (self.body.get(name) is not None and not _is_known(name, value)):
                continue
            there, origin = self.body.get(name), self.origins.get(name, (self.first, self.newest))
            decided = newest != origin[1]
            if not _is_known(name, there):
                self.body[name], self.origins[name] = value, (place, newest)
                continue
            if _alike(there, value):
                if (newest or "") > (origin[1] or ""):
                    self.origins[name] = (place, newest)
                continue
            counts = (newest or "") > (origin[1] or "") if decided else True
            if not decided:
                yield contradiction(name, (origin[0], there), (place, value), self.collection.noun)
            if name == "name" and "names" in self.collection.part_tables:
                kind = NameKind.former if decided else NameKind.alias
                self._add({"names": [{"name": there if counts else value, "kind": kind.value}]})
            if counts:
                self.body[name], self.origins[name] = value, (place, newest)
        self._add({name: value for name, value in stated.items() if name in ADDED})

    def _add(self, lists: dict[str, Any]) -> None:
        self.body = merged(self.body, {name: [] for name in lists if name not in self.body})
        self.body = merged(self.body, lists)


def _is_known(name: str, value: Any) -> bool:
    """Whether a value says something; a thing may be called by the word for what is not known."""
    return value is not None and (value != UNKNOWN or name == "name")


def _alike(one: Any, other: Any) -> bool:
    """Whether two values say the same: of texts, however many blanks stand in them."""
    if isinstance(one, str) and isinstance(other, str):
        return folded(one) == folded(other)
    return bool(one == other)


def contradiction(name: str, earlier: tuple[Place, Any], later: tuple[Place, Any], noun: str) -> Flaw:
    """That two rows of one import state a field of one record differently: both lines, both values."""
    (there, before), (place, after) = (earlier[0], said(earlier[1])), (later[0], said(later[1]))
    message = f"{where(there, place)} states another {name} of the same {noun}: {before}; this row: {after}"
    hint = "correct one of the two rows, or map what tells the two apart"
    return Flaw("contradicts", message, name, after, hint)


def where(there: Place, here: Place) -> str:
    """An earlier row as a later one speaks of it."""
    return f"line {there[1]}" if there[0] == here[0] else f"line {there[1]} of {Path(there[0]).name}"


def said(value: Any) -> str:
    """A value as a line of the report shows it."""
    if isinstance(value, Subject):
        return shown(value.slug or value.proposed or value.keys[0][1])
    return shown(resolved(value))


def merged(body: dict[str, Any], stated: dict[str, Any]) -> dict[str, Any]:
    """A record with what is stated of it."""
    result = body | {name: value for name, value in stated.items() if value is not None}
    for name in ADDED & stated.keys() & body.keys():
        listed = list(body[name])
        for one in stated[name]:
            place = next((at for at, there in enumerate(listed) if _same(name, one, there)), None)
            if place is None:
                listed.append(one)
            elif name == "phases":
                listed[place] = listed[place] | one  # an open phase that has ended since is the same one
        result[name] = listed
    return result


KNOWN_BY = {
    "names": ("name", "lang"),
    "identifiers": ("scheme", "value"),
    "phases": ("from", "name", "kind", "operator", "status", "place"),
}
"""What tells the entries of a list apart."""


def _same(name: str, one: Any, other: Any) -> bool:
    if not isinstance(one, dict) or not isinstance(other, dict):
        return bool(one == other)
    return all(one.get(field) == other.get(field) for field in KNOWN_BY.get(name, (*one, *other)))


class Subjects:
    """The subjects of an import, by what they are known by."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], Subject] = {}
        self._by_slug: dict[tuple[str, str], list[Subject]] = defaultdict(list)
        """Those without keys, by the slug that their words make."""
        self.all: list[Subject] = []
        self.adding: set[int] = set()
        """Digests of rows that add something to a subject of an earlier row."""

    def note(self, draft: Draft, place: Place, row: dict[str, Any]) -> tuple[Subject, list[Flaw]]:
        """What a row states of a subject, and what there is to look at in it; raises `Rejected` for one of another key.

        `row` has the subjects of the row, by record name.
        """
        marks = _marks(draft)
        subject = next((self._known[mark] for mark in marks if mark in self._known), None)
        body, flaws = linked(draft.body, row), list[Flaw]()
        if subject is None:
            subject = Subject(draft.collection, list(draft.keys), draft.slug, body, draft.existing, place, place)
            subject.newest = draft.newest
            self.all.append(subject)
            flaws += [] if draft.keys else self._number(subject, draft)
        else:
            if (flaw := another_key(draft.keys, subject.keys, where(subject.first, place))) is not None:
                raise Rejected(flaw)
            was = subject.body
            flaws += subject.state(body, place, draft.newest)
            subject.keys += [key for key in draft.keys if key not in subject.keys]
            subject.mode = max(subject.mode, draft.existing, key=MODES.index)
            subject.last = place
            if subject.body != was:
                self.adding.add(hash(place))
        for mark in marks:
            self._known.setdefault(mark, subject)
        return subject, flaws

    def _number(self, subject: Subject, draft: Draft) -> list[Flaw]:
        """Give a subject a slug of its own where other words of the import make the same one: always in their order."""
        slug = draft.slug or ""
        subject.stem, subject.words = slug, "" if draft.spelled else draft.words
        others = self._by_slug[draft.collection.noun, slug]
        others.append(subject)
        if len(others) == 1:
            return []
        subject.proposed = f"{slug}-{len(others)}"
        message = f"the words of line {others[0].first[1]} make the same slug {slug!r}: taken as another, numbered"
        hint = "give it an `identity`, or a slug of a key that tells them apart"
        return [Flaw("shared_slug", message, "slug", draft.words[:200], hint)]

    def find(self, draft: Draft) -> tuple[Subject, Subject]:
        """The subject that a row speaks of, and the one that came first if they turned out to be the same record."""
        found = self._known[next(mark for mark in _marks(draft) if mark in self._known)]
        return found, found.twin or found


def another_key(stated: Iterable[Key], there: Sequence[Key], place: str) -> Flaw | None:
    """That a record found by one key of a row has another key in the scheme of a further one: two places, not one."""
    schemes = Counter(scheme for scheme, _ in stated)
    for scheme, value in stated:
        others = [other for of, other in there if of == scheme]
        if schemes[scheme] == 1 and others and value not in others:
            message = f"another key of the row leads to what {place} calls {others[0]!r} in {scheme!r}, not {value!r}"
            hint = "give both a key that tells them apart, or map one key alone"
            return Flaw("another_key", message, scheme, value[:200], hint)
    return None


def _marks(draft: Draft) -> list[tuple[str, str, str]]:
    noun = draft.collection.noun
    return [(noun, scheme, value) for scheme, value in draft.keys] or [(noun, "", draft.words)]


def linked(value: Any, row: dict[str, Any]) -> Any:
    """A value with the records of the row in the place of their names; an entry whose record is not there is none."""
    if isinstance(value, Reference):
        return row.get(value.name)
    if isinstance(value, dict):
        if any(isinstance(one, Reference) and one.decides and one.name not in row for one in value.values()):
            return None
        return {name: one for name, inner in value.items() if (one := linked(inner, row)) is not None}
    if isinstance(value, list):
        return [one for inner in value if (one := linked(inner, row)) is not None]
    return value


def resolved(value: Any, *, as_stated: bool = False) -> Any:
    """A value with the slugs of subjects in their place; `as_stated`: of what was given up, those that it had."""
    if isinstance(value, Subject):
        return (as_stated and value.former) or value.slug
    if isinstance(value, dict):
        return {name: resolved(inner, as_stated=as_stated) for name, inner in value.items()}
    if isinstance(value, list):
        return [resolved(inner, as_stated=as_stated) for inner in value]
    return value


def held_back(value: Any) -> Iterator[Subject]:
    """The subjects named in a value that cannot be written."""
    if isinstance(value, Subject):
        if value.fault is not None:
            yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from held_back(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from held_back(inner)


# --- what the register holds -------------------------------------------------------------------------------------


def by_keys(connection: Connection, collection: Collection, keys: Iterable[Key], sight: Sight) -> dict[Key, list[str]]:
    """The slugs of the records that bear these identifiers, as far as the importer may see them."""
    rows, listed = collection.rows, collection.part_tables["identifiers"]
    wanted: dict[str, set[str]] = defaultdict(set)
    for scheme, value in keys:
        wanted[scheme].add(value)
    found: dict[Key, list[str]] = defaultdict(list)
    for scheme, values in wanted.items():
        for some in chunks(sorted(values)):
            statement = (
                select(listed.c.scheme, listed.c.value, rows.c.slug)
                .join(rows, rows.c.id == listed.c.owner_id)
                .where(listed.c.scheme == scheme, listed.c.value.in_(some), *seen(rows, sight.tier))
                .order_by(rows.c.slug)
            )
            for at, value, slug in connection.execute(statement):
                found[at, value].append(slug)
    return found


def former_bearers(connection: Connection, collection: Collection, keys: Iterable[Key], sight: Sight) -> dict[Key, Row]:
    """The records that bore keys which none bears today, where a person took them off: slug and revision, by key."""
    listed, rows = history_of(collection.part_tables["identifiers"]), EVER(collection.rows)
    found: dict[Key, Row] = {}
    for some in chunks(sorted(set(keys))):
        statement = (
            select(listed.c.scheme, listed.c.value, listed.c.until, rows.c.slug)
            .join(rows, (rows.c.id == listed.c.owner_id) & (rows.c.revision <= listed.c.revision))
            .where(tuple_(listed.c.scheme, listed.c.value).in_(some), rows.c.until > listed.c.revision)
            .where(*seen(rows, sight.tier), listed.c.until.not_in(select(IMPORTED.c.revision)))
            .order_by(listed.c.until)
        )
        for scheme, value, until, slug in connection.execute(statement):
            found[scheme, value] = {"slug": slug, "revision": until}
    return found


def taken_off(key: Key, bearer: Row, noun: str) -> str:
    """The sentence for a key that a person took off a record, or whose record a person retracted."""
    return (
        f"the {noun} {bearer['slug']!r} bore the key {key[1]!r} until somebody took it off, or retracted that "
        f"{noun}, in revision {bearer['revision']}; with overwrite another one is made"
    )


def bodies(store: Store, collection: Collection, slugs: Iterable[str], sight: Sight) -> dict[str, dict[str, Any]]:
    """Records as the importer would write them, by slug: without what is hidden from it, which stays when they are."""
    rows = {row["id"]: row for row in load_rows(store, collection, "slug", slugs) if sight.sees(row)}
    lists = lists_of(store, collection, list(rows.values()))
    hidden = hidden_in(store, collection, ((row, lists[number]) for number, row in rows.items()), sight)
    return {
        row["slug"]: seen_of(collection, body_of(collection, row, lists[number]), hidden)
        for number, row in rows.items()
    }


class Slugs:
    """Slugs for new records, in the order they are asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._numbered: set[tuple[str, str]] = set()

    def taken(self, collection: Collection, slugs: Iterable[str]) -> set[str]:
        """Those of the slugs that were ever given."""
        rows = self._store.rows(SLUGS, ("collection", "slug"), "slug", slugs)
        return {row["slug"] for row in rows if row["collection"] == collection.name}

    def forget(self, slugs: Iterable[str]) -> None:
        """Some slugs that were given are in the register now, or nobody's."""
        self._numbered.difference_update(("incident", slug) for slug in slugs)

    def give(self, collection: Collection, wanted: Sequence[str]) -> list[str]:
        """The slugs wanted, each numbered where it is taken."""
        taken = self.taken(collection, set(wanted))
        numbered = []
        for stem in wanted:
            slug, number = stem, 2
            while (
                (collection.noun, slug) in self._numbered
                or slug in taken
                or (number > 2 and slug in self.taken(collection, [slug]))
            ):
                slug, number = f"{stem}-{number}", number + 1
            self._numbered.add((collection.noun, slug))
            numbered.append(slug)
        return numbered
