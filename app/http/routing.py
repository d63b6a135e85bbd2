"""Routes whose handlers answer with bytes, and how each is described in the OpenAPI document."""

from collections.abc import Awaitable, Callable, Mapping
from inspect import Parameter, Signature
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Query, Request
from fastapi import Path as PathParameter
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.responses import Response

from app.errors import Problem, Unauthorized
from app.http.problems import responses

Handler = Callable[[Request], Awaitable[Response]]


class BytesRoute(APIRoute):
    """A route whose handler takes the request and answers with bytes.

    Its declared signature and response model make the OpenAPI document and nothing else: what a request costs is the
    handler, which `app.http.middleware` calls. A contract test holds every route's bytes to its model.
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
