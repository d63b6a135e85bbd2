"""What an import did: how many rows met each fate, a line for each row to look at, and on request one for every row."""

import csv
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import orjson

from app.database.codes import Code

MOST_LINES = 100_000
"""How many lines a report keeps of rows to look at; the counts go on."""
IN_MEMORY = 1 << 23
"""How many bytes of the lines of every row are held before they are laid aside on disk."""


class RowFate(Code):
    """What became of a row of an import."""

    created = "created", "All that it states is new."
    updated = "updated", "Something it states is new or changed."
    unchanged = "unchanged", "The register held all that it states."
    copy = "copy", "An earlier row of this import states exactly the same. Nothing is lost."
    flagged = "flagged", "It was written, and a person should check something in it."
    contradicts = "contradicts", "It was not written: an earlier row of this import states something else of the same."
    rejected = "rejected", "It was not written; the report says why."
    withdrawn = (
        "withdrawn",
        "No row: a statement that the register holds of a source and that its file no longer makes. It was retracted.",
    )


NOT_WRITTEN = (RowFate.contradicts, RowFate.rejected)
"""The fates of rows that are not in the register."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a record that a row changed."""

    record: str
    """The record's path: `populations/12`, `facilities/alpha`."""
    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Line:
    """What became of a row; where there is something to look at, which rule says so, and what may be done about it."""

    file: str
    line: int
    fate: RowFate
    rule: str | None = None
    """One of the code list `import-rule`; nothing where there is nothing to look at."""
    told: str = ""
    column: str | None = None
    value: str | None = None
    hint: str | None = None
    changes: tuple[Change, ...] = ()


class EveryLine(AbstractContextManager["EveryLine"]):
    """A line for every row, in their order: on disk when there are many."""

    def __init__(self) -> None:
        self._file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  (closed on leaving)

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, line: Line) -> None:
        """Take the next line."""
        self._file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The lines as JSON has them."""
        self._file.seek(0)
        for line in self._file:
            yield orjson.loads(line)
        self._file.seek(0, 2)


@dataclass(slots=True)
class Report:
    """What an import did."""

    dry_run: bool = False
    rows: Counter[RowFate] = field(default_factory=Counter)
    """How many rows met each fate."""
    skipped: int = 0
    """Rows the mapping leaves out."""
    records: dict[str, Counter[str]] = field(default_factory=dict)
    """How many records of each collection were created, updated, unchanged, withdrawn."""
    rules: Counter[str] = field(default_factory=Counter)
    """How many lines each rule made."""
    lines: list[Line] = field(default_factory=list)
    """The lines of rows to look at."""
    omitted: int = 0
    """Lines beyond those kept."""
    revisions: list[int] = field(default_factory=list)
    """The revisions made; none in a dry run."""
    seconds: float = 0.0
    every: EveryLine | None = None
    """The lines of every row, where they are asked for."""

    def add(self, line: Line) -> None:
        """Take a line in: lines come in the order of the files."""
        if self.every is not None:
            self.every.add(line)
        if line.rule is None:
            return
        self.rules[line.rule] += 1
        if len(self.lines) < MOST_LINES:
            self.lines.append(line)
        else:
            self.omitted += 1

    def count(self, collection: str, fate: str, how_many: int = 1) -> None:
        """Count records."""
        self.records.setdefault(collection, Counter())[str(fate)] += how_many

    @property
    def rejected(self) -> int:
        """How many rows were not written."""
        return sum(self.rows[fate] for fate in NOT_WRITTEN)

    def head(self) -> dict[str, Any]:
        """The report as JSON has it, without its lines."""
        return {
            "dry_run": self.dry_run,
            "rows": {str(fate): self.rows[fate] for fate in RowFate},
            "skipped": self.skipped,
            "records": {name: dict(sorted(counts.items())) for name, counts in sorted(self.records.items())},
            "rules": dict(sorted(self.rules.items())),
            "revisions": self.revisions,
            "seconds": round(self.seconds, 3),
        }

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON has it, with the lines of rows to look at."""
        return self.head() | {"lines": [asdict(line) for line in self.lines], "omitted": self.omitted}

    def write(self, path: Path) -> None:
        """Write the report to a file: all of it as `.json`, the lines as `.csv`; of every row, where those are kept."""
        lines = (asdict(line) for line in self.lines) if self.every is None else iter(self.every)
        if path.suffix == ".csv":
            names = [each.name for each in fields(Line)]
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(names)
                writer.writerows([_cell(line[name]) for name in names] for line in lines)
            return
        head = orjson.dumps(self.head(), option=orjson.OPT_INDENT_2)
        omitted = 0 if self.every is not None else self.omitted
        with path.open("wb") as out:
            out.write(head.removesuffix(b"\n}") + b',\n  "omitted": %d,\n  "lines": [' % omitted)
            for number, line in enumerate(lines):
                out.write((b",\n    " if number else b"\n    ") + orjson.dumps(line))
            out.write(b"\n  ]\n}\n")

    def summary(self) -> str:
        """The counts in one sentence."""
        counted = [f"{self.rows[fate]:,} {fate}" for fate in RowFate if self.rows[fate]]
        counted += [f"{self.skipped:,} left out"] if self.skipped else []
        made = "nothing is written in a dry run"
        if not self.dry_run:
            first, last = (self.revisions[0], self.revisions[-1]) if self.revisions else (0, 0)
            several = f"revisions {first} to {last}" if first != last else f"revision {first}"
            made = several if self.revisions else "no revision made"
        return f"{', '.join(counted) or 'no rows'}: {made}."


def _cell(value: Any) -> Any:
    """A cell no spreadsheet takes for a formula."""
    if isinstance(value, list | tuple):
        return orjson.dumps(value).decode() if value else ""
    return f"'{value}" if isinstance(value, str) and value[:1] in set("=+-@\t\r") else value


def shown(value: Any) -> str:
    """A value as a sentence shows it."""
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
    return text if len(text) <= 80 else f"{text[:79]}…"
