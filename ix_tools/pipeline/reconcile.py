"""Whether what stands in the account is what was approved: a month's documents against journal and audit trail.

    lists, all pages ─▶ journal ─▶ whatever is missing from a list is read by its id: lists are late (trap 23)

It reads only. An issued document is matched when an entry of the journal issued it with an approval that the audit
trail shows as used. Lists are read before the journal: who issues meanwhile has written down the intent before.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import anyio
import sqlalchemy as sql

from ix_tools.api_client.list_queries import query_between
from ix_tools.domain.document_kinds import list_document_kinds
from ix_tools.domain.parsing import parse_record
from ix_tools.domain.records import Document
from ix_tools.domain.types import format_cents
from ix_tools.errors import NotFound
from ix_tools.i18n.formats import LISBON
from ix_tools.i18n.labels import Bilingual, Language
from ix_tools.idempotency.intents import DELETED_KEY_PREFIX, Intent
from ix_tools.operations.fingerprints import fingerprint_document
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.fact_loader import FactLoader
from ix_tools.pipeline.recovery import LIST_DELAY_SECONDS
from ix_tools.storage.schema import audit

Kind = Literal["orphan", "duplicate", "no_document", "gap", "unknown", "twice", "draft"]
NEEDS_ATTENTION: frozenset[Kind] = frozenset({"orphan", "duplicate", "no_document", "gap", "unknown"})
"""What somebody has to look into; the rest is said for the eye."""
UNISSUED_STATES = {"draft", "deleted", None}
NO_ENTRY = Bilingual("nenhuma entrada do diário o emitiu", "no entry of the journal issued it")
UNAPPROVED = Bilingual(
    "a entrada {intent} emitiu-o, mas o registo não mostra aprovação usada",
    "entry {intent} issued it, but the audit trail shows no approval used for it",
)
SAME_CONTENT = Bilingual("tem o mesmo conteúdo que {others}", "has the same content as {others}")
SAME_CONTENT_REQUESTED = Bilingual(
    "tem o mesmo conteúdo que {others}; cada um tem a sua entrada, logo foi pedido",
    "has the same content as {others}; each has an entry of its own, so it was asked for",
)
DOCUMENT_MISSING = Bilingual(
    "a entrada {intent} diz que está feito, e o documento não existe",
    "entry {intent} says done, and there is no such document",
)
STILL_DRAFT = Bilingual(
    "a entrada {intent} diz que foi emitido, e é um rascunho", "entry {intent} says issued, and it is a draft"
)
NUMBER_MISSING = Bilingual("falta na numeração", "missing from the numbering")
LAST_NUMBER_MISSING = Bilingual(
    "a série já vai neste número; as listas podem mostrar documentos novos com atraso",
    "the series is already at this number; lists may show new documents late",
)
OWN_DRAFT = Bilingual(
    "rascunho por emitir, da entrada {intent}", "draft never issued, made by entry {intent}"
)
FOREIGN_DRAFT = Bilingual("rascunho por emitir, feito fora daqui", "draft never issued, not made here")
OUTCOME_UNKNOWN = Bilingual(
    "não se sabe se {operation} aconteceu: `ix-tools journal show {intent}`",
    "not known whether {operation} happened: `ix-tools journal show {intent}`",
)
LISTS_ARE_LATE = Bilingual(
    f"o mês ainda corre: as listas mostram documentos novos com atraso, até {LIST_DELAY_SECONDS:.0f} segundos",
    f"the month is still running: lists show new documents up to {LIST_DELAY_SECONDS:.0f} seconds late",
)
READ_BY_ID = Bilingual(
    "{name} ainda não está na lista; foi lido pelo seu id",
    "{name} is not in the list yet; it was read by its id",
)


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month."""

    first: date
    last: date

    @classmethod
    def containing(cls, day: date) -> "Month":
        """The month that a day lies in."""
        return cls(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))

    @property
    def name(self) -> str:
        """As it is written: 2026-11."""
        return f"{self.first:%Y-%m}"

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class ReconciliationFinding:
    """One thing that somebody should see."""

    kind: Kind
    why: Bilingual
    document_type: str = ""
    id: int | None = None
    number: str = ""
    status: str = ""
    date: str = ""
    total: str = ""
    intent: str = ""

    def as_dict(self, language: Language = "en") -> dict[str, Any]:
        """As results show it."""
        names = [name for name in ReconciliationFinding.__slots__ if name not in {"kind", "why"}]
        shown = {name: value for name in names if (value := getattr(self, name)) not in ("", None)}
        return {"kind": self.kind, **shown, "why": self.why.text(language)}


