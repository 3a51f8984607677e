"""The key is in no log, result, error or file: neither as it is, nor URL-encoded, nor in base64.

The key is a canary, all loggers run at DEBUG, and every interface is used.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import traceback
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import mcp_types as types
import pytest
import stamina
from mcp import StdioServerParameters
from mcp.client import Client
from mcp.client.stdio import stdio_client
from mcp.shared.exceptions import MCPError
from pydantic import SecretStr

from faults.servers import lift_limits
from ix_tools.api_client import protocol
from ix_tools.api_client.client import InvoiceXpressClient
from ix_tools.approvals.repository import Reply
from ix_tools.config.settings import Settings
from ix_tools.errors import Unreachable
from ix_tools.operations.registry import catalogue
from ix_tools.pipeline import claim_session
from ix_tools.pipeline.context import CallContext
from ix_tools.sandbox import seeds
from ix_tools.sandbox.server import Sandbox
from tests.harness import ApprovalNeeded, Harness, execute, invoice
from tests.interfaces.mcp.host import Person, connect_host
from tests.interfaces.mcp.test_approvals import GATED
from tests.interfaces.mcp.test_stdio import HURRIED

CANARY = "Canary/7f3a+9b=&c4 é%41"
FORMS = {
    CANARY,
    quote(CANARY),
    quote(CANARY, safe=""),
    quote_plus(CANARY),
    json.dumps(CANARY)[1:-1],
    # base64 of any text that contains it, at any position
    *(
        base64.b64encode(b"x" * shift + CANARY.encode()).decode()[(shift * 8 + 5) // 6 : -4]
        for shift in range(3)
    ),
    CANARY[:12],
}


def find_leaks(text: str | bytes) -> list[str]:
    """Return the encodings in which the key occurs in a text."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    return [form for form in FORMS if form in text]


def find_leaking_files(folder: Path) -> list[Path]:
    """Return the files that contain the key: store, journal, PDF."""
    return [path for path in folder.rglob("*") if path.is_file() and find_leaks(path.read_bytes())]


def collect_exception_texts(error: BaseException) -> str:
    """Return all texts of an exception, its causes and attributes."""
    said = ["".join(traceback.format_exception(error))]
    seen: BaseException | None = error
    while seen is not None:
        said += [str(seen), repr(seen), str(getattr(seen, "__dict__", "")), str(seen.args)]
        said += [str(getattr(seen, "as_dict", dict)())]
        seen = seen.__cause__ or seen.__context__
    return "\n".join(said)


