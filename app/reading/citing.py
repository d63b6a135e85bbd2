"""How a record or a derived answer is cited: a text that can be quoted, and the address that gives it for ever."""

from collections.abc import Mapping
from typing import Any

from app.estimates.dates import in_words, parse_partial_date
from app.estimates.sentences import capital
from app.reading.view import Home
from app.records.collection import Collection


def cite_record(collection: Collection, record: Mapping[str, Any], home: Home) -> dict[str, str]:
    """The citation of a record as of the revision that last changed it."""
    key = record["slug"] if collection.named else record["id"]
    revision = record["revision"]
    address = f"{home.url}/v1/{collection.name}/{key}?revision={revision}"
    about = in_short(collection, record).removesuffix(".")
    return {
        "text": f"{about}. {home.name}, {collection.noun} {key}, revision {revision}, {address}",
        "permalink": address,
    }


def cite_answer(about: str, rule: str, revision: int, link: str, home: Home) -> dict[str, str]:
    """The citation of a derived answer."""
    address = f"{home.url}{link}"
    return {"text": f"{about}, by the rule {rule}. {home.name}, revision {revision}, {address}", "permalink": address}


def in_short(collection: Collection, record: Mapping[str, Any]) -> str:
    """What a record says, in a sentence: its own, where it has one, else what it is called."""
    if "reads_as" in record:
        return str(record["reads_as"])
    if collection.noun == "source":
        return source_in_short(record)
    called = capital(str(record.get("title") or record.get("name") or record["slug"]))
    days = [_day(record[name]) for name in ("started", "ended") if record.get(name)]
    return f"{called} ({' to '.join(dict.fromkeys(days))})" if days else called


def source_in_short(source: Mapping[str, Any]) -> str:
    """A published document as a list of literature names it."""
    by = ", ".join(source["authors"])
    parts = [f"{by}: {source['label']}" if by and by not in source["label"] else str(source["label"])]
    published = [one for one in (source["publisher"], _day(source["published_on"])) if one and one not in parts[0]]
    parts += [", ".join(published)] if published else []
    return ". ".join([*parts, *([source["url"]] if source["url"] else [])])


def _day(text: str | None) -> str:
    return in_words(parse_partial_date(text)) if text else ""
