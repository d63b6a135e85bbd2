"""The claim matrix: what each originator says of each number of an incident, and whether it can all be true.

A reader of two answers, the toll and the conflicts: a row for each row of the toll, a column for each originator, in a
cell the statement that the rule took of that originator. Who is at odds with whom is what the conflicts say.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from typing import Any, Final, NamedTuple

from app.answers.codes import Agreement, ConflictKind, StatementRole
from app.answers.overlaps import SAME
from app.http.pages.words import measure, of_row

Row = Mapping[str, Any]
Odds = dict[str, set[str]]
"""Of each originator, those whose numbers cannot be true beside its own."""
SHOWN: Final = (
    StatementRole.used,
    StatementRole.additional,
    StatementRole.unknown,
    StatementRole.older,
    StatementRole.excluded,
)
"""The roles that a cell shows, the first of them that an originator has."""
WITHHELD: Final = "a party that is withheld"


class Cell(NamedTuple):
    """What one originator says of one number."""

    role: str
    standing: str
    """`disputed`, `agreed`, `alone`, or the role of what is not used."""
    statements: Sequence[Row]
    """Those of the role, each different one once."""
    earlier: int
    """How many it took back or replaced since."""


class Line(NamedTuple):
    """One number of the incident."""

    measure: str
    whom: str
    actor: str | None
    row: Row
    odds: Sequence[tuple[str, Sequence[str]]]
    """Who is at odds with whom."""
    also: Sequence[tuple[str, str, str | None]]
    """The same number of other rows, where it may be one count that was read in two ways."""
    cells: Sequence[Cell | None]


class Part(NamedTuple):
    """Rows that stand alike."""

    name: str
    title: str
    lines: Sequence[Line]


class Matrix(NamedTuple):
    """The matrix: who has a column, by the originator as the API names it, and the rows in parts."""

    originators: Sequence[str]
    parts: Sequence[Part]


STANDINGS: Final[Mapping[str | None, str]] = {
    Agreement.conflicting: "disputed",
    Agreement.consistent: "agreed",
    Agreement.single: "alone",
    None: "none",
}
PARTS: Final = (
    ("disputed", "Disputed: these cannot all be true"),
    ("agreed", "Said by several, and it fits together"),
    ("alone", "Said by one alone"),
    ("none", "No number can be given"),
)


def matrix_of(toll: Mapping[str, Any], conflicts: Mapping[str, Any]) -> Matrix:
    """The matrix of an incident; those who are at odds come first, in rows and in columns."""
    rows: Sequence[Row] = toll["rows"]
    said = Counter(name for row in rows for name in {_behind(one) for one in row["statements"]})
    odds = odds_of(toll, conflicts)
    at_odds = Counter(name for row in rows if _standing(row) == "disputed" for name in odds.get(row["key"], ()))
    originators = sorted(said, key=lambda name: (-at_odds[name], -said[name], name))
    by_key = {row["key"]: row for row in rows}
    also: dict[str, list[Row]] = {}
    for one, other in (found["rows"] for found in toll["overlaps"] if SAME in found["why"]):
        also.setdefault(one, []).append(by_key[other])
        also.setdefault(other, []).append(by_key[one])
    lines = [
        (_standing(row), _line(row, originators, also.get(row["key"], ()), odds.get(row["key"], {}))) for row in rows
    ]
    parts = [
        Part(name, title, found) for name, title in PARTS if (found := [line for part, line in lines if part == name])
    ]
    return Matrix(originators, parts)


def _behind(statement: Row) -> str:
    return str(statement["originator"] or WITHHELD)


def _standing(row: Row) -> str:
    return STANDINGS[row["agreement"]]


def _line(row: Row, originators: Sequence[str], also: Sequence[Row], odds: Odds) -> Line:
    standing = _standing(row)
    odds = odds if standing == "disputed" else {}
    cells = [
        _cell([one for one in row["statements"] if _behind(one) == name], standing, at_odds=name in odds)
        for name in originators
    ]
    readings = [_named(one) for one in also]
    return Line(*_named(row), row, [*_told(odds)], readings, cells)


def _named(row: Row) -> tuple[str, str, str | None]:
    return measure(row["measure"]), of_row(row), row["actor"]


def odds_of(toll: Mapping[str, Any], conflicts: Mapping[str, Any]) -> Mapping[str, Odds]:
    """By the key of a number, of each originator those it is at odds with, as the answer about conflicts says.

    A statement that its originator has replaced since stands in no cell, and so it is at odds with nothing here.
    """
    replaced = {
        one["id"] for row in toll["rows"] for one in row["statements"] if one["role"] == StatementRole.superseded
    }
    found: dict[str, Odds] = defaultdict(lambda: defaultdict(set))
    for conflict in conflicts["rows"]:
        sides = conflict["statements"]
        if conflict["kind"] == ConflictKind.numbers and not replaced & {one["id"] for one in sides}:
            for one, other in permutations(map(_behind, sides), 2):
                found[conflict["key"]][one].add(other)
    return found


def _told(odds: Odds) -> Iterator[tuple[str, Sequence[str]]]:
    """Who is at odds with whom, each pair once, those first who are with the most."""
    left = {name: set(others) for name, others in odds.items()}
    while any(left.values()):
        name = max(left, key=lambda name: (len(left[name]), name))
        others = left.pop(name)
        yield name, sorted(others - {name}) or [name]
        left = {other: found - {name} for other, found in left.items()}


def _cell(statements: Sequence[Row], standing: str, *, at_odds: bool) -> Cell | None:
    for role in SHOWN:
        if found := [one for one in statements if one["role"] == role]:
            different = {(one["as_written"], one["low"], one["best"], one["high"], one["as_of"]): one for one in found}
            earlier = sum(one["role"] == StatementRole.superseded for one in statements)
            return Cell(role.value, _shown(role, standing, at_odds=at_odds), [*different.values()], earlier)
    return None


def _shown(role: StatementRole, standing: str, *, at_odds: bool) -> str:
    if at_odds and role in {StatementRole.used, StatementRole.older}:
        return "disputed"
    if role != StatementRole.used:
        return role.value
    return "agreed" if standing == "disputed" else standing
