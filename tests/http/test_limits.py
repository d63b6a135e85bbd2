"""What a request may be: its method, its slash, its body; and what becomes of one that is not."""

import asyncio
import re

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient
from starlette.types import Message

from app.database.settings import Settings
from app.http.application import create_app
from app.http.middleware import Middleware
from tests.conftest import Databases, Served

PROBLEM = "application/problem+json"


def refused(register: Served, path: str, status: int, method: str = "GET", content: bytes = b"") -> None:
    """The answer is a problem of that status."""
    response = register.client.request(method, path, content=content)
    assert (response.status_code, response.headers["content-type"]) == (status, PROBLEM)
    assert response.json()["status"] == status


@pytest.mark.parametrize("path", ["/v1", "/v1/facilities", "/v1/facilities/1", "/v1/vocabularies", "/healthz", "/docs"])
@pytest.mark.parametrize("method", ["PUT", "TRACE", "BREW"])
def test_a_method_not_taken_is_a_405_that_lists_those_taken(reference: Served, path: str, method: str) -> None:
    refused(reference, path, 405, method)
    allowed = reference.client.request(method, path).headers["allow"]
    assert "GET" in allowed.split(", ")
    assert method not in allowed


@pytest.mark.parametrize("method", ["BREW", "OPTIONS"])
def test_every_method_of_the_path_is_listed(reference: Served, method: str) -> None:
    paths = reference.get("/openapi.json")["paths"]
    for path, item in paths.items():
        answer = reference.client.request(method, re.sub(r"\{\w+\}", "1", path))
        allowed = {method.strip().lower() for method in answer.headers["allow"].split(",")}
        assert allowed - {"options"} == item.keys() | ({"head"} if "get" in item else set()), path
        assert answer.status_code == (204 if method == "OPTIONS" else 405)


def test_a_page_of_another_site_may_read(reference: Served) -> None:
    for path, status in (("/v1/facilities/al-sina-prison", 200), ("/v1/facilities/nowhere", 404), ("/docs", 200)):
        answer = reference.ask(path, origin="https://dashboard.example")
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, "*")
        assert "ETag" in answer.headers["access-control-expose-headers"].split(", ")
        assert "access-control-allow-credentials" not in answer.headers
        assert "access-control-allow-origin" not in reference.ask(path).headers


def test_a_browser_is_told_before_it_writes(reference: Served) -> None:
    query = {
        "Origin": "https://dashboard.example",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization, if-match, content-type",
    }
    answer = reference.client.request("OPTIONS", "/v1/facilities/3", headers=query)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (204, "*")
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    allowed = {name.strip().lower() for name in answer.headers["access-control-allow-headers"].split(",")}
    assert set(query["Access-Control-Request-Headers"].split(", ")) <= allowed
    plain = reference.client.request("OPTIONS", "/v1/facilities/3")
    assert (plain.status_code, plain.headers["allow"]) == (204, "DELETE, GET, HEAD, OPTIONS, PATCH")
    assert reference.client.request("OPTIONS", "/docs").headers["allow"] == "GET, HEAD, OPTIONS"
    assert reference.client.request("OPTIONS", "/v1/nothing").status_code == 404


def test_the_sites_that_may_read_can_be_named(databases: Databases) -> None:
    chosen = Settings(database_url=databases.with_reference(), cors_origins=["https://dashboard.example"])
    with TestClient(create_app(chosen)) as client:
        for origin, allowed in (("https://dashboard.example", True), ("https://other.example", False)):
            headers = client.get("/v1/facilities/3", headers={"Origin": origin}).headers
            assert headers.get("access-control-allow-origin") == (origin if allowed else None)
            assert "Origin" in headers.get_list("vary")


@pytest.mark.parametrize("path", ["/v1", "/v1/facilities?limit=2", "/v1/facilities/al-sina-prison", "/healthz"])
def test_head_is_get_without_the_body(reference: Served, path: str) -> None:
    named = {"X-Request-Id": "the-same"}
    whole, head = (ask(path, headers=named) for ask in (reference.client.get, reference.client.head))
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers == whole.headers


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/v1/", "/v1"),
        ("/v1/facilities/", "/v1/facilities"),
        ("/v1/facilities//", "/v1/facilities"),
        ("/v1/facilities/?kind=camp&limit=3", "/v1/facilities?kind=camp&limit=3"),
        (
            "/v1/facilities/al-sina-prison/claims/?a=%C3%A9&b=c%26d",
            "/v1/facilities/al-sina-prison/claims?a=%C3%A9&b=c%26d",
        ),
        ("/v1/facilities/%3Fx/", "/v1/facilities/%3Fx"),
        ("/v1/facilities/a%0d%0aX-Y: z/", "/v1/facilities/a%0D%0AX-Y:%20z"),
        ("/docs/", "/docs"),
    ],
)
def test_a_trailing_slash_is_a_308(reference: Served, path: str, to: str) -> None:
    response = reference.ask(path)
    assert (response.status_code, response.headers["location"]) == (308, to)


