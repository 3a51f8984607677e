"""A part of an issued invoice is credited: the note cites the invoice, a person approves it, and more than remains is refused."""

import anyio
from sandboxed import office


def line(quantity: int) -> dict[str, object]:
    """So many revisions at 100.00."""
    return {"name": "Revisão", "unit_price": 100, "quantity": quantity, "tax": "IVA23"}


async def main() -> None:
    """Run the example."""
    async with office() as here:
        call = {"date": "today", "due_date": "+30d", "client": {"code": "ACME"}, "items": [line(3)]}
        draft = (await here.call("create_invoice", call))["document"]
        about = {"document_type": "invoices", "document_id": draft["id"]}
        invoice = (await here.call("change_state", {**about, "state": "finalized"}))["document"]
        print(f"invoice {invoice['number']}: {invoice['total']}")

        deleted = await here.call("change_state", {**about, "state": "deleted"})
        print(f"deleting it: {deleted['message']}")

        credit = {**call, "document_type": "credit_notes", "owner_invoice_id": invoice["id"]}
        too_much = await here.call("create_invoice", {**credit, "items": [line(4)]})
        print(f"crediting four of three: {too_much['message']}")

        note = (await here.call("create_invoice", {**credit, "items": [line(1)]}))["document"]
        finalize = {"document_type": "credit_notes", "document_id": note["id"], "state": "finalized"}
        note = (await here.call("change_state", finalize))["document"]
        print(f"credit note {note['number']}: {note['total']}, for invoice {invoice['number']}")

        related = (await here.call("get_related_documents", {"document_id": invoice["id"]}))["documents"]
        print(f"related to the invoice: {', '.join(one['document_type'] for one in related)}")


anyio.run(main)
