"""Demo in the sandbox: an invoice is refused, drafted, declined, approved, fetched, sent and paid."""

import os
import re
import tempfile
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from ix_tools.demo.assistant import (
    SERVE_COMMAND,
    Assistant,
    Json,
    UnexpectedOutcome,
    connect_assistant,
    get_text_for_person,
    run_scenario,
)
from ix_tools.demo.screen import Screen
from ix_tools.domain.totals import TotalsLine, predict_totals
from ix_tools.fiscal.exemptions import find_exemption
from ix_tools.i18n.formats import format_percent
from ix_tools.operations.registry import catalogue
from ix_tools.operations.spec import Effect
from ix_tools.sandbox.server import Sandbox

CLIENT = {
    "name": "Padaria Central, Lda",
    "code": "PADARIA",
    "fiscal_id": "508025338",
    "country": "PT",
    "email": "contas@padaria.example",
}
EXEMPTION = "M07"
HOURS, PRICE, COURSE = 3, Decimal(50), Decimal(120)
WRITE_MEANINGS = {
    ("POST", r"/invoices\.json"): "write_create",
    ("PUT", r"/invoices/\d+/change-state\.json"): "write_state",
    ("PUT", r"/invoices/\d+/email-document\.json"): "write_email",
    ("POST", r"/documents/\d+/partial_payments\.json"): "write_payment",
}


def run(screen: Screen, out: Path, *, legacy: bool) -> int:
    """Run the scenario. Return 1 if a step did not end as expected."""
    with (
        tempfile.TemporaryDirectory(prefix="ix-tools-demo-") as folder,
        Sandbox(language=screen.language) as box,
    ):
        settings = build_environment(box, Path(folder), out, screen.language)
        return run_scenario(screen, lambda: _play(screen, box, settings, legacy))


def build_environment(box: Sandbox, folder: Path, out: Path, language: str) -> dict[str, str]:
    """Build the server's environment: the sandbox's settings, and none of the user's own."""
    settings = folder / "config.toml"
    settings.touch()
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("INVOICEXPRESS_", "IX_TOOLS_"))
    }
    return {
        **own,
        "IX_TOOLS_CONFIG": str(settings),
        "INVOICEXPRESS_ACCOUNT": box.account,
        "INVOICEXPRESS_API_KEY": box.api_key,
        "INVOICEXPRESS_BASE_URL": box.base_url,
        "INVOICEXPRESS_LANGUAGE": language,
        "INVOICEXPRESS_STORE": str(folder / "approvals.db"),
        "INVOICEXPRESS_APPROVAL_MIN_SECONDS": "0",  # the demo's person answers at once
        "INVOICEXPRESS_DOCUMENTS": str(out),
    }


def list_writes(box: Sandbox) -> list[Json]:
    """Return the requests so far that could change data."""
    return [one for one in box.requests() if one["method"] != "GET"]


async def _play(screen: Screen, box: Sandbox, environment: dict[str, str], legacy: bool) -> None:
    screen.print_title("title", "notice")
    screen.print_step("connect")
    async with connect_assistant(environment, legacy=legacy) as assistant:
        _show_tools(screen, assistant)
        await _show_refusal(screen, box, assistant)
        draft = await _create_draft(screen, assistant)
        form = await _show_declined_approval(screen, box, assistant, draft)
        invoice = await _finalize_draft(screen, assistant, draft)
        await _fetch_pdf(screen, assistant, invoice)
        await _send_email(screen, box, assistant, invoice, form)
        await _record_payment(screen, assistant, invoice, form)
    _show_request_log(screen, box)


def _show_tools(screen: Screen, assistant: Assistant) -> None:
    screen.print_success(
        "connected",
        command=SERVE_COMMAND,
        seconds=f"{assistant.seconds:.1f}".replace(".", "," if screen.language == "pt" else "."),
        protocol=assistant.protocol,
        count=len(assistant.tools),
    )
    kinds: dict[str, list[str]] = {"tools_reads": [], "tools_drafts": [], "tools_asks": [], "tools_any": []}
    for tool in assistant.tools:
        kinds[_classify_tool(tool.name)].append(tool.name)
    screen.print_table(
        ("kind", "tools"), [(screen.translate(kind), ", ".join(names)) for kind, names in kinds.items()]
    )


