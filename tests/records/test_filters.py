"""What each filter of each collection finds: exact rows of the reference event, and of the sample for the rest."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine

from app.catalogue.collections import COLLECTIONS, LISTINGS
from app.database.sqlite import DIALECT
from app.database.statements import compiled
from app.history.codes import Access
from app.history.past import EVER, PRESENT, At
from app.reading import fetching
from app.reading.list_statements import Plan, page_statement
from tests.conftest import Databases, Served
from tests.support.lists import Cases, cases, figure, found, rows
from tests.support.sample import SAMPLE, put, served


@pytest.fixture(scope="module")
def sample(databases: Databases) -> Iterator[Served]:
    """The sample, served from each engine in turn; tests only read it."""
    url = databases.empty()
    put(url, *SAMPLE)
    with served(url) as made:
        yield made


IN_NORTHERN_WING = "boys-held-with-militants-for-years sdf-boys-security-risk"
AT_PRISON = (
    "detainees-bribe-guards-for-phones detainees-knew-of-attack largest-isis-detention-facility "
    "prison-security-possibly-infiltrated rights-groups-outcry-over-boys"
)
OF_ATTACK = (
    "attack-imagery-propaganda-gain checkpoints-intelligence-failure coalition-attack-weakened-isis "
    "events-may-speed-isis-recovery largest-isis-attack-in-three-years sdf-knows-attackers-origin sdf-turkey-complicit"
)
OF_NETWORK = (
    "coalition-willingness-in-question detention-ticking-time-bomb local-tribunal-and-transfer-ruled-out "
    "no-movement-on-male-fighters-since-2014 secure-prisoners-meanwhile"
)
OF_THE_CAMP_2019 = "al-hol-snapshot-2019-06-19 al-hol-snapshot-2019-08-01 ocha-al-hol-2019-05-01"
ALL_FIGURES = " ".join(figure(number) for number in range(1, 54))
EXACT = "F2 F5 F7 G1 G2 G3 G4 G5 G6 G8 G9 G10 G11 G12 G14 G15 G16 G17 G19 G20 G21 G22 G24 G25 G27 G28 G29 G30 G34 G38"

REFERENCE: Cases = [
    # facilities
    ("facilities?level=network", "sdf-family-camps sdf-isis-prisons"),
    ("facilities?level=unit", "al-sina-prison-northern-wing"),
    ("facilities?kind=camp", "al-hol-camp sdf-family-camps"),
    ("facilities?kind=prison", ""),
    ("facilities?operator=sdf", "al-sina-prison al-sina-prison-northern-wing sdf-isis-prisons"),
    ("facilities?operator=isis", ""),
    ("facilities?country=SYR&level=facility", "al-hol-camp al-sina-prison"),
    ("facilities?admin1=Al-Hasakeh", "al-hol-camp al-sina-prison al-sina-prison-northern-wing"),
    ("facilities?admin1_code=SY08&level=facility", "al-hol-camp al-sina-prison"),
    ("facilities?admin1_code=sy08&level=network", ""),
    ("facilities?admin2=Al-Hasakeh&level=unit", "al-sina-prison-northern-wing"),
    ("facilities?admin2_code=SY0800,sy0800", "al-hol-camp al-sina-prison al-sina-prison-northern-wing"),
    ("facilities?bbox=40.7,36,41.5,37", "al-hol-camp al-sina-prison"),
    ("facilities?near=36.5,40.7&radius_km=20", "al-sina-prison"),
    ("facilities?parent=sdf-isis-prisons", "al-sina-prison"),
    ("facilities?within=sdf-isis-prisons", "al-sina-prison al-sina-prison-northern-wing sdf-isis-prisons"),
    ("facilities?within=al-sina-prison-northern-wing", "al-sina-prison-northern-wing"),
    ("facilities?within=al-sina-prison,sdf-family-camps&level=facility", "al-hol-camp al-sina-prison"),
    ("facilities?source=reach-al-hol-2019-09", "al-hol-camp"),
    ("facilities?q=gweran&level=unit", ""),
    ("facilities?q=Northern%20wing&kind=improvised", "al-sina-prison-northern-wing"),
    # incidents
    ("incidents?bbox=-180,-90,180,90", ""),
    ("incidents?near=36.5,40.7", ""),
    ("incidents?q=attack%20sina&kind=riot", "al-sina-prison-attack-2022"),
    ("incidents?facility=al-sina-prison-northern-wing", "al-sina-prison-attack-2022"),
    ("incidents?facility=sdf-isis-prisons", ""),
    ("incidents?within=sdf-isis-prisons", "al-sina-prison-attack-2022"),
    ("incidents?within=sdf-family-camps", ""),
    ("incidents?source=itic-al-sinaa-2022", "al-sina-prison-attack-2022"),
    ("incidents?source=reach-al-hol-2019-09", ""),
    ("incidents?kind=prison_break", "al-sina-prison-attack-2022"),
    ("incidents?kind=riot", "al-sina-prison-attack-2022"),
    ("incidents?kind=fire", ""),
    ("incidents?admin1_code=SY08", "al-sina-prison-attack-2022"),
    ("incidents?missing_reason=not_published", ""),
    ("incidents?disputed=true", "al-sina-prison-attack-2022"),
    ("incidents?disputed=false", ""),
    ("populations?disputed=true", ""),
    ("figures?disputed=true&measure=killed", "F5 G10 G19 G21 G23 G24 G30 G31"),
    ("claims?disputed=true", "coalition-attack-weakened-isis sdf-knows-attackers-origin sdf-turkey-complicit"),
    ("incidents?measure=hostages&of=security_force", "al-sina-prison-attack-2022"),
    ("incidents?measure=hostages&of=civilian", ""),
    # A party is one line: actor, role and standing speak of the same one.
    ("incidents?actor=turkey", "al-sina-prison-attack-2022"),
    ("incidents?role=attacker", "al-sina-prison-attack-2022"),
    ("incidents?actor=turkey&role=attacker", ""),
    ("incidents?actor=turkey&role=accomplice", "al-sina-prison-attack-2022"),
    ("incidents?actor=turkey&role=accomplice&standing=alleged", "al-sina-prison-attack-2022"),
    ("incidents?actor=turkey&standing=established", ""),
    ("incidents?role=accomplice&standing=established", ""),
    ("incidents?actor=us-forces&standing=established&role=supporter", "al-sina-prison-attack-2022"),
    ("incidents?actor=uk-special-forces&standing=established", ""),
    # figures
    ("figures?incident=al-sina-prison-attack-2022", ALL_FIGURES),
    ("figures?facility=al-sina-prison", ALL_FIGURES),
    ("figures?facility=sdf-isis-prisons", ""),
    ("figures?within=sdf-isis-prisons", ALL_FIGURES),
    ("figures?within=sdf-family-camps", ""),
    ("figures?country=SYR", ALL_FIGURES),
    ("figures?measure=escaped", "F4 G33 G37"),
    ("figures?measure=escaped,missing", "F4 G33 G34 G37"),
    # `of` is the whole set, whatever its order; `of_any` one of its groups.
    ("figures?of=guard,security_force", "G16"),
    ("figures?of=security_force&of=guard", "G16"),
    ("figures?of=guard", "G29"),
    ("figures?of_any=guard", "G16 G27 G29 G38"),
    ("figures?of_any=staff,civilian&measure=killed", "G5 G12 G17 G21 G22 G24 G27 G30 G38"),
    ("figures?of=civilian&measure=killed", "G5 G12 G17 G21 G24 G30"),
    ("figures?actor=asayish", "G2"),
    ("figures?actor=asayish,sdf&measure=killed", "F7 G2 G8 G22 G28"),
    ("figures?of=total", "F1 F10 F11 F12 F2 F3 G14 G26 G3 G35 G39 G4 G41 G7 G9"),
    ("figures?of=total,guard&measure=killed", "G14 G29 G41 G9"),
    ("figures?actor=total,asayish&measure=killed", "G11 G12 G14 G16 G17 G2 G20 G21 G24 G27 G29 G30 G38 G41 G5 G9"),
    ("figures?cause=total", ALL_FIGURES),
    ("figures?originator=united-nations", "F9 G26"),
    ("figures?originator=Rudaw", "G41"),
    ("figures?originator=ETANA,Syriac%20Press&from=2022-02", "G35"),
    ("figures?sex=total", ALL_FIGURES),
    ("figures?sex=male", ""),
    ("figures?unit=events", "F10"),
    ("figures?unit=families,events", "F10 G36"),
    ("figures?tally=additional", "G25"),
    ("figures?tally=current", "F3 F8 G40"),
    ("figures?basis=documented,estimated", "G37 G38"),
    ("figures?qualifier=magnitude", "F4 G18 G37"),
    ("figures?qualifier=unknown", "G33"),
    ("figures?qualifier=at_least", "F8 F11 G35 G41"),
    ("figures?qualifier=exact", EXACT),
    ("figures?source=rudaw-2022-01-24", "G7 G8"),
    ("figures?attributed_to=united-nations", "F9 G26"),
    ("figures?flag=bounds_by_editor", "F12 F3 F9"),
    ("figures?flag=rounded", ""),
    ("figures?from=2022-02-01", "G34 G35 G40"),
    ("figures?from=2022-02", "G34 G35 G40"),
    ("figures?to=2022-01-20", "F1 F11 F12 F2 F4 G3 G37 G38 G39 G4 G7"),
    ("figures?from=2022-01-21&to=2022-01-22", "G1 G2 G5 G6"),
    ("figures?from=2022-01-31&to=2022-01&source=devdiscourse-2022-01-31", "G27 G28 G29 G30"),
    ("figures?from=2022-01-20&to=2022&measure=attackers", "F1 F12 G39 G7"),
    # populations
    ("populations?facility=al-sina-prison", "K1 K2 K3 K4 K5 K6 K7 K8 N5"),
    ("populations?facility=sdf-isis-prisons", "N1"),
    ("populations?within=sdf-isis-prisons&source=lister-mei-2022-01-24", "N1 N3 N4 N5"),
    ("populations?country=SYR&from=2022-01-21", "N1 N2"),
    ("populations?admin1=Al-Hasakeh&to=2019-05", "H1 H1-arrivals"),
    ("populations?admin1_code=SY08&to=2019-05", "H1 H1-arrivals"),
    ("populations?admin2_code=SY0800&sex=male", "K5 K6 N4 N5"),
    ("populations?kind=camp&from=2022", "N2"),
    ("populations?operator=sdf&sex=male", "K5 K6 N4 N5"),
    ("populations?measure=admitted", "H1-arrivals"),
    ("populations?statistic=flow", "H1-arrivals"),
    ("populations?sex=male", "K5 K6 N4 N5"),
    ("populations?sex=female", ""),
    ("populations?sex=male&max_age=17", "K5 N4 N5"),
    ("populations?sex=male&max_age=total", "K6"),
    ("populations?sex=male&min_age=total", "K5 K6 N4 N5"),
    ("populations?legal_status=family_member", "K5 N2"),
    ("populations?nationality=IRQ", "H5-IRQ"),
    ("populations?nationality=SYR,IRQ", "H5-IRQ H5-SYR"),
    ("populations?affiliation=isis&facility=al-sina-prison", "K1 K2 K3 K4 K6 K8"),
    ("populations?dimension=origin:third_country", "H5-third"),
    ("populations?dimension=described_as:extremist", "K7"),
    ("populations?dimension=trial:none", "N1"),
    ("populations?dimension=described_as:third_country", ""),
    ("populations?group=boys", "K5 N5"),
    ("populations?breakdown=none", "H1 H1-arrivals H2 H3 H4 H5"),
    ("populations?qualifier=more_than,at_most", "K4 K8 N4"),
    ("populations?flag=bounds_by_editor", "N1 N5"),
    ("populations?basis=counted", ""),
    # claims
    ("claims?facility=al-sina-prison", AT_PRISON),
    ("claims?within=al-sina-prison", f"{IN_NORTHERN_WING} {AT_PRISON}"),
    ("claims?within=sdf-isis-prisons", f"{IN_NORTHERN_WING} {AT_PRISON} {OF_NETWORK}"),
    ("claims?incident=al-sina-prison-attack-2022", OF_ATTACK),
    ("claims?about=turkey", "sdf-turkey-complicit"),
    ("claims?made_by=sdf", "sdf-boys-security-risk sdf-knows-attackers-origin sdf-turkey-complicit"),
    ("claims?made_by=sdf&about=turkey", "sdf-turkey-complicit"),
    ("claims?source=sohr-2022-01-29", ""),
    ("claims?topic=responsibility", "sdf-turkey-complicit turkey-accusation-distracts"),
    ("claims?modality=questioned", "coalition-willingness-in-question prison-security-possibly-infiltrated"),
    ("claims?verdict=misinformation", "sdf-turkey-complicit"),
    (
        "claims?verdict=disputed,supported",
        "coalition-attack-weakened-isis rights-groups-outcry-over-boys sdf-knows-attackers-origin",
    ),
    ("claims?from=2022-01-25", ""),
    ("claims?to=2022-01-24&made_by=sdf", ""),
    # sources
    (
        "sources?kind=bulletin",
        f"{OF_THE_CAMP_2019} al-hol-2020-01-13 etana-2022-02-02",
    ),
    ("sources?q=rudaw%20english&from=2022-01-26", "rudaw-2022-01-26"),
    ("actors?q=QSD", "sdf"),
    ("sources?publisher=Rudaw", "rudaw-2022-01-24 rudaw-2022-01-26"),
    ("sources?language=EN&publisher=RUDAW", "rudaw-2022-01-24 rudaw-2022-01-26"),
    ("sources?compiled_from=rudaw-2022-01-24", ""),
    ("sources?url=https://www.syriahr.com/en/237142/", "sohr-2022-01-29"),
    ("sources?from=2022-02-01", "albawaba-2022-02-01 etana-2022-02-02"),
    ("sources?to=2019", OF_THE_CAMP_2019),
    # actors
    ("actors?kind=ngo", "human-rights-groups sohr"),
    ("actors?kind=state,state_force", "asayish turkey uk-special-forces us-forces"),
    ("actors?part_of=us-led-coalition", "us-forces"),
    ("actors?country=GBR,TUR", "turkey uk-special-forces"),
    # every collection
    ("actors?changed_since=1", ""),
    ("actors?kind=company&access=public", ""),
    ("actors?kind=coalition&access=public,partner", "us-led-coalition"),
    ("figures?changed_since=0&measure=missing", "G34"),
    # of a facility
    ("facilities/al-sina-prison/incidents", "al-sina-prison-attack-2022"),
    ("facilities/sdf-isis-prisons/incidents", "al-sina-prison-attack-2022"),
    ("facilities/sdf-isis-prisons/incidents?subtree=false", ""),
    ("facilities/al-hol-camp/incidents", ""),
    ("facilities/al-sina-prison/claims", f"{IN_NORTHERN_WING} {AT_PRISON}"),
    ("facilities/al-sina-prison/claims?subtree=false", AT_PRISON),
    ("facilities/sdf-isis-prisons/populations?sex=male", "K5 K6 N4 N5"),
    ("facilities/sdf-isis-prisons/populations?subtree=false", "N1"),
    ("facilities/al-sina-prison/populations?subtree=true&sex=total&affiliation=isis", "K1 K2 K3 K4 K8 N3"),
]

INVENTED: Cases = [
    ("facilities?legal_basis=criminal", "north-annex north-prison"),
    ("facilities?legal_basis=migration,unknown", "north-prisons south-camp"),
    ("facilities?status=open", "north-prison south-camp"),
    ("facilities?status=open,closed&country=FRA", "north-annex north-prison"),
    ("facilities?country=ITA", "south-camp"),
    ("facilities?admin1=Sud,Nord", "north-annex north-prison south-camp"),
    ("facilities?operator=camp-company", "south-camp"),
    ("facilities?identifier=nomis:NPX", "north-prison"),
    ("facilities?identifier=nomis:NPX,old:NPX", "north-prison south-camp"),
    ("facilities?identifier=old:a:b", "north-prison"),
    ("facilities?identifier=nomis:b", ""),
    ("facilities?source=bulletin-may", "north-annex"),
    ("facilities?source=bulletin-may,annual-report", "north-annex north-prison"),
    ("facilities?within=north-prison", "north-annex north-prison"),
    ("incidents?country=FRA", "north-fire north-riot"),
    ("incidents?admin1=Nord,Sud", "north-riot south-escape"),
    ("incidents?kind=fire", "north-fire north-riot"),
    ("incidents?kind=fire,escape", "north-fire north-riot south-escape"),
    ("incidents?status=ongoing", "south-escape"),
    ("incidents?outcome=foiled,succeeded", "north-riot south-escape"),
    ("incidents?parent=north-riot", "north-fire"),
    ("incidents?facility=north-annex", "north-riot"),
    ("incidents?within=north-prison", "north-fire north-riot"),
    ("incidents?within=north-prisons,south-camp", "north-fire north-riot south-escape"),
    ("incidents?identifier=ucdp:7", "north-riot"),
    ("incidents?identifier=ucdp:8", ""),
    ("incidents?source=bulletin-june", "north-fire"),
    ("incidents?actor=front", "north-riot south-escape"),
    ("incidents?actor=front&role=attacker", "south-escape"),
    ("incidents?actor=front&standing=alleged,denied", "north-riot south-escape"),
    ("incidents?actor=front,prison-service&standing=established", "north-riot"),
    ("incidents?from=2021-06", "north-fire"),
    ("incidents?from=2021-05-02", "north-fire south-escape"),
    ("incidents?to=2021-05", "north-riot south-escape"),
    ("incidents?to=2021-05-30", "north-riot"),
    ("figures?incident=north-riot,north-fire", "1 2 3 4"),
    ("figures?by=front", "1"),
    ("figures?sex=male", "2"),
    ("figures?sex=female,male", "2 5"),
    ("figures?sex=total", "1 3 4"),
    ("figures?sex=total,female", "1 3 4 5"),
    ("figures?country=ITA", "5"),
    ("figures?cause=accident", "4"),
    ("figures?cause=accident,total&sex=total", "1 3 4"),
    ("figures?missing_reason=not_published", ""),
    ("figures?facility=north-annex", "1 2 3"),
    ("figures?within=north-prison", "1 2 3 4"),
    ("figures?of=minor,detainee", "2"),
    ("figures?of_any=minor,guard", "1 2"),
    ("figures?source=bulletin-june", "3"),
    ("populations?statistic=official", "1"),
    ("populations?measure=capacity,admitted", "1 7"),
    ("populations?country=FRA", "1 2 3 4 8"),
    ("populations?admin1=Sud", "5 6 7"),
    ("populations?kind=juvenile", "4"),
    ("populations?operator=prison-service", "1 2 3 4"),
    ("populations?sex=female", "2"),
    ("populations?sex=female,total&facility=north-prison", "1 2"),
    # Zero is a value, and differs from nothing given and from the total.
    ("populations?min_age=0", "4"),
    ("populations?min_age=0,18", "3 4"),
    ("populations?min_age=total", "1 2 5 6 7 8"),
    ("populations?max_age=17,total&facility=north-annex", "4"),
    ("populations?legal_status=sentenced", "4"),
    ("populations?legal_status=total&facility=north-annex", ""),
    ("populations?nationality=foreign", "5"),
    ("populations?nationality=foreign,total&facility=south-camp", "5 6 7"),
    ("populations?affiliation=front", "6"),
    ("populations?dimension=regime:closed", "5 6"),
    ("populations?dimension=regime:closed,origin:north_africa", "5"),
    ("populations?dimension=regime:north_africa", ""),
    ("populations?group=newcomers", "5"),
    ("populations?breakdown=none", "1 7 8"),
    ("populations?basis=counted", "5"),
    ("populations?tally=additional", "7"),
    ("populations?attributed_to=camp-company", "7"),
    ("populations?source=bulletin-may", "7"),
    ("populations?originator=camp-company", "7"),
    ("populations?originator=Watch", "1 2 3 4 5 6 8"),
    ("populations?originator=watch", "1 2 3 4 5 6 8"),
    ("populations?missing_reason=not_published,pending", "8"),
    ("populations?missing_reason=pending", ""),
    ("populations?from=2020-02", "2 4 5 6 7"),
    ("populations?to=2020", "1 2 3 8"),
    ("claims?topic=cause", "set-by-guards set-by-inmates"),
    ("claims?modality=forecast,probable", "camp-is-full set-by-inmates"),
    ("claims?verdict=refuted", "set-by-inmates"),
    ("claims?about=ministry", "annex-is-safe"),
    ("claims?within=north-prisons", "annex-is-safe"),
    ("claims?made_by=front,prison-service", "set-by-guards set-by-inmates"),
    ("claims?from=2021-06-01&to=2021-06-01", "set-by-guards"),
    ("claims?to=2021", "annex-is-safe set-by-guards set-by-inmates"),
    ("claims?source=bulletin-june&incident=north-fire", "set-by-guards set-by-inmates"),
    ("sources?kind=bulletin,dataset", "bulletin-june bulletin-may undated"),
    ("sources?language=fr,it", "bulletin-june bulletin-may"),
    ("sources?from=2021-05&to=2021-05", "bulletin-may"),
    ("actors?part_of=ministry", "prison-service"),
    ("actors?country=FRA&kind=authority", "ministry prison-service"),
]


@cases(REFERENCE)
def test_a_filter_finds_these_rows_of_the_reference_event(reference: Served, query: str, expected: str) -> None:
    assert rows(reference, f"/v1/{query}") == sorted(expected.split())


@cases(INVENTED)
def test_a_filter_finds_these_rows_of_the_sample(sample: Served, query: str, expected: str) -> None:
    assert found(sample, f"/v1/{query}") == sorted(expected.split())


@pytest.mark.parametrize("way", ["often", "seldom", "unknown"])
def test_the_rows_are_the_same_whichever_way_they_are_found(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Few rows are looked up, many are checked along the order of the page: at present, and in the past."""

    async def weighed(_reader: Any, _listing: Any, plan: Plan, _values: Any) -> Plan:
        known: dict[str, Any] = (
            {} if plan.latest or way == "unknown" else {way: frozenset(name for name, _, _ in plan.filters)}
        )
        return replace(plan, **known)

    monkeypatch.setattr(fetching, "weighed", weighed)
    url = databases.empty()
    put(url, *SAMPLE)
    differing = {}
    for database, requested, read in ((databases.with_reference(), REFERENCE, rows), (url, INVENTED, found)):
        put(database, {"collection": "actors", "slug": "a-later-one", "name": "A Later One", "kind": "other"})
        with served(database, cache_bytes=0) as register:
            met = {("actors", "changed_since")}
            for query, expected in requested:
                # Each filter of each list once, alone or with what is asked beside it.
                path, _, filters = query.partition("?")
                names = {(path.rpartition("/")[2], one.partition("=")[0]) for one in filters.split("&")}
                if not filters or names <= met:
                    continue
                met |= names
                for past in ("", "&revision=1") if way == "often" else ("&revision=1",):
                    if (answered := read(register, f"/v1/{query}{past}")) != sorted(expected.split()):
                        differing[query + past] = answered
    assert differing == {}


