"""The sentence of a number: who stands behind it, as each tier sees it, and what its words become."""

from datetime import date
from typing import Any

import pytest

from app.estimates.articles import possessive, with_article
from app.estimates.phrases import phrase
from app.estimates.sentences import actor_name, describe_statement, originator, said_of, when_in_words
from app.history.codes import Access
from app.history.lookup import Lookup

SOURCE = {"access": "public", "views_of": "publisher", "authors": [], "publisher": "Monitor", "title": "A report"}
GUARDS = {"access": "public", "name": "National Guard", "short_name": "NG"}
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
    "period_start": None,
}


def lookup(source: dict[str, Any] | None = None, guards: dict[str, Any] | None = None) -> Lookup:
    """A register of one source and one actor."""
    return Lookup({"source": {"report": SOURCE | (source or {})}, "actor": {"guards": GUARDS | (guards or {})}}, {})


def sentence_of(of: Lookup, tier: Access = Access.public, **instead: Any) -> tuple[str | None, str]:
    """Who stands behind the number, and its sentence."""
    shown: dict[str, Any] = {}
    row = STATED | instead
    describe_statement(shown, row, "the raid", f"{said_of(row).with_noun('person', 'people')} killed", of, tier)
    return shown["originator"], shown["reads_as"]


BEGINS = "The raid, as of 24 January 2022: at least 25 people killed"


@pytest.mark.parametrize(
    ("source", "guards", "instead", "who", "ending"),
    [
        ({}, {}, {}, "Monitor", ", according to Monitor."),
        ({"publisher": None}, {}, {}, "A report", ", according to A report."),
        ({"publisher": "Aid Committee"}, {}, {}, "Aid Committee", ", according to the Aid Committee."),
        ({"views_of": "authors", "authors": ["A", "B"]}, {}, {}, "A, B", ", according to A, B."),
        ({"views_of": "authors"}, {}, {}, "Monitor", ", according to Monitor."),
        ({"authors": ["A"]}, {}, {}, "Monitor", ", according to Monitor."),
        ({"access": "restricted"}, {}, {}, None, "."),
        ({}, {}, {"attributed_to": "guards"}, "guards", ", according to the NG, quoted by Monitor."),
        ({}, {"short_name": ""}, {"attributed_to": "guards"}, "guards",
         ", according to the National Guard, quoted by Monitor."),
        ({"publisher": "NG"}, {}, {"attributed_to": "guards"}, "guards", ", according to the NG."),
        ({"publisher": "National Guard"}, {}, {"attributed_to": "guards"}, "guards", ", according to the NG."),
        ({}, {"access": "partner"}, {"attributed_to": "guards"}, None, ", according to Monitor."),
        ({"access": "partner"}, {}, {"attributed_to": "guards"}, "guards", ", according to the NG."),
        ({}, {}, {"attribution_note": "two sources"}, "Monitor", ", according to Monitor (two sources)."),
        # The noun's own part of the sentence says reportedly.
        ({}, {}, {"attribution_note": "reportedly"}, "Monitor", ", according to Monitor."),
    ],
)  # fmt: skip
def test_a_sentence_names_who_may_be_named(
    source: dict[str, Any], guards: dict[str, Any], instead: dict[str, Any], who: str | None, ending: str
) -> None:
    assert sentence_of(lookup(source, guards), **instead) == (who, BEGINS + ending)


def test_the_register_itself_knows_whom_the_public_may_not() -> None:
    hidden = lookup({"access": "restricted"}, {"access": "restricted"})
    assert originator(STATED, hidden) == "Monitor"
    assert originator(STATED | {"attributed_to": "guards"}, hidden) == "guards"
    assert originator(STATED | {"source": "other"}, hidden) is None
    assert sentence_of(hidden, Access.restricted) == ("Monitor", f"{BEGINS}, according to Monitor.")
    assert actor_name(hidden, "guards", Access.public) is None
    assert actor_name(hidden, "guards", Access.restricted) == "NG"
    assert actor_name(hidden, None, Access.restricted) is None


