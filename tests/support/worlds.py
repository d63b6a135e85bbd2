"""A small register of made-up records, and how tests write and read it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, select, text
from typer.testing import CliRunner

from app.catalogue.collections import COLLECTIONS
from app.cli.commands import main as detention
from app.database.settings import settings
from app.history.access import doc_of
from app.history.codes import Access
from app.writing.validation import Entry, validated
from tests.support.writing import Written, write

Given = Mapping[str, Any]

SOURCE: Given = {
    "collection": "sources",
    "slug": "report",
    "kind": "report",
    "publisher": "Monitor",
    "authors": ["A. Writer"],
    "title": "A report",
    "published_on": "2022-02-01",
}
GUARDS: Given = {
    "collection": "actors",
    "slug": "guards",
    "name": "The Guards",
    "short_name": "TG",
    "kind": "armed_group",
    "names": [{"name": "Keepers", "lang": "en"}, {"name": "الحراس", "lang": "ar", "kind": "official"}],
}
RAIDERS: Given = {"collection": "actors", "slug": "raiders", "name": "Raiders", "kind": "armed_group"}
CAMP: Given = {"collection": "facilities", "slug": "camp", "level": "facility", "name": "Camp"}
PRISON: Given = {
    "collection": "facilities",
    "slug": "prison",
    "level": "facility",
    "name": "Prison",
    "operator": "guards",
    "names": [{"name": "The old school", "kind": "former"}],
    "identifiers": [{"scheme": "list", "value": "1"}],
    "supported_by": ["raiders"],
    "phases": [{"from": "2017", "to": "2018-05", "kind": "improvised", "status": "open", "source": "report"}],
    "related": [{"facility": "camp", "relation": "annex"}],
    "sources": ["report"],
}
RAID: Given = {
    "collection": "incidents",
    "slug": "raid",
    "title": "Raid on the prison",
    "kinds": ["armed_attack", "prison_break"],
    "started": "2022-01-20",
    "facilities": [{"facility": "prison", "role": "site"}],
    "parties": [{"actor": "raiders", "role": "attacker", "standing": "reported", "source": "report"}],
    "timeline": [{"date": "2022-01-20", "order": 1, "part_of_day": "night", "text": "It begins.", "source": "report"}],
    "identifiers": [{"scheme": "list", "value": "r1"}],
    "sources": ["report"],
}
HELD: Given = {
    "collection": "populations",
    "facility": "prison",
    "measure": "held",
    "affiliation": "raiders",
    "as_written": "roughly 300",
    "as_of": "2022-01-19",
    "source": "report",
}
KILLED: Given = {
    "collection": "figures",
    "incident": "raid",
    "measure": "killed",
    "of": ["guard"],
    "actor": "guards",
    "as_written": "at least 25",
    "as_of": "2022-01-24",
    "source": "report",
    "attributed_to": "guards",
}
CLAIM: Given = {
    "collection": "claims",
    "slug": "raiders-claim",
    "made_by": "raiders",
    "source": "report",
    "incident": "raid",
    "statement": "The raiders say that all are free.",
    "assessments": [{"source": "report", "verdict": "disputed"}],
}
WORLD: Sequence[Given] = (SOURCE, GUARDS, RAIDERS, CAMP, PRISON, RAID, HELD, KILLED, CLAIM)
"""One of everything, each list filled."""


def entry(fields: Given, *, published: bool = False) -> Entry:
    """A record as it would be imported, checked."""
    body = {name: value for name, value in fields.items() if name != "collection"}
    return validated(COLLECTIONS[fields["collection"]], body, published=published)


def put(engine: Engine, *fields: Given, reason: str | None = None) -> Written:
    """Write records as one revision."""
    return write(engine, [entry(one) for one in fields], author="test", reason=reason)


def ids(engine: Engine, collection: str) -> list[int]:
    """The ids of a collection."""
    rows = COLLECTIONS[collection].rows
    with engine.connect() as connection:
        return list(connection.execute(select(rows.c.id).order_by(rows.c.id)).scalars())


def shown(engine: Engine, collection: str, key: str | int, tier: Access = Access.public) -> dict[str, Any]:
    """The wire form of one record as a tier sees it."""
    rows = COLLECTIONS[collection].rows
    column = rows.c.id if isinstance(key, int) else rows.c.slug
    with engine.connect() as connection:
        row = connection.execute(select(rows).where(column == key)).mappings().one()
    answer: dict[str, Any] = orjson.loads(doc_of(dict(row), tier))
    return answer


def revisions(engine: Engine, collection: str) -> dict[Any, int]:
    """The revision of each record of a collection, by slug, else by id."""
    rows = COLLECTIONS[collection].rows
    with engine.connect() as connection:
        found = connection.execute(select(rows)).mappings()
        return {row.get("slug", row["id"]): row["revision"] for row in found}


def table(engine: Engine, name: str, *columns: str) -> list[tuple[Any, ...]]:
    """Some columns of every row of a table, in order."""
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT {', '.join(columns)} FROM {name}"))  # noqa: S608
        return sorted((tuple(row) for row in found), key=repr)


def export(url: str, out: Path, *arguments: str, tier: Access = Access.restricted) -> Path:
    """Export by the command line."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DETENTION_DATABASE_URL", url)
        settings.cache_clear()
        done = CliRunner().invoke(detention, ["export", *arguments, "--tier", tier, "--out", str(out)])
    settings.cache_clear()
    assert (done.exit_code, done.output) == (0, ""), done.output
    return out
