"""Choice of the lawful way to correct a document: pure, from the document, its notes and receipts, and the day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from ix_tools.domain.document_kinds import ISSUED_STATES, NOTES, name_document_kind
from ix_tools.domain.records import Document, ReadTotal
from ix_tools.domain.translated_text import TranslatedText
from ix_tools.domain.types import Record
from ix_tools.fiscal.deadlines import get_correction_limit, get_reporting_deadline, list_penalty_free_ends
from ix_tools.i18n.languages import Bilingual
from ix_tools.i18n.messages import Message, message

Fault = Literal["too_much", "too_little", "vat", "client_details", "everything"]
CorrectionMethod = Literal["update", "cancel", "credit_note", "debit_note", "none"]
LEGAL_SOURCES = {
    "value": message(
        "CIVA 29/7 and 36/6; Of.-Circ. 30136/2012, point 14 (PIV 4948, OCC PT27367): value and VAT are rectified by notes that "
        "cite the document, not by a new invoice"
    ),
    "details": message(
        "Of.-Circ. 30136/2012, point 14; PIV 10376; OCC PT27991: what changes neither value nor VAT is cancelled and issued "
        "again, also if it was delivered, paid or reported"
    ),
    "undelivered": message(
        "Of.-Circ. 30136/2012, point 14; e-Fatura FAQ 06-3646: a document that never left is cancelled; the state A can be "
        "sent after the data were reported"
    ),
    "credited": message(
        "Of.-Circ. 30136/2012, point 14; InvoiceXpress: a credit note and cancelling are never combined"
    ),
    "note": message(
        "CIVA 29/7 and 36/6: a note changes value and VAT itself; once delivered it is corrected by the opposite note"
    ),
    "draft": message("DL 28/2019, art. 7: only what is issued is certified; a draft is simply changed"),
    "over": message(
        "Of.-Circ. 30136/2012, point 14: a cancelled document no longer counts, and what replaces it has its own number"
    ),
}
"""Laws that the advice follows, second hand; an accountant has the last word."""
PRACTICES = {
    "details": message(
        "InvoiceXpress advises a credit note once the client has the document or its data were reported. With a wrong NIF "
        "nobody can confirm that note, and without the confirmation the VAT does not come back (CIVA 78/5). Agree it with the "
        "accountant"
    ),
    "vat": message(
        "many credit the whole document and invoice it again with the right VAT; the tax authority wants notes that cite it"
    ),
}
"""Common practice that differs from the law, by the reason for the advice."""
STATUS_WORDS = {
    "canceled": Bilingual("anulada", "cancelled"),
    "deleted": Bilingual("apagada", "deleted"),
    "second_copy": Bilingual("uma segunda via", "a second copy"),
}
"""States in which a document is not in force, to follow "is"; the types that can be corrected are feminine in Portuguese."""


class CorrectionAdvice(Record):
    """Way to correct the document, its reason, and the drafted note."""

    method: CorrectionMethod
    """Way to correct it; none if nothing remains to correct."""
    why: TranslatedText
    source: TranslatedText
    practice: TranslatedText | None = None
    """Where common practice differs from the source."""
    by: TranslatedText | None = None
    """Until when, named only while that day has not passed."""
    first: list[TranslatedText] | None = None
    """Calls that must come first, in order."""
    remaining: ReadTotal = None
    """Amount that can still be credited, with VAT."""
    document: Document | None = None
    """Credit note, a draft."""
    warnings: list[dict[str, str]] | None = None
    is_about_note: bool = Field(default=False, exclude=True)
    cites: int | None = Field(default=None, exclude=True)
    """Invoice that a corrected note is about."""


@dataclass
class CorrectionCase:
    """Document with its fault and the notes and receipts that stand against it."""

    wrong: Fault
    client_has_it: bool
    names_lines: bool
    """Whether the caller says which lines to take off."""
    document: Document
    related: Sequence[Mapping[str, Any]]
    """Rows of the receipts and notes that are drafts or in force."""
    today: date
    corrects: int | None = None
    """Id of the invoice that the document corrects, if it is a note."""

    @property
    def notes(self) -> list[Mapping[str, Any]]:
        """Return the credit notes against the document, drafts included, since all of them together must fit its total."""
        return [one for one in self.related if one.get("document_type") == "credit_notes"]

    @property
    def receipts(self) -> list[Mapping[str, Any]]:
        """Return the receipts in force."""
        return [
            one
            for one in self.related
            if one.get("document_type") == "receipts" and one["status"] in ISSUED_STATES
        ]

    @property
    def remaining(self) -> Decimal:
        """Return the amount left to credit, with VAT."""
        credited = sum((Decimal(str(one.get("total") or 0)) for one in self.notes), Decimal(0))
        return (self.document.total or Decimal(0)) - credited

    @property
    def issued(self) -> date:
        """Return the document's date."""
        return self.document.date or self.today

    @property
    def is_final_consumer(self) -> bool:
        """Tell whether the document names no client of the account: a simplified invoice to the final consumer."""
        return self.document.client is None or self.document.client.id is None

    @property
    def name(self) -> Message:
        """Return kind and number, as the advice names the document."""
        document, kind = self.document, name_document_kind(self.document.document_type)
        return message(
            "{kind} {number}",
            kind=Bilingual(_lower_first(kind.pt), _lower_first(kind.en)),
            number=str(document.id) if document.is_draft else document.number,
        )

    def choose_method(self) -> CorrectionAdvice:
        """Choose the way to correct the document."""
        document, wrong, name = self.document, self.wrong, self.name
        if document.is_draft:
            return self._build_advice(
                "update", message("{document} is a draft: change or delete it", document=name), "draft"
            )
        if document.status not in ISSUED_STATES:
            status = str(document.status)
            why = message(
                "{document} is {status}, so it is not in force; issue a new document",
                document=name,
                status=STATUS_WORDS.get(status, Bilingual(status, status)),
            )
            return self._build_advice("none", why, "over")
        if document.document_type in NOTES:
            return self._correct_note(name)
        if wrong == "too_little":
            why = message("what is missing is charged by a debit note that cites the document")
            return self._build_advice("debit_note", why, "value", by=self._describe_debit_deadline())
        if self.remaining <= 0:
            why = message("{document} is credited in full already; nothing remains", document=name)
            return self._build_advice("none", why, "value")
        if wrong in {"too_much", "vat"} or self.names_lines:
            return self._correct_value(name)
        return self._choose_annulment(name)

    def _correct_value(self, name: Message) -> CorrectionAdvice:
        by = self._describe_credit_deadline()
        if self.wrong != "vat":
            why = message(
                "the value changes, so a credit note takes off {document} what is too much", document=name
            )
            return self._build_advice("credit_note", why, "value", by=by)
        why = message(
            "by law the difference of VAT is noted: too much by a credit note, too little by a debit note. InvoiceXpress has no "
            "line of VAT without its base, so a credit note takes the lines of {document} off, and a debit note puts them back at "
            "the right VAT",
            document=name,
        )
        by = message(
            "VAT in excess: {credit_deadline}. Missing VAT: {debit_deadline}",
            credit_deadline=by,
            debit_deadline=self._describe_debit_deadline(),
        )
        return self._build_advice("credit_note", why, "value", by=by, practice="vat")

    def _correct_note(self, name: Message) -> CorrectionAdvice:
        """Choose the way to correct a note: it is cancelled while it has not left, or if only the client's details are wrong."""
        wrong, is_credit = self.wrong, self.document.document_type == "credit_notes"
        if wrong == "client_details":
            why = message(
                "only details of the client are wrong on {document}: cancel it and issue it again",
                document=name,
            )
            return self._build_advice(
                "cancel", why, "details", by=self._describe_cancelling(), practice="details"
            )
        if not self.client_has_it:
            why = message(
                "{document} never left: cancel it with the reason and issue the right note", document=name
            )
            return self._build_advice("cancel", why, "undelivered", by=self._describe_cancelling())
        same, opposite = ("credit_note", "debit_note") if is_credit else ("debit_note", "credit_note")
        if wrong == "too_little":
            why = message(
                "{document} is for too little: another note of the same kind, about the same invoice, adds the rest",
                document=name,
            )
            return self._build_note_advice(same, why)
        why = message(
            "the client has {document}, and a note is not credited: the opposite note, about the same invoice, takes it back",
            document=name,
        )
        if wrong == "vat":
            why = message("{why}, then a note of the same kind at the right VAT", why=why)
        return self._build_note_advice(opposite, why)

    def _build_note_advice(self, method: str, why: Message) -> CorrectionAdvice:
        by = self._describe_debit_deadline() if method == "debit_note" else self._describe_credit_deadline()
        chosen: CorrectionMethod = "debit_note" if method == "debit_note" else "credit_note"
        return self._build_advice(chosen, why, "note", by=by)

    def _choose_annulment(self, name: Message) -> CorrectionAdvice:
        """Choose between cancelling and a full credit, for a fault that changes neither value nor VAT or concerns the whole document."""
        is_details = self.wrong == "client_details"
        if self.notes:
            why = message(
                "a credit note stands against {document}: never both, so the rest is credited too",
                document=name,
            )
            return self._credit_in_full(why, "credited")
        if not is_details and self.client_has_it:
            why = message(
                "the client has {document}, which should not exist, so value and VAT change: credit it in full",
                document=name,
            )
            return self._credit_in_full(why, "value")
        if (
            self.document.status == "settled"
            and self.document.document_type != "invoice_receipts"
            and not self.receipts
        ):
            why = message(
                "{document} is settled without a receipt, and InvoiceXpress cancels no settled document: credit it in full, "
                "or ask InvoiceXpress to reopen it so that it can be cancelled",
                document=name,
            )
            return self._credit_in_full(why, "details" if is_details else "value")
        first = [
            message(
                "cancel_payment with receipt_id {receipt_id} ({number})",
                receipt_id=str(one["id"]),
                number=one.get("number"),
            )
            for one in self.receipts
        ]
        why = (
            message(
                "neither value nor VAT of {document} is at stake: cancel it with the reason, then issue it again",
                document=name,
            )
            if is_details
            else message("{document} never left: cancel it with the reason", document=name)
        )
        law = "details" if is_details else "undelivered"
        practice = "details" if is_details and (self.client_has_it or self._is_reported) else ""
        found = self._build_advice("cancel", why, law, by=self._describe_cancelling(), practice=practice)
        return found.model_copy(update={"first": first or None})

    def _credit_in_full(self, why: Message, law: str) -> CorrectionAdvice:
        practice = "details" if self.wrong == "client_details" else ""
        by = self._describe_credit_deadline()
        return self._build_advice("credit_note", why, law, by=by, practice=practice)

    def _build_advice(
        self,
        method: CorrectionMethod,
        why: Message,
        law: str,
        *,
        by: Message | None = None,
        practice: str = "",
    ) -> CorrectionAdvice:
        is_note = self.document.document_type in NOTES
        can_credit = method in {"credit_note", "cancel"} and not is_note
        return CorrectionAdvice(
            method=method,
            why=why,
            source=LEGAL_SOURCES[law],
            practice=PRACTICES.get(practice),
            by=by,
            remaining=self.remaining if can_credit else None,
            is_about_note=is_note,
            cites=self.corrects,
        )

    # --- deadlines, named only while they are to come ---

    @property
    def _is_reported(self) -> bool:
        """Tell whether the document's data were due at the tax authority already."""
        return self.today > get_reporting_deadline(self.issued)

    def _describe_cancelling(self) -> Message:
        if self._is_reported:
            return message(
                "now; the data of its month were due at the tax authority already, so send that month's SAF-T again: "
                "the document goes with the state A"
            )
        return message(
            "best by {day}, when its month's data are due at the tax authority; later that month's SAF-T is sent again",
            day=get_reporting_deadline(self.issued),
        )

    def _describe_credit_deadline(self) -> Message:
        last = get_correction_limit(self.issued)
        if self.today > last:
            return message(
                "the two years in which VAT charged in excess comes back are over (CIVA 78/3): the note no longer moves the VAT, "
                "unless goods came back or a discount was given, for which the time runs from that event (CIVA 78/2)"
            )
        return message(
            "the VAT of a mistake comes back until {day}, two years after the document (CIVA 78/3); for goods that came back and "
            "later discounts until the end of the VAT period after that event (CIVA 78/2). Both with proof that the client knows "
            "of the note (CIVA 78/5)",
            day=last,
        )

    def _describe_debit_deadline(self) -> Message:
        monthly, quarterly = list_penalty_free_ends(self.issued)
        if self.today > quarterly:
            return message(
                "now: the correction is obligatory, and the time without a penalty is over (CIVA 78/3)"
            )
        if self.today > monthly:
            return message(
                "obligatory, without a penalty until {day} with quarterly returns; with monthly ones that time is over (CIVA 78/3)",
                day=quarterly,
            )
        return message(
            "obligatory, without a penalty until {day} with monthly VAT returns, {other_day} with quarterly ones (CIVA 78/3)",
            day=monthly,
            other_day=quarterly,
        )


def _lower_first(name: str) -> str:
    """Return a name as it stands inside a sentence; one that begins with capitals keeps them."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]
