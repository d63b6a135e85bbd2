"""What a request asks: who reads, of which moment, with which parameters."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel

from app.history.codes import Access
from app.reading.answer import Answer
from app.reading.parameters import parse_query
from app.reading.view import View, view_at
from app.records.parameters import Query

M = TypeVar("M", bound=BaseModel)


def tier_of(request: Request) -> Access:
    """The most restricted access the reader may see."""
    tier: Access = request.scope.get("tier", Access.public)
    return tier


def asker(request: Request) -> View:
    """Who reads, of the present."""
    return View(request.app.state.reader, tier_of(request), None)


async def view_of(request: Request, query: Query) -> View:
    """The view that a request asks for; `known_at` is looked up."""
    return await view_at(asker(request), query)


def asked_of(query: type[M], request: Request) -> tuple[Mapping[str, Any], M]:
    """The parameters of a request, as sent and as checked; raises `BadInput` naming every fault at once."""
    return parse_query(query, request.scope["query_string"])


def read(request: Request, answer: Callable[[View, str, bytes], Awaitable[Answer]]) -> Awaitable[Answer]:
    """What a read answers to a request: by who reads, the path, and the query string as it was sent."""
    return answer(asker(request), request.scope["path"], request.scope["query_string"])
