"""What a record is refused for though each field is right by itself; each rule has the number of its fault."""

import unicodedata
from typing import Any

import pytest
from sqlalchemy import Engine

from app.catalogue.collections import COLLECTIONS
from app.catalogue.columns import columns
from app.records.text import tidied, tidy
from app.writing.validation import Refused
from tests.support.worlds import HELD, KILLED, PRISON, RAID, SOURCE, WORLD, entry, put, shown

Given = dict[str, Any]

BARE = {"as_written": None}


def faults(fields: Any, *, published: bool = False) -> list[tuple[str | None, str]]:
    """What is wrong with a record by itself."""
    with pytest.raises(Refused) as refused:
        entry(fields, published=published)
    return [(fault.pointer, fault.detail) for _, fault in refused.value.faults]


@pytest.mark.parametrize("published", [False, True])
@pytest.mark.parametrize(
    ("fields", "pointer", "sentence"),
    [
        ({**PRISON, "opened": "2020", "closed": "2019"}, "/closed", "closed (2019) lies before opened (2020)"),
        ({**RAID, "ended": "2022-01-19"}, "/ended", "ended (2022-01-19) lies before started (2022-01-20)"),
        (
            {**PRISON, "phases": [{"from": "2017"}, {"from": "2018-05", "to": "2017-12"}]},
            "/phases/1/to",
            "to (2017-12) lies before from (2018-05)",
        ),
        (
            {**KILLED, "as_of": "2022-01", "period_start": "2022-02-01"},
            "/period_start",
            "period_start (2022-02-01) lies after as_of (2022-01)",
        ),
        (
            {**HELD, "as_of": "2022", "period_start": "2023"},
            "/period_start",
            "period_start (2023) lies after as_of (2022)",
        ),
        (
            {**SOURCE, "accessed_on": "2022-01-31"},
            "/accessed_on",
            "accessed_on (2022-01-31) lies before published_on (2022-02-01)",
        ),
    ],
)
def test_a21_a_date_on_the_wrong_side_of_another_is_refused(
    fields: Given, pointer: str, sentence: str, published: bool
) -> None:
    assert faults(fields, published=published) == [(pointer, sentence)]
    # Beside another fault too: everything wrong is named at once.
    at = {at for at, _ in faults({**fields, "access": "nobody"})}
    assert at == {"/access", pointer}


@pytest.mark.parametrize(
    "fields",
    [
        {**PRISON, "opened": "2019-05", "closed": "2019"},
        {**PRISON, "opened": "2019-05-02", "closed": "2019-05-02"},
        {**PRISON, "closed": "2019"},
        {**RAID, "started": "2022-01-20/2022-01-24", "ended": "2022-01-21"},
        {**PRISON, "phases": [{"from": "2018-05", "to": "2018"}, {"to": "2017"}]},
        {**KILLED, "as_of": "2022-01-24", "period_start": "2022"},
        {**SOURCE, "accessed_on": "2022"},
    ],
)
def test_a21_dates_whose_days_overlap_may_be_in_order(fields: Given) -> None:
    assert entry(fields).row


@pytest.mark.parametrize(
    ("fields", "pointer", "sentence"),
    [
        ({**KILLED, **BARE, "low": True}, "/low", "true is not a number"),
        ({**KILLED, **BARE, "best": False}, "/best", "false is not a number"),
        ({**KILLED, **BARE, "high": "1_000"}, "/high", "'1_000' is not a number"),
        ({**KILLED, "nth": True}, "/nth", "true is not a number"),
        ({**HELD, "min_age": True}, "/min_age", "true is not a number"),
        ({**HELD, "max_age": "1_0"}, "/max_age", "'1_0' is not a number"),
        ({**PRISON, "latitude": True, "longitude": 1}, "/latitude", "true is not a number"),
        ({**PRISON, "latitude": 1, "longitude": "4_0.5"}, "/longitude", "'4_0.5' is not a number"),
        ({**PRISON, "phases": [{"latitude": 1, "longitude": True}]}, "/phases/0/longitude", "true is not a number"),
        ({**RAID, "timeline": [{"order": True, "text": "It begins."}]}, "/timeline/0/order", "true is not a number"),
    ],
)
def test_a22_neither_a_truth_value_nor_an_underscore_makes_a_number(fields: Given, pointer: str, sentence: str) -> None:
    assert faults(fields) == [(pointer, sentence)]


def test_a22_numbers_are_taken_as_before() -> None:
    both = [*columns(COLLECTIONS["populations"]), *columns(COLLECTIONS["facilities"])]
    kinds = {column.name: column.kind for column in both}
    assert {kinds[name] for name in ("nth", "min_age")} == {"integer"}
    assert {kinds[name] for name in ("low", "best", "high", "latitude", "longitude")} == {"number"}
    assert [column.kind for column in columns(COLLECTIONS["figures"]) if column.name in {"low", "best"}] == [
        "integer"
    ] * 2
    assert entry({**KILLED, **BARE, "low": 1, "high": "1000"}).row["high"] == 1000
    assert entry({**PRISON, "latitude": 36, "longitude": "40.5"}).row["longitude"] == 40.5


