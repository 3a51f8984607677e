"""Read a written document again, compare it with what was asked, and hold what differs until a person has seen it."""

from collections.abc import Iterable, Mapping
from typing import Any

import anyio

from ix_tools.domain.comparison import NONE, Difference, client_differences_of, differences_of
from ix_tools.domain.parsing import as_record
from ix_tools.domain.records import Document
from ix_tools.errors import IxError, NotFound, StoredDifferently, StoreUnavailable
from ix_tools.guards.facts import Facts
from ix_tools.operations.base import Operation
from ix_tools.operations.spec import Effect
from ix_tools.pipeline.context import Desk
from ix_tools.pipeline.fact_loader import LookUps
from ix_tools.verification.compare import MONEY, differences


async def read_back(
    looking: LookUps, call: Operation[Any], facts: Facts, result: Any, given: frozenset[str] = frozenset()
) -> tuple[Any, list[Difference] | None]:
    """Read a written document again and compare it; None where the operation expects nothing in particular."""
    expected = call.expected(facts) if call.spec.effect.writes else None
    document = getattr(result, "document", None)
    if expected is None or document is None:
        return result, None
    about = call.about() or (getattr(call, "document_type", document.document_type), document.id or 0)
    kind, number = about[0], document.id or about[1]
    if expected.values.get("status") == "deleted":
        return await _gone(looking, kind, number, result)
    try:
        raw = await looking.word_for_word(kind, number)
        stored = as_record(Document, {**raw, "document_type": kind}).taxed(facts.taxes)
        unlike_shown = await _unlike_shown(looking, call, facts, raw)
    except IxError as failure:
        return result, [Difference.unread("document", failure), *_still(call, facts, given)]
    found = differences(expected, stored)
    named = {one.field for one in found}
    found += [one for one in unlike_shown if one.field not in named]
    return result.model_copy(update={"document": stored}), [*found, *_still(call, facts, given, found)]


async def _unlike_shown(
    looking: LookUps, call: Operation[Any], facts: Facts, raw: Mapping[str, Any]
) -> list[Difference]:
    """What of the document, or of its client, is not as it was shown, but for what the call itself sets."""
    allowed = call.fields_it_sets()
    if allowed is None or not facts.document_raw:
        return []
    found = differences_of(facts.document_raw, raw, allowed)
    client = facts.document.client if facts.document else None
    if facts.document_client_raw and client is not None and client.id is not None:
        now = await looking.client_word_for_word(client.id)
        found += client_differences_of(facts.document_client_raw, now)
    return found


def _still(
    call: Operation[Any], facts: Facts, given: frozenset[str], found: Iterable[Difference] = ()
) -> list[Difference]:
    """What differed before and this update did not give anew: what it took over as stored is not what was asked."""
    if call.spec.effect is not Effect.DRAFTS:
        return []
    named = {one.field for one in found}
    return [
        one
        for one in facts.differences
        if one.field not in named and not any(fields <= given for fields in _given_by(one.field))
    ]


def _given_by(field: str) -> tuple[set[str], ...]:
    """The parameters, any of these sets, that say anew what a field is to be."""
    top = field.partition(".")[0]
    if top in MONEY:
        return {"items"}, {"global_discount"}
    if top == "document":
        return ({"items", "client"},)
    if top == "tax_exemption":
        return {"tax_exemption"}, {"tax_exemption_reason"}
    return ({top},)


async def _gone(looking: LookUps, kind: str, number: int, result: Any) -> tuple[Any, list[Difference]]:
    try:
        stored = await looking.document(kind, number)
    except NotFound:
        return result, []
    except IxError as failure:
        return result, [Difference.unread("document", failure)]
    if stored.status in {"deleted", None}:
        return result.model_copy(update={"document": stored}), []
    return result, [Difference("status", "deleted", stored.status or NONE)]


async def hold(desk: Desk, call: Operation[Any], result: Any, found: list[Difference]) -> None:
    """Remember differences (or that there are none) for the gate; a document we cannot remember is reported all the same."""
    document = result.document
    kind = getattr(call, "document_type", document.document_type)
    number = document.id or getattr(call, "document_id", None)
    if number is None:
        return
    try:
        await anyio.to_thread.run_sync(
            desk.approvals.note_differences, desk.account.name, kind, number, found
        )
    except StoreUnavailable as trouble:
        # The document is stored by now: to say that nothing was sent would be wrong.
        if found:
            what = f"could not be kept ({trouble.code}); compare the document before it is finalized"
            found.append(Difference("approval", "to show these differences", what))


def stored_differently(call: Operation[Any], result: Any, found: list[Difference]) -> StoredDifferently:
    """The error that shows every difference; the document exists all the same."""
    document = result.document
    kind = getattr(call, "document_type", document.document_type)
    return StoredDifferently(
        f"InvoiceXpress stored {kind} {document.id} differently from what was asked ({len(found)} fields). "
        "It was stored; do not create it again.",
        problems=[one.as_problem() for one in found],
        next=(
            f"show this to the person; correct it with an update, or delete the draft ({kind} {document.id}); "
            "finalizing it asks the person to accept the differences"
        ),
        details={"document": document.model_dump(mode="json", exclude_none=True)},
    )
