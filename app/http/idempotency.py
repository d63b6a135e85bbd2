"""POSTs that may be sent twice: the first answer is stored under the name that the client gave the request."""

from datetime import timedelta

from sqlalchemy import Connection, delete, insert, select
from starlette.responses import Response

from app.database.clock import now
from app.database.server_tables import IDEMPOTENCY
from app.errors import BadInput, Fault
from app.writing.keys import Holder

RETENTION = timedelta(days=7)
"""How long the answer to a POST with an `Idempotency-Key` is stored; clients are promised 24 hours."""


def stored_answer(connection: Connection, holder: Holder, name: str, digest: str) -> Response | None:
    """The first answer to this request, if it was made before; raises when another was made under its name."""
    same = (IDEMPOTENCY.c.holder == holder.id, IDEMPOTENCY.c.key == name)
    row = connection.execute(select(IDEMPOTENCY).where(*same)).mappings().first()
    if row is None:
        return None
    if row["digest"] != digest:
        message = "this Idempotency-Key was used for another request; a new request takes a new one"
        raise BadInput.of([Fault(message, parameter="Idempotency-Key")])
    headers = row["headers"] | {"Idempotency-Replayed": "true"}
    return Response(row["body"], row["status"], headers, "application/json")


def store_answer(connection: Connection, holder: Holder, name: str, digest: str, answer: Response) -> None:
    """Store an answer under the name of its request, and delete those stored long enough."""
    connection.execute(delete(IDEMPOTENCY).where(IDEMPOTENCY.c.answered_at < now(-RETENTION)))
    names = ("etag", "location", "data-revision", "cache-control", "vary")
    headers = {header: answer.headers[header] for header in names if header in answer.headers}
    row = {"holder": holder.id, "key": name, "digest": digest, "answered_at": now(), "status": answer.status_code}
    body = bytes(answer.body).decode()
    connection.execute(insert(IDEMPOTENCY), row | {"headers": headers, "body": body})
