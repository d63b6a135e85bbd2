"""What a writer may not see is nobody's to it: on every way to write, and in what is written about it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.database.engines import write_engine
from app.database.settings import Settings
from app.http.application import create_app
from app.records import near
from app.records import strict_json as strict
from app.records.finding import Asking, Question, finding
from app.writing.keys import KeyScope, create_key
from tests.conftest import Databases, start_server, stop_server
from tests.imports.test_import_jobs import Desk
from tests.support.hidden import HIDDEN, I1, POINTING, S1
from tests.support.sample import Record, put

WHY = {"reason_code": "our_error", "reason": "Entered in error."}
SCOPES = {
    "writer": [KeyScope.write],
    "partner": [KeyScope.write, KeyScope.read_partner],
    "trusted": [KeyScope.write, KeyScope.read_restricted],
    "admin": [KeyScope.admin],
}


class Writers:
    """A register, and keys that see more and less of it."""

    def __init__(self, url: str, client: TestClient) -> None:
        self.client = client
        engine = write_engine(url)
        self.keys = {name: create_key(engine, name, scopes, None, None) for name, scopes in SCOPES.items()}
        engine.dispose()

    def ask(self, method: str, path: str, who: str = "writer", **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.keys[who]}"} | options.pop("headers", {})
        return self.client.request(method, path, headers=headers, **options)

    def get(self, path: str, who: str = "admin") -> dict[str, Any]:
        answer = self.ask("GET", path, who)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def patch(self, path: str, body: Record, who: str = "writer", **reasons: str) -> Any:
        return self.ask("PATCH", path, who, json=body, params=reasons, headers={"If-Match": "*"})

    def delete(self, path: str, who: str = "writer") -> Any:
        return self.ask("DELETE", path, who, params=WHY, headers={"If-Match": "*"})


@contextmanager
def written(url: str) -> Iterator[Writers]:
    with TestClient(create_app(Settings(database_url=url))) as client:
        yield Writers(url, client)


@pytest.fixture
def writers(databases: Databases) -> Iterator[Writers]:
    url = databases.with_reference()
    put(url, *HIDDEN)
    put(url, *POINTING)
    with written(url) as made:
        yield made


# --- hidden, and nobody's ----------------------------------------------------------------------------------------

NAMING: list[tuple[str, str, Record]] = [
    ("POST", "/v1/facilities", {"name": "A", "level": "facility", "operator": "undisclosed-unit"}),
    ("POST", "/v1/facilities", {"name": "A", "level": "facility", "parent": "undisclosed-site"}),
    ("POST", "/v1/facilities", {"name": "A", "level": "facility", "sources": ["undisclosed-leak"]}),
    (
        "POST",
        "/v1/populations",
        {"facility": "undisclosed-site", "measure": "held", "as_of": "2024", "as_written": "1", "source": S1},
    ),
    (
        "POST",
        "/v1/figures",
        {"incident": "undisclosed-event", "measure": "killed", "as_of": "2024", "as_written": "1", "source": S1},
    ),
    ("POST", "/v1/actors", {"name": "B", "kind": "ngo", "part_of": "undisclosed-unit"}),
    ("PATCH", "/v1/facilities/al-hol-camp", {"parent": "undisclosed-site"}),
    ("PATCH", "/v1/facilities/sdf-isis-prisons", {"parent": "undisclosed-site"}),  # that would be a ring
    ("PATCH", "/v1/facilities/annex", {"sources": ["undisclosed-leak"]}),  # it names it already
    ("PATCH", "/v1/facilities/annex", {"supported_by": ["undisclosed-unit", "sdf"]}),
    ("PATCH", "/v1/facilities/annex", {"operator": "undisclosed-unit"}),
    ("PATCH", "/v1/facilities/undisclosed-site", {"name": "C"}),
    ("DELETE", "/v1/facilities/undisclosed-site", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), NAMING)
def test_what_is_hidden_is_answered_as_what_is_nobodys(writers: Writers, method: str, path: str, body: Record) -> None:
    hidden = next(
        word
        for word in ("undisclosed-unit", "undisclosed-site", "undisclosed-leak", "undisclosed-event")
        if word in path + json.dumps(body)
    )
    answers = []
    for slug in (hidden, "zzzzzzzz"):
        said, where = json.loads(json.dumps(body).replace(hidden, slug)), path.replace(hidden, slug)
        options: dict[str, Any] = {"headers": {"If-Match": "*"}} if method != "POST" else {}
        answer = writers.ask(method, where, json=said or None, params=WHY if method == "DELETE" else {}, **options)
        answers.append((answer.status_code, answer.text.replace(slug, "?")))
    assert answers[0] == answers[1]
    assert answers[0][0] in {404, 422}


def test_a_conflict_with_what_is_hidden_is_said_without_naming_it(writers: Writers) -> None:
    number = next(one["id"] for one in writers.get("/v1/populations?facility=al-hol-camp&access=restricted")["data"])
    equal = {"facility": "al-hol-camp", "measure": "held", "as_of": "2023", "source": S1, "as_written": "8"}
    answer = writers.ask("POST", "/v1/populations", json=equal)
    assert (answer.status_code, "nth: 2" in answer.text, f"/{number}" in answer.text) == (409, True, False)
    assert f"/v1/populations/{number}" in writers.ask("POST", "/v1/populations", "trusted", json=equal).text
    taken = {"slug": "undisclosed-site", "name": "A", "level": "facility"}
    assert writers.ask("POST", "/v1/facilities", json=taken).json()["detail"] == "The slug 'undisclosed-site' is taken."
    lonely = {"slug": "lonely", "kind": "report", "title": "Lonely"}
    assert writers.ask("POST", "/v1/sources", json=lonely).status_code == 201
    claim = {"slug": "undisclosed-word", "author": "A", "source": "lonely", "incident": I1, "statement": "B."}
    assert writers.ask("POST", "/v1/claims", "admin", json=claim | {"access": "restricted"}).status_code == 201
    answer = writers.delete("/v1/sources/lonely")
    assert (answer.status_code, "undisclosed" in answer.text) == (409, False)
    assert "undisclosed-word" in writers.delete("/v1/sources/lonely", "trusted").text


def test_a_ring_by_way_of_what_is_hidden_does_not_name_it(writers: Writers) -> None:
    answer = writers.patch("/v1/facilities/sdf-isis-prisons", {"parent": "annex"})
    assert (answer.status_code, "undisclosed" in answer.text) == (422, False)
    assert "by way of annex" in answer.text
    assert (
        "annex, undisclosed-site" in writers.patch("/v1/facilities/sdf-isis-prisons", {"parent": "annex"}, "admin").text
    )


def test_near_ones_are_those_that_the_writer_sees(writers: Writers) -> None:
    body = {"name": "A", "level": "facility", "operator": "undisclosed-uni"}
    assert "near" not in writers.ask("POST", "/v1/facilities", json=body).text
    assert "near ones: undisclosed-unit" in writers.ask("POST", "/v1/facilities", "trusted", json=body).text


# --- what stays --------------------------------------------------------------------------------------------------


def test_what_is_withheld_survives_a_patch_of_what_was_read(writers: Writers) -> None:
    for path in ("/v1/facilities/annex", "/v1/incidents/happening", "/v1/claims/saying"):
        whole, shown = writers.get(path), writers.get(path, "writer")
        lists = {
            name: value
            for name, value in shown.items()
            if isinstance(value, list)
            and name
            in {"sources", "supported_by", "related", "phases", "facilities", "parties", "timeline", "assessments"}
        }
        names = {
            name: None
            for name in ("parent", "operator", "made_by", "facility", "incident", "about")
            if name in shown and shown[name] is None
        }
        dated = (
            "from_earliest",
            "from_latest",
            "to_earliest",
            "to_latest",
            "at_earliest",
            "at_latest",
            "on_earliest",
            "on_latest",
            "uncertainty_m",
        )
        for entries in lists.values():
            for entry in entries:
                for name in dated if isinstance(entry, dict) else ():
                    entry.pop(name, None)
        answer = writers.patch(path, lists | names)
        assert answer.status_code == 200, answer.text
        assert {**writers.get(path), "revision": 0, "recorded_at": ""} == {**whole, "revision": 0, "recorded_at": ""}


def test_a_list_changed_keeps_what_is_withheld_in_its_place(writers: Writers) -> None:
    assert (
        writers.patch(
            "/v1/facilities/annex", {"sources": [], "supported_by": ["sdf"], "description": "New."}
        ).status_code
        == 200
    )
    annex = writers.get("/v1/facilities/annex")
    assert (annex["sources"], annex["supported_by"]) == (["undisclosed-leak"], ["undisclosed-unit", "sdf"])
    assert (annex["parent"], annex["operator"], annex["description"]) == (
        "undisclosed-site",
        "undisclosed-unit",
        "New.",
    )
    party = {"actor": None, "role": "supporter", "standing": "reported", "source": None, "withheld": True}
    assert writers.patch("/v1/incidents/happening", {"parties": [party]}).status_code == 200
    (party,) = writers.get("/v1/incidents/happening")["parties"]
    assert (party["actor"], party["role"], party["source"]) == ("undisclosed-unit", "supporter", "undisclosed-leak")
    assert writers.patch("/v1/facilities/annex", {"operator": "sdf", "parent": "al-hol-camp"}).status_code == 200
    annex = writers.get("/v1/facilities/annex")
    assert (annex["operator"], annex["parent"]) == ("sdf", "al-hol-camp")


def test_exact_coordinates_survive_a_patch_of_those_shown(writers: Writers) -> None:
    exact = {"latitude": 36.4871, "longitude": 40.7499, "location_precision": "exact"}
    body = {"slug": "site", "name": "Site", "level": "facility"} | exact
    assert writers.ask("POST", "/v1/facilities", json=body).status_code == 201
    shown = writers.get("/v1/facilities/site", "writer")
    assert (
        writers.patch("/v1/facilities/site", {name: shown[name] for name in exact} | {"name": "S"}).status_code == 200
    )
    site = writers.get("/v1/facilities/site")
    assert {name: site[name] for name in exact} == exact


# --- access ------------------------------------------------------------------------------------------------------

TURNS: list[tuple[str, str, str | None, dict[str, str], int, str]] = [
    ("trusted", "restricted", None, {}, 200, "restricted"),
    ("trusted", "restricted", "public", {}, 403, "restricted"),
    ("trusted", "restricted", "partner", WHY, 403, "restricted"),
    ("admin", "restricted", "public", {}, 200, "public"),
    ("trusted", "public", "restricted", WHY, 403, "public"),
    ("writer", "public", "partner", WHY, 403, "public"),
    ("admin", "public", "restricted", {}, 422, "public"),
    ("admin", "public", "restricted", {"reason_code": "safety"}, 422, "public"),
    ("admin", "public", "restricted", {"reason_code": "safety", "reason": " "}, 422, "public"),
    ("admin", "public", "restricted", {"reason_code": "safety", "reason": "At risk."}, 200, "restricted"),
    ("partner", "partner", "restricted", {}, 200, "restricted"),
    ("writer", "public", None, {}, 200, "public"),
]


def test_access_changes_only_where_it_is_stated_and_by_whom_it_may_be(writers: Writers) -> None:
    for number, (who, before, after, reasons, status, then) in enumerate(TURNS):
        body = {"slug": f"turned-{number}", "name": "A", "level": "facility", "access": before}
        assert writers.ask("POST", "/v1/facilities", "admin", json=body).status_code == 201
        answer = writers.patch(f"/v1/facilities/turned-{number}", {"access": after, "name": "B"}, who, **reasons)
        assert (number, answer.status_code) == (number, status), answer.text
        shown = writers.get(f"/v1/facilities/turned-{number}")
        assert (shown["access"], shown["name"]) == (then, "B" if status == 200 else "A")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{"title":"A","kind":"report","access":"restricted","access":"public"}', "access"),
        ('{"title":"A","kind":"report","\\u0061ccess":"restricted", "access" : "public"}', "access"),
        ('{"title":"\\u003a","kind":"report","kind":"dataset"}', "kind"),
    ],
)
def test_a_key_given_twice_is_a_fault_that_names_it(writers: Writers, text: str, key: str) -> None:
    kind = {"content-type": "application/json"}
    for method, path in (("POST", "/v1/sources"), ("PATCH", f"/v1/sources/{S1}"), ("POST", "/v1/sources/batch")):
        answer = writers.ask(method, path, content=text, headers=kind | {"If-Match": "*"})
        assert answer.status_code == 422, answer.text
        assert answer.json()["detail"] == f"the key {key!r} is given twice in one object"


@pytest.mark.parametrize(
    "text", ['{"a":":","b":{"a":"\\":"}}', '{"a":"\\u003a","b":[{"a":1},{"a":1}]}', "[" * 300 + "]" * 300]
)
def test_whatever_says_each_key_once_is_read(text: str) -> None:
    assert strict.loads(text.encode()) == json.loads(text)


# --- near ones ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def many(databases: Databases) -> Iterator[Writers]:
    url = databases.empty()
    names = [
        f"{one}-{other}-hill-prison-{number}"
        for one in ("north", "south")
        for other in ("old", "new")
        for number in range(5000)
    ]
    put(url, *({"collection": "facilities", "slug": name, "name": "A", "level": "facility"} for name in names))
    with written(url) as made:
        yield made


def test_a_hundred_unknown_names_are_answered_and_few_of_them_compared(
    many: Writers, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[str] = []
    search = finding

    def noted(question: Question) -> Asking:
        searched.append(question.text)
        return search(question)

    monkeypatch.setattr("app.records.near.finding", noted)
    answer = many.ask(
        "GET", "/v1/populations?" + "&".join(f"facility=x{number}-old-hill-prison-7" for number in range(100))
    )
    assert (answer.status_code, len(answer.json()["errors"])) == (422, 100)
    response = [fault for fault in answer.json()["errors"] if "near ones" in fault["detail"]]
    assert len(response) <= near.MOST_SLUGS
    assert len(searched) <= near.MOST_SEARCHES


def test_a_misspelt_name_among_many_is_told_the_nearest(many: Writers) -> None:
    detail = many.ask("GET", "/v1/facilities/north-old-hil-prison-77").json()["detail"]
    assert detail.endswith("near ones: north-old-hill-prison-77, north-old-hill-prison-177, north-old-hill-prison-277.")


def test_an_address_takes_so_many_parameters_and_values(many: Writers) -> None:
    answer = many.ask("GET", "/v1/facilities?" + "&".join(f"x{number}=1" for number in range(1000)))
    assert answer.status_code == 422
    assert len(answer.content) < 1000
    values = "&".join(f"{name}={','.join('x' * 60)}" for name in ("operator", "source"))
    answer = many.ask("GET", f"/v1/facilities?{values}")
    assert answer.status_code == 422
    assert "at most 100 values" in answer.text


# --- imports -----------------------------------------------------------------------------------------------------

PLACES = """about: take
records:
  place:
    collection: facilities
    {known}
    fields: {{name: "{{name}}", level: facility, country: IRQ{more}}}
