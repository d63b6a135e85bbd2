"""What an import's report looks like on a terminal, and in a log: the rows that a person should look at."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from app.imports.reports import NOT_WRITTEN, Line, Report


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

        def show(done: int, total: int, rows: int) -> None:
            rate = f"{rows / (perf_counter() - begun):,.0f} rows/s" if rows else "matching"
            bar.update(task, completed=done, total=total, rate=rate)

        yield show


MOST_SHOWN = 40
"""How many lines a terminal is shown; the file has them all."""


def show(report: Report, console: Console) -> None:
    """The report: on a terminal as tables, elsewhere as one line for each thing to look at and each collection."""
    if console.is_terminal:
        console.print(Group(*_shown(report)))
    else:
        for line in _plain(report):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print(report.summary(), markup=False, highlight=False, soft_wrap=True)


def _plain(report: Report) -> Iterator[str]:
    for line in _first(report.lines):
        where = f"{Path(line.file).name}:{line.line}"
        parts = (where, line.fate, line.rule or "", line.column, _cut(line.value), _what(line))
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
    counts = ", ".join(f"{count:,} {rule}" for rule, count in report.rules.most_common())
    return f"The first {MOST_SHOWN} of {total:,}: {counts}. --report FILE has every row."


def _shown(report: Report) -> Iterator[RenderableType]:
    if report.lines:
        table = Table(title="Rows to look at", title_justify="left")
        for name in ("where", "fate", "rule", "column", "value", "what"):
            table.add_column(name, overflow="fold")
        for line in _first(report.lines):
            where = f"{Path(line.file).name}:{line.line}"
            cells = (where, line.fate, line.rule or "", line.column or "", _cut(line.value), _what(line))
            table.add_row(*(Text(cell) for cell in cells))
        yield table
        if (more := _more(report)) is not None:
            yield Text(more)
    fates = ["created", "updated", "unchanged"]
    fates += ["withdrawn"] if any(counts["withdrawn"] for counts in report.records.values()) else []
    counted = Table("records", *fates)
    for name, counts in sorted(report.records.items()):
        counted.add_row(name, *(f"{counts[fate]:,}" for fate in fates))
    if report.records:
        yield counted


def _first(lines: Sequence[Line]) -> list[Line]:
    """The lines to show first: rejected ones, then the others, each as they came."""
    ordered = sorted(lines, key=lambda line: line.fate not in NOT_WRITTEN)
    return ordered[:MOST_SHOWN]
