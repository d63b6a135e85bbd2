"""The toll of an incident, rule `toll/1`: of the reference event, and of an invented riot for what that has not."""

import csv
import json
from io import StringIO
from typing import Any

from app.database.engines import write_engine
from app.writing.keys import KeyScope, create_key
from tests.conftest import Served
from tests.support.sample import Record

ATTACK = "/v1/incidents/al-sina-prison-attack-2022/toll"
RIOT = "/v1/incidents/riot/toll"
Row = dict[str, Any]


def figure(as_of: str, **more: Any) -> Record:
    """A figure of the riot: people killed, as the daily says it, unless said otherwise."""
    own = {"incident": "riot", "measure": "killed", "as_of": as_of, "source": "daily"}
    return {"collection": "figures"} | own | more


PAPERS = {"daily": "2024-05-02", "evening": "2024-05-03", "weekly": "2024-05-05", "secret": "2024-05-04"}
RECORDS: list[Record] = [
    *(
        {
            "collection": "sources",
            "slug": slug,
            "kind": "article",
            "publisher": slug,
            "title": slug,
            "published_on": day,
        }
        | ({"access": "restricted"} if slug == "secret" else {})
        for slug, day in PAPERS.items()
    ),
    {"collection": "actors", "slug": "unit-nine", "name": "Unit Nine", "kind": "state_force", "access": "restricted"},
    *(
        {"collection": "incidents", "slug": slug, "title": slug.title(), "kinds": ["riot"], "started": "2024-05-01"}
        | ({"parent": "riot"} if slug != "riot" else {})
        for slug in ("riot", "riot-east-wing", "riot-west-wing")
    ),
    figure("2024-05-02", as_written="3", incident="riot-east-wing"),
    # A later publication of the same day replaces an earlier one of the same originator.
    figure("2024-05-02", as_written="at least 10", attributed_to="sdf"),
    figure("2024-05-02", as_written="12", attributed_to="sdf", source="evening"),
    figure("2024-05-03", as_written="about 12", source="evening"),
    # An older total above what the newest allow.
    figure("2024-05-01", as_written="40", attributed_to="sohr"),
    figure("2024-05-03", as_written="several", attributed_to="isis"),
    figure("2024-05-03", missing_reason="pending", attributed_to="turkey"),
    figure("2024-05-03", as_written="another 5", attributed_to="united-nations"),
    figure("2024-05-03", as_written="2", period_start="2024-05-02", attributed_to="asayish"),
    # Two of one day and one publication that differ: neither is chosen.
    figure("2024-05-03", measure="injured", as_written="20", locator="p. 1"),
    figure("2024-05-03", measure="injured", as_written="30", locator="p. 2"),
    # Of different causes: never one row.
    figure("2024-05-03", measure="died", as_written="two", cause="suicide"),
    figure("2024-05-03", measure="died", as_written="seven", cause="illness"),
    # Revised down.
    figure("2024-05-02", measure="ill", as_written="15"),
    figure("2024-05-03", measure="ill", as_written="10"),
    # Nothing but additions, and nothing but words.
    figure("2024-05-03", measure="surrendered", as_written="another 300", of=["militant"]),
    figure("2024-05-03", measure="surrendered", as_written="about 1,000", of=["detainee"]),
    figure("2024-05-03", measure="escaped", as_written="several"),
    # Stated by a source that the public may not see, and of people whose side it may not see.
    figure("2024-05-04", measure="arrested", as_written="50", source="secret", access="restricted"),
    figure("2024-05-03", measure="arrested", as_written="4"),
    figure("2024-05-04", measure="arrested", as_written="9", actor="unit-nine"),
]


def toll(register: Served, path: str) -> dict[str, Row]:
    """The rows of a toll by their key."""
    return {row["key"]: row for row in register.get(path)["rows"]}


def numbers(row: Row) -> tuple[Any, ...]:
    spread = row["spread"] and (row["spread"]["low"], row["spread"]["high"])
    return row["low"], row["best"], row["high"], spread, row["agreement"]


def roles(row: Row) -> list[tuple[str, str | None, str | None]]:
    return [(one["role"], one["originator"], one["as_written"]) for one in row["statements"]]


MILITANTS = "measure=killed&of=militant&actor=isis"