"""
NDJSON = {"Content-Type": "application/x-ndjson"}


@pytest.fixture(scope="module")
def desk(databases: Databases) -> Iterator[Desk]:
    """A server process whose jobs are processes of their own; the key sees what the public does."""
    url = databases.with_reference()
    site = {**HIDDEN[3], "identifiers": [{"scheme": "cluster", "value": "SH-1"}], "description": "Undisclosed."}
    put(url, *(site if one is HIDDEN[3] else one for one in HIDDEN))
    put(url, *POINTING)
    server = start_server(url)
    yield Desk(url, server)
    stop_server(server)


def mapped(desk: Desk, rows: str, known: str, more: str = "", query: str = "") -> dict[str, Any]:
    sent = {"file": ("p.csv", rows), "mapping": ("m.yaml", PLACES.format(known=known, more=more))}
    return desk.done(desk.send(query, files=sent))


def state(desk: Desk, slug: str) -> list[tuple[Any, ...]]:
    return desk.rows(f"SELECT access, name, description, operator FROM facility WHERE slug = '{slug}'")  # noqa: S608


@pytest.mark.slow
def test_an_import_neither_finds_nor_changes_nor_tells_of_what_is_hidden(desk: Desk) -> None:
    before = state(desk, "undisclosed-site")
    for query in ("?dry_run=true", ""):
        job = mapped(desk, "ref,name\nundisclosed-site,Mine\n", 'slug: "{ref}"', ", access: public", query)
        assert job["report"]["rows"]["rejected"] == 1
        assert "is taken" in job["report"]["lines"][0]["told"]
    known = 'identity: {scheme: cluster, value: "{ref}"}'
    job = mapped(desk, "ref,name\nSH-1,Undisclosed sit\n", known, query="?dry_run=true")
    assert job["report"]["records"]["facilities"] == {"created": 1}
    assert job["report"]["lines"] == []
    line = {"collection": "facilities", "slug": "undisclosed-site", "level": "facility", "name": "Mine"}
    job = desk.done(desk.send(content=json.dumps(line), headers=NDJSON))
    assert (job["state"], job["faults"]) == ("failed", ["body.ndjson:1 /slug: The slug 'undisclosed-site' is taken."])
    equal = {"collection": "populations", "facility": "al-hol-camp", "measure": "held", "as_of": "2023", "source": S1}
    answer = {
        desk.done(desk.send("?dry_run=true", content=json.dumps(equal | {"as_written": text}), headers=NDJSON))[
            "faults"
        ][0]
        for text in ("7", "8")
    }
    assert len(answer) == 1
    assert "An equal statement stands already" in answer.pop()
    named = line | {"slug": "mine", "operator": "undisclosed-unit"}
    job = desk.done(desk.send(content=json.dumps(named), headers=NDJSON))
    assert "no actor has the slug 'undisclosed-unit'; POST" in job["faults"][0]
    assert state(desk, "undisclosed-site") == before


@pytest.mark.slow
def test_an_import_leaves_what_it_does_not_state_and_may_not_see(desk: Desk) -> None:
    line = {
        "collection": "facilities",
        "slug": "annex",
        "level": "unit",
        "name": "Annexe",
        "sources": [S1],
        "supported_by": ["sdf"],
    }
    job = desk.done(desk.send(content=json.dumps(line), headers=NDJSON))
    assert job["report"]["records"] == {"facilities": {"updated": 1}}, job
    assert state(desk, "annex") == [("public", "Annexe", None, "undisclosed-unit")]
    sources = "SELECT source FROM facility_source JOIN facility ON id = owner_id WHERE slug = 'annex' ORDER BY position"
    assert desk.rows(sources) == [("undisclosed-leak",), (S1,)]
    job = mapped(desk, "ref,name\nannex,Annex again\n", 'slug: "{ref}"')
    assert job["report"]["rows"]["updated"] == 1, job
    assert state(desk, "annex") == [("public", "Annex again", None, "undisclosed-unit")]
    assert desk.rows(sources) == [("undisclosed-leak",), (S1,)]


@pytest.mark.slow
def test_an_import_opens_and_closes_as_the_key_may(desk: Desk) -> None:
    line = {"collection": "facilities", "slug": "al-hol-camp", "level": "facility", "name": "al-Hol camp"}
    job = desk.done(desk.send("?reason=Why", content=json.dumps(line | {"access": "restricted"}), headers=NDJSON))
    assert "needs a key with the scope 'admin'" in job["faults"][0]
    engine = write_engine(desk.database)
    keys = {name: create_key(engine, name, SCOPES[name], None, None) for name in ("trusted", "admin")}
    engine.dispose()

    def by(who: str, query: str, **said: Any) -> dict[str, Any]:
        headers = NDJSON | {"Authorization": f"Bearer {keys[who]}"}
        fields = {"collection": "actors", "slug": "undisclosed-unit", "name": "Unit", "kind": "state_force"} | said
        answer = desk.send(query, content=json.dumps(fields), headers=headers)
        desk.client.headers["Authorization"] = headers["Authorization"]
        try:
            return desk.done(answer)
        finally:
            desk.client.headers["Authorization"] = f"Bearer {desk.key}"

    access = "SELECT access, name FROM actor WHERE slug = 'undisclosed-unit'"
    assert by("trusted", "")["report"]["records"] == {"actors": {"updated": 1}}
    assert desk.rows(access) == [("restricted", "Unit")]
    assert by("trusted", "", access=None)["report"]["records"] == {"actors": {"unchanged": 1}}
    assert "scope 'admin'" in by("trusted", "", access="public")["faults"][0]
    assert by("admin", "", access="public")["state"] == "done"
    assert desk.rows(access) == [("public", "Unit")]
    assert "say why" in by("admin", "", access="restricted")["faults"][0]
    assert by("admin", "?reason=At+risk", access="restricted")["state"] == "done"
    assert desk.rows(access) == [("restricted", "Unit")]
    seen = desk.client.get(f"/v1/imports/{by('admin', '')['id']}")
    assert seen.status_code == 404


@pytest.mark.slow
def test_a_line_that_says_a_key_twice_is_a_fault(desk: Desk) -> None:
    job = desk.done(
        desk.send(content='{"collection":"sources","kind":"report","kind":"dataset","title":"A"}', headers=NDJSON)
    )
    assert job["faults"] == ["body.ndjson:1: the key 'kind' is given twice in one object"]
    twice = b"- collection: sources\n  title: A\n  title: B\n  kind: report\n"
    job = desk.done(desk.send(content=twice, headers={"Content-Type": "application/yaml"}))
    assert job["faults"] == ["body.yaml:3: the file is not YAML: the key 'title' is given twice"]
