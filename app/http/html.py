"""Addresses as pages: the HTML of what an address answers, for those who ask for it.

A page asks the API itself, through the endpoints and with the sight of the same reader, so it shows nothing that the
API does not. JSON stays what an address gives unless a client prefers HTML or writes `.html` behind the path.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

import mimeparse
import orjson
from fastapi import Request
from starlette.responses import Response
from starlette.types import Scope

from app.database.readers import Reader
from app.database.settings import Settings
from app.errors import BadInput, Fault, NotFound, unlisted
from app.http.cache import PINNED_QUERY, AnswerCache
from app.http.pages.asking import Answered, Asker, Page
from app.http.pages.feeds import as_atom, as_json_feed, list_feed, record_feed
from app.http.pages.listed import MOMENT, SEARCH, Found, Made, page_at
from app.http.pages.rendering import render, version
from app.http.policies import DATA_CSP, PAGE_CSP
from app.http.problems import MEDIA_TYPE as PROBLEM
from app.http.requests import origin_of
from app.http.responses import PRESENT_CACHE_CONTROL, BytesResponse, headers_of, unless_held
from app.http.routing import Endpoint
from app.reading.addresses import canonical, permalink
from app.reading.answer import Answer
from app.reading.statements import head_statement

ENDINGS: Final = {".html": "html", ".atom": "atom", ".feed.json": "feed"}
"""What stands behind an address that is wanted as a page or as a feed."""
SUFFIXES: Final = tuple(ENDINGS)
MEDIA: Final = "text/html"
MEDIA_OF: Final = {"html": "text/html; charset=utf-8", "atom": "application/atom+xml", "feed": "application/feed+json"}
FEEDS: Final = {"atom": as_atom, "feed": as_json_feed}
DATA: Final = ("text/csv", "application/x-ndjson", "application/geo+json", "application/json")
"""What other clients ask an address for; of media types that a client likes as well, HTML comes last."""
FRONT: Final = "/"
ALWAYS: Final = frozenset({FRONT, SEARCH})
"""Addresses that are pages and nothing else, whatever a client likes."""
Match = Callable[[str, str], tuple[Endpoint | None, list[str]]]


class Wanted(NamedTuple):
    """A page that a request wants."""

    found: Found
    path: str
    """The address of the answer, without `.html`."""
    form: str = "html"


class PageResponse(BytesResponse):
    """The response of a page: it brings its own policy."""


@lru_cache(maxsize=256)
def prefers_html(header: str) -> bool:
    """Whether an `Accept` header would rather have HTML than data."""
    try:
        best: str = mimeparse.best_match([MEDIA, *DATA], header.lower())
    except (mimeparse.MimeTypeParseException, ValueError):
        return False
    return best == MEDIA


def wanted_page(scope: Scope, headers: Mapping[bytes, bytes]) -> Wanted | None:
    """The page that a request wants; None for a request for data, or for an address that has no page."""
    path: str = scope["path"]
    # Each request for data comes by here: it costs one look at the end of its path and one at its `Accept`.
    ending = next(one for one in ENDINGS if path.endswith(one)) if path.endswith(SUFFIXES) else ""
    if not ending and path not in ALWAYS:
        accept = headers.get(b"accept", b"*/*")
        if accept == b"*/*" or b"text/html" not in accept.lower() or not prefers_html(accept[:4096].decode("latin-1")):
            return None
    path = path.removesuffix(ending)
    if (found := page_at(path)) is None:
        return None
    if not ending and path not in ALWAYS and not _names(scope) <= found.made.takes:
        # A link to data: it says what no page shows.
        return None
    return Wanted(found, path, ENDINGS[ending or ".html"])


def _names(scope: Scope) -> set[str]:
    """The names of a request's parameters."""
    return {name for name, _ in parse_qsl(scope["query_string"].decode("latin-1"))}


def as_shown(problem: Response, scope: Scope, headers: Mapping[bytes, bytes], register: str) -> Response:
    """A problem document, or for those at a browser a page: the same status, headers and words."""
    accept = headers.get(b"accept", b"")[:4096]
    if b"text/html" not in accept.lower() or not prefers_html(accept.decode("latin-1")):
        return problem
    if scope["method"] != "GET" or problem.media_type != PROBLEM:
        return problem
    _, *parts = scope["path"].split("/")
    around = {
        "problem": orjson.loads(problem.body),
        "list": parts[1] if len(parts) > 1 else "",
        "sought": parts[-1].removesuffix(".html").replace("-", " ") if len(parts) > 2 else "",
    }
    body = render(Page("error.html", around), {"register": register})
    own = {b"content-type", b"content-length"}
    shown = [
        *((name, value) for name, value in problem.raw_headers if name not in own),
        (b"content-type", MEDIA_OF["html"].encode()),
        (b"content-length", b"%d" % len(body)),
        (b"content-security-policy", PAGE_CSP.encode()),
        (b"vary", b"Accept"),
    ]
    return PageResponse(problem.status_code, body, shown)


