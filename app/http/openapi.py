"""The published OpenAPI document: FastAPI's own, with what it cannot know.

FastAPI writes down the routes and models. What is added or put right here holds for every route alike: what the API is,
what its tags and codes mean, how wide an integer is, and which problems an endpoint declares. `publish` is a pure
function of a document, so the file in the repository, the route and the command line cannot differ.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

from fastapi import FastAPI

from app.catalogue.collections import COLLECTIONS, LISTINGS, NAMES, NOUNS
from app.database.codes import VOCABULARIES
from app.errors import BadInput, BadKey, Broken, HeadersTooLarge, Problem, TooLong, TooManyRequests, Unauthorized
from app.http.problems import MEDIA_TYPE, FaultShown, ProblemShown
from app.http.routing import EndpointRoute
from app.records.parameters import EstimateQuery

TITLE: Final = "Detention Facility Data API"
DESCRIPTION: Final = """\
A register of places of detention: the facilities, how many people they held, and what happened there. Every statement
in it names the document it was read in and the party it is attributed to.

**A figure is a bounded claim.** A source rarely gives a bare number. It says *at least 25*, *as many as 200*,
*hundreds*. Such words are kept as written and as bounds: `low`, `best` and `high`, each of them null where the source
leaves that side open, with a `qualifier` that says how the words bind. Null is unknown and is never zero; 0 is a
count of zero. `reads_as` puts the claim back into a plain sentence. Sources that disagree stand side by side: the
register does not choose.

**Two time axes.** `as_of` is the day a statement speaks about. `revision` and `known_at` are what this register held
at some moment. Each answer names its revision in the `Data-Revision` header, and asking again with `revision=N`
brings the same bytes later on, whatever was added or corrected since.

**Asking.** Records are named by a readable `slug` or a number, in paths and in filters. Lists are repeated parameters
(`kind=prison&kind=camp`). `include=sources` brings the records an answer refers to, `fields=` trims it, and `next` in
a page is the address of the page after it. A parameter, field or code that does not exist is an error that names
those that do; every error is an `application/problem+json`, explained at [/errors](/errors).

**Taking data away.** `format=csv` on a list brings the whole filtered set as one table, and so do `ndjson`, `geojson`,
`xlsx`, `parquet` and `native` in their ways; `GET /v1/datapackage.json` describes all tables. `POST /v1/imports` takes
tables in.

**Writing**, step by step on this page. *1.* Make a key on the server, `detention keys create NAME --scope write`, press
**Authorize** and paste it. *2.* `POST /v1/figures` takes a figure as the source words it: its `incident`, `measure`,
`as_of`, `source` and `"as_written": "more than 450"`; the bounds are read from the words, and everything wrong with a
body is named at once. *3.* The answer names its `Data-Revision`, say 2. `GET /v1/incidents/{key}` now shows the figure;
the same with `revision=1` shows the incident as it stood before. *4.* To correct it, send `PATCH` with the record's
`ETag` as `If-Match`; `DELETE` wants a reason and leaves a tombstone. Nothing is overwritten: `/history` of a record
tells every revision of it, by whom and why, and `/v1/changes` is the feed that a mirror follows.

**Do no harm.** The schema has no place for personal data of detained people. A role or an act that rests on a party's
word is `alleged` and says whose word it is: do not pass it on as established. Records kept for partners, or
restricted for safety, are left out of public answers. Before you publish, ask whom a small group or a precise place
could expose.

