"""A dry run checks a create and gives its totals, and sends nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness import Harness, exempt_line, guide, invoice, line


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("create_invoice", invoice(items=[line(unit_price="33.3333", quantity=3, discount=10)])),
        ("create_invoice", invoice(global_discount={"value_type": "percentage", "value": 5})),
        ("create_invoice", invoice(items=[exempt_line()], tax_exemption="M07", retention=25)),
        ("create_estimate", invoice(document_type="quotes")),
        ("create_guide", guide()),
    ],
)
async def test_a_dry_run_gives_the_totals_of_the_draft_and_sends_nothing(
    harness: Harness, name: str, arguments: dict[str, Any]
) -> None:
    accepted = {**arguments, "accept": ["global_discount"]}
    predicted = await harness.call(name, {**accepted, "dry_run": True})
    assert {one["method"] for one in harness.sandbox.requests()} == {"GET"}
    assert (predicted["sent"], predicted["document"].get("id")) == ("nothing", None)
    assert [step["tool"] for step in predicted["next"]] == [name]
    made = await harness.call(name, {**accepted, "dry_run": False})
    for field in ("sum", "discount", "before_taxes", "taxes", "total", "date", "due_date", "tax_exemption"):
        assert predicted["document"].get(field) == made["document"].get(field), field
    assert predicted.get("to_pay") == made.get("to_pay")
    nets = [[one["net"] for one in body["document"]["lines"]] for body in (predicted, made)]
    assert nets[0] == nets[1]


async def test_a_dry_run_is_refused_like_the_call_itself(harness: Harness) -> None:
    wrong = invoice(due_date="2026-11-19", dry_run=True)
    assert "before the document's date" in (await harness.get_refusal("create_invoice", wrong))["due_date"]


async def test_a_dry_run_does_not_answer_for_the_call(harness: Harness) -> None:
    key = {"idempotency_key": "k1"}
    await harness.call("create_invoice", invoice(dry_run=True, **key))
    made = await harness.call("create_invoice", invoice(**key))
    assert made["document"]["id"]
    assert "replayed" not in made
