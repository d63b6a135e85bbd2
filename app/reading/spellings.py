"""Texts in filters: found whatever their case and accents, and answered with near ones where no record has them."""

from asyncio import to_thread
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from rapidfuzz import fuzz, process
from sqlalchemy import ColumnElement, Select, String, bindparam, func, literal, select

from app.catalogue.collections import NOUNS
from app.database.readers import Fetch, Values
from app.database.types import NUMBER
from app.errors import BadInput, Fault
from app.history.access import seen
from app.history.codes import Access
from app.history.past import At
from app.reading.parameters import COMMA_HINT
from app.reading.view import View
from app.records.filters import Scope, Through
from app.records.listing import Listing
from app.records.values import VALUES, folded

MOST_NEAR = 3
MOST_TRIED = 12
"""How many near values are looked for among the records that the reader may see."""
MOST_COMPARED = 20_000
"""With how many values of a field one is compared."""
MOST_FAULTS = 5
"""For how many texts of a request near ones are named."""
ALIKE = 55
"""From how many hundredths of likeness on a value is near."""

Texts = Mapping[str, Mapping[str, Sequence[str]]]
"""What is asked for as text: by filter, by text as it was given, the ways in which records write it, or wrote it."""


async def with_spellings(fetch: Fetch, listing: Listing, query: Any) -> tuple[Any, Texts]:
    """The query with each text as records write it, and what was asked: one statement, and none where no text is."""
    queried = {name: some for name in _fields(listing) if (some := getattr(query, name)) is not None}
    if not queried:
        return query, {}
    fields = {name: _fields(listing)[name][1] for name in queried}
    forms = {text: folded(text) for some in queried.values() for text in some}
    names = sorted(set(fields.values())), sorted(set(forms.values()))
    values = {f"{of}_{place}": one for of, some in zip(_OF, names, strict=True) for place, one in enumerate(some)}
    rows = await fetch(_spellings_statement(*map(len, names)), values)
    written: dict[tuple[str, str], list[str]] = defaultdict(list)
    for field, form, value in rows:
        written[field, form].append(value)
    texts = {
        name: {text: sorted({text, *written[fields[name], forms[text]]}) for text in some}
        for name, some in queried.items()
    }
    found = {name: sorted({one for spellings in some.values() for one in spellings}) for name, some in texts.items()}
    return query.model_copy(update=found), texts


def are_several(texts: Texts) -> bool:
    """Whether some filter asks for more than one text: that any record meets it says nothing of each."""
    return any(len(some) > 1 for some in texts.values())


async def unheld(fetch: Fetch, view: View, listing: Listing, texts: Texts) -> list[tuple[str, str]]:
    """The texts, each after its filter, that no record has which the reader may see, at the moment asked for."""
    pairs = [(name, text) for name, some in texts.items() for text in some]
    found = await _held(fetch, view, listing, [(name, texts[name][text]) for name, text in pairs])
    return [pair for pair, is_held in zip(pairs, found, strict=True) if not is_held]


async def unknown_texts(view: View, listing: Listing, lacking: Sequence[tuple[str, str]]) -> BadInput:
    """The error for such texts; of the first ones it names up to three near ones."""
    faults: list[Fault] = []
    for name, text in lacking:
        noun, field = _fields(listing)[name]
        near = await _near(view, listing, name, field, text) if len(faults) < MOST_FAULTS else []
        parameter = listing.query.model_fields[name].alias or name
        hint = f"; near ones: {', '.join(near)}" if near else ""
        hint += f"; {COMMA_HINT}" if "," in text else ""
        faults.append(Fault(f"no {noun} has the {parameter} {text[:120]!r}{hint}", parameter=parameter))
    return BadInput.of(faults)


async def check_texts(view: View, listing: Listing, texts: Texts) -> None:
    """Raise for texts that no record has which the reader may see."""
    if lacking := await unheld(view.reader.fetch, view, listing, texts):
        raise await unknown_texts(view, listing, lacking)


