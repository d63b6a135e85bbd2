"""What cannot all be true, rule `conflict/1`: of the reference event, and of random figures by values and by SQL."""

import csv
import random
from io import StringIO
from typing import Any

import pytest

from app.database.engines import write_engine
from app.writing.keys import KeyScope, create_key
from tests.conftest import Served
from tests.support.sample import Record

ATTACK = "/v1/incidents/al-sina-prison-attack-2022/conflicts"
WORDS = ("about 20", "at least 22", "more than 25", "as many as 18", "20", "24", "30", "between 10 and 19", "several")
WHO = ("sdf", "sohr", "isis", None)


def _figures(dice: random.Random) -> list[Record]:
    """Figures of a siege, of two groups and a few days, some of which the public may not see, or not whole."""
    made = []
    for number in range(70):
        day = dice.randint(2, 6)
        more: Record = {"access": "restricted"} if dice.random() < 0.1 else {}
        more |= {"actor": "unit-nine"} if dice.random() < 0.1 else {}
        more |= {"attributed_to": who} if (who := dice.choice(WHO)) else {}
        more |= {"period_start": f"2024-05-0{dice.randint(1, 2)}"} if dice.random() < 0.2 else {}
        words = dice.choice([*WORDS, "another 5"])
        made.append(
            {"collection": "figures", "incident": "siege", "measure": dice.choice(["killed", "hostages"])}
            | {"as_of": f"2024-05-0{day}", "as_written": words, "locator": f"p. {number}"}
            | {"source": dice.choice(["daily", "evening"])}
            | more
        )
    return made


def _populations(dice: random.Random) -> list[Record]:
    return [
        {"collection": "populations", "facility": "fort", "measure": "held", "statistic": "point"}
        | {"sex": dice.choice(["male", None]), "as_of": f"2024-05-0{dice.randint(1, 6)}", "locator": f"p. {number}"}
        | {"as_written": dice.choice(WORDS), "source": dice.choice(["daily", "evening"])}
        | ({"attributed_to": who} if (who := dice.choice(WHO)) else {})
        for number in range(40)
    ]


DICE = random.Random(14)  # noqa: S311  (nothing secret)
RECORDS: list[Record] = [
    *(
        {"collection": "sources", "slug": slug, "kind": "article", "publisher": slug, "title": slug}
        for slug in ("daily", "evening")
    ),
    {"collection": "actors", "slug": "unit-nine", "name": "Unit Nine", "kind": "state_force", "access": "restricted"},
    {"collection": "facilities", "slug": "fort", "level": "facility", "name": "Fort", "kind": "prison"},
    {
        "collection": "incidents",
        "slug": "siege",
        "title": "Siege",
        "kinds": ["riot"],
        "started": "2024-05-01",
        "parties": [
            {"actor": "isis", "role": "attacker", "standing": "denied"},
            {"actor": "sdf", "role": "operator", "standing": "established"},
        ],
    },
    {"collection": "incidents", "slug": "quiet", "title": "Quiet", "kinds": ["riot"], "started": "2024-05-01"},
    {
        "collection": "incidents",
        "slug": "told",
        "title": "Told",
        "kinds": ["riot"],
        "started": "2024",
        "outcome": "disputed",
    },
    *_figures(DICE),
    *_populations(DICE),
]


@pytest.fixture(scope="module")
def key(url: str) -> str:
    """The key of a reader who may see everything."""
    engine = write_engine(url)
    made = create_key(engine, "reader", [KeyScope.read_restricted], None, None)
    engine.dispose()
    return f"Bearer {made}"


def rows(register: Served, path: str, **headers: str) -> list[dict[str, Any]]:
    response = register.ask(path, **headers)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["rows"]
    return found


def ids(register: Served, path: str, **headers: str) -> set[int]:
    response = register.ask(f"{path}&limit=1000&fields=id", **headers)
    assert response.status_code == 200, response.text
    return {one["id"] for one in response.json()["data"]}


