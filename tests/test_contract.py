"""The bytes of every GET route against the published document: each answer has the shape it says, and no other."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import quote

import pytest

from app.catalogue import COLLECTIONS
from tests.conftest import Databases, Served
from tests.hidden import HIDDEN, POINTING
from tests.sample import SAMPLE, put, served

Schema = dict[str, Any]

TOLD = {"title", "description", "examples", "default"}
"""What says something of a value and asks nothing of it."""


KINDS: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": int | float,
    "boolean": bool,
    "null": type(None),
}


class Document:
    """The published document, and what is wrong with a value by one of its schemas."""

    def __init__(self, document: Schema) -> None:
        self.paths: dict[str, Schema] = {path: item for path, item in document["paths"].items() if "get" in item}
        """Every path with a GET; those that need a key are of no use to the tests here, and have their own."""
        self._components = document["components"]

    def resolved(self, schema: Schema) -> Schema:
        """A schema, or the one it names."""
        while "$ref" in schema:
            _, _, kind, name = schema["$ref"].split("/")
            schema = self._components[kind][name]
        return schema

    def answer(self, path: str, status: int) -> tuple[str, Schema]:
        """The media type and the schema of a route's answer; a status that is not documented is a KeyError.

        Of an answer that comes in several formats it is JSON; the others are tested in tests/test_exports.py.
        """
        content = self.resolved(self.paths[path]["get"]["responses"][str(status)])["content"]
        media_type = "application/json" if "application/json" in content else next(iter(content))
        return media_type, content[media_type]["schema"]

    def shape(self, collection: str) -> Schema:
        """The schema of a collection's record."""
        shape: Schema = self._components["schemas"][COLLECTIONS[collection].table.__name__]
        return shape

    def wrong(self, schema: Schema, value: object, place: str = "", *, trimmed: bool = False) -> Iterator[str]:
        """Everything in which a value is not what its schema says; `trimmed` ones may lack fields."""
        schema = self.resolved(schema)
        if "anyOf" in schema:
            sides = [list(self.wrong(side, value, place, trimmed=trimmed)) for side in schema["anyOf"]]
            if [] not in sides:
                yield from min(sides, key=len)
            return
        keywords = schema.keys() - TOLD
        for keyword in sorted(keywords):
            yield from getattr(self, f"_{keyword.removeprefix('$')}")(schema, value, place, trimmed)

    def _type(self, schema: Schema, value: object, place: str, trimmed: bool) -> Iterator[str]:
        right = isinstance(value, KINDS[schema["type"]])
        if not right or (isinstance(value, bool) and schema["type"] != "boolean"):
            yield f"{place}: {value!r} is no {schema['type']}"

    def _enum(self, schema: Schema, value: object, place: str, trimmed: bool) -> Iterator[str]:
        if value not in schema["enum"]:
            yield f"{place}: {value!r} is none of {schema['enum']}"

    def _const(self, schema: Schema, value: object, place: str, trimmed: bool) -> Iterator[str]:
        if value != schema["const"]:
            yield f"{place}: {value!r} is not {schema['const']!r}"

    def _format(self, schema: Schema, value: object, place: str, trimmed: bool) -> Iterator[str]:
        if schema["format"] == "date" and isinstance(value, str):
            try:
                assert date.fromisoformat(value).isoformat() == value
            except (ValueError, AssertionError):
                yield f"{place}: {value!r} is no day"
        elif schema["format"] not in {"date", "int32", "int64"}:
            yield f"{place}: the format {schema['format']} is not checked here"

    def _required(self, schema: Schema, value: object, place: str, trimmed: bool) -> Iterator[str]:
        if isinstance(value, dict) and not trimmed:
            yield from (f"{place}/{name}: is missing" for name in schema["required"] if name not in value)

    def _properties(self, schema: Schema, value: object, place: str, trimmed: bool) -> Iterator[str]:
        if not isinstance(value, dict):
            return
        for name, inner in value.items():
            if name in schema["properties"]:
                yield from self.wrong(schema["properties"][name], inner, f"{place}/{name}")
            elif schema.get("additionalProperties", False) is False:
                yield f"{place}/{name}: is not in the document"

    def _additionalProperties(self, schema: Schema, value: object, place: str, trimmed: bool) -> Iterator[str]:  # noqa: N802
        more = schema["additionalProperties"]
        if isinstance(value, dict) and isinstance(more, dict):
            for name in value.keys() - schema.get("properties", {}).keys():
                yield from self.wrong(more, value[name], f"{place}/{name}")
        elif isinstance(value, dict) and more is False and "properties" not in schema and value:
            yield f"{place}: is to be empty"

    def _propertyNames(self, schema: Schema, value: object, place: str, trimmed: bool) -> Iterator[str]:  # noqa: N802
        for name in value if isinstance(value, dict) else ():
            yield from self.wrong(schema["propertyNames"], name, f"{place}/{name}")

    def _patternProperties(self, schema: Schema, value: object, place: str, trimmed: bool) -> Iterator[str]:  # noqa: N802
        for name, inner in value.items() if isinstance(value, dict) else ():
            fitting = [kind for pattern, kind in schema["patternProperties"].items() if re.search(pattern, name)]
            yield from (told for kind in fitting for told in self.wrong(kind, inner, f"{place}/{name}"))
            if not fitting:
                yield f"{place}/{name}: is not in the document"

    def _items(self, schema: Schema, value: object, place: str, trimmed: bool) -> Iterator[str]:
        for number, inner in enumerate(value) if isinstance(value, list) else ():
            yield from self.wrong(schema["items"], inner, f"{place}/{number}")

    def _pattern(self, schema: Schema, value: object, place: str, trimmed: bool) -> Iterator[str]:
        if isinstance(value, str) and not re.search(schema["pattern"], value):
            yield f"{place}: {value!r} does not fit {schema['pattern']}"

    def _limit(self, value: object, place: str, *, low: float = 0, high: float = float("inf")) -> Iterator[str]:
        measure = len(value) if isinstance(value, str | list) else value
        if isinstance(measure, int | float) and not low <= measure <= high:
            yield f"{place}: {value!r} is not between {low} and {high}"

    def _minimum(self, schema: Schema, value: object, place: str, trimmed: bool) -> Iterator[str]:
        yield from self._limit(value, place, low=schema["minimum"])

    def _maximum(self, schema: Schema, value: object, place: str, trimmed: bool) -> Iterator[str]:
        yield from self._limit(value, place, low=-float("inf"), high=schema["maximum"])

    def _minLength(self, schema: Schema, value: object, place: str, trimmed: bool) -> Iterator[str]:  # noqa: N802
        yield from self._limit(value, place, low=schema["minLength"])

    def _maxLength(self, schema: Schema, value: object, place: str, trimmed: bool) -> Iterator[str]:  # noqa: N802
        yield from self._limit(value, place, high=schema["maxLength"])

    def _minItems(self, schema: Schema, value: object, place: str, trimmed: bool) -> Iterator[str]:  # noqa: N802
        yield from self._limit(value, place, low=schema["minItems"])

    def _maxItems(self, schema: Schema, value: object, place: str, trimmed: bool) -> Iterator[str]:  # noqa: N802
        yield from self._limit(value, place, high=schema["maxItems"])


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


