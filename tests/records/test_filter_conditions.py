"""The parts of filters that only one engine uses, or that no request reaches by itself."""

import re
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Dialect, and_, bindparam, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from app.database import functions
from app.facilities.models import Facility
from app.history.past import EVER, PRESENT
from app.records.filters import Coarse, Day, Holds, Pair, Scope, SearchText, Words, is_id, listed, often
from app.records.tables import rows_of

ENGINES: dict[str, Dialect] = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect()}  # type: ignore[no-untyped-call]
ROWS = rows_of("facility")
DAY = ROWS.c.opened_latest
assert Facility.__tablename__ == ROWS.name


@pytest.mark.parametrize(
    ("engine", "text"), [("sqlite", "likelihood(facility.kind = ?, 0.1)"), ("postgresql", "facility.kind = %(kind)s")]
)
def test_sqlite_is_told_that_many_rows_have_a_coarse_code(engine: str, text: str) -> None:
    condition = Coarse().where(Scope(PRESENT, ROWS), "kind", [bindparam("kind")], 1)
    compiled = str(select(ROWS.c.id).where(condition).compile(dialect=ENGINES[engine]))
    assert text in compiled
    assert ("likelihood" in compiled) is (engine == "sqlite")


@pytest.mark.parametrize("engine", ENGINES)
def test_alternatives_stand_in_brackets(engine: str) -> None:
    either = or_(ROWS.c.country == "FRA", ROWS.c.country == "ITA")
    said = str(and_(often(either), ROWS.c.level == "unit").compile(dialect=ENGINES[engine]))
    assert re.fullmatch(
        r"(likelihood)?\(facility.country = .* OR facility.country = .*\) AND facility.level = .*", said
    )


@pytest.mark.parametrize(
    ("expression", "written"),
    [
        (functions.utf8(ROWS.c.slug), ("CAST(facility.slug AS BLOB)", "convert_to(facility.slug, 'UTF8')")),
        (functions.as_sent(ROWS.c.slug), ("CAST(facility.slug AS BLOB)", "facility.slug")),
        (functions.day_before(DAY), ("date(facility.opened_latest, '-1 day')", "(facility.opened_latest - 1)")),
        (functions.day_after(DAY), ("date(facility.opened_latest, '+1 day')", "(facility.opened_latest + 1)")),
        (
            functions.place_in(ROWS.c.name, DAY),
            ("instr(facility.name, facility.opened_latest)", "strpos(facility.name, facility.opened_latest)"),
        ),
        (functions.unindexed(ROWS.c.slug), ("+facility.slug", "facility.slug")),
    ],
)
def test_each_engine_has_its_own_words(expression: Any, written: tuple[str, str]) -> None:
    assert tuple(str(expression.compile(dialect=dialect)) for dialect in ENGINES.values()) == written


@pytest.mark.parametrize("engine", ENGINES)
def test_a_list_is_worked_out_first_where_the_past_is_asked(engine: str) -> None:
    found = select(ROWS.c.slug).where(ROWS.c.level == "unit")
    of_the_past = str(listed(EVER, ROWS.c.parent, found).compile(dialect=ENGINES[engine]))
    begins = "facility.parent IN (SELECT" if engine == "sqlite" else "facility.parent = ANY (ARRAY(SELECT"
    assert of_the_past.startswith(begins)
    assert str(listed(PRESENT, ROWS.c.parent, found).compile(dialect=ENGINES[engine])).startswith(
        "facility.parent IN (SELECT"
    )


def test_rows_of_no_table_of_their_own_are_not_looked_up() -> None:
    assert Holds().found(Scope(PRESENT, ROWS), "description", [bindparam("text")], 1) is None


@pytest.mark.parametrize("text", ["...", " - "])
def test_words_that_name_nothing_are_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="it holds no letter and no digit"):
        TypeAdapter(SearchText).validate_python(text)


def test_a_day_that_is_none_is_refused_with_its_sentence() -> None:
    with pytest.raises(ValidationError, match="There is no month 13: months run from 01 to 12"):
        TypeAdapter(Day).validate_python("2022-13")
    assert TypeAdapter(Day).validate_python("2999-01") == "2999-01"


@pytest.mark.parametrize(("key", "number"), [("1", True), ("1" * 18, True), ("1" * 19, False), ("a1", False)])
def test_a_key_of_digits_is_an_id(key: str, number: bool) -> None:
    assert is_id(key) is number
    assert not is_id("١")


def test_a15_a_filter_compares_text_as_it_is_stored() -> None:
    assert TypeAdapter(Words).validate_python(" Prisa\u0303o ") == "Prisão"
    assert TypeAdapter(Pair).validate_python("list:Prisa\u0303o ") == "list:Prisão"
