"""Exemption codes against the client: judged from tables of facts, without a server."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from ix_tools.domain.records import Client, Document, Tax
from ix_tools.fiscal.buyers import BuyerKind, classify_buyer
from ix_tools.fiscal.exemption_buyers import (
    Verdict,
    find_buyer_rule,
    judge_buyer,
    list_buyer_rules,
    name_buyer,
)
from ix_tools.fiscal.exemptions import Exemption, find_exemption, list_exemptions
from ix_tools.guards import buyers, exemptions, simplified_invoices
from ix_tools.guards.facts import Facts
from ix_tools.i18n.messages import render
from tests.guards.known_clients import COLUMNS, NOW, call, client, verdicts
from tests.harness import Harness, document_arguments, exempt_line, guide, invoice
from tests.rows import every_row

TAXES = (
    Tax(id=1, name="IVA23", value=Decimal(23), default_tax=True),
    Tax(id=2, name="Isento", value=Decimal(0)),
)


def entry(code: str) -> Exemption:
    found = find_exemption(code)
    assert found
    return found


# --- kinds of buyer ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "number", "kind"),
    [
        ("PT", "508025338", "pt_company"),
        ("PT", "PT508025338", "pt_company"),
        ("PT", "508 025 338", "pt_company"),
        ("PT", "508025339", "pt_without_number"),  # check digit
        ("PT", "123456789", "pt_person"),
        ("PT", "999999990", "final_consumer"),
        ("PT", " 999999990 ", "final_consumer"),
        ("PT", "PT 999999990", "final_consumer"),
        ("PT", "999999991", "pt_without_number"),
        ("PT", "ESB58378431", "pt_without_number"),
        ("PT", "", "pt_without_number"),
        ("PT", None, "pt_without_number"),
        ("ES", "999999990", "final_consumer"),
        ("US", "999999990", "final_consumer"),
        ("ES", "ESB58378431", "eu_vat_id"),
        ("ES", "B58378431", "eu_vat_id"),
        ("ES", "B58378432", "eu_other"),
        ("ES", "508025338", "eu_other"),
        ("ES", " ", "eu_other"),
        ("DE", "DE136695976", "eu_vat_id"),
        ("DE", "ESB58378431", "eu_other"),
        ("GR", "EL094259216", "eu_vat_id"),
        ("GR", "GR094259216", "eu_vat_id"),
        ("GB", "GB980780684", "non_eu_number"),
        ("GB", "XI980780684", "non_eu_vat_id"),
        ("GB", "XI98078068", "non_eu_number"),
        ("CH", "CHE-107.787.577", "non_eu_number"),
        ("CH", "DE136695976", "non_eu_vat_id"),
        ("CH", "DE136695970", "non_eu_number"),
        ("CH", "EL094259216", "non_eu_vat_id"),
        ("US", None, "non_eu"),
        ("GP", None, "non_eu"),  # outside the Union's VAT territory
        (None, None, "unknown"),
        (None, "508025338", "unknown"),
    ],
)
def test_a_buyer_is_known_by_country_and_number(country: str | None, number: str | None, kind: str) -> None:
    assert classify_buyer(country, number) == BuyerKind(kind)


def test_no_client_is_the_final_consumer_and_no_country_is_portugal() -> None:
    """Trap 22."""
    facts = Facts(now=NOW)
    assert buyers.find_buyer(call(), facts) is BuyerKind.FINAL_CONSUMER
    nowhere = Client(name="A", fiscal_id="508025338")
    assert buyers.find_buyer(call(client=nowhere), facts) is BuyerKind.PT_COMPANY


def test_the_stored_client_counts_and_not_what_the_call_says_of_it() -> None:
    named = SimpleNamespace(id=None, name="A", code="A", country=None, fiscal_id=None)
    stored = Client(id=7, name="A", code="A", country="Spain", fiscal_id="ESB58378431")
    facts = Facts(now=NOW, client_by_code=stored)
    assert buyers.find_buyer(call(client=named), facts) is BuyerKind.EU_VAT_ID
    assert buyers.find_buyer(call(client=named), Facts(now=NOW, client_by_name=stored)) is BuyerKind.EU_VAT_ID


@pytest.mark.parametrize(("number", "kind"), [(7, "eu_vat_id"), (8, "pt_without_number")])
def test_an_update_without_a_client_judges_the_documents_client(number: int, kind: str) -> None:
    carried = SimpleNamespace(id=number, name="A", code="A", country=None, fiscal_id=None)
    stored = Client(id=7, name="A", code="A", country="Spain", fiscal_id="ESB58378431")
    assert buyers.find_buyer(call(client=carried), Facts(now=NOW, document_client=stored)) == BuyerKind(kind)


# --- every code for every buyer ------------------------------------------------------------------------

F, A, W = "", "accept", "refuse"
ANY = (F,) * len(COLUMNS)
HOME = (F, A, A, W, A, A, A, A, A, A)
CODES: dict[str, tuple[str, ...]] = {
    # company, person, consumer, 999999990, EU VAT id, EU, non-EU number, non-EU, non-EU EU VAT id, unknown
    "M02": (F, A, A, W, A, A, A, A, A, A),
    "M05": (A, A, A, A, A, A, F, F, F, A),
    "M16": (W, W, W, W, F, A, W, W, A, A),
    "M40": (A, A, A, W, F, A, F, A, F, A),
    "M41": (W, W, W, W, F, A, W, W, A, A),
    **dict.fromkeys(("M30", "M31", "M32", "M33", "M34", "M35", "M42", "M43"), HOME),
    "M08": (F, A, A, W, F, A, F, A, F, A),
    "M44": (A, A, A, A, F, F, F, F, F, A),
    "M45": (A, A, A, A, F, F, A, A, A, A),
    "M46": (A, A, A, A, A, A, F, F, A, A),
}
"""Findings by the table of buyers (CIVA 2, 6, 14; RITI 8, 14; DL 198/90; DL 19/2017), in the order of CLIENTS."""


@every_row("name", COLUMNS)
@every_row("code", [one.code for one in list_exemptions()])
def test_every_code_is_judged_for_every_buyer(code: str, name: str) -> None:
    expected = CODES.get(code, ANY)[COLUMNS.index(name)]
    draft = call(client=client(name), tax_exemption=code)
    assert verdicts(buyers.exemption_fits_the_buyer(draft, Facts(now=NOW))) == (
        [expected] if expected else []
    )


def test_no_code_and_an_unknown_code_are_left_to_other_rules() -> None:
    for code in (None, "M98", "M00"):
        draft = call(client=client("PT company"), tax_exemption=code)
        assert verdicts(buyers.exemption_fits_the_buyer(draft, Facts(now=NOW))) == []


@pytest.mark.parametrize("kind", ["quotes", "proformas", "transports", "devolutions"])
@pytest.mark.parametrize("code", ["M16", "M31", "M40", "M02"])
def test_estimates_and_guides_ask_where_an_invoice_is_refused(kind: str, code: str) -> None:
    """They may go out before the client's number is known."""
    draft = call(kind, client=client("999999990"), tax_exemption=code)
    assert verdicts(buyers.exemption_fits_the_buyer(draft, Facts(now=NOW))) == ["accept"]