@lru_cache(maxsize=32)
def _fields(listing: Listing) -> Mapping[str, tuple[str, str]]:
    """The filters that take texts: each with the noun whose text it is, and the field as the index of texts has it."""
    queried = {name: condition.text_of(listing.collection.noun, name) for name, condition in listing.conditions.items()}
    return {name: (of[0], f"{NOUNS[of[0]].name}.{of[1]}") for name, of in queried.items() if of is not None}


async def _near(view: View, listing: Listing, name: str, field: str, text: str) -> list[str]:
    rows = await view.reader.fetch(_values_statement(), {"field": field, "limit": MOST_COMPARED}, slow=True)
    alike = await to_thread(_alike, text, [value for (value,) in rows])
    shown = await _held(view.reader.fetch, view, listing, [(name, [value]) for value in alike])
    return [value for value, is_held in zip(alike, shown, strict=True) if is_held][:MOST_NEAR]


def _alike(text: str, values: Sequence[str]) -> list[str]:
    """The values most like a text, the most alike first."""
    forms = [folded(value) for value in values]
    found = process.extract(folded(text), forms, scorer=fuzz.WRatio, score_cutoff=ALIKE, limit=MOST_TRIED)
    return [values[place] for _, _, place in sorted(found, key=lambda one: (-one[1], values[one[2]]))]


async def _held(fetch: Fetch, view: View, listing: Listing, queried: Sequence[tuple[str, Sequence[str]]]) -> list[bool]:
    """For each filter with the ways to write a text, whether a record that the reader may see has it."""
    if not queried:
        return []
    shape = tuple((name, len(spellings)) for name, spellings in queried)
    values: Values = {_bind(place, at): one for place, (_, some) in enumerate(queried) for at, one in enumerate(some)}
    values["revision"] = view.revision
    ((*found,),) = await fetch(_held_statement(listing, shape, view.at, view.tier), values)
    return [bool(one) for one in found]


_OF = "field", "folded"


@lru_cache(maxsize=256)
def _spellings_statement(*many: int) -> Select[Any]:
    mine = [
        VALUES.c[of].in_([bindparam(f"{of}_{place}", type_=String()) for place in range(some)])
        for of, some in zip(_OF, many, strict=True)
    ]
    return select(VALUES.c.field, VALUES.c.folded, VALUES.c.value).where(*mine)


@lru_cache(maxsize=1)
def _values_statement() -> Select[Any]:
    mine = VALUES.c.field == bindparam("field", type_=String())
    return select(VALUES.c.value).where(mine).order_by(VALUES.c.folded).limit(bindparam("limit", type_=NUMBER))


@lru_cache(maxsize=256)
def _held_statement(listing: Listing, shape: tuple[tuple[str, int], ...], at: At, tier: Access) -> Select[Any]:
    """A column for each text: 1 where a record has it."""
    columns: list[ColumnElement[Any]] = [_is_held(listing, place, *one, at, tier) for place, one in enumerate(shape)]
    return select(*columns)


def _is_held(listing: Listing, place: int, name: str, many: int, at: At, tier: Access) -> ColumnElement[int]:
    condition = listing.conditions[name]
    rows = at(listing.collection.rows)
    scope = Scope(at, rows, tier, own=listing.collection.rows)
    binds = [bindparam(_bind(place, number), type_=String()) for number in range(many)]
    if isinstance(condition, Through):
        rows, held = condition.meets(scope, name, binds, many)
    else:
        held = condition.where(scope, name, binds, many)
    one = select(literal(1, NUMBER)).select_from(rows).where(held, *at.holds(rows), *seen(rows, tier)).limit(1)
    return func.coalesce(one.scalar_subquery(), literal(0, NUMBER))


def _bind(place: int, number: int) -> str:
    return f"given_{place}_{number}"
