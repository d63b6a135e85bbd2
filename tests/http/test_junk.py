"""Whatever is asked, the answer is JSON and no fault of ours: random queries of documented parameters and of junk."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.database.settings import Settings
from app.http.application import create_app
from app.http.openapi import document
from tests.conftest import Served

PUBLISHED = document(create_app(Settings(database_url="sqlite:///nowhere.db")))
ROUTES: Mapping[str, list[dict[str, Any]]] = {
    path: item["get"].get("parameters", [])
    for path, item in PUBLISHED["paths"].items()
    if path.startswith("/v1") and "get" in item and "security" not in item["get"]
}
"""The parameters of every route that anybody may ask."""

junk = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", "0", "-1", "1", "99", "total", "null", "true", "%", "%00", "\0", "a\0b", "'", '"', "\\", ";--", "*"]
    ),
    st.sampled_from(
        ["٣", "²", "½", "سجن", "\u202e", "\ufeff", "\U0001f512", "e\u0301", "ß", "İ", "\ufffd", "\x7f", "\r\nX: y"]
    ),
    st.sampled_from(
        ["2022", "2022-01", "2022-01-20/2022-01-30", "2099-12-31", "0001-01-01", "9999-12-31T23:59:59Z", "1e9"]
    ),
    st.sampled_from([str(2**31), str(2**53), str(2**63 - 1), str(2**63), str(2**70), "9" * 40, "-9223372036854775809"]),
    st.sampled_from(
        ["a:b", ":", "a:", ":b", "a:b:c", "origin:%", "../..", "a/b", "a?b", "a#b", "a&b=c", "a,b", ",", ",,"]
    ),
    st.sampled_from(
        ["al-sina-prison", "al-sina-prisn", "sdf", "isis", "turkey", "SDF", "3", "al-sina-prison-attack-2022"]
    ),
)


def meant(parameter: Mapping[str, Any]) -> st.SearchStrategy[str]:
    """A value of the kind that a parameter is documented to take."""
    schema = parameter["schema"]
    items = schema.get("items", schema)
    kinds = [items, *items.get("anyOf", [])]
    named = [PUBLISHED["components"]["schemas"][kind["$ref"].rpartition("/")[2]] for kind in kinds if "$ref" in kind]
    codes = [
        str(code)
        for kind in (*kinds, *named)
        for code in (*kind.get("enum", ()), *([kind["const"]] if "const" in kind else ()))
    ]
    examples = [example for one in schema.get("examples", ()) for example in (one if isinstance(one, list) else [one])]
    numbers = [st.integers(-2, 2000).map(str)] if any(kind.get("type") == "integer" for kind in kinds) else []
    texts = [st.sampled_from(values) for values in ([str(one) for one in examples], codes) if values]
    return st.one_of(*texts, *numbers) if texts or numbers else junk


@st.composite
def addresses(draw: st.DrawFn) -> str:
    """A path of the register, a query beside it; most of it meant well, some of it not at all."""
    path = draw(st.sampled_from(sorted(ROUTES)))
    declared = {one["name"]: one for one in ROUTES[path] if one["in"] == "query"}
    pairs = []
    for parameter in ROUTES[path]:
        if parameter["in"] == "path":
            value = draw(st.one_of(meant(parameter), junk))
            path = path.replace(f"{{{parameter['name']}}}", quote(value, safe=draw(st.sampled_from(["", "/?%"]))))
    known = sorted(declared)
    for name in draw(st.lists(st.sampled_from(known), max_size=4)) if known else ():
        several = draw(st.lists(st.one_of(meant(declared[name]), meant(declared[name]), junk), min_size=1, max_size=3))
        pairs.append((name, ",".join(several)))
    if draw(st.integers(0, 9)) == 0:
        pairs.append((draw(junk), draw(junk)))
    loose = draw(st.sampled_from(["", "", "", "%", "/:,"]))
    return f"{path}?{'&'.join(f'{quote(name, safe=loose)}={quote(value, safe=loose)}' for name, value in pairs)}"


@pytest.mark.slow
@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(address=addresses())
def test_no_address_breaks_the_register(reference: Served, address: str) -> None:
    response = reference.ask(address)
    assert response.status_code < 500, address
    if response.status_code == 308 or (response.status_code == 200 and "format=" in address):
        return
    if response.headers["content-type"].startswith("text/html"):
        # Dots lead out of the API, to the front page.
        assert response.url.path in {"/", "/docs", "/errors"}
        return
    if response.headers["content-type"].startswith("text/plain"):
        assert response.url.path == "/v1/log/checkpoint"
        return
    answer = response.json()
    if response.status_code == 200:
        assert response.headers["content-type"] == "application/json"
    else:
        assert response.headers["content-type"] == "application/problem+json"
        assert (answer["status"], bool(answer["detail"])) == (response.status_code, True)
        assert response.status_code in {403, 404, 422}


@pytest.mark.slow
@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(path=st.lists(st.one_of(junk, st.sampled_from(["v1", "facilities", "docs", ".."])), max_size=5))
def test_no_path_breaks_the_register(reference: Served, path: list[str]) -> None:
    response = reference.ask("/" + "/".join(quote(part, safe="") for part in path))
    assert response.status_code in {200, 308, 403, 404, 422}, path


@pytest.mark.parametrize("header", ["if-none-match", "accept", "accept-encoding", "range", "content-type", "prefer"])
def test_no_header_breaks_the_register(reference: Served, header: str) -> None:
    for value in ("", ",", '"', "W/", "*/*;q=x", "bytes=0-", "\xe9", "a" * 8000, '","' * 500):
        response = reference.client.get("/v1/actors", headers={header.encode(): value.encode("latin-1")})
        assert response.status_code in {200, 304, 406}, value
