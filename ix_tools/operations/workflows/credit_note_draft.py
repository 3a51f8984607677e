"""Draft of the credit note of a correction: the lines that are taken off, in whole or in part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Self

from pydantic import Field, model_validator

from ix_tools.domain.amount_types import AboveZero, Quantity, format_cents
from ix_tools.domain.records import Document, Line
from ix_tools.domain.totals import round_to_cent
from ix_tools.domain.types import Call
from ix_tools.errors import Problem, Refused
from ix_tools.i18n.formats import format_plain
from ix_tools.i18n.messages import Message, Money, message
from ix_tools.i18n.validation_faults import InvalidValue
from ix_tools.operations.drafts import rebuild_line


class CreditedLine(Call):
    """A line to take off, whole or in part."""

    line: int = Field(ge=1)
    """Number of the line on the document, from 1."""
    quantity: Quantity | None = None
    """Quantity to take off, not the right one: 1 if 3 were charged in place of 2; default all of the line."""
    amount: AboveZero | None = None
    """Amount to take off without VAT, in place of a quantity: 10 if 110 were charged in place of 100."""

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if self.quantity is not None and self.amount is not None:
            raise InvalidValue(message("give a quantity or an amount, not both"), "amount")
        return self


@dataclass(frozen=True)
class CreditNoteDraft:
    """Credit note of a document, as arguments of create_invoice."""

    document: Document
    lines: Sequence[CreditedLine] | None
    """Lines to take off; None for all that is left."""
    remaining: Decimal
    """Amount that can still be credited, with VAT."""
    reason: str
    day: date
    accept: Sequence[str]

    def build(self, notes: list[Document]) -> dict[str, Any]:
        """Return the arguments of create_invoice for the note: lines, client, exemption and withholding of the document."""
        document = self.document
        items = self._select_lines() if self.lines else self._compute_remaining_lines(notes)
        client = document.client
        call: dict[str, Any] = {
            "document_type": "credit_notes",
            "owner_invoice_id": document.id,
            "date": self.day.isoformat(),
            "due_date": self.day.isoformat(),
            "items": items,
            "observations": self.reason,
            "accept": list(self.accept),
        }
        if client is not None and client.id is not None:
            call["client"] = {"id": client.id}
        if document.reference:
            call["reference"] = document.reference
        if document.retention:
            call["retention"] = format_plain(document.retention)
        if document.tax_exemption and any(self._is_exempt(one) for one in items):
            call["tax_exemption"] = document.tax_exemption
        return call

    def _is_exempt(self, item: Mapping[str, Any]) -> bool:
        return any(line.tax == item["tax"] and line.tax_rate == 0 for line in self.document.lines)

    def _select_lines(self) -> list[dict[str, Any]]:
        self._refuse_whole_discount("lines")
        found = []
        for one in self.lines or []:
            if one.line > len(self.document.lines):
                raise _build_refusal(
                    "lines",
                    message("there is no line {line}", line=one.line),
                    message("1 to {lines}", lines=len(self.document.lines)),
                )
            line = self.document.lines[one.line - 1]
            found.append(_build_credited_line(line, one))
        return found

    def _compute_remaining_lines(self, notes: list[Document]) -> list[dict[str, Any]]:
        """Return every line less its credited quantity.

        Raises:
            Refused: The lines do not add up to the remaining amount, so the earlier notes credited something else.
        """
        self._refuse_whole_discount("document_id")
        lines = {number: line.quantity or Decimal(1) for number, line in enumerate(self.document.lines)}
        for note in notes:
            for credited in note.lines:
                number = next(
                    (
                        at
                        for at, line in enumerate(self.document.lines)
                        if _is_same_line(line, credited) and lines[at] > 0
                    ),
                    None,
                )
                if number is not None:
                    lines[number] -= credited.quantity or Decimal(1)
        items = [
            {**rebuild_line(line), "quantity": lines[number]}
            for number, line in enumerate(self.document.lines)
            if lines[number] > 0
        ]
        worth = sum(
            (
                _compute_gross(self.document.lines[number]) * left
                for number, left in lines.items()
                if left > 0
            ),
            Decimal(0),
        )
        if abs(round_to_cent(worth) - self.remaining) > Decimal("0.01"):
            raise _build_refusal(
                "lines",
                message(
                    "{remaining} of {total} remains, and earlier notes do not say of which lines",
                    remaining=Money(self.remaining, ""),
                    total=Money(self.document.total or Decimal(0), ""),
                ),
                message("the lines to credit, with quantity or amount"),
            )
        return [_serialize_line(one) for one in items]

    def _refuse_whole_discount(self, field: str) -> None:
        nets = sum((line.net or Decimal(0) for line in self.document.lines), Decimal(0))
        if abs(round_to_cent(nets) - (self.document.before_taxes or Decimal(0))) > Decimal("0.01"):
            raise _build_refusal(
                field,
                message("the document has a discount over all lines, which its lines do not show"),
                message("create_invoice with document_type credit_notes and the discounted prices"),
            )


def _is_same_line(line: Line, credited: Line) -> bool:
    return (line.name, line.tax, line.exact_price) == (credited.name, credited.tax, credited.exact_price)


def _compute_gross(line: Line) -> Decimal:
    """Return the price of one unit with VAT."""
    kept = line.exact_price * (100 - (line.discount or Decimal(0))) / 100
    return kept * (100 + (line.tax_rate or Decimal(0))) / 100


def _build_credited_line(line: Line, wanted: CreditedLine) -> dict[str, Any]:
    whole = rebuild_line(line)
    if wanted.amount is not None:
        # Under its own name the catalogue's item would get this amount as its price (trap 4).
        part = {
            "name": f"{line.name} (acerto de {format_cents(wanted.amount)})",
            "unit_price": wanted.amount,
            "quantity": Decimal(1),
        }
        return _serialize_line({**whole, **part, "discount": None})
    return _serialize_line({**whole, "quantity": wanted.quantity or line.quantity or Decimal(1)})


def _serialize_line(line: Mapping[str, Any]) -> dict[str, Any]:
    shown = {
        name: format_plain(value) if isinstance(value, Decimal) else value for name, value in line.items()
    }
    return {name: value for name, value in shown.items() if value is not None}


def _build_refusal(field: str, problem: Message, allowed: Message) -> Refused:
    return Refused(
        message("Refused: {field}: {problem}.", field=field, problem=problem),
        problems=[Problem(field, problem, allowed)],
        next=message("give {allowed}", allowed=allowed),
    )
