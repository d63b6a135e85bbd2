"""From an answer's bytes to an HTTP response: validators, conditional requests, caching, routes that pass bytes on."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from inspect import Parameter, Signature
from typing import Annotated, Any, NamedTuple, get_args

from fastapi import APIRouter, Query, Request
from fastapi import Path as PathParameter
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.responses import Response

from app.codes import Access
from app.errors import Problem, Unauthorized, responses
from app.formats import JSON, Format
from app.versions import form as stored_form

VARY = "Authorization, Accept, Accept-Encoding"
Handler = Callable[[Request], Awaitable[Response]]


class Answer(NamedTuple):
    """What a read found: the body, the revision it was answered from, and what validates it."""

    body: bytes
    revision: int
    validator: str
    pinned: str
    """The address that gives the same answer for ever."""
    next: str | None = None
    form: Format = JSON


def tier_of(request: Request) -> Access:
    """The most restricted access the reader may see."""
    tier: Access = request.scope.get("tier", Access.public)
    return tier


class Ready(Response):
    """A response whose body and headers are bytes already."""

    def __init__(self, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        self.status_code, self.body, self.raw_headers, self.background = status, body, headers, None


def ready(status: int, body: str, headers: Mapping[str, str]) -> Ready:
    """A response of JSON."""
    text = body.encode()
    given = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Ready(status, text, [*given, (b"content-type", b"application/json"), (b"content-length", b"%d" % len(text))])


def again(request: Request, response: Ready) -> Ready:
    """A response given before, to another request for it: 304 when the client holds it already."""
    etag = next(value for name, value in response.raw_headers if name == b"etag").decode()
    if not holds(request, etag):
        return response
    return Ready(304, b"", [header for header in response.raw_headers if not header[0].startswith(b"content-")])


class Kept:
    """Public answers of the present, to be given again while the register stands where it stood: bounded in bytes."""

    def __init__(self, most: int) -> None:
        self._most, self._held = most, 0
        self._answers: OrderedDict[tuple[str, bytes], tuple[int, Ready]] = OrderedDict()

    def get(self, key: tuple[str, bytes]) -> tuple[int, Ready] | None:
        """The revision an address was answered from, and the response."""
        return self._answers.get(key)

    def put(self, key: tuple[str, bytes], revision: int, response: Ready) -> None:
        """Keep a response; the oldest ones make room."""
        if len(response.body) > self._most // 16:
            return
        self.drop(key)
        self._answers[key] = revision, response
        self._held += len(response.body)
        while self._held > self._most:
            self.drop(next(iter(self._answers)))

    def drop(self, key: tuple[str, bytes]) -> None:
        """Forget a response."""
        if (old := self._answers.pop(key, None)) is not None:
            self._held -= len(old[1].body)


def respond(request: Request, answer: Answer) -> Ready:
    """The response: 304 when the reader holds it already."""
    headers = headers_of(request, answer)
    if holds(request, headers[0][1].decode()):
        return Ready(304, b"", headers)
    headers += [(b"content-type", answer.form.media.encode()), (b"content-length", b"%d" % len(answer.body))]
    return Ready(200, answer.body, headers)


def headers_of(request: Request, answer: Answer) -> list[tuple[bytes, bytes]]:
    """The headers of an answer, its entity tag first; those of its body come on top."""
    link = f'<{answer.pinned}>; rel="permalink"'
    if answer.next is not None:
        link += f', <{answer.next}>; rel="next"'
    return [
        (b"etag", etag_of(answer.validator, tier_of(request), answer.form).encode()),
        (b"data-revision", b"%d" % answer.revision),
        (b"link", link.encode()),
        (b"cache-control", _caching(request)),
        (b"vary", VARY.encode()),
    ]


def etag_of(validator: str, tier: Access, form: Format = JSON) -> str:
    """The entity tag of what is validated so, as a tier sees it in the version of the stored JSON."""
    tag = f"{validator}.{stored_form()}.{tier}"
    return f'"{tag}"' if form is JSON else f'"{tag}.{form.name}"'


def holds(request: Request, etag: str) -> bool:
    """Whether the client says that it has the answer already."""
    if b"if-none-match" not in request.scope["given"]:
        return False
    held = [value for name, value in request.scope["headers"] if name == b"if-none-match"]
    listed = {one.strip().removeprefix("W/") for one in b",".join(held).decode("latin-1").split(",")}
    return "*" in listed or etag in listed


def _caching(request: Request) -> bytes:
    if b"authorization" in request.scope["given"]:
        return b"private, no-store"
    if not request.scope["query_string"]:
        return OF_THE_PRESENT
    query = b"&" + request.scope["query_string"]
    if b"&known_at=" in query:
        return b"no-store"
    if b"&revision=" in query:
        return b"public, max-age=86400, immutable"
    return OF_THE_PRESENT


OF_THE_PRESENT = b"public, max-age=0, must-revalidate"
"""How a public answer is cached that the next revision may change."""


class BytesRoute(APIRoute):
    """A route whose handler takes the request and answers with bytes.

    Its declared signature and response model make the OpenAPI document and nothing else: what a request costs is the
    handler, which `app.gate` calls. A contract test holds every route's bytes to its model.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.handler: Handler = self.endpoint.handler  # type: ignore[attr-defined]
        self.key = next(iter(self.param_convertors), None)
        """The name of the key in its path."""
        self.most: str = self.endpoint.most  # type: ignore[attr-defined]
        """The setting that says how large a body may be."""


