"""Read a register that holds the reference event with tools that people have, and say what came of it."""

import csv
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import polars as pl
import pyogrio
import rdflib
import requests

URL = sys.argv[1]
FIGURES, PLACES = f"{URL}/v1/figures?format={{}}&revision=1", f"{URL}/v1/facilities?format=geojson&revision=1"


def curl() -> bool:
    """A part of a file, and its length."""
    said = subprocess.run(["curl", "-sI", PLACES], capture_output=True, text=True, check=True).stdout.lower()
    part = subprocess.run(["curl", "-s", "-r", "0-39", PLACES], capture_output=True, check=True).stdout
    return "content-length: " in said and part.startswith(b'{"type":"FeatureCollection"') and len(part) == 40


def gdal() -> bool:
    """A layer where it is, by ranges."""
    there = pyogrio.read_info(f"/vsicurl/{PLACES}")
    _, _, shapes, (names,) = pyogrio.raw.read(f"/vsicurl/{PLACES}", columns=["name"])
    return there["features"] == 5 and "al-Hol camp" in names and sum(shape is not None for shape in shapes) == 2


def polars_parquet() -> bool:
    """Two columns of a table, by ranges: moments and days are what they are."""
    table = pl.scan_parquet(FIGURES.format("parquet")).select("id", "recorded_at", "as_of_end").collect()
    kinds = [table.schema[name] for name in ("recorded_at", "as_of_end")]
    return table.height == 53 and kinds == [pl.Datetime("us", "UTC"), pl.Date]


def polars_csv() -> bool:
    """A table as text."""
    return pl.read_csv(FIGURES.format("csv"), infer_schema_length=None).height == 53


def in_duckdb() -> bool:
    """A question in SQL to a file that was taken away; DuckDB reads addresses too, where it may load `httpfs`."""
    with TemporaryDirectory() as folder:
        files = {form: Path(folder) / f"figures.{form}" for form in ("parquet", "csv")}
        for form, file in files.items():
            file.write_bytes(requests.get(FIGURES.format(form), timeout=30).content)
        table = duckdb.read_parquet(str(files["parquet"]))
        (counted,) = table.filter("low >= 100").aggregate("count(*), max(recorded_at) < now()").fetchall()
        (as_text,) = duckdb.read_csv(str(files["csv"])).aggregate("count(*)").fetchall()
        with files["csv"].open(newline="", encoding="utf-8") as lines:
            large = sum(bool(row["low"]) and int(row["low"]) >= 100 for row in csv.DictReader(lines))
    return counted == (large, True) and as_text == (53,)


def in_requests() -> bool:
    """All pages of a list, by the header `Link`."""
    found, address = [], f"{URL}/v1/figures?limit=20"
    while address:
        page = requests.get(address, timeout=30)
        found += page.json()["data"]
        address = page.links.get("next", {}).get("url")
    return len({one["id"] for one in found}) == 53


def in_rdflib() -> bool:
    """The catalogue, as linked data."""
    graph = rdflib.Graph().parse(f"{URL}/v1/catalog.jsonld", format="json-ld")
    dcat = rdflib.Namespace("http://www.w3.org/ns/dcat#")
    datasets = set(graph.subjects(rdflib.RDF.type, dcat.Dataset))
    files = list(graph.objects(None, dcat.downloadURL))
    return len(datasets) == 7 and rdflib.URIRef(f"{URL}/v1/figures?format=csv&revision=1") in files


TOOLS: dict[str, Callable[[], bool]] = {
    "curl": curl,
    "GDAL": gdal,
    "polars, Parquet": polars_parquet,
    "polars, CSV": polars_csv,
    "DuckDB": in_duckdb,
    "requests": in_requests,
    "rdflib": in_rdflib,
}

for name, read in TOOLS.items():
    if name == "curl" and shutil.which("curl") is None:
        continue
    print(f"{name}: {'as documented' if read() else 'not as documented'}")
