"""What the record in hand is looked up in."""

from app.errors import BadInput
from app.history.codes import Access
from app.history.lookup import Lookup
from app.history.sight import Sight

NORTH = {"slug": "north", "access": "public", "name": "North"}
SOUTH = {"slug": "south", "access": "restricted", "name": "South"}


def test_one_more_record_is_known_beside_the_others() -> None:
    first = Lookup({"facility": {"north": NORTH}}, {7: "2024-01-01T00:00:00Z"})
    assert first.all_public
    both = first.knowing("facility", SOUTH)
    assert (both.row("facility", "north"), both.row("facility", "south")) == (NORTH, SOUTH)
    assert not both.all_public
    assert both.recorded == first.recorded
    assert first.row("facility", "south") is None


def test_a_new_noun_is_known() -> None:
    guards = {"slug": "guards", "access": "public"}
    assert Lookup({}, {}).knowing("actor", guards).row("actor", "guards") == guards


def test_what_a_reader_may_not_see_is_as_if_it_were_not_there() -> None:
    public = Sight(Access.public)
    assert (public.sees(NORTH), public.sees(SOUTH), public.sees(None)) == (True, False, False)
    assert public.hidden({"facility": {"north": NORTH, "south": SOUTH}}) == {("facility", "south")}


def test_who_sees_a_record_is_changed_by_an_admin_and_for_a_reason() -> None:
    writer, admin = Sight(Access.restricted), Sight(Access.restricted, admin=True)
    assert writer.may_turn("public", "public", {}) is None
    opens = writer.may_turn("restricted", "public", {})
    closes = writer.may_turn("public", "restricted", {"reason": "Said so."})
    assert "opens what was closed" in str(opens and opens.detail)
    assert "closes what was public, in its past too" in str(closes and closes.detail)
    assert admin.may_turn("restricted", "public", {}) is None
    assert admin.may_turn("public", "restricted", {"reason": "Said so."}) is None
    unsaid = admin.may_turn("public", "partner", {"reason": " "})
    assert [fault.parameter for fault in unsaid.faults] == ["reason"] if isinstance(unsaid, BadInput) else False
