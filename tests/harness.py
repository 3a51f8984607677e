"""Harness for tests of the whole pipeline: a sandbox and a call context for it."""

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
from ix_tools.batch.callers import CarriedByCaller
from ix_tools.config.settings import Settings, point_at_sandbox
from ix_tools.errors import NOTHING_SENT, IxError
from ix_tools.i18n.formats import LISBON
from ix_tools.idempotency.journal import Journal
from ix_tools.pipeline import execute as pipeline
from ix_tools.pipeline.execute import ApprovalRequired, CallContext, CallOrigin
from ix_tools.pipeline.execution import Progress
from ix_tools.pipeline.seen_records import SeenRecords
from ix_tools.sandbox.server import Sandbox
from ix_tools.storage.database import Store
from tests.in_process import InProcessTransport
from tests.next_calls import check_next_calls
from tests.refusal_sizes import list_long_problems

NOW = "2026-11-20T10:00:00"
"""Time of the tests, by the clocks of context and sandbox."""
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
"""Sequence ids per type in the sandbox's registered series "2026"; they are 20 higher in "B2026", which is not registered."""

Json = dict[str, Any]


def line(**changes: Any) -> Json:
    """Build a line of 100.00 at 23 %; a change to None leaves the field out."""
    return _without_none({"name": "Revisão", "unit_price": 100, "quantity": 1, "tax": "IVA23", **changes})


def exempt_line(**changes: Any) -> Json:
    """Build a line of 120.00 at 0 %."""
    return line(**{"name": "Curso certificado", "unit_price": 120, "tax": "Isento", **changes})


def invoice(**changes: Any) -> Json:
    """Build the arguments of create_invoice for ACME with one line; a simplified invoice stays within 100 EUR (CIVA 40/1)."""
    quantity = "0.5" if changes.get("document_type") == "simplified_invoices" else 1
    items = [line(quantity=quantity)]
    given = {"date": TODAY, "due_date": "+30d", "client": {"code": "ACME"}, "items": items}
    return _without_none({**given, **changes})


def guide(**changes: Any) -> Json:
    """Build the arguments of create_guide for ACME with one line."""
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


class ApprovalNeeded(Exception):
    """The interface must ask a person."""

    def __init__(self, required: ApprovalRequired) -> None:
        super().__init__(required.approval.summary)
        self.approval = required.approval


async def execute(
    context: CallContext,
    name: str,
    arguments: Mapping[str, Any] | None,
    *,
    can_ask: bool = False,
    can_link: bool = False,
    reply: Reply | None = None,
    progress: Progress | None = None,
    face: str = "library",
    host: str = "",
) -> Json:
    """Execute a call as an interface would, and return its result or pending response, whose suggested calls are checked.

    Raises:
        ApprovalNeeded: The interface can ask a person, and must do so now.
    """
    origin = CallOrigin(face, host, can_show_form=can_ask, can_open_link=can_link)
    try:
        outcome = await pipeline.execute(
            context, name, arguments, origin=origin, reply=reply, progress=progress
        )
    except IxError as failure:
        check_next_calls(failure.as_dict())
        raise
    check_next_calls(outcome.body)
    if isinstance(outcome, ApprovalRequired) and outcome.is_asked_by_interface:
        raise ApprovalNeeded(outcome)
    return outcome.body


