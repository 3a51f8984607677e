"""Tamper with the audit trail in two hundred ways, and check that verification names the affected rows."""

import random
from collections.abc import Callable
from typing import Any

import sqlalchemy as sql

from ix_tools.audit import trail as audit
from ix_tools.audit.trail import HASHED_FIELDS
from ix_tools.storage.database import Store
from ix_tools.storage.schema import audit as trail

Rows = list[dict[str, Any]]


def read_rows(store: Store) -> Rows:
    """Return all rows."""
    with store.reading() as connection:
        return [dict(row) for row in connection.execute(sql.select(trail).order_by(trail.c.seq)).mappings()]


def replace_rows(store: Store, rows: Rows) -> None:
    """Replace the table's rows directly."""
    with store.writing() as connection:
        connection.execute(trail.delete())
        if rows:
            connection.execute(trail.insert(), rows)


def recompute_hash(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with the hash of its present content."""
    return {**row, "hash": audit._hash_row(row)}


# Each function changes the rows and returns the numbers of the rows that verification must name.


def change_field(rows: Rows, chance: random.Random) -> set[int]:
    """Change a letter in a row."""
    at, name = chance.randrange(len(rows)), chance.choice([one for one in HASHED_FIELDS if one != "seq"])
    rows[at][name] += "x" if len(rows[at][name]) < 12 else ""
    rows[at][name] = rows[at][name].swapcase() if not rows[at][name].endswith("x") else rows[at][name]
    if rows[at][name] == rows[at][name].swapcase():  # only digits
        rows[at][name] = "9" + rows[at][name][1:] if rows[at][name][0] != "9" else "8" + rows[at][name][1:]
    return {rows[at]["seq"]}


def change_hash(rows: Rows, chance: random.Random) -> set[int]:
    """Change a hash."""
    at = chance.randrange(len(rows))
    rows[at]["hash"] = rows[at]["hash"][::-1]
    return {rows[at]["seq"]}


def remove_row(rows: Rows, chance: random.Random) -> set[int]:
    """Remove a row from the middle."""
    at = chance.randrange(len(rows) - 1)
    return {rows.pop(at)["seq"]}


def swap_rows(rows: Rows, chance: random.Random) -> set[int]:
    """Swap two rows."""
    one, other = chance.sample(range(len(rows)), 2)
    rows[one]["seq"], rows[other]["seq"] = rows[other]["seq"], rows[one]["seq"]
    return {rows[one]["seq"], rows[other]["seq"]}


def cut_tail(rows: Rows, chance: random.Random) -> set[int]:
    """Remove the last rows."""
    at = chance.randrange(len(rows))
    del rows[at:]
    return {at + 1}


def rewrite_row(rows: Rows, chance: random.Random) -> set[int]:
    """Change a row and its hash, which then differs from the one in the next row."""
    at = chance.randrange(len(rows))
    rows[at] = recompute_hash({**rows[at], "outcome": "nothing happened"})
    return {rows[at]["seq"]}


def remove_and_renumber_row(rows: Rows, chance: random.Random) -> set[int]:
    """Remove a row and give its number and place in the chain to the next one."""
    at = chance.randrange(1, len(rows) - 2)
    gone = rows.pop(at)
    rows[at] = recompute_hash({**rows[at], "seq": gone["seq"], "previous": gone["previous"]})
    return {rows[at]["seq"] + 1}


def insert_row(rows: Rows, chance: random.Random) -> set[int]:
    """Insert a row at the end."""
    last = rows[-1]
    more = recompute_hash({**last, "seq": last["seq"] + 1, "previous": "0" * 64})
    rows.append(more)
    return {last["seq"]}


TAMPERINGS: tuple[Callable[[Rows, random.Random], set[int]], ...] = (
    change_field,
    change_hash,
    remove_row,
    swap_rows,
    cut_tail,
    rewrite_row,
    remove_and_renumber_row,
    insert_row,
)
