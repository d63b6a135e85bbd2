"""Pairs of records that are likely to be the same: found among very many, shown to who may see both, asked once."""

from collections.abc import Iterator
from time import process_time

import pytest

from app.database.store import Store
from app.facilities.models import FACILITIES
from app.writing.indexing import insert_versions
from app.writing.keys import KeyScope
from tests.conftest import Databases
from tests.support.desk import Desk, desk_at, faults
from tests.support.many_names import planted

CAMP = {"level": "facility", "name": "Hawl Camp", "country": "SYR", "place": "al-Hawl", "slug": "hawl-camp"}
QUEUE = "/v1/duplicates"


@pytest.fixture(scope="module")
def desk(databases: Databases) -> Iterator[Desk]:
    with desk_at(databases.with_reference()) as made:
        yield made


def pairs(desk: Desk, more: str = "", key: str | None = None) -> list[tuple[str, str]]:
    return [(one["first"]["slug"], one["second"]["slug"]) for one in desk.get(QUEUE + more, key or desk.key)["data"]]


def test_a_pair_is_in_the_queue_until_somebody_decides(desk: Desk) -> None:
    assert pairs(desk) == []
    desk.post("/v1/facilities", CAMP)
    (pair,) = desk.get(QUEUE, desk.key)["data"]
    assert (pair["first"]["slug"], pair["second"]["slug"], pair["decision"]) == ("al-hol-camp", "hawl-camp", None)
    assert pair["second"] == {"id": pair["second"]["id"], "slug": "hawl-camp", "name": "Hawl Camp", "country": "SYR"}
    assert pair["score"] > 0.9
    assert {"field": "name", "first": "al-Hol camp", "second": "Hawl Camp", "score": 1.0} in pair["reasons"]
    # Another country, a wing of its own, another number: no pairs.
    desk.post("/v1/facilities", CAMP | {"country": "FRA", "slug": "hawl-in-france"})
    desk.post("/v1/facilities", {"level": "unit", "name": "Hawl Camp", "parent": "hawl-camp", "slug": "hawl-part"})
    assert ("hawl-camp", "hawl-part") not in pairs(desk)
    assert ("al-hol-camp", "hawl-in-france") not in pairs(desk)
    before = desk.head()
    different = {"first": "hawl-camp", "second": "al-hol-camp", "decision": "different", "note": "Two of one name."}
    stored = desk.send("POST", QUEUE, different)
    answer = {"first": "al-hol-camp", "second": "hawl-camp", "decision": "different", "note": "Two of one name."}
    assert (stored.status_code, stored.json() | answer) == (200, stored.json())
    assert (desk.head(), stored.json()["author"]) == (before, "Desk A")
    assert ("al-hol-camp", "hawl-camp") not in pairs(desk)
    (listed,) = desk.get(f"{QUEUE}?decision=different", desk.key)["data"]
    assert (listed["score"], listed["decision"]["note"]) == (pair["score"], "Two of one name.")
    # A change of the record asks no second time; a later decision stands in place of the earlier.
    desk.patch("/v1/facilities/hawl-camp", {"description": "A camp."})
    assert ("al-hol-camp", "hawl-camp") not in pairs(desk)
    desk.send("POST", QUEUE, different | {"decision": "same"})
    assert (pairs(desk, "?decision=different"), pairs(desk, "?decision=same")) == ([], [("al-hol-camp", "hawl-camp")])
    merged = {"into": "al-hol-camp", "reason": "One camp."}
    admin = desk.new_key("chief", KeyScope.admin)
    assert desk.send("POST", "/v1/facilities/hawl-camp/merge", merged, key=admin, If_Match="*").status_code == 200
    assert pairs(desk, "?decision=same") == []


