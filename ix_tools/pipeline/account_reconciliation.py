"""Reconciliation: matches a month's documents in the account with the journal and the audit trail.

    lists, all pages ─▶ journal ─▶ documents missing from a list are read by id, because lists are late (trap 23)

It only reads. An issued document is matched if a journal entry issued it with an approval that the audit trail shows as
used. Lists are read before the journal, because a call writes its intent before it issues a document.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import anyio
import sqlalchemy as sql

from ix_tools.api_client.list_queries import query_between
from ix_tools.domain.amount_types import format_cents
from ix_tools.domain.document_kinds import list_document_kinds
from ix_tools.domain.parsing import parse_record
from ix_tools.domain.records import Document
from ix_tools.errors import NotFound
from ix_tools.i18n.formats import LISBON
from ix_tools.i18n.messages import Message, message, message_template
from ix_tools.idempotency.intents import DELETED_KEY_PREFIX, Intent
from ix_tools.operations.fingerprints import fingerprint_document
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.fact_loader import FactLoader
from ix_tools.pipeline.outcome_detection import LIST_DELAY_SECONDS
from ix_tools.pipeline.reconciliation_report import (
    NEEDS_ATTENTION,
    Kind,
    Month,
    ReconciliationFinding,
    ReconciliationReport,
    SeriesSummary,
)
from ix_tools.storage.schema import audit

UNISSUED_STATES = {"draft", "deleted", None}
NO_ENTRY = message("no entry of the journal issued it")
UNAPPROVED = message_template("entry {intent} issued it, but the audit trail shows no approval used for it")
SAME_CONTENT = message_template("has the same content as {others}")
SAME_CONTENT_REQUESTED = message_template(
    "has the same content as {others}; each has an entry of its own, so it was asked for"
)
DOCUMENT_MISSING = message_template("entry {intent} says done, but the document does not exist")
STILL_DRAFT = message_template("entry {intent} says issued, but it is a draft")
NUMBER_MISSING = message("missing from the numbering")
LAST_NUMBER_MISSING = message("the series is already at this number; lists may show new documents late")
OWN_DRAFT = message_template("draft never issued, made by entry {intent}")
FOREIGN_DRAFT = message("draft never issued, not made here")
OUTCOME_UNKNOWN = message_template("not known whether {operation} happened: `ix-tools journal show {intent}`")
LISTS_ARE_LATE = message_template(
    "the month is still running: lists show new documents up to {seconds} seconds late"
)
READ_BY_ID = message_template("{name} is not in the list yet; it was read by its id")


async def reconcile(context: CallContext, month: Month) -> ReconciliationReport:
    """Match every document of the month in the account with the journal entry that issued it."""
    loader = context.create_loader()
    result = ReconciliationReport(month, context.account.name)
    listed = await _list_documents(loader, month)
    books = await anyio.to_thread.run_sync(_index_journal, context)
    await _read_unlisted(loader, books, listed, month, result)
    await _find_receipts(loader, books)
    documents = {name: one for name, one in listed.items() if one.date in month}
    result.documents = len(documents)
    result.findings += _find_orphans(books, documents)
    result.findings += await _find_duplicates(loader, books, documents)
    running = context.now().date() in month
    result.findings += _find_gaps(listed, month, await _read_last_numbers(loader) if running else {})
    result.findings += [
        _build_finding(
            "draft",
            name,
            one,
            OWN_DRAFT.fill(intent=books.created_by[name].id) if name in books.created_by else FOREIGN_DRAFT,
            books.created_by[name].id if name in books.created_by else "",
        )
        for name, one in documents.items()
        if one.status == "draft"
    ]
    result.findings += [_build_unknown_finding(intent) for intent in books.unfinished]
    result.series = _summarize_series(books, documents)
    if running:
        result.notes.append(LISTS_ARE_LATE.fill(seconds=round(LIST_DELAY_SECONDS)))
    result.findings.sort(
        key=lambda one: (one.kind not in NEEDS_ATTENTION, one.kind, one.document_type, one.id or 0)
    )
    return result


# --- the account ---------------------------------------------------------------------------------------


async def _list_documents(loader: FactLoader, month: Month) -> dict[str, Document]:
    """Return documents of the month and of the month before, whose numbers it continues, by name."""
    found: dict[str, Document] = {}
    since = (month.first - timedelta(days=1)).replace(day=1)
    for path, key, query in query_between(since, month.last):
        for raw in await loader.read_all(path, key, *query):
            one = parse_record(Document, raw)
            if one.date is not None and since <= one.date <= month.last:
                found[f"{one.document_type}/{one.id}"] = one
    return found


async def _read_document(loader: FactLoader, name: str) -> Document | None:
    kind, _, number = name.partition("/")
    try:
        one = await loader.get_document(kind, int(number))
    except NotFound:
        return None
    return None if one.status == "deleted" else one


async def _read_unlisted(
    loader: FactLoader,
    books: "JournalIndex",
    listed: dict[str, Document],
    month: Month,
    result: ReconciliationReport,
) -> None:
    """Read documents by id that the journal reports and no list shows; report those that do not exist."""
    for name, intent in books.iterate_month(month):
        one = listed.get(name)
        if one is None and name not in books.deleted_names:
            one = await _read_document(loader, name)
            if one is None:
                result.findings.append(
                    ReconciliationFinding(
                        "no_document",
                        DOCUMENT_MISSING.fill(intent=intent.id),
                        intent=intent.id,
                        **_split_name(name),
                    )
                )
            elif one.date in month:
                listed[name] = one
                result.notes.append(READ_BY_ID.fill(name=name))
        if one is not None and name in books.issued_by and one.status == "draft":
            result.findings.append(
                _build_finding(
                    "no_document",
                    name,
                    one,
                    STILL_DRAFT.fill(intent=books.issued_by[name].id),
                    books.issued_by[name].id,
                )
            )


# --- the journal -----------------------------------------------------------------------------------


@dataclass
class JournalIndex:
    """The account's journal by document, and the approvals used according to the audit trail."""

    created_by: dict[str, Intent]
    """The entry that created each document."""
    issued_by: dict[str, Intent]
    """The entry that issued each document."""
    deleted_names: set[str]
    settlements: list[Intent]
    """Entries that issued a receipt whose id they do not know."""
    unfinished: Sequence[Intent]
    used_approvals: set[str]

    def iterate_month(self, month: Month) -> Iterable[tuple[str, Intent]]:
        """Yield the documents that entries of the month created or issued."""
        for name, intent in {**self.issued_by, **self.created_by}.items():
            begun = datetime.fromtimestamp(intent.created_at, LISBON).date()
            if begun in month or str(intent.trace.get("date", "")).startswith(month.name):
                yield name, intent

    def is_matched(self, name: str) -> bool:
        """Tell whether the document was issued with a used approval."""
        intent = self.issued_by.get(name)
        return intent is not None and intent.approval in self.used_approvals


