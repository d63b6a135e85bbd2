"""What an import did: how many rows met each fate, and a line for each row that was flagged or rejected."""

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from time import perf_counter
from typing import Any

import orjson
from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from app.database.codes import Code

MOST_LINES = 100_000
"""How many lines a report keeps; the counts go on."""


class RowFate(Code):
    """What became of a row of an import."""

    created = "created", "All that it states is new."
    updated = "updated", "Something it states is new or changed."
    unchanged = "unchanged", "The register held all that it states."
    flagged = "flagged", "It was written, and a person should check something in it."
    rejected = "rejected", "It was not written; the report says why."


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to look at: where, what, which rule, and what may be done about it."""

    file: str
    line: int
    fate: RowFate
    rule: str
    """One of the code list `import-rule`."""
    told: str
    column: str | None = None
    value: str | None = None
    hint: str | None = None


@dataclass(slots=True)
class Report:
    """What an import did."""

    dry_run: bool = False
    rows: Counter[RowFate] = field(default_factory=Counter)
    """How many rows met each fate."""
    skipped: int = 0
    """Rows the mapping leaves out."""
    records: dict[str, Counter[str]] = field(default_factory=dict)
    """How many records of each collection were created, updated, unchanged."""
    rules: Counter[str] = field(default_factory=Counter)
    """How many lines each rule made."""
    lines: list[Line] = field(default_factory=list)
    omitted: int = 0
    """Lines beyond those kept."""
    revisions: list[int] = field(default_factory=list)
    """The revisions made; none in a dry run."""
    seconds: float = 0.0

    def add(self, line: Line) -> None:
        """Take a line in."""
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
        """How many rows were rejected."""
        return self.rows[RowFate.rejected]

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON has it."""
        return {
            "dry_run": self.dry_run,
            "rows": {str(fate): self.rows[fate] for fate in RowFate},
            "skipped": self.skipped,
            "records": {name: dict(sorted(counts.items())) for name, counts in sorted(self.records.items())},
            "rules": dict(sorted(self.rules.items())),
            "revisions": self.revisions,
            "seconds": round(self.seconds, 3),
            "lines": [asdict(line) for line in self.lines],
            "omitted": self.omitted,
        }

    def write(self, path: Path) -> None:
        """Write the report to a file: everything as `.json`, the lines as `.csv`."""
        if path.suffix == ".csv":
            names = [each.name for each in fields(Line)]
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(names)
                writer.writerows([_safe(getattr(line, name)) for name in names] for line in self.lines)
            return
        path.write_bytes(orjson.dumps(self.as_dict(), option=orjson.OPT_INDENT_2) + b"\n")

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


def _safe(value: Any) -> Any:
    """A cell no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in set("=+-@\t\r") else value


@contextmanager
def progress_on(console: Console) -> Iterator[Callable[[int, int, int], None] | None]:
    """A bar with rate and remaining time on a terminal; nothing elsewhere."""
    if not console.is_terminal:
        yield None
        return
    parts = (TextColumn("reading"), BarColumn(), DownloadColumn(), TextColumn("{task.fields[rate]}"))
    with Progress(*parts, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task("", total=None, rate="")
        begun = perf_counter()

        def told(done: int, total: int, rows: int) -> None:
            rate = f"{rows / (perf_counter() - begun):,.0f} rows/s" if rows else "matching"
            bar.update(task, completed=done, total=total, rate=rate)

        yield told


MOST_SHOWN = 40
"""How many lines a terminal is shown; the file has them all."""


def show(report: Report, console: Console) -> None:
    """The report: on a terminal as tables, elsewhere as one line for each thing to look at and each collection."""
    if console.is_terminal:
        console.print(Group(*_shown(report)))
    else:
        console.print("\n".join(_plain(report)), markup=False, highlight=False, soft_wrap=True)
    console.print(report.summary(), markup=False, highlight=False, soft_wrap=True)


def _plain(report: Report) -> Iterator[str]:
    for line in _first(report.lines):
        where = f"{Path(line.file).name}:{line.line}"
        parts = (where, line.fate, line.rule, line.column, _cut(line.value), _what(line))
        yield ": ".join(part for part in parts if part)
    if (more := _more(report)) is not None:
        yield more
    for name, counts in sorted(report.records.items()):
        yield f"{name}: " + ", ".join(f"{count:,} {fate}" for fate, count in sorted(counts.items()))


def _what(line: Line) -> str:
    return f"{line.told} ({line.hint})" if line.hint else line.told


def _cut(value: str | None) -> str:
    return " ".join((value or "").split())[:60]


def _more(report: Report) -> str | None:
    if (total := len(report.lines) + report.omitted) <= MOST_SHOWN:
        return None
    told = ", ".join(f"{count:,} {rule}" for rule, count in report.rules.most_common())
    return f"The first {MOST_SHOWN} of {total:,}: {told}. --report has all."


def _shown(report: Report) -> Iterator[RenderableType]:
    if report.lines:
        table = Table(title="Rows to look at", title_justify="left")
        for name in ("where", "fate", "rule", "column", "value", "what"):
            table.add_column(name, overflow="fold")
        for line in _first(report.lines):
            where = f"{Path(line.file).name}:{line.line}"
            cells = (where, line.fate, line.rule, line.column or "", _cut(line.value), _what(line))
            table.add_row(*(Text(cell) for cell in cells))
        yield table
        if (more := _more(report)) is not None:
            yield Text(more)
    counted = Table("records", "created", "updated", "unchanged")
    for name, counts in sorted(report.records.items()):
        counted.add_row(name, *(f"{counts[fate]:,}" for fate in ("created", "updated", "unchanged")))
    if report.records:
        yield counted


def _first(lines: Sequence[Line]) -> list[Line]:
    """The lines to show first: rejected ones, then the others, each as they came."""
    ordered = sorted(lines, key=lambda line: line.fate is not RowFate.rejected)
    return ordered[:MOST_SHOWN]
