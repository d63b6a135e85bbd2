"""The log: a tree over the revisions like everybody else's, and whatever is forged in the tables is named."""

from base64 import b64decode
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import orjson
import pytest
from nacl.signing import VerifyKey
from sqlalchemy import Connection, Engine, insert, select, text, update

from app.catalogue.collections import COLLECTIONS
from app.database.notes import Signer
from app.database.store import Store
from app.history.tables import REGISTER, REVISIONS
from app.history.tree import Frontier, Stored, consistency, hashed, inclusion, leaf_hash, revisions_needed
from app.records.seals import sealed
from app.writing.keys import KeyScope
from app.writing.log import catch_up
from app.writing.rendering import load
from app.writing.verification import differing
from tests.conftest import Databases
from tests.support.desk import Desk, desk_at
from tests.support.migrations import migrating, operations
from tests.support.worlds import CAMP, WORLD, put


def proves_inclusion(number: int, size: int, leaf: bytes, root: bytes, proof: list[bytes]) -> bool:
    """RFC 9162, 2.1.3.2, as it stands there."""
    index, last, made = number, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if index % 2 or index == last:
            made = sha256(b"\x01" + sibling + made).digest()
            while not index % 2 and index:
                index, last = index >> 1, last >> 1
        else:
            made = sha256(b"\x01" + made + sibling).digest()
        index, last = index >> 1, last >> 1
    return last == 0 and made == root


def proves_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: list[bytes]) -> bool:
    """RFC 9162, 2.1.4.2, as it stands there."""
    if old == new:
        return not proof and old_root == new_root
    path = [old_root, *proof] if not old & (old - 1) else proof
    index, last = old - 1, new - 1
    while index % 2:
        index, last = index >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if index % 2 or index == last:
            first, second = sha256(b"\x01" + sibling + first).digest(), sha256(b"\x01" + sibling + second).digest()
            while not index % 2 and index:
                index, last = index >> 1, last >> 1
        else:
            second = sha256(b"\x01" + second + sibling).digest()
        index, last = index >> 1, last >> 1
    return last == 0 and (first, second) == (old_root, new_root)


