"""Operations on the account's catalogue of items, which document lines overwrite (trap 4)."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from ix_tools.domain import resource_names
from ix_tools.domain.amount_types import UnitPrice
from ix_tools.domain.field_marks import NameOnly
from ix_tools.domain.parsing import read_rows
from ix_tools.domain.records import CatalogueItem
from ix_tools.domain.types import Call, Id, Record
from ix_tools.guards import master_data
from ix_tools.guards.facts import Facts, Want
from ix_tools.i18n.messages import message
from ix_tools.operations.base import Operation
from ix_tools.operations.drafts import LOCAL_ONLY, IdempotentCall
from ix_tools.operations.expectations import Correction, ExpectedState, Step, Subject
from ix_tools.operations.fingerprints import (
    DetectableChange,
    DetectableDeletion,
    detect_creation,
    trace_creation,
)
from ix_tools.operations.list_filters import PageCall
from ix_tools.operations.lists import DeletionResult, PageResult, name_deleted, parse_page
from ix_tools.operations.preview import Preview, Row
from ix_tools.operations.probes import Probe, ProbeResult
from ix_tools.operations.protocols import HasName
from ix_tools.operations.scopes import Heading, Scope
from ix_tools.operations.spec import Effect, ResolvesTo, Route, Spec, WirePath

Unit = Literal["hour", "day", "month", "unit", "service", "other"]


class ItemCall(Call):
    """Parameters that select one item."""

    item_id: Id | None = None
    """Id of the item, from list_items; or give item."""
    item: Annotated[str | None, LOCAL_ONLY, ResolvesTo("item", "item_id")] = Field(default=None, min_length=1)
    """Exact name of the item; or give item_id."""

    def list_changes(self, facts: Facts) -> Iterable[str]:
        """Return the item by its stored and its new name; every item if the stored name is not known."""
        stored = facts.subject.name if isinstance(facts.subject, CatalogueItem) else None
        if not stored:
            return (resource_names.ANY_ITEM,)
        names = {stored, (self.name if isinstance(self, HasName) else None) or stored}
        return [resource_names.name_item(name) for name in names]


def locate_item(number: int | None) -> Subject | None:
    """Return the reference by which an item is read; None without an id."""
    return Subject(f"/items/{number}.json", "item", CatalogueItem) if number is not None else None


def dump_item(item: Any) -> dict[str, Any]:
    """Return a stored item as the arguments that would store it."""
    fields = item.model_dump(
        mode="json", include={"name", "description", "unit_price", "unit", "tax"}, exclude_none=True
    )
    return dict(fields)


class ItemList(PageResult):
    """Page of the catalogue."""

    items: list[CatalogueItem]


class ListItems(PageCall, Operation[ItemList]):
    """List the catalogue of items: names, prices, taxes.

    Source: OpenAPI listItems.
    """

    spec = Spec(
        name="list_items",
        title="List items",
        effect=Effect.READS,
        heading=Heading.CLIENTS,
        route=Route("GET", "/items.json"),
        vendor_operations=("listItems",),
        example={"per_page": 50},
        idempotent=True,
    )

    def parse_response(self, content: Any, facts: Facts) -> ItemList:
        """Parse the page."""
        rows = [CatalogueItem.model_validate(one) for one in read_rows(content, "items")]
        return ItemList.model_validate({"items": rows, **parse_page(content, len(rows))})


class ItemResult(Record):
    """Item as stored."""

    item: CatalogueItem


class GetItem(ItemCall, Operation[ItemResult]):
    """Read one item.

    Source: OpenAPI getItem.
    """

    spec = Spec(
        name="get_item",
        title="Read an item",
        effect=Effect.READS,
        heading=Heading.CLIENTS,
        route=Route("GET", "/items/{item_id}.json", answer="item"),
        vendor_operations=("getItem",),
        example={"item_id": 402321},
        idempotent=True,
    )

    def parse_response(self, content: Any, facts: Facts) -> ItemResult:
        """Parse the item."""
        return ItemResult(item=CatalogueItem.model_validate(content or {}))


class ItemFields(Call):
    """Fields of an item besides name and price."""

    description: str | None = None
    """Further text printed below the name."""
    unit: Unit | None = None
    """Unit in which quantities are measured."""
    tax: Annotated[str | None, WirePath("tax.name"), ResolvesTo("tax"), NameOnly()] = None
    """Name of the VAT rate, e.g. IVA23, from list_taxes; a new item takes the account's default rate."""


def predict_item(call: Any) -> ExpectedState:
    """Return the expected state of the item."""
    given = {name: getattr(call, name) for name in ("name", "description", "unit_price", "unit", "tax")}
    return ExpectedState({name: value for name, value in given.items() if value is not None})


