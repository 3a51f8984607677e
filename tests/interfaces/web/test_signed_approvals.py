"""An approval that only a person can give: signed with a passkey, for exactly this request, verified before anything is sent."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sql

from ix_tools.approvals import signature_audit, signatures
from ix_tools.approvals.links import ServerPages
from ix_tools.approvals.models import Evidence
from ix_tools.approvals.repository import Approval
from ix_tools.audit.trail import verify_chain
from ix_tools.domain.issued_content import digest_issued_content
from ix_tools.domain.records import Document
from ix_tools.errors import ApprovalRefused, IxError
from ix_tools.pipeline.issued_content import digest_present_content
from ix_tools.storage.schema import approvals, audit, decisions, passkeys
from tests.authenticator import USER_PRESENT, Authenticator
from tests.harness import Harness, Json, document_arguments, execute, invoice, line
from tests.interfaces.web.inbox_visitor import PEOPLE, Guest, Lobby, open_lobby, read_fields, read_options
from tests.interfaces.web.visitor import request_approval
from tests.pipeline.test_policy_check import under

SIGNED = 'otherwise = "signed"'


@dataclass
class Desk:
    """A server where calls must be signed, and a person who can."""

    harness: Harness
    lobby: Lobby
    ana: Guest

    async def ask(self, **changes: Any) -> tuple[Json, Approval]:
        """Return a waiting call and its approval."""
        call = document_arguments(await self.harness.create_draft(**changes), state="finalized")
        return call, await request_approval(self.paper, call)

    @property
    def paper(self) -> Harness:
        context = replace(self.harness.context, page_host=ServerPages(PEOPLE, signing_address=PEOPLE))
        return Harness(self.harness.sandbox, context)

    async def carry_out(self, call: Json) -> str:
        """Repeat the call: `sent`, `waits`, or the code of the refusal; checks that nothing was sent unless it was."""
        before = len(self.harness.list_writes())
        try:
            outcome = "sent" if (await execute(self.paper.context, "change_state", call))["ok"] else "waits"
        except IxError as refusal:
            outcome = refusal.code
        assert len(self.harness.list_writes()) - before == (outcome == "sent")
        return outcome

    def change(self, table: sql.Table, where: sql.ColumnElement[bool], **values: Any) -> None:
        """Change the store as somebody with write access to it could."""
        with self.harness.context.store.writing() as connection:
            assert connection.execute(table.update().where(where).values(values)).rowcount


@pytest.fixture
async def desk(harness: Harness, tmp_path: Path) -> AsyncIterator[Desk]:
    harness.context.approvals  # noqa: B018 - the store exists
    async with open_lobby(harness) as lobby:
        ana = await lobby.welcome("ana")
        drafts = replace(harness.context)
        asking = Harness(harness.sandbox, drafts)
        under(asking, tmp_path, SIGNED, "n8n")
        yield Desk(asking, lobby, ana)


async def test_a_signed_approval_goes_through_and_is_proved(desk: Desk) -> None:
    call, asked = await desk.ask()
    assert (asked.page, asked.channel) == (PEOPLE, "page")
    assert (await desk.ana.decide(asked.id)).status_code == 303
    assert await desk.carry_out(call) == "sent"
    store = desk.harness.context.store
    (proof,) = signature_audit.find_proofs(store, f"invoices/{call['document_id']}")
    assert (proof.fault, proof.signed.person, proof.outcome, proof.approval) == ("", "ana", "done", asked.id)
    now = await digest_present_content(desk.harness.context, f"invoices/{call['document_id']}")
    assert now == proof.record["document"], "the issued document is what she signed"
    assert signature_audit.verify_signatures(store) == []


async def test_a_link_needs_the_passkey_and_no_sign_in(desk: Desk) -> None:
    call, asked = await desk.ask()
    link = desk.harness.context.links.create(asked, "message").removeprefix(PEOPLE)
    stranger = desk.lobby.open_browser()
    page = await stranger.get(link)
    fields = {"csrf": read_fields(page.text)["csrf"], "decision": "approve"}
    plain = await stranger.post(link, fields)
    assert plain.status_code == 403
    assert "passkey" in plain.text
    page = await stranger.get(link)
    signed = desk.ana.authenticator.sign(read_options(page.text))
    assert (await stranger.post(link, {**fields, "answer": signed})).status_code == 303
    assert await desk.carry_out(call) == "sent"


@pytest.mark.parametrize("place", ["terminal", "page", "chat"])
async def test_no_other_place_counts(desk: Desk, place: Any) -> None:
    call, asked = await desk.ask()
    with pytest.raises(ApprovalRefused) as refused:
        desk.harness.context.approvals.decide(asked.id, approve=True, by="page:ana", place=place)
    assert refused.value.code == "signature_needed"
    assert (await desk.ana.decide(asked.id, signs=False)).status_code == 403, "a session is not enough"
    assert await desk.carry_out(call) == "waits"


async def test_a_changed_document_needs_another_signature(desk: Desk) -> None:
    call, asked = await desk.ask()
    await desk.ana.decide(asked.id)
    update = {"document_type": "invoices", "document_id": call["document_id"], "observations": "changed"}
    await desk.harness.call("update_invoice", update)
    assert await desk.carry_out(call) == "document_changed"


async def test_only_a_process_apart_from_the_asker_may_ask_for_a_signature(
    harness: Harness, tmp_path: Path
) -> None:
    call = document_arguments(await harness.create_draft(), state="finalized")
    under(harness, tmp_path, SIGNED)
    for pages in (None, ServerPages(PEOPLE)):
        context = replace(harness.context, page_host=pages)
        with pytest.raises(IxError) as refused:
            await execute(context, "change_state", call)
        assert refused.value.code == "approval_impossible"
        assert "sign_on_this_machine" in str(refused.value.next)


@pytest.mark.parametrize(
    ("settings", "address"),
    [({}, ""), ({"sign_on_this_machine": True}, PEOPLE), ({"sandbox": True, "accounts": {}}, PEOPLE)],
)
async def test_on_this_machine_signatures_count_only_where_that_is_set(
    harness: Harness, settings: Json, address: str
) -> None:
    async with open_lobby(harness, **settings) as lobby:
        assert lobby.served.app.state.server_context.pool.page_host.signing_address == address


async def test_two_people_sign_and_one_person_with_two_passkeys_is_one(desk: Desk, tmp_path: Path) -> None:
    rule = '[[rules]]\nname = "two"\ndecision = "four-eyes"\n'
    under(desk.harness, tmp_path, f'{SIGNED}\n{rule}\n[[rules]]\nname = "key"\ndecision = "signed"', "n8n")
    call, asked = await desk.ask()
    bruno = await desk.lobby.welcome("bruno", "terminal:ana")
    carla = await desk.lobby.welcome("carla")
    assert (await desk.ana.decide(asked.id)).status_code == 200
    assert (await bruno.decide(asked.id)).status_code == 403, "Ana invited Bruno"
    assert await desk.carry_out(call) == "waits"
    assert (await carla.decide(asked.id)).status_code == 303
    assert await desk.carry_out(call) == "sent"


# --- attacks


async def test_a_signature_is_good_for_its_own_request_person_server_and_once(desk: Desk) -> None:
    """Every attack at once on each of 30 requests: none is accepted, nothing is sent."""
    mallory = await desk.lobby.welcome("mallory")
    reader = await desk.lobby.welcome("rita", role="reader")
    foreign = await desk.lobby.welcome("fritz", accounts=("second",))
    store, right = desk.harness.context.store, desk.ana.authenticator
    tried = 0
    waiting = [await desk.ask(items=[line(name=f"Artigo {at}", unit_price=at + 1)]) for at in range(30)]
    challenges = {asked.id: build_options(asked) for _, asked in waiting}
    for at, (_, asked) in enumerate(waiting):
        other = waiting[(at + 1) % len(waiting)][1]
        fake = Authenticator(PEOPLE, "localhost")
        fake.credential_id = right.credential_id
        attempts = {
            "other approval": right.sign(challenges[other.id]),
            "other snapshot": right.sign(build_options(replace(asked, snapshot=other.snapshot))),
            "other arguments": right.sign(build_options(replace(asked, arguments=other.arguments))),
            "other preview": right.sign(build_options(replace(asked, shown=other.shown))),
            "other document": right.sign(build_options(replace(asked, document=other.document))),
            "other account": right.sign(build_options(replace(asked, account="else@host"))),
            "other requester": right.sign(build_options(replace(asked, principal="mallory"))),
            "other server": right.sign(build_options(asked, "https://evil.example")),
            "no challenge": right.sign({"challenge": "AAAA"}),
            "other origin": replace(right, origin="https://evil.example").sign(challenges[asked.id]),
            "other port": replace(right, origin="http://localhost:9999").sign(challenges[asked.id]),
            "other site": replace(right, party="evil.example").sign(challenges[asked.id]),
            "not verified": replace(right, flags=USER_PRESENT).sign(challenges[asked.id]),
            "other key": fake.sign(challenges[asked.id]),
            "a new passkey": right.create(challenges[asked.id]),
            "nothing": "",
            "nonsense": "{}",
        }
        page = await desk.ana.get(f"/inbox/approvals/{asked.id}") if at < 2 else None
        for name, answer in attempts.items():
            if page is not None:
                given = {"csrf": read_fields(page.text)["csrf"], "decision": "approve", "answer": answer}
                refused = await desk.ana.post(f"/inbox/approvals/{asked.id}", given)
                assert refused.status_code == 403, name
            else:
                with pytest.raises(ApprovalRefused):
                    signatures.identify_signer(store, asked, PEOPLE, answer)
            tried += 1
        guests = {"other person": mallory, "reader": reader, "other account": foreign} if at < 2 else {}
        for name, guest in guests.items():
            path = f"/inbox/approvals/{asked.id}"
            token = read_fields((await guest.get(path)).text).get("csrf") or "0" * 64
            given = {"csrf": token, "decision": "approve", "answer": right.sign(challenges[asked.id])}
            assert (await guest.post(path, given)).status_code in {403, 404}, name
            tried += 1
        assert desk.harness.context.approvals.find(asked.id).state == "pending"
    assert await desk.carry_out(waiting[0][0]) == "waits"
    assert tried >= 500
    assert signature_audit.verify_signatures(store) == []
    call, asked = waiting[0]
    assert (await desk.ana.decide(asked.id)).status_code == 303
    assert await desk.carry_out(call) == "sent"
    again = {"csrf": "0" * 64, "decision": "approve", "answer": right.sign(challenges[asked.id])}
    assert (await desk.ana.post(f"/inbox/approvals/{asked.id}", again)).status_code == 403
    assert await desk.carry_out(call) != "sent"


TAMPERINGS: dict[str, Any] = {
    "approved without anybody": lambda desk, asked, other: desk.change(
        approvals, approvals.c.id == asked.id, state="approved", decided_at=1.0
    ),
    "the signature of another approval": lambda desk, asked, other: move_signature(desk, other, asked),
    "an easier requirement": lambda desk, asked, other: desk.change(
        approvals, approvals.c.id == asked.id, state="approved", terms=None
    ),
    "a decision that nobody made": lambda desk, asked, other: invent_decision(desk, asked),
}


@pytest.mark.parametrize("name", TAMPERINGS)
async def test_a_store_that_was_tampered_with_lets_nothing_out(desk: Desk, name: str) -> None:
    """Before the decision: nobody signed this call."""
    call, asked = await desk.ask()
    _, other = await desk.ask(items=[line(name="Outro", unit_price=5)])
    await desk.ana.decide(other.id)
    TAMPERINGS[name](desk, asked, other)
    assert await desk.carry_out(call) in {"signature_invalid", "policy_changed"}


@pytest.mark.parametrize("column", ["shown", "document", "page", "differs"])
async def test_a_signed_row_that_was_changed_is_refused_and_found(desk: Desk, column: str) -> None:
    call, asked = await desk.ask()
    await desk.ana.decide(asked.id)
    value = {"shown": "0" * 64, "document": "0" * 64, "page": "https://evil.example", "differs": True}[column]
    desk.change(approvals, approvals.c.id == asked.id, **{column: value})
    assert await desk.carry_out(call) == "signature_invalid"
    found = signature_audit.verify_signatures(desk.harness.context.store)
    assert len(found) == (column != "page")


@pytest.mark.parametrize("column", ["credential", "person"])
async def test_another_key_in_the_store_is_refused(desk: Desk, column: str) -> None:
    call, asked = await desk.ask()
    await desk.ana.decide(asked.id)
    await desk.lobby.welcome("mallory")
    own, theirs = (desk.lobby.passkeys.list_usable(name)[0] for name in ("ana", "mallory"))
    value = {"credential": theirs.credential, "person": "mallory"}[column]
    desk.change(passkeys, passkeys.c.id == own.id, **{column: value})
    assert await desk.carry_out(call) == "signature_invalid"


async def test_a_preview_that_was_changed_is_not_signed(desk: Desk) -> None:
    _, asked = await desk.ask()
    _, other = await desk.ask(items=[line(name="Barato", unit_price=1)])
    desk.change(approvals, approvals.c.id == asked.id, sheet=other.sheet)
    answer = await desk.ana.decide(asked.id)
    assert answer.status_code == 403
    assert desk.harness.context.approvals.find(asked.id).state == "pending"


async def test_every_change_of_a_proof_is_found(desk: Desk) -> None:
    """200 tamperings of the audit trail and of what it proves: each is named."""
    signed: list[Json] = []
    for at in range(4):
        call, asked = await desk.ask(items=[line(name=f"Artigo {at}", unit_price=at + 1)])
        await desk.ana.decide(asked.id)
        assert await desk.carry_out(call) == "sent"
    store = desk.harness.context.store
    folder = Path(str(store.file)).parent
    with store.reading() as connection:
        rows = [dict(row._mapping) for row in connection.execute(sql.select(audit).order_by(audit.c.seq))]
    signed = [row for row in rows if row["event"] == signatures.EVENT]
    assert len(signed) == 4
    assert verify_chain(store, folder) + signature_audit.verify_signatures(store) == []
    tried = 0
    for row in signed:
        proof = json.loads(row["outcome"])
        for name in proof:
            for changed in (proof[name][:-2] + "AA", "", proof[name] + "A", {"x": 1}):
                if changed == proof[name]:
                    continue
                outcome = json.dumps({**proof, name: changed}, sort_keys=True)
                tried += check_tampering(desk, folder, row, outcome=outcome)
        for column in (
            "approval",
            "account",
            "operation",
            "principal",
            "at",
            "face",
            "subject",
            "content",
            "event",
        ):
            tried += check_tampering(desk, folder, row, **{column: "tampered"})
        others = [one for one in signed if one is not row]
        tried += sum(check_tampering(desk, folder, row, outcome=one["outcome"]) for one in others)
        for column, value in {"shown": "0" * 64, "document": "0" * 64, "differs": True}.items():
            tried += check_changed_approval(desk, row["approval"], **{column: value})
    tried += sum(check_removal(desk, folder, row) for row in rows[-9:-1])  # the newest one is in the note
    tried += sum(check_swap(desk, folder, one, other) for one, other in itertools.combinations(signed, 2))
    tried += check_note(desk, folder, rows[-1])
    assert tried >= 200, tried
    assert verify_chain(store, folder) + signature_audit.verify_signatures(store) == []


def check_changed_approval(desk: Desk, identifier: str, **values: Any) -> int:
    """Change what was approved in the store, and check that its signature does not fit any more."""
    store, mine = desk.harness.context.store, approvals.c.id == identifier
    with store.reading() as connection:
        before = connection.execute(sql.select(approvals).where(mine)).one()._mapping
    desk.change(approvals, mine, **values)
    assert len(signature_audit.verify_signatures(store)) == 1, values
    desk.change(approvals, mine, **{name: before[name] for name in values})
    return 1


def check_removal(desk: Desk, folder: Path, row: Json) -> int:
    """Remove a row of the trail, and check that it is missed."""
    store = desk.harness.context.store
    with store.writing() as connection:
        connection.execute(audit.delete().where(audit.c.seq == row["seq"]))
    assert verify_chain(store, folder), row["seq"]
    with store.writing() as connection:
        connection.execute(audit.insert().values(row))
    return 1


def check_swap(desk: Desk, folder: Path, one: Json, other: Json) -> int:
    """Put two signatures in each other's place, hashes and all."""
    content = [name for name in one if name not in {"seq", "previous"}]
    for row, source in ((one, other), (other, one)):
        desk.change(audit, audit.c.seq == row["seq"], **{name: source[name] for name in content})
    assert verify_chain(desk.harness.context.store, folder)
    for row in (one, other):
        desk.change(audit, audit.c.seq == row["seq"], **{name: row[name] for name in content})
    return 1


