"""The log of revisions: the tree over them, the proof that one stands there, the proof that it only grew."""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Select, bindparam, func, select

from app.database.notes import Signer
from app.database.readers import Fetch
from app.database.types import NUMBER
from app.errors import BadInput, Fault, NotFound
from app.history.access import TIERS
from app.history.codes import Access
from app.history.tables import CHANGES, LEAVES, REVISIONS
from app.history.tree import (
    Frontier,
    Span,
    Stored,
    coded,
    consistency,
    entry,
    hashed,
    inclusion,
    leaf_hash,
    revisions_needed,
)
from app.reading.addresses import canonical, permalink
from app.reading.answer import Answer
from app.reading.parameters import parse_query
from app.reading.revisions import RevisionShown, revisions_by_number, shown_to
from app.reading.statements import key_values, moment_statement
from app.reading.view import View, answered_revision, check_revision, validator, view_at
from app.records.parameters import Query


class RevisionInLog(RevisionShown):
    """One committed write, with its leaf in the tree over all revisions and the proof that it stands there."""

    model_config = ConfigDict(title="RevisionInLog", extra="forbid")

    entry: Annotated[
        str,
        Field(
            description="What the leaf is the hash of: number, moment, and a digest of the content that does not tell "
            "what it is.",
            examples=['{"revision":1,"recorded_at":"2022-02-03T09:00:00.000000Z","content":"r0v...="}'],
        ),
    ]
    leaf: Annotated[str, Field(description="SHA-256 of a zero byte and the entry, in Base64.", examples=["r0v...="])]
    size: Annotated[int, Field(description="How many revisions the tree holds.", examples=[1])]
    root: Annotated[str, Field(description="The root of the tree (RFC 6962), in Base64.", examples=["r0v...="])]
    inclusion: Annotated[
        list[str],
        Field(
            description="The proof that leaf number `revision` - 1 stands in that tree: hashes from the leaf upwards, "
            "in Base64 (RFC 6962, 2.1.1).",
            examples=[[]],
        ),
    ]


