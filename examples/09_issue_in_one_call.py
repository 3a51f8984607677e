"""An invoice is drafted, approved once, issued, fetched and e-mailed in one call, which goes on where it stopped when it is repeated."""

from typing import Any

import anyio
from sandboxed import office

CALL = {
    "date": "today",
    "due_date": "+30d",
    "client": {"code": "ACME"},
    "items": [{"name": "Consultoria sénior", "unit_price": 50, "quantity": 3, "tax": "IVA23"}],
    "email": "compras@acme.example",
    "subject": "A sua fatura",
    "delivery": "link",
}


def describe_result(result: dict[str, Any]) -> str:
    """Each step and how far it is."""
    return ", ".join(f"{one['step']} {one['state']}" for one in result["steps"])


async def main() -> None:
    """Run the example."""
    async with office() as here:
        declined = await here.call("issue_invoice", CALL, yes=False)
        print(f"declined: {describe_result(declined)}")
        print(f"  {declined['message']}")

        issued = await here.call("issue_invoice", CALL)
        print(f"the same call again: {describe_result(issued)}")
        print(f"  invoice {issued['document']['number']}, {issued['document']['total']}; no second draft")
        print(f"  to correct it: {issued['undo']['what']}")

        wrong = {"document_type": "invoices", "document_id": issued["document"]["id"], "wrong": "too_much"}
        hours = {"reason": "Só foram prestadas duas horas.", "lines": [{"line": 1, "quantity": 1}]}
        note = await here.call("correct_document", {**wrong, **hours})
        print(f"correcting it: {note['method']}, because {note['why']}")
        print(f"  drafted {note['document']['total']} of {note['remaining']}")

        shown = await here.call("account_statement", {"client": "ACME"})
        print(f"ACME owes {shown['closing']}; InvoiceXpress agrees: {shown['agrees']}")
        day = issued["document"]["date"]
        month = await here.call("month_end_check", {"month": int(day[5:7]), "year": int(day[:4])})
        print("the month: " + ", ".join(f"{one['count']} {one['what']}" for one in month["findings"]))


anyio.run(main)