def _classify_tool(name: str) -> str:
    effect = catalogue()[name].spec.effect
    if effect is Effect.ANY:  # its hints declare the worst case
        return "tools_any"
    return "tools_asks" if effect.needs_approval else "tools_reads" if effect.only_reads else "tools_drafts"


def _build_order(**more: Any) -> Json:
    """Build the arguments of create_invoice."""
    hours = {
        "name": "Horas de consultoria",
        "unit_price": float(PRICE),
        "quantity": HOURS,
        "unit": "hour",
        "tax": "IVA23",
    }
    course = {"name": "Curso certificado", "unit_price": float(COURSE), "quantity": 1, "tax": "Isento"}
    return {"date": "today", "due_date": "+30d", "client": CLIENT, "items": [hours, course], **more}


async def _show_refusal(screen: Screen, box: Sandbox, assistant: Assistant) -> None:
    screen.print_step("refusal")
    screen.print_call(
        "create_invoice",
        "order",
        client=CLIENT["name"],
        nif=CLIENT["fiscal_id"],
        hours=HOURS,
        price=screen.format_money(PRICE),
        course=screen.format_money(COURSE),
    )
    refusal = await assistant.call_expecting_refusal("create_invoice", _build_order(), "refused")
    screen.print_failure("refused", get_text_for_person(refusal))
    screen.print_text(
        "refusal_says", allowed=refusal["problems"][0]["allowed"], next=refusal["next"][0]["why"]
    )
    if count := len(list_writes(box)):
        raise UnexpectedOutcome(f"{count} writes after a refusal")
    screen.print_evidence("nothing_written", count=count)


async def _create_draft(screen: Screen, assistant: Assistant) -> Json:
    screen.print_step("draft", code=EXEMPTION)
    code = find_exemption(EXEMPTION)
    screen.print_call("create_invoice", "same_with", code=EXEMPTION, text=code.text_pt if code else "")
    result = await assistant.call_expecting_success("create_invoice", _build_order(tax_exemption=EXEMPTION))
    document: Json = result["document"]
    screen.print_success("drafted", number=document["id"], client=document["client"]["name"])
    totals = predict_totals(
        [TotalsLine(PRICE, Decimal(HOURS), rate=Decimal(23)), TotalsLine(COURSE, Decimal(1), rate=Decimal(0))]
    )
    screen.print_table(
        ("line", "quantity", "price", "vat", "net"),
        [
            (
                line["name"],
                line["quantity"],
                screen.format_money(line["unit_price"]),
                format_percent(Decimal(line["tax_rate"]), screen.language),
                screen.format_money(line["net"]),
            )
            for line in document["lines"]
        ],
        right=(1, 2, 3, 4),
    )
    screen.print_text(
        "totals",
        predicted=screen.format_money(totals.total),
        stored=screen.format_money(document["total"]),
        net=screen.format_money(document["before_taxes"]),
        vat=screen.format_money(document["taxes"]),
        difference=screen.format_money(totals.total - Decimal(document["total"])),
    )
    return document


def _refer_to(document: Json, **more: Any) -> Json:
    return {"document_type": document["document_type"], "document_id": document["id"], **more}


async def _show_declined_approval(screen: Screen, box: Sandbox, assistant: Assistant, draft: Json) -> str:
    screen.print_step("decline")
    screen.print_call("change_state", "finalize_call", number=draft["id"])
    before = len(list_writes(box))
    assistant.person.approves = False
    refusal = await assistant.call_expecting_refusal(
        "change_state", _refer_to(draft, state="finalized"), "approval_declined"
    )
    screen.print_form(assistant.person.last_form)
    screen.print_failure("declined", get_text_for_person(refusal))
    after = len(list_writes(box))
    now = await assistant.call_expecting_success("get_document", _refer_to(draft))
    if after != before or now["document"]["status"] != "draft":
        raise UnexpectedOutcome("something was written although the person declined")
    screen.print_evidence("writes_same", before=before, after=after)
    return assistant.person.last_form


