"""The page on the HTTP server: open to whoever has a link, while programs say who they are."""

from __future__ import annotations

import logging

import pytest

from tests.harness import Harness, document_arguments
from tests.interfaces.server.in_process_server import ADDRESS, build_bearer, serve_in_process
from tests.interfaces.web.visitor import find_csrf_token

PIN = "bacalhau"


@pytest.mark.parametrize("pin", [False, True])
async def test_what_a_program_asks_for_a_person_approves_on_the_servers_page(
    harness: Harness, caplog: pytest.LogCaptureFixture, pin: bool
) -> None:
    made = await harness.create_draft()
    call = document_arguments(made, state="finalized")
    links = harness.context.links
    if pin:
        links.pins.set("ana", PIN, by="terminal:ana")
    caplog.set_level(logging.INFO)
    async with serve_in_process(harness) as served:
        headers = build_bearer(served.create_token())
        asked = await served.client.post("/tools/change_state", json=call, headers=headers)
        assert asked.status_code == 202
        approval = asked.json()["approval"]
        assert ("url" in approval) is pin, "a program gets the link where it is not enough"
        found = harness.context.approvals.find(approval["id"])
        assert (found.page, found.principal, found.face) == (ADDRESS, "ana", "rest")
        link = approval["url"] if pin else links.create(found, "message")
        page = await served.client.get(link)
        assert page.status_code == 200
        assert "a API REST" in page.text or "the REST API" in page.text
        form = {"csrf": find_csrf_token(page.text), "decision": "approve", **({"pin": PIN} if pin else {})}
        assert (await served.client.post(link, data=form)).status_code == 403, "without an origin"
        elsewhere = {"Origin": "https://evil.example"}
        assert (await served.client.post(link, data=form, headers=elsewhere)).status_code == 403
        assert (await served.client.post(link, data=form, headers={"Origin": ADDRESS})).status_code == 303
        done = await served.client.post("/tools/change_state", json=call, headers=headers)
        assert done.json()["document"]["status"] == "final"
        assert (await served.client.get("/tools/list_taxes")).status_code in {401, 405}


async def test_a_link_is_struck_out_of_the_logs(harness: Harness) -> None:
    from ix_tools.interfaces.server.json_logs import JsonFormatter

    made = await harness.create_draft()
    async with serve_in_process(harness) as served:
        headers = build_bearer(served.create_token())
        call = document_arguments(made, state="finalized")
        asked = await served.client.post("/tools/change_state", json=call, headers=headers)
        link = harness.context.links.create(
            harness.context.approvals.find(asked.json()["approval"]["id"]), "message"
        )
    secret = link.rsplit("/", 1)[1]
    record = logging.LogRecord(
        "ix_tools", logging.INFO, "", 0, "%s %s %s", ("GET", f"/approve/{secret}", 200), None
    )
    assert secret not in JsonFormatter([]).format(record)
