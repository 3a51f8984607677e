"""After a broken connection: recognise a document without having kept what it says."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from hashlib import sha256
from json import dumps
from typing import Any, ClassVar

from ix_tools.domain.records import AccountRecord, CatalogueItem, Client, Document, Sequence, Tax
from ix_tools.domain.types import Record
from ix_tools.guards.facts import Facts
from ix_tools.i18n.formats import plain
from ix_tools.operations.drafts import DocumentDraft
from ix_tools.operations.expectations import Expected, Subject
from ix_tools.operations.probes import Evidence, Happened, Witness

RECORDS: Mapping[str, type[Record]] = {
    "account": AccountRecord,
    "client": Client,
    "item": CatalogueItem,
    "sequence": Sequence,
    "tax": Tax,
}
"""What is no document, by the name that its answer has."""

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
    totals = draft.totals(facts)
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
    totals = draft.totals(facts)
    traced: dict[str, Any] = {"looks": will_look(draft, facts)}
    traced["rough"] = roughly(draft.date, totals.total if totals else None)
    traced["date"] = draft.date.isoformat()
    if facts.document_raw:
        traced["before"] = unchanged(facts.document_raw)
    traced["unreturned"] = draft.unreturned()
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


# --- what is no document ---------------------------------------------------------------------------------


def _worded(value: Any) -> str:
    """A value as it is compared when it is read back: nothing, zero and no are the same."""
    if isinstance(value, Decimal):
        return plain(value.normalize()) if value else ""
    if isinstance(value, bool):
        return "yes" if value else ""
    return " ".join(str(value).split()) if value is not None else ""


def values(of: Mapping[str, Any]) -> str:
    """Values by name, as a digest: what they say is not kept."""
    return sha256("\n".join(f"{name}={_worded(of[name])}" for name in sorted(of)).encode()).hexdigest()


def _read(record: type[Record], raw: Mapping[str, Any], fields: Iterable[str]) -> str:
    stored = record.model_validate(raw)
    return values({name: getattr(stored, name) for name in fields})


def of_a_change(subject: Subject, asked: Expected, before: Record | None) -> dict[str, Any]:
    """What will tell whether a client, an item, a tax, a series or an account was changed: where it is read, and digests."""
    fields = sorted(asked.values)
    was = values({name: getattr(before, name) for name in fields}) if before is not None else ""
    where = {"subject": subject.title, "path": subject.path, "name": subject.name}
    return {**where, "fields": fields, "asked": values(asked.values), "before": was}


async def changed(trace: Mapping[str, Any], witness: Witness) -> Evidence:
    """After a change: it reads as asked, or as before, or neither; sending it again does no harm."""
    raw = await witness.thing(str(trace["path"]), str(trace["name"]))
    if raw is None:
        return Evidence(Happened.UNKNOWN, seen="it is gone")
    now = _read(RECORDS[str(trace["name"])], raw, trace["fields"])
    if trace["asked"] == trace["before"] == now:
        return Evidence(Happened.UNKNOWN, raw, "nothing that can be read tells")
    if now == trace["asked"]:
        return Evidence(Happened.YES, raw)
    if now == trace["before"]:
        return Evidence(Happened.NO if witness.over else Happened.UNKNOWN, raw, "it reads as before")
    return Evidence(Happened.UNKNOWN, raw, "it was changed, but not to what was asked")


class Changes:
    """What operations share that change a client, an item, a tax, a series or an account."""

    regarding: ClassVar[Callable[..., Any]]
    expected: ClassVar[Callable[..., Any]]

    def trace(self, facts: Facts) -> dict[str, Any]:
        """Where it is read, and digests of what was there and of what was asked; nothing of passwords."""
        subject = self.regarding()
        return of_a_change(subject, self.expected(facts), self.known(facts))

    def known(self, facts: Facts) -> Record | None:
        """It as it was."""
        return facts.subject

    @classmethod
    async def happened(cls, trace: Mapping[str, Any], witness: Witness) -> Evidence:
        """Read it again: as asked is a yes; as before is a no, once nothing can be under way any more."""
        return await changed(trace, witness)


def of_a_new(kind: str, asked: Mapping[str, Any], **found_by: Any) -> dict[str, Any]:
    """What will tell whether something was made: what it is found by, and a digest of what was asked."""
    return {"subject": kind, "fields": sorted(asked), "asked": values(asked), **found_by}


async def made(
    trace: Mapping[str, Any],
    witness: Witness,
    record: type[Record],
    found: Iterable[Mapping[str, Any]],
    kind: str = "",
) -> Evidence:
    """After something without a unique id was made: one that reads as asked, or none once nothing can come any more."""
    named = {f"{kind or trace['subject']}/{raw.get('id')}": raw for raw in found}
    free = sorted(set(named) - await witness.taken(named))
    same = [name for name in free if _read(record, named[name], trace["fields"]) == trace["asked"]]
    if len(same) == 1:
        return Evidence(Happened.YES, named[same[0]], made=same[0])
    if free:
        told = "any of these may be it" if same else "it reads otherwise than asked"
        return Evidence(Happened.UNKNOWN, seen=f"{told}: {', '.join(same or free)}")
    return Evidence(Happened.NO if witness.settled else Happened.UNKNOWN, seen="it is not there yet")


def of_a_removal(subject: Subject | None) -> dict[str, Any]:
    """What will tell whether a client, an item or a tax was deleted: its path."""
    if subject is None:
        return {}
    number = subject.title.rpartition("/")[2]
    what = {"subject": subject.title, "deleted": f"{subject.name} {number}"}
    return {**what, "path": subject.path, "name": subject.name}


async def removed(trace: Mapping[str, Any], witness: Witness) -> Evidence:
    """After a deletion: gone is a yes; still there is a no, once nothing can be under way any more."""
    if await witness.thing(str(trace["path"]), str(trace["name"])) is None:
        return Evidence(Happened.YES)
    return Evidence(Happened.NO if witness.over else Happened.UNKNOWN, seen="it is still there")


class Removes:
    """What deletions share of a client, an item or a tax."""

    regarding: ClassVar[Callable[..., Any]]

    def trace(self, facts: Facts) -> dict[str, Any]:
        """Where it is read."""
        return of_a_removal(self.regarding())

    @classmethod
    async def happened(cls, trace: Mapping[str, Any], witness: Witness) -> Evidence:
        """Look whether it is gone; still there is a no, once nothing can be under way any more."""
        return await removed(trace, witness)
