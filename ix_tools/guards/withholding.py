"""Rules about withholding tax (retenção na fonte): who withholds, and at which rate."""

from collections.abc import Iterable, Iterator

from ix_tools.domain.document_kinds import NOTES
from ix_tools.domain.records import Document
from ix_tools.fiscal.buyers import BuyerKind
from ix_tools.fiscal.exemption_buyers import name_buyer
from ix_tools.fiscal.withholding import WithholdingRate, list_rates_in_force, list_replaced_rates
from ix_tools.guards.buyers import find_buyer
from ix_tools.guards.facts import Facts, Want, wants
from ix_tools.guards.findings import Finding, ask, warn
from ix_tools.guards.protocols import Draft
from ix_tools.i18n.formats import name_percents
from ix_tools.i18n.languages import Bilingual
from ix_tools.i18n.messages import Message, message

RETENTION = "retention_buyer"
"""Code to accept withholding tax of a client who rarely withholds."""
WITHHOLDING_BUYERS = frozenset({BuyerKind.PT_COMPANY})
"""Buyers who withhold tax: entities with organized accounts in Portugal (CIRS 101/1, CIRC 94)."""


@wants(Want.CLIENT, Want.OWNER)
def retention_fits_the_buyer(call: Draft, facts: Facts) -> Iterator[Finding]:
    """Ask about withholding tax of a client who does not withhold: a consumer or a client abroad (CIRS 101/1)."""
    if not call.retention or RETENTION in call.accept:
        return
    if _repeats_its_rate(call, facts.owner):
        return
    buyer = find_buyer(call, facts)
    if buyer not in WITHHOLDING_BUYERS:
        yield ask(
            RETENTION,
            "retention",
            message(
                "{rate}% is withheld by businesses in Portugal that keep accounts (CIRS 101/1); the client is {buyer}",
                rate=call.retention,
                buyer=Bilingual(name_buyer(buyer, "pt"), name_buyer(buyer, "en")),
            ),
            message("leave retention out, or accept if this client withholds and pays the tax in Portugal"),
        )


@wants(Want.OWNER)
def retention_rate_is_in_the_law(call: Draft, facts: Facts) -> Iterator[Finding]:
    """Warn of a rate of withholding tax that the law does not have, or no longer has for professions (CIRS 101/1, CIRC 94)."""
    if not call.retention or _repeats_its_rate(call, facts.owner):
        return
    rates = list_rates_in_force(call.date)
    known = [one for one in rates if one.percent == call.retention]
    if not known:
        yield warn(
            "retention",
            message(
                "{rate}% is no rate of withholding tax on {day}: {rates} (CIRS 101/1; CIRC 94). Residents of the Azores and Madeira "
                "may have a lower one, and the holder of the income may choose a higher one",
                rate=call.retention,
                day=call.date,
                rates=_list_percents(rates),
            ),
        )
    for old, new in list_replaced_rates(call.retention, call.date):
        yield warn("retention", _describe_replaced(old, new, known))


def _describe_replaced(
    old: WithholdingRate, new: WithholdingRate, known: Iterable[WithholdingRate]
) -> Message:
    return message(
        "{rate}% is the rate of {income} now; {other_income} have had {other_rate}% since {day} ({law})",
        rate=old.percent,
        income=next(one.income for one in known),
        other_income=new.income,
        other_rate=new.percent,
        day=new.valid_from,
        law=new.law,
    )


def _repeats_its_rate(call: Draft, owner: Document | None) -> bool:
    """Return True for a note that withholds what the document withholds that it corrects."""
    return call.document_type in NOTES and owner is not None and owner.retention == call.retention


def _list_percents(rates: Iterable[WithholdingRate]) -> Bilingual:
    return name_percents(sorted({one.percent for one in rates}))
