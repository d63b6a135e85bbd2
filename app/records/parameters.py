"""The query parameters of lists and of single records, as classes."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, create_model

from app.estimates.codes import Basis, EstimateFlag, MissingReason, Qualifier, Tally
from app.history.codes import Access
from app.records.filters import (
    Actors,
    After,
    Condition,
    Day,
    Holds,
    NotAfter,
    NotBefore,
    OneOf,
    SaidBy,
    Sources,
    Value,
    Words,
)

REVISION = Field(
    description="Answer from the register as it stood at this revision. Never changes once given.",
    ge=0,
    lt=2**63,
    examples=[1],
)
KNOWN_AT = Field(
    description="Answer from the register as it stood at this moment: the last revision recorded at or before it.",
    examples=["2022-01-25T00:00:00Z"],
    max_length=40,
)


MOST_SORTS = 8
"""How many columns a list is ordered by at the most."""


class Query(BaseModel):
    """What every read takes."""

    model_config = ConfigDict(extra="forbid")

    revision: Annotated[int | None, REVISION] = None
    known_at: Annotated[str | None, KNOWN_AT] = None


class RecordQuery(Query):
    """What the answer of one record takes."""

    fields: list[str] | None = None
    include: list[str] | None = None
    format: str | None = None
    """One of the formats there are, as `app.exports` knows them."""
    bom: Annotated[
        bool | None, Field(description="Begin `format=csv` with a byte order mark, as Excel wants it.", examples=[True])
    ] = None


class ListQuery(RecordQuery):
    """What every list takes. A noun's filters are added to it, a line each."""

    limit: Annotated[int, Field(description="How many records a page holds.", ge=1, le=1000, examples=[100])] = 100
    cursor: Annotated[
        str | None,
        Field(
            description="Where the next page begins: take it from `next`, never make one.",
            max_length=2000,
            examples=["eyJhZnRlciI6WzEwMF19"],
        ),
    ] = None
    sort: list[str] | None = None
    count: Annotated[
        Literal["exact"] | None,
        Field(description="`exact` adds `count`: how many records the filters hold in all.", examples=["exact"]),
    ] = None
    access: Annotated[OneOf[Access], Field(description="Only records of this access.", examples=[["public"]])] = None
    changed_since: Annotated[
        int | None,
        After("revision"),
        Field(description="Only records whose shown form changed after this revision.", ge=0, lt=2**63, examples=[0]),
    ] = None


MATCHES = ("stated", "certain", "possible")
"""How what is known within bounds only is read."""


class MatchQuery(ListQuery):
    """What a list takes whose numbers, dates or places may be known within bounds only."""

    match: Annotated[
        Literal["stated", "certain", "possible"] | None,
        Field(
            description="How the filters of days and values read what is known within bounds only: `stated` (by "
            "default) by the best value and the first day; `certain` where they hold for every value or day that the "
            "statement allows; `possible` where for at least one.",
            examples=["certain"],
        ),
    ] = None


VALUE_MIN = Field(description="Only numbers of at least so many, read as `match` says.", ge=0, lt=2**53, examples=[25])
VALUE_MAX = Field(description="Only numbers of at most so many, read as `match` says.", ge=0, lt=2**53, examples=[500])