class Pages:
    """Makes the pages that requests want, of what the endpoints answer."""

    def __init__(self, settings: Settings, match: Match) -> None:
        self._settings, self._match = settings, match

    async def answer(self, request: Request, wanted: Wanted) -> Response:
        """The response to a request for a page; a public one of the present is made once for each revision."""
        scope = request.scope
        cache: AnswerCache = scope["app"].state.answer_cache
        address = f"{origin_of(request)}{wanted.path}.{wanted.form}", scope["query_string"]
        cached = "holder" not in scope and not PINNED_QUERY.search(scope["query_string"])
        if cached and (entry := cache.get(address)) is not None:
            reader: Reader = request.app.state.reader
            ((head,),) = await reader.fetch(head_statement(), {})
            if entry.revision == head:
                return unless_held(request, entry.response)
        answer = await self._made(request, wanted)
        # A page of the past may still be shown otherwise by the next version of the software.
        headers = [
            (name, PRESENT_CACHE_CONTROL if value.endswith(b"immutable") else value)
            for name, value in headers_of(request, answer)
        ]
        headers.append((b"content-security-policy", (PAGE_CSP if wanted.form == "html" else DATA_CSP).encode()))
        headers += [(b"content-type", answer.media.encode()), (b"content-length", b"%d" % len(answer.body))]
        response = PageResponse(200, answer.body, headers)
        if cached:
            cache.put(address, answer.revision, response)
        return unless_held(request, response)

    async def _made(self, request: Request, wanted: Wanted) -> Answer:
        made, _, key = wanted.found
        parameters = _parameters(request, made)
        moment = {name: value for name, value in parameters.items() if name in MOMENT}
        asker = Asker(self._asking(request), moment)
        own = {name: value for name, value in parameters.items() if name not in MOMENT}
        if wanted.form == "html":
            page = await made.make(asker, key, own)
            body = render(page, self._around(wanted, parameters, asker.revision))
        else:
            body = await self._feed(wanted, asker, own, origin_of(request))
        link = self._around(wanted, parameters, asker.revision)["permalink"]
        digest = blake2b("\0".join((*asker.tags, version())).encode(), digest_size=9).hexdigest()
        return Answer(body, asker.revision, digest, link, media=MEDIA_OF[wanted.form], format=wanted.form)

    async def _feed(self, wanted: Wanted, asker: Asker, own: Mapping[str, Any], home: str) -> bytes:
        """The list or the record as a feed."""
        made, collection, key = wanted.found
        address = canonical(wanted.path, own)
        ending = next(ending for ending, form in ENDINGS.items() if form == wanted.form)
        feed = await (
            list_feed(asker, collection, own, address) if made.is_list else record_feed(asker, collection, key, address)
        )
        return FEEDS[wanted.form](feed, home, canonical(wanted.path + ending, own), self._settings.register_name)

    def _asking(self, request: Request) -> Any:
        scope = request.scope

        async def ask(path: str, query: str) -> Answered:
            endpoint, _ = self._match(path, "GET")
            if endpoint is None:
                raise NotFound("There is no such record.")
            inner = {
                **scope,
                "path": path,
                "raw_path": path.encode(),
                "query_string": query.encode("latin-1"),
                "path_params": {endpoint.key.name: path.split("/", 4)[3]} if endpoint.key else {},
                "headers_by_name": {
                    name: value
                    for name, value in scope["headers_by_name"].items()
                    if name in {b"authorization", b"host"}
                },
                "headers": [],
            }
            inner.pop("is_head", None)
            response = await endpoint.handler(Request(inner))
            found = dict(response.raw_headers)
            return Answered(orjson.loads(response.body), int(found[b"data-revision"]), found[b"etag"].decode())

        return ask

    def _around(self, wanted: Wanted, parameters: Mapping[str, Any], revision: int) -> dict[str, Any]:
        pinned = bool(MOMENT & parameters.keys())
        others = {name: value for name, value in parameters.items() if name not in MOMENT}
        return {
            "register": self._settings.register_name,
            "licence": {"name": self._settings.licence_name, "url": self._settings.licence_url},
            "here": wanted.found.collection,
            "address": wanted.path,
            "revision": revision,
            "pinned": pinned,
            "at": f"?revision={revision}" if pinned else "",
            "present": canonical(wanted.path, others),
            "permalink": permalink(wanted.path, others, revision),
            "feed": canonical(f"{wanted.path}.atom", others) if wanted.path not in ALWAYS else None,
            "json": self._json(wanted, others, revision),
        }

    @staticmethod
    def _json(wanted: Wanted, others: Mapping[str, Any], revision: int) -> str:
        """The address of what the page is about, as JSON."""
        if wanted.path in ALWAYS:
            return canonical("/v1", {}, revision=revision)
        filters = others if wanted.found.made.is_list else {}
        return canonical(wanted.path, filters, format="json", revision=revision)


def _parameters(request: Request, made: Made) -> dict[str, Any]:
    """The parameters of a page, those that stand more than once as lists; what a form left empty is not given.

    Raises `BadInput` for one that the page does not take.
    """
    allowed = sorted(made.takes)
    if faults := [
        Fault(unlisted("a parameter of this page", name, allowed), parameter=name)
        for name in sorted(_names(request.scope) - made.takes)
        if request.scope["path"] != FRONT
    ]:
        raise BadInput.of(faults)
    parameters: dict[str, Any] = {}
    for name, value in parse_qsl(request.scope["query_string"].decode("latin-1")):
        if name not in made.takes:
            continue
        parameters[name] = [*_several(parameters[name]), value] if name in parameters else value
    return parameters


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