def _index_journal(context: CallContext) -> JournalIndex:
    with context.store.reading() as connection:
        query = sql.select(audit.c.approval).where(
            audit.c.event == "approval used", audit.c.account == context.account.name
        )
        used = {str(row.approval) for row in connection.execute(query)}
    books = JournalIndex({}, {}, set(), [], context.journal.list_unfinished(context.account.name), used)
    kinds = {kind.plural for kind in list_document_kinds()}
    for intent in reversed(context.journal.list_intents(context.account.name, most=None)):
        if intent.state != "done" or intent.key.startswith(DELETED_KEY_PREFIX):
            continue
        if intent.made.partition("/")[0] in kinds:
            books.created_by[intent.made] = intent
        about = str(intent.trace.get("subject", ""))
        if intent.operation == "generate_payment":
            if intent.made:
                books.issued_by[intent.made] = intent
            else:  # resolved by a person, without the id of the receipt
                books.settlements.append(intent)
        elif intent.operation == "change_state":
            before, after = intent.trace.get("before"), intent.trace.get("after")
            if after == "deleted":
                books.deleted_names.add(about)
            elif before == "draft":
                books.issued_by[about] = intent
            elif after == "settled":
                books.settlements.append(intent)
    return books


async def _find_receipts(loader: FactLoader, books: JournalIndex) -> None:
    """Find the receipts issued by settling invoices among the documents related to each invoice."""
    for intent in books.settlements:
        amount = intent.trace.get("amount")
        try:
            related = await loader.list_raw_related(int(intent.trace["document_id"]))
        except NotFound:  # its receipts then have no known entry and are reported
            continue
        for raw in related:
            one = parse_record(Document, raw)
            name = f"{one.document_type}/{one.id}"
            fits = amount is None or one.total == Decimal(str(amount))
            if one.document_type == "receipts" and fits and name not in books.issued_by:
                books.issued_by[name] = intent
                break


# --- findings -----------------------------------------------------------------------------------


def _find_orphans(books: JournalIndex, documents: Mapping[str, Document]) -> Iterable[ReconciliationFinding]:
    for name, one in documents.items():
        if one.status in UNISSUED_STATES or books.is_matched(name):
            continue
        intent = books.issued_by.get(name)
        yield _build_finding(
            "orphan",
            name,
            one,
            UNAPPROVED.fill(intent=intent.id) if intent else NO_ENTRY,
            intent.id if intent else "",
        )


