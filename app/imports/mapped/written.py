"""How the files of a mapping are written, and the files that rows are completed from."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from app.imports.mapped.expressions import Strict
from app.imports.readers import Format


def _encoding(text: str) -> str:
    try:
        "".encode(text)
    except (LookupError, UnicodeError):
        raise PydanticCustomError("encoding", "{one} is no encoding known here", {"one": text[:80]}) from None
    return text


class Written(Strict):
    """How a file is written."""

    encoding: Annotated[str, AfterValidator(_encoding)] | None = Field(
        None, description="The encoding of the text, for example `latin-1`. Without it, it is detected."
    )
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = Field(
        None, description="The separator between the cells of a CSV file. Without it, it is detected."
    )
    sheet: str | None = Field(None, description="The sheet of a workbook. Without it, the first that is not hidden.")
    header: Annotated[int, Field(ge=1, le=1000)] = Field(
        1,
        description="The line of a CSV file, or the row of a sheet, with the column names. What stands above it is not "
        "read. Without it, the first that is not empty.",
    )

    @property
    def format(self) -> Format:
        """How its files are written."""
        return Format(encoding=self.encoding, delimiter=self.delimiter, sheet=self.sheet, header=self.header)


class Lookup(Written):
    """A row of another file of the import, that a row is completed with."""

    file: str = Field(description="The name of the other file. It is given beside those that are imported.")
    by: dict[str, str] = Field(
        min_length=1,
        description='Columns of the other file, and what stands there: `{code: "{prison}"}` looks for the row whose '
        "`code` is this row's `prison`.",
    )