BOUNDED = {"match", "value_min", "value_max", "radius_km"}
"""Tested in test_certain_and_possible.py, as the tables of its page."""
PAGING = {"limit", "cursor", "sort", "count", "fields", "include", "format", "bom", "revision", "known_at"}


def test_every_filter_is_tested_above(reference: Served) -> None:
    """A filter without a row above is a filter nobody has looked at."""
    everywhere = {"access", "changed_since"}
    tested: dict[str, set[str]] = {name: set(everywhere) for name in COLLECTIONS}
    for query, _ in REFERENCE + INVENTED:
        path, _, requested = query.partition("?")
        tested[path.rpartition("/")[2]] |= {pair.partition("=")[0] for pair in requested.split("&")}
    latest = {"as_of", "latest_per"}  # tested in test_latest.py
    declared = reference.get("/openapi.json")["paths"]
    for name in COLLECTIONS:
        parameters = {parameter["name"] for parameter in declared[f"/v1/{name}"]["get"]["parameters"]}
        assert parameters - PAGING - BOUNDED - latest - tested[name] == set(), name


@pytest.mark.parametrize("cursor", [False, True], ids=["first page", "next page"])
@pytest.mark.parametrize("at", [PRESENT, EVER], ids=["present", "past"])
def test_the_figures_of_an_incident_are_looked_up_by_it_and_not_by_what_they_count(
    engine: Engine, at: At, cursor: bool
) -> None:
    if engine.dialect.name == "postgresql":
        pytest.skip("PostgreSQL decides by its statistics")
    filters = ("incident", (False,), (str,)), ("measure", 1, (str,))
    plan = Plan(at, Access.public, filters=filters, order=(("as_of_end", True),), cursor=cursor)
    statement = compiled(page_statement(LISTINGS["figures"], plan), DIALECT)
    values = dict.fromkeys(statement.names, 1) | {"key_0": "2022-01-20"}
    with engine.connect() as connection:
        query = tuple(str(value) for value in statement.parameters(values))
        answer = [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement.text}", query)]
    searched = [step for step in answer if "figure" in step and step.startswith("SEARCH")]
    assert searched
    assert [step for step in searched if "(incident=?)" not in step] == []
