"""The total is calculated before anything is sent, compared with what was stored, and one cent of difference is reported."""

from decimal import Decimal

import anyio
from sandboxed import office

from ix_tools.domain.totals import TotalsLine, predict_totals, round_to_cent

# Prices with four decimals and a discount: rounded line by line, or cut to two decimals, the total is another.
LINES = [("Parafusos", "0.7464", 120), ("Anilhas", "0.6319", 24), ("Porcas", "0.1637", 120)]
DISCOUNT = Decimal(5)


async def main() -> None:
    """Run the example."""
    lines = [TotalsLine(Decimal(price), Decimal(count), DISCOUNT, Decimal(23)) for _, price, count in LINES]
    predicted = predict_totals(lines)
    by_line = sum((predict_totals([line]).total for line in lines), Decimal(0))
    cut = predict_totals(
        [TotalsLine(round_to_cent(one.unit_price), one.quantity, DISCOUNT, one.rate) for one in lines]
    )
    print(f"predicted: {predicted.before_taxes} + {predicted.taxes} VAT = {predicted.total}")
    print(f"rounded line by line it would be {by_line}; with prices cut to two decimals {cut.total}")

    items = [
        {"name": name, "unit_price": float(price), "quantity": count, "discount": 5, "tax": "IVA23"}
        for name, price, count in LINES
    ]
    call = {"date": "today", "due_date": "+30d", "client": {"code": "ACME"}, "items": items}
    async with office() as here:
        stored = (await here.call("create_invoice", call))["document"]
        print(f"stored:    {stored['before_taxes']} + {stored['taxes']} VAT = {stored['total']}")
        assert Decimal(stored["total"]) == predicted.total

        # An InvoiceXpress that stores something else, which a 200 alone would hide.
        wrong = {
            "id": 1002,
            "type": "Invoice",
            "status": "draft",
            "total": str(predicted.total + Decimal("0.01")),
        }
        here.sandbox.fault("GET", r"/invoices/1002\.json", status=200, body={"invoice": wrong})
        result = await here.call("create_invoice", {**call, "idempotency_key": "a second one, meant"})
        assert result["code"] == "stored_differently"
        assert result["sent"] == "stored"
        total = next(one for one in result["problems"] if one["field"] == "total")
        print(f"one cent off: total {total['problem']} ({total['allowed']}); next: {result['next']}")


anyio.run(main)
