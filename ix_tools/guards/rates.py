"""Rules that compare VAT rates with those of the law, by region and by the document's date."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import get_args

from ix_tools.domain.document_kinds import NOTES
from ix_tools.domain.records import Tax
from ix_tools.fiscal.vat_rates import (
    REGION_NAMES,
    Rate,
    RateKind,
    find_rates_instead,
    name_rate_kind,
    name_region,
)
from ix_tools.guards.facts import Facts, Want, wants
from ix_tools.guards.findings import Finding, ask
from ix_tools.guards.protocols import Draft, TaxShaped
from ix_tools.i18n.formats import name_percents
from ix_tools.i18n.languages import Bilingual
from ix_tools.i18n.messages import message

RATE = "vat_rate"
"""Code to accept a rate that the law does not have on the document's date."""
REGIONS = "vat_regions"
"""Code to accept rates of several regions on one document."""
SECOND_RATE = "second_rate"
"""Code to accept a second rate of one kind in one region."""
LEGAL_KINDS = get_args(RateKind)
"""Kinds of rate that the law sets, one of each in a region."""


def get_rate_date(call: Draft, facts: Facts) -> date:
    """Return the day whose rates count: a note repeats those of the document it corrects."""
    corrected = facts.owner.date if facts.owner is not None and call.document_type in NOTES else None
    return corrected or call.date


def _name_rates(rates: Iterable[Rate]) -> Bilingual:
    return name_percents(rate.percent for rate in rates)


def _find_line_taxes(call: Draft, facts: Facts) -> Iterator[tuple[int, Tax, Decimal]]:
    """Yield the position, tax and rate of every line with VAT."""
    for at, item in enumerate(call.items):
        tax = facts.find_tax(item.tax)
        if tax is not None and tax.value:
            yield at, tax, tax.value


@wants(Want.TAXES, Want.OWNER)
def line_rates_in_force(call: Draft, facts: Facts) -> Iterator[Finding]:
    """Ask about a line whose rate the region does not have on the document's date; a note is judged by the date of its invoice."""
    if RATE in call.accept:
        return
    on, asked = get_rate_date(call, facts), set[str]()
    for at, tax, percent in _find_line_taxes(call, facts):
        legal = find_rates_instead(tax.region, tax.code, percent, on)
        if not legal or str(tax.name) in asked:
            continue
        asked.add(str(tax.name))
        rates = _name_rates(legal)
        yield ask(
            RATE,
            f"items.{at}.tax",
            message(
                "{tax} is {value}%, but on {day} the {kind} rate of {region} is {rates} ({law})",
                tax=tax.name,
                value=percent,
                day=on,
                kind=name_rate_kind(tax.code),
                region=name_region(tax.region),
                rates=rates,
                law=legal[0].source,
            ),
            message(
                "a tax of the account with {rates}, or accept if {value}% is right for this sale",
                rates=rates,
                value=percent,
            ),
        )


@wants(Want.SUBJECT)
def tax_rate_in_force(call: TaxShaped, facts: Facts) -> Iterator[Finding]:
    """Ask about a tax of the account whose rate its region does not have today; one that stays as it is, is left alone."""
    known = facts.subject
    if RATE in call.accept or not call.value or (isinstance(known, Tax) and _is_same_rate(call, known)):
        return
    legal = find_rates_instead(call.region, call.code, call.value, facts.today)
    if legal:
        rates = _name_rates(legal)
        yield ask(
            RATE,
            "value",
            message(
                "{tax} is {value}%, but on {day} the {kind} rate of {region} is {rates} ({law})",
                tax=call.name,
                value=call.value,
                day=facts.today,
                kind=name_rate_kind(call.code),
                region=name_region(call.region),
                rates=rates,
                law=legal[0].source,
            ),
            message("{rates}, the right region or kind, or accept if the rate is right", rates=rates),
        )


@wants(Want.TAXES, Want.SUBJECT)
def one_rate_of_a_kind(call: TaxShaped, facts: Facts) -> Iterator[Finding]:
    """Ask about a second rate of a region's kind with another percentage: the law has one at a time."""
    known = facts.subject
    if SECOND_RATE in call.accept or call.region not in REGION_NAMES or call.code not in LEGAL_KINDS:
        return
    if isinstance(known, Tax) and _is_same_rate(call, known):
        return
    for other in facts.taxes:
        is_alike = (other.region, other.code) == (call.region, call.code)
        if is_alike and other.id != getattr(known, "id", None) and other.value not in {None, call.value}:
            yield ask(
                SECOND_RATE,
                "code",
                message(
                    "{other} ({other_rate}%) is already the {kind} rate of {region}, which has one at a time",
                    other=other.name,
                    other_rate=other.value,
                    kind=name_rate_kind(call.code),
                    region=name_region(call.region),
                ),
                message(
                    "another kind or region, or accept if the account needs both, such as an earlier rate for notes"
                ),
            )
            return


def _is_same_rate(call: TaxShaped, known: Tax) -> bool:
    return (call.value, call.region, call.code) == (known.value, known.region, known.code)


@wants(Want.TAXES)
def lines_of_one_region(call: Draft, facts: Facts) -> Iterator[Finding]:
    """Ask about rates of several regions on one document: the place of the sale decides which one holds."""
    if REGIONS in call.accept:
        return
    found = {tax.region: at for at, tax, _ in _find_line_taxes(call, facts) if tax.region in REGION_NAMES}
    if len(found) > 1:
        yield ask(
            REGIONS,
            f"items.{max(found.values())}.tax",
            message(
                "VAT rates of {regions} in one document; the place of each sale decides",
                regions=_list_regions(found),
            ),
            message("taxes of one region, or accept if the sales took place in several"),
        )


def _list_regions(regions: Iterable[str | None]) -> Bilingual:
    names = [name_region(one) for one in regions]
    first, last = names[:-1], names[-1]
    return Bilingual(
        f"{', '.join(one.pt for one in first)} e {last.pt}",
        f"{', '.join(one.en for one in first)} and {last.en}",
    )
