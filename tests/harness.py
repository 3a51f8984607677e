"""A sandbox and a desk before it, for every test that goes down the whole road."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
import stamina

from ix_tools.api_client.client import InvoiceXpressClient
from ix_tools.approvals.repository import Approval, ApprovalRepository, Reply
from ix_tools.config.settings import Settings, point_at_sandbox
from ix_tools.errors import NOTHING_SENT, IxError
from ix_tools.i18n.formats import LISBON
from ix_tools.idempotency.journal import Journal
from ix_tools.pipeline.execute import ApprovalNeeded, CallContext, execute
from ix_tools.sandbox.server import Sandbox
from ix_tools.storage.database import Store
from tests.in_process import InProcessTransport

NOW = "2026-11-20T10:00:00"
"""When the tests happen, by the clocks of the desk and of the box."""
TODAY = "2026-11-20"
SERIES = {
    "invoices": 70000,
    "simplified_invoices": 70001,
    "invoice_receipts": 70002,
    "debit_notes": 70004,
    "credit_notes": 70005,
    "shippings": 70014,
    "devolutions": 70015,
    "transports": 70016,
}
"""Each type's own id in the sandbox's registered series "2026"; 20 more in "B2026", which is not registered."""

Json = dict[str, Any]


def line(**changes: Any) -> Json:
    """A line of 100.00 at 23 %; a change to None leaves the field out."""
    return _without_none({"name": "Revisão", "unit_price": 100, "quantity": 1, "tax": "IVA23", **changes})


def exempt_line(**changes: Any) -> Json:
    """A line of 120.00 at 0 %."""
    return line(**{"name": "Curso certificado", "unit_price": 120, "tax": "Isento", **changes})


def invoice(**changes: Any) -> Json:
    """The arguments of create_invoice for ACME, with one line."""
    given = {"date": TODAY, "due_date": "+30d", "client": {"code": "ACME"}, "items": [line()]}
    return _without_none({**given, **changes})


def guide(**changes: Any) -> Json:
    """The arguments of create_guide for ACME, with one line."""
    place = {"detail": "Rua da Fábrica 5", "city": "Lisboa", "postal_code": "1000-555", "country": "PT"}
    given = {
        "document_type": "transports",
        "loaded_at": "2026-11-20T12:00",
        "address_from": place,
        "address_to": place,
    }
    return _without_none({**invoice(), **given, **changes})


def _without_none(given: Json) -> Json:
    return {name: value for name, value in given.items() if value is not None}


@dataclass
class Harness:
    """The road with a sandbox at its end, and what one asks of both."""

    sandbox: Sandbox
    context: CallContext

    async def call(
        self, name: str, arguments: Mapping[str, Any] | None = None, *, accept_differences: bool = False
    ) -> Json:
        """Carry out a call; a person says yes to whatever is asked."""
        try:
            return await execute(self.context, name, arguments, can_ask=True)
        except ApprovalNeeded as asked:
            reply = Reply(asked.approval.handle, True, accepted_differences=accept_differences)
        return await execute(self.context, name, arguments, can_ask=True, reply=reply)

    async def get_approval_text(self, name: str, arguments: Mapping[str, Any]) -> str:
        """The text that a person is shown before a call goes out."""
        return (await self.request_approval(name, arguments)).text

    async def request_approval(self, name: str, arguments: Mapping[str, Any]) -> Approval:
        """The approval that a call waits for."""
        with pytest.raises(ApprovalNeeded) as needed:
            await execute(self.context, name, arguments, can_ask=True)
        return needed.value.approval

    async def get_error(
        self, name: str, arguments: Mapping[str, Any], *, accept_differences: bool = False
    ) -> IxError:
        """The error a call ends in, whatever it is."""
        with pytest.raises(IxError) as error:
            await self.call(name, arguments, accept_differences=accept_differences)
        return error.value

    async def get_refusal(self, name: str, arguments: Mapping[str, Any]) -> dict[str, str]:
        """What is wrong, by field, of a call that is refused before anything is sent. Checks the whole promise."""
        before = len(self.list_writes())
        error = await self.get_error(name, arguments)
        shown = error.as_dict()
        assert self.list_writes()[before:] == [], "a write reached InvoiceXpress"
        assert shown["sent"] == "nothing"
        assert shown["message"].endswith(NOTHING_SENT)
        assert shown["problems"], shown
        assert all(problem["field"] and problem["problem"] for problem in shown["problems"])
        assert shown["next"]
        found: dict[str, str] = {}
        for problem in shown["problems"]:
            text = f"{problem['problem']} | {problem.get('allowed', '')}"
            found[problem["field"]] = (
                f"{found[problem['field']]} || {text}" if problem["field"] in found else text
            )
        return found

    async def check_acceptance(self, name: str, arguments: Mapping[str, Any], word: str) -> dict[str, str]:
        """What is asked back, by field, where a word in `accept` is all that is missing; with the word it goes through."""
        found = await self.get_refusal(name, arguments)
        error = await self.get_error(name, arguments)
        assert error.code == "acceptance_needed"
        assert error.details["accept"] == [word]
        assert f'accept: ["{word}"]' in error.next
        assert (await self.call(name, {**arguments, "accept": [word]}))["ok"]
        return found

    async def create_draft(self, **changes: Any) -> Json:
        """A draft of its own, as the result shows it, even when an equal one was made before."""
        own = invoice(**{"idempotency_key": token_hex(8), **changes})
        document: Json = (await self.call("create_invoice", own))["document"]
        return document

    async def create_issued(self, **changes: Any) -> Json:
        """A finalized document."""
        made = await self.create_draft(**changes)
        document: Json = (await self.call("change_state", document_arguments(made, state="finalized")))[
            "document"
        ]
        return document

    async def read_document(self, document: Json) -> Json:
        """A document as it is now."""
        found: Json = (await self.call("get_document", document_arguments(document)))["document"]
        return found

    def list_writes(self) -> list[Json]:
        """The requests so far that could change something; a client's documents are asked for with a POST."""
        return [
            one
            for one in self.sandbox.requests()
            if one["method"] != "GET" and not re.fullmatch(r"/clients/\d+/invoices\.json", one["path"])
        ]

    def get_last_body(self) -> Json:
        """The body of the last write, out of its envelope."""
        body = {
            name: value for name, value in self.list_writes()[-1]["body"].items() if name != "proprietary_uid"
        }
        return next(iter(body.values())) if len(body) == 1 else body

    def alter_answer(self, path: str, answer: Json, **changes: Any) -> None:
        """Let the next GET of a path answer with a changed document."""
        self.sandbox.fault(
            "GET", path, status=200, body={key: {**value, **changes} for key, value in answer.items()}
        )

    def read_raw(self, path: str) -> Json:
        """A document word for word, as the box tells it."""
        import httpx2

        # Reading the certificates of the world costs more than the answer, and a box on this machine shows none.
        address, key = f"{self.sandbox.base_url}{path}", {"api_key": self.sandbox.api_key}
        body: Json = httpx2.get(address, params=key, verify=False, trust_env=False).json()
        return body