def root_of(leaves: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, as it stands there."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    middle = 1
    while 2 * middle < len(leaves):
        middle *= 2
    return sha256(b"\x01" + root_of(leaves[:middle]) + root_of(leaves[middle:])).digest()


def test_every_proof_of_every_tree_holds() -> None:
    frontier, stored, leaves = Frontier(), dict[int, Stored](), list[bytes]()
    roots = [frontier.root]

    def hashes(*spans: tuple[int, int]) -> list[bytes]:
        known = {number: stored[number] for number in revisions_needed(spans)}
        return [hashed(span, known) for span in spans]

    for size in range(1, 70):
        leaves.append(leaf_hash(b"entry %d" % size))
        stored[size] = Stored(leaves[-1], frontier.add(leaves[-1]))
        roots.append(frontier.root)
        assert Frontier.read(str(frontier)) == frontier
        assert [frontier.root] == hashes((0, size)) == [root_of(leaves)]
        for number in range(size):
            assert proves_inclusion(number, size, leaves[number], roots[size], hashes(*inclusion(number, size)))
            proof = hashes(*consistency(number + 1, size))
            assert proves_consistency(number + 1, size, roots[number + 1], roots[size], proof)
    assert consistency(0, 69) == []
    assert not proves_consistency(8, 69, roots[9], roots[69], hashes(*consistency(8, 69)))


# --- over HTTP ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def desk(databases: Databases) -> Iterator[Desk]:
    """A served register of three revisions, the second of which is hidden, that signs its checkpoints."""
    signer = Signer.new("register.example")
    with desk_at(databases.empty(), log_key=signer.private) as made:
        put(made.engine, *WORLD)
        put(made.engine, {**CAMP, "slug": "hidden", "access": "restricted"})
        put(made.engine, {**CAMP, "name": "Another camp"})
        yield made


@pytest.mark.parametrize("name", ["", "two words", "a+b"])
def test_a_signer_has_a_name_that_a_note_can_hold(name: str) -> None:
    with pytest.raises(ValueError, match="is not empty, and has neither blanks nor plus signs"):
        Signer.new(name)


def decoded(hashes: list[str]) -> list[bytes]:
    return [b64decode(one) for one in hashes]


def test_a_revision_comes_with_the_proof_that_it_stands(desk: Desk) -> None:
    for size in (1, 3):
        answer = desk.get(f"/v1/revisions/1?revision={size}")
        entry = orjson.loads(answer["entry"])
        assert (entry["revision"], entry["recorded_at"]) == (answer["revision"], answer["recorded_at"])
        assert b64decode(answer["leaf"]) == leaf_hash(answer["entry"].encode())
        leaf, root = decoded([answer["leaf"], answer["root"]])
        assert answer["size"] == size
        assert proves_inclusion(0, size, leaf, root, decoded(answer["inclusion"]))
    assert desk.get("/v1/revisions/3") == desk.get("/v1/revisions/3?revision=3")
    assert (desk.get("/v1/revisions/3")["changes"], desk.get("/v1/revisions/1")["changes"]) == (1, len(WORLD))


def test_a_revision_that_shows_nothing_is_nobodys(desk: Desk) -> None:
    assert [desk.client.get(f"/v1/revisions/{key}").status_code for key in ("2", "4", "0", "x", "-1")] == [404] * 5
    key = desk.new_key("reads all", KeyScope.read_restricted)
    assert desk.get("/v1/revisions/2", key)["changes"] == 1


def test_the_log_is_proved_to_have_only_grown(desk: Desk) -> None:
    for old in (1, 2, 3):
        answer = desk.get(f"/v1/log/consistency?from={old}&to=3")
        first, last = decoded([answer["from_root"], answer["to_root"]])
        assert proves_consistency(old, 3, first, last, decoded(answer["proof"]))
    assert desk.client.get("/v1/log/consistency?from=3&to=2").status_code == 422
    assert desk.client.get("/v1/log/consistency?from=1&to=4").status_code == 422


def test_a_checkpoint_is_signed(desk: Desk) -> None:
    app: Any = desk.client.app
    signer = Signer.read(app.state.settings.log_key)
    answer = desk.client.get("/v1/log/checkpoint").text
    text, _, signed = answer.partition("\n\n")
    origin, size, root = text.split("\n")
    assert (origin, size, root) == ("register.example", "3", desk.get("/v1/revisions/1")["root"])
    dash, name, coded = signed.rstrip("\n").split(" ")
    name_of_key, digest, public = signer.public.split("+", 2)
    assert (dash, name, b64decode(coded)[:4].hex()) == ("—", name_of_key, digest)
    VerifyKey(b64decode(public)[1:]).verify(f"{text}\n".encode(), b64decode(coded)[4:])
    for wrong in ("", "PRIVATE+KEY+a+00000000+AAAA", signer.private[:-4], signer.private.replace("register", "other")):
        with pytest.raises(ValueError, match="not the private key"):
            Signer.read(wrong)


# --- forged ------------------------------------------------------------------------------------------------------

CONTENT, LEAF = "its content is not what was sealed", "its leaf is not the one in the tree"
FORGED = (
    ("", "UPDATE revision SET reason = 'Another.' WHERE id = 3", [f"revision 3: {CONTENT}"]),
    ("", "UPDATE change SET action = 'update' WHERE revision = 2", [f"revision 2: {CONTENT}"]),
    ("", "UPDATE change SET after = 'public' WHERE revision = 2", ["facilities 3 at revision 2: access"]),
    (
        "facility",
        "DELETE FROM facility_history WHERE id = 1",
        [
            f"revision 1: {CONTENT}",
            "facilities 1 at revision 1: it is gone",
            "facilities 1: the index of names is not as it is called",
        ],
    ),
    (
        "claim",
        "INSERT INTO claim_history ({claim}, until) SELECT {claim}, 3 FROM claim",
        [
            "claims at revision 1: 2 versions are there, the log tells of 1",
            "claims 1: the index of names is not as it is called",
        ],
    ),
    ("source", "UPDATE source SET seal = (SELECT seal FROM claim)", ["sources 1: seal"]),
    ("", "UPDATE register SET frontier = '3 aaaa'", ["register: its tree does not end as its leaves do"]),
    ("", "UPDATE leaf SET seal = (SELECT seal FROM claim) WHERE revision = 2", [f"revision 2: {LEAF}"]),
    (
        "",
        "UPDATE leaf SET node = (SELECT node FROM leaf WHERE revision = 1) WHERE revision = 3",
        [f"revision 3: {LEAF}"],
    ),
)
"""What is done to tables whose guards are out of the way: the table released, the statement, and what it adds to what
`verify` tells."""


def test_whatever_is_forged_is_named(engine: Engine) -> None:
    put(engine, *WORLD)
    put(engine, {**CAMP, "slug": "hidden", "access": "restricted"})
    put(engine, {**CAMP, "name": "Another camp"})
    answer: set[str] = set(differing(engine))
    assert not answer
    for table, statement, lines in FORGED:
        with engine.begin() as connection:
            op = operations(connection)
            if table:
                op.release(table)
            with migrating(connection):
                connection.execute(text(statement.format(claim=", ".join(COLLECTIONS["claims"].names))))
            if table:
                op.keep(table)
        now = set(differing(engine))
        assert sorted(now - answer) == sorted(set(lines) - answer), statement
        assert answer <= now, statement
        answer = now


def test_who_rewrites_all_of_it_does_not_come_by_the_root_that_others_keep(engine: Engine) -> None:
    put(engine, *WORLD)
    put(engine, {**CAMP, "name": "Another camp"})
    stored = Frontier.read(_frontier(engine)).root
    with engine.begin() as connection:
        operations(connection).release("claim")
        connection.execute(text("UPDATE claim SET statement = 'Another one.'"))
    with engine.begin() as connection, migrating(connection):
        _forge_everything(connection)
    with engine.begin() as connection:
        operations(connection).keep("claim")
    assert list(differing(engine)) == []
    assert Frontier.read(_frontier(engine)).root != stored


LATER = "2999-01-01T00:00:00.000000Z"


def test_what_plain_sql_or_an_older_version_made_is_sealed_with_the_next_write(engine: Engine) -> None:
    put(engine, *WORLD)
    with engine.begin() as connection:
        connection.execute(text("UPDATE register SET open = true, revision = 2"))
        connection.execute(insert(REVISIONS), {"id": 2, "recorded_at": LATER, "author": "shell"})
        connection.execute(text("UPDATE register SET open = false"))
    assert "revision 2: it is not recorded, or has no leaf" in list(differing(engine))
    put(engine, {**CAMP, "name": "Another camp"})
    assert list(differing(engine)) == []


def _frontier(engine: Engine) -> str:
    with engine.connect() as connection:
        return str(connection.scalar(select(REGISTER.c.frontier)))


def _forge_everything(connection: Connection) -> None:
    """Make another claim of what was claimed, with its JSON, its seal, every leaf and the tree made anew."""
    op, claims = operations(connection), COLLECTIONS["claims"]
    postgresql = connection.dialect.name == "postgresql"
    for name in ("guarded", "not_changed", "not_truncated" if postgresql else "not_deleted"):
        op.execute(f"DROP TRIGGER leaf_{name}" + (" ON leaf" if postgresql else ""))
    loaded = load(Store(connection), claims, [1])
    seal = sealed(claims, loaded.rows[1], loaded.parts[1])
    connection.execute(update(claims.rows).values(seal=seal, doc=loaded.rendered(1)["doc"]))
    connection.execute(text("DELETE FROM leaf"))
    frontier = Frontier()
    catch_up(connection, frontier, 2)
    connection.execute(update(REGISTER).values(frontier=str(frontier)))
    op.guard("leaf")
