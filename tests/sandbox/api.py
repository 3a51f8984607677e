"""Short calls to a sandbox, and helpers that create documents in a given state."""

from __future__ import annotations

from typing import Any

import httpx2

from ix_tools.sandbox.server import Sandbox
from tests.in_process import InProcessTransport

NOW = "2026-11-20T10:00:00"
TODAY = "20/11/2026"


class SandboxApi:
    """The sandbox's API; every call is sent with the key."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.http = httpx2.Client(
            base_url=sandbox.base_url, timeout=100, transport=InProcessTransport(sandbox)
        )

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> httpx2.Response:
        """Send a call with the key."""
        return self.http.request(method, path, json=body, params={"api_key": self.sandbox.api_key, **query})

    def get(self, path: str, **query: Any) -> httpx2.Response:
        """Send a GET request."""
        return self.call("GET", path, None, **query)

    def post(self, path: str, body: Any, **query: Any) -> httpx2.Response:
        """Send a POST request."""
        return self.call("POST", path, body, **query)

    def put(self, path: str, body: Any = None) -> httpx2.Response:
        """Send a PUT request."""
        return self.call("PUT", path, body)

    def line(self, **changes: Any) -> dict[str, Any]:
        """Build a line of 100.00 at 23 %."""
        given = {"name": "Consultoria", "description": "Uma hora", "unit_price": "100.00", "quantity": "1"}
        return {**given, "tax": {"name": "IVA23"}, **changes}

    def body(self, **changes: Any) -> dict[str, Any]:
        """Build a document of today for ACME with one such line."""
        client = {"name": "ACME, Lda", "code": "ACME"}
        return {"date": TODAY, "due_date": TODAY, "client": client, "items": [self.line()], **changes}

    def create_draft(self, key: str = "invoice", **changes: Any) -> dict[str, Any]:
        """Create a draft of any type."""
        if key in ("shipping", "transport", "devolution"):
            changes.setdefault("loaded_at", "20/11/2026 12:00:00")
        response = self.post(f"/{key}s.json", {key: self.body(**changes)})
        assert response.status_code == 201, response.text
        document: dict[str, Any] = response.json()[key]
        return document

    def change_state(
        self, key: str, document: dict[str, Any], word: str, message: str = ""
    ) -> httpx2.Response:
        """Change a document's state."""
        body = {key: {"state": word, **({"message": message} if message else {})}}
        return self.put(f"/{key}s/{document['id']}/change-state.json", body)

    def create_issued(self, key: str = "invoice", **changes: Any) -> dict[str, Any]:
        """Create a finalized document."""
        response = self.change_state(key, self.create_draft(key, **changes), "finalized")
        assert response.status_code == 200, response.text
        document: dict[str, Any] = response.json()[key]
        return document

    def read_document(self, key: str, document: dict[str, Any]) -> dict[str, Any]:
        """Read a document."""
        found: dict[str, Any] = self.get(f"/{key}s/{document['id']}.json").json()[key]
        return found

    def pay(self, document: dict[str, Any], amount: Any, **changes: Any) -> httpx2.Response:
        """Pay a part of a document."""
        body = {"partial_payment": {"amount": amount, **changes}}
        return self.post(f"/documents/{document['id']}/partial_payments.json", body)


def list_errors(response: httpx2.Response) -> list[str]:
    """Return the messages of a refused document."""
    assert response.status_code == 422, (response.status_code, response.text)
    return [error["error"] for error in response.json()["errors"]]
