"""The contract of bytes: what the register answers to some hundred requests, and the way to record it anew.

`tests/recorded/*.ndjson` hold a request a line, in the order they are made, each with its answer: the status,
every
header, and the SHA-256 of the body. Code that is only moved about leaves every line as it is; where an answer is meant
to change, the difference of these files says which.

A line may say `key`, whose key it is sent with (see `KEYS`); `headers`; `body`, sent as JSON, `text`, sent as it
stands, or `files`; and `at`, the moment to which the clock is put before. `<etag>` and `<location>` stand for the
newest answer's header of that name, `<next>` and `<permalink>` for the target of its `Link`. A line with a `command`
runs that of the command line; its exit code is the status, what it prints the body. To add a request, write a line
without an answer and record.

    python -m tests.support.recording                  records every answer anew
    python -m tests.support.recording --bodies FOLDER  writes the bodies there instead, to be compared
"""

import json
import re
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, chdir, contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from importlib import import_module
from os import environ
from pathlib import Path
from pkgutil import walk_packages
from sys import modules
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any
from unittest.mock import patch

import httpx2
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result

import app
from app.cli.commands import main as detention
from app.database.settings import Settings, settings
from app.http.application import create_app
from tests.conftest import ENGINES, Databases
from tests.support.clusters import ADDRESS, running, server_programs

Line = dict[str, Any]

RECORDED = Path(__file__).parents[1] / "recorded"
BRAZIL = Path(__file__).parents[3] / "shared" / "data" / "brazil-sisdepen"
BEGIN = "2026-01-01T00:00:00Z"
KEYS = {
    "partner": ("read:partner",),
    "restricted": ("read:restricted",),
    "writer": ("write",),
    "admin": ("write", "admin", "read:restricted"),
}
ANSWER = ("status", "answer", "sha256")

# Types of bodies whose bytes differ from one answer to the next: their length and hash are left out.
UNSTABLE: frozenset[str] = frozenset()

# The form's version in an entity tag is another one with every field that is added.
FORM = re.compile(r"(?<=\.)[0-9a-f]{8}(?=\.)")

# An import runs in a process of its own, by the real clock and under a random id: these stand for what it says.
JOBS = "/v1/imports"
JOB = re.compile(r"\b[0-9a-f]{16}\b")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
SECONDS = re.compile(r'("seconds": ?)[\d.e-]+')
STANDING = ("queued", "running")


@dataclass(frozen=True)
class World:
    """A register to ask: its name, the files it is imported from, and the commands that import them."""

    name: str
    commands: Sequence[Sequence[str]]
    files: Path | None = None

    @property
    def path(self) -> Path:
        """Where its requests and answers are recorded."""
        return RECORDED / f"{self.name}.ndjson"

    @property
    def missing(self) -> bool:
        """Whether its files are not there."""
        return self.files is not None and not self.files.is_dir()


def _excerpt(name: str) -> Sequence[str]:
    return ("import", f"{name}_2019-12_2020-06.csv", "--mapping", f"sisdepen-{name.removesuffix('_age_race')}")


WORLDS = {
    world.name: world
    for world in (
        World("reference", [("import", "reference")]),
        World("brazil", [_excerpt(name) for name in ("establishments", "population", "profile_age_race")], BRAZIL),
    )
}
EVERY = 40
"""Of the rows of a large file only these are imported: the first, and every fortieth that follows."""


class Clock:
    """Stands where the application has `datetime`, and is that, but for the present moment, which stands still."""

    def __init__(self) -> None:
        self.put(BEGIN)

    def put(self, moment: str) -> None:
        """Let it be that moment."""
        self._moment = datetime.fromisoformat(moment)

    def now(self, zone: Any = None) -> datetime:
        """The moment it was put to."""
        return self._moment.astimezone(zone)

    def __call__(self, *parts: Any, **named: Any) -> datetime:
        return datetime(*parts, **named)  # noqa: DTZ001  (the caller names the zone)

    def __getattr__(self, name: str) -> Any:
        return getattr(datetime, name)

    def __instancecheck__(self, value: object) -> bool:
        return isinstance(value, datetime)


