"""`GET /metrics`: what a Prometheus server collects, in its text format. Outside the promise of identical answers."""

import os
from datetime import date
from functools import lru_cache
from time import monotonic
from typing import Any, Final, NamedTuple

from fastapi import Request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import REGISTRY, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import Select, bindparam, func, select, union_all
from starlette.responses import Response

from app.catalogue.collections import COLLECTIONS
from app.database.readers import Reader
from app.errors import BadInput, NotReady, Problem, TooSlow
from app.history.codes import Access
from app.http.requests import NoParameters, query_of
from app.http.routing import Endpoint
from app.reading.statements import head_statement

MOST_SOURCES: Final = 50
"""How many sources have an age, those with the newest figures first: each is a time series at whoever collects."""
AGES_SECONDS: Final = 300.0
"""How long the ages of sources are taken for still right: to find them every figure is looked at."""


class Ages(NamedTuple):
    """The newest day that figures of each source are about, and when that was looked up."""

    looked_up: float
    newest: dict[str, float]


@lru_cache
def _newest_statement() -> Select[Any]:
    """The newest day of each public source's public statements."""
    source = COLLECTIONS["sources"].rows
    dated = [c.rows for c in COLLECTIONS.values() if {"source", "as_of_end"} <= set(c.rows.c.keys())]
    statements = union_all(
        *(select(t.c.source, t.c.as_of_end).where(t.c.access == Access.public.value) for t in dated)
    ).subquery()
    newest = func.max(statements.c.as_of_end)
    return (
        select(statements.c.source, newest)
        .join(source, source.c.slug == statements.c.source)
        .where(source.c.access == Access.public.value)
        .group_by(statements.c.source)
        .order_by(newest.desc(), statements.c.source)
        .limit(MOST_SOURCES)
    )


@lru_cache(maxsize=MOST_SOURCES + 1)
def _public_statement(number: int) -> Select[Any]:
    """Those of some sources that are public."""
    source = COLLECTIONS["sources"].rows
    keys = [bindparam(f"key_{place}", type_=source.c.slug.type) for place in range(number)]
    return select(source.c.slug).where(source.c.slug.in_(keys), source.c.access == Access.public.value)


async def get_metrics(request: Request) -> Response:
    """`GET /metrics`."""
    query_of(request, NoParameters)
    state = request.app.state
    reader: Reader = state.reader
    families = [_gauge("cache_bytes", "Memory of cached answers, in bytes.", state.answer_cache.size)]
    try:
        ((head,),) = await reader.fetch(head_statement(), {})
        ages = await _ages(request)
    except Exception as error:
        if isinstance(error, Problem) and not isinstance(error, NotReady):
            raise
        families.append(_gauge("ready", "1 where the database answers, else 0.", 0))
    else:
        families += [
            _gauge("ready", "1 where the database answers, else 0.", 1),
            _gauge("revision", "The register's newest revision.", head),
        ]
        family = GaugeMetricFamily(
            "detention_source_newest_timestamp_seconds",
            "The newest day that public figures of a source are about, as a Unix time.",
            labels=["source"],
        )
        for source, moment in ages.items():
            family.add_metric([source], moment)
        families.append(family)
    own = CollectorRegistry()
    own.register(_Ready(families))
    body = generate_latest(_of_processes()) + generate_latest(own)
    return Response(body, 200, {"Cache-Control": "no-store"}, CONTENT_TYPE_LATEST)


async def _ages(request: Request) -> dict[str, float]:
    """The newest day of each source that is public at this moment."""
    state = request.app.state
    ages: Ages | None = getattr(state, "ages", None)
    if ages is None or monotonic() - ages.looked_up > AGES_SECONDS:
        rows = await state.reader.fetch(_newest_statement(), {}, slow=True)
        ages = state.ages = Ages(monotonic(), {source: _moment(day) for source, day in rows if day is not None})
    keys = {f"key_{place}": slug for place, slug in enumerate(ages.newest)}
    public = {slug for (slug,) in await state.reader.fetch(_public_statement(len(keys)), keys)}
    return {source: moment for source, moment in ages.newest.items() if source in public}


def _moment(day: date | str) -> float:
    """The Unix time at which a day begins, UTC."""
    written = date.fromisoformat(day) if isinstance(day, str) else day
    return float((written - date(1970, 1, 1)).days * 86_400)


def _of_processes() -> Any:
    """The metrics of all server processes; of this one where there is no other."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    shared = CollectorRegistry()
    MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
    return shared


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(f"detention_{name}", about, value=value)


class _Ready(Collector):
    """Metrics whose values are known already."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        return self._families


ENDPOINTS = (
    Endpoint(
        path="/metrics",
        handler=get_metrics,
        name="get_metrics",
        tag="health",
        summary="Metrics of this server",
        about="Requests by route, method and status, with how long they took; the register's revision, memory of "
        "cached answers, and how new the public figures of the newest sources are, in Prometheus' text format.",
        query=NoParameters,
        model=None,
        media={"text/plain": {"schema": {"type": "string"}}},
        problems=(BadInput, TooSlow),
    ),
)
