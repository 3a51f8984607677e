"""Advice on InvoiceXpress's own refusals, by words in them."""

from collections.abc import Iterable

from ix_tools.i18n.messages import Message, message

_NEXT_STEPS = (
    (("isenção", "exemption"), message("give tax_exemption; lookup_exemption_codes lists the codes")),
    (
        ("série", "sequence"),
        message("list_sequences shows which sequence id belongs to which document type, and its last date"),
    ),
    (
        ("contribuinte", "fiscal"),
        message(
            "the fiscal id and the country are checked as a pair, and the account's own number is refused: correct them"
        ),
    ),
    (("country",), message("give the country by ISO code, such as PT")),
    (("vencimento", "due date"), message("due_date must not be before date")),
    (
        ("finalizado", "settled so", "finalized so"),
        message("a finalized document cannot be edited: cancel it or issue a credit note"),
    ),
    (("relacionados", "related"), message("credit no more than what is left on the owner document")),
    (("associated with invoices",), message("an item that was used keeps its name: create another item")),
    (
        ("not available", "disponível", "already been taken", "already exists"),
        message("that name or code is taken: look it up, or choose another"),
    ),
)


def suggest_next(said: Iterable[str]) -> Message:
    """Return the next step for the reasons that InvoiceXpress gave."""
    text = " ".join(said).lower()
    # InvoiceXpress answers in the account's language, so both languages are searched.
    return next(
        (advice for words, advice in _NEXT_STEPS if any(word in text for word in words)),
        message("correct it and call again"),
    )
