"""Exemption codes: known, in force on the document's date, there when needed and absent when not."""

from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from ix_tools.domain.date_types import parse_date
from ix_tools.domain.records import Document, Tax
from ix_tools.guards import exemptions
from ix_tools.guards.facts import Facts
from ix_tools.i18n.formats import LISBON
from tests.guards.judging import judge
from tests.harness import SERIES, Harness, document_arguments, exempt_line, guide, invoice, line

FACTS = Facts(
    now=datetime(2026, 11, 20, 10, tzinfo=LISBON),
    taxes=(
        Tax(id=1, name="IVA23", value=Decimal(23), default_tax=True),
        Tax(id=2, name="Isento", value=Decimal(0)),
        Tax(id=3, name="IVA0 exportação", value=Decimal(0)),
        Tax(id=4, name="Isento dos bons velhos tempos", value=Decimal(6)),
    ),
)


def judged(
    code: str, day: str, accept: tuple[str, ...] = (), owner: Document | None = None
) -> list[tuple[str, str]]:
    call = SimpleNamespace(tax_exemption=code, date=parse_date(day), accept=accept)
    facts = Facts(now=FACTS.now, owner=owner)
    return [
        (one.kind, str(one.problem.problem)) for one in exemptions.exemption_known_and_in_force(call, facts)
    ]


@pytest.mark.parametrize(
    ("code", "day", "kind"),
    [
        ("M07", "2012-01-01", None),
        ("M07", "2026-11-20", None),
        ("M03", "2022-12-31", "warn"),
        ("M03", "2023-01-01", "refuse"),
        ("M08", "2022-12-31", "warn"),
        ("M08", "2023-01-01", "refuse"),
        ("M26", "2023-04-17", "refuse"),
        ("M26", "2023-04-18", "warn"),
        ("M26", "2024-01-04", "warn"),
        ("M26", "2024-01-05", "refuse"),
        ("M34", "2026-11-20", "warn"),
        ("M30", "2022-12-31", "refuse"),
        ("M30", "2023-01-01", None),
        ("M43", "2023-01-01", None),
        ("M19", "2022-12-31", "refuse"),
        ("M44", "2025-08-13", "refuse"),
        ("M44", "2025-08-14", None),
        ("M35", "2026-06-30", "refuse"),
        ("M35", "2026-07-01", "warn"),
        ("M00", "2026-11-20", "refuse"),
        ("M17", "2026-11-20", "refuse"),
        ("M98", "2026-11-20", "refuse"),
        ("M99", "2026-11-20", "accept"),
    ],
)
def test_a_code_is_judged_by_the_documents_date(code: str, day: str, kind: str | None) -> None:
    """Table G1; AT table of June 2022 in force since 2023-01-01; Lei 17/2023 and 60-A/2023 for M26."""
    assert [found for found, _ in judged(code, day)] == ([kind] if kind else [])


def test_m99_passes_once_somebody_said_that_it_is_meant() -> None:
    assert judged("M99", "2026-11-20", accept=("m99",)) == []
    assert "Why is there no VAT?" in judged("M99", "2026-11-20", accept=("global_discount",))[0][1]


@pytest.mark.parametrize(
    ("code", "owned", "kind"),
    [("M26", "2023-06-01", "warn"), ("M26", "2024-01-05", "refuse"), ("M08", "2022-06-01", "refuse")],
)
def test_a_note_of_today_may_carry_the_food_basket_code_of_the_document_it_corrects(
    code: str, owned: str, kind: str
) -> None:
    """M26 today only for credit notes to documents of that period; M08 not at all."""
    assert [found for found, _ in judged(code, "2026-11-20", owner=Document(date=parse_date(owned)))] == [
        kind
    ]


@pytest.mark.parametrize(
    ("tax", "lines"),
    [
        ("Isento", [0]),
        ("IVA0 exportação", [0]),
        ("Isento dos bons velhos tempos", []),
        ("IVA23", []),
        (None, []),
        ("IVA99", []),
    ],
)
def test_the_accounts_rate_and_not_the_name_makes_a_line_exempt(tax: str | None, lines: list[int]) -> None:
    call: Any = SimpleNamespace(items=[SimpleNamespace(tax=tax)])
    assert exemptions.find_exempt_lines(call, FACTS) == lines


async def test_a_line_without_vat_needs_a_code_and_the_code_makes_it_pass(harness: Harness) -> None:
    """Trap 6, CIVA 36/5 e)."""
    found = await harness.get_refusal("create_invoice", invoice(items=[line(), exempt_line()]))
    assert "line 2 (Curso certificado) carries 0% VAT" in found["tax_exemption"]
    assert "ask the person why there is no VAT" in found["tax_exemption"]
    error = await harness.get_error("create_invoice", invoice(items=[line(), exempt_line()]))
    assert "lookup_exemption_codes" in str(error.next)
    result = await harness.call("create_invoice", invoice(items=[line(), exempt_line()], tax_exemption="M07"))
    assert result["document"]["tax_exemption"] == "M07"
    assert harness.get_last_body()["tax_exemption"] == "M07"