def test_on_24_january_isis_had_lost_175(register: Served) -> None:
    row = toll(register, f"{ATTACK}?as_of=2022-01-24&measure=killed")[MILITANTS]
    assert numbers(row) == (175, 175, 175, (175, 175), "single")
    assert row["originators"] == ["Charles Lister"]
    assert roles(row) == [("used", "Charles Lister", "175"), ("excluded", "sdf", "22")]
    assert row["statements"][1]["why"] == "it counts another period, from 2022-01-22 to 2022-01-22"
    assert row["reads_as"] == (
        "Attack on al-Sina prison, as of 24 January 2022: 175 militants of ISIS reportedly killed, according to "
        "Charles Lister."
    )


def test_on_31_january_the_counts_of_isis_conflict(register: Served) -> None:
    row = toll(register, f"{ATTACK}?as_of=2022-01-31")[MILITANTS]
    assert numbers(row) == (None, 374, None, (268, 374), "conflicting")
    assert roles(row)[:3] == [("used", "sdf", "about 374"), ("used", "sdf", "more than 370"), ("used", "sohr", "268")]
    assert ("superseded", "sohr", "246") in roles(row)
    assert ("older", "Charles Lister", "175") in roles(row)
    assert row["originators"] == ["sdf", "sohr"]
    assert row["reads_as"] == (
        "Attack on al-Sina prison, by 31 January 2022: about 374 militants of ISIS killed, according to the SDF, "
        "quoted by The National (as of 31 January 2022); more than 370 militants of ISIS killed, according to the "
        "SDF, quoted by Syria Direct (as of 31 January 2022); 268 militants of ISIS killed, according to SOHR, quoted "
        "by Pledge Times (as of 30 January 2022). These cannot all be true."
    )


def test_another_300_never_stands_for_a_total(register: Served) -> None:
    for day in ("2022-01-26", "2022-01-30", "2022-01-31", "2022-02-28"):
        rows = register.get(f"{ATTACK}?as_of={day}&measure=surrendered")["rows"]
        assert 300 not in [row[bound] for row in rows for bound in ("low", "best", "high")]
        said = [role for row in rows for role, _, words in roles(row) if words == "another 300"]
        assert said == ([] if day < "2022-01-31" else ["additional"])
    of_detainees = toll(register, f"{ATTACK}?as_of=2022-01-30")["measure=surrendered&of=detainee"]
    assert numbers(of_detainees) == (None, 1000, None, (1000, 1000), "single")


def test_the_two_readings_of_121_overlap(register: Served) -> None:
    answer = register.get(f"{ATTACK}?as_of=2022-01-31")
    response = "measure=killed&of=guard&of=security_force&of=civilian"
    other = "measure=killed&of=security_force&of=staff&actor=sdf"
    assert {row["best"] for row in answer["rows"] if row["key"] in {response, other}} == {121}
    (why,) = [pair["why"] for pair in answer["overlaps"] if pair["rows"] == [response, other]]
    assert why == (
        "both count security_force, only one counts guard and civilian, only one counts staff; "
        "one of them leaves the actor open; both say 121"
    )
    # What is of disjoint groups is not named.
    assert not [pair for pair in answer["overlaps"] if pair["rows"] == ["measure=killed&of=civilian", MILITANTS]]


def test_what_was_added_between_two_days_is_told_per_originator(register: Served) -> None:
    rows = toll(register, f"{ATTACK}?as_of=2022-01-30&since=2022-01-29")
    (of_sohr,) = rows[MILITANTS]["added"]
    assert [of_sohr[name] for name in ("originator", "low", "high", "revised_down")] == ["sohr", 22, 22, False]
    assert (of_sohr["earlier"], of_sohr["later"]) == tuple(
        one["id"] for words in ("246", "268") for one in rows[MILITANTS]["statements"] if one["as_written"] == words
    )
    # From "at least" and "about" to a floor: what is open stays open, and a total grows by nothing at the least.
    since = toll(register, f"{ATTACK}?as_of=2022-01-31&since=2022-01-24")
    assert [
        (one["originator"], one["low"], one["high"])
        for one in since["measure=killed&of=security_force&actor=sdf"]["added"]
    ] == [("sdf", 13, 13)]
    assert [(one["originator"], one["low"], one["high"]) for one in since["measure=displaced"]["added"]] == []
    assert since["measure=displaced"]["added_why"].startswith("nobody has a number of both days: ")
    # Unasked for, nothing is told of it.
    assert "added" not in toll(register, f"{ATTACK}?as_of=2022-01-31")[MILITANTS]
    refused = register.ask(f"{ATTACK}?as_of=2022-01-24&since=2022-01-24")
    assert (refused.status_code, refused.json()["errors"][0]["parameter"]) == (422, "since")


