"""Shared setup of the scenarios: recorded responses, two servers on one store, and four kinds of host."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import mcp_types as types
import pytest
import stamina
from anyio.from_thread import BlockingPortal
from mcp.client import Client

from ix_tools.api_client.client import InvoiceXpressClient
from ix_tools.config.settings import Settings, point_at_sandbox
from ix_tools.errors import IxError
from ix_tools.i18n.formats import LISBON
from ix_tools.interfaces.mcp.server import build_server
from ix_tools.operations.registry import catalogue
from ix_tools.pipeline.context import CallContext
from ix_tools.pipeline.seen_records import SeenRecords
from ix_tools.sandbox.server import Sandbox
from ix_tools.schemas.rendered_lists import list_chosen_tools
from ix_tools.schemas.tool_selection import ToolSelection
from ix_tools.storage.database import Store
from ix_tools.storage.schema import approvals, claims, decisions, differences, intents, spent
from tests.gate.replay_transport import ReplayTransport
from tests.harness import NOW, ApprovalNeeded, Harness, execute, invoice
from tests.interfaces.mcp import sandbox_documents
from tests.interfaces.mcp.host import Host
from tests.interfaces.mcp.test_approvals import GATED

if TYPE_CHECKING:
    from tests.gate.scenario import Scenario

Json = dict[str, Any]
CLIENT = "/clients/501.json"
OTHER = {
    "name": "Outra Empresa, Lda",
    "code": "OUTRA",
    "email": "geral@outra.example",
    "fiscal_id": "508025338",
    "country": "Portugal",
}
ACCEPTED = ["drop_lines", "overwrite_items", "unreturned"]
CHANGES: dict[str, Json] = {
    "loud": {
        "client": {"code": "ACME"},
        "items": [{"name": "Obra grande", "unit_price": 9999, "quantity": 1, "tax": "IVA23"}],
    },
    "quiet": {
        "client": {"code": "OUTRA"},
        "items": [{"name": "Outro serviço", "unit_price": 100, "quantity": 1, "tax": "IVA23"}],
    },
    "": {
        "client": {"code": "ACME"},
        "items": [{"name": "Revisão", "unit_price": 100, "quantity": 1, "tax": "IVA23"}],
    },
}
"""Changes of a draft by a second writer: a hundred times the amount, the same amount for another company, or as it was."""


class Clock:
    """A clock that a test advances."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class PreparedCall:
    """A call that the account would carry out, with the facts the observer needs."""

    name: str
    arguments: Json
    amounts: dict[str, Decimal | None]
    """Its amount in euros by the document's variant; "" is the original one."""
    shows: bool
    """True if the approval shows the document that `edit` changes."""
    shows_client: bool
    """True if the call reads the client's record."""
    path: str = ""
    """Path of the draft that a second writer may change, if there is one."""
    gated: bool = True
    """True if any request of it needs an approval; a workflow that only drafts has none."""

    @property
    def finalizes(self) -> bool:
        """Tell whether it makes a document final."""
        return self.name == "issue_invoice" or self.arguments.get("state") == "finalized"

    def one_field_else(self) -> Json:
        """Return the same call with another value in one field."""
        other = dict(self.arguments)
        if self.name == "issue_invoice":
            return {**other, "delivery": "resource"}
        for name in ("message", "observation", "subject", "note", "organization_name", "phone", "serie"):
            if name in catalogue()[self.name].model_fields:
                other[name] = "220000009" if name == "phone" else "Outra coisa, por engano."
                return other
        return {**other, "idempotency_key": "another"}


