"""A sandbox with every document type in every possible state, and their clients and items."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ix_tools.sandbox.server import Sandbox
from tests.sandbox.api import NOW, SandboxApi

TYPES = {
    "invoices-type": ("invoice", "invoice_receipt", "simplified_invoice", "credit_note", "debit_note"),
    "estimates-type": ("quote", "proforma", "fees_note"),
    "guides-type": ("shipping", "transport", "devolution"),
}
"""The document types of paths with their singular."""
PLACE = {"detail": "Rua da Fábrica, 5", "city": "Lisboa", "postal_code": "1000-555", "country": "Portugal"}
EXEMPT = {
    "items": [{"name": "Aula", "unit_price": "20", "quantity": "1", "tax": {"name": "Isento"}}],
    "tax_exemption": "M07",
}


@dataclass
class Stock:
    """The file of a sandbox, and the ids of its content."""

    file: Path
    documents: dict[str, list[int]] = field(default_factory=dict)
    """By the type in the path: drafts, then one cancelled, one deleted, one or more issued."""
    payable: list[int] = field(default_factory=list)
    regularizations: list[int] = field(default_factory=list)
    movements: list[int] = field(default_factory=list)


@cache
def build_stock() -> Stock:
    """Create the sandbox's file once."""
    folder = tempfile.mkdtemp(prefix="ix-contract-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = Stock(Path(folder) / "stock.sqlite3")
    with Sandbox(made.file, clock=NOW) as sandbox:
        api = SandboxApi(sandbox)
        with api.http:
            sandbox.set_option("mb_references", True)
            _fill(api, made)
    return made


def _fill(api: SandboxApi, made: Stock) -> None:
    for keys in TYPES.values():
        for key in keys:
            made.documents[f"{key}s"] = [row["id"] for row in _of_every_state(api, key)]
    rich = api.create_issued(
        reference="PO-1", mb_reference="1", currency_code="USD", rate="1.1", retention="25"
    )
    paid = [api.create_issued(), api.create_issued("simplified_invoice")]
    made.payable = [row["id"] for row in (rich, *paid)]
    made.documents["receipts"] = [api.pay(rich, 10).json()["receipt"]["id"] for _ in range(4)]
    made.documents["invoices"].append(rich["id"])
    note = api.create_issued("credit_note", owner_invoice_id=rich["id"], items=[api.line(unit_price="1")])
    made.documents["credit_notes"].append(note["id"])
    guide = {"address_from": PLACE, "address_to": PLACE, "license_plate": "11-AA-22"}
    made.documents["transports"].append(api.create_issued("transport", **guide)["id"])
    for _ in range(6):
        entry: dict[str, Any] = {"value": "1.5", "date": "2026-11-20", "observation": "acerto"}
        path = "/api/v3/clients/501"
        body = {"regularization": entry}
        made.regularizations.append(
            api.post(f"{path}/regularization.json", body).json()["regularization"][0]["id"]
        )
        body = {"treasury_movement": {**entry, "movement_type": "Payment"}}
        made.movements.append(
            api.post(f"{path}/treasury_movements.json", body).json()["treasury_movement"]["id"]
        )


def _of_every_state(api: SandboxApi, key: str) -> list[dict[str, Any]]:
    drafts = [api.create_draft(key), api.create_draft(key), api.create_draft(key, **EXEMPT)]
    canceled, deleted, final = api.create_issued(key), api.create_draft(key), api.create_issued(key)
    api.change_state(key, canceled, "canceled", "Engano")
    api.change_state(key, deleted, "deleted")
    return [*drafts, canceled, deleted, final]
