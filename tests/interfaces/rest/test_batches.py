"""Batches over REST: a file in, its state, its report; the driver carries it on as the caller."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator

from ix_tools.approvals.joint_decisions import Choice
from ix_tools.batch.start import create_repository
from ix_tools.interfaces.driver.batches import BatchDriver
from ix_tools.operations.scopes import Scope
from ix_tools.schemas.batch_description import BATCH_SCHEMA
from tests.batch.workbooks import build_csv, change
from tests.harness import Harness
from tests.interfaces.rest.caller import ADDRESS, Caller, build_served_app, create_token_header

FILE = build_csv(change(), change(artigo="B", preco="100,00"))


class TestAskers:
    """Opens the test's context for whoever asked over HTTP."""

    __test__ = False

    def __init__(self, harness: Harness) -> None:
        self._context = harness.context

    def drives(self, call: Any) -> bool:
        return bool(call.credential != "local")

    async def open_context(self, call: Any) -> Any:
        return self._context


async def drive(harness: Harness) -> list[str]:
    askers = TestAskers(harness)
    driver = BatchDriver(harness.context.store, lambda one: askers if askers.drives(one) else None)
    due = list(driver.list_due())
    for one in due:
        await driver.carry_on(one)
    return due


async def test_a_file_is_carried_on_by_the_driver(caller: Caller) -> None:
    harness = caller.harness
    begun = await caller.client.post("/batches", params={"name": "socios.csv"}, content=FILE.encode())
    body = begun.json()
    assert (begun.status_code, body["state"]) == (202, "drafting"), body
    assert begun.headers["location"] == f"{ADDRESS}/batches/{body['id']}"
    assert await drive(harness) == [f"batch/{body['id']}"]
    asked = (await caller.client.get(f"/batches/{body['id']}")).json()
    assert (asked["state"], asked["documents"]) == ("asked", {"drafted": 2})
    assert await drive(harness) == []
    harness.context.approvals.approve_many(asked["approval"], Choice(Decimal("197.42")))
    await drive(harness)
    done = (await caller.client.get(f"/batches/{body['id']}")).json()
    for state in (body, asked, done):
        Draft202012Validator(BATCH_SCHEMA).validate(state)
        assert state.keys() <= BATCH_SCHEMA["properties"].keys()
    assert (done["state"], [one["number"] for one in done["rows"]]) == ("done", ["1/2026", "2/2026"])
    report = await caller.client.get(f"/batches/{body['id']}/report")
    assert report.headers["content-type"].startswith("text/csv")
    assert "1/2026" in report.text
    again = await caller.client.post("/batches", params={"name": "socios.csv"}, content=FILE.encode())
    assert (again.status_code, again.json()["state"]) == (200, "done")
    assert [one["id"] for one in (await caller.client.get("/batches")).json()["batches"]] == [body["id"]]


async def test_faults_are_a_problem_with_every_cell(caller: Caller) -> None:
    wrong = build_csv(change(preco="1.234"), change(cliente_codigo="NINGUEM"))
    answer = await caller.client.post("/batches", content=wrong.encode())
    assert (answer.status_code, answer.json()["code"]) == (422, "file_refused")
    assert [one["field"] for one in answer.json()["problems"]] == ["F (preço)", "F2 (preço)"]
    assert (await caller.client.post("/batches?x=1", content=b"")).status_code == 422
    assert (await caller.client.delete("/batches")).status_code == 405


async def test_trouble_that_passes_is_tried_again_later(caller: Caller) -> None:
    harness = caller.harness
    body = (await caller.client.post("/batches", content=FILE.encode())).json()
    harness.sandbox.fault("POST", "/invoices.json", status=429, times=9)
    await drive(harness)
    harness.sandbox.clear_faults()
    batch = create_repository(harness.context).find(body["id"])
    assert batch is not None
    assert (batch.state, batch.attempts) == ("drafting", 1)
    assert await drive(harness) == []


async def test_a_fault_of_ours_is_not_tried_again_at_once(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = (await caller.client.post("/batches", content=FILE.encode())).json()

    async def fail(*given: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("ix_tools.interfaces.driver.batches.run_batch", fail)
    with pytest.raises(ZeroDivisionError):
        await drive(caller.harness)
    batch = create_repository(caller.harness.context).find(body["id"])
    assert batch is not None
    assert (batch.state, batch.attempts) == ("drafting", 1)
    assert await drive(caller.harness) == []


async def test_a_batch_that_is_reopened_goes_on_with_todays_credential(harness: Harness) -> None:
    """A token ends before its batch; whoever sends the file again with the next token of the same name carries it on."""
    app = build_served_app(harness, requires_authentication=True)
    first, second = (create_token_header(harness, "n8n", *Scope) for _ in range(2))
    repository = create_repository(harness.context)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=ADDRESS) as client:
        body = (await client.post("/batches", content=FILE.encode(), headers=first)).json()
        begun = repository.find(body["id"])
        repository.update(body["id"], state="stopped")
        assert (await client.post("/batches", content=FILE.encode(), headers=second)).status_code == 202
    now = repository.find(body["id"])
    assert begun is not None
    assert now is not None
    assert (now.state, now.credential == begun.credential) == ("drafting", False)
    assert now.credential.startswith("token:")


async def test_a_caller_sees_its_own_batches_only(harness: Harness) -> None:
    app = build_served_app(harness, requires_authentication=True)
    own, other = (create_token_header(harness, name, *Scope) for name in ("n8n", "zapier"))
    reader = create_token_header(harness, "reader", Scope.READ)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=ADDRESS) as client:
        body = (await client.post("/batches", content=FILE.encode(), headers=own)).json()
        assert (await client.get(f"/batches/{body['id']}", headers=own)).status_code == 200
        assert (await client.get(f"/batches/{body['id']}", headers=other)).json()["code"] == "batch_unknown"
        taken = await client.post("/batches", content=FILE.encode(), headers=other)
        assert taken.json()["code"] == "batch_of_another"
        assert (await client.post("/batches", content=FILE.encode(), headers=reader)).status_code == 403
        refused = await client.post(f"/batches/{body['id']}/discard", headers=own)
        assert refused.json()["code"] == "refused"


@pytest.mark.parametrize(
    ("broken", "code", "field"), [("\\ud800", "invalid_arguments", "rows"), ("\\u0000", "file_refused", "D2")]
)
async def test_rows_with_characters_that_are_no_text_are_refused_with_their_place(
    caller: Caller, broken: str, code: str, field: str
) -> None:
    row = f'{{"date": "2026-11-20", "due_date": "30d", "client_code": "ACME", "item": "{broken}", "quantity": 1, "price": 60.5}}'
    headers = {"Content-Type": "application/json"}
    answer = await caller.client.post("/tools/run_batch", content=f'{{"rows": [{row}]}}', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert answer.json()["problems"][0]["field"] == field


async def test_the_name_of_a_file_is_one_line_that_hides_nothing(caller: Caller) -> None:
    name = "../s\u00f3cios\u202egnp\r\nX: y\0.csv"
    body = (await caller.client.post("/batches", params={"name": name}, content=FILE.encode())).json()
    stored = create_repository(caller.harness.context).find(body["id"])
    assert stored is not None
    assert stored.name == body["file"] == "../s\u00f3ciosgnp  X: y.csv"
    report = await caller.client.get(f"/batches/{body['id']}/report")
    assert report.headers["content-disposition"] == f'attachment; filename="{body["id"]}.report.csv"'
