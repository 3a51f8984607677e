"""A passkey that is revoked lets nothing more go out that it signed, however far the call is; what it signed stays proved."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

import anyio
import pytest
import sqlalchemy as sql

from ix_tools.api_client.protocol import Request, Response
from ix_tools.approvals import signature_audit
from ix_tools.batch.run import _bind
from ix_tools.batch.sheet import build_workflow
from ix_tools.pipeline.joint_approval import bind_workflow
from ix_tools.storage.schema import approvals
from tests.batch.test_run import go_on, rows_of, states
from tests.interfaces.web.inbox_visitor import Lobby
from tests.interfaces.web.test_signed_approvals import Desk, desk  # noqa: F401 - a fixture
from tests.interfaces.web.test_signed_batches import ALL, Office, office  # noqa: F401 - a fixture


def revoke(lobby: Lobby) -> None:
    lobby.passkeys.revoke(lobby.passkeys.list_usable("ana")[0].id, "terminal:root")


def revoke_when_prepared(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """Revoke the passkey when a call has used its approval up and is about to read the document for the last time."""
    reserve = desk.harness.context.account.reserve_slots

    def reserve_slots(requests: int) -> AbstractAsyncContextManager[None]:
        if desk.lobby.passkeys.list_usable("ana"):
            revoke(desk.lobby)
        return reserve(requests)

    monkeypatch.setattr(desk.harness.context.account, "reserve_slots", reserve_slots)


@pytest.mark.parametrize("is_prepared", [False, True])
@pytest.mark.parametrize("is_demanded", [False, True])
async def test_a_revoked_passkey_lets_nothing_go_out_and_stays_a_proof(
    desk: Desk,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    is_prepared: bool,
    is_demanded: bool,
) -> None:
    """Whether the policy demands the signature or she gave it of her own accord."""
    if not is_demanded:
        desk.harness.context.policy = None
    call, asked = await desk.ask()
    assert (await desk.ana.decide(asked.id)).status_code == 303
    if is_prepared:
        revoke_when_prepared(desk, monkeypatch)
    else:
        revoke(desk.lobby)
    assert await desk.carry_out(call) == "signature_invalid"
    assert desk.harness.context.approvals.find(asked.id).state == "stale"
    assert await desk.carry_out(call) == "waits", "somebody else is asked"
    store = desk.harness.context.store
    assert signature_audit.verify_signatures(store) == []
    assert signature_audit.find_proofs(store, f"invoices/{call['document_id']}")[0].fault == ""


async def test_a_passkey_that_is_revoked_before_a_document_is_sent_holds_it(office: Office) -> None:  # noqa: F811
    """The approval of the batch was used up already, by a run that ended then."""
    run, asked = await office.ask()
    await office.ana.decide(asked.id, control_sum=ALL)
    rows = rows_of(office.harness, run)
    calls = {row.place: [_bind(office.harness.context, one) for one in row.bindings] for row in rows}
    batch = bind_workflow(office.harness.context, build_workflow(run.batch), calls)
    assert office.harness.context.approvals.consume_joint(batch, calls, 60) == asked.id
    revoke(office.lobby)
    await go_on(office.harness, run.batch)
    assert states(office.harness, run) == ["held"] * 3
    codes = {(one.problem or {}).get("code") for one in rows_of(office.harness, run)}
    assert (codes, office.count_issued()) == ({"signature_invalid"}, 0)
    proved = signature_audit.verify_signatures(office.harness.context.store)
    assert proved == [], "what she signed stays proved"


def count_used(office: Office, asked: str) -> int:  # noqa: F811
    """Return how many calls of the batch have used up their part of the approval."""
    covered = sql.select(sql.func.count()).where(approvals.c.covered_by == asked, approvals.c.state == "used")
    with office.harness.context.store.reading() as connection:
        return int(connection.execute(covered).scalar_one())


async def test_a_document_that_is_prepared_when_the_passkey_is_revoked_is_held(
    office: Office,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second document has used up its part of the approval while the first one is on its way."""
    run, asked = await office.ask()
    await office.ana.decide(asked.id, control_sum=ALL)
    account = office.harness.context.account
    send: Any = account.send_once

    async def send_once(request: Request) -> Response:
        with anyio.fail_after(30):
            while count_used(office, asked.id) < 2:
                await anyio.lowlevel.checkpoint()
        revoke(office.lobby)
        response: Response = await send(request)
        return response

    monkeypatch.setattr(account, "send_once", send_once)
    assert (await go_on(office.harness, run.batch)).batch.state == "partial"
    assert states(office.harness, run) == ["done", "held", "held"]
    codes = [(one.problem or {}).get("code") for one in rows_of(office.harness, run)]
    assert (codes, office.count_issued()) == ([None, "signature_invalid", "signature_invalid"], 1)
    assert count_used(office, asked.id) == 1, "the part of the second one counts no more"
