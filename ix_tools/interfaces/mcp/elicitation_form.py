"""Build the approval form that an MCP host shows.

The most used host shows three lines of the message, but the whole title and description of each checkbox; so these carry
what the person needs to decide.
"""

from typing import Any

from ix_tools.approvals import rendering
from ix_tools.approvals import text as approval_text
from ix_tools.approvals.host_answers import MAX_REASON_LENGTH
from ix_tools.approvals.preview import ApprovalPreview
from ix_tools.approvals.repository import Approval
from ix_tools.approvals.stored_preview import load_preview
from ix_tools.i18n.approval_texts import MORE
from ix_tools.i18n.field_labels import LABELS
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import render

WARNINGS, DIFFERENCES = 3, 5
"""How many a checkbox's description names; the message lists more."""
MAX_ENTRY_LENGTH = 240
"""Characters of each of them there."""


def render_form_message(approval: Approval, language: Language) -> str:
    """Return the text above the checkboxes."""
    return approval_text.format_for_host(approval, language)


def build_form_schema(approval: Approval, language: Language) -> dict[str, Any]:
    """Build the form: a checkbox to approve, and one to accept differences from the request if there are any."""
    sheet = load_preview(approval.sheet)
    fields: dict[str, Any] = {
        "approve": {
            "type": "boolean",
            "title": f"{render(LABELS['approve'], language)} – {rendering.format_headline(sheet, language)}",
            "description": _describe_consequences(sheet, language),
        }
    }
    if approval.differs:
        fields["accept_differences"] = {
            "type": "boolean",
            "title": render(LABELS["accept_differences"], language),
            "description": _describe_differences(sheet, language),
        }
    required = list(fields)
    fields["reason"] = {
        "type": "string",
        "title": render(LABELS["reason_if_not"], language),
        "maxLength": MAX_REASON_LENGTH,
    }
    return {"type": "object", "properties": fields, "required": required}


def _describe_consequences(sheet: ApprovalPreview, language: Language) -> str:
    """Describe the irreversible consequences and the first warnings."""
    parts = [f"{': '.join(rendering.describe_consequences(sheet, language))}"]
    if sheet.warnings:
        said = [_shorten(rendering.format_warning(one, language)) for one in sheet.warnings[:WARNINGS]]
        parts.append(
            rendering.add_label(
                "warnings", " · ".join([*said, *_note_omitted(sheet.warnings, WARNINGS, language)]), language
            )
        )
    if sheet.sandbox:
        parts.append(render(LABELS["sandbox"], language))
    parts.append(render(LABELS["approve_why"], language))
    return "\n".join(parts)


def _describe_differences(sheet: ApprovalPreview, language: Language) -> str:
    asked, stored = render(LABELS["asked"], language), render(LABELS["stored"], language)
    differences = (rendering.format_difference(one, language) for one in sheet.differences[:DIFFERENCES])
    said = [_shorten(f"{field}: {asked} {before}, {stored} {now}") for field, before, now in differences]
    said += _note_omitted(sheet.differences, DIFFERENCES, language)
    return "\n".join([*said, render(LABELS["accept_differences_why"], language)])


def _note_omitted(all_of_them: tuple[Any, ...], named: int, language: Language) -> list[str]:
    more = len(all_of_them) - named
    return [f"… {render(MORE.fill(count=more), language)}"] if more > 0 else []


def _shorten(text: str) -> str:
    return text if len(text) <= MAX_ENTRY_LENGTH else f"{text[: MAX_ENTRY_LENGTH - 1].rstrip()}…"
