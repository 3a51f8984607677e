"""Names of document types, states and other fixed values in a terminal."""

from collections.abc import Mapping

from ix_tools.batch.report import STATUS_LABELS
from ix_tools.domain.document_kinds import list_document_kinds
from ix_tools.i18n.languages import Bilingual, Language
from ix_tools.i18n.messages import Message, message, render
from ix_tools.text.sanitize import sanitize_line

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
