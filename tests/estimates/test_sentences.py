"""Who stands behind a number, and how its sentence puts it, as each tier sees it."""

from datetime import date
from typing import Any

import pytest

from app.estimates.sentences import actor_name, describe_statement, originator
from app.history.codes import Access
from app.history.lookup import Lookup

SOURCE = {"access": "public", "views_of": "publisher", "authors": [], "publisher": "Monitor", "title": "A report"}
GUARDS = {"access": "public", "name": "The Guards", "short_name": "TG"}
STATED: dict[str, Any] = {
    "source": "report",
    "attributed_to": None,
    "attribution_note": None,
    "low": 25,
    "best": None,
    "high": None,
    "qualifier": "at_least",
    "tally": "total",
    "flags": [],
    "as_written": "at least 25",
    "as_of": "2022-01-24",
    "as_of_start": date(2022, 1, 24),
    "as_of_end": date(2022, 1, 24),
}


def lookup(source: dict[str, Any] | None = None, guards: dict[str, Any] | None = None) -> Lookup:
    """A register of one source and one actor."""
    return Lookup({"source": {"report": SOURCE | (source or {})}, "actor": {"guards": GUARDS | (guards or {})}}, {})


def told(of: Lookup, tier: Access = Access.public, **instead: Any) -> tuple[str | None, str]:
    """Who stands behind the number, and its sentence."""
    shown: dict[str, Any] = {}
    describe_statement(shown, STATED | instead, "people killed", of, tier)
    return shown["originator"], shown["reads_as"]


BEGINS = "at least 25 (people killed), as of 24 January 2022"


@pytest.mark.parametrize(
    ("source", "guards", "instead", "who", "ending"),
    [
        ({}, {}, {}, "Monitor", ", according to Monitor"),
        ({"publisher": None}, {}, {}, "A report", ", according to A report"),
        ({"views_of": "authors", "authors": ["A", "B"]}, {}, {}, "A, B", ", according to A, B"),
        ({"views_of": "authors"}, {}, {}, "Monitor", ", according to Monitor"),
        ({"authors": ["A"]}, {}, {}, "Monitor", ", according to Monitor"),
        ({"access": "restricted"}, {}, {}, None, ""),
        ({}, {}, {"attributed_to": "guards"}, "guards", ", according to TG as told by Monitor"),
        ({}, {"short_name": ""}, {"attributed_to": "guards"}, "guards", ", according to The Guards as told by Monitor"),
        ({"publisher": "TG"}, {}, {"attributed_to": "guards"}, "guards", ", according to TG"),
        ({"publisher": "The Guards"}, {}, {"attributed_to": "guards"}, "guards", ", according to TG"),
        ({}, {"access": "partner"}, {"attributed_to": "guards"}, None, ", according to Monitor"),
        ({"access": "partner"}, {}, {"attributed_to": "guards"}, "guards", ", according to TG"),
        ({}, {}, {"attribution_note": "reportedly"}, "Monitor", ", according to Monitor (reportedly)"),
        ({"access": "partner"}, {}, {"attribution_note": "reportedly"}, None, ", (reportedly)"),
    ],
)
def test_a_sentence_names_who_may_be_named(
    source: dict[str, Any], guards: dict[str, Any], instead: dict[str, Any], who: str | None, ending: str
) -> None:
    assert told(lookup(source, guards), **instead) == (who, BEGINS + ending)


def test_the_register_itself_knows_whom_the_public_may_not() -> None:
    hidden = lookup({"access": "restricted"}, {"access": "restricted"})
    assert originator(STATED, hidden) == "Monitor"
    assert originator(STATED | {"attributed_to": "guards"}, hidden) == "guards"
    assert originator(STATED | {"source": "other"}, hidden) is None
    assert told(hidden, Access.restricted) == ("Monitor", f"{BEGINS}, according to Monitor")
    assert actor_name(hidden, "guards", Access.public) is None
    assert actor_name(hidden, "guards", Access.restricted) == "TG"
    assert actor_name(hidden, None, Access.restricted) is None


@pytest.mark.parametrize(
    ("instead", "number"),
    [
        ({"low": 20, "best": 25, "high": 30, "qualifier": "between"},
         "25 (between 20 and 30; people killed)"),
        ({"best": 13, "low": None, "qualifier": "approximately", "as_written": "12.6", "flags": ["rounded"]},
         "about 13 (published as 12.6; people killed)"),
        ({"low": 10, "best": 13, "high": 20, "qualifier": "approximately", "as_written": "12.6", "flags": ["rounded"]},
         "about 13 (between 10 and 20; published as 12.6; people killed)"),
        ({"best": 13, "low": None, "qualifier": "approximately", "as_written": None, "flags": ["rounded"]},
         "about 13 (people killed)"),
        ({"tally": "additional"}, "at least 25 more (people killed)"),
    ],
)  # fmt: skip
def test_a_sentence_begins_with_the_number_and_what_was_published(instead: dict[str, Any], number: str) -> None:
    assert told(lookup(), **instead)[1] == f"{number}, as of 24 January 2022, according to Monitor"


def test_a_sentence_is_made_once_for_each_tier_and_source() -> None:
    of = lookup({"access": "partner"})
    assert [told(of, tier)[0] for tier in (Access.public, Access.partner, Access.public)] == [None, "Monitor", None]
