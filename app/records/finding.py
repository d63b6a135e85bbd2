"""Records found by what they are called: candidates by the words of their names, then compared one by one.

The steps are a generator: it asks for rows, and whoever runs it, a read or a write, brings them from its own engine and
transaction. What a tier may not see is never a candidate, and what counts is the same on every engine.
"""

from collections import defaultdict
from collections.abc import Generator, Iterable, Sequence
from functools import lru_cache, partial
from itertools import groupby
from typing import Any, NamedTuple

from rapidfuzz import fuzz, process
from sqlalchemy import BigInteger, ColumnElement, FromClause, Select, String, bindparam, literal, select

from app.database.readers import Rows, Values
from app.database.store import chunks
from app.history.access import seen
from app.history.codes import Access
from app.history.tables import FOREVER
from app.records.likeness import Match, Named, best_match, placed, word_likeness
from app.records.names import ENTRIES, KEYS, WORDS, key_of_identifier
from app.records.spelling import Word, joined, near_keys, sound, whole, words

MOST_NEAR = 64
"""How many words a word of the question may stand for."""
LETTERS_ALIKE = 0.66
"""From how much likeness of their letters on two words are compared: of three letters two may have changed places."""
FIRST_NEAR = 16
"""How many of these are looked for at a time, the likest first."""
ENOUGH_BEARERS = 60
"""With how many records found no further such words are looked for."""
WHOLE = 4.0
"""How much it counts, in the choice of candidates, that a name has just the words asked for."""
WORTH_COMPARING = 0.55
"""What part of the best candidate's likeness another one needs."""
MOST_BEARERS = 1500
"""A word that more names hold finds nothing by itself."""
MOST_COMPARED = 200
"""How many records are compared with what is asked for."""
LONGEST = 300
"""Letters of a question that count."""

PLACE = ("collection", "record_id", "revision", "place")
"""What tells the names of records apart."""
Step = tuple[Select[Any], Values]
Asking = Generator[Step, Rows, "list[Found]"]


class Question(NamedTuple):
    """What is looked for: a name, in a collection, by a tier, at a revision or at present."""

    collection: str
    text: str
    tier: Access
    revision: int | None = None
    country: str | None = None
    """Only records of this country, and those of none."""
    place: str | None = None
    """Where it lies; records that say where they lie, and lie elsewhere, count less."""
    at_least: float = 0.4
    most: int = MOST_COMPARED
    compared: int = MOST_COMPARED


class Found(NamedTuple):
    """A record that was found, with its name that matched."""

    record_id: int
    slug: str
    match: Match


def finding(question: Question) -> Asking:
    """The records that are called so, the best first; of equally good ones by slug."""
    text = question.text[:LONGEST].replace("\0", " ")
    own = [word for word in dict.fromkeys(words(text)) if not word.common]
    units = [*own, *(Word(form, sound(form), common=False) for form in joined([word.form for word in own]))]
    near = yield from _near_words(units)
    scores: dict[int, dict[int, float]] = defaultdict(dict)
    for number, _ in (yield _bearers(question, [whole(text), key_of_identifier(text)])):
        scores[number][-1] = WHOLE
    frequent: list[int] = []
    for place, likeness in enumerate(near):
        rows = yield from _bearing(question, likeness)
        frequent += [place] if rows is None else []
        for number, word in rows or ():
            scores[number][place] = max(likeness[word], scores[number].get(place, 0.0))
    yield from _frequent(question, units, near, frequent, scores)
    sums = {number: sum(some.values()) for number, some in scores.items()}
    ranked = sorted(sums, key=lambda number: (-sums[number], number))
    found: list[Found] = []
    if ranked:
        least = sums[ranked[0]] * WORTH_COMPARING if sums[ranked[0]] < WHOLE else 0
        some = [number for number in ranked[: question.compared] if sums[number] >= least]
        found = list(_compared(question, text, (yield _entries(question, some))))
    found.sort(key=lambda one: (-one.match.score, -one.match.letters, one.slug))
    return found[: question.most]


