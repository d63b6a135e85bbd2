"""What `alembic revision --autogenerate` writes: the operations of kept tables (`kept.py`), each in one line.

Alembic compares tables and lists what differs, the history tables among them. Here that becomes what was meant: a column
of a kept table is added to its history too, with its codes, and its triggers are made again.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import Any, Literal

import sqlalchemy as sa
from alembic.autogenerate import renderers
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext


class Call(ops.MigrateOperation):
    """One operation of `kept.py`, as it is written."""

    def __init__(self, name: str, *arguments: str, table: str) -> None:
        self.name, self.arguments = name, (repr(table), *arguments)

    def to_diff_tuple(self) -> tuple[str, ...]:
        """How `alembic check` names it."""
        return (str(self),)

    def __str__(self) -> str:
        if self.name == "create_kept":
            return f"op.{self.name}(\n" + "".join(f"    {argument},\n" for argument in self.arguments) + ")"
        return f"op.{self.name}({', '.join(self.arguments)})"


@renderers.dispatch_for(Call)
def _written(_context: object, call: Call) -> str:
    return str(call)


def _type(kind: sa.types.TypeEngine[Any]) -> str:
    """A type of the register; the two that are not the same on both engines have a name in every migration."""
    if isinstance(kind, sa.types.TypeDecorator):
        kind = kind.impl_instance
    if isinstance(kind, sa.String):
        return "TEXT"
    if isinstance(kind, sa.BigInteger) and (others := kind._variant_mapping):  # noqa: SLF001  (nothing else tells)
        return "ID" if "sqlite" in others else 'sa.BigInteger().with_variant(sa.Numeric(), "postgresql")'
    return f"sa.{kind!r}"


def render_item(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Alembic's own hook, for tables that are not kept."""
    return _type(item) if kind == "type" else False


# --- the rewriting -----------------------------------------------------------------------------------------------


def process_revision_directives(context: MigrationContext, _revision: object, directives: list[Any]) -> None:
    """Say of kept tables what is meant, in the migration that is about to be written and in `alembic check`."""
    connection, metadata = context.connection, context.opts["target_metadata"]
    if connection is None:
        return
    inspector = sa.inspect(connection)
    there = set(inspector.get_table_names())
    names = there | set(metadata.tables)
    kept = {name for name in names if f"{name}_history" in names}
    changed = [
        change for name in sorted(kept & there & set(metadata.tables)) for change in _recoded(inspector, metadata, name)
    ]
    for script in directives:
        script.upgrade_ops.ops = [*_rewritten(script.upgrade_ops.ops, kept), *(up for up, _ in changed)]
        script.downgrade_ops.ops = [*(down for _, down in changed), *_rewritten(script.downgrade_ops.ops, kept)]


def _recoded(inspector: sa.Inspector, metadata: sa.MetaData, table: str) -> Iterator[tuple[Call, Call]]:
    """The columns whose codes are not those that the database checks; Alembic compares conditions by name alone."""
    checks = {check["name"]: check["sqltext"] for check in inspector.get_check_constraints(table)}
    for column in metadata.tables[table].columns:
        condition = checks.get(f"ck_{table}_{column.name}")
        if "codes" in column.info and condition is not None:
            new, old = _codes(column, None), _listed(condition)
            if new != old:
                up, down = (
                    Call("change_kept_codes", *map(repr, (column.name, *codes)), table=table) for codes in (new, old)
                )
                yield up, down


def _rewritten(operations: Sequence[ops.MigrateOperation], kept: set[str]) -> Iterator[ops.MigrateOperation]:
    """The operations, those of a kept table and of its history made one."""
    of: dict[str, list[ops.MigrateOperation]] = {}
    for one in operations:
        listed = one.ops if isinstance(one, ops.ModifyTableOps) else [one]
        of.setdefault(_table(one), []).extend(listed)
    done = set()
    for one in operations:
        table = _table(one)
        base = table if table in kept else table.removesuffix("_history")
        if base not in kept:
            yield one
        elif base not in done:
            done.add(base)
            yield from _of_kept(base, of.get(base, []), of.get(f"{base}_history", []))


def _table(operation: Any) -> str:
    return str(getattr(operation, "table_name", ""))


