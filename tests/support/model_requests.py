"""Requests drawn at random, mostly sound: bodies, patches, files and queries over a few names, so that they collide.

`q0000` stands in every name and slug for the run that draws it.
"""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from tests.support.model_reads import FILTERS, sorts
from tests.support.model_shapes import DAYS, ORDER, STATEMENTS, WORDS

Drawn = st.SearchStrategy[Any]
SLUGS: Mapping[str, list[str]] = {
    "sources": ["mei-q0000", "wire-q0000", "late-report-q0000"],
    "actors": ["guards-q0000", "raiders-q0000", "the-union-q0000"],
    "facilities": ["camp-q0000", "wing-q0000", "old-school-q0000"],
    "incidents": ["raid-q0000", "fire-q0000", "a-riot-q0000"],
    "claims": ["blame-q0000", "it-is-so-q0000"],
}
UNKNOWN = "nobody-q0000"


def one(*values: Any) -> Drawn:
    return st.sampled_from(values)


def some(*values: Any) -> Drawn:
    """A list of a few of the values, in any order."""
    return st.lists(st.sampled_from(values), max_size=2, unique_by=repr)


def named(collection: str) -> Drawn:
    """A reference: nearly always to a name that is in use."""
    return st.sampled_from(SLUGS[collection] * 8 + [UNKNOWN])


def maybe(drawn: Drawn) -> Drawn:
    return st.one_of(st.none(), drawn)


DATE = st.sampled_from([*DAYS] * 4 + ["2022-13"])
NAMES = some({"name": "Keepers", "lang": "en"}, {"name": "الحراس", "lang": "ar", "kind": "official"})
NAMED_SOURCES = st.lists(named("sources"), max_size=2)
WORDED = st.sampled_from([words for words in WORDS if words] * 3 + ["umpteen"])

