"""Somebody follows the tutorial: page after page, in a real shell, against a real server, on one register."""

import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Server, start_server, stop_server
from tests.support.terminal import ADDRESS, BLOCK, MOMENT, SHOWN_MOMENT, commands, tutorials

HIDING = re.compile(r"grep (?!-i '\^etag')|>\s*/dev/null|\|\| true")
"""What would keep an answer from the reader's eyes: of the headers alone, one may be picked."""


class Shell:
    """A shell that stays: what one command sets, a later one finds."""

    def __init__(self, folder: Path, server: Server) -> None:
        self._folder, self._server, self._mark = folder, server, secrets.token_hex(8)
        self._shell = subprocess.Popen(
            ["bash"],
            cwd=folder,
            env={"PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, command: str) -> str:
        """What a command prints, as a page shows it."""
        fields, printed = self._shell.stdin, self._shell.stdout
        assert fields is not None
        assert printed is not None
        fields.write(f"{command.replace(ADDRESS, self._server.url)}\nprintf '\\n%s\\n' {self._mark}\n")
        fields.flush()
        lines = list(iter(printed.readline, f"{self._mark}\n"))
        text = "".join(lines).removesuffix("\n").replace("\r\n", "\n").replace(self._server.url, ADDRESS)
        text = MOMENT.sub(SHOWN_MOMENT, text)
        return text if text.endswith("\n") or not text else f"{text}\n"

    def close(self) -> None:
        """End it."""
        self._shell.communicate()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory in which `.venv/bin/detention` is this environment's."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    return tmp_path


@pytest.fixture
def served(folder: Path) -> Iterator[Server]:
    """The register as `make run` starts it, in that directory."""
    # The commands of the page find it by the default address, which is relative to where they run.
    server = start_server(f"sqlite:///{folder}/detention.db", "--migrate", "--reference")
    yield server
    stop_server(server)


@pytest.mark.slow
def test_the_tutorial_shows_what_a_reader_sees(folder: Path, served: Server) -> None:
    tried = 0
    with closing(Shell(folder, served)) as shell:
        for page in tutorials():
            for block in BLOCK.finditer(page.read_text("utf-8")):
                if block["file"]:
                    (folder / block["file"]).write_text(block["text"], "utf-8")
                if block["kind"] == "console":
                    query = commands(block["text"])
                    seen = "".join(f"$ {command}\n{shell.run(command)}" for command in query)
                    assert seen == block["text"], page.name
                    tried += len(query)
    assert tried > 15


def test_the_tutorial_is_listed_whole_and_hides_nothing() -> None:
    listed = tutorials()
    assert sorted(listed) == sorted((listed[0].parent).glob("*.md"))
    hidden = [
        (page.name, command)
        for page in listed
        for block in BLOCK.finditer(page.read_text("utf-8"))
        if block["kind"] == "console"
        for command in commands(block["text"])
        if HIDING.search(command)
    ]
    assert hidden == []
