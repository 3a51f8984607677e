"""`when_approved = "run"` over MCP: the call is carried out when it is approved, and the assistant's repetition gets its result."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.events.repository import EventFilter, Events
from ix_tools.interfaces.driver.driver import Driver
from ix_tools.interfaces.driver.local_askers import LocalAskers
from ix_tools.storage.database import Store
from tests.harness import Harness, invoice
from tests.interfaces.mcp import sandbox_documents
from tests.interfaces.mcp.host import Person, connect_host
from tests.interfaces.mcp.test_stdio import SERVE, Process, account, box

__all__ = ["account", "box"]
PATIENCE = 100.0
ENDS = EventFilter(types=("parked_call.done", "parked_call.failed"))


def wish(harness: Harness, word: str) -> None:
    harness.context.settings = harness.context.settings.model_copy(update={"when_approved": word})


@pytest.mark.parametrize("workflow", [False, True], ids=["call", "workflow"])
async def test_the_repetition_gets_the_result_of_the_call_that_was_carried_out(
    harness: Harness, mode: str, workflow: bool
) -> None:
    wish(harness, "run")
    name, arguments = "issue_invoice", invoice()
    if not workflow:
        name, arguments = (
            "change_state",
            {**(await sandbox_documents.create_draft(harness)), "state": "finalized"},
        )
    async with connect_host(harness.context, mode, None) as host:
        waiting = (await host.call_unchecked(name, **arguments)).structured_content
        assert waiting is not None
        assert (waiting["status"], waiting["when_approved"]) == ("approval_required", "run")
        identifier = waiting["approval"]["id"]
        harness.context.approvals.decide(identifier, approve=True)
        context = harness.context
        await Driver(context.store, [LocalAskers(context)], context.settings).carry_out(identifier)
        writes = len(harness.list_writes())
        result = await host.call(name, **arguments)
        assert (result["replayed"], result["document"]["status"]) == (True, "final")
        assert len(harness.list_writes()) == writes


async def test_a_question_in_the_hosts_form_is_answered_in_the_call(harness: Harness, mode: str) -> None:
    wish(harness, "run")
    arguments = {**(await sandbox_documents.create_draft(harness)), "state": "finalized"}
    async with connect_host(harness.context, mode, Person()) as host:
        result = await host.call("change_state", **arguments)
    assert "replayed" not in result
    assert len(harness.context.events.read_after(0, wanted=ENDS).events) == 0


async def test_without_the_wish_the_assistant_repeats_the_call(harness: Harness, mode: str) -> None:
    wish(harness, "auto")
    arguments = {**(await sandbox_documents.create_draft(harness)), "state": "finalized"}
    async with connect_host(harness.context, mode, None) as host:
        waiting = (await host.call_unchecked("change_state", **arguments)).structured_content
    assert waiting is not None
    assert "when_approved" not in waiting


def test_a_server_over_stdio_carries_out_its_own_calls_and_the_next_one_what_it_left(
    account: dict[str, str],
) -> None:
    place = account["INVOICEXPRESS_STORE"]
    store = Store(place)
    approvals, events = ApprovalRepository(store, 15), Events(store, 30)

    def await_ends(count: int) -> None:
        until = time.monotonic() + PATIENCE
        while len(events.read_after(0, wanted=ENDS).events) < count:
            assert time.monotonic() < until
            time.sleep(0.1)  # the pause of a reader between two looks

    command = (*SERVE, "--when-approved", "run")
    calls = [invoice(date="today", reference=str(number)) for number in range(2)]
    with Process(*command, env=account) as process:
        process.hello()
        asked = [process.call("issue_invoice", **call)["approval"]["id"] for call in calls]
        approvals.decide(asked[0], approve=True)
        await_ends(1)
        assert process.call("issue_invoice", **calls[0])["replayed"] is True
    approvals.decide(asked[1], approve=True)  # the server was killed meanwhile
    with Process(*command, env=account) as process:
        process.hello()
        process.call("list_taxes")
        await_ends(2)
        code, errors = process.ended()
    assert (code, errors) == (0, "")
    found = events.read_after(0, wanted=ENDS).events
    assert [one.data["approval"] for one in found] == asked
    assert [one.type for one in found] == ["parked_call.done"] * 2
    store.close()
    assert Path(place).with_name("ix-tools.driver.db").exists()
