"""What the terminal of somebody who follows the documentation shows: its commands are run, its answers compared.

A fenced block of kind `console` holds commands, each after a `$`, and what they print. `curl` asks the register of the
page, `.venv/bin/detention` works on its database, `echo $?` tells its exit code. A block whose kind is followed by a
name is a file of that name. What differs each time (moments, durations, ids of imports) is shown as the same; an import
is asked for until it has ended. `python -m tests.support.terminal` writes the shown answers of every page anew.
"""

import json
import re
import shlex
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import ExitStack, chdir
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from app.cli.commands import main as detention
from app.database.settings import Settings, settings
from app.http.application import create_app
from tests.conftest import Databases

ADDRESS = "http://127.0.0.1:8000"
BLOCK = re.compile(r"^```(?P<kind>\w+)(?: (?P<file>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
SHOWN_MOMENT = "2026-11-22T12:00:00.000000Z"
"""Stands for the moment at which the reader's own register recorded something."""
SECONDS = re.compile(r'("seconds": ?)[\d.]+')
STANDING = ("queued", "running")


class Terminal:
    """A terminal in a directory of its own, over one database."""

    def __init__(self, database_url: str, folder: Path, stack: ExitStack) -> None:
        self._database_url, self._folder, self._stack = database_url, folder, stack
        self._register: TestClient | None = None
        self._kept: dict[str, str] = {}
        self._exit = 0
        self._jobs: dict[str, str] = {}
        """The ids of import jobs, by what is shown in their place."""

    def shown(self, page: str) -> str:
        """The page with what its commands really print."""
        return BLOCK.sub(self._block, page)

    def _block(self, block: re.Match[str]) -> str:
        if block["file"]:
            (self._folder / block["file"]).write_text(block["text"], "utf-8")
        if block["kind"] != "console":
            return block[0]
        printed = "".join(f"$ {command}\n{self.run(command)}" for command in commands(block["text"]))
        return f"```console\n{printed}```"

    def run(self, command: str) -> str:
        """What a command prints; `NAME=$(command)` keeps it for later commands instead."""
        if stored := re.fullmatch(r"(\w+)=\$\((.*)\)", command):
            self._kept[stored[1]] = self.run(stored[2]).strip()
            return ""
        if command == "echo $?":
            return f"{self._exit}\n"
        for shown, real in self._jobs.items():
            command = command.replace(shown, real)
        first, *filters = (self._words(part) for part in re.sub(r"\\\n *", "", command).split(" | "))
        printed = {"curl": self._curl, ".venv/bin/detention": self._detention}[first[0]](*first[1:])
        for words in filters:
            printed = FILTERS[words[0]](printed, *words[1:])
        printed = SECONDS.sub(r"\g<1>0.1", MOMENT.sub(SHOWN_MOMENT, printed.replace("\r\n", "\n")))
        for shown, real in self._jobs.items():
            printed = printed.replace(real, shown)
        return printed if printed.endswith("\n") or not printed else f"{printed}\n"

    def _words(self, command: str) -> list[str]:
        return [re.sub(r"\$([A-Z]+)", lambda name: self._kept[name[1]], word) for word in shlex.split(command)]

    def _curl(self, *words: str) -> str:
        options = ArgumentParser(exit_on_error=False)
        options.add_argument("-s", "--silent", action="store_true")
        options.add_argument("-i", "--include", action="store_true")
        options.add_argument("-X", "--request")
        options.add_argument("-H", "--header", action="append", default=[])
        options.add_argument("-d", "--data", "--data-binary")
        options.add_argument("-F", "--form", action="append", default=[])
        options.add_argument("url")
        fields = options.parse_args(words)
        assert fields.url.startswith(ADDRESS), f"{fields.url} is not asked of {ADDRESS}"
        if self._register is None:
            app = create_app(Settings(database_url=self._database_url))
            client = TestClient(app, base_url=ADDRESS, follow_redirects=False)
            self._register = self._stack.enter_context(client)
        headers = dict(line.split(": ", 1) for line in fields.header)
        body = (self._folder / fields.data[1:]).read_bytes() if (fields.data or "").startswith("@") else fields.data
        parts = (part.split("=@") for part in fields.form)
        files = [(name, (file, (self._folder / file).read_bytes())) for name, file in parts]
        method, path = fields.request or ("POST" if body or files else "GET"), fields.url.removeprefix(ADDRESS)
        answer = self._answered(method, path, headers=headers, **({"files": files} if files else {"content": body}))
        head = [f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}"]
        head += [f"{name}: {value}" for name, value in answer.headers.items()]
        return "\n".join([*head, "", answer.text]) if fields.include else answer.text

    def _answered(self, *query: str, **sent: Any) -> Any:
        """The register's answer; that of an import job when it has ended."""
        assert self._register is not None
        last = monotonic() + 60
        while True:
            answer = self._register.request(*query, **sent)
            if "/v1/imports" not in query[1] or not answer.is_success:
                return answer
            job = answer.json()
            if answer.status_code == 202:
                self._jobs[sha256(b"%d" % len(self._jobs)).hexdigest()[:16]] = job["id"]
            if answer.status_code == 202 or job["state"] not in STANDING:
                return answer
            assert monotonic() < last, "the import does not end"
            sleep(0.05)

    def _detention(self, *words: str) -> str:
        with pytest.MonkeyPatch.context() as patch, chdir(self._folder):
            patch.setenv("DETENTION_DATABASE_URL", self._database_url)
            settings.cache_clear()
            ended = CliRunner().invoke(detention, words)
        settings.cache_clear()
        self._exit = ended.exit_code
        return ended.output


def commands(text: str) -> list[str]:
    """The commands of a console block; one that ends in a backslash goes on."""
    return re.findall(r"^\$ ((?:.*\\\n)*.*)$", text, re.MULTILINE)


def _python(text: str, *words: str) -> str:
    assert words == ("-m", "json.tool"), f"python3 {shlex.join(words)} is not understood here"
    return json.dumps(json.loads(text), indent=4)


def _grep(text: str, option: str, pattern: str) -> str:
    assert option == "-i"
    either = pattern.replace(r"\|", "|")
    return "".join(f"{line}\n" for line in text.splitlines() if re.search(either, line, re.IGNORECASE))


def _tail(text: str, option: str, number: str) -> str:
    assert option == "-n"
    return "".join(f"{line}\n" for line in text.splitlines()[-int(number) :])


def _head(text: str, option: str, number: str) -> str:
    assert option == "-n"
    return "".join(f"{line}\n" for line in text.splitlines()[: int(number)])


def _tr(text: str, this: str, that: str) -> str:
    assert (this, that) == (",", r"\n")
    return text.replace(",", "\n")


FILTERS: dict[str, Callable[..., str]] = {"python3": _python, "grep": _grep, "tail": _tail, "head": _head, "tr": _tr}


def pages() -> list[Path]:
    """The pages that show commands and what they print."""
    root = Path(__file__).parents[2]
    every = [*sorted(root.glob("*.md")), *sorted((root / "docs").rglob("*.md"))]
    return [page for page in every if "```console" in page.read_text("utf-8")]


def tutorials() -> list[Path]:
    """The pages of the tutorial, in the order in which they are to be read: each goes on where the last one ended."""
    docs = Path(__file__).parents[2] / "docs"
    return [docs / name for name in re.findall(r"\((tutorial/[\w-]+\.md)\)", (docs / "README.md").read_text("utf-8"))]


def readings() -> list[list[Path]]:
    """The pages with commands, in lots that one reader follows on one register."""
    lesson = tutorials()
    return [lesson, *([page] for page in pages() if page not in lesson)]


def rewrite() -> None:
    """Write the shown answers of every page anew, from the embedded engine."""
    with TemporaryDirectory() as folder:
        databases = Databases("sqlite", Path(folder))
        for number, reading in enumerate(readings()):
            own = Path(folder) / f"reading-{number}"
            own.mkdir()
            with ExitStack() as stack:
                terminal = Terminal(databases.with_reference(), own, stack)
                for page in reading:
                    written = page.read_text("utf-8")
                    shown = terminal.shown(written)
                    if shown != written:
                        page.write_text(shown, "utf-8")


if __name__ == "__main__":
    rewrite()
