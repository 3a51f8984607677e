"""Approvals signed with a passkey: what is signed, and how it is checked, at the decision, at its use and years later.

The authenticator signs the SHA-256 of a record (RFC 8259 JSON in UTF-8, keys sorted, no blanks):

    version        1
    purpose        "approve with ix-tools"
    server         origin of the page, such as https://ix.example.pt
    approval       id of the approval
    requester      who asked
    account        name and host of the account
    operation      such as change_state
    arguments      digest of every argument
    snapshot       digest of the document and what belongs to it, as InvoiceXpress had them
    shown          SHA-256 of the preview that the person read
    document       digest of the document's content, which the issued document still has (`domain/issued_content.py`)
    differences    whether the person accepted differences between stored and requested document

That of an approval of many documents has two more fields:

    documents      the documents in their order, each as [place, "invoices/1001", digest of its content, digests of its calls]
    left_out       the places of those that the person left out

The record, the public key and the three parts of the authenticator's answer stand in the audit trail, so that it proves by itself
who approved what.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from ix_tools.approvals.joint_decisions import digest_covered_call, load_left_out, load_parts
from ix_tools.approvals.models import Approval, Binding, SignedApproval
from ix_tools.approvals.requirements import ApprovalRequirement
from ix_tools.approvals.rows import digest_preview
from ix_tools.audit import trail
from ix_tools.auth.passkeys import Passkey, find_usable_in
from ix_tools.auth.people import Person
from ix_tools.auth.webauthn import Assertion, RelyingParty, verify_assertion
from ix_tools.errors import ApprovalRefused, IxError
from ix_tools.i18n.messages import Message, message
from ix_tools.storage.database import Store, find_row
from ix_tools.storage.schema import approvals, audit, passkeys

VERSION = 1
PURPOSE = "approve with ix-tools"
EVENT = "approval signed"
"""The event in the audit trail."""


def build_record(found: Approval | Any, server: str, left_out: frozenset[int] | None = None) -> str:
    """Build the record that a person signs to approve this request on the page of this server.

    Args:
        left_out: the documents that the person leaves out; None for those that are stored.
    """
    content: dict[str, Any] = {
        "version": VERSION,
        "purpose": PURPOSE,
        "server": server,
        "approval": found.id,
        "requester": found.principal,
        "account": found.account,
        "operation": found.operation,
        "arguments": found.arguments,
        "snapshot": found.snapshot,
        "shown": found.shown,
        "document": found.document,
        "differences": bool(found.differs),
    }
    if found.parts:
        content["documents"] = [
            [one.place, one.document, one.content, one.calls] for one in load_parts(found.parts)
        ]
        content["left_out"] = sorted(load_left_out(found.choice) if left_out is None else left_out)
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def compute_challenge(record: str) -> bytes:
    """Return the challenge for a record."""
    return hashlib.sha256(record.encode()).digest()


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed."""

    passkey: Passkey
    person: Person
    signature: SignedApproval


def identify_signer(
    store: Store, found: Approval, server: str, answer: str, left_out: frozenset[int] = frozenset()
) -> Signer:
    """Verify an authenticator's answer for this request, and return who gave it.

    Raises:
        ApprovalRefused: it is no valid signature for exactly this request on this server.
    """
    refusal = build_signature_refusal(message("the answer does not fit this request"))
    signer = None
    try:
        given = Assertion.parse(answer)
        with store.reading() as connection:
            known = find_usable_in(connection, passkeys.c.credential_hash == given.credential_hash)
        if known is not None:
            signature = _build_signature(build_record(found, server, left_out), known[0], given)
            check_signature(signature)
            signer = Signer(known[0], known[1], signature)
    except ApprovalRefused as wrong:
        refusal = wrong
    except IxError:
        pass
    if signer is None:
        raise refusal
    return signer


def check_signature(signed: SignedApproval) -> None:
    """Verify a signature from its own parts: the record, the public key and the authenticator's answer.

    Raises:
        ApprovalRefused: they do not belong together.
    """
    wrong = None
    try:
        server = json.loads(signed.record)["server"]
        given = Assertion(
            signed.credential_id, signed.client_data, signed.authenticator_data, signed.signature
        )
        verify_assertion(
            RelyingParty(str(server)), compute_challenge(signed.record), signed.credential, given
        )
    except (ValueError, TypeError, KeyError, IxError) as trouble:
        wrong = trouble
    if wrong is not None:
        raise build_signature_refusal(message("the signature does not verify"))


def record_signature(
    connection: Connection, row: Any, signed: SignedApproval, left_out: frozenset[int] = frozenset()
) -> None:
    """Verify a signature against the stored request and the choice, and write it to the audit trail, in the caller's transaction.

    Raises:
        ApprovalRefused: it was given for something else than what is stored.
    """
    server = str(json.loads(signed.record)["server"])
    if row.sheet and digest_preview(row.sheet) != row.shown:
        raise build_signature_refusal(message("the stored preview was changed"))
    if signed.record != build_record(row, server, left_out):
        raise build_signature_refusal(message("it was given for another request"))
    check_signature(signed)
    entry = trail.Entry(
        event=EVENT,
        principal=row.principal,
        face="page",
        account=row.account,
        operation=row.operation,
        subject=row.subject,
        approval=row.id,
        content=row.arguments,
        outcome=json.dumps(asdict(signed), sort_keys=True),
    )
    trail.append(connection, entry)


