"""The register in plain Python: what every write does to it, and what a record is at every revision.

Nothing of the application is used here. A state is a dictionary of bodies by collection and id; what is shown of each
record is made from all of them anew after every write, and a record belongs to a new revision when what is shown of it
comes out different. How lists, histories and the feed are read from that stands in `tests.support.model_reads`.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.support.model_sentences import parties, sentence
from tests.support.model_shapes import (
    ENTRIES,
    FIELDS,
    LISTED,
    ORDER,
    REFERENCES,
    STATEMENTS,
    WORDS,
    WRONG,
    Form,
    Missing,
    dated,
)

Bodies = Mapping[str, Mapping[int, Form]]
Key = int | str
BOUNDS = ("low", "best", "high", "qualifier")


class Refused(Exception):
    """A request that must not do, and the status it is answered with."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True)
class Change:
    """What one revision did to one record."""

    revision: int
    collection: str
    id: int
    action: str
    form: Form | None


@dataclass(frozen=True)
class State:
    """The register at one revision."""

    bodies: Bodies
    shown: Bodies


@dataclass
class Entry:
    """One record of a request."""

    collection: str
    body: Form
    made_up: bool = False
    standing: int | None = None


@dataclass
class Register:
    """The states of a register since a revision at which it counts as empty."""

    start: int
    last_ids: dict[str, int]
    states: list[State] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    why: dict[int, Form] = field(default_factory=dict)
    """Who made each revision, and the reason given."""
    recorded: dict[int, str] = field(default_factory=dict)
    slugs: dict[str, dict[str, int]] = field(default_factory=dict)
    """Every slug ever given, by collection, and the id it was given to."""

    def __post_init__(self) -> None:
        self.states.append(State({name: {} for name in ORDER}, {name: {} for name in ORDER}))
        self.slugs = {name: {} for name in ORDER}

    @property
    def head(self) -> int:
        return self.start + len(self.states) - 1

    @property
    def now(self) -> State:
        return self.states[-1]

    def at(self, revision: int | None) -> State:
        return self.now if revision is None else self.states[revision - self.start]

    # --- writing ---

    def create(self, collection: str, fields: Sequence[Any], why: Form) -> list[int]:
        """What a POST does, single or several: the ids of the new records."""
        said = set(_said(list(fields)))
        sources: dict[str, str] = {}
        entries = [entry for one in fields for entry in self._unfolded(collection, one, said, sources)]
        for entry in entries:
            entry.body = checked(entry.collection, entry.body)
        for name in ORDER:
            self._name([entry for entry in entries if entry.collection == name], entries)
        ids = self._write(entries, why)
        return [number for entry, number in zip(entries, ids, strict=True) if entry.collection == collection]

    def put(self, fields: Sequence[Form], why: Form) -> None:
        """What an import of a native file does."""
        entries = []
        for one in fields:
            body = {name: value for name, value in one.items() if name != "collection"}
            entries.append(Entry(one["collection"], checked(one["collection"], body)))
        for entry in entries:
            entry.standing = self.standing(entry)
        self._write(entries, why)

    def change(self, collection: str, key: Key, patch: Form, match: int | None, why: Form) -> int:
        """What a PATCH does: the id of the record."""
        number = self._addressed(collection, key, match)
        body = self.now.bodies[collection][number]
        if "slug" in patch and patch["slug"] != body["slug"]:
            raise Refused(422)
        after = {**body}
        if collection in STATEMENTS:
            bounds = patch.keys() & set(BOUNDS)
            if bounds and "as_written" not in patch:
                raise Refused(422)
            if "as_written" in patch and not bounds:
                after |= dict.fromkeys(BOUNDS)
            elif bounds and "qualifier" not in patch:
                after["qualifier"] = None
        for name, value in patch.items():
            if value is None:
                after.pop(name, None)
            else:
                after[name] = value
        if None in patch.values() and any(name not in FIELDS[collection] for name in patch):
            raise Refused(422)
        entry = Entry(collection, checked(collection, after), standing=number)
        copy = self.standing(entry)
        self._write([entry], why, copy not in {None, number})
        return number

    def retract(self, collection: str, key: Key, match: int | None, why: Form) -> None:
        """What a DELETE does."""
        number = self._addressed(collection, key, match)
        slug = self.now.bodies[collection][number].get("slug")
        going = {(collection, number)}
        if collection == "incidents":
            figures = self.now.bodies["figures"].items()
            going |= {("figures", one) for one, body in figures if body["incident"] == slug}
        for name, some in self.now.bodies.items():
            for one, body in some.items():
                if (name, one) not in going and any(named == (collection, slug) for named in names(name, body)):
                    raise Refused(409)
        bodies = {name: dict(some) for name, some in self.now.bodies.items()}
        for name, one in going:
            del bodies[name][one]
        self._commit(bodies, why)

    def _unfolded(self, collection: str, fields: Any, said: set[str], sources: dict[str, str]) -> Iterator[Entry]:
        """A record of a request, and those nested in it."""
        body = {**fields}
        if isinstance(body.get("source"), dict):
            same = json.dumps(body["source"], sort_keys=True)
            if same not in sources:
                whole = {**body["source"]}
                whole["slug"] = _first(whole["title"], said)
                said.add(whole["slug"])
                sources[same] = whole["slug"]
                yield Entry("sources", whole, made_up=True)
            body["source"] = sources[same]
        if collection != "incidents":
            yield Entry(collection, body)
            return
        nested, made_up = body.pop("figures", None), False
        if nested is not None and body.get("slug") is None:
            body["slug"], made_up = _first(body["title"], said), True
            said.add(body["slug"])
        default = {"source": body["sources"][0]} if body.get("sources") else {}
        for name in ("parties", "timeline"):
            if name in body:
                body[name] = [default | one for one in body[name]]
        yield Entry(collection, body, made_up)
        for one in nested or ():
            yield Entry("figures", default | one | {"incident": body["slug"]})

    def _name(self, some: Sequence[Entry], everything: Sequence[Entry]) -> None:
        """Give slugs to those that have none, and others to those whose made-up one is taken."""
        for entry in some:
            fields = entry.body.get("slug")
            if "slug" not in FIELDS[entry.collection] or (fields is not None and not entry.made_up):
                continue
            called = next(entry.body[name] for name in ("name", "title", "statement") if name in entry.body)
            stem = fields or slugified(called)
            taken = {other.body["slug"] for other in some if other is not entry} | self.slugs[entry.collection].keys()
            entry.body["slug"] = slug = next(one for one in _numbered(stem) if one not in taken)
            if fields is not None and slug != fields:
                for other in everything:
                    for name, noun in REFERENCES[other.collection].items():
                        if noun == entry.collection and other.body[name] == fields:
                            other.body[name] = slug

    def standing(self, entry: Entry) -> int | None:
        """The record that stands under an entry's slug, or makes its statement."""
        bodies = self.now.bodies[entry.collection]
        mine = identity(entry.collection, entry.body)
        return next((number for number, body in bodies.items() if identity(entry.collection, body) == mine), None)

    def _write(self, entries: Sequence[Entry], why: Form, conflict: bool = False) -> list[int]:
        """Write records all at once, or none of them: their ids."""
        self._check_names(entries)
        for name in (*(one for one in ORDER if one != "incidents"), "incidents"):
            seen = set()
            for entry in (one for one in entries if one.collection == name):
                mine = identity(name, entry.body)
                if mine in seen:
                    raise Refused(422)
                seen.add(mine)
                gone = entry.standing is None and entry.body.get("slug") in self.slugs[name]
                if conflict or gone or (entry.standing is None and self.standing(entry) is not None):
                    raise Refused(409)
        bodies = {name: dict(some) for name, some in self.now.bodies.items()}
        ids = []
        for entry in entries:
            number = entry.standing
            if number is None:
                number = self.last_ids[entry.collection] = self.last_ids[entry.collection] + 1
                if "slug" in entry.body:
                    self.slugs[entry.collection][entry.body["slug"]] = number
            bodies[entry.collection][number] = entry.body
            ids.append(number)
        self._commit(bodies, why)
        return ids

    def _check_names(self, entries: Sequence[Entry]) -> None:
        """Refuse references to what is neither there nor comes along, and records that belong to themselves."""
        standing = [(name, body) for name, some in self.now.bodies.items() for body in some.values()]
        known = {
            (name, body["slug"])
            for name, body in (*standing, *((entry.collection, entry.body) for entry in entries))
            if "slug" in body
        }
        for entry in entries:
            own = {(noun, entry.body[name]) for name, noun in REFERENCES[entry.collection].items()}
            if not known.issuperset(names(entry.collection, entry.body)):
                raise Refused(422)
            if (entry.collection, entry.body.get("slug")) in own or self._in_a_circle(entry, entries):
                raise Refused(422)

    def _in_a_circle(self, entry: Entry, entries: Sequence[Entry]) -> bool:
        """Whether the way up from a record leads back to it, once the request were done."""
        for name, noun in REFERENCES[entry.collection].items():
            if noun != entry.collection:
                continue
            above = {body["slug"]: body[name] for body in self.now.bodies[noun].values()}
            above |= {one.body["slug"]: one.body[name] for one in entries if one.collection == noun}
            reached, at = set(), above[entry.body["slug"]]
            while at is not None and at not in reached:
                reached.add(at)
                at = above.get(at)
            if entry.body["slug"] in reached:
                return True
        return False

    def _addressed(self, collection: str, key: Key, match: int | None) -> int:
        """The record that a change is about, as `If-Match` has it."""
        number = self.find(collection, key, self.now)
        if number is None:
            raise Refused(410 if self.was(collection, key, self.head) else 404)
        if match is not None and match != self.now.shown[collection][number]["revision"]:
            raise Refused(412)
        return number

    def _commit(self, bodies: Bodies, why: Form) -> None:
        """Make a revision of what is shown differently, if anything is."""
        number, shown = self.head + 1, {name: dict(some) for name, some in self.now.shown.items()}
        made: list[Change] = []
        # Incidents show figures and claims as they are after the write.
        for name in (*(one for one in ORDER if one != "incidents"), "incidents"):
            for one in self.now.bodies[name].keys() - bodies[name].keys():
                del shown[name][one]
                made.append(Change(number, name, one, "retract", None))
            for one, body in bodies[name].items():
                was = self.now.shown[name].get(one)
                form = rendered(name, one, body, bodies, shown)
                if was is None or form | {"revision": was["revision"]} != was:
                    shown[name][one] = form | {"revision": number}
                    made.append(Change(number, name, one, "create" if was is None else "update", shown[name][one]))
        if made:
            self.states.append(State(bodies, shown))
            self.changes += sorted(made, key=lambda change: (ORDER.index(change.collection), change.id))
            self.why[number] = why

    # --- finding ---

    def stamped(self, value: Any) -> Any:
        """What is shown, with the moment beside each revision of a record."""
        if isinstance(value, list):
            return [self.stamped(one) for one in value]
        if not isinstance(value, dict):
            return value
        answer = {name: self.stamped(inner) for name, inner in value.items()}
        return answer | (
            {"recorded_at": self.recorded[answer["revision"]]} if {"id", "revision"} <= answer.keys() else {}
        )

    def find(self, collection: str, key: Key, state: State) -> int | None:
        """The id of the record of that key."""
        for number, body in state.bodies[collection].items():
            if key in {number, body.get("slug")}:
                return number
        return None

    def was(self, collection: str, key: Key, revision: int) -> int | None:
        """The revision, up to that one, which retracted the record of that key."""
        number = self.slugs[collection].get(key) if isinstance(key, str) else key
        gone = (one for one in self.changes if (one.collection, one.id, one.action) == (collection, number, "retract"))
        return next((one.revision for one in gone if one.revision <= revision), None)


