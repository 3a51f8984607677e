"""`/webhooks`: a caller registers addresses for its own events, sees its own alone, and the secret once."""

from __future__ import annotations

import httpx2
import pytest

from ix_tools.events.models import EVENT_TYPES
from ix_tools.operations.scopes import Scope
from ix_tools.storage.schema import webhook_deliveries
from ix_tools.webhooks.deliverer import READER, Deliverer
from tests.harness import Harness, document_arguments
from tests.interfaces.rest.caller import (
    ADDRESS,
    Caller,
    build_served_app,
    check_response,
    create_token_header,
)

URL = "https://n8n.example.com/webhook/4711"


async def send(caller: Caller, method: str, path: str, json: object = None) -> httpx2.Response:
    return check_response(await caller.client.request(method, path, json=json))


async def test_a_webhook_is_registered_listed_rotated_and_removed(caller: Caller) -> None:
    made = await send(caller, "POST", "/webhooks", {"url": URL, "events": ["document.finalized"]})
    assert made.status_code == 201
    body = made.json()
    assert made.headers["location"].endswith(f"/webhooks/{body['id']}")
    assert body["secret"].startswith("whsec_")
    (listed,) = (await send(caller, "GET", "/webhooks")).json()["webhooks"]
    assert "secret" not in listed
    assert (listed["url"], listed["events"], listed["state"]) == (URL, ["document.finalized"], "active")
    rotated = (await send(caller, "POST", f"/webhooks/{body['id']}/secret")).json()
    assert rotated["secret"] not in {body["secret"], ""}
    assert "secret" not in (await send(caller, "GET", f"/webhooks/{body['id']}")).json()
    assert (await send(caller, "POST", f"/webhooks/{body['id']}/enable")).json()["state"] == "active"
    assert (await send(caller, "DELETE", f"/webhooks/{body['id']}")).json()["state"] == "removed"
    missing = await send(caller, "GET", f"/webhooks/{body['id']}")
    assert (missing.status_code, missing.json()["code"]) == (404, "webhook_unknown")


async def test_deliveries_are_listed_and_sent_again(caller: Caller) -> None:
    context = caller.harness.context
    context.events.register(READER)
    made = (await send(caller, "POST", "/webhooks", {"url": URL})).json()
    await caller.call("create_client", {"name": "Nova", "code": "N1"})
    await Deliverer(context.store, context.settings).enqueue()
    (found,) = (await send(caller, "GET", f"/webhooks/{made['id']}/deliveries")).json()["deliveries"]
    assert (found["type"], found["state"], found["attempts"]) == ("call.done", "waiting", 0)
    with context.store.writing() as connection:
        connection.execute(webhook_deliveries.update().values(state="failed", attempts=10))
    again = await send(caller, "POST", f"/webhooks/{made['id']}/deliveries/{found['id']}/replay")
    assert again.json()["state"] == "waiting"
    nothing = await send(caller, "POST", f"/webhooks/{made['id']}/deliveries/dlv_x/replay")
    assert (nothing.status_code, nothing.json()["code"]) == (404, "delivery_unknown")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "invalid_arguments"),
        ({"url": 5}, "invalid_arguments"),
        ({"url": URL, "events": "document.finalized"}, "invalid_arguments"),
        ({"url": URL, "events": ["no.such"]}, "invalid_arguments"),
        ({"url": URL, "callers": "everybody"}, "invalid_arguments"),
        ({"url": URL, "secret": "mine"}, "invalid_arguments"),
        ({"url": "http://n8n.example.com/"}, "webhook_address"),
        ({"url": "https://127.0.0.1/"}, "webhook_address"),
        ({"url": "https://169.254.169.254/latest"}, "webhook_address"),
    ],
)
async def test_what_cannot_be_registered_is_refused(caller: Caller, given: object, code: str) -> None:
    answer = await send(caller, "POST", "/webhooks", given)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize("kind", EVENT_TYPES)
async def test_every_type_has_a_sample(caller: Caller, kind: str) -> None:
    (sample,) = (await send(caller, "GET", f"/webhooks/samples/{kind}")).json()["samples"]
    assert sample["type"] == kind
    assert sample["data"]["sequence"] == 1


async def test_a_caller_manages_its_own_and_needs_the_scope(harness: Harness) -> None:
    own = create_token_header(harness, "n8n", Scope.WEBHOOKS, Scope.READ)
    other = create_token_header(harness, "zapier", Scope.WEBHOOKS, Scope.READ)
    reader = create_token_header(harness, "reader", Scope.READ)
    transport = httpx2.ASGITransport(app=build_served_app(harness, requires_authentication=True))
    async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as client:
        made = (await client.post("/webhooks", headers=own, json={"url": URL})).json()
        for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/secret"), ("GET", "/deliveries")):
            answer = await client.request(method, f"/webhooks/{made['id']}{path}", headers=other)
            assert (answer.status_code, answer.json()["code"]) == (404, "webhook_unknown")
        assert (await client.get("/webhooks", headers=other)).json()["webhooks"] == []
        for answer in (
            await client.get("/webhooks", headers=reader),
            await client.post("/webhooks", headers=own, json={"url": URL, "callers": "all"}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


async def ask(caller: Caller, **more: object) -> httpx2.Response:
    call = document_arguments(await caller.harness.create_draft(), state="finalized", **more)
    answer = await caller.post("change_state", call)
    assert answer.status_code == 202
    return answer


async def test_a_flow_that_waits_for_one_approval_is_told_of_it_alone(caller: Caller) -> None:
    context = caller.harness.context
    context.events.register(READER)
    answer = await ask(caller)
    approval = answer.json()["approval"]["id"]
    made = await send(caller, "POST", "/webhooks", {"url": URL, "approval": approval})
    body = made.json()
    assert (made.status_code, body["approval"], body["state"]) == (201, approval, "active")
    assert body["events"] == ["parked_call.done", "parked_call.failed"]
    await caller.call("create_client", {"name": "Nova", "code": "N1"})
    caller.decide(answer, approve=False)
    await Deliverer(context.store, context.settings).enqueue()
    (found,) = (await send(caller, "GET", f"/webhooks/{body['id']}/deliveries")).json()["deliveries"]
    assert found["type"] == "parked_call.failed"


async def test_an_approval_that_has_ended_needs_no_webhook(caller: Caller) -> None:
    answer = await ask(caller)
    approval = answer.json()["approval"]["id"]
    caller.decide(answer, approve=False)
    made = await send(caller, "POST", "/webhooks", {"url": URL, "approval": approval})
    assert (made.status_code, made.json()["state"]) == (200, "ended")
    assert (await send(caller, "GET", "/webhooks")).json()["webhooks"] == []


async def test_a_webhook_is_for_no_approval_that_nothing_will_be_told_of(caller: Caller) -> None:
    repeated = (await ask(caller, when_approved="repeat")).json()["approval"]["id"]
    for approval, status in ((repeated, 422), ("NOSUCHID", 404), (5, 422)):
        answer = await send(caller, "POST", "/webhooks", {"url": URL, "approval": approval})
        assert answer.status_code == status
    assert (await send(caller, "GET", "/webhooks")).json()["webhooks"] == []
