"""Which record a slug leads to that is made of words: a slug is an address, and others may have had it first.

Of two texts that make one slug, one record has it and the other a numbered one. A later file may speak of either alone,
so what decides is what the records are called.
"""

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from app.imports.mapped.matching import Subject
from app.records.slugs import numbered, slug_from
from app.records.text import folded

Bodies = Mapping[str, Mapping[str, Any]]
"""Records as they would be written, by slug."""
MOST = 1000
"""How many records of one slug are looked through."""


def address_of(one: Subject, known: Bodies, find: Callable[[str], Bodies | None]) -> str:
    """The slug of the record that a subject without keys is, or the first one that is free for it.

    `known` are the records under the slugs that are proposed; `find` brings what stands under another one, or nothing
    where that was never given.
    """
    proposed = str(one.proposed)
    there = _is(one, known[proposed]) if proposed in known else None
    if not one.words or there or (proposed == one.stem and proposed not in known):
        return proposed
    for slug in islice(numbered(one.stem), MOST):
        found = known if slug in known else find(slug)
        if found is None:
            return slug if there is False else proposed
        if slug in found and _is(one, found[slug]):
            return slug
    return proposed


def _is(one: Subject, body: Mapping[str, Any]) -> bool | None:
    """Whether a record is called what a subject is; nothing where its slug was not made of what it is called."""
    texts = [body.get("name"), body.get("title"), *(other["name"] for other in body.get("names", ()))]
    called = [text for text in texts if text]
    own = {one.words, *(folded(text).casefold() for name in ("name", "title") if (text := one.body.get(name)))}
    if any(folded(text).casefold() in own for text in called):
        return True
    return False if any(slug_from(text, one.collection.noun) == one.stem for text in called) else None