def checked(collection: str, stated: Form) -> Form:
    """A body with every field, as it is stored; refused when something is wrong with it by itself."""
    fields = FIELDS[collection]
    if stated.keys() - fields.keys():
        raise Refused(422)
    body = _filled(stated, fields)
    for name in LISTED[collection]:
        body[name] = [_filled(one, ENTRIES[name]) if isinstance(one, dict) else one for one in body[name]]
    if collection == "incidents" and not body["kinds"]:
        raise Refused(422)
    if collection == "claims":
        subjects = (body["facility"], body["incident"], body["about"])
        if (body["made_by"] is None) == (body["author"] is None) or subjects == (None, None, None):
            raise Refused(422)
    if "latitude" in body and (body["latitude"] is None) != (body["longitude"] is None):
        raise Refused(422)
    if collection in STATEMENTS:
        _estimate(body)
    if collection == "figures":
        body["of"] = sorted(set(body["of"]))
        body["tally"] = body["tally"] or ("current" if body["measure"] == "hostages" else "total")
    if collection == "populations":
        body["tally"] = body["tally"] or "total"
    return body


def _filled(stated: Form, fields: Mapping[str, Any]) -> Form:
    body = {}
    for name, default in fields.items():
        value = body[name] = stated.get(name, default)
        if value is Missing or (value is None and default is not None) or _wrong(value):
            raise Refused(422)
    return body


