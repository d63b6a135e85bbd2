"""The canonical address of an answer, and the one that gives it for ever."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus

ORDERED = frozenset({"sort", "fields", "include"})
_UNRESERVED = re.compile(r"[A-Za-z0-9_.~-]*").fullmatch
MOMENT = frozenset({"revision", "known_at", "cursor"})


def canonical(path: str, parameters: Mapping[str, Any], **instead: Any) -> str:
    """The address of an answer: parameters by name, values of a set in order, `instead` in place of what was asked."""
    pairs = [
        f"{name}={_encoded(str(value))}"
        for name, values in sorted((dict(parameters) | instead).items())
        for value in ((values if name in ORDERED else sorted(set(values))) if isinstance(values, list) else [values])
    ]
    return f"{path}?{'&'.join(pairs)}" if pairs else path


def _encoded(value: str) -> str:
    """A value as it stands in an address."""
    return value if _UNRESERVED(value) else quote_plus(value)


def permalink(path: str, parameters: Mapping[str, Any], revision: int, **instead: Any) -> str:
    """The address that gives the answer of that revision for ever."""
    if not parameters and not instead:
        return f"{path}?revision={revision}"
    return canonical(
        path, {name: value for name, value in parameters.items() if name != "known_at"}, revision=revision, **instead
    )
