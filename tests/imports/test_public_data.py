"""The shipped mappings on the files they are for: the totals that the files themselves have, exactly."""

import csv
import gzip
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from app.database.engines import write_engine
from app.imports.mapped.loading import load_mapping
from app.imports.reports import Report, RowFate
from app.imports.run import run_import
from app.writing.verification import differing
from tests.conftest import Databases, Served
from tests.support.sample import served

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the public data sets are not beside the project")

ICE = DATA / "ice-detention-deaths" / "ice_deaths_274_no_names.csv"
CBP = DATA / "ice-detention-deaths" / "cbp_deaths_in_custody_no_names.csv"
GED = DATA / "ucdp-ged-syria-2016-2019"
CAMP = DATA / "guantanamo-population-cc0" / "gitmo_camp.csv"
LANKA = DATA / "srilanka-prisons-daily" / "daily.jsonl"
UK = [
    DATA / "uk-prison-register-2017" / f"{name}.tsv"
    for name in (
        "data__prison__prison",
        "lists__former-prisons__prisons",
        "maps__hmi",
        "maps__nomis-code",
        "maps__prison-finder",
    )
]
SISDEPEN = DATA / "brazil-sisdepen"


def load(engine: Engine, mapping: str, *files: Path, again: bool = True) -> Report:
    """The report of an import; the same files once more must change nothing."""
    report = run_import(engine, files, load_mapping(mapping), author="import")
    if again:
        second = run_import(engine, files, load_mapping(mapping), author="import")
        assert second.revisions == []
        written = report.rows.total() - report.rejected
        held = second.rows[RowFate.unchanged] + second.rows[RowFate.copy]
        assert (held, second.rejected) == (written, report.rejected)
    return report


