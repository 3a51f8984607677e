"""After a broken connection: recognise a document without having kept what it says."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from hashlib import sha256
from json import dumps
from typing import Any

from ix_tools.facts import Facts
from ix_tools.operation import Evidence, Happened, Subject, Witness
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


def roughly(day: date | None, total: Decimal | None) -> str:
    """The part of a document's looks that no way of writing text can change."""
    return f"{day}|{plain(total or Decimal(0))}"


def unchanged(raw: Mapping[str, Any]) -> str:
    """A document as it stands, to see later that nothing touched it."""
    return sha256(dumps(raw, sort_keys=True, default=str).encode()).hexdigest()


def of_a_draft(draft: DocumentDraft, facts: Facts) -> dict[str, Any]:
    """What will tell whether a draft was created or changed as asked."""
    totals = predicted(draft, facts)
    traced: dict[str, Any] = {"looks": will_look(draft, facts)}
    traced["rough"] = roughly(draft.date, totals.total if totals else None)
    traced["date"] = draft.date.isoformat()
    if facts.document_raw:
        traced["before"] = unchanged(facts.document_raw)
    return traced


async def replaced(trace: Mapping[str, Any], witness: Witness) -> Evidence:
    """After an update: it reads as before, or as it was sent, or neither; sending it again does no harm."""
    kind, number = str(trace["document_type"]), int(trace["document_id"])
    raw = await witness.document(kind, number)
    if raw is None:
        return Evidence(Happened.UNKNOWN, seen="the document is gone")
    as_asked = looks(Document.model_validate({**raw, "document_type": kind})) == trace["looks"]
    if unchanged(raw) == trace["before"]:
        if as_asked:  # such as a change of loaded_at alone, which InvoiceXpress does not show
            return Evidence(Happened.UNKNOWN, raw, "nothing that can be read tells")
        return Evidence(Happened.NO if witness.over else Happened.UNKNOWN, raw, "it reads as before")
    if as_asked:
        return Evidence(Happened.YES, raw)
    return Evidence(Happened.UNKNOWN, raw, "it was changed, but not to what was asked")


async def created(trace: Mapping[str, Any], witness: Witness) -> Evidence:
    """After a create without a unique id: one new draft that looks like it, or none once lists have caught up."""
    kind = str(trace["document_type"])
    newer = await witness.newest(kind, int(trace["newest"]), date.fromisoformat(trace["date"]))
    named = {f"{kind}/{raw.get('id')}": raw for raw in newer}
    taken = await witness.taken(named)
    free = {
        name: Document.model_validate({**raw, "document_type": kind})
        for name, raw in named.items()
        if name not in taken
    }
    same = [name for name, document in free.items() if looks(document) == trace["looks"]]
    alike = [
        name for name, document in free.items() if roughly(document.date, document.total) == trace["rough"]
    ]
    if len(same) == 1:
        return Evidence(Happened.YES, named[same[0]], made=same[0])
    if same or alike:
        return Evidence(Happened.UNKNOWN, seen=f"this may be it: {', '.join(same or alike)}")
    return Evidence(
        Happened.NO if witness.settled else Happened.UNKNOWN,
        seen="not in the list yet; lists show new documents late",
    )


def of_a_removal(subject: Subject | None, number: int | None) -> dict[str, Any]:
    """What will tell whether a client, an item or a tax was deleted: its path."""
    if subject is None:
        return {}
    what = {"subject": f"{subject.name}/{number}", "deleted": f"{subject.name} {number}"}
    return {**what, "path": subject.path, "name": subject.name}


async def removed(trace: Mapping[str, Any], witness: Witness) -> Evidence:
    """After a deletion: gone is a yes; still there is a no, once nothing can be under way any more."""
    if await witness.thing(str(trace["path"]), str(trace["name"])) is None:
        return Evidence(Happened.YES)
    return Evidence(Happened.NO if witness.over else Happened.UNKNOWN, seen="it is still there")