def document_arguments(document: Json, **more: Any) -> Json:
    """The arguments that point at a document."""
    return {"document_type": document["document_type"], "document_id": document["id"], **more}


def warnings_by_field(result: Json) -> dict[str, str]:
    """The warnings of a result, by field."""
    return {one["field"]: one["problem"] for one in result.get("warnings", [])}


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    """One box for all tests."""
    with Sandbox(clock=NOW) as box:
        # Hundreds of documents a second are the tests' business, not a runaway client's.
        yield box


@pytest.fixture(scope="session")
async def shared_context(running_sandbox: Sandbox, anyio_backend: str) -> AsyncIterator[CallContext]:
    """One connection for all tests."""
    settings = point_at_sandbox(
        Settings(pdf_patience=3, approval_min_seconds=0), running_sandbox.base_url, running_sandbox.api_key
    )
    # Thousands of calls a minute are the tests' business: this account keeps no pace.
    account = InvoiceXpressClient(settings, transport=InProcessTransport(running_sandbox))
    desk = CallContext.open(settings)
    yield replace(desk, account=account, now=lambda: datetime.fromisoformat(NOW).replace(tzinfo=LISBON))
    await account.close()


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file for approvals with nothing in it: making its tables takes longer than most tests."""
    path = tmp_path_factory.mktemp("store") / "ix-tools.db"
    store = Store(path)
    with store.writing():
        pass
    store.close()
    return path


@pytest.fixture
async def harness(
    running_sandbox: Sandbox, shared_context: CallContext, empty_store: Path, tmp_path: Path
) -> AsyncIterator[Harness]:
    """A fresh account and no approvals, for every test."""
    running_sandbox.reset()
    running_sandbox.set_option("rate_limit", 1_000_000)
    store = Store(Path(shutil.copy(empty_store, tmp_path)))
    settings = shared_context.settings.model_copy(
        update={"documents": tmp_path / "documents", "language": "en"}
    )
    kept: dict[str, Any] = {
        "store": store,
        "approvals": ApprovalRepository(store, 15),
        "journal": Journal(store, 240.0),
        "has_recovered": False,
        "_remembered": {},
    }
    with stamina.set_testing(True, attempts=4, cap=True):  # as often as ever, without the waits between
        yield Harness(running_sandbox, replace(shared_context, settings=settings, **kept))
    store.close()
