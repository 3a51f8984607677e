"""Labels of fields, document types and states, and how values are written, in Portuguese and English.

A field without a label here is shown under its own name, so a new field needs no line in this file.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from ix_tools.approvals.rendering import format_country
from ix_tools.batch.report import STATUS_LABELS
from ix_tools.domain.document_kinds import find_prefix, list_document_kinds
from ix_tools.i18n import formats
from ix_tools.i18n.labels import LABELS
from ix_tools.i18n.languages import Bilingual, Language
from ix_tools.i18n.messages import Message, message, render
from ix_tools.i18n.value_labels import UNIT_LABELS
from ix_tools.operations.labels import translate_label
from ix_tools.text.sanitize import sanitize_line

FIELDS: Mapping[str, Message] = {
    "paused_seconds": message("Paused (s)"),
    "failures": message("Failures in a row"),
    "id": message("Id"),
    "document_id": message("Document"),
    "document_type": message("Type"),
    "number": message("Number"),
    "status": message("State"),
    "name": message("Name"),
    "value": message("Rate %"),
    "region": message("Region"),
    "code": message("Code"),
    "default_tax": message("Default"),
    "fiscal_id": message("Tax number"),
    "country": message("Country"),
    "email": message("E-mail"),
    "address": message("Address"),
    "city": message("City"),
    "postal_code": message("Postal code"),
    "phone": message("Telephone"),
    "fax": message("Fax"),
    "website": message("Website"),
    "language": message("Language"),
    "text": message("Printed text"),
    "meaning": message("Meaning"),
    "law": message("Law"),
    "valid_from": message("Valid from"),
    "valid_until": message("Until"),
    "in_force": message("In force"),
    "source": message("Source"),
    "as_of": message("As of"),
    "to": message("To"),
    "file": message("File"),
    "bytes": message("Bytes"),
    "link": message("Link"),
    "page": message("Page"),
    "pages": message("Pages"),
    "total_entries": message("In all"),
    "left_out": message("Left out"),
    "to_pay": message("To pay"),
    "serie": message("Series"),
    "sequence_id": message("Series id"),
    "last_number": message("Last number"),
    "validation_code": message("Validation code"),
    "default": message("Default"),
    "atcud": message("ATCUD"),
    "at_doc_code_id": message("AT code"),
    "owner_invoice_id": message("Corrected document"),
    "license_plate": message("Vehicle"),
    "address_from": message("Loading"),
    "address_to": message("Delivery"),
    "mb_reference": message("Multibanco"),
    "quantity": message("Qty"),
    "unit_price": message("Price"),
    "discount": message("Disc."),
    "tax": message("VAT"),
    "net": message("Net"),
    "vat": message("VAT"),
    "line": message("Description"),
    "base": message("Base"),
    "summary": message("What"),
    "expires_at": message("Expires"),
    "state": message("State"),
    "channel": message("Where"),
    "operation": message("Operation"),
    "principal": message("Asked by"),
    "differs": message("Differs"),
    "company": message("Company"),
    "nif": message("Tax number"),
    "action": message("Action"),
    "client": LABELS["client"],
    "amount": message("Amount"),
    "recipient": LABELS["recipient"],
    "host": message("Program"),
    "scopes": message("May"),
    "accounts": message("Accounts"),
    "used_at": message("Last used"),
    "subject": message("About"),
    "face": message("Through"),
    "approval": message("Approval"),
    "attempts": message("Attempts"),
    "created_at": message("When"),
    "finding": message("What"),
    "document": message("Document"),
    "why": message("Why"),
    "issued": message("Documents"),
    "matched": message("With approval"),
    "first": message("First"),
    "last": message("Last"),
    "account": LABELS["account"],
    "reason": LABELS["reason"],
    "title": message("What it does"),
    "effect": message("Effect"),
    "toolset": message("Toolset"),
    "does": message("What it does"),
    "approved_by": message("Approved by"),
    "example": message("Example"),
    "rules": message("Rules"),
    "input_schema": message("Arguments"),
    "output_schema": message("Result"),
    "setting": message("Setting"),
    "environment": message("In the environment"),
    "setting_value": message("Value"),
    "from": message("Comes from"),
    "people": message("People"),
    "new_items": message("New in the catalogue"),
    "warnings": LABELS["warnings"],
    "in_invoicexpress_list": message("In InvoiceXpress's list"),
    "case": message("Case"),
    "advice": message("Advice"),
    "open": message("Open amount"),
    "days_overdue": message("Days overdue"),
    "same": message("The same in all"),
    "open_total": message("Open in all"),
    "overdue_total": message("Overdue in all"),
    "by_client": message("By client"),
    "best": message("Best match"),
    "required": message("Required"),
    "optional": message("Optional"),
    "further": message("Further parameters"),
    "parameter_schema": message("Schema of the parameter"),
    "not_possible": message("Not possible"),
    "hint": message("Hint"),
    "credit_notes": message("Credit notes"),
    "before_taxes": LABELS["net"],
    "taxes": LABELS["vat_total"],
    "tax_exemption": LABELS["exemption"],
    "preferred_contact": message("Contact person"),
    "send_options": message("Copies"),
    "payment_days": message("Days to pay"),
    "tax_exemption_code": message("Exemption code"),
    "unit": message("Unit"),
    "tax_rate": message("VAT rate"),
    "tax_id": message("Id of the VAT rate"),
    "sum": message("Sum"),
    "multicurrency": message("Second currency"),
    "entity": message("Entity"),
    "load_site": message("Loading place"),
    "delivery_site": message("Delivery place"),
    "saft_hash": message("SAF-T characters"),
    "archived": message("Archived"),
    "permalink": message("Permanent link"),
    "unknown": message("Not known"),
    "invoices": message("Invoices"),
    "resource": message("Resource"),
    "sequences": message("All series"),
    "types": message("Types"),
    "codes": message("Codes"),
    "about": message("About"),
    "ok": message("Done"),
    "steps": message("Steps"),
    "step": message("Step"),
    "pdf": message("PDF"),
    "command": message("Command"),
    "url": message("Address (URL)"),
    "nobody_answered": message("Nobody answered"),
    "preview": message("Preview"),
    "sent": message("Sent"),
    "operations": message("Operations"),
    "documents": message("All documents"),
    "estimates": message("Estimates"),
    "guides": message("All guides"),
    "sequence": message("Series"),
    "clients": message("Clients"),
    "deleted": message("Deleted"),
    "items": message("Items"),
    "period": message("Period"),
    "method": message("Way to correct it"),
    "practice": message("Common practice"),
    "by": message("Deadline"),
    "remaining": message("Left to correct"),
    "is_about_note": message("About the note"),
    "cites": message("Cites"),
    "columns": message("Columns"),
    "rows": message("Rows"),
    "opening": message("Opening balance"),
    "debit": message("Debit"),
    "credit": message("Credit"),
    "closing": message("Closing balance"),
    "owed_now": message("Owed now"),
    "invoicexpress": message("According to InvoiceXpress"),
    "overdue": message("Overdue"),
    "agrees": message("Agrees"),
    "ready": message("Ready to close"),
    "findings": message("Findings"),
    "what": message("What it is"),
    "count": message("How many"),
    "next": message("What to do"),
    "saft": message("SAF-T file"),
    "saft_due": message("SAF-T due by"),
    "balance": message("Balance"),
    "initial_balance": message("Initial balance"),
    "overdue_balance": message("Overdue balance"),
    "remaining_balance": message("Remaining balance"),
    "regularization": message("Regularization"),
    "treasury_movement": message("Treasury movement"),
    "payment_method": message("Means of payment"),
    "organization_name": message("Organization"),
    "at_configured": message("AT configured"),
    "trial": message("Trial"),
    "success": message("Success"),
    "calls": message("Calls"),
    "since": message("Since"),
    "undo": message("To undo it"),
    "position": message("Position"),
    "time": message("Time"),
    "type": message("Type"),
    "alone": message("Alone"),
    "journal": message("Journal"),
    "how": message("How"),
    "deadline": message("Until when"),
    "row": message("Row"),
    "batch": message("Batch"),
    "purpose": message("Purpose"),
    "approval_id": message("Approval"),
    "rows_not_shown": message("Rows not shown"),
    "new": message("Waiting"),
    "drafted": message("Drafts"),
    "trying": message("Being issued"),
    "done": message("Done"),
    "held": message("Not issued with the others"),
    "failed": message("Refused"),
    "removing": message("Being deleted"),
    "skipped": message("Issued earlier"),
}
NO = message("no")
STATES: Mapping[str, Message] = {
    **{str(state): said for state, said in STATUS_LABELS.items()},
    "draft": message("draft"),
    "final": message("final"),
    "sent": message("final"),
    "settled": message("settled"),
    "canceled": message("cancelled"),
    "deleted": message("deleted"),
    "second_copy": message("second copy"),
    "ready": message("ready"),
    "pending": message("pending"),
    "issued": message("issued"),
    "approval_required": message("waiting"),
    "approved": message("approved"),
    "rejected": message("rejected"),
    "unanswered": message("unanswered"),
    "used": message("used"),
    "stale": message("stale"),
    "expired": message("expired"),
    "done": message("done"),
    "drafting": message("making drafts"),
    "asking": message("looking at the drafts"),
    "asked": message("waiting for a person"),
    "working": message("issuing"),
    "stopped": message("stopped"),
    "partial": message("ended in part"),
}
VALUES: Mapping[str, Mapping[str, Message]] = {
    "purpose": {"issue": message("issue"), "delete": message("delete the drafts")},
    "saft": {
        "ready": message("ready"),
        "pending": message("pending"),
        "nothing_to_export": message("nothing to export"),
        "not_begun": message("the month has not begun"),
        "failed": message("cannot be exported, see the findings"),
    },
    "method": {
        "none": message("nothing to correct"),
        "cancel": message("cancel"),
        "update": message("change the draft"),
        "credit_note": message("credit note"),
        "debit_note": message("debit note"),
    },
    "language": {"pt": message("Portuguese"), "en": message("English"), "es": message("Spanish")},
    "step": {
        "draft": message("draft"),
        "finalize": message("finalize"),
        "pdf": message("PDF"),
        "email": message("E-mail"),
    },
    "effect": {
        "local": message("nothing is sent"),
        "reads": message("only reads"),
        "drafts": message("makes or changes drafts"),
        "catalogue": message("changes clients, items, taxes or series"),
        "removes": message("deletes"),
        "fiscal": message("reaches the tax authority"),
        "outbound": message("sends an e-mail"),
        "admin": message("changes the account"),
        "any": message("that of the operation it runs"),
    },
    "approved_by": {
        "a person, every call": message("a person, every call"),
        "nobody needed": message("nobody needed"),
        "whoever approves what it runs": message("whoever approves what it runs"),
    },
    "state": {
        "done": message("done"),
        "not done": message("not done"),
        "waiting": message("waiting"),
        "unknown": message("not known"),
    },
}
"""Names of values that an operation defines, by field."""
OTHER_ENTRIES: Mapping[str, Message] = {
    "withholding": message("Withholding tax"),
    "regularization": message("Regularization"),
    "vat_moss_credit_note": message("VAT MOSS credit note"),
    "vat_moss_receipt": message("VAT MOSS receipt"),
}
"""Entries of a statement of account that are no documents, and types of which a series only has a number."""
COLOURS = {
    "draft": "yellow",
    "final": "green",
    "sent": "green",
    "settled": "green",
    "canceled": "red",
    "deleted": "red",
    "pending": "yellow",
    "ready": "green",
}
AMOUNTS = frozenset(
    {
        *(
            "total",
            "to_pay",
            "withheld",
            "sum",
            "before_taxes",
            "taxes",
            "debit",
            "credit",
            "opening",
            "closing",
        ),
        *(
            "balance",
            "initial_balance",
            "overdue_balance",
            "remaining_balance",
            "owed_now",
            "overdue",
            "remaining",
        ),
        *("invoicexpress", "unit_price", "net", "vat", "open", "open_total", "overdue_total"),
    }
)
DATES = frozenset({"date", "due_date", "valid_from", "valid_until", "as_of", "saft_due"})
TIMES = frozenset({"expires_at", "used_at", "created_at", "since", "time"})
COUNTS = frozenset({"issued", "matched", "first", "last"})
RIGHT = AMOUNTS | COUNTS | {"id", "document_id", "value", "last_number", "sequence_id", "bytes"}
"""Columns of numbers, aligned right."""


def format_label(field: str, language: Language) -> str:
    """Return a field's label."""
    said = FIELDS.get(field)
    return render(said, language) if said else translate_label(field, language)


