"""Check the signatures of the audit trail again, and prove who approved a document."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from ix_tools.approvals.models import SignedApproval
from ix_tools.approvals.signatures import (
    EVENT,
    build_record,
    check_signature,
    find_signed_content,
    parse_signature,
)
from ix_tools.audit.trail import TrailFault, load_cut_passkeys
from ix_tools.errors import ApprovalRefused
from ix_tools.storage.database import Store, find_row
from ix_tools.storage.schema import approvals, audit, intents


@dataclass(frozen=True, slots=True)
class Proof:
    """A signature as the audit trail has it, and what it proves."""

    seq: int
    at: str
    """When it was recorded, in UTC."""
    approval: str
    account: str
    operation: str
    signed: SignedApproval
    outcome: str
    """What became of the call; empty if it was not carried out."""
    content: str
    """Digest of the document's content that was signed; empty for a request without a document."""
    fault: str
    """Why it proves nothing; empty if it does."""

    @property
    def record(self) -> Mapping[str, Any]:
        """The record that was signed."""
        found: Mapping[str, Any] = json.loads(self.signed.record)
        return found


def verify_signatures(store: Store) -> list[TrailFault]:
    """Find signatures that do not verify, that are of a key nobody enrolled, or whose approval was changed afterwards."""
    with store.reading() as connection:
        keys = _load_enrolled_keys(connection)
        rows = connection.execute(sql.select(audit).where(audit.c.event == EVENT).order_by(audit.c.seq)).all()
        found = {row.approval for row in rows}
        kept = {
            row.id: row
            for some in _batch(sorted(found))
            for row in connection.execute(sql.select(approvals).where(approvals.c.id.in_(some)))
        }
    faults = []
    for row in rows:
        fault = _find_fault(row, keys, kept.get(row.approval))
        if fault:
            faults.append(TrailFault(row.seq, fault))
    return faults


def find_proofs(store: Store, subject: str) -> list[Proof]:
    """Return the signatures of every approval that is about a document, such as invoices/1001, oldest first."""
    with store.reading() as connection:
        keys = _load_enrolled_keys(connection)
        outcomes = _load_outcomes(connection, subject)
        proofs = []
        for one in sorted(outcomes):
            kept = find_row(connection, approvals, one)
            rows = connection.execute(
                sql.select(audit).where(audit.c.approval == one, audit.c.event == EVENT).order_by(audit.c.seq)
            ).all()
            proofs += [_build_proof(row, keys, kept, outcomes[one], subject) for row in rows]
    return sorted((one for one in proofs if one is not None), key=lambda one: one.seq)


def _load_outcomes(connection: Connection, subject: str) -> dict[str, str]:
    """Return what became of a document's call, by the approval that a person gave for it; empty if nothing was carried out."""
    named = connection.execute(sql.select(approvals.c.id).where(approvals.c.subject == subject)).scalars()
    # A person approved the workflow or the batch; each further call has an approval that is covered by that one.
    given = sql.func.coalesce(approvals.c.covered_by, intents.c.approval)
    carried = connection.execute(
        sql.select(given, intents.c.state)
        .outerjoin(approvals, approvals.c.id == intents.c.approval)
        .where(intents.c.subject == subject, intents.c.approval.is_not(None))
        .order_by(intents.c.created_at.desc())
    )
    outcomes = dict.fromkeys(named, "")
    for one, state in carried:
        outcomes[one] = state
    return outcomes


def _build_proof(
    row: Any, keys: Mapping[str, tuple[str, str]], kept: Any, outcome: str, subject: str
) -> Proof | None:
    try:
        signed = parse_signature(row.outcome)
    except ApprovalRefused:
        return None  # `audit verify` names the row
    fault, content = _find_fault(row, keys, kept), None
    if not fault:
        content = find_signed_content(json.loads(signed.record), subject)
        fault = "" if content is not None else f"{subject} is not among the documents that were signed"
    return Proof(
        row.seq, row.at, row.approval, row.account, row.operation, signed, outcome, content or "", fault
    )


def _find_fault(row: Any, keys: Mapping[str, tuple[str, str]], kept: Any) -> str:
    """Return what is wrong with a signature of the trail; empty if nothing is."""
    try:
        signed = parse_signature(row.outcome)
        record = json.loads(signed.record)
        check_signature(signed)
    except (ApprovalRefused, ValueError, TypeError):
        return "the signature does not verify"
    if not isinstance(record, dict) or record.get("approval") != row.approval:
        return "the signature is of another approval"
    if (record.get("account"), record.get("operation")) != (row.account, row.operation):
        return "the signature is of another call"
    if keys.get(signed.passkey) != (signed.person, signed.credential):
        return "the signature is by a passkey that was never added for this person"
    if kept is not None and signed.record != build_record(kept, str(record.get("server"))):
        return f"approval {row.approval} was changed after it was signed"
    return ""


def _load_enrolled_keys(connection: Connection) -> dict[str, tuple[str, str]]:
    """Return person and credential of every passkey that was ever added, by its id, from the trail."""
    wanted = sql.select(audit.c.principal, audit.c.outcome).where(audit.c.event == "passkey added")
    keys = {}
    for person, outcome in (*load_cut_passkeys(connection), *connection.execute(wanted)):
        try:
            added = json.loads(outcome)
            keys[str(added["passkey"])] = (str(person), str(added["credential"]))
        except (ValueError, TypeError, KeyError):
            continue  # the chain names a changed row
    return keys


def _batch(ids: Sequence[str], size: int = 500) -> Iterator[Sequence[str]]:
    for at in range(0, len(ids), size):
        yield ids[at : at + size]
