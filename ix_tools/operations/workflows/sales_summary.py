"""Workflows that add up what was invoiced in a period: VAT by region and rate, and sales by client, net of credit notes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from ix_tools.domain.amount_types import format_cents
from ix_tools.domain.date_types import WireDate
from ix_tools.domain.document_figures import get_sign, list_vat_parts
from ix_tools.domain.document_kinds import ISSUED_STATES
from ix_tools.domain.records import Document, ReadTotal, Tax
from ix_tools.domain.translated_text import TranslatedText
from ix_tools.domain.types import Call, Record
from ix_tools.fiscal.vat_rates import name_region
from ix_tools.i18n.field_labels import LABELS
from ix_tools.i18n.messages import NO_MESSAGE, Message, as_message, message, message_plural, verbatim
from ix_tools.i18n.validation_faults import InvalidValue
from ix_tools.operations.base import Operation, OperationContext
from ix_tools.operations.document_lists import ListInvoices
from ix_tools.operations.drafts import LOCAL_ONLY
from ix_tools.operations.expectations import Step
from ix_tools.operations.invoice_lists import EVERY_TYPE, read_documents
from ix_tools.operations.scopes import Heading
from ix_tools.operations.spec import Effect, Spec

SOLD_TYPES = tuple(one for one in EVERY_TYPE if one != "receipts")
"""Types that charge or take back VAT; a receipt is for what an invoice charged."""
ZERO = Decimal(0)
VAT_COLUMNS = ["region", "tax", "rate", "exemption", "net", "vat"]
CLIENT_COLUMNS = ["client", "documents", "net", "vat", "total"]


class Period(Call):
    """First and last day of the documents that are added up."""

    date_from: Annotated[WireDate | None, LOCAL_ONLY] = None
    """First document date, e.g. 2026-10-01; default the first day of this month."""
    date_to: Annotated[WireDate | None, LOCAL_ONLY] = None
    """Last document date, e.g. 2026-12-31; default today."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.date_from and self.date_to and self.date_to < self.date_from:
            raise InvalidValue(message("not before date_from"), "date_to")
        return self

    def list_required_operations(self) -> tuple[str, ...]:
        """Return the operations by which the documents are read."""
        return ("list_invoices", "list_taxes", "get_document")

    def resolve(self, today: date) -> tuple[date, date]:
        """Return first and last day."""
        last = self.date_to or max(today, self.date_from or today)
        return self.date_from or min(today, last).replace(day=1), last


async def read_sales(context: OperationContext, first: date, last: date) -> list[Document]:
    """Return every issued invoice and note of a period; 100 documents a request."""
    wanted = {"types": list(SOLD_TYPES), "states": sorted(ISSUED_STATES), "archived": True}
    call = ListInvoices.model_validate({**wanted, "date_from": first, "date_to": last})
    return await read_documents(context, call)


class VatSummaryResult(Record):
    """VAT charged in a period; `columns` names the values of each row."""

    period: str
    """First and last day, as 2026-10-01/2026-12-31."""
    columns: list[str]
    rows: list[list[TranslatedText]]
    net: ReadTotal = None
    """Net of all documents, less credit notes."""
    vat: ReadTotal = None
    """VAT of all documents, less that of credit notes."""
    total: ReadTotal = None
    documents: int = 0
    credit_notes: int = 0
    """Number of documents that are credit notes, taken off."""
    note: TranslatedText | None = None


class VatSummary(Period, Operation[VatSummaryResult]):
    """Add up the VAT charged in a period by region and rate, less credit notes. Drafts and cancelled documents do not count; VAT on purchases is not in InvoiceXpress.

    Source: CIVA art. 16 and 18; a workflow of list_invoices and list_taxes, which adds up to the totals of the SAF-T (PT) file.
    """

    spec = Spec(
        name="vat_summary",
        title="VAT of a period",
        effect=Effect.READS,
        heading=Heading.WORKFLOWS,
        example={"date_from": "2026-10-01", "date_to": "2026-12-31"},
        idempotent=True,
    )

    async def execute(self, context: OperationContext) -> VatSummaryResult:
        """Read the period's documents and add up their VAT; the lines of one without lines are read singly."""
        first, last = self.resolve(context.facts.today)
        taxes = [Tax.model_validate(one) for one in (await context.run_operation("list_taxes", {}))["taxes"]]
        sums = _VatSums({one.name: one for one in taxes if one.name})
        documents = await read_sales(context, first, last)
        for at, document in enumerate(documents, start=1):
            whole = document
            if not document.lines and document.total:
                about = {"document_type": document.document_type, "document_id": document.id}
                whole = Document.model_validate(
                    (await context.run_operation("get_document", about))["document"]
                )
                await context.notify_progress(
                    at, len(documents), message("documents without lines in the list")
                )
            sums.add(whole.with_named_taxes(taxes))
        return VatSummaryResult(
            period=f"{first.isoformat()}/{last.isoformat()}",
            columns=VAT_COLUMNS,
            rows=sums.build_rows(),
            net=sums.net,
            vat=sums.vat,
            total=sums.net + sums.vat,
            documents=len(documents),
            credit_notes=sum(get_sign(one) < 0 for one in documents),
            note=message(
                "the row rounding is the difference between the documents' totals and the sums by rate"
            )
            if sums.rounding
            else None,
        )

    def next_steps(self, result: VatSummaryResult) -> Iterable[Step]:
        """Suggest the SAF-T file of the period's last month."""
        last = date.fromisoformat(result.period.rpartition("/")[2])
        yield Step(
            "export_saft",
            message("the file for the accountant, month by month"),
            {"month": last.month, "year": last.year},
        )


