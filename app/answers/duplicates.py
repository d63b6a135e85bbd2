"""Pairs of records that are likely to be the same thing, with a score, for a person to decide.

A record is compared with those that share a rare word, spelt or sounding alike, so that the work grows with the number
of records and not with its square.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from rapidfuzz import fuzz

from app.records.likeness import AROUND, Named, best_match, placed
from app.records.spelling import near_keys, telling, whole, words

LIKELY = 0.85
"""From how much likeness on two records are likely to be the same."""
MOST_ALIKE = 40
"""A word that more records share tells none of them apart."""
MOST_NAMES = 8
"""How many names of a record are compared."""
WORTH_COMPARING = 55
"""From how many hundredths of likeness of their letters on two names are compared word by word."""
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


class Pair(NamedTuple):
    """Two records that are likely to be the same, the older first, with the two names that are alike."""

    score: float
    first: Known
    second: Known
    names: tuple[Named, Named]


def likely_pairs(records: Sequence[Known], at_least: float = LIKELY) -> list[Pair]:
    """The pairs of records that are likely to be the same, the likeliest first."""
    found = (_compared(first, second) for first, second in _candidates(records))
    likely = [pair for pair in found if pair is not None and pair.score >= at_least]
    return sorted(likely, key=lambda pair: (-pair.score, pair.first.id, pair.second.id))


def _candidates(records: Sequence[Known]) -> Iterator[tuple[Known, Known]]:
    """Pairs worth comparing, each once: of one country, as far as it is known, and neither a part of the other."""
    blocks: dict[str, list[int]] = defaultdict(list)
    for place, record in enumerate(records):
        for key in {key for name in _own(record) for key in _keys(name)}:
            blocks[key].append(place)
    seen: set[tuple[int, int]] = set()
    for key, places in blocks.items():
        if len(places) > MOST_ALIKE and not key.startswith("="):
            continue
        for pair in combinations(places[: 10 * MOST_ALIKE], 2):
            if pair in seen:
                continue
            seen.add(pair)
            first, second = sorted((records[place] for place in pair), key=lambda record: record.id)
            apart = first.country and second.country and first.country != second.country
            if not apart and first.slug != second.whole and second.slug != first.whole:
                yield first, second


def _own(record: Known) -> list[Named]:
    return [name for name in record.names if name.field not in AROUND][:MOST_NAMES]


def _keys(name: Named) -> Iterable[str]:
    """What two names have in common that may be of one thing."""
    if name.field == "identifiers":
        return {f"#{name.text.casefold()}"}
    own = [word for word in words(name.text) if not word.common]
    keys = {whole(name.text)} if own else set()
    keys.add("|".join(sorted(word.sound for word in own)))
    for word in own:
        keys |= {word.form} if word.form.isdigit() else near_keys(word)
    keys.add("".join(sorted(telling(name.text))))
    return keys - {""}


def _compared(first: Known, second: Known) -> Pair | None:
    """Two records with their likeness: of the two names that are most alike, seen from both sides, and of the place."""
    best: Pair | None = None
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
            if best is None or score > best.score:
                best = Pair(score, first, second, (one, other))
    if best is None:
        return None
    places = [name.text for name in first.names if name.field in AROUND]
    nearness = max((placed(place, second.names) for place in places), default=1.0)
    return best._replace(score=round(best.score * nearness, 3))
