"""What fills a field: a constant, a template of columns, or a value made from them step by step."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from app.errors import unlisted
from app.imports.mapped.expressions import COLUMN, Computed, Expression, Named, dated
from app.imports.readers import Flaw, Value
from app.imports.readers.rows import OF_ROW
from app.records.countries import countries_like, country_of
from app.records.text import folded

Cells = dict[str, Value]
Make = Callable[[Cells, list[Flaw]], Any]
Key = tuple[str, str]
"""A scheme, and a key in it."""


class PartialSum(str):
    """The sum of some columns of which others are empty: the number is at least that."""

    __slots__ = ()


WHOLE = re.compile(r"[0-9]{1,15}")


class Rejected(Exception):
    """A row that makes no records, and why."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.message)
        self.flaw = flaw
        self.flaws: Sequence[Flaw] = ()
        """What else there is to look at in the row."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Stands in a body for the slug of another record of the row."""

    name: str
    decides: bool = False
    """Whether it is what an entry of a list is about: without its record there is no entry."""


def maker(expression: Expression, entry: type[BaseModel] | None = None) -> Make:
    """What makes a value of a row's cells; `entry` is what the objects of a list are."""
    if isinstance(expression, Computed):
        return _Value(expression)
    if isinstance(expression, Named):
        reference = Reference(expression.record)
        return lambda _cells, _flaws: reference
    if isinstance(expression, list):
        makers = [maker(one, entry) for one in expression]
        return lambda cells, flaws: [one for make in makers for one in _parts(make(cells, flaws))]
    if isinstance(expression, dict):
        return _Fields(expression, entry)
    return template(expression)


def _parts(value: Any) -> Iterator[Any]:
    """What a value brings to a list: nothing, itself, or its parts one by one; so an object that holds lists."""
    if isinstance(value, list):
        yield from value
    elif isinstance(value, dict) and (lists := {name: one for name, one in value.items() if isinstance(one, list)}):
        if len(many := {len(one) for one in lists.values()}) > 1:
            apart = f"{' and '.join(lists)} have {' and '.join(str(one) for one in sorted(many))} parts: which belong"
            raise Rejected(Flaw("invalid", f"{apart} together is not to be seen", hint="give them as many parts each"))
        for parts in zip(*lists.values(), strict=True):
            yield value | dict(zip(lists, parts, strict=True))
    elif value is not None and value != {}:
        yield value


class _Fields:
    """An object; nothing where what it is about is missing: a name without a name is no name.

    In an `entry` of a list that is the first of the fields it requires that comes from the row; where it requires
    none, all that come from the row. Their order in the mapping says nothing.
    """

    def __init__(self, fields: Mapping[str, Expression], entry: type[BaseModel] | None) -> None:
        self._fields = {name: maker(made) for name, made in fields.items()}
        of_row = [name for name, made in fields.items() if not is_constant(made)]
        required = entry.model_fields if entry is not None else {}
        deciding = [name for name, info in required.items() if info.is_required() and name in of_row]
        self._deciding = deciding[:1] or (list(fields) if entry is None else of_row)
        if deciding and isinstance(made := fields[deciding[0]], Named):
            reference = Reference(made.record, decides=True)
            self._fields[deciding[0]] = lambda _cells, _flaws: reference

    def __call__(self, cells: Cells, flaws: list[Flaw]) -> dict[str, Any] | None:
        made = {name: make(cells, flaws) for name, make in self._fields.items()}
        if self._deciding and all(made[name] is None for name in self._deciding):
            return None
        return {name: value for name, value in made.items() if value is not None}


def is_constant(expression: Expression) -> bool:
    """Whether a value is the same for every row."""
    if isinstance(expression, Computed | Named):
        return False
    if isinstance(expression, dict | list):
        inner = expression.values() if isinstance(expression, dict) else expression
        return all(is_constant(one) for one in inner)
    return expression is None or not any(COLUMN.findall(expression))


def column_in(expression: Expression) -> str | None:
    """The first column that a value is made from."""
    if isinstance(expression, Computed):
        expression = expression.from_ or next(iter(expression.first or []), None)
    text = expression
    names = COLUMN.findall(text) if isinstance(text, str) else ()
    return next((name.removesuffix("?") for name in names if name), None)


def template(text: str | None) -> Make:
    """A text with columns in braces: nothing where one is missing, unless it is written `{name?}`.

    Nor where all are missing and nothing but signs stands between them.
    """
    if text is None or "{" not in text:
        plain = None if text is None else text.replace("}}", "}")
        return lambda _cells, _flaws: plain
    if (only := COLUMN.fullmatch(text)) is not None and only[1]:
        name = only[1].removesuffix("?")
        return lambda cells, _flaws: cells.get(name)
    pieces: list[tuple[str, str | None]] = []
    last = 0
    for found in COLUMN.finditer(text):
        pieces.append((text[last : found.start()], None))
        pieces.append((found[0][0], None) if found[1] is None else ("", found[1]))
        last = found.end()
    pieces.append((text[last:], None))

    says = any(letter.isalnum() for piece, name in pieces if name is None for letter in piece)

    def make(cells: Cells, _flaws: list[Flaw]) -> str | None:
        made, said = [], says
        for piece, name in pieces:
            if name is None:
                made.append(piece)
                continue
            value = cells.get(name.removesuffix("?"))
            if value is None and not name.endswith("?"):
                return None
            said = said or value is not None
            made.append("; ".join(value) if isinstance(value, list) else value or "")
        return "".join(made) if said else None

    return make


