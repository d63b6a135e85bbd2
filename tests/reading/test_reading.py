"""The answers themselves: pages, records, `fields`, `include`, conditional requests, and what each costs."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast
from unittest.mock import ANY

import pytest
from fastapi import FastAPI
from sqlalchemy import SelectBase

from app.catalogue.collections import COLLECTIONS
from app.database.readers import Fetch, Reader, Rows, Values
from tests.conftest import Served
from tests.support.lists import found

I1 = "al-sina-prison-attack-2022"
KEYS = {
    "sources": "lister-mei-2022-01-24",
    "actors": "us-forces",
    "facilities": "al-sina-prison",
    "incidents": I1,
    "populations": "6",
    "figures": "8",
    "claims": "sdf-turkey-complicit",
}


# --- the register ------------------------------------------------------------------------------------------------


def test_the_register_says_what_it_is_and_holds(reference: Served) -> None:
    answer = reference.get("/v1")
    assert answer.pop("recorded_at").endswith("Z")
    links = answer.pop("links")
    assert answer == {
        "register": "Detention Facility Data",
        "revision": 1,
        "counts": {
            "sources": 22,
            "actors": 11,
            "facilities": 5,
            "incidents": 1,
            "populations": 22,
            "figures": 53,
            "claims": 29,
        },
        "partner_records": 0,
        "licence": {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"},
    }
    assert set(COLLECTIONS) <= set(links)
    for address in links.values():
        assert reference.ask(address).status_code == 200, address


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_list_holds_each_record_as_the_record_itself_shows(reference: Served, collection: str) -> None:
    answer = reference.get(f"/v1/{collection}?limit=1000")
    assert list(answer) == ["data", "next", "revision"]
    assert (answer["next"], answer["revision"]) == (None, 1)
    assert len(answer["data"]) == reference.get("/v1")["counts"][collection]
    for record in answer["data"]:
        # By itself it also says how to cite it.
        itself = {**record, "cite": ANY}
        assert reference.get(f"/v1/{collection}/{record.get('slug', record['id'])}") == itself
        assert reference.get(f"/v1/{collection}/{record['id']}") == itself


def test_an_incident_is_told_in_one_answer(reference: Served) -> None:
    incident = reference.get(f"/v1/incidents/{I1}")
    assert [site["facility"] for site in incident["facilities"]] == ["al-sina-prison", "al-sina-prison-northern-wing"]
    assert [entry["order"] for entry in incident["timeline"]] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [(party["actor"], party["standing"]) for party in incident["parties"]][-1] == ("turkey", "alleged")
    figures = {figure["id"]: figure for figure in reference.get("/v1/figures?limit=1000")["data"]}
    assert {figure["id"]: figure for figure in incident["figures"]} == figures
    days = [figure["as_of_end"] for figure in incident["figures"]]
    assert days == sorted(days)
    assert incident["claims"] == found(reference, f"/v1/claims?incident={I1}")
    assert incident["figures_more"] is None


# --- fields ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_fields_trim_an_answer_and_change_nothing_else(reference: Served, collection: str) -> None:
    whole = reference.get(f"/v1/{collection}/{KEYS[collection]}")
    del whole["cite"]
    for name in whole:
        if name != "withheld":
            assert reference.get(f"/v1/{collection}/{KEYS[collection]}?fields={name}") == {name: whole[name]}
    listed = reference.get(f"/v1/{collection}?limit=1000")
    some = list(whole)[::-3]
    trimmed = reference.get(f"/v1/{collection}?limit=1000&fields={','.join(some)}")
    assert trimmed == listed | {"data": [{name: one[name] for name in one if name in some} for one in listed["data"]]}
    # In the record's own order, whichever way they are asked for.
    assert [list(one) for one in trimmed["data"]] == [[name for name in whole if name in some]] * len(trimmed["data"])
    repeated = "&".join(f"fields={name}" for name in some)
    assert reference.get(f"/v1/{collection}?limit=1000&{repeated}") == trimmed


# --- include -----------------------------------------------------------------------------------------------------


def mentioned(value: Any, known: dict[str, dict[str, Any]]) -> dict[str, set[str]]:
    """The slugs that stand as values anywhere in an answer, by the collections they are slugs of."""
    if isinstance(value, dict):
        inner = [mentioned(one, known) for name, one in value.items() if name != "slug"]
    elif isinstance(value, list):
        inner = [mentioned(one, known) for one in value]
    else:
        return {name: {value} for name, slugs in known.items() if isinstance(value, str) and value in slugs}
    return {name: set().union(*(one.get(name, set()) for one in inner)) for name in known}


@pytest.fixture(scope="module")
def everything(reference: Served) -> dict[str, dict[str, Any]]:
    """Every record by collection and by its slug or id."""
    return {
        name: {str(one.get("slug", one["id"])): one for one in reference.get(f"/v1/{name}?limit=1000")["data"]}
        for name in COLLECTIONS
    }


INCLUDES = {
    "sources": [],
    "actors": ["actors"],
    "facilities": ["sources", "actors", "facilities"],
    "incidents": ["sources", "actors", "facilities", "claims"],
    "populations": ["sources", "actors", "facilities"],
    "figures": ["sources", "actors", "incidents"],
    "claims": ["sources", "actors", "facilities", "incidents"],
}


@pytest.mark.parametrize("collection", COLLECTIONS)
@pytest.mark.parametrize("page", [True, False], ids=["page", "record"])
def test_include_brings_each_record_mentioned_once(
    reference: Served, everything: dict[str, dict[str, Any]], collection: str, page: bool
) -> None:
    address = f"/v1/{collection}" if page else f"/v1/{collection}/{KEYS[collection]}"
    plain = reference.get(f"{address}?limit=1000" if page else address)
    joined = "&" if page else "?"
    address = f"{address}?limit=1000" if page else address
    names = mentioned(plain["data"] if page else plain, everything)
    for kind in INCLUDES[collection]:
        answer = reference.get(f"{address}{joined}include={kind}")
        brought = answer.pop("included")
        assert answer == plain
        assert list(brought) == [kind]
        own = (
            {one["parent"] for one in plain["data"]}
            if (collection, page, kind) == ("incidents", True, "incidents")
            else set()
        )
        assert set(brought[kind]) == names[kind] - own, kind
        assert all(record == everything[kind][slug] for slug, record in brought[kind].items())
    whole = reference.get(f"{address}{joined}include=all")["included"]
    assert set(INCLUDES[collection]) <= set(whole)
    for kind in INCLUDES[collection]:
        assert set(whole[kind]) == names[kind]


def test_include_brings_what_a_facility_holds(reference: Served, everything: dict[str, dict[str, Any]]) -> None:
    brought = reference.get("/v1/facilities/al-hol-camp?include=populations,claims")["included"]
    assert set(brought["populations"]) == set(found(reference, "/v1/populations?facility=al-hol-camp"))
    assert all(record == everything["populations"][number] for number, record in brought["populations"].items())
    assert brought["claims"] == {}
    brought = reference.get("/v1/facilities?include=claims&limit=1000")["included"]
    assert set(brought["claims"]) == {slug for slug, claim in everything["claims"].items() if claim["facility"]}


def test_include_is_of_the_page_not_of_the_list(reference: Served) -> None:
    first = reference.get("/v1/figures?limit=1&sort=id&include=actors")
    assert list(first["included"]["actors"]) == ["isis"]
    assert list(reference.get(first["next"])["included"]["actors"]) == ["isis"]
    assert reference.get("/v1/figures?measure=forces_engaged&include=actors&fields=id")["included"][
        "actors"
    ].keys() == {"sdf"}


def test_include_of_nothing_is_there_and_empty(reference: Served) -> None:
    assert reference.get("/v1/actors/turkey?include=actors")["included"] == {"actors": {}}
    assert reference.get("/v1/figures?measure=ill&include=sources")["included"] == {"sources": {}}


# --- conditional requests ----------------------------------------------------------------------------------------

CONDITIONAL = ["/v1", "/v1/figures?measure=killed&limit=3", f"/v1/incidents/{I1}", "/v1/actors/sdf?include=all"]


@pytest.mark.parametrize("path", CONDITIONAL)
def test_what_the_reader_holds_is_not_sent_again(reference: Served, path: str) -> None:
    whole = reference.ask(path)
    tag = whole.headers["etag"]
    assert tag.startswith('"')
    for held in (tag, f"W/{tag}", "*", f'"other", {tag}', f'{tag},"other"', f' {tag} , W/"x"'):
        response = reference.ask(path, if_none_match=held)
        assert (response.status_code, response.content) == (304, b""), held
        named = ("etag", "data-revision", "link", "cache-control", "vary")
        assert [response.headers[name] for name in named] == [whole.headers[name] for name in named]
        assert "content-type" not in response.headers
    for held in ('"other"', tag.strip('"'), tag[:-2] + '"', '"other", W/"x"', ""):
        response = reference.ask(path, if_none_match=held)
        assert (response.status_code, response.content) == (200, whole.content), held


def test_several_headers_are_one_list(reference: Served) -> None:
    tag = reference.ask("/v1").headers["etag"]
    response = reference.client.get("/v1", headers=[("if-none-match", '"other"'), ("if-none-match", tag)])
    assert response.status_code == 304


def test_a_fault_is_told_whatever_the_reader_holds(reference: Served) -> None:
    for path in ("/v1/facilities/nobody", "/v1/facilities?kind=x", "/v1/facilities?revision=9", "/v1/nothing"):
        assert reference.ask(path, if_none_match="*").status_code in {404, 422}


@pytest.mark.parametrize("path", [*CONDITIONAL, "/v1/facilities/al-sina-prison/claims", "/v1/vocabularies"])
def test_answers_vary_by_what_they_depend_on(reference: Served, path: str) -> None:
    response = reference.ask(path)
    assert {name.strip() for name in response.headers["vary"].split(",")} == {
        "Authorization",
        "Accept",
        "Accept-Encoding",
    }
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "path",
    [
        "/v1",
        "/v1/figures?measure=killed&limit=3",
        "/v1/actors/sdf?include=all",
        "/v1/facilities/al-sina-prison/claims",
        *(f"/v1/{collection}" for collection in COLLECTIONS),
        *(f"/v1/{collection}/{key}" for collection, key in KEYS.items()),
    ],
)
def test_every_answer_names_its_revision_and_its_permalink(reference: Served, path: str) -> None:
    response = reference.ask(path)
    assert response.headers["data-revision"] == "1"
    link = response.headers["link"]
    assert 'rel="permalink"' in link
    assert "revision=1" in link
    assert link.startswith(f"<http://testserver{path.partition('?')[0]}?")


# --- what an answer costs ----------------------------------------------------------------------------------------


class Counting:
    """A reader that notes the statements it passes on."""

    def __init__(self, reader: Reader) -> None:
        self.reader, self.takes_hints, self.weights = reader, reader.takes_hints, reader.weights
        self.newest = 1  # It has read the register before.
        self.statements: list[str] = []

    async def fetch(self, statement: SelectBase, values: Values, *, slow: bool = False) -> Rows:
        self.statements.append(str(statement))
        return await self.reader.fetch(statement, values, slow=slow)

    @asynccontextmanager
    async def snapshot(self, *, slow: bool = False) -> AsyncIterator[Fetch]:
        async with self.reader.snapshot(slow=slow) as inner:

            async def fetch(statement: SelectBase, values: Values) -> Rows:
                self.statements.append(str(statement))
                rows: Rows = await inner(statement, values)
                return rows

            yield fetch


@contextmanager
def counting(register: Served) -> Iterator[list[str]]:
    """The statements that requests run meanwhile."""
    state = cast("FastAPI", register.client.app).state
    reader = state.reader
    state.reader = made = Counting(reader)
    try:
        yield made.statements
    finally:
        state.reader = reader


COSTS = [
    *((f"/v1/{collection}", 1) for collection in COLLECTIONS),
    *((f"/v1/{collection}/{key}", 1) for collection, key in KEYS.items()),
    *((f"/v1/{collection}?revision=1&limit=2", 1) for collection in COLLECTIONS),
    *((f"/v1/{collection}/{key}?revision=1", 1) for collection, key in KEYS.items()),
    ("/v1", 1),
    ("/v1/facilities/3", 1),
    ("/v1/facilities?limit=2&sort=-opened,name", 1),
    ("/v1/facilities?fields=slug&kind=improvised&operator=sdf,isis&within=sdf-isis-prisons", 1),
    ("/v1/incidents?actor=turkey&role=accomplice&standing=alleged", 1),
    ("/v1/facilities/al-sina-prison/populations", 1),
    ("/v1/facilities/sdf-isis-prisons/incidents?subtree=true", 1),
    ("/v1/facilities/al-sina-prison/claims?subtree=false&limit=1", 1),
    # Each kind that comes along is one more.
    ("/v1/facilities?include=actors", 2),
    ("/v1/facilities?include=actors,sources", 3),
    ("/v1/facilities/al-sina-prison?include=actors", 2),
    ("/v1/facilities/al-sina-prison?include=populations,claims,sources", 4),
    ("/v1/facilities/al-sina-prison?include=all", 6),
    ("/v1/incidents?include=actors,claims&limit=1", 3),
    ("/v1/figures?include=incidents&limit=50", 2),
    # So is a count, and so the revision that a moment or a day stands for.
    ("/v1/figures?count=exact", 2),
    ("/v1/figures?count=exact&include=sources", 3),
    ("/v1/figures?latest_per=source", 2),
    ("/v1/figures?measure=killed&as_of=2022-01-31&latest_per=source", 2),
    # And so the ways in which records write the texts asked for, however many; that each of several is held one more.
    ("/v1/facilities?admin1=al-hasakeh&admin1_code=sy08", 2),
    ("/v1/sources?publisher=rudaw,sohr", 3),
    ("/v1/vocabularies", 0),
    ("/healthz", 0),
]


@pytest.mark.parametrize(("path", "statements"), COSTS, ids=[path for path, _ in COSTS])
def test_an_answer_costs_this_many_statements(reference: Served, path: str, statements: int) -> None:
    # What filters hold is counted once, and remembered.
    assert reference.ask(path).status_code == 200
    for _ in range(2):
        with counting(reference) as run:
            assert reference.ask(path).status_code == 200
        assert len(run) == statements, run


def test_a_moment_costs_one_statement_more(reference: Served) -> None:
    moment = reference.get("/v1")["recorded_at"]
    for path in ("/v1/facilities", "/v1/facilities/al-sina-prison"):
        with counting(reference) as run:
            assert reference.ask(f"{path}?known_at={moment}").status_code == 200
        assert len(run) == 2


def test_a_page_costs_the_same_whatever_it_holds(reference: Served) -> None:
    for limit in (1, 10, 1000):
        with counting(reference) as run:
            reference.get(f"/v1/figures?limit={limit}")
            reference.get(f"/v1/claims?limit={limit}&include=sources")
        assert len(run) == 3


def test_a_statement_is_made_once_for_each_set_of_filters(reference: Served) -> None:
    """Values are parameters: another value is no other statement."""
    queries = ("kind=camp&country=SYR", "kind=improvised&country=SYR")
    for query in queries:
        reference.get(f"/v1/facilities?{query}")
    with counting(reference) as run:
        for query in queries:
            reference.get(f"/v1/facilities?{query}")
    assert run[0] == run[1]
    assert "camp" not in run[0]
    assert "SYR" not in run[0]
