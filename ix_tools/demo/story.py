"""The story in the sandbox: refused, drafted, declined, approved, fetched, sent, paid, and what reached InvoiceXpress."""

import os
import re
import tempfile
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from ix_tools.demo.assistant import COMMAND, Assistant, Json, NotAsTold, connected, told
from ix_tools.demo.screen import Screen
from ix_tools.domain.totals import TotalsLine, predict
from ix_tools.fiscal.exemptions import exemption
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
WRITES = {
    ("POST", r"/invoices\.json"): "write_create",
    ("PUT", r"/invoices/\d+/change-state\.json"): "write_state",
    ("PUT", r"/invoices/\d+/email-document\.json"): "write_email",
    ("POST", r"/documents/\d+/partial_payments\.json"): "write_payment",
}


def run(screen: Screen, out: Path, *, legacy: bool) -> int:
    """Tell the story; 1 when a step did not end as told."""
    with (
        tempfile.TemporaryDirectory(prefix="ix-tools-demo-") as folder,
        Sandbox(language=screen.language) as box,
    ):
        settings = environment(box, Path(folder), out, screen.language)
        return told(screen, lambda: _told(screen, box, settings, legacy))


def environment(box: Sandbox, folder: Path, out: Path, language: str) -> dict[str, str]:
    """The server's settings: the sandbox, and nothing of whoever runs this."""
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
        "INVOICEXPRESS_APPROVAL_MIN_SECONDS": "0",  # the demo plays the person, and answers at once
        "INVOICEXPRESS_DOCUMENTS": str(out),
    }


def writes(box: Sandbox) -> list[Json]:
    """The requests so far that could change something."""
    return [one for one in box.requests() if one["method"] != "GET"]


async def _told(screen: Screen, box: Sandbox, environment: dict[str, str], legacy: bool) -> None:
    screen.title("title", "notice")
    screen.step("connect")
    async with connected(environment, legacy=legacy) as assistant:
        _tools(screen, assistant)
        await _refused(screen, box, assistant)
        draft = await _drafted(screen, assistant)
        form = await _declined(screen, box, assistant, draft)
        invoice = await _finalized(screen, assistant, draft)
        await _fetched(screen, assistant, invoice)
        await _sent(screen, box, assistant, invoice, form)
        await _paid(screen, assistant, invoice, form)
    _log(screen, box)


def _tools(screen: Screen, assistant: Assistant) -> None:
    screen.good(
        "connected",
        command=COMMAND,
        seconds=f"{assistant.seconds:.1f}".replace(".", "," if screen.language == "pt" else "."),
        protocol=assistant.protocol,
        count=len(assistant.tools),
    )
    kinds: dict[str, list[str]] = {"tools_reads": [], "tools_drafts": [], "tools_asks": [], "tools_any": []}
    for tool in assistant.tools:
        kinds[_kind(tool.name)].append(tool.name)
    screen.table(("kind", "tools"), [(screen.say(kind), ", ".join(names)) for kind, names in kinds.items()])


def _kind(name: str) -> str:
    effect = catalogue()[name].spec.effect
    if effect is Effect.ANY:  # its hints say the worst that it can do
        return "tools_any"
    return "tools_asks" if effect.gated else "tools_reads" if effect.only_reads else "tools_drafts"


def _order(**more: Any) -> Json:
    """The arguments of create_invoice."""
    hours = {
        "name": "Horas de consultoria",
        "unit_price": float(PRICE),
        "quantity": HOURS,
        "unit": "hour",
        "tax": "IVA23",
    }
    course = {"name": "Curso certificado", "unit_price": float(COURSE), "quantity": 1, "tax": "Isento"}
    return {"date": "today", "due_date": "+30d", "client": CLIENT, "items": [hours, course], **more}


async def _refused(screen: Screen, box: Sandbox, assistant: Assistant) -> None:
    screen.step("refusal")
    screen.call(
        "create_invoice",
        "order",
        client=CLIENT["name"],
        nif=CLIENT["fiscal_id"],
        hours=HOURS,
        price=screen.money(PRICE),
        course=screen.money(COURSE),
    )
    refusal = await assistant.not_done("create_invoice", _order(), "refused")
    screen.bad("refused", refusal["message"])
    screen.text("refusal_says", allowed=refusal["problems"][0]["allowed"], next=refusal["next"])
    if count := len(writes(box)):
        raise NotAsTold(f"{count} writes after a refusal")
    screen.proof("nothing_written", count=count)


