"""A copy of a register in an SQLite file: `python mirror.py http://127.0.0.1:8000 copy.db`, and again to catch up."""

import json
import sqlite3
import sys
from collections.abc import Callable
from typing import Any
from urllib.request import urlopen

TABLES = """
    CREATE TABLE IF NOT EXISTS record (collection TEXT, id INTEGER, body TEXT, PRIMARY KEY (collection, id));
    CREATE TABLE IF NOT EXISTS ahead (address TEXT);
"""


def follow(ask: Callable[[str], Any], copy: sqlite3.Connection) -> None:
    """Bring the copy up to date. `ask` gives the JSON that stands at an address of the register."""
    copy.executescript(TABLES)
    while True:
        (address,) = copy.execute("SELECT address FROM ahead").fetchone() or ("/v1/changes?after=0&limit=1000",)
        page = ask(address)
        # One transaction: a page and the address of the next are kept together or not at all.
        with copy:
            for change in page["data"]:
                key = change["collection"], change["id"]
                copy.execute("DELETE FROM record WHERE collection = ? AND id = ?", key)
                if change["record"] is not None:
                    copy.execute("INSERT INTO record VALUES (?, ?, ?)", (*key, json.dumps(change["record"])))
            copy.execute("DELETE FROM ahead")
            copy.execute("INSERT INTO ahead VALUES (?)", (page["next"],))
        if not page["data"]:
            return


if __name__ == "__main__":
    register, file = sys.argv[1:]
    follow(lambda address: json.load(urlopen(register + address)), sqlite3.connect(file))
