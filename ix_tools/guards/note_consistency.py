"""Rules by which a credit or debit note agrees with the document it corrects: client, rates, exemption, withholding."""

from collections.abc import Iterator
from decimal import Decimal

from ix_tools.domain.document_kinds import NOTES
from ix_tools.domain.records import Document
from ix_tools.fiscal.buyers import BuyerKind, classify_buyer
from ix_tools.guards.buyers import find_buyer
from ix_tools.guards.corrected_documents import find_corrected, name_document
from ix_tools.guards.exemptions import find_exempt_lines
from ix_tools.guards.facts import Facts, Want, wants
from ix_tools.guards.findings import Finding, ask, refuse
from ix_tools.guards.protocols import InvoiceShaped
from ix_tools.i18n.formats import name_percents
from ix_tools.i18n.messages import message

NOTE_RATE = "note_rate"
"""Code to accept a rate that the corrected document does not have."""
NOTE_EXEMPTION = "note_exemption"
"""Code to accept another exemption code than that of the corrected document."""
NOTE_RETENTION = "note_retention"
"""Code to accept another withholding tax than that of the corrected document."""


@wants(Want.CLIENT, Want.DOCUMENT, Want.OWNER)
def note_goes_to_the_same_client(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """A note must go to the client of the document it corrects."""
    if call.document_type not in NOTES or facts.owner is None or facts.owner.client is None:
        return
    found = (
        facts.client_by_code or facts.client_by_name or (facts.document.client if facts.document else None)
    )
    theirs, ours = facts.owner.client, found.id if found else None
    if theirs.id is not None and ours is not None and theirs.id != ours:
        yield refuse(
            "client",
            message(
                "the note goes to '{client}', but {number} was issued to '{name}'",
                client=found.name if found else None,
                number=facts.owner.number,
                name=theirs.name,
            ),
            message("'{name}'", name=theirs.name),
        )


@wants(Want.CLIENT, Want.OWNER)
def note_of_a_final_consumer_stays_one(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """A note on a document to the final consumer goes to the final consumer, and not to a client named later."""
    owner = find_corrected(call, facts)
    if owner is None or not _is_to_final_consumer(owner):
        return
    if find_buyer(call, facts) is not BuyerKind.FINAL_CONSUMER:
        yield refuse(
            "client",
            message(
                "{owner} was issued to the final consumer, and the note names another client",
                owner=name_document(owner),
            ),
            message("a client with fiscal_id 999999990, the final consumer"),
        )


def _is_to_final_consumer(document: Document) -> bool:
    """Return True for a document without a client; one with an id is compared by its id instead."""
    client = document.client
    if client is None or not client.name:
        return True
    return client.id is None and classify_buyer("PT", client.fiscal_id) is not BuyerKind.PT_COMPANY


@wants(Want.CLIENT, Want.DOCUMENT, Want.OWNER)
def note_names_no_new_client(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """A note goes to the client of its document, so it cannot create a client."""
    owner = find_corrected(call, facts)
    if owner is None or owner.client is None or owner.client.id is None or call.client is None:
        return
    known = facts.client_by_code or facts.client_by_name
    if known is None and call.client.id is None:
        yield refuse(
            "client",
            message(
                "{owner} was issued to '{name}', and '{client}' would be a new client",
                owner=name_document(owner),
                name=owner.client.name,
                client=call.client.name or call.client.code,
            ),
            message("client.id {id}, which is '{name}'", id=owner.client.id, name=owner.client.name),
        )


def _list_rates(owner: Document, facts: Facts) -> set[Decimal]:
    """Return the VAT rates of a document's lines, as far as they are known."""
    taxes = (facts.find_tax(line.tax) if line.tax else None for line in owner.lines)
    rates = (
        line.tax_rate if line.tax_rate is not None else tax.value if tax is not None else None
        for line, tax in zip(owner.lines, taxes, strict=True)
    )
    return {rate for rate in rates if rate is not None}


@wants(Want.TAXES, Want.OWNER)
def note_repeats_the_rates(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """Ask about a line of a note at a VAT rate that the corrected document does not have (CIVA 78)."""
    owner = find_corrected(call, facts)
    if owner is None or NOTE_RATE in call.accept:
        return
    rates = _list_rates(owner, facts)
    for at, item in enumerate(call.items):
        tax = facts.find_tax(item.tax)
        if tax is None or tax.value is None or tax.value in rates:
            continue
        theirs = name_percents(sorted(rates, reverse=True)) if rates else message("no known rate")
        yield ask(
            NOTE_RATE,
            f"items.{at}.tax",
            message(
                "the line carries {rate}%, but {document} has {rates}; a note corrects the VAT that was charged",
                rate=tax.value,
                document=name_document(owner),
                rates=theirs,
            ),
            message("a tax with {rates}, or accept if the note corrects the rate itself", rates=theirs),
        )
        return


@wants(Want.TAXES, Want.OWNER)
def note_repeats_the_exemption(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """Ask about an exemption code of a note that differs from that of the exempt lines it corrects."""
    owner = find_corrected(call, facts)
    if owner is None or not call.tax_exemption or NOTE_EXEMPTION in call.accept:
        return
    if call.tax_exemption == owner.tax_exemption or not find_exempt_lines(call, facts):
        return
    if Decimal(0) not in _list_rates(owner, facts):
        return  # asked about as a rate
    yield ask(
        NOTE_EXEMPTION,
        "tax_exemption",
        message(
            "the note says {code}, but {document} says {other_code} for its lines without VAT",
            code=call.tax_exemption,
            document=name_document(owner),
            other_code=owner.tax_exemption or message("no code"),
        ),
        (
            message("{code}, or accept if the note corrects the code itself", code=owner.tax_exemption)
            if owner.tax_exemption
            else message("accept if the code is the one that the document should have had")
        ),
    )


@wants(Want.OWNER)
def note_repeats_the_withholding(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """Ask about a note without the withholding tax of its document, since the amounts to pay then do not balance."""
    owner = find_corrected(call, facts)
    if owner is None or NOTE_RETENTION in call.accept:
        return
    ours, theirs = call.retention or Decimal(0), owner.retention or Decimal(0)
    if ours == theirs:
        return
    yield ask(
        NOTE_RETENTION,
        "retention",
        message(
            "the note withholds {rate}%, but {document} withholds {other_rate}%",
            rate=ours,
            document=name_document(owner),
            other_rate=theirs,
        ),
        (
            message("retention {rate}, or accept if they really differ", rate=theirs)
            if theirs
            else message("no retention, or accept if they really differ")
        ),
    )
