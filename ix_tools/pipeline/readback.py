"""Read-back: reads a written document or other record again, compares it with the call, and records the differences.

InvoiceXpress answers most writes of clients, items, taxes and series with nothing. A difference in one of them is an error too,
because later documents use the record.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import anyio

from ix_tools.domain.comparison import NO_VALUE, Difference, find_client_differences, find_differences
from ix_tools.domain.document_kinds import ISSUED_STATES
from ix_tools.domain.parsing import parse_record
from ix_tools.domain.records import Document
from ix_tools.errors import IxError, NotFound, StoredDifferently, StoreUnavailable
from ix_tools.guards.facts import Facts
from ix_tools.i18n.messages import message, verbatim
from ix_tools.i18n.value_labels import name_record
from ix_tools.operations.base import Operation
from ix_tools.operations.protocols import HasDocumentId, get_document_type
from ix_tools.operations.spec import Effect
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.fact_loader import FactLoader
from ix_tools.pipeline.parallel import gather
from ix_tools.verification.compare import MONEY_FIELDS, compare_document, compare_record

IDENTITY = frozenset({"id", "name", "code", "fiscal_id", "country"})
"""Fields of a document's client that tell who it is; the others may change while a draft is made."""


async def read_back_document(
    loader: FactLoader, call: Operation[Any], facts: Facts, result: Any, given: frozenset[str] = frozenset()
) -> tuple[Any, list[Difference] | None]:
    """Read a written document again; return the result and its differences, or None if nothing is compared."""
    expected = call.predict_state(facts) if call.spec.effect.writes else None
    document = getattr(result, "document", None)
    if expected is None or document is None:
        return result, None
    reference = call.document_ref() or (
        get_document_type(call) or document.document_type,
        document.id or 0,
    )
    kind, number = reference[0], document.id or reference[1]
    if expected.values.get("status") == "deleted":
        return await _verify_deleted(loader, kind, number, result)
    try:
        raw, client = await _read_with_client(loader, call, facts, (kind, number))
        loader.seen.keep_document(raw)
        stored = parse_record(Document, {**raw, "document_type": kind}).with_named_taxes(facts.taxes)
        unlike_shown = _find_unapproved_changes(call, facts, raw, client)
    except IxError as failure:
        return result, [
            Difference.for_failed_read_back("document", failure),
            *_find_remaining_differences(call, facts, given),
        ]
    found = compare_document(expected, stored)
    seen = _compare_seen_client(loader, facts, raw)
    named = {one.field for one in found}
    found += [one for one in seen if not named & {"client", one.field}]
    named = {one.field for one in found}
    found += [one for one in unlike_shown if one.field not in named]
    return result.model_copy(update={"document": stored}), [
        *found,
        *_find_remaining_differences(call, facts, given, found),
    ]


def is_shown_by_answer(call: Operation[Any], facts: Facts, result: Any) -> bool:
    """Tell whether the answer to a write shows the document as it is expected, with its number if it is issued."""
    expected, reference = call.predict_state(facts), call.document_ref()
    document = getattr(result, "document", None)
    if expected is None or document is None or reference is None or document.id != reference[1]:
        return False
    if document.status in ISSUED_STATES and not document.number:
        return False
    return not compare_document(expected, document)


async def read_back_record(
    loader: FactLoader, call: Operation[Any], facts: Facts, result: Any
) -> tuple[Any, list[Difference]]:
    """Read the client, item, tax, series or account that the call changed; return the result and its differences."""
    expected = call.predict_state(facts) if call.spec.effect.writes else None
    subject = call.subject_ref(result)
    if expected is None or subject is None:
        return result, []
    try:
        stored, _ = await loader.get_subject(subject)
    except IxError as failure:
        return result, [Difference.for_failed_read_back(subject.name, failure)]
    return result.model_copy(update={subject.name: stored}), compare_record(expected, stored)


def _compare_seen_client(loader: FactLoader, facts: Facts, document: Mapping[str, Any]) -> list[Difference]:
    """Return how the document's client differs from the one that was taken as it was seen earlier."""
    seen, stored = facts.client_seen, document.get("client")
    if not seen or not isinstance(stored, Mapping):
        return []
    shown = {name: value for name, value in stored.items() if name in seen}
    found = find_client_differences({name: seen[name] for name in shown}, shown)
    if found:
        loader.seen.forget("client", seen["id"])
    return [one for one in found if one.field.removeprefix("client.") in IDENTITY]


