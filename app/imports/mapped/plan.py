"""Which file is read by which table of a mapping."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.imports.faults import Unreadable
from app.imports.mapped.columns import unknown_columns
from app.imports.mapped.lookups import LookedUp, looked_up
from app.imports.mapped.mapping import ImportMapping, TableMapping
from app.imports.mapped.rows import RowMapper
from app.imports.readers import UnreadableFile, columns_in


@dataclass(slots=True)
class Source:
    """A file, and what reads it."""

    path: Path
    table: TableMapping
    mapper: RowMapper
    columns: set[str] | None
    """The columns that its rows were seen to have, where the format names them in each row."""
    lookups: Sequence[LookedUp] = ()

    def misfits(self) -> Iterator[str]:
        """The columns that the mapping reads and no row has."""
        looked_up = [column for lookup in self.lookups for column in lookup.columns]
        for fault in unknown_columns(self.table, [*sorted(self.columns), *looked_up]) if self.columns else ():
            yield f"{self.path}:1: {fault.detail}"


def planned(files: Sequence[Path], mapping: ImportMapping) -> list[Source]:
    """The files in the order of the mapping's tables; raises `Unreadable`, naming every misfit."""
    plan: list[Source] = []
    faults: list[str] = []
    for table in mapping.tables:
        taken = [path for path in files if table.takes(path)]
        try:
            lookups = list(looked_up(table.lookups, files)) if taken else []
        except UnreadableFile as unreadable:
            faults.append(str(unreadable))
            continue
        for path in taken:
            try:
                columns = columns_in(path, table.format)
            except UnreadableFile as unreadable:
                faults.append(str(unreadable))
                continue
            known = None if columns is None else [*columns, *(name for one in lookups for name in one.columns)]
            source = Source(path, table, RowMapper(table, known, lookups), set() if columns is None else None, lookups)
            if columns is not None:
                faults += Source(path, table, source.mapper, set(columns), lookups).misfits()
            plan.append(source)
    names = ", ".join(sorted({table.file or "*" for table in mapping.tables}))
    faults += [
        f"{path}: the mapping is for no file of that name, only for {names}"
        for path in files
        if not any(table.takes(path) for table in mapping.tables)
        and path.name not in {lookup.file for table in mapping.tables for lookup in table.lookups.values()}
    ]
    if faults:
        raise Unreadable(faults)
    return plan
