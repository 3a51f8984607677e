"""Operations on delivery, transport and return guides."""

from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field

from ix_tools.domain.date_types import WireDate
from ix_tools.domain.document_ids import DocumentId
from ix_tools.domain.document_kinds import get_document_kind
from ix_tools.domain.field_marks import Clearable, Stored, Unreturned
from ix_tools.domain.types import GuideType
from ix_tools.domain.written_moments import WireMoment
from ix_tools.guards import (
    dates,
    updates,
)
from ix_tools.guards.facts import Facts, Want
from ix_tools.operations.base import Operation
from ix_tools.operations.draft_guards import guard_changed_draft, guard_new_draft
from ix_tools.operations.draft_writes import CreatesDraft, UpdatesDraft
from ix_tools.operations.drafts import (
    Address,
    DocumentDraft,
)
from ix_tools.operations.list_filters import ArchiveFilter, DocumentFilter
from ix_tools.operations.lists import DocumentRow, PageResult, parse_document_page
from ix_tools.operations.scopes import Heading
from ix_tools.operations.spec import Effect, Route, Spec, WirePath
from ix_tools.operations.updates import UPDATE_NEEDS

GUIDE_GUARDS = (
    dates.loading_in_the_future,
    dates.guide_dated_by_its_loading,
)


class GuideDraft(DocumentDraft):
    """Fields of guides besides those of every document: the transport."""

    loaded_at: Annotated[WireMoment, Unreturned(required=True)]
    """Start of the transport, in the future, in Lisbon time, e.g. 2026-11-30T09:30."""
    address_from: Address
    """Address where the goods are loaded."""
    address_to: Address
    """Address where the goods are delivered."""
    license_plate: Annotated[str | None, Stored(if_given=True), Clearable()] = None
    """Licence plate of the vehicle, e.g. 11-AA-22."""
    load_site: Annotated[str | None, Unreturned(), Clearable()] = None
    """Short name of the loading place, as the guide prints it."""
    delivery_site: Annotated[str | None, Unreturned(), Clearable()] = None
    """Short name of the delivery place, as the guide prints it."""


class CreateGuide(CreatesDraft, GuideDraft):
    """Create a delivery, transport or return guide as a draft. Finalize it with change_state before the transport starts.

    Source: API v2 documentation, Guides, Update (the same fields); OpenAPI createGuide.
    """

    document_type: GuideType
    """Kind of guide: shippings (delivery), transports (transport) or devolutions (return)."""

    spec = Spec(
        name="create_guide",
        title="Create a draft guide",
        effect=Effect.DRAFTS,
        heading=Heading.GUIDES,
        route=Route("POST", "/{document_type}.json", envelope="{key}", answer="{key}"),
        needs=frozenset({Want.NEWEST}),
        guards=guard_new_draft(GUIDE_GUARDS),
        vendor_operations=("createGuide",),
        example={
            "document_type": "transports",
            "date": "today",
            "due_date": "today",
            "loaded_at": "2099-12-31T09:00",
            "address_from": {
                "detail": "Rua da Fábrica 5",
                "city": "Lisboa",
                "postal_code": "1000-555",
                "country": "PT",
            },
            "address_to": {
                "detail": "Avenida Central 10",
                "city": "Porto",
                "postal_code": "4000-100",
                "country": "PT",
            },
            "license_plate": "11-AA-22",
            "client": {
                "name": "Padaria Central, Lda",
                "code": "PADARIA",
                "fiscal_id": "508025338",
                "country": "PT",
            },
            "items": [
                {"name": "Farinha T65", "unit_price": 0.85, "quantity": 500, "unit": "unit", "tax": "IVA6"}
            ],
        },
    )


# An update may leave out what a new document must have.
class UpdateGuide(UpdatesDraft, GuideDraft):  # pyright: ignore[reportIncompatibleVariableOverride]
    """Change a draft guide. What you leave out stays; items, when given, replace all lines.

    Source: API v2 documentation, Guides, Update; OpenAPI updateGuide.
    """

    document_type: GuideType
    """Kind of the draft, as list_guides shows it."""
    document_id: DocumentId
    """Id of the draft, from list_guides or the result that created it."""
    loaded_at: WireMoment | None = None  # type: ignore[assignment]
    """Start of the transport, in the future, in Lisbon time, e.g. 2026-11-30T09:30; required where the guide was not written from here, because InvoiceXpress does not return it."""
    address_from: Address | None = None  # type: ignore[assignment]
    """New address where the goods are loaded."""
    address_to: Address | None = None  # type: ignore[assignment]
    """New address where the goods are delivered."""

    spec = Spec(
        name="update_guide",
        title="Change a draft guide",
        effect=Effect.DRAFTS,
        heading=Heading.GUIDES,
        route=Route("PUT", "/{document_type}/{document_id}.json", envelope="{key}", answer="{key}"),
        needs=UPDATE_NEEDS,
        guards=guard_changed_draft(
            GUIDE_GUARDS,
            updates.addresses_given,
        ),
        idempotent=True,
        vendor_operations=("updateGuide",),
        example={
            "document_type": "transports",
            "document_id": "1001",
            "loaded_at": "2099-12-31T10:00",
            "license_plate": "22-BB-33",
        },
    )

    def fill_defaults(self, facts: Facts) -> Self:
        """Fill in the stored guide, which an update replaces whole."""
        whole = super().fill_defaults(facts)
        document = facts.document
        if document is None:
            return whole
        update = {
            name: Address.model_validate(
                {key: value for key, value in stored.items() if key in Address.model_fields}
            )
            for name in ("address_from", "address_to")
            if getattr(whole, name) is None and (stored := getattr(document, name))
        }
        return whole.model_copy(update=update)


WIRE_TYPES = {kind: get_document_kind(kind).camel for kind in get_args(GuideType)}
GuideState = Literal["draft", "final", "canceled", "second_copy"]
DEFAULT_STATES: list[GuideState] = ["draft", "final"]


class GuideList(PageResult):
    """Page of guides."""

    guides: list[DocumentRow]


class ListGuides(ArchiveFilter, DocumentFilter, Operation[GuideList]):
    """List delivery, transport and return guides, newest first, with AT's code once it is there.

    Source: OpenAPI listGuides.
    """

    types: Annotated[list[GuideType], WirePath("type[]", WIRE_TYPES)] = Field(
        default_factory=lambda: list(get_args(GuideType)), min_length=1
    )
    """Kinds of guide to list; default all."""
    states: Annotated[list[GuideState], WirePath("status[]", {"final": "sent"})] = Field(
        default_factory=DEFAULT_STATES.copy, min_length=1
    )
    """States to list; default draft and final."""
    loaded_from: Annotated[WireDate | None, WirePath("loaded_at[from]")] = None
    """First day of loading to list, e.g. 2026-11-01."""
    loaded_to: Annotated[WireDate | None, WirePath("loaded_at[to]")] = None
    """Last day of loading to list, e.g. 2026-11-30."""

    spec = Spec(
        name="list_guides",
        title="List guides",
        effect=Effect.READS,
        heading=Heading.GUIDES,
        route=Route("GET", "/guides.json"),
        vendor_operations=("listGuides",),
        example={"types": ["transports"], "states": ["final"]},
        idempotent=True,
    )

    def parse_response(self, content: Any, facts: Facts) -> GuideList:
        """Parse the page."""
        return GuideList.model_validate(parse_document_page(content, "guides"))
