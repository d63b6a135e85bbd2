"""`detention export`: a collection, or the whole register, into a file."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from app.cli.register import misuse, open_register
from app.database.settings import settings


def export(
    collection: Annotated[str, typer.Argument(help="The collection, or `all` for the whole register (native).")],
    form: Annotated[
        str | None,
        typer.Option("--format", help="A format, as `format=` of the API names it; else the ending of --out."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The file to write; without, it goes to stdout.")] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(help="A parameter of the list, as `country=SYR,IRQ`; `%2C` is a comma. May be repeated."),
    ] = None,
    tier: Annotated[str, typer.Option(help="As whom to read: public, partner or restricted.")] = "public",
) -> None:
    """Export a collection, or the whole register, as a tier may see it."""
    import asyncio
    from collections import defaultdict

    from app.catalogue.collections import LISTINGS
    from app.errors import unlisted
    from app.exports.formats import format_of_file, formats_of, formats_of_register
    from app.exports.saving import save
    from app.history.codes import Access

    if collection not in LISTINGS and collection != "all":
        misuse(unlisted("a collection", collection, [*LISTINGS, "all"]))
    if tier not in list(Access):
        misuse(unlisted("a tier", tier, Access))
    formats = formats_of(LISTINGS[collection]) if collection != "all" else formats_of_register()
    try:
        chosen = format_of_file(out, form, formats)
    except KeyError as unknown:
        misuse(unlisted(f"a format of {collection}", unknown.args[0], formats))
    parameters: dict[str, list[str]] = defaultdict(list)
    for parameter in where or []:
        name, equals, value = parameter.partition("=")
        if not equals:
            misuse(f"{parameter!r} is no parameter of a list: write `country=SYR`.")
        parameters[name].append(value)
    with open_register(), _output(out) as file:
        asyncio.run(save(settings(), collection, chosen, parameters, Access(tier), file))


@contextmanager
def _output(out: Path | None) -> Iterator[BinaryIO]:
    """Where an export is written: the file appears only when it is complete."""
    if out is None:
        yield sys.stdout.buffer
        return
    if out.is_dir():
        misuse(f"{out} is a folder; name a file.")
    part = out.with_name(f"{out.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
