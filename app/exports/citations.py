"""What a list of literature says of a record: a document as what it is, any other record as data of this register."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from app.catalogue.columns import Table
from app.estimates.dates import parse_partial_date
from app.estimates.sentences import says
from app.exports.encoding import Output
from app.reading.citing import cite_record, in_short
from app.reading.view import Home
from app.records.collection import Collection

WHOLE = {"fields": "an entry is made of the whole record"}
"""What a list of literature does not take, and why."""


class Entry(NamedTuple):
    """One entry of a list of literature."""

    key: str
    kind: str
    """The kind of a source, or `data`."""
    authors: list[str]
    title: str
    day: tuple[int, ...]
    """Year, month, day of publication, as far as they are known."""
    url: str | None
    note: str | None
    publisher: str | None = None
    language: str | None = None
    people: bool = False
    """Whether the authors are people, and not an organisation."""


def entry(output: Output, record: Mapping[str, Any]) -> Entry:
    """The entry of a record of a table."""
    if not isinstance(output.table, Table):
        raise TypeError("only records of a collection are cited")
    return entry_of(output.table.collection, record, output.home)


def entry_of(collection: Collection, record: Mapping[str, Any], home: Home) -> Entry:
    """The entry of a record."""
    key = record["slug"] if collection.named else record["id"]
    if collection.noun == "source":
        return _document(record)
    cited = cite_record(collection, record, home)
    source = f"Read in {record['source']}. " if record.get("source") else ""
    note = f"{source}{collection.noun.capitalize()} {key}, revision {record['revision']}"
    day = tuple(map(int, record["recorded_at"][:10].split("-")))
    title = in_short(collection, record)
    return Entry(f"{collection.noun}-{key}", "data", [home.name], title, day, cited["permalink"], note)


def _document(source: Mapping[str, Any]) -> Entry:
    written_by, publisher = list(source["authors"]), source["publisher"]
    url = source["url"] or source["archive_url"]
    day = _day(source["published_on"])
    authors = written_by or [says(source)]
    people = bool(written_by) and written_by != [publisher]
    title = source["title"] or source["label"]
    own = Entry(source["slug"], source["kind"], authors, title, day, url, source["licence"])
    return own._replace(publisher=publisher, language=source["language"], people=people)


def _day(text: str | None) -> tuple[int, ...]:
    """As much of a date as is certain: the year, the month, the day."""
    if text is None:
        return ()
    date = parse_partial_date(text)
    known = zip(("year", "month", "day"), (date.start, date.start, date.start), strict=True)
    found: list[int] = []
    for name, start in known:
        if getattr(start, name) != getattr(date.end, name):
            break
        found.append(getattr(start, name))
    return tuple(found)