THERE_IS = "there is a number: missing_reason says why there is none"


@pytest.mark.parametrize(
    ("fields", "pointer", "sentence"),
    [
        ({**KILLED, **BARE, "low": 5, "missing_reason": "suppressed"}, "/missing_reason", THERE_IS),
        ({**KILLED, **BARE, "best": 0, "missing_reason": "suppressed"}, "/missing_reason", THERE_IS),
        ({**KILLED, **BARE, "high": 5, "missing_reason": "suppressed"}, "/missing_reason", THERE_IS),
        ({**KILLED, "as_written": "at least 25", "missing_reason": "pending"}, "/missing_reason", THERE_IS),
        (
            {**HELD, "statistic": "official"},
            "/statistic",
            "official is a definition of capacity: it does not go with held",
        ),
        (
            {**HELD, "measure": "capacity", "statistic": "flow", "period_start": "2022"},
            "/statistic",
            "flow is a way of counting: it does not go with capacity",
        ),
        (
            {
                **PRISON,
                "related": [{"facility": "camp", "relation": "annex"}, {"facility": "prison", "relation": "annex"}],
            },
            "/related/1/facility",
            "prison cannot be related to itself",
        ),
        (
            {**PRISON, "identifiers": [{"scheme": "list", "value": "1"}] * 2},
            "/identifiers/1",
            "list:1 is listed twice",
        ),
        (
            {**RAID, "identifiers": [{"scheme": "list", "value": v} for v in ("1", "2", "1")]},
            "/identifiers/2",
            "list:1 is listed twice",
        ),
    ],
)
def test_a26_what_contradicts_itself_is_refused_at_its_field(fields: Given, pointer: str, sentence: str) -> None:
    assert faults(fields) == [(pointer, sentence)]


@pytest.mark.parametrize(
    "fields",
    [
        {**KILLED, "as_written": "several", "missing_reason": "not_published"},
        {**KILLED, "as_written": "a shrug", "missing_reason": "not_published"},
        {**HELD, "measure": "capacity", "statistic": "official"},
        {**HELD, "measure": "capacity"},
        {**HELD, "statistic": "point"},
        {**PRISON, "identifiers": [{"scheme": "list", "value": "1"}, {"scheme": "other", "value": "1"}]},
    ],
)
def test_a26_what_goes_together_is_taken(fields: Given) -> None:
    assert entry(fields).row


def test_a27_a_rounded_average_stays_readable(engine: Engine) -> None:
    put(engine, *WORLD)
    average = {**HELD, "statistic": "daily_average", "period_start": "2022-01", "qualifier": "approximately"}
    small = {**average, "as_written": "0.3", "best": 0, "flags": ["rounded"]}
    put(engine, small, {**average, "as_written": "12.6", "best": 13, "flags": ["rounded"], "nth": 2})
    for number, best, words in ((2, 0, "0.3"), (3, 13, "12.6")):
        population = shown(engine, "populations", number)
        assert [population[name] for name in ("low", "best", "high")] == [None, best, None]
        assert (population["qualifier"], population["flags"]) == ("approximately", ["rounded"])
        assert (
            f": {words} on average (daily average of people, alleged to belong to Raiders, held)"
            in (population["reads_as"])
        )


BLANK = "\u00a0\u200b \ufeff"


def test_a15_text_is_stored_in_one_form_without_what_is_invisible_around_it() -> None:
    decomposed = unicodedata.normalize("NFD", "Prisão do Norte")
    row = entry({**PRISON, "name": f" {decomposed}{BLANK}", "admin1": "North "}).row
    assert (row["name"], row["admin1"]) == ("Prisão do Norte", "North")
    parts = entry({**PRISON, "names": [{"name": f"{decomposed} "}], "sources": ["report "]}).parts
    assert (parts["names"][0]["name"], parts["sources"][0]["source"]) == ("Prisão do Norte", "report")


@pytest.mark.parametrize("blank", ["", " ", "\t\n", BLANK, "\u200e"])
def test_a15_a_name_of_blanks_is_refused(blank: str) -> None:
    for fields, name in ((PRISON, "name"), (RAID, "title"), (SOURCE, "title")):
        assert [at for at, _ in faults({**fields, name: blank})] == [f"/{name}"]
    assert [at for at, _ in faults({**PRISON, "names": [{"name": blank}]})] == ["/names/0/name"]


def test_a15_marks_inside_a_word_stay() -> None:
    persian = "می\u200cشود"
    assert tidy(persian) == persian
    assert tidied({"a ": [" b ", 1, None, {"c": "d\n"}]}) == {"a ": ["b", 1, None, {"c": "d"}]}
    assert tidied(True) is True
