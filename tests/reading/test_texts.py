"""Texts in filters: whatever their case and accents; a value that no record has is answered with near ones."""

from app.records.values import VALUES
from app.writing.valuing import values_anew
from app.writing.verification import differing
from tests.conftest import Served
from tests.support.desk import Desk, desk_at, faults


def slugs(register: Served | Desk, path: str) -> list[str]:
    return [record["slug"] for record in register.get(path)["data"]]


def test_case_and_accents_of_a_text_do_not_matter(reference: Served) -> None:
    assert slugs(reference, "/v1/sources?publisher=RUDAW") == slugs(reference, "/v1/sources?publisher=Rudaw") != []
    assert slugs(reference, "/v1/facilities?admin1=al-hasakéh") == slugs(reference, "/v1/facilities?admin1=Al-Hasakeh")
    for path in ("/v1/figures?originator={}", "/v1/coverage?admin1={}", "/v1/populations/summary?admin1={}"):
        as_written = "Al-Hasakeh" if "admin1" in path else "Rudaw"
        answers = [reference.get(path.format(text)) for text in (as_written, as_written.upper(), f"%20{as_written}")]
        rows = [answer.get("data", answer.get("rows")) for answer in answers]
        assert rows[0] == rows[1] == rows[2] != [], path


def test_a_text_that_no_record_has_is_answered_with_near_ones(reference: Served) -> None:
    for path, parameter, near in (
        ("/v1/sources?publisher=Rudav", "publisher", "Rudaw"),
        ("/v1/sources?publisher=Rudaw,Rudav", "publisher", "Rudaw"),
        ("/v1/figures?originator=united-nation", "originator", "united-nations"),
        ("/v1/populations?admin1=Hasakeh", "admin1", "Al-Hasakeh"),
        ("/v1/sources?publisher=Rudav&format=csv", "publisher", "Rudaw"),
        ("/v1/coverage?admin1=Hasakeh", "admin1", "Al-Hasakeh"),
        ("/v1/populations/summary?admin1=Hasakeh&revision=1", "admin1", "Al-Hasakeh"),
    ):
        answer = faults(reference.ask(path))
        assert answer.keys() == {parameter}, path
        assert near in answer[parameter].partition("near ones: ")[2], answer
    # A value that records have, in a question that none meets, finds nothing.
    assert reference.get("/v1/sources?publisher=Rudaw&to=1990")["data"] == []


def test_texts_are_those_of_the_moment(url: str) -> None:
    with desk_at(url) as desk:
        for slug, publisher in (("one", "Żółw Press"), ("two", "ZOLW press"), ("other", "Lark")):
            source = {"slug": slug, "kind": "report", "title": slug, "publisher": publisher}
            desk.post("/v1/sources", source)
        stood = desk.head()
        path = "/v1/sources?publisher=zołw%20PRESS&sort=slug"
        before = desk.get(path)
        assert slugs(desk, path) == ["one", "two"]
        desk.patch("/v1/sources/one", {"publisher": "Żółw Prints"})
        desk.hide("/v1/sources/two")
        # Nobody has it now, and the public never saw the other's; what was said before stands.
        assert "Żółw Prints" in faults(desk.client.get(path))["publisher"]
        assert [slugs(desk, f"{path}&revision={stood}"), before["revision"]] == [["one"], stood]
        assert "ZOLW" not in desk.client.get("/v1/sources?publisher=zolw%20pres").text
        assert slugs(desk, "/v1/sources?publisher=%C5%BB%C3%93%C5%81W%20prints") == ["one"]
        # It can be checked, and made anew.
        assert list(differing(desk.engine)) == []
        with desk.engine.begin() as connection:
            connection.execute(VALUES.delete().where(VALUES.c.value == "Lark"))
            connection.execute(VALUES.insert().values(field="sources.publisher", folded="x", value="x"))
        assert list(differing(desk.engine)) == ["text_value: 1 texts of sources.publisher are lacking, 'Lark' first"]
        with desk.engine.begin() as connection:
            values_anew(connection)
            texts = connection.scalars(VALUES.select().with_only_columns(VALUES.c.value)).all()
        assert sorted(texts) == ["Lark", "ZOLW press", "Żółw Press", "Żółw Prints"]
        assert list(differing(desk.engine)) == []
