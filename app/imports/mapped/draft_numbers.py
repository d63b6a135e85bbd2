"""What parts a fraction in the numbers of a file, as far as they tell."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from app.imports.mapped.loading import TO_DO

OTHER = {",": ".", ".": ","}
_NUMBER = re.compile(r"[-<>=~≈≤≥ ]*([0-9]+(?:[.,][0-9]+)*)")


class Signs(NamedTuple):
    """What some numbers tell of their signs."""

    parts: frozenset[str]
    """The signs that part a fraction."""
    unclear: frozenset[str]
    """Those that stand once, before three digits: they group thousands, or part a fraction."""


def signs_of(texts: Iterable[str]) -> Signs:
    """What numbers tell of their signs."""
    parts, unclear = set[str](), set[str]()
    for text in texts:
        found = _NUMBER.fullmatch(text)
        signs = re.findall("[.,]", found[1]) if found is not None else []
        if found is None or not signs:
            continue
        whole, last = re.split("[.,]", found[1])[0], re.split("[.,]", found[1])[-1]
        if len(set(signs)) > 1:
            parts.add(signs[-1])
        elif len(signs) > 1:
            parts.add(OTHER[signs[0]])
        elif len(last) != 3 or len(whole) > 3 or whole == "0":
            parts.add(signs[0])
        else:
            unclear.add(signs[0])
    return Signs(frozenset(parts), frozenset(unclear))


def decimal_of(counts: Signs, numbers: Signs) -> str | None:
    """The line that says what parts a fraction, of what the numbers tell that count people, and all of them.

    What counts people has no fraction, so a sign before three digits groups there; nothing where there is no sign that
    needs a word.
    """
    if len(numbers.parts) > 1 or len(counts.unclear) > 1:
        return "# decimal: '.' or ','?  Both stand in numbers of this file."
    sign = next(iter(numbers.parts), None) or next((OTHER[one] for one in counts.unclear), None)
    if sign is None:
        return None
    if sign in counts.unclear:
        return f"decimal: {TO_DO}, for {sign!r} groups the thousands of some numbers, and parts a fraction in others"
    if sign == "." and not counts.unclear:
        return None
    comment = "  # so that what stands before three digits groups thousands" if counts.unclear else ""
    return f"decimal: '{sign}'{comment}"
