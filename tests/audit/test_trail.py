"""The audit trail shows every change that was made to it afterwards, and where."""

import random
from pathlib import Path

import pytest

from faults.tampering import (
    TAMPERINGS,
    change_field,
    cut_tail,
    read_rows,
    remove_row,
    replace_rows,
    rewrite_row,
)
from ix_tools.audit.trail import Entry, append, locate_head_note, note_head, verify_chain
from ix_tools.storage.database import Store
from tests.harness import Harness, invoice

LONG = 40
PLANTED = 200


def written(place: str, folder: Path, rows: int = LONG) -> Store:
    """A store with a trail, and a note of its end."""
    store = Store(place)
    store.note_head = lambda seq, digest: note_head(locate_head_note(store, folder), seq, digest)
    with store.writing() as connection:
        for number in range(rows):
            append(
                connection, Entry("intent", "ana", "mcp", "acme@host", "create_invoice", f"invoices/{number}")
            )
    return store


def test_a_trail_that_nobody_touched_is_whole(place: str, tmp_path: Path) -> None:
    store = written(place, tmp_path)
    assert verify_chain(store, tmp_path) == []
    store.close()


@pytest.mark.timeout(300)
def test_every_one_of_200_tamperings_is_found_with_its_row(place: str, tmp_path: Path) -> None:
    store = written(place, tmp_path)
    whole = read_rows(store)
    chance = random.Random(7)
    missed = []
    for number in range(PLANTED):
        tampering = TAMPERINGS[number % len(TAMPERINGS)]
        rows = [dict(row) for row in whole]
        expected = tampering(rows, chance)
        replace_rows(store, rows)
        named = {fault.seq for fault in verify_chain(store, tmp_path)}
        if not expected <= named:
            missed.append((tampering.__name__, expected, named))
    assert missed == []
    replace_rows(store, whole)
    assert verify_chain(store, tmp_path) == []
    store.close()


def test_a_single_change_names_no_other_row(place: str, tmp_path: Path) -> None:
    store = written(place, tmp_path, 20)
    whole = read_rows(store)
    for tampering in (change_field, remove_row, cut_tail, rewrite_row):
        rows = [dict(row) for row in whole]
        expected = tampering(rows, random.Random(3))
        replace_rows(store, rows)
        assert {fault.seq for fault in verify_chain(store, tmp_path)} == expected, tampering.__name__
    store.close()


def test_a_trail_without_the_note_of_its_end_says_so(place: str, tmp_path: Path) -> None:
    store = written(place, tmp_path, 3)
    locate_head_note(store, tmp_path).unlink()
    assert [fault.what for fault in verify_chain(store, tmp_path)] == [
        "the note of the newest row is missing"
    ]
    store.close()


def test_an_emptied_trail_is_missing_from_its_first_row(place: str, tmp_path: Path) -> None:
    store = written(place, tmp_path, 3)
    replace_rows(store, [])
    assert [(fault.seq, fault.what) for fault in verify_chain(store, tmp_path)] == [
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
    assert len(read_rows(store)) == 1
    assert "could not be noted" in caplog.text
    store.close()


async def test_every_approval_and_every_write_leaves_its_rows(harness: Harness) -> None:
    made = (await harness.call("create_invoice", invoice()))["document"]
    about = {"document_type": "invoices", "document_id": made["id"], "state": "finalized"}
    await harness.call("change_state", about)
    rows = read_rows(harness.context.journal._store)
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
    from faults.concurrency import append_entries
    from faults.run import PROCESSES

    store = written(place, tmp_path, 1)
    started = [PROCESSES.Process(target=append_entries, args=(place, str(tmp_path), 25)) for _ in range(3)]
    for one in started:
        one.start()
    for one in started:
        one.join(100)
    assert [row["seq"] for row in read_rows(store)] == list(range(1, 77))
    assert verify_chain(store, tmp_path) == []
    store.close()
