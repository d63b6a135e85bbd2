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
from fastapi import File, UploadFile
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema
from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.datastructures import UploadFile as Uploaded
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.database.server_tables import ImportState
from app.errors import BadInput, Busy, Fault, NoRight, NotFound, NotReady, TooLarge, TooSlow, UnsupportedMedia
from app.history.access import visible
from app.http.requests import NoParameters, query_of
from app.http.routing import Endpoint, PathKey
from app.http.writes import NO_STORE, writer_of
from app.imports.faults import Unreadable
from app.imports.jobs import FILES, MAPPING, found_job, new_job
from app.imports.mapped.loading import load_mapping, shipped
from app.imports.native.files import LINE_ENDINGS, YAML_ENDINGS, is_native
from app.imports.reports import RowFate
from app.imports.rules import ImportRule
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


class ImportQuery(BaseModel):
    """How files are imported."""

    model_config = ConfigDict(extra="forbid")

    mapping: Annotated[
        str | None,
        Field(
            description="The mapping of their columns: the name of a shipped one. Native files need none.",
            examples=["guantanamo"],
        ),
    ] = None
    dry_run: Annotated[bool, Field(description="Check everything, write nothing.", examples=[True])] = False
    filename: Annotated[
        str | None,
        Field(
            description="What the file in the body is called; without it, its media type says what it is.",
            pattern=r"^[\w() .-]{1,200}$",
            examples=["gitmo_camp.csv"],
        ),
    ] = None
    reason: Annotated[
        str | None,
        Field(description="Why; shown with the revisions.", max_length=2000, examples=["The counts of 2025."]),
    ] = None


class ReportLine(BaseModel):
    """A row to look at: where it stands, which rule it met, and what may be done about it."""

    file: Annotated[str, Field(description="The file.", examples=["gitmo_camp.csv"])]
    line: Annotated[int, Field(description="The line of the file on which the row begins.", examples=[12])]
    fate: Annotated[RowFate, Field(description="What was done with the row.", examples=["flagged"])]
    rule: Annotated[ImportRule, Field(description="The rule that applied.", examples=["unescaped_quote"])]
    told: Annotated[str, Field(description="What is wrong, in words.", examples=["a quote inside a quoted cell"])]
    column: Annotated[str | None, Field(description="The column.", examples=["quote"])]
    value: Annotated[str | None, Field(description="The text in that column.", examples=['they were "assessed"'])]
    hint: Annotated[
        str | None, Field(description="What can be done about it.", examples=['write "" for a quote inside quotes'])
    ]


class ImportReport(BaseModel):
    """What an import did."""

    dry_run: Annotated[bool, Field(description="Whether it was a trial that writes nothing.", examples=[False])]
    rows: Annotated[
        dict[RowFate, int],
        Field(description="The number of rows for each outcome.", examples=[{"created": 16, "flagged": 2}]),
    ]
    skipped: Annotated[int, Field(description="The number of rows that the mapping leaves out.", examples=[0])]
    records: Annotated[
        dict[str, dict[str, int]],
        Field(
            description="For each collection, the number of records that were created, updated or unchanged.",
            examples=[{"populations": {"created": 18}}],
        ),
    ]
    rules: Annotated[
        dict[ImportRule, int],
        Field(description="The number of lines for each rule.", examples=[{"unescaped_quote": 1}]),
    ]
    revisions: Annotated[
        list[int], Field(description="The numbers of the revisions that were made.", examples=[[2, 3]])
    ]
    seconds: Annotated[float, Field(description="How long it took, in seconds.", examples=[0.4])]
    lines: Annotated[
        list[ReportLine], Field(description="A line for each row to check, in the order of the files.", examples=[[]])
    ]
    omitted: Annotated[
        int, Field(description="The number of lines that were left out because there were too many.", examples=[0])
    ]


class Import(BaseModel):
    """An import that the server was asked for."""

    id: Annotated[str, Field(description="Its name, as in `/v1/imports/{id}`.", examples=["0c55b2f0a1d94e7c"])]
    state: Annotated[ImportState, Field(description="How it stands.", examples=["done"])]
    author: Annotated[str, Field(description="The label of the key that asked for it.", examples=["Desk A"])]
    reason: Annotated[str | None, Field(description="Why.", examples=["The counts of 2025."])]
    mapping: Annotated[str | None, Field(description="The mapping's name.", examples=["guantanamo"])]
    files: Annotated[list[str], Field(description="The files.", examples=[["gitmo_camp.csv"]])]
    dry_run: Annotated[bool, Field(description="Whether nothing is to be written.", examples=[False])]
    created_at: Annotated[
        str, Field(description="When it was asked for, UTC.", examples=["2026-11-22T12:00:00.000000Z"])
    ]
    updated_at: Annotated[
        str, Field(description="When it last gave a sign of life.", examples=["2026-11-22T12:00:01.000000Z"])
    ]
    bytes: Annotated[int, Field(description="How large its files are.", examples=[6120])]
    bytes_read: Annotated[int, Field(description="How much of them is done.", examples=[6120])]
    rows: Annotated[int, Field(description="How many rows are done.", examples=[18])]
    report: Annotated[
        ImportReport | None, Field(description="What became of the rows, when it has ended.", examples=[None])
    ]
    faults: Annotated[
        list[str],
        Field(description="Why it failed.", examples=[["counts.csv:1: 'facility' is not a column of the file"]]),
    ]


class Sent(BaseModel):
    """Files to import, and what maps them."""

    file: Annotated[
        list[UploadFile], File(description="The files, several under this one name.", examples=[["counts.csv"]])
    ]
    mapping: Annotated[
        UploadFile | SkipJsonSchema[None],
        File(description="A mapping of their columns, as YAML.", examples=["counts.yaml"]),
    ] = None


async def create_import(request: Request) -> Response:
    """`POST /v1/imports`."""
    holder = writer_of(request)
    query = query_of(request, ImportQuery)[1]
    if missing := await request.app.state.readiness():
        raise NotReady(missing)
    folder = Path(await to_thread(mkdtemp, prefix="detention-import-"))
    try:
        (folder / FILES).mkdir()
        media = request.headers.get("content-type", "").split(";")[0].strip().lower()
        own = await (_store_form(request, folder) if media == MULTIPART else _store_body(request, folder, media, query))
        mapping = await to_thread(_check_mapping, folder, query.mapping, own)

        def add_job(connection: Connection) -> dict[str, Any]:
            return new_job(connection, holder, query.reason, mapping, folder, dry_run=query.dry_run)

        job = await request.app.state.writer.submit(add_job)
    except BaseException:
        await to_thread(shutil.rmtree, folder, ignore_errors=True)
        raise
    request.app.state.importer.start(job["id"], folder)
    return _job_response(job, 202)


async def get_import(request: Request) -> Response:
    """`GET /v1/imports/{id}`."""
    holder = writer_of(request)
    query_of(request, NoParameters)
    job = await found_job(request.app.state.reader, request.path_params["id"])
    if job is None or not visible(sight_of(job["scopes"]).tier, holder.tier):
        raise NotFound("There is no import of that id; they are kept for 30 days.")
    return _job_response(job, 200)


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
)
