"""From an answer's bytes to an HTTP response: validators, conditional requests, caching, routes that pass bytes on."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from inspect import Parameter, Signature
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi import Path as PathParameter
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.responses import Response

from app.codes import Access
from app.errors import Problem, responses

FORM = 1
"""The version of the wire form; an upgrade that changes what is shown raises it, and so every validator."""

VARY = "Authorization, Accept, Accept-Encoding"
Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a read found: the body, the revision it was answered from, and the revision that validates it."""

    body: bytes
    revision: int
    validator: int
    pinned: str
    """The address that gives the same answer for ever."""
    next: str | None = None


def tier_of(request: Request) -> Access:
    """The most restricted access the reader may see."""
    tier: Access = request.scope.get("tier", Access.public)
    return tier


def respond(request: Request, answer: Answer) -> Response:
    """The response: 304 when the reader holds it already."""
    tier = tier_of(request)
    etag = etag_of(answer.validator, tier)
    links = [f'<{answer.pinned}>; rel="permalink"']
    if answer.next is not None:
        links.append(f'<{answer.next}>; rel="next"')
    headers = {
        "ETag": etag,
        "Data-Revision": str(answer.revision),
        "Link": ", ".join(links),
        "Cache-Control": _caching(request),
        "Vary": VARY,
    }
    held = ",".join(request.headers.getlist("if-none-match"))
    if held and (held.strip() == "*" or etag in {one.strip().removeprefix("W/") for one in held.split(",")}):
        return Response(None, 304, headers)
    return Response(answer.body, 200, headers, "application/json")


def etag_of(revision: int, tier: Access) -> str:
    """The validator of a record at a revision, in the form a tier sees."""
    return f'"{revision}.{FORM}.{tier}"'


def _caching(request: Request) -> str:
    if "authorization" in request.headers:
        return "private, no-store"
    if "known_at" in request.query_params:
        return "no-store"
    if "revision" in request.query_params:
        return "public, max-age=86400, immutable"
    return "public, max-age=0, must-revalidate"


class BytesRoute(APIRoute):
    """A route whose handler takes the request and answers with bytes.

    Its declared signature and response model make the OpenAPI document and nothing else: what a request costs is the
    handler. A contract test holds every route's bytes to its model.
    """

    def get_route_handler(self) -> Callable[[Request], Any]:
        handler: Handler = self.endpoint.handler  # type: ignore[attr-defined]
        return handler


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
) -> None:
    """Add a route: `keys` describes each path parameter, with an example; the handler's docstring is its text."""
    parameters = [
        Parameter(
            key,
            Parameter.POSITIONAL_OR_KEYWORD,
            annotation=Annotated[str, PathParameter(description=told, examples=[example])],
        )
        for key, (told, example) in (keys or {}).items()
    ]
    if query is not None:
        parameters.append(Parameter("query", Parameter.POSITIONAL_OR_KEYWORD, annotation=Annotated[query, Query()]))

    for header, told in (headers or {}).items():
        parameters.append(Parameter(header, Parameter.POSITIONAL_OR_KEYWORD, annotation=told))
    if body is not None:
        parameters.append(Parameter("body", Parameter.POSITIONAL_OR_KEYWORD, annotation=body))

    async def endpoint() -> None: ...

    endpoint.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    endpoint.handler = handler  # type: ignore[attr-defined]
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
        responses=responses(*problems),
        openapi_extra=None if method == "GET" else {"security": [{"key": []}]},
    )


def get(to: APIRouter, path: str, handler: Handler, **options: Any) -> None:
    """Add a GET route."""
    route(to, "GET", path, handler, **options)
