"""Words to bounds and back. The tables of docs/reference/figures-in-words.md are the tests: every row is checked."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from app.estimates import words as wording
from app.estimates.codes import Qualifier, Tally
from app.estimates.numerals import NUMBER_WORDS, WordingError
from app.estimates.words import Bounds, describe, read_words, write_words

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference/figures-in-words.md").read_text(encoding="utf-8")
EVENT = ROOT.parent / "shared/reference-event.md"


def table(*header: str) -> list[list[str]]:
    """The rows under this header; cells unescaped, spaces that are written as entities kept."""
    lines = PAGE.splitlines()
    first = lines.index(f"| {' | '.join(header)} |") + 2
    rows = []
    for line in lines[first:]:
        if not line.startswith("|"):
            break
        rows.append([html.unescape(cell.strip(" ")) for cell in line[1:-1].split("|")])
    return rows


def number(cell: str) -> int | None:
    return None if cell == "-" else int(cell)


def bounds_of(low: str, best: str, high: str, qualifier: str, tally: str) -> Bounds:
    return Bounds(number(low), number(best), number(high), Qualifier[qualifier], None if tally == "-" else Tally[tally])


READ = {words: bounds_of(*cells) for words, *cells in table("words", "low", "best", "high", "qualifier", "tally")}
REFUSED = {row[0]: row[1] for row in table("words", "answer")}
TOLD = table("low", "best", "high", "qualifier", "tally", "phrase")


def test_the_page_is_long_enough_and_lists_nothing_twice() -> None:
    assert len(READ) >= 150
    assert len(READ) == len(table("words", "low", "best", "high", "qualifier", "tally"))
    assert len(REFUSED) == len(table("words", "answer"))
    assert {bounds.qualifier for bounds in READ.values()} == set(Qualifier)
    assert READ.keys().isdisjoint(REFUSED)


@pytest.mark.parametrize("words", READ)
def test_words_are_read_as_the_page_says(words: str) -> None:
    assert read_words(words) == READ[words]


@pytest.mark.parametrize("words", READ)
def test_what_was_read_is_written_in_words_that_read_the_same(words: str) -> None:
    assert read_words(write_words(READ[words])) == READ[words]


@pytest.mark.parametrize("words", REFUSED)
def test_what_the_page_refuses_is_refused_with_its_sentence(words: str) -> None:
    with pytest.raises(WordingError) as caught:
        read_words(words)
    assert str(caught.value) == REFUSED[words]


@pytest.mark.parametrize("row", TOLD, ids=" ".join)
def test_bounds_are_told_as_the_page_says(row: list[str]) -> None:
    bounds = bounds_of(*row[:5])
    assert describe(bounds.low, bounds.best, bounds.high, bounds.qualifier, bounds.tally) == row[5]


@pytest.mark.parametrize("name", ["SINGULAR_NOUNS", "PLURAL_NOUNS", "ATTRIBUTES"])
def test_the_page_lists_the_plain_nouns(name: str) -> None:
    assert f"{', '.join(sorted(getattr(wording, name)))}." in PAGE.replace("\n", " ")


def stated_in_the_event() -> Iterator[tuple[str, str, str]]:
    """Row, words and bounds cell of each figure and population of the reference event."""
    if not EVENT.exists():
        return
    for line in EVENT.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if re.fullmatch(r"[NFGK][0-9]+", cells[0]):
            words = next(match[1] for cell in cells if (match := re.match(r'"([^"]+)"', cell)))
            yield cells[0], words, next((cell for cell in cells if re.match(r"(-|\d+) / ", cell)), "")
        elif re.fullmatch(r"H[0-9]+", cells[0]):
            yield from ((cells[0], words, "") for words in re.findall(r'"([^"]+)"', cells[2]))


@pytest.mark.skipif(not EVENT.exists(), reason="the reference event's own text is not beside the checkout")
def test_the_page_holds_all_words_of_the_reference_event() -> None:
    rows = list(stated_in_the_event())
    assert len(rows) >= 70
    assert {words for _, words, _ in rows} - READ.keys() == {"around 67%"}
    assert "around 67%" in REFUSED
    for row, words, cell in rows:
        if cell and "ed." not in cell:
            low, best, high = cell.removesuffix(" magnitude").removesuffix(" approximately").split(" / ")
            read = READ[words]
            assert (read.low, read.best, read.high) == (number(low), number(best), number(high)), row


COUNTS = st.integers(0, 10**15)


def spelled(n: int, joint: str) -> str:
    """English words for 1 to 999,999,999, by a rule of the test's own."""
    ones = (
        "- one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen"
    )
    tens = "- - twenty thirty forty fifty sixty seventy eighty ninety"
    if n < 20:
        return ones.split()[n]
    if n < 100:
        return tens.split()[n // 10] + (f"-{spelled(n % 10, joint)}" if n % 10 else "")
    for size, word in ((10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if n >= size:
            head, rest = f"{spelled(n // size, joint)} {word}", n % size
            return f"{head}{joint if rest < 100 else ' '}{spelled(rest, joint)}" if rest else head
    raise AssertionError


@given(st.integers(1, 999_999_999), st.sampled_from([" ", " and "]))
def test_number_words_are_read(n: int, joint: str) -> None:
    assert read_words(spelled(n, joint)) == Bounds(n, n, n, Qualifier.exact)
    assert read_words(f"over {spelled(n, joint)}").low == n + 1


@given(st.integers(1, 998), st.integers(1, 998), st.sampled_from([" ", " and "]))
def test_a_range_in_words_is_split_where_both_ends_are_numbers(one: int, other: int, joint: str) -> None:
    low, high = sorted((one, other))
    assume(low < high and (low * 100 >= high or high % 100))
    words = f"between {spelled(low, joint)} and {spelled(high, joint)}"
    assert read_words(words) == Bounds(low, None, high, Qualifier.between)


@given(COUNTS, st.sampled_from([",", " ", "\u00a0", "\u202f", "\u2009", "'", "’", "٬", ""]))
def test_thousands_separators_are_read(n: int, separator: str) -> None:
    digits = f"{n:,}".replace(",", separator)
    assert read_words(digits) == Bounds(n, n, n, Qualifier.exact)
    for zero in "٠۰":
        other = digits.translate({ord("0") + d: ord(zero) + d for d in range(10)})
        assert read_words(f"more than {other}") == Bounds(n + 1, None, None, Qualifier.more_than)


@pytest.mark.parametrize("qualifier", ["more than", "fewer than"])
def test_a_fraction_has_no_next_number(qualifier: str) -> None:
    with pytest.raises(WordingError, match=r"More or fewer than 12\.6 has no next number"):
        read_words(f"{qualifier} 12.6", fractions=True)


def two_readings(low: int, high: int) -> bool:
    """Whether `low-high` can leave out the thousands of its first end, as "20-30,000" may."""
    return 0 < low < 1000 and high % 1000 == 0 and low * 1000 < high


RANGES = (
    st.tuples(COUNTS | st.integers(0, 2000), COUNTS).map(sorted).filter(lambda r: r[0] < r[1] and not two_readings(*r))
)
READABLE = st.builds(
    lambda bounds, tally: replace(bounds, tally=tally),
    st.one_of(
        COUNTS.map(lambda n: Bounds(n, n, n, Qualifier.exact)),
        COUNTS.map(lambda n: Bounds(None, n, None, Qualifier.approximately)),
        COUNTS.map(lambda n: Bounds(n, None, None, Qualifier.at_least)),
        COUNTS.map(lambda n: Bounds(n + 1, None, None, Qualifier.more_than)),
        COUNTS.map(lambda n: Bounds(None, None, n, Qualifier.at_most)),
        COUNTS.filter(bool).map(lambda n: Bounds(None, None, n - 1, Qualifier.fewer_than)),
        RANGES.map(lambda r: Bounds(r[0], None, r[1], Qualifier.between)),
        st.sampled_from(list(wording.PLURALS.values())).map(lambda r: Bounds(r[0], None, r[1], Qualifier.magnitude)),
        st.just(Bounds(None, None, None, Qualifier.unknown)),
    ),
    st.sampled_from([None, Tally.additional]),
)


@given(READABLE)
def test_written_bounds_read_back_the_same(bounds: Bounds) -> None:
    assert read_words(write_words(bounds)) == bounds
    if bounds.qualifier is not Qualifier.magnitude:
        answer = describe(bounds.low, bounds.best, bounds.high, bounds.qualifier, bounds.tally)
        assert read_words(answer) == bounds


ANY_BOUND = st.none() | st.integers(0, 50) | st.integers(0, 2**63 - 1)


@given(ANY_BOUND, ANY_BOUND, ANY_BOUND, st.sampled_from(Qualifier), st.none() | st.sampled_from(Tally))
def test_any_bounds_are_told_with_every_number_they_state_and_no_other(
    low: int | None, best: int | None, high: int | None, qualifier: Qualifier, tally: Tally | None
) -> None:
    answer = describe(low, best, high, qualifier, tally)
    shown = {int(digits.replace(",", "")) for digits in re.findall(r"[0-9,]*[0-9]", answer)}
    floor = {low} if low is None or f"more than {low - 1:,}" not in answer else {low - 1}
    ceiling = {high} if high is None or f"fewer than {high + 1:,}" not in answer else {high + 1}
    assert shown == (floor | {best} | ceiling) - {None}
    assert ("unknown" in answer) == (not shown)
    assert ("more" in answer.replace("more than", "") or "another" in answer) == (tally is Tally.additional)
    stated = [bound for bound in (low, best, high) if bound is not None]
    assert ("out of order" in answer) == (stated != sorted(stated))


@pytest.mark.parametrize(
    "bounds",
    [
        Bounds(20, 25, 30, Qualifier.exact),
        Bounds(None, 25, None, Qualifier.exact),
        Bounds(25, 25, 25, Qualifier.exact, Tally.total),
        Bounds(0, None, None, Qualifier.more_than),
        Bounds(30, None, 20, Qualifier.between),
        Bounds(20, None, 30_000, Qualifier.between),
        Bounds(200, None, 500, Qualifier.magnitude),
        Bounds(None, 25, None, Qualifier.unknown),
        Bounds(None, 10**16, None, Qualifier.approximately),
    ],
)
def test_bounds_that_no_words_give_are_not_written(bounds: Bounds) -> None:
    with pytest.raises(WordingError):
        write_words(bounds)


VOCABULARY = sorted(
    {
        word
        for phrases in (wording.QUALIFIERS, wording.AFTERWARDS, wording.MAGNITUDES, wording.UNKNOWNS)
        for phrase in phrases
        for word in phrase.split()
    }
    | NUMBER_WORDS
    | {"a", "an", "and", "another", "between", "further", "k", "more", "no", "none", "of", "or", "to", "detainees"}
    | {"0", "1", "2", "12", "20", "300", "1,000", "4 438", "4.438", "1.5", "٣٠", "007", "-", "–", ",", ".", "%", '"'}
)
SOUP = st.builds(str.join, st.sampled_from([" ", ""]), st.lists(st.sampled_from(VOCABULARY), max_size=9))


def reading(words: str) -> tuple[Bounds | None, str]:
    """The bounds, or the sentence of the refusal."""
    try:
        return read_words(words), ""
    except WordingError as refused:
        return None, str(refused)


@given(SOUP | st.text(st.characters()) | st.text("0123456789,. '-", max_size=24))
@example("\ud800")
@example("25\x00")
@example("9" * 200)
@example("9" * 5000)
@example("million " * 25)
@example("ﬁve")
@example("İ")
@example("\u202e25")
def test_any_text_is_read_and_written_back_or_refused_with_a_sentence(words: str) -> None:
    bounds, refusal = reading(words)
    if bounds is None:
        assert refusal.endswith(".")
        assert len(refusal) < 160
        assert refusal.isascii() or refusal.startswith("Cannot read the character '")
        assert refusal.encode()
    else:
        assert read_words(write_words(bounds)) == bounds
        stated = [bound for bound in (bounds.low, bounds.best, bounds.high) if bound is not None]
        assert stated == sorted(stated)
        assert bool(stated) == (bounds.qualifier is not Qualifier.unknown)


@pytest.mark.parametrize("qualifier", ["", *wording.QUALIFIERS])
def test_simple_words_are_read_as_all_words_are(qualifier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = ("1", "12", "999", "1000", "2022", "12345", f"{10**15 - 1}", "1,000", "12,345", f"{10**15 - 1:,}")
    texts = [f"{qualifier} {number}".strip() for number in numbers]
    soon = [wording._simple(text) for text in texts]
    assert None not in soon
    monkeypatch.setattr(wording, "_simple", lambda _: None)
    assert [read_words(text) for text in texts] == soon


@pytest.mark.parametrize(
    ("words", "token"),
    [("half a detainee", "half"), ("half", "half"), ("hundreds of", "of"), ("several of the", "of")],
)
def test_a_phrase_that_breaks_off_is_refused_where_it_does(words: str, token: str) -> None:
    with pytest.raises(WordingError, match=f"Cannot read '{token}' as part of a figure"):
        read_words(words)
