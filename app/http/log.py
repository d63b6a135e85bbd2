"""HTTP of the log: one revision with its proof, proofs of consistency, checkpoints."""

from functools import lru_cache

from fastapi import Request
from starlette.responses import Response

from app.database.notes import Signer
from app.database.settings import Settings
from app.errors import BadInput, NoSuchMoment, NotFound, NotReady, TooSlow
from app.http.requests import present_view, read
from app.http.responses import response_of
from app.http.routing import Endpoint, PathKey
from app.reading.log import Consistency, ConsistencyQuery, RevisionInLog, checkpoint, consistent, revision_in_log
from app.records.parameters import Query


async def get_revision(request: Request) -> Response:
    """`GET /v1/revisions/{number}`."""
    scope, number = request.scope, request.path_params["number"]
    answer = await revision_in_log(present_view(request), scope["path"], scope["query_string"], number)
    return response_of(request, answer)


async def get_consistency(request: Request) -> Response:
    """`GET /v1/log/consistency`."""
    return response_of(request, await read(request, consistent))


async def get_checkpoint(request: Request) -> Response:
    """`GET /v1/log/checkpoint`."""
    settings: Settings = request.app.state.settings
    signer, scope = _signer(settings.log_key), request.scope
    view, origin = present_view(request), settings.register_name
    return response_of(request, await checkpoint(view, scope["path"], scope["query_string"], signer, origin))


@lru_cache(maxsize=4)
def _signer(key: str | None) -> Signer | None:
    return Signer.read(key) if key else None


ENDPOINTS = (
    Endpoint(
        path="/v1/revisions/{number}",
        handler=get_revision,
        name="get_revision",
        tag="register",
        summary="Get one revision and the proof that it stands",
        about="One committed write, its leaf in the Merkle tree over all revisions (RFC 6962), and the proof that it "
        "stands there.",
        key=PathKey("number", "The revision's number.", "1"),
        query=Query,
        model=RevisionInLog,
        problems=(BadInput, NotFound, NoSuchMoment, TooSlow, NotReady),
    ),
    Endpoint(
        path="/v1/log/consistency",
        handler=get_consistency,
        name="get_consistency",
        tag="register",
        summary="Prove that the log only grew",
        about="The proof that the log at revision `to` begins with the log as it stood at revision `from`: nothing "
        "that was recorded was changed since.",
        query=ConsistencyQuery,
        model=Consistency,
        problems=(BadInput, NoSuchMoment, TooSlow, NotReady),
    ),
    Endpoint(
        path="/v1/log/checkpoint",
        handler=get_checkpoint,
        name="get_checkpoint",
        tag="register",
        summary="Get the log's checkpoint",
        about="The log's size and root as a signed note (Ed25519): keep it, and whoever changes the past later is "
        "found out. Without a signing key of the register it is not signed.",
        query=Query,
        model=None,
        media={"text/plain": {"schema": {"type": "string"}}},
        problems=(BadInput, NoSuchMoment, TooSlow, NotReady),
    ),
)