def _bearing(question: Question, likeness: dict[str, float]) -> Generator[Step, Rows, Rows | None]:
    """The records with a word that one of the question may stand for, the likest words first; none where too many."""
    if not likeness:
        return ()
    found: list[Sequence[Any]] = []
    for some in chunks(likeness, FIRST_NEAR):
        rows = yield _bearers(question, some)
        if len(rows) > MOST_BEARERS:
            # The word itself, where it is one of a name.
            rows = () if found else (yield _bearers(question, some[:1]))
            return [*found, *rows] if len(rows) <= MOST_BEARERS and (found or rows) else None
        found += rows
        if len(found) > ENOUGH_BEARERS:
            break
    return found


def _frequent(
    question: Question,
    units: Sequence[Word],
    near: Sequence[dict[str, float]],
    frequent: Sequence[int],
    scores: dict[int, dict[int, float]],
) -> Generator[Step, Rows, None]:
    """Add the records of words that very many names have: those with two of them, or where all else fails, with one."""
    if len(frequent) > 1 and not scores:
        first, second = sorted(frequent, key=lambda place: (-len(units[place].form), place))[:2]
        pair = [list(near[place])[:FIRST_NEAR] for place in (first, second)]
        for (number,) in (yield _both(question, *pair)):
            scores[number] |= {first: 1.0, second: 1.0}
    if frequent and not scores:
        for number, _ in (yield _bearers(question, [next(iter(near[frequent[0]]))])):
            scores[number][frequent[0]] = 1.0


def _near_words(units: Sequence[Word]) -> Generator[Step, Rows, list[dict[str, float]]]:
    """For each word of the question the words of names that it may stand for, with their likeness."""
    keys = {place: near_keys(unit) for place, unit in enumerate(units) if not unit.form.isdigit()}
    every = sorted(set().union(*keys.values()))
    by_key: dict[str, list[str]] = defaultdict(list)
    if every:
        for key, word in (yield _padded(_keys_statement, every)):
            by_key[key].append(word)
    near: list[dict[str, float]] = []
    for place, unit in enumerate(units):
        if place not in keys:
            near.append({unit.form: 1.0})
            continue
        same = set(by_key.get(unit.sound, ()))
        others = sorted({word for key in keys[place] for word in by_key.get(key, ())} - same)
        cutoff = 100 * LETTERS_ALIKE
        some = {
            word
            for word, _, _ in process.extract(unit.form, others, scorer=fuzz.ratio, score_cutoff=cutoff, limit=None)
        }
        likeness = {
            word: alike for word in some | same if (alike := word_likeness(unit, Word(word, sound(word), common=False)))
        }
        best = sorted(likeness, key=lambda word: (-likeness[word], word))[:MOST_NEAR]
        near.append({word: likeness[word] for word in best})
    return near


def _compared(question: Question, text: str, rows: Rows) -> Iterable[Found]:
    for (number, slug), names in groupby(rows, key=lambda row: (row[0], row[1])):
        named = [Named(field, name) for _, _, field, name in names]
        match = best_match(text, named)
        if question.place is not None:
            match = match._replace(score=round(match.score * placed(question.place, named), 3))
        if match.score >= question.at_least:
            yield Found(number, slug, match)


def _bearers(question: Question, some: Sequence[str]) -> Step:
    return _padded(_bearers_statement, some, question)


def _both(question: Question, some: Sequence[str], others: Sequence[str]) -> Step:
    many = _power(len(others))
    statement, values = _padded(partial(_both_statement, many), some, question)
    return statement, values | {f"other_{place}": others[min(place, len(others) - 1)] for place in range(many)}


def _entries(question: Question, ids: Sequence[int]) -> Step:
    return _padded(_entries_statement, ids, question)


def _power(many: int) -> int:
    return 1 << (many - 1).bit_length()


