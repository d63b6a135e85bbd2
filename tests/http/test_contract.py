"""The bytes of every GET route against the published document: each answer has the shape it says, and no other."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import best_match
from jsonschema.protocols import Validator

from app.catalogue.collections import COLLECTIONS
from tests.conftest import Databases, Served
from tests.support.hidden import HIDDEN, POINTING
from tests.support.sample import SAMPLE, put, served

Schema = dict[str, Any]


class Document:
    """The published document, and what is wrong with a value by one of its schemas."""

    def __init__(self, document: Schema) -> None:
        self.paths: dict[str, Schema] = {path: item for path, item in document["paths"].items() if "get" in item}
        """Every path with a GET; those that need a key are of no use to the tests here, and have their own."""
        self._components = document["components"]
        self._checks = {trimmed: self._check(trimmed=trimmed) for trimmed in (False, True)}

    def resolved(self, schema: Schema) -> Schema:
        """A schema, or the one it names."""
        while "$ref" in schema:
            _, _, kind, name = schema["$ref"].split("/")
            schema = self._components[kind][name]
        return schema

    def answer(self, path: str, status: int) -> tuple[str, Schema]:
        """The media type and the schema of a route's answer; a status that is not documented is a KeyError.

        Of an answer that comes in several formats it is JSON; the others are tested in tests/exports/test_exports.py.
        """
        content = self.resolved(self.paths[path]["get"]["responses"][str(status)])["content"]
        media_type = "application/json" if "application/json" in content else next(iter(content))
        return media_type, content[media_type]["schema"]

    def shape(self, collection: str) -> Schema:
        """The schema of a collection's record."""
        shape: Schema = self._components["schemas"][COLLECTIONS[collection].table.__name__]
        return shape

    def wrong(self, schema: Schema, value: Any, *, trimmed: bool = False) -> list[str]:
        """Everything in which a value is not what its schema says; only `trimmed` ones may lack fields."""
        faults = self._checks[trimmed].evolve(schema=schema).iter_errors(value)
        return [_told(fault) for fault in faults]

    def _check(self, *, trimmed: bool) -> Validator:
        """A check by the document's schemas that lets no field pass which is not in it.

        Where a record may come trimmed, the schema of such a one would pass for each that lacks something by mistake.
        """
        schemas = {
            name: _closed(schema) if trimmed or not name.endswith("Fields") else False
            for name, schema in self._components["schemas"].items()
        }
        root = {"components": {"schemas": schemas}}
        return Draft202012Validator(root, format_checker=Draft202012Validator.FORMAT_CHECKER)


def _closed(schema: Schema) -> Schema:
    return {"additionalProperties": False, **schema} if "properties" in schema else schema


def _told(fault: ValidationError) -> str:
    """The fault and its place; of one in alternatives, what lies nearest to right."""
    nearest = best_match([fault]) or fault
    return f"{''.join(f'/{step}' for step in nearest.absolute_path)}: {nearest.message}"


@pytest.fixture(scope="module")
def register(databases: Databases) -> Iterator[Served]:
    """Every kind of record there is, some of them naming what is hidden; tests only read it."""
    url = databases.with_reference()
    for records in (SAMPLE, HIDDEN, POINTING):
        put(url, *records)
    with served(url) as made:
        yield made


@pytest.fixture(scope="module")
def document(register: Served) -> Document:
    """The document that this register publishes of itself."""
    return Document(register.get("/openapi.json"))


def address(document: Document, path: str) -> str:
    """A route's address, its path parameters filled with their examples."""
    filled = {
        one["name"]: one["example"] for one in document.paths[path]["get"].get("parameters", []) if one["in"] == "path"
    }
    return path.format(**filled)


def parameters(document: Document, path: str) -> dict[str, Schema]:
    """The query parameters of a route."""
    return {one["name"]: one for one in document.paths[path]["get"].get("parameters", []) if one["in"] == "query"}


def check(document: Document, register: Served, path: str, query: str, *, trimmed: bool = False) -> Any:
    """The answer of a route, held to what the document says of its status."""
    response = register.ask(query)
    media_type, schema = document.answer(path, response.status_code)
    assert response.headers["content-type"].partition(";")[0] == media_type, query
    answer = response.json() if media_type.endswith("json") else response.text
    wrong = document.wrong(schema, answer, trimmed=trimmed)
    included = (answer.get("included") if isinstance(answer, dict) else None) or {}
    for collection, records in included.items():
        for key, record in records.items():
            wrong += [
                f"/included/{collection}/{key}{reported}"
                for reported in document.wrong(document.shape(collection), record)
            ]
    assert wrong == [], query
    return answer


def everywhere(document: Document) -> Iterator[tuple[str, str]]:
    """Every GET route, and an address of it."""
    for path, item in document.paths.items():
        if "security" not in item["get"]:
            yield path, address(document, path)


def test_every_route_answers_as_documented(document: Document, register: Served) -> None:
    assert len(document.paths) > 20
    for path, query in everywhere(document):
        check(document, register, path, query)
        assert register.ask(query).status_code == 200, query


def test_every_record_is_of_its_documented_shape(document: Document, register: Served) -> None:
    for collection in COLLECTIONS:
        listed = check(document, register, f"/v1/{collection}", f"/v1/{collection}?limit=1000&include=all&count=exact")
        assert listed["count"] == len(listed["data"])
        for record in listed["data"]:
            key = record.get("slug", record["id"])
            check(document, register, f"/v1/{collection}/{{key}}", f"/v1/{collection}/{key}")
    assert any(record.get("withheld") for record in register.get("/v1/populations?limit=1000")["data"])


