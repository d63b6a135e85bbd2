"""A query string read into parameters; every fault is named at once."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeVar, get_args, get_origin
from urllib.parse import unquote_plus

from pydantic import BaseModel, ValidationError

from app.database.codes import VOCABULARIES
from app.errors import BadInput, Fault, article, sentence_of, unlisted

M = TypeVar("M", bound=BaseModel)
MOST_PARAMETERS = 50
"""How many parameters an address takes."""
MOST_VALUES = 100
"""How many values one parameter takes, and all together that take several."""
MOST_NEAR = 5
"""For how many faults of an address near names are looked for."""
LONGEST_CACHED = 500
"""Bytes of the longest query string that is remembered with what it says."""
COMMA_HINT = "an encoded comma is a letter: repeat the parameter, or put a plain comma between its values"
"""What a client is told whose value holds a comma that no value can hold."""


def parse_query(model: type[M], query_string: bytes) -> tuple[Mapping[str, Any], M]:
    """The parameters of a query string, as they are stated and as values; raises `BadInput` naming every fault at once.

    A parameter that takes several values is a list: it may be repeated, or have commas between values. Requests with
    one query string share what comes back: it is never changed.
    """
    parse = _parse_cached if len(query_string) <= LONGEST_CACHED else _parse
    return parse(model, query_string)  # type: ignore[return-value]


def _parse(model: type[BaseModel], query_string: bytes) -> tuple[Mapping[str, Any], BaseModel]:
    parameters: dict[str, Any] = {}
    faults = []
    for pair in filter(None, query_string.decode("latin-1").split("&")):
        name, _, encoded = pair.partition("=")
        name, value = unquote_plus(name), unquote_plus(encoded)
        if "\0" in value:
            faults.append(Fault("a value must be text without NUL", parameter=name[:80]))
        elif name in several(model):
            # A comma parts values where it stands as itself; an encoded one is a letter of its value.
            parameters.setdefault(name, []).extend(map(unquote_plus, encoded.split(",")))
        elif name in parameters:
            faults.append(Fault(f"{name[:80]} takes one value", parameter=name[:80]))
        else:
            parameters[name] = value
    faults += _too_many(model, parameters)
    try:
        query = model.model_validate(parameters)
    except ValidationError as error:
        raise BadInput.of([*faults, *_faults(model, error)]) from None
    if faults:
        raise BadInput.of(faults)
    return parameters, query


def _too_many(model: type[BaseModel], parameters: dict[str, Any]) -> list[Fault]:
    """What is more than an address takes; of parameters with too many values one is left."""
    if len(parameters) > MOST_PARAMETERS:
        # Not every one is named: the answer would be longer than the address.
        raise BadInput(f"An address takes at most {MOST_PARAMETERS} parameters; this one has {len(parameters)}.")
    counts = {name: len(parameters[name]) for name in sorted(several(model) & parameters.keys())}
    messages = {name: f"{name} takes at most {MOST_VALUES} values" for name in counts if counts[name] > MOST_VALUES}
    if not messages and sum(counts.values()) > MOST_VALUES:
        together = f"all parameters together take at most {MOST_VALUES} values"
        messages = {name: together for name in counts if counts[name] > 1}
    for name in messages:
        parameters[name] = parameters[name][:1]
    return [Fault(message, parameter=name) for name, message in messages.items()]


_parse_cached = lru_cache(maxsize=4096)(_parse)
_several: dict[type[BaseModel], frozenset[str]] = {}


def several(model: type[BaseModel]) -> frozenset[str]:
    """The names of the parameters that take several values."""
    if model not in _several:
        _several[model] = frozenset(
            info.alias or name
            for name, info in model.model_fields.items()
            if any(get_origin(side) is list for side in (info.annotation, *get_args(info.annotation)))
        )
    return _several[model]


def _faults(model: type[BaseModel], error: ValidationError) -> Iterator[Fault]:
    """One fault for each value, though a value that may be of several kinds fails each of them."""
    by_value: dict[tuple[Any, ...], list[Any]] = {}
    for fault in error.errors(include_url=False):
        where = fault["loc"][: 2 if len(fault["loc"]) > 1 and isinstance(fault["loc"][1], int) else 1]
        by_value.setdefault(where, []).append(fault)
    for near, ((name, *_), faults) in enumerate(by_value.items()):
        message = sentence_of(faults[-1])
        codes = [
            code.strip("' ")
            for fault in faults
            if fault["type"] in {"enum", "literal_error"}
            for code in fault["ctx"]["expected"].replace(" or ", ", ").split(",")
        ]
        if codes == ["total"] and faults[-1]["type"] != "literal_error":
            message = f"{message}, or total"
        if near >= MOST_NEAR:
            # To look for near names takes time; whoever has so many wrong has seen what they look like.
            pass
        elif faults[0]["type"] == "extra_forbidden":
            message = unlisted(
                "a parameter here", name, (info.alias or key for key, info in model.model_fields.items())
            )
        elif codes and faults[-1]["type"] in {"enum", "literal_error"}:
            lists = {name: list(listed) for name, listed in VOCABULARIES.items()}
            of = next(
                (article(name) for name, listed in lists.items() if codes in (listed, ["total", *listed])),
                f"a value of {name}",
            )
            message = unlisted(of, str(faults[-1]["input"]), codes)
        if name in several(model) and "," in str(stated := faults[-1]["input"]) and isinstance(stated, str):
            message = f"{message.removesuffix('.')}; {COMMA_HINT}"
        yield Fault(message, parameter=str(name)[:80])
