"""The pages people read: `/` (what the register is), `/docs` (every route, ready to try) and `/errors`.

Plain HTML that loads this server's files and no other host's, under the strict policy of `app.http.middleware`: nothing
inline, no script but the documentation page's, every text escaped.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from app.catalogue.collections import NAMES
from app.errors import Problem
from app.http.openapi import document, text
from app.http.policies import PAGE_CSP

HERE: Final = Path(__file__).parent
LANDING_PAGE, QUESTIONS_PART, EMPTY_PART, ERRORS_PAGE, DOCS_PAGE = (
    Template((HERE / "templates" / f"{name}.html").read_text("utf-8"))
    for name in ("landing", "questions", "begin", "errors", "docs")
)
QUESTIONS: Final = (
    (
        "How many people were held in al-Sina prison when it was attacked, and who says so?",
        "/v1/facilities/al-sina-prison/populations?as_of=2022-01-20&include=sources",
    ),
    (
        "What happened there, who took part, and how firmly is that known?",
        "/v1/incidents/al-sina-prison-attack-2022",
    ),
    (
        "How many were killed, as each party counted them?",
        "/v1/figures?incident=al-sina-prison-attack-2022&measure=killed",
    ),
    (
        "Which claim about the attack did a source call misinformation?",
        "/v1/claims?incident=al-sina-prison-attack-2022&verdict=misinformation",
    ),
    (
        "How many people lived in al-Hol camp in the middle of August 2019?",
        "/v1/populations?facility=al-hol-camp&measure=held&as_of=2019-08-15",
    ),
)
QUESTION_RECORDS: Final = {
    "facilities": ("al-hol-camp", "al-sina-prison"),
    "incidents": ("al-sina-prison-attack-2022",),
}
"""The records that the questions name: a register without them does not show the questions."""


def add_pages(app: FastAPI, register: Callable[[Request], Awaitable[Mapping[str, Any]]]) -> None:
    """Serve `/`, `/docs`, `/errors`, `/openapi.json` and `/static/`; none of them stands in the OpenAPI document.

    `register` brings what an anonymous `GET /v1` answers, and as `shows_questions` whether the `QUESTION_RECORDS` are
    among its records.
    Create the application with `openapi_url=None`, so that FastAPI adds no pages of its own: those load scripts from
    another host.
    """

    async def root(request: Request) -> Response:
        return _html(landing_page(await register(request)))

    async def docs(_request: Request) -> Response:
        return _html(DOCS_PAGE.substitute().encode())

    async def errors(_request: Request) -> Response:
        return _html(errors_page(Problem.kinds))

    @cache
    def openapi_text() -> bytes:
        return text(document(app)).encode()

    async def openapi(_request: Request) -> Response:
        return Response(openapi_text(), headers={"Cache-Control": "no-cache"}, media_type="application/json")

    for path, page in {"/": root, "/docs": docs, "/errors": errors, "/openapi.json": openapi}.items():
        app.add_route(path, page, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")


def landing_page(register: Mapping[str, Any]) -> bytes:
    """The front page, from what `GET /v1` answers, and `shows_questions`.

    Used are `register` (its name), `revision`, `recorded_at` (RFC 3339, or null before the first record), `counts`
    (records per collection; an absent one shows as unknown) and `licence` (`name`, `url`).
    """
    page = LANDING_PAGE.substitute(
        name=escape(register["register"]),
        counts="".join(_count(collection, register["counts"].get(collection)) for collection in NAMES),
        recorded=_recorded(register["revision"], register["recorded_at"]),
        first=_first(register),
        licence=escape(register["licence"]["name"]),
        licence_url=escape(register["licence"]["url"]),
    )
    return page.encode()


def errors_page(kinds: Sequence[type[Problem]]) -> bytes:
    """The page that the `type` of every error points into: `/errors#not-found`."""
    entries = (
        f'<dt id="{escape(kind.slug)}"><code>{kind.status}</code> {escape(kind.title)}</dt>\n'
        f"<dd>{_prose(kind.explained)}</dd>"
        for kind in sorted(kinds, key=lambda kind: (kind.status, kind.slug))
    )
    return ERRORS_PAGE.substitute(errors="\n".join(entries)).encode()


def _html(page: bytes) -> Response:
    # Pages are small and rarely asked for: a browser that kept one would show an old revision.
    headers = {"Content-Security-Policy": PAGE_CSP, "Cache-Control": "no-cache"}
    return Response(page, headers=headers, media_type="text/html")


def _first(register: Mapping[str, Any]) -> str:
    """What to do first: ask of what is there, or fill a register that is empty."""
    if register["recorded_at"] is None:
        return EMPTY_PART.substitute()
    return (
        QUESTIONS_PART.substitute(questions="".join(_question(*one) for one in QUESTIONS))
        if register["shows_questions"]
        else ""
    )


def _count(collection: str, number: int | None) -> str:
    shown = "unknown" if number is None else f"{number:,}"
    return f'<li><a href="/v1/{collection}"><b>{shown}</b> {collection}</a></li>'


def _question(question: str, url: str) -> str:
    return f'<li><a href="{escape(url)}">{escape(question)}</a> <code>GET {escape(url)}</code></li>'


def _recorded(revision: int, recorded_at: str | None) -> str:
    if recorded_at is None:
        return "Nothing has been recorded yet."
    moment = datetime.fromisoformat(recorded_at)
    return (
        f'Revision {revision:,}, recorded <time datetime="{escape(recorded_at)}">{moment.day} {moment:%B %Y, %H:%M} UTC'
        "</time>. Every answer names its revision, and can be asked for again by that number."
    )


def _prose(sentence: str) -> str:
    """Escaped, with what stands between backticks as code."""
    pieces = escape(sentence).split("`")
    return "".join(f"<code>{piece}</code>" if turn % 2 else piece for turn, piece in enumerate(pieces))
