"""Partial dates: what is accepted, the days each covers, and how it is told."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.estimates.dates import DateError, PartialDate, in_words, parse_partial_date

TODAY = date(2026, 11, 22)
ANY_TEXT = st.one_of(
    st.text(st.characters()), st.text("0123456789-/", max_size=22), st.from_regex(r"[0-9]{4}(-[0-9]{2}){0,2}")
)


@pytest.mark.parametrize(
    ("text", "start", "end", "message"),
    [
        ("2022", date(2022, 1, 1), date(2022, 12, 31), "2022"),
        ("1500", date(1500, 1, 1), date(1500, 12, 31), "1500"),
        ("2026", date(2026, 1, 1), date(2026, 12, 31), "2026"),
        ("2020-01", date(2020, 1, 1), date(2020, 1, 31), "January 2020"),
        ("2020-02", date(2020, 2, 1), date(2020, 2, 29), "February 2020"),
        ("1900-02", date(1900, 2, 1), date(1900, 2, 28), "February 1900"),
        ("2019-12", date(2019, 12, 1), date(2019, 12, 31), "December 2019"),
        ("2022-01-24", date(2022, 1, 24), date(2022, 1, 24), "24 January 2022"),
        ("2020-02-29", date(2020, 2, 29), date(2020, 2, 29), "29 February 2020"),
        ("2026-11-22", TODAY, TODAY, "22 November 2026"),
        ("2019-03-03/2019-03-09", date(2019, 3, 3), date(2019, 3, 9), "some day between 3 and 9 March 2019"),
        (
            "2022-01-20/2022-02-02",
            date(2022, 1, 20),
            date(2022, 2, 2),
            "some day between 20 January and 2 February 2022",
        ),
        (
            "2021-12-20/2022-01-02",
            date(2021, 12, 20),
            date(2022, 1, 2),
            "some day between 20 December 2021 and 2 January 2022",
        ),
        ("2019-01/2019-03", date(2019, 1, 1), date(2019, 3, 31), "some day between January and March 2019"),
        ("2018-12/2019-03", date(2018, 12, 1), date(2019, 3, 31), "some day between December 2018 and March 2019"),
        ("2017/2019", date(2017, 1, 1), date(2019, 12, 31), "some day between 2017 and 2019"),
        ("2022/2022", date(2022, 1, 1), date(2022, 12, 31), "2022"),
        ("2022-01-20/2022-01-20", date(2022, 1, 20), date(2022, 1, 20), "20 January 2022"),
        (
            "2022-01-20/2022-02",
            date(2022, 1, 20),
            date(2022, 2, 28),
            "some day between 20 January and 28 February 2022",
        ),
        ("2022/2022-01", date(2022, 1, 1), date(2022, 1, 31), "some day between 1 and 31 January 2022"),
        ("2026-11/2027-02", date(2026, 11, 1), date(2027, 2, 28), "some day between November 2026 and February 2027"),
    ],
)
def test_a_partial_date_covers_its_days_and_is_told_in_words(text: str, start: date, end: date, message: str) -> None:
    partial = parse_partial_date(text, today=TODAY)
    assert partial == PartialDate(text, start, end)
    assert in_words(partial) == message


SYNTAX = "Not a date: write 2022, 2022-01, 2022-01-20, or a range of these such as 2019-03-03/2019-03-09."


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("", SYNTAX),
        ("/", SYNTAX),
        ("2022/", SYNTAX),
        ("/2022", SYNTAX),
        ("2022/2023/2024", SYNTAX),
        (" 2022", SYNTAX),
        ("2022\n", SYNTAX),
        ("22", SYNTAX),
        ("02022", SYNTAX),
        ("2022-1", SYNTAX),
        ("2022-01-2", SYNTAX),
        ("20220120", SYNTAX),
        ("2022-01-20T00:00:00Z", SYNTAX),
        ("2019-03-03/09", SYNTAX),
        ("24/01/2022", SYNTAX),
        ("24 January 2022", SYNTAX),
        ("٢٠٢٢", SYNTAX),
        ("2022\u201301", SYNTAX),
        ("1499", "The year 1499 is before 1500, where the register begins."),
        ("0000", "The year 0000 is before 1500, where the register begins."),
        ("1499-12-31/1500-01-01", "The year 1499 is before 1500, where the register begins."),
        ("2022-00", "There is no month 00: months run from 01 to 12."),
        ("2022-13", "There is no month 13: months run from 01 to 12."),
        ("2022-02-29", "There is no day 29 in February 2022: it has 28 days."),
        ("2022-01-00", "There is no day 00 in January 2022: it has 31 days."),
        ("2022-04-31", "There is no day 31 in April 2022: it has 30 days."),
        ("2022-13/2023", "There is no month 13: months run from 01 to 12."),
        (
            "2019-03-09/2019-03-03",
            "The range runs backwards: its last day, 2019-03-03, is before its first, 2019-03-09.",
        ),
        ("2022/2021", "The range runs backwards: its last day, 2021-12-31, is before its first, 2022-01-01."),
        ("2026-11-23", "The date lies in the future: its first day is 2026-11-23."),
        ("2026-12", "The date lies in the future: its first day is 2026-12-01."),
        ("9999", "The date lies in the future: its first day is 9999-01-01."),
    ],
)
def test_what_is_refused_says_why(text: str, answer: str) -> None:
    with pytest.raises(DateError) as caught:
        parse_partial_date(text, today=TODAY)
    assert str(caught.value) == answer


def test_today_is_the_day_in_utc_unless_given() -> None:
    today = datetime.now(UTC).date()
    assert parse_partial_date(today.isoformat()).start == today
    with pytest.raises(DateError, match="lies in the future"):
        parse_partial_date((today + timedelta(days=2)).isoformat())


@given(st.dates(date(1500, 1, 1), TODAY), st.dates(date(1500, 1, 1), TODAY), st.sampled_from([4, 7, 10]))
def test_a_range_covers_what_its_ends_cover(one: date, other: date, width: int) -> None:
    first, last = (day.isoformat()[:width] for day in sorted((one, other)))
    text = f"{first}/{last}"
    partial = parse_partial_date(text, today=TODAY)
    assert partial.text == text
    assert partial.start == parse_partial_date(first, today=TODAY).start <= min(one, other)
    assert partial.end == parse_partial_date(last, today=TODAY).end >= max(one, other)
    after = (partial.end + timedelta(days=1)).isoformat()
    assert after.endswith({4: "-01-01", 7: "-01", 10: ""}[width])


def reading(text: str) -> tuple[PartialDate | None, str]:
    """The date, or the sentence of the refusal."""
    try:
        return parse_partial_date(text, today=TODAY), ""
    except DateError as refused:
        return None, str(refused)


@given(ANY_TEXT)
def test_any_text_is_a_date_that_comes_out_as_written_or_a_date_error(text: str) -> None:
    partial, refusal = reading(text)
    if partial is None:
        assert refusal.endswith(".")
    else:
        assert partial.text == text
        assert date(1500, 1, 1) <= partial.start <= partial.end
        assert partial.start <= TODAY
        assert in_words(partial)