def _wrong(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_wrong, value))
    return not isinstance(value, dict) and value in WRONG


def _estimate(body: Form) -> None:
    """Bounds from words, or words beside bounds."""
    read = WORDS.get(body["as_written"])
    flags = set()
    if all(body[name] is None for name in BOUNDS):
        if read is not None:
            body |= dict(zip(BOUNDS, read[:4], strict=True))
        elif body["missing_reason"] is None:
            raise Refused(422)
        else:
            body["qualifier"] = "unknown"
    else:
        low, best, high = (body[name] for name in BOUNDS[:3])
        both = "exact" if low == high else "between"
        implied = {(True, True): both, (True, False): "at_least", (False, True): "at_most"}.get(
            (low is not None, high is not None), "unknown" if best is None else "approximately"
        )
        body["qualifier"] = body["qualifier"] or implied
        stated = tuple(body[name] for name in BOUNDS)
        if body["as_written"] is not None and (read is None or read[:4] != stated):
            flags.add("bounds_by_editor")
    bounds = [body[name] for name in BOUNDS[:3] if body[name] is not None]
    if bounds != sorted(bounds):
        raise Refused(422)
    if body["tally"] is None and read is not None:
        body["tally"] = read[4]
    body["flags"] = sorted(flags)


def names(collection: str, body: Form) -> Iterator[tuple[str, str]]:
    """Each record that a body names: its collection and its slug."""
    for name, noun in REFERENCES[collection].items():
        if body[name] is not None:
            yield noun, body[name]
    for name, nouns in LISTED[collection].items():
        for one in body[name]:
            for inner, noun in nouns.items():
                slug = one if isinstance(one, str) else one[inner]
                if slug is not None:
                    yield noun, slug


