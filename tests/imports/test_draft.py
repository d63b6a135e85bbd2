"""A draft is a mapping that runs once its source is filled in, or says what it could not tell."""

from pathlib import Path
from typing import Any

import pytest
from xlsxwriter import Workbook

from app.imports.mapped.draft import drafted
from app.imports.mapped.draft_words import kinds_of, time_in
from app.imports.mapped.loading import parse_mapping
from app.imports.mapped.plan import Source, planned
from app.imports.readers import read_rows

DATA = Path(__file__).parents[3] / "shared" / "data"


def filled(text: str) -> str:
    """A draft, nothing but its source filled in."""
    for left in ("TO DO, who published it", "TO DO, its title"):
        assert left in text
        text = text.replace(left, "x")
    return text


def run(path: Path) -> tuple[Source, list[dict[str, list[dict[str, Any]]]]]:
    """What the drafted mapping of a file makes of its rows; none may be rejected."""
    (source,) = planned([path], parse_mapping(filled(drafted(path))))
    made = []
    for row in read_rows(path, source.table.format):
        mapped = source.mapper.map(row)
        assert mapped is not None
        assert mapped.flaws == []
        made.append(
            {draft.name: [one.body for one in mapped.drafts if one.name == draft.name] for draft in mapped.drafts}
        )
    return source, made


def counts(row: dict[str, list[dict[str, Any]]]) -> list[tuple[Any, ...]]:
    answer = ("measure", "sex", "legal_status", "best")
    return [tuple(body.get(name) for name in answer) for body in row.get("counted", [])]