**Licence.** The licence named below is the software's. That of the register's records stands in `GET /v1`; a source's
own licence, where one is known, stands with the source.
"""
KEY: Final = "A key of the register, as `detention keys create` prints it: `dfk_...`."
TAGS: Final = {
    "register": "The register as a whole: its revision, how much it holds, where everything is, what each code means.",
    **{name: LISTINGS[name].summary for name in NAMES},
    "answers": "What is worked out from the records by a rule that has a name, and never stored: each answer lists the "
    "statements it used, and those it did not, with the reason.",
    "imports": "Files of records or tables, taken in as a job that tells its progress and what became of each row.",
    "health": "Whether this server runs and can answer. Outside the promise of identical answers.",
}
COMMON: Final = {info.alias or name for name, info in EstimateQuery.model_fields.items()}
"""The parameters that many routes take alike."""
DAYS: Final = {"as_of", "from", "to"}
"""Those of them that are asked for most."""
METHODS: Final = ("get", "put", "post", "patch", "delete", "head", "options")
INT32: Final = 2**31 - 1
Problems = tuple[type[Problem], ...]
ALWAYS: Final[Problems] = (Unauthorized, BadKey, TooLong, HeadersTooLarge, TooManyRequests, Broken)
"""What any request can meet: a key that does not work, whatever it is sent with; limits; a fault of ours."""


def document(app: FastAPI) -> dict[str, Any]:
    """The published document of an application."""
    declared = [route.declared for route in app.routes if isinstance(route, EndpointRoute)]
    return publish(app.openapi(), {endpoint.name: endpoint.problems for endpoint in declared})


def text(published_document: dict[str, Any]) -> str:
    """The document as the file that is committed: one key a line, in the document's own order."""
    return json.dumps(published_document, ensure_ascii=False, indent=2) + "\n"


def publish(schema: dict[str, Any], problems: Mapping[str, Problems]) -> dict[str, Any]:
    """FastAPI's document made fit to publish, with the problems of each operation by its id; `schema` stays as it is.

    `info.version` stays as the application gives it. An unknown tag raises a `KeyError`: it has no description.
    """
    made = deepcopy(schema)
    made["info"] |= {
        "title": TITLE,
        "description": DESCRIPTION,
        "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
    }
    made["servers"] = [{"url": "/"}]
    made.setdefault("security", [{}, {"key": []}])  # no key is needed to read; one may show more
    components = made.setdefault("components", {})
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer", "description": KEY}}
    schemas = components.setdefault("schemas", {})
    schemas |= _problem_schemas()
    shared: dict[str, dict[str, Any]] = {}
    for operation in _operations(made):
        for parameter in operation.get("parameters", []):
            _without_null(parameter)
            _without_echo(parameter)
            if parameter["in"] == "path" and (examples := parameter["schema"].get("examples")):
                parameter["example"] = examples[0]  # documentation pages fill it in: each route can be tried at once
        if "parameters" in operation:
            operation["parameters"].sort(key=_place)
        shared |= _add_problems(operation, problems.get(operation["operationId"], ()))
    components["responses"] = {name: shared[name] for name in sorted(shared)}
    _define_codes(schemas)
    _name_embedded(schemas)
    _name_directions(made)
    _name_trimmed(made)
    _walk(made, _name_limits)
    _walk(made, _give_width)
    _walk(made, _name_bytes)
    _walk(made, _name_keys)
    _walk(schemas, _drop_titles)
    components["schemas"] = _reachable(made)
    tagged = {tag for operation in _operations(made) for tag in operation.get("tags", [])}
    if unknown := tagged - TAGS.keys():
        raise KeyError(f"tags without a description: {sorted(unknown)}")
    made["tags"] = [{"name": tag, "description": words} for tag, words in TAGS.items() if tag in tagged]
    return {key: made[key] for key in ("openapi", "info", "servers", "security", "tags", "paths", "components")}


