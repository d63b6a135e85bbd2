"""How a page learns what it shows: it asks the API, as the same reader and at one revision, and knows nothing else."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlencode

Record = Mapping[str, Any]


class Answered(NamedTuple):
    """An answer of the API: its JSON, the revision it was answered from, and its entity tag."""

    body: Any
    revision: int
    tag: str


class Ask(Protocol):
    """Asks an address of the API; raises the problem that the API answers with."""

    async def __call__(self, path: str, query: str) -> Answered: ...


class Asker:
    """The questions of one page: the first settles the revision, and the others are asked of that one."""

    def __init__(self, ask: Ask, moment: Mapping[str, str]) -> None:
        self._ask, self._moment = ask, dict(moment)
        self.revision = 0
        self.tags: list[str] = []

    async def __call__(self, path: str, **parameters: Any) -> Any:
        """What the API says at a path; a parameter that is None is left out, one of several values is repeated."""
        named = {name: value for name, value in parameters.items() if value is not None}
        answered = await self._ask(path, urlencode(named | self._moment, doseq=True))
        self.tags.append(answered.tag)
        if not self.revision:
            self.revision = answered.revision
            self._moment = {"revision": str(answered.revision)}
        return answered.body


class Page(NamedTuple):
    """A page to render: its template, and what it shows."""

    template: str
    content: Mapping[str, Any]
