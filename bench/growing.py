"""A register that can be made of any size, in which every filter has a value of nearly all records, of ten, of none."""

from collections.abc import Iterator
from random import Random
from typing import Any

from app.catalogue.collections import COLLECTIONS
from app.database.engines import write_engine
from app.writing.revise import apply
from app.writing.revisions import Why
from app.writing.validation import validated
from bench.data import Made, day

TEN = 10
"""How many records of each collection have the rare value of a filter, spread evenly."""
DAYS = 5000
"""How many days the register is of, whatever its size."""
BATCH = 20_000
RARE_DAY, LONG_AGO = "2030-01-01", "1950-01-01"
POPULATIONS, INCIDENTS, FIGURES = 20, 5, 3
"""How many there are for each facility, and figures for each incident."""


def grow(url: str, facilities: int) -> None:
    """Write a register of so many facilities into a migrated, empty database; the last revisions are small ones."""
    engine = write_engine(url)
    batch: list[Made] = []
    for made in (*_parties(facilities), *_places(facilities), *_events(facilities), *_series(facilities)):
        batch.append(made)
        if len(batch) == BATCH:
            _write(engine, batch)
            batch = []
    _write(engine, batch)
    # What changed since is asked for by revision: ten records, in revisions of their own.
    for number in range(TEN):
        _write(engine, [("sources", _source(number) | {"note": "Read again."})])
    engine.dispose()


def _write(engine: Any, batch: list[Made]) -> None:
    with engine.begin() as connection:
        apply(connection, [validated(COLLECTIONS[name], record) for name, record in batch], Why("benchmark"))


