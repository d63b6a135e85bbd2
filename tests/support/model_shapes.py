"""The shapes of records as the model knows them: fields with their defaults, references, words, and sentences."""

from collections.abc import Mapping
from typing import Any

Form = dict[str, Any]
Missing: Any = object()
"""Stands for a default where a client must say something."""
WRONG = ("nonsense", -1, "2022-13", "Not A Slug")
"""Values that no field of any record takes."""

ORDER = ("sources", "actors", "facilities", "incidents", "populations", "figures", "claims")
NAMED = {"access": "public", "slug": None}
PLACE = {"country": None, "admin1": None, "admin2": None, "place": None, "latitude": None, "longitude": None,
         "location_precision": "unknown"}  # fmt: skip
ESTIMATE = {"low": None, "best": None, "high": None, "qualifier": None, "as_written": None, "basis": "reported",
            "tally": None, "as_of": Missing, "period_start": None, "source": Missing, "locator": None,
            "attributed_to": None, "attribution_note": None, "note": None, "flags": [], "missing_reason": None,
            "nth": 1}  # fmt: skip
FIELDS: Mapping[str, Form] = {
    "sources": NAMED | {
        "kind": Missing, "publisher": None, "authors": [], "views_of": "publisher", "title": Missing,
        "published_on": None, "url": None, "archive_url": None, "accessed_on": None, "language": None,
        "licence": None, "note": None,
    },
    "actors": NAMED | {
        "name": Missing, "short_name": None, "kind": Missing, "part_of": None, "country": None, "names": [],
    },
    "facilities": NAMED | PLACE | {
        "level": Missing, "parent": None, "name": Missing, "kind": "unknown", "kind_as_written": None,
        "legal_basis": "unknown", "built_as": "unknown", "security": "unknown", "operator": None, "status": "unknown",
        "opened": None, "closed": None, "description": None, "names": [], "identifiers": [], "supported_by": [],
        "phases": [], "related": [], "sources": [],
    },
    "incidents": NAMED | PLACE | {
        "title": Missing, "kinds_as_written": [], "severity": None, "outcome": "unknown", "status": "unknown",
        "status_as_of": None, "started": Missing, "ended": None, "part_of_day": None, "parent": None, "summary": None,
        "kinds": Missing, "facilities": [], "parties": [], "timeline": [], "identifiers": [], "sources": [],
    },
    "populations": {"access": "public"} | ESTIMATE | {
        "facility": Missing, "measure": Missing, "statistic": "unknown", "sex": None, "min_age": None, "max_age": None,
        "legal_status": None, "nationality": None, "affiliation": None, "dimensions": {}, "group": None,
    },
    "figures": {"access": "public"} | ESTIMATE | {
        "incident": Missing, "measure": Missing, "of": [], "actor": None, "by": None, "cause": None,
        "cause_as_written": None, "sex": None, "unit": "persons",
    },
    "claims": NAMED | {
        "made_by": None, "author": None, "source": Missing, "facility": None, "incident": None, "about": None,
        "topic": None, "statement": Missing, "modality": "asserted", "made_on": None, "assessments": [],
    },
}  # fmt: skip
"""What each collection takes, and what stands there when a client says nothing."""

ENTRIES: Mapping[str, Form] = {
    "names": {"name": Missing, "lang": None, "kind": "alias"},
    "identifiers": {"scheme": Missing, "value": Missing},
    "phases": {"from": None, "to": None, "name": None, "kind": None, "operator": None, "status": None, "place": None,
               "latitude": None, "longitude": None, "note": None, "source": None},
    "related": {"facility": Missing, "relation": Missing},
    "facilities": {"facility": Missing, "role": "site"},
    "parties": {"actor": Missing, "role": Missing, "standing": Missing, "note": None, "source": None},
    "timeline": {"date": None, "order": 0, "part_of_day": None, "text": Missing, "source": None},
    "assessments": {"source": Missing, "verdict": Missing, "note": None},
}  # fmt: skip
"""What the entries of each list take."""

