"""The append-only audit trail of approvals and writes, as a hash chain.

    row n:  hash = SHA-256(previous hash, every field)        head note:  seq and hash of the newest row

A changed, removed or reordered row breaks the chain at that row. Rows missing from the end leave an intact chain that is
shorter than the head note, which is stored in a file outside the database.
"""

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from ix_tools.storage.database import Store
from ix_tools.storage.head_note import read_head_note, write_head_note
from ix_tools.storage.schema import audit

log = logging.getLogger(__name__)

FIRST_PREVIOUS_HASH = "0" * 64
CUT = "trail cut"
"""Event of the row that says how the beginning of the trail was erased by age."""
HASHED_FIELDS = [column.name for column in audit.columns if column.name != "hash"]

NEWEST_ROW = sql.select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
NEW_ROW = audit.insert()


@dataclass(frozen=True, slots=True)
class Entry:
    """An event with ids and digests only; it holds no texts and no secrets."""

    event: str
    principal: str = ""
    face: str = ""
    account: str = ""
    operation: str = ""
    subject: str = ""
    intent: str = ""
    approval: str = ""
    content: str = ""
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class TrailFault:
    """A row of the trail that is missing or was changed."""

    seq: int
    what: str


@dataclass(frozen=True, slots=True)
class TrailCut:
    """The last time that the beginning of the trail was erased."""

    through: int
    """Number of the last row that is gone."""
    at: str


def lock_trail(connection: Connection) -> None:
    """Lock the trail until the transaction ends; SQLite has one writing transaction at a time anyway."""
    if connection.dialect.name == "postgresql":
        # Readers continue; other writers wait for this transaction, so that the chain has one end.
        connection.exec_driver_sql("LOCK TABLE audit IN SHARE ROW EXCLUSIVE MODE")


def append(connection: Connection, entry: Entry) -> None:
    """Append a row inside the caller's transaction."""
    lock_trail(connection)
    last = connection.execute(NEWEST_ROW).one_or_none()
    row = {
        "seq": last.seq + 1 if last else 1,
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        **{name: getattr(entry, name) for name in Entry.__slots__},
        "previous": last.hash if last else FIRST_PREVIOUS_HASH,
    }
    row["hash"] = _hash_row(row)
    connection.execute(NEW_ROW, row)
    connection.info["audit_head"] = (
        row["seq"],
        row["hash"],
    )  # written to the head note after the commit


def append_alone(store: Store, entry: Entry) -> None:
    """Append a row in a transaction of its own."""
    with store.writing() as connection:
        append(connection, entry)


def cut(connection: Connection, before: datetime, most: int, noted: int) -> int:
    """Remove rows from the beginning of the trail that are older than a moment, and return how many.

    Args:
        noted: number of the row in the head note. It and later rows stay: a store without the noted row is refused.

    A row at the end of the chain says through which row it was cut, with that row's hash, from which the rest is verified, and the
    passkeys whose enrolment was cut off, because later signatures are verified with them. It is cut once a day at most, unless much
    is left, so that these rows stay few.
    """
    lock_trail(connection)
    rows = connection.execute(sql.select(audit).order_by(audit.c.seq).limit(most + 1)).all()
    moment = before.isoformat(timespec="milliseconds")
    old = list(takewhile(lambda row: row.at < moment and row.seq < noted, rows))[:most]
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat(timespec="milliseconds")
    if not old or (len(old) < most and any(one.at > yesterday for one in list_cuts(connection))):
        return 0
    keys = [{"person": one.principal, "told": one.outcome} for one in old if one.event == "passkey added"]
    keys += [key for one in old if one.event == CUT for key in _parse_cut(one)["passkeys"]]
    told = {"through": old[-1].seq, "hash": old[-1].hash, "passkeys": keys}
    append(connection, Entry(event=CUT, outcome=json.dumps(told)))
    connection.execute(audit.delete().where(audit.c.seq <= old[-1].seq))
    return len(old)


def list_cuts(connection: Connection) -> Sequence[Any]:
    """Return the rows that say how the beginning of the trail was erased by age, oldest first."""
    return connection.execute(sql.select(audit).where(audit.c.event == CUT).order_by(audit.c.seq)).all()


def describe_cut(store: Store) -> TrailCut | None:
    """Return how the beginning of the trail was erased by age; None if it was not."""
    with store.reading() as connection:
        cuts = list_cuts(connection)
    return TrailCut(_parse_cut(cuts[-1])["through"], cuts[-1].at) if cuts else None


def load_cut_passkeys(connection: Connection) -> list[tuple[str, str]]:
    """Return person and outcome of each row "passkey added" that was cut off."""
    return [
        (str(one["person"]), str(one["told"]))
        for row in list_cuts(connection)
        for one in _parse_cut(row)["passkeys"]
    ]


