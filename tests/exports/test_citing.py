"""How records and answers are cited: in a sentence, and as entries of lists of literature."""

import json

from tests.conftest import Databases, Served
from tests.support.sample import served

FIGURE = "/v1/figures/8"
LISTER = "/v1/sources/lister-mei-2022-01-24"
TITLE = "Attack on al-Sina Prison points to broader ISIS resurgence"


def test_a_record_says_how_it_is_cited(reference: Served) -> None:
    answer = reference.get(FIGURE)
    assert answer["cite"] == {
        "text": f"{answer['reads_as'].removesuffix('.')}. Detention Facility Data, figure 8, revision 1, "
        "/v1/figures/8?revision=1",
        "permalink": "/v1/figures/8?revision=1",
    }
    assert reference.get(answer["cite"]["permalink"]) == answer
    assert reference.get(LISTER)["cite"]["text"].startswith(
        f"Charles Lister: {TITLE}. Middle East Institute, 24 January 2022. https://mei.edu/"
    )
    assert reference.get("/v1/incidents/al-sina-prison-attack-2022")["cite"]["text"].startswith(
        "Attack on al-Sina prison (20 January 2022 to 30 January 2022). Detention Facility Data, incident "
    )
    # A record that is trimmed is not cited.
    assert reference.get(f"{FIGURE}?fields=low") == {"low": 25}


def test_an_answer_says_how_it_is_cited(reference: Served) -> None:
    path = "/v1/incidents/al-sina-prison-attack-2022/toll?as_of=2022-01-31"
    answer = reference.get(path)
    assert answer["cite"] == {
        "text": "The toll of an incident: Attack on al-Sina prison, as of 31 January 2022, by the rule toll/1. "
        f"Detention Facility Data, revision 1, {path}&revision=1",
        "permalink": f"{path}&revision=1",
    }
    assert reference.get(answer["cite"]["permalink"]) == answer


def test_citations_name_the_address_that_readers_know(databases: Databases) -> None:
    with served(databases.with_reference(), public_url="https://data.example", register_name="Example") as register:
        response = register.ask(FIGURE)
        address = "https://data.example/v1/figures/8?revision=1"
        assert response.json()["cite"]["permalink"] == address
        assert f"Example, figure 8, revision 1, {address}" in response.json()["cite"]["text"]
        assert response.headers["link"].startswith(f'<{address}>; rel="permalink", ')
        assert f"  url = {{{address}}},\n" in register.ask(f"{FIGURE}?format=bibtex").text


def test_entries_of_literature(reference: Served) -> None:
    url = "https://mei.edu/blog/attack-al-sina-prison-points-broader-isis-resurgence"
    bibtex = reference.ask(f"{LISTER}?format=bibtex")
    assert bibtex.headers["content-type"].startswith("application/x-bibtex")
    assert bibtex.text == (
        "@article{lister-mei-2022-01-24,\n"
        "  author = {Charles Lister},\n"
        f"  title = {{{{{TITLE}}}}},\n"
        "  journal = {Middle East Institute},\n"
        "  year = {2022},\n  month = jan,\n  day = {24},\n"
        f"  url = {{{url}}},\n"
        "  language = {en}\n}\n"
    )
    ris = reference.ask(f"{LISTER}?format=ris").text.split("\r\n")
    assert ris[:4] == ["TY  - MGZN", "ID  - lister-mei-2022-01-24", "AU  - Charles Lister", f"TI  - {TITLE}"]
    assert ("DA  - 2022/01/24" in ris, f"UR  - {url}" in ris, ris[-3]) == (True, True, "ER  - ")
    (item,) = json.loads(reference.ask(f"{LISTER}?format=csl").text)
    assert (item["type"], item["issued"]) == ("article-newspaper", {"date-parts": [[2022, 1, 24]]})
    # A statement is data of this register, a month is no day, and an organisation is one name.
    assert "author = {{Detention Facility Data}}" in reference.ask(f"{FIGURE}?format=bibtex").text
    (month,) = json.loads(reference.ask("/v1/sources/ocha-al-hol-2019-05-01?format=csl").text)
    assert month["issued"] == {"date-parts": [[2019, 5]]}
    # A list comes as one list, in the order of its pages.
    slugs = [one["slug"] for one in reference.get("/v1/sources?sort=-published_on")["data"]]
    listed = json.loads(reference.ask("/v1/sources?sort=-published_on&format=csl").text)
    assert [one["id"] for one in listed] == slugs
    assert reference.ask("/v1/sources?format=bibtex").text.count("@") >= len(slugs)
    assert reference.ask(f"{LISTER}?format=bibtex&fields=title").status_code == 422
    assert reference.ask("/v1/incidents/al-sina-prison-attack-2022/toll?format=bibtex").status_code == 422