async def _find_duplicates(
    loader: FactLoader, books: JournalIndex, documents: Mapping[str, Document]
) -> list[ReconciliationFinding]:
    """Find documents with the same content. Totals in lists can be wrong, so similar documents are read again."""
    groups: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for name, one in documents.items():
        if one.status not in {"canceled", "deleted"}:
            client = one.client.name if one.client else None
            groups[(one.document_type, one.date, client, one.total)].append(name)
    found: list[ReconciliationFinding] = []
    for names in (group for group in groups.values() if len(group) > 1):
        similar: dict[str, list[str]] = defaultdict(list)
        for name in names:
            whole = await _read_document(loader, name)
            if whole is not None:
                similar[fingerprint_document(whole)].append(name)
        for duplicates in (each for each in similar.values() if len(each) > 1):
            entries = {books.created_by[name].id for name in duplicates if name in books.created_by}
            requested = len(entries) == len(duplicates)
            for name in duplicates[1:] if requested else duplicates:
                others = ", ".join(other for other in duplicates if other != name)
                why = (SAME_CONTENT_REQUESTED if requested else SAME_CONTENT).fill(others=others)
                intent = books.created_by[name].id if name in books.created_by else ""
                found.append(
                    _build_finding("twice" if requested else "duplicate", name, documents[name], why, intent)
                )
    return found


def _group_by_number(documents: Iterable[Document]) -> dict[tuple[str, str], dict[int, Document]]:
    """Group issued documents by type and series, then by number."""
    found: dict[tuple[str, str], dict[int, Document]] = defaultdict(dict)
    for one in documents:
        number, _, serie = (one.number or "").partition("/")
        if one.status not in UNISSUED_STATES and number.isdecimal():
            found[(one.document_type, serie)][int(number)] = one
    return found


async def _read_last_numbers(loader: FactLoader) -> dict[tuple[str, str], int]:
    singular = {kind.singular: kind.plural for kind in list_document_kinds()}
    return {
        (singular[name], series.serie or ""): part.number or 0
        for series in await loader.list_sequences()
        for name, part in series.types.items()
        if name in singular
    }


def _find_gaps(
    listed: Mapping[str, Document], month: Month, last: Mapping[tuple[str, str], int]
) -> Iterable[ReconciliationFinding]:
    """Find missing numbers, in the current month up to the last number of the series."""
    for (kind, serie), by_number in _group_by_number(listed.values()).items():
        inside = [number for number, one in by_number.items() if one.date in month]
        if not inside:
            continue
        end = max(inside)
        # Start at the last number of the month before, if there is one.
        begin = max((number for number in by_number if number < min(inside)), default=min(inside))
        for number in range(begin, max(end, last.get((kind, serie), 0)) + 1):
            if number not in by_number:
                why = NUMBER_MISSING if number < end else LAST_NUMBER_MISSING
                yield ReconciliationFinding("gap", why, document_type=kind, number=f"{number}/{serie}")


def _summarize_series(books: JournalIndex, documents: Mapping[str, Document]) -> list[SeriesSummary]:
    found = []
    for (kind, serie), by_number in sorted(_group_by_number(documents.values()).items()):
        matched = sum(books.is_matched(f"{kind}/{one.id}") for one in by_number.values())
        found.append(SeriesSummary(kind, serie, len(by_number), matched, min(by_number), max(by_number)))
    return found


def _build_unknown_finding(intent: Intent) -> ReconciliationFinding:
    return ReconciliationFinding(
        "unknown",
        OUTCOME_UNKNOWN.fill(operation=intent.operation, intent=intent.id),
        intent=intent.id,
        date=datetime.fromtimestamp(intent.created_at, LISBON).date().isoformat(),
        **_split_name(str(intent.trace.get("subject", ""))),
    )


def _split_name(name: str) -> dict[str, Any]:
    kind, _, number = name.partition("/")
    return {"document_type": kind, "id": int(number) if number.isdecimal() else None}


def _build_finding(
    kind: Kind, name: str, one: Document, why: Message, intent: str = ""
) -> ReconciliationFinding:
    return ReconciliationFinding(
        kind,
        why,
        number=(one.number or "") if one.status not in UNISSUED_STATES else "",
        status=one.status or "",
        date=one.date.isoformat() if one.date else "",
        total=format_cents(one.total) if one.total is not None else "",
        intent=intent,
        **_split_name(name),
    )
