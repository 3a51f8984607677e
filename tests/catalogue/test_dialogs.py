"""What decides is on the screen of the poorest dialog: three lines of the text, and the title of the box."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from ix_tools.approvals.repository import Approval
from ix_tools.domain.comparison import Difference
from ix_tools.domain.document_kinds import get_document_kind
from ix_tools.guards.facts import Facts, Want, get_wanted_facts
from ix_tools.i18n import formats
from ix_tools.i18n.approval_texts import ACTIONS
from ix_tools.i18n.field_labels import LABELS
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import render
from ix_tools.interfaces.mcp.elicitation_form import build_form_schema, render_form_message
from ix_tools.operations.base import Operation
from ix_tools.operations.preview import Preview
from ix_tools.pipeline.execute import parse
from ix_tools.pipeline.fact_loader import FactLoader
from tests.catalogue.test_sweeps import leave_nothing_off, waiting_calls
from tests.harness import (
    ApprovalNeeded,
    Harness,
    Json,
    document_arguments,
    execute,
    exempt_line,
    invoice,
    line,
)

LINES = 3


@dataclass
class Dialog:
    """What such a host puts on the screen."""

    text: str
    title: str
    description: str

    @property
    def screen(self) -> str:
        return "\n".join([*self.text.splitlines()[:LINES], self.title, self.description])


def dialog(approval: Approval, language: Language) -> Dialog:
    box = build_form_schema(approval, language)["properties"]["approve"]
    return Dialog(render_form_message(approval, language), box["title"], box["description"])


async def request_approval(harness: Harness, name: str, arguments: Json) -> Approval:
    with pytest.raises(ApprovalNeeded) as needed:
        await execute(harness.context, name, arguments, can_ask=True)
    return needed.value.approval


async def known_of(harness: Harness, name: str, arguments: Json) -> tuple[Operation[Any], Facts]:
    """The call and the facts that its preview is made from."""
    call = parse(name, arguments)
    looking = FactLoader(harness.context.account, 10, harness.context.differences)
    wanted = call.spec.needs | get_wanted_facts(*call.spec.guards)
    facts = await looking.load_from_call(call, wanted, harness.context.now())
    return call, await looking.load_dependent(call, wanted - {Want.CLIENT}, facts)


def what_decides(call: Operation[Any], facts: Facts, language: Language) -> dict[str, list[str]]:
    """What must be on the screen, as far as the call has it: by the call's own arguments and the document it is about."""
    preview: Preview = call.fill_defaults(facts).build_preview(facts)
    document = facts.document
    kind = get_document_kind(document.document_type) if document else None
    client = facts.document_client or (document.client if document else preview.client)
    amount = preview.amount.value if preview.amount else document.total if document else None
    if kind is not None and kind.family == "guide":
        amount = None
    given = [getattr(call, name, None) for name in ("email", "amount", "value", "serie", "at_subuser")]
    names_a_person = hasattr(call, "email") and not document
    return {
        "action": [render(ACTIONS[preview.action].title, language)],
        "document": []
        if kind is None or document is None
        else [
            kind.pt if language == "pt" else kind.en,
            preview.expected_number or (str(document.id) if document.is_draft else document.number or ""),
        ],
        "client": [client.name or ""] + ([client.fiscal_id] if client.fiscal_id else []) if client else [],
        "amount": [formats.format_money(amount, language)] if amount is not None else [],
        "arguments": [
            formats.format_money(one, language) if isinstance(one, Decimal) else str(one)
            for one in given
            if one is not None and not (names_a_person and one == getattr(call, "email", None))
        ],
        "exemption": [document.tax_exemption] if document and document.tax_exemption else [],
        "for good": [render(LABELS["irreversible"], language)]
        if ACTIONS[preview.action].irreversible
        else [],
    }


@pytest.mark.parametrize("language", ["pt", "en"])
async def test_three_lines_and_the_title_say_what_decides_of_every_gated_call(
    harness: Harness, language: Language
) -> None:
    leave_nothing_off(harness)
    harness.context.settings = harness.context.settings.model_copy(update={"language": language})
    seen = set()
    for name, arguments in await waiting_calls(harness):
        approval = await request_approval(harness, name, arguments)
        shown, (call, facts) = dialog(approval, language), await known_of(harness, name, arguments)
        wanted = what_decides(call, facts, language)
        missing = {
            what: [text for text in texts if text not in shown.screen]
            for what, texts in wanted.items()
            if any(text not in shown.screen for text in texts)
        }
        assert missing == {}, (name, arguments, shown.screen)
        title = [*wanted["action"], *wanted["document"], *wanted["client"], *wanted["amount"]]
        assert [text for text in title if text not in shown.title] == [], (name, shown.title)
        if not ACTIONS[call.fill_defaults(facts).build_preview(facts).action].irreversible:
            assert render(LABELS["irreversible"], language) not in shown.screen, shown.screen
        assert "?" not in approval.text, "what a document does not have is left out, not asked about"
        seen |= {what for what, texts in wanted.items() if texts}
    assert seen >= {"action", "document", "client", "amount", "arguments", "for good"}


