"""The stored JSON can change: records that are there already follow, the past too. Nobody writes to what differs."""

import csv
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest
from sqlalchemy import ColumnElement, Connection, Engine, Table, select, text
from typer.testing import CliRunner, Result

import app.catalogue.versions
import app.writing.rerendering
from app.catalogue.collections import COLLECTIONS
from app.cli.commands import main
from app.database.engines import write_engine
from app.database.settings import settings
from app.errors import NotReady
from app.history.access import DOCS
from app.history.past import EVER
from app.writing.keys import KeyScope, create_key
from app.writing.migration import migrate, not_ready
from app.writing.rerendering import render_all
from app.writing.verification import differing
from tests.conftest import Databases, Served, start_server, stop_server
from tests.support.migrations import migrating
from tests.support.worlds import CAMP, GUARDS, WORLD, put

ROOT = Path(__file__).parents[2]
FIELD = '    {name}: str | None = field("Added later.", example="new", default=None, max_length=50)\n'
ADDED = {
    "app/facilities/models.py": {"class FacilityFields": "wing", "class Phase": "sign"},
    "app/estimates/bounds.py": {"class EstimateFields": "method"},
}
"""Where a field is added by one line: to a noun, to the entries of a list, and to what two nouns share."""
HOLDERS = {"facility": "wing", "facility_phase": "sign", "population": "method", "figure": "method"}