def _padded(made: Any, keys: Sequence[Any], question: Question | None = None) -> Step:
    """A statement for so many keys, filled up to a power of two: so few statements are made, whatever is asked."""
    many = _power(len(keys))
    values: Values = {f"key_{place}": keys[min(place, len(keys) - 1)] for place in range(many)}
    if question is None:
        return made(many), values
    values |= {
        "collection": question.collection,
        "revision": FOREVER - 1 if question.revision is None else question.revision,
    }
    if question.country is not None:
        values["country"] = question.country
    return made(many, question.tier, placed=question.country is not None), values


def _binds(name: str, many: int, kind: Any) -> list[Any]:
    return [bindparam(f"{name}_{place}", type_=kind) for place in range(many)]


def _holding(tier: Access, *, placed: bool) -> list[ColumnElement[bool]]:
    """The conditions that a name is one of the collection at the revision, and of a record that the tier may see."""
    at = bindparam("revision", type_=BigInteger())
    conditions = [ENTRIES.c.revision <= at, ENTRIES.c.until > at, *seen(ENTRIES, tier)]
    if placed:
        conditions.append((ENTRIES.c.country == bindparam("country", type_=String())) | ENTRIES.c.country.is_(None))
    return [ENTRIES.c.collection == bindparam("collection", type_=String()), *conditions]


def _stands(words: FromClause, tier: Access, *, placed: bool) -> ColumnElement[bool]:
    """The name that a word is of is such a one: looked up for each word, whatever an engine guesses of the tables."""
    own = (words.c[name] == ENTRIES.c[name] for name in PLACE)
    return select(literal(1)).where(*own, *_holding(tier, placed=placed)).limit(1).scalar_subquery().is_not(None)


@lru_cache(maxsize=64)
def _keys_statement(many: int) -> Select[Any]:
    return select(KEYS.c.key, KEYS.c.word).where(KEYS.c.key.in_(_binds("key", many, String())))


@lru_cache(maxsize=256)
def _bearers_statement(many: int, tier: Access, *, placed: bool) -> Select[Any]:
    """The records whose names hold one of some words, with the word: one more than finds anything, and no further."""
    own = WORDS.c.collection == bindparam("collection", type_=String())
    mine = WORDS.c.word.in_(_binds("key", many, String()))
    statement = select(WORDS.c.record_id, WORDS.c.word).where(own, mine, _stands(WORDS, tier, placed=placed))
    if many == 1:
        statement = statement.order_by(WORDS.c.record_id)
    return statement.limit(MOST_BEARERS + 1)


@lru_cache(maxsize=1024)
def _both_statement(others: int, many: int, tier: Access, *, placed: bool) -> Select[Any]:
    """The records of which one name holds a word of each of two lists."""
    second = WORDS.alias()
    same = (second.c[name] == WORDS.c[name] for name in PLACE)
    other = select(literal(1)).where(*same, second.c.word.in_(_binds("other", others, String()))).limit(1)
    own = WORDS.c.collection == bindparam("collection", type_=String())
    mine = WORDS.c.word.in_(_binds("key", many, String()))
    statement = select(WORDS.c.record_id).where(own, mine, other.scalar_subquery().is_not(None))
    statement = statement.where(_stands(WORDS, tier, placed=placed))
    return statement.distinct().order_by(WORDS.c.record_id).limit(MOST_COMPARED)


@lru_cache(maxsize=256)
def _entries_statement(many: int, tier: Access, *, placed: bool) -> Select[Any]:
    """What some records are called."""
    names = select(ENTRIES.c.record_id, ENTRIES.c.slug, ENTRIES.c.field, ENTRIES.c.text)
    names = names.where(ENTRIES.c.record_id.in_(_binds("key", many, BigInteger())), *_holding(tier, placed=placed))
    return names.order_by(ENTRIES.c.record_id, ENTRIES.c.place)
