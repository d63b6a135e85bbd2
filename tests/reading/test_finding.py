"""Records found by what they are called: in any script and spelling, at any revision, by who may see them alone."""

from collections.abc import Iterator

import pytest

from app.writing.indexing import index_anew
from app.writing.keys import KeyScope
from app.writing.verification import differing
from tests.conftest import Databases, Served
from tests.support.desk import Desk, desk_at, faults

AL_SINA = "al-sina-prison"
SPELLINGS = [
    *(
        "al-Sina",
        "al-Sina'a",
        "al-Sinaa",
        "Sina'a",
        "Al-Sina'ah",
        "Ghweran",
        "Ghwayran",
        "Ghuwayran",
        "Gweran",
        "Ghweiran",
    ),
    *("Ghuweyran", "سجن الصناعة", "سجن غويران", "Girtîgeha Sînaa", "Zindana Sînaa", "Xiwêran", "al-sina prison"),
    *("Ghwayran prison", "AL SINAA", "prison Sina", "Ghwyaran prison", "Гверан", "Sina prison Hasakah", "الصناعه"),
    *("GHWÊRAN", "alsina prison"),
]


def slugs(register: Served, path: str) -> list[str]:
    return [record["slug"] for record in register.get(path)["data"]]


def test_every_spelling_finds_the_prison_first(reference: Served) -> None:
    for spelling in SPELLINGS:
        first = reference.client.get("/v1/facilities", params={"q": spelling}).json()["data"][0]
        assert first["slug"] == AL_SINA, spelling
        assert 0.6 < first["match"]["score"] <= 1, spelling
    for place in ("al-Hasakeh", "al-Hasakah", "Hasaka", "Hesekê", "الحسكة"):
        found = reference.client.get("/v1/facilities", params={"q": place}).json()["data"]
        assert {AL_SINA, "al-hol-camp"} <= {record["slug"] for record in found}, place


def test_each_hit_says_which_name_matched_and_how_well(reference: Served) -> None:
    (hit,) = reference.get("/v1/facilities?q=gweran&fields=slug")["data"]
    assert hit == {"slug": AL_SINA, "match": {"score": 1.0, "field": "names", "text": "Gweran"}}
    (hit,) = reference.get("/v1/incidents?q=sina%20prison%20attack&fields=slug")["data"]
    assert (hit["slug"], hit["match"]["score"] > 0.8) == ("al-sina-prison-attack-2022", True)
    found = reference.get("/v1/sources?q=rudaw&fields=slug")["data"]
    assert {hit["match"]["field"] for hit in found} == {"publisher"}
    assert slugs(reference, "/v1/actors?q=syrian%20democratic%20forces&limit=1") == ["sdf"]


def test_pages_orders_formats_and_counts_go_with_it(reference: Served) -> None:
    whole = slugs(reference, "/v1/facilities?q=al-sina%20prison")
    assert whole == [AL_SINA, "al-sina-prison-northern-wing"]
    first = reference.get("/v1/facilities?q=al-sina%20prison&limit=1&count=exact")
    assert (first["count"], [one["slug"] for one in first["data"]]) == (2, whole[:1])
    assert slugs(reference, first["next"]) == whole[1:]
    assert slugs(reference, "/v1/facilities?q=al-sina%20prison&sort=-slug") == whole[::-1]
    assert slugs(reference, "/v1/facilities?q=al-sina%20prison&level=unit") == whole[1:]
    lines = reference.ask("/v1/facilities?q=al-sina%20prison&fields=slug&format=csv").text.splitlines()
    assert lines[1:] == whole
    assert reference.get("/v1/facilities?q=nothing%20like%20it&count=exact")["count"] == 0
    answer = faults(reference.ask("/v1/facilities?q=%20-%20"))
    assert answer == {"q": "it holds no letter and no digit"}


def test_a_slug_of_no_record_brings_those_that_are_called_so(reference: Served) -> None:
    for path, near in (
        ("/v1/figures?incident=al-sina", "al-sina-prison-attack-2022"),
        ("/v1/facilities/ghwayran-prison", AL_SINA),
        ("/v1/populations?facility=hawl", "al-hol-camp"),
        ("/v1/incidents?actor=syrian-democratic-forces", "sdf"),
        ("/v1/figures?source=rudaw-2022-01-25", "rudaw-2022-01-2"),
    ):
        answer = reference.ask(path)
        assert answer.status_code in {404, 422}
        assert f"near ones: {near}" in answer.json()["detail"], path


@pytest.fixture(scope="module")
def desk(databases: Databases) -> Iterator[Desk]:
    with desk_at(databases.with_reference()) as made:
        yield made


def found(desk: Desk, name: str, more: str = "", key: str | None = None, of: str = "facilities") -> list[str]:
    return [one["slug"] for one in desk.get(f"/v1/{of}?q={name}{more}", key=key)["data"]]


