"""The reconciliation service, asked as OpenRefine asks: it finds what `/v1/match` finds, and gives what records say."""

import json
from typing import Any

from tests.conftest import Served

SERVICE = "/v1/reconcile/facilities"


def ask(register: Served, field: str, body: Any, service: str = SERVICE) -> Any:
    answer = register.client.post(service, data={field: json.dumps(body)})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_service_says_what_it_is(reference: Served) -> None:
    answer = reference.get(SERVICE)
    assert answer["versions"] == ["0.2"]
    assert answer["view"]["url"].replace("{{id}}", "al-sina-prison") == "http://testserver/v1/facilities/al-sina-prison"
    for part in (answer["suggest"]["entity"], answer["extend"]["propose_properties"]):
        assert reference.ask(part["service_url"] + part["service_path"]).status_code == 200
    assert reference.ask("/v1/reconcile/figures").status_code == 404


def test_cells_find_what_a_match_finds(reference: Served) -> None:
    names = {"q0": "Ghwayran prison", "q1": "al hol kamp", "q2": "Stadium of Nowhere"}
    cells = {key: {"query": name, "limit": 2, "type": "facilities"} for key, name in names.items()}
    answer = ask(reference, "queries", cells)
    matched = reference.client.post("/v1/match", json={"names": [*names.values()], "limit": 2}).json()["data"]
    assert {key: [(one["id"], one["score"]) for one in answer[key]["result"]] for key in names} == {
        key: [(one["slug"], round(100 * one["score"], 1)) for one in found["candidates"]]
        for key, found in zip(names, matched, strict=True)
    }
    assert answer["q0"]["result"][0]["id"] == "al-sina-prison"
    assert answer["q2"]["result"] == []
    exact = ask(reference, "queries", {"q": {"query": "al-Hol camp"}})["q"]["result"]
    assert (exact[0]["id"], exact[0]["match"]) == ("al-hol-camp", True)
    assert not any(one["match"] for one in answer["q1"]["result"])


def test_a_country_narrows(reference: Served) -> None:
    def found(country: Any) -> list[str]:
        cell = {"query": "al-Hol camp", "properties": [{"pid": "country", "v": country}]}
        return [one["id"] for one in ask(reference, "queries", {"q": cell})["q"]["result"]]

    assert found("SYR") == found([{"id": "SYR", "name": "SYR"}]) == ["al-hol-camp"]
    assert found("BRA") == []


def test_records_give_their_fields(reference: Served) -> None:
    wanted = {"ids": ["al-hol-camp", "nobody"], "properties": [{"id": "country"}, {"id": "latitude"}, {"id": "names"}]}
    answer = ask(reference, "extend", wanted)
    record = reference.get("/v1/facilities/al-hol-camp")
    row = answer["rows"]["al-hol-camp"]
    assert (row["country"], row["latitude"]) == ([{"str": "SYR"}], [{"float": record["latitude"]}])
    assert [json.loads(cell["str"]) for cell in row["names"]] == record["names"]
    assert answer["rows"]["nobody"] == {"country": [], "latitude": [], "names": []}
    assert [one["id"] for one in answer["meta"]] == ["country", "latitude", "names"]


def test_records_are_suggested(reference: Served) -> None:
    answer = reference.get(f"{SERVICE}/suggest?prefix=Ghwayran")["result"]
    assert answer[0]["id"] == "al-sina-prison"
    assert reference.get(f"{SERVICE}/suggest")["result"] == []
    proposed = reference.get(f"{SERVICE}/properties?type=facilities&limit=3")
    assert [one["id"] for one in proposed["properties"]] == ["id", "slug", "revision"]


def test_what_cannot_be_read_is_named(reference: Served) -> None:
    for data, pointer in (
        ({}, "/queries"),
        ({"queries": "{"}, "/queries"),
        ({"queries": '{"q":{"query":""}}'}, "/queries/cells/q/query"),
        ({"queries": '{"q":{"query":"x","properties":[{"pid":"colour","v":"red"}]}}'}, "/queries/q/properties"),
        ({"queries": '{"q":{"query":"x","properties":[{"pid":"country","v":"Narnia"}]}}'}, "/queries/q/country"),
        ({"extend": '{"ids":[],"properties":[{"id":"colour"}]}'}, "/extend/properties"),
    ):
        answer = reference.client.post(SERVICE, data=data)
        assert answer.status_code == 422, data
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer], data
