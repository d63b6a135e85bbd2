"""What a format is: how it is declared, and what makes its bytes a batch at a time, so that memory does not grow."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from app.catalogue.columns import Record, Sources, Tabular
from app.reading.view import Home


class Output(NamedTuple):
    """What an encoder is made for."""

    table: Tabular
    """What is encoded as a table; its name is that of what comes."""
    fields: Sequence[str] | None
    """The fields asked for; all of them without."""
    revision: int
    file: Path
    """Where the encoder of a binary format writes."""
    bom: bool = False
    home: Home = Home()
    """What a citation calls the register, and where that stands."""


class Encoder(ABC):
    """Makes the body of one answer, from batches of stored JSON and of the records parsed from it."""

    parses = True
    """Whether it needs the records parsed; one that passes their JSON on gets none."""

    def begin(self) -> bytes:
        """What comes before the first record."""
        return b""

    @abstractmethod
    def batch(self, docs: Sequence[bytes], records: Sequence[Record], sources: Sources) -> bytes:
        """The bytes of some records, in order."""

    def end(self) -> bytes:
        """What comes after the last record."""
        return b""

    def single(self, doc: bytes, record: Record, sources: Sources) -> bytes:
        """The whole body, where one record was asked for by its key."""
        return b"".join((self.begin(), self.batch([doc], [record], sources), self.end()))


@dataclass(frozen=True, eq=False)
class Format:
    """A format that records come in."""

    name: str
    media: str
    ending: str
    """The ending of a file's name, without the dot."""
    about: str
    """What the documentation says of it."""
    encoder: Callable[[Output], Encoder]
    paged: bool = False
    """Whether a list comes in pages over HTTP; in every other format the whole filtered set comes."""
    binary: bool = False
    """Whether it is made as a file, and sent when that is whole."""
    tabular: bool = False
    """Whether it is a table, whose rows say what their sources are."""
    placed: bool = False
    """Whether only records that lie somewhere on the globe come in it."""
    importable: bool = False
    """Whether a record says which collection it belongs to, so that all collections fit into one file."""
    cites: bool = False
    """Whether it is a list of literature, and holds of each record what it is cited by."""
    takes: frozenset[str] = frozenset()
    """Parameters that no format takes unless it says so."""
    refuses: Mapping[str, str] = field(default_factory=dict)
    """Parameters that it does not take though others do, and why."""
