"""The reasons for charging no VAT: looked up by words, law or code, with their dates, and checked on the document's date."""

import anyio
from sandboxed import office


async def main() -> None:
    """Run the example."""
    async with office() as here:
        print("By the law, article 9 of the VAT code (training, health, rents):")
        found = await here.call("lookup_exemption_codes", {"text": "artigo 9.º"})
        for one in found["codes"]:
            print(f"   {one['code']}: {one['text']} ({one['law']})")

        print("By words, reverse charge for construction:")
        found = await here.call("lookup_exemption_codes", {"text": "autoliquidação construção"})
        for one in found["codes"]:
            print(
                f"   {one['code']}: {one['text']} ({one['law']}), from {one.get('valid_from', 'the start')}"
            )

        print("M08, as older programs still offer it:")
        old = (await here.call("lookup_exemption_codes", {"code": "M08"}))["codes"][0]
        print(f"   in force today: {old['in_force']}; valid until {old['valid_until']}")
        line = {"name": "Obra", "unit_price": 900, "quantity": 1, "tax": "Isento"}
        call = {"date": "today", "due_date": "+30d", "client": {"code": "ACME"}, "items": [line]}
        refusal = await here.call("create_invoice", {**call, "tax_exemption": "M08"})
        print(f"   {refusal['message']}")
        assert here.writes() == []

        print("With the code in force:")
        draft = (await here.call("create_invoice", {**call, "tax_exemption": "M31"}))["document"]
        print(f"   draft {draft['id']}: {draft['total']}, exemption {draft['tax_exemption']}")


anyio.run(main)
