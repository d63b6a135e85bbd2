"""The rows of the reference event as a register must answer them.

Every row has the name its table gives it; a row that states several things (R2, R4, the H rows) stands here several
times. The tables are in `tests.reference.tables`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.reference.tables import (
    ACTORS_TABLE,
    CLAIMS_TABLE,
    FACILITIES_TABLE,
    FIGURES_TABLE,
    INCIDENT,
    LOCATORS_TABLE,
    NOTES_TABLE,
    PARTIES_TABLE,
    POPULATIONS_TABLE,
    PRISON,
    SOURCES_TABLE,
    TIMELINE_TABLE,
    WING,
)


@dataclass(frozen=True)
class Row:
    """One row: how to find it, and what must stand there."""

    name: str
    collection: str
    find: dict[str, Any]
    """What identifies the record: its slug, or values that exactly one record of the answer has."""
    expect: dict[str, Any] = field(default_factory=dict)
    part: str = ""
    """Which of the things that the row states, where it states several."""
    says: tuple[str, ...] = ()
    """Words that its text must hold, whatever their case."""
    edited: bool = False
    """The bounds are the editor's: marked `ed.` in the tables."""
    hedged: bool = False
    """Attributed to nobody the register knows: an `attribution_note` says how."""

    def __str__(self) -> str:
        return f"{self.name} {self.part}".strip()


# --- the tables read ---------------------------------------------------------------------------------------------


def _lines(table: str, columns: int) -> Iterator[tuple[list[str | None], dict[str, str]]]:
    """The columns of each line, and the `key=value` ones after them."""
    for line in table.strip().splitlines():
        cells = line.split(" | ")
        options = dict(cell.split("=", 1) for cell in cells[columns:])
        yield [None if cell == "-" else cell for cell in cells[:columns]], options


def _several(cell: str | None) -> tuple[str, ...]:
    return tuple(cell.split("; ")) if cell else ()


def _named(cell: str | None) -> tuple[str, str]:
    """The row's name, and which part of it."""
    name, _, part = (cell or "").partition(" ")
    return name, part


def _bounds(cell: str | None) -> tuple[dict[str, Any], bool]:
    """`low / best / high qualifier`, and whether they are the editor's."""
    low, best, high = (cell or "").split(" / ")
    high, qualifier, *editor = high.split(" ")
    bounds = dict(
        zip(("low", "best", "high"), (None if end == "-" else int(end) for end in (low, best, high)), strict=True)
    )
    return {**bounds, "qualifier": qualifier}, editor == ["ed."]


DAYS = {
    "2022-01-20/2022-01-30": ("2022-01-20", "2022-01-30"),
    "2019-09": ("2019-09-01", "2019-09-30"),
    "2020-01": ("2020-01-01", "2020-01-31"),
}
"""The first and last day of the dates that are not one day."""


def _dates(as_of: str | None) -> dict[str, Any]:
    start, end = DAYS.get(as_of or "", (as_of, as_of))
    return {"as_of": as_of, "as_of_start": start, "as_of_end": end}


def _where() -> Iterator[tuple[str, str]]:
    for (place, rows), _ in _lines(LOCATORS_TABLE, 2):
        for row in _several(rows):
            yield row, str(place)


def _point(cell: str | None) -> tuple[float | None, float | None, str]:
    """`latitude longitude precision` as the public sees them."""
    if cell is None:
        return None, None, "unknown"
    latitude, longitude, precision = cell.split()
    return float(latitude), float(longitude), precision


WHERE = dict(_where())
"""The place in its document where each number stands, by row."""
NOTES = {str(row): _several(words) for (row, words), _ in _lines(NOTES_TABLE, 2)}
"""What the note of a number must tell, by row."""
SLUGS = {str(cells[0]): str(cells[1]) for cells, _ in _lines(SOURCES_TABLE, 7)}
"""The slugs of the sources, by row."""
SUBJECTS = {str(cells[0]): str(cells[1]) for cells, _ in _lines(FACILITIES_TABLE, 10)} | {"I1": INCIDENT}
"""The slugs of what claims are about, by row."""


def _sources() -> Iterator[Row]:
    for (name, slug, publisher, author, published_on, url, title), _ in _lines(SOURCES_TABLE, 7):
        expect: dict[str, Any] = {"publisher": publisher, "published_on": published_on, "url": url}
        expect |= {"authors": list(_several(author)), "title": (title or "").replace("¦", "|")}
        expect |= {"views_of": "authors" if name == "S1" else "publisher"}
        part = "source" if str(name).startswith("H") else ""
        yield Row(str(name), "sources", {"slug": slug}, expect, part)


def _actors() -> Iterator[Row]:
    for (name, slug, words, kind, part_of), _ in _lines(ACTORS_TABLE, 5):
        yield Row(str(name), "actors", {"slug": slug}, {"kind": kind, "part_of": part_of}, says=_several(words))


def _facilities() -> Iterator[Row]:
    for cells, fields in _lines(FACILITIES_TABLE, 10):
        name, slug, level, parent, kind, built_as, operator, supported_by, where, words = cells
        expect: dict[str, Any] = {"level": level, "parent": parent, "kind": kind, "built_as": built_as}
        expect["operator"] = operator
        expect |= zip(("admin1_code", "admin2_code"), fields.get("codes", "").split() or (None, None), strict=True)
        expect |= zip(("latitude", "longitude", "location_precision"), _point(fields.get("point")), strict=True)
        places = (None if place == "-" else place for place in _several(where))
        lists: dict[str, Any] = {"supported_by": list(_several(supported_by))}
        lists |= zip(("country", "admin1", "admin2", "place"), places, strict=True)
        yield Row(str(name), "facilities", {"slug": slug}, expect | lists, says=_several(words))


