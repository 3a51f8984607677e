"""Read and change a sandbox directly, without ix-tools: its documents when approval was requested and after issuing."""

import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from ix_tools.sandbox import routes
from ix_tools.sandbox.calls import Answer, Call
from ix_tools.sandbox.ledger.clients import take_snapshot
from ix_tools.sandbox.ledger.listing import Query
from ix_tools.sandbox.rows import Client, Document, Mail
from ix_tools.sandbox.server import Sandbox

Json = dict[str, Any]
SET_BY_ISSUING = frozenset(
    {"status", "number", "serie", "atcud", "saft_hash", "client", "finalized_at", "status_at", "mb_reference"}
)
"""Columns that finalizing sets. The series (`sequence_id`) is not among them, and is compared."""
OF_ITS_OWN = frozenset({"id", "created_at", "proprietary_uid"})
"""Columns that always differ when a document is drafted again."""
NO_LIMIT = 10**8
ACME = {
    "name": "ACME, Lda",
    "code": "ACME",
    "email": "compras@acme.example",
    "fiscal_id": "508112230",
    "address": "Avenida da Bigorna, 7",
    "city": "Porto",
    "postal_code": "4000-001",
}
OTHER = {
    "name": "Outra Empresa, Lda",
    "code": "OUTRA",
    "email": "geral@outra.example",
    "fiscal_id": "508025338",
    "address": "Rua Nova, 1",
    "city": "Faro",
    "postal_code": "8000-001",
    "country": "Portugal",
}
"""A second client for the same amount."""


@dataclass(frozen=True)
class DocumentSnapshot:
    """A document at one moment, with the client to which it would be issued."""

    document: Json
    client: Json

    def find_differences(self, other: "DocumentSnapshot") -> list[str]:
        """Return the fields that differ from another snapshot; for a document drafted again, only those that people read."""
        anew = self.document["id"] != other.document["id"]
        return [
            f"{what}.{name}: {_shorten(mine.get(name))} became {_shorten(theirs.get(name))}"
            for what, mine, theirs in (
                ("document", self.document, other.document),
                ("client", self.client, other.client),
            )
            for name in sorted({*mine, *theirs} - (OF_ITS_OWN if anew else frozenset()))
            if mine.get(name) != theirs.get(name)
        ]


def _shorten(value: Any) -> str:
    if isinstance(value, list):
        value = [
            f"{line['name']} {line['quantity']} x {line['unit_price']} {line['tax_name']}" for line in value
        ]
    return repr(value)[:120]


