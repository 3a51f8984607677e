"""Operations on estimates: quotes, pro forma invoices and fees notes."""

from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from ix_tools.domain.amount_types import Money
from ix_tools.domain.date_types import WireDate
from ix_tools.domain.document_ids import DocumentId
from ix_tools.domain.document_kinds import get_document_kind
from ix_tools.domain.field_marks import NotShown, Unreturned
from ix_tools.domain.types import EstimateType
from ix_tools.guards import (
    buyers,
    clients,
    dates,
    exemptions,
    money,
    rates,
    series,
    tax_numbers,
    texts,
    updates,
    withholding,
)
from ix_tools.guards import items as catalogue
from ix_tools.guards.facts import Facts, Want
from ix_tools.guards.finalization import ask_about_changes
from ix_tools.operations.base import Operation
from ix_tools.operations.draft_writes import CreatesDraft, UpdatesDraft
from ix_tools.operations.drafts import (
    DocumentDraft,
)
from ix_tools.operations.lists import DocumentRow, PageResult, parse_document_page
from ix_tools.operations.scopes import Heading
from ix_tools.operations.spec import Effect, Route, Spec, WirePath
from ix_tools.operations.updates import UPDATE_NEEDS

ESTIMATE_GUARDS = (
    money.taxes_exist,
    exemptions.exemption_named_when_vat_is_zero,
    exemptions.exemption_known_and_in_force,
    exemptions.no_exemption_without_exempt_lines,
    buyers.exemption_fits_the_buyer,
    buyers.no_vat_beside_the_small_business_exemption,
    withholding.retention_fits_the_buyer,
    withholding.retention_rate_is_in_the_law,
    rates.line_rates_in_force,
    rates.lines_of_one_region,
    dates.due_date_not_before_date,
    dates.date_not_in_the_future,
    clients.client_named,
    clients.client_code_and_name_agree,
    clients.existing_client_not_contradicted,
    clients.final_consumer_has_no_number,
    tax_numbers.fiscal_id_fits_country,
    tax_numbers.new_client_number_not_shared,
    catalogue.catalogue_items_not_overwritten_unseen,
    catalogue.line_names_unique,
    series.series_fits_type,
    texts.text_speaks_to_people,
    texts.texts_are_no_placeholders,
)


class EstimateDraft(DocumentDraft):
    """Fields of estimates besides those of every document."""

    auto_add_related_document: Annotated[
        bool | None, Unreturned(), NotShown("ties later documents to it and is not printed")
    ] = None
    """True lets InvoiceXpress link later documents that are made from it."""


class CreateEstimate(CreatesDraft, EstimateDraft):
    """Create a quote, pro forma or fees note as a draft; no tax is due on it.

    Source: OpenAPI createEstimate.
    """

    document_type: EstimateType = "quotes"
    """Kind of estimate to create; default quotes."""

    spec = Spec(
        name="create_estimate",
        title="Create a draft estimate",
        effect=Effect.DRAFTS,
        heading=Heading.DOCUMENTS,
        route=Route("POST", "/{document_type}.json", envelope="{key}", answer="{key}"),
        needs=frozenset({Want.NEWEST}),
        guards=(exemptions.removal_only_on_update, *ESTIMATE_GUARDS),
        vendor_operations=("createEstimate",),
        example={
            "document_type": "quotes",
            "date": "2026-11-20",
            "due_date": "+30d",
            "client": {"name": "Padaria Central, Lda", "code": "PADARIA", "fiscal_id": "508025338"},
            "items": [{"name": "Obra na cozinha", "unit_price": 1200, "quantity": 1, "tax": "IVA23"}],
        },
    )


# An update may leave out what a new document must have.
class UpdateEstimate(UpdatesDraft, EstimateDraft):  # pyright: ignore[reportIncompatibleVariableOverride]
    """Change a draft estimate. What you leave out stays; items, when given, replace all lines.

    Source: OpenAPI updateEstimate.
    """

    document_type: EstimateType
    """Kind of the draft, as list_estimates shows it."""
    document_id: DocumentId
    """Id of the draft, from list_estimates or the result that created it."""

    spec = Spec(
        name="update_estimate",
        title="Change a draft estimate",
        effect=Effect.DRAFTS,
        heading=Heading.DOCUMENTS,
        route=Route("PUT", "/{document_type}/{document_id}.json", envelope="{key}", answer="{key}"),
        needs=UPDATE_NEEDS,
        guards=(
            updates.only_drafts_are_edited,
            updates.unreturned_fields_not_lost,
            updates.lines_not_dropped_unseen,
            updates.rebuilt_lines_keep_the_total,
            *ask_about_changes(ESTIMATE_GUARDS),
        ),
        idempotent=True,
        vendor_operations=("updateEstimate",),
        example={"document_type": "quotes", "document_id": "1001", "reference": "PO-2026-118"},
    )


WIRE_TYPES = {kind: get_document_kind(kind).camel for kind in get_args(EstimateType)}
EstimateState = Literal["draft", "final", "accepted", "refused", "canceled"]
DEFAULT_STATES: list[EstimateState] = ["draft", "final", "accepted", "refused"]


class EstimateList(PageResult):
    """Page of estimates."""

    estimates: list[DocumentRow]


class ListEstimates(Operation[EstimateList]):
    """List quotes, pro formas and fees notes, newest first.

    Source: OpenAPI listEstimates.
    """

    types: Annotated[list[EstimateType], WirePath("type[]", WIRE_TYPES)] = Field(
        default_factory=lambda: list(get_args(EstimateType)), min_length=1
    )
    """Kinds of estimate to list; default all."""
    states: Annotated[list[EstimateState], WirePath("status[]", {"final": "sent"})] = Field(
        default_factory=DEFAULT_STATES.copy, min_length=1
    )
    """States to list; default all but canceled."""
    text: str | None = None
    """Words to search for, e.g. a client's name, matched loosely."""
    date_from: Annotated[WireDate | None, WirePath("date[from]")] = None
    """First document date to list, e.g. 2026-11-01."""
    date_to: Annotated[WireDate | None, WirePath("date[to]")] = None
    """Last document date to list, e.g. 2026-11-30."""
    due_date_from: Annotated[WireDate | None, WirePath("due_date[from]")] = None
    """First due date to list, e.g. 2026-11-01."""
    due_date_to: Annotated[WireDate | None, WirePath("due_date[to]")] = None
    """Last due date to list, e.g. 2026-11-30."""
    total_before_taxes_from: Annotated[Money | None, WirePath("total_before_taxes[from]")] = None
    """Smallest total without VAT to list."""
    total_before_taxes_to: Annotated[Money | None, WirePath("total_before_taxes[to]")] = None
    """Largest total without VAT to list."""
    non_archived: bool = True
    """List documents that are not archived; default true."""
    archived: bool = False
    """List archived documents too; default false."""
    page: int = Field(default=1, ge=1)
    """Number of the page, from 1; default 1."""
    per_page: int = Field(default=30, ge=1, le=100)
    """Rows on a page, 1 to 100; default 30."""

    spec = Spec(
        name="list_estimates",
        title="List estimates",
        effect=Effect.READS,
        heading=Heading.DOCUMENTS,
        route=Route("GET", "/estimates.json"),
        vendor_operations=("listEstimates",),
        example={"types": ["quotes"], "states": ["final"], "date_from": "2026-11-01"},
        idempotent=True,
    )

    def parse_response(self, content: Any, facts: Facts) -> EstimateList:
        """Parse the page."""
        return EstimateList.model_validate(parse_document_page(content, "estimates"))
