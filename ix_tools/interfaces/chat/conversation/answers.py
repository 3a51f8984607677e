"""Results as short plain texts for a chat."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from ix_tools.domain.document_kinds import name_document_kind
from ix_tools.i18n import formats
from ix_tools.i18n.field_labels import LABELS
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import join_messages, message, render
from ix_tools.i18n.state_names import render_state
from ix_tools.interfaces.chat.conversation.people import SECTION
from ix_tools.text.sanitize import sanitize_line

MAX_ROWS = 20


def describe_document(document: Mapping[str, Any], language: Language) -> str:
    """Return a document in one line: kind, number, client, total, state."""
    number = str(document.get("number") or "")
    name = render(name_document_kind(str(document.get("document_type", ""))), language)
    client = document.get("client") or {}
    parts = [
        f"{name} {sanitize_line(number)}"
        if number and number != "draft"
        else f"{name} (id {document.get('id')})",
        sanitize_line(str(client.get("name", "") if isinstance(client, Mapping) else client)),
        _money(document.get("total"), language),
        describe_state(str(document.get("status") or ""), language),
    ]
    return " · ".join(part for part in parts if part)


def describe_state(state: str, language: Language) -> str:
    """Return a document's state in a person's words."""
    return sanitize_line(render_state(state, language))


def _money(value: Any, language: Language) -> str:
    return "" if value is None else formats.format_money(Decimal(str(value)), language)


def describe_result(body: Mapping[str, Any], language: Language) -> str:
    """Return the result of a call that was carried out, with its warnings."""
    lines = []
    document = body.get("document") or body.get("receipt")
    if isinstance(document, Mapping):
        lines.append(describe_document(document, language))
    if body.get("to_pay") is not None:
        lines.append(render(message("To pay: {amount}", amount=_money(body["to_pay"], language)), language))
    if isinstance(body.get("why"), str | Mapping):
        lines.append(_read_text(body["why"], language))
    lines += [f"{render(message('Note'), language)}: {one}" for one in _list_warnings(body, language)]
    if body.get("replayed"):
        lines.append(render(message("It was carried out before; nothing was done twice."), language))
    if body.get("sandbox"):
        lines.append(render(LABELS["sandbox"], language))
    return "\n".join(lines)


def _read_text(value: Any, language: Language) -> str:
    return sanitize_line(str(value.get(language, "") if isinstance(value, Mapping) else value))


def _list_warnings(body: Mapping[str, Any], language: Language) -> Iterator[str]:
    for one in body.get("warnings") or ():
        said = one.get("for_person") if language == "pt" else None
        yield sanitize_line(str(said or one.get("problem", "")))


def describe_list(body: Mapping[str, Any], language: Language) -> str:
    """Return a list of documents with what is open of each and in all."""
    rows: Sequence[Mapping[str, Any]] = body.get("invoices") or ()
    if not rows:
        return render(message("Nothing is unpaid."), language)
    lines = [_describe_row(row, language) for row in rows[:MAX_ROWS]]
    more = int(body.get("total_entries") or len(rows)) - len(lines)
    if more > 0:
        lines.append(render(message("… and {more} more", more=more), language))
    if body.get("open_total") is not None:
        lines.append(
            render(message("Open in all: {amount}", amount=_money(body["open_total"], language)), language)
        )
    return "\n".join(lines)


def _describe_row(row: Mapping[str, Any], language: Language) -> str:
    due = str(row.get("due_date") or "")
    open_ = row.get("open")
    parts = [
        describe_document({**row, "status": ""}, language),
        render(message("open: {amount}", amount=_money(open_, language)), language)
        if open_ is not None
        else "",
        render(message("due: {day}", day=due), language) if due else "",
    ]
    return "• " + " · ".join(part for part in parts if part)


def describe_stored_failure(result: Mapping[str, Any], language: Language) -> str:
    """Return why an approved call was not carried out, from its stored result."""
    said = result.get("for_person") if language == "pt" else None
    text = said or result.get("message") or result.get("code") or ""
    return sanitize_line(str(text))


def explain_unknown(identity: str, language: Language) -> str:
    """Return the answer to somebody whom the policy does not name."""
    unknown = message("I do not know you, so I do nothing.")
    how = message(
        "Whoever looks after ix-tools adds your id {identity} to {section} in the policy.",
        identity=identity,
        section=SECTION,
    )
    return render(join_messages([unknown, how], " "), language)