class RecordCollector(logging.Handler):
    """Logging handler that keeps complete records: message, arguments, traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)
        self.heard.append(f"{text} {record.args!r} {record.__dict__.get('exc_text')}")


@pytest.fixture
def ear() -> Iterator[RecordCollector]:
    """Collects the records of the root logger at DEBUG."""
    ear, root = RecordCollector(), logging.getLogger()
    before = root.level
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    yield ear
    root.removeHandler(ear)
    root.setLevel(before)
    assert find_leaks("\n".join(ear.heard)) == []


@pytest.fixture
async def secret(
    running_sandbox: Sandbox,
    harness: Harness,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    ear: RecordCollector,
) -> AsyncIterator[Harness]:
    """A harness whose key is the canary."""
    monkeypatch.setattr(seeds, "API_KEY", CANARY)
    monkeypatch.setattr(running_sandbox, "api_key", CANARY)
    settings = harness.context.settings.model_copy(
        update={
            "api_key": SecretStr(CANARY),
            "store": tmp_path / "secret.db",
            "timeout_seconds": 20,
            "pdf_poll_attempts": 1,
        }
    )
    # Nobody finishes a call that a fault left open, so none waits long for it; the account keeps its patience.
    monkeypatch.setattr(claim_session, "MIN_WAIT_SECONDS", 0.2)
    hurried = settings.model_copy(update={"timeout_seconds": 0.1})
    context = replace(CallContext.open(lift_limits(settings)), settings=hurried, now=harness.context.now)
    yield Harness(running_sandbox, context)
    await context.close()
    context.approvals.store.close()
    assert find_leaking_files(tmp_path) == []


def test_the_forms_are_looked_for_rightly() -> None:
    """The search finds the key where it is."""
    for text in (
        f"?api_key={quote(CANARY)}&x",
        f"?api_key={quote_plus(CANARY)}",
        base64.b64encode(f"a key: {CANARY}!".encode()).decode(),
        base64.b64encode(f"the key: {CANARY}!".encode()).decode(),
        base64.b64encode(f"a  key: {CANARY}!".encode()).decode(),
        repr({"key": CANARY}),
    ):
        assert find_leaks(text), text


async def test_every_operation_that_works_is_silent_about_the_key(
    secret: Harness, ear: RecordCollector
) -> None:
    """The logger with the most output works too."""
    said: list[Any] = []
    for name, prepare in GATED.values():
        if name == "create_account":  # its secrets are tested in tests/operations
            continue
        arguments = await prepare(secret)
        try:
            said.append(await execute(secret.context, name, arguments))
            await execute(secret.context, name, arguments, can_ask=True)
        except ApprovalNeeded as needed:
            said += [needed.approval, repr(needed)]
            reply = Reply(needed.approval.handle, True)
            said.append(await execute(secret.context, name, arguments, can_ask=True, reply=reply))
    number = (await secret.create_issued())["id"]
    secret.sandbox.set_option("pdf_polls", 0)
    for delivery in ("file", "link", "resource"):
        said.append(await secret.call("get_pdf", {"document_id": number, "delivery": delivery}))
    for name in ("list_invoices", "list_sequences", "list_taxes", "lookup_exemption_codes"):
        said.append(await secret.call(name, {}))
    said += [
        await secret.call("find_client", {"code": "ACME"}),
        repr(secret.context),
        str(secret.context.account.__dict__),
    ]
    said += [secret.sandbox.requests(), secret.sandbox.outbox()]
    assert find_leaks(str(said)) == []
    logging.getLogger("ix_tools").debug("the ear is open")
    assert "the ear is open" in str(ear.heard)


FAULTS: dict[str, dict[str, Any]] = {
    "refused key": {"status": 401},
    "forbidden": {"status": 403},
    "missing": {"status": 404},
    "state": {"status": 406},
    "busy": {"status": 409},
    "rejected": {"status": 422, "body": {"errors": [{"error": "no"}]}},
    "too many": {"status": 429, "headers": {"retry-after": CANARY[:3] + "7"}},
    "broken": {"status": 500},
    "gateway": {"status": 502, "body": "<html>bad gateway</html>"},
    "redirect": {"status": 302, "headers": {"location": "http://127.0.0.1:9/?api_key=x"}},
    "no json": {"status": 200, "body": "<html><body>hello</body></html>"},
    "cut": {"cut": 5},
    "dropped": {"drop": "before"},
    "dropped after": {"drop": "after"},
    "odd": {"status": 200, "body": [1, 2]},
    "number": {"status": 200, "body": 7},
    "null": {"status": 200, "body": None},
    # An error page that quotes the address it was asked for, key included, in each form it can have.
    "quoting": {"status": 400, "body": f"no route for GET /x.json?api_key={quote(CANARY, safe='')}"},
    "quoting plus": {
        "status": 422,
        "body": {"errors": [{"error": f"GET /x.json?api_key={quote_plus(CANARY)}"}]},
    },
    "quoting raw": {"status": 422, "body": {"errors": [{"error": f"key {CANARY} is unknown"}]}},
    "quoting page": {"status": 200, "body": f"<html>/x?api_key={quote(CANARY)}</html>"},
}
CALLS: dict[str, dict[str, Any]] = {
    "list_taxes": {},
    "list_invoices": {},
    "get_pdf": {"document_id": 1},
    "find_client": {"name": "ACME, Lda"},
    "create_invoice": invoice(),
    "change_state": {"document_type": "invoices", "document_id": 1001, "state": "finalized"},
    "update_sequence": {
        "sequence_id": 70020,
        "serie": "X",
        "current_invoice_number": 0,
        "current_credit_note_number": 0,
        "current_debit_note_number": 0,
    },
}


@pytest.mark.parametrize("fault", list(FAULTS))
async def test_every_way_to_fail_is_silent_about_the_key(
    secret: Harness, ear: RecordCollector, fault: str
) -> None:
    """Reads and writes; results, exceptions with their causes, logs."""
    await secret.create_draft()
    for name, arguments in CALLS.items():
        for at in (".", "change-state|xml|/invoices.json$"):
            secret.sandbox.fault(path=at, times=None, **FAULTS[fault])
            try:
                said = str(await execute(secret.context, name, arguments, can_ask=True))
            except ApprovalNeeded as needed:
                try:
                    reply = Reply(needed.approval.handle, True)
                    said = str(await execute(secret.context, name, arguments, can_ask=True, reply=reply))
                except Exception as error:  # noqa: BLE001 - whatever it is, it must be silent
                    said = collect_exception_texts(error)
            except Exception as error:  # noqa: BLE001 - whatever it is, it must be silent
                said = collect_exception_texts(error)
            assert find_leaks(said) == [], (name, at)
            secret.sandbox.clear_faults()


async def test_a_timeout_is_silent_about_the_key(secret: Harness, ear: RecordCollector) -> None:
    """Reads and writes; the library's exception holds the URL."""
    hurried = InvoiceXpressClient(secret.context.settings.model_copy(update={"timeout_seconds": 0.2}))
    for request in (protocol.build_get("/taxes.json"), protocol.Request("PUT", "/x.json")):
        secret.sandbox.fault(path=".", times=None, delay=30)  # a read is retried
        with pytest.raises(Unreachable) as failed:
            await hurried.send(request)
        secret.sandbox.clear_faults()
        assert "ReadTimeout" in str(failed.value)
        assert find_leaks(collect_exception_texts(failed.value)) == []
        assert failed.value.__context__ is None
        assert failed.value.__cause__ is None
    await hurried.close()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "https://127.0.0.1:1", "https://nothing-here.invalid", "http://[::1]:1"]
)
async def test_a_host_that_is_not_there_is_silent_about_the_key(
    ear: RecordCollector, url: str, tmp_path: Path
) -> None:
    context = CallContext.open(
        Settings(
            account="acme",
            api_key=SecretStr(CANARY),
            base_url=url,
            store=str(tmp_path / "x.db"),
            timeout_seconds=2,
        )
    )
    with (
        stamina.set_testing(True, attempts=4, cap=True),
        pytest.raises(Exception) as failed,  # noqa: PT011 - whatever it is, it must be silent
    ):
        await execute(context, "list_taxes", {})
    assert find_leaks(collect_exception_texts(failed.value)) == []
    await context.close()


