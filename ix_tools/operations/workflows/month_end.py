"""Workflow that checks whether a month can be closed: drafts, number gaps, series, payments, SAF-T, unknown outcomes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field

from ix_tools.domain.amount_types import format_cents
from ix_tools.domain.document_kinds import ISSUED_STATES, name_document_kind
from ix_tools.domain.field_marks import MonthOf
from ix_tools.domain.translated_text import TranslatedText
from ix_tools.domain.types import Record
from ix_tools.errors import IxError
from ix_tools.fiscal.deadlines import get_reporting_deadline
from ix_tools.i18n.messages import Message, Money, as_message, message, verbatim
from ix_tools.operations.base import Operation, OperationContext
from ix_tools.operations.drafts import LOCAL_ONLY
from ix_tools.operations.expectations import Step
from ix_tools.operations.invoice_lists import EVERY_TYPE
from ix_tools.operations.lists import join_notes
from ix_tools.operations.saft import SaftResult
from ix_tools.operations.scopes import Heading
from ix_tools.operations.spec import Effect, Spec
from ix_tools.operations.workflows.month_end_rows import (
    describe_document,
    describe_gap,
    describe_unpaid,
    parse_day,
    parse_number,
)
from ix_tools.operations.workflows.pagination import iterate_rows

MAX_ROWS = 20
"""Most rows shown of a finding; the others are counted."""
MAX_DRAFT_LOOK_UPS = 50
"""Most drafts whose series is looked up, one request each, where a later document may close the way."""
MAX_RECEIPT_LOOK_UPS = 50
"""Most settled invoices whose receipts are looked up, one request each; the number of others is reported."""
NUMBERED_STATES = [*sorted(ISSUED_STATES), "canceled"]
BILLS = ["invoices", "simplified_invoices", "vat_moss_invoices"]


SaftState = Literal["ready", "pending", "nothing_to_export", "not_begun", "failed"]


class MonthFinding(Record):
    """Finding of the check, and the next step."""

    what: TranslatedText
    count: int
    rows: list[TranslatedText]
    """First rows of the finding."""
    next: TranslatedText


class MonthEnd(Record):
    """Result of the check. `ready` means that the month is over and nothing prevents closing it."""

    period: str
    ready: bool
    findings: list[MonthFinding]
    documents: int
    """Number of documents issued in the month, cancelled ones included."""
    total: str
    """Total charged in the month less credit notes, with VAT."""
    saft: SaftState
    """State of the SAF-T file; why it failed is a finding."""
    saft_due: str
    """Day by which the month's data are due at AT: the 5th of the next month, or the working day to which it moves."""
    left_out: TranslatedText | None = None


class MonthEndCheck(Operation[MonthEnd]):
    """Check whether a month can be closed: drafts left, dates that must move, gaps in series, unregistered series, unpaid invoices, missing receipts, SAF-T.

    Source: Portaria 363/2010, Portaria 195/2020 and DL 198/2012, art. 3, for the checks; a workflow of lists and export_saft.
    """

    month: Annotated[int, LOCAL_ONLY, MonthOf("year")] = Field(ge=1, le=12)
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

    async def execute(self, context: OperationContext) -> MonthEnd:
        """Read the month's documents and run every check."""
        month = MonthReview(date(self.year, self.month, 1), context.facts.today)
        await month.load(context)
        month.check_end()
        await month.check_drafts(context)
        month.check_gaps()
        await month.check_series(context)
        await month.check_unpaid(context)
        await month.check_receipts(context)
        saft = await month.check_saft(context)
        await month.check_open_intents(context)
        return MonthEnd(
            period=f"{month.first:%Y-%m}",
            ready=not month.findings,
            findings=month.findings,
            documents=len(month.issued),
            total=format_cents(month.total),
            saft=saft,
            saft_due=get_reporting_deadline(month.first).isoformat(),
            left_out=join_notes(month.left_out),
        )

    def next_steps(self, result: MonthEnd) -> Iterable[Step]:
        """Suggest exporting the SAF-T file."""
        if result.saft in {"ready", "pending"}:
            why = message(
                "export the file for the accountant, or AT by {day}", day=date.fromisoformat(result.saft_due)
            )
            yield Step("export_saft", why, {"month": self.month, "year": self.year})


