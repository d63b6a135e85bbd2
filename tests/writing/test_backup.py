"""A register copied to a file and back, and what was removed for good: nowhere, and removed again after a restore."""

import stat
from collections.abc import Sequence
from pathlib import Path

import orjson
import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from app.cli.commands import main
from app.database.engines import write_engine
from app.database.settings import settings
from app.history.codes import Access
from app.writing.backup import back_up, restore
from app.writing.keys import KeyScope, create_key, revoke_key
from app.writing.verification import differing
from tests.conftest import Databases
from tests.support.desk import desk_at
from tests.support.worlds import CAMP, GUARDS, PRISON, WORLD, export, put

SECRET = "Quartz-17"
"""Words that stand in the record that is removed, and nowhere else."""
LOG = ("revision", "change", "slug", "leaf", "key", "register")
HIDEOUT = {
    **CAMP,
    "slug": "hideout",
    "description": SECRET,
    "names": [{"name": f"{SECRET} house", "lang": "en"}],
    "admin1": f"Province of {SECRET}",
    "sources": ["report"],
}


@pytest.fixture
def world(engine: Engine) -> Engine:
    """A register with a past: something hidden, something changed, something that named what it names no more."""
    put(engine, *WORLD)
    put(engine, {**GUARDS, "access": "restricted"})
    put(engine, HIDEOUT, {**PRISON, "related": [{"facility": "hideout", "relation": "annex"}]}, reason="A place.")
    put(engine, {**HIDEOUT, "description": f"{SECRET}, again"})
    put(engine, PRISON, {**CAMP, "name": "Another camp"})
    return engine


def exported(url: str, folder: Path) -> Sequence[bytes]:
    """A register as each tier has it."""
    return [export(url, folder / f"{tier}.ndjson", "all", tier=tier).read_bytes() for tier in Access]


def rows(engine: Engine, *tables: str) -> list[list[str]]:
    """All rows of some tables, as text; true and false as SQLite has them."""
    with engine.connect() as connection:
        found = [connection.execute(text(f"SELECT * FROM {table}")).all() for table in tables]  # noqa: S608
    return [sorted(repr([+one if isinstance(one, bool) else one for one in row]) for row in each) for each in found]


def run(url: str, *arguments: str, lines: str = "", removals: Path | None = None) -> tuple[int, str]:
    """What a command ends with, and what it says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DETENTION_DATABASE_URL", url)
        if removals is not None:
            patch.setenv("DETENTION_REMOVALS_FILE", str(removals))
        settings.cache_clear()
        done = CliRunner().invoke(main, arguments, input=lines)
    settings.cache_clear()
    return done.exit_code, done.output


@pytest.mark.slow
def test_what_comes_back_is_what_was_there(databases: Databases, url: str, world: Engine, tmp_path: Path) -> None:
    create_key(world, "somebody", [KeyScope.admin], None, None)
    file = tmp_path / "backup.db"
    stored = back_up(url, file)
    assert (stored.revision, stored.faults) == (5, [])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["backup.db"]
    with pytest.raises(FileExistsError, match="is there already"):
        back_up(url, file)
    # Written since: no part of it.
    before = exported(url, tmp_path), rows(world, *LOG)
    put(world, {**CAMP, "name": "A third camp"})
    for other in (databases.bare(), f"sqlite:///{tmp_path / 'other.db'}"):
        assert restore(file, other) == stored
        engine = write_engine(other)
        assert (
            exported(other, tmp_path),
            rows(engine, *LOG),
        ) == before
        put(engine, {**CAMP, "name": "A fourth camp"})
        assert list(differing(engine)) == []
        engine.dispose()
    assert run(url, "restore", str(file)) == (
        2,
        "The database holds a register at revision 6: restore into a new one.\n",
    )
    assert run(url, "restore", str(tmp_path / "none.db")) == (2, f"There is no backup {tmp_path / 'none.db'}.\n")


@pytest.mark.slow
def test_what_is_removed_is_nowhere_and_is_removed_again(
    databases: Databases, url: str, world: Engine, tmp_path: Path
) -> None:
    one, two, same = (create_key(world, name, [KeyScope.admin], name, None) for name in ("Ann", "Bo", "Ann"))
    writes = create_key(world, "Cy", [KeyScope.write], None, None)
    file, listed = tmp_path / "before.db", tmp_path / "removals.ndjson"
    back_up(url, file)
    why = ("--reason-code", "safety", "--reason", "Somebody could be found.")
    command = ("redact", "facilities", "hideout", *why)
    for keys, message in (
        (f"{one}\n{same}\n", "two people"),
        (f"{one}\n{writes}\n", "scope 'admin'"),
        (f"{one}\n{one[:-1]}\n", "does not work"),
        (f"{one}\n", "two keys"),
    ):
        code, lines = run(url, *command, lines=keys)
        assert (code, message in lines) == (2 if message == "two keys" else 1, True), lines
    assert run(url, *command, lines=f"{one}\n{two}\n", removals=listed) == (
        0,
        "Removed in revision 6. Backups made before hold it still.\n",
    )
    _is_gone(url, world)
    assert [orjson.loads(line)["author"] for line in listed.read_bytes().splitlines()] == ["Ann and Bo"]
    again = databases.bare()
    code, lines = run(again, "restore", str(file), removals=listed)
    assert (code, lines.splitlines()[0]) == (0, f"1 records were removed again, as {listed} lists them.")
    engine = write_engine(again)
    _is_gone(again, engine)
    engine.dispose()
    revoke_key(world, "Bo")
    code, lines = run(url, "redact", "facilities", "hideout", *why, lines=f"{one}\n{two}\n")
    assert (code, lines) == (1, "One of the keys does not work.\n")


def _is_gone(url: str, engine: Engine) -> None:
    """Nothing of the record stands in any table, and whoever asks for it at any revision learns that it was removed."""
    with engine.connect() as connection:
        names = connection.dialect.get_table_names(connection)
    assert [name for name in names if any(SECRET in row for row in rows(engine, name)[0])] == []
    assert list(differing(engine)) == []
    with desk_at(url) as desk:
        key = desk.new_key("reads all", KeyScope.read_restricted)
        for query in ("/v1/facilities/hideout", "/v1/facilities/hideout?revision=3", "/v1/facilities/hideout/history"):
            for header in ({}, {"Authorization": f"Bearer {key}"}):
                answer = desk.client.get(query, headers=header)
                assert answer.status_code == 410, answer.text
                assert "was removed, its past included" in answer.json()["detail"]
                assert "(safety: Somebody could be found.)" in answer.json()["detail"]
        then = desk.get("/v1/facilities/prison?revision=3", key)
        assert then["related"] == [{"facility": None, "relation": "annex", "withheld": True}]
        lines = [one for one in desk.get("/v1/changes", key)["data"] if one["slug"] == "hideout"]
        assert [(one["action"], one["record"]) for one in lines] == [("redact", None)]
        assert desk.get("/v1/revisions/3", key)["size"] == 6
