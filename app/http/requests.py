"""What a request says: who reads, of which moment, with which parameters."""

import re
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import Any, Final, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict

from app.history.codes import Access
from app.reading.answer import Answer
from app.reading.parameters import parse_query
from app.reading.view import Home, View, home_of, view_at
from app.records.parameters import Query

M = TypeVar("M", bound=BaseModel)
HOST: Final = re.compile(rb"[A-Za-z0-9._~-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")
"""A `Host` header that an address can be made with."""


class NoParameters(BaseModel):
    """The query string of a route that takes no parameters: any is a fault."""

    model_config = ConfigDict(extra="forbid")


def tier_of(request: Request) -> Access:
    """The most restricted access the reader may see."""
    tier: Access = request.scope.get("tier", Access.public)
    return tier


def present_view(request: Request) -> View:
    """What the reader may see, at present."""
    return View(request.app.state.reader, tier_of(request), None, home=home_of_request(request))


def home_of_request(request: Request) -> Home:
    """What the register is called, and where readers find it."""
    return home_of(request.app.state.settings)


def origin_of(request: Request) -> str:
    """What addresses in headers begin with: the address that readers know, else the one this request was sent to."""
    scope = request.scope
    known: str | None = scope["app"].state.settings.public_url
    return known or _origin(scope.get("scheme", "http"), scope["headers_by_name"].get(b"host", b""))


@lru_cache(maxsize=64)
def _origin(scheme: str, host: bytes) -> str:
    """The origin that a request names; nothing, so that addresses are relative, where it names none that is one."""
    return f"{scheme}://{host.decode('latin-1')}" if HOST.fullmatch(host) else ""


async def view_of(request: Request, query: Query) -> View:
    """What the reader may see at the moment a query names; `known_at` is looked up."""
    return await view_at(present_view(request), query)


def query_of(request: Request, model: type[M]) -> tuple[Mapping[str, Any], M]:
    """The parameters of a request, raw and validated; raises `BadInput` naming every fault at once."""
    return parse_query(model, request.scope["query_string"])


def read(request: Request, answer: Callable[[View, str, bytes], Awaitable[Answer]]) -> Awaitable[Answer]:
    """What a read answers to a request: by who reads, the path, and the raw query string."""
    return answer(present_view(request), request.scope["path"], request.scope["query_string"])
