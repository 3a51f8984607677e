"""Rules about VAT exemption codes (motivos de isenção)."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from ix_tools.domain.records import Document, Line
from ix_tools.fiscal.exemptions import (
    REMOVAL_MARKER,
    Exemption,
    find_exemption,
    get_list_date,
    is_in_force,
)
from ix_tools.guards.facts import Facts, Want, wants
from ix_tools.guards.findings import Finding, ask, refuse, warn
from ix_tools.guards.protocols import Draft, Transition
from ix_tools.i18n.languages import Bilingual
from ix_tools.i18n.messages import Message, message

LOOK_UP_HINT = message("call lookup_exemption_codes for the codes in force")
ASK_WHY = message("ask the person why there is no VAT, and do not choose the code")
M99_MEANING = message("M99 means that the sale is outside VAT altogether (e.g. art. 2.º/2, 3.º/4 CIVA)")
M99_ALLOWED = message("the code that fits, or accept if it is truly outside VAT")
ENDED_CODES_FOR_NOTES = {"M26"}
"""Ended codes that a note may still carry if the document it corrects is of that time (the table's note)."""


def find_exempt_lines(call: Draft, facts: Facts) -> list[int]:
    """Return the positions of lines with 0% VAT, by the rates of the account's taxes and not by their names."""
    found = []
    for at, item in enumerate(call.items):
        tax = facts.find_tax(item.tax)
        if tax is not None and tax.value == Decimal(0):
            found.append(at)
    return found


@wants(Want.TAXES)
def exemption_named_when_vat_is_zero(call: Draft, facts: Facts) -> Iterator[Finding]:
    """A document with a 0% line needs an exemption code (CIVA 36/5 e); without one InvoiceXpress refuses it or stamps M99 (trap 6)."""
    lines = find_exempt_lines(call, facts)
    if lines and call.tax_exemption_reason:
        yield refuse(
            "tax_exemption_reason",
            message("M00 removes the exemption, but line {line} still carries 0% VAT", line=lines[0] + 1),
            message("leave it out"),
        )
    elif lines and not call.tax_exemption:
        yield refuse(
            "tax_exemption",
            message(
                "line {line} ({name}) carries 0% VAT and the document does not say why",
                line=lines[0] + 1,
                name=call.items[lines[0]].name,
            ),
            ASK_WHY,
            LOOK_UP_HINT,
        )


@wants(Want.OWNER)
def exemption_known_and_in_force(call: Draft, facts: Facts) -> Iterator[Finding]:
    """The exemption code must exist and be in force on the document's date; ask about M99, the API's silent fallback."""
    if call.tax_exemption is not None:
        yield from _check_code(call.tax_exemption, call.date, facts.owner)
    if call.tax_exemption == "M99" and "m99" not in call.accept:
        yield ask(
            "m99",
            "tax_exemption",
            message(
                "{meaning}; it is often a mistake for M07 or M10. Why is there no VAT?", meaning=M99_MEANING
            ),
            M99_ALLOWED,
        )


def _check_code(code: str, day: date, owner: Document | None) -> Iterator[Finding]:
    field = "tax_exemption"
    if code == REMOVAL_MARKER:
        yield refuse(
            field,
            message("M00 is not an exemption: it only removes one, on updates"),
            message("tax_exemption_reason: M00 in update_invoice or update_guide"),
        )
        return
    found = find_exemption(code)
    if found is None:
        yield refuse(field, message("there is no exemption code {code}", code=code), next=LOOK_UP_HINT)
        return
    note = Bilingual(*(f". {one.rstrip('.')}" if one else "" for one in (found.note_pt, found.note_en)))
    corrected = owner.date if owner is not None and code in ENDED_CODES_FOR_NOTES else None
    if not is_in_force(found, corrected or day):
        yield refuse(
            field,
            message(
                "{code} is not in force on {day}: it is valid {span}{note}",
                code=code,
                day=corrected or day,
                span=_describe_span(found),
                note=note,
            ),
            message("a code in force on the document's date"),
            LOOK_UP_HINT,
        )
    elif not found.offered:
        yield warn(
            field,
            message(
                "{code} is in the tax authority's table, but was not in InvoiceXpress's list of {day}, so InvoiceXpress "
                "may refuse it{note}",
                code=code,
                day=get_list_date(),
                note=note,
            ),
        )


def _describe_span(entry: Exemption) -> Message:
    """Return from when and until when a code is valid."""
    if entry.valid_from and entry.valid_until:
        return message("from {start} until {end}", start=entry.valid_from, end=entry.valid_until)
    if entry.valid_from:
        return message("from {start}", start=entry.valid_from)
    return message("until {end}", end=entry.valid_until)


@wants(Want.DOCUMENT, Want.TAXES)
def no_exemption_without_exempt_lines(call: Draft, facts: Facts) -> Iterator[Finding]:
    """A document without 0% lines must not have an exemption code; on updates M00 removes it (trap 6c)."""
    if not call.tax_exemption or find_exempt_lines(call, facts) or not facts.taxes:
        return
    on_update = facts.document is not None
    yield refuse(
        "tax_exemption",
        message("no line carries 0% VAT, so {code} explains nothing", code=call.tax_exemption),
        message("an account's 0% tax on the exempt lines, or tax_exemption_reason: M00 to remove the code")
        if on_update
        else message("an account's 0% tax on the exempt lines, or no tax_exemption"),
    )


def removal_only_on_update(call: Draft, facts: Facts) -> Iterator[Finding]:
    """M00 is for updates only, because a new document has no exemption code to remove."""
    if call.tax_exemption_reason:
        yield refuse(
            "tax_exemption_reason",
            message("M00 removes an exemption from a document that has one; a new document has none"),
            message("leave it out"),
        )


@wants(Want.DOCUMENT, Want.TAXES, Want.RELATED, Want.OWNER)
def stored_exemption_in_order(call: Transition, facts: Facts) -> Iterator[Finding]:
    """A draft is not finalized with a 0% line and no code, or a code out of force; warn of a stored M99."""
    document = facts.document
    if call.state != "finalized" or document is None or document.date is None:
        return
    exempt = any(_carries_no_vat(line, facts) for line in document.lines)
    if exempt and not document.tax_exemption:
        yield refuse(
            "tax_exemption",
            message("a line carries no VAT and the stored draft does not say why"),
            ASK_WHY,
            message("update_invoice with tax_exemption, then finalize"),
        )
    if document.tax_exemption:
        yield from _check_code(document.tax_exemption, document.date, facts.owner)
    if document.tax_exemption == "M99":
        yield warn(
            "tax_exemption",
            message(
                "{meaning}; InvoiceXpress also stamps it by itself when no code was given",
                meaning=M99_MEANING,
            ),
        )


def _carries_no_vat(line: Line, facts: Facts) -> bool:
    """Return True if the line's rate or its tax's rate is 0; for a line without a known tax, if it has no VAT amount."""
    tax = facts.find_tax(line.tax) if line.tax else None
    rate = line.tax_rate if line.tax_rate is not None else tax.value if tax else None
    return rate == 0 if rate is not None else not line.vat
