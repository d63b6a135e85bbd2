"""The two versions that a database and this software must agree on: of the schema, and of the stored JSON (the *form*).

A database says what it was brought to in `register.version`: both in one word, and null while it is being migrated.
Nobody has to remember a number. The form is a digest of what every record shows, so a field that is added, moved or
renamed makes another one, and `detention migrate` then renders the records anew.
"""

from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from pathlib import Path

import orjson
from alembic.script import ScriptDirectory
from sqlalchemy import String, column, func, select, table

from app.catalogue.collections import COLLECTIONS
from app.catalogue.texts import text_columns
from app.history.tables import REGISTER
from app.records.spelling import VERSION
from app.records.tables import payload

RENDERING = 2
"""Raise it with a change of the stored JSON that its fields' names do not tell, such as the wording of a sentence."""
_HERE = Path(__file__).parents[1]


# An installed package carries its migrations inside; in a checkout they stand beside it.
MIGRATIONS = _HERE / "migrations" if (_HERE / "migrations").is_dir() else _HERE.parent / "migrations"
_SCHEMA = select(func.max(column("version_num", String()))).select_from(table("alembic_version")).scalar_subquery()
STATE = select(REGISTER.c.version, _SCHEMA)
"""What a database says: what it was brought to, and the version of the schema that the migrations left it at."""
MIGRATE = "run `detention migrate`"
NEVER_MIGRATED = f"The database holds no register of this version: {MIGRATE}."


def software() -> str:
    """The installed version of the software, or 0.0.0 where it is not installed."""
    try:
        return version_of("detention-facility-data-api")
    except PackageNotFoundError:
        return "0.0.0"


@cache
def form() -> str:
    """The version of the JSON that this software stores; a part of every `ETag`."""
    shown = [
        (
            collection.name,
            collection.fields,
            {name: payload(rows) for name, rows in collection.part_tables.items()},
            {name: (held.by, held.whole, held.most) for name, held in collection.embedded.items()},
            # These are made anew along with it: what others repeat of a record, and the digest of what it states.
            sorted(collection.echoed),
            collection.stated,
            collection.called,
            text_columns(collection.name),
        )
        for collection in COLLECTIONS.values()
    ]
    return blake2b(orjson.dumps([RENDERING, VERSION, shown]), digest_size=4).hexdigest()


@cache
def schemas() -> tuple[str, ...]:
    """Every version of the schema that this software knows, the newest first."""
    return tuple(script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions())


def newest() -> str:
    """The newest version of the schema."""
    return schemas()[0]


@cache
def expected() -> str:
    """What a database says that this software may write to."""
    return f"{newest()}.{form()}"


def fault(version: str | None, schema: str | None) -> str | None:
    """Why this software may not serve a database that says so, and what to do; none when it may."""
    if schema is not None and schema not in schemas():
        return (
            f"The database is at version {schema} of the schema, which this software does not know: "
            "it was made by a newer or another build. Use that one."
        )
    if (version, schema) == (expected(), newest()):
        return None
    if schema != newest():
        return (
            f"The database is at version {schema or 'none'} of the schema, and this software at {newest()}: {MIGRATE}."
        )
    if version is None:
        return f"The database is being migrated, or its migration was stopped: {MIGRATE}."
    return f"The database holds records in another form than this software writes: {MIGRATE}."


def unwritable(version: str | None) -> str | None:
    """The same, of a write: it is told what `register.version` says alone."""
    return fault(version, version.partition(".")[0] if version else newest())