def test_every_page_and_every_moment_is_of_that_shape(document: Document, register: Served) -> None:
    for path, requested in everywhere(document):
        known = parameters(document, path)
        for query in ("limit=2", "revision=1", f"known_at={register.get('/v1')['recorded_at']}", "limit=1&count=exact"):
            if {pair.partition("=")[0] for pair in query.split("&")} <= known.keys():
                answer = check(document, register, path, f"{requested}?{query}")
                if isinstance(answer, dict) and answer.get("next"):
                    check(document, register, path, answer["next"])


def test_trimmed_answers_hold_fields_of_that_shape(document: Document, register: Served) -> None:
    for path, query in everywhere(document):
        known = parameters(document, path)
        names = known["fields"]["schema"]["items"]["enum"] if "fields" in known else []
        for some in (names[::3], names[1::3], names[2::3]) if names else ():
            answer = check(document, register, path, f"{query}?fields={','.join(some)}", trimmed=True)
            assert all(list(record) == some for record in answer.get("data", [answer]))


def values(document: Document, parameter: Schema) -> list[str]:
    """Every code a parameter takes and its examples: all in one value where it takes several."""
    schema = document.resolved(parameter["schema"])
    items = document.resolved(schema.get("items", {}))
    kinds = [document.resolved(kind) for kind in (schema, items, *items.get("anyOf", ()))]
    codes = [code for kind in kinds for code in kind.get("enum", ())]
    examples = [parameter["example"]] if "example" in parameter else schema.get("examples", [])
    fields = [value for example in examples for value in (example if isinstance(example, list) else [example])]
    texts = [str(value).lower() if isinstance(value, bool) else str(value) for value in (*codes, *fields)]
    several = list(dict.fromkeys(texts))[: schema.get("maxItems")]
    return [",".join(several)] if "items" in schema and texts else texts


@pytest.mark.slow
def test_every_code_and_example_of_a_parameter_is_taken(document: Document, register: Served) -> None:
    for path, query in everywhere(document):
        for name, parameter in parameters(document, path).items():
            for value in values(document, parameter) if name not in {"known_at", "fields", "cursor"} else ():
                answered = register.ask(f"{query}?{name}={quote(value, safe=',')}")
                named_twice = name in {"facility", "within"} and "/facilities/" in query
                # Each of these goes with another parameter: format=csv, a filter to be read by it, a point, a measure.
                alone = name in {"value_min", "value_max"} and "/incidents" in query and "/figures" not in query
                alone |= query.endswith("populations/summary") and name == "from"
                alone |= query.endswith("/coverage") and name in {"from", "to"}
                alone |= query.endswith("incidents/summary") and name in {"of", "cause"}
                refused = named_twice or alone or name in {"bom", "match", "radius_km"}
                assert answered.status_code == (422 if refused else 200), f"{query}?{name}={value}: {answered.text}"


def test_every_parameter_is_documented(document: Document, register: Served) -> None:
    """What a refusal lists as allowed is what the document lists."""
    for path, query in everywhere(document):
        known = parameters(document, path)
        if known:
            answer = check(document, register, path, f"{query}?no-such-parameter=1")
            (fault,) = answer["errors"]
            assert set(fault["detail"].partition("Allowed: ")[2].strip(".").split(", ")) == known.keys(), path


def test_every_fault_is_answered_as_documented(document: Document, register: Served) -> None:
    for path, query in everywhere(document):
        statuses = set()
        if path.startswith("/v1/vocabularies"):
            continue
        named = re.findall(r"{(\w+)}", path)
        for wrong in (
            f"{query}?no-such-parameter=1",
            f"{query}?revision=99",
            f"{query}?limit=0",
            path.format(**dict.fromkeys(named, "no-such-thing")),
            path.format(**dict.fromkeys(named, "99999")),
            path.format(**dict.fromkeys(named, "shelter")),
        ):
            statuses.add(register.ask(wrong).status_code)
            check(document, register, path, wrong)
        statuses.add(register.ask(query, accept="application/pdf").status_code)
        statuses.add(register.ask(query, authorization="Bearer of no key").status_code)
        documented = {int(status) for status in document.paths[path]["get"]["responses"]} - {
            200,
            206,
            308,
            403,
            410,
            414,
            416,
            429,
            431,
            500,
            503,
        }
        assert documented <= statuses, path


@pytest.mark.parametrize("path", ["/v1/vocabularies", "/v1/vocabularies/{name}"])
def test_every_fault_of_the_code_lists_is_documented(document: Document, register: Served, path: str) -> None:
    check(document, register, path, f"{address(document, path)}?no-such-parameter=1")


def test_the_check_notices_what_is_wrong(document: Document, register: Served) -> None:
    """Each way in which an answer can leave its shape is seen, so the tests above can fail."""
    record = register.get("/v1/populations?sort=id")["data"][5]
    shape = document.shape("populations")
    assert document.wrong(shape, record) == []
    for changed in (
        {"id": "6"},
        {"id": True},
        {"low": "25"},
        {"measure": "heldd"},
        {"as_of_end": "2022-01"},
        {"flags": ["none"]},
        {"flags": None},
        {"dimensions": {"Not a name": "x"}},
        {"dimensions": {"origin": 5}},
        {"more": 1},
        {"source": 5},
    ):
        assert len(document.wrong(shape, record | changed)) == 1, changed
    for name in record:
        lacking = {key: value for key, value in record.items() if key != name}
        assert document.wrong(shape, lacking) == [f": {name!r} is a required property"]
    (incident,) = register.get("/v1/incidents?status=ended&kind=prison_break")["data"]
    incident["figures"][3]["more"] = incident["parties"][0]["role"] = "x"
    assert len(document.wrong(document.shape("incidents"), incident)) == 2
