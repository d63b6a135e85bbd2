"""Which records the rows speak of: facilities, incidents, sources and actors, found by identifier or slug, or new.

A facility is found by its identifiers alone; a similar name only makes a line in the report.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from app.database.store import Store, chunks
from app.history.access import seen
from app.history.sight import Sight
from app.imports.mapped.rows import Draft
from app.imports.mapped.values import Key, Reference, Rejected
from app.imports.readers import Flaw
from app.records.collection import Collection
from app.records.tables import SLUGS
from app.writing.rendering import load_rows
from app.writing.withheld import body_of, hidden_in, lists_of, seen_of

ADDED = {"names", "identifiers", "sources", "phases"}
"""Lists that an import adds to; all other fields it states are replaced."""
MODES = ("only", "leave", "update")
Place = tuple[str, int]
"""A file, and the line that a row begins on."""


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
    slug: str | None = None
    fate: str = "unchanged"
    fault: str | None = None
    """Why it cannot be written."""

    def must_stand(self) -> None:
        """Raise what keeps it from being written."""
        if self.fault is not None:
            message = f"its {self.collection.noun} cannot be written: {self.fault}"
            raise Rejected(Flaw("unwritable_subject", message))


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

    def note(self, draft: Draft, place: Place, row: dict[str, Any]) -> tuple[Subject, Flaw | None]:
        """What a row states of a subject, later rows win; and what there is to look at in it.

        `row` has the subjects of the row, by record name.
        """
        marks = _marks(draft)
        subject = next((self._known[mark] for mark in marks if mark in self._known), None)
        body, flaw = linked(draft.body, row), None
        if subject is None:
            subject = Subject(draft.collection, list(draft.keys), draft.slug, body, draft.existing, place, place)
            self.all.append(subject)
            flaw = None if draft.keys else self._number(subject, draft)
        else:
            subject.body = merged(subject.body, body)
            subject.keys += [key for key in draft.keys if key not in subject.keys]
            subject.mode = max(subject.mode, draft.existing, key=MODES.index)
            subject.last = place
        for mark in marks:
            self._known.setdefault(mark, subject)
        return subject, flaw

    def _number(self, subject: Subject, draft: Draft) -> Flaw | None:
        """Give a subject a slug of its own where other words of the import make the same one: always in their order."""
        slug = draft.slug or ""
        others = self._by_slug[draft.collection.noun, slug]
        others.append(subject)
        if len(others) == 1:
            return None
        subject.proposed = f"{slug}-{len(others)}"
        message = f"the words of line {others[0].first[1]} make the same slug {slug!r}: taken as another, numbered"
        hint = "give it an `identity`, or a slug of a key that tells them apart"
        return Flaw("shared_slug", message, "slug", draft.words[:200], hint)

    def find(self, draft: Draft) -> Subject:
        """The subject that a row speaks of."""
        return self._known[next(mark for mark in _marks(draft) if mark in self._known)]


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


def resolved(value: Any) -> Any:
    """A value with the slugs of subjects in their place."""
    if isinstance(value, Subject):
        return value.slug
    if isinstance(value, dict):
        return {name: resolved(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [resolved(inner) for inner in value]
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
        self._given: set[tuple[str, str]] = set()

    def taken(self, collection: Collection, slugs: Iterable[str]) -> set[str]:
        """Those of the slugs that were ever given."""
        rows = self._store.rows(SLUGS, ("collection", "slug"), "slug", slugs)
        return {row["slug"] for row in rows if row["collection"] == collection.name}

    def give(self, collection: Collection, wanted: Sequence[str]) -> list[str]:
        """The slugs wanted, each numbered where it is taken."""
        taken = self.taken(collection, set(wanted))
        given = []
        for stem in wanted:
            slug, number = stem, 2
            while (
                (collection.noun, slug) in self._given
                or slug in taken
                or (number > 2 and slug in self.taken(collection, [slug]))
            ):
                slug, number = f"{stem}-{number}", number + 1
            self._given.add((collection.noun, slug))
            given.append(slug)
        return given
