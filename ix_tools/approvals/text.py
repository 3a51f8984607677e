"""Plain-text previews: the full text for terminal and store, and a short text that fits into any form.

Both begin with the key facts, because some dialogs show only three lines.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from ix_tools.approvals import rendering
from ix_tools.approvals.joint_preview import JointPreview
from ix_tools.approvals.joint_text import write_documents
from ix_tools.approvals.models import Approval
from ix_tools.approvals.preview import ActionView, ApprovalPreview, DocumentView, LineView
from ix_tools.approvals.stored_preview import is_readable, load_preview
from ix_tools.i18n import formats
from ix_tools.i18n.approval_texts import ACTIONS, LARGEST_LINES, MORE, SUMMARISED
from ix_tools.i18n.field_labels import LABELS
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import render

MAX_LENGTH = 4000
"""Characters that fit into a form or a result."""
TEXT_LIMITS = (600, 300, 150, 80, 40)
"""Lengths to which each text is cut, tried in turn until the whole preview fits."""
LARGEST, RATES, ROWS = 5, 8, 8
"""Lines, VAT rates, and warnings or differences that a short text lists."""

Shortener = Callable[[str], str]


def format_full_text(sheet: ApprovalPreview, language: Language) -> str:
    """Write everything that a person must see before approving."""
    return "\n".join(_write_text(sheet, language))


def format_short_text(sheet: ApprovalPreview, language: Language, command: str) -> str:
    """Write everything if it fits into a form; otherwise a summary that names the `command` for the full text."""
    text = format_full_text(sheet, language)
    if len(text) <= MAX_LENGTH:
        return text
    end = "\n\n" + render(SUMMARISED.fill(command=command), language)
    for most in TEXT_LIMITS:
        text = "\n".join(_write_text(sheet, language, most)) + end
        if len(text) <= MAX_LENGTH:
            return text
    return text[: MAX_LENGTH - len(end) - 1] + "…" + end


def format_for_reader(approval: Approval, language: Language) -> str:
    """Write the whole preview of a stored approval in the reader's language, which may be another than the requester's."""
    if not is_readable(approval.sheet):
        return approval.text
    return format_full_text(load_preview(approval.sheet), language)


def format_for_host(approval: Approval, language: Language) -> str:
    """Write the preview of a stored approval, short enough for a form or a result."""
    if len(approval.text) <= MAX_LENGTH or not is_readable(approval.sheet):
        return approval.text[:MAX_LENGTH]
    sheet = load_preview(approval.sheet)
    return format_short_text(sheet, language, f"ix-tools approvals show {approval.id}")


def format_head(sheet: ApprovalPreview, language: Language) -> Iterable[str]:
    """Yield the first three lines: key facts, consequences, account."""
    yield rendering.format_headline(sheet, language)
    yield ": ".join(rendering.describe_consequences(sheet, language))
    account = rendering.add_label("account", rendering.format_issuer(sheet, language), language)
    yield f"{render(LABELS['sandbox'], language)} {account}" if sheet.sandbox else account


def _write_text(sheet: ApprovalPreview, language: Language, most: int | None = None) -> Iterable[str]:
    """Yield the lines of the text; with `most`, cut each text to this length and shorten long lists."""
    cut = _build_shortener(most)
    rows = None if most is None else ROWS
    yield from format_head(sheet, language)
    if sheet.differences:
        yield from ("", f"{render(LABELS['differences'], language)}:")
        asked, stored = render(LABELS["asked"], language), render(LABELS["stored"], language)
        differences = (rendering.format_difference(one, language) for one in sheet.differences)
        said = [f"{field}: {asked} {cut(before)}, {stored} {cut(now)}" for field, before, now in differences]
        yield from _write_first(said, rows, language)
    if sheet.warnings:
        yield from ("", f"{render(LABELS['warnings'], language)}:")
        yield from _write_first(
            [cut(rendering.format_warning(one, language)) for one in sheet.warnings], rows, language
        )
    yield ""
    if isinstance(sheet, JointPreview) and most is None:
        yield from write_documents(sheet, language)
        return
    yield from _write_action(sheet, sheet, language, cut)
    if sheet.paper is not None:
        yield from _write_document(sheet.paper, language, cut, is_short=most is not None)
    elif sheet.client is not None:
        yield from _write_labelled(rendering.list_client_values(sheet.client, language), language, cut)
    for then in sheet.then:
        yield from ("", f"{render(LABELS['then'], language)}: {render(ACTIONS[then.action].title, language)}")
        yield from (f"  {line}" for line in _write_action(then, sheet, language, cut))


def _write_action(
    deed: ActionView, sheet: ApprovalPreview, language: Language, cut: Shortener
) -> Iterable[str]:
    currency = sheet.paper.currency if sheet.paper else ""
    if deed.recipient:
        yield rendering.add_label("recipient", deed.recipient, language)
    for entry in deed.details:
        yield rendering.add_label(
            entry.label, cut(rendering.format_detail(entry, language, currency)), language
        )


def _write_document(
    paper: DocumentView, language: Language, cut: Shortener, *, is_short: bool
) -> Iterable[str]:
    yield from _write_labelled(rendering.list_client_values(paper.client, language), language, cut)
    yield from _write_labelled(rendering.list_document_values(paper, language), language, cut)
    yield from _write_labelled(rendering.list_printed_texts(paper), language, cut)
    if paper.lines and is_short and len(paper.lines) > LARGEST:
        largest = sorted(paper.lines, key=lambda line: line.net or 0, reverse=True)[:LARGEST]
        shown = {"shown": len(largest), "all": len(paper.lines)}
        yield f"{render(LARGEST_LINES.fill(**shown), language)}:"
        yield from (f"  {_format_line(line, paper.currency, language, cut)}" for line in largest)
    elif paper.lines:
        yield f"{render(LABELS['lines'], language)} ({len(paper.lines)}):"
        for line in paper.lines:
            yield f"  {_format_line(line, paper.currency, language, cut)}"
            if line.description:
                yield from (
                    f"    {text}" for text in _shorten_lines(line.description, cut, is_short=is_short)
                )
    if paper.shares:
        yield f"{render(LABELS['vat'], language)}:"
        base, taxed = render(LABELS["base"], language), render(LABELS["tax"], language)
        said = [
            f"{cut(rendering.format_vat_label(share, language))}: "
            f"{base} {formats.format_money(share.net, language, paper.currency)}, "
            f"{taxed} {formats.format_money(share.vat, language, paper.currency)}"
            for share in paper.shares
        ]
        yield from _write_first(said, RATES if is_short else None, language)
    for one in paper.column:
        yield f"{rendering.format_amount_label(one, language)}: {formats.format_money(one.value, language, paper.currency)}"


def _format_line(line: LineView, currency: str, language: Language, cut: Shortener) -> str:
    text = f"{cut(line.name)}: {rendering.format_calculation(line, language, currency)}"
    if line.tax:
        net, tax = (
            formats.format_money(line.net, language, currency),
            rendering.format_tax(line.tax, line.rate, language),
        )
        return f"{text} = {net} ({tax})"
    return f"{text} = {formats.format_money(line.net, language, currency)}" if line.net else text


def _write_labelled(
    differences: Iterable[rendering.LabelledValue], language: Language, cut: Shortener
) -> Iterable[str]:
    for label, said in differences:
        text = formats.format_date(said, language) if isinstance(said, date) else said
        yield rendering.add_label(label, cut(text if isinstance(text, str) else " ".join(text)), language)


def _shorten_lines(texts: Sequence[str], cut: Shortener, *, is_short: bool) -> Sequence[str]:
    return (cut(" ".join(texts)),) if is_short else texts


def _write_first(said: Sequence[str], many: int | None, language: Language) -> Iterable[str]:
    """Yield the first `many` lines, and the number of the others."""
    yield from (f"  {one}" for one in said[:many])
    if many is not None and len(said) > many:
        yield f"  … {render(MORE.fill(count=len(said) - many), language)}"


def _build_shortener(most: int | None) -> Shortener:
    def cut(text: str) -> str:
        return text if most is None or len(text) <= most else f"{text[: most - 1].rstrip()}…"

    return cut
