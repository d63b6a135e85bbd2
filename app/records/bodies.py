"""What a client writes of every record: its access, its slug, its names and keys, its country."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, ConfigDict, StringConstraints
from sqlmodel import SQLModel

from app.database.fields import field
from app.history.codes import Access
from app.records.codes import NameKind
from app.records.countries import countries_like, country_names

TAKEN: Final = frozenset({"batch"})
"""Slugs that no record can have: `/v1/{collection}/batch` is a route of its own."""


def _lettered(slug: str) -> str:
    if not any(letter.isalpha() for letter in slug):
        raise ValueError("a slug holds at least one letter")
    if slug in TAKEN:
        raise ValueError(f"{slug!r} is an address of the API; a slug is another word")
    return slug


SlugText = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=120), AfterValidator(_lettered)
]


def _country(code: str) -> str:
    if code not in country_names():
        near = countries_like(code)
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise ValueError(f"{code[:80]!r} is not a country (ISO 3166-1 alpha-3){hint}")
    return code


def _nationality(code: str) -> str:
    return code if code == "foreign" else _country(code)


Country = Annotated[str, AfterValidator(_country)]


Nationality = Annotated[str, AfterValidator(_nationality)]


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