@contextmanager
def still() -> Iterator[Clock]:
    """Let every module of the application go by one clock, whichever modules there are."""
    clock = Clock()
    for found in walk_packages(app.__path__, "app."):
        import_module(found.name)
    with ExitStack() as stack:
        for module in [module for name, module in modules.items() if name.partition(".")[0] == "app"]:
            for name in [name for name, value in vars(module).items() if value is datetime]:
                stack.enter_context(patch.object(module, name, clock))
        yield clock


# --- asking ------------------------------------------------------------------------------------------------------


def requests(world: World) -> list[Line]:
    """What was recorded: requests with their answers."""
    return [json.loads(line) for line in world.path.read_text("utf-8").splitlines()]


def answers(world: World, url: str, lines: Sequence[Line]) -> Iterator[tuple[Line, bytes]]:
    """Each request with the answer it gets now, and that answer's body; `url` names an empty database."""
    with TemporaryDirectory() as name, still() as clock, ExitStack() as stack:
        folder, newest = Path(name), dict[str, str]()
        keys = _made(world, url, folder)
        served = TestClient(
            create_app(Settings(database_url=url)), raise_server_exceptions=False, follow_redirects=False
        )
        client = stack.enter_context(served)
        # Compressed bytes are those of a library: a line that wants them says so.
        client.headers["accept-encoding"] = "identity"
        for line in lines:
            if "at" in line:
                clock.put(line["at"])
            if "command" in line:
                ended = _run(url, folder, line["command"])
                printed = ended.stdout_bytes + ended.stderr_bytes
                yield _line(line, ended.exit_code, {}, printed), printed
            else:
                yield _answered(client, line, keys, newest)


def _made(world: World, url: str, folder: Path) -> dict[str, str]:
    """Fill the database as its users do, by the command line; the keys that were made."""
    for command in world.commands:
        if world.files is not None:
            with (world.files / command[1]).open("rb") as published:
                rows = list(published)
            (folder / command[1]).write_bytes(b"".join([rows[0], *rows[1::EVERY]]))
        ended = _run(url, folder, command)
        # 3 says that rows were rejected, as some of every published file are.
        assert ended.exit_code in {0, 3}, ended.output
    return {name: _key(url, folder, name, scopes) for name, scopes in KEYS.items()}


def _key(url: str, folder: Path, name: str, scopes: Sequence[str]) -> str:
    """A new key; its label is the author of what it writes, whose name would else be the random id of the key."""
    made = _run(url, folder, ["keys", "create", name, "--label", name, *(f"--scope={scope}" for scope in scopes)])
    return made.output.split()[-1]


def _run(url: str, folder: Path, words: Sequence[str]) -> Result:
    """A command of the register, as it ended."""
    with chdir(folder), patch.dict(environ, {"DETENTION_DATABASE_URL": url}):
        settings.cache_clear()
        ended = CliRunner().invoke(detention, words)
    settings.cache_clear()
    return ended


def _line(line: Line, status: int, headers: dict[str, str], body: bytes | None) -> Line:
    """A line with its answer; without a body where that has bytes of its own each time."""
    request = {name: value for name, value in line.items() if name not in ANSWER}
    return {
        **request,
        "status": status,
        "answer": headers,
        "sha256": None if body is None else sha256(body).hexdigest(),
    }


def _answered(client: TestClient, line: Line, keys: dict[str, str], newest: dict[str, str]) -> tuple[Line, bytes]:
    def real(text: str) -> str:
        return re.sub(r"<(\w+)>", lambda name: newest.get(name[1], name[0]), text)

    method, path = real(line["request"]).split(" ", 1)
    headers = {name: real(value) for name, value in line.get("headers", {}).items()}
    if "key" in line:
        headers["Authorization"] = f"Bearer {keys[line['key']]}"
    sent: dict[str, Any] = {}
    if "body" in line:
        sent["json"] = line["body"]
    if "text" in line:
        sent["content"] = line["text"]
    if "files" in line:
        sent["files"] = {part: tuple(file) for part, file in line["files"].items()}
    response = _ended(lambda: client.request(method, path, headers=headers, **sent))
    _remember(response, newest)
    steady, body = _steady(path, dict(response.headers), response.content)
    # An import that was taken may have begun already, or not: its first answer is not known by its bytes.
    stable = not _unstable(steady) and response.status_code != httpx2.codes.ACCEPTED
    return _line(line, response.status_code, steady, body if stable else None), body


