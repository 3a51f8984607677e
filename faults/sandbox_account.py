"""The sandbox's own books: what was in them when a person was asked, and what was issued; nothing here asks our own code."""

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
"""Columns of a document's row that finalizing fills in; its series is another one (`sequence_id`), and is compared."""
OF_ITS_OWN = frozenset({"id", "created_at", "proprietary_uid"})
"""Columns in which a document that was drafted anew differs from the first, whatever stands in it."""
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
"""A second company: same money, other buyer."""


@dataclass(frozen=True)
class DocumentSnapshot:
    """A document as the books had it at one moment, with the client that it would be issued to."""

    document: Json
    client: Json

    def find_differences(self, other: "DocumentSnapshot") -> list[str]:
        """The fields in which another one is not the same; of a document drafted anew, those that anybody reads."""
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
    """One account: a sandbox, the hand that arranges things in it, and what was committed in which order."""

    box: Sandbox
    commits: list[tuple[str, str, int]] = field(default_factory=list)
    """Method, path and status of each request, in the order in which they were carried out."""

    def __post_init__(self) -> None:
        inner, self._more = self.box.backend.execute, threading.Condition()

        def carry_out(route: routes.Route, call: Call) -> Answer:
            answer = inner(route, call)
            with self._more:
                self.commits.append((call.method, call.path, answer.status))
                self._more.notify_all()
            return answer

        self.box.backend.execute = carry_out  # type: ignore[method-assign]
        self.reset()

    def reset(self) -> None:
        """The seed data, a second company, a second series that may issue, and no limits."""
        self.box.reset()
        self.box.set_option("rate_limit", NO_LIMIT)
        self.box.set_option("pdf_polls", 0)
        self.other_client = int(self.request_directly("POST", "/clients.json", {"client": OTHER})["id"])
        self.request_directly("PUT", "/sequences/70020/register.json", {})
        self.commits.clear()

    def request_directly(self, method: str, path: str, body: Json) -> Json:
        """A request that needs no network and meets no fault, as made in InvoiceXpress's own pages; the content of its answer."""
        found = routes.resolve(method, path)
        assert found is not None, path
        route, names = found
        answer = self.box.backend.execute(route, Call(method, path, names, Query([], 30), body))
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.body.decode()}")
        with suppress(ValueError, StopIteration, AttributeError):
            content: Json = next(iter(json.loads(answer.body).values()))
            return content
        return {}

    def get_day(self) -> str:
        """The day by the sandbox's clock, as our tools take it."""
        return self.box.backend.control.now().date().isoformat()

    def get_api_day(self) -> str:
        """The day by the sandbox's clock, as the API writes it."""
        return self.box.backend.control.now().strftime("%d/%m/%Y")

    def create_draft(self, **changes: Any) -> int:
        """A draft for ACME with one line of 100.00 at 23 %; its id."""
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
        """A finalized invoice's id."""
        number = self.create_draft(**changes)
        self.request_directly(
            "PUT", f"/invoices/{number}/change-state.json", {"invoice": {"state": "finalized"}}
        )
        return number

    def restore(self) -> None:
        """The client and the default series as they were, whatever a round did to them."""
        self.request_directly("PUT", "/clients/501.json", {"client": ACME})
        self.request_directly("PUT", "/sequences/70000/set_current.json", {})

    def change_draft(self, number: int, client: Mapping[str, Any], line: Mapping[str, Any]) -> None:
        """A draft changed in InvoiceXpress's own pages."""
        body = {
            "date": self.get_api_day(),
            "due_date": self.get_api_day(),
            "client": {name: client[name] for name in ("name", "code")},
            "items": [{"description": "", "quantity": "1", "tax": {"name": "IVA23"}, **line}],
        }
        self.request_directly("PUT", f"/invoices/{number}.json", {"invoice": body})

    def wait_for(self, method: str, path: str, times: int, seconds: float = 60.0) -> bool:
        """Wait until so many of these requests were carried out, answered or not; False when they were not in time."""

        def done() -> bool:
            return sum((one, at) == (method, path) for one, at, _ in self.commits) >= times

        with self._more:
            return self._more.wait_for(done, seconds)

    # --- what is there

    def get_row(self, number: int) -> Document:
        """A document's row."""
        with self.box.backend.store.transaction():
            found = self.box.backend.store.get(Document, number)
        assert found is not None, number
        return found

    def find_by_reference(self, reference: str) -> list[Document]:
        """The documents with a reference."""
        with self.box.backend.store.transaction():
            return self.box.backend.store.find(Document, reference=reference)

    def list_receipts(self, number: int) -> list[Document]:
        """The receipts of an invoice."""
        with self.box.backend.store.transaction():
            return self.box.backend.store.find(Document, owner_id=number, type="Receipt")

    def list_mails(self, number: int) -> list[Mail]:
        """The e-mails about a document."""
        with self.box.backend.store.transaction():
            return [one for one in self.box.backend.store.find(Mail) if one.document_id == number]

    def take_snapshot(self, number: int) -> DocumentSnapshot:
        """A document as it is now: a draft with its client's record, an issued one with the client that it keeps."""
        row = self.get_row(number)
        client = row.client
        if row.number is None:
            with self.box.backend.store.transaction():
                client = take_snapshot(self.box.backend.store.get(Client, row.client_id))
        return DocumentSnapshot(
            {name: value for name, value in asdict(row).items() if name not in SET_BY_ISSUING}, dict(client)
        )

    def find_position(self, path: str) -> int:
        """The place of the last successful change at this path among all that was carried out; -1 without one."""
        places = [
            at
            for at, (method, one, status) in enumerate(self.commits)
            if method != "GET" and one == path and status < 300
        ]
        return places[-1] if places else -1
