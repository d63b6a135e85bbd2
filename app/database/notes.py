"""Signed notes: a text and who signed it, as transparency logs pass them on (C2SP signed-note, Ed25519)."""

from base64 import b64decode, b64encode
from binascii import Error
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from nacl.signing import SigningKey

ED25519 = b"\x01"
"""What that kind of key is called in a note."""
PRIVATE = "PRIVATE+KEY+"


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: a name without blanks or plus signs, and a key."""

    name: str
    key: SigningKey

    @classmethod
    def new(cls, name: str) -> "Signer":
        """A signer with a new key. Raises `ValueError` for a name that a note cannot hold."""
        if not name or "+" in name or any(letter.isspace() for letter in name):
            raise ValueError("a name in a note is not empty, and has neither blanks nor plus signs")
        return cls(name, SigningKey.generate())

    @classmethod
    def read(cls, text: str) -> "Signer":
        """A signer as `private` spells it. Raises `ValueError`."""
        with suppress(ValueError, TypeError, Error):
            name, _, coded = text.removeprefix(PRIVATE).split("+", 2)
            signer = cls(name, SigningKey(b64decode(coded, validate=True)[1:]))
            if signer.private == text:
                return signer
        raise ValueError("not the private key of a signer of notes, as `detention keys signer` makes it")

    @property
    def public(self) -> str:
        """What whoever checks its notes needs."""
        return f"{self.name}+{self.digest.hex()}+{b64encode(self._verifying).decode()}"

    @property
    def private(self) -> str:
        """What the signer needs, and nobody else may have."""
        return f"{PRIVATE}{self.name}+{self.digest.hex()}+{b64encode(ED25519 + bytes(self.key)).decode()}"

    @property
    def digest(self) -> bytes:
        """Four bytes by which the key is known in a note."""
        return sha256(f"{self.name}\n".encode() + self._verifying).digest()[:4]

    @property
    def _verifying(self) -> bytes:
        return ED25519 + bytes(self.key.verify_key)

    def signed(self, text: str) -> str:
        """A text that ends with a line, with the line that signs it."""
        signature = self.key.sign(text.encode()).signature
        return f"{text}\n— {self.name} {b64encode(self.digest + signature).decode()}\n"
