"""JSON bodies that are no records: read, and checked against a model of their own."""

from collections.abc import Iterator
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from app.errors import BadInput, Fault, sentence_of, unlisted
from app.http.writes import JSON_TYPES, json_body
from app.writing.texts import unwritable

M = TypeVar("M", bound=BaseModel)


async def body_of(request: Request, model: type[M]) -> M:
    """The body of a request as a model has it; raises `BadInput` that names every fault at once."""
    body = await json_body(request, JSON_TYPES)
    if faults := unwritable(body):
        raise BadInput.of(faults)
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise BadInput.of(list(_faults(model, error))) from None


def _faults(model: type[BaseModel], error: ValidationError) -> Iterator[Fault]:
    for fault in error.errors(include_url=False):
        steps = [str(step) for step in fault["loc"]]
        message = sentence_of(fault)
        if fault["type"] == "missing":
            message = f"{steps[-1]} is required"
        elif fault["type"] == "extra_forbidden" and len(steps) == 1:
            message = unlisted("a field here", steps[-1], model.model_fields)
        yield Fault(message, pointer="".join(f"/{step}" for step in steps))
