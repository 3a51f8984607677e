"""Adapters that check rules of drafts again on the stored document when it is finalized.

A rule reads a draft through the protocol `protocols.Draft`, which `StoredDraft` implements too.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from ix_tools.domain.field_marks import Printed
from ix_tools.domain.records import Client, Document, Line
from ix_tools.domain.totals import Totals
from ix_tools.domain.types import parse_moment
from ix_tools.guards.facts import Facts, Want, get_wanted_facts, wants
from ix_tools.guards.findings import Finding, Guard
from ix_tools.guards.notes import find_owner
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
            yield one if stays else replace(one, kind="warn", accept="", next="")

    judged.__name__, judged.__doc__ = rule.__name__, rule.__doc__
    judged.rule = rule  # type: ignore[attr-defined]
    return judged
