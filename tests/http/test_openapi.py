"""What is published of the OpenAPI document: on a small application, then on the register's own."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from app.catalogue.collections import COLLECTIONS
from app.errors import BadInput, Crowded, Gone, NotFound, Problem, TooSlow
from app.estimates.codes import Qualifier
from app.http.application import create_app, endpoints
from app.http.imports import MEDIA_TYPES
from app.http.openapi import ALWAYS, TAGS, document, publish, text
from app.http.routing import Endpoint, EndpointRoute, PathKey


class Filters(BaseModel):
    """What can be asked."""

    parent: Annotated[str | None, Field(description="The network it lies in.")] = None
    qualifier: Annotated[list[Qualifier] | None, Field(description="How the words bind.")] = None
    size: Annotated[int | str | None, Field(description="Of several types.")] = None
    limit: Annotated[int, Field(ge=1, le=1000, description="Most records on a page.")] = 100


class Shown(BaseModel):
    """A record."""

    id: int
    best: int | None
    qualifier: Qualifier


async def handler(request: Request) -> Response:
    raise NotImplementedError(request)


def endpoint(path: str, **more: Any) -> Endpoint:
    """An endpoint without a word about it."""
    options: dict[str, Any] = {"name": path.strip("/"), "tag": "figures", "summary": "", "about": ""} | more
    return Endpoint(path=path, handler=handler, **options)


def small(*others: Endpoint, **more: Any) -> FastAPI:
    """A small application; `more` is declared of its list."""
    key = PathKey("record", "Its slug.", "one")
    listed = {"query": Filters, "model": Shown, "problems": (BadInput, TooSlow, Crowded)} | more
    app = FastAPI(version="7.8.9")
    app.router.routes.extend(
        map(
            EndpointRoute,
            [
                endpoint("/records", **listed),
                endpoint("/records/{record}", name="record", key=key, model=Shown, problems=(BadInput, NotFound, Gone)),
                endpoint("/healthz", tag="health", model=None),
                *others,
            ],
        )
    )
    return app


@pytest.fixture
def made() -> dict[str, Any]:
    return document(small())


def test_the_document_given_is_left_as_it_was() -> None:
    schema = small().openapi()
    before = deepcopy(schema)
    publish(schema, {})
    assert schema == before


def test_the_frame_says_what_the_api_is(made: dict[str, Any]) -> None:
    assert list(made) == ["openapi", "info", "servers", "security", "tags", "paths", "components"]
    assert made["info"]["title"] == "Detention Facility Data API"
    assert made["info"]["version"] == "7.8.9"
    assert "contact" not in made["info"]
    assert made["servers"] == [{"url": "/"}]
    assert [tag["name"] for tag in made["tags"]] == ["figures", "health"]


def test_a_parameter_is_absent_never_null(made: dict[str, Any]) -> None:
    parameters = {each["name"]: each for each in made["paths"]["/records"]["get"]["parameters"]}
    assert parameters["parent"] == {
        "name": "parent",
        "in": "query",
        "required": False,
        "schema": {"type": "string"},
        "description": "The network it lies in.",
    }
    listed = {"type": "array", "items": {"$ref": "#/components/schemas/Qualifier"}}
    assert parameters["qualifier"]["schema"] == listed
    assert parameters["size"]["schema"] == {"anyOf": [{"type": "integer", "format": "int64"}, {"type": "string"}]}


def test_a_field_keeps_its_null(made: dict[str, Any]) -> None:
    best = made["components"]["schemas"]["Shown"]["properties"]["best"]
    assert best == {"anyOf": [{"type": "integer", "format": "int64"}, {"type": "null"}]}


def test_limits_bear_the_names_of_json_schema(whole: dict[str, Any]) -> None:
    low = whole["components"]["schemas"]["NewFigure"]["properties"]["low"]["anyOf"][0]
    assert low == {"type": "integer", "minimum": 0, "maximum": 2**53 - 1, "format": "int64"}
    assert not {"ge", "le", "gt", "lt"} & set(re.findall(r'"(\w+)":', json.dumps(whole)))


def test_an_integer_says_how_wide_it_is(made: dict[str, Any]) -> None:
    limit = made["paths"]["/records"]["get"]["parameters"][-1]["schema"]
    assert limit == {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100, "format": "int32"}
    assert made["components"]["schemas"]["Shown"]["properties"]["id"] == {"type": "integer", "format": "int64"}


def test_a_path_parameter_has_the_example_to_try(made: dict[str, Any]) -> None:
    assert made["paths"]["/records/{record}"]["get"]["parameters"][0]["example"] == "one"


def test_errors_are_problems_named_once(made: dict[str, Any]) -> None:
    answers = {path: item["get"]["responses"] for path, item in made["paths"].items()}
    named = {
        path: {status: answer["$ref"].rpartition("/")[2] for status, answer in each.items() if status > "3"}
        for path, each in answers.items()
    }
    limits = {"414": "TooLong", "429": "TooManyRequests", "431": "HeadersTooLarge"}
    always = limits | {"401": "UnauthorizedOrBadKey", "500": "Broken"}
    assert named == {
        "/records": always | {"422": "BadInput", "503": "TooSlowOrCrowded"},
        "/records/{record}": always | {"404": "NotFound", "410": "Gone", "422": "BadInput"},
        "/healthz": always,
    }
    shared = {name for responses in named.values() for name in responses.values()}
    assert list(made["components"]["responses"]) == sorted(shared)
    gone = made["components"]["responses"]["Gone"]["content"]["application/problem+json"]
    assert gone["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert gone["example"]["type"] == "/errors#gone"


def test_problems_of_one_status_are_all_named(made: dict[str, Any]) -> None:
    response = made["components"]["responses"]["TooSlowOrCrowded"]
    assert response["description"].splitlines()[2:] == [
        f"- `too-slow`: {TooSlow.explained}",
        f"- `crowded`: {Crowded.explained}",
    ]
    content = response["content"]["application/problem+json"]
    assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert {slug: each["value"]["type"] for slug, each in content["examples"].items()} == {
        "too-slow": "/errors#too-slow",
        "crowded": "/errors#crowded",
    }


def test_every_problem_an_endpoint_declares_is_in_the_document(whole: dict[str, Any]) -> None:
    shared = whole["components"]["responses"]
    for each in endpoints():
        answers = whole["paths"][each.path][each.method.lower()]["responses"]
        named = {str(kind.status): set[str]() for kind in each.problems}
        for kind in each.problems:
            named[str(kind.status)].add(kind.slug)
        for status, slugs in named.items():
            content = shared[answers[status]["$ref"].rpartition("/")[2]]["content"]["application/problem+json"]
            shown = content["examples"].values() if "examples" in content else [{"value": content["example"]}]
            assert {example["value"]["type"] for example in shown} == {f"/errors#{slug}" for slug in slugs}, each.name


def test_what_an_endpoint_takes_can_be_wrong() -> None:
    """Else FastAPI would describe an error that this server never answers with."""
    for each in endpoints():
        assert (each.query or each.body) is None or BadInput in each.problems, each.name
        assert each.key is None or NotFound in each.problems, each.name


def test_every_problem_is_declared_somewhere() -> None:
    declared = {kind for each in endpoints() for kind in each.problems} | {*ALWAYS}
    # A path that takes another method has no operation to declare it.
    assert [kind.__name__ for kind in Problem.kinds if kind not in declared] == ["MethodNotAllowed"]


def test_an_error_described_in_a_routes_own_words_is_kept() -> None:
    own = {"description": "Never on a Sunday.", "content": {"application/problem+json": {"schema": {"type": "object"}}}}
    answers = document(small(further={404: own}))["paths"]["/records"]["get"]["responses"]
    assert answers["404"] == own


def test_only_schemas_in_use_are_published(made: dict[str, Any]) -> None:
    assert list(made["components"]["schemas"]) == ["FaultShown", "Problem", "Qualifier", "Shown"]


def test_no_two_schemas_share_a_title(whole: dict[str, Any]) -> None:
    """Makers of clients name types after titles."""
    schemas = whole["components"]["schemas"]
    titles = [schema.get("title", name) for name, schema in schemas.items()]
    assert len(set(titles)) == len(titles)
    assert {"Name", "NewName"} <= schemas.keys()
    assert not [name for name in schemas if not name.isalnum()]


def test_codes_say_what_they_mean(made: dict[str, Any]) -> None:
    assert (
        f"\n- `at_least`: {Qualifier.at_least.definition}\n"
        in made["components"]["schemas"]["Qualifier"]["description"]
    )


def test_a_tag_without_a_description_is_refused() -> None:
    with pytest.raises(KeyError, match="mystery"):
        document(small(endpoint("/more", tag="mystery", model=None)))
    assert "mystery" not in TAGS


def test_the_file_is_one_line_a_key(made: dict[str, Any]) -> None:
    assert text(made).startswith('{\n  "openapi": "3.1.0",\n')
    assert text(made).endswith("}\n")


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    return document(create_app())


def resolved(made: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The schema that a field, or the items of a list, come down to."""
    while True:
        kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
        if "$ref" in schema:
            schema = made["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        elif "items" in schema:
            schema = schema["items"]
        elif len(kinds) == 1 or (kinds and all("$ref" in kind for kind in kinds)):
            schema = kinds[0]  # of a record, whole or trimmed, the whole one has the examples
        else:
            return schema


def undocumented(made: dict[str, Any]) -> list[str]:
    """Every route, parameter, field and code that lacks its sentence or its example."""
    return [*undocumented_routes(made), *undocumented_fields(made)]


def undocumented_routes(made: dict[str, Any]) -> Iterator[str]:
    for path, item in made["paths"].items():
        for method, route in item.items():
            if not (route.get("summary") and route.get("description") and route.get("tags")):
                yield f"{method} {path}: summary, description or tag"
            for parameter in route.get("parameters", []):
                if not parameter.get("description"):
                    yield f"{method} {path}?{parameter['name']}: description"
                if not ("example" in parameter or {"examples", "default"} & parameter["schema"].keys()):
                    yield f"{method} {path}?{parameter['name']}: example"


def undocumented_fields(made: dict[str, Any]) -> Iterator[str]:
    for name, schema in made["components"]["schemas"].items():
        if not schema.get("description"):
            yield f"{name}: description"
        for code in schema.get("enum", []):
            if f"\n- `{code}`: " not in schema.get("description", ""):
                yield f"{name}: code {code}"
        for field, shown in schema.get("properties", {}).items():
            # A field that would say what its code list says of itself leaves it to the list.
            if not (shown.get("description") or "$ref" in shown):
                yield f"{name}.{field}: description"
            if not ({"examples", "default", "const"} & shown.keys() or "properties" in resolved(made, shown)):
                yield f"{name}.{field}: example"


def test_every_route_parameter_field_and_code_has_a_sentence_and_an_example(whole: dict[str, Any]) -> None:
    assert undocumented(whole) == []


def test_what_lacks_a_sentence_is_noticed(made: dict[str, Any]) -> None:
    assert undocumented(made) == [
        "get /records: summary, description or tag",
        "get /records?parent: example",
        "get /records?size: example",
        "get /records?qualifier: example",
        "get /records/{record}: summary, description or tag",
        "get /healthz: summary, description or tag",
        "Shown.id: description",
        "Shown.id: example",
        "Shown.best: description",
        "Shown.best: example",
        "Shown.qualifier: example",
    ]


def test_the_committed_document_is_the_one_published(whole: dict[str, Any]) -> None:
    committed = Path(__file__).parents[2] / "docs" / "openapi.json"
    assert committed.read_text("utf-8") == text(whole), "the API changed; if it was meant to, write the file anew"


def test_only_what_a_write_needs_is_required_of_it(whole: dict[str, Any]) -> None:
    """Makers of clients insist on what is required: the state that is changed, and no name for the request."""
    needed: dict[str, set[bool]] = {}
    for path, method, route in (
        (path, method, route) for path, item in whole["paths"].items() for method, route in item.items()
    ):
        headers = {one["name"]: one["required"] for one in route.get("parameters", []) if one["in"] == "header"}
        writes_once = method == "post" and path not in {"/v1/imports", "/v1/match", "/v1/reconcile/{collection}"}
        assert ("Idempotency-Key" in headers) == writes_once, path
        assert ("If-Match" in headers) == (method in {"patch", "delete"} or path.endswith("/merge")), path
        for name, required in headers.items():
            needed.setdefault(name, set()).add(required)
    assert needed == {"Idempotency-Key": {False}, "If-Match": {True}}


def test_where_fields_can_be_asked_a_record_may_lack_the_others(whole: dict[str, Any]) -> None:
    schemas, seen = whole["components"]["schemas"], set()
    for path, item in whole["paths"].items():
        if "get" in item and any(one["name"] == "fields" for one in item["get"].get("parameters", [])):
            shown = item["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            if "$ref" in shown:
                shown = schemas[shown["$ref"].rpartition("/")[2]]["properties"]["data"]["items"]
            record, trimmed = (one["$ref"].rpartition("/")[2] for one in shown["anyOf"])
            assert trimmed == f"{record.removesuffix('Record')}Fields", path
            assert schemas[record]["required"]
            assert "required" not in schemas[trimmed]
            assert schemas[trimmed]["properties"].items() >= schemas[record]["properties"].items()
            seen.add(trimmed)
    assert len(seen) == len(COLLECTIONS)


def test_files_are_taken_in_forms_that_makers_of_clients_know(whole: dict[str, Any]) -> None:
    body = whole["paths"]["/v1/imports"]["post"]["requestBody"]
    assert body["content"].keys() == {"multipart/form-data", "application/octet-stream"}
    assert body["content"]["application/octet-stream"]["schema"] == {"type": "string", "format": "binary"}
    assert [media for media in MEDIA_TYPES if f"`{media}`" not in body["description"]] == []
    form = whole["components"]["schemas"]["Sent"]["properties"]
    assert (form["file"]["items"]["format"], form["mapping"]["format"]) == ("binary", "binary")