async def _finalize_draft(screen: Screen, assistant: Assistant, draft: Json) -> Json:
    screen.print_step("approve")
    screen.print_call("change_state", "finalize_call", number=draft["id"])
    assistant.person.approves = True
    result = await assistant.call_expecting_success("change_state", _refer_to(draft, state="finalized"))
    document: Json = result["document"]
    screen.print_text("asked_again")
    screen.print_success(
        "finalized",
        number=document["number"],
        atcud=document["atcud"],
        total=screen.format_money(document["total"]),
    )
    return document


async def _fetch_pdf(screen: Screen, assistant: Assistant, invoice: Json) -> None:
    screen.print_step("pdf")
    screen.print_call("get_pdf", "pdf_call", number=invoice["number"])
    result = await assistant.call_expecting_success("get_pdf", {"document_id": invoice["id"]})
    screen.print_success("saved", file=result["file"], size=round(result["bytes"] / 1000))


async def _send_email(screen: Screen, box: Sandbox, assistant: Assistant, invoice: Json, form: str) -> None:
    screen.print_step("email")
    screen.print_call("send_email", "email_call", to=CLIENT["email"])
    await assistant.call_expecting_success(
        "send_email", _refer_to(invoice, email=CLIENT["email"], subject=screen.translate("subject"))
    )
    screen.print_form(_find_new_lines(assistant.person.last_form, form), title="form_rest")
    mail = box.outbox()[-1]
    screen.print_success("sent", to=mail["to"], subject=mail["subject"])


async def _record_payment(screen: Screen, assistant: Assistant, invoice: Json, form: str) -> None:
    screen.print_step("payment")
    screen.print_call("generate_payment", "payment_call", amount=screen.format_money(invoice["total"]))
    arguments = {
        "document_id": invoice["id"],
        "amount": float(invoice["total"]),
        "payment_mechanism": "TB",
        "payment_date": "today",
    }
    receipt = (await assistant.call_expecting_success("generate_payment", arguments))["receipt"]
    screen.print_form(_find_new_lines(assistant.person.last_form, form), title="form_rest")
    now = (await assistant.call_expecting_success("get_document", _refer_to(invoice)))["document"]
    if now["status"] != "settled":
        raise UnexpectedOutcome(f"the invoice is {now['status']} after being paid in full")
    screen.print_success(
        "paid", receipt=receipt["number"], amount=screen.format_money(receipt["total"]), number=now["number"]
    )


def _find_new_lines(form: str, before: str) -> str:
    """Return the lines of a form that an earlier form did not have."""
    known = set(before.splitlines())
    return "\n".join(line for line in form.splitlines() if line and line not in known)


def _show_request_log(screen: Screen, box: Sandbox) -> None:
    screen.print_step("log")
    sent = list_writes(box)
    screen.print_table(("request", "", "meaning"), _build_log_rows(screen, sent))
    approved = sum(1 for one in sent if _classify_write(one) != "write_create")
    screen.print_text("log_writes", writes=len(sent), approved=approved, refused=2)
    screen.print_blank_line()
    screen.print_text("what_next")


def _build_log_rows(screen: Screen, sent: list[Json]) -> Iterable[tuple[str, str, str]]:
    for one in sent:
        yield f"{one['method']} {one['path']}", str(one["status"]), screen.translate(_classify_write(one))


def _classify_write(request: Json) -> str:
    for (method, path), meaning in WRITE_MEANINGS.items():
        if request["method"] == method and re.fullmatch(path, request["path"]):
            return meaning
    raise UnexpectedOutcome(f"{request['method']} {request['path']} was not part of the story")