class EstimateQuery(MatchQuery):
    """What every list of estimates takes."""

    value_min: Annotated[int | None, Value(side="least"), VALUE_MIN] = None
    value_max: Annotated[int | None, Value(side="most"), VALUE_MAX] = None

    basis: OneOf[Basis] = None
    qualifier: OneOf[Qualifier] = None
    tally: OneOf[Tally] = None
    source: Sources = None
    attributed_to: Actors = None
    originator: Annotated[
        list[Words] | None,
        SaidBy(),
        Field(
            description="Only numbers that one of these stands behind, as `originator` shows it: the party named, by "
            "its slug, else the authors or the publisher.",
            examples=[["Rudaw"]],
        ),
    ] = None
    missing_reason: OneOf[MissingReason] = None
    flag: Annotated[
        list[EstimateFlag] | None,
        Holds("flags"),
        Field(description="Only numbers with one of these cautions.", examples=[["bounds_by_editor"]]),
    ] = None
    from_: Annotated[
        Day | None,
        NotBefore("as_of_start"),
        Field(
            alias="from",
            description="Only numbers whose as-of date begins on that day or later.",
            examples=["2022-01-20"],
        ),
    ] = None
    to: Annotated[
        Day | None,
        NotAfter("as_of_start"),
        Field(description="Only numbers whose as-of date begins on that day or earlier.", examples=["2022-01-31"]),
    ] = None
    as_of: Annotated[
        Day | None,
        Field(
            description="Of each subject and group, only the statements ending latest on or before that day; all ties. "
            "One without a number, or one that adds to an earlier number, hides no other.",
            examples=["2022-01-24"],
        ),
    ] = None
    latest_per: Annotated[
        Literal["group", "originator", "source"] | None,
        Field(
            description="What `as_of` takes the latest of: each group (default of populations), or of each group each "
            "originator's (default of figures) or every source's. Without `as_of`, the day of the revision answered "
            "from.",
            examples=["originator"],
        ),
    ] = None


def listing_query(
    base: type[ListQuery],
    name: str,
    *,
    body: type[BaseModel],
    fields: Sequence[str],
    sorts: Sequence[str],
    includes: Sequence[str],
) -> type[ListQuery]:
    """The query class of a list, with what can be asked of `fields`, `sort` and `include` spelled out.

    A filter that says nothing of itself is described by the field it filters.
    """
    chosen = _chosen(fields, includes)
    for filtered, info in base.model_fields.items():
        if info.description is None and filtered in body.model_fields:
            of = body.model_fields[filtered]
            extra = of.json_schema_extra if isinstance(of.json_schema_extra, dict) else {}
            stated: Any = of.examples or extra.get("examples") or []
            examples: Any = [one for one in stated if one is not None]
            many = any(get_origin(kind) is list for kind in get_args(info.annotation))
            described = Field(
                description=f"Only records with one of these as `{filtered}`: {_lowered(of.description or '')}",
                examples=[examples] if many and examples else examples,
            )
            chosen[filtered] = (Annotated[info.annotation, *info.metadata, described], None)
    orders = tuple(order for key in sorts for order in (key, f"-{key}"))
    chosen["sort"] = (
        Annotated[
            one_of(orders) | None,
            Field(
                description="The order, `-` for descending; every order ends in `id`.",
                examples=[[orders[0]]],
                max_length=MOST_SORTS,
            ),
        ],
        None,
    )
    return create_model(f"{name}Query", __base__=base, **chosen)


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def record_query(name: str, *, fields: Sequence[str], includes: Sequence[str]) -> type[RecordQuery]:
    """The query class of one record."""
    return create_model(f"{name}RecordQuery", __base__=RecordQuery, **_chosen(fields, includes))


def _chosen(fields: Sequence[str], includes: Sequence[str]) -> dict[str, Any]:
    trimmed = Field(description="Trim the answer to these fields.", examples=[[fields[0]]])
    included = Field(
        description="Bring the records mentioned too, each once; `all` for every kind.",
        examples=[[[*includes, "all"][0]]],
    )
    return {
        "fields": (Annotated[one_of(fields) | None, trimmed], None),
        "include": (Annotated[one_of((*includes, "all")) | None, included], None),
    }


def one_of(words: Sequence[str]) -> Any:
    """The type of a parameter that takes several of these words."""
    return list[Literal[tuple(words)]]  # type: ignore[misc]


def conditions(query: type[BaseModel]) -> dict[str, Condition]:
    """The filters of a query class, by parameter."""
    return {
        name: condition
        for name, info in query.model_fields.items()
        for condition in info.metadata
        if isinstance(condition, Condition)
    }
