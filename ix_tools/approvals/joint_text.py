"""Plain text of a joint approval for a terminal: sums, then the documents that need attention, then the others, a line each."""

from collections.abc import Iterable

from ix_tools.approvals import rendering
from ix_tools.approvals.joint_preview import DocumentEntry, JointPreview, sum_amount, sum_rates
from ix_tools.i18n.field_labels import LABELS
from ix_tools.i18n.formats import format_date, format_money
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import Message, Money, message, message_template, render

FROM_FILE = message_template("File: {file}")
COUNT = message_template("Documents: {count}")
LASTS = message(
    "The approval counts for what is left of the batch for 24 hours; then a person is asked again."
)
ATTENTION = message("Look at these first")
OTHERS = message("The others")
ROW = message_template("row {row}")
NEW_CLIENT = message("new client")
OUTLIER = message_template("more than three times what this client usually gets ({usual})")
MAILED = message_template("by e-mail to {address}")


def write_documents(sheet: JointPreview, language: Language) -> Iterable[str]:
    """Yield the lines of sums and documents."""
    if sheet.file:
        yield render(FROM_FILE.fill(file=sheet.file), language)
    yield render(COUNT.fill(count=len(sheet.documents)), language)
    for rate in sum_rates(sheet.documents):
        tax = rendering.format_tax(rate.tax, rate.rate, language)
        yield f"  {tax}: {format_money(rate.net, language)} + {format_money(rate.vat, language)}"
    for word in ("net", "vat_total", "total"):
        amount = format_money(sum_amount(sheet.documents, word), language)
        yield f"  {render(LABELS[word], language)}: {amount}"
    yield ""
    yield render(LASTS, language)
    first, others = sheet.list_by_attention()
    for heading, documents in ((ATTENTION, first), (OTHERS, others)):
        if documents:
            yield ""
            yield f"{render(heading, language)}:"
            for one in documents:
                yield from _write_entry(one, language)


def _write_entry(one: DocumentEntry, language: Language) -> Iterable[str]:
    client = rendering.format_client(one.paper.client, language)
    parts = [
        f"  {one.place}.",
        f"({render(ROW.fill(row=one.row), language)})",
        format_date(one.paper.issued, language),
        client,
        format_money(one.total, language),
    ]
    yield " ".join(parts)
    lines = (
        f"{line.name}: {rendering.format_calculation(line, language, one.paper.currency)}"
        for line in one.paper.lines
    )
    yield f"     {'; '.join(lines)}"
    if one.recipient:
        yield f"     {render(MAILED.fill(address=one.recipient), language)}"
    for said in list_remarks(one):
        yield f"     ! {render(said, language)}"


def list_remarks(one: DocumentEntry) -> Iterable[Message]:
    """Yield what a person should know of a document: its marks and warnings."""
    if "new_client" in one.marks:
        yield NEW_CLIENT
    if "outlier" in one.marks and one.usual is not None:
        yield OUTLIER.fill(usual=Money(one.usual))
    yield from (warning.problem for warning in one.warnings)