async def _read_with_client(
    loader: FactLoader, call: Operation[Any], facts: Facts, reference: tuple[str, int]
) -> tuple[Mapping[str, Any], Mapping[str, Any] | None]:
    """Read a document and, where a person was shown it with its client, the client beside it."""
    jobs: dict[str, Callable[[], Awaitable[Mapping[str, Any]]]] = {
        "document": lambda: loader.get_raw_document(*reference)
    }
    client = facts.document.client if facts.document else None
    number = client.id if client is not None else None
    is_compared = call.list_written_fields() is not None and facts.document_raw and facts.document_client_raw
    if is_compared and number is not None:
        jobs["client"] = lambda: loader.get_raw_client(number)
    found = await gather(jobs)
    return found["document"], found.get("client")


def _find_unapproved_changes(
    call: Operation[Any], facts: Facts, raw: Mapping[str, Any], client: Mapping[str, Any] | None
) -> list[Difference]:
    """Return changes to the document or its client since it was shown, except the fields that the call writes."""
    allowed = call.list_written_fields()
    if allowed is None or not facts.document_raw:
        return []
    found = find_differences(facts.document_raw, raw, allowed)
    if client is not None:
        found += find_client_differences(facts.document_client_raw, client)
    return found


def _find_remaining_differences(
    call: Operation[Any], facts: Facts, given: frozenset[str], found: Iterable[Difference] = ()
) -> list[Difference]:
    """Return earlier differences in fields that this update did not give again."""
    if call.spec.effect is not Effect.DRAFTS:
        return []
    named = {one.field for one in found}
    return [
        one
        for one in facts.differences
        if one.field not in named and not any(fields <= given for fields in _list_parameter_sets(one.field))
    ]


def _list_parameter_sets(field: str) -> tuple[set[str], ...]:
    """Return the sets of parameters of which any one sets a field again."""
    top = field.partition(".")[0]
    if top in MONEY_FIELDS:
        return {"items"}, {"global_discount"}
    if top == "document":
        return ({"items", "client"},)
    if top == "tax_exemption":
        return {"tax_exemption"}, {"tax_exemption_reason"}
    return ({top},)


async def _verify_deleted(
    loader: FactLoader, kind: str, number: int, result: Any
) -> tuple[Any, list[Difference]]:
    try:
        stored = await loader.get_document(kind, number)
    except NotFound:
        return result, []
    except IxError as failure:
        return result, [Difference.for_failed_read_back("document", failure)]
    if stored.status in {"deleted", None}:
        return result.model_copy(update={"document": stored}), []
    return result, [Difference("status", "deleted", stored.status or NO_VALUE)]


async def record_differences(
    context: CallContext, call: Operation[Any], result: Any, found: list[Difference]
) -> None:
    """Record the differences, or that there are none, for the approval gate. A failure of the store is reported as a difference."""
    document = result.document
    kind = get_document_type(call) or document.document_type
    number = document.id or (call.document_id if isinstance(call, HasDocumentId) else None)
    if number is None:
        return
    try:
        await anyio.to_thread.run_sync(context.differences.save, context.account.name, kind, number, found)
    except StoreUnavailable as trouble:
        # The document is already stored, so the error must not say that nothing was sent.
        if found:
            problem = f"could not be recorded ({trouble.code}); compare the document before it is finalized"
            found.append(Difference("approval", "to show these differences", problem))


def build_difference_error(call: Operation[Any], result: Any, found: list[Difference]) -> StoredDifferently:
    """Build the error that lists every difference of a stored document or other record."""
    document, subject = getattr(result, "document", None), call.subject_ref(result)
    if document is not None:
        name, record = "document", document
        what = verbatim(f"{get_document_type(call) or document.document_type} {document.id}")
        next_step = message(
            "show this to the person; correct it with an update, or delete the draft ({document}); "
            "finalizing it asks the person to accept the differences",
            document=what,
        )
    else:
        name = subject.name if subject is not None else "record"
        record = getattr(result, name, None)
        number = getattr(record, "id", None)
        kind = name_record(name)
        what = (
            message("the {kind} {number}", kind=kind, number=number)
            if number
            else message("the {kind}", kind=kind)
        )
        next_step = message("show this to the person; correct it with an update if it matters")
    return StoredDifferently(
        message(
            "InvoiceXpress stored {what} differently from what was asked ({count} fields). It was "
            "stored; do not create it again.",
            what=what,
            count=len(found),
        ),
        problems=[one.as_problem() for one in found],
        next=next_step,
        details={name: record.model_dump(mode="json", exclude_none=True)} if record is not None else {},
    )


def summarize_outcome(error: StoredDifferently | None) -> str:
    """Summarize an outcome for the audit trail: the names of fields that differ, without their values."""
    return "done" if error is None else f"{error.code}: {', '.join(one.field for one in error.problems)}"