def check_note(desk: Desk, folder: Path, last: Json) -> int:
    """Change the note beside the store: another hash, and a row that the store does not have."""
    (note,) = folder.glob("*.head")
    kept = note.read_text("utf-8")
    tampered = (f"{last['seq']} {'0' * 64}\n", f"{last['seq'] + 1} {last['hash']}\n")
    for text in tampered:
        note.write_text(text, "utf-8")
        assert verify_chain(desk.harness.context.store, folder), text
    note.write_text(kept, "utf-8")
    return len(tampered)


def check_tampering(desk: Desk, folder: Path, row: Json, **values: Any) -> int:
    """Change a row of the trail, also with its hash and all later ones made anew, and check that it is named."""
    store = desk.harness.context.store
    desk.change(audit, audit.c.seq == row["seq"], **values)
    assert verify_chain(store, folder), values
    if "outcome" in values:
        # Whoever can also make the chain anew cannot make a signature.
        known = "shared_with"
        proof, before = json.loads(str(values["outcome"])), json.loads(row["outcome"])
        if any(proof[name] != before[name] for name in before if name != known):
            assert signature_audit.verify_signatures(store), values
    desk.change(audit, audit.c.seq == row["seq"], **{name: row[name] for name in values})
    return 1


def build_options(found: Approval, server: str = PEOPLE) -> Json:
    from ix_tools.auth.webauthn import encode

    return {"challenge": encode(signatures.compute_challenge(signatures.build_record(found, server)))}