async def _drafted(screen: Screen, assistant: Assistant) -> Json:
    screen.step("draft", code=EXEMPTION)
    code = exemption(EXEMPTION)
    screen.call("create_invoice", "same_with", code=EXEMPTION, text=code.text_pt if code else "")
    result = await assistant.done("create_invoice", _order(tax_exemption=EXEMPTION))
    document: Json = result["document"]
    screen.good("drafted", number=document["id"], client=document["client"]["name"])
    totals = predict(
        [TotalsLine(PRICE, Decimal(HOURS), rate=Decimal(23)), TotalsLine(COURSE, Decimal(1), rate=Decimal(0))]
    )
    screen.table(
        ("line", "quantity", "price", "vat", "net"),
        [
            (
                line["name"],
                line["quantity"],
                screen.money(line["unit_price"]),
                f"{line['tax_rate']} %",
                screen.money(line["net"]),
            )
            for line in document["lines"]
        ],
        right=(1, 2, 3, 4),
    )
    screen.text(
        "totals",
        predicted=screen.money(totals.total),
        stored=screen.money(document["total"]),
        net=screen.money(document["before_taxes"]),
        vat=screen.money(document["taxes"]),
        difference=screen.money(totals.total - Decimal(document["total"])),
    )
    return document


def _about(document: Json, **more: Any) -> Json:
    return {"document_type": document["document_type"], "document_id": document["id"], **more}


async def _declined(screen: Screen, box: Sandbox, assistant: Assistant, draft: Json) -> str:
    screen.step("decline")
    screen.call("change_state", "finalize_call", number=draft["id"])
    before = len(writes(box))
    assistant.person.approves = False
    refusal = await assistant.not_done("change_state", _about(draft, state="finalized"), "approval_declined")
    screen.form(assistant.person.shown)
    screen.bad("declined", refusal["message"])
    after = len(writes(box))
    now = await assistant.done("get_document", _about(draft))
    if after != before or now["document"]["status"] != "draft":
        raise NotAsTold("something was written although the person declined")
    screen.proof("writes_same", before=before, after=after)
    return assistant.person.shown


async def _finalized(screen: Screen, assistant: Assistant, draft: Json) -> Json:
    screen.step("approve")
    screen.call("change_state", "finalize_call", number=draft["id"])
    assistant.person.approves = True
    result = await assistant.done("change_state", _about(draft, state="finalized"))
    document: Json = result["document"]
    screen.text("asked_again")
    screen.good(
        "finalized", number=document["number"], atcud=document["atcud"], total=screen.money(document["total"])
    )
    return document


async def _fetched(screen: Screen, assistant: Assistant, invoice: Json) -> None:
    screen.step("pdf")
    screen.call("get_pdf", "pdf_call", number=invoice["number"])
    result = await assistant.done("get_pdf", {"document_id": invoice["id"]})
    screen.good("saved", file=result["file"], size=round(result["bytes"] / 1000))


async def _sent(screen: Screen, box: Sandbox, assistant: Assistant, invoice: Json, form: str) -> None:
    screen.step("email")
    screen.call("send_email", "email_call", to=CLIENT["email"])
    await assistant.done("send_email", _about(invoice, email=CLIENT["email"], subject=screen.say("subject")))
    screen.form(_new(assistant.person.shown, form), title="form_rest")
    mail = box.outbox()[-1]
    screen.good("sent", to=mail["to"], subject=mail["subject"])


async def _paid(screen: Screen, assistant: Assistant, invoice: Json, form: str) -> None:
    screen.step("payment")
    screen.call("generate_payment", "payment_call", amount=screen.money(invoice["total"]))
    arguments = {
        "document_id": invoice["id"],
        "amount": float(invoice["total"]),
        "payment_mechanism": "TB",
        "payment_date": "today",
    }
    receipt = (await assistant.done("generate_payment", arguments))["receipt"]
    screen.form(_new(assistant.person.shown, form), title="form_rest")
    now = (await assistant.done("get_document", _about(invoice)))["document"]
    if now["status"] != "settled":
        raise NotAsTold(f"the invoice is {now['status']} after being paid in full")
    screen.good(
        "paid", receipt=receipt["number"], amount=screen.money(receipt["total"]), number=now["number"]
    )


def _new(form: str, before: str) -> str:
    """The lines of a form that an earlier one did not have."""
    known = set(before.splitlines())
    return "\n".join(line for line in form.splitlines() if line and line not in known)


def _log(screen: Screen, box: Sandbox) -> None:
    screen.step("log")
    sent = writes(box)
    screen.table(("request", "", "meaning"), _rows(screen, sent))
    approved = sum(1 for one in sent if _meaning(one) != "write_create")
    screen.text("log_writes", writes=len(sent), approved=approved, refused=2)
    screen.gap()
    screen.text("what_next")


def _rows(screen: Screen, sent: list[Json]) -> Iterable[tuple[str, str, str]]:
    for one in sent:
        yield f"{one['method']} {one['path']}", str(one["status"]), screen.say(_meaning(one))


def _meaning(request: Json) -> str:
    for (method, path), meaning in WRITES.items():
        if request["method"] == method and re.fullmatch(path, request["path"]):
            return meaning
    raise NotAsTold(f"{request['method']} {request['path']} was not part of the story")
