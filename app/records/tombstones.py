"""What is left of a record that was retracted or merged."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, func, select

from app.database.types import NUMBER
from app.history.codes import ChangeAction
from app.history.past import history_of
from app.history.tables import CHANGES, FOREVER, REVISIONS, SELDOM
from app.records.collection import Collection


@lru_cache(maxsize=64)
def tombstone(collection: Collection, by: str) -> Select[Any]:
    """What is left of a record that is gone: who could see it, when and why it was given up, and in whose favour.

    Takes `:key` and `:revision`, or null for the present.
    """
    past = history_of(collection.rows)
    until = func.coalesce(bindparam("revision", type_=NUMBER), FOREVER)
    return (
        select(
            past.c.access,
            past.c.until,
            REVISIONS.c.recorded_at,
            REVISIONS.c.reason_code,
            REVISIONS.c.reason,
            CHANGES.c.merged_into,
        )
        .join(REVISIONS, REVISIONS.c.id == past.c.until)
        .outerjoin(
            CHANGES,
            (CHANGES.c.collection == collection.name)
            & (CHANGES.c.record_id == past.c.id)
            & (CHANGES.c.revision == past.c.until)
            & SELDOM,
        )
        .where(past.c[by] == bindparam("key", type_=past.c[by].type), past.c.until <= until)
        .order_by(past.c.until.desc())
        .limit(1)
    )


@lru_cache(maxsize=64)
def removal(collection: Collection, by: str) -> Select[Any]:
    """What is left of a record that was removed from the past too: who could see it, when and why. Takes `:key`."""
    column = CHANGES.c.record_id if by == "id" else CHANGES.c.slug
    reasons = REVISIONS.c.recorded_at, REVISIONS.c.reason_code, REVISIONS.c.reason
    removed = CHANGES.c.action == ChangeAction.redact.value
    return (
        select(CHANGES.c.before, CHANGES.c.revision, *reasons)
        .join(REVISIONS, REVISIONS.c.id == CHANGES.c.revision)
        .where(CHANGES.c.collection == collection.name, removed, SELDOM)
        .where(column == bindparam("key", type_=column.type))
        .limit(1)
    )


def was_removed(noun: str, row: Sequence[Any]) -> str:
    """The sentence for a record that was removed."""
    _, revision, recorded_at, code, reason = row
    why = ": ".join(part for part in (code, reason) if part)
    return f"This {noun} was removed, its past included, at {recorded_at} in revision {revision} ({why})."


def was_retracted(noun: str, row: Sequence[Any]) -> str:
    """The sentence for a record that is gone."""
    _, until, recorded_at, code, reason, into = row
    why = ": ".join(part for part in (code, reason) if part)
    done = "merged into another" if into else "retracted"
    return f"This {noun} was {done} at {recorded_at} in revision {until}{f' ({why})' if why else ''}."
