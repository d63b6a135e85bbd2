"""What a read needs of an engine: a statement compiled once, a snapshot of one state, a long read in batches."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Dialect
from sqlalchemy.sql import ClauseElement


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement compiled once for one engine: its text, its parameters in the order it takes them, its constants."""

    text: str
    names: tuple[str, ...]
    constants: Mapping[str, Any]

    def parameters(self, values: Mapping[str, Any]) -> list[Any]:
        """What the driver is given."""
        return [values[name] if name in values else self.constants[name] for name in self.names]


def compiled(statement: ClauseElement, dialect: Dialect) -> Statement:
    """Compile a statement for a reader's driver; what is not a named parameter of it is a constant."""
    form = statement.compile(dialect=dialect)
    constants = {name: value for name, value in form.params.items() if value is not None}
    return Statement(str(form), tuple(form.positiontup or ()), constants)  # type: ignore[attr-defined]


Values = dict[str, Any]


Rows = Sequence[Sequence[Any]]


Fetch = Callable[[Statement, Values], Awaitable[Rows]]


AT_ONCE = 1000
"""How many rows of a long answer are brought at a time."""


class Export(Protocol):
    """Statements of one long read, all of one state."""

    async def fetch(self, statement: Statement, values: Values) -> Rows: ...
    def batches(self, statement: Statement, values: Values) -> AsyncIterator[Rows]: ...


class Reader(Protocol):
    """What a read needs of an engine: one statement, several that see one state, or a long one in parts."""

    dialect: Dialect
    newest: int
    """The newest revision that was read, or 0."""

    async def open(self) -> None: ...
    async def close(self) -> None: ...
    async def fetch(self, statement: Statement, values: Values, *, slow: bool = False) -> Rows: ...
    def snapshot(self, *, slow: bool = False) -> Any: ...
    def export(self, seconds: float) -> AbstractAsyncContextManager[Export]: ...
