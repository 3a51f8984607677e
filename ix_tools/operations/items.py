"""Items: the account's catalogue, which every document line writes into as well (trap 4)."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from ix_tools.domain import resource_names
from ix_tools.domain.parsing import read_rows
from ix_tools.domain.records import CatalogueItem
from ix_tools.domain.types import Call, Id, Record, UnitPrice
from ix_tools.guards import master_data
from ix_tools.guards.facts import Facts, Want
from ix_tools.operations.base import Operation
from ix_tools.operations.drafts import OURS, Keyed
from ix_tools.operations.expectations import Correction, Expected, Step, Subject
from ix_tools.operations.fingerprints import Changes, Removes, made, of_a_new
from ix_tools.operations.lists import Deleted, PageShown, page_of
from ix_tools.operations.preview import Preview, Row
from ix_tools.operations.probes import Evidence, Witness
from ix_tools.operations.scopes import Heading, Scope
from ix_tools.operations.spec import At, Effect, Names, Route, Spec

Unit = Literal["hour", "day", "month", "unit", "service", "other"]


class OfItem(Call):
    """A call about one item."""

    item_id: Id | None = None
    """Id of the item, from list_items; or give item."""
    item: Annotated[str | None, OURS, Names("item", "item_id")] = Field(default=None, min_length=1)
    """Exact name of the item; or give item_id."""

    def changes(self, facts: Facts) -> Iterable[str]:
        """The item under the name that it has, and the one that it may get; every item, where its name is not known."""
        stored = facts.subject.name if isinstance(facts.subject, CatalogueItem) else None
        if not stored:
            return (resource_names.EVERY_ITEM,)
        names = {stored, getattr(self, "name", None) or stored}
        return [resource_names.item(name) for name in names]


def item_at(number: int | None) -> Subject | None:
    """Where an item is read, once its id is known."""
    return Subject(f"/items/{number}.json", "item", CatalogueItem) if number is not None else None


def values_of(item: Any) -> dict[str, Any]:
    """A stored item as the arguments that would store it."""
    fields = item.model_dump(
        mode="json", include={"name", "description", "unit_price", "unit", "tax"}, exclude_none=True
    )
    return dict(fields)


class ItemList(PageShown):
    """A page of the catalogue."""

    items: list[CatalogueItem]


class ListItems(Operation[ItemList]):
    """List the catalogue of items: names, prices, taxes.

    Source: OpenAPI listItems.
    """

    page: int = Field(default=1, ge=1)
    """Number of the page, from 1; default 1."""
    per_page: int = Field(default=30, ge=1, le=100)
    """Rows on a page, 1 to 100; default 30."""

    spec = Spec(
        name="list_items",
        title="List items",
        effect=Effect.READS,
        heading=Heading.CLIENTS,
        route=Route("GET", "/items.json"),
        covers=("listItems",),
        example={"per_page": 50},
        idempotent=True,
    )

    def read(self, content: Any, facts: Facts) -> ItemList:
        """A page."""
        rows = [CatalogueItem.model_validate(one) for one in read_rows(content, "items")]
        return ItemList.model_validate({"items": rows, **page_of(content, len(rows))})


class ItemResult(Record):
    """An item as it is stored."""

    item: CatalogueItem


class GetItem(OfItem, Operation[ItemResult]):
    """Read one item.

    Source: OpenAPI getItem.
    """

    spec = Spec(
        name="get_item",
        title="Read an item",
        effect=Effect.READS,
        heading=Heading.CLIENTS,
        route=Route("GET", "/items/{item_id}.json", answer="item"),
        covers=("getItem",),
        example={"item_id": 402321},
        idempotent=True,
    )

    def read(self, content: Any, facts: Facts) -> ItemResult:
        """The item."""
        return ItemResult(item=CatalogueItem.model_validate(content or {}))


class ItemFields(Call):
    """What an item holds."""

    description: str | None = None
    """Further text printed below the name."""
    unit: Unit | None = None
    """Unit in which quantities are measured."""
    tax: Annotated[str | None, At("tax.name"), Names("tax")] = None
    """Name of the VAT rate, e.g. IVA23, from list_taxes; a new item takes the account's default rate."""


def expected_item(call: Any) -> Expected:
    """What the item reads back as."""
    given = {name: getattr(call, name) for name in ("name", "description", "unit_price", "unit", "tax")}
    return Expected({name: value for name, value in given.items() if value is not None})


