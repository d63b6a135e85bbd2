"""How far an import has come."""

from collections.abc import Callable
from dataclasses import dataclass

OnProgress = Callable[[int, int, int], None]
"""Called with how many bytes of how many are done, as a share of the whole way, and how many rows or records."""


@dataclass(slots=True)
class Progress:
    """How far an import has come, in bytes of its files as stored, each as often as it is gone through."""

    on_progress: OnProgress | None = None
    total: int = 0
    done: int = 0

    def add(self, size: int) -> None:
        """Note that so many bytes more are done."""
        self.done = min(self.done + size, self.total)

    def report(self, rows: int) -> None:
        """Report it, with how many rows or records are done."""
        if self.on_progress is not None:
            self.on_progress(self.done, self.total, rows)
