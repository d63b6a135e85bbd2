"""What of docs/ is made from the code, so that it cannot say anything else than the code does.

`python -m app.documentation [FOLDER]` writes it; FOLDER is the checkout's docs by default.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel
from typer.main import get_command

from app.catalogue.collections import COLLECTIONS, NOUNS
from app.cli import commands as cli
from app.database.codes import VOCABULARIES
from app.database.settings import Settings
from app.errors import Broken, Problem
from app.http.application import create_app
from app.http.openapi import document, text
from app.http.pages.search import searchable
from app.http.problems import FaultShown, ProblemShown
from app.reading.vocabularies import code_lists
from app.records.shapes import MatchShown
from app.records.tables import partial_dates
from tools.docs.imports import imports_page, mapping_keys_page
from tools.docs.markdown import capital, codes, members, page, table

LISTS: Final = {codes.__name__: name for name, codes in VOCABULARIES.items()}
"""The public name of each code list, by the name of its class."""
SLUGS: Final = {kind.__name__: kind.slug for kind in Problem.kinds}
PLACES: Final = {"query": "", "path": " (in the path)", "header": " (a header)"}
SLUG_OR_ID: Final = "^[a-z0-9]+(-[a-z0-9]+)*$"
PAGES: Final = {
    "/": "The front page: what the register knows most about, how much it holds, what is new in it, where to start.",
    **({"/search": "What the register finds by a name (`q`), as a page."} if searchable() else {}),
    "/docs": "Every route, ready to try.",
    "/errors": "What each error means; the `type` of an error leads here.",
    "/guide": "The documentation that comes with the package, as pages.",
    "/openapi.json": "The OpenAPI document.",
    "/static": "The files that these pages load.",
    "/robots.txt": "What search engines should leave alone: answers of the past and whole sets.",
    "/llms.txt": "Where language models find what, and what they must not leave out when they quote.",
    "/.well-known/security.txt": "Whom to tell of a weakness, where `DETENTION_SECURITY_CONTACT` is set.",
    "/favicon.ico": "The sign of the register.",
}
"""What is served beside the routes of the OpenAPI document."""


def pages() -> dict[str, str]:
    """Every generated file: its path in docs/, and its text."""
    app = create_app(Settings(database_url="sqlite:///never-opened.db"))
    described = document(app)
    return {
        "openapi.json": text(described),
        "reference/settings.md": settings_page(),
        "reference/code-lists.md": code_lists_page(),
        "reference/routes.md": routes_page(described),
        "reference/records.md": records_page(described),
        "reference/errors.md": errors_page(),
        "reference/command-line.md": command_line_page(),
        "reference/mapping-keys.md": mapping_keys_page(),
        "reference/imports.md": imports_page(_exit_codes()),
    }


# --- one page each -----------------------------------------------------------------------------------------------


def settings_page() -> str:
    rows = []
    for name, info in Settings.model_fields.items():
        bounds = ", ".join(f"{sign} {limit}" for rule in info.metadata for sign, limit in _limits(rule))
        about = f"{info.description} ({capital(bounds)}.)" if bounds else str(info.description)
        rows.append((f"`DETENTION_{name.upper()}`", about, f"`{info.default}`"))
    return page(
        "Settings",
        """A setting is an environment variable, or a line `NAME=value` in a file `.env` of the directory the command
        runs in; the environment wins. Settings are read once, when a process starts.""",
        table(("setting", "what it does", "default"), rows),
    )


def code_lists_page() -> str:
    parts = []
    for name, listed in code_lists().items():
        parts += [f"## {name}", listed["about"]]
        if name in VOCABULARIES:
            rows = [(f"`{code['code']}`", code["definition"]) for code in listed["codes"]]
            parts.append(table(("code", "what it means"), rows))
        else:
            parts.append(f"{len(listed['codes'])} codes, listed by `GET /v1/vocabularies/{name}`.")
    return page(
        "Code lists",
        """What a coded field may say. The same lists check what is written, and are served with these definitions by
        `GET /v1/vocabularies` and `GET /v1/vocabularies/{name}`.""",
        *parts,
    )


def routes_page(described: Mapping[str, Any]) -> str:
    routes = {
        f"{method.upper()} {path}": route for path, item in described["paths"].items() for method, route in item.items()
    }
    alike: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for name, route in routes.items():
        if (sort := _sort_of(name, route)) is not None:
            alike[sort].append(route)
    shared = {sort: _shared(every) for sort, every in alike.items()}
    parts = []
    for sort, parameters in shared.items():
        if not parameters:
            continue
        parts += [f"## What every {sort} takes", _parameters(parameters)]
        if sort == "list":
            parts.append(
                """What `sort` and `include` can name is said with each list; `fields` takes every
                [field](records.md) of the record. `revision`, `known_at`, `fields` and `include` mean the same where
                one record is asked for."""
            )
    for tag in described["tags"]:
        parts += [f"## {capital(tag['name'])}", tag["description"]]
        for name, route in routes.items():
            if tag["name"] in route["tags"]:
                sort, whole = _sort_of(name, route), f"GET /v1/{tag['name']}"
                if sort == "list" and name != whole and whole in routes:
                    parts += _route(name, route, routes[whole]["parameters"], f"Takes what `{whole}` takes, and:")
                else:
                    known = "list" if _asked(route, "include") else sort
                    parts += _route(name, route, shared.get(known or "", ()))
    rows = [(f"`GET {path}`", about) for path, about in PAGES.items()]
    return page(
        "Routes",
        """A parameter that takes a list is given repeatedly (`kind=prison&kind=camp`) or with commas
        (`kind=prison,camp`): a record is in the answer when it matches one of the values. A comma that belongs to a
        value is encoded (`admin1=Washington%2C%20D.C.`). A parameter that a route does not know is an error, never
        ignored. A record is named by its slug or its number. Each route names the
        [errors](errors.md) it can answer with; any can break, which is a 500.""",
        *parts,
        "## Pages",
        """Every list and every record is a page too: for a browser, or with `.html` behind its address. See [Read the
        register in a browser](../how-to/read-the-pages.md).""",
        table(("address", "what is there"), rows),
    )


def records_page(described: Mapping[str, Any]) -> str:
    schemas, parts = described["components"]["schemas"], []
    entries: dict[str, str] = {}
    for collection in COLLECTIONS.values():
        texts = _texts(collection.references, collection.partial_dates)
        for name, rows in collection.part_tables.items():
            held, named = get_args(collection.body.model_fields[name].annotation)[0], collection.part_references[name]
            if isinstance(held, type) and issubclass(held, BaseModel):
                about = _fields(_shown(schemas, held), held, _texts(named, partial_dates(rows)))
                entries[held.__name__] = f"{held.__doc__}\n\n{about}"
            else:
                texts |= dict.fromkeys([name] if named else [], *_texts(named, ()).values())
        shown = _fields(schemas[collection.table.__name__], collection.body, texts)
        parts += [f"## {capital(collection.name)}", collection.about, shown]
    entries[MatchShown.__name__] = f"{MatchShown.__doc__}\n\n{members(MatchShown)}"
    parts += ["## Entries of lists", "What the lists inside records hold."]
    parts += [part for name in sorted(entries) for part in (f"### {name}", entries[name])]
    return page(
        "Fields of the records",
        """Every field of every record, in the order in which an answer gives them. What is *required* or *optional* is
        written, for example in a [native file](native-files.md); the register makes the rest. In an answer a field is
        always there, and null where nothing is known; only `withheld` appears where it is true, and
        `match` in an answer to `q`.""",
        *parts,
    )


def errors_page() -> str:
    kinds = sorted(Problem.kinds, key=lambda kind: (kind.status, kind.slug))
    rows = [(f"`/errors#{kind.slug}`", str(kind.status), kind.title, kind.explained) for kind in kinds]
    return page(
        "Errors",
        """Whatever goes wrong is answered as `application/problem+json` (RFC 9457): a kind, a status and a sentence.
        What is wrong with a request is named all at once. A failure is never an empty list, and an error holds no SQL,
        no stack and no stored row.""",
        "## The kinds",
        table(("`type`", "status", "title", "what it means"), rows),
        "## The members of an error",
        members(ProblemShown),
        "## The members of each of `errors`",
        members(FaultShown),
    )


def commands(group: Any = None, before: str = "detention") -> Iterator[tuple[str, Any]]:
    """Every command of the command line by the words that call it, those of its groups included."""
    for name, command in getattr(group or get_command(cli.main), "commands", {}).items():
        words = f"{before} {name}"
        if hasattr(command, "commands"):
            yield from commands(command, words)
        else:
            yield words, command


def command_line_page() -> str:
    parts = []
    for words, command in commands():
        usage, rows = [words], []
        for parameter in command.params:
            mark = " / ".join([*parameter.opts, *parameter.secondary_opts])
            if parameter.param_type_name == "argument":
                mark = f"{parameter.name.upper()}{'...' if parameter.nargs != 1 else ''}"
                usage.append(mark if parameter.required else f"[{mark}]")
            default = "required" if parameter.required else f"`{parameter.default}`" if parameter.default else ""
            rows.append((f"`{mark}`", parameter.help or "", default))
        usage += ["[OPTIONS]"] if any(parameter.param_type_name == "option" for parameter in command.params) else []
        parts += [f"## {words}", f"`{' '.join(usage)}`", command.help or ""]
        parts += [table(("argument or option", "what it is", "default"), rows)] if rows else []
    return page(
        "Command line",
        """`make setup` puts the command into `.venv/bin`. An option wins over the [setting](settings.md) of the same
        meaning. `detention COMMAND --help` prints what this page says.""",
        f"Exit codes: {_exit_codes()}",
        *parts,
    )


def _exit_codes() -> str:
    """What the exit codes of the commands mean."""
    return (cli.__doc__ or "").partition("Exit codes: ")[2].strip()


# --- what pages are made of --------------------------------------------------------------------------------------

# --- what pages are made of --------------------------------------------------------------------------------------


def _limits(rule: object) -> Iterator[tuple[str, object]]:
    for name, sign in {"gt": "more than", "ge": "at least", "le": "at most"}.items():
        if getattr(rule, name, None) is not None:
            yield sign, getattr(rule, name)


def _sort_of(name: str, route: Mapping[str, Any]) -> str | None:
    """Which sort of route it is, of those that take the same whatever the collection."""
    if not name.startswith("GET "):
        return name.partition(" ")[0]
    return "list" if _asked(route, "limit") and _asked(route, "include") else None


def _shared(routes: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The parameters that every one of some routes takes."""
    return [
        one
        for one in routes[0].get("parameters", ())
        if all(any(_same(one, other) for other in route.get("parameters", ())) for route in routes)
    ]


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return (one["name"], one["in"], one["description"]) == (other["name"], other["in"], other["description"])