def test_a_sentence_is_made_once_for_each_tier_and_source() -> None:
    of = lookup({"access": "partner"})
    assert [sentence_of(of, tier)[0] for tier in (Access.public, Access.partner, Access.public)] == [
        None,
        "Monitor",
        None,
    ]


EDITOR = ("bounds_by_editor",)


@pytest.mark.parametrize(
    ("words", "bounds", "tally", "flags", "said"),
    [
        # The words stand as they are; what they leave open follows in brackets.
        ("at least 25", (25, None, None, "at_least"), "total", (), "at least 25 guards"),
        ("nearly 5,000", (None, 5000, None, "approximately"), "total", (), "nearly 5,000 guards"),
        ("as many as 800", (None, None, 800, "at_most"), "total", (), "as many as 800 guards"),
        ("more than a dozen", (13, None, None, "more_than"), "total", (), "more than a dozen (at least 13) guards"),
        ("about a dozen", (None, 12, None, "approximately"), "total", (), "about a dozen (about 12) guards"),
        ("a dozen", (12, 12, 12, "exact"), "total", (), "a dozen (12) guards"),
        ("hundreds", (200, None, 999, "magnitude"), "total", (), "hundreds (200 to 999) of guards"),
        ("several hundred", (200, None, 999, "magnitude"), "total", (), "several hundred (200 to 999) guards"),
        ("over two hundred", (201, None, None, "more_than"), "total", (), "over two hundred guards"),
        ("٢٧", (27, 27, 27, "exact"), "total", (), "٢٧ (27) guards"),
        ("at most ٢٧", (None, None, 27, "at_most"), "total", (), "at most ٢٧ (at most 27) guards"),
        ("several", (None, None, None, "unknown"), "total", (), "several guards"),
        ("an undetermined number", (None, None, None, "unknown"), "total", (), "an undetermined number of guards"),
        ("another 300", (300, 300, 300, "exact"), "additional", (), "another 300 guards"),
        ("one", (1, 1, 1, "exact"), "total", (), "one guard"),
        # Words that say of what, or that no noun can follow, are quoted.
        ("a car bomb", (1, 1, 1, "exact"), "total", (), '"a car bomb" (1 guard)'),
        ("three officers", (3, 3, 3, "exact"), "total", (), '"three officers" (3 guards)'),
        ("none", (0, 0, 0, "exact"), "total", (), '"none" (0 guards)'),
        ("unknown", (None, None, None, "unknown"), "total", (), '"unknown" (an unknown number of guards)'),
        ("estimated in the hundreds", (200, None, 999, "magnitude"), "total", (),
         '"estimated in the hundreds" (200 to 999 guards)'),
        # Shorthand of a table is told in words.
        ("=10", (10, 10, 10, "exact"), "total", (), "10 guards"),
        (">30", (31, None, None, "more_than"), "total", (), "more than 30 guards"),
        ("~40", (None, 40, None, "approximately"), "total", (), "about 40 guards"),
        # Bounds of an editor leave the words bare.
        ("45,000", (None, 45000, None, "approximately"), "total", EDITOR, "45,000 guards"),
        ("dozens", (50, None, 90, "between"), "total", EDITOR, "dozens of guards"),
        ("see the table", (5, 5, 5, "exact"), "total", EDITOR, '"see the table" (5 guards)'),
        ("50 %", (5, 5, 5, "exact"), "total", EDITOR, '"50 %" (5 guards)'),
        # Without words the bounds speak.
        (None, (1, 1, 1, "exact"), "total", (), "1 guard"),
        (None, (0, 0, 0, "exact"), "total", (), "0 guards"),
        (None, (20, 25, 30, "between"), "total", (), "25 (between 20 and 30) guards"),
        (None, (200, None, 999, "magnitude"), "total", (), "hundreds (200 to 999) of guards"),
        (None, (None, None, None, "unknown"), "total", (), "an unknown number of guards"),
        (None, (300, 300, 300, "exact"), "additional", (), "another 300 guards"),
    ],
)  # fmt: skip
def test_the_words_of_the_source_come_first(
    words: str | None, bounds: tuple[Any, ...], tally: str, flags: tuple[str, ...], said: str
) -> None:
    assert phrase(words, *bounds, tally, flags).with_noun("guard", "guards") == said


