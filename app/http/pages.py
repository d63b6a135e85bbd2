"""The pages that are no answer of the API: `/docs` (every route, ready to try) and `/errors`.

Plain HTML that loads this server's files and no other host's, under the strict policy of `app.http.middleware`: nothing
inline, no script but the documentation page's, every text escaped.
"""

from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from app.errors import Problem
from app.http.openapi import document, text
from app.http.policies import PAGE_CSP

HERE: Final = Path(__file__).parent
ERRORS_PAGE, DOCS_PAGE = (
    Template((HERE / "templates" / f"{name}.html").read_text("utf-8")) for name in ("errors", "docs")
)


def add_pages(app: FastAPI) -> None:
    """Serve `/docs`, `/errors`, `/openapi.json` and `/static/`; none of them stands in the OpenAPI document.

    Create the application with `openapi_url=None`, so that FastAPI adds no pages of its own: those load scripts from
    another host.
    """

    async def docs(_request: Request) -> Response:
        return _html(DOCS_PAGE.substitute().encode())

    async def errors(_request: Request) -> Response:
        return _html(errors_page(Problem.kinds))

    @cache
    def openapi_text() -> bytes:
        return text(document(app)).encode()

    async def openapi(_request: Request) -> Response:
        return Response(openapi_text(), headers={"Cache-Control": "no-cache"}, media_type="application/json")

    for path, page in {"/docs": docs, "/errors": errors, "/openapi.json": openapi}.items():
        app.add_route(path, page, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")


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


def _prose(sentence: str) -> str:
    """Escaped, with what stands between backticks as code."""
    pieces = escape(sentence).split("`")
    return "".join(f"<code>{piece}</code>" if turn % 2 else piece for turn, piece in enumerate(pieces))
