"""Errors as HTTP answers: RFC 9457 `application/problem+json`."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

import orjson
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.errors import (
    BadInput,
    Broken,
    Fault,
    Merged,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    Problem,
    TooLarge,
    UnsupportedMedia,
    sentence_of,
)

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"


class FaultShown(BaseModel):
    """One thing wrong with the request."""

    parameter: Annotated[str | None, Field(description="The query or path parameter at fault.", examples=["kind"])] = (
        None
    )
    pointer: Annotated[
        str | None, Field(description="The place in the body at fault, as a JSON pointer.", examples=["/low"])
    ] = None
    detail: Annotated[
        str,
        Field(
            description="What is wrong with it, and what would be right.",
            examples=["'prisn' is not a facility-kind; did you mean 'prison'?"],
        ),
    ]


class ProblemShown(BaseModel):
    """What went wrong, in the form of RFC 9457."""

    model_config = ConfigDict(title="Problem")

    type: Annotated[
        str, Field(description="The page that explains this kind of error.", examples=["/errors#bad-input"])
    ]
    title: Annotated[str, Field(description="The kind of error, in words.", examples=["Bad input"])]
    status: Annotated[int, Field(description="The HTTP status, again.", examples=[422])]
    detail: Annotated[
        str, Field(description="What happened this time.", examples=["One parameter cannot be used as given."])
    ]
    errors: Annotated[list[FaultShown] | None, Field(description="Each fault, all of them at once.")] = None


def _json_response(body: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    return Response(orjson.dumps(body), body["status"], {"Cache-Control": "no-store", **headers}, MEDIA_TYPE)


FRAMEWORK_ERRORS: dict[int, type[Problem]] = {
    404: NotFound,
    405: MethodNotAllowed,
    406: NotAcceptable,
    413: TooLarge,
    415: UnsupportedMedia,
}
"""The problems that FastAPI and Starlette report as `HTTPException`, by status."""


def problem_response(problem: Problem) -> Response:
    """The answer to a problem."""
    body: dict[str, Any] = {
        "type": f"/errors#{problem.slug}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.faults:
        body["errors"] = [
            {name: text for name in ("parameter", "pointer", "detail") if (text := getattr(fault, name)) is not None}
            for fault in problem.faults
        ]
    return _json_response(body, problem.headers)


def error_response(request: Request, error: Exception) -> Response:
    """The answer to an error, whoever raised it; an unforeseen one is logged, and its answer says nothing of it."""
    if isinstance(error, Merged):
        error.leading(request.url.path, request.url.query)
    if isinstance(error, Problem):
        return problem_response(error)
    if isinstance(error, RequestValidationError):
        faults = [
            Fault(sentence_of(fault), pointer="".join(f"/{step}" for step in fault["loc"][1:]))
            if fault["loc"][:1] == ("body",)
            else Fault(sentence_of(fault), parameter=str(fault["loc"][-1]))
            for fault in error.errors()
        ]
        return problem_response(BadInput.of(faults))
    if isinstance(error, HTTPException):
        return _of_framework(error)
    log.error("unhandled", exc_info=error)
    return problem_response(Broken("Something broke inside the server; it has been logged."))


def _of_framework(error: HTTPException) -> Response:
    """The answer to an error of the framework; one of a status without a problem of ours is explained by its status."""
    headers = dict(error.headers or {})
    if (kind := FRAMEWORK_ERRORS.get(error.status_code)) is not None:
        detail = {404: "There is no such route; /docs lists them all.", 405: "This route does not take this method."}
        return problem_response(kind(detail.get(error.status_code, kind.explained), headers=headers))
    status = HTTPStatus(error.status_code)
    body = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status,
        "detail": f"{status.description or status.phrase}.",
    }
    return _json_response(body, headers)
