"""What an import states: which records, in a bit each, and which sources it speaks for."""

from collections import Counter, defaultdict

from app.writing.validation import Entry, Fate


class Restated:
    """The records that the rows of an import state, and the sources that they cite or describe."""

    def __init__(self) -> None:
        self._bits: dict[str, bytearray] = defaultdict(bytearray)
        self.files: dict[str, str] = {}
        """The sources, each with the file that speaks of it first."""
        self.nouns: set[str] = set()
        """What kinds of records the import states: of others it says nothing."""
        self.again: Counter[str] = Counter()
        self.new: Counter[str] = Counter()
        """How many records of each kind it states that the register held, and how many that are new."""

    def note(self, entry: Entry, file: str) -> None:
        """Take in a record that was written, or found to stand."""
        collection, row = entry.collection, entry.row
        self.nouns.add(collection.noun)
        source = row["slug"] if collection.noun == "source" else row.get("source")
        if source is not None:
            self.files.setdefault(source, file)
        for listed in () if collection.subject else entry.parts.get("sources", ()):
            self.files.setdefault(listed["source"], file)
        number = (entry.old or row).get("id")
        if number is None:  # a statement that a person retracted
            return
        (self.new if entry.fate is Fate.created else self.again)[collection.noun] += 1
        byte, bits = number >> 3, self._bits[collection.noun]
        if byte >= len(bits):
            bits.extend(bytes(max(byte + 1 - len(bits), len(bits))))
        bits[byte] |= 1 << (number & 7)

    def holds(self, noun: str, number: int) -> bool:
        """Whether a record is among those stated."""
        bits = self._bits[noun]
        return number >> 3 < len(bits) and bool(bits[number >> 3] >> (number & 7) & 1)
