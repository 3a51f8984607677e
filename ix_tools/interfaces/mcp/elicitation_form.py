"""What the host's form shows: a text that any dialog holds, and in the title of the box what decides.

The most used host shows three lines of the text and the whole title and description of each box.
"""

from typing import Any

from ix_tools.approvals import rendering
from ix_tools.approvals import text as approval_text
from ix_tools.approvals.host_answers import LONGEST_REASON
from ix_tools.approvals.preview import Sheet
from ix_tools.approvals.repository import Approval
from ix_tools.i18n.words import LABELS, Language

WARNINGS, DIFFERENCES = 3, 5
"""How many are named in a box's description; the text has more."""
LONGEST = 240
"""Characters of one of them there."""


def form_message(approval: Approval, language: Language) -> str:
    """The text above the boxes."""
    return approval_text.held(approval, language)


def form_schema(approval: Approval, language: Language) -> dict[str, Any]:
    """The boxes: one to approve, and one to accept that the stored document is not what was asked for."""
    sheet = Sheet.model_validate_json(approval.sheet)
    fields: dict[str, Any] = {
        "approve": {
            "type": "boolean",
            "title": f"{LABELS['approve'].in_(language)} – {rendering.headline(sheet, language)}",
            "description": _why(sheet, language),
        }
    }
    if approval.differs:
        fields["accept_differences"] = {
            "type": "boolean",
            "title": LABELS["accept_differences"].in_(language),
            "description": _differences(sheet, language),
        }
    required = list(fields)
    fields["reason"] = {
        "type": "string",
        "title": LABELS["reason_if_not"].in_(language),
        "maxLength": LONGEST_REASON,
    }
    return {"type": "object", "properties": fields, "required": required}


def _why(sheet: Sheet, language: Language) -> str:
    """What cannot be undone, and the first warnings."""
    parts = [f"{': '.join(rendering.consequences(sheet, language))}"]
    if sheet.warnings:
        said = [_shortened(rendering.warned(one, language)) for one in sheet.warnings[:WARNINGS]]
        parts.append(
            rendering.labelled(
                "warnings", " · ".join([*said, *_more(sheet.warnings, WARNINGS, language)]), language
            )
        )
    if sheet.sandbox:
        parts.append(LABELS["sandbox"].in_(language))
    parts.append(LABELS["approve_why"].in_(language))
    return "\n".join(parts)


def _differences(sheet: Sheet, language: Language) -> str:
    asked, stored = LABELS["asked"].in_(language), LABELS["stored"].in_(language)
    told = (rendering.differing(one, language) for one in sheet.differences[:DIFFERENCES])
    said = [_shortened(f"{field}: {asked} {before}, {stored} {now}") for field, before, now in told]
    said += _more(sheet.differences, DIFFERENCES, language)
    return "\n".join([*said, LABELS["accept_differences_why"].in_(language)])


def _more(all_of_them: tuple[Any, ...], named: int, language: Language) -> list[str]:
    more = len(all_of_them) - named
    return [f"… {LABELS['more'].in_(language).format(count=more)}"] if more > 0 else []


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"
