"""What every list takes, the query string made canonical, and the cursor that walks a list at one revision."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin
from urllib.parse import parse_qsl, quote_plus

import orjson
from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from app.codes import VOCABULARIES, Access, Basis, EstimateFlag, Qualifier, Tally
from app.errors import BadInput, Fault, unlisted
from app.filters import Actors, After, Condition, Day, Holds, NotAfter, NotBefore, OneOf, Sources
from app.formats import Format

M = TypeVar("M", bound=BaseModel)

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


class EstimateQuery(ListQuery):
    """What every list of estimates takes."""

    basis: OneOf[Basis] = None
    qualifier: OneOf[Qualifier] = None
    tally: OneOf[Tally] = None
    source: Sources = None
    attributed_to: Actors = None
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
            description="Of each subject and group, only the statements ending latest on or before that day; all ties.",
            examples=["2022-01-24"],
        ),
    ] = None
    latest_per: Annotated[
        Literal["group", "originator", "source"] | None,
        Field(
            description="What `as_of` takes the latest of: each group (default), or of each group each originator's or "
            "every source's. Without `as_of`, the day of the revision answered from.",
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
    formats: Mapping[str, Format],
) -> type[ListQuery]:
    """The query class of a list, with what can be asked of `fields`, `sort` and `include` spelled out.

    A filter that says nothing of itself is described by the field it filters.
    """
    chosen = _chosen(fields, includes, formats)
    for filtered, info in base.model_fields.items():
        if info.description is None and filtered in body.model_fields:
            of = body.model_fields[filtered]
            extra = of.json_schema_extra if isinstance(of.json_schema_extra, dict) else {}
            examples: Any = of.examples or extra.get("examples") or []
            many = any(get_origin(kind) is list for kind in get_args(info.annotation))
            told = Field(
                description=f"Only records with one of these as `{filtered}`: {_lowered(of.description or '')}",
                examples=[examples] if many else examples,
            )
            chosen[filtered] = (Annotated[info.annotation, *info.metadata, told], None)
    orders = tuple(order for key in sorts for order in (key, f"-{key}"))
    chosen["sort"] = (
        Annotated[
            one_of(orders) | None,
            Field(description="The order, `-` for descending; every order ends in `id`.", examples=[[orders[0]]]),
        ],
        None,
    )
    return create_model(f"{name}Query", __base__=base, **chosen)


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def record_query(
    name: str, *, fields: Sequence[str], includes: Sequence[str], formats: Mapping[str, Format]
) -> type[RecordQuery]:
    """The query class of one record."""
    return create_model(f"{name}RecordQuery", __base__=RecordQuery, **_chosen(fields, includes, formats))


def _chosen(fields: Sequence[str], includes: Sequence[str], formats: Mapping[str, Format]) -> dict[str, Any]:
    trimmed = Field(description="Trim the answer to these fields.", examples=[[fields[0]]])
    included = Field(
        description="Bring the records mentioned too, each once; `all` for every kind.",
        examples=[[[*includes, "all"][0]]],
    )
    told = " ".join(f"`{name}`: {one.about}" for name, one in formats.items())
    formed = Field(
        description=f"The format; without it `Accept` decides. All but JSON hold the whole filtered set. {told}",
        examples=["csv"],
    )
    return {
        "format": (Annotated[Literal[tuple(formats)] | None, formed], None),
        "fields": (Annotated[one_of(fields) | None, trimmed], None),
        "include": (Annotated[one_of((*includes, "all")) | None, included], None),
    }


def one_of(words: Sequence[str]) -> Any:
    """The type of a parameter that takes several of these words."""
    return list[Literal[tuple(words)]]  # type: ignore[misc]


# --- reading a query ---------------------------------------------------------------------------------------------


MOST_PARAMETERS = 50
"""How many parameters an address takes."""
MOST_VALUES = 100
"""How many values one parameter takes, and all together that take several."""


LONGEST_KEPT = 500
"""Bytes of the longest query string that is remembered with what it says."""


def asked_of(query: type[M], request: Request) -> tuple[Mapping[str, Any], M]:
    """The parameters of a request, as sent and as checked; raises `BadInput` naming every fault at once."""
    return asked_in(query, request.scope["query_string"])


def asked_in(query: type[M], raw: bytes) -> tuple[Mapping[str, Any], M]:
    """The parameters of a query string; raises `BadInput` naming every fault at once.

    A parameter that takes several values is a list as sent: repeated, or with commas between. Requests with one query
    string share what comes back: it is never changed.
    """
    sent, asked = (_remembered if len(raw) <= LONGEST_KEPT else _asked)(query, raw)
    return sent, asked  # type: ignore[return-value]


def _asked(query: type[BaseModel], raw: bytes) -> tuple[Mapping[str, Any], BaseModel]:
    sent: dict[str, Any] = {}
    faults = []
    for name, value in parse_qsl(raw.decode("latin-1"), keep_blank_values=True):
        if "\0" in value:
            faults.append(Fault("a value must be text without NUL", parameter=name[:80]))
        elif name in several(query):
            sent.setdefault(name, []).extend(value.split(","))
        elif name in sent:
            faults.append(Fault(f"{name[:80]} takes one value", parameter=name[:80]))
        else:
            sent[name] = value
    faults += _too_many(query, sent)
    try:
        asked = query.model_validate(sent)
    except ValidationError as error:
        raise BadInput.of([*faults, *_faults(query, error)]) from None
    if faults:
        raise BadInput.of(faults)
    return sent, asked


def _too_many(query: type[BaseModel], sent: dict[str, Any]) -> list[Fault]:
    """What is more than an address takes; of parameters with too many values one is left."""
    if len(sent) > MOST_PARAMETERS:
        # Not every one is named: the answer would be longer than what was sent.
        raise BadInput(f"An address takes at most {MOST_PARAMETERS} parameters; this one has {len(sent)}.")
    counts = {name: len(sent[name]) for name in sorted(several(query) & sent.keys())}
    told = {name: f"{name} takes at most {MOST_VALUES} values" for name in counts if counts[name] > MOST_VALUES}
    if not told and sum(counts.values()) > MOST_VALUES:
        all_told = f"all parameters together take at most {MOST_VALUES} values"
        told = {name: all_told for name in counts if counts[name] > 1}
    for name in told:
        sent[name] = sent[name][:1]
    return [Fault(one, parameter=name) for name, one in told.items()]


_remembered = lru_cache(maxsize=4096)(_asked)

_several: dict[type[BaseModel], frozenset[str]] = {}


def several(query: type[BaseModel]) -> frozenset[str]:
    """The names of the parameters that take several values."""
    if query not in _several:
        _several[query] = frozenset(
            info.alias or name
            for name, info in query.model_fields.items()
            if any(get_origin(side) is list for side in (info.annotation, *get_args(info.annotation)))
        )
    return _several[query]


def _faults(query: type[BaseModel], error: ValidationError) -> Iterator[Fault]:
    """One fault for each value, though a value that may be of several kinds fails each of them."""
    by_value: dict[tuple[Any, ...], list[Any]] = {}
    for fault in error.errors(include_url=False):
        where = fault["loc"][: 2 if len(fault["loc"]) > 1 and isinstance(fault["loc"][1], int) else 1]
        by_value.setdefault(where, []).append(fault)
    for (name, *_), faults in by_value.items():
        told = str(faults[-1]["msg"]).removeprefix("Value error, ")
        codes = [
            code.strip("' ")
            for fault in faults
            if fault["type"] in {"enum", "literal_error"}
            for code in fault["ctx"]["expected"].replace(" or ", ", ").split(",")
        ]
        if faults[0]["type"] == "extra_forbidden":
            told = unlisted("a parameter here", name, (info.alias or key for key, info in query.model_fields.items()))
        elif codes and faults[-1]["type"] in {"enum", "literal_error"}:
            lists = {name: list(listed) for name, listed in VOCABULARIES.items()}
            of = next(
                (f"a {name}" for name, listed in lists.items() if codes in (listed, ["total", *listed])),
                f"a value of {name}",
            )
            told = unlisted(of, str(faults[-1]["input"]), codes)
        yield Fault(told, parameter=str(name)[:80])


def conditions(query: type[BaseModel]) -> dict[str, Condition]:
    """The filters of a query class, by parameter."""
    return {
        name: condition
        for name, info in query.model_fields.items()
        for condition in info.metadata
        if isinstance(condition, Condition)
    }


ORDERED = frozenset({"sort", "fields", "include"})
_UNRESERVED = re.compile(r"[A-Za-z0-9_.~-]*").fullmatch
MOMENT = frozenset({"revision", "known_at", "cursor"})


def canonical(path: str, sent: Mapping[str, Any], **instead: Any) -> str:
    """The address of an answer: parameters by name, values of a set in order, `instead` in place of what was sent."""
    pairs = [
        f"{name}={_spelt(str(value))}"
        for name, values in sorted((dict(sent) | instead).items())
        for value in ((values if name in ORDERED else sorted(set(values))) if isinstance(values, list) else [values])
    ]
    return f"{path}?{'&'.join(pairs)}" if pairs else path


def _spelt(value: str) -> str:
    """A value as it stands in an address."""
    return value if _UNRESERVED(value) else quote_plus(value)


def pinned(path: str, sent: Mapping[str, Any], revision: int, **instead: Any) -> str:
    """The address that gives the answer of that revision for ever."""
    if not sent and not instead:
        return f"{path}?revision={revision}"
    return canonical(
        path, {name: value for name, value in sent.items() if name != "known_at"}, revision=revision, **instead
    )


# --- the cursor --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cursor:
    """Where a walk stands: the keys of the last record shown, and the revision the walk began with."""

    revision: int
    keys: tuple[Any, ...]

    def text(self, filters: str) -> str:
        """The cursor as sent, bound to its filters."""
        body = orjson.dumps([self.revision, *self.keys])
        return urlsafe_b64encode(_seal(body, filters) + body).rstrip(b"=").decode()


def cursor_of(text: str, filters: str) -> Cursor:
    """The cursor that was sent; raises `BadInput` when it is not one of these filters'."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        seal, body = raw[:8], raw[8:]
        revision, *keys = orjson.loads(body if _seal(body, filters) == seal else b"null")
    except (ValueError, TypeError):
        raise not_of_this_list() from None
    if type(revision) is not int or not 1 <= revision < 2**63:
        raise not_of_this_list()
    return Cursor(revision, tuple(keys))


def not_of_this_list() -> BadInput:
    """The error for a cursor that belongs elsewhere."""
    fault = "the cursor is not one of this list with these filters, order and revision; begin at the first page"
    return BadInput.of([Fault(fault, parameter="cursor")])


def _seal(body: bytes, filters: str) -> bytes:
    return blake2b(body, key=blake2b(filters.encode()).digest(), digest_size=8).digest()


def filters_text(path: str, sent: Mapping[str, Any]) -> str:
    """What a cursor is bound to: the list, its filters and its order."""
    loose = MOMENT | {"limit", "fields", "include", "count"}
    return canonical(path, {name: value for name, value in sent.items() if name not in loose})
