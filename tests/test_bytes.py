"""The contract of bytes: every recorded request is answered as it was, on both engines."""

import json
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from tests.conftest import Databases
from tests.support.recording import WORLDS, answers, differences, requests, title

OPENAPI = json.loads((Path(__file__).parents[1] / "docs" / "openapi.json").read_text("utf-8"))
HOW = "python -m tests.support.recording --bodies FOLDER, here and in the checkout before, gives bodies to compare"


@pytest.mark.parametrize("name", [pytest.param("reference", marks=pytest.mark.slow), "brazil"])
def test_answers_are_what_they_were(databases: Databases, name: str) -> None:
    world = WORLDS[name]
    if world.missing:
        pytest.skip("the public data sets are not beside the project")
    recorded = requests(world)
    report = []
    for number, (was, (now, body)) in enumerate(
        zip(recorded, answers(world, databases.empty(), recorded), strict=True), 1
    ):
        if found := differences(was, now, body):
            report.append("\n    ".join([f"{number}. {title(was)} as {was.get('key', 'anybody')}", *found]))
    if report:
        pytest.fail("\n".join([f"{len(report)} of {len(recorded)} answers differ", *report, HOW]), pytrace=False)


def recorded_requests() -> list[tuple[str, str, list[str]]]:
    """Method, path and names of the parameters of what is recorded of the reference event."""
    found = []
    for line in requests(WORLDS["reference"]):
        method, _, target = title(line).partition(" ")
        path, _, query = target.partition("?")
        found.append((method, path, [name for name, _ in parse_qsl(query, keep_blank_values=True)]))
    return found


def matches(template: str, path: str) -> bool:
    one, other = template.split("/"), path.split("/")
    return len(one) == len(other) and all(
        part == own or part.startswith("{") for part, own in zip(one, other, strict=True)
    )


def test_every_route_and_parameter_is_recorded() -> None:
    """A route, a filter or a parameter that is added is recorded with it."""
    every = recorded_requests()
    missing = []
    for template, operations in OPENAPI["paths"].items():
        for method, operation in operations.items():
            own = [
                names
                for verb, path, names in every
                if verb == method.upper() and (path == template if "{" not in template else matches(template, path))
            ]
            sent = {name for names in own for name in names}
            wanted = {each["name"] for each in operation.get("parameters", []) if each["in"] == "query"}
            missing += [f"{method} {template}"] * (not own)
            missing += [f"{method} {template}?{name}" for name in sorted(wanted - sent)]
    # Metrics differ each time they are asked for, and there is chance in the seals that the log is made of.
    log = {"get /v1/revisions/{number}", "get /v1/log/consistency", "get /v1/log/checkpoint"}
    assert {one.partition("?")[0] for one in missing} == log | {"get /metrics"}


def test_every_kind_of_answer_is_recorded() -> None:
    """Each status that the document names, but for those that take a broken or busy server, or more than it takes."""
    named = {
        int(status) for path in OPENAPI["paths"].values() for each in path.values() for status in each["responses"]
    }
    recorded = {line["status"] for line in requests(WORLDS["reference"])}
    assert named - recorded - {413, 414, 429, 431, 500, 503} == set()
