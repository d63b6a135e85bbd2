"""What is served beside the API and changes with the software only.

That is `/docs`, `/errors` and `/guide`, the OpenAPI document, the files that pages load, and what machines look for at
addresses of their own, such as `/robots.txt`. Each is made when it is first asked for, and kept. Pages are plain HTML
that loads this server's files and no other host's, under the strict policy of `app.http.policies`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import blake2b
from html import escape
from mimetypes import guess_type
from pathlib import Path
from string import Template
from typing import Final, NamedTuple

from fastapi import FastAPI
from starlette.requests import Request

from app.database.settings import Settings
from app.errors import Problem
from app.http.openapi import document, text
from app.http.pages.guide import guide_page, guide_pages
from app.http.policies import DATA_CSP, PAGE_CSP
from app.http.responses import BytesResponse, unless_held

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
HTML, TEXT, JSON = "text/html; charset=utf-8", "text/plain; charset=utf-8", "application/json"
FRESH: Final = "no-cache"
"""It is asked for again each time, and is not sent to who has it."""
MEDIA: Final = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
ERRORS_PAGE, DOCS_PAGE, ROBOTS, SECURITY, LLMS = (
    Template((HERE / "templates" / name).read_text("utf-8"))
    for name in ("errors.html", "docs.html", "robots.txt", "security.txt", "llms.txt")
)
NOT_PUBLISHED: Final = {"SHA256SUMS", "VERSION"}


class Made(NamedTuple):
    """What is served at an address."""

    media: str
    body: bytes


class PolicedResponse(BytesResponse):
    """A response that brings its own policy."""


class Resource:
    """One address: what is served there is made once."""

    def __init__(self, make: Callable[[], Made]) -> None:
        self._make = cache(make)
        self._sent: BytesResponse | None = None

    def response(self, request: Request) -> BytesResponse:
        """The response to a request for it."""
        if self._sent is None:
            made = self._make()
            policy = PAGE_CSP if made.media == HTML else DATA_CSP
            tag = f'"{blake2b(made.body, digest_size=9).hexdigest()}"'
            headers = {
                "etag": tag,
                "cache-control": FRESH,
                "vary": "Accept-Encoding",
                "content-security-policy": policy,
            }
            headers |= {"content-type": made.media, "content-length": str(len(made.body))}
            raw = [(name.encode(), value.encode()) for name, value in headers.items()]
            self._sent = PolicedResponse(200, made.body, raw)
        return unless_held(request, self._sent)


class Resources:
    """All of them, by address."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        def published() -> Made:
            return Made(JSON, text(document(app)).encode())

        makers: dict[str, Callable[[], Made]] = {
            "/docs": lambda: Made(HTML, DOCS_PAGE.substitute().encode()),
            "/errors": lambda: Made(HTML, errors_page(Problem.kinds)),
            "/openapi.json": published,
            "/robots.txt": lambda: Made(TEXT, ROBOTS.substitute().encode()),
            "/llms.txt": lambda: Made(TEXT, LLMS.substitute(name=settings.register_name).encode()),
            "/favicon.ico": lambda: _file(STATIC / "swagger-ui" / "favicon-32x32.png"),
        }
        if settings.security_contact is not None:
            contact = settings.security_contact
            makers["/.well-known/security.txt"] = lambda: _security(contact)
        makers |= {f"/static/{path.relative_to(STATIC).as_posix()}": _of(path) for path in static_files()}
        makers |= {address: _guide(address, settings.register_name) for address in guide_pages()}
        self._by_path: Mapping[str, Resource] = {path: Resource(make) for path, make in makers.items()}

    @property
    def addresses(self) -> frozenset[str]:
        """The addresses there are."""
        return frozenset(self._by_path)

    def find(self, path: str) -> Resource | None:
        """What is served at a path."""
        return self._by_path.get(path)


def _security(contact: str) -> Made:
    """Whom to tell of a weakness (RFC 9116), for a year from the start of the server on."""
    expires = (datetime.now(UTC) + timedelta(days=364)).strftime("%Y-%m-%dT00:00:00Z")
    return Made(TEXT, SECURITY.substitute(contact=contact, expires=expires).encode())


def _of(path: Path) -> Callable[[], Made]:
    return lambda: _file(path)


def _guide(address: str, register: str) -> Callable[[], Made]:
    return lambda: Made(HTML, guide_page(address, register))


def _file(path: Path) -> Made:
    media = MEDIA.get(path.suffix) or guess_type(path.name)[0] or "text/plain; charset=utf-8"
    return Made(media, path.read_bytes())


def static_files() -> list[Path]:
    """The files that pages load."""
    return sorted(path for path in STATIC.rglob("*") if path.is_file() and path.name not in NOT_PUBLISHED)


def errors_page(kinds: Sequence[type[Problem]]) -> bytes:
    """The page that the `type` of every error points into: `/errors#not-found`."""
    entries = (
        f'<dt id="{escape(kind.slug)}"><code>{kind.status}</code> {escape(kind.title)}</dt>\n'
        f"<dd>{_prose(kind.explained)}</dd>"
        for kind in sorted(kinds, key=lambda kind: (kind.status, kind.slug))
    )
    return ERRORS_PAGE.substitute(errors="\n".join(entries)).encode()


def _prose(sentence: str) -> str:
    """Escaped, with what stands between backticks as code."""
    pieces = escape(sentence).split("`")
    return "".join(f"<code>{piece}</code>" if turn % 2 else piece for turn, piece in enumerate(pieces))
