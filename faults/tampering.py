"""Two hundred ways in which somebody writes into the audit trail past us, and the rows that must then be named."""

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
    """The rows as they are."""
    with store.reading() as connection:
        return [dict(row) for row in connection.execute(sql.select(trail).order_by(trail.c.seq)).mappings()]


def replace_rows(store: Store, rows: Rows) -> None:
    """Somebody writes into the table past us."""
    with store.writing() as connection:
        connection.execute(trail.delete())
        if rows:
            connection.execute(trail.insert(), rows)


def recompute_hash(row: dict[str, Any]) -> dict[str, Any]:
    """The row with a hash that fits what it says now."""
    return {**row, "hash": audit._hash_row(row)}


# Each takes the rows and chance, changes the rows, and gives the numbers of rows that must be named.


def change_field(rows: Rows, chance: random.Random) -> set[int]:
    """A letter of a row."""
    at, name = chance.randrange(len(rows)), chance.choice([one for one in HASHED_FIELDS if one != "seq"])
    rows[at][name] += "x" if len(rows[at][name]) < 12 else ""
    rows[at][name] = rows[at][name].swapcase() if not rows[at][name].endswith("x") else rows[at][name]
    if rows[at][name] == rows[at][name].swapcase():  # nothing but digits
        rows[at][name] = "9" + rows[at][name][1:] if rows[at][name][0] != "9" else "8" + rows[at][name][1:]
    return {rows[at]["seq"]}


def change_hash(rows: Rows, chance: random.Random) -> set[int]:
    """The seal alone."""
    at = chance.randrange(len(rows))
    rows[at]["hash"] = rows[at]["hash"][::-1]
    return {rows[at]["seq"]}


def remove_row(rows: Rows, chance: random.Random) -> set[int]:
    """A row out of the middle."""
    at = chance.randrange(len(rows) - 1)
    return {rows.pop(at)["seq"]}


def swap_rows(rows: Rows, chance: random.Random) -> set[int]:
    """Two rows in each other's place."""
    one, other = chance.sample(range(len(rows)), 2)
    rows[one]["seq"], rows[other]["seq"] = rows[other]["seq"], rows[one]["seq"]
    return {rows[one]["seq"], rows[other]["seq"]}


def cut_tail(rows: Rows, chance: random.Random) -> set[int]:
    """The last rows gone."""
    at = chance.randrange(len(rows))
    del rows[at:]
    return {at + 1}


def rewrite_row(rows: Rows, chance: random.Random) -> set[int]:
    """With a hash that fits it, which then is not the one that the next row follows."""
    at = chance.randrange(len(rows))
    rows[at] = recompute_hash({**rows[at], "outcome": "nothing happened"})
    return {rows[at]["seq"]}


def remove_and_renumber_row(rows: Rows, chance: random.Random) -> set[int]:
    """The row after it takes its number and its place in the chain."""
    at = chance.randrange(1, len(rows) - 2)
    gone = rows.pop(at)
    rows[at] = recompute_hash({**rows[at], "seq": gone["seq"], "previous": gone["previous"]})
    return {rows[at]["seq"] + 1}


def insert_row(rows: Rows, chance: random.Random) -> set[int]:
    """A row more at the end."""
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
