"""What is refused, how it is told: problem+json for everything, every fault at once, with what would be right."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.catalogue.collections import COLLECTIONS
from app.database.engines import write_engine
from app.errors import Problem
from app.http.problems import error_response
from tests.conftest import Databases, Served
from tests.support.sample import served

PROBLEM = "application/problem+json"
KINDS = {kind.slug: kind for kind in Problem.kinds}


def problem_of(register: Served, path: str, status: int, method: str = "GET", **options: Any) -> dict[str, Any]:
    """The problem that answers a request, its form checked."""
    response = register.client.request(method, path, **options)
    assert response.status_code == status, response.text[:500]
    assert response.headers["content-type"] == PROBLEM
    problem: dict[str, Any] = response.json()
    assert set(problem) - {"errors"} == {"type", "title", "status", "detail"}
    kind = KINDS[problem["type"].removeprefix("/errors#")]
    assert (problem["title"], problem["status"]) == (kind.title, status)
    assert problem["detail"]
    assert all(set(fault) <= {"parameter", "pointer", "detail"} and fault["detail"] for fault in faults(problem))
    return problem


def faults(problem: dict[str, Any]) -> list[dict[str, str]]:
    listed: list[dict[str, str]] = problem.get("errors", [])
    return listed


def fault(register: Served, path: str) -> tuple[str, str]:
    """The one fault of a request that is a 422: the parameter, and what is said of it."""
    problem = problem_of(register, path, 422)
    (only,) = faults(problem)
    assert problem["detail"] == only["detail"]
    return only["parameter"], only["detail"]


# --- words that are none of the allowed ones ---------------------------------------------------------------------


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_an_unknown_parameter_names_those_there_are(reference: Served, collection: str) -> None:
    declared = reference.get("/openapi.json")["paths"]
    for path in (f"/v1/{collection}", f"/v1/{collection}/{{key}}"):
        names = {parameter["name"] for parameter in declared[path]["get"]["parameters"]} - {"key"}
        parameter, detail = fault(reference, f"{path.format(key=1)}?limt=5")
        assert parameter == "limt"
        assert "'limt' is not a parameter" in detail
        assert set(detail.partition("Allowed: ")[2].strip(".").split(", ")) == names
        assert ("did you mean 'limit'" in detail) is ("limit" in names)


@pytest.mark.parametrize(
    "path",
    [
        "/v1?foo=1",
        "/v1/vocabularies?foo=1",
        "/v1/vocabularies/facility-kind?foo=1",
        "/v1/facilities/al-sina-prison/claims?foo=1",
        "/v1/facilities?Kind=camp",
        "/v1/facilities?kind[]=camp",
        "/v1/facilities?from_=2022",
        "/v1/figures?from_=2022",
        "/v1/figures?=1",
        "/v1/figures?%zz=1",
        "/v1/figures?a%00b=1",
    ],
)
def test_nothing_unknown_is_overlooked(reference: Served, path: str) -> None:
    parameter, detail = fault(reference, path)
    assert "is not a parameter" in detail
    assert parameter in {"foo", "Kind", "kind[]", "from_", "", "%zz", "a\0b"}


CODES = [
    ("facilities?kind=prisn", "kind", "'prisn' is not a facility-kind", "did you mean 'prison'", "intelligence"),
    ("facilities?kind=PRISON", "kind", "'PRISON' is not a facility-kind", "", "unofficial"),
    ("facilities?kind=", "kind", "'' is not a facility-kind", "", "prison"),
    ("facilities?kind", "kind", "'' is not a facility-kind", "", "prison"),
    ("facilities?kind=prison,", "kind", "'' is not a facility-kind", "", "prison"),
    ("facilities?level=wing", "level", "'wing' is not a facility-level", "", "facility, network, unit"),
    ("incidents?role=atacker", "role", "'atacker' is not a party-role", "did you mean 'attacker'", "victim"),
    ("incidents?standing=proven", "standing", "'proven' is not a party-standing", "", "alleged"),
    ("figures?of=guards", "of", "'guards' is not a figure-of", "did you mean 'guard'", "aid_worker"),
    ("figures?measure=killd", "measure", "'killd' is not a figure-measure", "did you mean 'killed'", "died"),
    ("figures?tally=sum", "tally", "'sum' is not a tally", "", "additional, current, total"),
    ("populations?legal_status=guilty", "legal_status", "'guilty' is not a population-legal-status", "", "total"),
    ("populations?sex=men", "sex", "'men' is not a sex", "", "female, male, other, total, unknown"),
    ("claims?verdict=false", "verdict", "'false' is not a claim-verdict", "", "refuted"),
    ("sources?kind=book", "kind", "'book' is not a source-kind", "", "video"),
    ("actors?kind=army", "kind", "'army' is not a actor-kind", "", "armed_group"),
    ("actors?access=secret", "access", "'secret' is not a access", "", "partner, public, restricted"),
    ("facilities?fields=nmae", "fields", "'nmae' is not a", "did you mean 'name'", "supported_by"),
    ("facilities?fields=", "fields", "'' is not a", "", "supported_by"),
    ("facilities/al-sina-prison?fields=slug,nmae", "fields", "'nmae' is not a", "did you mean 'name'", "slug"),
    ("facilities?sort=nmae", "sort", "'nmae' is not a", "did you mean 'name'", "-opened"),
    ("facilities?sort=", "sort", "'' is not a", "", "-opened"),
    ("facilities?sort=--name", "sort", "'--name' is not a", "", "-name"),
    ("facilities?include=source", "include", "'source' is not a", "did you mean 'sources'", "all"),
    ("figures/1?include=populations", "include", "'populations' is not a", "", "incidents"),
    ("facilities?count=all", "count", "'all' is not a", "", "exact"),
    ("figures?latest_per=actor", "latest_per", "'actor' is not a", "", "group, originator, source"),
    ("populations?breakdown=all", "breakdown", "'all' is not a", "", "none"),
]


@pytest.mark.parametrize(("path", "parameter", "what", "near", "allowed"), CODES, ids=[case[0] for case in CODES])
def test_an_unknown_code_names_near_ones_and_those_there_are(
    reference: Served, path: str, parameter: str, what: str, near: str, allowed: str
) -> None:
    named, detail = fault(reference, f"/v1/{path}")
    assert named == parameter
    assert what.replace(" a a", " an a") in detail.replace(" a a", " an a")
    assert near in detail
    assert allowed in detail.partition("Allowed: ")[2]


SLUGS = [
    ("populations?facility=al-sina-prisn", "facility", "al-sina-prison, al-sina-prison-northern-wing"),
    ("populations?within=al-sina", "within", "al-sina-prison"),
    ("populations?operator=sfd", "operator", "sdf"),
    ("populations?affiliation=isi", "affiliation", "isis"),
    ("facilities?parent=sdf-prisons", "parent", "sdf-isis-prisons"),
    ("facilities?source=lister-mei-2022", "source", "lister-mei-2022-01-24"),
    ("figures?incident=al-sina-attack-2022", "incident", "al-sina-prison-attack-2022"),
    ("figures?attributed_to=united-nation", "attributed_to", "united-nations"),
    ("figures?source=rudaw-2022-01-25", "source", "rudaw-2022-01-2"),
    ("incidents?actor=turky", "actor", "turkey"),
    ("incidents?parent=al-sina-prison-atack-2022", "parent", "al-sina-prison-attack-2022"),
    ("claims?about=turky", "about", "turkey"),
    ("actors?part_of=us-led-coalitio", "part_of", "us-led-coalition"),
    # A capital letter or a blank makes a name of no record, not a regular expression's fault.
    ("populations?facility=Al-Sina-Prison", "facility", "al-sina-prison"),
    ("populations?facility=al sina prison", "facility", "al-sina-prison"),
]


@pytest.mark.parametrize(("path", "parameter", "near"), SLUGS, ids=[case[0] for case in SLUGS])
def test_an_unknown_slug_in_a_filter_names_near_ones(reference: Served, path: str, parameter: str, near: str) -> None:
    named, detail = fault(reference, f"/v1/{path}")
    assert named == parameter
    assert "near ones: " in detail
    listed = detail.partition("near ones: ")[2]
    assert near in listed
    assert len(listed.split(", ")) <= 3


def test_a_slug_like_no_other_is_named_alone(reference: Served) -> None:
    assert fault(reference, "/v1/facilities?operator=qqqq") == ("operator", "no actor is called 'qqqq'")


@pytest.mark.parametrize("value", ["99", "0", "999999999999999999", "99999999999999999999", "9" * 400, "00099"])
@pytest.mark.parametrize("query", ["facilities?operator=", "populations?within=", "populations?facility=sdf,"])
def test_an_id_of_no_record_in_a_filter_is_a_fault(reference: Served, query: str, value: str) -> None:
    problem = problem_of(reference, f"/v1/{query}{value}", 422)
    assert {each["parameter"] for each in faults(problem)} == {query.partition("?")[2].partition("=")[0]}


PATHS = [
    ("/v1/facilities/al-sina-prisn", "al-sina-prison"),
    ("/v1/facilities/al-sina-prisn/populations", "al-sina-prison"),
    ("/v1/facilities/al-sina-prisn/incidents?subtree=false", "al-sina-prison"),
    ("/v1/facilities/AL-HOL-CAMP", "al-hol-camp"),
    ("/v1/incidents/al-sina-attack", "al-sina-prison-attack-2022"),
    ("/v1/actors/sdff", "sdf"),
    ("/v1/sources/rudaw-2022", "rudaw-2022-01-24"),
    ("/v1/claims/sdf-turkey", "sdf-turkey-complicit"),
    ("/v1/vocabularies/facility-kid", "facility-kind"),
]


@pytest.mark.parametrize(("path", "near"), PATHS, ids=[case[0] for case in PATHS])
def test_an_unknown_slug_in_a_path_is_a_404_that_names_near_ones(reference: Served, path: str, near: str) -> None:
    assert near in problem_of(reference, path, 404)["detail"]


@pytest.mark.parametrize(
    "key",
    [
        "99",
        "0",
        "-1",
        "1.0",
        "9" * 18,
        "9" * 19,
        "9" * 4400,
        "²",
        "٣",
        "%00",
        "a%00b",
        "%ff",
        "%zz",
        "سجن",
        "%F0%9F%92",
    ],
    ids=lambda key: f"{key[:8]}-{len(key)}",
)
@pytest.mark.parametrize("path", ["facilities/{}", "figures/{}", "facilities/{}/claims", "vocabularies/{}"])
def test_a_key_of_nothing_is_a_404(reference: Served, path: str, key: str) -> None:
    problem_of(reference, f"/v1/{path.format(key)}", 404)


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/facilities/a/b", "/v1/facilities/a/claims/b", "/nothing", "/v2"])
def test_an_unknown_route_is_a_404(reference: Served, path: str) -> None:
    problem_of(reference, path, 404)


# --- values that cannot be used ----------------------------------------------------------------------------------

BAD = [
    *(f"facilities?limit={value}" for value in ("0", "-1", "1001", "", "x", "1e3", "0x10", str(2**70), "NaN", "٣")),
    *(f"facilities?revision={value}" for value in ("-1", "2", "", "x", str(2**63 - 1), str(2**63), str(2**70))),
    *(f"facilities/al-sina-prison?revision={value}" for value in ("2", "x", str(2**63), str(2**70))),
    *(f"facilities?changed_since={value}" for value in ("-1", "", "x", str(2**63), str(2**70))),
    *(f"populations?min_age={value}" for value in ("-1", "151", "", "x", "1.5", str(2**63), str(2**70))),
    *(f"populations?max_age={value}" for value in ("-1", "151", "all", str(2**70))),
    *(f"figures?{name}={value}" for name in ("from", "to", "as_of") for value in ("", "x", "1499", "2022-13")),
    *(f"figures?{name}={value}" for name in ("from", "to", "as_of") for value in ("2022-02-30", "22-01-01", "%00")),
    "figures?from=2022-01-31/2022-01-01",
    "figures?from=2022-02-01&to=2022-01-01",
    *(f"facilities?known_at={value}" for value in ("", "x", "2999-01-01", "2000-01-01", "2022-01-25T25:00:00Z", "%00")),
    *(
        f"facilities?known_at={value}"
        for value in ("0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "1" * 99)
    ),
    "facilities?revision=1&known_at=2022-01-25",
    *(f"facilities?country={value}" for value in ("", "syr", "SY", "Syria", "XXX", "%00")),
    *(f"actors?country={value}" for value in ("", "gbr", "XXX", "UK")),
    *(f"incidents?country={value}" for value in ("", "XXX")),
    *(f"populations?nationality={value}" for value in ("", "irq", "XXX", "Foreign")),
    *(f"{query}=" for query in ("facilities?admin1", "populations?group", "claims?topic", "sources?publisher")),
    *(f"{query}=" for query in ("sources?url", "sources?language", "facilities?identifier", "populations?dimension")),
    *(f"{query}=%00" for query in ("facilities?admin1", "populations?group", "claims?topic", "sources?publisher")),
    *(f"{query}=a:%00" for query in ("facilities?identifier", "populations?dimension")),
    *(f"facilities?identifier={value}" for value in ("nomis", ":MDI", "nomis:", "no mis:MDI")),
    *(f"populations?dimension={value}" for value in ("origin", ":x", "origin:")),
    *(f"facilities/al-sina-prison/claims?subtree={value}" for value in ("", "maybe", "2")),
    "facilities/al-sina-prison/claims?facility=al-hol-camp",
    "facilities/al-sina-prison/claims?within=al-hol-camp",
    *(f"{query}=" for query in ("facilities?operator", "figures?incident", "facilities?within", "facilities?source")),
    "facilities?limit=1&limit=1",
    "figures?as_of=2022&as_of=2021",
    "facilities?revision=1&revision=1",
    "facilities?cursor=a&cursor=a",
]


@pytest.mark.parametrize("path", BAD, ids=lambda path: path[:70])
def test_what_cannot_be_used_is_a_422_that_names_the_parameter(reference: Served, path: str) -> None:
    sent = {pair.partition("=")[0] for pair in path.partition("?")[2].split("&")}
    problem = problem_of(reference, f"/v1/{path}", 422)
    assert faults(problem)
    assert {each["parameter"] for each in faults(problem)} <= sent


@pytest.mark.parametrize("query", ["min_age=total", "min_age=0", "max_age=17", "from=2022-01-20/2022-01-30", "to=2099"])
def test_what_can_be_used_is_no_fault(reference: Served, query: str) -> None:
    assert reference.ask(f"/v1/populations?{query}").status_code == 200


@pytest.mark.parametrize("path", ["facilities?revision=2", "facilities?known_at=2000-01-01"])
def test_a_moment_the_register_has_not_been_at_names_one_it_has(reference: Served, path: str) -> None:
    problem = problem_of(reference, f"/v1/{path}", 422)
    assert problem["type"] == "/errors#no-such-moment"
    first = reference.get("/v1")["recorded_at"]
    assert first in problem["detail"] or problem["detail"].endswith("the newest is 1")


def test_an_empty_register_has_not_been_at_a_revision_or_a_time(databases: Databases) -> None:
    with served(databases.empty()) as register:
        for path in ("/v1/facilities?revision=1", "/v1/facilities/x?revision=1", "/v1?revision=1"):
            assert problem_of(register, path, 422)["type"] == "/errors#no-such-moment"
        for path in ("/v1/facilities?known_at=2022", "/v1?known_at=2022-01-01"):
            problem_of(register, path, 422)
        assert register.ask("/").status_code == 200
        assert register.ask("/healthz").status_code == 200


MANY = [
    ("populations?facility=", [str(number) for number in range(1, 1200)]),
    ("populations?dimension=", ["a:b"] * 1200),
    ("facilities?identifier=", ["a:b"] * 1200),
    ("facilities?sort=", ["name"] * 2500),
    ("figures?of_any=", ["guard"] * 1200),
    ("populations?min_age=", ["1"] * 30_000),
    ("facilities?country=", ["SYR"] * 12_000),
    ("facilities?fields=", ["id"] * 12_000),
    ("facilities?admin1=", ["A" * 60_000]),
    ("facilities?kind=", ["A" * 60_000]),
    ("facilities?operator=", ["a" * 60_000]),
]


@pytest.mark.parametrize(("query", "values"), MANY, ids=[query for query, _ in MANY])
def test_many_values_or_long_ones_break_nothing(reference: Served, query: str, values: list[str]) -> None:
    response = reference.ask(f"/v1/{query}{','.join(values)}")
    assert response.status_code in {200, 414, 422}, response.text[:200]
    assert len(response.content) < 20_000


def test_several_faults_are_named_at_once(reference: Served) -> None:
    problem = problem_of(
        reference, "/v1/facilities?knd=x&kind=prisn,camp,jail&limit=0&sort=nmae&fields=nmae&include=x", 422
    )
    named = [each["parameter"] for each in faults(problem)]
    assert sorted(named) == ["fields", "include", "kind", "kind", "knd", "limit", "sort"]
    assert "7 faults" in problem["detail"]


def test_several_unknown_names_are_told_at_once(reference: Served) -> None:
    problem = problem_of(reference, "/v1/figures?incident=a-b,al-sina-prison-attack-2022&actor=a-b&source=a-b,c-d", 422)
    assert [each["parameter"] for each in faults(problem)] == ["incident", "actor", "source", "source"] or sorted(
        each["parameter"] for each in faults(problem)
    ) == ["actor", "incident", "source", "source"]


def test_a_parameter_given_twice_hides_no_other_fault(reference: Served) -> None:
    problem = problem_of(reference, "/v1/facilities?limit=1&limit=2&knd=x&kind=prisn", 422)
    assert {each["parameter"] for each in faults(problem)} == {"limit", "knd", "kind"}


def test_an_unknown_name_hides_no_other_fault(reference: Served) -> None:
    problem = problem_of(reference, "/v1/facilities?operator=nobody&kind=prisn", 422)
    assert {each["parameter"] for each in faults(problem)} >= {"kind"}


# --- our own faults ----------------------------------------------------------------------------------------------


@pytest.fixture
def broken(databases: Databases) -> Iterator[Served]:
    """A register that says it is of this version, and whose tables are not there."""
    url = databases.with_reference()
    engine = write_engine(url)
    with engine.begin() as connection:
        if databases.engine == "sqlite":
            connection.execute(text("PRAGMA legacy_alter_table = ON"))
        for collection in COLLECTIONS.values():
            name = collection.table.__tablename__
            connection.execute(text(f"ALTER TABLE {name} RENAME TO {name}_elsewhere"))
    engine.dispose()
    with served(url) as register:
        yield register


@pytest.mark.parametrize("path", ["/v1", "/v1/facilities", "/v1/facilities/x", "/readyz"])
def test_a_database_without_a_register_says_what_to_do(databases: Databases, path: str) -> None:
    url = databases.bare()
    if databases.engine == "sqlite":
        Path(url.removeprefix("sqlite:///")).touch()
    with served(url) as register:
        answer = register.ask(path)
    assert answer.status_code == 503
    assert "`detention migrate`" in answer.text


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/facilities", "/v1/facilities/x", "/v1/figures?measure=killed&count=exact"]
)
def test_a_fault_of_ours_says_nothing_of_the_inside(
    broken: Served, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    problem = problem_of(broken, path, 500)
    assert set(problem) == {"type", "title", "status", "detail"}
    assert not any(word in str(problem).lower() for word in ("sql", "table", "relation", "select", "facility", "trace"))
    assert caplog.records, "the log says what the answer does not"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 406, 410, 413, 415, 418, 422, 429, 500, 503])
def test_what_the_framework_refuses_keeps_its_status(status: int) -> None:
    """Whatever it is, it is a problem: `about:blank` stands for what has no page of its own here."""
    answer = error_response(Request({"type": "http"}), HTTPException(status, "words of its own", {"X-Told": "so"}))
    problem = json.loads(bytes(answer.body))
    assert (answer.status_code, problem["status"], answer.media_type) == (status, status, "application/problem+json")
    assert answer.headers["x-told"] == "so"
    assert "words of its own" not in problem["detail"]
    assert len(problem["detail"].split()) > 1
    slug = problem["type"].removeprefix("/errors#")
    assert slug in KINDS or problem["type"] == "about:blank"
    assert slug != "broken"


def test_every_answer_carries_the_security_headers(reference: Served, broken: Served) -> None:
    answers = [
        *(reference.ask(path) for path in ("/v1", "/v1/nothing", "/v1/facilities?x=1", "/v1/facilities/", "/docs")),
        reference.client.request("PUT", "/v1"),
        broken.ask("/v1/facilities"),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 422, 308, 200, 405, 500]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff", answer.status_code
        assert "default-src 'none'" in answer.headers["content-security-policy"], answer.status_code


def test_errors_are_not_kept(reference: Served) -> None:
    for path in ("/v1/nothing", "/v1/facilities?x=1", "/v1/facilities/nobody", "/v1/facilities?revision=9"):
        assert reference.ask(path).headers["cache-control"] == "no-store"
