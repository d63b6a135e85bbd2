"""What is disputed, for each who asks: a number, a part or a verdict that is hidden from somebody disputes nothing."""

from collections.abc import Iterator

import pytest

from app.history.codes import Access
from app.writing.keys import KeyScope
from tests.conftest import Databases
from tests.support.desk import Desk, desk_at
from tests.support.worlds import CLAIM, HELD, KILLED, RAID, WORLD, put

HIDDEN = {"access": "restricted"}
SECRET = [
    {"collection": "actors", "slug": "shadow", "name": "Shadow", "kind": "armed_group", **HIDDEN},
    {"collection": "sources", "slug": "leak", "kind": "report", "title": "A leak", "publisher": "Nobody", **HIDDEN},
]
FIRE = {**RAID, "slug": "fire", "kinds": ["fire"], "title": "A fire", "started": "2022-03-01", "parties": []}
BURNT = {**KILLED, "incident": "fire", "as_of": "2022-03-02", "as_written": "5"}
RIOT = {
    **FIRE,
    "slug": "riot",
    "kinds": ["riot"],
    "title": "A riot",
    "parties": [{"actor": "shadow", "role": "supporter", "standing": "denied"}],
}
REGISTER = [
    *(WORLD[:-1]),
    *SECRET,
    # One says 300, another, who is hidden, 100 on the day after.
    {**HELD, "as_written": "100", "as_of": "2022-01-20", "source": "leak", **HIDDEN},
    {**HELD, "as_written": "400", "as_of": "2021-01-20"},
    FIRE,
    BURNT,
    {**BURNT, "as_written": "9", "source": "leak", **HIDDEN},
    RIOT,
    {**CLAIM, "assessments": [{"source": "leak", "verdict": "refuted"}, {"source": "report", "verdict": "likely"}]},
]
IN_ALL = {
    "populations?disputed=true": [1, 2],
    "populations?disputed=false": [3],
    "figures?disputed=true": [2, 3],
    "claims?disputed=true": ["raiders-claim"],
    "claims?disputed=false": [],
    "incidents?disputed=true": ["raid", "fire", "riot"],
}
IN_PUBLIC = {
    "populations?disputed=true": [],
    "populations?disputed=false": [1, 3],
    "figures?disputed=true": [],
    "claims?disputed=true": [],
    "claims?disputed=false": ["raiders-claim"],
    "incidents?disputed=true": [],
}


@pytest.fixture(scope="module")
def desk(databases: Databases) -> Iterator[Desk]:
    with desk_at(databases.empty()) as made:
        put(made.engine, *REGISTER)
        yield made


@pytest.mark.parametrize(("tier", "expected"), [(Access.public, IN_PUBLIC), (Access.restricted, IN_ALL)])
@pytest.mark.parametrize("revision", ["", "&revision=1"])
def test_what_is_disputed(desk: Desk, tier: Access, expected: dict[str, list[object]], revision: str) -> None:
    key = None if tier is Access.public else desk.new_key("reads all", KeyScope.read_restricted)
    found = {
        query: [one.get("slug", one["id"]) for one in desk.get(f"/v1/{query}&sort=id{revision}", key)["data"]]
        for query in expected
    }
    assert found == expected
