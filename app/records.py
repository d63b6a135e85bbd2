"""What every record shares: its columns, its slug, who may see it, and its wire form.

A collection is described once, by its table, the body a client writes and the lists kept in tables of their own. The
wire form of a record (its `doc`) is made here, by one function, from those rows. References are slugs, in the database
too: a slug never changes, so neither a reference nor a `doc` that holds one ever needs to be looked up again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from difflib import get_close_matches
from functools import cache, cached_property, lru_cache
from operator import itemgetter
from typing import Annotated, Any, Final

import orjson
from pydantic import AfterValidator, ConfigDict, StringConstraints
from pydantic import Field as Shown
from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, Table, text
from sqlmodel import Field, SQLModel

from app.codes import Access, NameKind
from app.countries import ISO_3166_ALPHA3
from app.dates import DateError, parse_partial_date
from app.db import CLUSTERED, Id, Words, metadata, table


def field(description: str, *, example: object = ..., default: Any = ..., **options: Any) -> Any:
    """One field, once: its column, its limits, and the sentence and example the documentation shows."""
    examples: dict[str, Any] = {} if example is ... else {"schema_extra": {"examples": [example]}}
    if "default_factory" in options:
        return Field(description=description, **examples, **options)
    return Field(default=default, description=description, **examples, **options)


def refers(noun: str, description: str, *, example: str, default: Any = None, **options: Any) -> Any:
    """A reference to another record, by its slug."""
    return field(description, example=example, default=default, foreign_key=f"{noun}.slug", **options)


def _partial_date(text: str) -> str:
    try:
        return _day(text)
    except DateError as fault:
        raise ValueError(str(fault)) from None


@lru_cache(maxsize=4096)
def _day(text: str) -> str:
    return parse_partial_date(text).text


TAKEN: Final = frozenset({"batch"})
"""Slugs that no record can have: `/v1/{collection}/batch` is a route of its own."""


def _lettered(slug: str) -> str:
    if not any(letter.isalpha() for letter in slug):
        raise ValueError("a slug holds at least one letter")
    if slug in TAKEN:
        raise ValueError(f"{slug!r} is an address of the API; a slug is another word")
    return slug


PartialDay = Annotated[str, AfterValidator(_partial_date), Shown(max_length=40)]
SlugText = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=120), AfterValidator(_lettered)
]


def _country(code: str) -> str:
    if code not in ISO_3166_ALPHA3:
        near = get_close_matches(code.upper(), ISO_3166_ALPHA3, n=3)
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise ValueError(f"{code[:80]!r} is not a country (ISO 3166-1 alpha-3){hint}")
    return code


def _nationality(code: str) -> str:
    return code if code == "foreign" else _country(code)


Country = Annotated[str, AfterValidator(_country)]
Nationality = Annotated[str, AfterValidator(_nationality)]


@cache
def days(name: str) -> tuple[str, str]:
    """The names of the two columns that hold the day range of a partial date."""
    name = name.removesuffix("_")
    return (f"{name}_start", f"{name}_end") if name.endswith("as_of") else (f"{name}_earliest", f"{name}_latest")


# --- tables ------------------------------------------------------------------------------------------------------


class Record(SQLModel):
    """The columns of every record."""

    id: int = Field(primary_key=True, sa_type=Id, sa_column_kwargs={"autoincrement": False})
    revision: int = Field(sa_type=BigInteger, index=True)
    access: Access = Field(default=Access.public)
    doc: str = Field(sa_type=Words)
    doc_partner: str | None = Field(default=None, sa_type=Words)
    doc_restricted: str | None = Field(default=None, sa_type=Words)


class NamedRecord(Record):
    """A record with a slug of its own."""

    slug: str = Field(unique=True)


class Part(SQLModel):
    """One entry of a record's list, in its place."""

    owner_id: int = Field(primary_key=True, sa_type=Id)
    position: int = Field(primary_key=True)
    revision: int = Field(sa_type=BigInteger)


class Slug(SQLModel, table=True):
    """Every slug ever given: one that is retracted or merged stays taken."""

    __table_args__ = CLUSTERED

    # Led by the slug: a write asks whether some slugs were given before, whatever to.
    slug: str = Field(primary_key=True)
    collection: str = Field(primary_key=True)
    record_id: int = Field(sa_type=BigInteger)
    revision: int = Field(sa_type=BigInteger, description="The revision that gave it.")


SLUGS = table(Slug)
DOCS = ("doc", "doc_partner", "doc_restricted")
INHERENT = {"id", "slug", "revision", "access", *DOCS}


def index(*columns: str, name: str | None = None, unique: bool = False) -> Index:
    """An index led by a filter, ended by the order of the page."""
    return Index(name, *columns, unique=unique)


