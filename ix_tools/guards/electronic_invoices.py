"""Rule about PDFs as electronic invoices: from a known day they need a qualified signature or seal (DL 28/2019, art. 12)."""

from collections.abc import Iterator
from typing import Protocol

from ix_tools.domain.document_kinds import get_document_kind
from ix_tools.domain.records import Document
from ix_tools.fiscal.countries import get_iso_code
from ix_tools.fiscal.deadlines import find_pdf_invoice_rule
from ix_tools.fiscal.tax_numbers import FINAL_CONSUMER, normalize_fiscal_id
from ix_tools.guards.facts import Facts, Want, wants
from ix_tools.guards.findings import Finding, warn
from ix_tools.guards.protocols import Transition
from ix_tools.i18n.messages import message

WHAT_TO_DO = message(
    "turn on the qualified signature or seal at InvoiceXpress, send it on paper or by EDI, and ask the accountant whether the "
    "day was moved again"
)


class SentDocument(Protocol):
    """E-mail about a document."""

    @property
    def document_type(self) -> str: ...


@wants(Want.DOCUMENT, Want.DOCUMENT_CLIENT)
def sent_pdf_is_an_electronic_invoice(call: SentDocument, facts: Facts) -> Iterator[Finding]:
    """Warn that a plain PDF counts as an electronic invoice only until a known day, if the buyer has a Portuguese tax number."""
    rule = find_pdf_invoice_rule(facts.today)
    is_invoice = get_document_kind(call.document_type).family == "invoice"
    if rule is None or not is_invoice or not _has_portuguese_number(facts):
        return
    if rule.has_ended:
        sentence = message(
            "since {day} a PDF without a qualified electronic signature or seal is no electronic invoice ({law}): {what_to_do}",
            day=rule.turning_day,
            law=rule.law,
            what_to_do=WHAT_TO_DO,
        )
    else:
        sentence = message(
            "a PDF without a qualified electronic signature or seal is an electronic invoice only until {day} ({law}): {what_to_do}",
            day=rule.turning_day,
            law=rule.law,
            what_to_do=WHAT_TO_DO,
        )
    # Finalizing and e-mailing say the same about the same field, so that one approval for both shows it once.
    yield warn("document_id", sentence)


@wants(Want.DOCUMENT, Want.DOCUMENT_CLIENT)
def issued_pdf_is_an_electronic_invoice(call: Transition, facts: Facts) -> Iterator[Finding]:
    """Warn when an invoice is finalized, which the buyer usually gets as a PDF, as when it is sent."""
    if call.state == "finalized":
        yield from sent_pdf_is_an_electronic_invoice(call, facts)


def _has_portuguese_number(facts: Facts) -> bool:
    """Tell whether the document's client has a Portuguese tax number, as companies and the self-employed do."""
    client = facts.document_client or (facts.document or Document()).client
    number = client.fiscal_id if client is not None else None
    if client is None or not number:
        return False
    country = get_iso_code(client.country) if client.country else "PT"
    return country == "PT" and normalize_fiscal_id(number, country) not in {None, FINAL_CONSUMER}
