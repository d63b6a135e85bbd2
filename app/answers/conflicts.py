"""What is disputed of an incident or a facility: `/conflicts`, by the rule `conflict/1`."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, Final, NamedTuple

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Date, Select, String, bindparam, or_, select

from app.answers.codes import ConflictKind, StatementRole
from app.answers.declaration import DatedQuery, DerivedAnswer, OfFacility, OfIncident, Question
from app.answers.disputes import Pair, conflicts_of
from app.answers.statements import Statement, StatementShown
from app.answers.toll_rows import apart, rows_of_figures
from app.answers.tolls import figures_of
from app.catalogue.collections import NOUNS
from app.claims.codes import ClaimVerdict
from app.claims.sentences import CALLED
from app.estimates.articles import with_article
from app.estimates.dates import in_words, parse_partial_date
from app.estimates.sentences import capital, name_of, says
from app.history.access import seen
from app.history.codes import Access
from app.history.past import At
from app.incidents.sentences import part_in_words
from app.reading.statements import doc, key_values, records_statement
from app.records.filters.disputes import AGAINST, SAME_GROUP


class Verdict(BaseModel):
    """What a source makes of a claim."""

    source: Annotated[str | None, Field(description="The source.", examples=["lister-mei-2022-01-24"])]
    by: Annotated[str | None, Field(description="Who speaks in it.", examples=["Charles Lister"])]
    verdict: Annotated[ClaimVerdict, Field(description="What it says.", examples=["misinformation"])]
    published_on: Annotated[str | None, Field(description="When it was published.", examples=["2022-01-24"])]


class Conflict(BaseModel):
    """Something about which what is stated cannot all be true."""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[ConflictKind, Field(description="What is disputed.", examples=["numbers"])]
    key: Annotated[
        str,
        Field(
            description="Of numbers what both count, as filters of their list; else the party, or the claim's slug.",
            examples=["measure=killed&of=militant&actor=isis"],
        ),
    ]
    as_of: Annotated[str | None, Field(description="The later day that is spoken of.", examples=["2022-01-31"])]
    why: Annotated[str, Field(description="Why it cannot all be true.", examples=["both speak of the same day"])]
    reads_as: Annotated[str, Field(description="Both sides as a sentence to quote.", examples=["Attack on ..."])]
    statements: Annotated[list[StatementShown], Field(description="Of numbers the two statements, the earlier first.")]
    claim: Annotated[str | None, Field(description="The claim it rests on.", examples=["sdf-turkey-complicit"])]
    verdicts: Annotated[list[Verdict], Field(description="What sources make of that claim.")]


class IncidentConflicts(OfIncident):
    """What is disputed of an incident."""

    rows: Annotated[list[Conflict], Field(description="Numbers by the row of the toll, then parties, then claims.")]


class FacilityConflicts(OfFacility):
    """What is disputed of a facility."""

    rows: Annotated[list[Conflict], Field(description="Numbers by group, the newest first, then claims.")]


class Names(NamedTuple):
    """What the actors and sources are called that a dispute names."""

    actors: Mapping[str, Mapping[str, Any]]
    sources: Mapping[str, Mapping[str, Any]]

    def verdicts(self, claim: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The verdicts on a claim, each with who gives it, and when."""
        verdicts = []
        for one in claim["assessments"]:
            source = self.sources.get(one["source"])
            by = None if source is None else says(source)
            published = None if source is None else source["published_on"]
            verdicts.append({"source": one["source"], "by": by, "verdict": one["verdict"], "published_on": published})
        return verdicts


async def incident_conflicts(question: Question) -> dict[str, Any]:
    """`conflict/1` of an incident."""
    incident = question.subject or {}
    figures = await figures_of(question, incident["slug"])
    rows = [
        _numbers(incident["title"], key.name, pair)
        for key, statements in rows_of_figures(figures, incident)
        for pair in conflicts_of(statements, growing=True)
    ]
    claims = await _claims(question, "incident", incident["slug"])
    names = await _names(question, claims, incident["parties"])
    rows += _parties(incident, claims, names)
    rows += [_claim(claim, names) for claim in claims if _contested(claim)]
    if incident["outcome"] == "disputed":
        why = "its record says that the outcome is disputed"
        rows.append(
            _row(ConflictKind.outcome, "outcome", why, f"{capital(incident['title'])}: the outcome is disputed.")
        )
    return {"rows": rows}


