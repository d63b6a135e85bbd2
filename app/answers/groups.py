"""Groups of people counted: which lies within which, which are disjoint, which of a source's make a whole.

A null dimension means the total over it; two groups are disjoint when they share a dimension with different codes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from math import inf
from typing import Any, NamedTuple

import orjson

from app.records.countries import country_names

AGE = "age"
"""What the two limits of an age are as one dimension."""
FOREIGN = "foreign"
SEXES = {"male", "female"}
COLUMNS = ("sex", "min_age", "max_age", "legal_status", "nationality", "affiliation", "dimensions")
"""The columns that say who is counted, in the order in which `group_of` takes them."""
RANKS = {"sex": 0, "legal_status": 1, "nationality": 2, "affiliation": 3, AGE: 4}
BEHIND = ("from ", "under ", "aged ", "held as ")
"""How words begin that stand behind the people they are about."""
FURTHER = 5
"""The rank of what has no column of its own."""

Codes = Mapping[str, Any]
Raw = tuple[str | None, int | None, int | None, str | None, str | None, str | None, str]


class Group(NamedTuple):
    """Who is counted: a code for each dimension that is not the total over it, by name; `sex` before `age`."""

    codes: tuple[tuple[str, Any], ...]

    @property
    def names(self) -> frozenset[str]:
        """The dimensions that it fixes."""
        return frozenset(name for name, _ in self.codes)

    @property
    def rank(self) -> int:
        """How far from the title of detention it is broken down: of several breakdowns the lowest is taken."""
        ranks = {RANKS.get(name, FURTHER) for name, _ in self.codes}
        return 1 if 1 in ranks else max(ranks, default=0)

    def code(self, name: str) -> Any:
        """Its code in a dimension; None for the total over it."""
        return dict(self.codes).get(name)

    def key(self, names: Iterable[str]) -> tuple[Any, ...]:
        """Its codes in some dimensions."""
        mine = dict(self.codes)
        return tuple(mine.get(name) for name in names)

    @property
    def words(self) -> str:
        """It in words; nothing for everyone."""
        return " ".join(_in_words(name, code) for name, code in self.codes)

    def counting(self, noun: str) -> str:
        """The people of it: `female people`, `people from Iraq`."""
        said = [_in_words(name, code) for name, code in self.codes]
        behind = [words for words in said if words.startswith(BEHIND)]
        return " ".join([*(words for words in said if words not in behind), noun, *behind])

    def shown(self) -> dict[str, Any]:
        """The same as a record has it: the limits of age apart, further dimensions by their names."""
        shown: dict[str, Any] = {}
        for name, code in self.codes:
            shown |= {"min_age": code[0], "max_age": code[1]} if name == AGE else {name: code}
        return shown


def _in_words(name: str, code: Any) -> str:
    if name == AGE:
        least, most = code
        if least is None:
            return f"under {most + 1}"
        return f"aged {least} and over" if most is None else f"aged {least} to {most}"
    if name == "nationality":
        return "foreign" if code == FOREIGN else f"from {country_names().get(code, code)}"
    return f"held as {code}" if name == "affiliation" else str(code).replace("_", " ")


EVERYONE = Group(())


@lru_cache(maxsize=65_536)
def group_of(raw: Raw) -> Group:
    """The group that a row's columns name; the further dimensions are JSON text, or read already."""
    sex, least, most, legal, nationality, affiliation, further = raw
    codes = {"sex": sex, "legal_status": legal, "nationality": nationality, "affiliation": affiliation}
    stated: list[tuple[str, Any]] = [(name, code) for name, code in codes.items() if code is not None]
    if least is not None or most is not None:
        stated.append((AGE, (least, most)))
    if further != "{}":
        stated += sorted(orjson.loads(further).items())
    return Group(tuple(stated))


def disjoint(one: Group, other: Group) -> bool:
    """Whether nobody can be of both: they share a dimension with different codes."""
    others = dict(other.codes)
    return any(name in others and _apart(name, code, others[name]) for name, code in one.codes)


def within(part: Group, whole: Group) -> bool:
    """Whether everybody of the one is of the other too."""
    codes = dict(part.codes)
    for name, code in whole.codes:
        if name not in codes:
            return False
        if name == AGE:
            (low, high), (least, most) = _ages(codes[name]), _ages(code)
            if low < least or high > most:
                return False
        elif codes[name] != code:
            return False
    return True


def _apart(name: str, one: Any, other: Any) -> bool:
    if name == AGE:
        (low, high), (least, most) = _ages(one), _ages(other)
        return high < least or most < low
    if name == "nationality" and FOREIGN in {one, other}:
        # Whose foreigners they are is not said.
        return False
    return bool(one != other)


def _ages(code: tuple[int | None, int | None]) -> tuple[float, float]:
    return (0 if code[0] is None else code[0]), (inf if code[1] is None else code[1])


class Family(NamedTuple):
    """Pairwise disjoint groups, and whether they make up the whole that was asked for."""

    members: tuple[Group, ...]
    complete: bool