def move_signature(desk: Desk, source: Approval, target: Approval) -> None:
    desk.change(
        audit, (audit.c.approval == source.id) & (audit.c.event == signatures.EVENT), approval=target.id
    )
    desk.change(approvals, approvals.c.id == target.id, state="approved", decided_at=1.0)


def invent_decision(desk: Desk, asked: Approval) -> None:
    row = {
        "approval": asked.id,
        "person": "ana",
        "identity": "page:ana",
        "channel": "signed",
        "decided_at": 1.0,
    }
    with desk.harness.context.store.writing() as connection:
        connection.execute(decisions.insert().values(row))
    desk.change(approvals, approvals.c.id == asked.id, state="approved", decided_at=1.0)


# --- the record


def test_the_record_is_the_documented_one() -> None:
    found = Approval(
        id="ABCD2345", state="pending", channel="page", operation="change_state", account="acme@host",
        principal="n8n", text="", summary="", differs=False, created_at=0, expires_at=1,
        arguments="v2:a", snapshot="v2:s", shown="f" * 64, document="e" * 64,
    )  # fmt: skip
    assert signatures.build_record(found, "https://ix.example.pt") == (
        '{"account":"acme@host","approval":"ABCD2345","arguments":"v2:a","differences":false,"document":"'
        + "e" * 64
        + '","operation":"change_state","purpose":"approve with ix-tools","requester":"n8n","server":"https://ix.example.pt",'
        '"shown":"' + "f" * 64 + '","snapshot":"v2:s","version":1}'
    )


def test_a_document_keeps_its_digest_when_it_is_issued_and_paid() -> None:
    draft = {
        "id": 1, "type": "Invoice", "status": "draft", "date": "20/11/2026", "due_date": "20/12/2026", "total": 123.0,
        "client": {"id": 5, "name": "ACME", "fiscal_id": "508112230"}, "items": [{"name": "x", "quantity": "1.0"}],
    }  # fmt: skip
    same = {**draft, "status": "settled", "sequence_number": "1/2026", "atcud": "X-1", "total": "123.00"}
    digest = digest_issued_content(Document.model_validate(draft))
    assert digest_issued_content(Document.model_validate(same)) == digest
    for change in ({"total": 123.01}, {"date": "21/11/2026"}, {"items": [{"name": "y", "quantity": "1.0"}]},
                   {"client": {"id": 5, "name": "ACME", "fiscal_id": "508112231"}}, {"observations": "z"}):  # fmt: skip
        assert digest_issued_content(Document.model_validate({**draft, **change})) != digest, change
    assert Evidence().signature is None
    assert invoice()