class Consistency(BaseModel):
    """The proof that the log at one revision began as it stood at another."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    first: Annotated[int, Field(alias="from", description="The size of the smaller tree.", examples=[1])]
    to: Annotated[int, Field(description="The size of the larger one.", examples=[2])]
    from_root: Annotated[str, Field(description="The root of the smaller one, in Base64.", examples=["r0v...="])]
    to_root: Annotated[str, Field(description="The root of the larger one, in Base64.", examples=["r0v...="])]
    proof: Annotated[
        list[str], Field(description="The proof, hashes in Base64 (RFC 6962, 2.1.2).", examples=[["r0v...="]])
    ]


class ConsistencyQuery(BaseModel):
    """What a proof of consistency is asked for with."""

    model_config = ConfigDict(extra="forbid")

    first: Annotated[
        int, Field(alias="from", description="The revision at which the log was known.", ge=0, lt=2**63, examples=[1])
    ] = 0
    to: Annotated[
        int | None,
        Field(description="The revision at which it is known now; the newest without.", ge=0, lt=2**63, examples=[1]),
    ] = None


@lru_cache(maxsize=16)
def _leaves(many: int) -> Select[Any]:
    """What is kept of some revisions for the tree."""
    keys = [bindparam(f"key_{place}", type_=NUMBER) for place in range(many)]
    columns = LEAVES.c.revision, REVISIONS.c.recorded_at, LEAVES.c.seal, LEAVES.c.node
    return select(*columns).join(REVISIONS, REVISIONS.c.id == LEAVES.c.revision).where(LEAVES.c.revision.in_(keys))


@lru_cache(maxsize=4)
def _changed(tier: Access) -> Select[Any]:
    """How many records a revision changed that a tier may see."""
    number = bindparam("number", type_=NUMBER)
    return select(func.count()).select_from(CHANGES).where(CHANGES.c.revision == number, shown_to(tier))


class _Tree:
    """The tree as far as some of its subtrees need it."""

    def __init__(self, rows: Sequence[Sequence[Any]]) -> None:
        self._entries = {number: entry(number, at, seal) for number, at, seal, _ in rows}
        nodes = {number: b64decode(node) for number, _, _, node in rows}
        self._stored = {number: Stored(leaf_hash(self._entries[number]), node) for number, node in nodes.items()}

    def entry(self, revision: int) -> str:
        return self._entries[revision].decode()

    def hashes(self, *spans: Span) -> list[str]:
        return [coded(hashed(span, self._stored) if span[1] else Frontier().root) for span in spans]


async def _tree(fetch: Fetch, *spans: Span) -> _Tree:
    numbers = revisions_needed(spans)
    values = key_values(numbers) if numbers else {}
    return _Tree(await fetch(_leaves(len(values)), values) if values else ())


async def revision_in_log(view: View, path: str, query_string: bytes, key: str) -> Answer:
    """One revision, its leaf, and the proof that it stands in the log. Raises `NotFound` for one that shows nothing."""
    parameters, query = parse_query(Query, query_string)
    view = await view_at(view, query)
    async with view.reader.snapshot() as fetch:
        ((head, redacted),) = await fetch(moment_statement(), {})
        size = answered_revision(view.revision, head)
        number = int(key) if key.isascii() and key.isdigit() and len(key) < 19 else 0
        if not 1 <= number <= size:
            raise NotFound(f"There is no revision {key[:40]!r}; they are numbered from 1 to {size}.")
        ((changes,),) = await fetch(_changed(view.tier), {"number": number})
        if not changes and view.tier != TIERS[-1]:
            raise NotFound(f"Revision {number} changed nothing that is shown to you.")
        shown = (await revisions_by_number(fetch, [number]))[number]
        path_up = inclusion(number - 1, size)
        tree = await _tree(fetch, (number - 1, number), (0, size), *path_up)
    leaf, root, *proof = tree.hashes((number - 1, number), (0, size), *path_up)
    content: Mapping[str, Any] = shown | {"changes": changes, "entry": tree.entry(number), "leaf": leaf}
    body = orjson.dumps({**content, "size": size, "root": root, "inclusion": proof})
    return Answer(body, size, validator(size, size, redacted), permalink(path, parameters, size))


async def consistent(view: View, path: str, query_string: bytes) -> Answer:
    """The proof that the log at one revision began as it stood at another."""
    parameters, query = parse_query(ConsistencyQuery, query_string)
    async with view.reader.snapshot() as fetch:
        ((head, _),) = await fetch(moment_statement(), {})
        check_revision(query.to, head, parameter="to")
        old, new = query.first, head if query.to is None else query.to
        if old > new:
            raise BadInput.of([Fault(f"from is at most to, which is {new}", parameter="from")])
        spans = consistency(old, new)
        tree = await _tree(fetch, (0, old), (0, new), *spans)
    from_root, to_root, *proof = tree.hashes((0, old), (0, new), *spans)
    body = orjson.dumps({"from": old, "to": new, "from_root": from_root, "to_root": to_root, "proof": proof})
    return Answer(body, new, f"{new}", canonical(path, parameters, to=new))


async def checkpoint(view: View, path: str, query_string: bytes, signer: Signer | None, origin: str) -> Answer:
    """The log at one revision as a note: its origin, its size, its root; signed where there is a key."""
    parameters, query = parse_query(Query, query_string)
    view = await view_at(view, query)
    async with view.reader.snapshot() as fetch:
        ((head, _),) = await fetch(moment_statement(), {})
        size = answered_revision(view.revision, head)
        tree = await _tree(fetch, (0, size))
    (root,) = tree.hashes((0, size))
    text = f"{signer.name if signer else origin}\n{size}\n{root}\n"
    body = (signer.signed(text) if signer else text).encode()
    return Answer(body, size, f"{size}", permalink(path, parameters, size), media="text/plain; charset=utf-8")
