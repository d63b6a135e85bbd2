"""Every sentence of the shipped data that differs in kind from the others: a page of the docs, read by eye, and a test.

`python -m tests.support.sentences` writes the page anew.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
from sqlalchemy import Engine, text

from app.database.engines import write_engine
from app.imports.mapped.loading import load_mapping
from app.imports.native.files import reference_files
from app.imports.run import run_import
from app.writing.migration import migrate

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "sentences.md"
DATA = Path(__file__).parents[3] / "shared" / "data"
EXCERPTS = {
    "sisdepen-establishments": ("brazil-sisdepen/establishments_2019-12_2020-06.csv", 1, 40),
    "sisdepen-population": ("brazil-sisdepen/population_2019-12_2020-06.csv", 1, 400),
    "sisdepen-profile": ("brazil-sisdepen/profile_age_race_2019-12_2020-06.csv", 1, 400),
    "guantanamo": ("guantanamo-population-cc0/gitmo_camp.csv", 1, 1),
    "ice-deaths": ("ice-detention-deaths/ice_deaths_274_no_names.csv", 1, 3),
    "cbp-deaths": ("ice-detention-deaths/cbp_deaths_in_custody_no_names.csv", 1, 20),
    "ucdp-ged": ("ucdp-ged-syria-2016-2019/ged_syria_detention_keyword.csv", 1, 3),
    "lk-prisons": ("srilanka-prisons-daily/daily.jsonl", 0, 200),
}
"""Of each public file the lines that are imported: as many of a heading, then every so-manyth."""
KIND = (
    *("measure", "statistic", "of", "sex", "min_age", "max_age", "legal_status", "nationality", "cause", "unit"),
    *("tally", "qualifier", "missing_reason"),
)
"""What makes the sentence of one record another kind of sentence than that of the next."""
HEAD = """# Sentences

Every record of a number, and every claim, has a sentence in `reads_as` that can be quoted as it stands: place or event,
when, how many of whom and what became of them, according to whom. Here are all sentences of the
[reference event](../tutorial/first-questions.md), and of the files that the [shipped mappings](mappings.md) are for one
of each kind.

The words of the source come first and are never changed; what they leave open about the bounds follows in brackets.
Where an editor set the bounds, the sentence says so. A name is made anew in every sentence when it is changed
([why](../decisions/names-in-sentences.md)).
"""


def shipped_sentences(engine: Engine) -> dict[str, list[str]]:
    """The sentences of all shipped data, by where they come from, of an empty register that is filled with it."""
    run_import(engine, reference_files(), author="reference")
    found = {"The reference event": _sentences(engine, {}, ("figure", "population", "claim"))}
    with TemporaryDirectory() as folder:
        for mapping, (file, heading, step) in EXCERPTS.items():
            before = _newest(engine)
            lines = (DATA / file).read_bytes().splitlines(keepends=True)
            excerpt = Path(folder) / Path(file).name
            excerpt.write_bytes(b"".join([*lines[:heading], *lines[heading::step]]))
            run_import(engine, [excerpt], load_mapping(mapping), author="import")
            found[f"What `{mapping}` makes of its file"] = _sentences(engine, before, ("figure", "population"), KIND)
    return found


def _newest(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        tables = ("figure", "population")
        return {name: connection.scalar(text(f"SELECT max(id) FROM {name}")) or 0 for name in tables}  # noqa: S608


def _sentences(
    engine: Engine, after: Mapping[str, int], tables: Sequence[str], kind: Sequence[str] = ("id",)
) -> list[str]:
    """The sentences of newer records of some tables, one of each kind."""
    found: dict[str, str] = {}
    with engine.connect() as connection:
        for name in tables:
            newer = text(f"SELECT doc FROM {name} WHERE id > {after.get(name, 0)} ORDER BY id")  # noqa: S608
            for (doc,) in connection.execute(newer):
                record = orjson.loads(doc)
                found.setdefault(str([name, *(record.get(field) for field in kind)]), record["reads_as"])
    return list(found.values())


def page(sentences: Mapping[str, Sequence[str]]) -> str:
    """The page of the docs."""
    parts = [HEAD]
    for title, listed in sentences.items():
        parts += [f"## {title}\n", *(f"- {sentence.replace('<', '&lt;')}" for sentence in listed), ""]
    return "\n".join(parts)


def main() -> None:
    """Write the page anew."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/sentences.db"
        migrate(url)
        engine = write_engine(url)
        PAGE.write_text(page(shipped_sentences(engine)), "utf-8")
        engine.dispose()


if __name__ == "__main__":
    main()
