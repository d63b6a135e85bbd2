"""The code lists, each code with its definition."""

from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, Field

from app.database.codes import VOCABULARIES
from app.records.countries import country_names


class CodeShown(BaseModel):
    """One code of a list."""

    code: Annotated[str, Field(description="The code, as it stands in a record.", examples=["prison_break"])]
    definition: Annotated[
        str,
        Field(
            description="What it means.",
            examples=["Several people get out by force or breach, with help from inside or outside."],
        ),
    ]


class Vocabulary(BaseModel):
    """A closed list of codes."""

    name: Annotated[str, Field(description="The list's name.", examples=["incident-kind"])]
    about: Annotated[str, Field(description="What the list is for.", examples=["What sort of incident it was."])]
    codes: Annotated[list[CodeShown], Field(description="Its codes, each with a one-line definition.")]


class Vocabularies(BaseModel):
    """Every code list of the register."""

    data: Annotated[list[Vocabulary], Field(description="The lists, by name.")]


@cache
def code_lists() -> dict[str, dict[str, Any]]:
    """Every code list by its name; complete in an application, which has loaded all that declares one."""
    lists = {
        name: {
            "name": name,
            "about": (codes.__doc__ or "").strip(),
            "codes": [{"code": str(code), "definition": code.definition} for code in codes],
        }
        for name, codes in sorted(VOCABULARIES.items())
    }
    codes = [{"code": code, "definition": f"{name}."} for code, name in country_names().items()]
    lists["country"] = {"name": "country", "about": "Countries, by ISO 3166-1 alpha-3 code.", "codes": codes}
    return dict(sorted(lists.items()))