@dataclass
class GateModel:
    """The setup that all scenarios share."""

    portal: BlockingPortal
    box: Sandbox
    store: Path
    folder: Path
    clock: Clock = field(default_factory=Clock)
    tape: ReplayTransport = field(default_factory=ReplayTransport)
    calls: list[PreparedCall] = field(default_factory=list)
    desk: CallContext | None = None
    second: CallContext | None = None
    """The context of another server on the same store."""
    hosts: dict[str, Host] = field(default_factory=dict)
    scenario: Scenario | None = None
    scenarios: int = 0
    sent: int = 0
    carried_out: set[str] = field(default_factory=set)
    by_mode: dict[str, int] = field(default_factory=dict)
    beside: dict[str, int] = field(default_factory=dict)
    """Number of second writers by kind; `at the gap` for those exactly between read and request."""

    def index(self, call: int | str) -> int:
        """Return the index of a call by its number, or of the one that finalizes or issues."""
        if isinstance(call, int):
            return call % len(self.calls)
        names = {"finalize": "change_state"}
        return next(
            at for at, one in enumerate(self.calls) if one.finalizes and one.name == names.get(call, call)
        )

    def count(self) -> None:
        """Count a scenario and report progress."""
        self.scenarios += 1
        if self.scenarios % 500 == 0:
            sys.stdout.write(f"{self.summary()}\n")
            sys.stdout.flush()

    def summary(self) -> str:
        """Return a summary of the scenarios so far."""
        return (
            f"{self.scenarios} scenarios, {self.sent} sent: {self.by_mode}; {len(self.carried_out)} operations; "
            f"beside them {self.beside}"
        )

    def open(self, store: Path) -> CallContext:
        made = point_at_sandbox(
            Settings(store=str(store), allow_account_setup=True, language="en", approval_min_seconds=0),
            self.box.base_url,
            self.box.api_key,
        )
        account = InvoiceXpressClient(made, transport=self.tape)
        desk = CallContext.open(made, clock=self.clock, now=moment)
        return replace(desk, account=account, has_recovered=True)

    def restarted(self) -> None:
        """Start new servers on the same store."""
        for one in (self.desk, self.second):
            if one is not None:
                one.store.close()
        self.desk, self.second = self.open(self.store), self.open(self.store)

    def forget_seen(self) -> None:
        """Let the servers forget what they read in an earlier scenario, whose changes are undone."""
        for one in (self.desk, self.second):
            if one is not None:
                one.seen = SeenRecords()
                one._shown.clear()

    async def record(self) -> None:
        """Prepare every gated call in the sandbox, request its approval, execute it, and record all responses."""
        desk = self.open(self.store)
        harness = Harness(self.box, desk)
        await sandbox_documents.send_raw(harness, "POST", "/clients.json", {"client": OTHER})
        for name, stage in GATED.values():
            await self._stage(harness, name, await stage(harness))
        # Two workflows: one only drafts and needs no approval; the other creates its own document.
        about = await sandbox_documents.create_issued(harness)
        wrong = {
            "wrong": "too_much",
            "reason": "Só foi prestada meia hora.",
            "lines": [{"line": 1, "quantity": "0.5"}],
        }
        correct = {**about, **wrong}
        assert (await execute(desk, "correct_document", correct))["document"]["status"] == "draft"
        self.calls.append(PreparedCall("correct_document", correct, {"": None}, False, False, gated=False))
        await self._stage(harness, "issue_invoice", invoice(reference="GATE", delivery="link"))
        await execute(desk, "update_client", {"client_id": 501, "city": "Porto"})
        for one in self.calls:
            if one.finalizes:
                await self._vary(harness, one)
        self.tape.staged()
        for one in self.calls:
            with suppress(IxError):  # two of them need the same series unchanged
                await harness.call(one.name, one.arguments)
        assert {one.name for one in self.calls if one.name in catalogue()} >= {
            one.spec.name
            for one in catalogue().values()
            if one.spec.effect.needs_approval and not one.spec.asks_on_one_sheet
        }
        await self.tape.sealed()
        forget(desk.store)
        for one in self.calls:  # a call that is always refused would prove nothing
            if one.gated:
                with pytest.raises(ApprovalNeeded):
                    await execute(desk, one.name, one.arguments, can_ask=True)
            else:
                await execute(desk, one.name, one.arguments)
        self.tape.writes.clear()
        self.tape.changed = self._changed
        self.tape.written = self._written
        self.tape.state = lambda: self.scenario and self.scenario.get_state()
        await desk.close()
        self.restarted()

    async def _stage(self, harness: Harness, name: str, arguments: Json) -> None:
        before = len(self.box.requests())
        harness.context.seen = SeenRecords()  # so that what the call reads is read
        try:
            asked: Any = await execute(harness.context, name, arguments, can_ask=True)
            text = str(asked)
        except ApprovalNeeded as needed:
            text = needed.approval.text
        read = {one["path"] for one in self.box.requests()[before:]}
        number = arguments.get("document_id") or arguments.get("receipt_id")
        drafts = [path for path in read if path.startswith("/invoices/")] if name == "issue_invoice" else []
        mine = drafts or [path for path in read if path.endswith(f"/{number}.json")]
        amount = arguments.get("amount") or arguments.get("value")
        if mine and amount is None:
            amount = (await self.document(mine[0])).get("total")
        staged = PreparedCall(
            name,
            arguments,
            {"": None if amount is None else Decimal(str(amount))},
            bool(mine) and "Client" in text,
            CLIENT in read,
        )
        if staged.finalizes:
            staged.path = mine[0]
        self.calls.append(staged)

    async def _vary(self, harness: Harness, one: PreparedCall) -> None:
        """Record how the draft reads after each change of a second writer, and restore it."""
        number = int(one.path.rpartition("/")[2].removesuffix(".json"))
        about = {"document_type": "invoices", "document_id": number}
        for name, change in CHANGES.items():
            await harness.call("update_invoice", {**about, **change, "accept": ACCEPTED})
            finalize = {**about, "state": "finalized"}
            with pytest.raises(ApprovalNeeded):
                await execute(harness.context, "change_state", finalize, can_ask=True)
            if name:
                one.amounts[name] = Decimal(str((await self.document(one.path))["total"]))
                self.tape.keep_variant(one.path, name)

    async def document(self, path: str) -> Json:
        """Read a document from the sandbox."""
        async with httpx2.AsyncClient(timeout=100) as direct:
            answer = await direct.get(f"{self.box.base_url}{path}", params={"api_key": self.box.api_key})
        (document,) = answer.json().values()
        return dict(document)

    def _written(self, what: str) -> None:
        if self.scenario is not None:
            self.scenario.record_write(what)

    def _changed(self, path: str, body: Any) -> Any:
        """Apply changes made in InvoiceXpress itself: every document's observations, and the client's city."""
        if self.scenario is None or not isinstance(body, dict):
            return body
        version, city = self.scenario.version, self.scenario.city
        for part in body.values():
            if not isinstance(part, dict):
                continue
            if version and "sequence_number" in part:
                part["observations"] = f"Edited {version} times."
            record = part if path == CLIENT else part.get("client") if part.get("status") == "draft" else None
            if city and isinstance(record, dict) and record.get("id") == 501 and "city" in record:
                record["city"] = f"Cidade {city}"
        return body


