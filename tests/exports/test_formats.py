"""The formats as declarations: a further one is a file and a line, and all that speaks of formats knows it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from app.catalogue.collections import LISTINGS
from app.exports.formats import FORMATS, NAMES, OPTIONS, PAGED, formats_of, formats_of_register
from app.records.parameters import RecordQuery
from tests.conftest import Databases, start_server, stop_server

ROOT: Final = Path(__file__).parents[2]

OUTLINE: Final = '''\
"""Outline: a Markdown heading for each record."""

from collections.abc import Sequence

from app.catalogue.columns import Record, Sources
from app.exports.encoding import Encoder, Format, Output


class OutlineEncoder(Encoder):
    """The slug and the number of each record."""

    def __init__(self, output: Output) -> None:
        self._title = output.table.name

    def begin(self) -> bytes:
        return f"# {self._title}\\n".encode()

    def batch(self, docs: Sequence[bytes], records: Sequence[Record], sources: Sources) -> bytes:
        return "".join(f"## {record['slug']} ({record['id']})\\n" for record in records).encode()

    def end(self) -> bytes:
        return b"(end)\\n"


FORMAT = Format(
    "outline", "text/markdown", "md", "A heading a record.", OutlineEncoder, placed=True,
    refuses={"fields": "an outline is of slugs"},
)
'''


def test_a_module_is_called_as_its_format() -> None:
    assert {name: one.name for name, one in FORMATS.items()} == {name: name for name in NAMES}
    files = {file.stem for file in (ROOT / "app" / "exports" / "encoders").glob("*.py")} - {"__init__"}
    assert files == set(NAMES)


def test_one_format_comes_in_pages_and_leads() -> None:
    assert [one.name for one in FORMATS.values() if one.paged] == [NAMES[0]] == [PAGED.name]


def test_what_a_format_takes_or_refuses_is_a_parameter() -> None:
    assert RecordQuery.model_fields.keys() >= OPTIONS
    for one in FORMATS.values():
        assert RecordQuery.model_fields.keys() >= one.refuses.keys()


def test_places_are_for_collections_that_have_them() -> None:
    placed = {name for name, listing in LISTINGS.items() if "geojson" in formats_of(listing)}
    assert placed == {name for name, listing in LISTINGS.items() if listing.placed} == {"facilities", "incidents"}
    assert list(formats_of_register()) == ["native"]


class Outlined:
    """A register that has outlines too: served by a process, and asked by commands."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder, self.database = folder, database
        self.run("migrate")
        self.run("import", "reference")
        self.server = start_server(database, folder=folder)
        self.client = httpx2.Client(base_url=self.server.url, timeout=30)

    def run(self, *arguments: str, status: int = 0) -> str:
        """What a command prints that must end so."""
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments],
            cwd=self.folder,
            env=os.environ | {"DETENTION_DATABASE_URL": self.database},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def get(self, path: str, status: int = 200, **headers: str) -> httpx2.Response:
        answer = self.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        assert answer.status_code == status, answer.text
        return answer

    def close(self) -> None:
        self.client.close()
        stop_server(self.server)


@pytest.fixture(scope="module")
def outlined(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outlined]:
    """A copy of the application with one file and one line more, over a register of each engine."""
    folder = tmp_path_factory.mktemp("copy")
    for name in ("app", "migrations"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "app" / "exports" / "encoders" / "outline.py").write_text(OUTLINE)
    listed = folder / "app" / "exports" / "formats.py"
    line = '    "native",\n'
    assert listed.read_text().count(line) == 1
    listed.write_text(listed.read_text().replace(line, f'{line}    "outline",\n'))
    made = Outlined(folder, databases.bare())
    try:
        yield made
    finally:
        made.close()


def lines(outlined: Outlined) -> str:
    """What the outline of two facilities must be, from their JSON."""
    page = outlined.get("/v1/facilities?sort=slug&limit=2").json()["data"]
    return "".join(["# facilities\n", *(f"## {one['slug']} ({one['id']})\n" for one in page), "(end)\n"])


@pytest.mark.slow
def test_a_further_format_is_served(outlined: Outlined) -> None:
    path = "/v1/facilities?sort=slug&limit=2"
    answer = outlined.get(f"{path}&format=outline")
    assert answer.text == lines(outlined)
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="facilities.md"'
    assert answer.headers["etag"].endswith('.outline"')
    assert outlined.get(answer.links["permalink"]["url"]).text == answer.text
    assert outlined.get(path, accept="text/markdown").text == answer.text
    outlined.get(f"{path}&format=outline", 304, if_none_match=answer.headers["etag"])


@pytest.mark.slow
def test_a_further_format_is_one_of_a_record_too(outlined: Outlined) -> None:
    number = outlined.get("/v1/facilities/al-hol-camp").json()["id"]
    answer = outlined.get("/v1/facilities/al-hol-camp?format=outline")
    assert answer.text == f"# facilities\n## al-hol-camp ({number})\n(end)\n"


@pytest.mark.slow
def test_a_further_format_refuses_what_it_says(outlined: Outlined) -> None:
    def fault(query: str, collection: str = "facilities") -> Any:
        ((parameter, detail),) = [
            (one["parameter"], one["detail"]) for one in outlined.get(f"/v1/{collection}?{query}", 422).json()["errors"]
        ]
        return parameter, detail

    assert fault("format=outline&fields=slug") == ("fields", "an outline is of slugs")
    assert fault("format=outline&bom=true") == ("bom", "bom belongs to format=csv")
    assert fault("format=outline&count=exact")[1] == "count belongs to JSON; as outline the whole filtered set comes"
    named, detail = fault("format=outline", "figures")
    assert named == "format"
    assert "Allowed: bibtex, csl, csv, json, native, ndjson, parquet, ris, xlsx." in detail
    assert "text/markdown (format=outline)" in outlined.get("/v1/facilities", 406, accept="image/png").json()["detail"]


@pytest.mark.slow
def test_a_further_format_is_documented(outlined: Outlined) -> None:
    listed = outlined.get("/openapi.json").json()["paths"]["/v1/facilities"]["get"]
    (parameter,) = [one for one in listed["parameters"] if one["name"] == "format"]
    assert "`outline`: A heading a record." in parameter["description"]
    assert "outline" in str(parameter["schema"])
    assert "text/markdown" in listed["responses"]["200"]["content"]


@pytest.mark.slow
def test_a_further_format_is_exported(outlined: Outlined, tmp_path: Path) -> None:
    where = ("--where", "limit=2", "--where", "sort=slug")
    assert outlined.run("export", "facilities", "--format", "outline", *where) == lines(outlined)
    out = tmp_path / "places.md"
    outlined.run("export", "facilities", "--out", str(out), *where)
    assert out.read_text() == lines(outlined)
    refused = outlined.run("export", "facilities", "--format", "outlin", status=2)
    assert "outline" in refused


@pytest.mark.slow
def test_a14_a_comma_parts_values_on_the_command_line_too(outlined: Outlined) -> None:
    both = outlined.run("export", "facilities", "--format", "outline", "--where", "kind=improvised,camp")
    assert "## al-hol-camp" in both
    assert "## al-sina-prison-northern-wing" in both
    where = ("--where", "admin1=Nowhere%2C at all")
    refused = outlined.run("export", "facilities", "--format", "outline", *where, status=1)
    assert "no facility has the admin1 'Nowhere, at all'" in refused
