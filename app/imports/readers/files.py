"""Files as bytes and as text: unpacked, and decoded as what they are encoded in."""

import codecs
import gzip
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from app.imports.progress import Progress
from app.imports.readers.rows import UnreadableFile

AT_ONCE = 1 << 16
"""How many bytes are read at a time."""
LONGEST_LINE = 1 << 25
"""How many bytes or characters a line may hold: no record is as long, and no file is held for want of line ends."""
GZIPPED = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the text of a file is encoded, and whether that is only what it looks like."""

    name: str
    guessed: bool = False
    damaged: bool = False
    """Whether some bytes of it are none of that encoding: their rows cannot be read, the others can."""


@contextmanager
def unpacked(path: Path, progress: Progress | None = None) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked where it is gzipped, whatever it is called."""
    with path.open("rb") as raw:
        packed = raw.read(2) == GZIPPED
        raw.seek(0)
        counted: Any = _Counted(raw, progress) if progress is not None else raw
        if packed:
            with gzip.open(counted) as stream:
                yield stream  # type: ignore[misc]
        else:
            yield counted


class _Counted:
    """A file that notes how much of it was read."""

    def __init__(self, raw: IO[bytes], progress: Progress) -> None:
        self._raw, self._progress = raw, progress

    def read(self, size: int = -1) -> bytes:
        data = self._raw.read(size)
        self._progress.add(len(data))
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)


def head_of(path: Path) -> bytes:
    """How a file begins."""
    with unpacked(path) as stream:
        return stream.read(4096)


def texts(stream: IO[bytes], encoding: Encoding) -> Iterator[str]:
    """The text of a file in pieces; a byte that is no text stands there as a lone surrogate if the file is damaged."""
    if encoding.name == "cp1252":
        decode: Any = _windows
    else:
        errors = "surrogateescape" if encoding.damaged else "strict"
        decode = codecs.getincrementaldecoder(encoding.name)(errors).decode
    try:
        while data := stream.read(AT_ONCE):
            yield decode(data)
        yield decode(b"", True)  # noqa: FBT003  (as decoders take it)
    except UnicodeDecodeError as error:
        place = f"byte {error.object[error.start]:#04x}" if error.start < len(error.object) else "its end"
        raise UnreadableFile(f"the text is not {encoding.name}: {place}") from None


def encoding_of(path: Path) -> Encoding:
    """UTF-8, UTF-16 or UTF-32 where the file begins with its mark, else a guess. Reads the file once.

    A file that has more letters in UTF-8 than bytes that are none is a damaged one; any other is taken for what
    Windows calls 1252.
    """
    head = head_of(path)
    if head[:4] in {codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE}:
        return Encoding("utf-32")
    if head[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        return Encoding("utf-16")
    if head.count(0) > len(head) // 5:
        message = "every other byte of the file is zero: it is UTF-16 that does not say so, or no text"
        raise UnreadableFile(f"{message}; name its encoding, as `utf-16-le`, or save it as UTF-8")
    try:
        for _ in _decoded(path, "strict"):
            pass
    except UnicodeDecodeError:
        found = Counter(
            _NO_TEXT.match(letter) is None
            for text in _decoded(path, "surrogateescape")
            for letter in _LETTERS.findall(text)
        )
        damaged = found[True] > found[False]
        return Encoding("utf-8-sig", damaged=True) if damaged else Encoding("cp1252", guessed=True)
    return Encoding("utf-8-sig")


def _decoded(path: Path, errors: str) -> Iterator[str]:
    """The text of a file taken for UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors)
    with unpacked(path) as stream:
        while data := stream.read(AT_ONCE):
            yield decoder.decode(data)
    yield decoder.decode(b"", final=True)


_NO_TEXT = re.compile("[\udc80-\udcff]")
_LETTERS = re.compile(r"[^\x00-\x7f]")


def is_damaged(text: str) -> bool:
    """Whether bytes stood in a text that are none of its encoding."""
    return not text.isascii() and _NO_TEXT.search(text) is not None


def _windows(data: bytes, _last: bool = False) -> str:  # noqa: FBT001, FBT002  (as decoders take it)
    """Text as Windows 1252 has it; its five holes as Latin-1 has them, so that every byte is some letter."""
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in data)
