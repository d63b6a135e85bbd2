"""Every error the API answers with, as RFC 9457 `application/problem+json`.

    Problem
    ├── BadInput 422            unknown or ill-formed parameters, fields and codes; every fault is named at once
    │   └── NoSuchMoment 422    a revision or time the register has not been at
    ├── Unauthorized 401        no key where one is needed
    │   └── BadKey 401          one that does not work: unknown, expired, revoked
    ├── NoRight 403             a key without the scope
    ├── NotFound 404            no such record or route
    │   └── Hidden 403          a record for partners only
    ├── MethodNotAllowed 405
    ├── NotAcceptable 406       a format the resource does not come in
    ├── Conflict 409            what stands in the way is named
    ├── Gone 410                a record that was retracted
    ├── Merged 308              a record given up in favour of another of the same thing
    ├── Stale 412               the record changed since it was read
    ├── RangeNotSatisfiable 416  a range of bytes that begins behind the end
    ├── TooLarge 413            a request body over the limit
    ├── TooLong 414             an address longer than the server reads
    ├── HeadersTooLarge 431     headers that are more, or larger, than the server reads
    ├── UnsupportedMedia 415    a body that is not what the route takes
    ├── PreconditionRequired 428  a change that does not say which state it changes
    ├── TooManyRequests 429     a client that asks more often than it may
    ├── TooSlow 503             a read that ran into its time limit
    ├── Busy 503                a write the database did not take
    ├── NotReady 503            a database that has to be migrated first, or does not answer
    ├── Crowded 503             more exports at once than the server gives
    └── Broken 500              our fault; says nothing of the inside

An answer never repeats SQL, a driver's words or a stored row; of the input it quotes at most the word at fault.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rapidfuzz import process
from rapidfuzz.distance import OSA

MOST_HINTS = 3
"""How many near words an error names."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a request: a query parameter, or a place in the body as a JSON pointer."""

    detail: str
    parameter: str | None = None
    pointer: str | None = None


WHOLE, NUMBER, TRUTH = "it must be a whole number", "it must be a number", "it must be true or false"
SENTENCES: Mapping[str, str] = {
    "bool_parsing": TRUTH,
    "bool_type": TRUTH,
    "dict_type": "it must be an object, with names and values",
    "extra_forbidden": "it is not known here",
    "finite_number": NUMBER,
    "float_parsing": NUMBER,
    "float_type": NUMBER,
    "greater_than": "it must be more than {gt}",
    "greater_than_equal": "it must be {ge} or more",
    "int_from_float": f"{WHOLE}, without a fraction",
    "int_parsing": WHOLE,
    "int_parsing_size": "the number has more digits than are read",
    "int_type": WHOLE,
    "less_than": "it must be less than {lt}",
    "less_than_equal": "it must be {le} or less",
    "list_type": "it must be a list",
    "literal_error": "it must be {expected}",
    "missing": "it is required",
    "model_attributes_type": "it must be an object, with names and values",
    "model_type": "it must be an object, with names and values",
    "none_required": "it must be null",
    "string_too_long": "it holds at most {max_length} characters",
    "string_type": "it must be text",
    "string_unicode": "it must be text",
    "too_long": "it holds at most {max_length} entries; {actual_length} are given",
    "too_short": "it holds at least {min_length} entry; {actual_length} are given",
}
"""What each kind of fault that pydantic finds says here, with the limits that it names."""
PATTERNS: Mapping[str, str] = {
    r"\S": "it must say something",
    r"^[^\s:]+:.+$": "it must be two words with a colon between, as in nomis:MDI",
    r"^[^\s:]+$": "it takes neither blanks nor colons",
    r"^[a-z0-9]+(-[a-z0-9]+)*$": "it takes small letters and digits, with single hyphens between",
    r"^[a-z][a-z0-9_]*$": "it takes small letters, digits and underscores, a letter first",
    r"^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$": "it takes letters and digits, with single . _ - between",
    r"^\w+$": "it takes letters, digits and underscores",
    r"^[\w() .-]{1,200}$": "it takes up to 200 letters, digits, blanks and ( ) . - _",
    r"^https?://[^\s/]+\.[^\s]+$": "it must be a whole web address, as in https://example.org/report",
    r"^https?://[^\s?#]+[^\s?#/]$": "it must be the address of a server, without a slash at the end",
    r"^(mailto:|https://|tel:)": "it must be an address such as mailto:security@register.example",
    r"^PRIVATE\+KEY\+[^+\s]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$": "it must be a key that `detention keys signer` made",
    r"^[01]\.\d{1,3}-\d{1,18}-\d{1,18}$": "it must be the cursor that a page gave as its next",
    r"^rediss?://": "it must be the address of a Redis, as in redis://localhost:6379/0",
    r"^[a-z]{2,3}(-[A-Za-z]{2,8})*$": "it must be the code of a language, as in ar, ckb or sr-Latn",
}
"""What a text must be that is held to a pattern."""


