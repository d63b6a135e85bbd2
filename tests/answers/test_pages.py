"""The pages on derived answers: each number in their tables is in the answer to the request beside it."""

import re
from pathlib import Path

import pytest

from tests.conftest import Served

DOCS = Path(__file__).parents[2] / "docs"
TOLL = "/v1/incidents/al-sina-prison-attack-2022/toll"
LINE = re.compile(r"^\| `(?P<request>\?[^`]+)` \| `(?P<row>[^`]+)` \| (?P<numbers>.+) \|$", re.MULTILINE)


@pytest.mark.parametrize(
    ("page", "many"), [("explanation/how-to-read-these-numbers.md", 14), ("reference/rules.md", 4)]
)
def test_every_number_is_in_the_answer_beside_it(reference: Served, page: str, many: int) -> None:
    lines = list(LINE.finditer((DOCS / page).read_text("utf-8")))
    assert len(lines) == many
    for line in lines:
        rows = {row["key"]: row for row in reference.get(f"{TOLL}{line['request']}")["rows"]}
        row = rows[line["row"]]
        shown = ["-" if row[name] is None else str(row[name]) for name in ("low", "best", "high", "agreement")]
        assert shown == line["numbers"].split(" | "), line[0]