def test_a_total_that_was_revised_down_is_told(register: Served) -> None:
    (answer,) = toll(register, f"{RIOT}?as_of=2024-05-05&since=2024-05-02&measure=ill")["measure=ill"]["added"]
    assert (answer["low"], answer["high"], answer["revised_down"]) == (-5, -5, True)


def test_rows_stand_by_measure_the_widest_group_first(register: Served) -> None:
    keys = list(toll(register, f"{ATTACK}?as_of=2022-01-31&measure=killed,escaped"))
    assert keys[0] == "measure=killed"
    assert keys[1] == "measure=killed&of=guard&of=security_force&of=civilian"
    assert keys.index("measure=killed&of=security_force") < keys.index("measure=killed&of=security_force&actor=sdf")
    assert keys[-1] == "measure=escaped&of=detainee"


def test_each_role_has_its_reason(register: Served) -> None:
    row = toll(register, f"{RIOT}?as_of=2024-05-05")["measure=killed"]
    assert [(one["role"], one["originator"], one["why"]) for one in row["statements"]] == [
        ("used", "evening", None),
        ("used", "sdf", None),
        ("superseded", "sdf", f"its originator says so again in evening (figure {row['statements'][1]['id']})"),
        (
            "older",
            "sohr",
            "its originator says nothing later than 2024-05-01; it is a total above what the newest allow",
        ),
        ("additional", "united-nations", "it comes on top of an earlier number, which it does not name"),
        ("unknown", "isis", "it gives no number"),
        ("unknown", "turkey", "it gives no number: pending"),
        ("excluded", "asayish", "it counts another period, from 2024-05-02 to 2024-05-03"),
    ]
    assert numbers(row) == (None, 12, None, (12, 12), "conflicting")
    # Without the older total they agree: about 12 and 12.
    assert toll(register, f"{RIOT}?as_of=2024-05-02")["measure=killed"]["agreement"] == "conflicting"


def test_of_equally_new_numbers_none_is_chosen(register: Served) -> None:
    rows = toll(register, f"{RIOT}?as_of=2024-05-05")
    assert numbers(rows["measure=injured"]) == (20, None, 30, (20, 30), "conflicting")
    assert numbers(rows["measure=died&cause=suicide"]) == (2, 2, 2, (2, 2), "single")
    assert numbers(rows["measure=died&cause=illness"]) == (7, 7, 7, (7, 7), "single")


def test_what_is_only_additional_or_only_words_gives_no_number(register: Served) -> None:
    answer = register.get(f"{RIOT}?as_of=2024-05-05")
    rows = {row["key"]: row for row in answer["rows"]}
    for key in ("measure=surrendered&of=militant", "measure=escaped"):
        assert numbers(rows[key]) == (None, None, None, None, None)
    pairs = [pair["rows"] for pair in answer["overlaps"]]
    assert ["measure=surrendered&of=detainee", "measure=surrendered&of=militant"] in pairs
    # Who was killed has died.
    assert ["measure=killed", "measure=died&cause=suicide"] in pairs


def test_a_toll_holds_what_its_reader_may_see(url: str, register: Served) -> None:
    public = toll(register, f"{RIOT}?as_of=2024-05-05&measure=arrested")["measure=arrested"]
    assert roles(public) == [("used", "daily", "4"), ("excluded", "daily", "9")]
    engine = write_engine(url)
    key = create_key(engine, "reader", [KeyScope.read_restricted], None, None)
    engine.dispose()
    response = register.ask(f"{RIOT}?as_of=2024-05-05&measure=arrested", Authorization=f"Bearer {key}")
    whole = {row["key"]: row for row in response.json()["rows"]}
    assert roles(whole["measure=arrested"]) == [("used", "secret", "50"), ("used", "daily", "4")]
    assert roles(whole["measure=arrested&actor=unit-nine"]) == [("used", "daily", "9")]
    assert response.headers["cache-control"] == "private, no-store"


