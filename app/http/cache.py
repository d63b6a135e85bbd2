"""Public answers of the present, cached while the register stands where it stood."""

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from fastapi import Request
from starlette.responses import Response

from app.database.readers import Reader
from app.http.responses import Ready, again, respond
from app.reading.answer import Answer
from app.reading.statements import head_statement


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


PINNED = re.compile(rb"(?:^|&)(?:revision|known_at|cursor)=")
"""Parameters of answers that are not of the present."""


async def answered(request: Request, make: Callable[[], Awaitable[Answer]]) -> Response:
    """The response to a read; a public one that was given at this very revision is given again, for one look at it."""
    scope = request.scope
    kept: Kept = scope["app"].state.kept
    key = scope["path"], scope["query_string"]
    if (found := kept.get(key)) is not None and "holder" not in scope:
        reader: Reader = request.app.state.reader
        ((head,),) = await reader.fetch(head_statement(), {})
        revision, response = found
        if revision == head:
            return again(request, response)
    answer = await make()
    response = respond(request, answer)
    if response.status_code == HTTPStatus.OK and "holder" not in scope and not PINNED.search(scope["query_string"]):
        kept.put(key, answer.revision, response)
    return response
