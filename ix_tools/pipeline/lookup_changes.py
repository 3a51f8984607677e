"""Changes that a write makes to remembered look-ups: what it makes stale, and what its outcome tells about the account."""

from collections.abc import Iterator, Mapping
from typing import Any

from ix_tools.domain import resource_names as named
from ix_tools.domain.records import CatalogueItem, Document
from ix_tools.guards.facts import Facts
from ix_tools.guards.items import describe_item_changes
from ix_tools.operations.base import Operation
from ix_tools.operations.drafts import DocumentDraft
from ix_tools.operations.protocols import HasName, get_state
from ix_tools.pipeline.series_lookup import name_series_state, summarize_series
from ix_tools.storage.lookup_rows import CATALOGUE, CLIENTS, SERIES, TAXES
from ix_tools.storage.lookup_transactions import LookupChanges

STALE_BY_RESOURCE = {
    named.TAXES: (TAXES,),
    "series": (SERIES,),
    named.ACCOUNT: (TAXES, SERIES),
    named.ITEM: (CATALOGUE,),
    named.CLIENT: (CLIENTS,),
}
"""Look-ups that a change of a resource makes stale, by the first part of its name."""


def plan_changes(call: Operation[Any], facts: Facts) -> LookupChanges:
    """Return the changes that are certain before the call is sent: what becomes stale, and which items it writes."""
    kinds = {resource.partition("/")[0] for resource in call.list_changes(facts)}
    stale = frozenset(name for kind in kinds for name in STALE_BY_RESOURCE.get(kind, ()))
    items: dict[str, Mapping[str, Any] | None] = {}
    if named.ITEM in kinds:
        before = facts.subject.name if isinstance(facts.subject, CatalogueItem) else None
        after = call.name if isinstance(call, HasName) else None
        items = {name: None for name in (before, after) if name}
    return LookupChanges(stale, {**items, **dict(_list_written_items(call, facts))})


def collect_changes(call: Operation[Any], facts: Facts, result: Any, *, differs: bool) -> LookupChanges:
    """Return the changes of a call that was carried out.

    Args:
        differs: InvoiceXpress stored something else than was asked.
    """
    planned = plan_changes(call, facts)
    if differs:
        return LookupChanges(planned.stale, is_surprising=True)
    items = dict(planned.items)
    item = getattr(result, "item", None)
    subject = facts.subject.id if isinstance(facts.subject, CatalogueItem) else None
    removed = (subject,) if subject is not None else ()
    if isinstance(item, CatalogueItem) and item.name:
        items[item.name] = item.model_dump(mode="json", exclude_none=True)
    document = getattr(result, "document", None)
    kept = {}
    if get_state(call) == "finalized" and isinstance(document, Document) and document.date:
        # It was accepted, so no document of its series is dated later (trap 10).
        kept = {name_series_state(document): summarize_series(document, [document.date])}
    return LookupChanges(planned.stale, items, removed, kept)


def _list_written_items(call: Operation[Any], facts: Facts) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
    """Yield the catalogue items that the lines of a document create or overwrite, as they are afterwards."""
    if not isinstance(call, DocumentDraft):
        return
    for line in call.items or ():
        stored = facts.items.get(line.name)
        if stored is None or describe_item_changes(stored, line):
            fields = {name: getattr(line, name) for name in ("name", "description", "unit", "tax")}
            given = {name: value for name, value in fields.items() if value}
            yield line.name, {**given, "unit_price": str(line.unit_price)}
