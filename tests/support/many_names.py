"""A great many facilities, made up but for the words of their names, in the index of names; no two of them real."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pycountry
from sqlalchemy import Engine

from app.database.store import Store, chunks
from app.facilities.models import FACILITIES
from app.records.likeness import Named
from app.records.spelling import telling
from app.writing.indexing import Version, insert_versions

FIRST = 1000
"""The id of the first of them."""
KINDS = [
    *("{} Prison", "{} Central Prison", "{} Detention Centre", "{} Camp", "Prison of {}", "{} Military Prison"),
    *("Centro Penitenciario {}", "{} Correctional Facility", "{} Police Station", "Camp {}", "{} Jail", "سجن {}"),
]
SYLLABLES = [
    *("ka", "ra", "sha", "li", "mo", "ne", "tu", "gar", "bel", "han", "dor", "vi", "sal", "qa", "min", "zo"),
    *("ghi", "far", "ab", "is", "tan", "kh", "el", "our", "wa", "ja", "ber", "ash", "im", "su", "ro"),
]
SPELLINGS = Path(__file__).parents[1] / "records" / "spellings.txt"


def sites() -> list[tuple[str, str, list[str]]]:
    """Real places: a slug, one of their names, other spellings of it."""
    lines = (line for line in SPELLINGS.read_text("utf-8").splitlines() if not line.startswith("#"))
    parts = ([part.strip() for part in line.split("|")] for line in lines)
    return [(slug, name, [one.strip() for one in others.split(";")]) for slug, name, others in parts]


def others(many: int) -> Iterator[Version]:
    """Facilities of made-up names: half of them are called after real places, none after one of the sites."""
    random = Random(7)  # noqa: S311  (the same ones each time)
    taken = {word for _, name, spelt in sites() for text in (name, *spelt) for word in telling(text)}
    places = [one.name.partition("(")[0].strip() for one in pycountry.subdivisions]
    places = [place for place in places if not taken & set(telling(place))]
    number = 0
    while number < many:
        made = "".join(random.choices(SYLLABLES, k=random.randint(2, 4))).capitalize()
        called = random.choice((made, made, random.choice(places), f"{made} {random.choice(places)}"))
        if taken & set(telling(called)):
            continue
        called += f" {random.randint(1, 40)}" if random.random() < 0.1 else ""
        names = Named("name", random.choice(KINDS).format(called)), Named("place", random.choice(places))
        yield Version(FIRST + number, f"other-{number}", "public", random.choice(("SYR", "IRQ", "BRA")), names, 1)
        number += 1


def index(engine: Engine, many: int) -> None:
    """Bring the sites and so many others into the index of names, as facilities of the first revision."""
    real = (
        Version(number, slug, "public", "SYR", (Named("name", name),), 1)
        for number, (slug, name, _) in enumerate(sites(), 1)
    )
    with engine.begin() as connection:
        for versions in (list(real), *chunks(others(many), 5000)):
            insert_versions(Store(connection), FACILITIES, versions)


RESPELT = [
    *(("gh", "g"), ("sh", "ch"), ("kh", "k"), ("ou", "u"), ("u", "ou"), ("i", "ee"), ("qa", "ka"), ("a", "aa")),
    *(("el", "il"), ("e", "a"), ("o", "u"), ("w", "v"), ("l", "ll"), ("r", "rr"), ("s", "ss")),
]


def planted() -> tuple[list[Version], set[tuple[int, int]]]:
    """Ten thousand facilities, and the pairs of ids of 200 of them that stand there twice, under another spelling."""
    random = Random(3)  # noqa: S311  (the same ones each time)
    made, pairs = list(others(9_800)), set[tuple[int, int]]()
    bases = [one for one in made if _longest(one.names[0].text)[1] >= 5]
    number = 100_000
    for slug, name, spelt in sites()[:60]:
        for at, text in enumerate((name, random.choice(spelt))):
            made.append(Version(number + at, f"{slug}-{at}", "public", "SYR", (Named("name", text),), 1))
        pairs.add((number, number + 1))
        number += 2
    for base in random.sample(bases, 200 - len(pairs)):
        names = Named("name", _respelt(base.names[0].text, random)), *(base.names[1:] if random.random() < 0.5 else ())
        country = base.country if random.random() < 0.8 else None
        made.append(Version(number, f"twin-{number}", "public", country, names, 1))
        pairs.add((base.record_id, number))
        number += 1
    return made, pairs


def _longest(name: str) -> tuple[int, int]:
    """The place and the length of the longest word of a name that tells it from others."""
    return max(
        ((at, len(word) if telling(word) else 0) for at, word in enumerate(name.split(" "))), key=lambda one: one[1]
    )


def _respelt(name: str, random: Random) -> str:
    """The same name with a mistake, in another spelling, or with an article."""
    parts = name.split(" ")
    at, long = _longest(name)
    word, chance = parts[at], random.random()
    if chance < 0.6 and (some := [pair for pair in RESPELT if pair[0] in word[1:]]):
        written, other = random.choice(some)
        begin = word.index(written, 1)
        parts[at] = word[:begin] + other + word[begin + len(written) :]
    elif chance < 0.8:
        begin = random.randrange(1, long - 1)
        parts[at] = word[:begin] + word[begin + 1] + word[begin] + word[begin + 2 :]
    else:
        parts[at] = f"al-{word}"
    return " ".join(parts)
