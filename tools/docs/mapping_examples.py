"""Examples of what a mapping can say, each with a file and what is made of it: for the page, and for the tests."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Example:
    """A file, a part of its mapping, and the fields that one record of each row gets."""

    about: str
    file: str
    mapping: str
    record: str
    made: tuple[str, ...]
    """The fields of each record of that name that the mapping fills, as JSON."""
    other: tuple[str, str] | None = None
    """The name and the text of another file of the import."""


HELD = """  held:
    collection: populations
    fields: {as_of: "2024", measure: held, figure: "{held}"}
"""
EXAMPLES: Final = (
    Example(
        "Titles above the column names: `header` names their line.",
        "Prisons of the North\nas of 2024\ncode,held\nN1,412\n",
        f"header: 3\nrecords:\n{HELD}",
        "held",
        ('{"as_of":"2024","measure":"held","low":412,"best":412,"high":412,"qualifier":"exact"}',),
    ),
    Example(
        "The first of several columns: `first`.",
        "name_en,name_local\nHill Prison,Monte\n,Lago\n",
        """records:
  prison:
    collection: facilities
    slug: "{name}"
    fields: {name: "{name}"}
columns: {name: {first: ["{name_en}", "{name_local}"]}}
""",
        "prison",
        ('{"name":"Hill Prison"}', '{"name":"Lago"}'),
    ),
    Example(
        "A count that some files do not have: a question mark at the end of the column.",
        "men\n412\n",
        """records:
  held:
    collection: populations
    fields: {as_of: "2024", measure: held}
    each: [{column: men, sex: male}, {column: "women?", sex: female}]
""",
        "held",
        ('{"as_of":"2024","measure":"held","sex":"male","low":412,"best":412,"high":412,"qualifier":"exact"}',),
    ),
    Example(
        "A cell that stands for the rows below it: `fill_down`.",
        "state,held\nNorth,412\n,205\n",
        """fill_down: [state]
records:
  held:
    collection: populations
    fields: {as_of: "2024", measure: held, group: "{state}", figure: "{held}"}
""",
        "held",
        (
            '{"as_of":"2024","measure":"held","group":"North","low":412,"best":412,"high":412,"qualifier":"exact"}',
            '{"as_of":"2024","measure":"held","group":"North","low":205,"best":205,"high":205,"qualifier":"exact"}',
        ),
    ),
    Example(
        "A column of another file of the import: `lookups`. The other file is given beside this one.",
        "prison,held\nN1,412\n",
        """lookups: {list: {file: prisons.csv, by: {code: "{prison}"}}}
records:
  prison:
    collection: facilities
    identity: {scheme: north, value: "{prison}"}
    fields: {name: "{list.name}"}
""",
        "prison",
        ('{"name":"Hill Prison"}',),
        ("prisons.csv", "code,name\nN1,Hill Prison\nN2,Lake Prison\n"),
    ),
    Example(
        "The code of a country, from its name or another code: `country`.",
        "land\nBrasilien\nUK\n",
        """records:
  prison:
    collection: facilities
    slug: "{land}"
    fields: {country: {from: "{land}", country: true}}
""",
        "prison",
        ('{"country":"BRA"}', '{"country":"GBR"}'),
    ),
    Example(
        "A record for each part of a cell: `for_each`. What names the record names them all.",
        "id,links\n7,https://a.example/1; https://b.example/2\n",
        """records:
  report:
    collection: sources
    for_each: {link: {from: "{links}", split: ";"}}
    slug: "{link}"
    fields: {kind: article, url: "{link}"}
  event:
    collection: incidents
    identity: {scheme: north, value: "{id}"}
    fields: {title: "Event {id}", sources: [{record: report}]}
""",
        "event",
        ('{"title":"Event 7","sources":["report","report 2"]}',),
    ),
    Example(
        "Dates with an hour and an offset: the day is the one that is written.",
        "time,held\n2024-03-31T23:30:00+02:00,412\n",
        """records:
  held:
    collection: populations
    fields: {as_of: {from: "{time}", date: "%Y-%m-%dT%H:%M:%S%z"}, measure: held, figure: "{held}"}
""",
        "held",
        ('{"as_of":"2024-03-31","measure":"held","low":412,"best":412,"high":412,"qualifier":"exact"}',),
    ),
    Example(
        "Days as spreadsheets count them: the date format `excel`.",
        "day,held\n45382,412\n",
        """records:
  held:
    collection: populations
    fields: {as_of: {from: "{day}", date: excel}, measure: held, figure: "{held}"}
""",
        "held",
        ('{"as_of":"2024-03-31","measure":"held","low":412,"best":412,"high":412,"qualifier":"exact"}',),
    ),
    Example(
        "A column for each month: `dates` of `each`.",
        "men Jan 2024,men Feb 2024\n412,398\n",
        """records:
  held:
    collection: populations
    fields: {measure: held}
    each: {columns: "{sex} {month}", parts: {sex: {men: {sex: male}}}, dates: {month: {as_of: "%b %Y"}}}
""",
        "held",
        (
            '{"measure":"held","sex":"male","as_of":"2024-01","low":412,"best":412,"high":412,"qualifier":"exact"}',
            '{"measure":"held","sex":"male","as_of":"2024-02","low":398,"best":398,"high":398,"qualifier":"exact"}',
        ),
    ),
    Example(
        "Marks of footnotes, kept as written: `marks`.",
        "held\n412*\n",
        f'marks: ["*"]\nrecords:\n{HELD}',
        "held",
        ('{"as_of":"2024","measure":"held","low":412,"best":412,"high":412,"qualifier":"exact","as_written":"412*"}',),
    ),
    Example(
        "Numbers and degrees with a comma before the fraction: `decimal`.",
        "held;lat;lon\n1.204;36,5;40,75\n",
        """decimal: ","
records:
  prison:
    collection: facilities
    slug: prison
    fields: {latitude: "{lat}", longitude: "{lon}"}
""",
        "prison",
        ('{"latitude":"36.5","longitude":"40.75"}',),
    ),
)