class CreateItem(ItemFields, IdempotentCall, Operation[ItemResult]):
    """Add an item to the catalogue. Document lines of the same name take over and overwrite it.

    Source: OpenAPI createItem.
    """

    name: str = Field(min_length=1)
    """Name of the item, unique, and fixed once a document uses it."""
    unit_price: UnitPrice
    """Price of one unit without VAT, with at most 4 decimals."""

    spec = Spec(
        name="create_item",
        title="Create an item",
        effect=Effect.CATALOGUE,
        heading=Heading.CLIENTS,
        scope=Scope.DRAFT,
        route=Route("POST", "/items.json", envelope="item", answer="item"),
        guards=(master_data.item_tax_exists,),
        vendor_operations=("createItem",),
        example={"name": "Azulejo 20x20", "description": "Azulejo branco", "unit_price": 1.35, "unit": "unit", "tax": "IVA23"},
    )  # fmt: skip

    def list_changes(self, facts: Facts) -> Iterable[str]:
        """Return the name of the new item."""
        return (resource_names.name_item(self.name or ""),)

    def subject_ref(self, result: ItemResult | None = None) -> Subject | None:
        """Return the new item once it has an id."""
        return locate_item(result.item.id) if result and result.item.id else None

    def fill_defaults(self, facts: Facts) -> Self:
        """Fill in the default tax by name, and the description, which InvoiceXpress requires."""
        default = facts.find_tax(None)
        return self.model_copy(
            update={
                "tax": self.tax or (default.name if default else None),
                "description": self.description if self.description is not None else self.name,
            }
        )

    def predict_state(self, facts: Facts) -> ExpectedState:
        """Expect the requested values."""
        return predict_item(self)

    def build_trace(self, facts: Facts) -> dict[str, Any]:
        """Record the name, and a hash of the requested values."""
        return trace_creation("items", self.predict_state(facts).values, called=self.name)

    @classmethod
    async def detect_outcome(cls, trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
        """Look for the exact name in the whole catalogue; names are unique."""
        rows = await probe.list_rows("/items.json", "items")
        return await detect_creation(
            trace, probe, CatalogueItem, [row for row in rows if row.get("name") == trace["called"]]
        )

    def parse_response(self, content: Any, facts: Facts) -> ItemResult:
        """Parse the stored item."""
        return ItemResult(item=CatalogueItem.model_validate(content or {}))

    def plan_correction(self, result: ItemResult, facts: Facts) -> Correction:
        """Plan: delete it."""
        return Correction(
            "created", (Step("delete_item", message("delete it"), {"item_id": result.item.id}),)
        )


class UpdateItem(ItemFields, IdempotentCall, DetectableChange, ItemCall, Operation[ItemResult]):
    """Change an item for the whole account. What you leave out stays; issued documents keep what they have.

    Source: OpenAPI updateItem.
    """

    name: str | None = Field(default=None, min_length=1)
    """New name of the item, only while no document uses it."""
    unit_price: UnitPrice | None = None
    """New price of one unit without VAT, with at most 4 decimals."""

    spec = Spec(
        name="update_item",
        title="Change an item",
        effect=Effect.CATALOGUE,
        heading=Heading.CLIENTS,
        scope=Scope.DRAFT,
        route=Route("PUT", "/items/{item_id}.json", envelope="item", answer="item"),
        needs=frozenset({Want.SUBJECT}),
        guards=(
            master_data.item_tax_exists,
            master_data.price_changes_for_everyone,
            master_data.used_item_names_stay,
        ),
        idempotent=True,
        vendor_operations=("updateItem",),
        example={"item_id": 402321, "unit_price": 55},
    )

    def subject_ref(self, result: ItemResult | None = None) -> Subject | None:
        """Return the item."""
        return locate_item(self.item_id)

    def fill_defaults(self, facts: Facts) -> Self:
        """Fill in the stored values, since a field that is not sent may be lost."""
        known = facts.subject
        kept = {
            name: getattr(known, name, None) for name in ("name", "description", "unit_price", "unit", "tax")
        }
        return self.model_copy(
            update={name: old for name, old in kept.items() if getattr(self, name) is None}
        )

    def predict_state(self, facts: Facts) -> ExpectedState:
        """Expect the requested values, and all others as they were."""
        return predict_item(self)

    def parse_response(self, content: Any, facts: Facts) -> ItemResult:
        """Parse the answer, which is empty; the pipeline reads the record back."""
        return ItemResult(item=CatalogueItem.model_validate(content or {}))

    def plan_correction(self, result: ItemResult, facts: Facts) -> Correction:
        """Plan: update it with the earlier values."""
        before = {"item_id": self.item_id, **dump_item(facts.subject)}
        return Correction("changed", (Step("update_item", message("put the earlier values back"), before),))


class DeleteItem(IdempotentCall, DetectableDeletion, ItemCall, Operation[DeletionResult]):
    """Delete a catalogue item; a person approves.

    Source: OpenAPI deleteItem.
    """

    spec = Spec(
        name="delete_item",
        title="Delete an item",
        effect=Effect.REMOVES,
        heading=Heading.CLIENTS,
        scope=Scope.ISSUE,
        route=Route("DELETE", "/items/{item_id}.json"),
        needs=frozenset({Want.SUBJECT}),
        idempotent=True,
        vendor_operations=("deleteItem",),
        example={"item_id": 402321},
    )

    def subject_ref(self, result: DeletionResult | None = None) -> Subject | None:
        """Return the item."""
        return locate_item(self.item_id)

    def build_preview(self, facts: Facts) -> Preview:
        """Show the item with its price and tax."""
        item = facts.subject if isinstance(facts.subject, CatalogueItem) else CatalogueItem()
        rows = {
            "item": item.name or self.item_id,
            "description": item.description,
            "unit_price": item.unit_price,
            "tax": item.tax,
        }
        found = ((label, value) for label, value in rows.items() if value not in (None, ""))
        return Preview(
            "item_deleted", tuple(Row(label, value, is_headline=label == "item") for label, value in found)
        )

    def parse_response(self, content: Any, facts: Facts) -> DeletionResult:
        """Return the name of the deleted item."""
        return DeletionResult(deleted=name_deleted("item", self.item_id, facts.subject))

    def next_steps(self, result: DeletionResult) -> Iterable[Step]:
        """Suggest listing the catalogue."""
        yield Step("list_items", message("see the catalogue as it is now"))

    def plan_correction(self, result: DeletionResult, facts: Facts) -> Correction:
        """Plan: create it again."""
        return Correction(
            "removed", (Step("create_item", message("create it again"), dump_item(facts.subject)),)
        )
