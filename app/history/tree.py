"""The tree of RFC 6962 over the revisions: its hashes, how it grows, and the proofs that are read off it.

Revision `n` is leaf `n - 1`. Of each revision one hash is kept, of the largest whole subtree that ends with it: every
other one is made of few of these, so neither a write nor a proof looks at more of them than the tree is high, squared.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

import orjson

Span = tuple[int, int]
"""A run of leaves: the first, and the one after the last."""
SALT = 16
"""Bytes of chance before a digest: without them whoever sees it could try what it may be of."""


def coded(data: bytes) -> str:
    """Bytes in Base64."""
    return b64encode(data).decode()


def digest_of(seal: str) -> bytes:
    """The digest in a seal, its salt left out; what was redacted keeps the digest alone."""
    return b64decode(seal)[-32:]


def salt_of(seal: str) -> bytes:
    """The salt in a seal; nothing where what was sealed was redacted."""
    return b64decode(seal)[:-32]


def entry(revision: int, recorded_at: str, seal: str) -> bytes:
    """What a leaf is the hash of."""
    return orjson.dumps({"revision": revision, "recorded_at": recorded_at, "content": coded(digest_of(seal))})


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of what is above two subtrees."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(slots=True)
class Frontier:
    """The outer edge of a tree, all that it needs to grow: the hashes of its whole subtrees, the largest first."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    @classmethod
    def read(cls, text: str | None) -> "Frontier":
        """As `str` spells it; none is that of the empty tree."""
        size, *peaks = (text or "0").split()
        return cls(int(size), [b64decode(peak) for peak in peaks])

    def __str__(self) -> str:
        return " ".join([str(self.size), *map(coded, self.peaks)])

    def add(self, leaf: bytes) -> bytes:
        """Add a leaf; the hash of the largest whole subtree that ends with it."""
        self.size += 1
        node, rest = leaf, self.size
        while rest % 2 == 0:
            node, rest = node_hash(self.peaks.pop(), node), rest // 2
        self.peaks.append(node)
        return node

    @property
    def root(self) -> bytes:
        """The hash of the whole tree."""
        if not self.peaks:
            return sha256(b"").digest()
        *others, root = self.peaks
        for peak in reversed(others):
            root = node_hash(peak, root)
        return root


def inclusion(leaf: int, size: int) -> list[Span]:
    """The subtrees whose hashes prove that a leaf stands in a tree, in the order of RFC 6962, 2.1.1."""
    first, last, path = 0, size, []
    while last - first > 1:
        middle = first + _left(last - first)
        if leaf < middle:
            path.append((middle, last))
            last = middle
        else:
            path.append((first, middle))
            first = middle
    return path[::-1]


def consistency(old: int, new: int) -> list[Span]:
    """The subtrees whose hashes prove that a tree began as a smaller one, in the order of RFC 6962, 2.1.2."""
    if not old:
        return []
    first, last, path, whole = 0, new, [], True
    while old < last:
        middle = first + _left(last - first)
        if old <= middle:
            path.append((middle, last))
            last = middle
        else:
            path.append((first, middle))
            first, whole = middle, False
    return (path if whole else [*path, (first, last)])[::-1]


class Stored(NamedTuple):
    """What is kept of a revision: the hash of its leaf, and of the largest whole subtree that ends with it."""

    leaf: bytes
    node: bytes


def revisions_needed(spans: Sequence[Span]) -> set[int]:
    """The revisions of which something has to be known to hash some subtrees."""
    return {number for first, last in spans if last > first for number in _needed(first, last)}


def hashed(span: Span, stored: Mapping[int, Stored]) -> bytes:
    """The hash of a subtree."""
    first, last = span
    many = last - first
    if many & (many - 1):
        middle = first + _left(many)
        return node_hash(hashed((first, middle), stored), hashed((middle, last), stored))
    if many == 1:
        return stored[last].leaf
    if last & -last == many:
        return stored[last].node
    middle = last - many // 2
    return node_hash(stored[middle].node, hashed((middle, last), stored))


def _needed(first: int, last: int) -> Iterator[int]:
    many = last - first
    if many & (many - 1):
        middle = first + _left(many)
        yield from _needed(first, middle)
        yield from _needed(middle, last)
    else:
        yield last
        while many > 1 and last & -last != many:
            many //= 2
            yield last - many


def _left(many: int) -> int:
    """How many leaves are left of the middle: the largest power of two that is less than all of them."""
    return 1 << (many - 1).bit_length() - 1
