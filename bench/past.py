"""Reads of the past: what they cost beside the same reads of the present, where a fifth of the rows changed since."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import orjson

from bench.data import countries, facility, kinds
from bench.load import Ask
from bench.ratios import TIMES, Comparison
from bench.stand import Stand, Turn, kilobytes

MOST = 40
"""How many addresses are asked at the most."""
DEPTH = 0.9
"""How much of a list lies before its deep page."""


@dataclass(frozen=True)
class Past:
    """One path of the API, asked at four revisions, and at none: which is the present."""

    name: str
    about: str
    goal: float | None
    """The most times the present's cost that is good enough."""
    targets: Callable[[Stand, int | None], list[str]]

    def measure(self, stand: Stand) -> Iterator[Comparison]:
        """What the past costs on each engine, at each revision."""
        head: int = orjson.loads(stand.answers(["/v1/incidents?limit=1"])[0]["/v1/incidents?limit=1"])["revision"]
        moments = {"first": 1, "middle": max(1, head // 2), "one behind": max(1, head - 1), "head": head}
        asked = {moment: self.targets(stand, number)[:MOST] for moment, number in moments.items()}
        answers = {moment: stand.answers(targets)[0] for moment, targets in asked.items()}
        answers["present"] = stand.answers(self.targets(stand, None)[:MOST])[0]
        for engine, server in stand.plain.items():
            turns = {
                moment: Turn(server, [Ask(target, 200, len(body)) for target, body in answers[moment].items()])
                for moment in ("present", *moments)
            }
            costs = stand.measure(turns)
            for moment in moments:
                about = f"{self.about}, {engine}, {moment}"
                size = kilobytes(answers[moment])
                yield Comparison(about, TIMES, self.goal, costs[moment], costs["present"], size)


def _at(targets: Callable[[Stand], list[str]]) -> Callable[[Stand, int | None], list[str]]:
    """Addresses of the present, with the revision beside them."""

    def asked(stand: Stand, revision: int | None) -> list[str]:
        if revision is None:
            return targets(stand)
        return [f"{target}{'&' if '?' in target else '?'}revision={revision}" for target in targets(stand)]

    return asked


@_at
def _records(stand: Stand) -> list[str]:
    places = [(country, kind) for country in countries(stand.size) for kind in kinds(stand.size)]
    return [f"/v1/facilities/{facility(*place, 0)}" for place in places]


@_at
def _pages(stand: Stand) -> list[str]:
    places = [(country, kind) for country in countries(stand.size) for kind in kinds(stand.size)]
    return [f"/v1/facilities?country={country}&kind={kind}&limit=50" for country, kind in places]


def _deep(stand: Stand, revision: int | None) -> list[str]:
    """The pages after most of a list, by cursor; those of the present by the day they begin at, without one."""
    found = []
    for country in countries(stand.size):
        first = f"/v1/incidents?country={country}"
        page, day = first if revision is None else f"{first}&revision={revision}", ""
        for step in _steps(int(stand.size.incidents * DEPTH)):
            target = _sized(page, step)
            body = orjson.loads(stand.answers([target])[0][target])
            page, day = body["next"] or page, body["data"][-1]["started"]
        deep = f"{first}&to={day}" if revision is None else page
        deep = _sized(deep, 50)
        found.append(deep)
    return found


def _sized(target: str, limit: int) -> str:
    """The address with another size of page."""
    return re.sub("&limit=[0-9]+", "", target) + f"&limit={limit}"


def _steps(many: int) -> list[int]:
    """Sizes of pages that hold so many records together."""
    return [1000] * (many // 1000) + [many % 1000] * (many % 1000 > 0)


@_at
def _resting(stand: Stand) -> list[str]:
    return [f"/v1/facilities?source=bulletin-{number:03}&limit=50" for number in range(stand.size.sources)]


@_at
def _touching(stand: Stand) -> list[str]:
    places = [(country, kind) for country in countries(stand.size) for kind in kinds(stand.size)]
    return [f"/v1/incidents?facility={facility(*place, 1)}&limit=50" for place in places]


def _counted(targets: Callable[[Stand, int | None], list[str]]) -> Callable[[Stand, int | None], list[str]]:
    def asked(stand: Stand, revision: int | None) -> list[str]:
        return [f"{target}&count=exact" for target in targets(stand, revision)]

    return asked


PASTS = (
    Past("past-record", "one facility", 2.5, _records),
    Past("past-page", "50 facilities of a country and kind", 2.5, _pages),
    Past("past-deep", "50 incidents far down the list", 2.5, _deep),
    Past("past-link", "facilities by source", 4, _resting),
    Past("past-touch", "incidents by facility", 4, _touching),
    Past("past-count", "50 facilities of a country and kind, counted", None, _counted(_pages)),
    Past("past-count-link", "facilities by source, counted", None, _counted(_resting)),
)
