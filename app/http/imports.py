"""HTTP of imports: `POST /v1/imports` takes files and answers with a job, `GET /v1/imports/{id}` shows it."""

import re
import shutil
from asyncio import to_thread
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Annotated, Any

import orjson
from fastapi import File
from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.datastructures import UploadFile as Uploaded
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.errors import BadInput, Busy, Fault, NoRight, NotFound, NotReady, TooLarge, TooSlow, UnsupportedMedia
from app.history.access import visible
from app.http.import_shapes import Import, ImportQuery, ReportedRows, RowsQuery, Sent
from app.http.requests import NoParameters, query_of
from app.http.routing import Endpoint, PathKey
from app.http.writes import NO_STORE, writer_of
from app.imports.faults import Unreadable
from app.imports.jobs import FILES, MAPPING, found_job, found_lines, new_job
from app.imports.mapped.loading import load_mapping, shipped
from app.imports.native.files import LINE_ENDINGS, YAML_ENDINGS, is_native
from app.writing.keys import sight_of

MEDIA_TYPES = {
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/x-ndjson": ".ndjson",
    "application/json": ".json",
    "application/geo+json": ".geojson",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/yaml": ".yaml",
}
"""What a body may be, and how a file of it is called."""
MULTIPART = "multipart/form-data"
FILE_BODY = (
    f"Files as `{MULTIPART}`; or one file as it is, with `filename`, whose ending says what it is. Its own media type "
    f"says that too: {', '.join(f'`{media}`' for media in MEDIA_TYPES)}."
)
MOST_FILES = 50


async def create_import(request: Request) -> Response:
    """`POST /v1/imports`."""
    holder = writer_of(request)
    query = query_of(request, ImportQuery)[1]
    if query.withdraw and not (query.reason or "").strip():
        raise BadInput.of([Fault("`withdraw` retracts records: say why", parameter="reason")])
    if missing := await request.app.state.readiness():
        raise NotReady(missing)
    folder = Path(await to_thread(mkdtemp, prefix="detention-import-"))
    try:
        (folder / FILES).mkdir()
        media = request.headers.get("content-type", "").split(";")[0].strip().lower()
        own = await (_store_form(request, folder) if media == MULTIPART else _store_body(request, folder, media, query))
        mapping = await to_thread(_check_mapping, folder, query.mapping, own)

        def add_job(connection: Connection) -> dict[str, Any]:
            options = {"overwrite": query.overwrite, "withdraw": query.withdraw, "every_row": query.every_row}
            return new_job(connection, holder, query.reason, mapping, folder, options, dry_run=query.dry_run)

        job = await request.app.state.writer.submit(add_job)
    except BaseException:
        await to_thread(shutil.rmtree, folder, ignore_errors=True)
        raise
    request.app.state.importer.start(job["id"], folder)
    return _job_response(job, 202)


async def get_import(request: Request) -> Response:
    """`GET /v1/imports/{id}`."""
    query_of(request, NoParameters)
    return _job_response(await _job(request), 200)


async def get_rows(request: Request) -> Response:
    """`GET /v1/imports/{id}/rows`."""
    query = query_of(request, RowsQuery)[1]
    job = await _job(request)
    if not job["every_row"]:
        raise NotFound("This import keeps no line for every row; ask for them with `every_row=true` when you send it.")
    found = await found_lines(request.app.state.reader, job["id"], query.after, query.limit + 1, query.fate)
    last = found[query.limit - 1][0] if len(found) > query.limit else None
    only = f"&fate={query.fate}" if query.fate else ""
    following = last and f"/v1/imports/{job['id']}/rows?after={last}&limit={query.limit}{only}"
    body = orjson.dumps({"data": [orjson.Fragment(line) for _, line in found[: query.limit]], "next": following})
    return Response(body, 200, NO_STORE, "application/json")


async def _job(request: Request) -> dict[str, Any]:
    """The import that a request is about; raises `NotFound`."""
    holder = writer_of(request)
    job = await found_job(request.app.state.reader, request.path_params["id"])
    if job is None or not visible(sight_of(job["scopes"]).tier, holder.tier):
        raise NotFound("There is no import of that id; they are kept for 30 days.")
    return job


def _job_response(job: dict[str, Any], status: int) -> Response:
    headers = NO_STORE | ({"Location": f"/v1/imports/{job['id']}"} if status == 202 else {})
    body = orjson.dumps({name: job[name] for name in Import.model_fields})
    return Response(body, status, headers, "application/json")


# --- the files of a request --------------------------------------------------------------------------------------


async def _store_body(request: Request, folder: Path, media: str, query: ImportQuery) -> None:
    if query.filename is None and media not in MEDIA_TYPES:
        types = ", ".join(MEDIA_TYPES)
        raise UnsupportedMedia(
            f"Send the file with its `Content-Type`, one of {types}; as `{MULTIPART}`; or name it with `filename`."
        )
    path = folder / FILES / _file_name(query.filename or f"body{MEDIA_TYPES[media]}")
    if not await _store(request.stream(), path):
        raise BadInput.of([Fault("the body is empty; send the file in it", pointer="")])