def forget(store: Store) -> None:
    """Empty the store of approvals and journal entries."""
    with store.writing() as connection:
        for table in (approvals, decisions, differences, intents, spent, claims):
            connection.execute(table.delete())


def moment() -> datetime:
    return datetime.fromisoformat(NOW).replace(tzinfo=LISBON)


@asynccontextmanager
async def connected_hosts(world: GateModel) -> Any:
    """Connect each of the four kinds of host once."""

    class Somebody:
        async def __call__(self, context: Any, params: Any) -> types.ElicitResult:
            scenario = world.scenario
            assert scenario is not None
            assert scenario.answering is not None
            found: types.ElicitResult = await scenario.answering()
            return found

    async with AsyncExitStack() as stack:
        for name, mode, person, channel in (
            ("modern", "auto", Somebody(), "auto"),
            ("legacy", "legacy", Somebody(), "auto"),
            ("mute", "auto", None, "auto"),
            ("outside", "auto", Somebody(), "terminal"),
        ):
            world.hosts[name] = await stack.enter_async_context(_connected(world, mode, person, channel))
        yield


@asynccontextmanager
async def _connected(world: GateModel, mode: str, person: Any, channel: str) -> Any:
    async def shared_context(request: object = None, account: str | None = None) -> CallContext:
        assert world.scenario is not None
        return world.scenario.desk(channel)

    # Listed without output schemas, which the SDK's client would check on every result; other tests do that.
    everything = ToolSelection(toolsets=("all",))
    tools = [
        {key: value for key, value in one.items() if key != "outputSchema"}
        for one in list_chosen_tools(everything)
    ]
    server: Any = build_server(shared_context, tools)
    async with Client(server, mode=mode, elicitation_callback=person) as client:
        yield Host(client, person)


@contextmanager
def standing(world: GateModel) -> Iterator[GateModel]:
    """Prepare the model for scenarios; retries do not wait."""
    world.box.reset()
    world.box.set_option("rate_limit", 10_000_000)
    with stamina.set_testing(True, attempts=4, cap=True):
        world.portal.call(world.record)
        with world.portal.wrap_async_context_manager(connected_hosts(world)):
            yield world
    sys.stdout.flush()
    world.box.reset()
