"""Thirty questions, of monitors, journalists, dashboards, researchers and operators, each answered by one request."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.conftest import Served

ATTACK = "/v1/incidents/al-sina-prison-attack-2022"
MILITANTS = "measure=killed&of=militant&actor=isis"
Json = dict[str, Any]


class Question(NamedTuple):
    """What is asked, where, what is read of the answer, and the answer."""

    words: str
    path: str
    read: Callable[[Json], Any]
    answer: Any


def row(key: str, *names: str) -> Callable[[Json], Any]:
    """Some fields of the row of a toll."""
    return lambda answer: tuple(next(one for one in answer["rows"] if one["key"] == key)[name] for name in names)


def rows(*names: str) -> Callable[[Json], Any]:
    """Some fields of every row."""
    return lambda answer: [tuple(one[name] for name in names) for one in answer["rows"]]


def data(*names: str) -> Callable[[Json], Any]:
    """Some fields of every record of a page."""
    return lambda answer: [tuple(one[name] for name in names) for one in answer["data"]]


MONITORS = [
    Question(
        "How many has ISIS lost by 24 January, and does anybody say otherwise?",
        f"{ATTACK}/toll?as_of=2022-01-24",
        row(MILITANTS, "low", "best", "high", "agreement"),
        (175, 175, 175, "single"),
    ),
    Question(
        "And by the 31st?",
        f"{ATTACK}/toll?as_of=2022-01-31",
        row(MILITANTS, "best", "spread", "agreement"),
        (374, {"low": 268, "high": 374}, "conflicting"),
    ),
    Question(
        "What did SOHR add to its count of them from the 29th to the 30th?",
        f"{ATTACK}/toll?as_of=2022-01-30&since=2022-01-29&measure=killed",
        lambda body: [
            (one["originator"], one["low"], one["high"])
            for found in body["rows"]
            if found["key"] == MILITANTS
            for one in found["added"]
        ],
        [("sohr", 22, 22)],
    ),
    Question(
        "Which of the numbers of the attack may count the same people?",
        f"{ATTACK}/toll?as_of=2022-01-31&measure=killed",
        lambda body: [pair["why"] for pair in body["overlaps"] if "both say 121" in pair["why"]],
        [
            (
                "both count security_force, only one counts guard and civilian, only one counts staff; one of them "
                "leaves the actor open; both say 121"
            )
        ],
    ),
    Question(
        "Which places have had no figure for too long?",
        "/v1/coverage?as_of=2022-02-01&status=stale&sort=-gap",
        rows("facility", "last_report", "stale_since"),
        [("al-hol-camp", "2020-01-31", "2020-05-09")],
    ),
    Question(
        "In which months was a figure of the camp at hand?",
        "/v1/coverage?within=al-hol-camp&by=month&from=2020-03&to=2020-06",
        rows("month", "status"),
        [("2020-03", "reported"), ("2020-04", "reported"), ("2020-05", "stale"), ("2020-06", "stale")],
    ),
]
JOURNALISTS = [
    Question(
        "How can I quote the number of hostages?",
        "/v1/figures?measure=hostages",
        lambda body: body["data"][0]["reads_as"],
        "Attack on al-Sina prison, as of 24 January 2022: at least 25 of the SDF's forces held hostage, according to "
        "Charles Lister.",
    ),
    Question(
        "Is Turkey said to have had a part in it, by whom, and what is made of that?",
        f"{ATTACK}/conflicts",
        lambda body: [one["reads_as"] for one in body["rows"] if one["kind"] == "party"],
        [
            (
                "Attack on al-Sina prison: Turkey is alleged to be an accomplice (claimed by the SDF; called "
                "misinformation by Charles Lister, 24 January 2022)."
            )
        ],
    ),
    Question(
        "Which statements on the militants killed contradict each other?",
        f"{ATTACK}/conflicts",
        lambda body: [
            [one["as_written"] for one in found["statements"]] for found in body["rows"] if found["key"] == MILITANTS
        ],
        [["175", "124"], ["268", "about 374"], ["268", "more than 370"]],
    ),
    Question(
        "When did the count of militants killed change, and why?",
        f"{ATTACK}/toll/series?measure=killed",
        lambda body: [(one["as_of"], one["best"], one["because"]) for one in body["rows"] if one["key"] == MILITANTS],
        [
            ("2022-01-24", 175, "first"),
            ("2022-01-26", 124, "event"),
            ("2022-01-29", 246, "event"),
            ("2022-01-30", 268, "event"),
            ("2022-01-31", 374, "event"),
        ],
    ),
    Question(
        "How many civilians were displaced, according to whom?",
        "/v1/figures?measure=displaced&of=civilian&unit=persons",
        data("as_written", "originator"),
        [("thousands", "sohr"), ("45,000", "united-nations")],
    ),
    Question(
        "How do I cite the article?",
        "/v1/sources/lister-mei-2022-01-24",
        lambda body: body["cite"]["text"].partition(" Detention Facility Data")[0],
        "Charles Lister: Attack on al-Sina Prison points to broader ISIS resurgence. Middle East Institute, 24 January "
        "2022. https://mei.edu/blog/attack-al-sina-prison-points-broader-isis-resurgence.",
    ),
    Question(
        "Which claims about the attack has a source contested?",
        "/v1/claims?incident=al-sina-prison-attack-2022&disputed=true",
        data("slug"),
        [("coalition-attack-weakened-isis",), ("sdf-knows-attackers-origin",), ("sdf-turkey-complicit",)],
    ),
]
DASHBOARDS = [
    Question(
        "How many people were held in the camp at the end of August 2019?",
        "/v1/populations/summary?within=al-hol-camp&as_of=2019-08-31",
        rows("best", "facilities", "stale", "newest"),
        [(68_823, 1, 0, "2019-07-31")],
    ),
    Question(
        "How did that go on, step by step?",
        "/v1/facilities/al-hol-camp/occupancy/series?as_of=2019-12-31",
        lambda body: [(one["as_of"], one["held"]["best"]) for one in body["rows"]],
        [("2019-05-01", 73_477), ("2019-06-19", 73_043), ("2019-07-31", 68_823), ("2019-09-30", 69_015)],
    ),
    Question(
        "How many incidents are there by country, and what do they cover?",
        "/v1/incidents/summary?by=country&measure=killed&as_of=2022-01-29",
        lambda body: (rows("country", "incidents", "best")(body), body["covered"]),
        ([("SYR", 1, 332)], ["SYR"]),
    ),
    Question(
        "And in France?",
        "/v1/incidents/summary?measure=killed&country=FRA",
        lambda body: (rows("incidents", "low")(body), body["not_covered"]),
        ([(0, None)], ["FRA"]),
    ),
    Question(
        "What has come in since revision 0?",
        "/v1/changes/summary?after=0&until=1&collection=incidents",
        rows("collection", "added", "corrected", "retracted"),
        [("incidents", 1, 0, 0)],
    ),
    Question(
        "How full is the camp?",
        "/v1/facilities/al-hol-camp/occupancy?as_of=2020-01-31",
        lambda body: [(one["held"]["best"], one["why"]) for one in body["rows"][:1]],
        [(66_101, "no capacity is stated")],
    ),
]
RESEARCHERS = [
    Question(
        "Of which nationality were those in the camp in January 2020?",
        "/v1/populations/summary?within=al-hol-camp&as_of=2020-01-31&by=nationality",
        rows("nationality", "best"),
        [("IRQ", 30_724), ("SYR", 25_780)],
    ),
    Question(
        "Which figures are certainly at least 100, whatever the bounds?",
        "/v1/figures?incident=al-sina-prison-attack-2022&measure=escaped&value_min=100&match=certain",
        data("as_written"),
        [("estimated in the hundreds",), ("hundreds",)],
    ),
    Question(
        "What did the register say of the hostages at its first revision?",
        "/v1/figures?measure=hostages&revision=1&fields=low,best,high",
        data("low", "best", "high"),
        [(25, None, None)],
    ),
    Question(
        "Which figures of the attack give no number at all?",
        "/v1/figures?qualifier=unknown",
        data("measure", "as_written"),
        [("escaped", "an undetermined number")],
    ),
    Question(
        "Which numbers has an editor of the register bounded?",
        "/v1/figures?flag=bounds_by_editor&measure=attackers,forces_engaged",
        data("as_written", "best"),
        [("10,000", 10_000), ("200", 200)],
    ),
    Question(
        "By which rule is that worked out, and can I ask for the same one in ten years?",
        f"{ATTACK}/toll?as_of=2022-01-24&rule=toll/1&revision=1",
        lambda body: (body["rule"], body["revision"], body["cite"]["permalink"]),
        ("toll/1", 1, f"{ATTACK}/toll?as_of=2022-01-24&revision=1&rule=toll%2F1"),
    ),
    Question(
        "How many were killed in prison breaks, and does the register know of all their parts?",
        "/v1/incidents/summary?kind=prison_break&measure=killed&of=civilian&as_of=2022-01-31",
        rows("low", "best", "high", "conflicting", "without_figure"),
        [(4, 4, 7, 1, 0)],
    ),
]
OPERATORS = [
    Question(
        "What does the register hold?",
        "/v1",
        lambda body: (body["revision"], body["counts"]["incidents"], body["counts"]["facilities"]),
        (1, 1, 5),
    ),
    Question(
        "Who wrote the newest revision, and why?",
        "/v1/revisions?sort=-revision&limit=1",
        data("revision", "author"),
        [(1, "reference")],
    ),
    Question(
        "Was anything corrected in the first revision?",
        "/v1/changes/summary?after=0&until=1&collection=figures,claims",
        lambda body: [one["corrected"] for one in body["rows"] if one["measure"] is None],
        [0, 0],
    ),
    Question(
        "Which record is incident 1?",
        "/v1/incidents/1?fields=slug,revision",
        lambda body: (body["slug"], body["revision"]),
        ("al-sina-prison-attack-2022", 1),
    ),
]
QUESTIONS = [*MONITORS, *JOURNALISTS, *DASHBOARDS, *RESEARCHERS, *OPERATORS]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.words)
def test_a_question_has_its_answer_in_one_request(reference: Served, question: Question) -> None:
    assert question.read(reference.get(question.path)) == question.answer


def test_there_are_thirty() -> None:
    assert len(QUESTIONS) >= 30
    assert len({question.path for question in QUESTIONS}) >= 28