def _parse_cut(row: Any) -> dict[str, Any]:
    """Return what a cut says; nothing if the row was changed, which the chain shows."""
    try:
        told = json.loads(row.outcome)
        return {
            "through": int(told["through"]),
            "hash": str(told["hash"]),
            "passkeys": list(told["passkeys"]),
        }
    except (ValueError, TypeError, KeyError):
        return {"through": 0, "hash": "", "passkeys": []}


def _find_start(rows: Sequence[Any], cuts: Sequence[Any]) -> tuple[int, str]:
    """Return the number that the first row must have and the hash that it must follow."""
    first = rows[0]["seq"] if rows else 1
    told = next((one for one in map(_parse_cut, cuts) if one["through"] == first - 1 > 0), None)
    return (first, told["hash"]) if told is not None else (1, FIRST_PREVIOUS_HASH)


def _hash_row(row: Any) -> str:
    return hashlib.sha256(
        json.dumps([row[name] for name in HASHED_FIELDS], ensure_ascii=False).encode()
    ).hexdigest()


def accept_restored(store: Store, principal: str) -> tuple[int, int]:
    """Accept a store that is older than its head note, as after a restored backup, and record that in the trail.

    Returns:
        The number of the row in the head note, and of the newest row in the store.

    Raises:
        StoreUnavailable: the store cannot be opened.
        OSError: the head note cannot be written.
    """
    store.checks_note = False
    noted = read_head_note(store.note_file) if store.note_file is not None else (0, "")
    with store.writing() as connection:
        lock_trail(connection)
        newest = connection.execute(sql.select(sql.func.max(audit.c.seq))).scalar_one() or 0
        said = f"row {noted[0]} ({noted[1][:16] or '-'}) was noted as the newest; row {newest} is"
        append(connection, Entry(event="store accepted", principal=principal, face="terminal", outcome=said))
        seq, digest = connection.info["audit_head"]
    if store.note_file is not None:
        write_head_note(store.note_file, seq, digest)
    return noted[0], newest


def locate_head_note(store: Store, folder: Path) -> Path:
    """Return the path of the head note: beside a SQLite file, or in the user's data folder for a database server."""
    return store.head_note or folder / f"{hashlib.sha256(str(store.name).encode()).hexdigest()[:16]}.head"


def note_head(path: Path, seq: int, digest: str) -> None:
    """Write the head note if it is older. Two processes may write out of order; the note then lags by one row.

    The row itself is committed by now, so a failed note stops nobody: the next one catches up.
    """
    try:
        if read_head_note(path)[0] < seq:
            write_head_note(path, seq, digest)
    except OSError as trouble:
        log.error("the newest row of the audit trail could not be noted in %s: %s", path, trouble)


def verify_chain(store: Store, folder: Path) -> list[TrailFault]:
    """Find the rows that were changed, removed or reordered; an intact trail has none."""
    seq, digest = read_head_note(
        locate_head_note(store, folder)
    )  # before the rows, because others may be writing
    with store.reading() as connection:
        rows = connection.execute(sql.select(audit).order_by(audit.c.seq)).mappings().all()
        start = _find_start(rows, list_cuts(connection))
    faults = list(_find_chain_faults(rows, start))
    last = rows[-1]["seq"] if rows else 0
    if last < seq:
        faults.append(TrailFault(last + 1, f"rows {last + 1} to {seq} are missing from the end"))
    elif seq == 0 and rows:
        faults.append(TrailFault(0, "the note of the newest row is missing"))
    elif (noted := next((row for row in rows if row["seq"] == seq), None)) and noted["hash"] != digest:
        faults.append(TrailFault(seq, "this row is not the one that was noted as the newest"))
    return list({fault.seq: fault for fault in reversed(faults)}.values())[::-1]


def _find_chain_faults(rows: Any, start: tuple[int, str]) -> Iterator[TrailFault]:
    expected, before = start
    for row in rows:
        seq = row["seq"]
        whole = _hash_row(row) == row["hash"]
        if seq != expected:
            many = f"rows {expected} to {seq - 1} are" if seq > expected + 1 else f"row {expected} is"
            yield TrailFault(expected, f"{many} missing")
        elif row["previous"] != before and whole:
            # The hash covers this row's copy of the previous hash, so the previous row is the changed one.
            yield TrailFault(max(1, seq - 1), "this row was replaced: the next row follows another one")
        if not whole:
            yield TrailFault(seq, "this row was changed after it was written")
        expected, before = seq + 1, row["hash"]
