"""Migrations as they are made: some lines in a model, the documented command, and a file that needs no hand."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent, indent
from typing import NamedTuple

import pytest
from alembic import command
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from app.catalogue.versions import newest
from app.history.past import tables_with_history
from app.writing.migration import config
from tests.conftest import Databases
from tests.database.test_migrations import Rows, catalog, changed, objects_of, rows_of, sound, using
from tests.support.migrations import operations
from tests.support.writing import revision

ROOT = Path(__file__).parents[2]

MODELS, CODES = "app/facilities/models.py", "app/facilities/codes.py"
LEVEL, NAME = '    level: FacilityLevel = field("Its', '        index("country", "kind", "slug"),\n'
WRITTEN = """    kind_as_written: str | None = field(
        "What the source calls it.", example="makeshift prison", default=None, max_length=200
    )
"""


class Change(NamedTuple):
    """What somebody writes into the code, each as (file, before which text, what), and what is made of it."""

    lines: list[tuple[str, str, str]]
    upgrade: str
    downgrade: str
    less: tuple[tuple[str, str], ...] = ()
    """Lines that are taken away."""


CHANGES = {
    "a field": Change(
        [
            (
                CODES,
                "class FacilityLegalBasis",
                'class Wing(Code):\n    """A wing."""\n\n    north = "north", "N."\n\n\n',
            ),
            (MODELS, "from app.records.places import", "from app.facilities.codes import Wing\n"),
            (MODELS, LEVEL, '    wing: Wing | None = field("The wing.", example="north", default=None)\n'),
        ],
        'op.add_kept_column("facility", sa.Column("wing", TEXT, nullable=True, info={"codes": ["north"]}))',
        'op.drop_kept_column("facility", "wing")',
    ),
    "fields of every sort": Change(
        [
            (MODELS, "from app.records.places import", "from app.database.types import JSONText\n"),
            (MODELS, LEVEL, '    lit: bool = field("Whether there is light.", example=True, default=False)\n'),
            (
                MODELS,
                LEVEL,
                '    tags: list[str] = field("Tags.", example=["a"], default_factory=list, sa_type=JSONText)\n',
            ),
            (MODELS, LEVEL, '    paid_by: str | None = refers("actor", "Who pays.", example="sdf")\n'),
            (MODELS, LEVEL, '    fences: int = field("Fences.", example=1, default=0)\n'),
            (MODELS, NAME, '        index("fences", "slug"),\n        sparse("paid_by", "slug"),\n'),
            (MODELS, NAME, '        check("fences_not_negative", "fences >= 0"),\n'),
            (
                "app/estimates/bounds.py",
                "    note: str | None = field(",
                '    page: int | None = field("Page.", default=None)\n',
            ),
            (
                "app/incidents/models.py",
                "    role: PartyRole = field(",
                '    unit: str | None = field("Its unit.", default=None)\n',
            ),
        ],
        """
        op.add_kept_column("facility", sa.Column("lit", sa.Boolean(), nullable=False), existing=False)
        op.add_kept_column("facility", sa.Column("tags", TEXT, nullable=False), existing="[]")
        op.add_kept_column("facility", sa.Column("paid_by", TEXT, sa.ForeignKey("actor.slug"), nullable=True))
        op.add_kept_column("facility", sa.Column("fences", sa.Integer(), nullable=False), existing=0)
        op.create_kept_index("facility", "fences", "slug")
        op.create_kept_index("facility", "paid_by", "slug", where='"paid_by" IS NOT NULL')
        op.create_kept_check("facility", "fences_not_negative", "fences >= 0")
        op.add_kept_column("figure", sa.Column("page", sa.Integer(), nullable=True))
        op.add_kept_column("incident_party", sa.Column("unit", TEXT, nullable=True))
        op.add_kept_column("population", sa.Column("page", sa.Integer(), nullable=True))
        """,
        """
        op.drop_kept_column("population", "page")
        op.drop_kept_column("incident_party", "unit")
        op.drop_kept_column("figure", "page")
        op.drop_kept_check("facility", "fences_not_negative")
        op.drop_kept_column("facility", "fences")
        op.drop_kept_column("facility", "paid_by")
        op.drop_kept_column("facility", "tags")
        op.drop_kept_column("facility", "lit")
        """,
    ),
    "a collection with a list": Change(
        [
            (
                "app/catalogue/collections.py",
                "from app.history.past import add_history_tables",
                "from app.database.types import table\nfrom app.facilities.models import Visit, VisitSource\n",
            ),
            (
                MODELS,
                "def complete(",
                '''
                class Visit(NamedRecord, table=True):
                    """A visit."""

                    __table_args__ = (check("not_its_place", "facility <> slug"), index("facility", "slug"))
                    facility: str = Field(foreign_key="facility.slug")
                    status: FacilityStatus
                    day: date | None = None


                class VisitSource(Part, table=True):
                    """The documents of visits."""

                    __tablename__ = "visit_source"
                    __table_args__ = part_of("visit", sparse("source", "owner_id"))
                    source: str | None = Field(default=None, foreign_key="source.slug")


                ''',
            ),
        ],
        """
        op.create_kept(
            "visit",
            sa.Column("id", ID, primary_key=True, autoincrement=False),
            sa.Column("revision", sa.BigInteger(), nullable=False),
            sa.Column("access", TEXT, nullable=False, info={"codes": ["public", "partner", "restricted"]}),
            sa.Column("doc", TEXT, nullable=False),
            sa.Column("doc_partner", TEXT, nullable=True),
            sa.Column("doc_restricted", TEXT, nullable=True),
            sa.Column("seal", TEXT, nullable=True),
            sa.Column("slug", TEXT, nullable=False),
            sa.Column("facility", TEXT, sa.ForeignKey("facility.slug"), nullable=False),
            sa.Column(
                "status",
                TEXT,
                nullable=False,
                info={"codes": ["open", "closed", "damaged", "destroyed", "planned", "unknown"]},
            ),
            sa.Column("day", sa.Date(), nullable=True),
            sa.CheckConstraint("facility <> slug", name="not_its_place"),
            sa.UniqueConstraint("slug"),
            sa.Index(None, "facility", "slug"),
        )
        op.create_kept(
            "visit_source",
            sa.Column("owner_id", ID, sa.ForeignKey("visit.id"), primary_key=True),
            sa.Column("position", sa.Integer(), primary_key=True),
            sa.Column("revision", sa.BigInteger(), nullable=False),
            sa.Column("source", TEXT, sa.ForeignKey("source.slug"), nullable=True),
            sa.Index(
                None,
                "source",
                "owner_id",
                sqlite_where=sa.text('"source" IS NOT NULL'),
                postgresql_where=sa.text('"source" IS NOT NULL'),
            ),
            sqlite_with_rowid=False,
        )
        """,
        """
        op.drop_kept("visit_source")
        op.drop_kept("visit")
        """,
    ),
    "a code more, a field, an index and a condition less": Change(
        [(CODES, '    unit = "unit"', '    wing = "wing", "A wing."\n')],
        """
        op.drop_kept_check("facility", "not_its_own_parent")
        op.drop_kept_index("facility", "country", "kind", "slug")
        op.drop_kept_column("facility", "kind_as_written")
        op.change_kept_codes("facility", "level", "network", "facility", "wing", "unit")
        """,
        """
        op.change_kept_codes("facility", "level", "network", "facility", "unit")
        op.add_kept_column("facility", sa.Column("kind_as_written", TEXT, nullable=True))
        op.create_kept_check("facility", "not_its_own_parent", "parent <> slug")
        op.create_kept_index("facility", "country", "kind", "slug")
        """,
        ((MODELS, WRITTEN), (MODELS, NAME), (MODELS, '        check("not_its_own_parent", "parent <> slug"),\n')),
    ),
}


class Checkout:
    """A copy of what a change is made in, and the commands as they are documented."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        for name in ("app", "migrations"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "swagger-ui"))
        shutil.copy(ROOT / "pyproject.toml", folder)

    def edit(self, change: Change) -> None:
        for file, before, what in change.lines:
            text = (self.folder / file).read_text()
            assert text.count(before) >= 1, before
            more = dedent(what).lstrip() if what.startswith("\n") else what
            (self.folder / file).write_text(text.replace(before, more + before, 1))
        for file, what in change.less:
            text = (self.folder / file).read_text()
            assert text.count(what) == 1, what
            (self.folder / file).write_text(text.replace(what, ""))

    def alembic(self, *arguments: str) -> str:
        """What the command prints, which has to succeed."""
        done = subprocess.run(
            [sys.executable, "-m", "alembic", *arguments],
            cwd=self.folder,
            env=os.environ | {"DETENTION_DATABASE_URL": self.url, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def made(self, before: set[Path]) -> str:
        """The text of the one migration that is new."""
        (file,) = set(self.versions()) - before
        assert re.fullmatch(r"\d{4}-\d\d-\d\d-\d{4}_add_facility_wing\.py", file.name)
        return file.read_text()

    def versions(self) -> set[Path]:
        return set((self.folder / "migrations" / "versions").glob("*.py"))

    def move(self, to: str) -> None:
        """Bring the database to another version."""
        made = config(self.url)
        made.set_main_option("script_location", str(self.folder / "migrations"))
        (command.downgrade if to == "-1" else command.upgrade)(made, to)


def body(text: str, name: str) -> str:
    """The statements of one function of a migration."""
    found = re.search(rf"^def {name}\(\) -> None:\n(.*?)(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found
    return dedent(found[1]).strip()


def alike(some: Rows, others: Rows) -> None:
    """Every row there is on both sides holds the same in the columns of both."""
    for table in (some.keys() & others.keys()) - {"alembic_version"}:
        assert some[table].keys() == others[table].keys(), table
        for key, row in some[table].items():
            other = others[table][key]
            assert {name: row[name] for name in row.keys() & other.keys()} == {
                name: other[name] for name in row.keys() & other.keys()
            }


def fresh(connection: Connection) -> None:
    """Every trigger and view is what the columns there are make of it."""
    before = objects_of(connection)
    op = operations(connection)
    for table in tables_with_history():
        op.release(table.name)
        op.keep(table.name)
    assert objects_of(connection) == before


SLOW = [pytest.param(name, marks=[pytest.mark.slow] if name != "a field" else []) for name in CHANGES]


@pytest.mark.parametrize("name", SLOW)
def test_a_change_of_a_model_is_a_migration_that_goes_up_and_down_and_up(
    databases: Databases, tmp_path: Path, name: str
) -> None:
    change = CHANGES[name]
    url = databases.with_reference()
    changed(url)
    rows, shape, objects = using(url, rows_of), using(url, catalog), using(url, objects_of)
    checkout = Checkout(tmp_path / "checkout", url)
    if name == "a collection with a list":
        catalogue = checkout.folder / "app" / "catalogue" / "collections.py"
        catalogue.write_text(catalogue.read_text() + "add_history_tables([table(Visit), table(VisitSource)])\n")
    checkout.edit(change)
    before = checkout.versions()
    checkout.alembic("revision", "--autogenerate", "-m", "add facility wing")
    text = checkout.made(before)
    assert body(text, "upgrade") == dedent(change.upgrade).strip()
    assert body(text, "downgrade") == dedent(change.downgrade).strip()
    if name == "a field":
        assert len([line for line in text.splitlines() if line.strip()]) <= 16  # The two statements in their frame.
    checkout.move("head")
    up, up_objects = using(url, rows_of), using(url, objects_of)
    alike(up, rows)
    using(url, fresh)
    using(url, sound)
    assert "No new upgrade operations detected" in checkout.alembic("check")
    checkout.move("-1")
    assert using(url, catalog) == shape
    assert using(url, objects_of).keys() == objects.keys()
    alike(using(url, rows_of), up)
    using(url, sound)
    checkout.move("head")
    assert using(url, objects_of) == up_objects
    again = using(url, rows_of)
    alike(again, up)
    assert {table: set(found) for table, found in again.items()} == {table: set(found) for table, found in up.items()}


def test_a_new_column_has_a_history_and_refuses_what_is_no_code(databases: Databases, tmp_path: Path) -> None:
    url = databases.with_reference()
    checkout = Checkout(tmp_path / "checkout", url)
    written = (
        '"""Add facility wing."""\n\nimport sqlalchemy as sa\nfrom alembic import op\n\nrevision = "wing"\n'
        f'down_revision = "{newest()}"\nbranch_labels = None\ndepends_on = None\n\n\ndef upgrade():\n'
        + indent(
            'op.add_kept_column("facility", sa.Column("wing", sa.Text(), nullable=False, info={"codes": ["n", "s"]}),'
            ' existing="n")\nop.create_kept_index("facility", "wing", "slug")',
            "    ",
        )
    )
    (checkout.folder / "migrations" / "versions" / "wing.py").write_text(written)
    checkout.move("head")

    def rewrite(wing: str) -> list[tuple[object, ...]]:
        def run(connection: Connection) -> list[tuple[object, ...]]:
            with revision(connection, "test") as number:
                connection.exec_driver_sql(f"UPDATE facility SET wing = '{wing}', revision = {number}")  # noqa: S608
            held = connection.exec_driver_sql("SELECT DISTINCT wing, until > 2 FROM facility_all ORDER BY 1")
            return [tuple(row) for row in held]

        return using(url, run)

    assert rewrite("s") == [("n", False), ("s", True)]
    with pytest.raises(IntegrityError, match="ck_facility_wing"):
        rewrite("west")


def test_a_column_that_is_never_null_needs_a_value_for_the_rows_there_are(databases: Databases, tmp_path: Path) -> None:
    url = databases.empty()
    checkout = Checkout(tmp_path / "checkout", url)
    (checkout.folder / "migrations" / "versions" / "wing.py").write_text(
        f'import sqlalchemy as sa\nfrom alembic import op\n\nrevision = "wing"\ndown_revision = "{newest()}"\n\n\n'
        'def upgrade():\n    op.add_kept_column("facility", sa.Column("wing", sa.Text(), nullable=False))\n'
    )
    with pytest.raises(ValueError, match=r"facility\.wing is never null: say what the rows there are shall hold"):
        checkout.move("head")


@pytest.mark.parametrize("file", ["kept.py", "versions/*.py"])
def test_a_migration_imports_nothing_of_the_application(file: str) -> None:
    files = list((ROOT / "migrations").glob(file))
    assert files
    for each in files:
        assert re.findall(r"^\s*(?:from|import) (\w+)", each.read_text(), re.MULTILINE)
        assert "app" not in re.findall(r"^\s*(?:from|import) (\w+)", each.read_text(), re.MULTILINE)
