"""The demo with an account of one's own: reads, one draft after a typed yes, and a stop before anything that counts."""

import os
from decimal import Decimal

import anyio

from ix_tools.config.settings import Settings, load
from ix_tools.demo.assistant import Assistant, Json, NotAsTold, connected, told
from ix_tools.demo.screen import Screen
from ix_tools.domain.totals import Totals, TotalsLine, predict
from ix_tools.errors import SettingsError

LINE = "ix-tools teste"
PRICE, QUANTITY = Decimal("2.439"), Decimal(10)
"""At 23 % this is 30.00 to the cent; whoever cuts the price to two decimals gets 30.01."""
YES = {"sim", "yes"}


def run(screen: Screen, *, legacy: bool) -> int:
    """Read, ask, perhaps create a draft; 2 without an account, 1 when the account refused something."""
    try:
        settings = load()
        settings.require_account()
    except SettingsError as wrong:
        screen.bad("stopped", wrong.message)
        for problem in wrong.problems:
            screen.text("plain", text=f"{problem.field}: {problem.problem}")
        screen.text("real_missing")
        return 2
    return told(screen, lambda: _told(screen, settings, legacy))


async def _told(screen: Screen, settings: Settings, legacy: bool) -> None:
    screen.title("real_title", "real_notice", account=settings.account)
    async with connected(os.environ, legacy=legacy) as assistant:
        taxes = await _read(screen, assistant)
        await _offered(screen, assistant, taxes)


async def _read(screen: Screen, assistant: Assistant) -> list[Json]:
    screen.step("real_read")
    taxes: list[Json] = (await assistant.done("list_taxes", {}))["taxes"]
    series = (await assistant.done("list_sequences", {}))["sequences"]
    listed = await assistant.done("list_invoices", {"per_page": 1})
    screen.good("real_taxes", names=", ".join(f"{tax['name']} ({tax['value']} %)" for tax in taxes))
    screen.good("real_series", names=", ".join(str(one["serie"]) for one in series))
    if listed["invoices"]:
        latest = listed["invoices"][0]
        shown = f"{latest['document_type']} {latest.get('number') or latest['id']}, {screen.money(latest['total'])}"
        screen.good("real_invoices", total=listed["total_entries"], latest=shown)
    else:
        screen.good("real_no_invoices")
    return taxes


async def _offered(screen: Screen, assistant: Assistant, taxes: list[Json]) -> None:
    tax = next((one for one in taxes if one["value"] == "23"), None)
    tax = tax or next((one for one in taxes if one.get("default_tax")), None)
    if tax is None:
        raise NotAsTold("the account has no default VAT rate")
    totals = predict([TotalsLine(PRICE, QUANTITY, rate=Decimal(tax["value"]))])
    screen.step("real_offer")
    price = f"€{PRICE}" if screen.language == "en" else f"{PRICE} €".replace(".", ",")
    screen.text(
        "real_what",
        name=LINE,
        quantity=QUANTITY,
        price=price,
        tax=tax["name"],
        total=screen.money(totals.total),
    )
    answer = await anyio.to_thread.run_sync(lambda: screen.ask("real_ask"))
    if answer not in YES:
        screen.good("real_no")
        return
    number = await _created(screen, assistant, tax["name"], totals)
    screen.text("real_delete", number=number, name=LINE)
    screen.good("real_end")


async def _created(screen: Screen, assistant: Assistant, tax: str, totals: Totals) -> int:
    line = {"name": LINE, "unit_price": float(PRICE), "quantity": int(QUANTITY), "tax": tax}
    draft = {"document_type": "simplified_invoices", "date": "today", "due_date": "+0d", "items": [line]}
    body = await assistant.call("create_invoice", draft)
    document = body.get("document") or {}
    if body.get("code") == "stored_differently":
        screen.bad("refused", screen.say("real_stored_differently", number=document["id"]))
        for one in body["problems"]:
            screen.text("plain", text=f"{one['field']}: {one['problem']} ({one['allowed']})")
    elif body.get("ok") is not True:
        raise NotAsTold(str(body.get("message")))
    else:
        screen.good("real_drafted", number=document["id"])
        screen.text(
            "totals",
            predicted=screen.money(totals.total),
            stored=screen.money(document["total"]),
            net=screen.money(document["before_taxes"]),
            vat=screen.money(document["taxes"]),
            difference=screen.money(totals.total - Decimal(document["total"])),
        )
    return int(document["id"])