async def facility_conflicts(question: Question) -> dict[str, Any]:
    """`conflict/1` of a facility."""
    facility = question.subject or {}
    groups: dict[tuple[Any, ...], list[Statement]] = defaultdict(list)
    for one in await _populations(question, facility["slug"]):
        key = tuple(orjson.dumps(one.record[name]) for name in SAME_GROUP)
        groups[key].append(one)
    pairs = [pair for statements in groups.values() for pair in conflicts_of(statements, growing=False)]
    pairs.sort(key=lambda pair: (pair.later.end, pair.later.record["id"]), reverse=True)
    rows = [_numbers(facility["name"], _group(pair.later.record), pair) for pair in pairs]
    claims = await _claims(question, "facility", facility["slug"])
    names = await _names(question, claims, [])
    return {"rows": [*rows, *(_claim(claim, names) for claim in claims if _contested(claim))]}


# --- what is shown -----------------------------------------------------------------------------------------------


def _row(kind: ConflictKind, key: str, why: str, sentence: str, **more: Any) -> dict[str, Any]:
    blank: dict[str, Any] = {"as_of": None, "statements": [], "claim": None, "verdicts": []}
    return {"kind": kind.value, "key": key, "why": why, "reads_as": sentence} | blank | more


def _numbers(about: str, key: str, pair: Pair) -> dict[str, Any]:
    sentences = [apart(one.record["reads_as"], about) for one in (pair.earlier, pair.later)]
    sentence = f"{capital(about)}: {' and '.join(sentences)} cannot both be true."
    shown = [one.shown() for one in (pair.earlier, pair.later)]
    day = pair.later.record["as_of"]
    return _row(ConflictKind.numbers, key, pair.why, sentence, as_of=day, statements=shown)


def _group(record: Mapping[str, Any]) -> str:
    """What a population counts, as filters of the list of populations."""
    pairs = [(name, record[name]) for name in SAME_GROUP if name not in {"facility", "dimensions", "period_start"}]
    filters = [f"{name}={value}" for name, value in pairs if value is not None]
    return "&".join([*filters, *(f"dimension={name}:{code}" for name, code in record["dimensions"].items())])


def _contested(claim: Mapping[str, Any]) -> bool:
    return any(one["verdict"] in AGAINST for one in claim["assessments"])


def _claim(claim: Mapping[str, Any], names: Names) -> dict[str, Any]:
    details = {"claim": claim["slug"], "as_of": claim["made_on"], "verdicts": names.verdicts(claim)}
    return _row(ConflictKind.claim, claim["slug"], "a source contests it", claim["reads_as"], **details)


def _parties(
    incident: Mapping[str, Any], claims: Sequence[Mapping[str, Any]], names: Names
) -> Iterator[dict[str, Any]]:
    """The parts that are denied, or alleged by a claim that is contested."""
    for party in incident["parties"]:
        actor, by = names.actors.get(party["actor"]), names.actors.get(party["alleged_by"])
        if actor is None:
            continue
        on = [one for one in claims if one["about"] == party["actor"] and one["made_by"] == party["alleged_by"]]
        claim = next((one for one in on if _contested(one)), None)
        verdicts = [] if claim is None else names.verdicts(claim)
        if party["standing"] != "denied" and (party["alleged_by"] is None or claim is None):
            continue
        notes = [_called(one) for one in verdicts]
        said_by = None if by is None else name_of(by)
        sentence = part_in_words(incident["title"], name_of(actor), party["role"], party["standing"], said_by, notes)
        why = "it is denied" if party["standing"] == "denied" else "a source contests the claim it rests on"
        key = f"actor={party['actor']}&role={party['role']}&standing={party['standing']}"
        slug = None if claim is None else claim["slug"]
        yield _row(ConflictKind.party, key, why, sentence, claim=slug, verdicts=verdicts)


