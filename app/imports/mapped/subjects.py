"""Facilities, sources and actors that rows speak of: found in the register, or made."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Any

from app.catalogue.collections import COLLECTIONS
from app.database.store import Store, chunks
from app.imports.mapped.addresses import address_of
from app.imports.mapped.likeness import Likenesses, keyed
from app.imports.mapped.matching import (
    ADDED,
    Place,
    Slugs,
    Subject,
    Subjects,
    another_key,
    bodies,
    by_keys,
    former_bearers,
    held_back,
    merged,
    resolved,
    taken_off,
)
from app.imports.mapped.rows import Mapped
from app.imports.mapped.values import Key, Rejected
from app.imports.merges import Former, Merges, keys_given_up, merges_of
from app.imports.outcomes import changes_of, spared_flaw
from app.imports.pipeline import Run
from app.imports.readers import Flaw
from app.records.codes import NameKind
from app.records.collection import Collection
from app.records.slugs import slug_from
from app.writing.batch import Batch
from app.writing.validation import Entry, Fate, Refused, validated
from app.writing.withheld import body_of


def write_entries(run: Run, store: Store, entries: Sequence[Entry]) -> None:
    """Write entries as one revision; what changes nothing makes none."""
    if entries:
        run.write(store, lambda current: Batch(store, current, entries, run.why).write(), nested=True)


def undo(entry: Entry) -> None:
    """An entry as it was before it was written."""
    entry.fate, entry.old, entry.old_parts = Fate.created, None, {}


class Matching:
    """The subjects of an import."""

    def __init__(self, run: Run, store: Store, at_once: int) -> None:
        self._run, self._store, self._at_once = run, store, at_once
        self._connection, self._sight = run.connection, run.why.sight
        self.slugs = Slugs(store)
        self.subjects = Subjects()
        self.merges: Merges = {}
        self.flaws: dict[Place, list[Flaw]] = defaultdict(list)
        """What there is to look at in subjects, by the row that says so."""
        self.rejected: dict[Place, Flaw] = {}
        """The rows that cannot be taken for what their keys say."""

    def note(self, place: Place, mapped: Mapped) -> None:
        """Take in what a row states of its subjects."""
        row: dict[str, Any] = {}
        for draft in mapped.drafts:
            try:
                row[draft.name], flaws = self.subjects.note(draft, place, row)
            except Rejected as rejected:
                self.rejected[place] = rejected.flaw
                return
            if flaws:
                self.flaws[place] += flaws

    def settle(self) -> None:
        """Find or make all of them."""
        self._find()
        self._make()

    def _find(self) -> None:
        """Give each subject the slug of the record that is there, or a new one."""
        with self._run.transaction():
            self.merges = merges_of(self._connection, self._sight)
            likenesses: Likenesses | None = None
            for collection, subjects in _by_collection(self.subjects.all):
                keys = [key for one in subjects for key in one.keys]
                there = by_keys(self._connection, collection, keys, self._sight) if keys else {}
                known, gone = self._addressed(collection, [one for one in subjects if not one.keys and one.proposed])
                new: list[Subject] = []
                for one in subjects:
                    found = next((slugs for key in one.keys if (slugs := there.get(key))), [])
                    if len(found) > 1:
                        one.fault = f"several facilities bear this identifier: {', '.join(found[:5])}"
                    elif found:
                        one.slug = found[0]
                    elif not one.keys and (one.proposed in known or one.proposed in gone):
                        self._take(one, known)
                    elif one.mode == "only":
                        one.fault = f"there is no such {collection.noun}, and this table makes none"
                    else:
                        new.append(one)
                self._recall(collection, subjects)
                new = self._not_taken_off(collection, new)
                self._join(collection, subjects)
                for one, slug in zip(new, self.slugs.give(collection, [_proposed(one) for one in new]), strict=True):
                    one.slug, one.fate = slug, "created"
                if collection.noun == "facility" and new:
                    likenesses = likenesses or Likenesses(self._connection, collection, new, self._sight)
                    self._compare(new, likenesses)

    def _addressed(self, collection: Collection, bare: Sequence[Subject]) -> tuple[dict[str, dict[str, Any]], set[str]]:
        """Find the slugs of subjects without keys; returns the records that stand under these, and what is gone."""
        if not bare:
            return {}, set()
        proposed = {one.proposed for one in bare if one.proposed}
        known = bodies(self._store, collection, proposed, self._sight)
        taken = self.slugs.taken(collection, proposed)
        claimed = set[str]()

        def find(slug: str) -> dict[str, dict[str, Any]] | None:
            if slug in taken or slug in claimed:
                return {}
            if not self.slugs.taken(collection, [slug]):
                return None
            taken.add(slug)
            known.update(bodies(self._store, collection, [slug], self._sight))
            return known

        for one in bare:
            slug = address_of(one, known, find)
            if slug != one.proposed and slug not in known:
                another = f"the register has another {collection.noun} under the slug {one.stem!r}: taken as another"
                hint = "give it an `identity`, or a slug of a key that tells them apart"
                self.flaws[one.first].append(Flaw("shared_slug", another, "slug", one.words[:200], hint))
            one.proposed = slug
            claimed.add(slug)
        return known, taken - known.keys()

    def _take(self, one: Subject, known: Container[str]) -> None:
        """Give a subject that its slug names the record that stands under it, or in whose favour that was given up."""
        given_up = self.merges.get(one.collection.noun, {}).get(one.proposed or "")
        if one.proposed in known:
            one.slug = one.proposed
        elif given_up is not None:
            # What it is called stands: the row calls it otherwise.
            one.slug, one.former, one.mode = given_up.into, one.proposed, "leave"
        else:
            one.fault = f"the slug {one.proposed!r} is taken"

    def _recall(self, collection: Collection, subjects: Sequence[Subject]) -> None:
        """Note which subjects have a key of a record that was given up: what that one said is no news of the other."""
        survivors = {given_up.into for given_up in self.merges.get(collection.noun, {}).values()}
        formers: dict[str, dict[Key, Former]] = {}
        for one in subjects if survivors else ():
            if not one.keys or one.slug not in survivors or one.slug is None:
                continue
            if one.slug not in formers:
                formers[one.slug] = keys_given_up(self._connection, collection, self.merges, one.slug)
            former = next((formers[one.slug][key] for key in one.keys if key in formers[one.slug]), None)
            if former is not None:
                one.former, was = former
                one.body = news(collection, resolved(one.body), was)

    def _not_taken_off(self, collection: Collection, new: list[Subject]) -> list[Subject]:
        """Those of some subjects whose keys no person took off a record: of the others none is made anew."""
        keys = [key for one in new for key in one.keys]
        if not keys or not self._run.why.spares_edits:
            return new
        bearers = former_bearers(self._connection, collection, keys, self._sight)
        for one in new if bearers else ():
            key = next((key for key in one.keys if key in bearers), None)
            one.fault = None if key is None else taken_off(key, bearers[key], collection.noun)
        return [one for one in new if one.fault is None]

    def _join(self, collection: Collection, subjects: Sequence[Subject]) -> None:
        """Join subjects that turn out to be one record of the register, as after a merge."""
        first: dict[str, Subject] = {}
        merged_away = self.merges.get(collection.noun, {})
        for one in sorted(subjects, key=lambda one: not one.keys and one.proposed in merged_away):
            if one.slug is None or (other := first.setdefault(one.slug, one)) is one:
                continue
            if one.keys or one.proposed not in merged_away:
                self.flaws[one.first] += other.state(one.body, one.first, one.newest)
            other.keys += [key for key in one.keys if key not in other.keys]
            other.last, one.twin = max(other.last, one.last), other

    def _compare(self, new: Sequence[Subject], likenesses: Likenesses) -> None:
        """Tell which new facilities look like known ones."""
        for one in new:
            country, admin1, name = (one.body.get(field) for field in ("country", "admin1", "name"))
            if not isinstance(name, str) or one.slug is None:
                continue
            schemes = keyed(one.keys, name)
            if found := likenesses.alike(country, admin1, name, schemes):
                listed = ", ".join(f"{slug} ({score:.2f})" for slug, score in found)
                hint = f"if {one.slug} is one of them, give it that one's identifier or merge the two"
                flaw = Flaw("looks_like", f"taken as new; looks like {listed}", "name", name[:200], hint)
                self.flaws[one.first].append(flaw)
            likenesses.add(one.slug, country, admin1, name, schemes)

    def _make(self) -> None:
        """Write the subjects: sources and actors first, and after those of their own kind that they name."""
        written: list[Subject] = []
        for collection, subjects in _by_collection(self.subjects.all):
            standing = [one for one in subjects if one.fault is None and one.twin is None]
            own = collection.own_references
            standing.sort(key=lambda one: any(isinstance(one.body.get(name), Subject) for name in own))
            for some in chunks(standing, self._at_once):
                with self._run.transaction():
                    old = {one.slug for one in some if one.fate != "created" and one.mode == "update" and one.slug}
                    known = bodies(self._store, collection, old, self._sight)
                    self._write_subjects([made for one in some for made in self._subject(one, known)])
                written += some
        for one in written:
            if one.fault is None:
                self._run.report.count(one.collection.name, one.fate)

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
            flaw = another_key(one.keys, _keys(known[one.slug]), f"the register ({one.slug})")
            if flaw is not None:
                one.fault = flaw.message
                return
            body = renamed(known[one.slug], merged(known[one.slug], body))
        body["slug"] = one.slug
        try:
            yield one, validated(one.collection, body, published=True)
        except Refused as refused:
            one.fault = "; ".join(f"{fault.pointer or ''} {fault.detail}".strip() for _, fault in refused.faults)

    def _write_subjects(self, pairs: Sequence[tuple[Subject, Entry]]) -> None:
        left = list(pairs)
        while left:
            try:
                write_entries(self._run, self._store, [entry for _, entry in left])
            except Refused as refused:
                for _, entry in left:
                    undo(entry)
                for at, fault in refused.faults:
                    left[at][0].fault = fault.detail
                left = [pair for pair in left if pair[0].fault is None]
                continue
            break
        for one, entry in left:
            one.fate = str(entry.fate)
            self.flaws[one.last] += (spared_flaw(spared) for spared in entry.spared)
            if self._run.report.every is not None:
                one.changes = tuple(changes_of(entry))


def _by_collection(subjects: Iterable[Subject]) -> Iterator[tuple[Collection, list[Subject]]]:
    """The subjects of each collection, those others name first."""
    for collection in COLLECTIONS.values():
        some = [one for one in subjects if one.collection is collection]
        if some:
            yield collection, some


def news(collection: Collection, stated: dict[str, Any], was: dict[str, Any]) -> dict[str, Any]:
    """What is stated of a record that was not so before; what cannot be written is left for its row to be told."""
    try:
        entry = validated(collection, stated, published=True)
    except Refused:
        return stated
    body = body_of(collection, entry.row, entry.parts)
    return {name: value for name, value in stated.items() if name in ADDED or body[name] != was[name]}


def _keys(body: dict[str, Any]) -> list[Key]:
    return [(key["scheme"], key["value"]) for key in body.get("identifiers", ())]


def renamed(was: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """A record's new body, in which the name it had before is kept as a former one."""
    if "names" not in body or was.get("name") == body["name"]:
        return body
    names = [one for one in body["names"] if one["name"] != body["name"]]
    if all(one["name"] != was["name"] for one in names):
        names.append({"name": was["name"], "kind": NameKind.former.value})
    return body | {"names": names}


def _proposed(one: Subject) -> str:
    return one.proposed or slug_from(
        str(one.body.get("name") or one.body.get("title") or one.keys[0][1]), one.collection.noun
    )