async def test_a_fault_of_ours_is_silent_about_the_key(secret: Harness, ear: RecordCollector) -> None:
    """An unexpected exception is logged with its traceback and causes."""
    secret.context.now = None  # type: ignore[assignment]
    for mode in ("auto", "legacy"):
        async with connect_host(secret.context, mode, Person()) as host:
            refusal = await host.call_refused("list_taxes")
            assert refusal["code"] == "internal_error"
            assert find_leaks(str(refusal)) == []
            with pytest.raises(MCPError) as failed:
                await host.client.read_resource("ix://documents/invoices/1")
            assert find_leaks(collect_exception_texts(failed.value)) == []
    assert any("Traceback" in line for line in ear.heard)


def everything() -> list[tuple[str, dict[str, Any]]]:
    return [(name, dict(one.spec.example)) for name, one in catalogue().items()]


@pytest.mark.parametrize("level", ["DEBUG"])
async def test_a_server_process_is_silent_about_the_key(secret: Harness, tmp_path: Path, level: str) -> None:
    """Every tool once in a real process, with its results and standard error; then with faults."""
    number = (await secret.create_issued())["id"]
    env = {
        "HOME": str(tmp_path),
        "INVOICEXPRESS_ACCOUNT": "acme",
        "INVOICEXPRESS_API_KEY": CANARY,
        "INVOICEXPRESS_BASE_URL": secret.sandbox.base_url,
        "INVOICEXPRESS_STORE": str(tmp_path / "process.db"),
        "INVOICEXPRESS_DOCUMENTS": str(tmp_path / "documents"),
        "INVOICEXPRESS_LOG_LEVEL": level,
        "INVOICEXPRESS_PDF_POLL_ATTEMPTS": "2",
        "INVOICEXPRESS_APPROVAL_MIN_SECONDS": "0",
        "INVOICEXPRESS_APPROVAL_WAIT_SECONDS": "0",  # nobody decides on the sheet of a batch
        "PATH": os.environ["PATH"],
    }
    command = StdioServerParameters(command=HURRIED[0], args=list(HURRIED[1:]), env=env)
    errors = tmp_path / "stderr"
    said: list[Any] = []
    with errors.open("w") as heard:
        transport = stdio_client(command, errlog=heard)
        async with Client(transport, elicitation_callback=Person()) as client:
            for name, arguments in everything():
                if "document_id" in arguments:
                    arguments["document_id"] = number
                said.append(await client.call_tool(name, arguments))
            said.append(await client.read_resource(f"ix://documents/{number}/pdf"))
            reference = types.PromptReference(name="issue_invoice")
            said.append(await client.complete(reference, {"name": "client", "value": ""}))
            secret.sandbox.fault(path=".", times=None, **FAULTS["quoting raw"])
            said.append(await client.call_tool("list_taxes", {}))
            secret.sandbox.clear_faults()
            secret.sandbox.fault(path=".", times=None, drop="after")
            said.append(await client.call_tool("list_invoices", {}))
            secret.sandbox.clear_faults()
    stderr = errors.read_text()
    assert find_leaks(str(said)) == []
    assert find_leaks(stderr) == []
    assert "DEBUG" in stderr
