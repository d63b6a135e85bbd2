"""Records that not everybody may see, and public ones that name them, to be written beside the reference event."""

from typing import Any

from tests.support.sample import Record

S1, I1 = "lister-mei-2022-01-24", "al-sina-prison-attack-2022"
RESTRICTED: dict[str, Any] = {"access": "restricted"}
PARTNER: dict[str, Any] = {"access": "partner"}
COUNT: dict[str, Any] = {"measure": "held", "as_of": "2023", "source": S1}

HIDDEN: list[Record] = [
    {
        "collection": "sources",
        "slug": "undisclosed-leak",
        "kind": "report",
        "title": "Undisclosed leak",
        "publisher": "Undisclosed press",
    }
    | RESTRICTED,
    {
        "collection": "actors",
        "slug": "undisclosed-unit",
        "name": "Undisclosed unit",
        "kind": "state_force",
        "country": "IRQ",
    }
    | RESTRICTED,
    {"collection": "actors", "slug": "friends", "name": "Friends", "kind": "ngo", "country": "IRQ"} | PARTNER,
    {
        "collection": "facilities",
        "slug": "undisclosed-site",
        "level": "facility",
        "parent": "sdf-isis-prisons",
        "name": "Undisclosed site",
        "kind": "hotel",
        "operator": "sdf",
        "country": "IRQ",
        "admin1": "Undisclosed province",
    }
    | RESTRICTED,
    {"collection": "facilities", "slug": "shelter", "level": "facility", "name": "Shelter", "country": "IRQ"} | PARTNER,
    {
        "collection": "incidents",
        "slug": "undisclosed-event",
        "title": "Undisclosed event",
        "kinds": ["riot"],
        "started": "2023",
        "country": "IRQ",
        "facilities": [{"facility": "al-hol-camp"}],
    }
    | RESTRICTED,
    {
        "collection": "claims",
        "slug": "undisclosed-claim",
        "author": "Undisclosed",
        "source": S1,
        "incident": I1,
        "statement": "Undisclosed.",
    }
    | RESTRICTED,
    {"collection": "populations", "facility": "al-hol-camp", "as_written": "7", "note": "Undisclosed note"}
    | COUNT
    | RESTRICTED,
    {"collection": "figures", "incident": I1, "measure": "missing", "as_written": "777", "as_of": "2023", "source": S1}
    | RESTRICTED,
]
"""What nobody without the scope may learn of: the word stands in all of it and nowhere else."""

POINTING: list[Record] = [
    {
        "collection": "facilities",
        "slug": "annex",
        "level": "unit",
        "parent": "undisclosed-site",
        "name": "Annex",
        "operator": "undisclosed-unit",
        "supported_by": ["undisclosed-unit", "sdf"],
        "related": [{"facility": "undisclosed-site", "relation": "annex"}],
        "phases": [{"from": "2020", "operator": "undisclosed-unit", "source": "undisclosed-leak"}],
        "sources": ["undisclosed-leak", S1],
    },
    {
        "collection": "incidents",
        "slug": "happening",
        "title": "Happening",
        "kinds": ["escape"],
        "started": "2023",
        "parent": "undisclosed-event",
        "facilities": [{"facility": "undisclosed-site"}, {"facility": "al-hol-camp"}],
        "parties": [
            {"actor": "undisclosed-unit", "role": "attacker", "standing": "reported", "source": "undisclosed-leak"}
        ],
        "timeline": [{"text": "It began.", "source": "undisclosed-leak"}],
        "sources": ["undisclosed-leak"],
    },
    {"collection": "populations", "facility": "undisclosed-site", "as_written": "23"} | COUNT,
    {"collection": "populations", "facility": "al-hol-camp", "as_written": "24", "affiliation": "undisclosed-unit"}
    | COUNT
    | {"attributed_to": "undisclosed-unit"},
    {"collection": "populations", "facility": "al-hol-camp", "as_written": "25", "nth": 2}
    | COUNT
    | {"source": "undisclosed-leak"},
    {"collection": "populations", "facility": "annex", "as_written": "26"} | COUNT,
    {"collection": "figures", "incident": "undisclosed-event", "measure": "escaped", "as_written": "3", "as_of": "2023"}
    | {"source": S1, "actor": "undisclosed-unit", "by": "undisclosed-unit"},
    {"collection": "figures", "incident": "happening", "measure": "escaped", "as_written": "4", "as_of": "2023"}
    | {"source": "undisclosed-leak", "attributed_to": "undisclosed-unit"},
    {
        "collection": "claims",
        "slug": "saying",
        "made_by": "undisclosed-unit",
        "source": "undisclosed-leak",
        "facility": "undisclosed-site",
        "incident": "undisclosed-event",
        "about": "undisclosed-unit",
        "statement": "So they say.",
        "assessments": [{"source": "undisclosed-leak", "verdict": "disputed"}],
    },
    {"collection": "actors", "slug": "somebody", "name": "Somebody", "kind": "ngo", "part_of": "undisclosed-unit"},
]
"""Public records that name what is hidden."""
