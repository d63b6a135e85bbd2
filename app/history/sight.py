"""What a writer sees: one value, passed down to whatever a write reads, matches, refuses or tells.

What the tier of a key may not see is nobody's to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.database.store import Row
from app.errors import BadInput, Fault, NoRight, Problem
from app.history.access import visible
from app.history.codes import Access

Hidden = frozenset[tuple[str, str]]
"""Records by noun and slug that a writer may not see."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a writer may see, and whether it may open what is closed."""

    tier: Access
    admin: bool = False

    @property
    def full(self) -> bool:
        """Whether nothing is hidden from it."""
        return self.tier == Access.restricted

    def sees(self, row: Mapping[str, Any] | None) -> bool:
        """Whether there is a record that it may see."""
        return row is not None and visible(row["access"], self.tier)

    def hidden(self, rows: Mapping[str, Mapping[str, Row]]) -> Hidden:
        """Those of some records, by noun and slug, that it may not see."""
        if self.full:
            return frozenset()
        named = ((noun, slug, row) for noun, some in rows.items() for slug, row in some.items())
        return frozenset((noun, slug) for noun, slug, row in named if not self.sees(row))

    def may_turn(self, before: str, after: str, reasons: Mapping[str, Any]) -> Problem | None:
        """What keeps it from changing who sees a record; each of the reasons, by parameter, is needed to close one."""
        if after == before:
            return None
        opens, closes = visible(after, before), before == Access.public
        if (opens or closes) and not self.admin:
            does = "opens what was closed" if opens else "closes what was public, in its past too"
            return NoRight(f"`access` from {before} to {after} {does}: that needs a key with the scope 'admin'.")
        message = f"`access` from {before} to {after} closes what was public, in its past too: say why"
        missing = [name for name, reason in reasons.items() if not (reason or "").strip()] if closes else []
        return BadInput.of([Fault(message, parameter=name) for name in missing]) if missing else None


FULL = Sight(Access.restricted, admin=True)
"""What the command line sees: all there is."""
