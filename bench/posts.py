"""Writing: one incident with three figures a request, durable when it is answered, beside a route that only checks.

The limit is an ordinary FastAPI route that checks the same body with the function that checks it here, and answers with
ready bytes: no key, no database.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from fastapi import FastAPI, Request
from starlette.responses import Response

from app.incidents.models import INCIDENTS
from app.writing.unfolding import new_entries
from bench.data import Size, countries, facility, kinds
from bench.load import NUMBER, Ask, Unexpected
from bench.ratios import RATE, Comparison
from bench.serving import Server
from bench.stand import Stand, Turn

TARGET = "/v1/incidents"
WORDS = {"killed": "at least 25", "escaped": "between 20 and 900", "injured": "roughly 40"}


@dataclass(frozen=True)
class Post:
    """The POST of an incident."""

    name: str
    about: str
    goals: Mapping[str, float]
    """The least share of the limit that is good enough, by engine."""

    def measure(self, stand: Stand) -> Iterator[Comparison]:
        """How many are written in a second on each engine; every one that was answered must be there afterwards."""
        bodies = _bodies(stand.size)
        for engine, server in stand.plain.items():
            status, answer, _ = server.ask(TARGET, bodies[0], Authorization=f"Bearer {stand.key}")
            if status != 201:
                raise Unexpected(f"POST {TARGET} answered {status}: {answer.decode()}")
            there = _held(server)
            with stand.limit(partial(limit, answer)) as limited:
                turns = {
                    "limit": Turn(limited, [Ask(TARGET, 201, len(answer), body=body) for body in bodies]),
                    engine: Turn(server, [Ask(TARGET, 201, None, body=body, key=stand.key) for body in bodies]),
                }
                costs = stand.measure(turns)
            written = sum(cost.answered for cost in costs[engine])
            if _held(server) != there + written:
                raise Unexpected(f"{written} incidents were answered for, and are not all there")
            durable = server.database is None or server.database.durable
            about = f"{self.about}, {engine}{'' if durable else ', not durable'}"
            yield Comparison(about, RATE, self.goals.get(engine), costs[engine], costs["limit"], len(answer) / 1000)


def limit(answer: bytes) -> FastAPI:
    """An application that checks what is posted, and writes nothing."""
    app = FastAPI(openapi_url=None)

    @app.post(TARGET)
    async def create(request: Request) -> Response:
        new_entries(INCIDENTS, [orjson.loads(await request.body())], lambda _: "")
        return Response(answer, 201, media_type="application/json")

    return app


def _held(server: Server) -> int:
    """How many incidents there are."""
    count: int = orjson.loads(server.ask(f"{TARGET}?limit=1&count=exact")[1])["count"]
    return count


def _bodies(size: Size) -> list[bytes]:
    """What is posted: one after another, each time under another title."""
    places = [(country, kind) for country in countries(size) for kind in kinds(size)]
    return [orjson.dumps(_body(size, number, *place)) for number, place in enumerate(places)]


def _body(size: Size, number: int, country: str, kind: str) -> dict[str, Any]:
    place = facility(country, kind, number % size.facilities)
    figures = [
        {"measure": measure, "of": ["detainee"], "as_of": "2022-01-20", "as_written": words, "basis": "reported"}
        for measure, words in WORDS.items()
    ]
    return {
        "title": f"Escape no. {NUMBER.decode()} from {place}",
        "kinds": ["escape"],
        "status": "ended",
        "started": "2022-01-20",
        "country": country,
        "admin1": "Province 1",
        "facilities": [{"facility": place}],
        "parties": [{"actor": "authority-00", "role": "operator", "standing": "reported"}],
        "summary": "What the bulletin tells of it, in the words of the register. " * 2,
        "sources": [f"bulletin-{number % size.sources:03}"],
        "figures": figures,
    }


POST = Post("post", "an incident with three figures", {"sqlite": 0.3, "postgresql": 0.3})
