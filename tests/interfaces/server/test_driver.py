"""The driver in a real server: what was approved is carried out by it, after a kill by the next one, and only for valid callers."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ix_tools.approvals.joint_decisions import Choice
from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.auth.tokens import Tokens
from ix_tools.domain.date_types import lisbon_now
from ix_tools.operations.scopes import Scope
from ix_tools.sandbox.server import Sandbox
from ix_tools.storage.database import Store
from tests.batch.workbooks import build_csv, change
from tests.harness import invoice
from tests.interfaces.server.processes import PATIENCE, Running, run_server
from tests.interfaces.server.test_processes import environment

Json = dict[str, Any]


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


def ask(server: Running, header: dict[str, str], key: str) -> Json:
    """Ask for an invoice to be issued; return the answer."""
    given = invoice(date="today", idempotency_key=key)
    answer = server.post("/tools/issue_invoice", given, header)
    assert answer.status_code == 202, answer.text
    body: Json = answer.json()
    assert body["when_approved"] == "run"
    return body


def await_call(server: Running, header: dict[str, str], identifier: str, states: set[str]) -> Json:
    """Poll as a caller does until the call is in one of the states."""
    until = time.monotonic() + PATIENCE
    while True:
        shown: Json = server.get(f"/approvals/{identifier}", header).json()
        if shown["call"]["state"] in states:
            return shown
        assert time.monotonic() < until, shown
        time.sleep(0.2)  # the caller's own pause between two looks


def test_a_call_is_carried_out_by_the_next_server_after_a_kill(
    box: Sandbox, place: str, tmp_path: Path
) -> None:
    env = {**environment(box), "INVOICEXPRESS_STORE": place}
    store = Store(place)
    token, secret = Tokens(store).create("n8n", list(Scope), ("acme",), 1)
    header = {"Authorization": f"Bearer {secret}"}
    with run_server(tmp_path / "one", env) as first:
        asked = [ask(first, header, f"order-{number}")["approval"]["id"] for number in range(2)]
        first.process.send_signal(signal.SIGKILL)
        first.process.wait(PATIENCE)
    approvals = ApprovalRepository(store, 15)
    approvals.decide(asked[0], approve=True, by="terminal:ana")
    with run_server(tmp_path / "two", env) as second:
        done = await_call(second, header, asked[0], {"done"})
        assert done["call"]["result"]["document"]["status"] == "final"
        assert (done["status"], done["call"]["result"]["status"]) == ("used", "issued")
        again = second.post(
            "/tools/issue_invoice", invoice(date="today", idempotency_key="order-0"), header
        ).json()
        assert (again["replayed"], again["document"]["number"]) == (
            True,
            done["call"]["result"]["document"]["number"],
        )
        Tokens(store).revoke(token.id)
        _, other = Tokens(store).create("n8n", list(Scope), ("acme",), 1)
        approvals.decide(asked[1], approve=True, by="terminal:ana")
        failed = await_call(second, {"Authorization": f"Bearer {other}"}, asked[1], {"failed"})
        assert failed["call"]["result"]["code"] == "credential_ended"
        assert second.end() == 0
    finalized = [one for one in box.requests() if one["path"].endswith("/change-state.json")]
    assert len(finalized) == 1
    store.close()


def test_a_batch_goes_on_at_another_server(box: Sandbox, tmp_path: Path) -> None:
    place = str(tmp_path / "ix-tools.db")
    env = {**environment(box), "INVOICEXPRESS_STORE": place}
    store = Store(place)
    _, secret = Tokens(store).create("n8n", list(Scope), ("acme",), 1)
    header = {"Authorization": f"Bearer {secret}"}
    today = lisbon_now().date().isoformat()
    content = build_csv(change(data=today), change(data=today, artigo="B", preco="100,00"))

    def await_state(server: Running, identifier: str, state: str) -> Json:
        until = time.monotonic() + PATIENCE
        while True:
            shown: Json = server.get(f"/batches/{identifier}", header).json()
            if shown["state"] == state:
                return shown
            assert time.monotonic() < until, shown
            time.sleep(0.2)  # the caller's own pause between two looks

    with run_server(tmp_path / "one", env) as first:
        begun = httpx2.post(
            f"{first.url}/batches",
            content=content.encode(),
            headers=header,
            timeout=PATIENCE,
            verify=False,
            trust_env=False,
        )
        assert begun.status_code == 202, begun.text
        asked = await_state(first, begun.json()["id"], "asked")
        first.process.send_signal(signal.SIGKILL)
        first.process.wait(PATIENCE)
    ApprovalRepository(store, 15).approve_many(asked["approval"], Choice(Decimal("197.42")))
    with run_server(tmp_path / "two", env) as second:
        done = await_state(second, asked["id"], "done")
    year = today[:4]
    assert [one["number"] for one in done["rows"]] == [f"1/{year}", f"2/{year}"]
    store.close()
