"""Codes of what every record and every revision says of itself."""

from app.database.codes import Code


class Access(Code):
    """Who may see a record."""

    public = "public", "Everyone, without a key."
    partner = (
        "partner",
        "Holders of a key with read:partner; anybody else who asks for it by name is told it is closed.",
    )
    restricted = "restricted", "Holders of a key with read:restricted; for anybody else the record does not exist."


class ReasonCode(Code):
    """Why a record was changed or taken back."""

    new_report = "new_report", "Something was published or became known since; what stood here was right for its time."
    source_corrected = "source_corrected", "The source itself published a correction or withdrew what it had said."
    our_error = "our_error", "The source was right and this register had it wrong: misread, mistyped or misattributed."
    duplicate = "duplicate", "The same thing stands in the register under another record, which remains."
    out_of_scope = (
        "out_of_scope",
        "It does not belong in a register of detention facilities, their populations and incidents.",
    )
    safety = "safety", "Leaving it as it was could put somebody in danger."
    legal = "legal", "A law, a court order or the terms of a licence require it."


class ChangeAction(Code):
    """What a revision did to a record, as the feed of changes tells it."""

    create = "create", "The record is new, or has become visible to readers of this tier."
    update = "update", "What the record shows has changed: a field of its own, or something it shows of another record."
    retract = (
        "retract",
        "Withdrawn, or no longer visible to this tier; its past stays readable where the tier may see it.",
    )
    merge = "merge", "Given up in favour of a record of the same thing, which `merged_into` names."
    # Not named `split`: that is a method of str.
    split_ = (
        "split",
        "Brought back: it had been given up in favour of another record, and is a thing of its own after all.",
    )
    redact = "redact", "Content removed from the present and the past alike, because showing it could do harm."
