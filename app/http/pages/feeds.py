"""A list or a record as a feed, Atom or JSON Feed: what is new in it, what was corrected, what was withdrawn.

An entry is one revision of one record: its address is the permalink of that state, and so a correction is a new entry.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from xml.etree.ElementTree import Element, SubElement, tostring

import orjson

from app.http.pages.asking import Asker, Record
from app.http.pages.words import named

ATOM: Final = "http://www.w3.org/2005/Atom"
JSON_FEED: Final = "https://jsonfeed.org/version/1.1"
ENTRIES: Final = 50
"""How many entries a feed has."""
LOOKED_BACK: Final = 100
"""How many revisions back withdrawn records are looked for."""
DONE: Final = {"create": "New", "update": "Corrected", "retract": "Withdrawn", "merge": "Merged", "split": "Split"}


class Entry(NamedTuple):
    """One state of one record."""

    address: str
    title: str
    text: str
    moment: str


class Feed(NamedTuple):
    """A feed: its title, where the same is read by people, and its entries, the newest first."""

    title: str
    address: str
    entries: list[Entry]


async def list_feed(ask: Asker, name: str, parameters: Mapping[str, Any], address: str) -> Feed:
    """The newest records of a filtered list; of the whole list also those that were withdrawn of late."""
    filters = {key: value for key, value in parameters.items() if key not in {"limit", "cursor", "sort", "count"}}
    answer = await ask(f"/v1/{name}", **filters, sort="-revision", limit=ENTRIES)
    entries = [_entry(name, record) for record in answer["data"]]
    if not filters:
        after = max(ask.revision - LOOKED_BACK, 0)
        changes = await ask("/v1/changes", collection=name, after=after, limit=1000)
        entries += [_withdrawn(change) for change in changes["data"] if change["record"] is None]
    entries.sort(key=lambda entry: entry.moment, reverse=True)
    filtered = ", ".join(f"{key} = {value}" for key, value in sorted(filters.items()))
    return Feed(f"{name.capitalize()}: {filtered}" if filtered else name.capitalize(), address, entries[:ENTRIES])


async def record_feed(ask: Asker, name: str, key: str, address: str) -> Feed:
    """Every revision of one record, with what it changed and why."""
    record = await ask(f"/v1/{name}/{key}")
    history = await ask(f"/v1/{name}/{key}/history", limit=1000)
    path = f"/v1/{name}/{record.get('slug') or record['id']}"
    entries = [
        Entry(
            f"{path}?revision={version['revision']}",
            f"{DONE.get(version['action'], version['action'].capitalize())}: {named(record)}",
            _told(version),
            version["recorded_at"],
        )
        for version in reversed(history["data"])
    ]
    return Feed(named(record), address, entries[:ENTRIES])


def _entry(name: str, record: Record) -> Entry:
    address = f"/v1/{name}/{record.get('slug') or record['id']}?revision={record['revision']}"
    text = record.get("reads_as") or record.get("summary") or record.get("description") or named(record)
    return Entry(address, named(record), str(text), record["recorded_at"])


def _withdrawn(change: Record) -> Entry:
    called = change["slug"] or change["id"]
    address = f"/v1/{change['collection']}/{called}/history#{change['revision']}"
    done = DONE.get(change["action"], "Withdrawn")
    return Entry(address, f"{done}: {called}", change["reason"] or f"{done}.", change["recorded_at"])


def _told(version: Record) -> str:
    fields = ", ".join(one["field"] for one in version["changes"]) if version["action"] == "update" else ""
    why = version["reason"] or (version["reason_code"] or "").replace("_", " ")
    parts = [f"Revision {version['revision']} by {version['author']}", why, f"Fields: {fields}" if fields else ""]
    return " ".join(f"{part.removesuffix('.')}." for part in parts if part)


def as_atom(feed: Feed, home: str, own: str, register: str) -> bytes:
    """The feed as Atom (RFC 4287); `home` is what relative addresses begin with, `own` the address of the feed."""
    root = Element("feed", {"xmlns": ATOM})
    _text(root, "id", home + own)
    _text(root, "title", feed.title)
    _text(root, "updated", feed.entries[0].moment if feed.entries else "1970-01-01T00:00:00Z")
    SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": home + own})
    SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": home + feed.address})
    _text(SubElement(root, "author"), "name", register)
    for entry in feed.entries:
        node = SubElement(root, "entry")
        _text(node, "id", home + entry.address)
        _text(node, "title", entry.title)
        _text(node, "updated", entry.moment)
        SubElement(node, "link", {"rel": "alternate", "href": home + entry.address})
        _text(node, "summary", entry.text)
    made: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return made


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = "".join(letter for letter in text if letter >= " " or letter in "\n\t")


def as_json_feed(feed: Feed, home: str, own: str, register: str) -> bytes:
    """The feed as JSON Feed 1.1."""
    return orjson.dumps(
        {
            "version": JSON_FEED,
            "title": feed.title,
            "home_page_url": home + feed.address,
            "feed_url": home + own,
            "authors": [{"name": register}],
            "items": [
                {
                    "id": home + entry.address,
                    "url": home + entry.address,
                    "title": entry.title,
                    "content_text": entry.text,
                    "date_modified": entry.moment,
                }
                for entry in feed.entries
            ],
        }
    )
