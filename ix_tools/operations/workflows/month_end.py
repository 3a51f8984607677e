"""Whether a month can be closed: drafts left, gaps in the numbers, series, payments, SAF-T, and what nobody knows yet."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any

from pydantic import Field

from ix_tools.domain.types import Record, format_cents
from ix_tools.errors import IxError
from ix_tools.fiscal.deadlines import get_reporting_deadline
from ix_tools.operations.base import Operation, OperationContext
from ix_tools.operations.drafts import LOCAL_ONLY
from ix_tools.operations.expectations import Step
from ix_tools.operations.scopes import Heading
from ix_tools.operations.spec import Effect, Spec
from ix_tools.operations.workflows.pagination import iterate_rows

MAX_ROWS = 20
"""Rows of a finding; the others are counted."""
MAX_RECEIPT_LOOK_UPS = 50
"""Settled invoices whose receipts are looked up, one request each; the others are told."""
ISSUED = ["final", "settled", "canceled", "second_copy"]
BILLS = ["invoices", "simplified_invoices", "vat_moss_invoices"]


class MonthFinding(Record):
    """One thing to look at, and the next step."""

    what: str
    count: int
    rows: list[str]
    """The first of them."""
    next: str


class MonthEnd(Record):
    """What was found. `ready`: nothing stands in the way of closing the month."""

    period: str
    ready: bool
    findings: list[MonthFinding]
    documents: int
    """Issued in the month, cancelled ones too."""
    total: str
    """Of what was charged in it, credit notes taken off, with VAT."""
    saft: str
    """ready, pending, nothing to export, or why not."""
    saft_due: str
    """The day by which AT has the month's data."""
    left_out: str | None = None


class MonthEndCheck(Operation[MonthEnd]):
    """Check whether a month can be closed: drafts left, gaps in series, unregistered series, unpaid invoices, missing receipts, SAF-T.

    Source: Portaria 363/2010, Portaria 195/2020 and DL 198/2012, art. 3, for what is checked; a recipe of lists and export_saft.
    """

    month: Annotated[int, LOCAL_ONLY] = Field(ge=1, le=12)
    """Month to check, 1 to 12."""
    year: Annotated[int, LOCAL_ONLY] = Field(ge=2008, le=2100)
    """Year of the month, e.g. 2026."""

    spec = Spec(
        name="month_end_check",
        title="Check a month's end",
        effect=Effect.READS,
        heading=Heading.WORKFLOWS,
        example={"month": 11, "year": 2026},
        idempotent=True,
    )

    async def execute(self, sending: OperationContext) -> MonthEnd:
        """Read the month and judge it."""
        month = MonthReview(date(self.year, self.month, 1), sending.facts.today)
        await month.load(sending)
        month.check_drafts()
        month.check_gaps()
        await month.check_series(sending)
        await month.check_unpaid(sending)
        await month.check_receipts(sending)
        saft = await month.check_saft(sending)
        await month.check_open_intents(sending)
        return MonthEnd(
            period=f"{month.first:%Y-%m}",
            ready=not month.findings,
            findings=month.findings,
            documents=len(month.issued),
            total=format_cents(month.total),
            saft=saft,
            saft_due=get_reporting_deadline(month.first).isoformat(),
            left_out="; ".join(month.left_out) or None,
        )

    def next_steps(self, result: MonthEnd) -> Iterable[Step]:
        """Export it once it is in order."""
        if result.saft in {"ready", "pending"}:
            why = f"export the file for the accountant, or AT by {result.saft_due}"
            yield Step("export_saft", why, {"month": self.month, "year": self.year})