class CreateItem(ItemFields, Keyed, Operation[ItemResult]):
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
        covers=("createItem",),
        example={"name": "Azulejo 20x20", "description": "Azulejo branco", "unit_price": 1.35, "unit": "unit", "tax": "IVA23"},
    )  # fmt: skip

    def changes(self, facts: Facts) -> Iterable[str]:
        """An item that is not there yet."""
        return (resource_names.item(self.name or ""),)

    def regarding(self, result: ItemResult | None = None) -> Subject | None:
        """The new item, once it has an id."""
        return item_at(result.item.id) if result and result.item.id else None

    def completed(self, facts: Facts) -> Self:
        """Name the default tax, so that the wire says what is meant; InvoiceXpress wants a description."""
        default = facts.tax(None)
        return self.model_copy(
            update={
                "tax": self.tax or (default.name if default else None),
                "description": self.description if self.description is not None else self.name,
            }
        )

    def expected(self, facts: Facts) -> Expected:
        """What was asked."""
        return expected_item(self)

    def trace(self, facts: Facts) -> dict[str, Any]:
        """Its name, and a digest of what was asked."""
        return of_a_new("items", self.expected(facts).values, called=self.name)

    @classmethod
    async def happened(cls, trace: Mapping[str, Any], witness: Witness) -> Evidence:
        """Look for its exact name over the whole catalogue: names are unique."""
        rows = await witness.rows("/items.json", "items")
        return await made(
            trace, witness, CatalogueItem, [row for row in rows if row.get("name") == trace["called"]]
        )

    def read(self, content: Any, facts: Facts) -> ItemResult:
        """The item as stored."""
        return ItemResult(item=CatalogueItem.model_validate(content or {}))

    def undo(self, result: ItemResult, facts: Facts) -> Correction:
        """Delete it."""
        return Correction("created", (Step("delete_item", "delete it", {"item_id": result.item.id}),))


class UpdateItem(ItemFields, Keyed, Changes, OfItem, Operation[ItemResult]):
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
            master_data.used_names_stay,
        ),
        idempotent=True,
        covers=("updateItem",),
        example={"item_id": 402321, "unit_price": 55},
    )

    def regarding(self, result: ItemResult | None = None) -> Subject | None:
        """The item."""
        return item_at(self.item_id)

    def completed(self, facts: Facts) -> Self:
        """The whole item: what is not sent may be lost."""
        known = facts.subject
        kept = {
            name: getattr(known, name, None) for name in ("name", "description", "unit_price", "unit", "tax")
        }
        return self.model_copy(
            update={name: old for name, old in kept.items() if getattr(self, name) is None}
        )

    def expected(self, facts: Facts) -> Expected:
        """What was asked, and all the rest as it was."""
        return expected_item(self)

    def read(self, content: Any, facts: Facts) -> ItemResult:
        """Answered with nothing; the road reads it again."""
        return ItemResult(item=CatalogueItem.model_validate(content or {}))

    def undo(self, result: ItemResult, facts: Facts) -> Correction:
        """Put back what was there."""
        before = {"item_id": self.item_id, **values_of(facts.subject)}
        return Correction("changed", (Step("update_item", "put the earlier values back", before),))


class DeleteItem(Keyed, Removes, OfItem, Operation[Deleted]):
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
        covers=("deleteItem",),
        example={"item_id": 402321},
    )

    def regarding(self, result: Deleted | None = None) -> Subject | None:
        """The item."""
        return item_at(self.item_id)

    def preview(self, facts: Facts) -> Preview:
        """The item, with its price and tax."""
        item = facts.subject if isinstance(facts.subject, CatalogueItem) else CatalogueItem()
        rows = {
            "item": item.name or self.item_id,
            "description": item.description,
            "unit_price": item.unit_price,
            "tax": item.tax,
        }
        found = ((label, value) for label, value in rows.items() if value not in (None, ""))
        return Preview(
            "item_deleted", tuple(Row(label, value, decides=label == "item") for label, value in found)
        )

    def read(self, content: Any, facts: Facts) -> Deleted:
        """What was there."""
        return Deleted(deleted=f"item {self.item_id} ({getattr(facts.subject, 'name', None)})")

    def next_steps(self, result: Deleted) -> Iterable[Step]:
        """See what is left."""
        yield Step("list_items", "see the catalogue as it is now")

    def undo(self, result: Deleted, facts: Facts) -> Correction:
        """Create it again."""
        return Correction("removed", (Step("create_item", "create it again", values_of(facts.subject)),))
