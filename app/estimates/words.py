"""From the words of a source to the bounds they state, and back.

`read_words` is the one place where words become bounds; docs/reference/figures-in-words.md is its table and its test.
A statement is: [`a total of`] [`another`] [qualifier] number or range [`or more`] [`more`] [plain nouns].
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.estimates.codes import Qualifier, Tally
from app.estimates.numerals import Tokens, WordingError, tokenize

__all__ = ["Bounds", "WordingError", "describe", "read_words", "write_words"]
EXACT, APPROXIMATELY, AT_LEAST = Qualifier.exact, Qualifier.approximately, Qualifier.at_least
MORE_THAN, AT_MOST, FEWER_THAN = Qualifier.more_than, Qualifier.at_most, Qualifier.fewer_than


@dataclass(frozen=True, slots=True)
class Bounds:
    """What words state of a number: each bound a count or None where they leave that side open."""

    low: float | None
    best: float | None
    high: float | None
    qualifier: Qualifier
    tally: Tally | None = None  # None where the words do not say


def _set(words: str) -> frozenset[str]:  # pragma: no mutate block (runs on import, before a mutant is chosen)
    return frozenset(words.split())


def _all(qualifier: Qualifier, phrases: str) -> dict[str, Qualifier]:  # pragma: no mutate block (on import)
    return dict.fromkeys((phrase.strip() for phrase in phrases.split("|")), qualifier)


_HEDGES = "about | around | roughly | approximately | approx | approx . | circa | ca | ca . | c . | some"
QUALIFIERS: Mapping[str, Qualifier] = {
    **_all(EXACT, "= | exactly | precisely | only | just"),
    **_all(APPROXIMATELY, f"{_HEDGES} | ~ | nearly | almost | close to | in the region of | on the order of"),
    **_all(APPROXIMATELY, "estimated | an estimated | estimated at | est . | more or less"),
    **{f"estimated at {hedge.strip()}": APPROXIMATELY for hedge in _HEDGES.split("|")},
    **_all(AT_LEAST, ">= | at least | at the least | no fewer than | not fewer than | no less than | not less than"),
    **_all(AT_LEAST, "as few as | as little as | a minimum of | minimum | min ."),
    **_all(MORE_THAN, "> | more than | greater than | over | above | upwards of | in excess of | exceeding"),
    **{f"{by} {word}": MORE_THAN for by in ("just", "well", "slightly", "a little") for word in ("over", "more than")},
    **_all(AT_MOST, "<= | as many as | as much as | up to | no more than | not more than | at most | at the most"),
    **_all(AT_MOST, "not exceeding | a maximum of | maximum | max ."),
    **_all(FEWER_THAN, "< | fewer than | less than | under | below | just under | well under | slightly under"),
    **_all(FEWER_THAN, "just below | well below | slightly fewer than | slightly less than"),
}
AFTERWARDS: Mapping[str, Qualifier] = {
    **_all(AT_LEAST, "+ | or more | at least"),
    **_all(AT_MOST, "or fewer | or less | at most"),
    **_all(APPROXIMATELY, "or so | more or less"),
}


# A plural is at least two of its kind and stops short of the next larger kind: dozens 24..99, hundreds 200..999.
PLURALS: Mapping[str, tuple[int, int]] = {
    "tens": (20, 99),
    "dozens": (24, 99),
    "scores": (40, 99),
    "hundreds": (200, 999),
    "thousands": (2_000, 9_999),
    "tens of thousands": (20_000, 99_999),
    "hundreds of thousands": (200_000, 999_999),
    "millions": (2_000_000, 9_999_999),
    "tens of millions": (20_000_000, 99_999_999),
    "hundreds of millions": (200_000_000, 999_999_999),
}
_SINGULAR = {"dozen": "dozens", "hundred": "hundreds", "thousand": "thousands", "million": "millions"}


_SINGULAR |= {"hundred thousand": "hundreds of thousands", "hundred million": "hundreds of millions"}


MAGNITUDES: Mapping[str, tuple[int, int]] = {
    **PLURALS,
    **{f"{few} {plural}": PLURALS[plural] for few in ("several", "many") for plural in PLURALS},
    **{f"{few} {one}": PLURALS[many] for few in ("several", "a few", "many") for one, many in _SINGULAR.items()},
}
_UNNAMED = ("undetermined", "unknown", "unspecified", "undisclosed", "unclear")
UNKNOWNS: Mapping[str, bool] = dict.fromkeys(
    (
        *("several", "some", "many", "a few", "a handful", "numerous", "multiple", "various", "not known", *_UNNAMED),
        *(f"{article}{word} number" for article in ("", "a ", "an ") for word in (*_UNNAMED, "large", "small")),
        *("a number", "number unknown"),
    ),
    True,
)


# The value says whether the phrase stands for an article too: "another guard" is one guard.
ADDED_BEFORE: Mapping[str, bool] = {
    "another": True,
    "an additional": True,
    "a further": True,
    "additional": False,
    "further": False,
}
ADDED_AFTER = ("more", "additional", "further")
ZEROS: Mapping[str, bool] = dict.fromkeys(("none", "no", "no one", "nobody", "nil"), True)
TOTALS: Mapping[str, bool] = dict.fromkeys(("a total of", "total of"), True)
APPROACHES: Mapping[str, bool] = dict.fromkeys(("in the", "estimated in the", "numbering in the"), True)


# Only these may follow a number. A longer list, or any word at all, would read "20 days" and "no reports" as counts.
SINGULAR_NOUNS = _set(
    """adult assailant attack attacker bomb bomber boy building captive car casualty checkpoint child civilian clash
    combatant convict death detainee employee escape escapee family fatality fighter fugitive girl guard gunman
    hostage household inhabitant inmate injury juvenile man member migrant militant minor officer participant patient
    person policeman prisoner protester refugee resident soldier truck vehicle victim warden woman worker"""
)
PLURAL_NOUNS = _set(
    """adults assailants attackers attacks bombers bombs boys buildings captives cars casualties checkpoints children
    civilians clashes combatants convicts deaths detainees employees escapees escapes families fatalities fighters
    fugitives girls guards gunmen hostages households inhabitants injuries inmates juveniles members men migrants
    militants minors officers participants patients people personnel persons policemen prisoners protesters refugees
    residents soldiers staff troops trucks vehicles victims wardens women workers
    arrested captured dead detained died displaced escaped freed held hurt injured killed missing recaptured released
    surrendered transferred wounded"""
)
ATTRIBUTES = _set("""aid armed female male military police prison related security suicide unarmed young""")
PLAIN_WORDS = SINGULAR_NOUNS | PLURAL_NOUNS | ATTRIBUTES


def read_words(words: str, *, fractions: bool = False) -> Bounds:
    """Read the words of a source as bounds; raises `WordingError`, and nothing else, for words it cannot read whole.

    `fractions` may stand where an average is written.
    """
    if (simple := _simple(words)) is not None:
        return simple
    tokens = Tokens(tokenize(words), fractions=fractions)
    for reading in (_zero, _unknown, _magnitude, _count):
        tokens.restart()
        bounds = reading(tokens)
        if bounds is not None and tokens.done:
            return bounds
    raise tokens.refusal()


_NUMBER = re.compile("[1-9][0-9]{0,14}|[1-9][0-9]{0,2}(?:,[0-9]{3}){1,4}")


def _simple(words: str) -> Bounds | None:
    """A number alone or after a qualifier, as most are written: the same as `_count` reads, sooner."""
    qualifier, _, number = words.rpartition(" ")
    if _NUMBER.fullmatch(number) is None or (qualifier and qualifier not in QUALIFIERS):
        return None
    return _bounded(int(number.replace(",", "")), QUALIFIERS[qualifier] if qualifier else EXACT)


def _zero(tokens: Tokens) -> Bounds | None:
    """`none`, `no deaths`."""
    if not tokens.phrase(ZEROS):
        return None
    _nouns(tokens)
    return Bounds(0, 0, 0, EXACT)


def _unknown(tokens: Tokens) -> Bounds | None:
    """`several`, `an undetermined number of detainees`, `several more guards`."""
    added = tokens.phrase(ADDED_BEFORE) is not None
    if not tokens.phrase(UNKNOWNS):
        return None
    return _tallied(tokens, Bounds(None, None, None, Qualifier.unknown), added=added, of=True)


def _magnitude(tokens: Tokens) -> Bounds | None:
    """`dozens`, `several hundred`, `estimated in the hundreds`, `hundreds of detainees`."""
    added = tokens.phrase(ADDED_BEFORE) is not None
    tokens.phrase(APPROACHES)
    order = tokens.phrase(MAGNITUDES)
    if order is None:
        return None
    return _tallied(tokens, Bounds(order[0], None, order[1], Qualifier.magnitude), added=added, of=True)


def _count(tokens: Tokens) -> Bounds | None:
    """`at least 25`, `another 300`, `between 20 and 30`, `a car bomb`, `40 or so`."""
    tokens.phrase(TOTALS)
    added = tokens.phrase(ADDED_BEFORE)
    qualifier = tokens.phrase(QUALIFIERS)
    if added is None:
        added = tokens.phrase(ADDED_BEFORE)
    if qualifier is not None and tokens.phrase(QUALIFIERS) is not None:
        raise WordingError("Two qualifiers stand before one number.")
    bounds = _range(tokens)
    if bounds is None:
        counted = tokens.number(after_article=bool(added))
        number = _article(tokens, added=bool(added)) if counted is None else counted
        if number is None:
            return None
        after = tokens.phrase(AFTERWARDS) if qualifier is None else None
        bounds = _bounded(number, qualifier or after or EXACT)
    elif qualifier is not None:
        raise WordingError("A qualifier stands before a range: give the bounds.")
    return _tallied(tokens, bounds, added=added is not None)


def _bounded(n: Any, qualifier: Qualifier) -> Bounds:
    """The bounds of one number under a qualifier."""
    match qualifier:
        case Qualifier.more_than | Qualifier.fewer_than if type(n) is float:
            raise WordingError(f"More or fewer than {n:,} has no next number.")
        case Qualifier.approximately:
            return Bounds(None, n, None, qualifier)
        case Qualifier.at_least:
            return Bounds(n, None, None, qualifier)
        case Qualifier.more_than:
            return Bounds(n + 1, None, None, qualifier)
        case Qualifier.at_most:
            return Bounds(None, None, n, qualifier)
        case Qualifier.fewer_than if n == 0:
            raise WordingError("Nothing is fewer than 0.")
        case Qualifier.fewer_than:
            return Bounds(None, None, n - 1, qualifier)
        case _:
            return Bounds(n, n, n, EXACT)


def _range(tokens: Tokens) -> Bounds | None:
    """`between 20 and 30`, `20 to 30`, `20-30`, `two or three` (only neighbours: "10 or 20" is no range)."""
    if tokens.take("between"):
        return _between(tokens)
    start = tokens.at
    low = tokens.number()
    joint = tokens.take("to", "-", "or")
    high = tokens.number() if joint else None
    if low is None or high is None:
        tokens.at = start
        return None
    if joint == "or" and high != low + 1:
        raise WordingError(f"'{low:,} or {high:,}' is one of two numbers, not a range.")
    return _spanning(low, high, tokens.closing_scale)


def _between(tokens: Tokens) -> Bounds:
    """The rest of `between 20 and 30`. Every joint is tried: "two hundred and one and three hundred" has two."""
    start = tokens.at
    for joint in range(start + 1, len(tokens.tokens)):
        if tokens.tokens[joint] not in {"and", "to", "-"}:
            continue
        first = Tokens(tokens.tokens[start:joint], fractions=tokens.fractions)
        low = first.number()
        tokens.at = joint + 1
        high = tokens.number()
        if low is not None and first.done and high is not None and tokens.peek() not in {"and", "to", "-"}:
            return _spanning(low, high, tokens.closing_scale)
    raise WordingError("Cannot read the two ends of the range.")


def _spanning(low: Any, high: Any, closing_scale: int) -> Bounds:
    if low > high:
        raise WordingError(f"The range runs backwards, from {low:,} to {high:,}.")
    if low == high:
        raise WordingError(f"Both ends of the range are {low:,}.")
    # "two to three hundred" and "20-30,000" leave open whether the multiple belongs to both ends.
    for scale in (closing_scale, 1000 if high % 1000 == 0 and low < 1000 else 1):
        if scale > 1 and 0 < low * scale < high:
            raise WordingError(f"The range may begin at {low:,} or at {low * scale:,}: give the bounds.")
    return Bounds(low, None, high, Qualifier.between)


def _article(tokens: Tokens, *, added: bool) -> int | None:
    """One, for `a car bomb` and, with `added` true, for what follows `another`."""
    start = tokens.at
    if tokens.take("a", "an"):
        tokens.take("single")
    elif not added:
        return None
    here = tokens.at
    _nouns(tokens)
    noun = tokens.at > here and tokens.tokens[tokens.at - 1] in SINGULAR_NOUNS
    # What follows decides the tally too, so the nouns are left to be read again.
    tokens.at = here if noun else start
    return 1 if noun else None


def _tallied(tokens: Tokens, bounds: Bounds, *, added: bool, of: bool = False) -> Bounds:
    """The bounds with the tally the words name, once `more` and plain nouns have been read."""
    if not added and tokens.take(*ADDED_AFTER):
        added = True
    start = tokens.at
    if of and tokens.take("of") and not _nouns(tokens):
        tokens.at = start
    _nouns(tokens)
    return replace(bounds, tally=Tally.additional) if added else bounds


def _nouns(tokens: Tokens) -> bool:
    """Read plain nouns and their attributes, the last a noun; whether there were any."""
    start = tokens.at
    while tokens.peek() in PLAIN_WORDS:
        tokens.at += 1
    while tokens.at > start and tokens.tokens[tokens.at - 1] in ATTRIBUTES:
        tokens.at -= 1
    return tokens.at > start


def write_words(bounds: Bounds) -> str:
    """Words for bounds that `read_words` can give: it reads them back the same. Other bounds raise `WordingError`."""
    words = _canonical(bounds.low, bounds.best, bounds.high, bounds.qualifier)
    if words is not None and bounds.tally is Tally.additional:
        words = f"another {words}" if bounds.qualifier is EXACT else f"{words} more"
    if words is None or read_words(words) != bounds:
        raise WordingError("These bounds have no words that would be read back as the same.")
    return words


def describe(
    low: float | None, best: float | None, high: float | None, qualifier: Qualifier, tally: Tally | None = None
) -> str:
    """A plain phrase for whatever bounds the register holds: `at least 25`, `25 (between 20 and 30)`.

    The bounds speak; the qualifier only chooses words for them. Bounds out of order, as some published data has them,
    are told as they are.
    """
    more = " more" if tally is Tally.additional else ""
    if low == best == high and low is not None and qualifier == EXACT and not more:
        return f"{low:,}"  # as below, sooner: most counts are exact
    canonical = _canonical(low, best, high, qualifier)
    stated = [n for n in (low, best, high) if n is not None]
    if qualifier == Qualifier.magnitude and canonical:
        return f"{canonical}{more} ({low:,} to {high:,})"
    if canonical or not stated:
        canonical = canonical or "an unknown number"
        return f"another {canonical}" if more and qualifier == EXACT else canonical + more
    span = _span(low, high, qualifier)
    if stated != sorted(stated):
        ends = span if low is None or high is None else f"{low:,} to {high:,}"
        return f"{ends}{more} (out of order)" if best is None else f"{best:,}{more} ({ends}, out of order)"
    if best is None or low == high == best:
        return span + more
    hedge = "about " if qualifier == APPROXIMATELY else "" if span or qualifier == EXACT else "a best estimate of "
    return f"{hedge}{best:,}{more}" + (f" ({span})" if span else "")


def _canonical(low: Any, best: Any, high: Any, qualifier: Qualifier) -> str | None:
    """The words of bounds in the one shape their qualifier gives, else None."""
    words: str | None = None
    match qualifier, low, best, high:
        case Qualifier.exact, int(n), _, _ if n == best == high:
            words = f"{n:,}"
        case Qualifier.approximately, None, int(n), None:
            words = f"about {n:,}"
        case Qualifier.at_least | Qualifier.more_than, int(), None, None:
            words = _span(low, None, qualifier)
        case Qualifier.at_most | Qualifier.fewer_than, None, None, int():
            words = _span(None, high, qualifier)
        case Qualifier.between, int(floor), None, int(ceiling) if floor < ceiling:
            words = _span(low, high, qualifier)
        case Qualifier.magnitude, _, None, _:
            words = next((plural for plural, order in PLURALS.items() if order == (low, high)), None)
        case Qualifier.unknown, None, None, None:
            words = "an unknown number"
        case _:
            pass
    return words


def _span(low: float | None, high: float | None, qualifier: Qualifier) -> str:
    """The words of two bounds in order; empty when neither is stated."""
    if low is not None and high is not None:
        return f"{low:,}" if low == high else f"between {low:,} and {high:,}"
    if low is not None:
        return (
            f"more than {low - 1:,}"
            if qualifier == MORE_THAN and low > 0 and isinstance(low, int)
            else f"at least {low:,}"
        )
    if high is not None:
        return f"fewer than {high + 1:,}" if qualifier == FEWER_THAN and isinstance(high, int) else f"at most {high:,}"
    return ""
