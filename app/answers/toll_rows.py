"""The rows of a toll: which figures may be compared, and what each row shows. Values in, values out.

A row is what may be compared: one measure, of the same groups, of one actor's people, of one sex, cause and unit, total
or current. Rows are never added.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from app.answers.codes import Agreement, StatementRole
from app.answers.differences import Added
from app.answers.reconciling import Reconciled, reconcile
from app.answers.statements import Number, Statement, StatementShown
from app.estimates.codes import Tally
from app.estimates.dates import in_words, parse_partial_date
from app.figures.codes import FigureCause, FigureUnit
from app.figures.models import MOMENTARY
from app.records.codes import FigureMeasure, FigureOf, Sex


class Spread(BaseModel):
    """The least and the greatest value that some statements name."""

    low: Annotated[float | int, Field(description="The least.", examples=[268])]
    high: Annotated[float | int, Field(description="The greatest.", examples=[374])]


class Reconciliation(Number):
    """What statements about one number of an incident come to."""

    model_config = ConfigDict(extra="forbid")

    key: Annotated[
        str,
        Field(
            description="The row's name in this answer; as filters of `/v1/figures` it finds its statements.",
            examples=["measure=killed&of=militant&actor=isis"],
        ),
    ]
    measure: Annotated[FigureMeasure, Field(description="What is counted.", examples=["killed"])]
    of: Annotated[
        list[FigureOf], Field(description="The groups counted together; empty for everyone.", examples=[["militant"]])
    ]
    actor: Annotated[str | None, Field(description="Whose people or things are counted.", examples=["isis"])]
    sex: Annotated[Sex | None, Field(description="The sex counted; null for all.", examples=[None])]
    cause: Annotated[FigureCause | None, Field(description="The cause; null for any.", examples=[None])]
    unit: Annotated[FigureUnit, Field(description="What one of them is.", examples=["persons"])]
    tally: Annotated[
        Tally, Field(description="Whether all since it began are counted, or those of the moment.", examples=["total"])
    ]
    spread: Annotated[
        Spread | None, Field(description="The least and the greatest value that the statements used name.")
    ]
    agreement: Annotated[
        Agreement | None,
        Field(
            description="Whether the statements used can all be true; null where none can be used.", examples=["single"]
        ),
    ]
    reads_as: Annotated[str, Field(description="The row as a sentence to quote.", examples=["374 killed"])]


class TollRow(Reconciliation):
    """What is known of one number of an incident."""

    originators: Annotated[
        list[str], Field(description="Who stands behind the statements used.", examples=[["sdf", "SOHR"]])
    ]
    statements: Annotated[list[StatementShown], Field(description="Every statement of the row up to that day.")]
    added: Annotated[
        list[Added] | None,
        Field(default=None, description="What was added since, where `since` asks.", examples=[None]),
    ]
    added_why: Annotated[
        str | None, Field(default=None, description="Why nothing can be said of that.", examples=[None])
    ]


class RowKey(NamedTuple):
    """What the statements of one row have in common."""

    measure: str
    of: tuple[str, ...]
    actor: str | None
    sex: str | None
    cause: str | None
    unit: str
    tally: str

    @property
    def name(self) -> str:
        """As filters of the list of figures."""
        pairs = [("measure", self.measure), *(("of", group) for group in self.of)]
        pairs += [(name, value) for name in ("actor", "sex", "cause") if (value := getattr(self, name)) is not None]
        if self.unit != FigureUnit.persons:
            pairs.append(("unit", self.unit))
        if self.tally != _usual_tally(self.measure):
            pairs.append(("tally", self.tally))
        return "&".join(f"{name}={value}" for name, value in pairs)

    @property
    def place(self) -> tuple[Any, ...]:
        """Where its row stands: by measure, the widest group first."""
        named = sum(getattr(self, name) is not None for name in ("actor", "sex", "cause"))
        return MEASURES.index(self.measure), bool(self.of), -len(self.of), named, self.name


MEASURES: Final = [str(measure) for measure in FigureMeasure]


def _usual_tally(measure: str) -> str:
    return (Tally.current if FigureMeasure(measure) in MOMENTARY else Tally.total).value


def key_of(figure: Mapping[str, Any]) -> RowKey:
    """The row that a figure belongs to: what adds to a number stands with that number."""
    tally = figure["tally"]
    if tally == Tally.additional:
        tally = _usual_tally(figure["measure"])
    own = (figure["actor"], figure["sex"], figure["cause"], figure["unit"])
    return RowKey(figure["measure"], tuple(figure["of"]), *own, tally)


def rows_of_figures(
    figures: Iterable[Statement], incident: Mapping[str, Any], measures: Iterable[str] | None = None
) -> list[tuple[RowKey, list[Statement]]]:
    """Figures by the row that they belong to, in the order of the rows; what counts something else is excluded."""
    wanted = None if measures is None else set(measures)
    by_row: dict[RowKey, list[Statement]] = defaultdict(list)
    for one in figures:
        if wanted is None or one.record["measure"] in wanted:
            by_row[key_of(one.record)].append(checked(one, incident))
    return sorted(by_row.items(), key=lambda row: row[0].place)


def toll_rows(
    figures: Iterable[Statement], incident: Mapping[str, Any], measures: Iterable[str] | None = None
) -> list[tuple[RowKey, Reconciled]]:
    """The rows of `toll/1`, of figures that speak of the day or of an earlier one."""
    return [(key, reconcile(some)) for key, some in rows_of_figures(figures, incident, measures)]


def checked(one: Statement, incident: Mapping[str, Any]) -> Statement:
    """A statement, excluded where it does not count what its row counts."""
    begins, started = one.record["period_start_earliest"], incident["started_latest"]
    if begins is not None and started is not None and begins > started and one.record["tally"] == Tally.total:
        why = f"it counts another period, from {one.record['period_start']} to {one.record['as_of']}"
        return one.with_role(StatementRole.excluded, why)
    if one.record.get("withheld"):
        return one.with_role(StatementRole.excluded, "a part of it is withheld from you, so it cannot be compared")
    return one


def shown_row(key: RowKey, row: Reconciled, incident: Mapping[str, Any], day: str) -> dict[str, Any]:
    """A row of a toll as the answer shows it."""
    return reconciliation(key, row, incident, day) | {
        "originators": list(dict.fromkeys(one.record["originator"] for one in row.used if one.record["originator"])),
        "statements": [one.shown() for one in row.statements],
    }


def reconciliation(key: RowKey, row: Reconciled, incident: Mapping[str, Any], day: str) -> dict[str, Any]:
    """What a row came to on a day, as an answer shows it."""
    return {
        "low": row.low,
        "best": row.best,
        "high": row.high,
        "key": key.name,
        "measure": key.measure,
        "of": list(key.of),
        "actor": key.actor,
        "sex": key.sex,
        "cause": key.cause,
        "unit": key.unit,
        "tally": key.tally,
        "spread": dict(zip(("low", "high"), row.spread, strict=True)) if row.spread else None,
        "agreement": row.agreement.value if row.agreement else None,
        "reads_as": _sentence(row, incident, day),
    }


def _sentence(row: Reconciled, incident: Mapping[str, Any], day: str) -> str:
    """A row as a sentence: of one statement its own, of several each with who says so, and whether they agree."""
    title, used = str(incident["title"]), row.used
    if len(used) == 1:
        return str(used[0].record["reads_as"])
    until = f"{title[:1].upper()}{title[1:]}, by {in_words(parse_partial_date(day, today=date.max))}"
    if not used:
        return f"{until}: no number can be given."
    sentences = "; ".join(dict.fromkeys(apart(one.record["reads_as"], title) for one in used))
    end = "These cannot all be true." if row.agreement is Agreement.conflicting else "These can all be true."
    return f"{until}: {sentences}. {end}"


def apart(sentence: str, title: str) -> str:
    """What a statement says, and when, without the event that it speaks of."""
    own = sentence[len(title) + 2 :] if sentence[1:].startswith(f"{title[1:]}, ") else sentence
    when, _, says = own.removesuffix(".").partition(": ")
    return f"{says} ({when})"