def identity(collection: str, body: Form) -> Any:
    """What makes a record this one: its slug, or what it states of whom, when and according to whom."""
    if collection not in STATEMENTS:
        return body["slug"]
    return json.dumps([body[name] for name in (*STATEMENTS[collection], "nth")])


def rendered(collection: str, number: int, body: Form, bodies: Bodies, shown: Bodies) -> Form:
    """What is shown of a record, but for its revision and when that was recorded."""
    form = {"id": number, "access": "public", **dated(body)}
    for name in LISTED[collection]:
        form[name] = [dated(one) if isinstance(one, dict) else one for one in body[name]]
    if "latitude" in body:
        form["uncertainty_m"] = None
    if collection in {*STATEMENTS, "claims"}:
        form |= sentence(collection, body, bodies)
    if collection == "incidents":
        mine = [one for one in shown["figures"].values() if one["incident"] == body["slug"]]
        form["figures"] = sorted(mine, key=lambda one: (one["as_of_end"], one["id"]))
        form["figures_more"] = None
        form["parties_read_as"] = parties(body, bodies)
        form["claims"] = sorted(one["slug"] for one in bodies["claims"].values() if one["incident"] == body["slug"])
    return form


def slugified(text: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", text.lower()))


def _numbered(stem: str) -> Iterator[str]:
    yield stem
    yield from (f"{stem}-{number}" for number in count(2))


def _first(text: str, said: set[str]) -> str:
    return next(one for one in _numbered(slugified(text)) if one not in said)


def _said(value: Any) -> Iterator[str]:
    """Every text of a request; one that is no slug does no harm."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _said(inner)
