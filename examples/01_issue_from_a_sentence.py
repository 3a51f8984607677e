"""An assistant turns a sentence into a draft over MCP; a person sees the whole document and approves; then it is issued."""

import sys
from tempfile import TemporaryDirectory
from typing import Any

import anyio
from mcp import Client, StdioServerParameters
from mcp.types import ElicitResult

SENTENCE = "Fatura à ACME três horas de consultoria a 50 euros, a 30 dias."
# What a model makes of it, with the tool's schema before it. (No model is called here.)
CALL = {
    "date": "today",
    "due_date": "+30d",
    "client": {"code": "ACME"},
    "items": [
        {"name": "Consultoria sénior", "unit_price": 50, "quantity": 3, "unit": "hour", "tax": "IVA23"}
    ],
}


async def person(context: Any, params: Any) -> ElicitResult:
    """The form that the host shows. Here it is printed, and answered with yes."""
    print("\n".join(f"   | {line}" for line in params.message.splitlines()))
    return ElicitResult(action="accept", content={"approve": True})


async def main(folder: str) -> None:
    """Run the example."""
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "ix_tools", "serve", "--sandbox"],
        env={
            "INVOICEXPRESS_LANGUAGE": "en",
            "INVOICEXPRESS_STORE": f"{folder}/approvals.db",
            "INVOICEXPRESS_APPROVAL_MIN_SECONDS": "0",  # nobody reads here: `person` answers at once
        },
    )
    async with Client(server, elicitation_callback=person) as host:
        print(f"“{SENTENCE}”")
        draft = (await host.call_tool("create_invoice", CALL)).structured_content["document"]
        print(f"draft {draft['id']} for {draft['client']['name']}: {draft['total']}")
        finalize = {"document_type": "invoices", "document_id": draft["id"], "state": "finalized"}
        issued = (await host.call_tool("change_state", finalize)).structured_content["document"]
        print(f"issued as {issued['number']}, ATCUD {issued['atcud']}, total {issued['total']}")


with TemporaryDirectory() as folder:
    anyio.run(main, folder)