def test_what_somebody_may_not_see_is_in_no_pair(desk: Desk) -> None:
    admin, partner = desk.new_key("a", KeyScope.admin), desk.new_key("p", KeyScope.write, KeyScope.read_partner)
    for number in range(2):
        secret = {"level": "facility", "name": "Quibbleford Vault", "slug": f"vault-{number}", "access": "restricted"}
        desk.post("/v1/facilities", secret, key=admin)
    vaults = [("vault-0", "vault-1")]
    assert [pair for pair in pairs(desk) + pairs(desk, key=partner) if pair in vaults] == []
    assert [pair for pair in pairs(desk, key=admin) if pair in vaults] == vaults
    query = {"first": "vault-0", "second": "vault-1", "decision": "same"}
    assert faults(desk.send("POST", QUEUE, query)).keys() == {"/first", "/second"}
    assert desk.send("POST", QUEUE, query, key=admin).status_code == 200
    assert (pairs(desk, "?decision=same"), pairs(desk, "?decision=same", admin)) == ([], vaults)


def test_pages_filters_and_faults(desk: Desk) -> None:
    for number in range(3):
        desk.post("/v1/actors", {"kind": "other", "name": "Zubrowka Order", "slug": f"order-{number}"})
    first = desk.get(f"{QUEUE}?collection=actors&limit=2", desk.key)
    assert (len(first["data"]), first["count"]) == (2, 3)
    assert pairs(desk, first["next"].removeprefix(QUEUE)) == [("order-1", "order-2")]
    assert pairs(desk, "?collection=actors&country=SYR") == []
    assert desk.client.get(QUEUE).status_code == 401
    assert desk.send("GET", QUEUE, key=desk.new_key("r", KeyScope.read_restricted)).status_code == 403
    for wrong, where in (("collection=incidents", "collection"), ("at_least=0.2", "at_least"), ("after=x", "after")):
        assert faults(desk.send("GET", f"{QUEUE}?{wrong}")).keys() == {where}
    assert faults(desk.send("GET", f"{QUEUE}?decision=same&at_least=0.9")).keys() == {"at_least"}
    same = {"collection": "actors", "first": "order-0", "second": "order-0", "decision": "same"}
    assert faults(desk.send("POST", QUEUE, same)) == {"/second": "it is the same record as first"}


def test_two_keys_of_one_list_and_two_days_tell_records_apart(desk: Desk) -> None:
    for number in (1, 2):
        keyed = {
            "level": "facility",
            "name": "Marzipan Gate",
            "identifiers": [{"scheme": "list", "value": str(number)}],
        }
        desk.post("/v1/facilities", keyed | {"slug": f"marzipan-{number}"})
        dated = {"kind": "bulletin", "publisher": "Monitor", "title": "Weekly notes", "published_on": f"2022-0{number}"}
        desk.post("/v1/sources", dated | {"slug": f"notes-{number}"})
    assert [pair for pair in pairs(desk) if pair[0] == "marzipan-1"] == []
    assert pairs(desk, "?collection=sources") == []
    desk.patch("/v1/sources/notes-2", {"published_on": "2022"})
    assert pairs(desk, "?collection=sources") == [("notes-1", "notes-2")]


@pytest.mark.nightly
def test_200_duplicates_are_found_among_10000_facilities(databases: Databases) -> None:
    versions, wanted = planted()
    assert (len(versions) >= 10_000, len(wanted)) == (True, 200)
    with desk_at(databases.empty()) as desk:
        desk.post("/v1/facilities", CAMP)
        with desk.engine.begin() as connection:
            insert_versions(Store(connection), FACILITIES, versions)
        begun, found = process_time(), set[tuple[int, int]]()
        following = f"{QUEUE}?limit=1000"
        while following:
            page = desk.get(following, desk.key)
            found |= {(one["first"]["id"], one["second"]["id"]) for one in page["data"]}
            following = page["next"]
        assert process_time() - begun < 60
    assert len(found & wanted) / len(wanted) >= 0.95
    assert len(found & wanted) / len(found) >= 0.9
