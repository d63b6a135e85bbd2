"""Pairs of records that are likely to be the same thing, with a score and the reasons, for a person to decide.

A record is compared with those that share a rare word, spelt or sounding alike, so that the work grows with the number
of records and not with its square. Pure functions of what the records say.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from rapidfuzz import fuzz

from app.records.likeness import AROUND, Named, best_match, placed
from app.records.spelling import near_keys, sound, telling, whole, words

LIKELY = 0.85
"""From how much likeness on two records are likely to be the same."""
LEAST = 0.7
"""The least that can be asked for."""
MOST_SAME, MOST_ALIKE = 400, 60
"""A name, or the sound of one, that more records share tells none of them apart; and what is near to one."""
MOST_NAMES = 8
"""How many names of a record are compared."""
WORTH_COMPARING = 55
"""From how many hundredths of likeness of their letters on two names are compared word by word."""
UNLIKE = 0.88
"""By how much two names count less that say different sorts of place."""
NO_SORT = frozenset({"district", "centre", "security"})
"""Common words that say no sort of place."""
NEARLY_EQUAL = 80
"""The same, of all their letters as they stand."""


class Known(NamedTuple):
    """A record, and what it is called."""

    id: int
    slug: str
    country: str | None
    names: tuple[Named, ...]
    whole: str | None = None
    """The record it is a part of."""
    day: str | None = None
    """When it was published."""


class Reason(NamedTuple):
    """What two records have in common: a field, what each says there, and how alike that is."""

    field: str
    first: str
    second: str
    score: float


class Pair(NamedTuple):
    """Two records that are likely to be the same, the older first."""

    score: float
    first: Known
    second: Known
    reasons: tuple[Reason, ...]

    @property
    def place(self) -> tuple[float, int, int]:
        """Where it stands among others: the likeliest come first."""
        return -self.score, self.first.id, self.second.id


def likely_pairs(records: Sequence[Known], at_least: float = LIKELY) -> list[Pair]:
    """The pairs of records that are likely to be the same, the likeliest first."""
    found = (compared(first, second) for first, second in _candidates(records))
    return sorted((pair for pair in found if pair.score >= at_least), key=lambda pair: pair.place)


def compared(first: Known, second: Known) -> Pair:
    """Two records with their likeness: of the names most alike, seen from both sides, and of where they lie."""
    best = max(_reasons(first, second), key=lambda reason: reason.score, default=None)
    if best is None:
        return Pair(0.0, first, second, ())
    places = [name for name in first.names if name.field in AROUND]
    nearness = max((placed(place.text, second.names) for place in places), default=1.0)
    shared = (
        Reason(place.field, place.text, other.text, 1.0)
        for place in places
        for other in second.names
        if other.field == place.field and whole(other.text) == whole(place.text)
    )
    return Pair(round(best.score * nearness, 3), first, second, (best, *shared))


def _candidates(records: Sequence[Known]) -> Iterator[tuple[Known, Known]]:
    """Pairs worth comparing, each once."""
    blocks: dict[str, list[int]] = defaultdict(list)
    for place, record in enumerate(records):
        for key in {key for name in _own(record) for key in _keys(name)}:
            blocks[key].append(place)
    seen: set[tuple[int, int]] = set()
    for key, places in blocks.items():
        if len(places) > (MOST_SAME if key[:1] in "=!" else MOST_ALIKE):
            continue
        for pair in combinations(places, 2):
            if pair not in seen:
                seen.add(pair)
                first, second = sorted((records[place] for place in pair), key=lambda record: record.id)
                if not _apart(first, second):
                    yield first, second


def _apart(first: Known, second: Known) -> bool:
    """Two records that cannot be of one thing.

    They are in different countries, one is a part of the other, they were published on different days, or somebody's
    list has both under keys of their own.
    """
    if first.country and second.country and first.country != second.country:
        return True
    if first.slug == second.whole or second.slug == first.whole:
        return True
    if first.day and second.day and not first.day.startswith(second.day) and not second.day.startswith(first.day):
        return True
    mine, other = _listed(first), _listed(second)
    return any(not mine[scheme] & other[scheme] for scheme in mine.keys() & other.keys())


def _listed(record: Known) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for name in record.names:
        if name.field == "identifiers":
            scheme, _, value = name.text.partition(":")
            found[scheme].add(value.casefold())
    return found


def _own(record: Known) -> list[Named]:
    return [name for name in record.names if name.field not in AROUND][:MOST_NAMES]


def _keys(name: Named) -> Iterable[str]:
    """What two names have in common that may be of one thing."""
    if name.field == "identifiers":
        return {f"#{name.text.casefold()}"}
    own = [word for word in words(name.text) if not word.common]
    keys = {whole(name.text)} if own else set()
    keys.add("!" + "|".join(sorted(word.sound for word in own)))
    keys.add("!" + sound("".join(word.form for word in own)) if own else "")
    for word in own:
        keys |= {word.form} if word.form.isdigit() else near_keys(word)
    keys.add("".join(sorted(telling(name.text))))
    return keys - {""}


def _reasons(first: Known, second: Known) -> Iterator[Reason]:
    """Each two of their names that are worth comparing, with how alike they are, seen from both sides."""
    for one in _own(first):
        letters = "".join(sorted(telling(one.text)))
        for other in _own(second):
            if (
                fuzz.ratio(letters, "".join(sorted(telling(other.text)))) < WORTH_COMPARING
                and fuzz.ratio(one.text.casefold(), other.text.casefold()) < NEARLY_EQUAL
            ):
                continue
            there = best_match(one.text, [other]).score
            score = min(there, best_match(other.text, [one]).score) if there else 0.0
            if score and _unlike(one.text, other.text):
                score *= UNLIKE
            yield Reason(one.field, one.text, other.text, score)


def _unlike(one: str, other: str) -> bool:
    """Each of two names says a sort of place that the other does not."""
    mine, its = ({word.form for word in words(text) if word.common} - NO_SORT for text in (one, other))
    return bool(mine - its and its - mine)
