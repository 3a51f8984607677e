"""Adapters that check rules of drafts against the stored document: again when it is finalized, and for what an update changes.

A rule reads a draft through the protocol `protocols.Draft`, which `StoredDraft` implements too.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from ix_tools.domain.date_types import parse_moment
from ix_tools.domain.field_marks import Printed
from ix_tools.domain.records import Client, Document, Line
from ix_tools.domain.totals import Totals
from ix_tools.guards import buyers, note_consistency, rates, simplified_invoices, withholding
from ix_tools.guards.corrected_documents import find_owner
from ix_tools.guards.facts import Facts, Want, get_wanted_facts, wants
from ix_tools.guards.findings import Finding, Guard, turn_into_warning
from ix_tools.guards.protocols import Transition

STORED_FACTS = (Want.DOCUMENT, Want.DOCUMENT_CLIENT, Want.RELATED, Want.UNRETURNED)
"""Facts that make up a stored draft."""


@dataclass(frozen=True, slots=True)
class StoredLine:
    """Line of a stored document, in the form that rules read."""

    line: Line

    @property
    def name(self) -> str:
        """Return the name of the product or service."""
        return self.line.name or ""

    @property
    def description(self) -> str | None:
        """Return the further text."""
        return self.line.description

    @property
    def unit_price(self) -> Decimal:
        """Return the exact price without VAT."""
        return self.line.exact_price

    @property
    def quantity(self) -> Decimal:
        """Return the quantity."""
        return self.line.quantity or Decimal(0)

    @property
    def unit(self) -> str | None:
        """Return the unit of measure."""
        return self.line.unit

    @property
    def discount(self) -> Decimal | None:
        """Return the discount in percent."""
        return self.line.discount

    @property
    def tax(self) -> str | None:
        """Return the name of the tax."""
        return self.line.tax


@dataclass(frozen=True, slots=True)
class StoredDraft:
    """Stored document in the form that rules read, with unreturned fields from the journal."""

    document: Document
    facts: Facts

    @property
    def document_type(self) -> str:
        """Return the document type as operations take it."""
        return self.document.document_type

    @property
    def date(self) -> dt.date:
        """Return the date; today if the answer has none."""
        return self.document.date or self.facts.today

    @property
    def due_date(self) -> dt.date:
        """Return the due date; the date if the answer has none."""
        return self.document.due_date or self.date

    @property
    def client(self) -> Client | None:
        """Return the client's record, which has the tax number; None for the final consumer."""
        client = self.document.client
        return None if client is None or not client.name else self.facts.document_client or client

    @property
    def items(self) -> Sequence[StoredLine]:
        """Return the lines."""
        return [StoredLine(line) for line in self.document.lines]

    @property
    def tax_exemption(self) -> str | None:
        """Return the exemption code."""
        return self.document.tax_exemption

    @property
    def tax_exemption_reason(self) -> None:
        """Return None: only updates have it."""

    @property
    def retention(self) -> Decimal | None:
        """Return the withholding tax in percent."""
        return self.document.retention

    @property
    def sequence_id(self) -> int | None:
        """Return the sequence id."""
        return self.document.sequence_id

    @property
    def accept(self) -> Sequence[str]:
        """Return no codes, since a person approves in any case."""
        return ()

    @property
    def owner_invoice_id(self) -> int | None:
        """Return the id of the document that it corrects or bills; None if it is not known."""
        known = self.document.owner_invoice_id or self._get_sent("owner_invoice_id")
        return int(known) if known else find_owner(self.facts.related, self.document_type)

    @property
    def loaded_at(self) -> dt.datetime | None:
        """Return a guide's loading time from the journal; None if it is not known."""
        known = self._get_sent("loaded_at")
        return parse_moment(known) if known else None

    def printed_texts(self) -> Iterator[tuple[str, Printed, str]]:
        """Return the printed texts."""
        return self.document.printed_texts()

    def compute_totals(self, facts: Facts) -> Totals | None:
        """Return the stored totals; None if the answer has none."""
        document = self.document
        if document.total is None:
            return None
        nothing = Decimal(0)
        return Totals(
            sum=document.sum or nothing,
            discount=document.discount or nothing,
            before_taxes=document.before_taxes or nothing,
            taxes=document.taxes or nothing,
            total=document.total,
            shares=(),
            nets=tuple(line.net or nothing for line in document.lines),
        )

    def _get_sent(self, name: str) -> Any:
        return (self.facts.unreturned or {}).get(name)


CONTENT_RULES = frozenset[Guard](
    {
        buyers.exemption_fits_the_buyer,
        buyers.no_vat_beside_the_small_business_exemption,
        simplified_invoices.exemption_fits_a_simplified_invoice,
        withholding.retention_fits_the_buyer,
        rates.line_rates_in_force,
        rates.lines_of_one_region,
        note_consistency.note_repeats_the_rates,
        note_consistency.note_repeats_the_exemption,
        note_consistency.note_repeats_the_withholding,
    }
)
"""Rules that ask about nothing but the content of a document, so that a question about a draft stays answered.

The rule about M99 is none of them, because InvoiceXpress stamps it on drafts by itself.
"""


def ask_about_changes(rules: Iterable[Guard]) -> Iterator[Guard]:
    """Yield the rules for an update: what the stored draft was asked about already is not asked again."""
    for rule in rules:
        yield _leave_out_answered(rule) if rule in CONTENT_RULES else rule


def _leave_out_answered(rule: Guard) -> Guard:
    @wants(*STORED_FACTS, *get_wanted_facts(rule))
    def judged(call: Any, facts: Facts) -> Iterator[Finding]:
        document = facts.document
        # The client that the update names is not that of the stored draft.
        before = replace(facts, client_by_code=None, client_by_name=None)
        answered = (
            {_identify(one) for one in rule(StoredDraft(document, before), before)} if document else set()
        )
        for one in rule(call, facts):
            if one.kind != "accept" or _identify(one) not in answered:
                yield one

    judged.__name__, judged.__doc__ = rule.__name__, rule.__doc__
    judged.rule = rule  # type: ignore[attr-defined]
    return judged


def _identify(finding: Finding) -> tuple[str, str, str]:
    return finding.accept, finding.problem.field, str(finding.problem.problem)


def recheck_refusing(rule: Guard) -> Guard:
    """Return the rule for finalizing: refusals stay refusals, and questions become warnings for the approver."""
    return _recheck(rule, refusing=True)


def recheck_warning(rule: Guard) -> Guard:
    """Return the rule for finalizing: every finding becomes a warning for the approver, who decides."""
    return _recheck(rule, refusing=False)


def _recheck(rule: Guard, *, refusing: bool) -> Guard:
    @wants(*STORED_FACTS, *get_wanted_facts(rule))
    def judged(call: Transition, facts: Facts) -> Iterator[Finding]:
        if call.state != "finalized" or facts.document is None:
            return
        for one in rule(StoredDraft(facts.document, facts), facts):
            stays = one.kind == "warn" or (refusing and one.kind == "refuse")
            yield one if stays else turn_into_warning(one)

    judged.__name__, judged.__doc__ = rule.__name__, rule.__doc__
    judged.rule = rule  # type: ignore[attr-defined]
    return judged
