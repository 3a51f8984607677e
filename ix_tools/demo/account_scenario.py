"""Demo with the user's own account: reads, one draft after a typed yes, and nothing irreversible."""

import os
from decimal import Decimal

import anyio

from ix_tools.config.loading import load_settings
from ix_tools.config.settings import Settings
from ix_tools.demo.assistant import Assistant, Json, UnexpectedOutcome, connect_assistant, run_scenario
from ix_tools.demo.screen import Screen
from ix_tools.domain.comparison import ASKED
from ix_tools.domain.totals import Totals, TotalsLine, predict_totals
from ix_tools.errors import SettingsError
from ix_tools.i18n.field_labels import LABELS
from ix_tools.i18n.formats import format_percent
from ix_tools.i18n.messages import render

LINE_NAME = "ix-tools teste"
PRICE, QUANTITY = Decimal("2.439"), Decimal(10)
"""At 23 % the total is 30.00; a price cut to two decimals would give 30.01."""
YES_ANSWERS = {"sim", "yes"}


def run(screen: Screen, *, legacy: bool) -> int:
    """Read, ask, and create a draft if the user agrees. Return 2 without an account, 1 if a call was refused."""
    try:
        settings = load_settings()
        settings.require_account()
    except SettingsError as wrong:
        screen.print_failure("stopped", render(wrong.text, screen.language))
        for problem in wrong.problems:
            screen.print_text("plain", text=f"{problem.field}: {render(problem.problem, screen.language)}")
        screen.print_text("real_missing")
        return 2
    return run_scenario(screen, lambda: _play(screen, settings, legacy))


async def _play(screen: Screen, settings: Settings, legacy: bool) -> None:
    screen.print_title("real_title", "real_notice", account=settings.account)
    async with connect_assistant(os.environ, legacy=legacy) as assistant:
        taxes = await _show_account(screen, assistant)
        await _offer_draft(screen, assistant, taxes)


async def _show_account(screen: Screen, assistant: Assistant) -> list[Json]:
    screen.print_step("real_read")
    taxes: list[Json] = (await assistant.call_expecting_success("list_taxes", {}))["taxes"]
    series = (await assistant.call_expecting_success("list_sequences", {}))["sequences"]
    listed = await assistant.call_expecting_success("list_invoices", {"per_page": 1})
    screen.print_success(
        "real_taxes",
        names=", ".join(
            f"{tax['name']} ({format_percent(Decimal(tax['value']), screen.language)})" for tax in taxes
        ),
    )
    screen.print_success("real_series", names=", ".join(str(one["serie"]) for one in series))
    if listed["invoices"]:
        latest = listed["invoices"][0]
        shown = f"{latest['document_type']} {latest.get('number') or latest['id']}, {screen.format_money(latest['total'])}"
        screen.print_success("real_invoices", total=listed["total_entries"], latest=shown)
    else:
        screen.print_success("real_no_invoices")
    return taxes


async def _offer_draft(screen: Screen, assistant: Assistant, taxes: list[Json]) -> None:
    tax = next((one for one in taxes if one["value"] == "23"), None)
    tax = tax or next((one for one in taxes if one.get("default_tax")), None)
    if tax is None:
        raise UnexpectedOutcome("the account has no default VAT rate")
    totals = predict_totals([TotalsLine(PRICE, QUANTITY, rate=Decimal(tax["value"]))])
    screen.print_step("real_offer")
    price = f"€{PRICE}" if screen.language == "en" else f"{PRICE} €".replace(".", ",")
    screen.print_text(
        "real_what",
        name=LINE_NAME,
        quantity=QUANTITY,
        price=price,
        tax=tax["name"],
        total=screen.format_money(totals.total),
    )
    answer = await anyio.to_thread.run_sync(lambda: screen.ask_user("real_ask"))
    if answer not in YES_ANSWERS:
        screen.print_success("real_no")
        return
    number = await _create_draft(screen, assistant, tax["name"], totals)
    screen.print_text("real_delete", number=number, name=LINE_NAME)
    screen.print_success("real_end")


async def _create_draft(screen: Screen, assistant: Assistant, tax: str, totals: Totals) -> int:
    line = {"name": LINE_NAME, "unit_price": float(PRICE), "quantity": int(QUANTITY), "tax": tax}
    draft = {"document_type": "simplified_invoices", "date": "today", "due_date": "+0d", "items": [line]}
    body = await assistant.call("create_invoice", draft)
    document = body.get("document") or {}
    if body.get("code") == "stored_differently":
        screen.print_failure("refused", screen.translate("real_stored_differently", number=document["id"]))
        asked = render(LABELS["asked"], screen.language)
        for one in body["problems"]:
            told, wanted = one.get("for_person", one["problem"]), one["allowed"].removeprefix(ASKED)
            screen.print_text("plain", text=f"{one['field']}: {told} ({asked} {wanted})")
    elif body.get("ok") is not True:
        raise UnexpectedOutcome(str(body.get("message")))
    else:
        screen.print_success("real_drafted", number=document["id"])
        screen.print_text(
            "totals",
            predicted=screen.format_money(totals.total),
            stored=screen.format_money(document["total"]),
            net=screen.format_money(document["before_taxes"]),
            vat=screen.format_money(document["taxes"]),
            difference=screen.format_money(totals.total - Decimal(document["total"])),
        )
    return int(document["id"])
