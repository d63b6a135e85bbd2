"""Codes: text that says one of a closed list of things, each with its one-line definition.

The enum that validates a field is the one `GET /v1/vocabularies` serves and the one the CHECK constraint is made from.
A list's public name is its class name in kebab case: `FacilityKind` is `facility-kind`. Codes of one noun stand in that
noun's `codes.py`; those that several share stand with what they describe: estimates, history, records.
"""

import re
from enum import StrEnum
from typing import Self

VOCABULARIES: dict[str, type["Code"]] = {}


class Code(StrEnum):
    """A closed list of codes; every member carries its definition."""

    definition: str

    def __new__(cls, code: str, definition: str = "") -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.definition = definition
        return member

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        VOCABULARIES[re.sub(r"(?<=[a-z])(?=[A-Z])", "-", cls.__name__).lower()] = cls