def is_rare(number: int, many: int) -> bool:
    """Whether it is one of the ten."""
    step = max(1, many // TEN)
    return number % step == step // 2 and number // step < TEN


def _parties(facilities: int) -> Iterator[Made]:
    for number in range(_sources(facilities)):
        yield "sources", _source(number, facilities)
    for number in range(_actors(facilities)):
        rare = is_rare(number, _actors(facilities))
        yield (
            "actors",
            {
                "slug": actor(number),
                "name": f"Authority {number}",
                "kind": "company" if rare else "authority",
                "country": "NPL" if rare else "SYR",
                **({"part_of": actor(1 if rare else 0)} if number > 1 else {}),
            },
        )


def _sources(facilities: int) -> int:
    return max(20, facilities // 5)


def _actors(facilities: int) -> int:
    return max(20, facilities // 10)


def source(number: int) -> str:
    """The slug of a source."""
    return f"bulletin-{number}"


def actor(number: int) -> str:
    """The slug of an actor: 0 is named by nearly all, 1 by ten, 2 by none."""
    return f"authority-{number}"


def place(number: int) -> str:
    """The slug of a facility: most populations are of 0, ten of 1, none of 2; the network that holds nearly all."""
    return f"prison-{number}"


def _source(number: int, facilities: int = 0) -> dict[str, Any]:
    rare = facilities > 0 and is_rare(number, _sources(facilities))
    return {
        "slug": source(number),
        "kind": "report" if rare else "bulletin",
        "publisher": "Few" if rare else "Monitoring Network",
        "title": f"Bulletin {number * 7919 % 10_007}",
        "published_on": RARE_DAY[:4].replace("2030", "2024") if rare else day(number % DAYS),
        "url": f"https://bulletins.example/{number}",
        "language": "fr" if rare else "en",
    }


def _places(facilities: int) -> Iterator[Made]:
    yield "facilities", {"slug": "network-all", "level": "network", "name": "All", "sources": [source(0)]}
    yield "facilities", {"slug": "network-ten", "level": "network", "name": "Ten", "sources": [source(0)]}
    yield "facilities", {"slug": "network-none", "level": "network", "name": "None", "sources": [source(0)]}
    for number in range(facilities):
        rare = is_rare(number, facilities)
        yield (
            "facilities",
            {
                "slug": place(number),
                "level": "unit" if rare else "facility",
                "name": f"Prison {number * 7919 % 100_003}",
                "identifiers": [{"scheme": "bench", "value": f"{number}"}],
                "kind": "camp" if rare else "prison",
                "legal_basis": "military" if rare else "criminal",
                "operator": actor(1 if rare else 0),
                "status": "closed" if rare else "open",
                "country": "NPL" if rare else "SYR",
                "admin1": "Few" if rare else "Most",
                "parent": "network-ten" if rare else "network-all",
                "sources": [source(1 if rare else 0)],
                **({"opened": day(number * 7919 % DAYS)} if number % 3 else {}),
            },
        )


def _events(facilities: int) -> Iterator[Made]:
    many, chance = facilities * INCIDENTS, Random(7)  # noqa: S311  (nothing is secret)
    for number in range(many):
        rare = is_rare(number, many)
        when = day(chance.randrange(DAYS))
        yield (
            "incidents",
            {
                "slug": f"incident-{number}",
                "title": f"Incident {number * 7919 % 1_000_003}",
                "kinds": ["fire" if rare else "prison_break"],
                "status": "ongoing" if rare else "ended",
                "outcome": "foiled" if rare else "succeeded",
                "started": when,
                "country": "NPL" if rare else "SYR",
                "admin1": "Few" if rare else "Most",
                "facilities": [{"facility": place(1 if rare else _other(number, facilities))}],
                "parties": [
                    {
                        "actor": actor(1 if rare else 0),
                        "role": "attacker" if rare else "operator",
                        "standing": "alleged" if rare else "reported",
                        **({"alleged_by": "authority-0"} if rare else {}),
                    }
                ],
                "identifiers": [{"scheme": "bench", "value": f"{number}"}],
                "sources": [source(1 if rare else 0)],
                **({"parent": f"incident-{0 if not is_rare(number, many) else 1}"} if number > 1 else {}),
            },
        )
        for figure in range(FIGURES):
            yield (
                "figures",
                {
                    "incident": f"incident-{number}",
                    "measure": (("injured", "ill", "released") if rare else ("killed", "escaped", "recaptured"))[
                        figure
                    ],
                    "of": ["civilian" if rare else "detainee"],
                    "as_of": when,
                    "source": source(1 if rare else 0),
                    "actor": actor(1 if rare else 0),
                    "by": actor(1 if rare else 0),
                    "unit": "families" if rare else "persons",
                    **({"sex": "female"} if rare else {}),
                    **_estimate(number, figure, rare=rare),
                },
            )
    for number in range(facilities):
        rare = is_rare(number, facilities)
        yield (
            "claims",
            {
                "slug": f"claim-{number}",
                "statement": "It was so.",
                "topic": "conditions" if rare else "cause",
                "modality": "forecast" if rare else "asserted",
                "made_by": actor(1 if rare else 0),
                "about": actor(1 if rare else 0),
                "facility": place(1 if rare else _other(number, facilities)),
                "incident": f"incident-{1 if rare else 0}",
                "source": source(1 if rare else 0),
                "assessments": [
                    {"source": source(0), "verdict": "refuted" if rare else "supported"},
                ],
                **({"made_on": day(number % DAYS)} if number % 3 else {}),
            },
        )


def _other(number: int, facilities: int) -> int:
    """A facility that is not one of the first: half of everything is at the first itself."""
    return 0 if number % 2 else 3 + number % max(1, facilities - 3)


def _series(facilities: int) -> Iterator[Made]:
    many = facilities * POPULATIONS
    for number in range(many):
        rare = is_rare(number, many)
        yield (
            "populations",
            {
                "facility": place(1 if rare else _other(number, facilities)),
                "measure": "admitted" if rare else "held",
                "statistic": "flow" if rare else "point",
                **({"period_start": "2011-01-01"} if rare else {}),
                "as_of": day((number * 7919 + number // 500) % DAYS),
                "source": source(1 if rare else 0),
                "group": "few" if rare else "most",
                "locator": f"row {number}",
                "nationality": "NPL" if rare else None,
                "sex": "female" if rare else None,
                "min_age": 12 if rare else None,
                "max_age": 17 if rare else None,
                "legal_status": "unsentenced" if rare else None,
                "affiliation": actor(1 if rare else 0),
                "dimensions": {"origin": "few"} if rare else {},
                **_estimate(number, 0, rare=rare),
            },
        )


def _estimate(number: int, figure: int, *, rare: bool) -> dict[str, Any]:
    value = number * FIGURES + figure
    return {
        "basis": "counted" if rare else "reported",
        "tally": "additional" if rare else "total",
        "attributed_to": actor(1 if rare else 0),
        "flags": ["rounded"] if rare else [],
        "low": value,
        **({"qualifier": "at_least"} if rare else {"best": value, "high": value, "qualifier": "exact"}),
    }