def _of_kept(
    table: str, own: list[ops.MigrateOperation], past: list[ops.MigrateOperation]
) -> Iterator[ops.MigrateOperation]:
    """What happens to one kept table, in an order in which nothing speaks of a column that is not there."""
    for one in own:
        if isinstance(one, ops.CreateTableOp):
            yield _created(one, [one.to_index() for one in own if isinstance(one, ops.CreateIndexOp)])
            return
        if isinstance(one, ops.DropTableOp):
            yield Call("drop_kept", table=table)
            return
    added = {one.column.name for one in own if isinstance(one, ops.AddColumnOp)}
    dropped = {one.column_name for one in own if isinstance(one, ops.DropColumnOp)}
    said = {f"{kind}_{table}_{name}" for kind in ("ck", "fk") for name in added | dropped}
    apart = [one for one in own if str(getattr(one, "constraint_name", None)) not in said]
    # Conditions go before the columns they speak of, and come after them.
    apart.sort(key=lambda one: not isinstance(one, ops.DropConstraintOp))
    rest = []
    for one in apart:
        call = _call(table, one, own, dropped)
        if call is None:
            rest.append(one)
        elif call.name:
            yield call
    about = {_key(one, own=True) for one in own}
    yield from _altered(table, rest, [one for one in past if _key(one, own=False) not in about])


def _call(table: str, one: ops.MigrateOperation, own: list[ops.MigrateOperation], dropped: set[str]) -> Call | None:
    """The operation of `kept.py` that does what one of Alembic's was to do; one without a name if there is no need."""
    call: Call | None = None
    if isinstance(one, ops.AddColumnOp):
        call = _column_added(table, one.column, own)
    elif isinstance(one, ops.DropColumnOp):
        call = Call("drop_kept_column", repr(str(one.column_name)), table=table)
    elif isinstance(one, ops.CreateIndexOp):
        call = Call("create_kept_index", *_index(one.to_index(), table), table=table)
    elif isinstance(one, ops.DropIndexOp):
        index = one.to_index()
        gone = dropped & set(_columns(index))  # It goes with its column.
        call = Call("" if gone else "drop_kept_index", *map(repr, _columns(index)), *_name(index, table), table=table)
    elif isinstance(one, ops.CreateCheckConstraintOp):
        check = one.to_constraint()
        call = Call("create_kept_check", repr(_check_name(check.name, table)), repr(str(check.sqltext)), table=table)
    elif isinstance(one, ops.DropConstraintOp) and one.constraint_type == "check":
        call = Call("drop_kept_check", repr(_check_name(one.constraint_name, table)), table=table)
    return call


def _check_name(name: object, table: str) -> str:
    return str(name).removeprefix(f"ck_{table}_")


def _key(one: Any, *, own: bool) -> object:
    """What an operation is about, so that one of a table and the one of its history that goes with it are alike."""
    if isinstance(one, ops.AddColumnOp):
        return str(one.column.name)
    if isinstance(one, ops.DropColumnOp):
        return str(one.column_name)
    if isinstance(one, ops.CreateIndexOp | ops.DropIndexOp):
        columns = _columns(one.to_index())
        return (*columns, *(name for name in ("until", "revision") if own and name not in columns))
    return one


def _altered(
    table: str, own: Sequence[ops.MigrateOperation], past: Sequence[ops.MigrateOperation]
) -> Iterator[ops.MigrateOperation]:
    """What has no name of its own: Alembic's operations, with the view and the triggers out of their way."""
    frees = any(not isinstance(one, ops.CreateIndexOp | ops.DropIndexOp) for one in (*own, *past))
    if frees:
        yield Call("release", table=table)
    for name, listed in ((table, own), (f"{table}_history", past)):
        if listed:
            yield ops.ModifyTableOps(name, list(listed))
    if frees:
        yield Call("keep", table=table)


# --- how they are written ----------------------------------------------------------------------------------------


