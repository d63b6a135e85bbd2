"""Columns whose cells tell of whom a row counts, where each group of people has a row of its own."""

from collections.abc import Iterable, Iterator
from itertools import chain, count

from app.imports.mapped.draft_columns import Column, Table
from app.imports.mapped.draft_words import kinds_of, words_of
from app.records.slugs import slug_from

OF_CELLS = {"sex": ("female", "male"), "legal_status": ("unsentenced", "sentenced")}
"""What the cells of a column may tell, and the kinds of words that they have then."""
ALL = {"all", "both", "total", "totals", "ambos", "todos", "tous", "tutti", "gesamt", "insgesamt", "الكل", "المجموع"}
MOST, MOST_TRIED = 50, 5
"""How many groups a column may name, and how many columns are tried for whether they do."""


def people_in(columns: Iterable[Column], table: Table, apart: list[Column]) -> Iterator[str]:
    """The fields that cells fill, so that the rows of some columns are told apart: sex, legal status, a group."""
    texts = [one for one in columns if one.form is None and one not in apart and 1 < len(one.cells) <= MOST]
    for column in texts:
        for field, kinds in OF_CELLS.items():
            if (read := _read(column, kinds)) is not None:
                apart.append(column)
                listed = ", ".join(f"{_quoted(text)}: {code or 'null'}" for text, code in read.items())
                yield f"{field}: {{from: {_quoted('{' + column.name + '}')}, table: {{{listed}}}}}"
    left = [one for one in texts if one not in apart and not one.kinds & {"country", "admin1", "place", "other"}]
    for column in left[:MOST_TRIED] if not table.tells_apart(apart) else ():
        if table.distinct([*apart, column]) > table.distinct(apart):
            apart.append(column)
            name, codes = code_of(column.name), dict(_codes(column.cells))
            listed = ", ".join(f"{_quoted(text)}: {code}" for text, code in codes.items())
            yield f"dimensions: {{{name}: {{from: {_quoted('{' + column.name + '}')}, table: {{{listed}}}}}}}"
            yield f"group: {_quoted('{' + column.name + '}')}"
            return


def code_of(text: str) -> str:
    """A code made of a text, as a dimension of a group takes it."""
    made = slug_from(text, "group").replace("-", "_")[:50]
    return made if made[0].isalpha() else f"group_{made}"


def _codes(texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Texts with a code each, no two of them alike."""
    seen = set[str]()
    for text in texts:
        code = next(
            one for one in chain([code_of(text)], (f"{code_of(text)}_{n}" for n in count(2))) if one not in seen
        )
        seen.add(code)
        yield text, code


def _read(column: Column, kinds: tuple[str, ...]) -> dict[str, str | None] | None:
    """What each cell tells, of some kinds; nothing where one tells something else, or none does."""
    read: dict[str, str | None] = {}
    for text in column.cells:
        found = [kind for kind in kinds if kind in kinds_of(text)]
        if len(found) != 1 and not set(words_of(text)) & ALL:
            return None
        read[text] = found[0] if len(found) == 1 else None
    return read if any(read.values()) else None


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
