"""Code lists of the figures of incidents."""

from app.database.codes import Code


class FigureCause(Code):
    """What caused the deaths, injuries or illness counted; null means whatever the cause."""

    violence = (
        "violence",
        "Harm done by another, armed fighting included; by staff against people held: `use_of_force`.",
    )
    use_of_force = "use_of_force", "Force used by staff or security forces on duty against people held."
    suicide = "suicide", "Taking one's own life, as found by whoever states it; in non-fatal figures, the attempt."
    illness = "illness", "Disease, old age or lack of care for it: what statistics call natural causes."
    accident = "accident", "Unintended: falls, fires, traffic, accidental overdose."
    undetermined = "undetermined", "Examined, and no cause could be found."
    pending = "pending", "Under examination: an inquest or autopsy has not concluded."
    not_stated = "not_stated", "Counted by the source under no cause at all, in a table that gives causes for others."


class FigureUnit(Code):
    """What one of the number is."""

    persons = "persons", "Individual human beings; the default."
    families = "families", "Households, of however many members; never converted into persons here."
    things = "things", "Objects or places: vehicles, weapons, checkpoints."
    events = "events", "Occurrences: attacks, attempts, strikes."