async def test_a_code_without_an_exempt_line_is_refused(harness: Harness) -> None:
    """Trap 6c."""
    found = await harness.get_refusal("create_invoice", invoice(tax_exemption="M07"))
    assert "M07 explains nothing" in found["tax_exemption"]
    assert (await harness.call("create_invoice", invoice()))["document"].get("tax_exemption") is None


async def test_a_default_tax_of_zero_makes_unnamed_lines_exempt(harness: Harness) -> None:
    """An account of the art. 53.º regime has Isento as its default."""
    import httpx2

    answer = httpx2.put(
        f"{harness.sandbox.base_url}/taxes/31557.json",
        params={"api_key": harness.sandbox.api_key},
        json={"tax": {"default_tax": "1"}},
    )
    assert answer.status_code == 200
    assert "tax_exemption" in await harness.get_refusal("create_invoice", invoice(items=[line(tax=None)]))
    result = await harness.call("create_invoice", invoice(items=[line(tax=None)], tax_exemption="M10"))
    assert result["document"]["total"] == "100.00"
    assert harness.get_last_body()["items"][0]["tax"] == {"name": "Isento"}


@pytest.mark.parametrize("operation", ["create_invoice", "create_guide"])
async def test_m00_is_for_updates_only(harness: Harness, operation: str) -> None:
    arguments = {"create_invoice": invoice, "create_guide": guide}[operation](tax_exemption_reason="M00")
    found = await harness.get_refusal(operation, arguments)
    assert "a new document has none" in found["tax_exemption_reason"]
    found = await harness.get_refusal(operation, {**arguments, "tax_exemption_reason": "M01"})
    assert "M00" in found["tax_exemption_reason"]


async def test_m00_as_a_code_is_refused(harness: Harness) -> None:
    found = await harness.get_refusal("create_invoice", invoice(items=[exempt_line()], tax_exemption="M00"))
    assert "tax_exemption_reason: M00 in update_invoice" in found["tax_exemption"]


@pytest.mark.parametrize(("written", "travels"), [("m07", "M07"), (" M07 ", "M07")])
async def test_a_code_may_be_written_in_small_letters(harness: Harness, written: str, travels: str) -> None:
    await harness.call("create_invoice", invoice(items=[exempt_line()], tax_exemption=written))
    assert harness.get_last_body()["tax_exemption"] == travels


@pytest.mark.parametrize("code", ["M7", "7", "artigo 9", "M077", "", 7])
def test_what_does_not_look_like_a_code_is_refused(code: Any) -> None:
    assert "tax_exemption" in judge("create_invoice", invoice(items=[exempt_line()], tax_exemption=code))


async def test_two_codes_on_one_document_are_impossible_to_say(harness: Harness) -> None:
    """Trap 6c: one code per document; a code on a line is an unknown field."""
    found = await harness.get_refusal(
        "create_invoice",
        invoice(items=[exempt_line(), exempt_line(name="Livro", tax_exemption="M05")], tax_exemption="M07"),
    )
    assert "unknown field" in found["items.1.tax_exemption"]


async def test_an_update_keeps_the_code_and_m00_takes_it_away_with_the_last_exempt_line(
    harness: Harness,
) -> None:
    """Trap 5: an exemption not sent again is lost. Trap 6c: M00 clears it."""
    draft = await harness.create_draft(items=[line(), exempt_line()], tax_exemption="M07")
    kept = await harness.call("update_invoice", document_arguments(draft, reference="PO-1"))
    assert kept["document"]["tax_exemption"] == "M07"
    assert harness.get_last_body()["tax_exemption"] == "M07"
    taxed = {"items": [line(), exempt_line(tax="IVA23")], "accept": ["overwrite_items"]}
    found = await harness.get_refusal("update_invoice", document_arguments(draft, **taxed))
    assert "tax_exemption_reason: M00 to remove the code" in found["tax_exemption"]
    cleared = await harness.call(
        "update_invoice", document_arguments(draft, **taxed, tax_exemption_reason="M00")
    )
    assert cleared["document"].get("tax_exemption") is None
    assert harness.get_last_body()["tax_exemption_reason"] == "M00"
    assert "tax_exemption" not in harness.get_last_body()


async def test_m00_while_a_line_is_still_exempt_is_refused(harness: Harness) -> None:
    draft = await harness.create_draft(items=[exempt_line()], tax_exemption="M07")
    found = await harness.get_refusal("update_invoice", document_arguments(draft, tax_exemption_reason="M00"))
    assert "line 1 still carries 0% VAT" in found["tax_exemption_reason"]