def sparse(*columns: str) -> Index:
    """The index of a filter that few records have a value for; it holds those alone, so it gives no order to others."""
    given = text(f'"{columns[0]}" IS NOT NULL')
    return Index(None, *columns, sqlite_where=given, postgresql_where=given)


def part_of(noun: str, *indexes: Index) -> tuple[Any, ...]:
    """The table arguments of a record's list."""
    owner = ForeignKeyConstraint(["owner_id"], [f"{noun}.id"], deferrable=True, initially="DEFERRED")
    return (*indexes, owner, CLUSTERED)


def check(name: str, condition: str) -> CheckConstraint:
    """A named condition the database holds every row to."""
    return CheckConstraint(condition, name=name)


# --- shapes on the wire ------------------------------------------------------------------------------------------


class Body(SQLModel):
    """What a client writes: unknown fields are refused."""

    # Codes become the text they are stored as.
    model_config = ConfigDict(extra="forbid", use_enum_values=True)  # type: ignore[assignment]

    access: Access = field(
        "Who may see the record: everyone, partners of the register, or holders of the restricted scope.",
        example="public",
        default=Access.public,
    )

    @classmethod
    def unread(cls, _given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Faults that come to light only when every field is right by itself: the field, and the sentence."""
        yield from ()


class NamedBody(Body):
    """The body of a record with a slug."""

    slug: SlugText | None = field(
        "The record's readable, permanent name in addresses and references; made from its name when not given.",
        example="al-sina-prison",
        default=None,
    )


class Name(SQLModel):
    """Another name of a record."""

    name: str = field("The name.", example="سجن الصناعة", min_length=1, max_length=300)
    lang: str | None = field(
        "Its language (ISO 639 code, the script added where it matters).", example="ar", default=None, max_length=20
    )
    kind: NameKind = field("What sort of name it is.", example="official", default=NameKind.alias)


class Identifier(SQLModel):
    """The record's key in somebody's list."""

    scheme: str = field("The list.", example="nomis", min_length=1, max_length=60, regex=r"^[^\s:]+$")
    value: str = field("The key in it.", example="MDI", min_length=1, max_length=200)


Row = dict[str, Any]
Parts = dict[str, list[Row]]


class Lookup:
    """The rows that a batch of records refers to, and the moment each revision was recorded."""

    def __init__(
        self,
        rows: Mapping[str, Mapping[str, Row]],
        recorded: Mapping[int, str],
        cache: dict[Any, Any] | None = None,
    ) -> None:
        self._rows, self.recorded = rows, recorded
        self.all_public = all(row["access"] == Access.public for listed in rows.values() for row in listed.values())
        """Whether whatever is named may be seen by everybody: then it need not be asked of each."""
        self.kept = {} if cache is None else cache
        """What was made of these rows and is made again for every record that names them."""

    def row(self, noun: str, slug: str | None) -> Row | None:
        """The record of that slug, its docs left out."""
        return None if slug is None or noun not in self._rows else self._rows[noun].get(slug)

    def seen(self, noun: str, slug: str | None, tier: Access) -> Row | None:
        """The record of that slug if the tier may see it."""
        row = self.row(noun, slug)
        return row if row is not None and visible(row["access"], tier) else None


TIERS = tuple(Access)
_RANKS = {str(access): rank for rank, access in enumerate(TIERS)}


def visible(access: str, tier: str) -> bool:
    """Whether a record of that access is shown to that tier."""
    return _RANKS[access] <= _RANKS[tier]


Complete = Callable[[Row, Row, Lookup, Access], None]


@dataclass(frozen=True)
class Embedded:
    """Records of another collection that a record's wire form holds: whole, or by their slugs."""

    collection: str
    by: str
    whole: bool = False
    most: int = 200


@dataclass(frozen=True, eq=False)
class Collection:
    """One noun of the register: what is stored, what is written, what is shown."""

    name: str
    noun: str
    about: str
    table: type[Record]
    body: type[Body]
    parts: Mapping[str, type[Part]] = attribute(default_factory=dict)
    derived: Mapping[str, Any] = attribute(default_factory=dict)
    """Shown fields that no client writes: their name, and a pydantic field definition."""
    complete: Complete | None = None
    """Fills the derived fields of one wire form: shown, row, lookup, tier."""
    normalise: Callable[[Row, Lookup, str], None] | None = None
    """Fills the derived columns of a row before it is written; its statement is given where it was digested before."""
    identity: tuple[str, ...] = ()
    """The columns by which a record without a slug is known."""
    stated: tuple[str, ...] = ()
    """The fields that make two records without a slug the same statement; the first is what they are about."""
    found_by: tuple[str, ...] = ("statement",)
    """The columns that lead the index in which a statement is looked for."""
    echoed: frozenset[str] = frozenset()
    """Fields that the wire forms of referrers repeat in words."""
    embedded: Mapping[str, Embedded] = attribute(default_factory=dict)
    subject: bool = False
    """Whether the rows of a table speak of it and do not state it: an import joins all that they say of one."""
    mergeable: bool = False
    """Whether two records can be made one, the address of the one leading to the other."""

    @property
    def rows(self) -> Table:
        """The table, as SQLAlchemy knows it."""
        return table(self.table)

    @cached_property
    def shown_by_name(self) -> tuple[str, ...]:
        """The columns that the wire forms of referrers are made of."""
        return ("slug", "access", *sorted(self.echoed))

    @cached_property
    def named(self) -> bool:
        """Whether its records have slugs."""
        return "slug" in self.rows.columns

    @cached_property
    def part_tables(self) -> dict[str, Table]:
        """The tables of the record's lists, by field."""
        return {name: table(part) for name, part in self.parts.items()}

    @cached_property
    def fields(self) -> list[str]:
        """The wire form's fields in order: what every record has, what is written, what is derived."""
        first = ["id", *(["slug"] if self.named else []), "revision", "recorded_at", "access"]
        shown = list(first)
        for name in self.body.model_fields:
            if name not in first:
                shown.append(name)
                shown += [day for day in days(name) if day in self.rows.columns]
        return shown + [name for name in self.derived if name not in shown]

    @cached_property
    def columns(self) -> list[str]:
        """The columns that hold what was written and what was derived from it."""
        return [column.name for column in self.rows.columns if column.name not in INHERENT - {"access", "slug"}]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every column."""
        return tuple(self.rows.columns.keys())

    @cached_property
    def names_but_docs(self) -> tuple[str, ...]:
        """Every column but the wire forms, which are long."""
        return tuple(name for name in self.names if name not in DOCS)

    @cached_property
    def references(self) -> dict[str, str]:
        """The record's own fields that name another record, and the noun each names."""
        return references(self.rows)

    @cached_property
    def own_references(self) -> list[str]:
        """Those that name another record of the same noun."""
        return [name for name, noun in self.references.items() if noun == self.noun]

    @cached_property
    def part_references(self) -> dict[str, dict[str, str]]:
        """The same for the entries of its lists."""
        return {name: references(rows) for name, rows in self.part_tables.items()}

    @cached_property
    def nouns(self) -> frozenset[str]:
        """The nouns that its records name, its own perhaps among them."""
        of_lists = (noun for named in self.part_references.values() for noun in named.values())
        return frozenset(self.references.values()).union(of_lists)

    @cached_property
    def needs(self) -> frozenset[str]:
        """The other nouns that its records name: those are written before."""
        return self.nouns - {self.noun}

    @cached_property
    def partial_dates(self) -> list[str]:
        """The fields that hold partial dates."""
        return partial_dates(self.rows)


def rows_of(noun: str) -> Table:
    """The table that references to a noun lead to."""
    return metadata.tables[noun]


@cache
def references(rows: Table) -> dict[str, str]:
    """The columns of a table that hold the slug of a record, and the noun of that record."""
    return {
        column.name: key.column.table.name
        for column in rows.columns
        for key in column.foreign_keys
        if key.column.name == "slug"
    }


@cache
def partial_dates(rows: Table) -> list[str]:
    """The columns of a table that have a day range beside them."""
    return [column.name for column in rows.columns if days(column.name)[0] in rows.columns]


@cache
def payload(rows: Table) -> list[str]:
    """The columns of a part that hold what was written: all but its place and its revision."""
    return [column.name for column in rows.columns if column.name not in {"owner_id", "position", "revision"}]


# --- the wire form -----------------------------------------------------------------------------------------------


def wire(
    collection: Collection, row: Row, parts: Parts, lookup: Lookup, tier: Access, *, all_seen: bool = False
) -> Row:
    """The wire form of one record as a tier sees it, from its own row, the rows of its lists and those it names.

    `all_seen` says that the tier may see all that the record names.
    """
    shown = _shown_as_stored(collection)(row)
    shown["recorded_at"] = lookup.recorded[row["revision"]]
    withheld = False
    for name in collection.part_tables:
        listed = parts.get(name)
        if not listed:
            shown[name] = []
            continue
        shown[name] = entries = _entries_of(collection, name, listed, lookup, tier, all_seen=all_seen)
        withheld = withheld or len(entries) < len(listed)
    for name, noun in () if all_seen else collection.references.items():
        if row[name] is not None and lookup.seen(noun, row[name], tier) is None:
            shown[name], withheld = None, True
    if withheld:
        shown["withheld"] = True
    if collection.complete is not None:
        collection.complete(shown, row, lookup, tier)
    return shown


@cache
def _shown_as_stored(collection: Collection) -> Callable[[Row], Row]:
    """What copies the shown fields of a row in their order; what no column holds may be missing."""
    columns = [name for name in collection.fields if name in collection.rows.columns]
    further = [name for name in collection.fields if name not in columns]
    blank, values = dict.fromkeys(collection.fields), itemgetter(*columns)

    def shown(row: Row) -> Row:
        copied: Row = blank.copy()
        copied.update(zip(columns, values(row), strict=True))
        for name in further:
            copied[name] = row.get(name)
        return copied

    return shown


def _entries_of(
    collection: Collection, name: str, rows: Iterable[Row], lookup: Lookup, tier: Access, *, all_seen: bool
) -> list[Any]:
    """A list's entries: bare values where an entry has one column; a bare reference that is hidden is left out."""
    nouns, columns = collection.part_references[name], payload(collection.part_tables[name])
    if all_seen and len(columns) == 1:
        return [row[columns[0]] for row in rows]
    if all_seen:
        return [{column.removesuffix("_"): row[column] for column in columns} for row in rows]
    entries: list[Any] = []
    for row in rows:
        hidden = [
            column
            for column, noun in nouns.items()
            if row[column] is not None and lookup.seen(noun, row[column], tier) is None
        ]
        if len(columns) == 1:
            if not hidden:
                entries.append(row[columns[0]])
            continue
        entry = {column.removesuffix("_"): None if column in hidden else row[column] for column in columns}
        entries.append(entry | ({"withheld": True} if hidden else {}))
    return entries


def docs(
    collection: Collection, row: Row, parts: Parts, lookup: Lookup, held: Mapping[Access, Row] | None = None
) -> Row:
    """The `doc` columns of a row: the public wire form, and the stricter tiers' where they differ from it.

    `held` has, by tier, the records of other collections that this one's wire form holds.
    """
    if (held is None or held[Access.public] is held[Access.restricted]) and _all_public(collection, row, parts, lookup):
        full = row if held is None else row | held[Access.public]
        form = wire(collection, full, parts, lookup, Access.public, all_seen=True)
        return {"doc": orjson.dumps(form).decode(), "doc_partner": None, "doc_restricted": None}
    forms = [row if held is None else row | held[tier] for tier in TIERS]
    public, partner, restricted = (
        orjson.dumps(wire(collection, full, parts, lookup, tier)).decode()
        for full, tier in zip(forms, TIERS, strict=True)
    )
    return {
        "doc": public,
        "doc_partner": partner if partner != public else None,
        "doc_restricted": restricted if restricted != partner else None,
    }


def doc_of(row: Mapping[str, Any], tier: Access) -> str:
    """The wire form that a tier is shown, from the `doc` columns of a row."""
    doc: str | None = None
    if tier == Access.restricted:
        doc = row["doc_restricted"]
    if doc is None and tier != Access.public:
        doc = row["doc_partner"]
    return str(row["doc"]) if doc is None else doc


def _all_public(collection: Collection, row: Row, parts: Parts, lookup: Lookup) -> bool:
    """Whether all a record shows is public, so that every tier's form is the same."""
    if row.get("latitude") is not None or any(part.get("latitude") is not None for part in parts.get("phases", [])):
        return False
    if lookup.all_public:
        return True
    for name, noun in collection.references.items():
        if row[name] is not None and lookup.seen(noun, row[name], Access.public) is None:
            return False
    return all(
        part[column] is None or lookup.seen(noun, part[column], Access.public) is not None
        for name, listed in parts.items()
        for part in listed
        for column, noun in collection.part_references[name].items()
    )


def named_in(collection: Collection, row: Row, parts: Parts) -> Iterator[tuple[str, str]]:
    """Each reference of a record: the noun and the slug it names."""
    for name, noun in collection.references.items():
        if (slug := row[name]) is not None:
            yield noun, slug
    for name, listed in parts.items():
        for column, noun in collection.part_references[name].items():
            for part in listed:
                if (slug := part[column]) is not None:
                    yield noun, slug


def placed_in(collection: Collection, row: Row, parts: Parts) -> Iterator[tuple[str, str, str]]:
    """The same, with the place in the body that names it."""
    for name, noun in collection.references.items():
        if row[name] is not None:
            yield noun, row[name], f"/{name}"
    for name, nouns in collection.part_references.items():
        bare = len(payload(collection.part_tables[name])) == 1
        for number, part in enumerate(parts.get(name, [])):
            for column, noun in nouns.items():
                if part[column] is not None:
                    yield noun, part[column], f"/{name}/{number}" + ("" if bare else f"/{column}")
