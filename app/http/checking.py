"""A new record compared with those that stand, before it is written: `POST ...?check=true`."""

from typing import Annotated, Literal

import orjson
from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from app.answers.matching import likely_duplicates
from app.http.requests import present_view
from app.http.responses import json_response
from app.records.collection import Collection
from app.records.finding import Found
from app.records.shapes import MatchShown
from app.writing.validation import Entry

NO_STORE = {"Cache-Control": "no-store"}
MOST_DUPLICATES = 5
"""How many records a new one is likely to be are named."""


class CheckAsked(BaseModel):
    """What a `POST` of a record that is found by its names takes."""

    model_config = ConfigDict(extra="forbid")

    check: Annotated[
        bool,
        Field(
            description="`true` checks the record, names those that it is likely to be, and writes nothing.",
            examples=[False],
        ),
    ] = False


class Candidate(MatchShown):
    """A record that a name may be of."""

    id: int = Field(description="The record's number.", examples=[3])
    slug: str = Field(description="The record's slug.", examples=["al-sina-prison"])


class Checked(BaseModel):
    """The records that a new one is likely to be; nothing was written."""

    duplicates: list[Candidate] = Field(description="The records, the best first; none where it is like no other.")
    written: Literal[False] = Field(description="Never: a check writes nothing.", examples=[False])
    revision: int = Field(description="The revision that was searched.", examples=[1])


async def check_record(collection: Collection, entry: Entry, request: Request) -> Response:
    """The answer to `POST ...?check=true`."""
    record = {**entry.row, **entry.parts}
    revision, found = await likely_duplicates(present_view(request), collection, record, MOST_DUPLICATES)
    body = {"duplicates": list(map(candidate_of, found)), "written": False, "revision": revision}
    return json_response(200, orjson.dumps(body).decode(), headers_of(revision))


def candidate_of(found: Found) -> dict[str, object]:
    """A record that was found, as an answer shows it."""
    body = {"id": found.record_id, "slug": found.slug, "score": found.match.score}
    return body | {"field": found.match.name.field, "text": found.match.name.text}


def headers_of(revision: int) -> dict[str, str]:
    """The headers of an answer that nobody is to keep."""
    return {"Data-Revision": str(revision)} | NO_STORE
