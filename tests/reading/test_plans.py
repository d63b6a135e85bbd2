"""How the engines answer lists: every filter and every order by an index, whatever a filter's value holds."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, text

from app.catalogue.collections import COLLECTIONS, LISTINGS
from app.database.engines import write_engine
from app.database.postgresql import DIALECT as POSTGRESQL
from app.database.sqlite import DIALECT as SQLITE
from app.database.statements import compiled
from app.history.codes import Access
from app.history.past import PRESENT
from app.reading.list_statements import Plan, met_statement, page_statement
from app.records.filters import Called, Disputed, OfOne, Value
from app.records.listing import Listing
from bench.questions import VALUES, undeclared
from tests.conftest import Databases

BIG = {collection.rows.name for collection in COLLECTIONS.values()} | {
    part.name for collection in COLLECTIONS.values() for part in collection.part_tables.values()
}
"""The tables that grow."""


@pytest.fixture(scope="module")
def explained(databases: Databases) -> Iterator[Engine]:
    """The reference event; what plans are made of it holds for any register, as SQLite knows of no sizes."""
    engine = write_engine(databases.with_reference())
    yield engine
    engine.dispose()


def steps(engine: Engine, statement: Any, **more: Any) -> list[str]:
    """The steps of a statement's plan."""
    if engine.dialect.name == "sqlite":
        form = compiled(statement, SQLITE)
        values = [_value(name, dict(form.constants) | more) for name in form.names]
        with engine.connect() as connection:
            return [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {form.text}", tuple(values))]
    form = compiled(statement, POSTGRESQL)
    written = re.sub(r"\$(\d+)", lambda found: _literal(form.constants, more, form.names[int(found[1]) - 1]), form.text)
    with engine.connect() as connection:
        # Of a register so small the planner reads all: told not to, it does so only where no index serves.
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        return [str(row[0]) for row in connection.exec_driver_sql(f"EXPLAIN {written.replace('%', '%%')}")]


def _value(name: str, values: Any) -> Any:
    return values.get(name, 1)


def _literal(constants: Any, more: Any, name: str) -> str:
    value = (dict(constants) | more).get(name, "2022-01-20" if name.startswith(("given_from", "given_to")) else "1")
    return str(value) if isinstance(value, int) else f"'{value}'"


def scanned(message: list[str]) -> list[str]:
    """The steps that go through a whole table that grows, its indexes among them, in no order that a page has."""
    found = []
    for step in message:
        match = re.search(r"^SCAN (\w+?)(?:_\d+)?(?: |$)|Seq Scan on (\w+)", step)
        # The index of totals holds those rows alone, in the order of a page.
        if match and (match[1] or match[2]) in BIG and "INDEX ix_population_as_of_end_id" not in step:
            found.append(step)
    return found


def plan_of(listing: Listing, name: str) -> Plan:
    """The plan of a page that one filter narrows."""
    condition = listing.conditions[name]
    sample: Any = _sample(listing, name)
    types = tuple(str if isinstance(term, str) else type(term) for term in condition.terms(sample))
    order = ((listing.sorts[listing.default.removeprefix("-")], listing.default.startswith("-")),)
    return Plan(PRESENT, Access.public, filters=((name, condition.variant(sample), types),), order=order)


def _sample(listing: Listing, name: str) -> Any:
    """A value as the query class of the list reads it."""
    alias = listing.query.model_fields[name].alias or name
    value: Any = VALUES[listing.collection.name][alias][1].removeprefix("-")
    several = alias not in {"changed_since", "from", "to", "breakdown", "bbox"}
    return getattr(listing.query.model_validate({alias: [value] if several else value}), name)


FILTERS = [
    (collection, name)
    for collection, listing in LISTINGS.items()
    for name in listing.conditions
    if name != "access"  # of which nearly all records have the same
    # Values and disputes stand in no index; what one figure of an incident says is looked up in those of its measure;
    # and what is found by name is a list of ids before the statement is made.
    and not isinstance(listing.conditions[name], Value | OfOne | Disputed | Called)
]


def test_every_filter_has_values_to_be_asked_with() -> None:
    assert undeclared() == {}


def test_a_filter_that_holds_few_records_is_looked_up(explained: Engine) -> None:
    """Nothing is gone through from end to end for want of a page."""
    found = {}
    for collection, name in FILTERS:
        listing = LISTINGS[collection]
        plan = replace(plan_of(listing, name), seldom=frozenset({name}))
        found[collection, name] = scanned(steps(explained, page_statement(listing, plan)))
    assert {key: answer for key, answer in found.items() if answer} == {}


def test_a_filter_is_weighed_by_an_index(explained: Engine) -> None:
    found = {}
    for collection, name in FILTERS:
        listing = LISTINGS[collection]
        ((_, variant, types),) = plan_of(listing, name).filters
        statement = met_statement(listing, name, variant, types)
        assert statement is not None
        found[collection, name] = scanned(steps(explained, statement, most=100))
    assert {key: answer for key, answer in found.items() if answer} == {}


def test_a_filter_that_holds_very_many_is_checked_along_the_order_of_the_page(explained: Engine) -> None:
    """Nothing is sorted: of all that the filter holds a page takes the first."""
    if explained.dialect.name == "postgresql":
        pytest.skip("PostgreSQL decides by its statistics")
    found = {}
    for collection, name in FILTERS:
        listing = LISTINGS[collection]
        plan = replace(plan_of(listing, name), often=frozenset({name}))
        answer = steps(explained, page_statement(listing, plan))
        # In an order with nulls the ids of a page come in two parts, each in the order of its index: these are sorted.
        parts = 2 if listing.collection.rows.c[plan.order[0][0]].nullable else 0
        sorts = [step for step in answer if "TEMP B-TREE FOR ORDER BY" in step]
        found[collection, name] = sorts if len(sorts) > parts else []
    assert {key: answer for key, answer in found.items() if answer} == {}


def test_every_order_has_an_index(explained: Engine) -> None:
    if explained.dialect.name == "postgresql":
        pytest.skip("PostgreSQL decides by its statistics")
    for collection, listing in LISTINGS.items():
        for column in listing.sorts.values():
            for descending in (False, True):
                for cursor in (False, True):
                    plan = Plan(PRESENT, Access.public, order=((column, descending),), cursor=cursor)
                    answer = steps(explained, page_statement(listing, plan))
                    rows = listing.collection.rows
                    if rows.c[column].nullable:
                        # The ids of a page are found in two parts, each in the order of an index, and put together.
                        parts = [
                            step for step in answer if re.search(rf"(SCAN|SEARCH) {rows.name}_\d USING .*INDEX", step)
                        ]
                        assert len(parts) >= 2, (collection, column, answer)
                        assert len([step for step in answer if "TEMP B-TREE" in step]) <= 2, (
                            collection,
                            column,
                            answer,
                        )
                    else:
                        assert not [step for step in answer if "TEMP B-TREE" in step], (collection, column, answer)
