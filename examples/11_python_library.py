"""The Python library: a draft by a typed call, and a finalized invoice only after a person has approved it."""

from pathlib import Path
from tempfile import TemporaryDirectory

import anyio

from ix_tools import ApprovalRequired, InvoiceXpress, IxError, Settings
from ix_tools.operations.invoices import CreateInvoice


async def main(folder: str) -> None:
    """Run the example."""
    settings = Settings(sandbox=True, store=str(Path(folder) / "ix-tools.db"), language="en")
    async with InvoiceXpress(settings) as account:
        draft = await account.run(
            CreateInvoice.model_validate(
                {
                    "date": "today",
                    "due_date": "+30d",
                    "client": {"code": "ACME"},
                    "items": [{"name": "Instalação", "unit_price": 60, "quantity": 3, "tax": "IVA23"}],
                }
            )
        )
        print(f"draft {draft.document.id}: {draft.document.total}")

        finalize = {"document_type": "invoices", "document_id": draft.document.id, "state": "finalized"}
        try:
            await account.call("change_state", **finalize)
        except ApprovalRequired as required:
            print(f"a person must approve: {required.summary}")
            print(f"in a terminal: {required.command}")
            # Nobody is there in this example. After an approval, the same call goes through, once.
            if not await account.wait_for_decision(required, seconds=0.1):
                print("nobody has decided, and nothing was sent")

        try:
            await account.call("create_invoice", client={"code": "ACME"})
        except IxError as refusal:
            print(f"refused: {refusal.problems[0].field} {refusal.problems[0].problem}")


with TemporaryDirectory() as folder:
    anyio.run(main, folder)
