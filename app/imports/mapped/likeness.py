"""Which facilities have names that look alike: a person is asked, nothing is decided."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection as Collected
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz, process
from sqlalchemy import ColumnElement, Connection, FromClause, or_, select

from app.history.access import seen
from app.history.sight import Sight
from app.imports.mapped.matching import Subject
from app.records.collection import Collection

ALIKE = 75
"""From how many hundredths of likeness of two names on a person is asked."""
MOST_CANDIDATES = 3
"""How many facilities a person is shown."""
MOST_BEARERS = 8
"""A word that more names of a country hold tells none of them apart."""
RAREST = 6
"""By how many pieces of its words, the rarest ones, those names are found that a name is compared with."""
MOST_COMPARED = 100
"""With how many names that hold one of these pieces."""


@dataclass(frozen=True, slots=True)
class _Name:
    """One name of a facility, and where it lies."""

    slug: str
    admin1: str | None
    telling: str
    """Its telling words, or all of them where it has no other, in order."""
    schemes: frozenset[str]
    """The lists that have a key for it."""


Group = tuple[str | None, tuple[str, ...]]
"""A country and the numbers in a name: wing 1 is not wing 2."""


class Likenesses:
    """The facilities of some countries that the importer may see, by how their names look."""

    def __init__(self, connection: Connection, facilities: Collection, new: Sequence[Subject], sight: Sight) -> None:
        self._bearers: dict[str | None, Counter[str]] = defaultdict(Counter)
        """How many names hold a word, by country."""
        self._names: dict[Group, list[_Name]] = defaultdict(list)
        self._by_piece: dict[Group, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        """The places of names in their list, by the pieces of their telling words."""
        # Names of other countries are not compared: what there is elsewhere costs an import nothing.
        countries = {one.body.get("country") for one in new}
        there = _lies_in(facilities.rows, countries)
        known = list(_known(connection, facilities, there, sight))
        self._schemes = _schemes(connection, facilities, there)
        named = [(country, name) for _, country, _, name in known]
        named += [(one.body.get("country"), str(one.body.get("name"))) for one in new]
        for country, name in named:
            self._bearers[country].update(set(_words(name)))
        for slug, country, admin1, name in known:
            self.add(slug, country, admin1, name, self._schemes.get(slug, frozenset()))

    def add(
        self, slug: str, country: str | None, admin1: str | None, name: str, schemes: frozenset[str] = frozenset()
    ) -> None:
        """Know one more name."""
        group, one = self._named(slug, country, admin1, name, schemes)
        place = len(self._names[group])
        self._names[group].append(one)
        for piece in set(_pieces(one.telling)):
            self._by_piece[group][piece].append(place)

    def alike(
        self, country: str | None, admin1: str | None, name: str, schemes: frozenset[str] = frozenset()
    ) -> list[tuple[str, float]]:
        """The facilities of the same country, and of the same division where both name one, whose names look alike.

        Two that have keys of their own in one list are two, unless they are called the same.
        """
        group, mine = self._named("", country, admin1, name, schemes)
        others = [
            other
            for other in self._candidates(group, mine.telling)
            if (admin1 is None or other.admin1 in {None, admin1})
            and (not schemes & other.schemes or mine.telling == other.telling)
        ]
        texts = [other.telling for other in others]
        scores: dict[str, float] = {}
        found = process.extract(mine.telling, texts, scorer=fuzz.token_sort_ratio, score_cutoff=ALIKE, limit=None)
        for _, score, place in found:
            slug = others[place].slug
            scores[slug] = max(score, scores.get(slug, 0.0))
        ordered = sorted(scores.items(), key=lambda one: (-one[1], one[0]))
        return [(slug, round(score / 100, 2)) for slug, score in ordered[:MOST_CANDIDATES]]

    def _candidates(self, group: Group, telling: str) -> Iterator[_Name]:
        """Names that share one of the rarest pieces: what two names alike have in common is seldom common to many."""
        held = self._by_piece[group]
        pieces = sorted((piece for piece in set(_pieces(telling)) if piece in held), key=lambda one: len(held[one]))
        places = {place for piece in pieces[:RAREST] for place in held[piece][:MOST_COMPARED]}
        names = self._names[group]
        return (names[place] for place in sorted(places))

    def _named(
        self, slug: str, country: str | None, admin1: str | None, name: str, schemes: frozenset[str]
    ) -> tuple[Group, _Name]:
        words, bearers = _words(name), self._bearers[country]
        telling = [word for word in words if bearers[word] <= MOST_BEARERS] or words
        numbers = tuple(sorted(word for word in words if word.isdigit()))
        return (country, numbers), _Name(slug, admin1, " ".join(telling), schemes)


def _lies_in(rows: FromClause, countries: Collected[Any]) -> ColumnElement[bool]:
    named = rows.c.country.in_(sorted(str(country) for country in countries if country is not None))
    return or_(named, rows.c.country.is_(None)) if None in countries else named


def _known(
    connection: Connection, facilities: Collection, there: ColumnElement[bool], sight: Sight
) -> Iterator[tuple[str, str | None, str | None, str]]:
    """The slug, the country, the division and each name of some facilities."""
    rows, names = facilities.rows, facilities.part_tables["names"]
    listed: dict[int, list[str]] = defaultdict(list)
    others = select(names.c.owner_id, names.c.name).join(rows, rows.c.id == names.c.owner_id).where(there)
    for owner, name in connection.execute(others):
        listed[owner].append(name)
    statement = select(rows.c.id, rows.c.slug, rows.c.name, rows.c.country, rows.c.admin1).where(
        there, *seen(rows, sight.tier)
    )
    for number, slug, name, country, admin1 in connection.execute(statement.order_by(rows.c.id)):
        for one in (name, *listed[number]):
            yield slug, country, admin1, one


def _schemes(connection: Connection, facilities: Collection, there: ColumnElement[bool]) -> dict[str, frozenset[str]]:
    """The lists that have a key for a facility, by its slug."""
    rows, listed = facilities.rows, facilities.part_tables["identifiers"]
    statement = select(rows.c.slug, rows.c.name, listed.c.scheme, listed.c.value).where(there)
    found: dict[str, frozenset[str]] = {}
    for slug, name, scheme, value in connection.execute(statement.join(rows, rows.c.id == listed.c.owner_id)):
        found[slug] = found.get(slug, frozenset()) | keyed([(scheme, value)], name)
    return found


def keyed(keys: Iterable[tuple[str, str]], name: str) -> frozenset[str]:
    """The lists that have a key for a facility; one that is made of its name tells no more than that."""
    return frozenset(scheme for scheme, value in keys if not set(_words(name)) <= set(_words(value)))


def _words(name: str) -> tuple[str, ...]:
    """The words of a name, its case, accents and signs left aside."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    return tuple(re.findall(r"\w+", plain.casefold()))


def _pieces(text: str) -> Iterator[str]:
    """The letters of each word, three at a time."""
    for word in text.split():
        padded = f" {word} "
        yield from (padded[at : at + 3] for at in range(len(padded) - 2))
