"""The answer cache: an answer is used again only at the revision it was made at, and the memory is bounded."""

import tracemalloc

import pytest

from app.http.cache import AnswerCache
from app.http.responses import BytesResponse
from tests.conftest import Databases
from tests.support.sample import put, served

PATH = "/v1/facilities?level=facility"


def test_a_cached_answer_never_outlives_a_write(databases: Databases) -> None:
    url = databases.with_reference()
    with served(url) as register:
        before = register.ask(PATH)
        again = register.ask(PATH)
        own = "x-request-id"
        assert before.headers.pop(own) != again.headers.pop(own)
        assert (before.content, dict(before.headers)) == (again.content, dict(again.headers))
        key = ("http://testserver/v1/facilities", b"level=facility")
        assert register.client.app.state.answer_cache.get(key) is not None  # type: ignore[attr-defined]
        put(url, {"collection": "facilities", "slug": "another", "level": "facility", "name": "Another"})
        after = register.ask(PATH)
        assert "another" in [record["slug"] for record in after.json()["data"]]
        assert after.headers["data-revision"] == "2"


def test_a_cached_answer_is_a_304_to_who_holds_it(databases: Databases) -> None:
    with served(databases.with_reference()) as register:
        first = register.ask(PATH)
        held = register.ask(PATH, if_none_match=first.headers["etag"])
        assert (held.status_code, held.content) == (304, b"")
        assert held.headers["etag"] == first.headers["etag"]
        assert "content-type" not in held.headers


def test_the_cache_is_bounded_in_bytes_of_memory() -> None:
    """Addresses, headers and the objects around them count: a long address with a short body is no way to fill it."""
    most = 4_000_000
    cache = AnswerCache(most)
    tracemalloc.start()
    for number in range(2000):
        query = b"identifier=a:%06d" % number * 1000
        link = b'</v1/facilities?%s>; rel="permalink"' % query
        cache.put(("/v1/facilities", query), 1, BytesResponse(200, b"x" * 36, [(b"link", link)]))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most / 2 < cache.size <= most
    assert held < most * 1.1


def test_the_least_recently_used_answer_makes_room() -> None:
    cache = AnswerCache(1_000_000)
    response = BytesResponse(200, b"x" * 35_000, [])
    for number in range(30):
        cache.put((f"/{number}", b""), 1, response)
        assert cache.get(("/0", b"")) is not None
    assert cache.get(("/1", b"")) is None
    assert cache.get(("/29", b"")) is not None


def test_an_answer_that_would_drive_out_many_is_not_cached() -> None:
    cache = AnswerCache(1_000_000)
    cache.put(("/large", b""), 1, BytesResponse(200, b"x" * 100_000, []))
    assert (cache.get(("/large", b"")), cache.size) == (None, 0)


def test_a_cache_of_no_bytes_takes_nothing() -> None:
    cache = AnswerCache(0)
    cache.put(("/", b""), 1, BytesResponse(200, b"", []))
    assert cache.get(("/", b"")) is None


@pytest.mark.parametrize("path", [f"{PATH}&revision=1", f"{PATH}&known_at=2100"])
def test_only_answers_of_the_present_are_cached(databases: Databases, path: str) -> None:
    with served(databases.with_reference()) as register:
        register.ask(path)
        key = ("http://testserver/v1/facilities", path.partition("?")[2].encode())
        assert register.client.app.state.answer_cache.get(key) is None  # type: ignore[attr-defined]
