"""Answers that are kept: given again only at the revision they were made at, and bounded in bytes."""

import pytest

from app.http.cache import Kept
from app.http.responses import Ready
from tests.conftest import Databases
from tests.support.sample import put, served

PATH = "/v1/facilities?level=facility"


def test_a_kept_answer_never_outlives_a_write(databases: Databases) -> None:
    url = databases.with_reference()
    with served(url) as register:
        before = register.ask(PATH)
        again = register.ask(PATH)
        assert (before.content, dict(before.headers)) == (again.content, dict(again.headers))
        assert register.client.app.state.kept.get(("/v1/facilities", b"level=facility")) is not None  # type: ignore[attr-defined]
        put(url, {"collection": "facilities", "slug": "another", "level": "facility", "name": "Another"})
        after = register.ask(PATH)
        assert "another" in [record["slug"] for record in after.json()["data"]]
        assert after.headers["data-revision"] == "2"


def test_a_kept_answer_is_a_304_to_who_holds_it(databases: Databases) -> None:
    with served(databases.with_reference()) as register:
        first = register.ask(PATH)
        held = register.ask(PATH, if_none_match=first.headers["etag"])
        assert (held.status_code, held.content) == (304, b"")
        assert held.headers["etag"] == first.headers["etag"]
        assert "content-type" not in held.headers


def test_what_is_kept_is_bounded_in_bytes() -> None:
    kept = Kept(most=1600)
    for number in range(40):
        kept.put((f"/{number}", b""), 1, Ready(200, b"x" * 100, []))
    assert [kept.get((f"/{number}", b"")) is not None for number in range(40)] == [False] * 24 + [True] * 16
    kept.put(("/large", b""), 1, Ready(200, b"x" * 101, []))
    assert kept.get(("/large", b"")) is None


@pytest.mark.parametrize("path", [f"{PATH}&revision=1", f"{PATH}&known_at=2100"])
def test_only_answers_of_the_present_are_kept(databases: Databases, path: str) -> None:
    with served(databases.with_reference()) as register:
        register.ask(path)
        key = ("/v1/facilities", path.partition("?")[2].encode())
        assert register.client.app.state.kept.get(key) is None  # type: ignore[attr-defined]