def test_a_parent_names_the_children_that_have_figures(register: Served) -> None:
    answer = register.get(f"{RIOT}?as_of=2024-05-05")
    assert answer["children"] == [
        {"incident": "riot-east-wing", "figures": 1},
        {"incident": "riot-west-wing", "figures": 0},
    ]
    east = register.get("/v1/incidents/riot-east-wing/toll?as_of=2024-05-05")
    assert [numbers(row) for row in east["rows"]] == [(3, 3, 3, (3, 3), "single")]


def test_a_toll_is_the_same_for_ever_at_a_revision(register: Served) -> None:
    now = register.ask(f"{RIOT}?as_of=2024-05-05")
    revision = now.headers["data-revision"]
    link = now.headers["link"].partition(">")[0].lstrip("<")
    assert link == f"http://testserver{RIOT}?as_of=2024-05-05&revision={revision}"
    pinned = register.ask(link)
    assert (pinned.content, pinned.headers["etag"]) == (now.content, now.headers["etag"])
    assert pinned.headers["cache-control"] == "public, max-age=86400, immutable"
    assert register.ask(link, If_None_Match=now.headers["etag"]).status_code == 304
    # At revision 1 there was no riot, and the toll of the attack was what it is.
    assert register.ask(f"{RIOT}?revision=1").status_code == 404
    before, after = (register.get(f"{ATTACK}?as_of=2022-01-31{more}") for more in ("&revision=1", ""))
    own = {"revision": None, "cite": None}
    assert before | own == after | own
    assert before["revision"] == 1


def test_a_day_after_the_answered_revision_is_refused(register: Served) -> None:
    today = register.get("/v1")["recorded_at"][:10]
    assert register.get(RIOT)["as_of"] == today
    refused = register.ask(f"{RIOT}?as_of={int(today[:4]) + 1}")
    assert refused.status_code == 422
    assert [fault["parameter"] for fault in refused.json()["errors"]] == ["as_of"]
    assert today in refused.json()["detail"]


def test_a_rule_can_be_named(register: Served) -> None:
    answer = register.get(f"{RIOT}?rule=toll/1")
    assert (answer["rule"], answer["incident"]) == ("toll/1", "riot")
    refused = register.ask(f"{RIOT}?rule=toll/0")
    assert refused.status_code == 422
    assert refused.json()["detail"].endswith("Allowed: toll/1.")


def test_near_names_are_named_for_an_incident_that_is_not_there(register: Served) -> None:
    missing = register.ask("/v1/incidents/riott/toll")
    assert missing.status_code == 404
    assert "riot" in missing.json()["detail"]


def test_every_table_format_has_the_same_rows(register: Served) -> None:
    path = f"{ATTACK}?as_of=2022-01-31"
    rows = register.get(path)["rows"]
    as_csv = list(csv.DictReader(StringIO(register.ask(f"{path}&format=csv").text)))
    assert [row["key"] for row in as_csv] == [row["key"] for row in rows]
    of_militants = next(row for row in as_csv if row["key"] == MILITANTS)
    assert (of_militants["best"], of_militants["spread_low"], of_militants["spread_high"]) == ("374", "268", "374")
    assert of_militants["statements"].startswith("used figures/")
    lines = register.ask(f"{path}&format=ndjson")
    assert lines.text == "".join(f"{line}\n" for line in lines.text.splitlines())
    assert [json.loads(line) for line in lines.text.splitlines()] == rows
    for form in ("xlsx", "parquet"):
        made = register.ask(f"{path}&format={form}")
        assert made.status_code == 200
        assert made.headers["content-disposition"] == f'attachment; filename="incident-toll.{form}"'
        assert made.content == register.ask(f"{path}&format={form}&revision={made.headers['data-revision']}").content
    for form in ("geojson", "native"):
        assert register.ask(f"{path}&format={form}").status_code == 422
    assert register.ask(path, Accept="text/csv").headers["content-type"] == "text/csv"
    assert register.ask(path, Accept="application/geo+json").status_code == 406