class Copy:
    """A copy of the software that a field was added to, over one database; its commands run as processes."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        for name in ("app", "migrations"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)
        for file, places in ADDED.items():
            code = (folder / file).read_text()
            for place, name in places.items():
                code, many = re.subn(
                    rf'({place}\b.*?"""\n\n)', rf"\1{FIELD.format(name=name)}", code, count=1, flags=re.DOTALL
                )
                assert many == 1
            (folder / file).write_text(code)

    def run(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a module; it must end as expected."""
        environment = os.environ | {"DETENTION_DATABASE_URL": self.url}
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=self.folder,
            env=environment,
            text=True,
            capture_output=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def detention(self, *arguments: str, code: int = 0) -> str:
        """Run a command; what it says."""
        done = self.run("app.cli", *arguments, code=code)
        return done.stdout + done.stderr

    def add_migration(self) -> None:
        """Make the migration as the guide for contributors says."""
        self.run("alembic", "revision", "--autogenerate", "-m", "add fields")
        assert list((self.folder / "migrations" / "versions").glob("*_add_fields.py"))


def without(record: dict[str, Any]) -> dict[str, Any]:
    """A record without the fields that were added, which must be there and empty."""
    if "level" in record:
        assert record["wing"] is None
        assert [phase.pop("sign") for phase in record["phases"]] == [None] * len(record["phases"])
    if "qualifier" in record:
        assert record["method"] is None
    figures = {"figures": [without(figure) for figure in record["figures"]]} if "figures" in record else {}
    return {name: value for name, value in record.items() if name not in HOLDERS.values()} | figures


LISTS = [f"/v1/{name}?limit=1000{at}" for name in COLLECTIONS for at in ("", "&revision=1")]


@pytest.mark.slow
def test_a_field_is_added_to_a_register_that_holds_records(  # noqa: PLR0915  (one register, through all of it)
    databases: Databases, serve: Callable[..., Served], tmp_path: Path
) -> None:
    url = databases.with_reference()
    engine = write_engine(url)
    put(engine, *WORLD)
    put(engine, {**GUARDS, "access": "restricted"})
    put(engine, {**CAMP, "name": "Another camp"})
    key = create_key(engine, "tester", [KeyScope.write], None, None)
    held = {table: of(engine, f"SELECT count(*) FROM {table}_history") for table in HOLDERS}  # noqa: S608
    assert held["facility"]
    before = serve(url)
    answers = {address: before.get(address) for address in LISTS}
    tags = {address: before.ask(address).headers["etag"] for address in LISTS}

    copy = Copy(tmp_path / "copy", url)
    copy.add_migration()
    assert "run `detention migrate`" in copy.detention("serve", code=2)
    assert "run `detention migrate`" in copy.detention("export", "facilities", "--format", "csv", code=2)
    assert "rendered anew" in copy.detention("migrate")
    assert copy.detention("migrate") == "The schema is at head.\n"
    assert copy.detention("verify") == "Every record is as its rows say.\n"
    assert {table: of(engine, f"SELECT count(*) FROM {table}_history") for table in HOLDERS} == held  # noqa: S608

    # The software of before still runs: it writes nothing any more, and says so; it is not started anew.
    refused = before.client.post("/v1/sources", json={}, headers={"Authorization": f"Bearer {key}"})
    assert (refused.status_code, before.ask("/readyz").status_code) == (422, 503)
    fields = {"kind": "report", "publisher": "Monitor", "title": "New", "published_on": "2022"}
    refused = before.client.post("/v1/sources", json=fields, headers={"Authorization": f"Bearer {key}"})
    assert (refused.status_code, refused.json()["type"]) == (503, "/errors#not-ready")
    assert "does not know" in (not_ready(url) or "")

    server = start_server(url, folder=copy.folder)
    try:
        with httpx2.Client(base_url=server.url, headers={"Authorization": f"Bearer {key}"}) as client:
            anonymous = httpx2.Client(base_url=server.url)
            for address in LISTS:
                response = anonymous.get(address)
                assert response.headers["etag"] != tags[address]
                answer = response.json()
                assert answer | {"data": [without(record) for record in answer["data"]]} == answers[address]
            rows = list(csv.DictReader(client.get("/v1/facilities?format=csv").text.splitlines()))
            assert {row["wing"] for row in rows} == {""}
            assert len(rows) == len(answers["/v1/facilities?limit=1000"]["data"])
            read = client.get("/v1/facilities/camp")
            changed = client.patch(
                "/v1/facilities/camp", json={"wing": "east"}, headers={"If-Match": read.headers["etag"]}
            )
            assert (changed.status_code, changed.json()["wing"]) == (200, "east")
            number = changed.json()["revision"]
            assert client.get("/v1/facilities/camp").json()["wing"] == "east"
            assert client.get(f"/v1/facilities/camp?revision={number - 1}").json()["wing"] is None
            assert client.get("/v1/facilities/camp/history").status_code == 200
            anonymous.close()
    finally:
        stop_server(server)
    assert of(engine, f"SELECT count(*) FROM facility_history WHERE until = {number}")  # noqa: S608 == 1
    engine.dispose()

    whole = tmp_path / "all.ndjson"
    copy.detention("export", "all", "--out", str(whole), "--tier", "restricted")
    assert "unchanged" in copy.detention("import", str(whole))
    assert "created" not in copy.detention("import", str(whole))
    copy.url = databases.bare()
    copy.detention("migrate")
    copy.detention("import", str(whole))
    again = tmp_path / "again.ndjson"
    copy.detention("export", "all", "--out", str(again), "--tier", "restricted")
    assert '"wing":"east"' in whole.read_text()
    assert again.read_text() == whole.read_text()


def of(engine: Engine, statement: str) -> Any:
    """The one value that a statement brings."""
    with engine.connect() as connection:
        return connection.scalar(text(statement))


def every(own: Table) -> list[ColumnElement[str]]:
    """The JSON of all rows that a table holds or held."""
    rows = EVER(own)
    return [rows.c[name] for name in DOCS]


def docs_of(engine: Engine) -> dict[str, list[Any]]:
    """All that is stored as JSON, and every count of earlier rows."""
    with engine.connect() as connection:
        return {
            one.noun: sorted(map(tuple, connection.execute(select(*every(one.rows)))), key=str)
            for one in COLLECTIONS.values()
        }


class Outdated(NamedTuple):
    """A register whose JSON is of a form of before, and what it should be."""

    engine: Engine
    right: dict[str, list[Any]]

    @property
    def many(self) -> int:
        """How many versions of records there are."""
        return sum(len(rows) for rows in self.right.values())


@pytest.fixture
def outdated(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outdated]:
    """A register that holds something of everything, all of it in a form of before."""
    put(engine, *WORLD)
    put(engine, {**GUARDS, "access": "restricted"}, {**CAMP, "name": "Another camp"})
    right = docs_of(engine)
    with engine.begin() as connection, migrating(connection):
        for name in right:
            connection.execute(text(f"UPDATE {name}_history SET doc = '{{}}', doc_restricted = '{{}}'"))  # noqa: S608
        spoil(connection, list(right))
    monkeypatch.setattr("app.catalogue.versions.RENDERING", 99)
    app.catalogue.versions.form.cache_clear()
    app.catalogue.versions.expected.cache_clear()
    yield Outdated(engine, right)
    monkeypatch.undo()
    app.catalogue.versions.form.cache_clear()
    app.catalogue.versions.expected.cache_clear()


def spoil(connection: Connection, tables: list[str]) -> None:
    """Give rows other JSON, each in the revision that made it, which is opened for it again."""
    for name in tables:
        for number in connection.scalars(text(f"SELECT DISTINCT revision FROM {name}")).all():  # noqa: S608
            connection.execute(text("UPDATE register SET open = true, revision = :number"), {"number": number})
            connection.execute(text(f"UPDATE {name} SET doc = '{{}}' WHERE revision = {number}"))  # noqa: S608
    connection.execute(text("UPDATE register SET open = false, revision = (SELECT max(id) FROM revision)"))


def test_all_is_rendered_anew_without_a_revision(url: str, outdated: Outdated) -> None:
    right, head = outdated.right, of(outdated.engine, "SELECT revision FROM register")
    assert "in another form" in (not_ready(url) or "")
    done, failed = migrate(url)
    assert (done, failed) == (outdated.many, 0)
    assert docs_of(outdated.engine) == right
    assert (not_ready(url), of(outdated.engine, "SELECT revision FROM register")) == (None, head)
    assert list(differing(outdated.engine)) == []
    assert migrate(url) == (0, 0)


def test_a_migration_that_was_stopped_is_ended_by_the_next(
    url: str, outdated: Outdated, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = outdated.many
    seen: list[int] = []

    def stopping(*fields: Any) -> int:
        if len(seen) == 4:
            raise KeyboardInterrupt
        seen.append(render(*fields))
        return seen[-1]

    render = app.writing.rerendering._rendered
    with monkeypatch.context() as patched:
        patched.setattr("app.writing.rerendering._rendered", stopping)
        with pytest.raises(KeyboardInterrupt):
            migrate(url)
    assert "was stopped" in (not_ready(url) or "")
    with pytest.raises(NotReady, match="was stopped"):
        put(outdated.engine, {**CAMP, "name": "A third camp"})
    assert migrate(url) == (whole - sum(seen), 0)
    assert docs_of(outdated.engine) == outdated.right


def test_what_cannot_be_rendered_stays_and_is_told(url: str, outdated: Outdated) -> None:
    with outdated.engine.begin() as connection, migrating(connection):
        connection.execute(text("UPDATE facility_history SET status = 'no code', opened = 'no day'"))
    assert migrate(url)[1] == of(outdated.engine, "SELECT count(*) FROM facility_history")
    assert [answer for answer in differing(outdated.engine) if "cannot be rendered" in answer]


def test_rendering_what_is_right_changes_nothing(engine: Engine) -> None:
    put(engine, *WORLD)
    assert render_all(engine) == (0, 0)


# --- what is served ----------------------------------------------------------------------------------------------


STATES = {
    "never migrated": ("DELETE FROM alembic_version", "run `detention migrate`"),
    "of another build": ("UPDATE alembic_version SET version_num = 'ffff'", "does not know"),
    "stopped in a migration": ("UPDATE register SET version = NULL", "run `detention migrate`"),
    "in another form": ("UPDATE register SET version = version || '0'", "run `detention migrate`"),
    "without a column": ("ALTER TABLE register DROP COLUMN version", "run `detention migrate`"),
}


@pytest.mark.parametrize("state", STATES)
def test_a_database_of_another_state_is_neither_started_on_nor_written_to(
    databases: Databases, serve: Callable[..., Served], monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    if databases.engine == "sqlite" and state == "without a column":
        pytest.skip("SQLite drops no column that a trigger names")
    url, (statement, answer) = databases.with_reference(), STATES[state]
    engine = write_engine(url)
    key = {"Authorization": f"Bearer {create_key(engine, 'tester', [KeyScope.write], None, None)}"}
    served = serve(url)
    fields = {"kind": "report", "publisher": "Monitor", "title": "New", "published_on": "2022"}
    assert served.client.post("/v1/sources", json=fields, headers=key).status_code == 201
    with engine.begin() as connection:
        connection.execute(text(statement))
    assert answer in (not_ready(url) or "")
    ready = served.ask("/readyz")
    assert (ready.status_code, answer in ready.text) == (503, True)
    files = {"file": ("new.ndjson", b"{}")}
    job = served.client.post("/v1/imports", files=files, headers=key)
    assert (job.status_code, job.json()["type"]) == (503, "/errors#not-ready")
    if "register" in statement:
        refused = served.client.post("/v1/sources", json={**fields, "title": "Newer"}, headers=key)
        assert (refused.status_code, answer in refused.text) == (503, True)
    result = commanded(monkeypatch, url, "serve", "--port", "0")
    assert (result.exit_code, answer in result.stderr) == (2, True)
    engine.dispose()


def commanded(monkeypatch: pytest.MonkeyPatch, url: str, *arguments: str) -> Result:
    """What a command says of a database."""
    monkeypatch.setenv("DETENTION_DATABASE_URL", url)
    settings.cache_clear()
    try:
        return CliRunner().invoke(main, arguments)
    finally:
        settings.cache_clear()


def test_reads_of_a_database_without_a_register_say_what_to_run(
    databases: Databases, serve: Callable[..., Served]
) -> None:
    url = databases.bare()
    engine = write_engine(url)
    engine.connect().close()
    engine.dispose()
    served = serve(url)
    for address in ("/v1", "/v1/facilities", "/v1/incidents/x/history", "/v1/changes", "/v1/figures?format=csv", "/"):
        response = served.ask(address)
        assert (response.status_code, "run `detention migrate`" in response.text) == (503, True), address
    assert served.ask("/healthz").status_code == 200


def test_a_database_of_another_build_is_refused(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    foreign, edited = databases.bare(), databases.with_reference()
    for url, statement in (
        (foreign, "CREATE TABLE facility (id INTEGER)"),
        (edited, "ALTER TABLE key ADD COLUMN x TEXT"),
    ):
        engine = write_engine(url)
        with engine.begin() as connection:
            connection.execute(text(statement))
        engine.dispose()
        result = commanded(monkeypatch, url, "serve", "--port", "0", "--migrate", "--reference")
        assert result.exit_code == 2
        assert re.search("no migration made|has a further column key.x", result.stderr)
    engine = write_engine(edited)
    assert of(engine, "SELECT revision FROM register") == 1
    engine.dispose()


def test_the_reference_event_is_imported_into_an_empty_register_alone(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = databases.bare()
    monkeypatch.setattr("app.http.serving.run", lambda *_: True)
    assert "created" in commanded(monkeypatch, url, "serve", "--port", "0", "--migrate", "--reference").stdout
    engine = write_engine(url)
    # As another build would have left them: nothing that is imported would be known again.
    put(engine, CAMP)
    many = of(engine, "SELECT count(*) FROM figure")
    again = commanded(monkeypatch, url, "serve", "--port", "0", "--migrate", "--reference")
    assert (again.exit_code, "holds records already" in again.stdout) == (0, True)
    assert (of(engine, "SELECT count(*) FROM figure"), of(engine, "SELECT revision FROM register")) == (many, 2)
    engine.dispose()


@pytest.mark.slow
def test_going_down_has_to_be_asked_for(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    url = databases.with_reference()
    assert commanded(monkeypatch, url, "migrate", "foo").exit_code == 2
    for to in ("base", "-1"):
        refused = commanded(monkeypatch, url, "migrate", to)
        assert (refused.exit_code, "--discard" in refused.stderr) == (2, True)
    assert commanded(monkeypatch, url, "migrate", "base", "--discard").exit_code == 0
    assert commanded(monkeypatch, url, "migrate").exit_code == 0


@pytest.mark.slow
def test_several_migrations_at_once_make_one_register(databases: Databases) -> None:
    url = databases.bare()
    environment = os.environ | {"DETENTION_DATABASE_URL": url}
    started = [subprocess.Popen([sys.executable, "-m", "app.cli", "migrate"], env=environment) for _ in range(3)]
    assert [process.wait(120) for process in started] == [0, 0, 0]
    assert not_ready(url) is None


def test_readiness_waits_for_no_writer(databases: Databases, serve: Callable[..., Served]) -> None:
    url = databases.with_reference()
    served, engine = serve(url), write_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE register SET open = true, revision = revision + 1"))
        assert served.ask("/readyz").status_code == 200
        connection.rollback()
    engine.dispose()
