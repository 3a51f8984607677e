"""Prepare the account for an operation's example, and return the ids that it needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ix_tools.approvals.joint_decisions import Choice, load_parts, sum_remaining
from ix_tools.operations.registry import catalogue
from tests.harness import TODAY, Harness, Json, document_arguments, guide, invoice, line

Preparation = Callable[[Harness], Awaitable[Json]]
CLIENT, UNREGISTERED = 501, 70020


async def prepare_nothing(harness: Harness) -> Json:
    return {}


async def prepare_draft(harness: Harness) -> Json:
    return document_arguments(await harness.create_draft())


async def prepare_issued_invoice(harness: Harness) -> Json:
    return document_arguments(await harness.create_issued())


async def prepare_issued_invoice_id(harness: Harness) -> Json:
    return {"document_id": (await harness.create_issued())["id"]}


async def prepare_payable_invoice(harness: Harness) -> Json:
    made = await harness.create_issued(items=[line(unit_price=150)])
    return {"document_id": made["id"]}


async def prepare_receipt(harness: Harness) -> Json:
    invoice_id = (await harness.create_issued())["id"]
    payment = {
        "document_id": invoice_id,
        "amount": 50,
        "payment_mechanism": "TB",
        "payment_date": "2026-11-20",
    }
    return {"receipt_id": (await harness.call("generate_payment", payment))["receipt"]["id"]}


async def prepare_estimate(harness: Harness) -> Json:
    made = await harness.call("create_estimate", {**invoice(), "document_type": "quotes"})
    return document_arguments(made["document"])


async def prepare_guide(harness: Harness) -> Json:
    made = await harness.call("create_guide", guide())
    return {**document_arguments(made["document"]), "loaded_at": "2026-11-20T13:00"}


async def prepare_later_loading(harness: Harness) -> Json:
    return {"date": TODAY, "due_date": TODAY, "loaded_at": "2026-11-20T13:00"}


async def ask_about_batch(harness: Harness) -> Json:
    """Start the batch of the example, up to the question; return its id."""
    given = catalogue()["run_batch"].spec.example
    return {"batch": (await harness.call("run_batch", given))["batch"]}


def approve_batch(harness: Harness) -> None:
    """Approve what waits, whole."""
    (waiting,) = harness.context.approvals.list_waiting()
    total = sum_remaining(load_parts(waiting.parts), frozenset())
    harness.context.approvals.approve_many(waiting.id, Choice(total))


async def prepare_approved_batch(harness: Harness) -> Json:
    await ask_about_batch(harness)
    approve_batch(harness)
    return {}


async def prepare_discarded_batch(harness: Harness) -> Json:
    about = await ask_about_batch(harness)
    (waiting,) = harness.context.approvals.list_waiting()
    harness.context.approvals.decide(waiting.id, approve=False)
    await harness.call("run_batch", about)
    await harness.call("discard_batch", about)
    approve_batch(harness)
    return about


async def prepare_unregistered_series(harness: Harness) -> Json:
    return {"sequence_id": UNREGISTERED}


async def prepare_client(harness: Harness) -> Json:
    return {"client_id": CLIENT}


async def prepare_client_without_documents(harness: Harness) -> Json:
    made = await harness.call("create_client", {"name": "Sem Documentos, Lda", "code": "SEM"})
    return {"client_id": made["client"]["id"]}


async def prepare_client_with_debt(harness: Harness) -> Json:
    await harness.create_issued()
    return {"client_id": CLIENT}


async def prepare_regularization(harness: Harness) -> Json:
    whose = await prepare_client_with_debt(harness)
    made = await harness.call("create_regularization", {**whose, "value": 10, "date": "2026-11-20"})
    return {**whose, "regularization_id": made["regularization"]["id"]}


async def prepare_movement(harness: Harness) -> Json:
    call = {"client_id": CLIENT, "movement_type": "Payment", "value": 10, "date": "2026-11-20"}
    await harness.call("create_treasury_movement", call)
    return {"client_id": CLIENT, "treasury_movement_id": 1}


async def prepare_month(harness: Harness) -> Json:
    await harness.create_issued()
    return {"month": 11}


async def prepare_own_account(harness: Harness) -> Json:
    call = {**catalogue()["create_account"].spec.example, "email": "outra@padaria.example.pt"}
    return {"account_id": (await harness.call("create_account", call))["account"]["id"]}


PREPARATIONS: dict[str, Preparation] = {
    "run_batch": prepare_approved_batch,
    "get_batch": ask_about_batch,
    "discard_batch": prepare_discarded_batch,
    "get_document": prepare_issued_invoice,
    "change_state": prepare_draft,
    "get_pdf": prepare_issued_invoice_id,
    "get_qr_code": prepare_issued_invoice_id,
    "update_invoice": prepare_draft,
    "send_email": prepare_issued_invoice,
    "get_related_documents": prepare_issued_invoice_id,
    "update_estimate": prepare_estimate,
    "create_guide": prepare_later_loading,
    "update_guide": prepare_guide,
    "generate_payment": prepare_payable_invoice,
    "cancel_payment": prepare_receipt,
    "get_sequence": prepare_unregistered_series,
    "register_sequence": prepare_unregistered_series,
    "set_default_sequence": prepare_unregistered_series,
    "update_sequence": prepare_unregistered_series,
    "set_initial_balance": prepare_client,
    "create_regularization": prepare_client_with_debt,
    "delete_regularization": prepare_regularization,
    "delete_treasury_movement": prepare_movement,
    "export_saft": prepare_month,
    "correct_document": prepare_issued_invoice,
    "delete_client": prepare_client_without_documents,
    "get_account": prepare_own_account,
    "update_account": prepare_own_account,
}


async def prepare_example(harness: Harness, name: str) -> Json:
    """Prepare the account for an operation's example, and return its arguments."""
    return {**catalogue()[name].spec.example, **await PREPARATIONS.get(name, prepare_nothing)(harness)}
