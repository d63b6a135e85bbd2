"""What the API does at each address, declared; the route and its part of the OpenAPI document are made of that."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from inspect import Parameter, Signature
from typing import Annotated, Any, NamedTuple, get_args

from fastapi import Path as PathParameter
from fastapi import Query, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from app.errors import Problem

Handler = Callable[[Request], Awaitable[Response]]


class PathKey(NamedTuple):
    """The one part of a path that differs from request to request."""

    name: str
    about: str
    example: str


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One method at one path: who answers, and everything the OpenAPI document says of it."""

    method: str = "GET"
    path: str
    handler: Handler
    name: str
    """The operation's id, after which makers of clients name a function."""
    tag: str
    summary: str
    about: str
    key: PathKey | None = None
    query: type[BaseModel] | None = None
    headers: Mapping[str, Any] = field(default_factory=dict)
    """Each header's type, by a name for it; one whose type takes None may be left out."""
    body: Any = None
    file_body: str | None = None
    """How a file may be sent as the body itself, beside the body described."""
    most: str = "max_body_bytes"
    """The setting that says how large a body may be."""
    needs_key: bool = False
    status: int = 200
    model: type[BaseModel] | None
    media: Mapping[str, Any] = field(default_factory=dict)
    """What the answer comes as beside JSON: a description by media type."""
    further: Mapping[int | str, dict[str, Any]] = field(default_factory=dict)
    """Answers by status that are neither the usual one nor problems."""
    problems: tuple[type[Problem], ...] = ()


class EndpointRoute(APIRoute):
    """FastAPI's route of an endpoint: it makes the OpenAPI document and nothing else.

    Requests never come here: `app.http.middleware` calls the handler, so that a request costs what the handler costs.
    A contract test holds every answer to its model.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        extra: dict[str, Any] = {"security": [{"key": []}]} if endpoint.needs_key else {}
        if endpoint.file_body is not None:
            # Of several media types makers of clients know some and skip the rest, or take JSON for the only one.
            content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
            extra["requestBody"] = {"description": endpoint.file_body, "content": content}
        further = dict(endpoint.further)
        if endpoint.media:
            further[endpoint.status] = {"content": dict(endpoint.media)}
        super().__init__(
            endpoint.path,
            function_to_introspect(endpoint),
            methods=[endpoint.method],
            status_code=endpoint.status,
            name=endpoint.name,
            operation_id=endpoint.name,
            tags=[endpoint.tag],
            summary=endpoint.summary,
            description=endpoint.about,
            response_model=endpoint.model,
            response_class=_response_of(endpoint),
            responses=further,
            openapi_extra=extra or None,
        )
        self.declared = endpoint


def _response_of(endpoint: Endpoint) -> type[Response]:
    """A class of the media type that an endpoint without a model answers in; else JSON's."""
    if endpoint.model is not None or not endpoint.media:
        return JSONResponse
    return type("MediaResponse", (Response,), {"media_type": next(iter(endpoint.media))})


def function_to_introspect(endpoint: Endpoint) -> Callable[..., Any]:
    """A function whose signature is what an endpoint takes; it is never called.

    FastAPI learns what a route takes from a signature alone: the other way in, its `Dependant`, is private to it.
    """
    parameters: list[tuple[str, Any]] = []
    if (key := endpoint.key) is not None:
        parameters.append((key.name, Annotated[str, PathParameter(description=key.about, examples=[key.example])]))
    if endpoint.query is not None:
        parameters.append(("query", Annotated[endpoint.query, Query()]))
    parameters += endpoint.headers.items()
    if endpoint.body is not None:
        parameters.append(("body", endpoint.body))

    async def call() -> None: ...

    call.__signature__ = Signature(  # type: ignore[attr-defined]
        [
            Parameter(
                name,
                Parameter.KEYWORD_ONLY,
                annotation=annotation,
                default=None if _may_be_none(annotation) else Parameter.empty,
            )
            for name, annotation in parameters
        ]
    )
    return call


def _may_be_none(annotation: Any) -> bool:
    """Whether an `Annotated` type takes None."""
    return type(None) in get_args(get_args(annotation)[0])
