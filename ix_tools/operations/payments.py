"""Operations on payments and their receipts."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from ix_tools.domain.amount_types import Money
from ix_tools.domain.date_types import WireDate
from ix_tools.domain.document_ids import DocumentId, ReceiptId
from ix_tools.domain.records import Document
from ix_tools.domain.types import Record
from ix_tools.fiscal.payment_mechanisms import find_mechanism
from ix_tools.guards import payments, series, states
from ix_tools.guards.facts import Facts, Want
from ix_tools.i18n.messages import message
from ix_tools.operations.base import Operation
from ix_tools.operations.document_context import INVOICES, add_payments, build_reference
from ix_tools.operations.drafts import LOCAL_ONLY, AcceptingCall, IdempotentCall
from ix_tools.operations.expectations import Correction, Step
from ix_tools.operations.preview import DocumentReference, Preview, Row
from ix_tools.operations.probes import Outcome, Probe, ProbeResult
from ix_tools.operations.scopes import Heading, Scope
from ix_tools.operations.spec import Effect, ResolvesTo, Route, Spec

Mechanism = Literal["CC", "CD", "CH", "CO", "CS", "DE", "LC", "MB", "NU", "OU", "PR", "TB", "TR"]


class ReceiptResult(Record):
    """Receipt that was issued or cancelled."""

    receipt: Document


def parse_receipt(content: Any) -> Document:
    """Parse a receipt; the type is filled in if the answer lacks it."""
    return Document.model_validate(
        {"type": "Receipt", **content} if isinstance(content, dict) else content or {}
    )


class GeneratePayment(AcceptingCall, IdempotentCall, Operation[ReceiptResult]):
    """Record a payment of an invoice, which issues a certified receipt; a person approves.

    Source: API v2 documentation, Invoices, Generate Payment/Receipt; OpenAPI generatePayment.
    """

    document_type: Annotated[Literal["invoices", "simplified_invoices", "vat_moss_invoices"], LOCAL_ONLY] = (
        "invoices"
    )
    """Kind of the invoice that is paid; default invoices."""
    document_id: DocumentId
    """Id or number of the invoice that is paid, e.g. 1001 or FT 17/2026."""
    amount: Money
    """Amount received, with VAT and without withholding tax, at most what is open."""
    payment_mechanism: Mechanism
    """Means of payment: TB transfer, MB Multibanco, NU cash, CC/CD credit/debit card, CH cheque, CO voucher, CS compensation, DE e-money, LC bill, PR goods, TR meal ticket, OU other."""
    payment_date: WireDate
    """Day of the payment, e.g. 2026-11-30, or today."""
    note: str | None = None
    """Text printed on the receipt."""
    serie: Annotated[str | None, ResolvesTo("series")] = None
    """Name of the receipt's series, from list_sequences; default the invoice's series."""

    spec = Spec(
        name="generate_payment",
        title="Record a payment",
        effect=Effect.FISCAL,
        heading=Heading.PAYMENTS,
        scope=Scope.PAY,
        route=Route(
            "POST",
            "/documents/{document_id}/partial_payments.json",
            envelope="partial_payment",
            answer="receipt",
        ),
        needs=frozenset({Want.DOCUMENT, Want.DOCUMENT_CLIENT, Want.RELATED, Want.SEQUENCES}),
        guards=(
            states.vat_moss_is_read_only,
            payments.document_can_be_paid,
            payments.amount_within_what_is_open,
            payments.payment_date_not_before_document,
            payments.cash_within_legal_limit,
            series.receipt_series_registered,
        ),
        vendor_operations=("generatePayment",),
        example={
            "document_id": "1001",
            "amount": 184.5,
            "payment_mechanism": "TB",
            "payment_date": "2026-11-20",
        },
    )

    def build_preview(self, facts: Facts) -> Preview:
        """Show the invoice, its open amount and the payment."""
        way, known = find_mechanism(self.payment_mechanism), payments.get_settlement(facts)
        rows = [
            Row("open_before", known.open),
            *([Row("withheld", known.withheld)] if known.withheld else []),
            Row("mechanism", way or self.payment_mechanism),
            Row("payment_date", self.payment_date),
        ]
        rows += [
            Row(label, value)
            for label, value in (("note", self.note), ("receipt_series", self.serie))
            if value
        ]
        shown = Preview(
            action="pay",
            document=facts.document,
            rows=tuple(rows),
            amount=Row("payment", self.amount),
        )
        return add_payments(shown, facts)

    def build_trace(self, facts: Facts) -> dict[str, Any]:
        """Record the invoice, the amount and the receipts that existed before."""
        receipts = [one.id for one in facts.related if one.document_type == "receipts"]
        about = {"document_type": self.document_type, "document_id": self.document_id}
        what = {"amount": str(self.amount), "receipts": receipts}
        return {"subject": f"{self.document_type}/{self.document_id}", **about, **what}

    @classmethod
    async def detect_outcome(cls, trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
        """Compare the invoice's receipts with those before: one new receipt of the amount is the payment."""
        new = {}
        for raw in await probe.read_related(int(trace["document_id"])):
            receipt = Document.model_validate(raw)
            known = receipt.document_type != "receipts" or receipt.id in trace["receipts"]
            if not known and receipt.total == Decimal(str(trace["amount"])):
                new[f"receipts/{receipt.id}"] = raw
        free = sorted(set(new) - await probe.list_claimed(new))
        if len(free) == 1:
            return ProbeResult(Outcome.DONE, new[free[0]], created=free[0])
        if free:
            return ProbeResult(
                Outcome.UNKNOWN,
                observation=message("any of these may be it: {documents}", documents=", ".join(free)),
            )
        if await probe.read_document(str(trace["document_type"]), int(trace["document_id"])) is None:
            return ProbeResult(Outcome.UNKNOWN, observation=message("the invoice is not found"))
        return ProbeResult(
            Outcome.NOT_DONE if probe.is_list_current else Outcome.UNKNOWN,
            observation=message("no new receipt so far"),
        )

    def parse_response(self, content: Any, facts: Facts) -> ReceiptResult:
        """Parse the receipt."""
        return ReceiptResult(receipt=parse_receipt(content))

    def next_steps(self, result: ReceiptResult) -> Iterable[Step]:
        """Suggest fetching the receipt and reading the invoice."""
        if result.receipt.id:
            yield Step("get_pdf", message("fetch the receipt's PDF"), {"document_id": result.receipt.id})
        yield Step(
            "get_document",
            message("see whether the invoice is settled"),
            {"document_type": self.document_type, "document_id": self.document_id},
        )

    def plan_correction(self, result: ReceiptResult, facts: Facts) -> Correction:
        """Plan: cancel the receipt."""
        step = Step(
            "cancel_payment", message("cancel it, with the reason"), {"receipt_id": result.receipt.id}
        )
        return Correction("paid", (step,) if result.receipt.id else ())


