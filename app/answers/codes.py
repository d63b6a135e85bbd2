"""Codes of derived answers: what became of a statement under a rule, and whether the statements used agree."""

from app.database.codes import Code


class StatementRole(Code):
    """What a rule does with a statement."""

    used = "used", "One of those that the number rests on."
    superseded = "superseded", "Whoever stands behind it has stated the same thing again, of a later day."
    older = "older", "The latest of its originator, and more than a day older than the newest: listed, not used."
    additional = "additional", "Comes on top of an earlier number that it does not name; listed, never added."
    unknown = "unknown", "Speaks of a number and gives none; it takes nothing away from those that do."
    excluded = "excluded", "Counts something else than the row does, or cannot be compared; `why` says in what."


class Agreement(Code):
    """Whether the statements that a number rests on can all be true."""

    single = "single", "There is one statement: nothing to compare it with."
    consistent = "consistent", "One number could satisfy them all, where approximately n means n plus or minus 10 %."
    conflicting = "conflicting", "No number satisfies them all, or an older total is above what the newest allow."