def test_what_an_editor_set_is_told_as_this_registers() -> None:
    assert phrase("45,000", None, 45000, None, "approximately", "total", EDITOR).note == (
        "read as a round number by this register"
    )
    assert phrase("dozens", 50, None, 90, "between", "total", EDITOR).note == (
        "read as between 50 and 90 by this register"
    )
    assert phrase("25", 25, 25, 25, "exact", "total", ()).note == ""


@pytest.mark.parametrize(
    ("as_of", "days", "period_start", "when"),
    [
        ("2022-01-24", ((2022, 1, 24), (2022, 1, 24)), None, "as of 24 January 2022"),
        ("2022", ((2022, 1, 1), (2022, 12, 31)), None, "as of 2022"),
        ("2022-01-20/2022-01-30", ((2022, 1, 20), (2022, 1, 30)), None,
         "as of some day between 20 and 30 January 2022"),
        ("2019-05-01", ((2019, 5, 1), (2019, 5, 1)), "2018-12-04", "between 4 December 2018 and 1 May 2019"),
        ("2022-01-24", ((2022, 1, 24), (2022, 1, 24)), "2022-01-20", "between 20 and 24 January 2022"),
        ("2022-01-22", ((2022, 1, 22), (2022, 1, 22)), "2022-01-22", "on 22 January 2022"),
        ("2024", ((2024, 1, 1), (2024, 12, 31)), "2024", "in 2024"),
        ("2024-05", ((2024, 5, 1), (2024, 5, 31)), "2024-05", "in May 2024"),
        ("2024-05", ((2024, 5, 1), (2024, 5, 31)), "2024-05-01", "in May 2024"),
        ("2024-06", ((2024, 6, 1), (2024, 6, 30)), "2024-05", "between May and June 2024"),
        ("2019-05-01", ((2019, 5, 1), (2019, 5, 1)), "2018-12-01/2018-12-31",
         "from some day between 1 and 31 December 2018 to 1 May 2019"),
    ],
)  # fmt: skip
def test_a_sentence_says_the_day_or_the_period(as_of: str, days: Any, period_start: str | None, when: str) -> None:
    start, end = (date(*day) for day in days)
    row = {"as_of": as_of, "as_of_start": start, "as_of_end": end, "period_start": period_start}
    assert when_in_words(row) == when


@pytest.mark.parametrize(
    ("name", "full", "said"),
    [
        ("SDF", "Syrian Democratic Forces", "the SDF"),
        ("Syrian Democratic Forces", None, "the Syrian Democratic Forces"),
        ("United Nations", None, "the United Nations"),
        ("UN", "United Nations", "the UN"),
        ("U.S.-led coalition", None, "the U.S.-led coalition"),
        ("Assad government of Syria", None, "the Assad government of Syria"),
        ("Department of Prisons, Sri Lanka", None, "the Department of Prisons, Sri Lanka"),
        ("The National", None, "The National"),
        ("SOHR", "Syrian Observatory for Human Rights", "SOHR"),
        ("ISIS", "Islamic State", "ISIS"),
        ("OCHA", None, "OCHA"),
        ("Turkey", None, "Turkey"),
        ("Netherlands", None, "the Netherlands"),
        ("Charles Lister", None, "Charles Lister"),
        ("Syrians for Truth and Justice", None, "Syrians for Truth and Justice"),
    ],
)
def test_an_article_stands_where_english_needs_one(name: str, full: str | None, said: str) -> None:
    assert with_article(name, full) == said


def test_an_owner_ends_in_s() -> None:
    assert [possessive(name) for name in ("the SDF", "the Guards")] == ["the SDF's", "the Guards'"]
