"""Somebody who writes to a served register over HTTP, and reads what was written."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx2
from starlette.testclient import TestClient

from app.database.engines import write_engine
from app.database.settings import Settings
from app.http.application import create_app
from app.writing.keys import KeyScope, create_key

I1 = "al-sina-prison-attack-2022"
FIGURE = {
    "incident": I1,
    "measure": "recaptured",
    "of": ["detainee"],
    "as_of": "2022-01-25",
    "source": "rudaw-2022-01-26",
}
FIRE = {
    "title": "A fire",
    "kinds": ["fire"],
    "started": "2022-02-01",
    "sources": ["rudaw-2022-01-26"],
    "facilities": [{"facility": "al-hol-camp"}],
    "parties": [{"actor": "sdf", "role": "operator", "standing": "reported"}],
    "figures": [
        {"measure": "killed", "as_written": "at least 3", "as_of": "2022-02-01"},
        {"measure": "injured", "as_written": "dozens", "as_of": "2022-02-01"},
    ],
}
WHY = "reason_code=our_error&reason=A+drill"


class Desk:
    """A client with a key that may write, unless another key, or none, is given."""

    def __init__(self, client: TestClient, url: str) -> None:
        self.client, self.url, self.engine = client, url, write_engine(url)
        self.key = self.new_key("a desk of ours", KeyScope.write, label="Desk A")

    def new_key(self, name: str, *scopes: KeyScope, label: str | None = None, lasting: timedelta | None = None) -> str:
        return create_key(self.engine, name, scopes, label, lasting)

    def send(
        self, method: str, path: str, json: Any = None, *, key: str | None = None, **headers: str
    ) -> httpx2.Response:
        """The answer to a request; header names are given with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named.setdefault("Authorization", f"Bearer {key or self.key}")
        return self.client.request(method, path, json=json, headers=named)

    def post(self, path: str, json: Any, **options: str) -> Any:
        """The record that a POST which must do makes."""
        response = self.send("POST", path, json, **options)
        assert response.status_code == 201, response.text
        return response.json()

    def patch(self, path: str, json: Any, **options: str) -> Any:
        """The record that a PATCH which must do leaves."""
        response = self.send("PATCH", path, json, If_Match="*", **options)
        assert response.status_code == 200, response.text
        return response.json()

    def hide(self, path: str, access: str = "restricted") -> None:
        """Make a record stricter, as somebody who may, for a reason."""
        self.patch(f"{path}?{WHY}", {"access": access}, key=self.new_key("who closes", KeyScope.admin))

    def delete(self, path: str, **options: str) -> None:
        """A DELETE that must do."""
        response = self.send("DELETE", f"{path}?{WHY}", If_Match="*", **options)
        assert response.status_code == 204, response.text

    def get(self, path: str, key: str | None = None) -> Any:
        """The JSON of an answer that must be a 200, without how it is cited; anonymous without a key."""
        response = self.client.get(path, headers={"Authorization": f"Bearer {key}"} if key else {})
        assert response.status_code == 200, response.text
        return {name: value for name, value in response.json().items() if name != "cite"}

    def head(self) -> int:
        """The register's newest revision."""
        return int(self.get("/v1")["revision"])


@contextmanager
def desk_at(url: str, **further: Any) -> Iterator[Desk]:
    """Serve a database in this process, with further settings, and sit down before it."""
    with TestClient(
        create_app(Settings(database_url=url, **further)), raise_server_exceptions=False, follow_redirects=False
    ) as client:
        made = Desk(client, url)
        yield made
        made.engine.dispose()


def faults(response: httpx2.Response, status: int = 422) -> dict[str, str]:
    """The faults that an answer names: what is wrong, by pointer or parameter."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    answer: Iterable[dict[str, str]] = response.json()["errors"]
    return {fault.get("pointer", fault.get("parameter", "?")): fault["detail"] for fault in answer}