def _unstable(headers: dict[str, str]) -> bool:
    return headers.get("content-type", "").partition(";")[0] in UNSTABLE


def _ended(ask: Callable[[], httpx2.Response]) -> httpx2.Response:
    """The answer; that of an import job when it has ended."""
    last = monotonic() + 60
    while True:
        response = ask()
        path, method = response.request.url.path, response.request.method
        waits = method == "GET" and path.startswith(JOBS) and response.is_success
        if not waits or response.json().get("state") not in STANDING:
            return response
        assert monotonic() < last, "the import does not end"
        sleep(0.05)


def _remember(response: httpx2.Response, newest: dict[str, str]) -> None:
    """Keep what later requests refer to."""
    newest |= {name: response.headers[name] for name in ("etag", "location") if name in response.headers}
    links = re.findall(r'<([^>]*)>; rel="(\w+)"', response.headers.get("link", ""))
    newest.update({name: target.removeprefix("http://testserver") for target, name in links})


def _steady(path: str, headers: dict[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
    """Headers and body without what differs each time."""
    headers.pop("x-request-id", None)
    if "etag" in headers:
        headers["etag"] = FORM.sub("form", headers["etag"])
    if "content-encoding" in headers or _unstable(headers):
        headers.pop("content-length", None)
    if not path.startswith(JOBS):
        return headers, body
    headers.pop("content-length", None)
    text = SECONDS.sub(r"\g<1>0", MOMENT.sub(BEGIN, JOB.sub("0" * 16, body.decode())))
    return {name: JOB.sub("0" * 16, value) for name, value in headers.items()}, text.encode()


# --- comparing and recording -------------------------------------------------------------------------------------


def differences(recorded: Line, answered: Line, body: bytes) -> list[str]:
    """What of an answer is not as recorded, in words."""
    was, now = recorded.get("answer", {}), answered["answer"]
    found = [
        f"{name}: {was.get(name)!r} -> {now.get(name)!r}" for name in {**was, **now} if was.get(name) != now.get(name)
    ]
    if recorded.get("status") != answered["status"]:
        found.insert(0, f"status: {recorded.get('status')} -> {answered['status']}")
    if recorded.get("sha256") != answered["sha256"]:
        found.append(f"the body is another one; now {len(body)} bytes: {body[:300]!r}")
    return found


def title(line: Line) -> str:
    """What a line asks for, in one line of text."""
    return line.get("request") or " ".join(line["command"])


def written(line: Line) -> str:
    """A line of the recording."""
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"


def file_name(number: int, line: Line) -> str:
    """Where the body of an answer is written to."""
    name = re.sub(r"[^\w.=-]+", "-", title(line))[:120]
    return f"{number:03}-{name}-{line.get('key', 'anybody')}"


def main() -> None:
    """Record anew, or write the bodies down."""
    options = ArgumentParser(prog="python -m tests.support.recording", description="Record the contract of bytes anew.")
    options.add_argument("--bodies", type=Path, metavar="FOLDER", help="write the bodies there and record nothing")
    options.add_argument("--engine", choices=ENGINES, default=ENGINES[0])
    chosen = options.parse_args()
    with ExitStack() as stack:
        if chosen.engine == "postgresql" and ADDRESS not in environ:
            environ[ADDRESS] = stack.enter_context(running(next(server_programs())))
        databases = Databases(chosen.engine, Path(stack.enter_context(TemporaryDirectory())))
        stack.callback(databases.drop)
        for world in (world for world in WORLDS.values() if not world.missing):
            answered = list(answers(world, databases.empty(), requests(world)))
            if chosen.bodies is None:
                world.path.write_text("".join(written(line) for line, _ in answered), "utf-8")
                continue
            folder = chosen.bodies / world.name
            folder.mkdir(parents=True, exist_ok=True)
            for number, (line, body) in enumerate(answered, 1):
                (folder / file_name(number, line)).write_bytes(body)


if __name__ == "__main__":
    main()