@lru_cache(maxsize=16_384)
def family_of(groups: frozenset[Group], target: Group, split: tuple[str, ...] = ()) -> Family | None:
    """Of the groups that a source counts at one time, those to add up for the group asked, or nothing.

    The coarsest: the group itself, else both sexes, else the breakdown by title of detention, by nationality, by
    affiliation, by age, by what else there is. With `split` those come first that fix these dimensions. Two breakdowns
    of the same people are never mixed.
    """
    inside = [group for group in groups if within(group, target)]
    if target in inside and not split:
        return Family((target,), complete=True)
    outside = [group for group in groups if not within(group, target)]
    found = list(_families(inside, target, outside))
    if not found:
        return None
    best = min(found, key=lambda family: (*order(family, target, split), sorted(map(repr, family.members))))
    if len(best.members) > 1:
        return best
    # Of groups that stand alone the widest: they are no breakdowns.
    alone = [family for family in found if len(family.members) == 1]
    return min(alone, key=lambda family: (*breadth(family, target, split), sorted(map(repr, family.members))))


def breadth(family: Family, target: Group, split: tuple[str, ...] = ()) -> tuple[int, ...]:
    """How much of a group some originator speaks of, beside others: the least of these is the most."""
    fixed, rank, incomplete, codes, members = order(family, target, split)
    alone = incomplete and members == 1
    return fixed, incomplete, alone, codes if alone else 0, rank


def order(family: Family, target: Group, split: tuple[str, ...] = ()) -> tuple[int, ...]:
    """Which of several breakdowns of a group is taken: the one that comes first."""
    fixed = [sum(name in group.names for name in split) for group in family.members]
    beyond = [_beyond(group, target, split) for group in family.members]
    rank = Group(tuple(code for group in beyond for code in group.codes)).rank
    if rank == 0 and any(group.codes for group in beyond) and not family.complete:
        rank = FURTHER + 1
    return -max(fixed), rank, not family.complete, max(len(group.codes) for group in beyond), len(family.members)


def _beyond(group: Group, target: Group, split: tuple[str, ...]) -> Group:
    """What a group fixes that the one asked does not, and that it is not broken down by."""
    return Group(tuple(code for code in group.codes if code not in target.codes and code[0] not in split))


def _families(inside: Sequence[Group], target: Group, outside: Sequence[Group]) -> Iterator[Family]:
    """Every set of disjoint groups that begins with those of one shape, joined by all other shapes disjoint to it."""
    shapes: dict[frozenset[str], list[Group]] = {}
    for group in sorted(inside, key=_sorting):
        shapes.setdefault(group.names, []).append(group)
    ordered = sorted(shapes.items(), key=lambda shape: (shape[1][0].rank, len(shape[0]), sorted(shape[0])))
    for names, groups in ordered:
        members = _apart_from_each_other(names, groups)
        for others, further in ordered:
            if others != names and _all_apart(members, further):
                members = [*members, *_apart_from_each_other(others, further)]
        yield Family(tuple(members), complete=complete(members, target, outside))


def _sorting(group: Group) -> tuple[Any, ...]:
    return len(group.codes), repr(group.codes)


def _apart_from_each_other(names: frozenset[str], groups: Sequence[Group]) -> list[Group]:
    """Groups of one shape: equal dimensions and different codes are disjoint, but for ages that overlap."""
    if not names & {AGE, "nationality"}:
        return list(groups)
    chosen: list[Group] = []
    for group in groups:
        if all(disjoint(group, other) for other in chosen):
            chosen.append(group)
    return chosen


def _all_apart(some: Sequence[Group], others: Sequence[Group]) -> bool:
    """Whether each of the one is disjoint from each of the other."""
    shared = some[0].names & others[0].names
    if not shared:
        return False
    if shared & {AGE, "nationality"} or len({group.names for group in some}) > 1:
        return all(disjoint(one, other) for one in some for other in others)
    names = sorted(shared)
    return not {group.key(names) for group in some} & {group.key(names) for group in others}


def complete(members: Sequence[Group], target: Group, outside: Sequence[Group]) -> bool:
    """Whether disjoint groups make up the whole: a full grid of at least two codes of every dimension, both sexes.

    A dimension of which there is one code only counts as whole where `outside` the group asked it has others.
    """
    if len(members) == 1 and members[0] == target:
        return True
    mine = dict(target.codes)
    names = sorted({name for group in members for name, code in group.codes if mine.get(name) != code})
    seen = {name: {group.code(name) for group in members} for name in names}
    for name, codes in seen.items():
        if not _whole(name, codes - {None}, mine.get(name), {group.code(name) for group in outside}):
            return False
    free = _independent(names, members)
    cells = 1
    for name in free:
        cells *= len(seen[name])
    return len({group.key(free) for group in members}) == cells


def _whole(name: str, codes: set[Any], target: Any, outside: set[Any]) -> bool:
    if name == "sex":
        return codes >= SEXES
    if name == AGE:
        spans = sorted(map(_ages, codes))
        least, most = _ages(target or (None, None))
        joined = all(after[0] == before[1] + 1 for before, after in pairwise(spans))
        return joined and spans[0][0] <= least and spans[-1][1] >= most
    return len(codes) > 1 or bool(outside - codes - {None})


def _independent(names: Sequence[str], members: Sequence[Group]) -> list[str]:
    """The dimensions that no other one settles, as the regime of a prisoner settles whether he is sentenced."""
    free = list(names)
    for name in names:
        for other in list(free):
            if other == name or name not in free:
                continue
            settled: dict[Any, set[Any]] = {}
            for group in members:
                settled.setdefault(group.code(other), set()).add(group.code(name))
            if all(len(codes) == 1 for codes in settled.values()) and len(settled) > 1:
                free.remove(name)
    return free