def _called(verdict: Mapping[str, Any]) -> str:
    by = "a source that is withheld" if verdict["by"] is None else with_article(verdict["by"])
    called = f"{CALLED[ClaimVerdict(verdict['verdict'])]} {by}"
    if verdict["published_on"] is None:
        return called
    return f"{called}, {in_words(parse_partial_date(verdict['published_on']))}"


# --- what is read ------------------------------------------------------------------------------------------------


async def _populations(question: Question, facility: str) -> list[Statement]:
    view = question.view
    values = {"facility": facility, "as_of": question.as_of, "revision": view.revision}
    rows = await question.fetch(_populations_statement(view.at, view.tier), values)
    statements = [Statement("populations", orjson.loads(found)) for (found,) in rows]
    hidden = "a part of it is withheld from you, so it cannot be compared"
    return [one.with_role(StatementRole.excluded, hidden) if one.record.get("withheld") else one for one in statements]


@lru_cache(maxsize=16)
def _populations_statement(at: At, tier: Access) -> Select[Any]:
    """The stored JSON of what is said of one place."""
    population = at(NOUNS["population"].rows)
    mine = population.c.facility == bindparam("facility", type_=String())
    until = population.c.as_of_end <= bindparam("as_of", type_=Date())
    return (
        select(doc(population, tier))
        .where(mine, until, *at.holds(population), *seen(population, tier))
        .order_by(population.c.id)
    )


async def _claims(question: Question, noun: str, slug: str) -> list[Mapping[str, Any]]:
    view = question.view
    values = {"slug": slug, "as_of": question.as_of, "revision": view.revision}
    rows = await question.fetch(_claims_statement(noun, view.at, view.tier), values)
    return [orjson.loads(found) for (found,) in rows]


@lru_cache(maxsize=32)
def _claims_statement(noun: str, at: At, tier: Access) -> Select[Any]:
    """The stored JSON of the claims about one record."""
    claims = at(NOUNS["claim"].rows)
    made = claims.c.made_on_earliest
    by_then = or_(made.is_(None), made <= bindparam("as_of", type_=Date()))
    mine = claims.c[noun] == bindparam("slug", type_=String())
    return (
        select(doc(claims, tier)).where(mine, by_then, *at.holds(claims), *seen(claims, tier)).order_by(claims.c.slug)
    )


async def _names(
    question: Question, claims: Iterable[Mapping[str, Any]], parties: Iterable[Mapping[str, Any]]
) -> Names:
    """The actors and sources that disputes name."""
    sources = {one["source"] for claim in claims for one in claim["assessments"]}
    actors = {party[name] for party in parties for name in ("actor", "alleged_by")}
    return Names(await _records(question, "actor", actors), await _records(question, "source", sources))


async def _records(question: Question, noun: str, slugs: Iterable[str | None]) -> dict[str, Mapping[str, Any]]:
    view, wanted = question.view, {slug for slug in slugs if slug is not None}
    if not wanted:
        return {}
    keys = key_values(wanted)
    statement = records_statement(NOUNS[noun], "slug", len(keys), view.at, view.tier)
    rows = await question.fetch(statement, keys | {"revision": view.revision})
    return {slug: orjson.loads(found) for slug, found in rows}


ABOUT = (
    "The smallest sets of statements about one thing and day that cannot all be true, each with a sentence that names "
    "both sides, and what is denied or contested. Which of them is right is not said."
)
INCIDENT_CONFLICTS: Final = DerivedAnswer(
    name="incident_conflicts",
    path="/v1/incidents/{incident}/conflicts",
    subject="incident",
    summary="What is disputed of an incident",
    about=ABOUT,
    query=DatedQuery,
    rules={"conflict/1": incident_conflicts},
    model=IncidentConflicts,
    rows="rows",
)
FACILITY_CONFLICTS: Final = DerivedAnswer(
    name="facility_conflicts",
    path="/v1/facilities/{facility}/conflicts",
    subject="facility",
    summary="What is disputed of a facility",
    about=ABOUT,
    query=DatedQuery,
    rules={"conflict/1": facility_conflicts},
    model=FacilityConflicts,
    rows="rows",
)