@pytest.mark.parametrize(
    ("language", "first", "title"),
    [
        (
            "pt",
            "Finalizar: Fatura 1/2026 (n.º previsto) · ACME, Lda · NIF 508112230 · 243,00 € com IVA · Isenção: M07",
            "Aprovo – Finalizar: Fatura 1/2026 (n.º previsto) · ACME, Lda · NIF 508112230 · 243,00 € com IVA · Isenção: M07",
        ),
        (
            "en",
            "Finalize: Invoice 1/2026 (expected number) · ACME, Lda · tax number 508112230 · €243.00 with VAT · Exemption: M07",
            "I approve – Finalize: Invoice 1/2026 (expected number) · ACME, Lda · tax number 508112230 · €243.00 with VAT · Exemption: M07",
        ),
    ],
)
async def test_the_first_line_and_the_title_read_like_this(
    harness: Harness, language: Language, first: str, title: str
) -> None:
    harness.context.settings = harness.context.settings.model_copy(update={"language": language})
    draft = await harness.create_draft(items=[line(), exempt_line()], tax_exemption="M07")
    shown = dialog(
        await request_approval(harness, "change_state", document_arguments(draft, state="finalized")),
        language,
    )
    assert shown.text.splitlines()[0] == first
    assert shown.title == title
    sandbox = shown.text.splitlines()[2]
    assert "SANDBOX" in sandbox
    assert "sandbox" in sandbox.replace("SANDBOX", ""), "the account stands beside it, not above what decides"


@pytest.mark.parametrize("language", ["pt", "en"])
async def test_what_can_still_be_changed_is_not_called_irreversible(
    harness: Harness, language: Language
) -> None:
    harness.context.settings = harness.context.settings.model_copy(update={"language": language})
    quote = {"document_type": "quotes", **{k: v for k, v in invoice().items() if k != "document_type"}}
    made = (await harness.call("create_estimate", quote))["document"]
    await harness.call("change_state", document_arguments(made, state="finalized"))
    for state, final in (("accept", False), ("canceled", True)):
        shown = dialog(
            await request_approval(harness, "change_state", document_arguments(made, state=state)), language
        )
        assert (render(LABELS["irreversible"], language) in shown.screen) is final, shown.screen


async def test_a_name_cannot_pass_for_another_part_of_the_line(harness: Harness) -> None:
    """A client's name that imitates an amount and a tax number stays one part, short, behind which the true ones stand."""
    name = "ACME · NIF 508025338 · 1,00 € " + "x" * 60
    draft = await harness.create_draft(client={"name": name, "code": "EVIL"})
    harness.context.settings = harness.context.settings.model_copy(update={"language": "pt"})
    shown = dialog(
        await request_approval(harness, "change_state", document_arguments(draft, state="finalized")), "pt"
    )
    parts = shown.title.split(" · ")
    assert [len(parts), parts[2], parts[3]] == [4, "sem NIF", "123,00 € com IVA"]
    assert len(shown.title) < 250
    assert " ".join(name.split()) in shown.text, "the whole name stands below"


async def test_what_differs_stands_in_a_box_of_its_own(harness: Harness) -> None:
    draft = await harness.create_draft()
    found = [Difference("total", "123.00", "122.99")]
    harness.context.differences.save(harness.context.account.name, "invoices", draft["id"], found)
    approval = await request_approval(harness, "change_state", document_arguments(draft, state="finalized"))
    box = build_form_schema(approval, "pt")["properties"]["accept_differences"]
    assert "Total: pedido 123,00 €, guardado 122,99 €" in box["description"]


async def test_a_warning_stands_in_the_description(harness: Harness) -> None:
    draft = await harness.create_draft(date="2026-12-15", due_date="+30d")
    shown = dialog(
        await request_approval(harness, "change_state", document_arguments(draft, state="finalized")), "en"
    )
    assert re.search(r"Attention: .*2026-12-15|Attention: .*15/12/2026", shown.description), shown.description
