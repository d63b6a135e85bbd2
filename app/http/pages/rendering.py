"""From what a page shows to its HTML: one environment of templates, every text escaped."""

from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.catalogue.collections import COLLECTIONS
from app.database.codes import VOCABULARIES
from app.http.pages import words
from app.http.pages.asking import Page
from app.http.pages.charts import bar

TEMPLATES: Final = Path(__file__).parent / "templates"
WHO_SAYS_IT: Final = ("actors", "sources")
"""What comes after all that is said."""


@cache
def environment() -> Environment:
    """The templates, with the words that they use."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        name: getattr(words, name)
        for name in ("code", "number", "day", "moment", "country", "direction", "listed", "measure", "short_day")
    }
    made.filters |= {"segment": lambda text: quote(str(text), safe="")}
    made.globals |= {
        "named": words.named,
        "bounds": words.bounds,
        "sum_bounds": words.sum_bounds,
        "bar": bar,
        "definition": definition,
        "navigation": sorted(COLLECTIONS, key=WHO_SAYS_IT.count),
    }
    return made


@cache
def definition(vocabulary: str, code: str) -> str:
    """What a code means."""
    return next((one.definition for one in VOCABULARIES[vocabulary] if str(one) == code), "")


@cache
def version() -> str:
    """A digest of what pages are made with: their bytes change when it does."""
    files = sorted(Path(__file__).parent.glob("*.py")) + sorted(TEMPLATES.iterdir())
    return blake2b(b"".join(path.read_bytes() for path in files), digest_size=6).hexdigest()


def render(page: Page, around: Mapping[str, Any]) -> bytes:
    """A page as HTML; `around` is what all pages have: name of the register, address, revision, licence."""
    text = environment().get_template(page.template).render(**page.content, **around)
    return "\n".join(line for line in map(str.strip, text.splitlines()) if line).encode()