def rows(engine: Engine, statement: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


@pytest.mark.slow
def test_deaths_in_immigration_detention(engine: Engine, url: str) -> None:
    report = load(engine, "ice-deaths", ICE)
    assert report.rows == {"created": 192, "flagged": 82}
    assert report.rules == {"contradicts": 7, "looks_like": 21, "replaced": 77}
    assert report.records == {
        "actors": {"created": 1},
        "facilities": {"created": 162},
        "figures": {"created": 274},
        "incidents": {"created": 274},
        "sources": {"created": 9},
    }
    by_year = Counter(year for (year,) in rows(engine, "SELECT substr(started, 1, 4) FROM incident"))
    assert [by_year[year] for year in ("2004", "2005", "2020", "2024", "2025", "2026")] == [32, 20, 18, 11, 32, 8]
    assert rows(engine, "SELECT min(started), max(started), count(*) FROM incident") == [
        ("2003-10-07", "2026-01-24", 274)
    ]
    answer = "SELECT sex, sum(low), sum(best), sum(high) FROM figure WHERE measure = 'died' GROUP BY sex ORDER BY sex"
    assert rows(engine, answer) == [("female", 24, 24, 24), ("male", 250, 250, 250)]
    flagged = "SELECT count(*) FROM figure WHERE CAST(flags AS text) LIKE '%single_person%'"
    assert rows(engine, flagged) == [(274,)]
    types = Counter(
        summary.rsplit("type of facility: ", 1)[1].rstrip(".")
        for (summary,) in rows(engine, "SELECT summary FROM incident")
    )
    expected = {"IGSA": 55, "Contract": 43, "Not stated": 40, "DIGSA": 37, "BOP": 24}
    assert {name: types[name] for name in expected} == expected
    # One document is the source of 172 of them; those filed under a name are cited by the publisher's index.
    cited = "SELECT count(*) FROM figure GROUP BY source ORDER BY count(*) DESC"
    assert rows(engine, cited)[0] == (172,)
    # What a compiler read is the compiler's: each of its sources says which document that was.
    apart = (
        "SELECT DISTINCT source.publisher, original.publisher FROM figure JOIN source ON source.slug = figure.source "
        "JOIN source AS original ON original.slug = source.compiled_from ORDER BY original.publisher"
    )
    compiler = "etchin/ice-detention-mortality"
    assert rows(engine, apart) == [(compiler, "The Guardian"), (compiler, "U.S. Immigration and Customs Enforcement")]
    assert rows(engine, "SELECT count(*) FROM facility WHERE kind_as_written = 'Not stated'") == [(0,)]
    addresses = [address for (address,) in rows(engine, "SELECT url FROM source")]
    assert sum(address.startswith("https://www.ice.gov/") for address in addresses) == 2
    assert list(differing(engine)) == []
    with served(url) as register:
        deaths = register.get("/v1/incidents/summary?by=country,year&measure=died&country=USA,MEX")
    by_row = {(row["country"], row["year"]): row for row in deaths["rows"]}
    assert {year: row["best"] for (_, year), row in by_row.items()} == dict(by_year)
    assert all((row["low"], row["high"], row["partial"]) == (row["best"], row["best"], 0) for row in by_row.values())
    # What it covers is said; of Mexico nothing is known, which is not none.
    assert (deaths["covered"], deaths["not_covered"]) == (["USA"], ["MEX"])
    assert deaths["coverage"] == [{"country": "USA", "incidents": 274, "first": "2003-10-07", "last": "2026-01-24"}]


def test_what_describes_a_single_person_stays_out(engine: Engine) -> None:
    """Nothing of a row but what the mapping names is in the database, nor in the report."""
    report = load(engine, "ice-deaths", ICE, again=False)
    held = "".join(
        str(row)
        for table in ("incident", "figure", "facility", "source")
        for row in rows(engine, f"SELECT * FROM {table}")  # noqa: S608
    )
    with ICE.open(newline="", encoding="utf-8-sig") as file:
        published = list(csv.DictReader(file))
    nationalities = {row["Country"] for row in published} - {"UNITED STATES", "CUBA", "Not stated"}
    assert len(nationalities) > 20
    assert [name for name in nationalities if f"'{name}'" in held] == []
    named = [row["PDF_URL"].rsplit("/", 1)[1] for row in published if "ice.gov" in row["PDF_URL"]]
    answer = "".join(f"{line.value} {line.told}" for line in report.lines)
    for name in {name for name in named if "2003-2017" not in name}:
        assert name not in held
        assert name not in answer


def test_deaths_in_border_custody(engine: Engine) -> None:
    report = load(engine, "cbp-deaths", CBP)
    assert report.rows.total() == 61
    assert rows(engine, "SELECT min(started), max(started), count(*) FROM incident") == [
        ("2011-01-13", "2025-03-26", 61)
    ]
    assert rows(engine, "SELECT count(*), sum(best) FROM figure") == [(61, 61)]


def test_eighteen_counts_at_guantanamo_keep_their_bounds(engine: Engine) -> None:
    report = load(engine, "guantanamo", CAMP)
    assert (report.rows[RowFate.created], report.rows[RowFate.flagged]) == (16, 2)
    assert Counter(report.rules) == {"unescaped_quote": 1, "replaced": 1}
    with CAMP.open(newline="", encoding="utf-8") as file:
        written = sorted((row["date"], row["expression"]) for row in csv.DictReader(file))
    held = rows(
        engine, "SELECT as_of, as_written, low, best, high, qualifier FROM population ORDER BY as_of, as_written"
    )
    assert [(day, words) for day, words, *_ in held] == written
    assert len(held) == 18
    for _, words, low, best, high, qualifier in held:
        number = int(words[1:])
        assert (low, best, high, qualifier) == {
            "=": (number, number, number, "exact"),
            ">": (number + 1, None, None, "more_than"),
            "~": (None, number, None, "approximately"),
        }[words[0]]


def test_daily_counts_of_sri_lankas_prisons(engine: Engine) -> None:
    report = load(engine, "lk-prisons", LANKA)
    assert report.rows == {"created": 28}
    assert rows(engine, "SELECT level, country FROM facility") == [("network", "LKA")]
    assert rows(engine, "SELECT count(DISTINCT as_of) FROM population") == [(28,)]


def test_the_register_of_english_prisons(engine: Engine) -> None:
    report = load(engine, "uk-prison-register", *UK)
    assert report.records["facilities"] == {"created": 153}
    assert {len(closed) for (closed,) in rows(engine, "SELECT closed FROM facility") if closed} == {4, 7, 10}
    schemes = {scheme for (scheme,) in rows(engine, "SELECT DISTINCT scheme FROM facility_identifier")}
    assert {"nomis"} <= schemes


# --- the large ones ----------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.nightly
def test_events_of_organised_violence_in_syria(engine: Engine) -> None:
    report = load(engine, "ucdp-ged", GED / "ged_syria.csv.gz", again=False)
    assert report.rows.total() == 16_566
    assert report.rejected == 0
    whole = "FROM figure WHERE actor IS NULL AND CAST(\"of\" AS text) = '[]'"
    total = f"SELECT count(*), sum(low), sum(best), sum(high) {whole}"
    assert rows(engine, total) == [(16_566, 104_929, 112_337, 119_020)]
    assert report.rules["bounds_out_of_order"] == 101
    spanning = "SELECT count(*) FROM incident WHERE started LIKE '%/%'"
    assert rows(engine, spanning) == [(1086,)]
    assert rows(engine, f"{spanning} AND ended IS NOT NULL") == [(0,)]
    of_2019 = f"{total} AND as_of >= '2019'"
    assert rows(engine, of_2019) == [(2044, 9_628, 10_060, 11_041)]
    civilians = "SELECT sum(best) FROM figure WHERE CAST(\"of\" AS text) = '[\"civilian\"]' AND as_of >= '2019'"
    assert rows(engine, civilians) == [(2255,)]
    assert rows(engine, f"{spanning} AND started >= '2019'") == [(150,)]
    assert rows(engine, "SELECT DISTINCT role FROM incident_party") == [("belligerent",)]


def test_events_that_mention_detention(engine: Engine) -> None:
    report = load(engine, "ucdp-ged", GED / "ged_syria_detention_keyword.csv")
    assert report.rows.total() == 91
    total = "SELECT count(*), sum(best) FROM figure WHERE actor IS NULL AND CAST(\"of\" AS text) = '[]'"
    assert rows(engine, total) == [(91, 2018)]


def summary(register: Served, query: str) -> list[dict[str, Any]]:
    """The rows of a sum of populations of Brazil."""
    found: list[dict[str, Any]] = register.get(f"/v1/populations/summary?country=BRA&{query}")["rows"]
    return found


def held(register: Served, day: str) -> tuple[int | None, int | None, int | None, int | None, int]:
    """People held on a day: all, men, women, provisional, and at how many sites."""
    (whole,) = summary(register, f"as_of={day}")
    sexes = {row["sex"]: row for row in summary(register, f"as_of={day}&by=sex")}
    (provisional,) = summary(register, f"as_of={day}&legal_status=unsentenced")
    # Of some sites only some columns are published: the sum is at least that.
    assert (whole["low"], whole["high"]) == (whole["best"], None)
    return whole["best"], sexes["male"]["best"], sexes["female"]["best"], provisional["best"], whole["facilities"]


@pytest.mark.slow
def test_brazilian_prisons_of_two_rounds(engine: Engine, url: str) -> None:
    load(engine, "sisdepen-population", SISDEPEN / "population_2019-12_2020-06.csv", again=False)
    # Nothing that nobody said is stored.
    assert rows(engine, "SELECT count(*) FROM population WHERE basis = 'derived'") == [(0,)]
    with served(url) as register:
        assert held(register, "2019-12-31") == (748_009, 711_080, 36_929, 222_558, 1_435)
        assert held(register, "2020-06-30") == (753_966, 716_967, 36_999, 223_424, 1_444)
        states = {row["admin1"]: row for row in summary(register, "as_of=2020-06-30&by=admin1")}
        found = [(states[name]["facilities"], states[name]["best"]) for name in ("São Paulo", "Ceará", "Acre")]
        assert found == [(188, 218_930), (32, 33_710), (15, 7_914)]
        status = {row["legal_status"]: row["best"] for row in summary(register, "as_of=2020-06-30&by=legal_status")}
        assert status["unsentenced"] == 223_424
        assert sum(status.values()) == 753_966
        both = summary(register, "as_of=2020-06-30&by=sex,legal_status")
        assert sum(row["best"] for row in both) == 753_966
        # Who is in the round of December and not in that of June is stale, and not counted.
        (whole,) = summary(register, "as_of=2020-06-30")
        (gone,) = rows(
            engine,
            "SELECT count(*) FROM (SELECT facility FROM population WHERE low IS NOT NULL GROUP BY facility "
            "HAVING max(as_of) = '2019-12-31') AS gone",
        )
        assert whole["stale"] == gone[0] > 0


@pytest.mark.nightly
@pytest.mark.slow
def test_eleven_rounds_of_brazilian_prisons(tmp_path: Path) -> None:
    """All three tables in one register: the facilities are the same, whichever came first.

    They take minutes, so one engine reads them; two of their rounds are read by both.
    """
    url = Databases("sqlite", tmp_path).empty()
    engine = write_engine(url)
    places = load(engine, "sisdepen-establishments", SISDEPEN / "establishments.csv.gz", again=False)
    assert places.rows.total() - places.rejected == 16_136
    found = rows(engine, "SELECT count(*) FROM facility")
    people = load(engine, "sisdepen-population", SISDEPEN / "population.csv.gz", again=False)
    assert (people.rows.total(), people.rejected) == (16_136, 0)
    with served(url, read_seconds=60) as register:
        assert held(register, "2014-12-31") == (579_787, 542_407, 37_380, 222_242, 1_412)
    ages = load(engine, "sisdepen-profile", SISDEPEN / "profile_age_race.csv.gz", again=False)
    assert (ages.rows.total(), ages.rejected) == (16_136, 0)
    assert rows(engine, "SELECT count(*) FROM facility") == found
    with served(url, read_seconds=60) as register:
        # Age, race and origin are of the same people: nothing of them is added to what the status says.
        assert held(register, "2019-12-31") == (748_009, 711_080, 36_929, 222_558, 1_435)
        assert held(register, "2020-06-30") == (753_966, 716_967, 36_999, 223_424, 1_444)
        totals = {day: summary(register, f"as_of={day}")[0] for day in ROUNDS}
    assert {day: row["best"] for day, row in totals.items()} == ROUNDS
    for day in ("2015-12-31", "2016-06-30"):
        assert (totals[day]["low"], totals[day]["high"], totals[day]["facilities"]) == (None, None, 0)
        assert totals[day]["reasons"]["not_published"] > 1_400
        assert totals[day]["reads_as"].endswith("no number of people held (not published)")
    assert capacity(engine) == published_capacity(SISDEPEN / "establishments.csv.gz")
    engine.dispose()


ROUNDS = {
    "2015-12-31": None,
    "2016-06-30": None,
    "2016-12-31": 702_385,
    "2017-06-30": 706_619,
    "2017-12-31": 704_576,
    "2018-06-30": 711_556,
    "2018-12-31": 725_332,
    "2019-06-30": 752_277,
    "2019-12-31": 748_009,
    "2020-06-30": 753_966,
}


def capacity(engine: Engine) -> dict[str, int]:
    answer = """
        SELECT as_of, sum(best) FROM population
        WHERE measure LIKE '%capacity%' AND basis <> 'derived' AND best IS NOT NULL GROUP BY as_of
    """
    return {day: int(total) for day, total in rows(engine, answer)}


def published_capacity(path: Path) -> dict[str, int]:
    """What the file's own columns add up to, by round."""
    months = {"junho": "-06-30", "dezembro": "-12-31", "unico": ""}
    totals: Counter[str] = Counter()
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            day = f"{row['id_ano_sisdepen']}{months[row['id_mes_sisdepen']]}"
            numbers = [int(row[name]) for name in columns_of(row) if row[name] not in {"", "NA"}]
            totals[day] += sum(numbers)
            if not numbers and not totals[day]:
                del totals[day]
    return dict(totals)


def columns_of(row: dict[str, str]) -> Sequence[str]:
    return [name for name in row if name.startswith("capacidade_")]
