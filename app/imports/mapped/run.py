"""Files read by a mapping: read, map, match, check, write in batches, report.

Rows are read twice: first for the facilities, sources and actors they speak of, which are found or made; then for what
they state about them. A batch is one transaction and one revision. Run again after an interruption, an import comes to
the same end: what is there already is left alone.
"""

from collections.abc import Iterator, Sequence

from app.database.store import Store
from app.imports.faults import Unreadable
from app.imports.mapped.checks import check_subject
from app.imports.mapped.matching import Place
from app.imports.mapped.plan import Source
from app.imports.mapped.rows import Mapped
from app.imports.mapped.statements import Statements
from app.imports.mapped.subjects import Matching
from app.imports.mapped.values import Rejected
from app.imports.pipeline import Run
from app.imports.readers import Row, read_rows
from app.imports.reports import Line, RowFate
from app.imports.withdrawal import tell_withdrawn

AT_ONCE = 2000
"""How many records a batch holds, or a few more: a row is never torn."""


def write_mapped(plan: Sequence[Source], at_once: int, run: Run) -> None:
    """Write what the rows of some files state."""
    store = Store(run.connection)
    run.connection.rollback()  # others write while rows are read: a transaction begins when something is written
    matching = Matching(run, store, at_once)
    has_subjects = any(record.of.subject for source in plan for record in source.table.records.values())
    twice = has_subjects or any(source.columns is not None for source in plan)
    run.progress.total = (2 if twice else 1) * sum(source.path.stat().st_size for source in plan)
    if twice:
        for place, mapped in _rows(plan, run, first=True):
            if isinstance(mapped, Mapped):
                matching.note(place, mapped)
        if misfits := [fault for source in plan for fault in source.misfits()]:
            raise Unreadable(misfits)
        matching.settle()
    statements = Statements(run, store, matching, at_once, [str(source.path) for source in plan])
    for place, mapped in _rows(plan, run, first=False):
        statements.take(place, mapped)
    statements.flush()
    for source in plan:
        for flaw in source.mapper.unused():
            run.report.add(Line(str(source.path), 1, RowFate.flagged, flaw.rule, flaw.message, hint=flaw.hint))
    run.progress.report(run.report.rows.total())
    order = {str(source.path): number for number, source in enumerate(plan)}
    run.report.lines.sort(key=lambda line: (order[line.file], line.line))
    for one in matching.subjects.all:
        if one.collection.noun == "source" and one.slug is not None:
            run.restated.files.setdefault(one.slug, one.first[0])
    stated = (record.of.noun for source in plan for record in source.table.records.values())
    run.restated.nouns.update(stated)
    tell_withdrawn(run)


def _rows(plan: Sequence[Source], run: Run, *, first: bool) -> Iterator[tuple[Place, Mapped | Rejected | None]]:
    """Every row of every file, mapped; the first time for the subjects alone."""
    end = 0 if first else run.progress.total - sum(source.path.stat().st_size for source in plan)
    for source in plan:
        source.mapper.restart()
        end += source.path.stat().st_size
        for number, row in enumerate(read_rows(source.path, source.table.format, run.progress)):
            if first and source.columns is not None:
                source.columns.update(row.cells)
            yield (str(source.path), row.line), _mapped(source, row, subjects=first)
            if number % 500 == 0:
                run.progress.report(run.report.rows.total())
        run.progress.done = end


def _mapped(source: Source, row: Row, *, subjects: bool) -> Mapped | Rejected | None:
    try:
        mapped = source.mapper.map(row, source.path.name, subjects=subjects)
        for draft in mapped.drafts if mapped is not None else ():
            if draft.collection.subject:
                check_subject(draft, mapped.flaws if mapped is not None else [])
    except Rejected as rejected:
        rejected.flaws = row.flaws
        return rejected
    return mapped
