"""What is to be done with a client made from the OpenAPI document, done with the one in Python.

python use.py URL KEY    the client, `register`, stands on PYTHONPATH; each thing done is a line
"""

import sys
import time
from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path

from pymerkle import InmemoryTree
from register import AuthenticatedClient
from register.api.facilities import get_facility, list_facilities
from register.api.figures import create_figure
from register.api.imports import create_import, get_import
from register.api.register import get_consistency, get_revision
from register.models import (
    Facility,
    FacilityFields,
    FacilityRecord,
    Figure,
    FigureMeasure,
    Import,
    ImportState,
    ListFacilitiesFieldsItem,
    NewFigure,
    Sent,
)
from register.types import File

HERE = Path(__file__).parent


def do_all(client: AuthenticatedClient) -> None:
    """Read whole and in part, write, import in both ways a file can come."""
    whole = list_facilities.sync(client=client)
    assert all(isinstance(one, Facility) for one in whole.data), whole
    wanted = [ListFacilitiesFieldsItem.SLUG, ListFacilitiesFieldsItem.NAME]
    page = list_facilities.sync(client=client, fields=wanted)
    assert all(isinstance(one, FacilityFields) for one in page.data), page
    assert [one.to_dict() for one in page.data] == [{"slug": one.slug, "name": one.name} for one in whole.data]
    print("listed with fields:", page.data[0].name)

    one = get_facility.sync(whole.data[0].slug, client=client)
    assert isinstance(one, FacilityRecord), one
    print("read:", one.name)

    body = NewFigure(
        incident="al-sina-prison-attack-2022", measure=FigureMeasure.KILLED, as_written="more than 450",
        as_of="2022-01-30", source="rudaw-2022-01-26",
    )  # fmt: skip
    figure = create_figure.sync(client=client, body=body)
    assert isinstance(figure, Figure), figure
    print("posted:", figure.reads_as)

    counts, mapping = (HERE / "counts.csv").read_bytes(), (HERE / "counts.yaml").read_bytes()
    form = Sent(file=[File(BytesIO(counts), "counts.csv")], mapping=File(BytesIO(mapping), "counts.yaml"))
    print("imported a form:", ended(client, create_import.sync(client=client, body=form)))
    camp = File(BytesIO((HERE / "camp.csv").read_bytes()))
    job = create_import.sync(client=client, body=camp, filename="camp.csv", mapping="guantanamo")
    print("imported a body:", ended(client, job))
    print("checked the log:", checked(client), "revisions")


def checked(client: AuthenticatedClient) -> int:
    """How many revisions the log holds, every proof of it checked with another implementation of the tree."""
    tree, first = InmemoryTree(algorithm="sha256"), get_revision.sync("1", client=client)
    for number in range(1, first.size + 1):
        told = get_revision.sync(str(number), client=client, revision=first.size)
        tree.append_entry(told.entry.encode())
        own = get_revision.sync(str(number), client=client, revision=number)
        assert b64decode(own.root) == tree.get_root(), own
    for number in range(1, first.size + 1):
        told = get_revision.sync(str(number), client=client)
        proof = list(tree.prove_inclusion(number, first.size).path)
        assert [told.leaf, *told.inclusion] == [b64encode(one).decode() for one in proof], told
        grown = get_consistency.sync(client=client, from_=number, to=first.size)
        assert b64decode(grown.to_root) == tree.get_root(), grown
        assert b64decode(grown.from_root) == tree.get_root(number), grown
    return first.size


def ended(client: AuthenticatedClient, job: Import) -> str:
    """How many rows an import has read, once it has ended."""
    while job.state in {ImportState.QUEUED, ImportState.RUNNING}:
        time.sleep(0.1)
        job = get_import.sync(job.id, client=client)
    assert job.state == ImportState.DONE, job
    assert not job.report.rows["rejected"], job
    return f"{job.rows} rows"


if __name__ == "__main__":
    url, key = sys.argv[1:]
    with AuthenticatedClient(base_url=url, token=key, raise_on_unexpected_status=True) as authenticated:
        do_all(authenticated)
