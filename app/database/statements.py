"""Statements are values: what builds one runs nothing, and what runs one compiles it once for its driver."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.sql import ClauseElement


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement as a driver takes it: its text, its parameters in the order it takes them, its constants."""

    text: str
    names: tuple[str, ...]
    constants: Mapping[str, Any]

    def parameters(self, values: Mapping[str, Any]) -> list[Any]:
        """What the driver is given."""
        return [values[name] if name in values else self.constants[name] for name in self.names]


@lru_cache(maxsize=8192)
def compiled(statement: ClauseElement, dialect: Dialect) -> Compiled:
    """Compile a statement for a driver, once: builders cache what they return, so a statement is its own key.

    What is not a named parameter of it is a constant.
    """
    form = statement.compile(dialect=dialect)
    constants = {name: value for name, value in form.params.items() if value is not None}
    return Compiled(str(form), tuple(form.positiontup or ()), constants)  # type: ignore[attr-defined]
