"""Code lists of claims."""

from app.database.codes import Code


class ClaimModality(Code):
    """How its maker puts it; what others make of it is an assessment."""

    asserted = "asserted", "As plain fact, without a hedge."
    probable = "probable", "As more likely than not: 'likely', 'no doubt', 'must have'."
    possible = "possible", "As something that may be so, leaning neither way: 'may', 'could'."
    questioned = "questioned", "As a question or doubt raised, without an answer being given."
    assumed = "assumed", "Taken for granted, without argument, as ground for something else."
    forecast = "forecast", "About the future: what will or may come of it."
    recommended = "recommended", "As what somebody ought to do; neither true nor false."


class ClaimVerdict(Code):
    """What a source makes of somebody else's claim."""

    supported = "supported", "Backs it, with evidence or by calling it right or legitimate."
    likely = "likely", "Holds it more probable than not, without calling it shown."
    unverified = "unverified", "Looked at it and could neither confirm nor rule it out."
    disputed = "disputed", "Contests it, with argument or a contrary account, without showing it false."
    refuted = "refuted", "Shows it false by evidence; says nothing of why it was made."
    misinformation = "misinformation", "Calls it false or misleading and harmful to spread, knowingly made or not."
