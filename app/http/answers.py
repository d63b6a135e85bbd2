"""The endpoints of derived answers, made from their declarations."""

import asyncio
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

import orjson
from fastapi import Request
from pydantic import Field, create_model
from starlette.responses import Response

from app.answers.declaration import AnswerQuery, DerivedAnswer
from app.answers.listed import ANSWERS
from app.answers.running import derive, json_answer
from app.catalogue.collections import LISTINGS, NOUNS
from app.errors import (
    BadInput,
    Gone,
    Hidden,
    Merged,
    NoSuchMoment,
    NotAcceptable,
    NotFound,
    NotReady,
    Problem,
    TooSlow,
)
from app.exports.encoding import Format, Output
from app.exports.formats import described, formats_of_answers
from app.http.cache import cached_response
from app.http.exports import file_headers, format_of
from app.http.requests import home_of_request, present_view, query_of, read
from app.http.responses import response_of
from app.http.routing import Endpoint, PathKey
from app.reading.addresses import permalink
from app.reading.answer import Answer

RULES = "/guide/reference/rules"
"""Where the rules are described that answers are worked out by."""


def answer_endpoints() -> Iterator[Endpoint]:
    """An endpoint for each derived answer."""
    for answer in ANSWERS:
        yield answer_endpoint(answer)


def answer_endpoint(answer: DerivedAnswer) -> Endpoint:
    """`GET` of one derived answer."""
    problems: tuple[type[Problem], ...] = (BadInput, NoSuchMoment, TooSlow, NotReady, NotAcceptable)
    key = None
    if answer.subject is not None:
        collection = NOUNS[answer.subject]
        example = LISTINGS[collection.name].example
        key = PathKey(answer.subject, f"The {answer.subject}'s slug or id.", example)
        problems = (*problems, NotFound, Hidden, Gone, *([Merged] if collection.mergeable else []))
    return Endpoint(
        path=answer.path,
        handler=partial(get_answer, answer),
        name=f"get_{answer.name}",
        tag="answers",
        summary=answer.summary,
        about=answer.about,
        key=key,
        query=answer_query(answer),
        model=answer.model,
        media=described(formats_of_answers()),
        problems=problems,
    )


async def get_answer(answer: DerivedAnswer, request: Request) -> Response:
    """`GET` of a derived answer: whole as JSON, its table in the other formats."""
    model, key = answer_query(answer), next(iter(request.path_params.values()), None)
    if not (output := format_of(request, formats_of_answers(), model)).paged:
        return await _table(answer, request, key, output)

    async def make() -> Answer:
        found = await read(request, partial(json_answer, answer, model=model, key=key))
        return found._replace(described=RULES)

    return await cached_response(request, make)


@cache
def answer_query(answer: DerivedAnswer) -> type[AnswerQuery]:
    """The query parameters of an answer, with the rules that it can be worked out by and the formats it comes in."""
    formats = formats_of_answers()
    about = " ".join(f"`{name}`: {one.about}" for name, one in formats.items())
    of_rule = "The rule to work it out by; without it the newest. An older one keeps giving what it gave."
    of_format = f"The format; without it `Accept` decides. All but JSON hold the table `{answer.rows}` alone. {about}"
    names: Any = Literal[tuple(answer.rules)]
    known: Any = Literal[tuple(formats)]
    narrowed: dict[str, Any] = {
        "rule": (Annotated[names | None, Field(description=of_rule, examples=[next(iter(answer.rules))])], None),
        "format": (Annotated[known | None, Field(description=of_format, examples=["csv"])], None),
    }
    return create_model(f"{answer.model.__name__}Query", __base__=answer.query, **narrowed)


async def _table(answer: DerivedAnswer, request: Request, key: str | None, output: Format) -> Response:
    """The table of an answer in a format of tables."""
    model = answer_query(answer)
    derived = await derive(
        answer, present_view(request), request.scope["path"], request.scope["query_string"], model, key
    )
    bom = bool(query_of(request, model)[1].bom)
    rows = derived.body[answer.rows]
    table = Output(answer.table, None, derived.revision, Path(), bom=bom, home=home_of_request(request))
    body = await asyncio.to_thread(_encoded, rows, output, table)
    link = permalink(request.scope["path"], derived.parameters, derived.revision, format=output.name)
    own = derived.revision, derived.validator, link
    made = Answer(body, *own, media=output.media, format=output.name, described=RULES, rows=len(rows))
    response = response_of(request, made)
    if response.status_code == 200:
        response.raw_headers += file_headers(answer.table.name, output)[1:]
    return response


def _encoded(rows: list[dict[str, Any]], output: Format, table: Output) -> bytes:
    with TemporaryDirectory(prefix="detention-export-") as folder:
        file = Path(folder) / output.name
        encoder = output.encoder(table._replace(file=file))
        pieces = [encoder.begin()]
        if rows:
            pieces.append(encoder.batch([orjson.dumps(row) for row in rows], rows, {}))
        pieces.append(encoder.end())
        return file.read_bytes() if output.binary else b"".join(pieces)
