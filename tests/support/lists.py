"""Lists of records as tests compare them: by the slugs of their records, or by what a row without one is called."""

from typing import Any

import pytest

from tests.conftest import Served

Cases = list[tuple[str, str]]


def cases(fields: Cases) -> pytest.MarkDecorator:
    """One test for each query, named by it, with the names it is to find."""
    return pytest.mark.parametrize(
        ("query", "expected"), [pytest.param(query, expected, id=query) for query, expected in fields]
    )


def found(register: Served, path: str) -> list[str]:
    """The slugs, or else the ids, of a list's records, sorted."""
    return sorted(str(record.get("slug", record["id"])) for record in listed(register, path))


def rows(register: Served, path: str) -> list[str]:
    """The same of the reference event, whose figures and populations go by the names of their rows."""
    collection = path.partition("?")[0].rpartition("/")[2]
    named = {"figures": figure, "populations": population}.get(collection)
    return sorted(named(record["id"]) if named else record["slug"] for record in listed(register, path))


def listed(register: Served, path: str) -> list[dict[str, Any]]:
    """The records of a list, in its order."""
    answer = register.get(f"{path}{'&' if '?' in path else '?'}limit=1000")
    data: list[dict[str, Any]] = answer["data"]
    return data


def figure(number: int) -> str:
    """F1 to F12 and G1 to G41, in the order of their file."""
    return f"F{number}" if number <= 12 else f"G{number - 12}"


def population(number: int) -> str:
    """N1 to N5, K1 to K8, H1 to H5 and the parts of two of them, in the order of their file."""
    camp = ("H1", "H1-arrivals", "H2", "H3", "H4", "H5", "H5-IRQ", "H5-SYR", "H5-third")
    return f"N{number}" if number <= 5 else f"K{number - 5}" if number <= 13 else camp[number - 14]
