"""The read paths: what a request costs, beside an ordinary FastAPI route that sends the same bytes ready-made."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from fastapi import FastAPI
from starlette.responses import Response

from bench.data import Size, counted, countries, day, facility, kinds
from bench.load import Ask
from bench.ratios import SHARE, Comparison
from bench.stand import Stand, Turn, kilobytes, same

JSON = "application/json"
UNCHANGED = {"sqlite, kept": 1.5, "postgresql, kept": 1.5}


@dataclass(frozen=True)
class Read:
    """One path of the API, asked for many different records."""

    name: str
    about: str
    targets: Callable[[Size], list[str]]
    records: int | None
    """How many records each answer holds; none where it is a single one."""
    goals: Mapping[str, float]
    """The least share of the limit that is good enough, by engine, `kept` where answers are kept."""
    held: bool = False
    """Whether the client has the answer already, and says so."""

    def measure(self, stand: Stand) -> Iterator[Comparison]:
        """What it costs on each engine beside the limit, once all of them give the same bytes."""
        answers, etags = stand.answers(self.targets(stand.size), self.records)
        asks = [Ask(target, 200, len(body)) for target, body in answers.items()]
        ours = [Ask(target, 304, 0, etag) for target, etag in etags.items()] if self.held else asks
        with stand.limit(partial(limit, answers)) as limited:
            for target, body in answers.items():
                same(target, body, limited.ask(target)[1], "the limit")
            turns = {"limit": Turn(limited, asks)}
            costs = stand.measure(turns | {name: Turn(server, ours) for name, server in stand.servers.items()})
        for name in stand.servers:
            about, goal = f"{self.about}, {name}", self.goals.get(name)
            yield Comparison(about, SHARE, goal, costs[name], costs["limit"], kilobytes(answers))


def limit(answers: Mapping[str, bytes]) -> FastAPI:
    """An application that sends ready bytes; its routes declare the parameters of their URLs, as routes do."""
    app = FastAPI(openapi_url=None)

    @app.get("/v1/facilities/{key}")
    async def facility(key: str) -> Response:
        return Response(answers[f"/v1/facilities/{key}"], media_type=JSON)

    @app.get("/v1/facilities")
    async def facilities(country: str, kind: str, limit: int) -> Response:
        return Response(answers[f"/v1/facilities?country={country}&kind={kind}&limit={limit}"], media_type=JSON)

    @app.get("/v1/incidents")
    async def incidents(country: str, to: str, limit: int) -> Response:
        return Response(answers[f"/v1/incidents?country={country}&to={to}&limit={limit}"], media_type=JSON)

    @app.get("/v1/populations")
    async def populations(facility: str, measure: str, limit: int) -> Response:
        body = answers[f"/v1/populations?facility={facility}&measure={measure}&limit={limit}"]
        return Response(body, media_type=JSON)

    return app


def _single(size: Size) -> list[str]:
    places = [(country, kind) for country in countries(size) for kind in kinds(size)]
    return [f"/v1/facilities/{facility(*place, n)}" for n in range(min(5, size.facilities)) for place in places]


def _page(size: Size) -> list[str]:
    places = [(country, kind) for country in countries(size) for kind in kinds(size)]
    return [f"/v1/facilities?country={country}&kind={kind}&limit=50" for country, kind in places]


def _nested(size: Size) -> list[str]:
    days = [day(number) for number in range(2000, 4000, 100)]
    return [f"/v1/incidents?country={country}&to={to}&limit=100" for country in countries(size) for to in days]


def _series(size: Size) -> list[str]:
    return [f"/v1/populations?facility={slug}&measure=held&limit=200" for slug in counted(size)]


READS = (
    Read("facility", "one facility, by its slug", _single, None, {"sqlite": 1.0, "postgresql": 0.65}),
    Read("facilities", "50 facilities of a country and kind", _page, 50, {"sqlite": 0.40, "postgresql": 0.25}),
    Read("incidents", "100 incidents with their figures", _nested, 100, {"sqlite": 0.40, "postgresql": 0.35}),
    Read("series", "200 populations of a facility", _series, 200, {"sqlite": 0.30, "postgresql": 0.20}),
    Read("unchanged", "those incidents, held already", _nested, 100, UNCHANGED, held=True),
)
