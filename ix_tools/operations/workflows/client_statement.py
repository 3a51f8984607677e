"""Workflow for a client's statement of account, compared with the balance at InvoiceXpress."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from ix_tools.domain.amount_types import format_cents
from ix_tools.domain.date_types import WireDate, parse_date
from ix_tools.domain.records import Client, Document, ReadTotal
from ix_tools.domain.settlement import limit_withheld, sum_receipts
from ix_tools.domain.translated_text import TranslatedText
from ix_tools.domain.types import Record
from ix_tools.i18n.messages import Message, Money, message
from ix_tools.i18n.validation_faults import InvalidValue
from ix_tools.operations.base import Operation, OperationContext
from ix_tools.operations.clients import ClientCall
from ix_tools.operations.drafts import LOCAL_ONLY
from ix_tools.operations.expectations import Step
from ix_tools.operations.invoice_lists import EVERY_TYPE
from ix_tools.operations.lists import join_notes
from ix_tools.operations.scopes import Heading
from ix_tools.operations.spec import Effect, Spec
from ix_tools.operations.workflows.pagination import iterate_rows

CHARGES = {"invoices", "simplified_invoices", "vat_moss_invoices", "debit_notes"}
PAID_AT_ONCE = {"invoice_receipts", "cash_invoices"}
CREDITS = {"receipts", "credit_notes"}
WITHHOLDING = "withholding"
"""Kind of the entries for withheld tax, which belong to a document and are none."""
COLUMNS = ["date", "document", "number", "due_date", "debit", "credit", "balance"]


class Statement(Record):
    """Statement of account; `columns` names the values of each row."""

    client: Client
    columns: list[str]
    rows: list[list[str]]
    opening: ReadTotal = None
    """Balance before the first row."""
    debit: ReadTotal = None
    credit: ReadTotal = None
    closing: ReadTotal = None
    """Balance after the last row."""
    owed_now: ReadTotal = None
    """Balance of all documents up to today, whatever dates were given."""
    withheld: ReadTotal = None
    """Tax that the client withheld of all documents up to today; never owed to you."""
    invoicexpress: ReadTotal = None
    """Balance by get_client_balance, which counts withheld tax as owed."""
    overdue: ReadTotal = None
    agrees: bool
    """True if owed_now and invoicexpress are equal to the cent, withheld tax apart."""
    differs: TranslatedText | None = None
    left_out: TranslatedText | None = None


@dataclass(frozen=True)
class Movement:
    """Line of the account."""

    day: date
    number: int
    document: str
    name: str
    due: str
    debit: Decimal
    credit: Decimal


class AccountStatement(ClientCall, Operation[Statement]):
    """A client's statement of account: every invoice, note and receipt with the running balance, checked against get_client_balance.

    Source: a workflow of list_client_invoices, list_regularizations and get_client_balance.
    """

    date_from: Annotated[WireDate | None, LOCAL_ONLY] = None
    """First day to show, e.g. 2026-01-01; default the first entry."""
    date_to: Annotated[WireDate | None, LOCAL_ONLY] = None
    """Last day to show, e.g. 2026-12-31; default the last entry."""
    most_rows: Annotated[int, LOCAL_ONLY] = Field(default=100, ge=1, le=1000)
    """Largest number of rows to show, the newest; default 100."""

    spec = Spec(
        name="account_statement",
        title="Statement of account",
        effect=Effect.READS,
        heading=Heading.WORKFLOWS,
        example={"client": "ACME", "date_from": "2026-01-01"},
        idempotent=True,
    )

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if self.client_id is None and self.client is None:
            raise InvalidValue(message("give client_id or client"), "client")
        if self.date_from and self.date_to and self.date_to < self.date_from:
            raise InvalidValue(message("not before date_from"), "date_to")
        return self

    async def execute(self, context: OperationContext) -> Statement:
        """Read all entries, add them up, and compare the balance."""
        client = await self._load_client(context)
        about = {"client_id": client.id}
        balance = (await context.run_operation("get_client_balance", about))["balance"]
        initial = balance.get("initial_balance") or {}
        opening = Decimal(str(initial.get("value") or 0))
        movements = sorted(
            [one async for one in self._load_movements(context, about)], key=lambda one: (one.day, one.number)
        )
        start = self.date_from or date.min
        end = self.date_to or date.max
        before = [one for one in movements if one.day < start]
        within = [one for one in movements if start <= one.day <= end]
        after = [one for one in movements if one.day > end]
        folded = within[: -self.most_rows] if len(within) > self.most_rows else []
        shown = within[len(folded) :]
        opening = _add_up(opening, [*before, *folded])
        closing = _add_up(opening, shown)
        now, theirs = _add_up(closing, after), _read_balance(balance)
        withheld = sum(
            (one.credit - one.debit for one in movements if one.document == WITHHOLDING), Decimal(0)
        )
        agrees = theirs in {now, now + withheld}
        return Statement(
            client=client,
            columns=COLUMNS,
            rows=list(_build_rows(opening, shown)),
            opening=opening,
            debit=sum((one.debit for one in shown), Decimal(0)),
            credit=sum((one.credit for one in shown), Decimal(0)),
            closing=closing,
            owed_now=now,
            withheld=withheld or None,
            invoicexpress=theirs,
            overdue=_limit_overdue(balance, now),
            agrees=agrees,
            differs=None if now == theirs else _explain_difference(now, theirs, withheld, agrees=agrees),
            left_out=self._describe_left_out(len(before), len(folded), len(after)),
        )

    async def _load_client(self, context: OperationContext) -> Client:
        about = {"client_id": self.client_id} if self.client_id is not None else {"client": self.client}
        found = await context.run_operation("get_client", about)
        return Client.model_validate(
            {name: found["client"].get(name) for name in ("id", "name", "code", "fiscal_id")}
        )

    async def _load_movements(
        self, context: OperationContext, about: Mapping[str, Any]
    ) -> AsyncIterator[Movement]:
        wanted = {
            **about,
            "types": list(EVERY_TYPE),
            "states": ["final", "settled"],
            "archived": ["non_archived", "archived"],
        }
        async for row in iterate_rows(context, "list_client_invoices", wanted, "invoices"):
            found = _parse_movement(row)
            if found is not None:
                yield found
                if row.get("withheld") and found.document not in PAID_AT_ONCE:
                    yield await self._build_withholding(context, row, found)
        for row in (await context.run_operation("list_regularizations", about))["regularization"]:
            day, value = parse_date(row.get("date") or "1900-01-01"), Decimal(str(row.get("value") or 0))
            yield Movement(day, 0, "regularization", str(row.get("number") or ""), "", Decimal(0), value)

    async def _build_withholding(
        self, context: OperationContext, row: Mapping[str, Any], movement: Movement
    ) -> Movement:
        """Return the entry for the tax that the client withholds of a document; a credit note takes it back."""
        withheld, nothing = Decimal(str(row["withheld"])), Decimal(0)
        if row.get("status") == "settled" and movement.document in CHARGES:
            # Receipts may have been issued for the withheld tax too, and then nothing was withheld.
            about = {"document_id": row["id"]}
            related = (await context.run_operation("get_related_documents", about))["documents"]
            receipts = sum_receipts(Document.model_validate({**one, "client": None}) for one in related)
            withheld = limit_withheld(withheld, movement.debit, receipts)
        taken_back = movement.document == "credit_notes"
        debit, credit = (withheld, nothing) if taken_back else (nothing, withheld)
        return replace(movement, document=WITHHOLDING, due="", debit=debit, credit=credit)

    def _describe_left_out(self, before: int, folded: int, after: int) -> Message | None:
        said = [
            message(
                "rows before {day}, part of the opening balance: {count}", day=self.date_from, count=before
            )
            if before
            else None,
            message(
                "older rows, part of the opening balance too: {count} (most_rows shows more)", count=folded
            )
            if folded
            else None,
            message(
                "rows after {day}, part of what is owed now and not of the closing balance: {count}",
                day=self.date_to,
                count=after,
            )
            if after
            else None,
        ]
        return join_notes(said)

    def next_steps(self, result: Statement) -> Iterable[Step]:
        """Suggest listing the open invoices if something is overdue."""
        if (result.overdue or 0) > 0:
            about = {"client_id": result.client.id, "unpaid": True}
            yield Step("list_client_invoices", message("what is open of each invoice"), about)


def _parse_movement(row: Mapping[str, Any]) -> Movement | None:
    kind, total = str(row.get("document_type")), Decimal(str(row.get("total") or 0))
    if kind not in CHARGES | PAID_AT_ONCE | CREDITS:
        return None
    debit = Decimal(0) if kind in CREDITS else total
    credit = Decimal(0) if kind in CHARGES else total
    # A debit note that was settled by hand is not open any more, although it has no receipt.
    if kind == "debit_notes" and row.get("status") == "settled":
        credit = total
    day = parse_date(row.get("date") or "1900-01-01")
    name, due = str(row.get("number") or ""), str(row.get("due_date") or "")
    return Movement(day, int(row.get("id") or 0), kind, name, due, debit, credit)


def _add_up(start: Decimal, movements: Iterable[Movement]) -> Decimal:
    return sum((one.debit - one.credit for one in movements), start)


def _build_rows(opening: Decimal, movements: Iterable[Movement]) -> Iterable[list[str]]:
    balance = opening
    for one in movements:
        balance += one.debit - one.credit
        money = [format_cents(amount) if amount else "" for amount in (one.debit, one.credit)]
        yield [one.day.isoformat(), one.document, one.name, one.due, *money, format_cents(balance)]


def _limit_overdue(balance: Mapping[str, Any], owed_now: Decimal) -> Decimal | None:
    """Return the overdue amount, at most what is owed: InvoiceXpress counts withheld tax as overdue."""
    overdue = (balance.get("overdue_balance") or {}).get("with_vat")
    return None if overdue is None else min(Decimal(str(overdue)), max(Decimal(0), owed_now))


def _read_balance(balance: Mapping[str, Any]) -> Decimal:
    return Decimal(str((balance.get("balance") or {}).get("with_vat") or 0))


def _explain_difference(ours: Decimal, theirs: Decimal, withheld: Decimal, *, agrees: bool) -> Message:
    if agrees:
        return message(
            "InvoiceXpress's balance of {balance} also counts the {withheld} that the client withholds and pays to the tax authority",
            balance=Money(theirs),
            withheld=Money(withheld),
        )
    return message(
        "the rows add up to {sum}, InvoiceXpress's balance is {balance} (difference {difference}); it counts entries that it does "
        "not list: treasury movements (payments on account, reimbursements), credit notes paid back, and documents of the last seconds",
        sum=Money(ours),
        balance=Money(theirs),
        difference=Money(theirs - ours),
    )