@pytest.mark.parametrize(
    ("name", "accept", "kinds"),
    [
        ("PT company", ("exemption_buyer",), []),
        ("PT company", ("m99",), ["accept"]),
        ("PT consumer", ("exemption_buyer",), []),
        ("999999990", ("exemption_buyer",), ["refuse"]),
    ],
)
def test_a_question_is_accepted_and_a_refusal_is_not(
    name: str, accept: tuple[str, ...], kinds: list[str]
) -> None:
    draft = call(client=client(name), tax_exemption="M40", accept=accept)
    assert verdicts(buyers.exemption_fits_the_buyer(draft, Facts(now=NOW))) == kinds


@pytest.mark.parametrize(
    ("kind", "stored", "kinds"),
    [
        ("credit_notes", "M40", []),
        ("debit_notes", "M40", []),
        ("credit_notes", "M07", ["refuse"]),
        ("credit_notes", None, ["refuse"]),
        ("invoices", "M40", ["refuse"]),
    ],
)
def test_a_note_repeats_a_code_that_was_wrong(kind: str, stored: str | None, kinds: list[str]) -> None:
    """A note carries the code of its invoice; otherwise a wrong one could not be corrected."""
    draft = call(kind, client=client("999999990"), tax_exemption="M40")
    facts = Facts(now=NOW, owner=Document(tax_exemption=stored))
    assert verdicts(buyers.exemption_fits_the_buyer(draft, facts)) == kinds


