"""What a fresh machine relies on: locks, make targets, the image's build, and that no file names where it was made."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
START_SECONDS = 180  # The first start installs the environment.
LOCKS = ["requirements.txt", "requirements-build.txt", "requirements-dev.txt"]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
GROUPS: dict[str, list[str]] = PROJECT["dependency-groups"] | {"run": PROJECT["project"]["dependencies"]}

# Written with a set of one letter each, so that this file does not name them either.
PLACES = re.compile(r"/wor[k]/|/far[m]/|/hom[e]/\w|pypi\.or[g]|pythonhoste[d]|registry\.npmj[s]|deb\.debia[n]")


def pins(lock: str) -> dict[str, Version]:
    """Each package of a lock with its one version."""
    requirements = map(Requirement, re.findall(r"^(\w.*?) *\\$", (ROOT / lock).read_text(), re.MULTILINE))
    return {each.name: Version(str(each.specifier).removeprefix("==")) for each in requirements}


def sources() -> list[Path]:
    """The files that are, or are about to be, under version control; relative to the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.decode().split("\0") if name and (ROOT / (path := Path(name))).is_file()]


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions in order, each with its whole argument."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in lines if line]


def stages() -> list[list[tuple[str, str]]]:
    starts = [at for at, (name, _) in enumerate(instructions()) if name == "FROM"]
    return [instructions()[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_exact_versions_with_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    entries = [entry for entry in re.split(r"\n(?=\w)", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)) if entry]
    assert entries
    for entry in entries:
        assert re.fullmatch(r"[\w.-]+==[\w.]+( ; [^\\\n]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+\n?", entry), entry
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


@pytest.mark.parametrize(("group", "lock"), [*zip(["run", "build", "dev"], LOCKS, strict=True), ("build", LOCKS[2])])
def test_a_lock_holds_what_the_project_asks_for(group: str, lock: str) -> None:
    locked = pins(lock)
    unmet = [each for each in map(Requirement, GROUPS[group]) if locked[each.name.lower()] not in each.specifier]
    assert not unmet


def test_tests_run_against_the_versions_that_are_shipped() -> None:
    tested = pins(LOCKS[2])
    assert {**pins(LOCKS[0]), **pins(LOCKS[1])}.items() <= tested.items()
    assert all(
        Requirement(each).specifier.contains(tested["hatchling"]) for each in PROJECT["build-system"]["requires"]
    )


def test_the_changelog_begins_with_this_version() -> None:
    versions = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert versions[0] in {PROJECT["project"]["version"], "Unreleased"}


def test_make_help_lists_every_target() -> None:
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    declared = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert declared
    assert re.findall(r"^make (\S+) +\S", listed, re.MULTILINE) == declared[1].split()


def test_no_file_names_the_place_it_was_made_at() -> None:
    found = []
    for path in sources():
        if "swagger-ui" in path.parts:
            continue
        with contextlib.suppress(UnicodeDecodeError):
            lines = (ROOT / path).read_text().splitlines()
            found += [f"{path}:{at}: {line[:120]}" for at, line in enumerate(lines, 1) if PLACES.search(line)]
    assert not found


def test_the_image_runs_as_a_numbered_user_and_stops_on_sigterm() -> None:
    build, last = stages()
    assert {name for name, _ in build} == {"FROM", "WORKDIR", "COPY", "RUN"}
    settings = dict(last)
    assert settings["USER"] == "10001:10001"
    assert settings["STOPSIGNAL"] == "SIGTERM"
    assert settings["VOLUME"] == "/data"
    assert not re.search(r"\b(pip|apt-get|gcc)\b", settings["RUN"])
    assert json.loads(settings["CMD"])[0] == "detention"
    assert json.loads(settings["HEALTHCHECK"].partition("CMD ")[2]) == ["detention", "health"]


def test_the_image_is_built_from_what_dockerignore_lets_through() -> None:
    let_through = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    copied = [source for name, rest in stages()[0] if name == "COPY" for source in rest.split()[:-1]]
    assert sorted(copied) == sorted(let_through)
    assert all((ROOT / source).exists() for source in copied)


def _copy(names: list[Path], target: Path) -> None:
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name)


def _free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def _environment(path: str, **settings: str) -> dict[str, str]:
    """The caller's environment without its own settings: what is tried here must not reach a real register."""
    stored = {
        name: value for name, value in os.environ.items() if not name.startswith(("DETENTION_", "MAKE", "MFLAGS"))
    }
    return stored | {"PATH": path} | settings


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


@contextlib.contextmanager
def _serving(command: list[str], folder: Path, environment: dict[str, str]) -> Iterator[float]:
    """A server while the block runs, stopped by SIGTERM; gives the seconds until it was ready."""
    began = time.monotonic()
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as server:
        try:
            while not _ready(environment["DETENTION_PORT"]):
                if server.poll() is not None or time.monotonic() - began > START_SECONDS:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(server.pid, signal.SIGKILL)
                    pytest.fail(f"{command} did not serve: {server.communicate()[0]}")
                time.sleep(0.05)
            yield time.monotonic() - began
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGTERM)
            server.communicate(timeout=20)


def _ready(port: str) -> bool:
    with (
        contextlib.suppress(URLError, ConnectionError, TimeoutError),
        urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer,
    ):
        return bool(answer.status == 200)
    return False


@pytest.mark.slow
def test_the_image_s_commands_build_serve_answer_and_stop(tmp_path: Path) -> None:
    build, last = stages()
    source = tmp_path / "src"
    roots = [Path(name) for kind, rest in build if kind == "COPY" for name in rest.split()[:-1]]
    _copy([path for path in sources() if any(path.is_relative_to(root) for root in roots)], source)
    environment = _environment(f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    for name, command in build:
        if name == "RUN":
            here = command.replace("/opt/", f"{tmp_path}/opt/")
            tried = subprocess.run(
                ["sh", "-ec", here], cwd=source, env=environment, capture_output=True, text=True, check=False
            )
            assert tried.returncode == 0, tried.stdout + tried.stderr

    programs = tmp_path / "opt" / "detention" / "bin"
    assert not list(programs.glob("pip*"))
    environment = _environment(
        f"{programs}:/usr/bin:/bin",
        DETENTION_DATABASE_URL=f"sqlite:///{tmp_path}/detention.db",
        DETENTION_PORT=_free_port(),
    )
    settings = dict(last)
    command = json.loads(settings["CMD"])
    health = json.loads(settings["HEALTHCHECK"].partition("CMD ")[2])
    empty = tmp_path / "data"
    empty.mkdir()
    assert _run(health, empty, environment).returncode == 1
    with _serving(command, empty, environment):
        assert _run(health, empty, environment).returncode == 0
    assert not _ready(environment["DETENTION_PORT"])


@pytest.mark.slow
def test_make_run_serves_from_a_fresh_clone_and_starts_at_once_the_second_time(tmp_path: Path) -> None:
    _copy(sources(), tmp_path)
    environment = _environment(os.environ["PATH"], DETENTION_PORT=_free_port())
    with _serving(["make", "run"], tmp_path, environment):
        pass
    with _serving(["make", "run"], tmp_path, environment) as seconds:
        assert seconds < 6  # Less than 3 on a machine that does nothing else.