FIELDS: Mapping[str, Mapping[str, Drawn]] = {
    "sources": {
        "title": one("Late report q0000", "Notes q0000"),
        "kind": one("report", "article"),
        "publisher": maybe(one("Monitor", "The Guards q0000")),
        "authors": some("A. Writer", "B. Other"),
        "views_of": one("authors", "publisher"),
        "published_on": maybe(DATE),
        "note": maybe(one("Read twice.")),
    },
    "actors": {
        "name": one("The Union q0000", "The Guards q0000"),
        "kind": one("ngo", "armed_group"),
        "short_name": maybe(one("TG", "Monitor")),
        "country": maybe(one("SYR", "IRQ")),
        "part_of": maybe(named("actors")),
        "names": NAMES,
    },
    "facilities": {
        "name": one("Old school q0000", "Camp q0000"),
        "level": one("facility", "unit"),
        "kind": one("prison", "camp"),
        "country": maybe(one("SYR", "IRQ")),
        "parent": maybe(named("facilities")),
        "operator": maybe(named("actors")),
        "opened": maybe(DATE),
        "latitude": maybe(one(36)),
        "names": NAMES,
        "identifiers": some({"scheme": "list", "value": "1"}, {"scheme": "list", "value": "2"}),
        "supported_by": st.lists(named("actors"), max_size=2),
        "sources": NAMED_SOURCES,
        "phases": some({"from": "2021", "kind": "camp"}, {"name": "Before", "to": "2022-01", "source": "mei-q0000"}),
        "related": some({"facility": "camp-q0000", "relation": "annex"}),
    },
    "incidents": {
        "title": one("A riot q0000", "Fire q0000"),
        "kinds": st.lists(one("fire", "riot", "escape"), min_size=1, max_size=2, unique=True),
        "started": DATE,
        "country": maybe(one("SYR", "IRQ")),
        "parent": maybe(named("incidents")),
        "summary": maybe(one("Much happened.", "Little happened.")),
        "facilities": st.lists(
            st.fixed_dictionaries({"facility": named("facilities")}, optional={"role": one("custody")}), max_size=2
        ),
        "parties": st.lists(
            st.fixed_dictionaries(
                {"actor": named("actors"), "role": one("attacker", "victim"), "standing": one("reported")},
                optional={"source": named("sources")},
            ),
            max_size=2,
        ),
        "timeline": st.lists(
            st.fixed_dictionaries({"text": one("It begins.", "It ends.")}, optional={"date": DATE}), max_size=2
        ),
        "sources": NAMED_SOURCES,
    },
    "populations": {
        "facility": named("facilities"),
        "measure": one("held", "capacity"),
        "as_written": WORDED,
        "as_of": DATE,
        "source": named("sources"),
        "sex": maybe(one("male")),
        "affiliation": maybe(named("actors")),
        "attributed_to": maybe(named("actors")),
        "group": maybe(one("boys")),
        "nth": one(1, 1, 2),
    },
    "figures": {
        "incident": named("incidents"),
        "measure": one("killed", "escaped", "hostages"),
        "as_written": WORDED,
        "as_of": DATE,
        "source": named("sources"),
        "of": some("guard", "detainee"),
        "actor": maybe(named("actors")),
        "by": maybe(named("actors")),
        "attributed_to": maybe(named("actors")),
        "note": maybe(one("A floor.", "A guess.")),
        "nth": one(1, 1, 2),
    },
    "claims": {
        "statement": one("It is so q0000", "It is not so q0000"),
        "source": named("sources"),
        "made_by": maybe(named("actors")),
        "author": maybe(one("A. Writer")),
        "incident": maybe(named("incidents")),
        "facility": maybe(named("facilities")),
        "topic": maybe(one("blame")),
        "made_on": maybe(DATE),
        "assessments": st.lists(
            st.fixed_dictionaries({"source": named("sources"), "verdict": one("disputed", "likely")}), max_size=2
        ),
    },
}
"""What is drawn for each field."""
NEEDED: Mapping[str, tuple[str, ...]] = {
    "sources": ("title", "kind"),
    "actors": ("name", "kind"),
    "facilities": ("name", "level"),
    "incidents": ("title", "kinds", "started"),
    "populations": ("facility", "measure", "as_written", "as_of", "source"),
    "figures": ("incident", "measure", "as_written", "as_of", "source"),
    "claims": ("statement", "source", "made_by", "incident"),
}
"""Fields that a body nearly always has."""
BOUNDED = one(
    {"low": 5, "high": 7}, {"low": 3, "best": 3, "high": 3}, {"low": 4, "qualifier": "at_least"}, {"low": 9, "high": 2},
    {"missing_reason": "not_published"},
)  # fmt: skip
"""Bounds instead of words."""
SPOILT = one(
    {"colour": "red"}, {"kind": "nonsense"}, {"measure": "nonsense"}, {"low": -1}, {"slug": "Not A Slug"},
    {"source": None}, {"access": None}, {"title": None}, {"kinds": []},
)  # fmt: skip
WHOLE = st.fixed_dictionaries({"title": FIELDS["sources"]["title"], "kind": FIELDS["sources"]["kind"]})


def _field(fields: Mapping[str, Drawn]) -> Drawn:
    """One of the fields, and a value for it."""
    return st.one_of([st.tuples(st.just(name), drawn) for name, drawn in fields.items()])


def _body(collection: str, *, slug: Drawn) -> Drawn:
    fields = FIELDS[collection]
    optional = {name: drawn for name, drawn in fields.items() if name not in NEEDED[collection]}
    further = st.lists(_field(optional), max_size=3)
    body = st.builds(
        lambda needed, further: needed | dict(further),
        st.fixed_dictionaries({name: fields[name] for name in NEEDED[collection]}),
        further,
    )
    if collection in SLUGS:
        body = st.builds(lambda body, slug: body | ({"slug": slug} if slug else {}), body, slug)
    return body


def _changed(drawn: Drawn, other: Drawn, odds: int) -> Drawn:
    """What is drawn, once in so many times with something else laid over it."""
    both = st.builds(lambda one, two: one | two, drawn, other)
    return st.integers(1, odds).flatmap(lambda number: both if number == odds else drawn)