def _asked(route: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """The parameter of that name, if the route takes it."""
    return next((parameter for parameter in route.get("parameters", ()) if parameter["name"] == name), None)


def _route(name: str, route: Mapping[str, Any], known: Sequence[Mapping[str, Any]], told: str = "") -> list[str]:
    """One route: what it answers, what it takes beside the parameters already `known`, what it refuses with."""
    parts = [f"### {name}", route["description"]]
    own = [one for one in route.get("parameters", ()) if not any(_same(one, other) for other in known)]
    sort, include = _asked(route, "sort"), _asked(route, "include")
    if told:
        parts.append(told)
    elif include is not None:
        includes = f"Includes {codes(_named(include['schema']['items']))}."
        if sort is not None:
            orders = [order for order in _named(sort["schema"]["items"]) if not order.startswith("-")]
            parts.append(f"Sorts by {codes(orders)}. {includes}")
        else:
            parts.append(f"{includes} Takes `revision`, `known_at` and `fields` too.")
    if own:
        parts.append(_parameters(own))
    if "requestBody" in route:
        parts.append(f"Takes a body: {codes(route['requestBody']['content'])}.")
    refused = [answer["$ref"].rpartition("/")[2] for answer in route["responses"].values() if "$ref" in answer]
    slugs = [SLUGS[kind] for name in refused for kind in name.split("Or") if kind != Broken.__name__]
    return [*parts, f"Errors: {codes(slugs)}."] if slugs else parts


def _parameters(parameters: Iterable[Mapping[str, Any]]) -> str:
    rows = []
    for parameter in parameters:
        schema = parameter["schema"]
        example = next(iter(schema.get("examples", ())), schema.get("default"))
        shown = ",".join(map(str, example if isinstance(example, list) else [example]))
        shown = shown.lower() if isinstance(example, bool) else shown
        takes = "list of names" if parameter["name"] in {"fields", "include", "sort"} else _kind(schema)
        name = f"`{parameter['name']}`{PLACES[parameter['in']]}"
        rows.append((name, takes, parameter["description"], f"`{shown}`" if example is not None else ""))
    return table(("parameter", "takes", "what it does", "example"), rows)


def _fields(schema: Mapping[str, Any], body: type[BaseModel], texts: Mapping[str, str]) -> str:
    """The fields of an object, as its `schema` shows and its `body` takes them; `texts` says what some texts are."""
    written = {info.alias or name: info.is_required() for name, info in body.model_fields.items()}
    word = {True: "required", False: "optional", None: ""}
    rows = [
        (
            f"`{name}`",
            word[written.get(name)],
            _kind(field).replace("text", texts.get(name, "text")),
            field.get("description", ""),
        )
        for name, field in schema["properties"].items()
    ]
    return table(("field", "written", "holds", "what it is"), rows)


def _shown(schemas: Mapping[str, Any], held: type[BaseModel]) -> Mapping[str, Any]:
    """The schema of an entry as answers show it; where clients write one too, it goes by another name."""
    shown: Mapping[str, Any] = schemas.get(f"{held.__name__}-Output") or schemas[held.__name__]
    return shown


def _texts(references: Mapping[str, str], dates: Iterable[str]) -> dict[str, str]:
    """What the texts of some fields are: slugs of a noun's records, and partial dates."""
    slugs = {name: f"[{noun}](#{NOUNS[noun].name}) slug" for name, noun in references.items()}
    return slugs | {name.removesuffix("_"): "partial date" for name in dates}


def _named(schema: Mapping[str, Any]) -> list[str]:
    """The words that a schema allows, one or several."""
    return list(schema.get("enum") or [schema["const"]])


def _kind(schema: Mapping[str, Any]) -> str:
    """What a parameter or a field holds, in words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2].removesuffix("-Output")
        listed = LISTS.get(name)
        return f"[{listed}](code-lists.md#{listed})" if listed else f"[{name}](records.md#{_anchor(name)})"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(kind) for kind in schema["anyOf"]))
    if "const" in schema or "enum" in schema:
        return codes(_named(schema))
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    words = {
        "string": "text",
        "integer": "whole number",
        "number": "number",
        "boolean": "true or false",
        "null": "null",
    }
    if schema.get("pattern") == SLUG_OR_ID:
        return "slug or number"
    kind = "date" if schema.get("format") == "date" else words.get(str(schema.get("type")), "mapping")
    low, high = schema.get("minimum"), schema.get("maximum")
    span = f"{low} to {high}" if high is not None else f"at least {low}"
    return kind if low is None else f"{kind}, {span}"


def _anchor(name: str) -> str:
    """Where records.md tells what is in an object: a record's own section, or an entry's."""
    own = [collection.name for collection in COLLECTIONS.values() if collection.table.__name__ == name]
    return own[0] if own else name.lower()


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parents[2] / "docs"
    for file, written in pages().items():
        (folder / file).write_text(written, "utf-8")
