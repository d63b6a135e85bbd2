"""What a read of the register answers, from the states that `tests.support.model` holds."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from tests.support.model import Change, Refused, Register, State
from tests.support.model_shapes import ORDER, STATEMENTS, Form

Filters = Mapping[str, str]
Holds = Callable[[State, Form, str], bool]


def _is(field: str, _state: State, form: Form, value: str) -> bool:
    return bool(form[field] == value)


def _lists(field: str, _state: State, form: Form, value: str) -> bool:
    return value in form[field]


def _entry(field: str, inner: str, _state: State, form: Form, value: str) -> bool:
    return any(one[inner] == value for one in form[field])


def _through(field: str, noun: str, far: str, state: State, form: Form, value: str) -> bool:
    return any(one["slug"] == form[field] and one[far] == value for one in state.shown[noun].values())


def _under(field: str, state: State, form: Form, value: str) -> bool:
    return form[field] in _tree(state, value)


def _touched(state: State, form: Form, value: str, *, subtree: bool) -> bool:
    under = _tree(state, value) if subtree else {value}
    return any(one["facility"] in under for one in form["facilities"])


def _touched_by_its_incident(state: State, form: Form, value: str, *, subtree: bool) -> bool:
    incidents = state.shown["incidents"].values()
    return any(one["slug"] == form["incident"] and _touched(state, one, value, subtree=subtree) for one in incidents)


def _tree(state: State, root: str) -> set[str]:
    """A facility and what lies under it, cycles and all."""
    found, size = {root}, 0
    while len(found) > size:
        size = len(found)
        found |= {one["slug"] for one in state.shown["facilities"].values() if one["parent"] in found}
    return found


FILTERS: Mapping[str, Mapping[str, tuple[str | None, Holds]]] = {
    "sources": {name: (None, partial(_is, name)) for name in ("kind", "publisher")},
    "actors": {
        "kind": (None, partial(_is, "kind")),
        "country": (None, partial(_is, "country")),
        "part_of": ("actors", partial(_is, "part_of")),
    },
    "facilities": {
        "kind": (None, partial(_is, "kind")),
        "country": (None, partial(_is, "country")),
        "operator": ("actors", partial(_is, "operator")),
        "parent": ("facilities", partial(_is, "parent")),
        "within": ("facilities", partial(_under, "slug")),
        "source": ("sources", partial(_lists, "sources")),
    },
    "incidents": {
        "kind": (None, partial(_lists, "kinds")),
        "country": (None, partial(_is, "country")),
        "parent": ("incidents", partial(_is, "parent")),
        "facility": ("facilities", partial(_touched, subtree=False)),
        "within": ("facilities", partial(_touched, subtree=True)),
        "actor": ("actors", partial(_entry, "parties", "actor")),
        "source": ("sources", partial(_lists, "sources")),
    },
    "populations": {
        "measure": (None, partial(_is, "measure")),
        "country": (None, partial(_through, "facility", "facilities", "country")),
        "kind": (None, partial(_through, "facility", "facilities", "kind")),
        "facility": ("facilities", partial(_is, "facility")),
        "within": ("facilities", partial(_under, "facility")),
        "source": ("sources", partial(_is, "source")),
        "affiliation": ("actors", partial(_is, "affiliation")),
    },
    "figures": {
        "measure": (None, partial(_is, "measure")),
        "country": (None, partial(_through, "incident", "incidents", "country")),
        "of_any": (None, partial(_lists, "of")),
        "qualifier": (None, partial(_is, "qualifier")),
        "incident": ("incidents", partial(_is, "incident")),
        "facility": ("facilities", partial(_touched_by_its_incident, subtree=False)),
        "within": ("facilities", partial(_touched_by_its_incident, subtree=True)),
        "source": ("sources", partial(_is, "source")),
        "attributed_to": ("actors", partial(_is, "attributed_to")),
        "by": ("actors", partial(_is, "by")),
    },
    "claims": {
        "verdict": (None, partial(_entry, "assessments", "verdict")),
        "incident": ("incidents", partial(_is, "incident")),
        "facility": ("facilities", partial(_is, "facility")),
        "made_by": ("actors", partial(_is, "made_by")),
        "about": ("actors", partial(_is, "about")),
        "source": ("sources", partial(_is, "source")),
    },
}
"""By parameter: the collection of the records it names, if it names any, and whether a record is meant."""

SORTS: Mapping[str, Mapping[str, str]] = {
    "sources": {"published_on": "published_on_earliest", "publisher": "publisher", "title": "title"},
    "actors": {"name": "name", "country": "country"},
    "facilities": {"name": "name", "country": "country", "opened": "opened_earliest"},
    "incidents": {"started": "started_earliest", "title": "title", "country": "country"},
    "populations": {"as_of": "as_of_end", "measure": "measure"},
    "figures": {"as_of": "as_of_end", "measure": "measure"},
    "claims": {"made_on": "made_on_earliest"},
}
"""By parameter: the field that a list is ordered by."""
DEFAULT = {"incidents": "-started", "populations": "-as_of", "figures": "-as_of"}


def sorts(collection: str) -> Mapping[str, str]:
    """What a list can be ordered by, and the field each means."""
    shared = ("revision", "id") if collection in STATEMENTS else ("slug", "revision", "id")
    return {**SORTS[collection], **{name: name for name in shared}}


def listed(
    register: Register, collection: str, filters: Filters, sort: Sequence[str], revision: int | None, as_of: str | None
) -> list[Form]:
    """Every record of a list, in order."""
    state = register.at(revision)
    for name, value in filters.items():
        noun = FILTERS[collection][name][0]
        if noun is not None and register.find(noun, value, state) is None:
            raise Refused(422)
    forms = [
        form
        for form in state.shown[collection].values()
        if all(FILTERS[collection][name][1](state, form, value) for name, value in filters.items())
    ]
    if as_of is not None:
        forms = _latest(collection, forms, as_of)
    keys = sort or [DEFAULT.get(collection, "slug")]
    forms.sort(key=lambda form: int(form["id"]), reverse=keys[0].startswith("-"))
    for key in reversed(keys):
        field = sorts(collection)[key.removeprefix("-")]
        some = [form for form in forms if form[field] is not None]
        nothing = [form for form in forms if form[field] is None]
        some.sort(key=lambda form, field=field: form[field], reverse=key.startswith("-"))  # type: ignore[misc]
        forms = some + nothing
    return forms


def _latest(collection: str, forms: Sequence[Form], as_of: str) -> list[Form]:
    """Of each subject, what ends latest on or before a day."""
    loose = {"period_start", "as_of", "source", "locator", "attributed_to"} | (
        {"tally"} if collection == "populations" else set()
    )
    subject = [name for name in STATEMENTS[collection] if name not in loose]
    newest: dict[str, str] = {}
    forms = [form for form in forms if form["as_of_end"] <= as_of]
    for form in forms:
        key = repr([form[name] for name in subject])
        newest[key] = max(newest.get(key, ""), form["as_of_end"])
    return [form for form in forms if form["as_of_end"] == newest[repr([form[name] for name in subject])]]


def history(register: Register, collection: str, number: int, revision: int | None) -> list[Form]:
    """What happened to one record, as its history tells it: oldest first, fields in any order."""
    answer: list[Form] = []
    before: Form = {}
    for change in register.changes:
        mine = (change.collection, change.id) == (collection, number)
        if not mine or change.revision > (revision or register.head):
            continue
        after = change.form or {}
        answer.append({
            "revision": change.revision,
            "recorded_at": register.recorded[change.revision],
            "action": change.action,
            "changes": [{"field": name, "from": was, "to": now} for name, was, now in differences(before, after)],
        } | register.why[change.revision])  # fmt: skip
        before = after
    return answer


def differences(before: Form, after: Form, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The fields that differ; figures of an incident are told apart by their ids."""
    for name in before.keys() | after.keys():
        was, now = before.get(name), after.get(name)
        if was == now or name in {"id", "revision"}:
            continue
        if name != "figures" or not (was or now):
            yield path + name, was, now
            continue
        old, new = ({one["id"]: one for one in side or ()} for side in (was, now))
        for number in old.keys() | new.keys():
            if number in old and number in new:
                yield from differences(old[number], new[number], f"figures/{number}/")
            else:
                yield f"figures/{number}", old.get(number), new.get(number)


def feed(register: Register, after: int, collections: Sequence[str], revision: int | None) -> list[Change]:
    """The changes that came after a revision."""
    return [
        change
        for change in register.changes
        if after < change.revision <= (revision or register.head) and change.collection in (collections or ORDER)
    ]
