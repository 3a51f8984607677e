"""The SAF-T (PT) file: the month's invoices for the tax authority and the accountant."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field

from ix_tools.facts import Facts
from ix_tools.operation import Effect, Finding, Operation, Route, Sending, Spec, Step, refuse, warn
from ix_tools.operations.drafts import OURS
from ix_tools.operations.files import handed_over, made
from ix_tools.vocabulary import Record


class SaftResult(Record):
    """Where the file is."""

    telling = frozenset({"status", "file", "link"})

    period: str
    status: Literal["ready", "pending"]
    file: str | None = None
    link: str | None = None
    bytes: int | None = None
    note: str | None = None


def month_has_begun(call: "ExportSaft", facts: Facts) -> Iterator[Finding]:
    """There is nothing to export of a month to come, and a running month is not whole."""
    month, now = date(call.year, call.month, 1), facts.today.replace(day=1)
    if month > now:
        yield refuse("month", f"{month:%Y-%m} has not begun", f"at latest {now:%Y-%m}")
    elif month == now:
        yield warn("month", f"{month:%Y-%m} is not over: later documents are missing from this file")


class ExportSaft(Operation[SaftResult]):
    """Export a month's SAF-T (PT) file, due at AT by day 5 of the next month. If still pending, call again.

    Source: OpenAPI export_saft.
    """

    month: int = Field(ge=1, le=12)
    """Month."""
    year: int = Field(ge=2008, le=2100)
    """Year."""
    delivery: Annotated[Literal["file", "link"], OURS] = "file"
    """File or link."""

    spec = Spec(
        name="export_saft",
        title="Export the SAF-T file",
        effect=Effect.READS,
        route=Route("GET", "/api/export_saft.json"),
        guards=(month_has_begun,),
        covers=("export_saft",),
        example={"month": 10, "year": 2026},
        idempotent=True,
    )

    async def carried_out(self, sending: Sending) -> SaftResult:
        """Ask until it is ready or patience ends, then deliver it as asked."""
        period = f"{self.year}-{self.month:02}"
        # The description writes `Url`, the service `url`.
        url = await made(self, sending, ("url", "Url"), "InvoiceXpress is making the SAF-T file")
        if url is None:
            note = "still being made; call export_saft again in a minute"
            return SaftResult(period=period, status="pending", note=note)
        ending = "zip" if urlsplit(url).path.lower().endswith(".zip") else "xml"
        beginnings = (b"PK",) if ending == "zip" else (b"<?xml", b"\xef\xbb\xbf<?xml")
        given = await handed_over(sending, url, f"saft-{period}.{ending}", self.delivery, *beginnings)
        return SaftResult.model_validate({"period": period, "status": "ready", **given})

    def next_steps(self, result: SaftResult) -> Iterable[Step]:
        """Ask again while it is pending."""
        if result.status == "pending":
            yield Step("export_saft", "it should be ready soon", {"month": self.month, "year": self.year})
