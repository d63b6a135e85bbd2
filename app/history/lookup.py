"""The rows that records name, looked up once for a batch, as a tier may see them."""

from collections.abc import Mapping
from typing import Any

from app.database.store import Row
from app.history.access import visible
from app.history.codes import Access


class Lookup:
    """The rows that a batch of records refers to, and the moment each revision was recorded."""

    def __init__(
        self,
        rows: Mapping[str, Mapping[str, Row]],
        recorded: Mapping[int, str],
        cache: dict[Any, Any] | None = None,
    ) -> None:
        self._rows, self.recorded = rows, recorded
        self.all_public = all(row["access"] == Access.public for listed in rows.values() for row in listed.values())
        """Whether whatever is named may be seen by everybody: then it need not be asked of each."""
        self.cache = {} if cache is None else cache
        """What was made of these rows and is made again for every record that names them."""

    def knowing(self, noun: str, row: Row) -> "Lookup":
        """The same, with one more record that may be named."""
        rows = {**self._rows, noun: {**self._rows.get(noun, {}), row["slug"]: row}}
        return Lookup(rows, self.recorded)

    def row(self, noun: str, slug: str | None) -> Row | None:
        """The record of that slug, its docs left out."""
        return None if slug is None or noun not in self._rows else self._rows[noun].get(slug)

    def seen(self, noun: str, slug: str | None, tier: Access) -> Row | None:
        """The record of that slug if the tier may see it."""
        row = self.row(noun, slug)
        return row if row is not None and visible(row["access"], tier) else None
