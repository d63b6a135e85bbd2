"""The sentences of records as the model writes them, for the few words that its bodies are made of."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.support.model_shapes import DAYS, WORDS, Form

Bodies = Mapping[str, Mapping[int, Form]]
Called = Callable[[str | None], str]
SAID: Mapping[tuple[Any, ...], str] = {words[:4]: words[5] for words in WORDS.values() if words[4] is None} | {
    (300, 300, 300, "exact"): "300", (3, 3, 3, "exact"): "3",
    (4, None, None, "at_least"): "at least 4", (5, None, 7, "between"): "between 5 and 7",
}  # fmt: skip
"""Bounds, and the words that say them."""


def sentence(collection: str, body: Form, bodies: Bodies) -> Form:
    """Who stands behind a number, and the number as a sentence to quote; of a claim the sentence alone."""
    actors = {one["slug"]: one for one in bodies["actors"].values()}

    def called(slug: str | None) -> str:
        return "" if slug is None else actors[slug]["short_name"] or actors[slug]["name"]

    def originator_of(slug: str) -> str:
        (source,) = (one for one in bodies["sources"].values() if one["slug"] == slug)
        authors = ", ".join(source["authors"]) if source["views_of"] == "authors" else ""
        return str(authors or source["publisher"] or source["title"])

    if collection == "claims":
        return {"reads_as": _claim(body, bodies, called, originator_of)}
    behind = originator_of(body["source"])
    party = actors.get(body["attributed_to"], {})
    quoted = "" if party and behind in {party["name"], party["short_name"]} else behind
    by = ", quoted by ".join(one for one in (called(body["attributed_to"]), quoted) if one)
    about = (
        _name(bodies, "incidents", body["incident"])
        if collection == "figures"
        else (_name(bodies, "facilities", body["facility"]))
    )
    counted = _counted(body, called) if collection == "figures" else _held(body, called)
    note = _note(body)
    when = DAYS[body["as_of"]][2]
    said = f"{about}, as of {when}: {counted}{f' ({note})' if note else ''}, according to {by}."
    return {"originator": body["attributed_to"] or behind, "reads_as": said}


def parties(body: Form, bodies: Bodies) -> list[str]:
    """The parties of an incident: those that bodies have are attackers or victims, and reported."""
    actors = {one["slug"]: one for one in bodies["actors"].values()}
    sources = {one["slug"]: one for one in bodies["sources"].values()}
    sentences = []
    for one in body["parties"]:
        actor, note = actors[one["actor"]], ""
        if one["source"] is not None:
            source = sources[one["source"]]
            authors = ", ".join(source["authors"]) if source["views_of"] == "authors" else ""
            note = f" (according to {authors or source['publisher'] or source['title']})"
        part = {"attacker": "an attacker", "victim": "a victim"}[one["role"]]
        sentences.append(f"{body['title']}: {actor['short_name'] or actor['name']} is reported to be {part}{note}.")
    return sentences


def _name(bodies: Bodies, collection: str, slug: str) -> str:
    (record,) = (one for one in bodies[collection].values() if one["slug"] == slug)
    return str(record["title" if collection == "incidents" else "name"])


def _number(body: Form) -> str:
    """Bounds in words, as those of a count that adds to an earlier one where they are."""
    said = SAID[body["low"], body["best"], body["high"], body["qualifier"]]
    if body["tally"] != "additional":
        return said
    if body["qualifier"] == "exact":
        return f"another {said}"
    words, bracket, rest = said.partition(" (")
    return f"{words} more{bracket}{rest}"


def _note(body: Form) -> str:
    if body["as_written"] is None or "bounds_by_editor" not in body["flags"]:
        return ""
    round_number = body["best"] is not None and body["low"] is None and body["high"] is None
    return f"read as {'a round number' if round_number else _number(body)} by this register"


def _with(body: Form, noun: str) -> str:
    """The number and the noun that follows it: the source's words, or the bounds where there are none."""
    words, number = body["as_written"], _number(body)
    if words == "none":
        return f'"none" ({number} {noun})'
    if words is None:
        text, of = number, number.startswith(("dozens", "an unknown number"))
    else:
        text, of = words + (" (24 to 99)" if words == "dozens" and not _note(body) else ""), words == "dozens"
    return f"{text} {'of ' if of and not noun.startswith('of ') else ''}{noun}"


def _owned(name: str) -> str:
    return f"{name}'" if name.endswith("s") else f"{name}'s"


def _counted(body: Form, called: Called) -> str:
    side, of = called(body["actor"]), body["of"]
    groups = " and ".join(f"{group}s" for group in of)
    if not of:
        who = f"of {side}" if side else "people"
    elif side and of == ["guard"]:
        who = f"of {_owned(side)} guards"
    else:
        who = f"{groups} belonging to {side}" if side else groups
    participle = {"hostages": "held hostage"}.get(body["measure"], body["measure"])
    by = f" by {called(body['by'])}" if body["by"] else ""
    who = f"male {who}" if body["sex"] == "male" else who
    return f"{_with(body, who)} {participle}{by}"


def _held(body: Form, called: Called) -> str:
    of = called(body["affiliation"])
    if body["measure"] == "capacity":
        for_whom = body["group"] or ("men" if body["sex"] == "male" else "")
        who, ending = (f"places for {for_whom}" if for_whom else "places"), ""
    else:
        who, ending = body["group"] or ("male detainees" if body["sex"] == "male" else "people"), " held"
    alleged = f", alleged to belong to {of}," if of and of.lower() not in who.lower() else ""
    return f"{_with(body, who)}{alleged}{ending}"


def _claim(body: Form, bodies: Bodies, called: Called, originator_of: Callable[[str], str]) -> str:
    if body["incident"] is not None:
        about = _name(bodies, "incidents", body["incident"])
    elif body["facility"] is not None:
        about = _name(bodies, "facilities", body["facility"])
    else:
        about = called(body["about"])
    maker, behind = body["author"] or called(body["made_by"]), originator_of(body["source"])
    made = f"claimed by {maker}" + (f", quoted by {behind}" if behind != maker else "")
    made += f", {DAYS[body['made_on']][2]}" if body["made_on"] else ""
    verdicts = {"disputed": "disputed by", "likely": "called likely by"}
    notes = [made, *(f"{verdicts[one['verdict']]} {originator_of(one['source'])}" for one in body["assessments"])]
    return f"{about}: {body['statement']} ({'; '.join(notes)})."