def check(document: Document, register: Served, path: str, asked: str, *, trimmed: bool = False) -> Any:
    """The answer of a route, held to what the document says of its status."""
    response = register.ask(asked)
    media_type, schema = document.answer(path, response.status_code)
    assert response.headers["content-type"] == media_type, asked
    answer = response.json()
    if trimmed and "data" in answer:
        records = document.resolved(schema)["properties"]["data"]
        wrong = [
            told for one in answer["data"] for told in document.wrong(records["items"], one, "/data", trimmed=True)
        ] + list(document.wrong(schema, answer | {"data": []}))
    else:
        wrong = list(document.wrong(schema, answer, trimmed=trimmed))
    included = answer.get("included") or {}
    for collection, records in included.items():
        for key, record in records.items():
            wrong += document.wrong(document.shape(collection), record, f"/included/{collection}/{key}")
    assert wrong == [], asked
    return answer


def everywhere(document: Document) -> Iterator[tuple[str, str]]:
    """Every GET route, and an address of it."""
    for path, item in document.paths.items():
        if "security" not in item["get"]:
            yield path, address(document, path)


def test_every_route_answers_as_documented(document: Document, register: Served) -> None:
    assert len(document.paths) > 20
    for path, asked in everywhere(document):
        check(document, register, path, asked)
        assert register.ask(asked).status_code == 200, asked


def test_every_record_is_of_its_documented_shape(document: Document, register: Served) -> None:
    for collection in COLLECTIONS:
        listed = check(document, register, f"/v1/{collection}", f"/v1/{collection}?limit=1000&include=all&count=exact")
        assert listed["count"] == len(listed["data"])
        for record in listed["data"]:
            key = record.get("slug", record["id"])
            check(document, register, f"/v1/{collection}/{{key}}", f"/v1/{collection}/{key}")
    assert any(record.get("withheld") for record in register.get("/v1/populations?limit=1000")["data"])


def test_every_page_and_every_moment_is_of_that_shape(document: Document, register: Served) -> None:
    for path, asked in everywhere(document):
        known = parameters(document, path)
        for query in ("limit=2", "revision=1", f"known_at={register.get('/v1')['recorded_at']}", "limit=1&count=exact"):
            if {pair.partition("=")[0] for pair in query.split("&")} <= known.keys():
                answer = check(document, register, path, f"{asked}?{query}")
                if answer.get("next"):
                    check(document, register, path, answer["next"])