def test_a_hidden_name_is_found_by_nobody_who_may_not_see_it(desk: Desk) -> None:
    place = {"level": "facility", "name": "Quibbleford Vault", "slug": "quibbleford"}
    desk.post("/v1/facilities", place | {"access": "restricted"}, key=desk.new_key("chief", KeyScope.admin))
    partner, trusted = desk.new_key("p", KeyScope.read_partner), desk.new_key("r", KeyScope.read_restricted)
    assert found(desk, "Quibbleford") == found(desk, "Quibbleford", key=partner) == []
    assert found(desk, "Quibbleford", key=trusted) == ["quibbleford"]
    assert desk.get("/v1/facilities?q=Quibbleford&count=exact")["count"] == 0
    assert "near ones" not in desk.client.get("/v1/facilities/quibbleforth").text
    before = desk.head()
    desk.post("/v1/facilities", {"level": "facility", "name": "Marzipan Gate", "slug": "marzipan"})
    shown = desk.head()
    desk.patch("/v1/facilities/marzipan", {"name": "Quillwort Gate"})
    assert (found(desk, "Marzipan"), found(desk, "Quillwort")) == (["marzipan"], ["marzipan"])  # its slug says so still
    assert desk.get("/v1/facilities?q=Marzipan%20Gate")["data"][0]["match"]["field"] == "slug"
    assert desk.get(f"/v1/facilities?q=Marzipan%20Gate&revision={shown}")["data"][0]["match"]["field"] == "name"
    assert found(desk, "Quillwort", f"&revision={shown}") == found(desk, "Marzipan", f"&revision={before}") == []
    desk.hide("/v1/facilities/marzipan")
    for revision in ("", f"&revision={shown}"):
        assert found(desk, "Marzipan", revision) == []
        assert found(desk, "Marzipan", revision, key=trusted) == ["marzipan"]
    assert list(differing(desk.engine)) == []


def test_what_is_gone_is_found_as_it_stood(desk: Desk) -> None:
    desk.post(
        "/v1/actors", {"slug": "gone-actor", "kind": "other", "name": "Zubrowka Order", "names": [{"name": "ZO9"}]}
    )
    stood = desk.head()
    desk.delete("/v1/actors/gone-actor")
    assert found(desk, "Zubrowka", of="actors") == []
    assert found(desk, "Zubrowka", f"&revision={stood}", of="actors") == ["gone-actor"]
    assert found(desk, "nomis:KEY", of="facilities") == []
    keyed = {"level": "facility", "name": "Keyed", "identifiers": [{"scheme": "nomis", "value": "KEY/7"}]}
    desk.post("/v1/facilities", keyed | {"slug": "keyed"})
    assert found(desk, "nomis:key/7") == found(desk, "KEY/7") == ["keyed"]


def test_the_index_is_made_anew_as_it_was_kept(desk: Desk) -> None:
    desk.post("/v1/facilities", {"level": "facility", "name": "Anew", "slug": "anew", "country": "SYR"})
    desk.patch("/v1/facilities/anew", {"name": "Anew and again", "country": "IRQ"})
    tables = {name: rows(desk, name) for name in ("name_entry", "name_word")}
    assert all(tables.values())
    index_anew(desk.engine)
    assert {name: rows(desk, name) for name in tables} == tables
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE name_entry SET text = 'Other' WHERE slug = 'anew' AND field = 'name'")
    number = desk.get("/v1/facilities/anew")["id"]
    assert list(differing(desk.engine)) == [f"facilities {number}: the index of names is not as it is called"]
    index_anew(desk.engine)
    assert list(differing(desk.engine)) == []


def rows(desk: Desk, name: str) -> list[str]:
    with desk.engine.connect() as connection:
        return sorted(map(str, connection.exec_driver_sql(f"SELECT * FROM {name}").all()))  # noqa: S608  (a name above)


# --- a list of names, and a record before it is written -----------------------------------------------------------


def test_names_are_matched_with_records(desk: Desk) -> None:
    names = ["Ghwayran prison", {"name": "Hawl", "country": "SYR", "place": "Hasaka"}, "Nothing of the kind"]
    answer = desk.client.post("/v1/match", json={"names": names})
    assert answer.status_code == 200, answer.text
    response = [(one["name"], [hit["slug"] for hit in one["candidates"][:1]]) for one in answer.json()["data"]]
    assert response == [("Ghwayran prison", [AL_SINA]), ("Hawl", ["al-hol-camp"]), ("Nothing of the kind", [])]
    assert answer.json()["revision"] == desk.head()
    elsewhere = desk.client.post("/v1/match", json={"names": [{"name": "Hawl", "country": "FRA"}]}).json()
    assert elsewhere["data"][0]["candidates"] == []
    by_actor = desk.client.post("/v1/match", json={"names": ["QSD"], "collection": "actors", "limit": 1}).json()
    assert [hit["slug"] for hit in by_actor["data"][0]["candidates"]] == ["sdf"]
    many = desk.client.post("/v1/match", json={"names": ["a"] * 1001})
    assert faults(many).keys() == {"/names"}
    assert "/country" in str(faults(desk.client.post("/v1/match", json={"names": [{"name": "a", "country": "XXX"}]})))


def test_a_check_names_likely_duplicates_and_writes_nothing(desk: Desk) -> None:
    before = desk.head()
    camp = {"level": "facility", "name": "Camp Hawl", "country": "SYR"}
    answer = desk.send("POST", "/v1/facilities?check=true", camp)
    assert (answer.status_code, answer.json()["written"], desk.head()) == (200, False, before)
    assert [one["slug"] for one in answer.json()["duplicates"]] == ["al-hol-camp"]
    answer = desk.send("POST", "/v1/facilities?check=true", camp | {"name": "Quite another", "country": "FRA"})
    assert answer.json()["duplicates"] == []
    assert faults(desk.send("POST", "/v1/facilities?check=true", camp | {"level": "x"})).keys() == {"/level"}
    assert desk.client.post("/v1/facilities?check=true", json=camp).status_code == 401
    made = desk.send("POST", "/v1/facilities?check=false", camp | {"slug": "checked"})
    assert (made.status_code, desk.head()) == (201, before + 1)
