"""What cannot be undone: 202, a person, and the same request again."""

from __future__ import annotations

from dataclasses import dataclass, replace

import httpx2
import pytest

from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.interfaces.driver.askers import Asker
from ix_tools.interfaces.driver.driver import Driver
from ix_tools.operations.scopes import Scope
from ix_tools.pipeline.context import CallContext
from tests.harness import Harness, Json, document_arguments
from tests.interfaces.rest.caller import ADDRESS, Caller, build_served_app, create_token_header


async def finalizing(caller: Caller) -> tuple[Json, httpx2.Response]:
    """A call that a person must approve, and its first answer."""
    call = document_arguments(await caller.harness.create_draft(), state="finalized")
    answer = await caller.post("change_state", call)
    assert answer.status_code == 202
    return call, answer


async def test_a_call_waits_for_a_person_and_then_goes_through_once(caller: Caller) -> None:
    before = len(caller.harness.list_writes()) + 1
    call, answer = await finalizing(caller)
    body = answer.json()
    assert (body["status"], body["sent"]) == ("approval_required", "nothing")
    assert answer.headers["location"] == body["approval"]["poll"]
    assert int(answer.headers["retry-after"]) > 0
    waiting = await caller.get(answer.headers["location"])
    assert waiting.json()["status"] == "pending"
    assert int(waiting.headers["retry-after"]) > 0
    assert (await caller.post("change_state", call)).json()["approval"]["id"] == body["approval"]["id"]
    assert len(caller.harness.list_writes()) == before

    caller.decide(answer)
    assert (await caller.get(answer.headers["location"])).json()["status"] == "approved"
    assert (await caller.post("change_state", call)).json()["document"]["status"] == "final"
    assert (await caller.get(answer.headers["location"])).json()["status"] == "used"
    assert len(caller.harness.list_writes()) == before + 1


async def test_a_caller_may_wish_to_repeat_the_call_itself(caller: Caller) -> None:
    call = document_arguments(await caller.harness.create_draft(), state="finalized", when_approved="repeat")
    answer = await caller.post("change_state", call)
    assert "when_approved" not in answer.json()
    caller.decide(answer)
    told = (await caller.get(answer.headers["location"])).json()
    assert (told["status"], "call" in told) == ("approved", False)
    assert (await caller.post("change_state", call)).json()["document"]["status"] == "final"
    await caller.call_refused(422, "invalid_arguments", "change_state", {**call, "when_approved": "soon"})


async def test_a_call_that_a_person_rejected_is_forbidden_with_the_reason(caller: Caller) -> None:
    call, answer = await finalizing(caller)
    caller.decide(answer, approve=False, reason="wrong client")
    told = (await caller.get(answer.headers["location"])).json()
    assert (told["status"], told["reason"]) == ("rejected", "wrong client")
    found = await caller.call_refused(403, "approval_declined", "change_state", call)
    assert "wrong client" in found["detail"]
    assert (found["sent"], found["retryable"]) == ("nothing", False)


async def test_an_approval_is_for_exactly_the_call_that_was_shown(caller: Caller) -> None:
    call, answer = await finalizing(caller)
    caller.decide(answer)
    other = document_arguments(await caller.harness.create_draft(reference="another"), state="finalized")
    assert (await caller.post("change_state", other)).status_code == 202
    assert (await caller.post("change_state", {**call, "state": "deleted"})).status_code == 202


async def test_a_document_that_changed_meanwhile_is_a_conflict(caller: Caller) -> None:
    call, answer = await finalizing(caller)
    caller.decide(answer)
    number = {"document_type": call["document_type"], "document_id": call["document_id"]}
    await caller.call("update_invoice", {**number, "reference": "changed"})
    found = await caller.call_refused(409, "document_changed", "change_state", call)
    assert found["sent"] == "nothing"
    assert (await caller.get(answer.headers["location"])).json()["status"] == "stale"


async def test_a_flow_that_polls_goes_on_at_the_question_that_is_asked_instead(caller: Caller) -> None:
    call, answer = await finalizing(caller)
    caller.decide(answer)
    await caller.call("update_invoice", {**document_arguments_of(call), "reference": "changed"})
    poll, context = answer.headers["location"], caller.harness.context
    for state in ("returned", "done"):
        before = (await caller.get(poll)).json()
        assert before["poll"] == poll
        await Driver(context.store, [AnyAsker(context)], context.settings).carry_out(before["id"])
        shown = (await caller.get(poll)).json()
        assert shown["call"]["state"] == state
        poll = shown["poll"]
        if state == "returned":
            assert poll.endswith(f"/approvals/{shown['call']['asked_again']}")
            context.approvals.decide(shown["call"]["asked_again"], approve=True, by="terminal:ana")
    assert shown["call"]["result"]["document"]["reference"] == "changed"


@dataclass
class AnyAsker:
    """Drives every call, as its asker."""

    context: CallContext

    def drives(self, call: Asker) -> bool:
        return True

    async def open_context(self, call: Asker) -> CallContext:
        settings = self.context.settings.model_copy(update={"principal": call.principal})
        return replace(self.context, settings=settings)


def document_arguments_of(call: Json) -> Json:
    return {name: call[name] for name in ("document_type", "document_id")}


async def test_an_approval_that_came_too_late_is_told_as_expired(harness: Harness) -> None:
    now = [1000.0]
    late = replace(harness.context, approvals=ApprovalRepository(harness.context.store, 15, lambda: now[0]))
    harness = replace(harness, context=late)
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=build_served_app(harness)), base_url=ADDRESS
    ) as client:
        caller = Caller(harness, client)
        call, answer = await finalizing(caller)
        caller.decide(answer)
        now[0] += 3 * 24 * 60 * 60
        assert (await caller.get(answer.headers["location"])).json()["status"] == "expired"
        await caller.call_refused(409, "approval_expired", "change_state", call)


async def test_an_approval_is_told_to_whoever_asked_and_to_nobody_else(harness: Harness) -> None:
    mine, theirs = (create_token_header(harness, name, Scope.READ, Scope.ISSUE) for name in ("ana", "rui"))
    transport = httpx2.ASGITransport(app=build_served_app(harness, requires_authentication=True))
    async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as client:
        caller = Caller(harness, client)
        call = document_arguments(await harness.create_draft(), state="finalized")
        answer = await caller.post("change_state", call, headers=mine)
        where = answer.headers["location"]
        assert (await caller.get(where, headers=mine)).json()["status"] == "pending"
        assert (await client.get(where)).status_code == 401
        foreign = await caller.get(where, headers=theirs)
        unknown = await caller.get("/approvals/K7M2QX4R", headers=theirs)
        assert foreign.status_code == unknown.status_code == 404
        assert foreign.json() == unknown.json()
        caller.decide(answer)
        assert (await caller.post("change_state", call, headers=theirs)).status_code == 202
        assert (await caller.post("change_state", call, headers=mine)).status_code == 200


@pytest.mark.parametrize("identifier", ["K7M2QX4R", "%00", "x" * 5000, "%C3%9F", "'%20OR%201=1"])
async def test_an_approval_that_there_is_not_is_not_found(caller: Caller, identifier: str) -> None:
    answer = await caller.get(f"/approvals/{identifier}")
    assert answer.status_code == 404


async def test_asking_how_it_stands_shows_nothing_that_the_caller_was_not_told(caller: Caller) -> None:
    _, answer = await finalizing(caller)
    told = (await caller.get(answer.headers["location"])).json()
    assert told.keys() == {"ok", "id", "status", "tool", "summary", "expires_at", "poll", "call", "next"}
    assert told["call"] == {"tool": "change_state", "state": "waiting"}
