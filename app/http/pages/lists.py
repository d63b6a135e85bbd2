"""The page of a list: filters, the rows with their number, the next ones, and the same rows as files."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple, get_args
from urllib.parse import parse_qsl, urlencode

from app.catalogue.collections import LISTINGS
from app.database.codes import Code
from app.exports.formats import formats_of
from app.http.pages.asking import Asker, Page
from app.reading.addresses import canonical
from app.records.listing import Listing

ROWS: Final = 50
"""How many rows a page holds unless it is asked for fewer; more would make it heavy."""
FILTERS: Final[Mapping[str, Sequence[str]]] = {
    "facilities": ("q", "kind", "level", "status", "country", "admin1", "operator", "within", "source"),
    "incidents": ("q", "kind", "country", "facility", "actor", "role", "standing", "from", "to", "source"),
    "populations": ("measure", "facility", "within", "country", "sex", "originator", "from", "to", "as_of", "source"),
    "figures": ("measure", "incident", "of_any", "facility", "originator", "from", "to", "as_of", "source"),
    "claims": ("incident", "facility", "about", "made_by", "topic", "modality", "verdict", "from", "to", "source"),
    "actors": ("q", "kind", "country", "part_of"),
    "sources": ("q", "kind", "publisher", "language", "from", "to", "url"),
}
"""The filters that a page offers first; those that its address has beside them are kept."""
APART: Final = {"limit", "cursor", "count", "sort", "revision", "known_at", "include"}
"""What an address may say that is no filter."""
INCLUDED: Final = {"sources", "actors", "facilities", "incidents"}


class Choice(NamedTuple):
    """One filter of a form: its name, what is chosen, and the codes there are to choose from, if it takes codes."""

    name: str
    chosen: str
    codes: Sequence[str]


@cache
def codes_of(listing: Listing, parameter: str) -> Sequence[str]:
    """The codes that a filter takes; none where it takes text."""
    by_alias = {info.alias or name: info for name, info in listing.query.model_fields.items()}
    kinds = _kinds(by_alias[parameter].annotation)
    found = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Code)), None)
    return [str(code) for code in found] if found is not None else []


def _kinds(annotation: Any) -> Iterator[Any]:
    yield annotation
    for inner in get_args(annotation):
        yield from _kinds(inner)


def filters_of(listing: Listing) -> list[str]:
    """The filters that the form of a list has, of those that the list takes."""
    taken = {info.alias or name for name, info in listing.query.model_fields.items()}
    return [name for name in FILTERS[listing.collection.name] if name in taken]


async def list_page(ask: Asker, name: str, parameters: Mapping[str, Any]) -> Page:
    """What the API lists."""
    listing, path = LISTINGS[name], f"/v1/{name}"
    limit = min(int(parameters["limit"]), ROWS) if str(parameters.get("limit", "")).isdigit() else ROWS
    wanted = {key: value for key, value in parameters.items() if key not in {"limit", "count", "include"}}
    include = [kind for kind in listing.includes if kind in INCLUDED]
    answer = await ask(path, **wanted, limit=limit, count="exact", include=include)
    offered = filters_of(listing)
    filters = {key: value for key, value in parameters.items() if key not in APART}
    order = parameters.get("sort")
    content = {
        "title": name.capitalize(),
        "collection": name,
        "about": listing.collection.about,
        "answer": answer,
        "included": answer["included"],
        "choices": [Choice(key, _told(parameters.get(key)), codes_of(listing, key)) for key in offered],
        "kept": [(key, one) for key, value in filters.items() if key not in offered for one in _each(value)],
        "filters": [(key, one) for key, value in filters.items() for one in _each(value)],
        "sorts": [f"{sign}{key}" for key in listing.sorts for sign in ("", "-")],
        "order": _told(order) or listing.default,
        "files": [one for one in formats_of(listing) if one in {"csv", "xlsx", "geojson", "ndjson"}],
        "query": urlencode(filters | ({"sort": order} if order else {}), doseq=True),
        "first": "cursor" not in parameters,
        "next": _next(path, parameters, answer["next"]),
    }
    return Page("list.html", content)


def _next(path: str, parameters: Mapping[str, Any], following: str | None) -> str | None:
    """The address of the next page, with what the page was asked for and nothing that it asked for itself."""
    if following is None:
        return None
    places = dict(parse_qsl(following.partition("?")[2]))
    others = {name: value for name, value in parameters.items() if name != "known_at"}
    return canonical(path, others, cursor=places["cursor"], revision=places["revision"])


def _each(value: Any) -> Sequence[str]:
    return value if isinstance(value, list) else [value]


def _told(value: Any) -> str:
    return ",".join(_each(value)) if value else ""
