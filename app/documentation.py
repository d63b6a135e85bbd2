"""The pages of docs/reference that are made from the code, so that they cannot say anything else than it does.

`python -m app.documentation [FOLDER]` writes them; FOLDER is `docs/reference` by default.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from typer.main import get_command

from app import cli
from app.about import VOCABULARY_LISTS
from app.codes import VOCABULARIES
from app.errors import Broken, FaultShown, Problem, ProblemShown
from app.main import create_app
from app.openapi import document
from app.register import COLLECTIONS
from app.settings import Settings

NOTE: Final = "<!-- Made from the code by `make docs`: change it there. -->"
SLUGS: Final = {kind.__name__: kind.slug for kind in Problem.kinds}
LISTS: Final = {codes.__name__: name for name, codes in VOCABULARIES.items()}
"""The public name of each code list, by the name of its class."""


def pages() -> dict[str, str]:
    """Every generated page: its file name, and its text."""
    app = create_app(Settings(database_url="sqlite:///never-opened.db"))
    made = document(app)
    return {
        "settings.md": settings_page(),
        "code-lists.md": code_lists_page(),
        "routes.md": routes_page(made, app),
        "records.md": records_page(made),
        "errors.md": errors_page(),
        "command-line.md": command_line_page(),
    }


# --- one page each -----------------------------------------------------------------------------------------------


def settings_page() -> str:
    rows = []
    for name, info in Settings.model_fields.items():
        limits = [f"{sign} {limit}" for rule in info.metadata for sign, limit in _limits(rule)]
        bounds = f" ({', '.join(limits)})" if limits else ""
        rows.append((f"`DETENTION_{name.upper()}`", f"{info.description}{bounds}", f"`{info.default}`"))
    return _page(
        "Settings",
        "A setting is an environment variable, or a line `NAME=value` of a file `.env` in the directory the command runs "
        "in; the environment wins. They are read once, when a process starts.",
        _table(("setting", "what it does", "default"), rows),
    )


def code_lists_page() -> str:
    parts = []
    for name, listed in VOCABULARY_LISTS.items():
        parts += [f"## {name}", listed["about"]]
        if name in VOCABULARIES:
            rows = [(f"`{code['code']}`", code["definition"]) for code in listed["codes"]]
            parts.append(_table(("code", "what it means"), rows))
        else:
            parts.append(f"{len(listed['codes'])} codes, listed by `GET /v1/vocabularies/{name}`.")
    return _page(
        "Code lists",
        "What a coded field may say. The same lists check what is written and are served, with these definitions, by "
        "`GET /v1/vocabularies` and `GET /v1/vocabularies/{name}`. Where none of the codes fits, most lists have `other` "
        "or `unknown`, and a field beside it keeps the words of the source.",
        *parts,
    )


def routes_page(made: Mapping[str, Any], app: FastAPI) -> str:
    routes = {f"GET {path}": item["get"] for path, item in made["paths"].items()}
    lists = [route for route in routes.values() if any(each["name"] == "limit" for each in route["parameters"])]
    shared = [
        parameter
        for parameter in lists[0]["parameters"]
        if all(any(_same(parameter, other) for other in route["parameters"]) for route in lists)
    ]
    names = [parameter["name"] for parameter in shared]
    parts = [
        "Every route answers `GET`. A parameter that takes several values is given repeatedly (`kind=prison&kind=camp`) "
        "or with commas (`kind=prison,camp`). A parameter that a route does not know is an error, never ignored. Every "
        "route may also answer with one of the [errors](errors.md).",
        "## What every list takes",
        _parameters(shared),
        "`revision`, `known_at`, `fields` and `include` are taken by single records too. What `sort` and `include` can "
        "name is said with each route; `fields` takes every [field](records.md) of the record.",
    ]
    for tag in made["tags"]:
        parts += [f"## {_capital(tag['name'])}", tag["description"]]
        for name, route in routes.items():
            if tag["name"] in route["tags"]:
                parts += _route(name, route, names if route in lists else [])
    outside = sorted(path for route in app.routes if (path := getattr(route, "path", "")) and path not in made["paths"])
    parts += ["## Pages", "Made for people, or for tools that read the API's description; no part of it themselves."]
    parts.append(_table(("address", "what is there"), [(f"`GET {path}`", PAGES[path]) for path in outside]))
    return _page("Routes", *parts)


PAGES: Final = {
    "/": "A small page: what the register is, how much it holds, how new it is, where to start.",
    "/docs": "Every route, ready to try.",
    "/errors": "What each error means; the `type` of an error leads here.",
    "/openapi.json": "The OpenAPI document.",
    "/static": "The files that these pages load.",
}


def records_page(made: Mapping[str, Any]) -> str:
    schemas, parts = made["components"]["schemas"], []
    entries: dict[str, None] = {}
    for collection in COLLECTIONS.values():
        parts += [f"## {_capital(collection.name)}", collection.about]
        shown = schemas[collection.table.__name__]
        written = collection.body.model_fields
        required = {info.alias or name for name, info in written.items() if info.is_required()}
        parts.append(_fields(shown, required, {info.alias or name for name, info in written.items()}))
        entries |= dict.fromkeys(_held(shown["properties"].values(), schemas))
    parts += ["## Entries of lists", "What the lists inside records are made of."]
    for name in sorted(entries - {collection.table.__name__ for collection in COLLECTIONS.values()}):
        written_too = set(schemas[name]["properties"]) - {"withheld"}
        written_too = {field for field in written_too if not re.search(r"_(earliest|latest)$", field)}
        parts += [f"### {name}", schemas[name]["description"]]
        parts.append(_fields(schemas[name], set(schemas[name].get("required", ())), written_too))
    return _page(
        "Fields of the records",
        "Every field of every record, in the order in which an answer gives them. *Required* and *optional* fields are "
        "written, in a [native file](native-files.md); the register makes the others. A field is always there in an "
        "answer, null where nothing is known, but for `withheld` and those that only some records need.",
        *parts,
    )


def errors_page() -> str:
    kinds = sorted(Problem.kinds, key=lambda kind: (kind.status, kind.slug))
    rows = [(f"`/errors#{kind.slug}`", str(kind.status), kind.title, kind.explained) for kind in kinds]
    shown = {
        heading: [(f"`{name}`", info.description or "") for name, info in model.model_fields.items()]
        for heading, model in {"Its members": ProblemShown, "Each of `errors`": FaultShown}.items()
    }
    parts = [part for heading, fields in shown.items() for part in (f"## {heading}", _table(("member", "is"), fields))]
    return _page(
        "Errors",
        "Whatever goes wrong is answered as `application/problem+json` (RFC 9457), with a kind, a status and a sentence; "
        "a failure is never an empty list. What is wrong with a request is named all at once. An error holds no SQL, no "
        "stack and no stored row.",
        "## The kinds",
        _table(("`type`", "status", "title", "what it means"), rows),
        *parts,
    )


def command_line_page() -> str:
    parts = []
    command = get_command(cli.main)
    for name, each in getattr(command, "commands", {}).items():
        usage = [f"detention {name}"]
        rows = []
        for parameter in each.params:
            mark, argument = " / ".join([*parameter.opts, *parameter.secondary_opts]), parameter.nargs != 1
            if parameter.param_type_name == "argument":
                mark = f"{parameter.name.upper()}{'...' if argument else ''}"
                usage.append(mark if parameter.required else f"[{mark}]")
            default = "required" if parameter.required else f"`{parameter.default}`" if parameter.default else ""
            rows.append((f"`{mark}`", parameter.help or "", default))
        options = any(parameter.param_type_name == "option" for parameter in each.params)
        parts += [
            f"## detention {name}",
            f"`{' '.join([*usage, *(['[OPTIONS]'] if options else [])])}`",
            each.help or "",
        ]
        parts += [_table(("argument or option", "what it is", "default"), rows)] if rows else []
    told = (cli.__doc__ or "").partition("Exit codes: ")[2].strip().rstrip(".")
    return _page(
        "Command line",
        "`make run` and `make setup` put the command into `.venv/bin`. Where a [setting](settings.md) has the same "
        "meaning as an option, the option wins. `detention COMMAND --help` says the same as this page.",
        f"Exit codes: {told}.",
        *parts,
    )


# --- what pages are made of --------------------------------------------------------------------------------------


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", NOTE, *(part for part in parts if part)]) + "\n"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|").strip()


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _limits(rule: object) -> Iterator[tuple[str, object]]:
    for name, sign in {"gt": "more than", "ge": "at least", "le": "at most"}.items():
        if getattr(rule, name, None) is not None:
            yield sign, getattr(rule, name)


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return one["name"] == other["name"] and one["description"] == other["description"]


def _route(name: str, route: Mapping[str, Any], shared: Sequence[str]) -> list[str]:
    """One route: its sentence, what it takes, what it answers."""
    parameters = route.get("parameters", [])
    own = [parameter for parameter in parameters if parameter["name"] not in shared]
    parts = [f"### {name}", route["description"]]
    if shared:
        choices = {
            parameter["name"]: parameter["schema"]["items"]["enum"]
            for parameter in parameters
            if parameter["name"] in {"sort", "include"}
        }
        ascending = [order for order in choices["sort"] if not order.startswith("-")]
        parts.append(f"Sorts by {_codes(ascending)}. Includes {_codes(choices['include'])}.")
    if own:
        parts.append(_parameters(own))
    refused = [SLUGS[answer["$ref"].rpartition("/")[2]] for answer in route["responses"].values() if "$ref" in answer]
    parts.append(f"Refuses with {_codes(slug for slug in refused if slug != Broken.slug)}.")
    return parts


def _parameters(parameters: Iterable[Mapping[str, Any]]) -> str:
    rows = []
    for parameter in parameters:
        schema = parameter["schema"]
        example = next(iter(schema.get("examples", [])), schema.get("default", ""))
        shown = ",".join(map(str, example)) if isinstance(example, list) else str(example)
        place = " (in the path)" if parameter["in"] == "path" else ""
        rows.append(
            (f"`{parameter['name']}`{place}", _kind(schema), parameter["description"], f"`{shown}`" if shown else "")
        )
    return _table(("parameter", "takes", "what it does", "example"), rows)


def _fields(schema: Mapping[str, Any], required: set[str], written: set[str]) -> str:
    rows = []
    for name, field in schema["properties"].items():
        given = "required" if name in required else "optional" if name in written else ""
        rows.append((f"`{name}`", given, _kind(field), field.get("description", "")))
    return _table(("field", "written", "holds", "what it is"), rows)


def _held(fields: Iterable[Mapping[str, Any]], schemas: Mapping[str, Any]) -> Iterator[str]:
    """The names of the objects that fields hold."""
    for field in fields:
        for name in re.findall(r"#/components/schemas/(\w+)", str(field)):
            if "properties" in schemas[name]:
                yield name


def _codes(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _kind(schema: Mapping[str, Any]) -> str:
    """What a parameter or field holds, in words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        listed = LISTS.get(name)
        return f"[{listed}](code-lists.md#{listed})" if listed else f"[{name}](records.md#{name.lower()})"
    if "anyOf" in schema:
        kinds = [_kind(each) for each in schema["anyOf"]]
        return " or ".join(dict.fromkeys(kinds))
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return _codes(schema["enum"]) if len(schema["enum"]) <= 4 else "a name"
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    return _plain(schema)


def _plain(schema: Mapping[str, Any]) -> str:
    words = {
        "string": "text",
        "integer": "whole number",
        "number": "number",
        "boolean": "true or false",
        "null": "null",
    }
    kind = schema.get("format") if schema.get("format") == "date" else words.get(schema.get("type", ""), "mapping")
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f"{kind}, {low:g} to {high:g}"
    return f"{kind}, at least {low:g}" if low is not None else str(kind)


if __name__ == "__main__":
    folder = Path(*sys.argv[1:2]) if sys.argv[1:] else Path(__file__).parent.parent / "docs" / "reference"
    for file, page in pages().items():
        (folder / file).write_text(page, "utf-8")
