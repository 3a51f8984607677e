"""Claims of a call: exclusive on what it changes, shared on what it relies on.

A document is claimed exclusively. Its client, series, taxes and catalogue items are shared, so that many documents for one
client do not queue; a call that changes one of these claims it exclusively. A document also changes a client or item that it
names if that does not exist yet, or if the document would overwrite it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ix_tools.domain import resource_names as named
from ix_tools.domain.records import Document
from ix_tools.guards.facts import Facts
from ix_tools.guards.items import describe_item_changes
from ix_tools.guards.series import find_series
from ix_tools.idempotency.claims import Claim
from ix_tools.operations.base import Operation
from ix_tools.operations.drafts import ClientDetails, DocumentDraft
from ix_tools.operations.spec import Effect

MAX_ITEM_CLAIMS = 50
"""Above this number of item names, a document claims the whole catalogue instead of each item."""


def collect_claims(call: Operation[Any], facts: Facts) -> frozenset[Claim]:
    """Return the claims on everything that the call changes or that must not change during the call."""
    if not call.spec.effect.writes:
        return frozenset()
    alone: dict[str, bool] = dict.fromkeys(call.list_changes(facts), True)
    for claim in (*_claim_document(call, facts), *_claim_draft(call, facts)):
        alone[claim.resource] = alone.get(claim.resource, False) or claim.exclusive
    return frozenset(Claim(resource, exclusive) for resource, exclusive in alone.items())


def _claim_document(call: Operation[Any], facts: Facts) -> Iterator[Claim]:
    reference = call.document_ref()
    if reference is not None:
        yield Claim(named.name_document(reference[1]), exclusive=True)
    document = facts.document
    if document is not None:
        yield from _claim_references(document, facts)
    owner = facts.owner
    if owner is not None and owner.id is not None:
        # The amount that may still be credited or paid depends on every document related to the owner.
        yield Claim(named.name_document(owner.id), exclusive=call.spec.effect is Effect.FISCAL)


def _claim_references(document: Document, facts: Facts) -> Iterator[Claim]:
    if document.client is not None and document.client.id is not None:
        yield Claim(named.name_client(document.client.id))
    yield _claim_series(document.sequence_id, facts)
    yield Claim(named.TAXES)
    yield Claim(named.ACCOUNT)
    yield from _claim_items({line.name: False for line in document.lines if line.name})


def _claim_draft(call: Operation[Any], facts: Facts) -> Iterator[Claim]:
    """Yield claims for a draft: client, series, taxes, and the items that InvoiceXpress would write."""
    if not isinstance(call, DocumentDraft):
        return
    if call.client is not None:
        yield _claim_client(call.client, facts)
    yield _claim_series(call.sequence_id, facts)
    yield Claim(named.TAXES)
    writes: dict[str, bool] = {}
    for line in (
        call.items or ()
    ):  # an update leaves out unchanged fields; after fill_defaults it names every line
        stored = facts.items.get(line.name)
        writes[line.name] = stored is None or bool(describe_item_changes(stored, line))
    yield from _claim_items(writes)


def _claim_client(client: ClientDetails, facts: Facts) -> Claim:
    known = facts.client_by_code or facts.client_by_name
    number = known.id if known is not None and known.id is not None else client.id
    if number is not None:
        return Claim(named.name_client(number))
    return Claim(named.name_new_client(client.code or client.name or client.fiscal_id or ""), exclusive=True)


def _claim_series(sequence_id: int | None, facts: Facts) -> Claim:
    if sequence_id is None:
        return Claim(named.DEFAULT_SERIES)
    series = find_series(sequence_id, facts)
    known = series.id if series is not None else None
    return Claim(named.name_series(known or sequence_id))


def _claim_items(names: Mapping[str, bool]) -> Iterator[Claim]:
    if len(names) > MAX_ITEM_CLAIMS:
        yield Claim(named.ANY_ITEM, exclusive=any(names.values()))
        return
    for name, exclusive in names.items():
        yield Claim(named.name_item(name), exclusive)
