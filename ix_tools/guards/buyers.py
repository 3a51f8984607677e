"""Rules about exemption codes that depend on who buys: the client's country and tax number."""

from collections.abc import Iterator

from ix_tools.domain.document_kinds import NOTES, get_document_kind
from ix_tools.fiscal.buyers import BuyerKind, classify_buyer
from ix_tools.fiscal.countries import get_iso_code
from ix_tools.fiscal.exemption_buyers import (
    Verdict,
    find_buyer_rule,
    judge_buyer,
    judge_vat_on_other_lines,
    name_buyer,
)
from ix_tools.fiscal.exemptions import find_exemption
from ix_tools.guards.exemptions import LOOK_UP_HINT
from ix_tools.guards.facts import Facts, Want, wants
from ix_tools.guards.findings import Finding, ask, refuse
from ix_tools.guards.protocols import ClientShaped, Draft
from ix_tools.i18n.languages import Bilingual
from ix_tools.i18n.messages import message

BUYER = "exemption_buyer"
"""Code to accept an exemption code that its buyer rarely has."""
VAT_BESIDE_EXEMPTION = "vat_beside_exemption"
"""Code to accept lines with VAT beside the code of an issuer who charges none."""
RIGHT_CLIENT = message("client.country and client.fiscal_id as they are in law; no country means Portugal")


def find_buyer(call: Draft, facts: Facts) -> BuyerKind:
    """Return the kind of the buyer, from the stored client if the call names one, else from the call's details."""
    client = _find_record(call, facts)
    if client is None:
        return BuyerKind.FINAL_CONSUMER
    # A client without a country is in Portugal (trap 22).
    return classify_buyer(get_iso_code(client.country) if client.country else "PT", client.fiscal_id)


def _find_record(call: Draft, facts: Facts) -> ClientShaped | None:
    given, found = call.client, facts.client_by_code or facts.client_by_name
    if given is None or found is not None:
        return found if given is not None else None
    stored = facts.document_client
    return stored if stored is not None and given.id is not None and given.id == stored.id else given


def _repeats_its_code(call: Draft, facts: Facts) -> bool:
    """Return True for a note with the exemption code of the document it corrects, even where that code was a mistake."""
    owner = facts.owner
    return call.document_type in NOTES and owner is not None and owner.tax_exemption == call.tax_exemption


@wants(Want.CLIENT, Want.OWNER)
def exemption_fits_the_buyer(call: Draft, facts: Facts) -> Iterator[Finding]:
    """An exemption code must fit the client's country and tax number, or the issuer owes the VAT; ask where a lawful case remains."""
    entry = find_exemption(call.tax_exemption) if call.tax_exemption else None
    rule = find_buyer_rule(entry) if entry is not None else None
    if entry is None or rule is None or _repeats_its_code(call, facts):
        return
    buyer = find_buyer(call, facts)
    verdict = judge_buyer(entry, buyer)
    said = message(
        "{code} ({law}) is for {buyer_needed}; the client is {buyer}",
        code=entry.code,
        law=rule.law,
        buyer_needed=Bilingual(rule.needs_pt, rule.needs_en),
        buyer=Bilingual(name_buyer(buyer, "pt"), name_buyer(buyer, "en")),
    )
    if verdict is Verdict.WRONG and get_document_kind(call.document_type).family == "invoice":
        yield refuse(
            "tax_exemption",
            said,
            message("a tax with VAT, another code, or {client}", client=RIGHT_CLIENT),
            message("ask the person who the client is; {then}", then=LOOK_UP_HINT),
        )
    elif verdict is not Verdict.FITS and BUYER not in call.accept:
        # An estimate or a guide may go out before the client's number is known, so it is asked about at most.
        yield ask(
            BUYER,
            "tax_exemption",
            message("{rule}. Is it so that {case}?", rule=said, case=Bilingual(rule.case_pt, rule.case_en)),
            message(
                "a tax with VAT, another code, or accept if {case}",
                case=Bilingual(rule.case_pt, rule.case_en),
            ),
        )


@wants(Want.TAXES, Want.OWNER)
def no_vat_beside_the_small_business_exemption(call: Draft, facts: Facts) -> Iterator[Finding]:
    """Ask about a line with VAT beside a code of issuers who charge none at all (CIVA 53)."""
    entry = find_exemption(call.tax_exemption) if call.tax_exemption else None
    if (
        entry is None
        or judge_vat_on_other_lines(entry) is Verdict.FITS
        or VAT_BESIDE_EXEMPTION in call.accept
    ):
        return
    if _repeats_its_code(call, facts):
        return
    for at, item in enumerate(call.items):
        tax = facts.find_tax(item.tax)
        if tax is not None and tax.value:
            yield ask(
                VAT_BESIDE_EXEMPTION,
                "tax_exemption",
                message(
                    "{code} is for issuers who charge no VAT at all ({law}), but line {line} ({name}) carries {rate}%",
                    code=entry.code,
                    law=entry.law,
                    line=at + 1,
                    name=item.name,
                    rate=tax.value,
                ),
                message("the code that fits, no VAT on any line, or accept if both are right"),
            )
            return
