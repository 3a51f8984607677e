"""The stored document is compared with the call; differences are reported, recorded, and shown before finalizing."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.domain.records import Document
from ix_tools.errors import IxError
from ix_tools.operations.expectations import ExpectedState
from ix_tools.storage.database import Store
from ix_tools.verification.compare import compare_document
from tests.harness import Harness, Json, document_arguments, exempt_line, guide, invoice, line

READ = r"^/invoices/\d+\.json$"


async def stored_as(harness: Harness, arguments: Json, **changes: Any) -> IxError:
    """Create a document that reads back changed."""
    made = await harness.create_draft(**arguments)
    answer = harness.read_raw(f"/invoices/{made['id']}.json")["invoice"]
    harness.sandbox.fault(
        "GET", READ, status=200, body={"invoice": {**answer, "id": made["id"] + 1, **changes}}
    )
    return await harness.get_error("create_invoice", arguments)


def fields(error: IxError) -> dict[str, str]:
    return {one.field: f"{one.problem}, {one.allowed}" for one in error.problems}


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"total": 123.01}, "total", "stored as 123.01, asked: 123.00"),
        ({"total": None}, "total", "stored as (not reported), asked: 123.00"),
        ({"taxes": 0}, "taxes", "stored as 0.00, asked: 23.00"),
        ({"before_taxes": 99.99}, "before_taxes", "stored as 99.99, asked: 100.00"),
        ({"sum": 100.01}, "sum", "stored as 100.01, asked: 100.00"),
        ({"discount": 0.01}, "discount", "stored as 0.01, asked: 0.00"),
        ({"tax_exemption": "M99"}, "tax_exemption", "stored as M99, asked: (none)"),
        ({"date": "21/11/2026"}, "date", "stored as 2026-11-21, asked: 2026-11-20"),
        ({"due_date": "20/11/2026"}, "due_date", "stored as 2026-11-20, asked: 2026-12-20"),
        ({"client": {"id": 502, "name": "Beta GmbH"}}, "client", "stored as Beta GmbH, asked: ACME, Lda"),
        ({"client": None}, "client", "stored as (none), asked: ACME, Lda"),
        ({"retention": "25"}, "retention", "stored as 25, asked: (none)"),
        ({"items": []}, "items", "stored as 0 lines, asked: 1 lines"),
        ({"status": "canceled"}, "status", "stored as canceled, asked: draft"),
    ],
)
async def test_a_field_that_reads_back_differently_is_reported(
    harness: Harness, changes: Json, field: str, said: str
) -> None:
    error = await stored_as(harness, invoice(), **changes)
    assert (error.code, error.sent, error.retryable) == ("stored_differently", "stored", False)
    assert fields(error) == {field: said}
    assert "do not create it again" in str(error)
    assert "accept the differences" in str(error.next)
    assert error.details["document"]["id"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"tax": {"id": 31557, "name": "Isento", "value": 0}}, {"items.0.tax", "items.0.tax_rate"}),
        ({"tax": {"id": 31554, "name": "IVA23", "value": 22}}, {"items.0.tax_rate"}),
        ({"tax": {"id": 31556, "name": None, "value": None}}, {"items.0.tax", "items.0.tax_rate"}),
        ({"subtotal": 100.01}, {"items.0.net"}),
        ({"quantity": "2.00"}, {"items.0.quantity"}),
        ({"name": "Outra"}, {"items.0.name"}),
    ],
)
async def test_a_line_that_reads_back_differently_is_reported(
    harness: Harness, changes: Json, field: set[str]
) -> None:
    """Trap 2d: 81 documents stored at 0 % although 6 % was sent. Trap 30: a tax known by its id only is looked up."""
    stored = {"name": "Revisão", "quantity": "1.00", "unit_price": "100.00", "subtotal": 100.0}
    tax = {"id": 31554, "name": "IVA23", "value": 23}
    error = await stored_as(harness, invoice(), items=[{**stored, "tax": tax, **changes}])
    assert set(fields(error)) == field


@pytest.mark.parametrize(
    "changes",
    [
        {"total": "123.00"},
        {"total": 123},
        {"sum": None, "taxes": None},
        {"tax_exemption": None},
        {"tax_exemption": ""},
        {"retention": "0"},
        {"client": {"name": "ACME, Lda"}},
        {"due_date": "2026-12-20"},
        {
            "items": [
                {
                    "name": "Revisão",
                    "quantity": 1,
                    "subtotal": "100.0000",
                    "tax": {"id": 31554, "name": None, "value": None},
                }
            ]
        },
        {"items": [{"name": "Revisão", "quantity": 1, "tax": None}]},
    ],
)
async def test_another_spelling_of_the_same_value_is_no_difference(harness: Harness, changes: Json) -> None:
    """Answers vary by account and year: figures as text or numbers, 2 or 4 decimals, some left out."""
    made = await harness.create_draft()
    answer = harness.read_raw(f"/invoices/{made['id']}.json")["invoice"]
    harness.sandbox.fault(
        "GET", READ, status=200, body={"invoice": {**answer, "id": made["id"] + 1, **changes}}
    )
    assert (await harness.call("create_invoice", invoice()))["ok"]


@pytest.mark.parametrize(
    ("asked", "stored", "same"),
    [
        ("109.02438", "109.0244", True),
        ("109.02438", "109.0243", False),
        ("109.02438", "109.02", True),
        ("109.02438", "109.03", False),
        ("109.026", "109.02", False),
        ("13305497.916745632", "13305497.916745633", True),  # a binary float keeps no more digits
        ("13305497.916745632", "13305497.91674", False),
        ("0", None, True),
    ],
)
def test_line_amounts_are_compared_at_the_stored_precision(
    asked: str, stored: str | None, same: bool
) -> None:
    row = {
        "name": "A",
        "quantity": Decimal(1),
        "tax": "IVA23",
        "tax_rate": Decimal(23),
        "net": Decimal(asked),
    }
    document = Document.model_validate({"items": [{"name": "A", "quantity": 1, "subtotal": stored}]})
    assert (compare_document(ExpectedState({}, (row,)), document) == []) is same


async def test_approving_does_not_accept_a_difference(harness: Harness) -> None:
    """The approval shows the asked and the stored value; approving alone is not enough."""
    error = await stored_as(harness, invoice(), total=124)
    draft = {"document_type": "invoices", "document_id": error.details["document"]["id"]}
    text = await harness.get_approval_text("change_state", {**draft, "state": "finalized"})
    assert "Total: asked €123.00, stored €124.00" in text
    writes = len(harness.list_writes())
    refusal = await harness.get_error("change_state", {**draft, "state": "finalized"})
    assert (refusal.code, refusal.sent) == ("differences_not_accepted", "nothing")
    assert len(harness.list_writes()) == writes
    result = await harness.call("change_state", {**draft, "state": "finalized"}, accept_differences=True)
    assert result["document"]["status"] == "final"
    assert harness.get_last_body() == {"state": "finalized"}


async def test_deleting_a_draft_that_differs_needs_no_acceptance(harness: Harness) -> None:
    error = await stored_as(harness, invoice(), total=124)
    assert (
        await harness.call(
            "change_state", {**document_arguments(error.details["document"]), "state": "deleted"}
        )
    )["ok"]


@pytest.mark.parametrize(
    ("correction", "cleared"),
    [
        ({"items": [line()]}, True),
        ({"items": [line(quantity=2)]}, True),
        ({"reference": "A"}, False),
        ({"client": {"code": "ACME"}}, False),
    ],
)
async def test_an_update_clears_differences_only_in_fields_that_it_gives(
    harness: Harness, correction: Json, cleared: bool
) -> None:
    """An update copies the stored values: a wrong total would otherwise count as right once it is sent back."""
    error = await stored_as(harness, invoice(), total=124)
    draft = {"document_type": "invoices", "document_id": error.details["document"]["id"]}
    # It differs from our last write, so somebody else may have written it.
    correction = {**correction, "accept": ["unreturned"]}
    if cleared:
        assert (await harness.call("update_invoice", {**draft, **correction}))["ok"]
        assert (await harness.call("change_state", {**draft, "state": "finalized"}))["document"][
            "status"
        ] == "final"
    else:
        again = await harness.get_error("update_invoice", {**draft, **correction})
        assert (again.code, set(fields(again))) == ("stored_differently", {"total"})
        assert (
            await harness.get_error("change_state", {**draft, "state": "finalized"})
        ).code == "differences_not_accepted"


async def test_differences_after_an_update_are_recorded(harness: Harness) -> None:
    draft = await harness.create_draft()
    answer = harness.read_raw(f"/invoices/{draft['id']}.json")["invoice"]
    harness.sandbox.fault("GET", READ, skip=1, status=200, body={"invoice": {**answer, "reference": "B"}})
    error = await harness.get_error("update_invoice", document_arguments(draft, reference="A"))
    assert fields(error) == {"reference": "stored as B, asked: A"}
    assert (
        await harness.get_error("change_state", document_arguments(draft, state="finalized"))
    ).code == "differences_not_accepted"
    # It differs from our last write, so somebody else may have written it.
    again = document_arguments(draft, reference="A", accept=["unreturned"])
    assert (await harness.call("update_invoice", again))["ok"]
    assert (await harness.call("change_state", document_arguments(draft, state="finalized")))["ok"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"status": 500}, "unavailable"),
        ({"status": 404}, "not_found"),
        ({"status": 200, "body": "<html>manutenção</html>"}, "unreadable_answer"),
        ({"status": 200, "body": {"invoice": {"id": 1001, "date": "amanhã"}}}, "unreadable_answer"),
        ({"status": 200, "body": {"invoice": ["?"]}}, "unreadable_answer"),
        ({"drop": "before"}, "unreachable"),
    ],
)
async def test_a_document_that_cannot_be_read_back_is_recorded_as_different(
    harness: Harness, fault: Json, code: str
) -> None:
    harness.sandbox.fault("GET", READ, times=None, **fault)
    error = await harness.get_error("create_invoice", invoice())
    harness.sandbox.clear_faults()
    assert (error.code, error.sent) == ("stored_differently", "stored")
    assert fields(error) == {"document": f"stored as could not be read back: {code}, asked: to be read back"}
    draft = document_arguments(error.details["document"])
    assert draft["document_id"] == 1001
    assert (
        await harness.get_error("change_state", {**draft, "state": "finalized"})
    ).code == "differences_not_accepted"
    again = await harness.get_error("update_invoice", {**draft, "items": [line()]})
    assert set(fields(again)) == {"document"}
    assert (await harness.call("update_invoice", {**draft, "items": [line()], "client": {"code": "ACME"}}))[
        "ok"
    ]
    assert (await harness.call("change_state", {**draft, "state": "finalized"}))["ok"]


async def test_finalizing_is_compared_too(harness: Harness) -> None:
    draft = await harness.create_draft()
    answer = harness.read_raw(f"/invoices/{draft['id']}.json")["invoice"]
    harness.sandbox.fault(
        "GET", READ, skip=1, status=200, body={"invoice": {**answer, "status": "final", "date": "21/11/2026"}}
    )
    await harness.get_approval_text("change_state", document_arguments(draft, state="finalized"))
    harness.sandbox.clear_faults()
    harness.sandbox.fault(
        "GET", READ, skip=2, status=200, body={"invoice": {**answer, "status": "final", "date": "21/11/2026"}}
    )
    error = await harness.get_error("change_state", document_arguments(draft, state="finalized"))
    assert fields(error) == {"date": "stored as 2026-11-21, asked: 2026-11-20"}


async def test_a_change_of_state_without_effect_is_not_reported_as_done(harness: Harness) -> None:
    """Reading 3: a 200 with an empty body counts as success only if the document shows it."""
    draft = await harness.create_draft()
    harness.sandbox.fault("PUT", "change-state", status=200)
    error = await harness.get_error("change_state", document_arguments(draft, state="finalized"))
    assert fields(error) == {"status": "stored as draft, asked: final"}
    harness.sandbox.fault("PUT", "change-state", status=200)
    error = await harness.get_error("change_state", document_arguments(draft, state="deleted"))
    assert fields(error) == {"status": "stored as draft, asked: deleted"}


async def test_an_empty_answer_to_an_update_or_a_change_is_a_success(harness: Harness) -> None:
    """Reading 3."""
    harness.sandbox.set_option("empty_update_answer", True)
    draft = await harness.create_draft()
    assert (await harness.call("update_invoice", document_arguments(draft, reference="A")))["document"][
        "reference"
    ] == "A"
    assert (await harness.call("change_state", document_arguments(draft, state="finalized")))["document"][
        "number"
    ] == "1/2026"


@pytest.mark.parametrize(
    "body", ["<html>ok</html>", {"invoice": []}, {"invoice": {"items": 5}}, "[" * 100_000]
)
async def test_an_unreadable_answer_is_requested_again_with_the_same_unique_id(
    harness: Harness, body: Any
) -> None:
    harness.sandbox.fault("POST", r"^/invoices\.json$", status=201, body=body, after_commit=True)
    assert (await harness.call("create_invoice", invoice()))["document"]["id"] == 1001
    assert len(harness.list_writes()) == 2
    assert len({one["body"]["proprietary_uid"] for one in harness.list_writes()}) == 1
    assert (await harness.create_draft())["id"] == 1002, "a second document was made"


async def test_an_answer_that_stays_unreadable_leaves_the_outcome_unknown(harness: Harness) -> None:
    unreadable: dict[str, Any] = {"status": 201, "body": "<html>ok</html>", "after_commit": True}
    harness.sandbox.fault("POST", r"^/invoices\.json$", times=None, **unreadable)
    error = await harness.get_error("create_invoice", invoice())
    assert (error.code, error.sent, error.retryable) == ("outcome_unknown", "unknown", False)
    assert "checks the account first and never does it twice" in str(error.next)
    assert len({one["body"]["proprietary_uid"] for one in harness.list_writes()}) == 1
    harness.sandbox.clear_faults()
    assert (await harness.call("create_invoice", invoice()))["document"]["id"] == 1001
    assert (await harness.create_draft())["id"] == 1002, "a second document was made"


async def test_differences_that_cannot_be_recorded_are_still_reported(
    harness: Harness, tmp_path: Path
) -> None:
    """The document is already stored, so the error must not say that nothing was sent."""
    folder = tmp_path / "not a file"
    folder.mkdir()
    harness.context.approvals = ApprovalRepository(Store(folder), 15)
    assert (await harness.call("create_invoice", invoice()))["ok"]
    harness.sandbox.reset()
    harness.sandbox.fault("GET", READ, times=None, status=500)
    error = await harness.get_error("create_invoice", invoice(idempotency_key="second"))
    assert (error.code, error.sent) == ("stored_differently", "stored")
    assert set(fields(error)) == {"document", "approval"}
    assert "compare the document before it is finalized" in fields(error)["approval"]


async def test_a_cancelled_document_returned_for_the_same_uid_is_reported(
    harness: Harness,
) -> None:
    """Reading 16: always verify the returned document."""
    first = await harness.create_draft(proprietary_uid="venda-1")
    again = await harness.call("create_invoice", invoice(proprietary_uid="venda-1"))
    assert again["document"]["id"] == first["id"]
    other = await harness.get_error(
        "create_invoice", invoice(proprietary_uid="venda-1", items=[line(name="B", unit_price=1)])
    )
    assert {"total", "items.0.name"} <= set(fields(other))
    await harness.call("change_state", document_arguments(first, state="deleted"))
    assert fields(await harness.get_error("create_invoice", invoice(proprietary_uid="venda-1"))) == {
        "status": "stored as deleted, asked: draft"
    }


async def test_guides_and_exempt_documents_are_compared_as_well(harness: Harness) -> None:
    first = guide(items=[exempt_line()], tax_exemption="M07", idempotency_key="first")
    made = (await harness.call("create_guide", first))["document"]
    answer = harness.read_raw(f"/transports/{made['id']}.json")["transport"]
    harness.sandbox.fault(
        "GET",
        r"^/transports/\d+\.json$",
        status=200,
        body={"transport": {**answer, "id": made["id"] + 1, "tax_exemption": "M99"}},
    )
    error = await harness.get_error("create_guide", guide(items=[exempt_line()], tax_exemption="M07"))
    assert fields(error) == {"tax_exemption": "stored as M99, asked: M07"}


async def test_a_second_currency_that_was_not_stored_is_reported(harness: Harness) -> None:
    """Trap 21."""
    arguments = invoice(currency_code="USD", rate="1.0853", accept=["currency_only_prints"])
    error = await stored_as(harness, arguments, multicurrency=None)
    assert set(fields(error)) == {"currency_code", "rate"}
