"""Fingerprints of documents and other resources, and detection of a lost write's outcome by them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from hashlib import sha256
from json import dumps
from typing import Any, ClassVar

from ix_tools.domain.records import AccountRecord, CatalogueItem, Client, Document, Sequence, Tax
from ix_tools.domain.types import Record
from ix_tools.guards.facts import Facts
from ix_tools.i18n.formats import format_plain
from ix_tools.i18n.messages import message
from ix_tools.operations.drafts import DocumentDraft
from ix_tools.operations.expectations import ExpectedState, Subject
from ix_tools.operations.probes import Outcome, Probe, ProbeResult

RECORD_TYPES: Mapping[str, type[Record]] = {
    "account": AccountRecord,
    "client": Client,
    "item": CatalogueItem,
    "sequence": Sequence,
    "tax": Tax,
}
"""Record types of resources other than documents, by the envelope of the answer."""

LineKey = tuple[str | None, Decimal | None, str | None]


def _hash_parts(
    day: date | None,
    client: str | None,
    total: Decimal | None,
    reference: str | None,
    lines: Iterable[LineKey],
) -> str:
    shown = [f"{name}|{format_plain(quantity or Decimal(0))}|{tax}" for name, quantity, tax in lines]
    text = "\n".join([str(day), client or "", format_plain(total or Decimal(0)), reference or "", *shown])
    return sha256(text.encode()).hexdigest()


def fingerprint_document(document: Document) -> str:
    """Return the fingerprint of a stored document."""
    client = document.client.name if document.client else None
    lines = [(line.name, line.quantity, line.tax) for line in document.lines]
    return _hash_parts(document.date, client, document.total, document.reference, lines)


def fingerprint_draft(draft: DocumentDraft, facts: Facts) -> str:
    """Return the fingerprint that a draft will have once it is stored."""
    totals = draft.compute_totals(facts)
    client = draft.client.name if draft.client else None
    lines = [(item.name, item.quantity, item.tax) for item in draft.items]
    return _hash_parts(draft.date, client, totals.total if totals else None, draft.reference, lines)


def build_coarse_key(day: date | None, total: Decimal | None) -> str:
    """Return date and total: the part of a fingerprint that no normalization of text can change."""
    return f"{day}|{format_plain(total or Decimal(0))}"


def hash_raw(raw: Mapping[str, Any]) -> str:
    """Return the hash of a raw document, to detect later that nothing changed it."""
    return sha256(dumps(raw, sort_keys=True, default=str).encode()).hexdigest()


def trace_draft(draft: DocumentDraft, facts: Facts) -> dict[str, Any]:
    """Return the trace that detects whether a draft was created or changed as requested."""
    totals = draft.compute_totals(facts)
    traced: dict[str, Any] = {"looks": fingerprint_draft(draft, facts)}
    traced["rough"] = build_coarse_key(draft.date, totals.total if totals else None)
    traced["date"] = draft.date.isoformat()
    if facts.document_raw:
        traced["before"] = hash_raw(facts.document_raw)
    traced["unreturned"] = draft.collect_unreturned()
    traced["new_items"] = sorted({*facts.own_items, *draft.list_new_items(facts)})
    return traced


async def detect_update(trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
    """Detect an update: the document reads as requested, as before, or neither. Sending it again is harmless."""
    kind, number = str(trace["document_type"]), int(trace["document_id"])
    raw = await probe.read_document(kind, number)
    if raw is None:
        return ProbeResult(Outcome.UNKNOWN, observation=message("the document is gone"))
    as_asked = fingerprint_document(Document.model_validate({**raw, "document_type": kind})) == trace["looks"]
    if hash_raw(raw) == trace["before"]:
        if as_asked:  # e.g. a change of loaded_at alone, which InvoiceXpress does not return
            return ProbeResult(Outcome.UNKNOWN, raw, message("nothing that can be read shows the change"))
        return ProbeResult(
            Outcome.NOT_DONE if probe.is_request_over else Outcome.UNKNOWN, raw, message("it reads as before")
        )
    if as_asked:
        return ProbeResult(Outcome.DONE, raw)
    return ProbeResult(Outcome.UNKNOWN, raw, message("it was changed, but not to the requested values"))


async def detect_new_draft(trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
    """Detect a creation without a unique id: exactly one new draft with that fingerprint, or none in a current list."""
    kind = str(trace["document_type"])
    newer = await probe.list_newest(kind, int(trace["newest"]), date.fromisoformat(trace["date"]))
    named = {f"{kind}/{raw.get('id')}": raw for raw in newer}
    taken = await probe.list_claimed(named)
    free = {
        name: Document.model_validate({**raw, "document_type": kind})
        for name, raw in named.items()
        if name not in taken
    }
    same = [name for name, document in free.items() if fingerprint_document(document) == trace["looks"]]
    alike = [
        name
        for name, document in free.items()
        if build_coarse_key(document.date, document.total) == trace["rough"]
    ]
    if len(same) == 1:
        return ProbeResult(Outcome.DONE, named[same[0]], created=same[0])
    if same or alike:
        return ProbeResult(
            Outcome.UNKNOWN,
            observation=message("this may be it: {documents}", documents=", ".join(same or alike)),
        )
    return ProbeResult(
        Outcome.NOT_DONE if probe.is_list_current else Outcome.UNKNOWN,
        observation=message("not in the list yet; lists show new documents late"),
    )


# --- resources other than documents ----------------------------------------------------------------------


def _normalize_value(value: Any) -> str:
    """Return a value as text for comparing; None, zero and False are the same."""
    if isinstance(value, Decimal):
        return format_plain(value.normalize()) if value else ""
    if isinstance(value, bool):
        return "yes" if value else ""
    return " ".join(str(value).split()) if value is not None else ""


def hash_values(of: Mapping[str, Any]) -> str:
    """Return the hash of values by name; the values themselves are not kept."""
    return sha256(
        "\n".join(f"{name}={_normalize_value(of[name])}" for name in sorted(of)).encode()
    ).hexdigest()


def _hash_stored(record: type[Record], raw: Mapping[str, Any], fields: Iterable[str]) -> str:
    stored = record.model_validate(raw)
    return hash_values({name: getattr(stored, name) for name in fields})


def trace_change(subject: Subject, asked: ExpectedState, before: Record | None) -> dict[str, Any]:
    """Return the trace that detects a change of a client, item, tax, series or account: its path, and hashes."""
    fields = sorted(asked.values)
    was = hash_values({name: getattr(before, name) for name in fields}) if before is not None else ""
    where = {"subject": subject.title, "path": subject.path, "name": subject.name}
    return {**where, "fields": fields, "asked": hash_values(asked.values), "before": was}


async def detect_change(trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
    """Detect a change: the resource reads as requested, as before, or neither. Sending it again is harmless."""
    raw = await probe.read_resource(str(trace["path"]), str(trace["name"]))
    if raw is None:
        return ProbeResult(Outcome.UNKNOWN, observation=message("it is gone"))
    now = _hash_stored(RECORD_TYPES[str(trace["name"])], raw, trace["fields"])
    if trace["asked"] == trace["before"] == now:
        return ProbeResult(Outcome.UNKNOWN, raw, message("nothing that can be read shows the change"))
    if now == trace["asked"]:
        return ProbeResult(Outcome.DONE, raw)
    if now == trace["before"]:
        return ProbeResult(
            Outcome.NOT_DONE if probe.is_request_over else Outcome.UNKNOWN, raw, message("it reads as before")
        )
    return ProbeResult(Outcome.UNKNOWN, raw, message("it was changed, but not to the requested values"))


class DetectableChange:
    """Outcome detection for operations that change a client, item, tax, series or account."""

    subject_ref: ClassVar[Callable[..., Any]]
    predict_state: ClassVar[Callable[..., Any]]

    def build_trace(self, facts: Facts) -> dict[str, Any]:
        """Return the path, and hashes of the values before and of those requested; never a password."""
        subject = self.subject_ref()
        return trace_change(subject, self.predict_state(facts), self.get_previous_record(facts))

    def get_previous_record(self, facts: Facts) -> Record | None:
        """Return the record as it was before the call."""
        return facts.subject

    @classmethod
    async def detect_outcome(cls, trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
        """Read the resource again and compare it with the request and with its state before."""
        return await detect_change(trace, probe)


def trace_creation(kind: str, asked: Mapping[str, Any], **found_by: Any) -> dict[str, Any]:
    """Return the trace that detects a creation: the key to find it by, and a hash of the requested values."""
    return {"subject": kind, "fields": sorted(asked), "asked": hash_values(asked), **found_by}


async def detect_creation(
    trace: Mapping[str, Any],
    probe: Probe,
    record: type[Record],
    found: Iterable[Mapping[str, Any]],
    kind: str = "",
) -> ProbeResult:
    """Detect a creation without a unique id: exactly one candidate reads as requested, or there is none any more to come."""
    named = {f"{kind or trace['subject']}/{raw.get('id')}": raw for raw in found}
    free = sorted(set(named) - await probe.list_claimed(named))
    same = [name for name in free if _hash_stored(record, named[name], trace["fields"]) == trace["asked"]]
    if len(same) == 1:
        return ProbeResult(Outcome.DONE, named[same[0]], created=same[0])
    if free:
        finding = message("any of these may be it") if same else message("it differs from the request")
        return ProbeResult(
            Outcome.UNKNOWN,
            observation=message("{finding}: {documents}", finding=finding, documents=", ".join(same or free)),
        )
    return ProbeResult(
        Outcome.NOT_DONE if probe.is_list_current else Outcome.UNKNOWN,
        observation=message("it is not there yet"),
    )


def trace_deletion(subject: Subject | None) -> dict[str, Any]:
    """Return the trace that detects the deletion of a client, item or tax: its path."""
    if subject is None:
        return {}
    number = subject.title.rpartition("/")[2]
    what = {"subject": subject.title, "deleted": f"{subject.name} {number}"}
    return {**what, "path": subject.path, "name": subject.name}


async def detect_deletion(trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
    """Detect a deletion: done if the resource is gone, not done if it is there and the request is over."""
    if await probe.read_resource(str(trace["path"]), str(trace["name"])) is None:
        return ProbeResult(Outcome.DONE)
    return ProbeResult(
        Outcome.NOT_DONE if probe.is_request_over else Outcome.UNKNOWN,
        observation=message("it is still there"),
    )


class DetectableDeletion:
    """Outcome detection for deletions of a client, item or tax."""

    subject_ref: ClassVar[Callable[..., Any]]

    def build_trace(self, facts: Facts) -> dict[str, Any]:
        """Return the path of the resource."""
        return trace_deletion(self.subject_ref())

    @classmethod
    async def detect_outcome(cls, trace: Mapping[str, Any], probe: Probe) -> ProbeResult:
        """Read the resource again: done if it is gone."""
        return await detect_deletion(trace, probe)
