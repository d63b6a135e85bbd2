"""Text as the register stores and compares it: in one Unicode form, with nothing invisible around it."""

import re
from typing import Any
from unicodedata import normalize

# Blanks, and the marks that show nothing: zero-width space and joiners, direction marks, soft hyphen, byte order mark.
_INVISIBLE = r"\u00ad\u200b-\u200f\u2060\ufeff"
_AROUND = re.compile(rf"^[\s{_INVISIBLE}]+|[\s{_INVISIBLE}]+$")
_MARKS = re.compile(rf"[{_INVISIBLE}]")


def tidy(text: str) -> str:
    """A text in NFC, without blanks and invisible marks around it: two spellings that look the same are the same."""
    return text.strip() if text.isascii() else _AROUND.sub("", normalize("NFC", text))


def folded(text: str) -> str:
    """A text as it is compared: in NFC, each run of blanks one blank, without any invisible mark."""
    if not text.isascii():
        text = _MARKS.sub("", normalize("NFC", text))
    return " ".join(text.split())


def tidied(value: Any) -> Any:
    """A JSON value with each text in it tidy; keys are codes and stay as they are."""
    if isinstance(value, str):
        # A code is a text of a class of its own, and tidy.
        return tidy(value) if type(value) is str else value
    if isinstance(value, list):
        return [tidied(inner) for inner in value]
    if isinstance(value, dict):
        return {key: tidied(inner) for key, inner in value.items()}
    return value
