"""The audit trail shows every change that was made to it afterwards, and where."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sql

from ix_tools import audit
from ix_tools.audit import FIELDS, Entry, append, head_file, note_head, verify
from ix_tools.store import Store
from ix_tools.store import audit as trail
from tests.sandboxed import Office, invoice

LONG = 40
PLANTED = 200
Rows = list[dict[str, Any]]


def written(place: str, folder: Path, rows: int = LONG) -> Store:
    """A store with a trail, and a note of its end."""
    store = Store(place)
    store.note_head = lambda seq, digest: note_head(head_file(store, folder), seq, digest)
    with store.writing() as connection:
        for number in range(rows):
            append(
                connection, Entry("intent", "ana", "mcp", "acme@host", "create_invoice", f"invoices/{number}")
            )
    return store


def kept(store: Store) -> Rows:
    """The rows as they are."""
    with store.reading() as connection:
        return [dict(row) for row in connection.execute(sql.select(trail).order_by(trail.c.seq)).mappings()]


def put(store: Store, rows: Rows) -> None:
    """Somebody writes into the table past us."""
    with store.writing() as connection:
        connection.execute(trail.delete())
        if rows:
            connection.execute(trail.insert(), rows)


def sealed(row: dict[str, Any]) -> dict[str, Any]:
    """The row with a hash that fits what it says now."""
    return {**row, "hash": audit._hash(row)}


# Each takes the rows and chance, changes the rows, and gives the numbers of rows that must be named.


def a_changed_field(rows: Rows, chance: random.Random) -> set[int]:
    at, name = chance.randrange(len(rows)), chance.choice([one for one in FIELDS if one != "seq"])
    rows[at][name] += "x" if len(rows[at][name]) < 12 else ""
    rows[at][name] = rows[at][name].swapcase() if not rows[at][name].endswith("x") else rows[at][name]
    if rows[at][name] == rows[at][name].swapcase():  # nothing but digits
        rows[at][name] = "9" + rows[at][name][1:] if rows[at][name][0] != "9" else "8" + rows[at][name][1:]
    return {rows[at]["seq"]}


def a_changed_hash(rows: Rows, chance: random.Random) -> set[int]:
    at = chance.randrange(len(rows))
    rows[at]["hash"] = rows[at]["hash"][::-1]
    return {rows[at]["seq"]}


def a_removed_row(rows: Rows, chance: random.Random) -> set[int]:
    at = chance.randrange(len(rows) - 1)
    return {rows.pop(at)["seq"]}


def two_rows_swapped(rows: Rows, chance: random.Random) -> set[int]:
    one, other = chance.sample(range(len(rows)), 2)
    rows[one]["seq"], rows[other]["seq"] = rows[other]["seq"], rows[one]["seq"]
    return {rows[one]["seq"], rows[other]["seq"]}


def a_cut_tail(rows: Rows, chance: random.Random) -> set[int]:
    at = chance.randrange(len(rows))
    del rows[at:]
    return {at + 1}


def a_row_written_anew(rows: Rows, chance: random.Random) -> set[int]:
    """With a hash that fits it, which then is not the one that the next row follows."""
    at = chance.randrange(len(rows))
    rows[at] = sealed({**rows[at], "outcome": "nothing happened"})
    return {rows[at]["seq"]}


def a_removed_row_closed_up(rows: Rows, chance: random.Random) -> set[int]:
    """The row after it takes its number and its place in the chain."""
    at = chance.randrange(1, len(rows) - 2)
    gone = rows.pop(at)
    rows[at] = sealed({**rows[at], "seq": gone["seq"], "previous": gone["previous"]})
    return {rows[at]["seq"] + 1}


def an_inserted_row(rows: Rows, chance: random.Random) -> set[int]:
    last = rows[-1]
    more = sealed({**last, "seq": last["seq"] + 1, "previous": "0" * 64})
    rows.append(more)
    return {last["seq"]}


TAMPERINGS: tuple[Callable[[Rows, random.Random], set[int]], ...] = (
    a_changed_field,
    a_changed_hash,
    a_removed_row,
    two_rows_swapped,
    a_cut_tail,
    a_row_written_anew,
    a_removed_row_closed_up,
    an_inserted_row,
)


def test_a_trail_that_nobody_touched_is_whole(place: str, tmp_path: Path) -> None:
    store = written(place, tmp_path)
    assert verify(store, tmp_path) == []
    store.close()


def test_every_one_of_200_tamperings_is_found_with_its_row(place: str, tmp_path: Path) -> None:
    store = written(place, tmp_path)
    whole = kept(store)
    chance = random.Random(7)
    missed = []
    for number in range(PLANTED):
        tampering = TAMPERINGS[number % len(TAMPERINGS)]
        rows = [dict(row) for row in whole]
        expected = tampering(rows, chance)
        put(store, rows)
        named = {fault.seq for fault in verify(store, tmp_path)}
        if not expected <= named:
            missed.append((tampering.__name__, expected, named))
    assert missed == []
    put(store, whole)
    assert verify(store, tmp_path) == []
    store.close()


def test_a_single_change_names_no_other_row(place: str, tmp_path: Path) -> None:
    store = written(place, tmp_path, 20)
    whole = kept(store)
    for tampering in (a_changed_field, a_removed_row, a_cut_tail, a_row_written_anew):
        rows = [dict(row) for row in whole]
        expected = tampering(rows, random.Random(3))
        put(store, rows)
        assert {fault.seq for fault in verify(store, tmp_path)} == expected, tampering.__name__
    store.close()


def test_a_trail_without_the_note_of_its_end_says_so(place: str, tmp_path: Path) -> None:
    store = written(place, tmp_path, 3)
    head_file(store, tmp_path).unlink()
    assert [fault.what for fault in verify(store, tmp_path)] == ["the note of the newest row is missing"]
    store.close()


def test_an_emptied_trail_is_missing_from_its_first_row(place: str, tmp_path: Path) -> None:
    store = written(place, tmp_path, 3)
    put(store, [])
    assert [(fault.seq, fault.what) for fault in verify(store, tmp_path)] == [
        (1, "rows 1 to 3 are missing from the end")
    ]
    store.close()


def test_the_note_never_goes_back(tmp_path: Path) -> None:
    """Two processes may note out of order."""
    path = tmp_path / "a.head"
    note_head(path, 6, "f" * 64)
    note_head(path, 5, "e" * 64)
    assert path.read_text() == f"6 {'f' * 64}\n"


def test_a_note_that_cannot_be_written_does_not_undo_what_is_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "in the way").write_text("")
    store = Store(tmp_path / "a.db")
    store.note_head = lambda seq, digest: note_head(tmp_path / "in the way" / "head", seq, digest)
    with store.writing() as connection:
        append(connection, Entry("intent"))
    assert len(kept(store)) == 1
    assert "could not be noted" in caplog.text
    store.close()


async def test_every_approval_and_every_write_leaves_its_rows(office: Office) -> None:
    made = (await office.call("create_invoice", invoice()))["document"]
    about = {"document_type": "invoices", "document_id": made["id"], "state": "finalized"}
    await office.call("change_state", about)
    rows = kept(office.desk.journal._store)
    subject = f"invoices/{made['id']}"
    assert [(row["event"], row["operation"], row["subject"]) for row in rows] == [
        ("intent", "create_invoice", "invoices"),
        ("done", "create_invoice", subject),
        ("approval asked", "change_state", ""),
        ("approval used", "change_state", ""),
        ("intent", "change_state", subject),
        ("done", "change_state", subject),
    ]
    assert rows[4]["approval"] == rows[3]["approval"] != ""
    assert rows[0]["intent"] == rows[1]["intent"] != rows[4]["intent"]


def test_many_processes_make_one_chain(place: str, tmp_path: Path) -> None:
    """No two rows follow the same one, whoever writes them."""
    from faults.crowd import appended
    from faults.run import PROCESSES

    store = written(place, tmp_path, 1)
    started = [PROCESSES.Process(target=appended, args=(place, str(tmp_path), 25)) for _ in range(3)]
    for one in started:
        one.start()
    for one in started:
        one.join(30)
    assert [row["seq"] for row in kept(store)] == list(range(1, 77))
    assert verify(store, tmp_path) == []
    store.close()
