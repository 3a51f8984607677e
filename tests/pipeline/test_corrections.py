"""Every irreversible result names its correction and the deadline.

Source: contract H.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from ix_tools.domain.document_kinds import get_document_kind, list_document_kinds
from ix_tools.domain.records import Document
from ix_tools.guards.facts import Facts
from ix_tools.guards.states import list_transitions
from ix_tools.operations.base import Operation
from ix_tools.operations.document_context import DocumentResult
from ix_tools.operations.documents import ChangeState
from ix_tools.operations.expectations import Correction
from ix_tools.operations.registry import catalogue
from ix_tools.operations.spec import Effect
from ix_tools.pipeline.corrections import PLANS, describe_correction
from tests.harness import TODAY, Harness, Json, document_arguments, invoice
from tests.preparations import prepare_example
from tests.rows import every_row


@every_row("name", [name for name, one in catalogue().items() if one.spec.effect.writes])
def test_every_operation_that_leaves_more_than_a_draft_has_a_correction(name: str) -> None:
    operation = catalogue()[name]
    says = operation.plan_correction is not Operation.plan_correction
    assert says is (operation.spec.effect is not Effect.DRAFTS)


GATED = [name for name, one in catalogue().items() if one.spec.effect.needs_approval]


@pytest.mark.parametrize("name", GATED)
async def test_every_gated_result_names_its_correction_and_deadline(harness: Harness, name: str) -> None:
    """Workflows too: their results are as final as those of a single call."""
    settings = harness.context.settings.model_copy(update={"allow_account_setup": True})
    open_office = replace(harness, context=replace(harness.context, settings=settings))
    undo = (await open_office.call(name, await prepare_example(open_office, name)))["undo"]
    assert len(undo["what"]) > 10
    assert undo.get("by") or undo["what"].count(". ") == 0, "one sentence, or a deadline of its own"


@pytest.mark.parametrize("kind", [one.plural for one in list_document_kinds() if one.family != "receipt"])
def test_every_change_of_state_of_every_document_type_has_a_plan(kind: str) -> None:
    facts = Facts(now=datetime.fromisoformat(TODAY))
    table = list_transitions(kind)
    assert table
    for (_, word), after in table.items():
        call = ChangeState.model_validate({"document_type": kind, "document_id": 1, "state": word})
        document = Document(id=1, document_type=kind, status=after, date=date.fromisoformat(TODAY))
        plan = call.plan_correction(DocumentResult(document=document), facts)
        shown = describe_correction(plan, "en", facts.today)
        assert shown["what"]
        if word == "finalized" and get_document_kind(kind).family == "invoice":
            assert "07/12/2026" in shown["what"]
        else:
            assert shown["by"]


@every_row("key", list(PLANS))
@every_row("language", ["pt", "en"])
def test_a_plan_has_action_and_deadline_in_both_languages(key: str, language: str) -> None:
    shown = describe_correction(Correction(key, since=date(2026, 11, 20)), language, date(2026, 11, 20))  # type: ignore[arg-type]
    assert len(shown["what"]) > 10
    assert shown.get("by", shown["what"])
    assert "{" not in shown["what"] + shown.get("by", "")


def test_every_plan_is_used_by_an_operation() -> None:
    import ix_tools.operations as folder

    used: set[str] = set()
    for path in Path(str(folder.__file__)).parent.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        used |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
    built = {f"{kind}_issued" for kind in ("invoice", "note", "guide", "estimate")}
    assert set(PLANS) <= used | built


@every_row("key", list(PLANS))
@every_row("language", ["pt", "en"])
@every_row("since", ["2021-03-10", "2026-10-31", "2026-11-20"])
def test_no_plan_names_a_day_that_has_passed(key: str, language: str, since: str) -> None:
    today = date(2026, 12, 30)
    shown = describe_correction(Correction(key, since=date.fromisoformat(since)), language, today)  # type: ignore[arg-type]
    assert not re.search(r"\d\d/\d\d/\d{4}", f"{shown['what']} {shown.get('by', '')}")


async def undo_of(harness: Harness, call: Json) -> Json:
    return (await harness.call("change_state", call))["undo"]


async def test_how_an_issued_document_is_corrected_is_one_sentence_and_the_rest_is_told_when_asked(
    harness: Harness,
) -> None:
    made = await harness.create_draft()
    undo = await undo_of(harness, document_arguments(made, state="finalized"))
    assert undo == {
        "what": "Cancel it, or credit or debit it: correct_document says which of them is lawful, and why; "
        "cancelling best by 07/12/2026, when its month is reported."
    }
    about = {"document_type": "invoices", "document_id": made["id"], "reason": "Só foi prestada uma hora."}
    advice = await harness.call("correct_document", {**about, "wrong": "too_much", "draft": False})
    assert (advice["method"], "CIVA" in str(advice)) == ("credit_note", True)


async def test_of_an_invoice_of_an_earlier_month_no_past_day_is_named(harness: Harness) -> None:
    made = await harness.create_draft(date="2026-09-10")
    undo = await undo_of(harness, document_arguments(made, state="finalized"))
    assert not re.search(r"\d\d/\d\d/\d{4}", undo["what"])
    assert "SAF-T is sent again" in undo["what"]


async def test_the_plan_is_in_the_language_of_the_settings(harness: Harness) -> None:
    settings = harness.context.settings.model_copy(update={"language": "pt"})
    portuguese = replace(harness, context=replace(harness.context, settings=settings))
    undo = await undo_of(portuguese, document_arguments(await harness.create_draft(), state="finalized"))
    assert "Anule" in undo["what"]


async def test_a_note_is_cancelled_or_taken_back_by_the_opposite_one(harness: Harness) -> None:
    owner = await harness.create_issued()
    note = await harness.create_draft(document_type="credit_notes", owner_invoice_id=owner["id"])
    undo = await undo_of(harness, document_arguments(note, state="finalized"))
    assert "the opposite note" in undo["what"]


async def test_a_cancellation_is_final_and_a_new_document_has_its_own_deadline(harness: Harness) -> None:
    made = await harness.create_issued()
    undo = await undo_of(
        harness, document_arguments(made, state="canceled", message="Emitida ao cliente errado.")
    )
    assert "5th working day" in undo["by"]
    assert undo["source"] == "CIVA 36/1"


async def test_a_deleted_draft_used_no_number(harness: Harness) -> None:
    undo = await undo_of(harness, document_arguments(await harness.create_draft(), state="deleted"))
    assert "no number" in undo["what"]


async def test_cancelling_the_receipt_reopens_a_settled_invoice(harness: Harness) -> None:
    undo = await undo_of(harness, document_arguments(await harness.create_issued(), state="settled"))
    assert "cancel_payment" in undo["what"]


async def test_a_payment_is_undone_by_cancelling_its_receipt(harness: Harness) -> None:
    made = await harness.create_issued()
    payment = {"document_id": made["id"], "amount": 50, "payment_mechanism": "TB", "payment_date": TODAY}
    result = await harness.call("generate_payment", payment)
    step = result["undo"]["calls"][0]
    assert step["arguments"] == {"receipt_id": str(result["receipt"]["id"])}
    reason = {"message": "Pagamento lançado na fatura errada."}
    undone = await harness.call(step["tool"], {**step["arguments"], **reason})
    assert "generate_payment" in undone["undo"]["what"]


async def test_an_email_cannot_be_recalled(harness: Harness) -> None:
    sent = await harness.call(
        "send_email", document_arguments(await harness.create_issued(), email="compras@acme.example")
    )
    assert "no deadline: it cannot be undone" in sent["undo"]["what"]


async def test_an_accepted_quote_can_still_be_refused(harness: Harness) -> None:
    made = (await harness.call("create_estimate", {**invoice(), "document_type": "quotes"}))["document"]
    await harness.call("change_state", document_arguments(made, state="finalized"))
    undo = await undo_of(harness, document_arguments(made, state="accept"))
    assert "refuse" in undo["what"]


async def test_a_draft_needs_no_plan(harness: Harness) -> None:
    assert "undo" not in await harness.call("create_invoice", invoice())