async def test_m99_is_asked_about_on_create_and_shown_before_finalizing(harness: Harness) -> None:
    found = await harness.check_acceptance(
        "create_invoice", invoice(items=[exempt_line()], tax_exemption="M99"), "m99"
    )
    assert "Why is there no VAT?" in found["tax_exemption"]
    draft = await harness.create_draft(items=[exempt_line()], tax_exemption="M99", accept=["m99"])
    text = await harness.get_approval_text("change_state", document_arguments(draft, state="finalized"))
    assert "stamps it by itself" in text


async def test_a_draft_whose_code_got_lost_is_not_finalized(harness: Harness) -> None:
    """Trap 6: a draft made elsewhere; the service would refuse it or stamp M99."""
    draft = await harness.create_draft(items=[exempt_line()], tax_exemption="M07")
    answer = harness.read_raw(f"/invoices/{draft['id']}.json")
    for _ in range(2):  # A refusal is judged again by new look-ups.
        harness.alter_answer(r"/invoices/\d+\.json", answer, tax_exemption="")
    found = await harness.get_refusal("change_state", document_arguments(draft, state="finalized"))
    assert "the stored draft does not say why" in found["tax_exemption"]
    assert (await harness.call("change_state", document_arguments(draft, state="finalized")))["document"][
        "status"
    ] == "final"


async def test_a_draft_with_a_code_out_of_force_is_not_finalized_but_may_be_deleted(harness: Harness) -> None:
    draft = await harness.create_draft(items=[exempt_line()], tax_exemption="M07")
    answer = harness.read_raw(f"/invoices/{draft['id']}.json")
    for _ in range(2):
        harness.alter_answer(r"/invoices/\d+\.json", answer, tax_exemption="M08")
    assert (
        "2022-12-31"
        in (await harness.get_refusal("change_state", document_arguments(draft, state="finalized")))[
            "tax_exemption"
        ]
    )
    harness.sandbox.clear_faults()
    assert (await harness.call("change_state", document_arguments(draft, state="deleted")))["ok"]


@pytest.mark.parametrize("tax", ["IVA23", "IVA6"])
async def test_lines_that_read_back_with_the_id_of_their_tax_only_are_not_taken_for_exempt(
    harness: Harness, tax: str
) -> None:
    """Trap 30."""
    harness.sandbox.set_option("null_taxes", True)
    draft = await harness.create_draft(items=[line(tax=tax)])
    assert draft["lines"][0]["tax"] == tax
    assert (await harness.call("change_state", document_arguments(draft, state="finalized")))["document"][
        "status"
    ] == "final"


async def test_an_exempt_line_that_reads_back_without_its_rate_is_still_exempt(harness: Harness) -> None:
    """Trap 30."""
    harness.sandbox.set_option("null_taxes", True)
    draft = await harness.create_draft(items=[exempt_line()], tax_exemption="M07")
    answer = harness.read_raw(f"/invoices/{draft['id']}.json")
    for _ in range(2):  # A refusal is judged again by new look-ups.
        harness.alter_answer(r"/invoices/\d+\.json", answer, tax_exemption=None)
    assert "tax_exemption" in await harness.get_refusal(
        "change_state", document_arguments(draft, state="finalized")
    )


@pytest.mark.parametrize("code", ["M34", "M35"])
async def test_a_code_outside_the_vendors_list_goes_out_with_a_warning_and_may_come_back_refused(
    harness: Harness, code: str
) -> None:
    """M34 and M35 exist at the tax authority, not in the vendor's list: we warn, and say what the service answered."""
    error = await harness.get_error("create_invoice", invoice(items=[exempt_line()], tax_exemption=code))
    assert (error.code, error.sent) == ("rejected", "refused")
    assert f"{code} is not included in the list" in str(error)
    assert "lookup_exemption_codes" in str(error.next)


async def test_guides_keep_the_same_rules(harness: Harness) -> None:
    assert "tax_exemption" in await harness.get_refusal("create_guide", guide(items=[exempt_line()]))
    assert "tax_exemption" in await harness.get_refusal("create_guide", guide(tax_exemption="M07"))
    assert "tax_exemption" in await harness.get_refusal(
        "create_guide", guide(items=[exempt_line()], tax_exemption="M08")
    )
    result = await harness.call("create_guide", guide(items=[exempt_line()], tax_exemption="M07"))
    assert result["document"]["tax_exemption"] == "M07"


async def test_a_credit_note_carries_the_code_of_its_invoice(harness: Harness) -> None:
    owner = await harness.create_issued(items=[exempt_line()], tax_exemption="M07")
    arguments = invoice(document_type="credit_notes", owner_invoice_id=owner["id"], items=[exempt_line()])
    assert "tax_exemption" in await harness.get_refusal("create_invoice", arguments)
    result = await harness.call("create_invoice", {**arguments, "tax_exemption": "M07"})
    assert result["document"]["sequence_id"] == SERIES["credit_notes"]
