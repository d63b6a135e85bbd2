"""Rows of other files that rows are completed with."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from app.imports.mapped.values import Cells, template
from app.imports.mapped.written import Lookup
from app.imports.readers import Flaw, UnreadableFile, Value, columns_in, read_rows
from app.records.text import folded

MOST_LOOKED_UP = 50_000_000
"""How many characters the cells of a file may hold that rows are looked up in: all of it is held."""


class LookedUp:
    """The rows of a file by their key; raises `UnreadableFile` where it cannot be read so."""

    def __init__(self, name: str, lookup: Lookup, path: Path) -> None:
        self._path = path
        self._made = {column: template(text) for column, text in lookup.by.items()}
        self._rows: dict[tuple[Value, ...], dict[str, Value]] = {}
        lines: dict[tuple[Value, ...], int] = {}
        size, columns = 0, dict.fromkeys(columns_in(path, lookup.format) or ())
        for row in read_rows(path, lookup.format):
            if row.fatal is not None:
                raise UnreadableFile(f"{path}:{row.line}: {row.fatal.message}")
            cells = {column: value.strip() if isinstance(value, str) else value for column, value in row.cells.items()}
            columns |= dict.fromkeys(cells)
            size += sum(len(value) for value in cells.values() if value)
            if size > MOST_LOOKED_UP:
                raise UnreadableFile(f"{path}: the file is too long to look rows up in")
            key = tuple(_plain(cells.get(column)) for column in lookup.by)
            if None in key:
                continue
            row_values = {f"{name}.{column}": value for column, value in cells.items()}
            if self._rows.setdefault(key, row_values) != row_values:
                said = ", ".join(f"{column} = {value}" for column, value in zip(lookup.by, key, strict=True))
                raise UnreadableFile(
                    f"{path}:{row.line}: line {lines[key]} has {said} too: which is meant is not clear"
                )
            lines.setdefault(key, row.line)
        self.columns = [f"{name}.{column}" for column in columns]
        if missing := [column for column in lookup.by if column not in columns]:
            raise UnreadableFile(f"{path}: it has no column {missing[0]!r}, which the lookup {name!r} asks for")

    def cells(self, cells: Cells, flaws: list[Flaw]) -> Mapping[str, Value]:
        """What the other file has for a row."""
        key = tuple(_plain(make(cells, flaws)) for make in self._made.values())
        found = self._rows.get(key)
        if found is not None:
            return found
        if None not in key:
            said = ", ".join(f"{column} = {value}" for column, value in zip(self._made, key, strict=True))
            hint = "complete that file, or map what is to stand there"
            flaws.append(Flaw("not_found", f"no row of {self._path.name} has {said}", None, None, hint))
        return dict.fromkeys(self.columns)


def _plain(value: Value) -> Value:
    return folded(value) or None if isinstance(value, str) else None


def looked_up(lookups: Mapping[str, Lookup], files: Sequence[Path]) -> Iterator[LookedUp]:
    """The files that the rows of a table are completed from; raises `UnreadableFile`."""
    for name, lookup in lookups.items():
        path = next((path for path in files if path.name == lookup.file), None)
        if path is None:
            raise UnreadableFile(f"the lookup {name!r} asks for the file {lookup.file}: give it beside the others")
        yield LookedUp(name, lookup, path)
