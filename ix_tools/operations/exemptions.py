"""Look-up of VAT exemption codes (motivos de isenção) in the table of the package."""

from datetime import date
from typing import Literal

from ix_tools.domain.date_types import WireDate
from ix_tools.domain.translated_text import TranslatedText
from ix_tools.domain.types import ExemptionCode, Record
from ix_tools.fiscal.exemption_buyers import find_buyer_rule
from ix_tools.fiscal.exemptions import (
    Exemption,
    find_exemption,
    get_table_date,
    get_table_source,
    is_in_force,
    list_exemptions,
    search_exemptions,
)
from ix_tools.i18n.messages import message
from ix_tools.operations.base import Operation, OperationContext
from ix_tools.operations.scopes import Heading
from ix_tools.operations.spec import Effect, Spec

ASK_THE_PERSON = message("ask the person why there is no VAT, and do not choose the code for them")


class ExemptionRow(Record):
    """Exemption code. `text` is the Portuguese wording printed on the document."""

    summary_fields = frozenset({"code", "text", "law"})

    code: str
    text: str
    """Text printed on the document."""
    meaning: str | None = None
    """English translation; never printed."""
    law: str
    about: str | None = None
    """Keywords of common uses, only in searches; whether the code applies is decided by the law cited."""
    valid_from: str | None = None
    """First day of use; absent when older than the sources."""
    valid_until: str | None = None
    """Last day of use; absent while it is current."""
    in_force: bool
    """True if the code is in force on the document's date, or today."""
    note: str | None = None
    in_invoicexpress_list: bool
    """True if InvoiceXpress's own list has the code; otherwise InvoiceXpress may refuse it."""
    clients: str
    """Clients that the code fits, or any."""
    case: str | None = None
    """Lawful case in which it also goes to another client."""
    source: str
    """Source of the row, and the day it was read."""


class ExemptionList(Record):
    """Exemption codes, with source and date of the table."""

    codes: list[ExemptionRow]
    source: str
    as_of: str
    advice: TranslatedText
    """Advice to whoever looks a code up: the person says why there is no VAT, and the code follows from it."""


class LookupExemptionCodes(Operation[ExemptionList]):
    """Look up VAT exemption codes (motivos de isenção): printed text, law, validity, clients. It never chooses one: ask the person why there is no VAT.

    Source: InvoiceXpress's table of exemption codes; the tax authority's (AT) code table.
    """

    code: ExemptionCode | None = None
    """Exemption code to look up, e.g. M07."""
    text: str | None = None
    """Words in Portuguese or English to search for, or a law, e.g. artigo 9."""
    on: WireDate | None = None
    """Date of the document, e.g. 2026-11-30; default today."""
    language: Literal["pt", "en"] = "pt"
    """Language of the notes; default pt."""
    all: bool = False
    """True lists codes that have ended too; default false."""

    spec = Spec(
        name="lookup_exemption_codes",
        title="Look up exemption codes",
        effect=Effect.LOCAL,
        heading=Heading.CLIENTS,
        example={"text": "artigo 9", "language": "pt"},
        idempotent=True,
    )

    async def execute(self, context: OperationContext) -> ExemptionList:
        """Search the table of the package; nothing is sent."""
        day = self.on or context.facts.today
        return ExemptionList(
            codes=[self._build_row(one, day) for one in self._select(day)],
            source=get_table_source(),
            as_of=get_table_date().isoformat(),
            advice=ASK_THE_PERSON,
        )

    def _select(self, day: date) -> list[Exemption]:
        if self.code is not None:
            one = find_exemption(self.code)
            return [one] if one else []
        found = search_exemptions(self.text) if self.text else list_exemptions()
        return [one for one in found if self.all or is_in_force(one, day)]

    def _build_row(self, one: Exemption, day: date) -> ExemptionRow:
        note = one.note_pt if self.language == "pt" else one.note_en
        about = one.about_pt if self.language == "pt" else one.about_en
        rule = find_buyer_rule(one)
        needed, case = "qualquer cliente" if self.language == "pt" else "any client", None
        if rule is not None:
            needed = rule.needs_pt if self.language == "pt" else rule.needs_en
            case = rule.case_pt if self.language == "pt" else rule.case_en
        return ExemptionRow(
            code=one.code,
            text=one.text_pt,
            meaning=one.text_en if self.language == "en" else None,
            law=one.law,
            about=(about or None) if self.code or self.text else None,
            valid_from=one.valid_from.isoformat() if one.valid_from else None,
            valid_until=one.valid_until.isoformat() if one.valid_until else None,
            in_force=is_in_force(one, day),
            note=note or None,
            in_invoicexpress_list=one.offered,
            clients=needed,
            case=case,
            source=f"{one.source}, {one.read.isoformat()}",
        )
