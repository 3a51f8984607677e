"""The policy in the pipeline: calls that it approves, calls that wait, calls that it denies; a change applies at once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sql

from ix_tools.approvals.repository import Reply
from ix_tools.domain.comparison import Difference
from ix_tools.errors import ApprovalRefused, IxError, Refused
from ix_tools.pipeline.dry_run import dry_run_policy
from ix_tools.pipeline.pdf_content import fetch_pdf
from ix_tools.storage.schema import approvals, audit
from tests.harness import TODAY, ApprovalNeeded, Harness, Json, document_arguments, execute, invoice, line
from tests.policy.test_policy import EXAMPLES, FLOW, rule, write_policy

FREE = rule(**FLOW)
AT_ONCE = 81.30
"""The price that comes to 100.00 with 23 % VAT."""


def under(harness: Harness, tmp_path: Path, text: str, principal: str = "n8n") -> None:
    """Set the policy and the principal."""
    harness.context.policy = write_policy(tmp_path / "policy.toml", text)
    harness.context.settings = harness.context.settings.model_copy(update={"principal": principal})


async def outcome(harness: Harness, name: str, arguments: Json, **how: Any) -> str:
    """Return `sent`, `asked` (form), `waits` (elsewhere) or the error code, after checking the requests that were sent."""
    before = len(harness.list_writes())
    try:
        result = await execute(harness.context, name, arguments, **{"can_ask": True, **how})
    except ApprovalNeeded:
        said = "asked"
    except IxError as error:
        said = error.code
    else:
        said = "sent" if result["ok"] else "waits"
    assert len(harness.list_writes()) - before == (said == "sent")
    return said


async def finalize(harness: Harness, price: Any = AT_ONCE, **changes: Any) -> tuple[str, Json]:
    return "change_state", document_arguments(
        await harness.create_draft(items=[line(name=f"Serviço a {price}", unit_price=price)], **changes),
        state="finalized",
    )


def rows(harness: Harness) -> list[Any]:
    with harness.context.store.reading() as connection:
        return list(connection.execute(sql.select(approvals).order_by(approvals.c.created_at)).all())


@pytest.mark.parametrize(
    ("price", "who", "expected"),
    [
        ("81.30", "n8n", "sent"),
        ("81.31", "n8n", "asked"),
        ("81.30", "ana", "asked"),
        ("0.01", "n8n2", "asked"),
    ],
)
async def test_an_amount_up_to_the_ceiling_is_sent_and_a_cent_more_waits(
    harness: Harness, tmp_path: Path, price: str, who: str, expected: str
) -> None:
    """81.30 and VAT are 100.00; 81.31 and VAT are 100.01."""
    call = await finalize(harness, price)
    under(harness, tmp_path, FREE, who)
    assert await outcome(harness, *call) == expected


async def test_after_the_daily_budget_a_person_is_asked_and_told_why(
    harness: Harness, tmp_path: Path
) -> None:
    calls = [await finalize(harness, reference=f"PO-{at}") for at in range(3)]
    under(harness, tmp_path, FREE)
    assert [await outcome(harness, *call) for call in calls] == ["sent", "sent", "asked"]
    text = rows(harness)[-1].text
    assert "allows €50.00 more today" in text
    assert [row.state for row in rows(harness)] == ["used", "used", "pending"]
    tomorrow = harness.context.now() + timedelta(days=1)
    harness.context.now = lambda: tomorrow
    assert await outcome(harness, *calls[2]) == "sent"


@pytest.mark.parametrize(
    "edited",
    [
        rule(**{**FLOW, "name": "renamed"}),
        rule(**{**FLOW, "name": "first"}) + rule(**{**FLOW, "name": "second"}),
        rule(name="flow", decision="page", who=["somebody"]) + rule(**{**FLOW, "name": "other"}),
    ],
    ids=["renamed", "split", "its name given to a rule that asks"],
)
async def test_editing_the_file_does_not_reset_the_daily_budget(
    harness: Harness, tmp_path: Path, edited: str
) -> None:
    calls = [await finalize(harness, reference=f"PO-{at}") for at in range(3)]
    under(harness, tmp_path, FREE)
    assert [await outcome(harness, *call) for call in calls[:2]] == ["sent", "sent"]
    under(harness, tmp_path, edited)
    assert await outcome(harness, *calls[2]) == "asked"
    assert "allows €50.00 more today" in rows(harness)[-1].text


async def test_a_call_over_budget_is_refused_if_nobody_else_may_approve(
    harness: Harness, tmp_path: Path
) -> None:
    calls = [await finalize(harness, reference=f"PO-{at}") for at in range(3)]
    under(harness, tmp_path, 'otherwise = "deny"\n' + FREE)
    assert [await outcome(harness, *call) for call in calls] == ["sent", "sent", "allowance_used_up"]
    under(harness, tmp_path, 'otherwise = "deny"\n' + FREE, "ana")
    assert await outcome(harness, *calls[2]) == "denied_by_policy"


async def test_an_automatic_approval_is_in_the_audit_trail_with_its_rule(
    harness: Harness, tmp_path: Path
) -> None:
    call = await finalize(harness)
    under(harness, tmp_path, FREE)
    assert await outcome(harness, *call, face="rest") == "sent"
    (row,) = rows(harness)
    assert (row.channel, row.state, row.reason, row.principal, row.text) == (
        "policy",
        "used",
        "flow",
        "n8n",
        "",
    )
    with harness.context.store.reading() as connection:
        trail = connection.execute(
            sql.select(audit).where(audit.c.approval == row.id).order_by(audit.c.seq)
        ).all()
    assert [one.event for one in trail] == ["approval used", "intent", "done"]
    assert await outcome(harness, *call) == "refused", "it is final now"


async def test_a_document_with_differences_is_never_approved_automatically(
    harness: Harness, tmp_path: Path
) -> None:
    name, arguments = await finalize(harness)
    found = [Difference("total", "99.00", "100.00")]
    harness.context.differences.save(
        harness.context.account.name, "invoices", arguments["document_id"], found
    )
    under(harness, tmp_path, FREE)
    assert await outcome(harness, name, arguments) == "asked"


MAIL = {**FLOW, "operations": ["send_email"], "states": None, "recipients": ["client"]}


@pytest.mark.parametrize(
    ("change", "keys", "expected"),
    [
        ({}, {}, "sent"),
        ({"email": "outra@acme.example"}, {}, "asked"),
        (
            {"email": "outra@acme.example"},
            {"recipients": ["*@acme.example"]},
            "asked",
        ),  # the rules warn of it
        ({"email": "outra@acme.example"}, {"recipients": ["*@acme.example"], "with_warnings": True}, "sent"),
        ({"cc": "outra@acme.example"}, {}, "asked"),
        ({"bcc": "outra@acme.example"}, {}, "asked"),
        ({"save": True}, {}, "asked"),
    ],
)
async def test_email_to_other_recipients_waits(
    harness: Harness, tmp_path: Path, change: Json, keys: Json, expected: str
) -> None:
    mail = document_arguments(
        await harness.create_issued(items=[line(unit_price=AT_ONCE)]), email="compras@acme.example"
    )
    under(harness, tmp_path, rule(**{**MAIL, **keys}))
    assert await outcome(harness, "send_email", {**mail, **change}) == expected


async def test_a_payment_counts_with_its_own_amount(harness: Harness, tmp_path: Path) -> None:
    made = await harness.create_issued(items=[line(unit_price=1000)])
    keys = {**FLOW, "operations": ["generate_payment"], "states": None}
    under(harness, tmp_path, rule(**keys))
    pay = {"document_id": made["id"], "payment_mechanism": "TB", "payment_date": TODAY}
    assert await outcome(harness, "generate_payment", {**pay, "amount": 100.01}) == "asked"
    assert await outcome(harness, "generate_payment", {**pay, "amount": 100}) == "sent"


async def test_the_shop_example_of_the_documentation(harness: Harness, tmp_path: Path) -> None:
    """The test clock is fixed at ten on a Friday."""
    shop = EXAMPLES["shop"]
    cheap = await finalize(harness, document_type="simplified_invoices", client=None)
    dear = await finalize(harness, 82, document_type="simplified_invoices", client=None)
    other = await finalize(harness)
    gone = ("change_state", {**other[1], "state": "deleted"})
    under(harness, tmp_path, shop, "n8n-till")
    assert await outcome(harness, *gone, face="rest") == "denied_by_policy"
    assert await outcome(harness, *other, face="rest", can_ask=False) == "waits"
    assert await outcome(harness, *dear, face="rest", can_ask=False) == "waits"
    assert await outcome(harness, *cheap, face="rest", can_ask=False) == "sent"


async def test_the_accountant_example_of_the_documentation(harness: Harness, tmp_path: Path) -> None:
    small, large = await finalize(harness, 4065.04), await finalize(harness, 4065.05)  # 5,000.00 and 5,000.01
    under(harness, tmp_path, EXAMPLES["accountant"], "ana-laptop")
    kept = harness.context.approvals

    def decide(at: int, by: str) -> str:
        try:
            return kept.decide(kept.list_waiting()[at].id, approve=True, by=f"terminal:{by}").state
        except ApprovalRefused as refused:
            return refused.code

    assert await outcome(harness, *small) == "waits"
    assert decide(0, "asilva") == "approved"
    assert await outcome(harness, *small) == "sent"
    assert await outcome(harness, *large) == "waits"
    found = [decide(0, who) for who in ("asilva", "ana", "zé", "rui", "rui", "eva")]
    asker, again = ["approver_is_asker"] * 2, "approved_by_you_already"
    assert found == [*asker, "approver_not_named", "pending", again, "approved"]
    assert await outcome(harness, *large) == "sent"


async def test_a_rule_for_the_catalogue_also_covers_deleting_from_it(
    harness: Harness, tmp_path: Path
) -> None:
    """A policy older than the effect `removes` still denies deleting."""
    text = '[[rules]]\nname = "a"\ndecision = "deny"\nwho = ["x"]\neffects = ["catalogue"]\n'
    under(harness, tmp_path, text, "x")
    for name, call in (("delete_item", {"item_id": 402321}), ("delete_client", {"client_id": 502})):
        assert (await harness.get_error(name, call)).code == "denied_by_policy"
    assert harness.list_writes() == []


async def test_the_intern_example_of_the_documentation(harness: Harness, tmp_path: Path) -> None:
    made = await harness.create_issued()
    under(harness, tmp_path, EXAMPLES["intern"], "intern-1")
    assert (await execute(harness.context, "get_document", document_arguments(made)))["ok"]
    reads = len(harness.sandbox.requests())
    for name, arguments in (
        ("create_invoice", invoice()),
        ("change_state", document_arguments(made, state="canceled", message="Emitida por engano.")),
        ("create_client", {"name": "Nova", "code": "NOVA"}),
        ("send_email", document_arguments(made, email="a@acme.example")),
    ):
        assert await outcome(harness, name, arguments) == "denied_by_policy"
    assert len(harness.sandbox.requests()) == reads, "nothing is even looked up"


async def test_reads_can_be_denied_and_files_count_as_reads(harness: Harness, tmp_path: Path) -> None:
    made = await harness.create_issued()
    under(harness, tmp_path, rule(name="no files", decision="deny", operations=["get_pdf"]))
    with pytest.raises(Refused, match="no files"):
        await fetch_pdf(harness.context, made["id"])
    assert await outcome(harness, "get_pdf", {"document_id": made["id"]}) == "denied_by_policy"


async def test_a_draft_can_be_denied_by_its_total(harness: Harness, tmp_path: Path) -> None:
    under(harness, tmp_path, rule(name="small ones", decision="deny", operations=["create_*"], above=123))
    assert (
        await outcome(harness, "create_invoice", invoice(items=[line(unit_price="100.01")]))
        == "denied_by_policy"
    )
    assert await outcome(harness, "create_invoice", invoice()) == "sent"


async def test_a_changed_policy_applies_from_the_next_call(harness: Harness, tmp_path: Path) -> None:
    """The file is tightened between request and answer, then broken, then repaired."""
    name, arguments = await finalize(harness)
    under(harness, tmp_path, "", "ana")
    with pytest.raises(ApprovalNeeded) as needed:
        await execute(harness.context, name, arguments, can_ask=True)
    reply = Reply(needed.value.approval.handle, True)
    under(harness, tmp_path, 'otherwise = "four-eyes"', "ana")
    assert await outcome(harness, name, arguments, reply=reply) == "waits", "a form's answer counts no more"
    under(harness, tmp_path, "otherwise =", "ana")
    assert await outcome(harness, name, arguments, reply=reply) == "policy_unusable"
    assert await outcome(harness, "list_taxes", {}) == "policy_unusable"
    under(harness, tmp_path, rule(name="x", decision="form", asker_may_approve=None), "ana")
    assert await outcome(harness, name, arguments, reply=reply) == "policy_changed"
    assert await outcome(harness, name, arguments) == "asked"


async def test_an_approval_under_the_earlier_policy_is_not_enough_for_four_eyes(
    harness: Harness, tmp_path: Path
) -> None:
    name, arguments = await finalize(harness)
    under(harness, tmp_path, 'otherwise = "terminal"', "ana")
    assert await outcome(harness, name, arguments) == "waits"
    kept = harness.context.approvals
    kept.decide(kept.list_waiting()[0].id, approve=True, by="terminal:rui")
    under(harness, tmp_path, rule(name="two", decision="four-eyes"), "ana")
    assert await outcome(harness, name, arguments) == "policy_changed"
    assert await outcome(harness, name, arguments) == "waits"
    assert kept.list_waiting()[0].terms is not None


async def test_a_persons_refusal_counts_more_than_the_policy(harness: Harness, tmp_path: Path) -> None:
    name, arguments = await finalize(harness)
    under(harness, tmp_path, 'otherwise = "terminal"')
    assert await outcome(harness, name, arguments) == "waits"
    kept = harness.context.approvals
    kept.decide(kept.list_waiting()[0].id, approve=False, by="terminal:rui", reason="não")
    under(harness, tmp_path, FREE)
    assert await outcome(harness, name, arguments) == "approval_declined"


@pytest.mark.parametrize(
    ("decision", "setting", "can_ask", "expected"),
    [
        ("form", "auto", True, "asked"),
        ("form", "auto", False, "approval_impossible"),
        ("form", "terminal", True, "waits"),
        ("page", "auto", True, "approval_impossible"),  # there is no page here
        ("terminal", "form", True, "waits"),
        ("person", "form", True, "asked"),
        ("four-eyes", "form", True, "waits"),
    ],
)
async def test_the_stricter_channel_of_policy_and_setting_counts(
    harness: Harness, tmp_path: Path, decision: str, setting: str, can_ask: bool, expected: str
) -> None:
    call = await finalize(harness)
    under(harness, tmp_path, rule(name="a", decision=decision))
    harness.context.settings = harness.context.settings.model_copy(update={"approval_channel": setting})
    assert await outcome(harness, *call, can_ask=can_ask) == expected


async def test_a_dry_run_sends_nothing_and_asks_nobody(harness: Harness, tmp_path: Path) -> None:
    name, arguments = await finalize(harness)
    under(harness, tmp_path, FREE)
    before = len(harness.list_writes())
    case, found = await dry_run_policy(harness.context, name, arguments)
    assert (found.decision, str(case.amount), case.series, case.document_type) == ("unattended", "100.00", "2026", "invoices")  # fmt: skip
    assert len(harness.list_writes()) == before
    assert rows(harness) == []


async def test_the_first_call_of_a_series_has_a_series_and_no_amount(
    harness: Harness, tmp_path: Path
) -> None:
    under(harness, tmp_path, rule(name="b", decision="deny", series=["B2026"]))
    assert await outcome(harness, "register_sequence", {"sequence_id": 70020}) == "denied_by_policy"
    assert await outcome(harness, "create_sequence", {"serie": "B2026"}) in {"denied_by_policy", "refused"}
    assert await outcome(harness, "create_sequence", {"serie": "2027"}) == "asked"
