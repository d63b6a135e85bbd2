"""What is asked of a register that grew: each filter with a value of very many, ten and no records, each order."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from app.catalogue.collections import LISTINGS


class Question(NamedTuple):
    """An address, and what it is about."""

    about: str
    target: str


EVERYWHERE = {
    "fields",
    "include",
    "format",
    "bom",
    "revision",
    "known_at",
    "limit",
    "cursor",
    "sort",
    "count",
    "access",
}
"""Parameters that choose no records; and `access`, which holds either all or nothing."""
BOUNDED = {"match", "value_min", "value_max", "disputed", "radius_km"}
"""How bounds are read, values, disputes: these stand in no index, and are checked along the order of the page."""
ESTIMATES = {
    "basis": ("reported", "counted", "derived"),
    "qualifier": ("exact", "at_least", "magnitude"),
    "tally": ("total", "additional", "current"),
    "source": ("bulletin-0", "bulletin-1", "bulletin-2"),
    "attributed_to": ("authority-0", "authority-1", "authority-2"),
    "originator": ("authority-0", "authority-1", "authority-2"),
    "missing_reason": ("not_published", "not_published", "pending"),
    "flag": ("rounded", "rounded", "single_person"),
    "from": ("2013", "2025-09-01", "2040"),
    "to": ("2024", "2012-01-02", "1990"),
    "as_of": ("2024", "2012-01-02", "1990"),
}
PLACES = ("prison-0", "prison-1", "prison-2")
NETWORKS = ("network-all", "network-ten", "network-none")
ACTORS = ("authority-0", "authority-1", "authority-2")
SOURCES = ("bulletin-0", "bulletin-1", "bulletin-2")
COUNTRIES = ("SYR", "NPL", "FRA")
DIVISIONS = ("Most", "Few", "None")
CODES = ("MOST", "FEW", "NONE")
CHANGED = ("0", "-10", "-0")
"""Since how many revisions before the last."""
BOXES = ("-180,-90,180,90", "40.5,36.2,41.5,36.9", "-1,-90,1,-89")
POINTS = ("0,0", "36.5,40.7", "-89,0")
VALUES: Mapping[str, Mapping[str, tuple[str, str, str]]] = {
    "facilities": {
        "q": ("Prison", "Ten", "Quibbleford"),
        "level": ("facility", "unit", "network"),
        "kind": ("prison", "camp", "hotel"),
        "legal_basis": ("criminal", "military", "health"),
        "operator": ACTORS,
        "status": ("open", "closed", "planned"),
        "country": COUNTRIES,
        "admin1": DIVISIONS,
        "admin1_code": CODES,
        "admin2": DIVISIONS,
        "admin2_code": CODES,
        "bbox": BOXES,
        "near": POINTS,
        "parent": NETWORKS,
        "within": NETWORKS,
        "identifier": ("bench:0", "bench:1", "bench:x"),
        "source": SOURCES,
        "changed_since": CHANGED,
    },
    "populations": {
        **ESTIMATES,
        "facility": PLACES,
        "within": NETWORKS,
        "country": COUNTRIES,
        "admin1": DIVISIONS,
        "admin1_code": CODES,
        "admin2_code": CODES,
        "kind": ("prison", "camp", "hotel"),
        "operator": ACTORS,
        "measure": ("held", "admitted", "died"),
        "statistic": ("point", "flow", "midnight"),
        "sex": ("total", "female", "male"),
        "min_age": ("total", "12", "13"),
        "max_age": ("total", "17", "18"),
        "legal_status": ("total", "unsentenced", "sentenced"),
        "nationality": ("total", "NPL", "FRA"),
        "affiliation": ACTORS,
        "dimension": ("origin:few", "origin:few", "origin:none"),
        "group": ("most", "few", "none"),
        "breakdown": ("none", "none", "none"),
        "changed_since": CHANGED,
    },
    "incidents": {
        "q": ("Incident", "Incident 7919", "Quibbleford"),
        "bbox": BOXES,
        "near": POINTS,
        "facility": PLACES,
        "within": NETWORKS,
        "country": COUNTRIES,
        "admin1": DIVISIONS,
        "admin1_code": CODES,
        "missing_reason": ("not_published", "not_published", "pending"),
        "kind": ("prison_break", "fire", "riot"),
        "status": ("ended", "ongoing", "contained"),
        "outcome": ("succeeded", "foiled", "partly"),
        "actor": ACTORS,
        "role": ("operator", "attacker", "defender"),
        "standing": ("reported", "alleged", "denied"),
        "source": SOURCES,
        "identifier": ("bench:0", "bench:1", "bench:x"),
        "parent": ("incident-0", "incident-1", "incident-2"),
        "measure": ("killed", "injured", "missing"),
        "of": ("detainee", "civilian", "guard"),
        "from": ("2013", "2025-09-01", "2040"),
        "to": ("2024", "2012-01-02", "1990"),
        "changed_since": CHANGED,
    },
    "figures": {
        **ESTIMATES,
        "incident": ("incident-0", "incident-1", "incident-3"),
        "facility": PLACES,
        "within": NETWORKS,
        "country": COUNTRIES,
        "measure": ("killed", "injured", "missing"),
        "of": ("detainee", "civilian", "guard"),
        "of_any": ("detainee", "civilian", "guard"),
        "actor": ACTORS,
        "by": ACTORS,
        "sex": ("total", "female", "male"),
        "cause": ("violence", "accident", "suicide"),
        "unit": ("persons", "families", "things"),
        "changed_since": CHANGED,
    },
    "claims": {
        "facility": PLACES,
        "within": NETWORKS,
        "incident": ("incident-0", "incident-1", "incident-2"),
        "about": ACTORS,
        "made_by": ACTORS,
        "source": SOURCES,
        "topic": ("cause", "conditions", "none"),
        "modality": ("asserted", "forecast", "possible"),
        "verdict": ("supported", "refuted", "likely"),
        "from": ("2013", "2025-09-01", "2040"),
        "to": ("2024", "2012-01-02", "1990"),
        "changed_since": CHANGED,
    },
    "sources": {
        "q": ("Bulletin", "Few", "Quibbleford"),
        "kind": ("bulletin", "report", "video"),
        "compiled_from": SOURCES,
        "publisher": ("Monitoring Network", "Few", "None"),
        "language": ("en", "fr", "de"),
        "url": ("https://bulletins.example/0", "https://bulletins.example/1", "https://bulletins.example/x"),
        "from": ("2013", "2025-09-01", "2040"),
        "to": ("2024", "2012-01-02", "1990"),
        "changed_since": CHANGED,
    },
    "actors": {
        "q": ("Authority", "Authority 1", "Quibbleford"),
        "kind": ("authority", "company", "ngo"),
        "part_of": ACTORS,
        "country": COUNTRIES,
        "changed_since": CHANGED,
    },
}
"""Of each filter the values that very many records have, ten, and none."""
PAIRS = (
    "/v1/facilities?country=SYR&kind=prison",
    "/v1/facilities?country=SYR&kind=camp",
    "/v1/facilities?country=SYR&status=open",
    "/v1/facilities?country=NPL&status=open",
    "/v1/facilities?operator=authority-0&status=closed",
    "/v1/facilities?country=SYR&sort=name",
    "/v1/incidents?country=SYR&from=2022",
    "/v1/incidents?country=SYR&to=2014",
    "/v1/incidents?country=NPL&status=ended",
    "/v1/incidents?country=SYR&kind=prison_break",
    "/v1/incidents?country=SYR&kind=fire",
    "/v1/incidents?status=ended&parent=incident-1",
    "/v1/incidents?role=operator&identifier=bench:7",
    "/v1/incidents?actor=authority-0&role=operator",
    "/v1/incidents?actor=authority-1&role=operator",
    "/v1/incidents?facility=prison-0&from=2022",
    "/v1/incidents?within=network-all&kind=prison_break",
    "/v1/populations?facility=prison-0&measure=held",
    "/v1/populations?facility=prison-0&measure=admitted",
    "/v1/populations?facility=prison-0&sex=total",
    "/v1/populations?facility=prison-0&breakdown=none",
    "/v1/populations?within=network-all&measure=held",
    "/v1/populations?within=network-ten&measure=held",
    "/v1/populations?country=SYR&measure=held",
    "/v1/populations?country=NPL&measure=held",
    "/v1/populations?country=SYR&sex=female",
    "/v1/populations?country=SYR&from=2022&to=2023",
    "/v1/populations?sex=female&min_age=12",
    "/v1/figures?incident=incident-0&measure=killed",
    "/v1/figures?measure=killed&of=detainee",
    "/v1/figures?measure=killed&of=civilian",
    "/v1/figures?measure=killed&sort=as_of",
    "/v1/figures?country=SYR&measure=killed",
    "/v1/figures?by=authority-0&measure=killed",
    "/v1/figures?actor=authority-1&measure=killed",
    "/v1/claims?topic=cause&verdict=refuted",
    "/v1/sources?kind=bulletin&language=fr",
)
"""Filters as the docs set them side by side, both of very many records or one of few."""
LABELS = ("many", "ten", "none")


def questions(head: int) -> Iterator[Question]:
    """Every question, of a register that stands at a revision."""
    for name, listing in LISTINGS.items():
        for parameter, values in VALUES[name].items():
            for label, value in zip(LABELS, values, strict=True):
                asked = str(head + int(value)) if parameter == "changed_since" and label != LABELS[0] else value
                yield Question(f"{name}.{parameter} {label}", f"/v1/{name}?{parameter}={asked}&limit=50")
        for sort in listing.sorts:
            for order in (sort, f"-{sort}"):
                yield Question(f"{name} sort={order}", f"/v1/{name}?sort={order}&limit=50")
    for pair in PAIRS:
        yield Question(pair.removeprefix("/v1/"), f"{pair}&limit=50")
    yield Question("the register", "/v1")


def undeclared() -> dict[str, set[str]]:
    """The filters that nobody gave values for."""
    return {
        name: found
        for name, listing in LISTINGS.items()
        if (found := set(_parameters(listing.filters)) - set(VALUES[name]) - EVERYWHERE - BOUNDED - {"latest_per"})
    }


def _parameters(model: object) -> Iterator[str]:
    for name, info in getattr(model, "model_fields").items():  # noqa: B009  (a class of pydantic, whichever)
        yield info.alias or name
