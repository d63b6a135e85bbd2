"""What a request may be: its method, its slash, its body; and what becomes of one that is not."""

import asyncio

import pytest
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from app.limits import RequestLimits
from tests.conftest import Served

PROBLEM = "application/problem+json"


def told(register: Served, path: str, status: int, method: str = "GET", content: bytes = b"") -> None:
    """The answer is a problem of that status."""
    response = register.client.request(method, path, content=content)
    assert (response.status_code, response.headers["content-type"]) == (status, PROBLEM)
    assert response.json()["status"] == status


@pytest.mark.parametrize("path", ["/v1", "/v1/facilities", "/v1/facilities/1", "/v1/vocabularies", "/healthz", "/docs"])
@pytest.mark.parametrize("method", ["PUT", "TRACE", "BREW"])
def test_a_method_not_taken_is_a_405_that_lists_those_taken(reference: Served, path: str, method: str) -> None:
    told(reference, path, 405, method)
    allowed = reference.client.request(method, path).headers["allow"]
    assert "GET" in allowed.split(", ")
    assert method not in allowed


@pytest.mark.xfail(strict=True, reason="of the routes of one path only the first is asked for its methods")
def test_a_405_lists_every_method_of_the_path(reference: Served) -> None:
    for path, item in reference.get("/openapi.json")["paths"].items():
        answer = reference.client.request("BREW", path.format(key="1", facility="3", name="access"))
        allowed = {method.strip().lower() for method in answer.headers["allow"].split(",")}
        assert allowed == item.keys() | ({"head"} if "get" in item else set()), path


@pytest.mark.parametrize("path", ["/v1", "/v1/facilities?limit=2", "/v1/facilities/al-sina-prison", "/healthz"])
def test_head_is_get_without_the_body(reference: Served, path: str) -> None:
    whole, head = reference.ask(path), reference.client.head(path)
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
        told(reference, "/v1/facilities", 413, method, content=b"x" * 1_048_577)
    told(reference, "/v1/facilities", 405, "PUT", content=b"x" * 1_048_576)


@pytest.mark.parametrize("length", ["abc", "-5"])
def test_a_length_that_is_none_breaks_nothing(reference: Served, length: str) -> None:
    assert reference.ask("/v1/facilities", content_length=length).status_code in {200, 400, 413}


def run(sent: list[bytes], most: int) -> list[Message]:
    """What an application that reads its whole body answers below the limits."""
    answered: list[Message] = []
    waiting = [{"type": "http.request", "body": part, "more_body": True} for part in sent]
    waiting.append({"type": "http.request", "body": b"", "more_body": False})

    async def reads(scope: Scope, receive: Receive, send: Send) -> None:
        total = 0
        while True:
            message = await receive()
            total += len(message.get("body", b""))
            if not message.get("more_body"):
                break
        await Response(str(total))(scope, receive, send)

    async def receive() -> Message:
        return waiting.pop(0)

    async def send(message: Message) -> None:
        answered.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/facilities", "query_string": b"", "headers": []}
    asyncio.run(RequestLimits(reads, most)(scope, receive, send))
    return answered


def test_a_body_without_a_length_is_counted_as_it_comes() -> None:
    assert run([b"x" * 60, b"x" * 40], 100)[0]["status"] == 200
    refused = run([b"x" * 60, b"x" * 41, b"never read"], 100)
    assert refused[0]["status"] == 413
    assert (b"content-type", PROBLEM.encode()) in refused[0]["headers"]
