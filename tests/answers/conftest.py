"""The register of a module of tests: the reference event, and the module's own `RECORDS` as the second revision."""

from collections.abc import Iterator

import pytest

from tests.conftest import Databases, Served
from tests.support.sample import put, served


@pytest.fixture(scope="module")
def url(databases: Databases, request: pytest.FixtureRequest) -> str:
    """Where its database is."""
    made = databases.with_reference()
    put(made, *request.module.RECORDS)
    return made


@pytest.fixture(scope="module")
def register(url: str) -> Iterator[Served]:
    """The same, served; tests only read it."""
    with served(url) as made:
        yield made
