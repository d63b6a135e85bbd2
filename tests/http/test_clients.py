"""Clients that others generate from the document this server publishes: made, and used against a real server."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.database.engines import write_engine
from app.writing.keys import KeyScope, create_key
from tests.conftest import Databases, start_server, stop_server

ROOT = Path(__file__).parents[2]
NOT_INSTALLED = 69
EVENT = "Attack on al-Sina prison"
"""What the script exits with where the registries of the generators cannot be reached."""


@pytest.mark.slow
def test_generated_clients_read_write_and_import(tmp_path: Path) -> None:
    url = Databases("sqlite", tmp_path).with_reference()
    server = start_server(url)
    engine = write_engine(url)
    key = create_key(engine, "a maker of clients", [KeyScope.write], None, None)
    engine.dispose()
    command = [str(ROOT / ".ci" / "generate-clients"), str(tmp_path / "clients"), server.url, key]
    try:
        ran = subprocess.run(
            command, env=os.environ | {"PYTHON": sys.executable}, capture_output=True, text=True, check=False
        )
    finally:
        stop_server(server)
    if ran.returncode == NOT_INSTALLED:
        pytest.skip(f"the generators of clients cannot be installed here: {ran.stderr[-400:]}")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    done = [line for line in ran.stdout.splitlines() if line.startswith(("python: ", "typescript: "))]
    assert done == [
        "python: listed with fields: al-Hol camp",
        "python: read: al-Hol camp",
        f"python: posted: {EVENT}, as of 30 January 2022: more than 450 people killed, according to Rudaw.",
        "python: imported a form: 2 rows",
        "python: imported a body: 1 rows",
        "python: checked the log: 8 revisions",
        "typescript: listed with fields: al-Hol camp",
        "typescript: read: al-Hol camp",
        f"typescript: posted: {EVENT}, as of 31 January 2022: more than 460 people killed, according to Rudaw.",
        "typescript: imported a form: 2 rows",
    ]
