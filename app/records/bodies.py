"""What a client writes of every record: its access, its slug, its names and keys, its country."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Final, Self

from pydantic import AfterValidator, ConfigDict, StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from sqlmodel import SQLModel

from app.database.fields import field
from app.estimates.dates import misplaced
from app.history.codes import Access
from app.records.codes import NameKind
from app.records.countries import countries_like, country_names
from app.records.text import tidied

TAKEN: Final = frozenset({"batch", "summary"})
"""Slugs that no record can have: routes of their own stand at `/v1/{collection}/batch` and the like."""


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

    not_before: ClassVar[Mapping[str, str]] = {}
    """Dates that cannot lie before another: which."""

    not_after: ClassVar[Mapping[str, str]] = {}
    """Dates that cannot lie after another: which."""

    @model_validator(mode="before")
    @classmethod
    def _tidy(cls, values: Any) -> Any:
        return tidied(values)

    @model_validator(mode="after")
    def _in_time(self) -> Self:
        if self.not_before or self.not_after:
            refuse(misplaced(self.__dict__, self.not_before, self.not_after))
        return self

    @classmethod
    def unread(cls, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Faults that come to light only when every field is right by itself: the field, and the sentence."""
        yield from misplaced(values, cls.not_before, cls.not_after)


def refuse(faults: Iterator[tuple[str, str]]) -> None:
    """Raise the first of some faults, at its field: a path from the class that is validated."""
    for name, sentence in faults:
        raise PydanticCustomError("rule", "{sentence}", {"sentence": sentence, "field": name})


class NamedBody(Body):
    """The body of a record with a slug."""

    slug: SlugText | None = field(
        "The record's readable, permanent name in addresses and references; made from its name when not given.",
        example="al-sina-prison",
        default=None,
    )


Scheme = Annotated[str, StringConstraints(pattern=r"^[^\s:]+$", min_length=1)]


class Name(SQLModel):
    """Another name of a record."""

    name: str = field("The name.", example="سجن الصناعة", min_length=1, max_length=300)
    lang: str | None = field(
        "Its language (ISO 639 code, the script added where it matters).", example="ar", default=None, max_length=20
    )
    kind: NameKind = field("What sort of name it is.", example="official", default=NameKind.alias)


class Identifier(SQLModel):
    """The record's key in somebody's list."""

    scheme: Scheme = field("The list.", example="nomis", max_length=60)
    value: str = field("The key in it.", example="MDI", min_length=1, max_length=200)


def repeated(identifiers: list[Identifier]) -> Iterator[tuple[str, str]]:
    """The keys that stand in a record's list a second time."""
    seen = set[tuple[str, str]]()
    for number, key in enumerate(identifiers):
        if (key.scheme, key.value) in seen:
            yield f"identifiers/{number}", f"{key.scheme}:{key.value[:80]} is listed twice"
        seen.add((key.scheme, key.value))
