"""Words of the overview."""

from collections.abc import Mapping

from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import Message, message, message_plural, message_template, render
from ix_tools.storage.figure_sums import Age

WORDS: Mapping[str, Message] = {
    "overview": message("Overview"),
    "all_accounts": message("All accounts"),
    "account": message("Account"),
    "show": message("Show"),
    "issued": message("Issued"),
    "issued_by_month": message("Issued by month"),
    "without_vat": message("without VAT, less credit notes"),
    "vat_by_rate": message("VAT by rate"),
    "to_receive": message("To receive"),
    "to_receive_by_age": message("To receive, by age"),
    "waiting": message("Waiting for a decision"),
    "drafts": message("Drafts"),
    "differences": message("Stored differently"),
    "month_end": message("Month end"),
    "accounts": message("Accounts"),
    "month": message("Month"),
    "documents": message("Documents"),
    "net": message("Net"),
    "vat": message("VAT"),
    "total": message("Total"),
    "open": message("Open"),
    "rate": message("Rate"),
    "age": message("Since it was due"),
    "document": message("Document"),
    "date": message("Date"),
    "due_date": message("Due"),
    "state": message("State"),
    "figures": message("Figures"),
    "no_events": message("Nothing about it went through ix-tools."),
    "table": message("As a table"),
    "sum": message("Sum"),
    "ready": message("Ready"),
    "not_read": message("not read yet"),
    "nothing_open": message("Nothing is open."),
    "nothing_issued": message("Nothing was issued in these two months."),
    "no_documents": message("There are no such documents."),
    "back": message("Back to the overview"),
    "overdue_of_it": message("of it overdue"),
    "other_currency": message("Other currency"),
    "empty": message(
        "Nothing was read from InvoiceXpress yet. The server does it by itself while it runs; in a terminal: ix-tools overview refresh"
    ),
}
NOTHING_YET = message(
    "There is no invoice in this account yet. Each one is counted here as soon as it is issued."
)
SANDBOX_BEGINS_EMPTY = message(
    "The sandbox begins empty: each invoice that is issued in it is counted here. ix-tools demo --inbox shows one with invoices."
)
AS_OF = message_template("As of {when}")
SAYS_NOT_READ = message_template("{part} could not be read last time ({code}); what is shown is older.")
READ_PROGRESS = message_template("Older months are still being read: {read} of {all} so far.")
ISSUED_IN = message_template("Issued in {month}")
VAT_IN = message_template("VAT in {month}")
BARS_OF = message_template("Net amounts by month: {bars}.")
AGES_OF = message_template("What is open by days since it was due: {bars}.")
BAR = message_template("{name} {amount}")
DUE_BY = message_template("due at the tax authority by {day}")
AGE_NAMES: Mapping[Age, Message] = {
    "not_due": message("Not due"),
    "30": message("1 to 30 days"),
    "60": message("31 to 60 days"),
    "90": message("61 to 90 days"),
    "more": message("over 90 days"),
}
PART_NAMES: Mapping[str, Message] = {
    "open": message("What is open"),
    "drafts": message("The drafts"),
    "month_end": message("The check of last month"),
}
STATES: Mapping[str, Message] = {
    "draft": message("draft"),
    "final": message("issued"),
    "settled": message("settled"),
    "second_copy": message("issued"),
    "canceled": message("cancelled"),
}


def translate_words(language: Language) -> dict[str, str]:
    """Return the words in a language."""
    return {name: render(word, language) for name, word in WORDS.items()}


def count_documents(count: int) -> Message:
    """Return a number of documents."""
    return message_plural("{count} document", "{count} documents", count=count)


def count_findings(count: int) -> Message:
    """Return a number of findings of the month-end check."""
    return message_plural("{count} finding", "{count} findings", count=count)
