"""What must be there before an operation's worked example can work, and the ids under which it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ix_tools.operations.registry import catalogue
from tests.sandboxed import TODAY, Json, Office, about, guide, invoice, line

Stage = Callable[[Office], Awaitable[Json]]
CLIENT, UNREGISTERED = 501, 70020


async def nothing(office: Office) -> Json:
    return {}


async def a_draft(office: Office) -> Json:
    return about(await office.draft())


async def an_issued_invoice(office: Office) -> Json:
    return about(await office.issued())


async def its_id(office: Office) -> Json:
    return {"document_id": (await office.issued())["id"]}


async def an_invoice_to_pay(office: Office) -> Json:
    made = await office.issued(items=[line(unit_price=150)])
    return {"document_id": made["id"]}


async def a_receipt(office: Office) -> Json:
    invoice_id = (await office.issued())["id"]
    payment = {
        "document_id": invoice_id,
        "amount": 50,
        "payment_mechanism": "TB",
        "payment_date": "2026-11-20",
    }
    return {"receipt_id": (await office.call("generate_payment", payment))["receipt"]["id"]}


async def a_draft_estimate(office: Office) -> Json:
    made = await office.call("create_estimate", {**invoice(), "document_type": "quotes"})
    return about(made["document"])


async def a_draft_guide(office: Office) -> Json:
    made = await office.call("create_guide", guide())
    return {**about(made["document"]), "loaded_at": "2026-11-20T13:00"}


async def a_later_loading(office: Office) -> Json:
    return {"date": TODAY, "due_date": TODAY, "loaded_at": "2026-11-20T13:00"}


async def an_unregistered_series(office: Office) -> Json:
    return {"sequence_id": UNREGISTERED}


async def a_client(office: Office) -> Json:
    return {"client_id": CLIENT}


async def a_client_without_documents(office: Office) -> Json:
    made = await office.call("create_client", {"name": "Sem Documentos, Lda", "code": "SEM"})
    return {"client_id": made["client"]["id"]}


async def a_client_who_owes(office: Office) -> Json:
    await office.issued()
    return {"client_id": CLIENT}


async def a_regularization(office: Office) -> Json:
    whose = await a_client_who_owes(office)
    made = await office.call("create_regularization", {**whose, "value": 10, "date": "2026-11-20"})
    return {**whose, "regularization_id": made["regularization"]["id"]}


async def a_movement(office: Office) -> Json:
    call = {"client_id": CLIENT, "movement_type": "Payment", "value": 10, "date": "2026-11-20"}
    await office.call("create_treasury_movement", call)
    return {"client_id": CLIENT, "treasury_movement_id": 1}


async def a_month(office: Office) -> Json:
    await office.issued()
    return {"month": 11}


async def an_own_account(office: Office) -> Json:
    call = {**catalogue()["create_account"].spec.example, "email": "outra@padaria.example.pt"}
    return {"account_id": (await office.call("create_account", call))["account"]["id"]}


STAGES: dict[str, Stage] = {
    "get_document": an_issued_invoice,
    "change_state": a_draft,
    "get_pdf": its_id,
    "get_qr_code": its_id,
    "update_invoice": a_draft,
    "send_email": an_issued_invoice,
    "get_related_documents": its_id,
    "update_estimate": a_draft_estimate,
    "create_guide": a_later_loading,
    "update_guide": a_draft_guide,
    "generate_payment": an_invoice_to_pay,
    "cancel_payment": a_receipt,
    "get_sequence": an_unregistered_series,
    "register_sequence": an_unregistered_series,
    "set_default_sequence": an_unregistered_series,
    "update_sequence": an_unregistered_series,
    "set_initial_balance": a_client,
    "create_regularization": a_client_who_owes,
    "delete_regularization": a_regularization,
    "delete_treasury_movement": a_movement,
    "export_saft": a_month,
    "correct_document": an_issued_invoice,
    "delete_client": a_client_without_documents,
    "get_account": an_own_account,
    "update_account": an_own_account,
}


async def staged(office: Office, name: str) -> Json:
    """The arguments of an operation's example, with everything they need in place."""
    return {**catalogue()[name].spec.example, **await STAGES.get(name, nothing)(office)}
