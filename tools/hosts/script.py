"""The conversation that every client has: calls in order, and what their results must contain."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

DOCUMENT = "$document_id"
"""In arguments: the id of the document that an earlier call created."""


@dataclass(frozen=True)
class Step:
    """A call that the scripted model makes."""

    tool: str
    arguments: Json
    shows: tuple[str, ...]
    """Parts of the result's JSON, without blanks, that show that the call was understood whole."""


LINE = {"name": "Revisão", "unit_price": 100, "quantity": 1, "tax": "IVA23"}
INVOICE = {"date": "today", "due_date": "+30d", "client": {"code": "ACME"}, "items": [LINE]}
STEPS = (
    Step("list_taxes", {}, ('"ok":true', "IVA23")),
    Step("create_invoice", {**INVOICE, "reference": "PO-1"}, ('"ok":true', "123.00", "PO-1", "ACME")),
    Step("list_invoices", {"per_page": 10}, ('"ok":true',)),
    Step(
        "get_document",
        {"document_type": "invoices", "document_id": DOCUMENT},
        ('"ok":true', "123.00", "PO-1"),
    ),
    Step("lookup_exemption_codes", {"code": "M07"}, ('"ok":true', "M07")),
    Step(
        "run_operation", {"operation": "get_client", "arguments": {"client_id": 501}}, ('"ok":true', "ACME")
    ),
    Step("issue_invoice", {**INVOICE, "reference": "PO-2"}, ("approval_required", "123.00")),
)


def fill_in(arguments: Json, earlier: str) -> Json:
    """Return arguments with the document's id, as the next call of an earlier result has it."""
    found = re.search(r'"document_id":("[^"]*"|\d+)', compact(earlier))
    number = json.loads(found.group(1)) if found else 0
    return {name: number if value == DOCUMENT else value for name, value in arguments.items()}


def compact(result: str) -> str:
    """Return a result's JSON without blanks and without the escapes of hosts that put it into a text."""
    return re.sub(r"\s", "", result.replace("\\", ""))


def is_right(step: Step, result: str) -> bool:
    """Whether a result shows that the call was understood."""
    text = compact(result)
    return all(part in text for part in step.shows)


def dump_script() -> str:
    """Return the script for drivers in other languages and environments."""
    return json.dumps([{"tool": one.tool, "arguments": one.arguments} for one in STEPS], ensure_ascii=False)
