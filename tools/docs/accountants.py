"""Render the tables of docs/pt/contabilistas.md from the fiscal data."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from ix_tools.fiscal.deadlines import get_reporting_deadline
from ix_tools.fiscal.exemption_buyers import list_buyer_rules
from ix_tools.fiscal.exemptions import Exemption, list_exemptions
from ix_tools.fiscal.reference_data import read_table
from ix_tools.fiscal.vat_rates import REGION_NAMES, Rate, list_rates
from ix_tools.fiscal.withholding import list_withholding_rates
from ix_tools.i18n.formats import format_date, format_number
from tools.docs.markdown import Row, render_table

KINDS = {"NOR": "normal", "INT": "intermédia", "RED": "reduzida"}
YEAR = 2026
"""Year whose deadlines the page shows."""


def render_exemption_rules() -> str:
    """Render the codes by the clients that they fit."""
    codes = [one for one in list_exemptions() if one.valid_until is None]
    rows = [
        (_join_codes(one for one in codes if one.buyers == rule.name), rule.law, rule.needs_pt)
        for rule in list_buyer_rules()
    ]
    others = (
        _join_codes(one for one in codes if not one.buyers),
        "CIVA e diplomas próprios",
        "qualquer cliente",
    )
    return render_table(
        ("Códigos", "Norma", "Cliente a que servem"),
        [row for row in (*rows, others) if row[0]],
    )


def _join_codes(codes: Iterable[Exemption]) -> str:
    return ", ".join(one.code for one in codes)


def render_vat_rates() -> str:
    """Render the rates in force by region."""
    current = [one for one in list_rates() if one.valid_until is None]
    rows = [
        (name, *(_list_rates(current, region, kind) for kind in KINDS))
        for region, (name, _) in REGION_NAMES.items()
    ]
    return render_table(("Região", *KINDS.values()), rows)


def _list_rates(rates: Iterable[Rate], region: str, kind: str) -> str:
    return ", ".join(
        f"{format_number(one.percent, 'pt')} %" for one in rates if (one.region, one.kind) == (region, kind)
    )


def render_limits() -> str:
    """Render limits and rates: simplified invoices, cash and withholding tax."""
    return render_table(
        ("Regra", "Valor", "Norma"), [*_list_simplified(), *_list_cash(), *_list_withholding()]
    )


def _format_amount(amount: str) -> str:
    return f"{format_number(Decimal(amount), 'pt')} €"


def _list_simplified() -> Iterator[Row]:
    table = read_table("simplified_invoices.toml")
    yield (
        "fatura simplificada, bens de retalhista a particular",
        f"até {_format_amount(table['retail']['amount'])}",
        table["retail"]["law"],
    )
    yield (
        "fatura simplificada, restantes casos",
        f"até {_format_amount(table['others']['amount'])}",
        table["others"]["law"],
    )
    yield "fatura simplificada de emitente no artigo 53.º (M10)", "sem limite", table["small_business"]["law"]


def _list_cash() -> Iterator[Row]:
    names = {
        "company": "empresa",
        "anyone": "qualquer pessoa",
        "non-resident person": "particular não residente",
    }
    for row in read_table("cash_limits.toml")["limits"]:
        yield (
            f"numerário pago por {names[row['payer']]}",
            f"abaixo de {_format_amount(row['amount'])}",
            row["law"],
        )


def _list_withholding() -> Iterator[Row]:
    for one in list_withholding_rates():
        until = f" (até {format_date(one.valid_until, 'pt')})" if one.valid_until else ""
        since = f" (desde {format_date(one.valid_from, 'pt')})" if one.valid_from else ""
        yield f"retenção: {one.income.pt}", f"{format_number(one.percent, 'pt')} %{since}{until}", one.law


def render_deadlines() -> str:
    """Render the day by which each month's data are due at the tax authority."""
    months = [date(YEAR, month, 1) for month in range(1, 13)]
    days = [format_date(get_reporting_deadline(one), "pt") for one in months]
    return render_table(
        [f"{one:%m/%Y}" for one in months[:6]],
        [days[:6], [f"**{one:%m/%Y}**" for one in months[6:]], days[6:]],
    )
