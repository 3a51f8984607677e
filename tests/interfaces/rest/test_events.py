"""`GET /events`: a caller follows what happened to its own calls, and nothing else."""

from __future__ import annotations

import httpx2
import pytest

from ix_tools.operations.scopes import Scope
from tests.harness import Harness, document_arguments
from tests.interfaces.rest.caller import (
    ADDRESS,
    Caller,
    build_served_app,
    check_response,
    create_token_header,
)


async def test_a_flow_follows_its_call_from_the_question_to_the_document(caller: Caller) -> None:
    call = document_arguments(await caller.harness.create_draft(), state="finalized")
    start = (await caller.get("/events")).json()["next"]
    answer = await caller.post("change_state", call)
    first = (await caller.get("/events", params={"after": start})).json()
    assert [one["type"] for one in first["events"]] == ["approval.requested"]
    assert first["events"][0]["data"]["approval"] == answer.json()["approval"]["id"]
    caller.decide(answer)
    await caller.post("change_state", call)
    rest = (await caller.get("/events", params={"after": first["next"]})).json()
    assert [one["type"] for one in rest["events"]] == [
        "approval.decided",
        "call.done",
        "document.finalized",
        "parked_call.done",
    ]
    chosen = await caller.get("/events", params={"after": start, "types": "document.finalized,call.failed"})
    assert [one["type"] for one in chosen.json()["events"]] == ["document.finalized"]
    one = (await caller.get("/events", params={"after": start, "limit": 1})).json()
    assert (len(one["events"]), one["has_more"], one["has_missed"]) == (1, True, False)


@pytest.mark.parametrize(
    "wrong",
    [{"after": "-1"}, {"after": "x"}, {"limit": "0"}, {"limit": "501"}, {"types": "call.over"}, {"callers": "x"},
     {"since": "1"}, {"after": "9" * 30}],
)  # fmt: skip
async def test_parameters_that_mean_nothing_are_refused(caller: Caller, wrong: dict[str, str]) -> None:
    answer = await caller.get("/events", params=wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_arguments")


async def test_a_caller_sees_its_own_events_and_an_administrator_all(harness: Harness) -> None:
    own, other = (
        create_token_header(harness, "n8n", Scope.READ),
        create_token_header(harness, "zapier", Scope.READ),
    )
    admin, drafts = (
        create_token_header(harness, "boss", Scope.ADMIN),
        create_token_header(harness, "d", Scope.DRAFT),
    )
    await harness.create_draft()  # by `local`
    transport = httpx2.ASGITransport(app=build_served_app(harness, requires_authentication=True))
    async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as client:

        async def look(header: dict[str, str], **params: str) -> httpx2.Response:
            return check_response(await client.get("/events", headers=header, params=params))

        assert (await look({})).status_code == 401
        assert (await look(own)).json()["events"] == (await look(other)).json()["events"] == []
        for refused in (await look(own, callers="all"), await look(drafts), await look(admin)):
            assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
        (found,) = (await look(admin, callers="all")).json()["events"]
        assert (found["type"], found["caller"]) == ("call.done", "local")
