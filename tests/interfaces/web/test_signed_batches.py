"""The approval of a batch, signed with a passkey: for exactly these documents without those left out, verified before each is sent."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sql

from ix_tools.approvals import signature_audit, signatures
from ix_tools.approvals.links import ServerPages
from ix_tools.approvals.models import Approval
from ix_tools.approvals.requirements import ApprovalRequirement
from ix_tools.auth import webauthn
from ix_tools.batch.carrier import BatchRun
from ix_tools.batch.run import _bind
from ix_tools.batch.sheet import build_workflow
from ix_tools.errors import ApprovalRefused, IxError
from ix_tools.pipeline.issued_content import digest_present_content
from ix_tools.pipeline.joint_approval import bind_workflow
from ix_tools.storage.schema import approvals, audit
from tests.batch.test_run import ask, file_of, find_approval, go_on, rows_of, states
from tests.batch.workbooks import change
from tests.harness import Harness
from tests.interfaces.web.inbox_visitor import (
    PEOPLE,
    Guest,
    Json,
    Lobby,
    choose,
    open_lobby,
    read_fields,
    read_options,
)
from tests.pipeline.test_policy_check import under

SIGNED = 'otherwise = "signed"'
SECOND_OUT: Json = {"out-2": "yes"}
ALL, WITHOUT_SECOND = "443,42", "320,42"
"""Totals of the three documents of `ask`, and of those that remain without the second."""


@dataclass
class Office:
    """A server where a batch must be signed, and a person who can."""

    harness: Harness
    lobby: Lobby
    ana: Guest

    async def ask(self, content: bytes | None = None) -> tuple[BatchRun, Approval]:
        run = await (ask(self.harness) if content is None else ask(self.harness, content))
        return run, find_approval(self.harness, run)

    def change(self, identifier: str, **values: Any) -> None:
        """Change the approval as somebody with write access to the store could."""
        with self.harness.context.store.writing() as connection:
            assert connection.execute(
                approvals.update().where(approvals.c.id == identifier).values(values)
            ).rowcount

    def count_issued(self) -> int:
        return sum("change-state" in str(one) for one in self.harness.list_writes())


@pytest.fixture
async def office(harness: Harness, tmp_path: Path) -> AsyncIterator[Office]:
    harness.context.approvals  # noqa: B018 - the store exists
    async with open_lobby(harness) as lobby:
        ana = await lobby.welcome("ana")
        pages = ServerPages(PEOPLE, signing_address=PEOPLE)
        asking = Harness(harness.sandbox, replace(harness.context, page_host=pages))
        under(asking, tmp_path, SIGNED, "n8n")
        yield Office(asking, lobby, ana)


async def test_a_signed_batch_is_issued_without_those_left_out_and_each_document_is_proved(
    office: Office,
) -> None:
    run, asked = await office.ask()
    assert (asked.channel, asked.page) == ("page", PEOPLE)
    signed = await office.ana.decide(asked.id, control_sum=WITHOUT_SECOND, **SECOND_OUT)
    assert signed.status_code == 303
    assert (await go_on(office.harness, run.batch)).batch.state == "partial"
    assert states(office.harness, run) == ["done", "left_out", "done"]
    store = office.harness.context.store
    first, second, third = (f"invoices/{one.document}" for one in rows_of(office.harness, run))
    for document in (first, third):
        (proof,) = signature_audit.find_proofs(store, document)
        assert (proof.fault, proof.signed.person, proof.approval, proof.outcome) == (
            "",
            "ana",
            asked.id,
            "done",
        )
        assert await digest_present_content(office.harness.context, document) == proof.content
        assert [one[:2] for one in proof.record["documents"]] == [[1, first], [2, second], [3, third]]
        assert proof.record["left_out"] == [2]
    assert signature_audit.find_proofs(store, second) == []
    assert signature_audit.verify_signatures(store) == []


async def test_a_wrong_total_or_no_signature_approves_nothing(office: Office) -> None:
    run, asked = await office.ask()
    assert (await office.ana.decide(asked.id, control_sum=WITHOUT_SECOND)).status_code == 403
    assert (await office.ana.decide(asked.id, signs=False, control_sum=ALL)).status_code == 403
    assert (await go_on(office.harness, run.batch)).batch.state == "asked"
    assert office.count_issued() == 0
    with office.harness.context.store.reading() as connection:
        assert signatures.load_signatures(connection, asked.id) == []


async def test_a_signature_is_good_for_its_batch_and_its_choice_only(office: Office) -> None:
    run, asked = await office.ask()
    _, other = await office.ask(file_of(change(artigo="X"), change(artigo="Y")))
    path = f"/inbox/approvals/{asked.id}"
    right, page = office.ana.authenticator, await office.ana.get(path)
    options = read_options(page.text)
    record = json.loads(options["record"])
    attempts = {
        "another batch": read_options((await office.ana.get(f"/inbox/approvals/{other.id}")).text),
        "another choice": choose(options, {"out-3": "yes"}),
        "all documents": options,
        "no list": sign_record({**record, "documents": []}),
        "other order": sign_record({**record, "documents": record["documents"][::-1], "left_out": [2]}),
        "one document less": sign_record({**record, "documents": record["documents"][:2], "left_out": [2]}),
    }
    fields = {"csrf": read_fields(page.text)["csrf"], "decision": "approve", "out-2": "yes"}
    for name, wanted in attempts.items():
        answer = right.sign(wanted)
        refused = await office.ana.post(path, {**fields, "control_sum": WITHOUT_SECOND, "answer": answer})
        assert refused.status_code == 403, name
    assert find_approval(office.harness, run).state == "pending"
    right_one = right.sign(choose(options, fields))
    done = await office.ana.post(path, {**fields, "control_sum": WITHOUT_SECOND, "answer": right_one})
    assert done.status_code == 303


def sign_record(record: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(record, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return {"challenge": webauthn.encode(signatures.compute_challenge(text))}


@pytest.mark.parametrize("change_of", ["none left out", "another left out", "parts", "snapshot", "shown"])
async def test_what_was_changed_after_the_signature_is_not_sent_and_found(
    office: Office, change_of: str
) -> None:
    run, asked = await office.ask()
    assert (await office.ana.decide(asked.id, control_sum=WITHOUT_SECOND, **SECOND_OUT)).status_code == 303
    values = {
        "none left out": {"choice": json.dumps({"control_sum": "443.42", "left_out": []})},
        "another left out": {"choice": json.dumps({"control_sum": "320.42", "left_out": [3]})},
        "parts": {"parts": json.dumps(json.loads(str(asked.parts))[:2])},
        "snapshot": {"snapshot": "v2:another"},
        "shown": {"shown": "0" * 64},
    }[change_of]
    office.change(asked.id, **values)
    again = await go_on(office.harness, run.batch)
    assert (again.batch.state, again.batch.approval == asked.id) == ("asked", False), "a person is asked anew"
    assert office.count_issued() == 0
    (fault,) = signature_audit.verify_signatures(office.harness.context.store)
    assert asked.id in str(fault)


async def test_a_document_left_out_is_not_sent_by_a_forged_part_of_the_approval(office: Office) -> None:
    run, asked = await office.ask()
    await office.ana.decide(asked.id, control_sum=WITHOUT_SECOND, **SECOND_OUT)
    approvals_of = office.harness.context.approvals
    rows = rows_of(office.harness, run)
    calls = {row.place: [_bind(office.harness.context, one) for one in row.bindings] for row in rows}
    requirement = ApprovalRequirement.from_json(asked.terms)
    batch = bind_workflow(office.harness.context, build_workflow(run.batch), calls)
    assert approvals_of.consume_joint(batch, calls, 60) == asked.id
    with office.harness.context.store.writing() as connection:
        covered = connection.execute(sql.select(approvals).where(approvals.c.covered_by == asked.id)).first()
        assert covered is not None
        left_out = calls[2][0]
        forged = {
            **covered._mapping,
            "id": "FORGED23",
            "arguments": left_out.arguments,
            "snapshot": left_out.snapshot,
        }
        connection.execute(approvals.insert().values(forged))
    with pytest.raises(ApprovalRefused) as refused:
        approvals_of.consume_covered(left_out, requirement)
    assert refused.value.code == "signature_invalid"
    assert approvals_of.consume_covered(calls[1][0], requirement) is not None


async def test_a_batch_that_must_be_signed_is_refused_where_a_signature_proves_nothing(
    office: Office,
) -> None:
    context = replace(office.harness.context, page_host=ServerPages(PEOPLE))
    with pytest.raises(IxError) as refused:
        await ask(Harness(office.harness.sandbox, context))
    assert refused.value.code == "approval_impossible"


async def test_two_people_sign_the_same_choice(office: Office, tmp_path: Path) -> None:
    rule = '[[rules]]\nname = "two"\ndecision = "four-eyes"\n'
    under(office.harness, tmp_path, f'{SIGNED}\n{rule}\n[[rules]]\nname = "key"\ndecision = "signed"', "n8n")
    run, asked = await office.ask()
    carla = await office.lobby.welcome("carla")
    assert (await office.ana.decide(asked.id, control_sum=WITHOUT_SECOND, **SECOND_OUT)).status_code == 200
    assert (await carla.decide(asked.id, control_sum=ALL)).status_code == 403, "she leaves out something else"
    assert (await carla.decide(asked.id, control_sum=WITHOUT_SECOND, **SECOND_OUT)).status_code == 303
    await go_on(office.harness, run.batch)
    assert states(office.harness, run) == ["done", "left_out", "done"]
    (first, *_) = rows_of(office.harness, run)
    people = [
        one.signed.person
        for one in signature_audit.find_proofs(office.harness.context.store, f"invoices/{first.document}")
    ]
    assert people == ["ana", "carla"]
    with office.harness.context.store.reading() as connection:
        assert (
            connection.execute(
                sql.select(sql.func.count()).where(audit.c.event == signatures.EVENT)
            ).scalar_one()
            == 2
        )