def sentence_of(fault: Mapping[str, Any]) -> str:
    """What a fault that pydantic found says, in a sentence of ours: its own would name its inside."""
    kind, limits = fault["type"], fault.get("ctx", {})
    if kind == "string_pattern_mismatch":
        return PATTERNS.get(limits["pattern"]) or f"it must be of the form {limits['pattern']}"
    if kind == "string_too_short":
        least = limits["min_length"]
        return "it must say something" if least == 1 else f"it holds at least {least} characters"
    if kind in SENTENCES:
        return SENTENCES[kind].format_map(limits)
    return str(fault["msg"]).removeprefix("Value error, ")


def article(word: str) -> str:
    """A word with its article."""
    return f"an {word}" if word[:1] in "aeio" else f"a {word}"


class Problem(Exception):
    """An error with a name, a status and a sentence."""

    slug: ClassVar[str] = "problem"
    title: ClassVar[str] = "Problem"
    status: ClassVar[int] = 500
    explained: ClassVar[str] = ""
    kinds: ClassVar[list[type["Problem"]]] = []

    def __init_subclass__(cls) -> None:
        Problem.kinds.append(cls)

    def __init__(self, detail: str, faults: Iterable[Fault] = (), headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail, self.faults, self.headers = detail, list(faults), headers or {}


class BadInput(Problem):
    slug, title, status = "bad-input", "Bad input", 422
    explained = (
        "A parameter, field or code is unknown or ill-formed. `errors` names every fault, and what would be right."
    )

    @classmethod
    def of(cls, faults: Sequence[Fault]) -> "BadInput":
        """One answer that names all the faults."""
        return cls(faults[0].detail if len(faults) == 1 else f"{len(faults)} faults; each stands in errors.", faults)


class NoSuchMoment(BadInput):
    slug, title = "no-such-moment", "No such moment"
    explained = "The time asked for lies before the register's first revision, or the revision after its newest."


class Unauthorized(Problem):
    slug, title, status = "unauthorized", "A key is needed", 401
    explained = "The route needs a key, and none was sent. Send `Authorization: Bearer`."

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"})


class BadKey(Unauthorized):
    slug, title = "bad-key", "The key does not work"
    explained = "The key sent is not one, or unknown, expired or revoked; without it, what is public is shown."


class NoRight(Problem):
    slug, title, status = "no-right", "The key does not allow it", 403
    explained = "The key works and lacks the scope that the route needs."


class NotFound(Problem):
    slug, title, status = "not-found", "Not found", 404
    explained = "There is no such record or route. Where near ones exist, `detail` names up to three."


class Hidden(Problem):
    slug, title, status = "hidden", "For partners only", 403
    explained = "The record exists and is shown to partners of the register only."


class Gone(Problem):
    slug, title, status = "gone", "Retracted", 410
    explained = "The record was retracted. `detail` says when and why; its past can still be asked for by revision."


class Merged(Problem):
    slug, title, status = "merged", "Merged", 308
    explained = "The record was merged into another of the same thing; `Location` leads there."

    def __init__(self, detail: str, collection: str, survivor: str) -> None:
        super().__init__(detail)
        self._collection, self._survivor = collection, survivor

    def leading(self, path: str, query: str) -> "Merged":
        """The same, with the address that was asked for, of the survivor."""
        head, _, rest = path.partition(f"/{self._collection}/")
        below = rest.partition("/")[2]
        to = f"{head}/{self._collection}/{self._survivor}" + (f"/{below}" if below else "")
        self.headers["Location"] = to + (f"?{query}" if query else "")
        return self


class MethodNotAllowed(Problem):
    slug, title, status = "method-not-allowed", "Method not allowed", 405
    explained = "The route exists and does not take this method; the `Allow` header lists those it takes."


class NotAcceptable(Problem):
    slug, title, status = "not-acceptable", "Not acceptable", 406
    explained = "The resource does not come in the format asked for; `detail` lists those it comes in."


class RangeNotSatisfiable(Problem):
    slug, title, status = "range-not-satisfiable", "No such range", 416
    explained = "The range of bytes asked for begins behind the end; `Content-Range` says how many bytes there are."

    def __init__(self, size: int) -> None:
        message = f"The whole has {size} bytes; the range begins behind the last of them."
        super().__init__(message, headers={"Content-Range": f"bytes */{size}"})


class Conflict(Problem):
    slug, title, status = "conflict", "Conflict", 409
    explained = "The register holds something that stands in the way: a slug taken, an equal statement, a referrer."


class Stale(Problem):
    slug, title, status = "stale", "The record has changed", 412
    explained = "The record is no longer as `If-Match` says. Read it again, and decide again."


class PreconditionRequired(Problem):
    slug, title, status = "precondition-required", "If-Match is needed", 428
    explained = "PATCH, DELETE and merges say which state they change: send the record's `ETag` as `If-Match`."


class TooLarge(Problem):
    slug, title, status = "too-large", "Too large", 413
    explained = "The request body is larger than this server takes."


class TooLong(Problem):
    slug, title, status = "too-long", "Address too long", 414
    explained = "The address has more bytes than this server reads. Ask with fewer values, or in several requests."


class HeadersTooLarge(Problem):
    slug, title, status = "headers-too-large", "Headers too large", 431
    explained = "The headers of the request are more, or larger, than this server reads."


class UnsupportedMedia(Problem):
    slug, title, status = "unsupported-media", "Unsupported media type", 415
    explained = "The body is not of a type this route takes; `detail` shows the header to send."


class TooManyRequests(Problem):
    slug, title, status = "too-many-requests", "Too many requests", 429
    explained = "This key or address asked more often than it may. `RateLimit` says how often; wait for `Retry-After`."

    def __init__(self, what: str, seconds: int, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
        named = {name.decode(): value.decode() for name, value in headers}
        super().__init__(f"{what}; ask again in {seconds} s.", headers={"Retry-After": str(seconds), **named})


class TooSlow(Problem):
    slug, title, status = "too-slow", "Took too long", 503
    explained = (
        "The read ran into the server's time limit, or so many slow ones wait that it would. Ask again in a moment, or "
        "for less: a narrower filter, a smaller page."
    )

    def __init__(self, seconds: float, *, waiting: int = 0) -> None:
        sentence = f"The read was given up after {seconds:g} s; narrow the filter."
        if waiting:
            sentence = f"{waiting} slow reads wait for their turn already; ask again in a moment, or narrow the filter."
        super().__init__(sentence, headers={"Retry-After": "5"})


class Busy(Problem):
    slug, title, status = "busy", "The database is busy", 503
    explained = "The database did not take the write in time. Nothing was written; send it again."

    def __init__(self) -> None:
        super().__init__("The database did not take the write; send it again.", headers={"Retry-After": "1"})


class NotReady(Problem):
    slug, title, status = "not-ready", "Not ready", 503
    explained = "The database does not answer, or has to be migrated first; `detail` names the command. Ask again then."

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"Retry-After": "5"})


class Crowded(Problem):
    slug, title, status = "crowded", "Too many exports at once", 503
    explained = "The server is giving as many whole sets as it gives at once. Ask again in a moment, or page by page."

    def __init__(self, most: int) -> None:
        detail = f"{most} exports are under way, as many as this server gives at once; ask again in a moment."
        super().__init__(detail, headers={"Retry-After": "5"})


class Broken(Problem):
    slug, title, status = "broken", "Our fault", 500
    explained = "Something broke inside the server. The answer says no more; the server's log does."


def unlisted(kind: str, word: str, allowed: Iterable[str]) -> str:
    """The sentence for a word that is none of the allowed ones, with the near ones or, if few, all of them."""
    listed = sorted(allowed)
    if not listed:
        return f"{word[:80]!r} is not {kind}; there is none."
    close = process.extract(word[:80], listed, scorer=OSA.normalized_similarity, score_cutoff=0.6, limit=MOST_HINTS)
    near = [one for one, _, _ in close] or [one for one in listed if len(word) > 2 and one.startswith(word)]
    hint = f"; did you mean {' or '.join(map(repr, near[:MOST_HINTS]))}?" if near else ""
    return f"{word[:80]!r} is not {kind}{hint or '.'} Allowed: {', '.join(listed)}."