def test_the_question_says_the_law_the_client_and_the_case_that_remains_in_both_languages() -> None:
    draft = call(client=client("PT company"), tax_exemption="M40")
    (one,) = buyers.exemption_fits_the_buyer(draft, Facts(now=NOW))
    assert str(one.problem.problem) == (
        "M40 (CIVA, art. 6.º, n.º 6, alínea a), a contrario) is for a business established outside Portugal, in the EU with a VAT "
        "number; a consumer and a business in Portugal are charged VAT; the client is a Portuguese company. Is it so that the "
        "client acts as a business and the service goes to its seat or establishment abroad?"
    )
    assert "o cliente é uma empresa portuguesa" in render(one.problem.problem, "pt")
    assert one.accept == "exemption_buyer"


@pytest.mark.parametrize("rule", list_buyer_rules(), ids=lambda rule: rule.name)
def test_every_rule_of_the_table_is_used_and_names_law_source_and_day(rule: Any) -> None:
    assert any(one.buyers == rule.name for one in list_exemptions())
    assert all([rule.law, rule.source, rule.needs_en, rule.needs_pt, rule.case_en, rule.case_pt])
    assert rule.read >= date(2026, 11, 29)
    assert not rule.fits & rule.wrong


def test_every_kind_of_buyer_has_words_in_both_languages() -> None:
    for kind in BuyerKind:
        assert name_buyer(kind, "en") != name_buyer(kind, "pt")


# --- all rules about one code together -----------------------------------------------------------------

RULES_ABOUT_A_CODE = (
    exemptions.exemption_known_and_in_force,
    buyers.exemption_fits_the_buyer,
    buyers.no_vat_beside_the_small_business_exemption,
    simplified_invoices.exemption_fits_a_simplified_invoice,
)


@pytest.mark.parametrize(
    ("code", "buyer", "fields", "strictest"),
    [
        ("M35", "PT company", {"date": date(2026, 7, 1)}, None),
        ("M35", "PT company", {"date": date(2026, 6, 30)}, "refuse"),
        ("M31", "PT company", {}, None),
        ("M31", "PT person", {}, "accept"),
        ("M10", "EU without VAT id", {}, None),
        ("M10", "EU without VAT id", {"items": ["IVA23", "Isento"]}, "accept"),
        ("M07", "EU without VAT id", {"items": ["IVA23", "Isento"]}, None),
        ("M40", "EU with VAT id", {"kind": "simplified_invoices"}, "refuse"),
        ("M16", "EU with VAT id", {"kind": "simplified_invoices"}, "refuse"),
        ("M16", "PT company", {"kind": "simplified_invoices"}, "refuse"),
        ("M07", "999999990", {"kind": "simplified_invoices"}, None),
        ("M26", "999999990", {"date": date(2024, 1, 4)}, None),
        ("M26", "999999990", {"date": date(2024, 1, 5)}, "refuse"),
    ],
)
def test_the_strictest_of_all_rules_about_a_code_counts(
    code: str, buyer: str, fields: dict[str, Any], strictest: str | None
) -> None:
    items = [SimpleNamespace(name="A", tax=tax) for tax in fields.get("items", ["Isento"])]
    draft = call(tax_exemption=code, client=client(buyer), **{**fields, "items": items})
    facts = Facts(now=NOW, taxes=TAXES)
    kinds = {kind for rule in RULES_ABOUT_A_CODE for kind in verdicts(rule(draft, facts))}
    assert next((kind for kind in ("refuse", "accept") if kind in kinds), None) == strictest


def test_a_code_without_a_rule_fits_everybody() -> None:
    assert find_buyer_rule(entry("M07")) is None
    assert {judge_buyer(entry("M07"), kind) for kind in BuyerKind} == {Verdict.FITS}


