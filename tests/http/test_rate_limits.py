"""How often a client may ask: every route refuses beyond that, for an address, a key, and wrong keys."""

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.database.engines import write_engine
from app.database.settings import Settings
from app.http.application import create_app
from app.http.rate_limits import address_of
from app.writing.keys import KeyScope, create_key
from tests.conftest import Databases

FEW = {"requests_per_minute": 3, "key_requests_per_minute": 5, "wrong_keys_per_minute": 2}
WRONG = {"Authorization": f"Bearer dfk_aaaaaaaa_{'a' * 43}"}


def limited(url: str, **settings: Any) -> TestClient:
    return TestClient(create_app(Settings(database_url=url, **(FEW | settings))), raise_server_exceptions=False)


def refused(response: Any) -> None:
    """The answer is a 429 that says how long to wait, and may be read by a page of another site."""
    assert (response.status_code, response.headers["content-type"]) == (429, "application/problem+json")
    assert response.json()["type"] == "/errors#too-many-requests"
    assert 1 <= int(response.headers["retry-after"]) <= 60
    assert f"in {response.headers['retry-after']} s" in response.json()["detail"]


def test_every_route_refuses_an_address_that_asks_too_often(databases: Databases) -> None:
    with limited(databases.with_reference(), requests_per_minute=2) as client:
        paths = client.get("/openapi.json").json()["paths"]
        assert client.get("/healthz").headers["ratelimit"].startswith('"address";r=0;t=')
        for path, item in paths.items():
            for method, operation in item.items():
                assert "429" in operation["responses"], operation["operationId"]
                refused(client.request(method, re.sub(r"\{\w+\}", "1", path)))
        refused(client.get("/docs"))
        refused(client.get("/v1/nothing"))


def test_the_headers_count_down_and_leave_the_answer_alone(databases: Databases) -> None:
    with limited(databases.with_reference()) as client:
        first, second, _ = [client.get("/v1/facilities") for _ in range(3)]
        assert first.headers["ratelimit-policy"] == '"address";q=3;w=60'
        assert first.headers["ratelimit"].startswith('"address";r=2;t=')
        assert second.headers["ratelimit"].startswith('"address";r=1;t=')
        assert (first.content, first.headers["etag"]) == (second.content, second.headers["etag"])
        refused(client.get("/v1/facilities"))


def test_a_key_has_a_limit_of_its_own(databases: Databases) -> None:
    url = databases.with_reference()
    engine = write_engine(url)
    one, other = (create_key(engine, name, [KeyScope.write], None, None) for name in ("one desk", "other desk"))
    engine.dispose()
    with limited(url) as client:
        for _ in range(3):
            client.get("/v1")
        refused(client.get("/v1"))
        for _ in range(5):
            answer = client.get("/v1", headers={"Authorization": f"Bearer {one}"})
            assert (answer.status_code, answer.headers["ratelimit-policy"]) == (200, '"key";q=5;w=60')
        refused(client.get("/v1", headers={"Authorization": f"Bearer {one}"}))
        assert client.get("/v1", headers={"Authorization": f"Bearer {other}"}).status_code == 200


def test_wrong_keys_are_refused_much_sooner_and_right_ones_of_that_address_too(databases: Databases) -> None:
    url = databases.with_reference()
    engine = write_engine(url)
    right = create_key(engine, "a desk", [KeyScope.write], None, None)
    engine.dispose()
    with limited(url) as client:
        assert [client.get("/v1", headers=WRONG).status_code for _ in range(3)] == [401, 401, 429]
        refused(client.get("/v1", headers={"Authorization": f"Bearer {right}"}))
        assert client.get("/v1").status_code == 200, "who sends no key may read on"


def test_no_limit_sends_no_headers(databases: Databases) -> None:
    with limited(databases.empty(), **dict.fromkeys(FEW, 0)) as client:
        answers = [client.get("/v1", headers=WRONG if n % 2 else {}) for n in range(20)]
    assert {answer.status_code for answer in answers} == {200, 401}
    assert not [answer for answer in answers if "ratelimit" in answer.headers]


@pytest.mark.parametrize(
    ("client", "address"),
    [
        (("203.0.113.9", 1), "203.0.113.9"),
        (("2001:db8:1:2:3:4:5:6", 1), "20010db800010002::/64"),
        (("2001:db8:1:2::1", 2), "20010db800010002::/64"),
        (("testclient", 1), "testclient"),
        (None, "local"),
    ],
)
def test_who_asks_is_an_address_or_a_network_that_one_client_has(client: Any, address: str) -> None:
    assert address_of({"client": client}) == address


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """A Redis server of its own."""
    if (program := shutil.which("redis-server")) is None:
        pytest.skip("no redis-server here")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    last = time.monotonic() + 10
    while time.monotonic() < last:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            time.sleep(0.05)
    yield f"redis://127.0.0.1:{port}/0", process
    process.kill()
    process.wait()


def test_servers_that_share_a_redis_count_together(
    databases: Databases, redis: tuple[str, "subprocess.Popen[bytes]"], caplog: pytest.LogCaptureFixture
) -> None:
    address, process = redis
    url = databases.empty()
    with limited(url, redis_url=address) as one, limited(url, redis_url=address) as other:
        assert [client.get("/v1").status_code for client in (one, other, one)] == [200, 200, 200]
        refused(one.get("/v1"))
        refused(other.get("/v1"))
        process.kill()
        process.wait()
        # Each goes on by itself, with the limit.
        assert [one.get("/v1").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert "Redis does not answer" in caplog.text