def _posted(collection: str) -> Drawn:
    """A body as clients write it: with or without a slug, its figures in it, a whole source where one is asked."""
    body = _body(collection, slug=st.sampled_from([None, *SLUGS.get(collection, [])]))
    if collection in STATEMENTS:
        body = _changed(body, BOUNDED.map(lambda bounds: bounds | {"as_written": None}), 6)
        body = _changed(body, BOUNDED, 10)
    if collection in {*STATEMENTS, "claims"}:
        body = _changed(body, st.fixed_dictionaries({"source": WHOLE}), 8)
    if collection == "incidents":
        inner = {name: FIELDS["figures"][name] for name in ("measure", "as_written", "as_of")}
        figure = st.fixed_dictionaries(inner, optional={"source": named("sources")})
        body = _changed(body, st.fixed_dictionaries({"figures": st.lists(figure, max_size=2)}), 2)
    return _changed(body, SPOILT, 16)


def _kept(collection: str) -> Drawn:
    """A record of a native file."""
    slugs = SLUGS.get(collection, [])
    body = _body(collection, slug=st.sampled_from(slugs) if slugs else st.none())
    return _changed(body, SPOILT, 40).map(lambda body: body | {"collection": collection})


def _patch(collection: str) -> Drawn:
    """A merge patch: some fields anew, some taken away, each list as a whole."""
    field, removed = _field(FIELDS[collection]), st.tuples(st.sampled_from(sorted(FIELDS[collection])), st.none())
    patch = st.lists(st.one_of(field, field, field, removed), max_size=3).map(dict)
    if collection in STATEMENTS:
        patch = _changed(patch, st.builds(lambda bounds: bounds | {"as_written": None}, BOUNDED), 8)
        patch = _changed(patch, BOUNDED, 8)
    return _changed(patch, SPOILT, 20)


def _of_any(made: Any, weights: Mapping[str, int]) -> Drawn:
    """A collection, and what is drawn for it."""
    each = {name: st.tuples(st.just(name), made(name)) for name in weights}
    return st.sampled_from([name for name, weight in weights.items() for _ in range(weight)]).flatmap(each.__getitem__)


WEIGHTS = {"sources": 2, "actors": 2, "facilities": 3, "incidents": 3, "populations": 2, "figures": 4, "claims": 2}
POSTED = _of_any(_posted, WEIGHTS)
SEVERAL = _of_any(lambda name: st.lists(_posted(name), min_size=1, max_size=3), WEIGHTS)
FILES = st.lists(_of_any(_kept, WEIGHTS).map(lambda drawn: drawn[1]), min_size=1, max_size=4)
PATCHES = _of_any(_patch, WEIGHTS | {"sources": 4, "actors": 4})
ANY = st.sampled_from(ORDER)
PICKED = st.integers(0, 31)
"""Which of the records, or revisions, there are; what lies beyond them is none."""


def _query(collection: str) -> Drawn:
    """Filters, an order, a length, and whether to count."""
    values = {name: named(of[0]) if of[0] else _coded(collection, name) for name, of in FILTERS[collection].items()}
    filters = st.lists(_field(values), max_size=2)
    orders = [order for key in sorts(collection) for order in (key, f"-{key}")]
    days = st.sampled_from([None, None, "2021-12-31", "2022-01-31"]) if collection in STATEMENTS else st.none()
    return st.fixed_dictionaries({
        "filters": filters.map(dict),
        "sort": st.lists(st.sampled_from(orders), max_size=2, unique_by=lambda order: order.lstrip("-")),
        "limit": st.sampled_from([1, 2, 3, 100]),
        "count": st.booleans(),
        "as_of": days,
    })  # fmt: skip


def _coded(collection: str, name: str) -> Drawn:
    codes = {"publisher": one("Monitor", "The Guards q0000"), "country": one("SYR", "IRQ"), "of_any": one("guard"),
             "qualifier": one("exact", "at_least", "unknown"), "verdict": one("disputed", "likely")}  # fmt: skip
    kinds = {"incidents": one("fire", "riot"), "populations": one("prison", "camp")}
    if name == "kind" and collection in kinds:
        return kinds[collection]
    return codes[name] if name in codes else FIELDS[collection][name]


QUERIES = _of_any(_query, dict.fromkeys(ORDER, 1))