class CancelPayment(IdempotentCall, Operation[ReceiptResult]):
    """Cancel a receipt and its payment; the invoice is open again. A person approves.

    Source: API v2 documentation, Invoices, Cancel Payment/Receipt; OpenAPI cancelReceipt.
    """

    receipt_id: ReceiptId
    """Id or number of the receipt, e.g. 1002 or RG 3/2026."""
    message: str
    """Reason for cancelling it, in a sentence."""
    state: Literal["canceled"] = "canceled"
    """Always canceled, the only change there is."""

    spec = Spec(
        name="cancel_payment",
        title="Cancel a payment",
        effect=Effect.FISCAL,
        heading=Heading.PAYMENTS,
        scope=Scope.PAY,
        route=Route("PUT", "/receipts/{receipt_id}/change-state.json", envelope="receipt", answer="receipt"),
        needs=frozenset({Want.DOCUMENT, Want.DOCUMENT_CLIENT, Want.RELATED}),
        guards=(payments.receipt_is_in_force, states.reason_is_a_sentence),
        idempotent=True,
        vendor_operations=("cancelReceipt",),
        example={"receipt_id": "1002", "message": "Payment was recorded on the wrong invoice."},
    )

    def document_ref(self) -> tuple[str, int]:
        """Parse the receipt."""
        return "receipts", self.receipt_id

    def fill_defaults(self, facts: Facts) -> Self:
        """Return the call unchanged; it has no defaults."""
        return self

    def build_preview(self, facts: Facts) -> Preview:
        """Show the receipt, the invoice it paid, and the reason."""
        receipt = facts.document
        paid_for = next((one for one in facts.related if one.document_type in INVOICES), None)
        rows = [Row("reason", self.message)]
        if receipt is not None:
            rows.insert(0, Row("paid_for", build_reference(paid_for) if paid_for else DocumentReference()))
        return Preview(
            action="cancel_payment",
            document=receipt,
            rows=tuple(rows),
            amount=Row("receipt", receipt.total) if receipt and receipt.total is not None else None,
        )

    @classmethod
    async def detect_outcome(cls, trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
        """Read the state of the receipt."""
        raw = await probe.read_document("receipts", int(str(trace["subject"]).rpartition("/")[2]))
        if raw is None:
            return ProbeResult(Outcome.UNKNOWN, observation=message("the receipt is gone"))
        if raw.get("status") == "canceled":
            return ProbeResult(Outcome.DONE, raw)
        return ProbeResult(
            Outcome.NOT_DONE if probe.is_request_over else Outcome.UNKNOWN,
            raw,
            message("the receipt still stands"),
        )

    def parse_response(self, content: Any, facts: Facts) -> ReceiptResult:
        """Parse the cancelled receipt."""
        return ReceiptResult(receipt=parse_receipt(content))

    def plan_correction(self, result: ReceiptResult, facts: Facts) -> Correction:
        """Plan: record the payment again."""
        return Correction("payment_canceled")
