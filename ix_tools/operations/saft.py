"""Export of the SAF-T (PT) file, a month's documents for the tax authority and the accountant."""

import html
import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import anyio
from pydantic import Field

from ix_tools.domain.field_marks import MonthOf
from ix_tools.domain.records import Company
from ix_tools.domain.translated_text import TranslatedText
from ix_tools.domain.types import Record
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding, refuse, warn
from ix_tools.i18n.messages import message
from ix_tools.operations.base import Operation, OperationContext
from ix_tools.operations.drafts import LOCAL_ONLY
from ix_tools.operations.expectations import Step
from ix_tools.operations.files import deliver_file, wait_for_link
from ix_tools.operations.scopes import Heading
from ix_tools.operations.spec import Effect, Route, Spec


class SaftResult(Record):
    """SAF-T file: its path or link."""

    period: str
    status: Literal["ready", "pending"]
    file: str | None = None
    link: str | None = None
    bytes: int | None = None
    note: TranslatedText | None = None
    company: str | None = None
    """Company named in the file's header."""
    nif: str | None = None


def month_has_begun(call: "ExportSaft", facts: Facts) -> Iterator[Finding]:
    """Only a month that has begun can be exported; a warning says when it is not over."""
    month, now = date(call.year, call.month, 1), facts.today.replace(day=1)
    if month > now:
        yield refuse(
            "month",
            message("{month} has not begun", month=f"{month:%Y-%m}"),
            message(
                "at latest {month}; today is {today} in Lisbon",
                month=f"{now:%Y-%m}",
                today=f"{now:%Y-%m-%d}",
            ),
        )
    elif month == now:
        yield warn(
            "month",
            message(
                "{month} is not over: later documents are missing from this file", month=f"{month:%Y-%m}"
            ),
        )


class ExportSaft(Operation[SaftResult]):
    """Export a month's SAF-T (PT) file, due at AT by day 5 of the next month. If still pending, call again.

    Source: OpenAPI export_saft.
    """

    month: Annotated[int, MonthOf("year")] = Field(ge=1, le=12)
    """Month to export, 1 to 12."""
    year: int = Field(ge=2008, le=2100)
    """Year of the month, e.g. 2026."""
    delivery: Annotated[Literal["file", "link"], LOCAL_ONLY] = "file"
    """Way to get the file: file saved on the server's machine, or link to InvoiceXpress; default file."""

    spec = Spec(
        name="export_saft",
        title="Export the SAF-T file",
        effect=Effect.READS,
        heading=Heading.DOCUMENTS,
        keywords="saft",
        route=Route("GET", "/api/export_saft.json"),
        guards=(month_has_begun,),
        vendor_operations=("export_saft",),
        example={"month": 10, "year": 2026},
        idempotent=True,
    )

    async def execute(self, context: OperationContext) -> SaftResult:
        """Wait until the file is ready and deliver it as requested; pending if attempts run out."""
        period = f"{self.year}-{self.month:02}"
        # The OpenAPI description says `Url`, the service answers `url`.
        url = await wait_for_link(
            self, context, ("url", "Url"), message("InvoiceXpress is making the SAF-T file")
        )
        if url is None:
            note = message("still being made; call export_saft again in a minute")
            return SaftResult(period=period, status="pending", note=note)
        ending = "zip" if urlsplit(url).path.lower().endswith(".zip") else "xml"
        beginnings = (b"PK",) if ending == "zip" else (b"<?xml", b"\xef\xbb\xbf<?xml")
        given = await deliver_file(context, url, f"saft-{period}.{ending}", self.delivery, *beginnings)
        header = await anyio.to_thread.run_sync(read_header, Path(given["file"])) if "file" in given else {}
        return SaftResult.model_validate({"period": period, "status": "ready", **given, **header})

    def identify_company(self, result: SaftResult) -> tuple[str, Company] | None:
        """Return the company in the file's header."""
        return ("saft", Company(result.company, result.nif or "")) if result.company else None

    def next_steps(self, result: SaftResult) -> Iterable[Step]:
        """Suggest repeating the call while the file is pending."""
        if result.status == "pending":
            yield Step(
                "export_saft", message("it should be ready soon"), {"month": self.month, "year": self.year}
            )


HEADER_BYTES = 20_000
"""Bytes at the beginning of a SAF-T file that contain its header."""


def read_header(file: Path) -> dict[str, str]:
    """Return company and NIF from the header of a SAF-T file (Portaria 302/2016, 1.4 and 1.5); empty if not found."""
    try:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as packed, packed.open(packed.namelist()[0]) as content:
                beginning = content.read(HEADER_BYTES)
        else:
            with file.open("rb") as content:
                beginning = content.read(HEADER_BYTES)
    except (OSError, IndexError, zipfile.BadZipFile, RuntimeError, NotImplementedError):
        return {}
    text = beginning.decode("windows-1252" if b"1252" in beginning[:100] else "utf-8", "replace")
    found = {}
    for name, element in (("company", "CompanyName"), ("nif", "TaxRegistrationNumber")):
        if value := re.search(rf"<{element}>([^<]{{1,300}})</{element}>", text):
            found[name] = html.unescape(value[1]).strip()
    return found if "company" in found else {}
