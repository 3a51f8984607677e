"""Lists of invoices, notes and receipts: their rows, in full or as a table, and filters by what is still open."""

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, model_validator

from ix_tools.domain.amount_types import format_cents
from ix_tools.domain.document_kinds import find_prefix, get_document_kind
from ix_tools.domain.parsing import read_page, read_rows
from ix_tools.domain.records import Document, ReadTotal
from ix_tools.domain.settlement import compute_settlement
from ix_tools.domain.types import Record
from ix_tools.i18n.messages import message, message_plural
from ix_tools.i18n.validation_faults import InvalidValue
from ix_tools.operations.base import Operation, OperationContext
from ix_tools.operations.list_filters import PageCall
from ix_tools.operations.lists import DocumentRow, PageResult, build_row, describe_more_pages, join_notes
from ix_tools.operations.spec import WirePath

ListType = Literal[
    "invoices",
    "invoice_receipts",
    "simplified_invoices",
    "vat_moss_invoices",
    "credit_notes",
    "debit_notes",
    "receipts",
    "cash_invoices",
]
LIST_TYPES = {
    # Cash invoices are of old: they are listed, and cannot be created.
    kind: "CashInvoice" if kind == "cash_invoices" else get_document_kind(kind).camel
    for kind in get_args(ListType)
}
ListState = Literal["draft", "final", "settled", "canceled", "second_copy"]
DEFAULT_STATES: list[ListState] = ["draft", "final", "settled"]
LIST_STATES = {"final": "sent"}
"""Lists say `sent` where documents say `final` (trap 8)."""
PAYABLE_TYPES: tuple[ListType, ...] = ("invoices", "simplified_invoices", "vat_moss_invoices", "debit_notes")
"""Types that the client pays later, and that therefore fall due."""
OPEN_STATES: tuple[ListState, ...] = ("final", "second_copy")
SETTLING_TYPES: tuple[ListType, ...] = ("receipts", "credit_notes")
"""Types that take something off what is open."""
EVERY_TYPE: tuple[ListType, ...] = get_args(ListType)
USUAL_TYPES: tuple[ListType, ...] = tuple(one for one in EVERY_TYPE if one != "receipts")
"""Types that are listed unless others are named: a receipt is no invoice."""
PAGE_SIZE = 100
MAX_LOOK_UPS = 200
"""Most documents whose receipts and notes are looked up for one list, one request each."""
MAX_CLIENTS = 20
"""Most clients in the sums by client, those that owe most."""
ZERO = Decimal(0)


FILTER_WORDS = ("unpaid", "overdue")
"""Filters that callers write among the states."""


class ClientOpen(Record):
    """What one client has to pay."""

    client: str | None = None
    open: ReadTotal = None
    """Amount still to pay."""
    overdue: ReadTotal = None
    """Part of it that was due before today."""
    documents: int = 0


class InvoiceList(PageResult):
    """Page of documents; of unpaid ones with what is open of each, of each client and in all."""

    invoices: list[DocumentRow] | None = None
    columns: list[str] | None = None
    """Names of the values of each row, where the list was asked for as a table."""
    rows: list[list[Any]] | None = None
    same: dict[str, str] | None = None
    """Values that every row of the table has."""
    open_total: ReadTotal = None
    """Amount still to pay of all unpaid documents, on every page."""
    overdue_total: ReadTotal = None
    """Part of it that was due before today."""
    by_client: list[ClientOpen] | None = None


@dataclass(frozen=True, slots=True)
class OpenDocument:
    """A document and what is still open of it."""

    document: Document
    open: Decimal
    is_certain: bool = True
    """False if its receipts and notes were not read, so that less may be open."""

    def is_overdue(self, today: date) -> bool:
        """Tell whether it was due before today."""
        due = self.document.due_date or self.document.date
        return due is not None and due < today


