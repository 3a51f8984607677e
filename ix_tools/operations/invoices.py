"""Operations that create and update invoices, invoice-receipts, credit and debit notes."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from ix_tools.domain.document_ids import DocumentId
from ix_tools.domain.types import InvoiceType
from ix_tools.guards import (
    billed_guides,
    corrected_documents,
    dates,
    money,
    note_amounts,
    note_consistency,
    payments,
    simplified_invoices,
    states,
    updates,
)
from ix_tools.guards.facts import Facts
from ix_tools.i18n.messages import message
from ix_tools.operations.draft_guards import guard_changed_draft, guard_new_draft
from ix_tools.operations.draft_writes import CreatesDraft, UpdatesDraft
from ix_tools.operations.drafts import (
    InvoiceDraft,
)
from ix_tools.operations.fingerprints import detect_new_draft, trace_draft
from ix_tools.operations.probes import Outcome, Probe, ProbeResult
from ix_tools.operations.scopes import Heading
from ix_tools.operations.spec import Effect, Route, Spec, WirePath
from ix_tools.operations.updates import UPDATE_NEEDS

INVOICE_GUARDS = (
    states.vat_moss_is_read_only,
    money.global_discount_hits_every_line,
    money.currency_in_use,
    money.currency_only_prints,
    simplified_invoices.exemption_fits_a_simplified_invoice,
    dates.invoice_date_is_recent,
    corrected_documents.note_has_its_owner,
    corrected_documents.corrected_document_is_issued,
    note_amounts.credit_of_a_paid_invoice,
    billed_guides.owner_of_an_invoice_is_a_guide,
    billed_guides.billed_guide_is_in_force,
    note_consistency.note_goes_to_the_same_client,
    note_consistency.note_names_no_new_client,
    note_consistency.note_of_a_final_consumer_stays_one,
    corrected_documents.note_not_before_its_invoice,
    note_consistency.note_repeats_the_rates,
    note_consistency.note_repeats_the_exemption,
    note_consistency.note_repeats_the_withholding,
    corrected_documents.credit_within_two_years,
    note_amounts.credit_within_what_remains,
    payments.mb_reference_only_where_possible,
    simplified_invoices.simplified_within_legal_limit,
)


class CreateInvoice(CreatesDraft, InvoiceDraft):
    """Create an invoice, invoice-receipt, simplified invoice, credit or debit note as a draft; totals are checked to the cent. Nothing is issued until change_state finalizes it.

    Source: API v2 documentation, Invoices, Create; OpenAPI createInvoice.
    """

    document_type: InvoiceType = "invoices"
    """Kind of document to create; default invoices."""
    proprietary_uid: Annotated[str | None, WirePath("/proprietary_uid")] = None
    """Unique id of your own; the same id creates no second document."""

    spec = Spec(
        name="create_invoice",
        title="Create a draft invoice",
        effect=Effect.DRAFTS,
        heading=Heading.DOCUMENTS,
        route=Route("POST", "/{document_type}.json", envelope="{key}", answer="{key}"),
        guards=guard_new_draft(INVOICE_GUARDS),
        vendor_operations=("createInvoice",),
        example={
            "date": "2026-11-20",
            "due_date": "+30d",
            "client": {
                "name": "Padaria Central, Lda",
                "code": "PADARIA",
                "fiscal_id": "508025338",
                "country": "PT",
            },
            "items": [
                {
                    "name": "Horas de consultoria",
                    "unit_price": 50,
                    "quantity": 3,
                    "unit": "hour",
                    "tax": "IVA23",
                },
                {"name": "Curso certificado", "unit_price": 120, "quantity": 1, "tax": "Isento"},
            ],
            "tax_exemption": "M07",
        },
    )

    def build_trace(self, facts: Facts) -> dict[str, Any]:
        """Record the fingerprint of the draft."""
        about = {"subject": self.document_type, "document_type": self.document_type}
        return {**about, **trace_draft(self, facts)}

    @classmethod
    async def detect_outcome(cls, trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
        """Look for an equal draft: if there is none, it was not created. One proves nothing, since only the unique id does."""
        evidence = await detect_new_draft({**trace, "newest": 0}, probe)
        if evidence.outcome is Outcome.DONE:
            seen = message(
                "this may be it: {document}; repeating the call asks under its unique id",
                document=evidence.created,
            )
            return ProbeResult(Outcome.UNKNOWN, observation=seen)
        return evidence

    def with_uid(self, uid: str) -> Self:
        """Set the unique id, unless the caller gave one."""
        return self if self.proprietary_uid else self.model_copy(update={"proprietary_uid": uid})


# An update may leave out what a new document must have.
class UpdateInvoice(UpdatesDraft, InvoiceDraft):  # pyright: ignore[reportIncompatibleVariableOverride]
    """Change a draft. What you leave out stays; items, when given, replace all lines.

    Source: API v2 documentation, Invoices, Update; OpenAPI updateInvoice.
    """

    document_type: InvoiceType
    """Kind of the draft, as list_invoices shows it."""
    document_id: DocumentId
    """Id of the draft, from list_invoices or the result that created it."""

    spec = Spec(
        name="update_invoice",
        title="Change a draft invoice",
        effect=Effect.DRAFTS,
        heading=Heading.DOCUMENTS,
        route=Route("PUT", "/{document_type}/{document_id}.json", envelope="{key}", answer="{key}"),
        needs=UPDATE_NEEDS,
        guards=guard_changed_draft(
            INVOICE_GUARDS,
            updates.global_discount_not_lost,
            updates.second_currency_not_lost,
        ),
        idempotent=True,
        vendor_operations=("updateInvoice",),
        example={"document_type": "invoices", "document_id": "1001", "reference": "PO-2026-118"},
    )