def test_a_trailing_slash_leads_nowhere_else(reference: Served) -> None:
    for path in ("//evil.example/", "//evil.example/v1/", "/\\evil.example/"):
        response = reference.client.get(f"http://testserver{path}")
        assert not response.headers.get("location", "").startswith(("//", "http", "/\\")), path


def test_a_body_over_the_limit_is_a_413(reference: Served) -> None:
    for method in ("POST", "GET", "PUT"):
        refused(reference, "/v1/facilities", 413, method, content=b"x" * 1_048_577)
    refused(reference, "/v1/facilities", 405, "PUT", content=b"x" * 1_048_576)


def test_headers_without_end_are_not_read_to_their_end(reference: Served) -> None:
    """They took seconds, in which the server answered nobody else."""
    accept = "text/csv," + ",".join(f"a/{number}" for number in range(1000))
    assert reference.ask("/v1/facilities", accept=accept).headers["content-type"] == "application/json"
    etag = reference.ask("/v1/facilities").headers["etag"]
    few, many = (", ".join(['"x"'] * number) for number in (3000, 15_000))
    assert reference.ask("/v1/facilities", if_none_match=f"{few}, {etag}").status_code == 304
    assert reference.ask("/v1/facilities", if_none_match=f"{etag}, {many}").status_code == 431


@pytest.mark.parametrize("length", ["abc", "-5"])
def test_a_length_that_is_none_breaks_nothing(reference: Served, length: str) -> None:
    assert reference.ask("/v1/facilities", content_length=length).status_code in {200, 400, 413}


def run(sent: list[bytes], most: int) -> list[Message]:
    """What a page that reads its whole body answers below the limits."""
    answered: list[Message] = []
    waiting = [{"type": "http.request", "body": part, "more_body": True} for part in sent]
    waiting.append({"type": "http.request", "body": b"", "more_body": False})

    async def reads(request: Request) -> Response:
        return Response(str(len(await request.body())))

    async def receive() -> Message:
        return waiting.pop(0)

    async def send(message: Message) -> None:
        answered.append(message)

    scope = {"type": "http", "method": "POST", "path": "/page", "query_string": b"", "headers": []}
    app = FastAPI(openapi_url=None)
    app.add_route("/page", reads, methods=["POST"])
    asyncio.run(Middleware(app, Settings(max_body_bytes=most), [])(scope, receive, send))
    return answered


def test_a_body_without_a_length_is_counted_as_it_comes() -> None:
    assert run([b"x" * 1000, b"x" * 24], 1024)[0]["status"] == 200
    refused = run([b"x" * 1000, b"x" * 25, b"never read"], 1024)
    assert refused[0]["status"] == 413
    assert (b"content-type", PROBLEM.encode()) in refused[0]["headers"]


def test_an_address_and_headers_that_would_take_long_to_read_are_refused(reference: Served) -> None:
    for path, headers, status in (
        (f"/v1/facilities?identifier=a:{'b' * 8200}", {}, 414),
        (f"/v1/facilities/{'b' * 8200}", {}, 414),
        ("/v1/facilities", {f"X-{number}": "1" for number in range(100)}, 431),
        ("/v1/facilities", {"If-None-Match": "b" * 17_000}, 431),
        ("/v1/facilities", {"Accept": ",".join(["q=0.1"] * 5000)}, 431),
        ("/v1/facilities", {f"X-{number}": "1" for number in range(60)}, 200),
        ("/v1/facilities?sort=" + ",".join(["name"] * 9), {}, 422),
        ("/v1/facilities?" + "&".join(f"x{number}=1" for number in range(51)), {}, 422),
    ):
        answer = reference.client.get(path, headers=headers)
        assert answer.status_code == status, path[:80]
        assert status == 200 or answer.headers["content-type"] == PROBLEM


def test_near_names_are_looked_for_a_few_times_in_one_request(reference: Served) -> None:
    errors = reference.ask("/v1/facilities?" + "&".join(f"kinds{number}=1" for number in range(20))).json()["errors"]
    assert len(errors) == 20
    assert len([fault for fault in errors if "did you mean" in fault["detail"]]) == 5