class InvoiceListing(PageCall):
    """Parameters and steps that all lists of invoices share."""

    types: list[ListType] = Field(default_factory=list)
    states: list[ListState] = Field(default_factory=list)
    unpaid: Annotated[bool, WirePath("")] = False
    """True lists only what is left to pay, oldest due first, with open amounts by document, by client and in all; default false."""
    overdue: Annotated[bool, WirePath("")] = False
    """True lists only what was due before today and is left to pay; default false."""
    response_format: Annotated[Literal["detailed", "concise"], WirePath("")] = "detailed"
    """Form of the rows: detailed names each value, concise is one short table; default detailed."""

    @model_validator(mode="before")
    @classmethod
    def _read_filters_among_states(cls, data: Any) -> Any:
        """Take unpaid and overdue as what they can only mean, although they are no states of InvoiceXpress."""
        states = data.get("states") if isinstance(data, dict) else None
        if not isinstance(states, list):
            return data
        found = [one for one in states if one in FILTER_WORDS]
        if not found:
            return data
        rest = [one for one in states if one not in found]
        others = {name: value for name, value in data.items() if name != "states"}
        return {**others, **dict.fromkeys(found, True), **({"states": rest} if rest else {})}

    @model_validator(mode="after")
    def _only_what_can_be_unpaid(self) -> Self:
        if not self.unpaid and not self.overdue:
            return self
        for field, allowed in (("types", PAYABLE_TYPES), ("states", OPEN_STATES)):
            given = getattr(self, field) if field in self.model_fields_set else ()
            if wrong := [word for word in given if word not in allowed]:
                raise InvalidValue(
                    message(
                        "{wrong} cannot be unpaid; leave {field} out, or of {allowed}",
                        wrong=", ".join(wrong),
                        field=field,
                        allowed=", ".join(allowed),
                    ),
                    field,
                )
        return self

    @abstractmethod
    def build_settling_call(self, since: date | None) -> "InvoiceListing":
        """Return the call that lists the receipts and credit notes in force since a day."""

    def narrow_to_overdue(self, today: date) -> Self:
        """Return the call with a filter by due date, if the list has one."""
        return self

    async def _list_open(self, context: OperationContext) -> InvoiceList:
        """Read every unpaid document, and what is open of each."""
        today = context.facts.today
        wanted = self.narrow_to_overdue(today) if self.overdue else self
        chosen = {
            "types": self.types if "types" in self.model_fields_set else list(PAYABLE_TYPES),
            "states": list(OPEN_STATES),
        }
        documents = await read_documents(context, wanted.model_copy(update=chosen))
        documents = [one for one in documents if self.matches(one)]
        found = [
            one
            for one in await self.find_open_amounts(context, documents)
            if not self.overdue or one.is_overdue(today)
        ]
        found.sort(key=lambda one: (one.document.due_date or date.min, one.document.id or 0))
        paid = [one for one in found if not one.open]
        return self._build_open_list([one for one in found if one.open], len(paid), today)

    def matches(self, document: Document) -> bool:
        """Tell whether a document is one that was asked for, where InvoiceXpress finds more."""
        return True

    async def find_open_amounts(
        self, context: OperationContext, documents: list[Document]
    ) -> list[OpenDocument]:
        """Return the documents with what is open of each.

        A receipt or note is never dated before what it settles, so a document whose client has none since is open whole, and
        only the others are looked up, one request each.
        """
        if not documents:
            return []
        since = min((one.date for one in documents if one.date), default=None)
        last: dict[int | None, date] = {}
        for one in await read_documents(context, self.build_settling_call(since)):
            client = _get_client_id(one)
            last[client] = max(last.get(client, date.min), one.date or date.max)
        unclear = [one.id for one in documents if one.id is not None and _may_be_settled(one, last)]
        related = await context.list_related(unclear[:MAX_LOOK_UPS])
        found = []
        for one in documents:
            known = related.get(one.id, ()) if one.id in unclear else ()
            is_certain = one.id not in unclear or related.get(one.id) is not None
            found.append(OpenDocument(one, compute_settlement(one, known or ()).open, is_certain))
        return found

    def _build_open_list(self, found: list[OpenDocument], paid: int, today: date) -> InvoiceList:
        start = (self.page - 1) * self.per_page
        shown = found[start : start + self.per_page]
        pages = max(1, -(-len(found) // self.per_page))
        unread = sum(not one.is_certain for one in found)
        clients = list(_sum_by_client(found, today))
        notes = [
            describe_more_pages(len(found), len(shown), self.page + 1) if self.page < pages else None,
            message(
                "{count} left out: nothing is left to pay of them (credited, or only withheld tax)",
                count=paid,
            )
            if paid
            else None,
            message(
                "the receipts and notes of {count} were not read, so less may be open of them", count=unread
            )
            if unread
            else None,
            message_plural(
                "{count} more client, who owes less",
                "{count} more clients, who owe less each",
                count=len(clients) - MAX_CLIENTS,
            )
            if len(clients) > MAX_CLIENTS
            else None,
        ]
        rows = [_build_open_row(one, today) for one in shown]
        result = InvoiceList(
            page=self.page,
            pages=pages,
            total_entries=len(found),
            left_out=join_notes(notes),
            open_total=sum((one.open for one in found), ZERO),
            overdue_total=sum((one.open for one in found if one.is_overdue(today)), ZERO),
            by_client=clients[:MAX_CLIENTS],
            invoices=rows,
        )
        return self.shape(result)

    def shape(self, result: InvoiceList) -> InvoiceList:
        """Return the list in the form that was asked for."""
        if self.response_format == "detailed":
            return result
        columns, rows, same = build_table(result.invoices or [])
        return result.model_copy(update={"invoices": None, "columns": columns, "rows": rows, "same": same})


class OpenInvoiceList(InvoiceListing, Operation[InvoiceList]):
    """A list of invoices whose documents can be filtered by what is open."""

    async def execute(self, context: OperationContext) -> InvoiceList:
        """Read the page, or every unpaid document with its open amount."""
        if self.unpaid or self.overdue:
            return await self._list_open(context)
        return self.shape(self.parse_response(await context.send(self), context.facts))


async def read_documents(context: OperationContext, call: Any) -> list[Document]:
    """Read every page of a list once, also if a document moves to another page meanwhile."""
    found: dict[int | None, Document] = {}
    number = pages = 1
    while number <= pages:
        content = await context.send(call.model_copy(update={"page": number, "per_page": PAGE_SIZE}))
        rows = read_rows(content, "invoices")
        page = read_page(content, rows, "invoices", counted=True)
        pages = page.total_pages if page else 1
        found |= {document.id: document for document in map(Document.model_validate, rows)}
        await context.notify_progress(
            number, max(number, pages), message("page {page} of {pages}", page=number, pages=pages)
        )
        number += 1
    return list(found.values())


def _get_client_id(document: Document) -> int | None:
    return document.client.id if document.client else None


def _may_be_settled(document: Document, last: dict[int | None, date]) -> bool:
    """Tell whether a receipt or note may be about a document, from the last day on which each client has one."""
    client = _get_client_id(document)
    days = last.values() if client is None else [day for one, day in last.items() if one in {client, None}]
    return any(day >= (document.date or date.min) for day in days)


def _sum_by_client(found: Iterable[OpenDocument], today: date) -> Iterable[ClientOpen]:
    sums: dict[object, ClientOpen] = {}
    for one in found:
        client = one.document.client
        key = client.id if client and client.id else client.name if client else None
        known = sums.get(key) or ClientOpen(client=client.name if client else None, open=ZERO, overdue=ZERO)
        late = one.open if one.is_overdue(today) else ZERO
        sums[key] = known.model_copy(
            update={
                "open": (known.open or ZERO) + one.open,
                "overdue": (known.overdue or ZERO) + late,
                "documents": known.documents + 1,
            }
        )
    return sorted(sums.values(), key=lambda one: -(one.open or ZERO))


def _build_open_row(one: OpenDocument, today: date) -> DocumentRow:
    due = one.document.due_date or one.document.date
    days = (today - due).days if due and one.is_overdue(today) else None
    return build_row(one.document).model_copy(update={"open": format_cents(one.open), "days_overdue": days})


def build_table(rows: list[DocumentRow]) -> tuple[list[str], list[list[Any]], dict[str, str] | None]:
    """Return documents as columns and rows, without empty columns, and the values that all rows share.

    `number` is written with the kind of document before it, as in `FT 17/2026`, which every operation takes for the document.
    """
    tables = [_build_short_row(row) for row in rows]
    names = [name for name in COLUMNS if any(one.get(name) is not None for one in tables)]
    same: dict[str, str] = {}
    for name in ("status", "date", "due_date", "client"):
        values = {one.get(name) for one in tables}
        if len(rows) > 1 and len(values) == 1 and name in names:
            same[name] = str(values.pop())
            names.remove(name)
    return names, [[one.get(name) for name in names] for one in tables], same or None


COLUMNS = (
    "id",
    "number",
    "status",
    "date",
    "due_date",
    "client",
    "reference",
    "total",
    "withheld",
    "open",
    "days_overdue",
)


def _build_short_row(row: DocumentRow) -> dict[str, Any]:
    prefix = find_prefix(row.document_type) or row.document_type
    shown = row.model_dump(include=set(COLUMNS), exclude_none=True)
    return {**shown, "number": " ".join(filter(None, [prefix, row.number]))}
