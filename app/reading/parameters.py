"""A query string read into parameters; every fault is named at once."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeVar, get_args, get_origin
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError

from app.database.codes import VOCABULARIES
from app.errors import BadInput, Fault, unlisted

M = TypeVar("M", bound=BaseModel)


MOST_PARAMETERS = 50
"""How many parameters an address takes."""


MOST_VALUES = 100
"""How many values one parameter takes, and all together that take several."""


LONGEST_KEPT = 500
"""Bytes of the longest query string that is remembered with what it says."""


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
