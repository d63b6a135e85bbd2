"""Numbers as a JSON body writes them: neither a truth value nor a number of Python's own spelling is one."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError(f"{str(value).lower()} is not a number")  # noqa: TRY004  (pydantic reports a ValueError alone)
    if isinstance(value, str) and "_" in value:
        raise ValueError(f"{value[:80]!r} is not a number")
    return value


def lean(value: float) -> float | int:
    """A number without a needless fraction, and no more digits than both engines keep."""
    return int(value) if value.is_integer() else float(f"{value:.15g}")


Whole = Annotated[int, BeforeValidator(_plain)]
Decimal = Annotated[float, BeforeValidator(_plain)]
Number = Annotated[float, BeforeValidator(_plain), AfterValidator(lean)]
"""A number that may have a fraction; without one it is whole."""