def router(tag: str) -> APIRouter:
    """A router of byte routes."""
    return APIRouter(prefix="/v1", tags=[tag], route_class=BytesRoute)


def route(
    to: APIRouter,
    method: str,
    path: str,
    handler: Handler,
    *,
    name: str,
    summary: str,
    model: type[BaseModel] | None,
    query: type[BaseModel] | None = None,
    keys: Mapping[str, tuple[str, str]] | None = None,
    headers: Mapping[str, Any] | None = None,
    body: Any = None,
    status: int = 200,
    problems: tuple[type[Problem], ...] = (),
    further: Mapping[int | str, dict[str, Any]] | None = None,
    file: str | None = None,
    most: str = "max_body_bytes",
) -> None:
    """Add a route: `keys` describes each path parameter, with an example; the handler's docstring is its text.

    A header whose type takes None may be left out. `further` describes answers that are neither the usual one nor
    problems; `file` tells of a body that may be a file as it is, beside the one described; `most` names the setting
    that says how large a body may be.
    """
    parameters = [
        Parameter(
            key,
            Parameter.KEYWORD_ONLY,
            annotation=Annotated[str, PathParameter(description=told, examples=[example])],
        )
        for key, (told, example) in (keys or {}).items()
    ]
    if query is not None:
        parameters.append(Parameter("query", Parameter.KEYWORD_ONLY, annotation=Annotated[query, Query()]))
    for header, told in (headers or {}).items():
        free = type(None) in get_args(get_args(told)[0])
        parameters.append(
            Parameter(header, Parameter.KEYWORD_ONLY, annotation=told, default=None if free else Parameter.empty)
        )
    if body is not None:
        parameters.append(Parameter("body", Parameter.KEYWORD_ONLY, annotation=body))

    async def endpoint() -> None: ...

    endpoint.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    endpoint.handler, endpoint.most = handler, most  # type: ignore[attr-defined]
    extra: dict[str, Any] = {"security": [{"key": []}]} if Unauthorized in problems else {}
    if file is not None:
        # Of media types of its own makers of clients know some and skip the rest, or take JSON for the only one.
        content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
        extra["requestBody"] = {"description": file, "content": content}
    to.add_api_route(
        path,
        endpoint,
        methods=[method],
        status_code=status,
        name=name,
        operation_id=name,
        summary=summary,
        description=handler.__doc__,
        response_model=model,
        responses=responses(*problems) | dict(further or {}),
        openapi_extra=extra or None,
    )


def get(to: APIRouter, path: str, handler: Handler, **options: Any) -> None:
    """Add a GET route."""
    route(to, "GET", path, handler, **options)