async def _store_form(request: Request, folder: Path) -> str | None:
    """Store the files of a form; returns the name of the mapping that came with them."""
    own: str | None = None
    async with _form(request) as form:
        for name, part in form.multi_items():
            if name not in {"file", "mapping"} or not isinstance(part, Uploaded):
                message = f"{name[:80]!r} is no file named `file` or `mapping`"
                raise BadInput.of([Fault(message, pointer=f"/{name[:80]}")])
            path = folder / (MAPPING if name == "mapping" else f"{FILES}/{_file_name(part.filename or '')}")
            if path.exists():
                raise BadInput.of([Fault(f"{path.name!r} was sent twice", pointer=f"/{name}")])
            await _store(_pieces(part), path)
            own = (part.filename or MAPPING)[:200] if name == "mapping" else own
    if not any((folder / FILES).iterdir()):
        raise BadInput.of([Fault("no file was sent; send it as `file`", pointer="/file")])
    return own


@asynccontextmanager
async def _form(request: Request) -> AsyncIterator[FormData]:
    try:
        form = await request.form(max_files=MOST_FILES, max_fields=1)
    except HTTPException:  # the parser's, in words of its own
        message = (
            f"the body is no `{MULTIPART}` that can be read: it takes the `boundary` that its Content-Type names, at "
            f"most {MOST_FILES} files, and in each part a `Content-Disposition` with `name` and `filename`"
        )
        raise BadInput.of([Fault(message, pointer="")]) from None
    try:
        yield form
    finally:
        await form.close()


async def _pieces(part: Uploaded) -> AsyncIterator[bytes]:
    while piece := await part.read(1 << 20):
        yield piece


async def _store(pieces: AsyncIterator[bytes], path: Path) -> int:
    size = 0
    with await to_thread(path.open, "wb") as file:
        async for piece in pieces:
            size += await to_thread(file.write, piece)
    return size


def _file_name(name: str) -> str:
    """A file's name without what leads out of the folder, its ending kept however long it is."""
    path = Path(re.sub(r"[^\w(). -]", "_", Path(name.replace("\\", "/")).name).lstrip("."))
    return (_cut(path.stem, 200) + _cut(path.suffix, 20)) or "unnamed"


def _cut(text: str, most: int) -> str:
    """Text of at most so many bytes, which is how file systems count."""
    return text.encode()[:most].decode(errors="ignore")


def _check_mapping(folder: Path, name: str | None, own: str | None) -> str | None:
    """The mapping's name, once the mapping is valid and the files are such as it, or no mapping, can read."""
    if name is not None and own is not None:
        raise BadInput.of([Fault("name a shipped mapping or send one, not both", parameter="mapping")])
    if name is None and own is None:
        if unmapped := sorted(path.name for path in (folder / FILES).iterdir() if not is_native(path)):
            endings, known = ", ".join(sorted(YAML_ENDINGS | LINE_ENDINGS)), ", ".join(shipped())
            message = f"{unmapped[0]!r} is no native file ({endings}): say which mapping reads it, {known}"
            raise BadInput.of([Fault(f"{message}, or send one as `mapping`", parameter="mapping")])
        return None
    try:
        load_mapping(folder / MAPPING if own is not None else _shipped_name(str(name)))
    except Unreadable as unreadable:
        faults = [fault.replace(f"{folder}/", "") for fault in unreadable.faults]
        raise BadInput.of([Fault(fault, parameter="mapping") for fault in faults]) from None
    return own or name


def _shipped_name(name: str) -> str:
    """A name that can only be a shipped mapping's: no file of the server is opened."""
    return re.sub(r"[./\\]", "-", name)


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/imports",
        handler=create_import,
        name="create_import",
        tag="imports",
        summary="Import files",
        about="Imports files: as the body, or as `multipart/form-data` together with a mapping of your own.\n\n"
        "The answer is a job, and `Location` leads to it: ask there for its progress and its report. The same files "
        "again change nothing.",
        query=ImportQuery,
        body=Annotated[Sent, File(media_type=MULTIPART)],
        file_body=FILE_BODY,
        most="max_import_bytes",
        needs_key=True,
        status=202,
        model=Import,
        problems=(BadInput, NoRight, TooLarge, UnsupportedMedia, Busy, NotReady),
    ),
    Endpoint(
        path="/v1/imports/{id}",
        handler=get_import,
        name="get_import",
        tag="imports",
        summary="How an import stands",
        about="How an import stands: its progress while it runs, its report when it has ended. Kept for 30 days.",
        key=PathKey("id", "The import's id.", "0c55b2f0a1d94e7c"),
        needs_key=True,
        model=Import,
        problems=(BadInput, NotFound, NoRight, TooSlow, NotReady),
    ),
    Endpoint(
        path="/v1/imports/{id}/rows",
        handler=get_rows,
        name="get_import_rows",
        tag="imports",
        summary="What became of every row",
        about="What became of every row of an import that was sent with `every_row=true`, in the order of its files, a "
        "page at a time: `next` leads on. Of an updated row it names the fields, from what and to what.",
        key=PathKey("id", "The import's id.", "0c55b2f0a1d94e7c"),
        query=RowsQuery,
        needs_key=True,
        model=ReportedRows,
        problems=(BadInput, NotFound, NoRight, TooSlow, NotReady),
    ),
)
