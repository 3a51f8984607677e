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

from ix_tools.api_client.list_queries import between
from ix_tools.domain.document_kinds import document_types
from ix_tools.domain.parsing import as_record
from ix_tools.domain.records import Document
from ix_tools.domain.types import cents
from ix_tools.errors import NotFound
from ix_tools.i18n.formats import LISBON
from ix_tools.i18n.words import Language, Said
from ix_tools.idempotency.intents import GONE, Intent
from ix_tools.operations.fingerprints import looks
from ix_tools.pipeline.context import Desk
from ix_tools.pipeline.fact_loader import LookUps
from ix_tools.pipeline.recovery import LATE
from ix_tools.storage.schema import audit

Kind = Literal["orphan", "duplicate", "no_document", "gap", "unknown", "twice", "draft"]
WRONG: frozenset[Kind] = frozenset({"orphan", "duplicate", "no_document", "gap", "unknown"})
"""What somebody has to look into; the rest is said for the eye."""
NOT_ISSUED = {"draft", "deleted", None}
NOBODY = Said("nenhuma entrada do diário o emitiu", "no entry of the journal issued it")
UNAPPROVED = Said(
    "a entrada {intent} emitiu-o, mas o registo não mostra aprovação usada",
    "entry {intent} issued it, but the audit trail shows no approval used for it",
)
SAME = Said("tem o mesmo conteúdo que {others}", "has the same content as {others}")
WANTED = Said(
    "tem o mesmo conteúdo que {others}; cada um tem a sua entrada, logo foi pedido",
    "has the same content as {others}; each has an entry of its own, so it was asked for",
)
NOT_THERE = Said(
    "a entrada {intent} diz que está feito, e o documento não existe",
    "entry {intent} says done, and there is no such document",
)
STILL_DRAFT = Said(
    "a entrada {intent} diz que foi emitido, e é um rascunho", "entry {intent} says issued, and it is a draft"
)
MISSING = Said("falta na numeração", "missing from the numbering")
MISSING_END = Said(
    "a série já vai neste número; as listas podem mostrar documentos novos com atraso",
    "the series is already at this number; lists may show new documents late",
)
OURS = Said("rascunho por emitir, da entrada {intent}", "draft never issued, made by entry {intent}")
THEIRS = Said("rascunho por emitir, feito fora daqui", "draft never issued, not made here")
OPEN = Said(
    "não se sabe se {operation} aconteceu: `ix-tools journal show {intent}`",
    "not known whether {operation} happened: `ix-tools journal show {intent}`",
)
LATE_LISTS = Said(
    f"o mês ainda corre: as listas mostram documentos novos com atraso, até {LATE:.0f} segundos",
    f"the month is still running: lists show new documents up to {LATE:.0f} seconds late",
)
UNLISTED = Said(
    "{name} ainda não está na lista; foi lido pelo seu id",
    "{name} is not in the list yet; it was read by its id",
)


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month."""

    first: date
    last: date

    @classmethod
    def of(cls, day: date) -> "Month":
        """The month that a day lies in."""
        return cls(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))

    @property
    def name(self) -> str:
        """As it is written: 2026-11."""
        return f"{self.first:%Y-%m}"

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that somebody should see."""

    kind: Kind
    why: Said
    document_type: str = ""
    id: int | None = None
    number: str = ""
    status: str = ""
    date: str = ""
    total: str = ""
    intent: str = ""

    def as_dict(self, language: Language = "en") -> dict[str, Any]:
        """As results show it."""
        names = [name for name in Found.__slots__ if name not in {"kind", "why"}]
        shown = {name: value for name in names if (value := getattr(self, name)) not in ("", None)}
        return {"kind": self.kind, **shown, "why": self.why.in_(language)}


@dataclass(frozen=True, slots=True)
class Series:
    """What one series has of one document type in the month."""

    document_type: str
    serie: str
    issued: int
    matched: int
    first: int
    last: int


