"""An invoice in one call, through a host of either era and through a terminal: one question, one document, one e-mail."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import mcp_types as types
import pytest

from ix_tools.pipeline.context import CallContext
from tests.harness import Harness, Json
from tests.interfaces.mcp.host import Host, Person, build_elicit_result, connect_host
from tests.operations.test_issue_invoice import TO, all_writes, build_arguments, states


@pytest.fixture
def call() -> Json:
    return build_arguments(subject="A sua fatura")


def with_settings(harness: Harness, **changes: Any) -> CallContext:
    return replace(harness.context, settings=harness.context.settings.model_copy(update=changes))


async def test_one_question_is_asked_and_one_of_everything_happens(
    harness: Harness, host: Host, call: Json
) -> None:
    result = await host.call("issue_invoice", **call)
    assert set(states(result).values()) == {"done"}
    assert all_writes(harness) == [1, 1, 1]
    (question,) = host.person.asked
    assert f"Recipient: {TO}" in question.message
    assert "Total: €123.00" in question.message


@pytest.mark.parametrize("answer", ["no", "decline"])
async def test_declined_the_draft_stays_and_the_refusal_says_so(
    harness: Harness, mode: str, answer: Any, call: Json
) -> None:
    async with connect_host(harness.context, mode, Person(answer)) as host:
        shown = await host.call_refused("issue_invoice", **call)
        assert (shown["code"], shown["stopped_at"], shown["sent"]) == (
            "approval_declined",
            "finalize",
            "stored",
        )
        assert "update_invoice" in str(shown["next"])
        assert "deleted" in str(shown["next"])
        assert "repeat" not in str(shown["next"]), "one way on, not two"
        assert "corrected" not in str(shown["next"]), "it would make a second draft"
        assert all_writes(harness) == [1, 0, 0]
        assert (await host.call("issue_invoice", **call))["document"]["id"] == shown["document"]["id"]
    assert all_writes(harness) == [1, 1, 1]


async def test_a_draft_changed_while_the_person_reads_is_not_issued(
    harness: Harness, mode: str, call: Json
) -> None:
    person = Person("yes", {"approve": True, "accept_differences": True})

    async def meanwhile() -> None:
        draft = {"document_type": "invoices", "document_id": 1001}
        await harness.call("update_invoice", {**draft, "reference": "PO-2"})

    person.meanwhile = meanwhile
    async with connect_host(harness.context, mode, person) as host:
        assert (await host.call_refused("issue_invoice", **call))["code"] == "document_changed"
        person.meanwhile = None
        assert set(states(await host.call("issue_invoice", **call)).values()) == {"done"}
    assert "Reference: asked -, stored PO-2" in person.asked[-1].message
    assert all_writes(harness) == [1, 1, 1]


async def test_an_answer_is_good_for_its_own_recipient_alone(harness: Harness, call: Json) -> None:
    async with connect_host(harness.context, "auto", Person()) as host:
        state = await host.ask_and_hold("issue_invoice", call)
        other = {**call, "email": "outra@acme.example"}
        stolen = await host.step("issue_invoice", other, state, build_elicit_result("yes"))
        assert isinstance(stolen, types.CallToolResult)
        assert (stolen.structured_content or {})["code"] == "approval_for_other_arguments"
        mail = {"document_type": "invoices", "document_id": 1001, "email": TO, "subject": call["subject"]}
        for name, arguments in (
            ("send_email", mail),
            ("change_state", {"document_type": "invoices", "document_id": 1001, "state": "finalized"}),
        ):
            replayed = await host.step(name, arguments, state, build_elicit_result("yes"))
            assert isinstance(replayed, types.CallToolResult)
            assert replayed.is_error
        assert all_writes(harness) == [1, 0, 0]
        done = await host.step("issue_invoice", call, state, build_elicit_result("yes"))
        assert isinstance(done, types.CallToolResult)
        assert not done.is_error
    assert all_writes(harness) == [1, 1, 1]


async def test_in_a_terminal_the_same_call_goes_through_once_it_is_approved(
    harness: Harness, mode: str, call: Json
) -> None:
    desk = with_settings(harness, approval_channel="terminal")
    async with connect_host(desk, mode, Person()) as host:
        first = await host.call_unchecked("issue_invoice", **call)
        assert not first.is_error
        waiting = first.structured_content or {}
        assert (waiting["ok"], waiting["status"], waiting["sent"]) == (False, "approval_required", "stored")
        assert states(waiting) == {
            "draft": "done",
            "finalize": "waiting",
            "pdf": "not done",
            "email": "not done",
        }
        assert waiting["next"][0]["tool"] == "issue_invoice"
        assert waiting["approval"]["command"] in waiting["next"][0]["why"]
        assert f"Recipient: {TO}" in waiting["preview"]
        assert [one.operation for one in desk.approvals.list_waiting()] == ["issue_invoice"]
        desk.approvals.decide(waiting["approval"]["id"], approve=True)
        other = await host.call_unchecked("issue_invoice", **{**call, "email": "outra@acme.example"})
        assert (other.structured_content or {})["status"] == "approval_required"
        assert all_writes(harness) == [1, 0, 0]
        assert set(states(await host.call("issue_invoice", **call)).values()) == {"done"}
    assert all_writes(harness) == [1, 1, 1]
    assert host.person.asked == []


async def test_rejected_in_a_terminal_it_is_refused_and_the_draft_stays(harness: Harness, call: Json) -> None:
    desk = with_settings(harness, approval_channel="terminal")
    async with connect_host(desk, "auto", None) as host:
        waiting = (await host.call_unchecked("issue_invoice", **call)).structured_content or {}
        desk.approvals.decide(waiting["approval"]["id"], approve=False, reason="outro cliente")
        shown = await host.call_refused("issue_invoice", **call)
    assert (shown["code"], shown["stopped_at"]) == ("approval_declined", "finalize")
    assert all_writes(harness) == [1, 0, 0]


async def test_the_other_workflows_answer_in_the_shapes_they_publish(harness: Harness, host: Host) -> None:
    made = (await host.call("issue_invoice", **build_arguments(email=None)))["document"]
    about = {"document_type": "invoices", "document_id": made["id"]}
    reason = {"wrong": "everything", "reason": "A venda não se realizou."}
    assert (await host.call("correct_document", **about, **reason))["document"]["status"] == "draft"
    assert (await host.call("account_statement", code="ACME"))["agrees"] is True
    assert (await host.call("month_end_check", month=11, year=2026))["ready"] is False
