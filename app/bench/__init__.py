"""Benchmarks of the register: what its answers cost, as ratios to limits measured in the same run.

`docs/explanation/speed.md` tells what is measured and how to read it. A benchmark is an entry of `BENCHMARKS`: it is
given the `Stand` to measure on, and goals to be compared with.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Protocol

import typer

from app.bench.data import Size
from app.bench.load import Unexpected
from app.bench.reads import READS
from app.bench.shared import server
from app.bench.stand import Comparison, Effort, Stand
from app.errors import unlisted

ADDRESS = "DETENTION_BENCH_DATABASE_URL"
"""A PostgreSQL server to measure on too. Its role may create databases: one is made, and dropped at the end."""
SERVER = "DETENTION_BENCH_SERVER"
"""Else a command that starts one, prints its address, and keeps it until the end of its input."""


class Benchmark(Protocol):
    """Something to measure."""

    @property
    def name(self) -> str: ...
    @property
    def about(self) -> str: ...
    @property
    def goals(self) -> Mapping[str, float]: ...
    def measure(self, stand: Stand) -> Iterable[Comparison]: ...


BENCHMARKS: Mapping[str, Benchmark] = {one.name: one for one in READS}

HEADING = f"{'':54}{'ratio':>7}{'goal':>7}{'CPU us':>9}{'of limit':>9}{'req/s':>8}{'of limit':>9}{'kB':>7}"


def run(names: Sequence[str] = (), *, size: Size | None = None, effort: Effort | None = None) -> int:
    """Run benchmarks, all without names, and print a line for each engine.

    0, whatever the ratios; 1 when an answer is not what it must be, 2 when a name is of no benchmark.
    """
    for name in names:
        if name not in BENCHMARKS:
            typer.echo(unlisted("a benchmark", name, BENCHMARKS), err=True)
            return 2
    chosen = [BENCHMARKS[name] for name in names or BENCHMARKS]
    with server(os.environ.get(ADDRESS), os.environ.get(SERVER)) as shared:
        if shared is None:
            typer.echo(f"On SQLite alone: {ADDRESS} would name a PostgreSQL server.", err=True)
        try:
            with Stand(size or Size(), effort or Effort(), shared) as stand:
                typer.echo(f"{stand.conditions}\n{HEADING}")
                for one in chosen:
                    for found in one.measure(stand):
                        typer.echo(_line(one, found))
        except Unexpected as fault:
            typer.echo(fault, err=True)
            return 1
    typer.echo("The ratio is the limit's CPU time per request over ours: at 1.00 a request costs what the limit costs.")
    return 0


def _line(one: Benchmark, found: Comparison) -> str:
    """A line of the table: the medians of the rounds."""
    ours, limit = ([median(figures) for figures in zip(*costs, strict=True)] for costs in (found.ours, found.limit))
    goal = one.goals.get(found.engine)
    told = f"{one.about}, {found.engine}"
    line = f"{told:54}{found.ratio:7.2f}{goal or '-':>7}{ours[0]:9.0f}{limit[0]:9.0f}{ours[1]:8.0f}{limit[1]:9.0f}"
    line += f"{found.kilobytes:7.1f}"
    return line + (" below its goal" if goal is not None and round(found.ratio, 2) < goal else "")
