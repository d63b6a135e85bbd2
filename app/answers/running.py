"""From a request to a derived answer: the moment and the day it speaks of, its rule, the record it is about."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

import orjson

from app.answers.declaration import AnswerQuery, DerivedAnswer, Question, Unnamed
from app.catalogue.collections import NOUNS
from app.database.readers import Fetch, Rows, in_one_state
from app.estimates.dates import in_words, parse_partial_date
from app.estimates.sentences import capital
from app.history.access import visible
from app.reading.addresses import permalink
from app.reading.answer import Answer
from app.reading.citing import cite_answer
from app.reading.missing import raise_missing, record_lookup
from app.reading.parameters import parse_query
from app.reading.statements import moment_statement, recorded_statement
from app.reading.view import View, answered_revision, check_day, validator, view_at


class Derived(NamedTuple):
    """A derived answer: its content, the revision it was worked out at, and what validates it."""

    body: dict[str, Any]
    parameters: Mapping[str, Any]
    revision: int
    validator: str
    permalink: str


async def derive(
    answer: DerivedAnswer, view: View, path: str, query_string: bytes, model: type[AnswerQuery], key: str | None
) -> Derived:
    """The answer to a query string; the path may name the record it is about. Raises what is wrong with either."""
    query: Any
    parameters, query = parse_query(model, query_string)
    view = await view_at(view, query)

    async def whole(fetch: Fetch) -> tuple[View, bool, Rows, int, int, date, str, Any, dict[str, Any]]:
        ((head, redacted),) = await fetch(moment_statement(), {})
        number = answered_revision(view.revision, head)
        seen = view._replace(revision=None) if number == head else view
        as_of = _day(query, await _day_of(number, fetch))
        found = await _subject(answer, seen, key, fetch)
        missing = answer.subject is not None and not (found and visible(found[0][2], view.tier))
        subject = orjson.loads(found[0][4]) if found and not missing else None
        rule = query.rule or next(iter(answer.rules))
        question = Question(seen, fetch, query, subject, as_of, rule, number)
        content = await answer.rules[rule](question) if not missing else {}
        return seen, missing, found, number, redacted, as_of, rule, subject, content

    try:
        view, missing, found, number, redacted, as_of, rule, subject, content = await in_one_state(
            view.reader, whole, slow=answer.slow
        )
    except Unnamed as unnamed:
        # As below: not before the snapshot is closed.
        raise await unnamed.problem() from None
    if missing:
        # Not before the snapshot is closed: near names are looked for while others are answered.
        await raise_missing(view, NOUNS[str(answer.subject)], str(key), found)
    about = {answer.subject: subject["slug"]} if answer.subject and subject else {}
    day = {"as_of": as_of.isoformat()} if "as_of" in model.model_fields else {}
    link = permalink(path, parameters, number)
    cited = cite_answer(_called(answer, subject, day), rule, number, link, view.home)
    body = about | day | {"rule": rule, "revision": number, "cite": cited} | content
    return Derived(body, parameters, number, validator(number, number, redacted), link)


def _called(answer: DerivedAnswer, subject: Mapping[str, Any] | None, day: Mapping[str, str]) -> str:
    """What an answer is, of what, as of when."""
    called = answer.summary
    if subject is not None:
        called += f": {capital(str(subject.get('title') or subject.get('name')))}"
    return called + "".join(f", as of {in_words(parse_partial_date(one, today=date.max))}" for one in day.values())


async def _subject(answer: DerivedAnswer, view: View, key: str | None, fetch: Fetch) -> Rows:
    """The record that the path names, if there is one."""
    return await fetch(*record_lookup(view, NOUNS[answer.subject], key)) if answer.subject and key is not None else ()


async def json_answer(
    answer: DerivedAnswer,
    view: View,
    path: str,
    query_string: bytes,
    *,
    model: type[AnswerQuery],
    key: str | None,
) -> Answer:
    """The whole answer as JSON."""
    derived = await derive(answer, view, path, query_string, model, key)
    rows = len(derived.body[answer.rows])
    return Answer(orjson.dumps(derived.body), derived.revision, derived.validator, derived.permalink, rows=rows)


async def _day_of(number: int, fetch: Fetch) -> date:
    """The day on which a revision was recorded; the empty register has none, and on any day it holds nothing."""
    rows = await fetch(recorded_statement(), {"revision": number})
    return date.fromisoformat(rows[0][1][:10]) if rows else date.max


def _day(query: Any, newest: date) -> date:
    """The day spoken of; raises `BadInput` for one that the answered revision could not know of."""
    stated = getattr(query, "as_of", None)
    if stated is None:
        return newest
    day = parse_partial_date(stated, today=date.max).end
    check_day(day, newest)
    return day