@dataclass
class Harness:
    """A call context with its sandbox, and helpers for calls and checks."""

    sandbox: Sandbox
    context: CallContext

    async def call(
        self, name: str, arguments: Mapping[str, Any] | None = None, *, accept_differences: bool = False
    ) -> Json:
        """Execute a call and approve whatever it requests."""
        try:
            return await execute(self.context, name, arguments, can_ask=True)
        except ApprovalNeeded as asked:
            reply = Reply(asked.approval.handle, True, accepted_differences=accept_differences)
        return await execute(self.context, name, arguments, can_ask=True, reply=reply)

    async def get_approval_text(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Return the text of the approval that a call requests."""
        return (await self.request_approval(name, arguments)).text

    async def request_approval(self, name: str, arguments: Mapping[str, Any]) -> Approval:
        """Execute a call and return the approval that it requests."""
        with pytest.raises(ApprovalNeeded) as needed:
            await execute(self.context, name, arguments, can_ask=True)
        return needed.value.approval

    async def get_error(
        self, name: str, arguments: Mapping[str, Any], *, accept_differences: bool = False
    ) -> IxError:
        """Execute a call that must fail and return its error, each of whose problems is told briefly."""
        with pytest.raises(IxError) as error:
            await self.call(name, arguments, accept_differences=accept_differences)
        long = list_long_problems(error.value.problems)
        assert not long, long
        return error.value

    async def get_refusal(self, name: str, arguments: Mapping[str, Any]) -> dict[str, str]:
        """Return the problems by field of a call that is refused before anything is sent, and check the whole refusal."""
        before = len(self.list_writes())
        error = await self.get_error(name, arguments)
        shown = error.as_dict()
        assert self.list_writes()[before:] == [], "a write reached InvoiceXpress"
        assert shown["sent"] == "nothing"
        assert shown["message"].endswith(str(NOTHING_SENT))
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
        """Return the problems by field of a call that needs only a word in `accept`, and check that it succeeds with it."""
        found = await self.get_refusal(name, arguments)
        error = await self.get_error(name, arguments)
        assert error.code == "acceptance_needed"
        assert error.details["accept"] == [word]
        assert f'accept: ["{word}"]' in str(error.next)
        assert (await self.call(name, {**arguments, "accept": [word]}))["ok"]
        return found

    async def create_draft(self, **changes: Any) -> Json:
        """Create a new draft and return it as in the result, even when an equal one exists."""
        own = invoice(**{"idempotency_key": token_hex(8), **changes})
        document: Json = (await self.call("create_invoice", own))["document"]
        return document

    async def create_issued(self, **changes: Any) -> Json:
        """Create a finalized document."""
        made = await self.create_draft(**changes)
        document: Json = (await self.call("change_state", document_arguments(made, state="finalized")))[
            "document"
        ]
        return document

    async def read_document(self, document: Json) -> Json:
        """Read a document."""
        found: Json = (await self.call("get_document", document_arguments(document)))["document"]
        return found

    def list_writes(self) -> list[Json]:
        """Return the requests so far that can change anything; a client's documents are read with a POST."""
        return [
            one
            for one in self.sandbox.requests()
            if one["method"] != "GET" and not re.fullmatch(r"/clients/\d+/invoices\.json", one["path"])
        ]

    def get_last_body(self) -> Json:
        """Return the body of the last write without its envelope."""
        body = {
            name: value for name, value in self.list_writes()[-1]["body"].items() if name != "proprietary_uid"
        }
        return next(iter(body.values())) if len(body) == 1 else body

    def alter_answer(self, path: str, answer: Json, **changes: Any) -> None:
        """Answer the next GET of a path with a changed document."""
        self.sandbox.fault(
            "GET", path, status=200, body={key: {**value, **changes} for key, value in answer.items()}
        )

    def read_raw(self, path: str) -> Json:
        """Return a document exactly as the sandbox sends it."""
        import httpx2

        # Loading the certificates takes longer than the request, and the sandbox does not use TLS.
        address, key = f"{self.sandbox.base_url}{path}", {"api_key": self.sandbox.api_key}
        body: Json = httpx2.get(address, params=key, verify=False, trust_env=False, timeout=100).json()
        return body


def document_arguments(document: Json, **more: Any) -> Json:
    """Return the arguments that name a document."""
    return {"document_type": document["document_type"], "document_id": document["id"], **more}


def warnings_by_field(result: Json) -> dict[str, str]:
    """Return the warnings of a result by field."""
    return {one["field"]: one["problem"] for one in result.get("warnings", [])}


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    """One sandbox for all tests."""
    with Sandbox(clock=NOW) as box:
        # The tests create hundreds of documents per second.
        yield box


@pytest.fixture(scope="session")
async def shared_context(running_sandbox: Sandbox, anyio_backend: str) -> AsyncIterator[CallContext]:
    """One connection for all tests."""
    settings = point_at_sandbox(
        Settings(pdf_poll_attempts=3, approval_min_seconds=0),
        running_sandbox.base_url,
        running_sandbox.api_key,
    )
    # The tests send thousands of calls per minute, so this client has no rate limiter.
    account = InvoiceXpressClient(settings, transport=InProcessTransport(running_sandbox))
    context = CallContext.open(settings)
    context.batches = CarriedByCaller()
    yield replace(context, account=account, now=lambda: datetime.fromisoformat(NOW).replace(tzinfo=LISBON))
    await account.close()


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store file to copy, since creating its tables takes longer than most tests."""
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
    """A reset account and an empty store for every test."""
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
        "seen": SeenRecords(),
        "_shown": {},
    }
    with stamina.set_testing(True, attempts=4, cap=True):  # the usual number of attempts, without waits
        yield Harness(running_sandbox, replace(shared_context, settings=settings, **kept))
    store.close()
