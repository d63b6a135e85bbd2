"""A synthetic register to measure on: seeded, so every run reads the same records; written by the one write path."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from app.catalogue.collections import COLLECTIONS
from app.database.engines import write_engine
from app.estimates.codes import Basis
from app.incidents.codes import IncidentKind
from app.records.codes import FacilityKind, FigureMeasure, FigureOf
from app.records.countries import country_names
from app.writing.keys import KeyScope, create_key
from app.writing.revise import apply
from app.writing.revisions import Why
from app.writing.validation import Entry, validated

Made = tuple[str, dict[str, Any]]
"""A record as written, after the name of its collection."""
FIRST_DAY = date(2012, 1, 1)
MEASURES = (FigureMeasure.killed, FigureMeasure.escaped, FigureMeasure.injured)
WORDS = ("at least {}", "more than {}", "as many as {}", "roughly {}", "{}", "between {} and 900")


@dataclass(frozen=True)
class Size:
    """How many records of each kind: facilities in every country by kind, incidents in every country."""

    countries: int = 5
    kinds: int = 8
    facilities: int = 60
    incidents: int = 600
    series: int = 50
    points: int = 600
    sources: int = 200
    actors: int = 40
    imported: int = 100_000
    """Populations that are imported into an empty register."""


CHANGES = 40
"""In how many revisions after the first the register is changed."""
CHANGED = 0.2
"""How many of its facilities, incidents, figures and populations are, each once."""


def fill(url: str, size: Size) -> str:
    """Write the synthetic register into a migrated, empty database, and change it; gives a key that writes.

    Its first revision holds every record; the later ones change some, the lists they are found by among the rest.
    """
    engine = write_engine(url)
    whole = _records(size, Random(2022))  # noqa: S311  (nothing is secret)
    for batch in (whole, *_changes(size, Random(2023))):  # noqa: S311
        with engine.begin() as connection:
            apply(connection, list(_entries(batch)), Why("benchmark"))
    key = create_key(engine, "benchmark", [KeyScope.write], None, None)
    engine.dispose()
    return key


def _changes(size: Size, chance: Random) -> list[list[Made]]:
    """What each later revision makes of some records: an incident changes with its figures."""
    batches: list[list[Made]] = [[] for _ in range(CHANGES)]
    when: dict[str, int] = {}
    for name, record in _records(size, Random(2022)):  # noqa: S311
        if name in {"sources", "actors"}:
            continue
        if name != "figures":
            number = chance.randrange(CHANGES) if chance.random() < CHANGED else None
            if name == "incidents" and number is not None:
                when[record["slug"]] = number
        else:
            number = when.get(record["incident"])
        if number is not None:
            batches[number].append((name, record | _after(name, record, size)))
    return [batch for batch in batches if batch]


def _after(name: str, record: dict[str, Any], size: Size) -> dict[str, Any]:
    """What is different of a record after its change."""
    if name in {"figures", "populations"}:
        return {"as_written": "more than 900", "note": "As counted again."}
    # The next source: what is found by one source before is found by another after.
    listed = [f"bulletin-{(int(source[-3:]) + 1) % size.sources:03}" for source in record["sources"]]
    if name == "facilities":
        return {"description": "Rebuilt since.", "sources": listed}
    return {
        "summary": "As told again.",
        "sources": listed,
        "facilities": [record["facilities"][0] | {"role": "custody"}],
    }


def countries(size: Size) -> list[str]:
    """The countries of the register."""
    codes = list(country_names())
    return codes[:: len(codes) // size.countries][: size.countries]


def kinds(size: Size) -> list[str]:
    """The kinds of its facilities."""
    return [str(kind) for kind in FacilityKind][: size.kinds]


def facility(country: str, kind: str, number: int) -> str:
    """The slug of a facility."""
    return f"{kind.replace('_', '-')}-{number:03}-{country.lower()}"


def counted(size: Size) -> list[str]:
    """The facilities that have a series of populations, spread over the countries and kinds."""
    every = [(country, kind) for country in countries(size) for kind in kinds(size)]
    return [facility(*every[n % len(every)], n // len(every)) for n in range(size.series)]


def _entries(made: Iterable[Made]) -> Iterator[Entry]:
    for name, record in made:
        yield validated(COLLECTIONS[name], record)


def _records(size: Size, chance: Random) -> Iterator[Made]:
    sources = [f"bulletin-{number:03}" for number in range(size.sources)]
    actors = [f"authority-{number:02}" for number in range(size.actors)]
    for number, slug in enumerate(sources):
        yield (
            "sources",
            {
                "slug": slug,
                "kind": "bulletin",
                "publisher": f"Monitoring Network {number % 12}",
                "title": f"Situation bulletin no. {number + 1}",
                "published_on": day(number * 20),
                "url": f"https://bulletins.example/{number + 1}",
                "language": "en",
            },
        )
    for slug in actors:
        yield "actors", {"slug": slug, "name": slug.replace("-", " ").capitalize(), "kind": "authority"}
    for country in countries(size):
        yield from _facilities(country, size, sources, actors, chance)
        yield from _incidents(country, size, sources, actors, chance)
    for slug in counted(size):
        yield from _series(slug, size, sources, chance)


def _facilities(country: str, size: Size, sources: list[str], actors: list[str], chance: Random) -> Iterator[Made]:
    for number in range(size.facilities):
        for kind in kinds(size):
            slug = facility(country, kind, number)
            name = f"{kind.replace('_', ' ').capitalize()} no. {number}"
            yield (
                "facilities",
                {
                    "slug": slug,
                    "level": "facility",
                    "name": name,
                    "names": [{"name": f"{name} ({country})", "lang": "en"}, {"name": f"السجن {number}", "lang": "ar"}],
                    "identifiers": [{"scheme": "bench", "value": f"{country}-{slug}"}],
                    "kind": kind,
                    "operator": chance.choice(actors),
                    "status": "open",
                    "opened": day(chance.randrange(3000)),
                    "country": country,
                    "admin1": f"Province {chance.randrange(12)}",
                    "place": f"Town {chance.randrange(200)}",
                    "latitude": round(chance.uniform(-60, 60), 5),
                    "longitude": round(chance.uniform(-180, 180), 5),
                    "location_precision": "near",
                    "description": "Cells around a yard, an infirmary and a visiting hall. " * chance.randint(1, 4),
                    "sources": chance.sample(sources, 2),
                },
            )


def _incidents(country: str, size: Size, sources: list[str], actors: list[str], chance: Random) -> Iterator[Made]:
    for number in range(size.incidents):
        slug, source = f"incident-{number:04}-{country.lower()}", chance.choice(sources)
        started = day(chance.randrange(4000))
        where = facility(country, chance.choice(kinds(size)), chance.randrange(size.facilities))
        happened = chance.choice(list(IncidentKind))
        yield (
            "incidents",
            {
                "slug": slug,
                "title": f"{happened.replace('_', ' ').capitalize()} at {where}",
                "kinds": [happened],
                "status": "ended",
                "started": started,
                "country": country,
                "admin1": f"Province {chance.randrange(12)}",
                "facilities": [{"facility": where}],
                "parties": [{"actor": chance.choice(actors), "role": "operator", "standing": "reported"}],
                "summary": "What the bulletin tells of it, in the words of the register. " * chance.randint(1, 3),
                "sources": [source],
            },
        )
        for measure in MEASURES:
            yield (
                "figures",
                {
                    "incident": slug,
                    "measure": measure,
                    "of": [chance.choice(list(FigureOf))],
                    "as_of": started,
                    "source": source,
                    **_number(chance),
                },
            )


def _series(slug: str, size: Size, sources: list[str], chance: Random) -> Iterator[Made]:
    for point in range(size.points):
        yield (
            "populations",
            {
                "facility": slug,
                "measure": "held",
                "statistic": "point",
                "as_of": day(point * 7),
                "source": sources[point % len(sources)],
                "locator": "table 1",
                **_number(chance),
            },
        )


def _number(chance: Random) -> dict[str, str]:
    return {"as_written": chance.choice(WORDS).format(chance.randrange(1, 800)), "basis": Basis.reported}


def day(days: int) -> str:
    """A day of the register, counted from its first."""
    return (FIRST_DAY + timedelta(days)).isoformat()