def name_kind(word: str) -> Bilingual:
    """Return the name of a document type, given by its plural or singular word; an unknown word stays."""
    found = next((one for one in list_document_kinds() if word in {one.plural, one.singular}), None)
    if found is not None:
        return found.name
    shown = sanitize_line(word).replace("_", " ").capitalize()
    return Bilingual(shown, shown)


def format_kind(word: str, language: Language) -> str:
    """Return a document type's name in a language, or that of another entry of a statement."""
    if (said := OTHER_ENTRIES.get(word)) is not None:
        return render(said, language)
    return name_kind(word).text(language)


def format_state(word: str, language: Language) -> str:
    """Return a state's name."""
    said = STATES.get(word)
    return render(said, language) if said else sanitize_line(word)


def format_value(field: str, value: Any, language: Language) -> str:
    """Format a value for a person, without control characters."""
    if value is None or value == "" or value == []:
        return "-"
    if isinstance(value, bool):
        return render(LABELS["yes"] if value else NO, language)
    if isinstance(value, Mapping):
        return ", ".join(format_value("", part, language) for part in value.values())
    if isinstance(value, list):
        return ", ".join(format_value("", part, language) for part in value)
    return _format_text(field, sanitize_line(str(value)), language)


def _format_text(field: str, text: str, language: Language) -> str:
    if field == "number" and text == "draft":
        return "-"  # InvoiceXpress's word where a draft has no number; its state says so
    try:
        if field in AMOUNTS:
            return formats.format_money(Decimal(text), language)
        if field in DATES:
            return formats.format_date(date.fromisoformat(text), language)
        if field in TIMES:
            return formats.format_date_time(datetime.fromisoformat(text))
        if field == "country":
            return format_country(text, language)
        if field == "value":
            return formats.format_number(Decimal(text), language)
    except (InvalidOperation, ValueError):
        return text  # a value in another format is shown unchanged
    if field == "document_type" or (field == "document" and (text in OTHER_ENTRIES or find_prefix(text))):
        return format_kind(text, language)
    if field == "unit" and text in UNIT_LABELS:
        return render(UNIT_LABELS[text][0], language)
    if field == "period":
        return _format_period(text, language)
    if (said := VALUES.get(field, {}).get(text)) is not None:
        return render(said, language)
    return format_state(text, language) if field in {"status", "state"} else text


def _format_period(text: str, language: Language) -> str:
    """Format a month (`2026-11`) or the first and last day of a period (`2026-10-01/2026-12-31`)."""
    first, _, last = text.partition("/")
    if not last:
        year, _, month = first.partition("-")
        return f"{month}/{year}" if month else first
    days = (formats.format_date(date.fromisoformat(day), language) for day in (first, last))
    return " – ".join(days)