PLACES = {
    "es.csv": (
        ("Código;Establecimiento;Provincia;Fecha;Internos hombres;Internas mujeres;Capacidad;Latitud;Longitud\n"
         "28001;Centro Uno;Madrid;31/12/2023;412;18;500;40,41;-3,70\n"
         "28002;Centro Dos;Toledo;31/12/2023;98;7;120;39,86;-4,02\n"),
        "{Código}",
        [("held", "male", None, 412), ("held", "female", None, 18), ("capacity", None, None, 500)],
        "2023-12-31",
    ),
    "fr.csv": (
        ("Identifiant,Nom de l'établissement,Département,Date,Effectif,Prévenus,Condamnés,Capacité\n"
         "F1,Maison Nord,Nord,2024-01-01,412,96,316,400\nF2,Maison Sud,Var,2024-01-01,205,205,0,250\n"),
        "{Identifiant}",
        [("held", None, None, 412), ("held", None, "unsentenced", 96), ("held", None, "sentenced", 316),
         ("capacity", None, None, 400)],
        "2024-01-01",
    ),
    "de.csv": (
        ("Kennung;Anstalt;Bundesland;PLZ;Stichtag;Männer;Frauen;Haftplätze;Belegungsquote\n"
         "BY-1;JVA Nord;Bayern;80331;31.03.2024;412;18;500;86\nBY-2;JVA Süd;Bayern;86150;31.03.2024;98;7;120;87\n"),
        "{Kennung}",
        [("held", "male", None, 412), ("held", "female", None, 18), ("capacity", None, None, 500)],
        "2024-03-31",
    ),
    "ar.csv": (
        ("الرمز,اسم السجن,المحافظة,التاريخ,الرجال,النساء,السعة\nS1,سجن حلب,حلب,2024-01-31,412,18,500\n"
         "S2,سجن حمص,حمص,2024-01-31,98,7,120\n"),
        "{الرمز}",
        [("held", "male", None, 412), ("held", "female", None, 18), ("capacity", None, None, 500)],
        "2024-01-31",
    ),
    "it.csv": (
        ("Codice;Istituto;Regione;Data;Detenuti presenti;Donne;Capienza\nT1;Carcere Nord;Lazio;31/01/2024;412;18;400\n"
         "T2;Carcere Sud;Puglia;31/01/2024;98;7;90\n"),
        "{Codice}",
        [("held", None, None, 412), ("held", "female", None, 18), ("capacity", None, None, 400)],
        "2024-01-31",
    ),
    "pt.csv": (
        ("cod,nome do estabelecimento,uf,ano,mes,presos provisórios,presos condenados,vagas\n"
         "7,Presídio Norte,SP,2023,dezembro,96,316,400\n8,Presídio Sul,RJ,2023,junho,5,9,20\n"),
        "{cod}",
        [("held", None, "unsentenced", 96), ("held", None, "sentenced", 316), ("capacity", None, None, 400)],
        "2023-12",
    ),
    "titles.csv": (
        ('Ministry of Justice,,,\n"Prison population, by prison",,,\n,,,\nref,prison,day,held\n'
         "N1,Hill,2024-03-31,412\nN2,Lake,2024-03-31,205\n"),
        "{ref}",
        [("held", None, None, 412)],
        "2024-03-31",
    ),
    # The same code on several days is the code of the place, whatever else is unique.
    "days.csv": (
        "code,prison,day,held\nN1,Hill,2024-03-30,1\nN1,Hill,2024-03-31,2\nN2,Hill,2024-03-30,3\nN2,Hill,2024-03-31,4\n",
        "{code}",
        [("held", None, None, 1)],
        "2024-03-30",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
def test_a_draft_of_a_table_of_places_runs(tmp_path: Path, name: str) -> None:
    content, key, counted, day = PLACES[name]
    path = tmp_path / name
    path.write_text(content, "utf-8")
    source, made = run(path)
    assert [one.value for one in source.table.records["facility"].identity] == [key]
    assert counts(made[0]) == counted
    assert {body["as_of"] for body in made[0]["counted"]} == {day}
    if name == "es.csv":
        assert (made[0]["facility"][0]["latitude"], made[0]["facility"][0]["longitude"]) == ("40.41", "-3.70")


def test_a_draft_sees_the_months_that_are_columns(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text("code,prison,Enero 2024,Feb 2024,2024-03\nN1,Hill,1,2,3\nN2,Lake,4,5,6\n")
    _, made = run(path)
    found = [(body["as_of"], body["best"]) for body in made[1]["counted"]]
    assert found == [("2024-01", 4), ("2024-02", 5), ("2024-03", 6)]
    assert [time_in(name) for name in ("held_2024_01", "2024", "total 03/2024", "room 2024", "men 2019")] == [
        "2024-01", "2024", "2024-03", None, "2019",
    ]  # fmt: skip


EVENTS = {
    "es.csv": ("id,fecha,lugar,tipo de incidente,muertos,heridos\n7,2024-03-01,Norte,motín,2,>5\n",
               ["died", "injured"]),
    "de.csv": ("Nr.;Datum;Vorfall;Tote;Verletzte;Entwichene\n7;01.03.2024;Ausbruch;2;5;1\n",
               ["died", "injured", "escaped"]),
    "ar.csv": ("رقم,التاريخ,نوع الحادث,قتلى,جرحى\n7,2024-03-01,قصف,2,5\n", ["killed", "injured"]),
}  # fmt: skip


@pytest.mark.parametrize("name", EVENTS)
def test_a_draft_of_a_table_of_events_makes_incidents(tmp_path: Path, name: str) -> None:
    content, measures = EVENTS[name]
    path = tmp_path / name
    path.write_text(content, "utf-8")
    _, (row,) = run(path)
    assert [body["started"] for body in row["event"]] == ["2024-03-01"]
    assert len(row["event"][0]["kinds_as_written"]) == 1
    assert [body["measure"] for body in row["counted"]] == measures
    assert {body["incident"].name for body in row["counted"]} == {"event"}


def test_a19_what_is_missing_in_one_column_is_a_code_in_another(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("code,prison,iso2,held\n1,Hill,NA,412\n2,Lake,ZA,NA\n3,Port,NA,5\n")
    text = drafted(path)
    (table,) = parse_mapping(filled(text).replace("TO DO, the day, month or year the rows speak of", '"2024"')).tables
    assert table.missing == []
    (source,) = planned(
        [path], parse_mapping(filled(text).replace("TO DO, the day, month or year the rows speak of", '"2024"'))
    )
    rows = [source.mapper.map(row) for row in read_rows(path)]
    made = [
        [(draft.name, draft.body.get("country") or draft.body.get("best")) for draft in row.drafts[1:]]
        for row in rows
        if row
    ]
    assert made == [
        [("facility", "NAM"), ("counted", 412)], [("facility", "ZAF")], [("facility", "NAM"), ("counted", 5)],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "kind"),
    [("phone", "other"), ("latitude", "latitude"), ("Postcode", "other"), ("year", "year"), ("case_id", "key")],
)
def test_what_is_no_count_is_never_counted(tmp_path: Path, header: str, kind: str) -> None:
    assert kind in kinds_of(header)
    path = tmp_path / "n.csv"
    path.write_text(f"code,prison,day,held,{header}\nA,Hill,2024-01-01,5,2020\nB,Lake,2024-01-01,6,2021\n")
    source, _ = run(path)
    assert source.table.records["counted"].each == [{"column": "held", "measure": "held"}]


def test_a_draft_says_what_it_could_not_tell(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("prison,area\nHill,1\nHill,1\nLake,2\n")
    text = drafted(path)
    assert "identity: {scheme: my-list, value: TO DO, the columns that tell every place from every other}" in text
    path.write_text("day,beds of the wing,held,thing\n2024-01-01,5,4,77\n")
    text = drafted(path)
    assert "name: TO DO, the place that this is about, for no column has the names of places" in text
    assert "# Numbers of which it is not to be seen what they are" in text
    assert "#   thing" in text


def test_a_draft_of_a_workbook_finds_the_line_of_its_names(tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    with Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.merge_range("A1:D1", "Prisons of the North")
        for place, cells in enumerate((["code", "prison", "day", "men"], ["N1", "Hill", "2024-01-31", 5]), 2):
            sheet.write_row(place, 0, cells)
    source, made = run(path)
    assert source.table.header in {2, 3}
    assert counts(made[0]) == [("held", "male", None, 5)]


@pytest.mark.parametrize(
    ("file", "key", "left"),
    [
        ("ucdp-ged-syria-2016-2019/ged_syria_detention_keyword.csv", "{id}", []),
        ("ice-detention-deaths/ice_deaths_274_no_names.csv", "{record_no}", []),
        ("ice-detention-deaths/cbp_deaths_in_custody_no_names.csv", "{Case_Number}", []),
        ("guantanamo-population-cc0/gitmo_camp.csv", None, ["slug", "name"]),
        ("srilanka-prisons-daily/daily.jsonl", None, ["slug", "name"]),
        ("uk-prison-register-2017/lists__former-prisons__prisons.tsv", "{nomis}", []),
        ("uk-prison-register-2017/maps__nomis-code.tsv", "{nomis}", []),
    ],
)
def test_drafts_of_public_files_run_or_say_what_is_left(file: str, key: str | None, left: list[str]) -> None:
    path = DATA / file
    if not path.exists():
        pytest.skip("the public data are not here")
    text = filled(drafted(path))
    assert [line.split(":")[0].strip() for line in text.splitlines() if "TO DO" in line] == left
    for name in left:
        text = text.replace(f"{name}: TO DO", f"{name}: x")
    (source,) = planned([path], parse_mapping(text))
    made = [source.mapper.map(row) for row in read_rows(path)]
    assert all(row is not None and len(row.drafts) > 1 for row in made)
    if key is not None:
        record = source.table.records.get("event") or source.table.records["facility"]
        assert [one.value for one in record.identity] == [key]


def draft(folder: Path, content: str) -> str:
    path = folder / "counts.csv"
    path.write_text(content, "utf-8")
    return drafted(path)


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        (["149,852", "24,741"], "decimal: '.'  #"),
        (["1.234", "24.741"], "decimal: ','  #"),
        (["1,234,567", "12"], None),
        (["1,234,567", "1,234"], "decimal: '.'  #"),
        (["0,125", "12"], "decimal: ','"),
        (["1.234", "12,5"], "decimal: ','  #"),
        (["1,234", "0,125"], "decimal: TO DO"),
        (["1,5", "2.5"], "# decimal: '.' or ','?"),
        (["12", "13"], None),
        (["12.5", "13"], None),
    ],
)
def test_a_draft_takes_no_thousands_for_fractions(tmp_path: Path, cells: list[str], line: str | None) -> None:
    table = "prison;inmates\n" + "".join(f"P{number};{cell}\n" for number, cell in enumerate(cells))
    found = next((one for one in draft(tmp_path, table).splitlines() if "decimal:" in one), None)
    assert (found or "").startswith(line or "")
    assert (found is None) is (line is None)


def test_a_draft_takes_neither_the_number_of_a_row_for_a_key_nor_everybody_for_those_held(tmp_path: Path) -> None:
    text = draft(tmp_path, "idx,prison,inmates,state_population,inhabitants\n0,A,5,4000,1\n1,B,6,5000,2\n")
    assert 'value: "{prison}"' in text
    assert "# idx numbers the rows, and is no key" in text
    assert [line.split('"')[1] for line in text.splitlines() if "- {column" in line] == ["inmates"]
    assert 'value: "{id}"' in draft(tmp_path, "id,prison,inmates\n1,A,5\n2,B,6\n")
    assert 'value: "{prison}"' in draft(tmp_path, "burglary,prison,inmates\n17,A,5\n4,B,6\n")


def test_a_draft_tells_apart_the_rows_of_each_group_of_an_area(tmp_path: Path) -> None:
    rows = [(state, sex, day) for state in "AB" for sex in ("Female", "Male", "Total") for day in ("2024", "2025")]
    table = "state,gender,wing,year,count\n" + "".join(f"{state},{sex},x,{day},7\n" for state, sex, day in rows)
    path = tmp_path / "areas.csv"
    path.write_text(table)
    _, made = run(path)
    assert made[0]["facility"][0]["level"] == "network"
    assert [row["counted"][0].get("sex") for row in made[:6:2]] == ["female", "male", None]
    # What says nothing of sex or law is a dimension of its own.
    path.write_text(table.replace("Female", "Sektion 1").replace("Male", "Sektion 2").replace("gender", "section"))
    _, made = run(path)
    assert [row["counted"][0]["dimensions"] for row in made[:6:2]] == [
        {"section": "sektion_1"},
        {"section": "sektion_2"},
        {"section": "total"},
    ]
    path.write_text("prison,inmates north,inmates south\nA,5,6\n")
    text = drafted(path).replace("TO DO, the day, month or year the rows speak of", '"2024"')
    path.with_suffix(".yaml").write_text(text)
    assert text.count("dimensions: {of_column: inmates_") == 2