@dataclass
class _VatSums:
    """Net and VAT by region, tax and exemption."""

    taxes: dict[str, Tax]
    sums: dict[tuple[str, str, str, str], list[Decimal]] = field(default_factory=dict)
    net: Decimal = ZERO
    vat: Decimal = ZERO
    rounding: bool = False

    def add(self, document: Document) -> None:
        sign = get_sign(document)
        net, vat = document.before_taxes or ZERO, document.taxes or ZERO
        self.net, self.vat = self.net + sign * net, self.vat + sign * vat
        for part in list_vat_parts(document, self.taxes):
            self.rounding = self.rounding or not part.rate
            known = self.sums.setdefault((part.region, part.tax, part.rate, part.exemption), [ZERO, ZERO])
            known[0] += part.net
            known[1] += part.vat

    def build_rows(self) -> list[list[Message]]:
        """Return a row for each region and rate, the highest rates first; rounding last."""
        found = sorted(
            self.sums.items(), key=lambda one: (one[0][2] == "", one[0][0], -_parse_rate(one[0][2]))
        )
        return [
            [
                _name_region(key[0]),
                _name_share(key[1]),
                *map(verbatim, (*key[2:], *map(format_cents, amounts))),
            ]
            for key, amounts in found
            if key[2] or any(amounts)
        ]


def _name_region(region: str) -> Message:
    return as_message(name_region(region)) if region else NO_MESSAGE


def _name_share(name: str) -> Message:
    """Return the name of a tax, or of a difference between documents and rates."""
    return LABELS[name] if name in {"rounding", "difference"} else verbatim(name)


def _parse_rate(text: str) -> Decimal:
    return Decimal(text) if text not in {"", "?"} else ZERO


class SalesByClientResult(Record):
    """Sales of a period by client; `columns` names the values of each row."""

    period: str
    """First and last day, as 2026-10-01/2026-12-31."""
    columns: list[str]
    rows: list[list[str]]
    net: ReadTotal = None
    """Sales without VAT of all clients, less credit notes."""
    total: ReadTotal = None
    """Sales with VAT of all clients, less credit notes."""
    clients: int = 0
    documents: int = 0
    left_out: TranslatedText | None = None


class SalesByClient(Period, Operation[SalesByClientResult]):
    """Add up what was invoiced in a period by client, less credit notes, the largest first. Drafts and cancelled documents do not count.

    Source: a workflow of list_invoices.
    """

    most_rows: Annotated[int, LOCAL_ONLY] = Field(default=50, ge=1, le=1000)
    """Largest number of clients to show; default 50."""

    spec = Spec(
        name="sales_by_client",
        title="Sales by client",
        effect=Effect.READS,
        heading=Heading.WORKFLOWS,
        example={"date_from": "2026-01-01", "date_to": "2026-12-31"},
        idempotent=True,
    )

    async def execute(self, context: OperationContext) -> SalesByClientResult:
        """Read the period's documents and add them up by client."""
        first, last = self.resolve(context.facts.today)
        documents = await read_sales(context, first, last)
        sums: dict[Any, _ClientSales] = {}
        for document in documents:
            client = document.client
            key = client.id if client and client.id else client.name if client else None
            sums.setdefault(key, _ClientSales(client.name if client and client.name else "?")).add(document)
        found = sorted(sums.values(), key=lambda one: -one.net)
        shown = found[: self.most_rows]
        more = len(found) - len(shown)
        return SalesByClientResult(
            period=f"{first.isoformat()}/{last.isoformat()}",
            columns=CLIENT_COLUMNS,
            rows=[one.build_row() for one in shown],
            net=sum((one.net for one in found), ZERO),
            total=sum((one.net + one.vat for one in found), ZERO),
            clients=len(found),
            documents=len(documents),
            left_out=message_plural(
                "{count} more client is in the sums; most_rows shows more",
                "{count} more clients are in the sums; most_rows shows more",
                count=more,
            )
            if more
            else None,
        )


@dataclass
class _ClientSales:
    """Sales to one client."""

    name: str
    documents: int = 0
    net: Decimal = ZERO
    vat: Decimal = ZERO

    def add(self, document: Document) -> None:
        sign = get_sign(document)
        self.documents += 1
        self.net += sign * (document.before_taxes or ZERO)
        self.vat += sign * (document.taxes or ZERO)

    def build_row(self) -> list[str]:
        """Return name, number of documents and amounts."""
        amounts = (self.net, self.vat, self.net + self.vat)
        return [self.name, str(self.documents), *map(format_cents, amounts)]