def find_signature_refusal(
    connection: Connection, row: Any, binding: Binding, requirement: ApprovalRequirement
) -> ApprovalRefused | None:
    """Return why an approval may not be used although it is approved; None if it need not be signed, or validly is.

    Everything is verified again from the audit trail and for the call at hand, because the row of the approval alone proves
    nothing.
    """
    bound = (row.principal, row.account, row.operation, row.arguments, row.snapshot)
    wanted = (binding.principal, binding.account, binding.operation, binding.arguments, binding.snapshot)
    if _must_be_signed(row, requirement) and bound != wanted:
        return build_signature_refusal(message("it was given for another request"))
    return find_lapse(connection, row, requirement)


def find_covering_refusal(
    connection: Connection, row: Any, binding: Binding, requirement: ApprovalRequirement
) -> ApprovalRefused | None:
    """Return why a further call may not be carried out although the approval of its workflow covers it; None if it may.

    If that had to be signed, its signatures are verified again, and that a signed list of documents has this call.
    """
    lapse = find_lapse(connection, row, requirement)
    covering = find_row(connection, approvals, row.covered_by)
    if lapse is not None or covering is None or not _must_be_signed(row, requirement):
        return lapse
    left_out = load_left_out(covering.choice)
    documents = [one for one in load_parts(covering.parts) if one.place not in left_out]
    if covering.parts and not any(digest_covered_call(binding) in one.calls for one in documents):
        return build_signature_refusal(message("it was given for another request"))
    return None


def find_lapse(connection: Connection, row: Any, requirement: ApprovalRequirement) -> ApprovalRefused | None:
    """Return why the signatures of an approval, or of the one that covers it, count no more; None if they do.

    If it had to be signed, all of them are verified again. Otherwise it may have none, but a revoked passkey also ends what it
    signed of its own accord.
    """
    signed = find_row(connection, approvals, row.covered_by) if row.covered_by else row
    merged = ApprovalRequirement.from_json(row.terms).merge(requirement)
    try:
        if not _must_be_signed(row, requirement):
            for one in load_signatures(connection, signed.id) if signed is not None else ():
                _find_signer(connection, one)
        elif signed is None or merged is None:
            return build_signature_refusal(message("nobody may sign it"))
        else:
            _require_signatures(connection, signed, merged)
    except ApprovalRefused as refusal:
        return refusal
    return None


def _must_be_signed(row: Any, requirement: ApprovalRequirement) -> bool:
    return "signed" in {requirement.where, ApprovalRequirement.from_json(row.terms).where}


def find_signed_content(record: Mapping[str, Any], document: str) -> str | None:
    """Return the digest of a document's content in a signed record; None if the document was left out or is not in it."""
    if "documents" not in record:
        return str(record.get("document", ""))
    for place, name, content, _ in record["documents"]:
        if name == document and place not in record["left_out"]:
            return str(content)
    return None


def _require_signatures(connection: Connection, row: Any, requirement: ApprovalRequirement) -> None:
    """Check that enough people signed this approval.

    Raises:
        ApprovalRefused: a signature is missing, does not verify, or its passkey was revoked.
    """
    seen: list[frozenset[str]] = []
    for signed in load_signatures(connection, row.id):
        if signed.record != build_record(row, row.page):
            raise build_signature_refusal(message("it was given for another request"))
        check_signature(signed)
        passkey = _find_signer(connection, signed)
        refusal = requirement.find_ineligibility(
            passkey.identity, row.principal, "signed", passkey.shared_with
        )
        if refusal is not None:
            raise refusal
        who = requirement.find_people(passkey.identity, passkey.shared_with)
        if not any(who & other for other in seen):
            seen.append(who)
    if len(seen) < requirement.people:
        raise build_signature_refusal(message("there are fewer signatures than the policy asks for"))


def _find_signer(connection: Connection, signed: SignedApproval) -> Passkey:
    """Return the passkey that signed.

    Raises:
        ApprovalRefused: it was revoked, or is not the one that signed.
    """
    known = find_usable_in(connection, passkeys.c.id == signed.passkey)
    if known is None or known[0].credential != signed.credential or known[0].person != signed.person:
        raise build_signature_refusal(message("its passkey was revoked, or is another one"))
    return known[0]


def load_signatures(connection: Connection, approval: str) -> Sequence[SignedApproval]:
    """Return the signatures of an approval, as the audit trail has them.

    Raises:
        ApprovalRefused: one cannot be read.
    """
    wanted = sql.select(audit.c.outcome).where(audit.c.approval == approval, audit.c.event == EVENT)
    return [parse_signature(text) for text in connection.execute(wanted.order_by(audit.c.seq)).scalars()]


def parse_signature(text: str) -> SignedApproval:
    """Parse a signature of the audit trail.

    Raises:
        ApprovalRefused: it cannot be read.
    """
    try:
        given = json.loads(text)
        return SignedApproval(**{name: str(given[name]) for name in SignedApproval.__slots__})
    except (ValueError, TypeError, KeyError):
        pass
    raise build_signature_refusal(message("its record cannot be read"))


def build_signature_refusal(why: Message) -> ApprovalRefused:
    """Build the refusal of a signature."""
    return ApprovalRefused(
        message("The approval is not validly signed: {why}.", why=why),
        code="signature_invalid",
        next=message("repeat the same call, and sign it on the page"),
    )


def _build_signature(record: str, passkey: Passkey, given: Assertion) -> SignedApproval:
    return SignedApproval(
        record=record,
        person=passkey.person,
        passkey=passkey.id,
        shared_with=passkey.shared_with or "",
        credential=passkey.credential,
        credential_id=given.credential_id,
        client_data=given.client_data,
        authenticator_data=given.authenticator_data,
        signature=given.signature,
    )