@dataclass
class MonthReview:
    """Documents of a month, and the findings about them."""

    first: date
    today: date
    documents: list[dict[str, Any]] = field(default_factory=list)
    earlier_documents: list[dict[str, Any]] = field(default_factory=list)
    findings: list[MonthFinding] = field(default_factory=list)
    left_out: list[Message] = field(default_factory=list)

    @property
    def last(self) -> date:
        """Return the last day of the month."""
        return (self.first + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    @property
    def issued(self) -> list[dict[str, Any]]:
        """Return the documents that have a number."""
        return [one for one in self.documents if one.get("status") != "draft"]

    @property
    def total(self) -> Decimal:
        """Return the total charged less credit notes."""
        signs = {
            **dict.fromkeys([*BILLS, "invoice_receipts", "cash_invoices", "debit_notes"], 1),
            "credit_notes": -1,
        }
        return sum(
            (
                signs.get(str(one.get("document_type")), 0) * Decimal(str(one.get("total") or 0))
                for one in self.issued
                if one.get("status") in ISSUED_STATES
            ),
            Decimal(0),
        )

    async def load(self, context: OperationContext) -> None:
        """Load every document of the month, and the newest invoices, notes and receipts before it."""
        wanted = {
            "types": list(EVERY_TYPE),
            "states": ["draft", *NUMBERED_STATES],
            "archived": True,
            "date_from": self.first.isoformat(),
            "date_to": self.last.isoformat(),
        }
        self.documents = [one async for one in iterate_rows(context, "list_invoices", wanted, "invoices")]
        # list_guides has no filter by date, but goods are loaded on the document's day or after it.
        loaded = {
            "states": ["draft", "final", "canceled"],
            "archived": True,
            "loaded_from": self.first.isoformat(),
        }
        guides = iterate_rows(context, "list_guides", loaded, "guides")
        self.documents += [one async for one in guides if self._is_within(one)]
        estimates = {
            **{name: value for name, value in wanted.items() if name != "types"},
            "states": ["draft", "final", "accepted", "refused", "canceled"],
        }
        self.documents += [
            one async for one in iterate_rows(context, "list_estimates", estimates, "estimates")
        ]
        yesterday = (self.first - timedelta(days=1)).isoformat()
        wanted = {"types": list(EVERY_TYPE), "states": NUMBERED_STATES, "archived": True}
        page = {**wanted, "date_to": yesterday, "per_page": 100}
        self.earlier_documents = (await context.run_operation("list_invoices", page))["invoices"]

    def _is_within(self, row: Mapping[str, Any]) -> bool:
        return self.first.isoformat() <= str(row.get("date") or "") <= self.last.isoformat()

    def _add_finding(self, what: Message, rows: Iterable[Message], next: Message) -> None:
        shown = list(rows)
        if shown:
            self.findings.append(MonthFinding(what=what, count=len(shown), rows=shown[:MAX_ROWS], next=next))

    # --- checks ---

    def check_end(self) -> None:
        """Find that the month is not over, so that more can be issued in it."""
        over = self.last + timedelta(days=1)
        if self.today < over:
            self._add_finding(
                message("the month is not over"),
                [message("{first} to {last}", first=self.first, last=self.last)],
                message(
                    "check again from {day}, since what is issued until then is not in this check; the data are due at the tax "
                    "authority by {due}",
                    day=over,
                    due=get_reporting_deadline(self.first),
                ),
            )

    async def check_drafts(self, context: OperationContext) -> None:
        """Find drafts: they are in no SAF-T file, and one dated before the last number of its series cannot be issued any more."""
        drafts = [one for one in self.documents if one.get("status") == "draft"]
        late = await self._find_late_drafts(context, drafts)
        self._add_finding(
            message("drafts whose date must move"),
            (
                message(
                    "{draft}: dated {day}, but {number} is dated {last_day}",
                    draft=describe_document(one),
                    day=parse_day(one, "date"),
                    number=last.get("number"),
                    last_day=parse_day(last, "date"),
                )
                for one, last in late
            ),
            message(
                "their series has a later number already, so they cannot be issued with their date: ask whether the date may move, and "
                "update each to that of the last number or later, or delete it (change_state deleted)"
            ),
        )
        moved = {one["id"] for one, _ in late}
        self._add_finding(
            message("drafts left"),
            (describe_document(one) for one in drafts if one["id"] not in moved),
            message(
                "finalize each (change_state finalized) or delete it (change_state deleted); a person approves"
            ),
        )

    async def _find_late_drafts(
        self, context: OperationContext, drafts: Iterable[Mapping[str, Any]]
    ) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
        """Return the drafts that are dated before the last document of their series, each with that document."""
        drafts = list(drafts)
        if not drafts:
            return []
        tomorrow = (self.last + timedelta(days=1)).isoformat()
        wanted = {"types": list(EVERY_TYPE), "states": NUMBERED_STATES, "archived": True}
        page = {**wanted, "date_from": tomorrow, "per_page": 100}
        later = (await context.run_operation("list_invoices", page))["invoices"]
        last: dict[tuple[str, str], Mapping[str, Any]] = {}
        for one in [*self.issued, *later]:
            if (found := parse_number(one)) is not None:
                key = (str(one.get("document_type")), found[1])
                if key not in last or str(one.get("date")) > str(last[key].get("date")):
                    last[key] = one
        newest = {
            kind: max(str(one.get("date")) for (of, _), one in last.items() if of == kind) for kind, _ in last
        }
        suspects = [
            one for one in drafts if str(one.get("date")) < newest.get(str(one.get("document_type")), "")
        ]
        if not suspects:
            return []
        series = await self._load_series_names(context)
        found_late = []
        for one in suspects[:MAX_DRAFT_LOOK_UPS]:
            about = {"document_type": one["document_type"], "document_id": one["id"]}
            sequence = (await context.run_operation("get_document", about))["document"].get("sequence_id")
            end = last.get((str(one.get("document_type")), series.get(sequence, "")))
            if end is not None and str(one.get("date")) < str(end.get("date")):
                found_late.append((one, end))
        if len(suspects) > MAX_DRAFT_LOOK_UPS:
            self.left_out.append(
                message(
                    "the series of {count} of {total} drafts was not looked up",
                    count=len(suspects) - MAX_DRAFT_LOOK_UPS,
                    total=len(suspects),
                )
            )
        return found_late

    async def _load_series_names(self, context: OperationContext) -> dict[int | None, str]:
        listed = (await context.run_operation("list_sequences", {}))["sequences"]
        return {
            part.get("sequence_id"): str(one.get("serie"))
            for one in listed
            for part in (one.get("types") or {}).values()
        }

    def check_gaps(self) -> None:
        """Find gaps in the numbers of a series, where cancelled documents count too."""
        series: dict[tuple[str, str], set[int]] = {}
        for one in self.issued:
            if (found := parse_number(one)) is not None:
                series.setdefault((str(one.get("document_type")), found[1]), set()).add(found[0])
        earlier: dict[tuple[str, str], int] = {}
        for one in self.earlier_documents:
            if (found := parse_number(one)) is not None:
                key = (str(one.get("document_type")), found[1])
                earlier[key] = max(found[0], earlier.get(key, 0))
        missing = []
        for (kind, serie), numbers in sorted(series.items()):
            known: list[int] = sorted(
                {*numbers, *([earlier[kind, serie]] if (kind, serie) in earlier else [])}
            )
            for low, high in pairwise(known):
                if high - low > 1:
                    missing.append(describe_gap(kind, serie, low + 1, high - 1))
        self._add_finding(
            message("numbers missing in a series"),
            missing,
            message(
                "look for them in InvoiceXpress (another date, or archived); ask the accountant before the file goes out"
            ),
        )

    async def check_series(self, context: OperationContext) -> None:
        """Find series that were used without a validation code of the tax authority."""
        used = {(one.get("document_type"), found[1]) for one in self.issued if (found := parse_number(one))}
        listed = (await context.run_operation("list_sequences", {}))["sequences"]
        unregistered = [
            (one["serie"], kind)
            for one in listed
            for kind, part in (one.get("types") or {}).items()
            if part.get("validation_code") in {"N/D", None} and (f"{kind}s", one.get("serie")) in used
        ]
        self._add_finding(
            message("series used without registration"),
            (
                message("{serie}: {kind}", serie=serie, kind=name_document_kind(f"{kind}s"))
                for serie, kind in sorted(unregistered)
            ),
            message("register_sequence with the series' id; a person approves"),
        )

    async def check_unpaid(self, context: OperationContext) -> None:
        """Find invoices that were due by yesterday or the month's end and are not settled."""
        due = min(self.last, self.today - timedelta(days=1))
        wanted = {
            "unpaid": True,
            "archived": True,
            "due_date_to": due.isoformat(),
            "per_page": MAX_ROWS,
        }
        late = await context.run_operation("list_invoices", wanted)
        shown = [describe_unpaid(one) for one in late["invoices"]]
        if shown:
            count, amount = late["total_entries"], late["open_total"]
            self.findings.append(
                MonthFinding(
                    what=message("unpaid and due by {day}", day=due),
                    count=count,
                    rows=shown,
                    next=message(
                        "{amount} is open in all: generate_payment where it was paid; otherwise remind the client "
                        "(account_statement shows what is open)",
                        amount=Money(Decimal(str(amount))) if amount is not None else None,
                    ),
                )
            )

    async def check_receipts(self, context: OperationContext) -> None:
        """Find settled invoices that have neither a receipt nor a credit note."""
        settled = [
            one for one in self.issued if one.get("status") == "settled" and one.get("document_type") in BILLS
        ]
        missing = []
        for one in settled[:MAX_RECEIPT_LOOK_UPS]:
            related = (await context.run_operation("get_related_documents", {"document_id": one["id"]}))[
                "documents"
            ]
            proofs = {"receipts", "credit_notes"}
            if not any(
                each.get("document_type") in proofs and each.get("status") in ISSUED_STATES
                for each in related
            ):
                missing.append(describe_document(one))
        if len(settled) > MAX_RECEIPT_LOOK_UPS:
            self.left_out.append(
                message(
                    "the receipts of {count} of {total} settled invoices were not looked up",
                    count=len(settled) - MAX_RECEIPT_LOOK_UPS,
                    total=len(settled),
                )
            )
        self._add_finding(
            message("settled without a receipt"),
            missing,
            message("look at it in InvoiceXpress: a payment there issues the receipt"),
        )

    async def check_saft(self, context: OperationContext) -> SaftState:
        """Return the state of the SAF-T file."""
        if self.first > self.today.replace(day=1):
            return "not_begun"
        call = {"month": self.first.month, "year": self.first.year, "delivery": "link"}
        try:
            found = SaftResult.model_validate(await context.run_operation("export_saft", call))
        except IxError as failure:
            if not self.issued:
                return "nothing_to_export"
            self._add_finding(
                message("SAF-T cannot be exported"),
                [failure.text],
                as_message(failure.next) if failure.next else message("try export_saft again later"),
            )
            return "failed"
        return found.status

    async def check_open_intents(self, context: OperationContext) -> None:
        """Find calls with an unknown outcome, which may have created a document."""
        self._add_finding(
            message("calls whose outcome is not known"),
            (
                verbatim(f"{one['operation']} {one['subject']} ({one['id']})".replace("  ", " "))
                for one in await context.list_open_intents()
            ),
            message(
                "repeat the call (its outcome is looked up first), or look it up and settle it: ix-tools journal resolve ID"
            ),
        )