@dataclass(frozen=True, slots=True)
class SeriesSummary:
    """What one series has of one document type in the month."""

    document_type: str
    serie: str
    issued: int
    matched: int
    first: int
    last: int


@dataclass
class ReconciliationReport:
    """What came of it."""

    month: Month
    account: str
    documents: int = 0
    series: list[SeriesSummary] = field(default_factory=list)
    findings: list[ReconciliationFinding] = field(default_factory=list)
    notes: list[Bilingual] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nobody has to look into anything."""
        return not any(one.kind in NEEDS_ATTENTION for one in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """For programs."""
        return {
            "ok": self.ok,
            "month": self.month.name,
            "account": self.account,
            "documents": self.documents,
            "series": [{name: getattr(one, name) for name in SeriesSummary.__slots__} for one in self.series],
            "found": [one.as_dict() for one in self.findings],
            "notes": [one.en for one in self.notes],
        }


async def reconcile(desk: CallContext, month: Month) -> ReconciliationReport:
    """Match every document of the month, read from the account, with the entry that issued it."""
    looking = FactLoader(desk.account, desk.settings.catalogue_pages, desk.approvals, desk.journal)
    result = ReconciliationReport(month, desk.account.name)
    listed = await _list_documents(looking, month)
    books = await anyio.to_thread.run_sync(_index_journal, desk)
    await _read_unlisted(looking, books, listed, month, result)
    await _find_receipts(looking, books)
    documents = {name: one for name, one in listed.items() if one.date in month}
    result.documents = len(documents)
    result.findings += _find_orphans(books, documents)
    result.findings += await _find_duplicates(looking, books, documents)
    running = desk.now().date() in month
    result.findings += _find_gaps(listed, month, await _read_last_numbers(looking) if running else {})
    result.findings += [
        _build_finding(
            "draft",
            name,
            one,
            OWN_DRAFT if name in books.created_by else FOREIGN_DRAFT,
            books.created_by[name].id if name in books.created_by else "",
        )
        for name, one in documents.items()
        if one.status == "draft"
    ]
    result.findings += [_build_unknown_finding(intent) for intent in books.unfinished]
    result.series = _summarize_series(books, documents)
    if running:
        result.notes.append(LISTS_ARE_LATE)
    result.findings.sort(
        key=lambda one: (one.kind not in NEEDS_ATTENTION, one.kind, one.document_type, one.id or 0)
    )
    return result


# --- what is there ---------------------------------------------------------------------------------------


async def _list_documents(looking: FactLoader, month: Month) -> dict[str, Document]:
    """Documents of the month and of the one before (for the numbers that this one follows), by name."""
    found: dict[str, Document] = {}
    since = (month.first - timedelta(days=1)).replace(day=1)
    for path, key, query in query_between(since, month.last):
        for raw in await looking.read_all(path, key, *query):
            one = parse_record(Document, raw)
            if one.date is not None and since <= one.date <= month.last:
                found[f"{one.document_type}/{one.id}"] = one
    return found


async def _read_document(looking: FactLoader, name: str) -> Document | None:
    kind, _, number = name.partition("/")
    try:
        one = await looking.get_document(kind, int(number))
    except NotFound:
        return None
    return None if one.status == "deleted" else one


async def _read_unlisted(
    looking: FactLoader,
    books: "JournalIndex",
    listed: dict[str, Document],
    month: Month,
    result: ReconciliationReport,
) -> None:
    """What the journal says is done and no list shows: read by its id. Only what is not found then is not there."""
    for name, intent in books.iterate_month(month):
        one = listed.get(name)
        if one is None and name not in books.deleted_names:
            one = await _read_document(looking, name)
            if one is None:
                result.findings.append(
                    ReconciliationFinding(
                        "no_document",
                        _format_text(DOCUMENT_MISSING, intent),
                        intent=intent.id,
                        **_split_name(name),
                    )
                )
            elif one.date in month:
                listed[name] = one
                result.notes.append(Bilingual(*(text.format(name=name) for text in READ_BY_ID)))
        if one is not None and name in books.issued_by and one.status == "draft":
            result.findings.append(
                _build_finding("no_document", name, one, STILL_DRAFT, books.issued_by[name].id)
            )


# --- what was approved -----------------------------------------------------------------------------------


@dataclass
class JournalIndex:
    """The journal of the account, by document, and the approvals that the audit trail shows as used."""

    created_by: dict[str, Intent]
    """What each entry made."""
    issued_by: dict[str, Intent]
    """What each entry gave a number."""
    deleted_names: set[str]
    settlements: list[Intent]
    """Entries that left a receipt of which they do not know the id."""
    unfinished: Sequence[Intent]
    used_approvals: set[str]

    def iterate_month(self, month: Month) -> Iterable[tuple[str, Intent]]:
        """Documents that entries of the month made or issued."""
        for name, intent in {**self.issued_by, **self.created_by}.items():
            begun = datetime.fromtimestamp(intent.created_at, LISBON).date()
            if begun in month or str(intent.trace.get("date", "")).startswith(month.name):
                yield name, intent

    def is_matched(self, name: str) -> bool:
        """Whether it was issued with an approval."""
        intent = self.issued_by.get(name)
        return intent is not None and intent.approval in self.used_approvals


def _index_journal(desk: CallContext) -> JournalIndex:
    with desk.store.reading() as connection:
        query = sql.select(audit.c.approval).where(
            audit.c.event == "approval used", audit.c.account == desk.account.name
        )
        used = {str(row.approval) for row in connection.execute(query)}
    books = JournalIndex({}, {}, set(), [], desk.journal.list_unfinished(desk.account.name), used)
    kinds = {kind.plural for kind in list_document_kinds()}
    for intent in reversed(desk.journal.list_intents(desk.account.name, most=None)):
        if intent.state != "done" or intent.key.startswith(DELETED_KEY_PREFIX):
            continue
        if intent.made.partition("/")[0] in kinds:
            books.created_by[intent.made] = intent
        about = str(intent.trace.get("subject", ""))
        if intent.operation == "generate_payment":
            if intent.made:
                books.issued_by[intent.made] = intent
            else:  # settled by a person, who was not asked for the receipt's id
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


async def _find_receipts(looking: FactLoader, books: JournalIndex) -> None:
    """Settling an invoice issues a receipt; it is found among what belongs to the invoice."""
    for intent in books.settlements:
        amount = intent.trace.get("amount")
        try:
            related = await looking.list_raw_related(int(intent.trace["document_id"]))
        except NotFound:  # its receipts are then issued by no entry that is known, and are named
            continue
        for raw in related:
            one = parse_record(Document, raw)
            name = f"{one.document_type}/{one.id}"
            fits = amount is None or one.total == Decimal(str(amount))
            if one.document_type == "receipts" and fits and name not in books.issued_by:
                books.issued_by[name] = intent
                break


# --- what does not fit -----------------------------------------------------------------------------------


def _find_orphans(books: JournalIndex, documents: Mapping[str, Document]) -> Iterable[ReconciliationFinding]:
    for name, one in documents.items():
        if one.status in UNISSUED_STATES or books.is_matched(name):
            continue
        intent = books.issued_by.get(name)
        yield _build_finding(
            "orphan", name, one, UNAPPROVED if intent else NO_ENTRY, intent.id if intent else ""
        )


async def _find_duplicates(
    looking: FactLoader, books: JournalIndex, documents: Mapping[str, Document]
) -> list[ReconciliationFinding]:
    """The same content twice. Totals in lists have been seen to be wrong, so what looks alike there is read again."""
    groups: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for name, one in documents.items():
        if one.status not in {"canceled", "deleted"}:
            client = one.client.name if one.client else None
            groups[(one.document_type, one.date, client, one.total)].append(name)
    found: list[ReconciliationFinding] = []
    for names in (group for group in groups.values() if len(group) > 1):
        same: dict[str, list[str]] = defaultdict(list)
        for name in names:
            whole = await _read_document(looking, name)
            if whole is not None:
                same[fingerprint_document(whole)].append(name)
        for twins in (each for each in same.values() if len(each) > 1):
            entries = {books.created_by[name].id for name in twins if name in books.created_by}
            wanted = len(entries) == len(twins)
            for name in twins[1:] if wanted else twins:
                others = ", ".join(other for other in twins if other != name)
                why = Bilingual(
                    *(
                        text.format(others=others)
                        for text in (SAME_CONTENT_REQUESTED if wanted else SAME_CONTENT)
                    )
                )
                intent = books.created_by[name].id if name in books.created_by else ""
                found.append(
                    _build_finding("twice" if wanted else "duplicate", name, documents[name], why, intent)
                )
    return found


def _group_by_number(documents: Iterable[Document]) -> dict[tuple[str, str], dict[int, Document]]:
    """Issued documents by type and series, then by number."""
    found: dict[tuple[str, str], dict[int, Document]] = defaultdict(dict)
    for one in documents:
        number, _, serie = (one.number or "").partition("/")
        if one.status not in UNISSUED_STATES and number.isdecimal():
            found[(one.document_type, serie)][int(number)] = one
    return found


async def _read_last_numbers(looking: FactLoader) -> dict[tuple[str, str], int]:
    singular = {kind.singular: kind.plural for kind in list_document_kinds()}
    return {
        (singular[name], series.serie or ""): part.number or 0
        for series in await looking.list_sequences()
        for name, part in series.types.items()
        if name in singular
    }


def _find_gaps(
    listed: Mapping[str, Document], month: Month, last: Mapping[tuple[str, str], int]
) -> Iterable[ReconciliationFinding]:
    """Numbers between the first and the last that are missing; up to where the series stands, while the month runs."""
    for (kind, serie), by_number in _group_by_number(listed.values()).items():
        inside = [number for number, one in by_number.items() if one.date in month]
        if not inside:
            continue
        end = max(inside)
        # From the last number of the month before, where it has one.
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
    told = {"operation": intent.operation, "intent": intent.id}
    return ReconciliationFinding(
        "unknown",
        Bilingual(*(text.format(**told) for text in OUTCOME_UNKNOWN)),
        intent=intent.id,
        date=datetime.fromtimestamp(intent.created_at, LISBON).date().isoformat(),
        **_split_name(str(intent.trace.get("subject", ""))),
    )


def _format_text(said: Bilingual, intent: Intent) -> Bilingual:
    return Bilingual(*(text.format(intent=intent.id) for text in said))


def _split_name(name: str) -> dict[str, Any]:
    kind, _, number = name.partition("/")
    return {"document_type": kind, "id": int(number) if number.isdecimal() else None}


def _build_finding(
    kind: Kind, name: str, one: Document, why: Bilingual, intent: str = ""
) -> ReconciliationFinding:
    return ReconciliationFinding(
        kind,
        Bilingual(*(text.format(intent=intent) for text in why)),
        number=(one.number or "") if one.status not in UNISSUED_STATES else "",
        status=one.status or "",
        date=one.date.isoformat() if one.date else "",
        total=format_cents(one.total) if one.total is not None else "",
        intent=intent,
        **_split_name(name),
    )