def test_trimmed_answers_hold_fields_of_that_shape(document: Document, register: Served) -> None:
    for path, asked in everywhere(document):
        known = parameters(document, path)
        names = known["fields"]["schema"]["items"]["enum"] if "fields" in known else []
        for some in (names[::3], names[1::3], names[2::3]) if names else ():
            answer = check(document, register, path, f"{asked}?fields={','.join(some)}", trimmed=True)
            assert all(list(record) == some for record in answer.get("data", [answer]))


def values(document: Document, parameter: Schema) -> list[str]:
    """Every code a parameter takes and its examples: all in one value where it takes several."""
    schema = document.resolved(parameter["schema"])
    items = document.resolved(schema.get("items", {}))
    kinds = [document.resolved(kind) for kind in (schema, items, *items.get("anyOf", ()))]
    codes = [code for kind in kinds for code in kind.get("enum", ())]
    examples = [parameter["example"]] if "example" in parameter else schema.get("examples", [])
    given = [value for example in examples for value in (example if isinstance(example, list) else [example])]
    texts = [str(value).lower() if isinstance(value, bool) else str(value) for value in (*codes, *given)]
    return [",".join(dict.fromkeys(texts))] if "items" in schema and texts else texts


def test_every_code_and_example_of_a_parameter_is_taken(document: Document, register: Served) -> None:
    for path, asked in everywhere(document):
        for name, parameter in parameters(document, path).items():
            for value in values(document, parameter) if name not in {"known_at", "fields", "cursor"} else ():
                answered = register.ask(f"{asked}?{name}={quote(value)}")
                named_twice = name in {"facility", "within"} and "/facilities/" in asked
                refused = named_twice or name == "bom"  # that goes with format=csv alone
                assert answered.status_code == (422 if refused else 200), f"{asked}?{name}={value}: {answered.text}"


def test_every_parameter_is_documented(document: Document, register: Served) -> None:
    """What a refusal lists as allowed is what the document lists."""
    for path, asked in everywhere(document):
        known = parameters(document, path)
        if known:
            answer = check(document, register, path, f"{asked}?no-such-parameter=1")
            (fault,) = answer["errors"]
            assert set(fault["detail"].partition("Allowed: ")[2].strip(".").split(", ")) == known.keys(), path


def test_every_fault_is_answered_as_documented(document: Document, register: Served) -> None:
    for path, asked in everywhere(document):
        statuses = set()
        if path.startswith("/v1/vocabularies"):
            continue
        for wrong in (
            f"{asked}?no-such-parameter=1",
            f"{asked}?revision=99",
            f"{asked}?limit=0",
            path.format(**dict.fromkeys(("key", "facility", "name"), "no-such-thing")),
            path.format(**dict.fromkeys(("key", "facility", "name"), "99999")),
            path.format(**dict.fromkeys(("key", "facility", "name"), "shelter")),
        ):
            statuses.add(register.ask(wrong).status_code)
            check(document, register, path, wrong)
        statuses.add(register.ask(asked, accept="text/html").status_code)
        documented = {int(status) for status in document.paths[path]["get"]["responses"]} - {
            200,
            308,
            403,
            410,
            500,
            503,
        }
        assert documented <= statuses, path


@pytest.mark.parametrize("path", ["/v1/vocabularies", "/v1/vocabularies/{name}"])
def test_every_fault_of_the_code_lists_is_documented(document: Document, register: Served, path: str) -> None:
    check(document, register, path, f"{address(document, path)}?no-such-parameter=1")


def test_the_check_notices_what_is_wrong(document: Document, register: Served) -> None:
    """Each way in which an answer can leave its shape is seen, so the tests above can fail."""
    record = register.get("/v1/populations/6")
    shape = document.shape("populations")
    assert list(document.wrong(shape, record)) == []
    for changed in (
        {"id": "6"},
        {"id": True},
        {"low": 1.5},
        {"measure": "heldd"},
        {"as_of_end": "2022-01"},
        {"flags": ["none"]},
        {"flags": None},
        {"dimensions": {"Not a name": "x"}},
        {"dimensions": {"origin": 5}},
        {"more": 1},
        {"source": 5},
    ):
        assert len(list(document.wrong(shape, record | changed))) == 1, changed
    for name in record:
        lacking = {key: value for key, value in record.items() if key != name}
        assert list(document.wrong(shape, lacking)) == [f"/{name}: is missing"]
    incident = register.get("/v1/incidents/al-sina-prison-attack-2022")
    incident["figures"][3]["more"] = incident["parties"][0]["role"] = "x"
    assert len(list(document.wrong(document.shape("incidents"), incident))) == 2
