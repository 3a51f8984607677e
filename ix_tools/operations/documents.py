"""Operations that read a document and change its state, whatever its type."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

from ix_tools.domain.document_ids import DocumentId
from ix_tools.domain.document_kinds import NOTES, get_document_kind
from ix_tools.domain.records import Document
from ix_tools.domain.types import DocumentType, EstimateType, GuideType, InvoiceType
from ix_tools.guards import (
    billed_guides,
    buyers,
    corrected_documents,
    dates,
    duplicates,
    electronic_invoices,
    exemptions,
    note_amounts,
    note_consistency,
    payments,
    rates,
    series,
    simplified_invoices,
    states,
    tax_numbers,
    texts,
    withholding,
)
from ix_tools.guards.facts import Facts, Want
from ix_tools.guards.finalization import recheck_refusing, recheck_warning
from ix_tools.i18n.messages import message
from ix_tools.operations.base import Operation, OperationContext
from ix_tools.operations.document_context import (
    INVOICES,
    DocumentResult,
    add_context,
    add_payments,
    build_document_result,
    find_corrected,
    find_owed_after,
    find_transport,
    list_printed_rows,
)
from ix_tools.operations.document_steps import suggest_steps
from ix_tools.operations.drafts import (
    DocumentDraft,
    IdempotentCall,
    InvoiceDraft,
)
from ix_tools.operations.estimates import EstimateDraft
from ix_tools.operations.expectations import Correction, ExpectedState, Step
from ix_tools.operations.guides import GuideDraft
from ix_tools.operations.preview import Preview, Row
from ix_tools.operations.probes import Outcome, Probe, ProbeResult
from ix_tools.operations.scopes import Heading, Scope
from ix_tools.operations.spec import Effect, Route, Spec

SET_BY_TRANSITION: Mapping[str, frozenset[str]] = {
    # Number, ATCUD and the signature's four characters exist only after finalizing, and so do the link, the Multibanco
    # reference and the code of a guide, which are made from them (API documentation, document object; DL 28/2019 art. 7).
    "finalized": frozenset(
        {
            "status",
            "sequence_number",
            "inverted_sequence_number",
            "atcud",
            "saft_hash",
            "permalink",
            "mb_reference",
            "at_doc_code_id",
        }
    ),
    "canceled": frozenset({"status", "permalink"}),
    "settled": frozenset({"status", "permalink"}),
    "unsettled": frozenset({"status", "permalink"}),
    "accept": frozenset({"status", "permalink"}),
    "refuse": frozenset({"status", "permalink"}),
}
"""Fields of a document that a transition sets, by the state given to change_state."""


class GetDocument(Operation[DocumentResult]):
    """Read one document whole: state, number, ATCUD, client, lines, totals.

    Source: API v2 documentation, Invoices, Get; OpenAPI getInvoice, getEstimate, getGuide.
    """

    document_type: DocumentType
    """Kind of the document, as lists and results show it."""
    document_id: DocumentId
    """Id or number of the document, e.g. 1001 or FT 17/2026."""

    spec = Spec(
        name="get_document",
        title="Read a document",
        effect=Effect.READS,
        heading=Heading.DOCUMENTS,
        route=Route("GET", "/{document_type}/{document_id}.json", answer="{key}"),
        example={"document_type": "invoices", "document_id": "1001"},
        idempotent=True,
        vendor_operations=("getInvoice", "getEstimate", "getGuide"),
    )

    async def execute(self, context: OperationContext) -> DocumentResult:
        """Read the document and add its context."""
        result = self.parse_response(await context.send(self), context.facts)
        return add_context(result, await context.load_document_facts(self, result.document))

    def parse_response(self, content: Any, facts: Facts) -> DocumentResult:
        """Parse the document and compute the amount to pay after withholding tax."""
        return build_document_result(Document.model_validate(content))

    def next_steps(self, result: DocumentResult) -> Iterable[Step]:
        """Suggest the calls that its state allows."""
        return suggest_steps(result)


DRAFT_CLASSES: Mapping[str, type[DocumentDraft]] = {
    "invoice": InvoiceDraft,
    "estimate": EstimateDraft,
    "guide": GuideDraft,
}
"""Class of the draft of a document that can be finalized, by its family."""
STORED_GUARDS = (
    recheck_warning(dates.date_not_in_the_future),
    recheck_warning(dates.invoice_date_is_recent),
    recheck_refusing(dates.guide_dated_by_its_loading),
    recheck_warning(dates.loading_in_the_future),
    recheck_warning(tax_numbers.fiscal_id_fits_country),
    recheck_refusing(corrected_documents.corrected_document_is_issued),
    recheck_warning(note_amounts.credit_of_a_paid_invoice),
    recheck_refusing(note_consistency.note_goes_to_the_same_client),
    recheck_refusing(note_consistency.note_of_a_final_consumer_stays_one),
    recheck_refusing(corrected_documents.note_not_before_its_invoice),
    recheck_warning(note_consistency.note_repeats_the_rates),
    recheck_warning(note_consistency.note_repeats_the_exemption),
    recheck_warning(note_consistency.note_repeats_the_withholding),
    recheck_warning(corrected_documents.credit_within_two_years),
    recheck_refusing(buyers.exemption_fits_the_buyer),
    recheck_warning(buyers.no_vat_beside_the_small_business_exemption),
    recheck_refusing(simplified_invoices.exemption_fits_a_simplified_invoice),
    recheck_warning(withholding.retention_fits_the_buyer),
    recheck_warning(withholding.retention_rate_is_in_the_law),
    recheck_warning(rates.line_rates_in_force),
    recheck_warning(rates.lines_of_one_region),
    recheck_refusing(simplified_invoices.simplified_within_legal_limit),
    recheck_refusing(billed_guides.billed_guide_is_in_force),
    recheck_warning(texts.text_speaks_to_people),
    recheck_warning(texts.names_are_of_one_alphabet),
)
"""Rules of drafts that are checked again on the stored document when it is finalized."""


class ChangeState(IdempotentCall, Operation[DocumentResult]):
    """Finalize, cancel, delete, settle or unsettle a document, accept or refuse an estimate; a person approves. Finalizing issues a certified document that can never be edited or deleted. draft: finalized, deleted; final: canceled, settled (invoices, notes), accept or refuse (estimates, either can follow the other); settled: unsettled (notes), canceled (invoice_receipts).

    Source: API v2 documentation, Invoices, Change State; OpenAPI changeInvoiceState, changeEstimateState, changeGuideState.
    """

    document_type: InvoiceType | EstimateType | GuideType
    """Kind of the document, as lists and results show it."""
    document_id: DocumentId
    """Id or number of the document, e.g. 1001 or FT 17/2026."""
    state: Literal["finalized", "canceled", "deleted", "settled", "unsettled", "accept", "refuse"]
    """State that the document changes to."""
    message: str | None = None
    """Reason in a sentence; required to cancel, except for estimates."""

    spec = Spec(
        name="change_state",
        title="Finalize, cancel, delete, settle",
        effect=Effect.FISCAL,
        heading=Heading.DOCUMENTS,
        scope=Scope.ISSUE,
        route=Route(
            "PUT", "/{document_type}/{document_id}/change-state.json", envelope="{key}", answer="{key}"
        ),
        needs=frozenset(
            {
                Want.DOCUMENT,
                Want.DOCUMENT_CLIENT,
                Want.SEQUENCES,
                Want.TAXES,
                Want.DIFFERENCES,
                Want.LATER_IN_SERIES,
                Want.RELATED,
                Want.OWNER,
                Want.OWNER_RELATED,
                Want.UNRETURNED,
            }
        ),
        guards=(
            duplicates.same_document_not_issued_unseen,
            states.vat_moss_is_read_only,
            states.transition_exists,
            states.reason_given_to_cancel,
            states.value_is_corrected_by_a_note,
            payments.settling_issues_a_receipt,
            states.not_canceled_while_paid_or_credited,
            exemptions.stored_exemption_in_order,
            dates.date_not_before_the_series,
            series.series_registered,
            note_amounts.stored_note_within_what_remains,
            electronic_invoices.issued_pdf_is_an_electronic_invoice,
            *STORED_GUARDS,
        ),
        idempotent=True,
        vendor_operations=("changeInvoiceState", "changeEstimateState", "changeGuideState"),
        example={"document_type": "invoices", "document_id": "1001", "state": "finalized"},
    )

    def build_preview(self, facts: Facts) -> Preview:
        """Show the document as it is now, and what the change does to it."""
        document = facts.document
        rows = [Row("reason", self.message)] if self.message else []
        if document is None:
            return Preview(action=self._get_action(), rows=tuple(rows))
        shown = Preview(
            action=self._get_action(),
            document=document,
            rows=tuple(rows),
            corrects=find_corrected(document, facts),
            transport=find_transport(document, facts),
        )
        shown = add_payments(shown, facts)
        if self.state == "settled" and document.document_type in INVOICES:
            return replace(shown, amount=Row("receipt", payments.get_settlement(facts).receipt_limit))
        if self.state != "finalized":
            return shown
        if (last := facts.last_in_series) is not None:
            of_when = f" · {last.date:%d/%m/%Y}" if last.date else ""
            rows.append(Row("last_in_series", f"{last.number}{of_when}"))
        if (owed := find_owed_after(document, facts)) is not None:
            rows.append(Row("owed_to_client", owed, is_headline=True))
        rows += list_printed_rows(
            document, facts, DRAFT_CLASSES[get_document_kind(document.document_type).family]
        )
        return replace(
            shown,
            rows=tuple(rows),
            differences=facts.differences,
            expected_number=_predict_number(document, facts),
        )

    def _get_action(self) -> str:
        family = get_document_kind(self.document_type).family
        if self.state == "settled" and self.document_type in NOTES:
            return "settled_note"
        of_its_own = self.state in {"finalized", "canceled"} and family != "invoice"
        return f"{self.state}_{family}" if of_its_own else self.state

    def plan_correction(self, result: DocumentResult, facts: Facts) -> Correction:
        """Plan by document family and state."""
        family = get_document_kind(self.document_type).family
        note = self.document_type in NOTES
        kind = "note" if note else family
        plans = {
            "finalized": f"{kind}_issued",
            "canceled": "canceled" if family == "invoice" else "other_canceled",
            "deleted": "draft_deleted",
            "settled": "note_settled" if note else "settled",
            "unsettled": "unsettled",
        }
        document = result.document
        about = {"document_type": self.document_type, "document_id": self.document_id}
        steps: tuple[Step, ...] = ()
        if self.state == "finalized" and family != "invoice":
            steps = (
                Step("change_state", message("cancel it, with the reason"), {**about, "state": "canceled"}),
            )
        return Correction(plans.get(self.state, "answered"), steps, document.date or facts.today)

    def predict_state(self, facts: Facts) -> ExpectedState | None:
        """Expect the state after the transition, with the approved totals."""
        document = facts.document
        if document is None:
            return None
        status = states.get_next_state(self.document_type, document.status or "", self.state)
        kept = {
            name: getattr(document, name)
            for name in ("date", "before_taxes", "taxes", "total", "tax_exemption")
        }
        return ExpectedState({"status": status, **(kept if self.state == "finalized" else {})})

    def list_written_fields(self) -> frozenset[str] | None:
        """Return the fields that the transition sets; None for a deletion, after which nothing can be read."""
        return SET_BY_TRANSITION.get(self.state)

    def build_trace(self, facts: Facts) -> dict[str, Any]:
        """Record the document, its state before, and the state after."""
        before = facts.document.status if facts.document else ""
        after = states.get_next_state(self.document_type, before or "", self.state)
        about = {"document_type": self.document_type, "document_id": self.document_id}
        return {**super().build_trace(facts), **about, "before": before, "after": after}

    @classmethod
    async def detect_outcome(cls, trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
        """Read the document's state. If it is as before, repeating the call cannot do it twice."""
        raw = await probe.read_document(str(trace["document_type"]), int(trace["document_id"]))
        status = "deleted" if raw is None else str(raw.get("status") or "not shown")
        if status == trace["after"]:
            return ProbeResult(Outcome.DONE, raw or {})
        as_before = status == trace["before"] and probe.is_request_over
        return ProbeResult(
            Outcome.NOT_DONE if as_before else Outcome.UNKNOWN,
            raw,
            message("its state is {status}", status=status),
        )

    def parse_response(self, content: Any, facts: Facts) -> DocumentResult:
        """Parse the document; an empty answer means success, and the pipeline reads it back."""
        return build_document_result(Document.model_validate(content or {}))

    def complete_result(self, result: DocumentResult, facts: Facts) -> DocumentResult:
        """Add the context of the document."""
        return add_context(result, facts)

    def next_steps(self, result: DocumentResult) -> Iterable[Step]:
        """Suggest the calls that its new state allows."""
        return suggest_steps(result)


def _predict_number(document: Document, facts: Facts) -> str:
    """Return the next number of the draft's series; empty if its series is not known."""
    found = facts.find_sequence(document.sequence_id) if document.sequence_id else None
    if found is None:
        return ""
    sequence, kind = found
    last = (facts.last_in_series.number or "") if facts.last_in_series is not None else ""
    newest = int(last.partition("/")[0]) if last.partition("/")[0].isdecimal() else 0
    return f"{max(sequence.types[kind].number or 0, newest) + 1}/{sequence.serie}"
