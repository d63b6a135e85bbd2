"""How like a name is to what is asked for: a number from 0 to 1, the same whichever engine holds the names.

Pure functions of texts. Words that say a sort of place count little, numbers must be equal, the order of words is
free, and two words may be written as one.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from app.records.spelling import Word, consonants, vowels_alike, words

ALIKE = 0.68
"""From how much likeness on two words may be the same."""
ARTICLE = re.compile("^[ae]l")
"""An article, where it is written as a part of the word."""
MISSPELT = 0.75
"""From how much likeness on a word is one that says a sort of place, misspelt."""
COMMON, NUMBER, TELLING = 0.1, 0.6, 1.0
"""How much a word weighs: one that says a sort of place, a number, any other."""
CONTEXT = 0.7
"""How much a word of the question counts that only the place or the publisher of a record has."""
ASKED, NAMED = 0.7, 0.3
"""How much it counts that what is asked for is in the name, and that what is in the name was asked for."""
SWAPPED = 0.7
"""How like two words are that differ by two letters which changed places."""
SHORTEST = 3
"""Letters of a word that may be misspelt."""
FLOORS = {(True, True): 0.7, (True, False): 0.4, (False, True): 0.45, (False, False): 0.3}
"""How like words that sound alike are at least: with the same consonants or not, with several or few of them."""
ELSEWHERE = 0.25
"""How much less a record counts that lies elsewhere."""
WEIGHTS = {
    "name": 1.0,
    "names": 1.0,
    "title": 1.0,
    "short_name": 1.0,
    "identifiers": 1.0,
    "slug": 0.97,
    "publisher": 0.9,
    "place": 0.7,
    "admin1": 0.65,
    "admin2": 0.65,
}
"""How much a match counts, by the field it was found in."""
AROUND = frozenset({"publisher", "place", "admin1", "admin2"})
"""Fields that many records have alike: they tell which of two equal names is meant."""


class Named(NamedTuple):
    """One name of a record: the field it stands in, and its text."""

    field: str
    text: str


class Match(NamedTuple):
    """The name of a record that is most like what is asked for."""

    score: float
    name: Named
    letters: float = 0.0
    """How like the two texts are letter for letter: which of two that are called so is meant."""


@lru_cache(maxsize=262_144)
def word_likeness(one: Word, other: Word) -> float:
    """How like two words are; 0 for words that cannot be the same."""
    if one.form == other.form:
        return 1.0
    if (one.common and other.common) or one.form.isdigit() or other.form.isdigit():
        return 0.0
    letters = fuzz.ratio(one.written or one.form, other.written or other.form) / 100
    if one.common or other.common:
        return letters if letters >= MISSPELT else 0.0
    if min(len(one.form), len(other.form)) < SHORTEST:
        return 0.0
    if abs(len(one.form) - len(other.form)) == 2 and ARTICLE.sub("", one.form) == ARTICLE.sub("", other.form):
        return 0.97
    letters = 0.4 * letters + 0.6 * fuzz.ratio(vowels_alike(one.form), vowels_alike(other.form)) / 100
    if one.sound == other.sound:
        floor = FLOORS[consonants(one.form) == consonants(other.form), len(one.sound) > 2]
        letters = floor + (1 - floor) * letters
    if letters < SWAPPED and sorted(one.form) == sorted(other.form) and OSA.distance(one.form, other.form) == 1:
        # Two letters that changed places: one mistake, in short words too.
        letters = SWAPPED
    return letters if letters >= ALIKE else 0.0


def best_match(query: str, names: Sequence[Named]) -> Match:
    """The name of a record that is most like what is asked for, and how much; of several, letter for letter."""
    sought = distinct(query)
    around = tuple(word for name in names if name.field in AROUND for word in distinct(name.text))
    scores = [round(_likeness(query, sought, name, around), 3) for name in names]
    best = max(scores)
    plain = query.casefold()
    letters = [
        (round(fuzz.ratio(plain, name.text.casefold()), 1), -place)
        for place, (score, name) in enumerate(zip(scores, names, strict=True))
        if score == best
    ]
    alike, place = max(letters)
    return Match(best, names[-place], alike)


def placed(place: str, names: Sequence[Named]) -> float:
    """By how much a record counts less that lies elsewhere; 1 where it does not say where it lies."""
    around = [name for name in names if name.field in AROUND]
    if not around or not (sought := distinct(place)):
        return 1.0
    alike = max(_likeness(place, sought, name, ()) / WEIGHTS[name.field] for name in around)
    return 1 - ELSEWHERE * (1 - alike)


@lru_cache(maxsize=65_536)
def distinct(text: str) -> tuple[Word, ...]:
    """The words of a text, each once."""
    return tuple({word.form: word for word in words(text)}.values())


def _likeness(query: str, sought: Collection[Word], name: Named, around: Iterable[Word]) -> float:
    weight = WEIGHTS.get(name.field, 1.0)
    if name.field == "identifiers":
        plain = query.strip().casefold()
        return weight if plain in {name.text.casefold(), name.text.partition(":")[2].casefold()} else 0.0
    its = distinct(name.text)
    if not sought or not its:
        return 0.0
    pairs = sorted(
        (
            (alike, -place, -at)
            for place, one in enumerate(sought)
            for at, other in enumerate(its)
            if (alike := word_likeness(one, other))
        ),
        reverse=True,
    )
    found: dict[int, float] = {}
    used: dict[int, float] = {}
    for alike, place, at in pairs:
        if -place not in found and -at not in used:
            found[-place] = used[-at] = alike
    if name.field not in AROUND:
        for place, one in enumerate(sought):
            if place not in found and not one.common:
                near = max((word_likeness(one, other) for other in around), default=0.0)
                if near:
                    found[place] = CONTEXT * near
    if not any(place in found for place, one in enumerate(sought) if not one.common) and not all(
        one.common for one in sought
    ):
        whole = 0.0
    else:
        whole = ASKED * _covered(sought, found) + NAMED * _covered(its, used)
    return weight * max(whole, _glued(sought, its))


def _covered(some: Collection[Word], found: dict[int, float]) -> float:
    """What part of some words was found, by their weight."""
    weights = [_weight(word) for word in some]
    return sum(weight * found.get(place, 0.0) for place, weight in enumerate(weights)) / sum(weights)


def _weight(word: Word) -> float:
    if word.common:
        return COMMON
    return NUMBER if word.form.isdigit() else TELLING


def _glued(sought: Collection[Word], its: Collection[Word]) -> float:
    """How like two names are whose telling words are written as one, or parted, elsewhere."""
    mine, other = ([word for word in some if not word.common] for some in (sought, its))
    if len(mine) == len(other) or not mine or not other:
        return 0.0
    if sorted(w.form for w in mine if w.form.isdigit()) != sorted(w.form for w in other if w.form.isdigit()):
        return 0.0
    letters = fuzz.ratio("".join(word.form for word in mine), "".join(word.form for word in other)) / 100
    same = {word.form for word in sought if word.common} == {word.form for word in its if word.common}
    return (0.95 if same else 0.88) * letters if letters >= 0.8 else 0.0
