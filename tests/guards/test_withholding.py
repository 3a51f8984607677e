"""Withholding tax: who withholds, and at which rate (CIRS 101/1, CIRC 94)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ix_tools.domain.records import Document
from ix_tools.fiscal.withholding import list_withholding_rates
from ix_tools.guards import withholding
from ix_tools.guards.facts import Facts
from ix_tools.i18n.messages import render
from tests.guards.known_clients import COLUMNS, NOW, call, client, verdicts
from tests.harness import Harness, document_arguments, invoice, line

SPAIN = {"name": "Talleres SL", "code": "TALLERES", "country": "ES", "fiscal_id": "ESB58378431"}


@pytest.mark.parametrize("name", COLUMNS)
def test_withholding_is_asked_about_unless_a_portuguese_company_buys(name: str) -> None:
    """CIRS 101/1."""
    draft = call(client=client(name), retention=Decimal(25))
    expected = [] if name == "PT company" else ["accept"]
    assert verdicts(withholding.retention_fits_the_buyer(draft, Facts(now=NOW))) == expected


@pytest.mark.parametrize(
    ("fields", "owner", "kinds"),
    [
        ({"retention": None}, None, []),
        ({"retention": Decimal(0)}, None, []),
        ({"retention": Decimal("11.5"), "accept": ("retention_buyer",)}, None, []),
        ({"retention": Decimal("11.5"), "accept": ("exemption_buyer",)}, None, ["accept"]),
        ({"retention": Decimal(25), "kind": "credit_notes"}, Document(retention=Decimal(25)), []),
        ({"retention": Decimal(23), "kind": "credit_notes"}, Document(retention=Decimal(25)), ["accept"]),
        ({"retention": Decimal(25), "kind": "invoices"}, Document(retention=Decimal(25)), ["accept"]),
    ],
)
def test_withholding_that_is_accepted_absent_or_repeated_passes(
    fields: dict[str, Any], owner: Document | None, kinds: list[str]
) -> None:
    draft = call(**{"client": client("PT person"), **fields})
    assert verdicts(withholding.retention_fits_the_buyer(draft, Facts(now=NOW, owner=owner))) == kinds


# --- rates ----------------------------------------------------------------------------------------------

BEFORE, NOW_DAY = date(2024, 12, 31), date(2026, 11, 20)


@pytest.mark.parametrize(
    ("rate", "day", "kinds"),
    [
        (None, NOW_DAY, []),
        ("0", NOW_DAY, []),
        *((rate, NOW_DAY, []) for rate in ("11.5", "16.5", "20", "21.5", "23", "23.0")),
        *((rate, BEFORE, []) for rate in ("11.5", "16.5", "20", "25")),
        ("23", date(2025, 1, 1), []),
        ("23", BEFORE, ["warn"]),  # the professions had 25 % until then
        ("25", date(2025, 1, 1), ["warn"]),  # rents still have it
        ("25", NOW_DAY, ["warn"]),
        *((rate, NOW_DAY, ["warn"]) for rate in ("60", "99.99", "0.01", "11", "12.5", "22.99", "24", "16.1")),
    ],
)
def test_a_rate_that_the_law_does_not_have_is_warned_of(
    rate: str | None, day: date, kinds: list[str]
) -> None:
    draft = call(retention=None if rate is None else Decimal(rate), date=day, accept=("retention_buyer",))
    assert verdicts(withholding.retention_rate_is_in_the_law(draft, Facts(now=NOW))) == kinds


@pytest.mark.parametrize(
    ("kind", "theirs", "kinds"),
    [
        ("credit_notes", "60", []),
        ("debit_notes", "60", []),
        ("credit_notes", "25", ["warn"]),
        ("credit_notes", None, ["warn"]),
        ("invoices", "60", ["warn"]),
    ],
)
def test_a_note_repeats_the_rate_of_its_document(kind: str, theirs: str | None, kinds: list[str]) -> None:
    owner = Document(retention=Decimal(theirs) if theirs else None)
    draft = call(kind, retention=Decimal(60))
    assert verdicts(withholding.retention_rate_is_in_the_law(draft, Facts(now=NOW, owner=owner))) == kinds


def test_the_warning_names_the_rates_in_force_and_their_law_in_both_languages() -> None:
    (one,) = withholding.retention_rate_is_in_the_law(call(retention=Decimal(60)), Facts(now=NOW))
    assert "11.5%, 16.5%, 20%, 21.5%, 23%, 25% (CIRS 101/1; CIRC 94)" in render(one.problem.problem, "en")
    assert "11,5 %, 16,5 %, 20 %, 21,5 %, 23 %, 25 % (CIRS, artigo 101.º" in render(one.problem.problem, "pt")
    (old,) = withholding.retention_rate_is_in_the_law(call(retention=Decimal(25)), Facts(now=NOW))
    assert "professions in the list of CIRS 151 have had 23% since 01/01/2025" in render(
        old.problem.problem, "en"
    )
    assert "profissões da tabela do CIRS, artigo 151.º têm 23 % desde 01/01/2025" in render(
        old.problem.problem, "pt"
    )


def test_every_rate_names_its_law_and_its_income() -> None:
    assert all(one.law and one.income.pt != one.income.en for one in list_withholding_rates())


# --- through the pipeline ------------------------------------------------------------------------------


async def test_withholding_on_a_client_abroad_is_asked_about(harness: Harness) -> None:
    arguments = invoice(client=SPAIN, items=[line()], retention=23)
    assert (
        "the client is in another EU country"
        in (await harness.get_refusal("create_invoice", arguments))["retention"]
    )
    assert (await harness.call("create_invoice", {**arguments, "accept": ["retention_buyer"]}))["ok"]


async def test_a_strange_rate_is_told_at_the_draft_and_to_the_approver(harness: Harness) -> None:
    made = await harness.call("create_invoice", invoice(retention=60))
    assert any("60% is no rate" in one["problem"] for one in made["warnings"])
    finalize = document_arguments(made["document"], state="finalized")
    assert "60% is no rate" in await harness.get_approval_text("change_state", finalize)
    assert "60% is no rate" in await harness.get_approval_text("issue_invoice", invoice(retention=60))