REFERENCES: Mapping[str, Mapping[str, str]] = {
    "sources": {},
    "actors": {"part_of": "actors"},
    "facilities": {"parent": "facilities", "operator": "actors"},
    "incidents": {"parent": "incidents"},
    "populations": {
        "facility": "facilities", "affiliation": "actors", "source": "sources", "attributed_to": "actors",
    },
    "figures": {
        "incident": "incidents", "actor": "actors", "by": "actors", "source": "sources", "attributed_to": "actors",
    },
    "claims": {
        "made_by": "actors", "source": "sources", "facility": "facilities", "incident": "incidents", "about": "actors",
    },
}  # fmt: skip
"""Fields that name another record, and its collection."""

LISTED: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "sources": {},
    "actors": {"names": {}},
    "facilities": {
        "names": {}, "identifiers": {}, "supported_by": {"": "actors"}, "sources": {"": "sources"},
        "phases": {"operator": "actors", "source": "sources"}, "related": {"facility": "facilities"},
    },
    "incidents": {
        "facilities": {"facility": "facilities"}, "parties": {"actor": "actors", "source": "sources"},
        "timeline": {"source": "sources"}, "identifiers": {}, "sources": {"": "sources"},
    },
    "populations": {},
    "figures": {},
    "claims": {"assessments": {"source": "sources"}},
}  # fmt: skip
"""Lists, and what their entries name."""

STATED = ("tally", "period_start", "as_of", "source", "locator", "attributed_to")
STATEMENTS = {
    "populations": (
        "facility", "measure", "statistic", "sex", "min_age", "max_age", "legal_status", "nationality", "affiliation",
        "dimensions", *STATED,
    ),
    "figures": ("incident", "measure", "of", "actor", "by", "cause", "sex", "unit", *STATED),
}  # fmt: skip
"""The fields that make two records without a slug the same statement."""

WORDS: Mapping[str | None, tuple[Any, ...]] = {
    "at least 25": (25, None, None, "at_least", None, "at least 25"),
    "more than 450": (451, None, None, "more_than", None, "more than 450"),
    "fewer than 10": (None, None, 9, "fewer_than", None, "fewer than 10"),
    "roughly 65,000": (None, 65000, None, "approximately", None, "about 65,000"),
    "dozens": (24, None, 99, "magnitude", None, "dozens (24 to 99)"),
    "20-30": (20, None, 30, "between", None, "between 20 and 30"),
    "12": (12, 12, 12, "exact", None, "12"),
    "none": (0, 0, 0, "exact", None, "0"),
    "another 300": (300, 300, 300, "exact", "additional", "another 300"),
    "several": (None, None, None, "unknown", None, "an unknown number"),
}
"""Words as sources write them: the bounds they are read as, and the words they are quoted in."""

DAYS = {
    "2021": ("2021-01-01", "2021-12-31", "2021"),
    "2022-01": ("2022-01-01", "2022-01-31", "January 2022"),
    "2022-01-20": ("2022-01-20", "2022-01-20", "20 January 2022"),
    "2022-02-03/2022-02-05": ("2022-02-03", "2022-02-05", "some day between 3 and 5 February 2022"),
}
"""Partial dates: their first day, their last day, and how they are said."""
DATES = {"published_on", "accessed_on", "opened", "closed", "started", "ended", "status_as_of", "as_of", "period_start",
         "made_on", "date", "from", "to"}  # fmt: skip


def dated(body: Form) -> Form:
    """A body, or an entry of a list, with the days its dates cover beside them."""
    form: Form = {}
    for name, value in body.items():
        form[name] = value
        if name in DATES:
            ends = ("start", "end") if name.endswith("as_of") else ("earliest", "latest")
            days = DAYS[value][:2] if value is not None else (None, None)
            form |= {f"{name}_{end}": day for end, day in zip(ends, days, strict=True)}
    return form
