"""Calls that would have cost money or a fine: each is refused with a reason, and not one byte is written."""

import anyio
from sandboxed import office

LINE = {"name": "Revisão", "unit_price": 100, "quantity": 1, "tax": "IVA23"}
GOOD = {"date": "today", "due_date": "+30d", "client": {"code": "ACME"}, "items": [LINE]}

MISTAKES = {
    "an exempt line without a reason": {"items": [{**LINE, "tax": "Isento"}]},
    "a tax that the account does not have": {"items": [{**LINE, "tax": "IVA24"}]},
    "an exemption code that ended in 2022": {"items": [{**LINE, "tax": "Isento"}], "tax_exemption": "M08"},
    "a reason that does not fit the client": {"items": [{**LINE, "tax": "Isento"}], "tax_exemption": "M16"},
    "due before it is dated": {"date": "2026-11-20", "due_date": "2026-11-19"},
    "a wrong tax number": {"client": {"name": "Nova, Lda", "code": "NOVA", "fiscal_id": "508025339"}},
    "another client's code": {"client": {"code": "ACME", "name": "Padaria Central, Lda"}},
    "a field that does not exist": {"obsrvations": "Obrigado!"},
}


async def main() -> None:
    """Run the example."""
    async with office() as here:
        for mistake, fields in MISTAKES.items():
            refusal = await here.call("create_invoice", {**GOOD, **fields})
            assert refusal["ok"] is False
            assert refusal["sent"] == "nothing"
            print(f"{mistake}:")
            for problem in refusal["problems"]:
                print(f"   {problem['field']}: {problem['problem']}")
            print(f"   next: {refusal['next'][0]['why']}")
        assert here.writes() == []
        print(f"written to InvoiceXpress: {len(here.writes())} requests")


anyio.run(main)
