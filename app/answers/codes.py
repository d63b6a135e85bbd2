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


class StepReason(Code):
    """Why a number of an incident changed from one day to the next."""

    first = "first", "It is the first number that a source gives for the row."
    event = "event", "A later day has been counted."
    late_report = "late_report", "What it rests on was published or recorded only after a later day had been reported."
    revised_down = "revised_down", "An originator has come back to a total that is below its own earlier one."
    correction = "correction", "This register had an error in it and has corrected the figure."
    reclassified = "reclassified", "A figure counted something else in this register before, and was moved here."


class ConflictKind(Code):
    """What is disputed of an incident or a facility."""

    numbers = "numbers", "Two statements about one thing that cannot both be true."
    party = "party", "A part that somebody is said to have taken, and that is denied, or contested by a source."
    claim = "claim", "A claim that a source disputes, refutes or calls misinformation."
    outcome = "outcome", "How it ended is disputed, as the record of the incident says."


class CoverageStatus(Code):
    """Whether a place has a figure that may be taken for its state on a day."""

    reported = "reported", "It has one of the whole that is not too old."
    partial = "partial", "It has one that is not too old, of parts of those held there only."
    stale = "stale", "Its last one is too old, by `stale/1`."
    never = "never", "It never gave one."
    closed = "closed", "It is not in use: closed, destroyed or not yet opened."
    not_published = "not_published", "The last that is said of it is that none is published."