def _populations() -> Iterator[Row]:
    for (label, facility, source, words, bounds, as_of), fields in _lines(POPULATIONS_TABLE, 6):
        name, part = _named(label)
        stated, edited = _bounds(bounds)
        hedged = fields.pop("hedged", "") == "yes"
        columns = {"measure": "held", "statistic": "point", "period_start": None, "sex": None, "legal_status": None}
        columns |= {"nationality": None, "affiliation": None} | (
            {"group": fields["group"]} if "group" in fields else {}
        )
        group = columns | {key: value for key, value in fields.items() if key in columns}
        dimensions = {key: value for key, value in fields.items() if key not in {*columns, "max_age"}}
        ages = {"min_age": None, "max_age": int(fields["max_age"]) if "max_age" in fields else None}
        find = {"source": SLUGS[str(source)], "as_written": words, "measure": group["measure"]}
        expect = {
            "facility": facility,
            "attributed_to": None,
            "tally": "total",
            "basis": "reported",
            "access": "public",
        }
        expect |= group | ages | stated | _dates(as_of) | {"dimensions": dimensions, "locator": WHERE[str(label)]}
        yield Row(name, "populations", find, expect, part, NOTES.get(str(label), ()), edited, hedged)


def _incidents() -> Iterator[Row]:
    expect = {
        "kinds": ["armed_attack", "prison_break", "riot", "hostage_taking"],
        "outcome": "partly",
        "started": "2022-01-20",
        "started_earliest": "2022-01-20",
        "started_latest": "2022-01-20",
        "part_of_day": "evening",
        "status": "ended",
        "status_as_of": "2022-01-30",
        "country": "SYR",
        "admin1": "Al-Hasakeh",
        "admin2": "Al-Hasakeh",
        "admin1_code": "SY08",
        "admin2_code": "SY0800",
        "place": "al-Hasakeh",
        "facilities": [{"facility": PRISON, "role": "site"}, {"facility": WING, "role": "site"}],
        "sources": [slug for name, slug in SLUGS.items() if name.startswith("S")],
    }
    yield Row(
        "I1", "incidents", {"slug": INCIDENT}, expect, says=("29 January", "30 January", "31 January", "disputed too")
    )


def _timeline() -> Iterator[Row]:
    for (name, order, day, part_of_day, source, words), _ in _lines(TIMELINE_TABLE, 6):
        expect = {"date": day, "part_of_day": part_of_day, "source": SLUGS[str(source)]}
        yield Row(str(name), "timeline", {"order": int(str(order))}, expect, says=_several(words))


def _parties() -> Iterator[Row]:
    for (label, actor, role, standing, words), _ in _lines(PARTIES_TABLE, 5):
        find = {"actor": actor, "role": role, "standing": standing}
        name, part = _named(label)
        expect = {"source": SLUGS["S1"], "alleged_by": "sdf" if standing == "alleged" else None}
        yield Row(name, "parties", find, expect, part, says=_several(words))


def _figures() -> Iterator[Row]:
    for cells, fields in _lines(FIGURES_TABLE, 9):
        name, source, measure, of, actor, words, bounds, attributed_to, as_of = cells
        stated, edited = _bounds(bounds)
        hedged = fields.pop("hedged", "") == "yes"
        answer = {"unit": "persons", "tally": "total", "basis": "reported", "period_start": None} | fields
        find = {"source": SLUGS[str(source)], "measure": measure, "of": sorted(_several(of)), "actor": actor}
        find |= {"unit": answer["unit"], "as_written": words}
        expect = {"incident": INCIDENT, "attributed_to": attributed_to, "by": None, "sex": None, "access": "public"}
        expect |= {"locator": WHERE[str(name)]}
        expect |= answer | stated | _dates(as_of)
        yield Row(str(name), "figures", find, expect, "", NOTES.get(str(name), ()), edited, hedged)


def _claims() -> Iterator[Row]:
    for cells, _ in _lines(CLAIMS_TABLE, 9):
        name, slug, made_by, facility, incident, about, modality, verdict, words = cells
        expect: dict[str, Any] = {"source": SLUGS["S1"], "made_by": made_by, "modality": modality, "about": about}
        expect["locator"] = WHERE[str(name)]
        expect |= {"author": None if made_by else "Charles Lister", "verdicts": _several(verdict)}
        expect |= {"facility": facility and SUBJECTS[facility], "incident": incident and SUBJECTS[incident]}
        yield Row(str(name), "claims", {"slug": slug}, expect, says=_several(words))


SOURCES, ACTORS, FACILITIES = [*_sources()], [*_actors()], [*_facilities()]
INCIDENTS, TIMELINE, PARTIES = [*_incidents()], [*_timeline()], [*_parties()]
POPULATIONS, FIGURES, CLAIMS = [*_populations()], [*_figures()], [*_claims()]
ROWS = [*SOURCES, *ACTORS, *FACILITIES, *POPULATIONS, *INCIDENTS, *TIMELINE, *PARTIES, *FIGURES, *CLAIMS]
