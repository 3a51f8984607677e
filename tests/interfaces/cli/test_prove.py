"""`ix-tools audit prove` and `audit verify`: who signed the approval of a document, checked again from the trail alone."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sql

from ix_tools.approvals import signatures
from ix_tools.approvals.models import ApprovalRequestContent, Binding, Evidence
from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.auth import webauthn
from ix_tools.auth.passkeys import Passkeys
from ix_tools.auth.people import People
from ix_tools.operations.digests import digest_approval
from ix_tools.storage.database import Store
from ix_tools.storage.schema import audit
from tests.authenticator import Authenticator
from tests.interfaces.cli.conftest import Cli

HERE = "https://ix.example.pt"


def sign(store: Store) -> str:
    """Enrol Ana and let her sign an approval of invoices/1001; its id."""
    people, party = People(store), webauthn.RelyingParty(HERE)
    people.add("ana", "approver", (), "terminal:rui")
    secret, _ = people.invite("ana", "terminal:rui")
    device = Authenticator(HERE, "ix.example.pt")
    challenge = bytes(32)
    made = device.create({"challenge": webauthn.encode(challenge)})
    Passkeys(store).add_invited(secret, webauthn.verify_registration(party, challenge, made))
    kept = ApprovalRepository(store, 15)
    binding = Binding("n8n", "acme@host", "change_state", digest_approval("call"), digest_approval("draft"))
    content = ApprovalRequestContent("text", "summary", page=HERE, subject="invoices/1001", document="d" * 64)
    asked = kept.ask(binding, content, "page")
    wanted = webauthn.encode(signatures.compute_challenge(signatures.build_record(asked, HERE)))
    signer = signatures.identify_signer(store, asked, HERE, device.sign({"challenge": wanted}))
    evidence = Evidence(signer.passkey.shared_with, signer.passkey.id, signer.signature)
    kept.decide(asked.id, approve=True, by="page:ana", place="page", evidence=evidence)
    return asked.id


def test_a_proof_names_the_person_the_record_and_the_inviter(cli: Cli) -> None:
    store = Store(cli.store)
    identifier = sign(store)
    body = cli("audit", "prove", "invoices/1001", "--offline").body
    (proof,) = body["proofs"]
    assert body["ok"]
    assert (proof["valid"], proof["person"], proof["also"], proof["approval"]) == (
        True,
        "ana",
        "terminal:rui",
        identifier,
    )
    assert json.loads(proof["record"])["document"] == "d" * 64
    assert "ana" in cli.text("audit", "prove", "invoices/1001", "--offline")
    with store.writing() as connection:
        connection.execute(
            audit.update()
            .where(audit.c.event == signatures.EVENT)
            .values(outcome=sql.func.replace(audit.c.outcome, "ana", "eva"))
        )
    forged = cli("audit", "prove", "invoices/1001", "--offline")
    assert (forged.code, forged.body["ok"], forged.body["proofs"][0]["valid"]) == (1, False, False)
    assert "never added for this person" in str(cli("audit", "verify").body["faults"])
    store.close()


@pytest.mark.parametrize("document", ["invoices/1002", "nonsense", "' OR 1=1"])
def test_what_nobody_signed_is_not_proved(cli: Cli, document: str) -> None:
    refused = cli("audit", "prove", document, "--offline")
    assert (refused.code, refused.body["ok"], refused.body["proofs"]) == (1, False, [])