@pytest.mark.parametrize("sight", ["public", "restricted"])
def test_the_filter_finds_those_that_the_answer_names(register: Served, key: str, sight: str) -> None:
    headers = {"Authorization": key} if sight == "restricted" else {}
    for about, path in (
        ("incidents/siege", "/v1/figures?incident=siege"),
        ("facilities/fort", "/v1/populations?facility=fort"),
    ):
        answer = rows(register, f"/v1/{about}/conflicts", **headers)
        numbers = [one for one in answer if one["kind"] == "numbers"]
        members = {one["id"] for row in numbers for one in row["statements"]}
        assert all(len(row["statements"]) == 2 for row in numbers)
        assert len(members) > 10
        assert ids(register, f"{path}&disputed=true", **headers) == members
        assert ids(register, f"{path}&disputed=false", **headers) == ids(register, path, **headers) - members
        at = register.get("/v1")["revision"]
        assert ids(register, f"{path}&disputed=true&revision={at}", **headers) == members


def test_disputed_incidents_and_claims_are_found(register: Served) -> None:
    def slugs(path: str) -> set[str]:
        return {one["slug"] for one in register.get(path)["data"]}

    assert slugs("/v1/incidents?disputed=true") == {"al-sina-prison-attack-2022", "siege", "told"}
    assert slugs("/v1/incidents?disputed=false") == {"quiet"}
    contested = {"coalition-attack-weakened-isis", "sdf-knows-attackers-origin", "sdf-turkey-complicit"}
    assert slugs("/v1/claims?disputed=true") == contested
    assert not slugs("/v1/claims?disputed=false") & contested
    refused = register.ask("/v1/claims?disputed=perhaps")
    assert refused.status_code == 422


def test_the_reference_event_says_what_is_disputed(register: Served) -> None:
    answer = rows(register, f"{ATTACK}?as_of=2022-02-28")
    pairs = {
        (row["key"], *((one["originator"], one["as_written"]) for one in row["statements"]))
        for row in answer
        if row["kind"] == "numbers"
    }
    militants = "measure=killed&of=militant&actor=isis"
    assert {pair for pair in pairs if pair[0] == militants} == {
        (militants, ("Charles Lister", "175"), ("sohr", "124")),
        (militants, ("sohr", "268"), ("sdf", "about 374")),
        (militants, ("sohr", "268"), ("sdf", "more than 370")),
    }
    assert ("measure=attackers&actor=isis", ("Charles Lister", "as many as 200"), ("sdf", "over two hundred")) in pairs
    # The SDF's 22 of one day counts something else, and what one originator says of a later day contradicts nothing.
    assert not [pair for pair in pairs if ("sdf", "22") in pair or pair[1][0] == pair[2][0]]
    (party,) = [row for row in answer if row["kind"] == "party"]
    assert party["reads_as"] == (
        "Attack on al-Sina prison: Turkey is alleged to be an accomplice (claimed by the SDF; called misinformation "
        "by Charles Lister, 24 January 2022)."
    )
    assert party["claim"] == "sdf-turkey-complicit"
    assert [one["verdict"] for one in party["verdicts"]] == ["misinformation"]
    assert [row["key"] for row in answer if row["kind"] == "claim"] == [
        "coalition-attack-weakened-isis",
        "sdf-knows-attackers-origin",
        "sdf-turkey-complicit",
    ]
    (of_militants, _) = [row for row in answer if row["key"] == militants and row["as_of"] == "2022-01-31"]
    assert of_militants["reads_as"] == (
        "Attack on al-Sina prison: 268 militants of ISIS killed, according to SOHR, quoted by Pledge Times (as of 30 "
        "January 2022) and about 374 militants of ISIS killed, according to the SDF, quoted by The National (as of 31 "
        "January 2022) cannot both be true."
    )
    # As of the fifth day nobody had said what contradicts the 175.
    before = rows(register, f"{ATTACK}?as_of=2022-01-24")
    assert militants not in {row["key"] for row in before}
    as_csv = list(csv.DictReader(StringIO(register.ask(f"{ATTACK}?as_of=2022-02-28&format=csv").text)))
    assert [row["reads_as"] for row in as_csv] == [row["reads_as"] for row in answer]


def test_a_denied_part_and_a_disputed_outcome_are_named(register: Served) -> None:
    (denied,) = [row for row in rows(register, "/v1/incidents/siege/conflicts") if row["kind"] == "party"]
    assert denied["reads_as"] == "Siege: ISIS is denied to have been an attacker."
    (outcome,) = rows(register, "/v1/incidents/told/conflicts")
    assert (outcome["kind"], outcome["reads_as"]) == ("outcome", "Told: the outcome is disputed.")
    assert rows(register, "/v1/incidents/quiet/conflicts") == []
