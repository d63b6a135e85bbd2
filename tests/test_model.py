"""Writes and reads at random against a register in plain Python: no difference, at no revision, on either engine.

The runs are the same every time; `--hypothesis-seed=N` tries others.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx2
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import select

from app.catalogue.versions import form
from app.database.engines import write_engine
from app.database.settings import Settings
from app.errors import Problem
from app.history.tables import COUNTERS
from app.http.application import create_app
from app.imports.faults import Unreadable
from app.imports.run import run_import
from app.writing.keys import KeyScope, create_key
from tests.conftest import Databases
from tests.support.model import Change, Key, Refused, Register
from tests.support.model_reads import feed, history, listed
from tests.support.model_requests import ANY, FILES, PATCHES, PICKED, POSTED, QUERIES, SEVERAL, UNKNOWN
from tests.support.model_shapes import ORDER, Form

RUNS, STEPS = 300, 40
MARK = "q0000"
BASE: list[Form] = [
    {"collection": "sources", "slug": "mei-q0000", "kind": "report", "title": "Notes q0000"},
    {"collection": "actors", "slug": "guards-q0000", "kind": "ngo", "name": "The Guards q0000", "short_name": "TG"},
    {"collection": "facilities", "slug": "camp-q0000", "level": "facility", "name": "Camp q0000"},
    {"collection": "incidents", "slug": "raid-q0000", "title": "Raid", "kinds": ["riot"], "started": "2021"},
    {"collection": "figures", "incident": "raid-q0000", "source": "mei-q0000", "measure": "killed",
     "as_written": "dozens", "as_of": "2021", "by": "guards-q0000"},
    {"collection": "populations", "facility": "camp-q0000", "source": "mei-q0000", "measure": "held",
     "as_written": "12", "as_of": "2021", "affiliation": "guards-q0000"},
]  # fmt: skip
"""What every run begins with, so that references are mostly good."""
WHEN = st.one_of(st.none(), st.tuples(st.sampled_from(["revision", "revision", "known_at", "before"]), PICKED))
"""The present, a revision, the moment of one, or the moment before."""
MATCHES = st.sampled_from(["right"] * 6 + ["any", "stale", "none"])
"""What `If-Match` says of the record."""
WHY = {"reason_code": "our_error", "reason": "A drill"}
UNSAID: Form = {"reason_code": None, "reason": None}


class World:
    """One register for many runs: each begins where the last one ended, with names of its own.

    Its application runs on a loop of this thread: a request costs half of what a test client's threads make of it.
    """

    def __init__(self, url: str, folder: Path, runner: asyncio.Runner, client: httpx2.AsyncClient) -> None:
        self.engine, self._folder, self._runner, self._client = write_engine(url), folder, runner, client
        key = create_key(self.engine, "a desk of ours", [KeyScope.write], "Desk A", None)
        self._headers = {"Authorization": f"Bearer {key}"}
        self.runs = 0
        self.bring([{"collection": "actors", "slug": "first", "kind": "other", "name": "First"}], "")

    def get(self, path: str) -> httpx2.Response:
        """What an anonymous reader is answered."""
        return self._runner.run(self._client.get(path))

    def send(self, method: str, path: str, body: Any, headers: Form) -> httpx2.Response:
        """What a writer is answered."""
        return self._runner.run(self._client.request(method, path, json=body, headers=self._headers | headers))

    def bring(self, records: list[Form], mark: str) -> int | None:
        """Import records as a native file: the revision it made, if any."""
        file = self._folder / "records.ndjson"
        file.write_text("".join(f"{json.dumps(record)}\n" for record in records).replace(MARK, mark), "utf-8")
        return next(iter(run_import(self.engine, [file], author="import").revisions), None)

    def register(self) -> Register:
        """The model of the register from here on."""
        with self.engine.connect() as connection:
            counters = connection.execute(select(COUNTERS.c.collection, COUNTERS.c.last_id)).all()
        return Register(self.get("/v1").json()["revision"], dict(map(tuple, counters)))


STEP: dict[str, tuple[int, st.SearchStrategy[Any]]] = {}
"""What a run does: how often, and what is drawn for it."""
M = TypeVar("M", bound=Callable[..., None])


def step(weight: int, **drawn: st.SearchStrategy[Any]) -> Callable[[M], M]:
    """A step of a run. Not a rule: of those, Hypothesis leaves half out of every run, and a run needs its writes."""

    def noted(method: M) -> M:
        STEP[method.__name__] = weight, st.fixed_dictionaries(drawn)
        return method

    return noted


@st.deferred
def drawn_step() -> st.SearchStrategy[Any]:
    """A step, and all that is drawn for it."""
    each = {name: st.tuples(st.just(name), drawn) for name, (_, drawn) in STEP.items()}
    return st.sampled_from([name for name, (weight, _) in STEP.items() for _ in range(weight)]).flatmap(
        each.__getitem__
    )


class Run(RuleBasedStateMachine):
    """Forty requests, each answered as the model says."""

    def __init__(self, world: World) -> None:
        super().__init__()
        world.runs += 1
        self.world, self.mark = world, f"q{world.runs:04}"
        self.register = world.register()
        self.made: list[tuple[str, int]] = []
        self.walks: list[tuple[str, list[Form], int, int]] = []
        self.answers: list[tuple[str, httpx2.Response]] = []
        self.posted: list[tuple[str, Any, dict[str, str], httpx2.Response]] = []
        self.mirror: dict[tuple[str, int], Form | None] = {}
        self.ahead = f"/v1/changes?after={self.register.start}&limit=5"

    @rule(drawn=drawn_step)
    def go_on(self, drawn: tuple[str, Form]) -> None:
        name, fields = drawn
        getattr(self, name)(**fields)

    # --- asking ---

    def ask(self, path: str, status: int = 200) -> Any:
        """The JSON of an answer to a read, which must have that status."""
        response = self.world.get(path.replace(MARK, self.mark))
        assert response.status_code == status, (path, response.status_code, response.text)
        if status != 200:
            return self.read(response)
        address = response.links["permalink"]["url"]
        self.answers.append((address, response))
        return self.read(response)

    def read(self, response: httpx2.Response) -> Any:
        """The JSON of an answer, in the names of the model."""
        changes_shown = json.loads(response.text.replace(self.mark, MARK))
        # How a single record is cited is told of it there alone.
        return (
            {name: value for name, value in changes_shown.items() if name != "cite"}
            if isinstance(changes_shown, dict)
            else changes_shown
        )

    def write(
        self, predict: Callable[[Register], list[int]], sent: Callable[[], httpx2.Response], done: int
    ) -> tuple[httpx2.Response, list[int]] | None:
        """A write that is answered, and ends, as the model says: the answer and the ids, unless it is refused."""
        head = self.register.head
        try:
            ids, status = predict(self.register), done
        except Refused as refused:
            ids, status = [], refused.status
        response = sent()
        assert response.status_code == status, response.text
        if status != done:
            return None
        assert response.headers["data-revision"] == str(self.register.head)
        self.recorded(head, "Desk A")
        return response, ids

    def recorded(self, head: int, author: str) -> None:
        """See what the register tells of a new revision, if the model made one."""
        if self.register.head == head:
            return
        number = self.register.head
        (changes_shown,) = self.ask(f"/v1/revisions?after={head}")["data"]
        self.register.recorded[number] = changes_shown.pop("recorded_at")
        assert self.register.recorded[number] > self.register.recorded.get(head, "")
        changes = [change for change in self.register.changes if change.revision == number]
        self.register.why[number] |= {"author": author}
        assert changes_shown == {"revision": number, "changes": len(changes)} | self.register.why[number]
        self.made += [(change.collection, change.id) for change in changes if change.action == "create"]

    def moment(self, when: tuple[str, int] | None) -> tuple[dict[str, str], int | None]:
        """What asks for a moment, and the revision it is; refused when it has not been."""
        if when is None:
            return {}, None
        kind, picked = when
        revision = self.register.start + 1 + picked % (self.register.head - self.register.start + 1)
        if kind == "revision":
            return {"revision": str(revision)}, revision
        revision = min(revision, self.register.head)
        at = datetime.fromisoformat(self.register.recorded[revision])
        if kind == "before":
            revision, at = revision - 1, at - timedelta(microseconds=1)
        return {"known_at": at.isoformat(timespec="microseconds").replace("+00:00", "Z")}, revision

    def pick(self, collection: str | None, picked: int) -> tuple[str, Key]:
        """A record that stands or stood, by slug or by id; or none."""
        made = [one for one in self.made if collection in {None, one[0]}]
        if picked == 31 or not made:
            return collection or "facilities", UNKNOWN if collection not in {"populations", "figures"} else 10**9
        name, number = made[picked % len(made)]
        slugs = [slug for slug, fields in self.register.slugs[name].items() if fields == number]
        return name, slugs[0] if slugs and picked % 3 else number

    # --- writing ---

    @initialize()
    def begin(self) -> None:
        self.bring(BASE)

    @step(5, drawn=POSTED, named=st.integers(0, 3))
    def add(self, drawn: tuple[str, Form], named: int) -> None:
        collection, body = drawn
        path, headers = f"/v1/{collection}", {} if named else {"Idempotency-Key": f"{self.mark}-{len(self.posted)}"}
        done = self.write(
            lambda register: register.create(collection, [body], {**UNSAID}),
            lambda: self.send("POST", path, body, **headers),
            201,
        )
        if done is not None:
            response, (number,) = done
            self.check_written(response, collection, number)
            if headers:
                self.posted.append((path, body, headers, response))

    @step(2, drawn=SEVERAL)
    def add_several(self, drawn: tuple[str, list[Form]]) -> None:
        collection, bodies = drawn
        done = self.write(
            lambda register: register.create(collection, bodies, {**UNSAID}),
            lambda: self.send("POST", f"/v1/{collection}/batch", {"data": bodies}),
            201,
        )
        if done is not None:
            response, ids = done
            forms = [self.register.now.shown[collection][number] for number in ids]
            assert self.read(response) == {"data": self.register.stamped(forms), "revision": self.register.head}

    @step(6, drawn=PATCHES, picked=PICKED, match=MATCHES, why=st.booleans())
    def edit(self, drawn: tuple[str, Form], picked: int, match: str, why: bool) -> None:
        collection, patch = drawn
        _, key = self.pick(collection, picked)
        headers, revision = self.match(collection, key, match)
        reason = f"?{urlencode(WHY)}" if why else ""

        def predict(register: Register) -> list[int]:
            if match == "none":
                raise Refused(428)
            return [register.change(collection, key, patch, revision, {**(WHY if why else UNSAID)})]

        done = self.write(predict, lambda: self.send("PATCH", f"/v1/{collection}/{key}{reason}", patch, **headers), 200)
        if done is not None:
            self.check_written(done[0], collection, done[1][0])

    @step(3, collection=ANY, picked=PICKED, match=MATCHES)
    def remove(self, collection: str, picked: int, match: str) -> None:
        _, key = self.pick(collection, picked)
        headers, revision = self.match(collection, key, match)

        def predict(register: Register) -> list[int]:
            if match == "none":
                raise Refused(428)
            register.retract(collection, key, revision, {**WHY})
            return []

        path = f"/v1/{collection}/{key}?{urlencode(WHY)}"
        self.write(predict, lambda: self.send("DELETE", path, None, **headers), 204)

    @step(3, records=FILES)
    def bring(self, records: list[Form]) -> None:
        """Import a file; the same file again changes nothing."""
        head = self.register.head
        try:
            self.register.put(records, {**UNSAID})
        except Refused:
            with pytest.raises((Unreadable, Problem)):
                self.world.bring(records, self.mark)
            return
        for expected in (self.register.head if self.register.head > head else None, None):
            assert self.world.bring(records, self.mark) == expected
        self.recorded(head, "import")

    def send(self, method: str, path: str, body: Any, **headers: str) -> httpx2.Response:
        """A request of a writer."""
        sent = json.loads(json.dumps(body).replace(MARK, self.mark))
        return self.world.send(method, path.replace(MARK, self.mark), sent, headers)

    def match(self, collection: str, key: Key, kind: str) -> tuple[dict[str, str], int | None]:
        """An `If-Match`: the record's ETag as it is, as it was, any, or none."""
        number = self.register.find(collection, key, self.register.now)
        if kind in {"any", "none"} or number is None:
            return {} if kind == "none" else {"If-Match": "*"}, None
        revision = self.register.now.shown[collection][number]["revision"] - (kind == "stale")
        return {"If-Match": f'"{revision}.{form()}.public"'}, revision

    def check_written(self, response: httpx2.Response, collection: str, number: int) -> None:
        """The answer to a write is the record as it now is; so is what a reader is answered next."""
        form = self.register.now.shown[collection][number]
        assert self.read(response) == self.ask(f"/v1/{collection}/{number}") == self.register.stamped(form)
        assert response.headers["etag"].startswith(f'"{form["revision"]}.')

    # --- reading ---

    @step(4, collection=ANY, picked=PICKED, when=WHEN)
    def look(self, collection: str, picked: int, when: tuple[str, int] | None) -> None:
        _, key = self.pick(collection, picked)
        query, revision = self.moment(when)
        path = f"/v1/{collection}/{key}?{urlencode(query)}"
        if revision is not None and revision > self.register.head:
            self.ask(path, 422)
            return
        state = self.register.at(revision)
        number = self.register.find(collection, key, state)
        if number is not None:
            assert self.ask(path) == self.register.stamped(state.shown[collection][number])
        elif (gone := self.register.was(collection, key, revision or self.register.head)) is not None:
            detail = self.ask(path, 410)["detail"]
            assert f"in revision {gone} (our_error: A drill)" in detail
            assert self.register.recorded[gone] in detail
        else:
            self.ask(path, 404)

    @step(7, drawn=QUERIES, when=WHEN)
    def browse(self, drawn: tuple[str, Form], when: tuple[str, int] | None) -> None:
        collection, query = drawn
        requested, revision = self.moment(when)
        requested |= query["filters"] | {"changed_since": str(self.register.start), "limit": str(query["limit"])}
        requested |= {"sort": ",".join(query["sort"])} if query["sort"] else {}
        requested |= {"count": "exact"} if query["count"] else {}
        requested |= {"as_of": query["as_of"]} if query["as_of"] else {}
        path = f"/v1/{collection}?{urlencode(requested)}"
        if revision is not None and revision > self.register.head:
            self.ask(path, 422)
            return
        try:
            forms = listed(self.register, collection, query["filters"], query["sort"], revision, query["as_of"])
        except Refused as refused:
            self.ask(path, refused.status)
            return
        count = {"count": len(forms)} if query["count"] else {}
        self.check_page(path, forms, query["limit"], revision or self.register.head, count)

    def check_page(self, path: str, forms: list[Form], limit: int, revision: int, count: Form) -> None:
        answer = self.ask(path)
        following = answer.pop("next")
        count = {"count": answer["count"]} if "count=exact" in path and not count else count
        assert answer == {"data": self.register.stamped(forms[:limit]), "revision": revision} | count
        assert (following is None) == (len(forms) <= limit)
        if following is not None:
            self.walks.append((following, forms[limit:], limit, revision))

    @step(2, picked=PICKED, limit=st.sampled_from([1, 2, 100]), when=WHEN, after=st.one_of(st.just(0), PICKED))
    def remember(self, picked: int, limit: int, when: tuple[str, int] | None, after: int) -> None:
        """The history of a record, that stands or is gone."""
        collection, key = self.pick(None, picked)
        query, revision = self.moment(when)
        first = self.register.start + after
        path = f"/v1/{collection}/{key}/history?{urlencode(query | {'limit': limit, 'after': first})}"
        number = self.register.slugs[collection].get(key) if isinstance(key, str) else key
        changes_shown = history(self.register, collection, number, revision) if number is not None else []
        if (revision is not None and revision > self.register.head) or not changes_shown:
            self.ask(path, 422 if revision is not None and revision > self.register.head else 404)
            return
        changes_shown = [one for one in changes_shown if one["revision"] > first]
        answer = self.ask(path)
        shown = answer["data"]
        for one in (*shown, *changes_shown):
            one["changes"].sort(key=lambda change: change["field"])
        assert shown == self.register.stamped(changes_shown[:limit])
        assert (answer["next"] is None) == (len(changes_shown) <= limit)

    @step(2, after=PICKED, limit=st.sampled_from([1, 3, 100]), only=st.lists(ANY, max_size=2), when=WHEN)
    def hear(self, after: int, limit: int, only: list[str], when: tuple[str, int] | None) -> None:
        """The changes since a revision, and what follows them."""
        requested, revision = self.moment(when)
        first = self.register.start + after % (self.register.head - self.register.start + 1)
        query = requested | {"after": first, "limit": limit} | ({"collection": ",".join(only)} if only else {})
        path = f"/v1/changes?{urlencode(query)}"
        if revision is not None and revision > self.register.head:
            self.ask(path, 422)
            return
        changes_shown = [self.as_reported(change) for change in feed(self.register, first, only, revision)]
        answer = self.ask(path)
        assert answer["data"] == changes_shown[:limit]
        if len(changes_shown) > limit:
            further = self.ask(answer["next"])["data"]
            assert further[: len(changes_shown) - limit] == changes_shown[limit : 2 * limit]

    def as_reported(self, change: Change) -> Form:
        """A change as the feed tells it."""
        slugs = [slug for slug, number in self.register.slugs[change.collection].items() if number == change.id]
        why = {name: self.register.why[change.revision][name] for name in UNSAID}
        return why | {
            "revision": change.revision, "recorded_at": self.register.recorded[change.revision],
            "collection": change.collection, "id": change.id, "slug": slugs[0] if slugs else None,
            "action": change.action, "merged_into": None, "record": self.register.stamped(change.form),
        }  # fmt: skip

    @step(1)
    def follow(self) -> None:
        """A mirror goes on from where it was."""
        answer = self.ask(self.ahead)
        for change in answer["data"]:
            self.mirror[change["collection"], change["id"]] = change["record"]
        self.ahead = answer["next"] if answer["data"] else self.ahead

    # --- again ---

    @step(4, picked=PICKED, way=st.sampled_from(["ask", "turn", "post"]))
    def again(self, picked: int, way: str) -> None:
        """What was begun or answered is gone back to, whatever was written since."""
        if way == "turn" and self.walks:
            self.check_page(*self.walks.pop(picked % len(self.walks)), {})
        elif way == "post" and self.posted:
            self.post_again(*self.posted[picked % len(self.posted)])
        elif self.answers:
            self.ask_again(*self.answers[picked % len(self.answers)])

    def post_again(self, path: str, body: Any, headers: dict[str, str], first: httpx2.Response) -> None:
        """Under its Idempotency-Key a POST gives its first answer and writes nothing."""
        response = self.send("POST", path, body, **headers)
        assert (response.status_code, response.content) == (201, first.content)
        assert response.headers["data-revision"] == first.headers["data-revision"]

    def ask_again(self, address: str, first: httpx2.Response) -> None:
        """An answer's permanent address gives the same bytes for ever."""
        response = self.world.get(address)
        assert response.content == first.content
        assert response.headers["etag"] == first.headers["etag"]
        assert response.headers["data-revision"] == first.headers["data-revision"]

    def teardown(self) -> None:
        """In the end everything is as the model says, at the head and at a revision before it; so is the mirror."""
        register = self.register
        if register.head == register.start:
            return
        middle = (register.start + 1 + register.head) // 2
        for revision in (None, middle):
            for collection in ORDER:
                forms = listed(register, collection, {}, ["id"], revision, None)
                query = {"changed_since": register.start, "sort": "id", "limit": 1000}
                query |= {} if revision is None else {"revision": revision}
                assert self.ask(f"/v1/{collection}?{urlencode(query)}")["data"] == register.stamped(forms)
        before = ""
        while self.ahead != before:
            before = self.ahead
            self.follow()
        standing = {(name, number): form for name in ORDER for number, form in register.now.shown[name].items()}
        assert {key: form for key, form in self.mirror.items() if form is not None} == register.stamped(standing)


@pytest.fixture
def world(databases: Databases, tmp_path: Path) -> Iterator[World]:
    """A register that every run goes on with."""
    url = databases.empty()
    app = create_app(Settings(database_url=url))
    with asyncio.Runner() as runner:
        life = app.router.lifespan_context(app)
        runner.run(life.__aenter__())
        client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://register")
        made = World(url, tmp_path, runner, client)
        yield made
        made.engine.dispose()
        runner.run(life.__aexit__(None, None, None))


@pytest.mark.nightly
@pytest.mark.slow
def test_the_register_is_what_plain_python_says(world: World, request: pytest.FixtureRequest) -> None:
    run_state_machine_as_test(
        lambda: Run(world),  # type: ignore[arg-type]
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=request.config.getoption("--hypothesis-seed") is None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        ),
    )
    assert world.runs >= RUNS
