"""The names of a batch: a slug for each record that came without one, and the records that they refer to by slug."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from sqlalchemy import bindparam, select

from app.catalogue.collections import NOUNS
from app.database.store import Row, Store
from app.errors import Fault
from app.history.lookup import Lookup
from app.history.sight import Sight
from app.records.collection import Collection
from app.records.near import Near
from app.records.references import placed_in
from app.records.slugs import numbered, slug_of
from app.records.tables import SLUGS
from app.writing.context import Context
from app.writing.cycles import circles
from app.writing.finding import bring
from app.writing.prefetch import named_by
from app.writing.validation import Aim, Entry, Refused

_ALIKE = select(SLUGS.c.slug).where(
    SLUGS.c.collection == bindparam("of", type_=SLUGS.c.collection.type),
    # Not BETWEEN: PostgreSQL does not take the COLLATE of these parameters there.
    SLUGS.c.slug >= bindparam("low", type_=SLUGS.c.slug.type),
    SLUGS.c.slug <= bindparam("high", type_=SLUGS.c.slug.type),
)
"""The slugs in use that begin alike."""


def give_slugs(batch: Context, collection: Collection, entries: Sequence[Entry]) -> None:
    """Give records without a slug one made from their names; one made up before may give way to a taken one."""
    unnamed = [entry for entry in entries if entry.row["slug"] is None or entry.slug_is_free]
    if not unnamed:
        return
    stems = [entry.row["slug"] or slug_of(collection, entry.row) for entry in unnamed]
    in_use = Counter(entry.row["slug"] for entry in entries)
    there = batch.known.used_before(collection, stems)
    batch.unused_slugs.update((collection.noun, stem) for stem in stems if stem not in there)
    for entry, stem in zip(unnamed, stems, strict=True):
        in_use[entry.row["slug"]] -= 1
        slug = stem
        if stem in there or in_use[stem]:
            taken = alike(batch.store, collection, stem)
            slug = next(slug for slug in numbered(stem) if slug not in taken and not in_use[slug])
        if entry.row["slug"] not in {None, slug}:
            _rename(batch.entries, collection.noun, stem, slug)
        entry.row["slug"] = slug
        in_use[slug] += 1


def _rename(entries: Sequence[Entry], noun: str, before: str, slug: str) -> None:
    """Let the batch's own references follow a slug that had to give way."""
    for entry in entries:
        for name, named in entry.collection.references.items():
            if named == noun and entry.row[name] == before:
                entry.row[name] = slug
        for name, nouns in entry.collection.part_references.items():
            columns = [column for column, named in nouns.items() if named == noun]
            listed = entry.parts.get(name, [])
            for place, part in enumerate(listed):
                listed[place] = part | {column: slug for column in columns if part[column] == before}


def resolve(batch: Context) -> Lookup:
    """The rows that the batch names, its own among them; refuses names that are neither there nor in the batch."""
    named = named_by(batch.entries)
    own: dict[str, dict[str, Row]] = defaultdict(dict)
    for entry in batch.entries:
        if entry.collection.named and entry.aim is not Aim.retract:
            own[entry.collection.noun][entry.row["slug"]] = entry.row
    rows = {noun: batch.known.standing(noun, slugs - own[noun].keys()) for noun, slugs in named.items()}
    hidden = batch.sight.hidden(rows) - batch.known.made
    for noun, mine in own.items():
        rows.setdefault(noun, {}).update(mine)
    for noun, slugs in named.items():
        rows[noun].update(batch.known.to_come(noun, slugs - rows[noun].keys()))
    unknown: list[tuple[int, Fault]] = []
    if hidden or any(slugs - rows[noun].keys() for noun, slugs in named.items()):
        unknown = [
            (number, Fault(unknown_slug(batch.store, noun, slug, batch.known.near, batch.sight), pointer=place))
            for number, entry in enumerate(batch.entries)
            for noun, slug, place in placed_in(entry.collection, entry.row, entry.parts)
            if slug not in rows[noun] or ((noun, slug) in hidden and place not in entry.unchanged)
        ]
    # What is unknown is a part of nothing.
    lost = {(number, fault.pointer) for number, fault in unknown}
    circular = [one for one in circles(batch.store, batch.entries, batch.sight) if (one[0], one[1].pointer) not in lost]
    if circular or unknown:
        raise Refused([*circular, *unknown])
    return Lookup(rows, batch.revision.recorded, batch.known.cache)


def unknown_slug(store: Store, noun: str, slug: str, near: Near, sight: Sight) -> str:
    """The sentence for a slug of no record that the writer may see, naming up to three near ones."""
    found = bring(store, near.to(NOUNS[noun], slug, sight.tier))
    hint = f"near ones: {', '.join(found)}; " if found else ""
    return f"no {noun} has the slug {slug!r}; {hint}POST /v1/{NOUNS[noun].name} makes one"


def alike(store: Store, collection: Collection, stem: str) -> set[str]:
    """The slugs in use, or once in use, that begin with a stem."""
    like = {"of": collection.name, "low": stem, "high": f"{stem}~"}
    return {row[0] for row in store.run(_ALIKE, like)}