def _created(made: ops.CreateTableOp, indexes: list[sa.Index]) -> Call:
    """A table with its history."""
    table, columns = made.table_name, [item for item in made.columns if isinstance(item, sa.Column)]
    constraints = sorted(
        (item for item in made.columns if isinstance(item, sa.Constraint)), key=lambda item: str(item.name)
    )
    keys = {name for item in constraints if isinstance(item, sa.PrimaryKeyConstraint) for name in item.columns.keys()}  # noqa: SIM118
    coded = {f"ck_{table}_{column.name}" for column in columns if _codes(column, constraints)}
    written = [
        _column(column, constraints, key=column.name in keys or column.primary_key, table=table) for column in columns
    ]
    for item in constraints:
        if isinstance(item, sa.CheckConstraint) and str(item.name) not in coded:
            written.append(f"sa.CheckConstraint({str(item.sqltext)!r}, name={_check_name(item.name, table)!r})")
        elif isinstance(item, sa.UniqueConstraint):
            written.append(f"sa.UniqueConstraint({', '.join(map(repr, item.columns.keys()))})")
    for index in sorted(indexes, key=lambda index: str(index.name)):
        name = [option.removeprefix("name=") for option in _name(index, table)] or ["None"]
        options = [f"{key}=sa.text({str(value)!r})" for key, value in index.dialect_kwargs.items() if value is not None]
        unique = ["unique=True"] if index.unique else []
        written.append(f"sa.Index({', '.join([*name, *map(repr, _columns(index)), *unique, *options])})")
    options = [f"{key}={value!r}" for key, value in made.kw.items() if key.startswith(("sqlite_", "postgresql_"))]
    return Call("create_kept", *written, *options, table=table)


def _column_added(table: str, column: sa.Column[Any], own: list[Any]) -> Call:
    """A column, and what the rows there are hold in it where it is never null: what a new one holds by default."""
    constraints = [
        one.to_constraint() for one in own if isinstance(one, ops.CreateCheckConstraintOp | ops.CreateForeignKeyOp)
    ]
    default: Any = column.default
    options: list[str] = []
    if default is not None and not column.nullable:
        value = default.arg(None) if default.is_callable else default.arg
        if isinstance(column.type, sa.types.TypeDecorator):
            value = column.type.process_bind_param(value, sa.create_mock_engine("sqlite://", print).dialect)
        options = [f"existing={value.value if isinstance(value, Enum) else value!r}"]
    return Call("add_kept_column", _column(column, constraints, table=table), *options, table=table)


def _column(column: sa.Column[Any], constraints: Sequence[sa.Constraint], *, table: str, key: bool = False) -> str:
    """A column with its reference and its codes, which other operations may tell of."""
    written = [repr(str(column.name)), _type(column.type)]
    targets = [key.target_fullname for key in column.foreign_keys]
    targets += [
        item.elements[0].target_fullname
        for item in constraints
        if isinstance(item, sa.ForeignKeyConstraint) and item.column_keys == [column.name]
    ]
    written += [f"sa.ForeignKey({target!r})" for target in targets[:1]]
    if key:
        written.append("primary_key=True")
        written += ["autoincrement=False"] if column.autoincrement is False else []
    else:
        written.append(f"nullable={column.nullable}")
    codes = _codes(column, [item for item in constraints if str(item.name) == f"ck_{table}_{column.name}"])
    written += [f"info={{'codes': {codes!r}}}"] if codes else []
    return f"sa.Column({', '.join(written)})"


def _codes(column: sa.Column[Any], constraints: Iterable[sa.Constraint] | None) -> list[str]:
    """The codes a column may hold: as its model says, or as a condition does that the database has."""
    if "codes" in column.info:
        return [code.value for code in column.info["codes"]]
    for item in constraints or ():
        if isinstance(item, sa.CheckConstraint) and str(item.name).endswith(f"_{column.name}"):
            return _listed(item.sqltext)
    return []


def _listed(condition: object) -> list[str]:
    return re.findall(r"'(\w+)'", str(condition))


def _index(index: sa.Index, table: str) -> list[str]:
    """The columns of an index, and what else there is to say of it."""
    where = next((value for name, value in index.dialect_kwargs.items() if name.endswith("_where")), None)
    options = _name(index, table) + (["unique=True"] if index.unique else [])
    return [*map(repr, _columns(index)), *options, *([f"where={str(where)!r}"] if where is not None else [])]


def _name(index: sa.Index, table: str) -> list[str]:
    """The name of an index where it is not made of its columns."""
    return [] if index.name == f"ix_{table}_{'_'.join(_columns(index))}" else [f"name={str(index.name)!r}"]


def _columns(index: sa.Index) -> list[str]:
    return [str(column.name) for column in index.columns]
