"""Change the code whose faults would be silent, one character at a time, and see whether the tests notice.

    python -m tools.mutants [NAME ...]

runs mutmut (its settings stand in pyproject.toml) for `MUTANTS_SECONDS`, an hour by default, and continues where
the last run ended. NAME narrows it: `app.estimates.dates*`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

LEAST: Final = 0.85
"""The share of mutants that the tests have to notice."""
STATS: Final = Path("mutants/mutmut-cicd-stats.json")


def share(stats: dict[str, int]) -> tuple[int, int]:
    """How many of the mutants that were tried were noticed: a test failed, or the code no longer ended."""
    noticed = stats["killed"] + stats["timeout"] + stats["segfault"]
    return noticed, noticed + stats["survived"] + stats["no_tests"] + stats["suspicious"]


def main(names: list[str]) -> int:
    """Run, print the share, and fail where it is too small."""
    mutmut = [sys.executable, "-m", "mutmut"]
    seconds = float(os.environ.get("MUTANTS_SECONDS", "3600"))
    try:
        subprocess.run([*mutmut, "run", "--max-children", "2", *names], check=True, timeout=seconds)  # noqa: S603
    except subprocess.TimeoutExpired:
        print(f"Stopped after {seconds:g} s; the next run continues.")  # noqa: T201
    subprocess.run([*mutmut, "export-cicd-stats"], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    noticed, tried = share(json.loads(STATS.read_text("utf-8")))
    if not tried:
        print("No mutant was tried.")  # noqa: T201
        return 1
    print(f"{noticed} of {tried} mutants noticed: {noticed / tried:.1%}, at least {LEAST:.0%} wanted.")  # noqa: T201
    return int(noticed < LEAST * tried)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
