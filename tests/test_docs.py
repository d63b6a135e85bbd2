"""The documentation says what the software does: nothing is missing, no link is dead, every shown answer is real."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag

import pytest

from app.database.codes import VOCABULARIES
from app.database.settings import Settings
from app.errors import Problem
from app.http.application import create_app
from app.http.openapi import document
from app.http.resources import Resources
from app.imports.mapped.loading import shipped
from app.imports.readers import ENDINGS
from app.imports.reports import RowFate
from app.imports.rules import ImportRule
from app.reading.vocabularies import code_lists
from tests.conftest import Databases
from tests.support.terminal import BLOCK, Terminal, readings
from tools.docs import pages as documentation
from tools.docs.imports import PARTS_OF_MAPPINGS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
OF_TESTS = {"DETENTION_TEST_DATABASE_URL", "DETENTION_TEST_ENGINES"}
"""Settings that the tests take and the software does not."""
COMMANDS = dict(documentation.commands())


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def reference(page: str) -> str:
    return (DOCS / "reference" / page).read_text("utf-8")


def sections(page: str, heading: str) -> dict[str, str]:
    """The sections of a reference page whose heading begins so, by the rest of their heading."""
    found = re.findall(rf"^{heading}([^\n]+)\n(.*?)(?=^##|\Z)", reference(page), re.MULTILINE | re.DOTALL)
    return dict(found)


# --- what is generated -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return documentation.pages()


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return dict(document(create_app(Settings()))["paths"])


def test_the_generated_files_are_the_ones_committed(made: dict[str, str]) -> None:
    differing = [file for file, text in made.items() if (DOCS / file).read_text("utf-8") != text]
    assert differing == [], "`make docs` writes them anew"


def test_every_setting_is_documented() -> None:
    answer = reference("settings.md")
    assert [name for name in Settings.model_fields if f"| `DETENTION_{name.upper()}` |" not in answer] == []
    assert [name for name, info in Settings.model_fields.items() if not info.description] == []


def test_every_code_is_documented() -> None:
    answer = sections("code-lists.md", "## ")
    assert answer.keys() == code_lists().keys()
    codes = [(name, code, code.definition) for name, listed in VOCABULARIES.items() for code in listed]
    assert [code for name, code, meaning in codes if f"| `{code}` | {meaning} |" not in answer[name]] == []


def test_every_route_and_parameter_is_documented(described: dict[str, Any]) -> None:
    answer, shared = sections("routes.md", "### "), sections("routes.md", "## What every ")
    routes = {f"{method.upper()} {path}": route for path, item in described.items() for method, route in item.items()}
    assert answer.keys() == routes.keys()
    missing = []
    for name, route in routes.items():
        heirs = [answer[heir] for heir in re.findall(r"Takes what `(.+?)` takes", answer[name])]
        where = "".join([answer[name], *heirs, *shared.values()])
        missing += [
            f"{name}?{parameter['name']}"
            for parameter in route.get("parameters", [])
            if not re.search(rf"^\| `{parameter['name']}`", where, re.MULTILINE)
            or parameter["description"] not in where
        ]
    assert missing == []
    app, page = create_app(Settings()), reference("routes.md")
    beside = Resources(app, Settings(security_contact="mailto:a@b.example")).addresses
    served = {re.sub(r"^/(static|guide)/.*", r"/\1", path) for path in beside}
    assert {path for path in served if f"| `GET {path}` |" not in page} == set()


def test_every_error_is_documented() -> None:
    answer = reference("errors.md")
    assert [kind.slug for kind in Problem.kinds if f"| `/errors#{kind.slug}` | {kind.status} |" not in answer] == []


def test_every_command_and_option_is_documented() -> None:
    answer = sections("command-line.md", "## ")
    assert answer.keys() == COMMANDS.keys()
    for name, command in COMMANDS.items():
        assert command.help in answer[name]
        assert [each.help for each in command.params if each.help not in answer[name]] == []


def test_every_key_of_a_mapping_is_documented() -> None:
    answer = sections("mapping-keys.md", "## ")
    for part, called in PARTS_OF_MAPPINGS.items():
        for name, info in part.model_fields.items():
            assert info.description, f"{part.__name__}.{name} has no description"
            assert f"| `{info.alias or name}` |" in answer[called]
    assert [name for name in shipped() if f"| `{name}` |" not in answer["Shipped mappings"]] == []


def test_every_fate_and_rule_of_an_import_and_every_ending_is_documented() -> None:
    answer = sections("imports.md", "## ")
    assert [fate for fate in RowFate if f"| `{fate}` |" not in answer["What becomes of a row"]] == []
    assert [rule for rule in ImportRule if f"| `{rule}` |" not in answer["Rules"]] == []
    assert [ending for ending in ENDINGS if f"`{ending}`" not in answer["Files"]] == []
    assert [code for code in (0, 1, 2, 3) if f"{code} " not in answer["Exit codes"]] == []


# --- what is written by hand -------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """The fragments that a page's headings make, as hosting services make them."""
    headings = re.findall(r"^#+ (.*)$", BLOCK.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """The files that a page leads to, and the places in them."""
    for target in re.findall(r"\]\(([^)\s]+)\)", BLOCK.sub("", page.read_text("utf-8"))):
        if "://" not in target:
            file, place = urldefrag(target)
            yield ((page.parent / file).resolve() if file else page), place


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    dead = [
        f"{target}#{place}"
        for target, place in links(page)
        if not target.exists() or (place and place not in anchors(target))
    ]
    assert dead == []


def test_every_page_is_reached_from_the_first() -> None:
    seen: set[Path] = set()
    ahead = {ROOT / "README.md"}
    while ahead:
        seen |= ahead
        ahead = {target for page in ahead for target, _ in links(page) if target.suffix == ".md"} - seen
    assert set(PAGES) - seen == set()


SLOW = "docs/how-to/import-over-http.md"


@pytest.mark.parametrize(
    "reading",
    [
        pytest.param(reading, id=name, marks=[pytest.mark.slow] if name == SLOW else [])
        for reading in readings()
        if (name := named(reading[0]))
    ],
)
def test_shown_answers_are_the_real_ones(reading: list[Path], databases: Databases, tmp_path: Path) -> None:
    with ExitStack() as stack:
        terminal = Terminal(databases.with_reference(), tmp_path, stack)
        for page in reading:
            written = page.read_text("utf-8")
            assert terminal.shown(written) == written, "`make docs` writes them anew"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_what_is_named_exists(page: Path, described: dict[str, Any]) -> None:
    """No page tells of a command, a setting, a make target or a route that is not there."""
    text = page.read_text("utf-8")
    code = "\n".join([*(block["text"] for block in BLOCK.finditer(text)), *re.findall(r"`([^`\n]+)`", text)])
    settings = {f"DETENTION_{name.upper()}" for name in Settings.model_fields} | OF_TESTS
    assert set(re.findall(r"DETENTION_[A-Z_]*[A-Z]", text)) - settings == set()
    spoken = set(re.findall(r"(?:^|/)(detention(?: [a-z]+){1,2})", code, re.MULTILINE))
    known = [f"{words} " for words in COMMANDS]
    assert [
        words
        for words in spoken
        if not any(f"{words} ".startswith(one) or one.startswith(f"{words} ") for one in known)
    ] == []
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:^|\s)make ([a-z-]+)", code)) - targets == set()
    paths = [re.sub(r"\{\w+\}", "[^/]+", path) for path in described]
    query = {path.rstrip("/.") for path in re.findall(r"(?<![\w.])(/v1[\w/{}.-]*)", code)}
    assert [path for path in query if not any(re.fullmatch(known, path) for known in paths)] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_what_can_be_tried_is_tried(page: Path) -> None:
    """A request stands in a `console` block, which is run; elsewhere its answer could grow stale."""
    others = [block for block in BLOCK.finditer(page.read_text("utf-8")) if block["kind"] != "console"]
    assert [block["text"] for block in others if "curl" in block["text"]] == []