@dataclass
class MonthReview:
    """A month's documents, and what is to be said about them."""

    first: date
    today: date
    documents: list[dict[str, Any]] = field(default_factory=list)
    earlier_documents: list[dict[str, Any]] = field(default_factory=list)
    findings: list[MonthFinding] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @property
    def last(self) -> date:
        """Its last day."""
        return (self.first + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    @property
    def issued(self) -> list[dict[str, Any]]:
        """What has a number."""
        return [one for one in self.documents if one.get("status") != "draft"]

    @property
    def total(self) -> Decimal:
        """Charged, less what was credited."""
        signs = {
            **dict.fromkeys([*BILLS, "invoice_receipts", "cash_invoices", "debit_notes"], 1),
            "credit_notes": -1,
        }
        return sum(
            (
                signs.get(str(one.get("document_type")), 0) * Decimal(str(one.get("total") or 0))
                for one in self.issued
                if one.get("status") in {"final", "settled"}
            ),
            Decimal(0),
        )

    async def load(self, sending: OperationContext) -> None:
        """Every invoice, note, receipt and guide of the month, on all pages, and the newest before it."""
        wanted = {
            "states": ["draft", *ISSUED],
            "archived": True,
            "date_from": self.first.isoformat(),
            "date_to": self.last.isoformat(),
        }
        self.documents = [one async for one in iterate_rows(sending, "list_invoices", wanted, "invoices")]
        # No filter by date there, but goods are loaded on the document's day or after it.
        loaded = {
            "states": ["draft", "final", "canceled"],
            "archived": True,
            "loaded_from": self.first.isoformat(),
        }
        guides = iterate_rows(sending, "list_guides", loaded, "guides")
        self.documents += [one async for one in guides if self._is_within(one)]
        yesterday = (self.first - timedelta(days=1)).isoformat()
        page = {"states": ISSUED, "archived": True, "date_to": yesterday, "per_page": 100}
        self.earlier_documents = (await sending.run_operation("list_invoices", page))["invoices"]

    def _is_within(self, row: Mapping[str, Any]) -> bool:
        return self.first.isoformat() <= str(row.get("date") or "") <= self.last.isoformat()

    def _add_finding(self, what: str, rows: Iterable[str], next: str) -> None:
        shown = list(rows)
        if shown:
            self.findings.append(MonthFinding(what=what, count=len(shown), rows=shown[:MAX_ROWS], next=next))

    # --- what is looked for ---

    def check_drafts(self) -> None:
        """A draft of the month has no number: it is in no file, and its date can soon no longer be given."""
        drafts = [one for one in self.documents if one.get("status") == "draft"]
        self._add_finding(
            "drafts left",
            (f"{_format_name(one)}, {one.get('client')}, {one.get('total')}" for one in drafts),
            "finalize each (change_state finalized) or delete it (change_state deleted); a person approves",
        )

    def check_gaps(self) -> None:
        """Numbers of a series follow each other without a gap, cancelled documents too."""
        series: dict[tuple[str, str], set[int]] = {}
        for one in self.issued:
            if (found := _parse_number(one)) is not None:
                series.setdefault((str(one.get("document_type")), found[1]), set()).add(found[0])
        earlier: dict[tuple[str, str], int] = {}
        for one in self.earlier_documents:
            if (found := _parse_number(one)) is not None:
                key = (str(one.get("document_type")), found[1])
                earlier[key] = max(found[0], earlier.get(key, 0))
        missing = []
        for (kind, serie), numbers in sorted(series.items()):
            known = sorted({*numbers, *([earlier[kind, serie]] if (kind, serie) in earlier else [])})
            for low, high in pairwise(known):
                if high - low > 1:
                    between = f"{low + 1}" if high - low == 2 else f"{low + 1} to {high - 1}"
                    missing.append(f"{kind} {serie}: {between}")
        self._add_finding(
            "numbers missing in a series",
            missing,
            "look for them in InvoiceXpress (another date, or archived); ask the accountant before the file goes out",
        )

    async def check_series(self, sending: OperationContext) -> None:
        """A series that was used has its validation code from the tax authority."""
        used = {(one.get("document_type"), found[1]) for one in self.issued if (found := _parse_number(one))}
        listed = (await sending.run_operation("list_sequences", {}))["sequences"]
        unregistered = [
            (one["serie"], kind)
            for one in listed
            for kind, part in (one.get("types") or {}).items()
            if part.get("validation_code") in {"N/D", None} and (f"{kind}s", one.get("serie")) in used
        ]
        self._add_finding(
            "series used without registration",
            (f"{serie}: {kind}s" for serie, kind in sorted(unregistered)),
            "register_sequence with the series' id; a person approves",
        )

    async def check_unpaid(self, sending: OperationContext) -> None:
        """What was due by now, or by the month's end, and is not settled."""
        due = min(self.last, self.today - timedelta(days=1))
        wanted = {
            "types": [*BILLS, "debit_notes"],
            "states": ["final"],
            "archived": True,
            "due_date_to": due.isoformat(),
        }
        late = [one async for one in iterate_rows(sending, "list_invoices", wanted, "invoices")]
        self._add_finding(
            f"unpaid and due by {due.isoformat()}",
            (
                f"{_format_name(one)}, due {one.get('due_date')}, {one.get('client')}, total {one.get('total')}"
                for one in late
            ),
            "generate_payment where it was paid; otherwise remind the client (account_statement shows what is open)",
        )

    async def check_receipts(self, sending: OperationContext) -> None:
        """A settled invoice has a receipt, or is credited."""
        settled = [
            one for one in self.issued if one.get("status") == "settled" and one.get("document_type") in BILLS
        ]
        missing = []
        for one in settled[:MAX_RECEIPT_LOOK_UPS]:
            related = (await sending.run_operation("get_related_documents", {"document_id": one["id"]}))[
                "documents"
            ]
            proofs = {"receipts", "credit_notes"}
            if not any(
                each.get("document_type") in proofs and each.get("status") in {"final", "settled"}
                for each in related
            ):
                missing.append(f"{_format_name(one)}, {one.get('client')}, {one.get('total')}")
        if len(settled) > MAX_RECEIPT_LOOK_UPS:
            self.left_out.append(
                f"receipts of {len(settled) - MAX_RECEIPT_LOOK_UPS} of {len(settled)} settled invoices were not looked up"
            )
        self._add_finding(
            "settled without a receipt",
            missing,
            "look at it in InvoiceXpress: a payment there issues the receipt",
        )

    async def check_saft(self, sending: OperationContext) -> str:
        """Whether the file can be had."""
        if self.first > self.today.replace(day=1):
            return "the month has not begun"
        if self.last >= self.today:
            self.left_out.append("the month is not over: what is issued later is not in this check")
        call = {"month": self.first.month, "year": self.first.year, "delivery": "link"}
        try:
            return str((await sending.run_operation("export_saft", call))["status"])
        except IxError as failure:
            if not self.issued:
                return "nothing to export"
            self._add_finding(
                "SAF-T cannot be exported", [failure.message], failure.next or "try export_saft again later"
            )
            return failure.code

    async def check_open_intents(self, sending: OperationContext) -> None:
        """Calls of which nobody knows whether they happened: a document more or less."""
        self._add_finding(
            "calls whose outcome is not known",
            (
                f"{one['operation']} {one['subject']} ({one['id']})".replace("  ", " ")
                for one in await sending.list_open_intents()
            ),
            "repeat the call (it looks first), or look and settle it: ix-tools journal resolve ID",
        )


def _format_name(row: Mapping[str, Any]) -> str:
    kind = str(row.get("document_type"))
    return (
        f"{kind} {row['id']}"
        if row.get("status") == "draft"
        else f"{kind} {row.get('number')} (id {row.get('id')})"
    )


def _parse_number(row: Mapping[str, Any]) -> tuple[int, str] | None:
    number, _, serie = str(row.get("number") or "").partition("/")
    return (int(number), serie) if number.isdecimal() and serie else None
