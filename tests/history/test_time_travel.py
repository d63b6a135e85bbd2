"""What was answered once is answered again, byte for byte, by `revision=N` and `known_at`, whatever came since."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.catalogue.collections import COLLECTIONS
from app.database.engines import write_engine
from app.writing.keys import KeyScope, create_key
from tests.conftest import Databases, Served
from tests.support.lists import found
from tests.support.sample import SAMPLE, Record, put, served

I1 = "al-sina-prison-attack-2022"
FIGURE: Record = {
    "collection": "figures",
    "incident": I1,
    "measure": "missing",
    "of": ["detainee"],
    "as_of": "2022-02-01",
}

WRITES: list[list[Record]] = [
    # 2: a second register's worth of new records, in every collection
    SAMPLE,
    # 3: a rename that stands in sentences, a figure changed, a figure and a claim added, a facility moved
    [
        {"collection": "actors", "slug": "sdf", "name": "The SDF", "short_name": "S.D.F.", "kind": "armed_group"},
        FIGURE
        | {"source": "albawaba-2022-02-01", "locator": "embedded post after paragraph 2"}
        | {"attributed_to": "sdf", "as_written": "about 400"},
        FIGURE | {"source": "etana-2022-02-02", "as_written": "dozens"},
        {"collection": "claims", "slug": "new-claim", "author": "A", "source": "etana-2022-02-02", "incident": I1}
        | {"statement": "More is to be told."},
        {"collection": "facilities", "slug": "al-hol-camp", "level": "facility", "name": "al-Hol", "kind": "transit"},
        {"collection": "populations", "facility": "al-hol-camp", "measure": "held", "as_written": "9", "as_of": "2023"}
        | {"source": "undated"},
    ],
    # 4: nothing but the lists of records
    [
        {"collection": "facilities", "slug": "south-camp", "level": "facility", "name": "South camp", "kind": "camp"}
        | {
            "names": [{"name": "Camp sud", "lang": "fr"}],
            "identifiers": [],
            "sources": ["undated"],
            "parent": "al-hol-camp",
        },
        {
            "collection": "incidents",
            "slug": "north-riot",
            "title": "Riot",
            "kinds": ["disturbance"],
            "started": "2021-05",
        },
        {"collection": "sources", "slug": "undated", "kind": "dataset", "title": "A table", "published_on": "2019"},
    ],
]

ASKED = [
    "/v1",
    *(
        f"/v1/{collection}{query}"
        for collection in COLLECTIONS
        for query in ("", "?limit=3", "?limit=1000&include=all")
    ),
    *(f"/v1/{collection}?sort=-revision&fields=id,revision&limit=5&count=exact" for collection in COLLECTIONS),
    *(f"/v1/{collection}?changed_since=1" for collection in COLLECTIONS),
    *("/v1/actors/sdf", "/v1/actors/sdf?fields=name", "/v1/figures/46", "/v1/figures/46?include=all"),
    *(f"/v1/incidents/{I1}", f"/v1/incidents/{I1}?include=claims,actors", f"/v1/incidents/{I1}?fields=revision,claims"),
    *("/v1/facilities/al-hol-camp", "/v1/facilities/al-hol-camp?include=populations", "/v1/facilities/5"),
    *("/v1/facilities/south-camp", "/v1/incidents/north-riot", "/v1/sources/undated", "/v1/claims/new-claim"),
    *("/v1/facilities/sdf-family-camps/populations", "/v1/facilities/al-hol-camp/claims?subtree=false"),
    *("/v1/facilities?kind=camp", "/v1/facilities?kind=transit", "/v1/facilities?within=sdf-family-camps"),
    *("/v1/facilities?parent=al-hol-camp", "/v1/facilities?identifier=old:NPX", "/v1/facilities?source=undated"),
    *("/v1/incidents?kind=riot", "/v1/incidents?actor=front", "/v1/incidents?facility=north-annex"),
    *("/v1/populations?kind=camp", "/v1/populations?as_of=2023-06", "/v1/populations?latest_per=originator"),
    *("/v1/figures?measure=missing&as_of=2022-02-01", "/v1/figures?latest_per=source&limit=2", "/v1/sources?from=2018"),
    *("/v1/figures?measure=nothing", "/v1/facilities?parent=nowhere", "/v1/facilities?limit=0"),
]

SAME = ("etag", "data-revision", "link")


def answered(register: Served, path: str) -> tuple[int, bytes, list[str | None]]:
    """What the promise is about: the body, and the headers that name the moment."""
    response = register.ask(path)
    return response.status_code, response.content, [response.headers.get(name) for name in SAME]


def at(path: str, moment: str) -> str:
    """The same address, pinned."""
    return f"{path}{'&' if '?' in path else '?'}{moment}"


class Course:
    """A register written to four times, and what it answered after each time."""

    def __init__(self, url: str, register: Served) -> None:
        self.register = register
        engine = write_engine(url)
        self.key = create_key(engine, "writer", [KeyScope.write], None, None)
        engine.dispose()
        self.answers: list[dict[str, tuple[int, bytes, list[str | None]]]] = [{}]
        self.moments = [""]
        for records in ([], *WRITES):
            if records:
                assert put(url, *records).revision == len(self.answers)
            self.answers.append({path: answered(register, path) for path in ASKED})
            self.moments.append(register.get("/v1")["recorded_at"])


@pytest.fixture(scope="module")
def course(databases: Databases) -> Iterator[Course]:
    """That register, served from each engine in turn; tests only read it."""
    url = databases.with_reference()
    with served(url) as register:
        yield Course(url, register)


@pytest.mark.parametrize("few", [-1, 10**6])
@pytest.mark.parametrize("revision", [1, 2, 3, 4])
def test_a_revision_answers_as_the_register_did(
    course: Course, revision: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whether few or many records changed since decides how the past is read, and nothing else.
    monkeypatch.setattr("app.reading.statements.FEW", few)
    for path, before in course.answers[revision].items():
        if before[0] == 200:
            assert answered(course.register, at(path, f"revision={revision}")) == before, path


@pytest.mark.parametrize("revision", [1, 2, 3, 4])
def test_a_moment_answers_as_the_register_did(course: Course, revision: int) -> None:
    moment = course.moments[revision]
    later = (datetime.fromisoformat(moment) + timedelta(microseconds=1)).isoformat().replace("+00:00", "Z")
    for path, before in course.answers[revision].items():
        if before[0] == 200:
            for requested in (moment, later, moment.replace("Z", "%2B00:00")):
                assert answered(course.register, at(path, f"known_at={requested}")) == before, path


def test_the_answers_differ_between_revisions(course: Course) -> None:
    """So the tests above can fail."""
    differing = [
        sum(course.answers[number][path][1] != course.answers[number + 1][path][1] for path in ASKED)
        for number in (1, 2, 3)
    ]
    assert min(differing) > 30


@pytest.mark.parametrize("revision", [1, 2, 3, 4])
def test_a_permalink_gives_the_answer_again(course: Course, revision: int) -> None:
    for path, before in course.answers[revision].items():
        if before[0] == 200:
            permalink = str(before[2][2]).partition(">")[0].removeprefix("<")
            assert f"revision={revision}" in permalink
            assert answered(course.register, permalink) == before, path


@pytest.mark.parametrize("revision", [1, 2, 3])
def test_what_was_not_there_yet_is_not_there(course: Course, revision: int) -> None:
    for path, before in course.answers[revision].items():
        if before[0] != 200:
            assert answered(course.register, at(path, f"revision={revision}"))[0] == before[0], path


def test_records_of_the_past_are_as_they_were(course: Course) -> None:
    get = course.register.get
    names = [get(f"/v1/actors/sdf?revision={number}")["short_name"] for number in (1, 2, 3, 4)]
    assert names == ["SDF", "SDF", "S.D.F.", "S.D.F."]
    assert [get(f"/v1/figures/46?revision={number}")["as_written"] for number in (1, 2, 3)] == [
        "400",
        "400",
        "about 400",
    ]
    shown = [get(f"/v1/incidents/{I1}?revision={number}") for number in (1, 2, 3, 4)]
    assert [record["revision"] for record in shown] == [1, 1, 3, 3]
    assert [len(record["figures"]) for record in shown] == [53, 53, 54, 54]
    assert ["new-claim" in record["claims"] for record in shown] == [False, False, True, True]
    assert "according to the SDF" in str(shown[1]["figures"])
    assert "according to the SDF" not in str(shown[2]["figures"])
    kinds = [get(f"/v1/incidents/north-riot?revision={number}")["kinds"] for number in (2, 3, 4)]
    assert kinds == [["riot", "fire"], ["riot", "fire"], ["disturbance"]]


def test_filters_look_at_the_past_too(course: Course) -> None:
    def at_each(path: str) -> list[list[str]]:
        return [found(course.register, at(path, f"revision={number}")) for number in (2, 3, 4)]

    assert at_each("/v1/facilities?kind=transit") == [[], ["al-hol-camp"], ["al-hol-camp"]]
    assert at_each("/v1/facilities?within=sdf-family-camps") == [
        ["al-hol-camp", "sdf-family-camps"],
        *[["sdf-family-camps"]] * 2,
    ]
    assert at_each("/v1/facilities?within=al-hol-camp") == [
        ["al-hol-camp"],
        ["al-hol-camp"],
        ["al-hol-camp", "south-camp"],
    ]
    assert at_each("/v1/facilities?identifier=old:NPX") == [["south-camp"], ["south-camp"], []]
    assert at_each("/v1/facilities?source=undated") == [[], [], ["south-camp"]]
    assert at_each("/v1/incidents?kind=riot") == [[I1, "north-riot"], [I1, "north-riot"], [I1]]
    assert at_each("/v1/incidents?actor=front") == [["north-riot", "south-escape"]] * 2 + [["south-escape"]]
    assert at_each("/v1/sources?to=2019-01-01&kind=dataset") == [[], [], ["undated"]]
    assert at_each("/v1/figures?measure=missing&qualifier=approximately") == [[], ["46"], ["46"]]
    assert at_each("/v1/actors?changed_since=2") == [[], ["sdf"], ["sdf"]]


def test_a_name_that_came_later_names_nothing_before(course: Course) -> None:
    assert course.register.ask("/v1/facilities?operator=ministry&revision=2").status_code == 200
    response = course.register.ask("/v1/facilities?operator=ministry&revision=1")
    assert response.status_code == 422
    assert response.json()["errors"][0]["parameter"] == "operator"
    assert course.register.ask("/v1/facilities/south-camp/claims?revision=1").status_code == 404


def test_the_register_tells_its_past(course: Course) -> None:
    answer = [course.register.get(f"/v1?revision={number}") for number in (1, 2, 3, 4)]
    assert [one["revision"] for one in answer] == [1, 2, 3, 4]
    assert [one["recorded_at"] for one in answer] == course.moments[1:]
    assert sorted(course.moments[1:]) == course.moments[1:]
    assert [one["counts"]["figures"] for one in answer] == [53, 58, 59, 59]
    assert [one["counts"]["facilities"] for one in answer] == [5, 9, 9, 9]


# --- validators --------------------------------------------------------------------------------------------------


def test_a_records_validator_is_its_own_revision(course: Course) -> None:
    def tag(path: str) -> str:
        return course.register.ask(path).headers["etag"]

    assert tag("/v1/actors/isis") == tag("/v1/actors/isis?revision=1") == tag("/v1/actors/isis?revision=3")
    assert tag("/v1/actors/sdf?revision=2") != tag("/v1/actors/sdf?revision=3") == tag("/v1/actors/sdf")
    # What is trimmed, or brings others along, is an answer of the register's own.
    for query in ("fields=id", "include=all"):
        assert tag(f"/v1/actors/isis?{query}&revision=1") != tag(f"/v1/actors/isis?{query}&revision=3")
    assert len({tag(f"/v1/actors?revision={number}") for number in (1, 2, 3, 4)}) == 4
    assert len({tag(f"/v1?revision={number}") for number in (1, 2, 3, 4)}) == 4


def test_no_number_of_the_answer_enters_a_records_body(course: Course) -> None:
    bodies = {course.register.ask(f"/v1/actors/isis?revision={number}").content for number in (1, 2, 3, 4)}
    assert len(bodies) == 1
    revisions = [course.register.ask(f"/v1/actors/isis?revision={n}").headers["data-revision"] for n in (1, 2, 3, 4)]
    assert revisions == ["1", "2", "3", "4"]


def test_a_validator_of_before_does_not_match(course: Course) -> None:
    old = course.register.ask("/v1/figures?revision=3").headers["etag"]
    assert course.register.ask("/v1/figures", if_none_match=old).status_code == 200
    assert course.register.ask("/v1/figures?revision=3", if_none_match=old).status_code == 304


def test_pinned_answers_may_be_kept_and_others_asked_again(course: Course) -> None:
    def caching(path: str, **headers: str) -> str:
        return course.register.ask(path, **headers).headers["cache-control"]

    moment = f"known_at={course.moments[2]}"
    for path in ("/v1", "/v1/facilities", "/v1/facilities?limit=2", "/v1/actors/sdf", "/v1/actors/sdf?fields=id"):
        assert caching(at(path, "revision=2")) == "public, max-age=86400, immutable"
        assert caching(at(path, moment)) == "no-store"
        assert caching(path) not in {"no-store", "public, max-age=86400, immutable"}
        for pinned in (path, at(path, "revision=2"), at(path, moment)):
            assert caching(pinned, authorization=f"Bearer {course.key}") == "private, no-store"
    following = course.register.get("/v1/facilities?limit=2")["next"]
    assert caching(following) == "public, max-age=86400, immutable"


# --- moments -----------------------------------------------------------------------------------------------------


def problem(register: Served, path: str) -> dict[str, Any]:
    response = register.ask(path)
    assert response.status_code == 422, response.text[:300]
    answer: dict[str, Any] = response.json()
    return answer


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/facilities", "/v1/facilities/al-hol-camp", "/v1/figures?latest_per=source"]
)
def test_moments_the_register_has_not_been_at(course: Course, path: str) -> None:
    first = course.moments[1]
    before = (datetime.fromisoformat(first) - timedelta(microseconds=1)).isoformat().replace("+00:00", "Z")
    for moment in (before, "2000-01-01", "2022-01-25T00:00:00Z"):
        answer = problem(course.register, at(path, f"known_at={moment}"))
        assert (answer["type"], first in answer["detail"]) == ("/errors#no-such-moment", True)
    for moment in ("2999-01-01", "9000-01-01T00:00:00Z"):
        assert problem(course.register, at(path, f"known_at={moment}"))["type"] == "/errors#no-such-moment"
    answer = problem(course.register, at(path, "revision=5"))
    assert (answer["type"], "newest is 4" in answer["detail"]) == ("/errors#no-such-moment", True)
    both = problem(course.register, at(path, f"revision=1&known_at={first}"))
    assert {fault["parameter"] for fault in both["errors"]} <= {"revision", "known_at"}


def test_changes_since_a_moment_are_those_recorded_then_or_later(course: Course) -> None:
    feed = course.register.get("/v1/changes?limit=1000")["data"]
    for number, moment in enumerate(course.moments[1:], 1):
        later = (datetime.fromisoformat(moment) + timedelta(microseconds=1)).isoformat().replace("+00:00", "Z")
        for requested, first in ((moment, number), (later, number + 1)):
            answer = course.register.get(f"/v1/changes?limit=1000&since={requested}")
            assert answer["data"] == [change for change in feed if change["revision"] >= first]
            assert course.register.get(answer["next"])["data"] == []
    day = feed[0]["recorded_at"][:10]
    assert course.register.get(f"/v1/changes?limit=1000&since={day}")["data"] == feed
    assert course.register.get("/v1/changes?limit=1000&since=2000-01-01")["data"] == feed
    begun = course.register.get(f"/v1/changes?limit=1&since={course.moments[2]}")
    second = course.register.get(begun["next"])
    assert [*begun["data"], *second["data"][:1]] == [change for change in feed if change["revision"] >= 2][:2]
    of_sources = course.register.get(f"/v1/changes?limit=1000&since={course.moments[2]}&collection=sources")["data"]
    assert of_sources == [c for c in feed if c["revision"] >= 2 and c["collection"] == "sources"]
    pinned = course.register.get(f"/v1/changes?limit=1000&since={course.moments[4]}&revision=3")
    assert pinned["data"] == []


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("since=2999-01-01", "since lies ahead; nobody knows yet what the register will hold"),
        ("since=yesterday", "since is a date or a moment such as 2022-01-25T00:00:00Z"),
        ("since=2022-01", "since is a date or a moment such as 2022-01-25T00:00:00Z"),
        ("since=2022-01-25&after=1", "give after or since, not both"),
    ],
)
def test_a_moment_that_changes_cannot_begin_at_is_refused(course: Course, query: str, sentence: str) -> None:
    (fault,) = problem(course.register, f"/v1/changes?{query}")["errors"]
    assert fault == {"parameter": "since", "detail": sentence}


def test_a_moment_is_read_in_its_own_offset(course: Course) -> None:
    moment = datetime.fromisoformat(course.moments[3])
    expected = course.answers[3]["/v1/actors/sdf"]
    for text in (
        (moment + timedelta(hours=2)).isoformat().replace("+00:00", "%2B02:00"),
        (moment + timedelta(hours=2)).isoformat().replace("+00:00", "+02:00"),
        (moment - timedelta(hours=5)).isoformat().replace("+00:00", "-05:00"),
        moment.isoformat().replace("+00:00", ""),
    ):
        assert answered(course.register, f"/v1/actors/sdf?known_at={text}") == expected, text


def test_pages_of_the_past_follow_on_each_other(course: Course) -> None:
    for moment in ("revision=2", f"known_at={course.moments[2]}"):
        following: str | None = f"/v1/figures?limit=20&{moment}"
        pages = []
        while following is not None:
            pages.append(course.register.get(following))
            following = pages[-1]["next"]
        assert [page["revision"] for page in pages] == [2, 2, 2]
        whole = course.register.get("/v1/figures?limit=1000&revision=2")["data"]
        assert [record for page in pages for record in page["data"]] == whole


def test_as_of_and_revision_are_two_axes(course: Course) -> None:
    """What a source said of 2022 is one thing; what this register held when is another."""
    path = "/v1/figures?measure=missing&as_of=2022-02-01"
    assert [found(course.register, at(path, f"revision={number}")) for number in (1, 3)] == [["46"], ["46", "59"]]
    assert found(course.register, "/v1/figures?measure=missing&as_of=2022-01-31&revision=3") == []