def _operations(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in made["paths"].values():
        yield from (item[method] for method in METHODS if method in item)


def _place(parameter: Mapping[str, Any]) -> int:
    """Where a parameter stands: what is in the path, a noun's own filters, days, what every read takes."""
    if parameter["in"] == "path":
        return 0
    return 1 if parameter["name"] not in COMMON else 2 if parameter["name"] in DAYS else 3


def _without_null(parameter: dict[str, Any]) -> None:
    """Absent is how a parameter is left out: a URL has no way to write the null that FastAPI's optional types admit."""
    schema = parameter["schema"]
    if "anyOf" in schema:
        kinds = [kind for kind in schema.pop("anyOf") if kind != {"type": "null"}]
        schema |= kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    if schema.get("default", ...) is None:
        del schema["default"]


def _without_echo(parameter: dict[str, Any]) -> None:
    """What a parameter's schema says of it, the parameter itself says already."""
    parameter["schema"].pop("title", None)
    if "description" in parameter:
        parameter["schema"].pop("description", None)


def _add_problems(operation: dict[str, Any], declared: Problems) -> dict[str, dict[str, Any]]:
    """Point the operation at one shared response for each status its problems have; returns those by name."""
    by_status: dict[int, list[type[Problem]]] = defaultdict(list)
    for kind in Problem.kinds:
        if kind in declared or kind in ALWAYS:
            by_status[kind.status].append(kind)
    shared = {}
    for status, kinds in by_status.items():
        name = "Or".join(kind.__name__ for kind in kinds)
        shared[name] = _problem_response(kinds)
        operation["responses"][str(status)] = {"$ref": f"#/components/responses/{name}"}
    operation["responses"] = dict(sorted(operation["responses"].items()))
    return shared


def _problem_schemas() -> dict[str, Any]:
    schema = ProblemShown.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs", {}), "Problem": schema}


def _problem_response(kinds: list[type[Problem]]) -> dict[str, Any]:
    """The response of one status: a problem, or one of several that its `type` tells apart."""
    content: dict[str, Any] = {"schema": {"$ref": "#/components/schemas/Problem"}}
    if len(kinds) == 1:
        content["example"] = _example(kinds[0])
        description = kinds[0].explained
    else:
        content["examples"] = {kind.slug: {"summary": kind.title, "value": _example(kind)} for kind in kinds}
        lines = [f"- `{kind.slug}`: {kind.explained}" for kind in kinds]
        description = "\n".join(["One of these problems, as `type` says:", "", *lines])
    return {"description": description, "content": {MEDIA_TYPE: content}}


def _example(kind: type[Problem]) -> dict[str, Any]:
    example: dict[str, Any] = {"type": f"/errors#{kind.slug}", "title": kind.title, "status": kind.status}
    example["detail"] = kind.explained
    if kind is BadInput:
        fault = {name: (FaultShown.model_fields[name].examples or [""])[0] for name in ("parameter", "detail")}
        example |= {"detail": fault["detail"], "errors": [fault]}
    return example


def _define_codes(schemas: dict[str, Any]) -> None:
    """Every code list of the document says what each of its codes means, in the words of `/v1/vocabularies`."""
    lists = {codes.__name__: codes for codes in VOCABULARIES.values()}
    for name, schema in schemas.items():
        if "enum" in schema and name in lists:
            lines = [f"- `{code}`: {code.definition}" for code in lists[name] if code.value in schema["enum"]]
            schema["description"] = "\n".join([schema.get("description", name), "", *lines])


def _name_trimmed(made: dict[str, Any]) -> None:
    """Where `fields` can be asked, a record may come with some of its fields only: `FigureFields` beside `Figure`."""
    schemas = made["components"]["schemas"]

    def or_trimmed(whole: dict[str, Any]) -> dict[str, Any]:
        if "anyOf" in whole:
            return whole  # that of a page which several routes answer with
        noun = whole["$ref"].rpartition("/")[2].removesuffix("Record")
        record = {key: value for key, value in schemas[f"{noun}Record"].items() if key != "required"}
        about = f"{schemas[noun]['description']} Here it has those of its fields only that `fields` names."
        schemas[f"{noun}Fields"] = record | {"title": f"{noun}Fields", "description": about}
        return {"anyOf": [whole, {"$ref": f"#/components/schemas/{noun}Fields"}]}

    for operation in _operations(made):
        if any(one["name"] == "fields" for one in operation.get("parameters", [])):
            answer = operation["responses"]["200"]["content"]["application/json"]
            named = answer["schema"].get("$ref", "").rpartition("/")[2]
            if (page := schemas[named]["properties"]).keys() >= {"data", "next"}:
                page["data"]["items"] = or_trimmed(page["data"]["items"])
            else:
                answer["schema"] = or_trimmed(answer["schema"])


def _name_embedded(schemas: dict[str, Any]) -> None:
    """An incident shows its figures whole. Its model cannot name theirs, as nouns never import each other; this can."""
    for holder in COLLECTIONS.values():
        for name, embedded in holder.embedded.items():
            held = NOUNS[embedded.collection].table.__name__
            # A record shown alone has a schema of its own, with what `include` brings.
            for shown in (holder.table.__name__, f"{holder.table.__name__}Record"):
                if embedded.whole and {shown, held} <= schemas.keys():
                    schemas[shown]["properties"][name]["items"] = {"$ref": f"#/components/schemas/{held}"}


def _name_directions(made: dict[str, Any]) -> None:
    """Call a part of a record `Name` where it is shown and `NewName` where it is given, as the records are.

    FastAPI writes `Name-Output` and `Name-Input` and titles both `Name`, which makers of clients take for one type.
    """
    schemas = made["components"]["schemas"]
    for old in [name for name in schemas if name.endswith(("-Input", "-Output"))]:
        part, direction = old.split("-")
        new = part if direction == "Output" else f"New{part}"
        if new in schemas:
            raise KeyError(f"two schemas would be called {new}")
        schemas[new] = schemas.pop(old) | {"title": new}

    def rename(node: dict[str, Any]) -> None:
        if isinstance(named := node.get("$ref"), str):
            node["$ref"] = re.sub(r"(\w+)-Input$", r"New\1", named).removesuffix("-Output")

    _walk(made, rename)


def _drop_titles(node: dict[str, Any]) -> None:
    """A field's title is its name in capitals: noise, and in some tools the name of a type."""
    for field in node["properties"].values() if isinstance(node.get("properties"), dict) else ():
        field.pop("title", None)


def _name_limits(node: dict[str, Any]) -> None:
    """Pydantic leaves limits their Python names where a validator stands before the number."""
    for name, keyword in (("ge", "minimum"), ("le", "maximum"), ("gt", "exclusiveMinimum"), ("lt", "exclusiveMaximum")):
        if node.get("type") in ("integer", "number") and name in node:
            node[keyword] = node.pop(name)


def _give_width(node: dict[str, Any]) -> None:
    """An integer is 64 bits wide, or 32 where its limits fit."""
    if node.get("type") == "integer" and "format" not in node:
        low, high = node.get("minimum", node.get("exclusiveMinimum")), node.get("maximum", node.get("exclusiveMaximum"))
        narrow = low is not None and high is not None and low >= -INT32 and high <= INT32
        node["format"] = "int32" if narrow else "int64"


def _name_bytes(node: dict[str, Any]) -> None:
    """Makers of clients know a file by its `format`, which OpenAPI 3.1 leaves to them."""
    if node.get("contentMediaType") == "application/octet-stream":
        node["format"] = "binary"


def _name_keys(node: dict[str, Any]) -> None:
    """Keys of a pattern are all the keys there are; a `patternProperties` allows any others beside."""
    if len(node.get("patternProperties", ())) == 1 and "additionalProperties" not in node:
        ((pattern, schema),) = node.pop("patternProperties").items()
        node |= {"propertyNames": {"pattern": pattern}, "additionalProperties": schema}


def _reachable(made: dict[str, Any]) -> dict[str, Any]:
    """The schemas that something refers to, by way of others or directly."""
    schemas = made["components"]["schemas"]
    outside = {key: value for key, value in made.items() if key != "components"}
    seen: set[str] = set()
    ahead = _references([outside, made["components"]["responses"]])
    while ahead:
        seen |= ahead
        ahead = _references([schemas[name] for name in ahead]) - seen
    return {name: schemas[name] for name in sorted(seen)}


def _references(node: object) -> set[str]:
    return set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(node)))


def _walk(node: object, change: Callable[[dict[str, Any]], None]) -> None:
    if isinstance(node, dict):
        change(node)
        for child in node.values():
            _walk(child, change)
    elif isinstance(node, list):
        for child in node:
            _walk(child, change)
