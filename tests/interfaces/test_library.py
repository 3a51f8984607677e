"""The Python library: calls by name and typed calls pass the whole pipeline, and a person approves what cannot be undone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest

import ix_tools
from ix_tools import ApprovalRequired, InvoiceXpress, IxError, Settings
from ix_tools.operations.documents import GetDocument
from ix_tools.operations.invoices import CreateInvoice
from tests.harness import invoice


@pytest.fixture
async def account(tmp_path: Path) -> AsyncIterator[InvoiceXpress]:
    settings = Settings(sandbox=True, store=str(tmp_path / "ix-tools.db"), language="en")
    async with InvoiceXpress(settings) as opened:
        yield opened


async def drafted(account: InvoiceXpress) -> dict[str, Any]:
    document = (await account.call("create_invoice", **invoice(date="today")))["document"]
    return {"document_type": "invoices", "document_id": document["id"]}


async def decide(account: InvoiceXpress, required: ApprovalRequired, *, approve: bool) -> None:
    """A person decides in a terminal, as `ix-tools approvals approve` does."""
    context = account._opened()
    await anyio.to_thread.run_sync(
        lambda: context.approvals.decide(required.id, approve=approve, by="terminal:ana")
    )


async def test_a_typed_call_returns_a_typed_result(account: InvoiceXpress) -> None:
    made = await account.run(CreateInvoice.model_validate(invoice(date="today")))
    assert made.document.total == Decimal("123.00")
    assert made.document.id is not None
    read = await account.run(GetDocument(document_type="invoices", document_id=made.document.id))
    assert read.document.status == "draft"


async def test_what_cannot_be_undone_waits_for_a_person_and_then_goes_through_once(
    account: InvoiceXpress,
) -> None:
    document = await drafted(account)
    with pytest.raises(ApprovalRequired) as asked:
        await account.call("change_state", **document, state="finalized")
    assert "123.00" in asked.value.text
    assert asked.value.id in asked.value.command
    assert not await account.wait_for_decision(asked.value, 0)
    await decide(account, asked.value, approve=True)
    assert await account.wait_for_decision(asked.value, 30)
    issued = await account.call("change_state", **document, state="finalized")
    assert issued["document"]["status"] == "final"


async def test_what_a_person_rejects_is_not_sent(account: InvoiceXpress) -> None:
    document = await drafted(account)
    with pytest.raises(ApprovalRequired) as asked:
        await account.call("change_state", **document, state="finalized")
    await decide(account, asked.value, approve=False)
    assert await account.wait_for_decision(asked.value, 30)
    with pytest.raises((IxError, ApprovalRequired)):
        await account.call("change_state", **document, state="finalized")
    assert (await account.call("get_document", **document))["document"]["status"] == "draft"


async def test_a_refusal_says_which_field_and_that_nothing_was_sent(account: InvoiceXpress) -> None:
    with pytest.raises(IxError) as refused:
        await account.call("create_invoice", client={"code": "ACME"})
    assert refused.value.sent == "nothing"
    assert {"items", "date"} <= {one.field for one in refused.value.problems}


async def test_a_password_of_a_typed_call_arrives(account: InvoiceXpress) -> None:
    """A dump for JSON would send its stars."""
    from ix_tools.operations.accounts import SetupAtCommunication

    secret = SetupAtCommunication.model_validate(SetupAtCommunication.spec.example)
    dumped = secret.model_dump(exclude_unset=True)
    assert type(secret).model_validate(dumped) == secret


async def test_an_account_that_is_not_open_is_a_fault_of_the_program() -> None:
    with pytest.raises(RuntimeError, match="async with"):
        await InvoiceXpress(Settings(sandbox=True)).call("list_taxes")


def test_the_package_has_what_it_says_and_nothing_else() -> None:
    assert all(getattr(ix_tools, name) is not None for name in ix_tools.__all__)
    with pytest.raises(AttributeError, match="InvoiceExpress"):
        _ = ix_tools.InvoiceExpress
