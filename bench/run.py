"""Benchmarks of the register: what its answers cost, as ratios to limits measured in the same run.

`docs/explanation/speed.md` tells what is measured and how to read it. A benchmark is an entry of `BENCHMARKS`: it is
given the `Stand` to measure on, and brings comparisons, each with its ratio and the goal of it.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import typer

from app.errors import unlisted
from bench.data import Size
from bench.exports import EXPORTS
from bench.imports import IMPORT
from bench.load import Unexpected
from bench.past import PASTS
from bench.posts import POST
from bench.ratios import Comparison, Ratio, heading, line
from bench.reads import READS
from bench.shared import server
from bench.stand import Effort, Stand

ADDRESS = "DETENTION_BENCH_DATABASE_URL"
"""A PostgreSQL server to measure on too. Its role may create databases: one is made, and dropped at the end."""
SERVER = "DETENTION_BENCH_SERVER"
"""Else a command that starts one, prints its address, and keeps it until the end of its input."""


class Benchmark(Protocol):
    """Something to measure."""

    @property
    def name(self) -> str: ...
    def measure(self, stand: Stand) -> Iterable[Comparison]: ...


BENCHMARKS: Mapping[str, Benchmark] = {one.name: one for one in (*READS, *PASTS, *EXPORTS, IMPORT, POST)}
"""In the order they run: what writes comes last."""


def run(names: Sequence[str] = (), *, size: Size | None = None, effort: Effort | None = None) -> int:
    """Run benchmarks, all without names, and print a line for each comparison.

    0, whatever the ratios; 1 when an answer is not what it must be, 2 when a name is of no benchmark.
    """
    for name in names:
        if name not in BENCHMARKS:
            typer.echo(unlisted("a benchmark", name, BENCHMARKS), err=True)
            return 2
    chosen = [one for name, one in BENCHMARKS.items() if name in names or not names]
    shown: list[Ratio] = []
    with server(os.environ.get(ADDRESS), os.environ.get(SERVER)) as shared:
        if shared is None:
            typer.echo(f"On SQLite alone: {ADDRESS} would name a PostgreSQL server.", err=True)
        try:
            with Stand(size or Size(), effort or Effort(), shared) as stand:
                typer.echo(stand.conditions)
                for one in chosen:
                    for found in one.measure(stand):
                        if found.ratio not in shown:
                            typer.echo(f"\n{heading(found.ratio)}")
                            shown.append(found.ratio)
                        typer.echo(line(found))
        except Unexpected as fault:
            typer.echo(fault, err=True)
            return 1
    typer.echo("\nWhat the ratios are:")
    for ratio in shown:
        typer.echo(f"- {ratio.about}: {ratio.told}")
    return 0
