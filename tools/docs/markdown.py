"""What the pages of documentation that are made from the code consist of, as Markdown."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from pydantic import BaseModel

NOTE: Final = "<!-- Made from the code by `make docs`: change it there. -->"


def page(title: str, about: str, *parts: str) -> str:
    """A page: its title, what it is about, its paragraphs, tables and headings."""
    return "\n\n".join([f"# {title}", NOTE, *(_flowed(part) for part in (about, *parts) if part)]) + "\n"


def _flowed(part: str) -> str:
    """A part's lines without the indentation of the code they stood in."""
    return re.sub(r"\n +", "\n", part)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(words: str) -> str:
    return re.sub(r"\s+", " ", words).replace("|", "\\|").strip()


def members(model: type[BaseModel]) -> str:
    """The members of a JSON object, as its model describes them."""
    return table(("member", "is"), [(f"`{name}`", str(info.description)) for name, info in model.model_fields.items()])


def capital(words: str) -> str:
    """Words that begin a sentence."""
    return words[:1].upper() + words[1:]


def codes(words: Iterable[str]) -> str:
    """Words as code, one after the other."""
    return ", ".join(f"`{word}`" for word in words)
