"""Values that the page of a joint approval shows: sums of what remains, and every document with its lines."""

from collections.abc import Collection, Mapping
from typing import Any

from ix_tools.approvals import rendering
from ix_tools.approvals.joint_decisions import Choice, parse_control_sum
from ix_tools.approvals.joint_preview import DocumentEntry, JointPreview, sum_amount, sum_rates
from ix_tools.approvals.joint_text import LASTS, MAILED, ROW, list_remarks
from ix_tools.i18n import formats
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import Message, message, message_template, render
from ix_tools.interfaces.web.requests import BOX_PREFIX
from ix_tools.operations.label_lookup import translate_label

WORDS: Mapping[str, Message] = {
    "sums": message("The documents that remain, in sums"),
    "attention": message("Look at these first"),
    "others": message("The others"),
    "leave_out": message("Leave out"),
    "how": message(
        "Open a document to read it; tick those to leave out. Documents cannot be changed here. Then type the total from your own list."
    ),
    "lasts": LASTS,
    "recount": message("Add up without the ticked ones"),
    "control_sum": message("Total with VAT of the documents that remain"),
}
COUNT = message_template("Documents: {count} of {all}")


def read_choice(fields: Mapping[str, str]) -> Choice | None:
    """Return what a person chose in the form; None if a name is not ours."""
    places = [name.removeprefix(BOX_PREFIX) for name in fields if name.startswith(BOX_PREFIX)]
    if not all(place.isascii() and place.isdecimal() and len(place) < 6 for place in places):
        return None
    return Choice(parse_control_sum(fields.get("control_sum", "")), frozenset(map(int, places)))


def build_values(sheet: JointPreview, left_out: Collection[int], language: Language) -> dict[str, Any]:
    """Build the values of the template besides those of every approval."""
    remaining = sheet.select(left_out)
    first, others = sheet.list_by_attention()
    count = render(COUNT.fill(count=len(remaining), all=len(sheet.documents)), language)
    total = sum_amount(remaining, "total")
    return {
        "joint": {name: render(said, language) for name, said in WORDS.items()},
        "left_out": frozenset(left_out),
        "first": first,
        "others": others,
        "count": count,
        "remain": f"{count}: {formats.format_money(total, language)}",
        "rates": sum_rates(remaining),
        "net": sum_amount(remaining, "net"),
        "vat": sum_amount(remaining, "vat_total"),
        "total": total,
        "money": lambda amount: formats.format_money(amount, language),
        "day": lambda value: formats.format_date(value, language),
        "tax": lambda one: rendering.format_tax(one.tax, one.rate, language),
        "row_of": lambda one: render(ROW.fill(row=one.row), language),
        "client_of": lambda one: rendering.format_client(one.paper.client, language),
        "mailed_of": lambda one: (
            render(MAILED.fill(address=one.recipient), language) if one.recipient else ""
        ),
        "remarks_of": lambda one: [render(said, language) for said in list_remarks(one)],
        "lines_of": lambda one: _describe_lines(one, language),
        "values_of": lambda one: list(_list_values(one, language)),
    }


def _describe_lines(one: DocumentEntry, language: Language) -> list[str]:
    return [
        " ".join(
            filter(
                None,
                [
                    f"{line.name}:",
                    rendering.format_calculation(line, language, one.paper.currency),
                    rendering.format_tax(line.tax, line.rate, language) if line.tax else "",
                    " ".join(line.description),
                ],
            )
        )
        for line in one.paper.lines
    ]


def _list_values(one: DocumentEntry, language: Language) -> list[tuple[str, str]]:
    def show(value: Any) -> str:
        return formats.format_date(value, language) if hasattr(value, "strftime") else str(value)

    values = [
        *rendering.list_client_values(one.paper.client, language),
        *rendering.list_document_values(one.paper, language),
    ]
    shown = [(translate_label(label, language), show(value)) for label, value in values]
    shown += [
        (rendering.format_amount_label(amount, language), formats.format_money(amount.value, language))
        for amount in one.paper.column
    ]
    if one.recipient:
        shown.append((translate_label("recipient", language), one.recipient))
    return shown
