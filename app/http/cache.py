"""The answer cache: public answers of the present, used again while the register stands at their revision."""

import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final, NamedTuple

from cachetools import LRUCache
from fastapi import Request
from starlette.responses import Response

from app.database.readers import Reader
from app.http.requests import origin_of
from app.http.responses import BytesResponse, response_of, unless_held
from app.reading.answer import Answer
from app.reading.statements import head_statement

Address = tuple[str, bytes]
"""A path, behind the origin that its links begin with, and a raw query string."""
ENTRY_OVERHEAD: Final = 1024
"""Bytes that an entry takes beside its texts: tuples, lists, the response and its place in the cache."""


class Entry(NamedTuple):
    """A cached response, the revision it was made at, and the memory it takes, its address included."""

    revision: int
    response: BytesResponse
    size: int


class AnswerCache:
    """Responses by address, bounded in bytes of memory; the least recently used make room."""

    def __init__(self, most: int) -> None:
        self._largest = most // 16
        self._entries: LRUCache[Address, Entry] = LRUCache(most, getsizeof=lambda entry: entry.size)

    @property
    def size(self) -> int:
        """Bytes of memory that the entries take."""
        return int(self._entries.currsize)

    def get(self, address: Address) -> Entry | None:
        """What is cached for an address."""
        return self._entries.get(address)

    def put(self, address: Address, revision: int, response: BytesResponse) -> None:
        """Cache a response, unless it is so large that it would drive out many others."""
        path, query = address
        headers = sum(len(name) + len(value) for name, value in response.raw_headers)
        # Half as much again for its codings.
        size = ENTRY_OVERHEAD + len(path) + len(query) + headers + len(response.body) * 3 // 2
        if size <= self._largest:
            self._entries[address] = Entry(revision, response, size)


PINNED_QUERY = re.compile(rb"(?:^|&)(?:revision|known_at|cursor)=")
"""Query strings of answers that are not of the present."""


async def cached_response(request: Request, make: Callable[[], Awaitable[Answer]]) -> Response:
    """The response to a read; a public one made at the present revision costs one look at the revision."""
    scope = request.scope
    cache: AnswerCache = scope["app"].state.answer_cache
    address = origin_of(request) + scope["path"], scope["query_string"]
    if "holder" not in scope and (entry := cache.get(address)) is not None:
        reader: Reader = request.app.state.reader
        ((head,),) = await reader.fetch(head_statement(), {})
        if entry.revision == head:
            return unless_held(request, entry.response)
    answer = await make()
    response = response_of(request, answer)
    if (
        response.status_code == HTTPStatus.OK
        and "holder" not in scope
        and not PINNED_QUERY.search(scope["query_string"])
    ):
        cache.put(address, answer.revision, response)
    return response
