"""Fields of a table, declared once: the column, its limits, its sentence; and the shared kinds of index and check."""

from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field


def field(description: str, *, example: object = ..., default: Any = ..., **options: Any) -> Any:
    """One field, once: its column, its limits, and the sentence and example the documentation shows."""
    examples: dict[str, Any] = {} if example is ... else {"schema_extra": {"examples": [example]}}
    if "default_factory" in options:
        return Field(description=description, **examples, **options)
    return Field(default=default, description=description, **examples, **options)


def refers(noun: str, description: str, *, example: str, default: Any = None, **options: Any) -> Any:
    """A reference to another record, by its slug."""
    return field(description, example=example, default=default, foreign_key=f"{noun}.slug", **options)


def index(*columns: str, name: str | None = None, unique: bool = False) -> Index:
    """An index led by a filter, ended by the order of the page."""
    return Index(name, *columns, unique=unique)


def sparse(*columns: str) -> Index:
    """The index of a filter that few records have a value for; it holds those alone, so it gives no order to others."""
    return partial(*columns, where=f'"{columns[0]}" IS NOT NULL')


def partial(*columns: str, where: str) -> Index:
    """An index of some rows alone; a query uses it where one of its conditions says the same, letter for letter."""
    return Index(None, *columns, sqlite_where=text(where), postgresql_where=text(where))


def check(name: str, condition: str) -> CheckConstraint:
    """A named condition the database holds every row to."""
    return CheckConstraint(condition, name=name)