# --- M10 ------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "taxes", "accept", "kinds"),
    [
        ("M10", ("Isento",), (), []),
        ("M10", ("Isento", "IVA23"), (), ["accept"]),
        ("M10", ("IVA23", "Isento", "IVA23"), (), ["accept"]),
        ("M10", ("Isento", None), (), ["accept"]),  # the default tax has VAT
        ("M10", ("Isento", "IVA99"), (), []),  # an unknown tax is another rule's
        ("M10", ("Isento", "IVA23"), ("vat_beside_exemption",), []),
        ("M07", ("Isento", "IVA23"), (), []),
        ("M99", ("Isento", "IVA23"), (), []),
        (None, ("IVA23",), (), []),
    ],
)
def test_m10_beside_a_line_with_vat_is_asked_about(
    code: str | None, taxes: tuple[str | None, ...], accept: tuple[str, ...], kinds: list[str]
) -> None:
    """CIVA 53: the issuer charges no VAT at all."""
    items = [SimpleNamespace(name="A", tax=tax) for tax in taxes]
    draft = call(tax_exemption=code, items=items, accept=accept)
    facts = Facts(now=NOW, taxes=TAXES)
    assert verdicts(buyers.no_vat_beside_the_small_business_exemption(draft, facts)) == kinds


# --- through the pipeline ------------------------------------------------------------------------------

SPAIN = {"name": "Talleres SL", "code": "TALLERES", "country": "ES", "fiscal_id": "ESB58378431"}


async def test_a_draft_with_a_code_for_buyers_abroad_asks_and_then_passes(harness: Harness) -> None:
    arguments = invoice(items=[exempt_line()], tax_exemption="M40")
    found = await harness.get_refusal("create_invoice", arguments)
    assert "the client is a Portuguese company" in found["tax_exemption"]
    made = await harness.call("create_invoice", {**arguments, "accept": ["exemption_buyer"]})
    text = await harness.get_approval_text(
        "change_state", document_arguments(made["document"], state="finalized")
    )
    assert "the client is a Portuguese company" in text


async def test_the_approver_reads_the_question_in_portuguese(harness: Harness) -> None:
    arguments = invoice(items=[exempt_line()], tax_exemption="M40", accept=["exemption_buyer"])
    made = await harness.call("create_invoice", arguments)
    harness.context.settings = harness.context.settings.model_copy(update={"language": "pt"})
    text = await harness.get_approval_text(
        "change_state", document_arguments(made["document"], state="finalized")
    )
    assert "o cliente é uma empresa portuguesa" in text


async def test_a_client_with_a_vat_number_of_the_eu_needs_no_question(harness: Harness) -> None:
    made = await harness.call(
        "create_invoice", invoice(client=SPAIN, items=[exempt_line()], tax_exemption="M40")
    )
    assert made["document"]["tax_exemption"] == "M40"
    text = await harness.get_approval_text(
        "change_state", document_arguments(made["document"], state="finalized")
    )
    assert "the client is" not in text


async def test_a_change_of_the_client_is_judged_with_the_stored_code(harness: Harness) -> None:
    made = await harness.call(
        "create_invoice", invoice(client=SPAIN, items=[exempt_line()], tax_exemption="M16")
    )
    number = {"document_type": "invoices", "document_id": made["document"]["id"]}
    assert (await harness.call("update_invoice", {**number, "reference": "PO-1"}))["ok"]
    found = await harness.get_refusal("update_invoice", {**number, "client": {"code": "ACME"}})
    assert "the client is a Portuguese company" in found["tax_exemption"]


async def test_issue_invoice_refuses_what_can_never_be_right_and_sends_nothing(harness: Harness) -> None:
    arguments = invoice(items=[exempt_line()], tax_exemption="M16")
    assert "RITI" in (await harness.get_refusal("issue_invoice", arguments))["tax_exemption"]


async def test_estimates_and_guides_ask_too(harness: Harness) -> None:
    for name, arguments in (("create_estimate", invoice(document_type="quotes")), ("create_guide", guide())):
        found = await harness.get_refusal(
            name, {**arguments, "items": [exempt_line()], "tax_exemption": "M16"}
        )
        assert "the client is a Portuguese company" in found["tax_exemption"]
