"""The sum over places (`sum/1`): which places count, which are missing, and what they come to. Values in, values out.

A network's own figure is never added to its parts: where any of them has a figure it stands beside their sum, where
none has it stands for them. A facility's own figure comes before the sum of its units.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.answers.scope import Node
from app.answers.staleness import Reports
from app.answers.sums import Key, Number, Part, total

NOT_HELD = {"closed", "destroyed", "planned"}
"""Statuses of places in which nobody is held: without a figure they are not missing."""


@dataclass(slots=True)
class Stand:
    """How one place stands in a sum."""

    node: Node
    parts: Mapping[Key, Part] = field(default_factory=dict)
    """What it comes to, by group."""
    stale: bool = False
    """Whether it has reported, and not lately enough."""
    reports: Reports | None = None
    """When it reported."""
    reason: str | None = None
    """Why it gives no number, where it says so."""
    other: str | None = None
    """What it states instead, that cannot be added to what is asked."""


@dataclass(slots=True)
class Row:
    """One row of a sum: the places that count, and those that do not."""

    counted: list[tuple[Node, Part]] = field(default_factory=list)
    beside: list[tuple[Node, Part]] = field(default_factory=list)
    """Networks whose own figure stands beside the sum of their parts."""
    missing: list[Node] = field(default_factory=list)
    stale: list[Node] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    excluded: Counter[str] = field(default_factory=Counter)
    """How many places state something else instead, by why it is not added."""

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing and not self.stale and all(part.whole for _, part in self.counted)

    def bounds(self) -> tuple[Number | None, Number | None, Number | None]:
        """The sum: at least what is known where a part is missing."""
        low, best, high = total(part[:3] for _, part in self.counted)
        return low, best, (high if self.whole else None)


@dataclass(frozen=True, slots=True)
class Breakdown:
    """What a sum is broken down by: columns of the place, and dimensions of the group, in the order asked."""

    place: tuple[str, ...] = ()
    group: tuple[str, ...] = ()


Rows = dict[tuple[Key, Key], Row]
"""Rows by their key: codes of the place, codes of the group."""


def rows_of_sum(
    stands: Mapping[str, Stand], breakdown: Breakdown, day: date, networks: Mapping[str, str | None]
) -> Rows:
    """The rows of a sum; without a breakdown one row. `networks` says of each place which network it belongs to."""
    groups = sorted({key for stand in stands.values() for key in stand.parts}, key=sortable)
    sheet = _Sheet(breakdown, networks, groups or [tuple(None for _ in breakdown.group)])
    for counted, beside, missing in _branches(stands, day):
        if counted is not None:
            sheet.count(counted)
        if beside is not None:
            sheet.set_beside(beside)
        if missing is not None:
            sheet.miss(missing)
    return dict(sorted(sheet.rows.items(), key=lambda item: tuple(map(sortable, item[0]))))


class _Sheet:
    """The rows of a sum as they fill."""

    def __init__(self, breakdown: Breakdown, networks: Mapping[str, str | None], groups: Sequence[Key]) -> None:
        self._breakdown, self._networks, self._groups = breakdown, networks, groups
        self.rows: Rows = {} if breakdown.place else {((), key): Row() for key in groups}

    def _row(self, node: Node, key: Key) -> Row:
        columns = {"within": self._networks.get(node.slug), "facility": node.slug}
        place = tuple(columns[name] if name in columns else getattr(node, name) for name in self._breakdown.place)
        return self.rows.setdefault((place, key), Row())

    def count(self, stand: Stand) -> None:
        """A place counts in the rows of the groups it states, and is missing in the others."""
        for key, part in stand.parts.items():
            self._row(stand.node, key).counted.append((stand.node, part))
        for key in self._groups:
            if key not in stand.parts and None not in key:
                self._row(stand.node, key).missing.append(stand.node)

    def set_beside(self, stand: Stand) -> None:
        """A network's own figure."""
        for key, part in stand.parts.items():
            self._row(stand.node, key).beside.append((stand.node, part))

    def miss(self, stand: Stand) -> None:
        """A place without a figure is missing in every row but that of what is not broken down."""
        for key in self._groups:
            if None in key and len(self._groups) > 1:
                continue
            row = self._row(stand.node, key)
            (row.stale if stand.stale else row.missing).append(stand.node)
            row.reasons.update([stand.reason] if stand.reason else [])
            row.excluded.update([stand.other] if stand.other else [])


def sortable(key: Iterable[Any]) -> tuple[tuple[bool, str], ...]:
    """An order of keys in which what is not said comes last."""
    return tuple((code is None, "" if code is None else str(code)) for code in key)


Standing = tuple[Stand | None, Stand | None, Stand | None]
"""One that counts, one beside, one missing: of each triple one is given."""


def _branches(stands: Mapping[str, Stand], day: date) -> Iterator[Standing]:
    """How every place of the trees counts, each once."""
    below: dict[str | None, list[Stand]] = {}
    for stand in stands.values():
        parent = stand.node.parent if stand.node.parent in stands else None
        below.setdefault(parent, []).append(stand)
    for top in below.get(None, ()):
        yield from _branch(top, below, day)[1]


def _branch(top: Stand, below: Mapping[str | None, Sequence[Stand]], day: date) -> tuple[bool, list[Standing]]:
    """Whether anything under a place has a figure, and how each part of it counts."""
    node, children = top.node, below.get(top.node.slug, ())
    if top.parts and node.level != "network":
        return True, [(top, None, None)]
    found = [_branch(child, below, day) for child in children]
    standing = [one for _, some in found for one in some]
    if any(has for has, _ in found):
        # Of a network's parts one at least is known: its own figure stands beside their sum.
        return True, [*standing, (None, top, None)] if top.parts else standing
    if top.parts:
        return True, [(top, None, None)]
    if node.level == "network":
        return False, standing
    # Where neither a facility nor any of its units has a figure, one place is missing and not several.
    return False, [] if holds_nobody(top.node, day) else [(None, None, top)]


def holds_nobody(node: Node, day: date) -> bool:
    """Whether a place is not in use on a day: without a figure it is not missing."""
    return node.status in NOT_HELD or (node.closed is not None and node.closed < day)
