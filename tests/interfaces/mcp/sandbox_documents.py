"""Create documents directly in the sandbox, without the pipeline, as starting points of tests."""

from __future__ import annotations

import json
from typing import Any

from ix_tools.api_client import protocol
from tests.harness import Harness, guide, invoice

Json = dict[str, Any]
GUIDES = ("shippings", "transports", "devolutions")
NOTES = ("credit_notes", "debit_notes")


async def send_raw(harness: Harness, method: str, path: str, body: Json) -> Json:
    """Send a request to the sandbox and return the response's content."""
    request = protocol.Request(method, path, body=json.dumps(body).encode())
    answer = await harness.context.account.send(request)
    assert answer.status < 300, answer
    content: Json = json.loads(answer.body)
    return next(iter(content.values())) if len(content) == 1 else content


async def create_draft(harness: Harness, kind: str = "invoices", **changes: Any) -> Json:
    """Create a draft of 123.00 for ACME and return the arguments that identify it."""
    given = guide(document_type=kind) if kind in GUIDES else invoice()
    given.pop("document_type", None)
    items = [{**line, "tax": {"name": line["tax"]}} for line in given["items"]]
    body = {**given, "date": "20/11/2026", "due_date": "20/12/2026", "items": items}
    body["client"] = {"name": "ACME, Lda", "code": "ACME"}
    if kind in GUIDES:
        place = {**given["address_from"], "country": "Portugal"}
        body |= {"loaded_at": "20/11/2026 12:00:00", "address_from": place, "address_to": place}
    if kind == "simplified_invoices":
        del body["client"]  # a company has another limit (CIVA 40/1)
    if kind in NOTES:
        body["owner_invoice_id"] = str((await create_issued(harness))["document_id"])
        items[0]["quantity"] = "0.1"
    body |= changes
    made = await send_raw(harness, "POST", f"/{kind}.json", {kind.removesuffix("s"): body})
    return {"document_type": kind, "document_id": made["id"]}


async def change_state(harness: Harness, about: Json, word: str, message: str = "") -> None:
    """Change a document's state."""
    kind = about["document_type"]
    path = f"/{kind}/{about['document_id']}/change-state.json"
    change = {"state": word, **({"message": message} if message else {})}
    await send_raw(harness, "PUT", path, {kind.removesuffix("s"): change})


async def create_issued(harness: Harness, kind: str = "invoices") -> Json:
    """Create a finalized document."""
    about = await create_draft(harness, kind)
    await change_state(harness, about, "finalized")
    return about
