"""After a broken connection: recognise a document without having kept what it says."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from ix_tools.facts import Facts
from ix_tools.operation import Evidence, Happened, Witness
from ix_tools.operations.drafts import DocumentDraft, predicted
from ix_tools.records import Document
from ix_tools.vocabulary import plain

Look = tuple[str | None, Decimal | None, str | None]


def _digest(
    day: date | None, client: str | None, total: Decimal | None, reference: str | None, lines: Iterable[Look]
) -> str:
    shown = [f"{name}|{plain(quantity or Decimal(0))}|{tax}" for name, quantity, tax in lines]
    text = "\n".join([str(day), client or "", plain(total or Decimal(0)), reference or "", *shown])
    return sha256(text.encode()).hexdigest()


def looks(document: Document) -> str:
    """What a stored document comes to."""
    client = document.client.name if document.client else None
    lines = [(line.name, line.quantity, line.tax) for line in document.lines]
    return _digest(document.date, client, document.total, document.reference, lines)


def will_look(draft: DocumentDraft, facts: Facts) -> str:
    """What a draft will come to once it is stored."""
    totals = predicted(draft, facts)
    client = draft.client.name if draft.client else None
    lines = [(item.name, item.quantity, item.tax) for item in draft.items]
    return _digest(draft.date, client, totals.total if totals else None, draft.reference, lines)


async def replaced(trace: Mapping[str, Any], witness: Witness) -> Evidence:
    """After an update: the document reads back as it was sent, or it does not; sending it again does no harm."""
    kind, number = str(trace["document_type"]), int(trace["document_id"])
    raw = await witness.document(kind, number)
    if raw is None:
        return Evidence(Happened.UNKNOWN, seen="the document is gone")
    same = looks(Document.model_validate({**raw, "document_type": kind})) == trace["looks"]
    return Evidence(Happened.YES if same else Happened.NO, raw)


async def created(trace: Mapping[str, Any], witness: Witness) -> Evidence:
    """After a create without a unique id: one new draft that looks like it, or none once lists have caught up."""
    kind = str(trace["document_type"])
    found = [
        raw
        for raw in await witness.newest(kind)
        if int(raw.get("id") or 0) > int(trace["newest"])
        and looks(Document.model_validate({**raw, "document_type": kind})) == trace["looks"]
    ]
    if len(found) == 1:
        return Evidence(Happened.YES, found[0])
    if found:
        return Evidence(Happened.UNKNOWN, seen=f"{len(found)} new documents look like it")
    return Evidence(
        Happened.NO if witness.settled else Happened.UNKNOWN,
        seen="not in the list yet; lists show new documents late",
    )
