"""The cursor by itself: what goes in comes out, and what was not made for these filters is refused."""

from base64 import urlsafe_b64encode
from typing import Any

import orjson
import pytest

from app.errors import BadInput
from app.reading.cursor import Cursor, decode_cursor, seal

FILTERS = "/v1/figures?measure=killed"
KEYS: list[tuple[Any, ...]] = [(), (1,), ("a", 1), ("سجن", None, -1), ("", 2**62), ("2022-01-31", 0, "x" * 300)]


def sealed(body: bytes, filters: str = FILTERS) -> str:
    """A body in the form of a cursor, as one who has read the source would make it."""
    return urlsafe_b64encode(seal(body, filters) + body).rstrip(b"=").decode()


def refused(text: str, filters: str = FILTERS) -> None:
    with pytest.raises(BadInput) as caught:
        decode_cursor(text, filters)
    ((parameter, message),) = [(fault.parameter, fault.detail) for fault in caught.value.faults]
    assert parameter == "cursor"
    assert message.startswith("the cursor is not one of this list with these filters")


@pytest.mark.parametrize("keys", KEYS, ids=str)
@pytest.mark.parametrize("revision", [1, 17, 2**63 - 1])
def test_what_goes_in_comes_out(revision: int, keys: tuple[Any, ...]) -> None:
    cursor = Cursor(revision, keys)
    text = cursor.encode(FILTERS)
    assert text.isascii()
    assert not set(text) & set("+/=&? ")
    assert decode_cursor(text, FILTERS) == cursor


def test_it_is_the_same_text_whenever_it_is_made() -> None:
    assert Cursor(3, ("a", 1)).encode(FILTERS) == Cursor(3, ("a", 1)).encode(FILTERS) == sealed(b'[3,"a",1]')


@pytest.mark.parametrize("filters", ["", "/v1/figures", f"{FILTERS}&of=civilian", FILTERS.upper()])
def test_it_is_bound_to_its_filters(filters: str) -> None:
    refused(Cursor(3, ("a", 1)).encode(FILTERS), filters)


@pytest.mark.parametrize("revision", [0, -1, 2**63, 1.0, "1", None, True, [1]], ids=repr)
def test_a_revision_is_a_number_that_can_be_one(revision: object) -> None:
    refused(sealed(orjson.dumps([revision, "a"])))


@pytest.mark.parametrize("body", [b"null", b"[]", b"1", b'"text"', b"", b"[1", b"\xff", b"true"])
def test_what_is_no_list_with_a_revision_is_refused(body: bytes) -> None:
    refused(sealed(body))


@pytest.mark.parametrize("text", ["", "A", "AAAA", "=", "\0", "سجن", "a b", "AAAAAAAAAAA", "." * 50])
def test_what_was_never_a_cursor_is_refused(text: str) -> None:
    refused(text)


@pytest.mark.parametrize("place", range(8))
def test_every_byte_of_the_seal_counts(place: int) -> None:
    body = b"[3,1]"
    own = seal(body, FILTERS)
    assert len(own) == 8
    other = own[:place] + bytes([own[place] ^ 1]) + own[place + 1 :]
    refused(urlsafe_b64encode(other + body).rstrip(b"=").decode())
