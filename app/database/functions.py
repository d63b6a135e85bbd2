"""Functions of the database that its two engines write differently."""

from typing import Any, ClassVar

from sqlalchemy import Date, Integer, LargeBinary
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class PerEngine(FunctionElement[Any]):
    """An expression with a text for each engine, its arguments in the places of `{}`; the base of all below."""

    inherit_cache = True
    sqlite: ClassVar[str]
    postgresql: ClassVar[str]


@compiles(PerEngine)
def _write(element: PerEngine, compiler: SQLCompiler, **options: Any) -> str:
    arguments = [compiler.process(argument, **options) for argument in element.clauses]
    text = element.postgresql if compiler.dialect.name == "postgresql" else element.sqlite
    return text.format(*arguments)


class utf8(PerEngine):  # noqa: N801  (functions of the database, named as such)
    """Text as its UTF-8 bytes: what is passed on unread is not decoded, only to be encoded again."""

    type = LargeBinary()
    sqlite = "CAST({} AS BLOB)"
    postgresql = "convert_to({}, 'UTF8')"


class as_sent(utf8):  # noqa: N801
    """The same where the conversion is free: on PostgreSQL it would cost twice what reading the row does."""

    postgresql = "{}"


class day_before(PerEngine):  # noqa: N801
    """The day before a day."""

    type = Date()
    sqlite = "date({}, '-1 day')"
    postgresql = "({} - 1)"


class day_after(PerEngine):  # noqa: N801
    """The day after a day."""

    type = Date()
    sqlite = "date({}, '+1 day')"
    postgresql = "({} + 1)"


class place_in(PerEngine):  # noqa: N801
    """Where in a text another stands, from 1."""

    type = Integer()
    sqlite = "instr({}, {})"
    postgresql = "strpos({}, {})"


class among_few(PerEngine):  # noqa: N801
    """A column holds one of what a statement brings, which is worked out first."""

    # Without a type: as Boolean it would be compared with 1 on SQLite, and no index would be used.
    sqlite = "{} IN {}"
    postgresql = "{} = ANY (ARRAY{})"


class likely(PerEngine):  # noqa: N801
    """A condition that a share of the rows meets, from 0 to 1.

    Without statistics SQLite takes any index that gives the order of the page for as good as one that finds the row.
    """

    sqlite = "likelihood({}, {})"
    # In brackets: one of several that are joined by OR stands among others joined by AND.
    postgresql = "({})"


class unindexed(PerEngine):  # noqa: N801
    """A column as it is read: SQLite takes any index that begins with it for as good as that of the reference."""

    sqlite = "+{}"
    postgresql = "{}"
