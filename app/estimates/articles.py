"""The article that English puts before some names: `the SDF`, `the United Nations`; not before `ISIS` or `Turkey`."""

import re
from functools import lru_cache

HEADS = frozenset(
    [
        "Administration",
        "Agency",
        "Alliance",
        "Army",
        "Association",
        "Authority",
        "Board",
        "Brigade",
        "Brigades",
        "Bureau",
        "Cabinet",
        "Center",
        "Centre",
        "Coalition",
        "Command",
        "Commission",
        "Committee",
        "Congress",
        "Council",
        "Court",
        "Department",
        "Departamento",
        "Directorate",
        "Division",
        "Federation",
        "Force",
        "Forces",
        "Foundation",
        "Front",
        "Government",
        "Guard",
        "Guards",
        "Institute",
        "League",
        "Library",
        "Militia",
        "Ministry",
        "Mission",
        "Movement",
        "Nations",
        "Network",
        "Observatory",
        "Office",
        "Organisation",
        "Organization",
        "Parliament",
        "Party",
        "Police",
        "Program",
        "Programme",
        "Project",
        "Regiment",
        "Republic",
        "Secretariat",
        "Service",
        "Services",
        "Society",
        "Union",
        "Unit",
        "Units",
        "coalition",
        "government",
        "ministry",
    ]
)
"""Nouns that a name with an article is built on; names written small take one with few of them."""
STATES = frozenset(
    {
        *("Bahamas", "Central African Republic", "Comoros", "Czech Republic", "Democratic Republic of the Congo"),
        *("Dominican Republic", "Gambia", "Maldives", "Netherlands", "Philippines", "Soviet Union"),
        *("United Arab Emirates", "United Kingdom", "United States", "United States of America"),
    }
)
_HEAD = re.compile(r"^(.*?)(?: of | for | to |, | \(|$)")
_SPELLED = re.compile(r"[A-Z]{2}|[B-DF-HJ-NP-TV-XZ]{3,6}")
"""Letters that are said one by one: two, or several without a vowel."""


@lru_cache(maxsize=16_384)
def with_article(name: str, full: str | None = None) -> str:
    """A name as it stands inside a sentence; `full` is the long form of a short one."""
    return f"the {name}" if _takes_article(name, full or name) else name


def _takes_article(name: str, full: str) -> bool:
    if name.lower().startswith("the "):
        return False
    if _SPELLED.fullmatch(name):
        # An abbreviation takes the article of what it stands for.
        return name == full or _takes_article(full, full)
    if name.isupper() and " " not in name:
        return False
    if name in STATES:
        return True
    head = (_HEAD.match(name) or [name, name])[1].split()
    return bool(head) and head[-1] in HEADS


def possessive(name: str) -> str:
    """A name as an owner."""
    return f"{name}'" if name.endswith("s") else f"{name}'s"