def _first_of(texts: Sequence[str | None]) -> Make:
    """The first of some texts that has a value."""
    makers = [template(text) for text in texts]
    if len(makers) == 1:
        return makers[0]
    return lambda cells, flaws: next((made for make in makers if (made := make(cells, flaws)) is not None), None)


class _Value:
    """A value made from columns, step by step: text, extract, split, keep, date or table, default."""

    def __init__(self, how: Computed) -> None:
        self._how = how
        self._from = _first_of(how.first or [how.from_]) if how.sum_ is None else None
        self._column = column_in(how)
        self._missing = set(map(folded, how.missing or []))
        self._table = {folded(key): template(text) for key, text in (how.table or {}).items()}
        self._patterns = [(re.compile(key), template(text)) for key, text in (how.patterns or {}).items()]
        self._extract = re.compile(how.extract) if how.extract else None
        self._keep = [re.compile(one) for one in how.keep] if how.keep is not None else None
        self._instead, self._otherwise = template(how.instead), template(how.otherwise)
        self._default = template(how.default)

    def __call__(self, cells: Cells, flaws: list[Flaw]) -> Any:
        try:
            value = self._made(cells, flaws)
        except Rejected as rejected:
            if self._how.invalid == "reject":
                raise
            flaw = rejected.flaw
            flaws.append(Flaw(flaw.rule, f"{flaw.message}; left out", flaw.column, flaw.value, flaw.hint))
            value = None
        return self._default(cells, flaws) if value is None else value

    def _made(self, cells: Cells, flaws: list[Flaw]) -> Any:
        if self._from is None:
            return self._sum(cells, flaws)
        value = self._from(cells, flaws)
        if value is None:
            return None
        if self._how.split is not None and isinstance(value, str):
            value = [text for part in value.split(self._how.split) if (text := part.strip())]
        if isinstance(value, list):
            listed = [made for part in value if (made := self._one(part, cells, flaws)) is not None]
            listed = list(dict.fromkeys(listed)) if self._how.unique else listed
            return (self._how.join.join(listed) or None) if self._how.join is not None else listed or None
        return self._one(value, cells, flaws)

    def _one(self, text: str, cells: Cells, flaws: list[Flaw]) -> str | None:
        if self._missing and folded(text) in self._missing:
            return None
        if self._extract is not None:
            found = self._extract.search(text)
            if found is None:
                return None
            text = found[1] if self._extract.groups else found[0]
        if self._keep is not None and not any(one.search(text) for one in self._keep):
            message = "the text may name a person; another stands instead"
            flaws.append(Flaw("replaced", message, self._column, "(withheld)"))
            instead: str | None = self._instead(cells, flaws)
            return instead
        if self._how.date is not None:
            return self._date(text)
        if self._how.country:
            return self._country(text)
        return self._looked_up(text, cells, flaws) if self._table or self._patterns else text

    def _country(self, text: str) -> str:
        if (code := country_of(text)) is None:
            near = " or ".join(countries_like(text))
            hint = f"did it mean {near}?" if near else "say with a `table` which country it is"
            raise Rejected(Flaw("not_in_table", "this is no country known here", self._column, text[:200], hint))
        return code

    def _looked_up(self, text: str, cells: Cells, flaws: list[Flaw]) -> str | None:
        make = self._table.get(folded(text))
        if make is None:
            make = next((make for pattern, make in self._patterns if pattern.search(text)), None)
        if make is None:
            if "otherwise" not in self._how.model_fields_set:
                message = unlisted("in the mapping's table", text, self._table)
                raise Rejected(Flaw("not_in_table", message, self._column, text[:200], "add it to the table"))
            make = self._otherwise
        found: str | None = make(cells, flaws)
        return found

    def _date(self, text: str) -> str:
        for form in self._how.date or []:
            if (read := dated(text, form)) is not None:
                return read
        message = f"{text[:80]!r} is not a date as the mapping has them: {', '.join(self._how.date or [])}"
        raise Rejected(Flaw("not_a_date", message, self._column, text[:200]))

    def _sum(self, cells: Cells, flaws: list[Flaw]) -> str | None:
        """The sum of what is there; nothing where nothing is, for missing is never zero."""
        names = dict.fromkeys(name for pattern in self._how.sum_ or [] for name in _summed(cells, pattern))
        there = {name: value for name in names if (value := cells.get(name)) is not None}
        for name, value in there.items():
            if not isinstance(value, str) or WHOLE.fullmatch(value) is None:
                raise Rejected(Flaw("not_a_count", "a sum takes whole numbers", name, str(value)[:200]))
        total = sum(int(str(value)) for value in there.values())
        if len(there) in {0, len(names)}:
            return str(total) if there else None
        missing = next(name for name in names if name not in there)
        message = f"{len(names) - len(there)} of the {len(names)} columns to be added up are empty: "
        bound = f"at least {total:,}" if total else "no number is kept"
        flaws.append(Flaw("partial_sum", message + bound, missing, None, "publish the sum itself, or fill the columns"))
        return PartialSum(total) if total else None


def _summed(cells: Cells, pattern: str) -> Sequence[str]:
    """The columns to be added up that a name or a pattern stands for; one written `held?` may be missing."""
    if "*" in pattern:
        return [name for name in cells if name not in OF_ROW and matches(name, pattern)]
    optional = pattern.removesuffix("?")
    if pattern in cells or optional == pattern:
        return [pattern]
    return [optional] if optional in cells else []


@lru_cache(maxsize=65536)
def matches(name: str, pattern: str) -> bool:
    """Whether a column's name is of a pattern with `*`."""
    return fnmatchcase(name, pattern)