@dataclass
class Reconciled:
    """What came of it."""

    month: Month
    account: str
    documents: int = 0
    series: list[Series] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    notes: list[Said] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nobody has to look into anything."""
        return not any(one.kind in WRONG for one in self.found)

    def as_dict(self) -> dict[str, Any]:
        """For programs."""
        return {
            "ok": self.ok,
            "month": self.month.name,
            "account": self.account,
            "documents": self.documents,
            "series": [{name: getattr(one, name) for name in Series.__slots__} for one in self.series],
            "found": [one.as_dict() for one in self.found],
            "notes": [one.en for one in self.notes],
        }


async def reconcile(desk: Desk, month: Month) -> Reconciled:
    """Match every document of the month, read from the account, with the entry that issued it."""
    looking = LookUps(desk.account, desk.settings.catalogue_pages, desk.approvals, desk.journal)
    result = Reconciled(month, desk.account.name)
    listed = await _listed(looking, month)
    books = await anyio.to_thread.run_sync(_books, desk)
    await _unlisted(looking, books, listed, month, result)
    await _receipts_of(looking, books)
    documents = {name: one for name, one in listed.items() if one.date in month}
    result.documents = len(documents)
    result.found += _orphans(books, documents)
    result.found += await _alike(looking, books, documents)
    running = desk.now().date() in month
    result.found += _gaps(listed, month, await _last_numbers(looking) if running else {})
    result.found += [
        _about(
            "draft",
            name,
            one,
            OURS if name in books.made else THEIRS,
            books.made[name].id if name in books.made else "",
        )
        for name, one in documents.items()
        if one.status == "draft"
    ]
    result.found += [_open(intent) for intent in books.unfinished]
    result.series = _series(books, documents)
    if running:
        result.notes.append(LATE_LISTS)
    result.found.sort(key=lambda one: (one.kind not in WRONG, one.kind, one.document_type, one.id or 0))
    return result


# --- what is there ---------------------------------------------------------------------------------------


async def _listed(looking: LookUps, month: Month) -> dict[str, Document]:
    """Documents of the month and of the one before (for the numbers that this one follows), by name."""
    found: dict[str, Document] = {}
    since = (month.first - timedelta(days=1)).replace(day=1)
    for path, key, query in between(since, month.last):
        for raw in await looking.every(path, key, *query):
            one = as_record(Document, raw)
            if one.date is not None and since <= one.date <= month.last:
                found[f"{one.document_type}/{one.id}"] = one
    return found


async def _read(looking: LookUps, name: str) -> Document | None:
    kind, _, number = name.partition("/")
    try:
        one = await looking.document(kind, int(number))
    except NotFound:
        return None
    return None if one.status == "deleted" else one


async def _unlisted(
    looking: LookUps, books: "Books", listed: dict[str, Document], month: Month, result: Reconciled
) -> None:
    """What the journal says is done and no list shows: read by its id. Only what is not found then is not there."""
    for name, intent in books.of_month(month):
        one = listed.get(name)
        if one is None and name not in books.deleted:
            one = await _read(looking, name)
            if one is None:
                result.found.append(
                    Found("no_document", _said(NOT_THERE, intent), intent=intent.id, **_id(name))
                )
            elif one.date in month:
                listed[name] = one
                result.notes.append(Said(*(text.format(name=name) for text in UNLISTED)))
        if one is not None and name in books.issued and one.status == "draft":
            result.found.append(_about("no_document", name, one, STILL_DRAFT, books.issued[name].id))


# --- what was approved -----------------------------------------------------------------------------------


@dataclass
class Books:
    """The journal of the account, by document, and the approvals that the audit trail shows as used."""

    made: dict[str, Intent]
    """What each entry made."""
    issued: dict[str, Intent]
    """What each entry gave a number."""
    deleted: set[str]
    settling: list[Intent]
    """Entries that left a receipt of which they do not know the id."""
    unfinished: Sequence[Intent]
    used: set[str]

    def of_month(self, month: Month) -> Iterable[tuple[str, Intent]]:
        """Documents that entries of the month made or issued."""
        for name, intent in {**self.issued, **self.made}.items():
            begun = datetime.fromtimestamp(intent.created_at, LISBON).date()
            if begun in month or str(intent.trace.get("date", "")).startswith(month.name):
                yield name, intent

    def matched(self, name: str) -> bool:
        """Whether it was issued with an approval."""
        intent = self.issued.get(name)
        return intent is not None and intent.approval in self.used


def _books(desk: Desk) -> Books:
    with desk.store.reading() as connection:
        query = sql.select(audit.c.approval).where(
            audit.c.event == "approval used", audit.c.account == desk.account.name
        )
        used = {str(row.approval) for row in connection.execute(query)}
    books = Books({}, {}, set(), [], desk.journal.unfinished(desk.account.name), used)
    kinds = {kind.plural for kind in document_types()}
    for intent in reversed(desk.journal.listed(desk.account.name, most=None)):
        if intent.state != "done" or intent.key.startswith(GONE):
            continue
        if intent.made.partition("/")[0] in kinds:
            books.made[intent.made] = intent
        about = str(intent.trace.get("subject", ""))
        if intent.operation == "generate_payment":
            if intent.made:
                books.issued[intent.made] = intent
            else:  # settled by a person, who was not asked for the receipt's id
                books.settling.append(intent)
        elif intent.operation == "change_state":
            before, after = intent.trace.get("before"), intent.trace.get("after")
            if after == "deleted":
                books.deleted.add(about)
            elif before == "draft":
                books.issued[about] = intent
            elif after == "settled":
                books.settling.append(intent)
    return books


async def _receipts_of(looking: LookUps, books: Books) -> None:
    """Settling an invoice issues a receipt; it is found among what belongs to the invoice."""
    for intent in books.settling:
        amount = intent.trace.get("amount")
        try:
            related = await looking.related(int(intent.trace["document_id"]))
        except NotFound:  # its receipts are then issued by no entry that is known, and are named
            continue
        for raw in related:
            one = as_record(Document, raw)
            name = f"{one.document_type}/{one.id}"
            fits = amount is None or one.total == Decimal(str(amount))
            if one.document_type == "receipts" and fits and name not in books.issued:
                books.issued[name] = intent
                break


# --- what does not fit -----------------------------------------------------------------------------------


def _orphans(books: Books, documents: Mapping[str, Document]) -> Iterable[Found]:
    for name, one in documents.items():
        if one.status in NOT_ISSUED or books.matched(name):
            continue
        intent = books.issued.get(name)
        yield _about("orphan", name, one, UNAPPROVED if intent else NOBODY, intent.id if intent else "")


async def _alike(looking: LookUps, books: Books, documents: Mapping[str, Document]) -> list[Found]:
    """The same content twice. Totals in lists have been seen to be wrong, so what looks alike there is read again."""
    groups: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for name, one in documents.items():
        if one.status not in {"canceled", "deleted"}:
            client = one.client.name if one.client else None
            groups[(one.document_type, one.date, client, one.total)].append(name)
    found: list[Found] = []
    for names in (group for group in groups.values() if len(group) > 1):
        same: dict[str, list[str]] = defaultdict(list)
        for name in names:
            whole = await _read(looking, name)
            if whole is not None:
                same[looks(whole)].append(name)
        for twins in (each for each in same.values() if len(each) > 1):
            entries = {books.made[name].id for name in twins if name in books.made}
            wanted = len(entries) == len(twins)
            for name in twins[1:] if wanted else twins:
                others = ", ".join(other for other in twins if other != name)
                why = Said(*(text.format(others=others) for text in (WANTED if wanted else SAME)))
                intent = books.made[name].id if name in books.made else ""
                found.append(_about("twice" if wanted else "duplicate", name, documents[name], why, intent))
    return found


def _numbered(documents: Iterable[Document]) -> dict[tuple[str, str], dict[int, Document]]:
    """Issued documents by type and series, then by number."""
    found: dict[tuple[str, str], dict[int, Document]] = defaultdict(dict)
    for one in documents:
        number, _, serie = (one.number or "").partition("/")
        if one.status not in NOT_ISSUED and number.isdecimal():
            found[(one.document_type, serie)][int(number)] = one
    return found


async def _last_numbers(looking: LookUps) -> dict[tuple[str, str], int]:
    singular = {kind.singular: kind.plural for kind in document_types()}
    return {
        (singular[name], series.serie or ""): part.number or 0
        for series in await looking.sequences()
        for name, part in series.types.items()
        if name in singular
    }


def _gaps(
    listed: Mapping[str, Document], month: Month, last: Mapping[tuple[str, str], int]
) -> Iterable[Found]:
    """Numbers between the first and the last that are missing; up to where the series stands, while the month runs."""
    for (kind, serie), by_number in _numbered(listed.values()).items():
        inside = [number for number, one in by_number.items() if one.date in month]
        if not inside:
            continue
        end = max(inside)
        # From the last number of the month before, where it has one.
        begin = max((number for number in by_number if number < min(inside)), default=min(inside))
        for number in range(begin, max(end, last.get((kind, serie), 0)) + 1):
            if number not in by_number:
                why = MISSING if number < end else MISSING_END
                yield Found("gap", why, document_type=kind, number=f"{number}/{serie}")


def _series(books: Books, documents: Mapping[str, Document]) -> list[Series]:
    found = []
    for (kind, serie), by_number in sorted(_numbered(documents.values()).items()):
        matched = sum(books.matched(f"{kind}/{one.id}") for one in by_number.values())
        found.append(Series(kind, serie, len(by_number), matched, min(by_number), max(by_number)))
    return found


def _open(intent: Intent) -> Found:
    told = {"operation": intent.operation, "intent": intent.id}
    return Found(
        "unknown",
        Said(*(text.format(**told) for text in OPEN)),
        intent=intent.id,
        date=datetime.fromtimestamp(intent.created_at, LISBON).date().isoformat(),
        **_id(str(intent.trace.get("subject", ""))),
    )


def _said(said: Said, intent: Intent) -> Said:
    return Said(*(text.format(intent=intent.id) for text in said))


def _id(name: str) -> dict[str, Any]:
    kind, _, number = name.partition("/")
    return {"document_type": kind, "id": int(number) if number.isdecimal() else None}


def _about(kind: Kind, name: str, one: Document, why: Said, intent: str = "") -> Found:
    return Found(
        kind,
        Said(*(text.format(intent=intent) for text in why)),
        number=(one.number or "") if one.status not in NOT_ISSUED else "",
        status=one.status or "",
        date=one.date.isoformat() if one.date else "",
        total=cents(one.total) if one.total is not None else "",
        intent=intent,
        **_id(name),
    )
