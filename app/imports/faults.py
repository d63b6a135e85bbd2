"""What keeps files from being imported, fault by fault, each with its place."""

from dataclasses import dataclass, field
from typing import NamedTuple

from app.errors import Fault

MOST_FAULTS = 10_000
"""How many faults are listed; the others are counted."""


class Place(NamedTuple):
    """Where a record stands: its file, its line, and the lines of its fields where they are known."""

    file: str
    line: int
    fields: dict[str, int]
    exact: bool = True
    """Whether its coordinates are what the register would hold, not what generalising leaves of them."""
    stated: list[str] | None = None
    """The fields that it states, of an exported table: what this has no column for is left alone."""

    def at(self, pointer: str | None) -> str:
        """The place of a fault, as people look for it."""
        head = (pointer or "").split("/")[1] if pointer else ""
        return f"{self.file}:{self.fields.get(head, self.line)}{f' {pointer}' if pointer else ''}"


@dataclass(frozen=True, slots=True)
class Withheld:
    """A record of which a part was withheld from whoever exported it: it is left out, and that is told."""

    name: str


class Unreadable(Exception):
    """Files that cannot be imported: a line for each fault, and a last one for those left out."""

    def __init__(self, faults: list[str], omitted: int = 0) -> None:
        self.faults = [*faults, f"and {omitted:,} faults more"] if omitted else faults
        self.many = len(faults) + omitted
        super().__init__("\n".join(self.faults))


@dataclass(slots=True)
class Faults:
    """What is wrong with the files, so far."""

    lines: list[str] = field(default_factory=list)
    omitted: int = 0

    def __bool__(self) -> bool:
        return bool(self.lines)

    def add(self, place: Place, fault: Fault) -> None:
        """Note a fault of the record at a place."""
        if len(self.lines) < MOST_FAULTS:
            self.lines.append(f"{place.at(fault.pointer)}: {fault.detail}")
        else:
            self.omitted += 1

    def stop_here(self) -> None:
        """Go no further when there are any."""
        if self.lines:
            raise Unreadable(self.lines, self.omitted)
