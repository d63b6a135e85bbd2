"""Every error the API answers with, as RFC 9457 `application/problem+json`.

    Problem
    ├── BadInput 422            unknown or ill-formed parameters, fields and codes; every fault is named at once
    │   └── NoSuchMoment 422    a revision or time the register has not been at
    ├── Unauthorized 401        no key where one is needed, or one that does not work
    ├── NoRight 403             a key without the scope
    ├── NotFound 404            no such record or route
    │   └── Hidden 403          a record for partners only
    ├── MethodNotAllowed 405
    ├── NotAcceptable 406       a format the resource does not come in
    ├── Conflict 409            what stands in the way is named
    ├── Gone 410                a record that was retracted
    ├── Merged 308              a record given up in favour of another of the same thing
    ├── Stale 412               the record changed since it was read
    ├── TooLarge 413            a request body over the limit
    ├── UnsupportedMedia 415    a body that is not what the route takes
    ├── PreconditionRequired 428  a change that does not say which state it changes
    ├── TooSlow 503             a read that ran into its time limit
    ├── Busy 503                a write the database did not take
    ├── NotReady 503            a database that has to be migrated first, or does not answer
    ├── Crowded 503             more exports at once than the server gives
    └── Broken 500              our fault; says nothing of the inside

An answer never repeats SQL, a driver's words or a stored row; of the input it quotes at most the word at fault.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a request: a query parameter, or a place in the body as a JSON pointer."""

    detail: str
    parameter: str | None = None
    pointer: str | None = None


def sentence_of(fault: Mapping[str, Any]) -> str:
    """What a fault that pydantic found says, in a sentence of ours where its own names its inside."""
    if fault["type"] == "string_pattern_mismatch":
        pattern = fault["ctx"]["pattern"]
        return "it must say something" if pattern == r"\S" else f"it must be of the form {pattern}"
    return str(fault["msg"]).removeprefix("Value error, ")


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
    explained = "The route needs a key, or the key sent is unknown, expired or revoked. Send `Authorization: Bearer`."

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"})


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


class UnsupportedMedia(Problem):
    slug, title, status = "unsupported-media", "Unsupported media type", 415
    explained = "The body is not of a type this route takes; `detail` shows the header to send."


class TooSlow(Problem):
    slug, title, status = "too-slow", "Took too long", 503
    explained = "The read ran into the server's time limit. Ask for less: a narrower filter, a smaller page."

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The read was given up after {seconds:g} s; narrow the filter.", headers={"Retry-After": "5"})


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
    near = get_close_matches(word, listed, n=3, cutoff=0.6)
    hint = f"; did you mean {' or '.join(repr(listed_word) for listed_word in near)}?" if near else ""
    allowed_words = f" Allowed: {', '.join(listed)}." if listed else ""
    return f"{word[:80]!r} is not {kind}{hint or '.'}{allowed_words}"