@dataclass
class SandboxAccount:
    """An account in a sandbox, with helpers that change it and the order of commits."""

    sandbox: Sandbox
    commits: list[tuple[str, str, int]] = field(default_factory=list)
    """Method, path and status of each request in the order of execution."""

    def __post_init__(self) -> None:
        inner, self._more = self.sandbox.backend.execute, threading.Condition()

        def carry_out(route: routes.Route, call: Call) -> Answer:
            answer = inner(route, call)
            with self._more:
                self.commits.append((call.method, call.path, answer.status))
                self._more.notify_all()
            return answer

        self.sandbox.backend.execute = carry_out  # type: ignore[method-assign]
        self.reset()

    def reset(self) -> None:
        """Restore the seed data, add a second client and a second registered series, and remove the rate limit."""
        self.sandbox.reset()
        self.sandbox.set_option("rate_limit", NO_LIMIT)
        self.sandbox.set_option("pdf_polls", 0)
        self.other_client = int(self.request_directly("POST", "/clients.json", {"client": OTHER})["id"])
        self.request_directly("PUT", "/sequences/70020/register.json", {})
        self.commits.clear()

    def request_directly(self, method: str, path: str, body: Json) -> Json:
        """Send a request without network and faults, as InvoiceXpress's own pages do, and return the content of the response."""
        found = routes.resolve(method, path)
        assert found is not None, path
        route, names = found
        answer = self.sandbox.backend.execute(route, Call(method, path, names, Query([], 30), body))
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.body.decode()}")
        with suppress(ValueError, StopIteration, AttributeError):
            content: Json = next(iter(json.loads(answer.body).values()))
            return content
        return {}

    def get_day(self) -> str:
        """Return the sandbox's date in the format of our tools."""
        return self.sandbox.backend.control.now().date().isoformat()

    def get_api_day(self) -> str:
        """Return the sandbox's date in the format of the API."""
        return self.sandbox.backend.control.now().strftime("%d/%m/%Y")

    def create_draft(self, **changes: Any) -> int:
        """Create a draft for ACME with one line of 100.00 at 23 %, and return its id."""
        line = {"name": "Consulta", "description": "Uma", "unit_price": "100.00", "quantity": "1"}
        body = {
            "date": self.get_api_day(),
            "due_date": self.get_api_day(),
            "client": {"name": ACME["name"], "code": ACME["code"]},
            "items": [{**line, "tax": {"name": "IVA23"}}],
            **changes,
        }
        return int(self.request_directly("POST", "/invoices.json", {"invoice": body})["id"])

    def create_issued(self, **changes: Any) -> int:
        """Create a finalized invoice and return its id."""
        number = self.create_draft(**changes)
        self.request_directly(
            "PUT", f"/invoices/{number}/change-state.json", {"invoice": {"state": "finalized"}}
        )
        return number

    def restore(self) -> None:
        """Restore the client and the default series."""
        self.request_directly("PUT", "/clients/501.json", {"client": ACME})
        self.request_directly("PUT", "/sequences/70000/set_current.json", {})

    def change_draft(self, number: int, client: Mapping[str, Any], line: Mapping[str, Any]) -> None:
        """Change a draft as InvoiceXpress's own pages do."""
        body = {
            "date": self.get_api_day(),
            "due_date": self.get_api_day(),
            "client": {name: client[name] for name in ("name", "code")},
            "items": [{"description": "", "quantity": "1", "tax": {"name": "IVA23"}, **line}],
        }
        self.request_directly("PUT", f"/invoices/{number}.json", {"invoice": body})

    def wait_for(self, method: str, path: str, times: int, seconds: float = 60.0) -> bool:
        """Wait until a number of matching requests were executed, answered or not; False after the timeout."""

        def done() -> bool:
            return sum((one, at) == (method, path) for one, at, _ in self.commits) >= times

        with self._more:
            return self._more.wait_for(done, seconds)

    # --- what is there

    def get_row(self, number: int) -> Document:
        """Return a document's row."""
        with self.sandbox.backend.store.transaction():
            found = self.sandbox.backend.store.get(Document, number)
        assert found is not None, number
        return found

    def find_by_reference(self, reference: str) -> list[Document]:
        """Return the documents with a reference."""
        with self.sandbox.backend.store.transaction():
            return self.sandbox.backend.store.find(Document, reference=reference)

    def list_receipts(self, number: int) -> list[Document]:
        """Return the receipts of an invoice."""
        with self.sandbox.backend.store.transaction():
            return self.sandbox.backend.store.find(Document, owner_id=number, type="Receipt")

    def list_mails(self, number: int) -> list[Mail]:
        """Return the e-mails about a document."""
        with self.sandbox.backend.store.transaction():
            return [one for one in self.sandbox.backend.store.find(Mail) if one.document_id == number]

    def take_snapshot(self, number: int) -> DocumentSnapshot:
        """Return a document with its client: a draft with the client's record, an issued one with its copy."""
        row = self.get_row(number)
        client = row.client
        if row.number is None:
            with self.sandbox.backend.store.transaction():
                client = take_snapshot(self.sandbox.backend.store.get(Client, row.client_id))
        return DocumentSnapshot(
            {name: value for name, value in asdict(row).items() if name not in SET_BY_ISSUING}, dict(client)
        )

    def find_position(self, path: str) -> int:
        """Return the position of the last successful change at a path among all commits; -1 without one."""
        places = [
            at
            for at, (method, one, status) in enumerate(self.commits)
            if method != "GET" and one == path and status < 300
        ]
        return places[-1] if places else -1
