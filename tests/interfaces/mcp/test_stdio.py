"""The server as hosts start it: a process, and nothing but the protocol on its standard output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import mcp_types as types
import pytest
from mcp import StdioServerParameters
from mcp.client import Client

from ix_tools import __version__
from ix_tools.config.settings import SANDBOX_NOTICE
from ix_tools.domain.date_types import lisbon_now
from ix_tools.operations.registry import catalogue
from ix_tools.sandbox.server import Sandbox
from tests.api_client.test_allowed_hosts import listen_locally
from tests.harness import guide
from tests.interfaces.mcp.host import ERAS, Host, Person
from tests.interfaces.mcp.test_files import saved
from tests.interfaces.mcp.test_listing import USUAL as LISTED

TOOL_SCHEMAS = Path(__file__).resolve().parents[3] / "tool_schemas"

REASON = "Lançado por engano no cliente."
SETUP = {"INVOICEXPRESS_ALLOW_ACCOUNT_SETUP": "true"}
USUAL = [name for name in catalogue() if name in LISTED]
SERVE = (sys.executable, "-m", "ix_tools", "serve")
WITHOUT_WAITS = Path(__file__).resolve().parents[2] / "programs" / "without_waits.py"
HURRIED = (sys.executable, str(WITHOUT_WAITS), "serve")
"""The same server without its waits, for tests that call every tool or meet many faults."""


def environment(home: Path, **given: str) -> dict[str, str]:
    """A user with these settings and nothing else."""
    settings = {f"INVOICEXPRESS_{name.upper()}": value for name, value in given.items()}
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LANG") if name in os.environ}
    own = {"INVOICEXPRESS_STORE": str(home / "ix-tools.db"), "INVOICEXPRESS_APPROVAL_MIN_SECONDS": "0"}
    return {**kept, "HOME": str(home), **own, **settings, **SETUP}


class Process:
    """A server process and its raw lines, by the handshake of 2025-11-25."""

    def __init__(self, *command: str, env: dict[str, str]) -> None:
        self._running = subprocess.Popen(
            command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._number = 0
        self.lines: list[bytes] = []

    @property
    def pid(self) -> int:
        return self._running.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._running.kill()
        self._running.communicate()

    def say(self, method: str, params: dict[str, Any] | None = None, *, numbered: bool = True) -> None:
        """Send a message without waiting."""
        self._number += numbered
        message: dict[str, Any] = {"jsonrpc": "2.0", "method": method, "params": params or {}}
        self.write(json.dumps({**message, "id": self._number} if numbered else message).encode())

    def write(self, line: bytes) -> None:
        """Send a line, whatever it is."""
        assert self._running.stdin is not None
        self._running.stdin.write(line + b"\n")
        self._running.stdin.flush()

    def ask(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send a request and read up to its answer."""
        self.say(method, params)
        assert self._running.stdout is not None
        while line := self._running.stdout.readline():
            self.lines.append(line)
            message: dict[str, Any] = json.loads(line)
            if message.get("id") == self._number and "method" not in message:
                return message
        raise AssertionError(f"no answer; standard error: {self._running.communicate()[1]!r}")

    def hello(self) -> Self:
        """The handshake."""
        client = {"name": "test", "version": "1"}
        self.ask("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client})
        self.say("notifications/initialized", numbered=False)
        return self

    def call(self, name: str, **arguments: Any) -> dict[str, Any]:
        """The structured content of a call."""
        answer = self.ask("tools/call", {"name": name, "arguments": arguments})
        content: dict[str, Any] = answer["result"]["structuredContent"]
        return content

    def ended(self) -> tuple[int, str]:
        """Close standard input; the exit code and standard error. Every line that came was a message."""
        rest, errors = self._running.communicate(timeout=120)
        self.lines += rest.splitlines(keepends=True)
        for line in self.lines:
            assert line.endswith(b"\n"), line
            assert json.loads(line)["jsonrpc"] == "2.0"
        return self._running.returncode, errors.decode()


@pytest.fixture
def box() -> Iterator[Sandbox]:
    """A sandbox on the real clock, as the process has it."""
    with Sandbox() as box:
        yield box


@pytest.fixture
def account(box: Sandbox, tmp_path: Path) -> dict[str, str]:
    """The environment of a process whose account is a sandbox."""
    return environment(
        tmp_path,
        account="acme",
        api_key=box.api_key,
        base_url=box.base_url,
        documents=str(tmp_path / "documents"),
        pdf_poll_attempts="3",
        approval_wait_seconds="0",
    )


# --- every tool


async def every_tool(host: Host) -> dict[str, dict[str, Any]]:
    """Each tool once, with what it said."""
    said: dict[str, dict[str, Any]] = {}

    async def call(name: str, /, **arguments: Any) -> dict[str, Any]:
        said[name] = await host.call(name, **arguments)
        return said[name]

    items = [{"name": "Revisão", "unit_price": 100, "quantity": 1, "tax": "IVA23"}]
    draft = {"date": "today", "due_date": "+30d", "client": {"code": "ACME"}, "items": items}
    number = (await call("create_invoice", **draft))["document"]["id"]
    about = {"document_type": "invoices", "document_id": number}
    await call("update_invoice", **about, reference="PO-1")
    assert (await call("get_document", **about))["document"]["reference"] == "PO-1"
    done = (await call("change_state", **about, state="finalized"))["document"]
    assert (done["status"], done["total"]) == ("final", "123.00")
    assert (await call("list_invoices"))["total_entries"] == 1
    assert saved((await call("get_pdf", document_id=number))["file"])
    await call("send_email", **about, email="a@acme.example")
    day = {"payment_date": "today", "payment_mechanism": "TB"}
    receipt = (await call("generate_payment", document_id=number, amount=23, **day))["receipt"]["id"]
    related = (await call("get_related_documents", document_id=number))["documents"]
    assert [one["id"] for one in related] == [receipt]
    await call("cancel_payment", receipt_id=receipt, message=REASON)
    transport = {"loaded_at": "2099-12-31T09:00"}
    made = await call("create_guide", **{**guide(), **draft, **transport})
    guided = {"document_type": "transports", "document_id": made["document"]["id"]}
    await call("update_guide", **guided, **transport, license_plate="11-AA-22")
    series = (await call("list_sequences"))["sequences"][-1]["id"]
    await call("register_sequence", sequence_id=series)
    numbers = ("current_invoice_number", "current_credit_note_number", "current_debit_note_number")
    await call("update_sequence", sequence_id=series, serie="C", **dict.fromkeys(numbers, 0))
    assert (await call("list_taxes"))["taxes"][0]["name"] == "IVA23"
    assert (await call("find_client", code="ACME"))["client"]["id"] == 501
    assert (await call("lookup_exemption_codes", code="M07"))["codes"][0]["code"] == "M07"
    await every_other_tool(call, number, draft)
    asked = (
        await host.call_unchecked("run_batch", **catalogue()["run_batch"].spec.example)
    ).structured_content
    assert asked is not None
    await call("get_batch", batch=asked["batch"])
    assert set(said) == {name for name, one in catalogue().items() if not one.spec.asks_on_one_sheet}
    return said


async def every_other_tool(
    call: Callable[..., Awaitable[dict[str, Any]]], number: int, draft: dict[str, Any]
) -> None:
    """The tools that are not listed unless they are asked for, and the rest."""
    await call("search_operations", text="cliente")
    await call("describe_operation", operation="get_client")
    await call("run_operation", operation="get_client", arguments={"client_id": 501})
    await call("get_qr_code", document_id=number)
    quote = (await call("create_estimate", document_type="quotes", **draft))["document"]["id"]
    await call("update_estimate", document_type="quotes", document_id=quote, reference="PO-2")
    await call("list_estimates")
    await call("list_guides")
    opened = (await call("create_sequence", serie="2099"))["sequence"]["id"]
    await call("get_sequence", sequence_id=opened)
    await call("set_default_sequence", sequence_id=opened)
    for one in ("client", "item", "tax"):
        example = dict(catalogue()[f"create_{one}"].spec.example)
        made = (await call(f"create_{one}", **example))[one]["id"]
        await call(f"get_{one}", **{f"{one}_id": made})
        await call(f"update_{one}", **{f"{one}_id": made, "name": "Outro nome"})
        await call(f"delete_{one}", **{f"{one}_id": made})
    await call("list_clients")
    await call("list_items")
    await call("list_client_invoices", client_id=501)
    today = lisbon_now()
    await call("export_saft", year=today.year, month=today.month)
    await call("get_client_balance", client_id=501)
    entry = {"client_id": 501, "value": 10, "date": "today"}
    await call("set_initial_balance", **entry)
    made = (await call("create_regularization", **entry))["regularization"]["id"]
    await call("list_regularizations", client_id=501)
    await call("delete_regularization", client_id=501, regularization_id=made)
    movement = {**entry, "movement_type": "Payment", "payment_method": "TB"}
    made = (await call("create_treasury_movement", **movement))["treasury_movement"]["id"]
    await call("delete_treasury_movement", client_id=501, treasury_movement_id=made)
    owner = dict(catalogue()["create_account"].spec.example)
    account = (await call("create_account", **owner))["account"]["id"]
    await call("get_account", account_id=account)
    await call(
        "update_account", account_id=account, password=owner["password"], terms=True, phone="220000001"
    )
    await call("setup_at_communication", **catalogue()["setup_at_communication"].spec.example)
    issued = (await call("issue_invoice", **draft, reference="PO-3"))["document"]["id"]
    about = {"document_type": "invoices", "document_id": issued}
    await call("correct_document", **about, wrong="everything", reason="Foi emitida por engano.")
    await call("account_statement", client_id=501)
    await call("vat_summary", date_from="2026-11-01", date_to="2026-11-30")
    await call("sales_by_client", date_from="2026-11-01", date_to="2026-11-30")
    await call("month_end_check", year=today.year, month=today.month)


async def as_listed(client: Client) -> list[dict[str, Any]]:
    """The tools as they travel."""
    tools = (await client.list_tools()).tools
    return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]


def in_its_file(name: str) -> dict[str, Any]:
    """A tool as tool_schemas/ has it."""
    whole: dict[str, Any] = json.loads((TOOL_SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    return whole


@pytest.mark.parametrize(
    ("mode", "options", "names"),
    [
        ("auto", ("--toolsets", "all"), list(catalogue())),
        ("legacy", ("--tools", "change_state,list_taxes"), ["change_state", "list_taxes"]),
    ],
)
async def test_a_tool_travels_as_its_file_says_it(
    tmp_path: Path, mode: str, options: tuple[str, ...], names: list[str]
) -> None:
    args = [*SERVE[1:], "--sandbox", *options]
    command = StdioServerParameters(command=SERVE[0], args=args, env=environment(tmp_path))
    async with Client(command, mode=mode) as client:
        assert await as_listed(client) == [in_its_file(name) for name in names]


@pytest.mark.parametrize("mode", ["auto"])  # the other era: the next test
async def test_every_tool_works_in_the_sandbox_and_says_that_it_is_one(tmp_path: Path, mode: str) -> None:
    """`ix-tools serve --sandbox`, as somebody tries it first; resources, prompts and completions too."""
    env = environment(tmp_path, documents=str(tmp_path / "documents"), approval_wait_seconds="0")
    person = Person()
    command = StdioServerParameters(command=HURRIED[0], args=[*HURRIED[1:], "--sandbox"], env=env)
    async with Client(command, mode=mode, elicitation_callback=person) as client:
        assert client.protocol_version == ERAS[mode]
        assert client.server_info is not None
        assert (client.server_info.name, client.server_info.version) == ("ix-tools", __version__)
        host = Host(client, person)
        for name, said in (await every_tool(host)).items():
            assert said["sandbox"] == SANDBOX_NOTICE, name
        assert all("SANDBOX" in question.message for question in person.asked)
        assert len(person.asked) == sum(
            one.spec.effect.needs_approval for one in catalogue().values() if not one.spec.asks_on_one_sheet
        )
        assert await as_listed(client) == [in_its_file(name) for name in USUAL]
        (content,) = (await client.read_resource("ix://exemption-codes")).contents
        assert "M07" in content.text  # type: ignore[union-attr]
        prompt = await client.get_prompt("month_end_check", {"month": "2026-11"})
        assert "2026-11" in prompt.messages[0].content.text  # type: ignore[union-attr]
        reference = types.PromptReference(name="issue_invoice")
        found = await client.complete(reference, {"name": "client", "value": "acme"})
        assert found.completion.values == ["ACME, Lda", "ACME"]


@pytest.mark.parametrize("mode", ["legacy"])
async def test_every_tool_works_with_an_account(box: Sandbox, account: dict[str, str], mode: str) -> None:
    """`ix-tools serve` with the environment a host gives it."""
    command = StdioServerParameters(command=HURRIED[0], args=list(HURRIED[1:]), env=account)
    person = Person()
    async with Client(command, mode=mode, elicitation_callback=person) as client:
        for name, said in (await every_tool(Host(client, person))).items():
            assert "sandbox" not in said, name
    assert len(box.outbox()) == 1
    assert {one["status"] for one in box.requests()} <= {200, 201, 202, 204}


# --- standard output


@pytest.mark.parametrize("level", ["DEBUG", "ERROR"])  # as much as is ever logged, and as little
def test_standard_output_is_the_protocol_and_nothing_else(
    box: Sandbox, account: dict[str, str], tmp_path: Path, level: str
) -> None:
    """WIZ: 66 of 69 lines were log text. Here with everything going wrong that can, and warnings as errors."""
    (tmp_path / "taken").write_text("")
    account |= {
        "INVOICEXPRESS_LOG_LEVEL": level,
        "INVOICEXPRESS_DOCUMENTS": str(tmp_path / "taken"),
        "PYTHONASYNCIODEBUG": "1",
    }
    unkept = {**account, "INVOICEXPRESS_STORE": str(tmp_path / "taken" / "x.db")}
    with Process(SERVE[0], "-W", "error", *SERVE[1:], env=unkept) as process:
        process.hello()
        assert process.call("register_sequence", sequence_id=70020)["code"] == "store_unavailable"
        assert process.call("list_taxes")["code"] == "store_unavailable"
        assert process.ended()[0] == 0
    assert box.requests() == []
    with Process(HURRIED[0], "-W", "error", *HURRIED[1:], env=account) as process:
        process.hello()
        assert process.call("list_taxes")["ok"]
        box.set_option("pdf_polls", 0)
        pdf = {"output": {"pdfUrl": f"{box.base_url}/x.pdf"}}
        box.fault("GET", "/api/pdf/1", status=200, body=pdf)
        assert process.call("get_pdf", document_id=1)["status"] == "ready"
        box.fault("GET", "taxes", status=200, body={"taxes": [{"value": {"a": "b"}}]})
        assert process.call("list_taxes")["ok"] is False
        box.fault("GET", "taxes", times=4, drop="after")
        assert process.call("list_taxes")["code"] == "unreachable"
        assert process.call("list_taxes")["ok"], "five failures in a row would close the account for a while"
        box.fault("GET", "taxes", times=4, cut=3)
        assert process.call("list_taxes")["ok"] is False
        assert process.call("nothing_like_it")["code"] == "unknown_tool"
        assert process.ask("nothing/like/it")["error"]["code"] == -32601
        assert process.ask("prompts/get", {"name": "x"})["error"]["code"] == -32602
        assert process.ask("resources/read", {"uri": "x"})["error"]["code"] == -32602
        process.write(b"this is no message")
        process.write(b'{"jsonrpc":"2.0","id":999,"method":"tools/call"}')
        process.write(b"\xff\xfe")
        assert process.call("list_taxes")["ok"]
        code, errors = process.ended()
    assert code == 0, errors
    assert box.api_key not in errors
    assert errors.strip() or level != "DEBUG"
    assert "Warning" not in errors, errors


def test_a_service_that_dies_in_the_middle_is_an_answer(tmp_path: Path) -> None:
    """The connection is closed on the request."""
    with listen_locally() as (url, heard):
        env = environment(tmp_path, account="acme", api_key="some-key-0000", base_url=url)
        with Process(*SERVE, env=env) as process:
            process.hello()
            failed = process.call("list_taxes")
            assert (failed["code"], failed["retryable"]) == ("unreachable", True)
            code, errors = process.ended()
    assert code == 0
    assert len(heard) == 4, "a read is asked again, with pauses, and not for ever"
    assert "some-key-0000" not in errors


# --- the beginning and the end


def test_starting_contacts_nobody_and_writes_nothing(tmp_path: Path) -> None:
    """A host starts every server at every launch."""
    with listen_locally() as (url, heard):
        env = environment(tmp_path, account="acme", api_key="some-key-0000", base_url=url)
        with Process(*SERVE, env=env) as process:
            process.hello()
            listed = process.ask("tools/list")["result"]["tools"]
            assert [tool["name"] for tool in listed] == USUAL
            for method in ("prompts/list", "resources/list", "resources/templates/list", "ping"):
                assert "result" in process.ask(method)
            prompt = process.ask(
                "prompts/get", {"name": "month_end_check", "arguments": {"month": "2026-11"}}
            )
            assert prompt["result"]["messages"]
            assert process.ended() == (0, "")
        assert heard == []
    assert list(tmp_path.iterdir()) == []


def test_the_first_answers_do_not_wait_for_the_sdk_and_a_broken_one_ends_the_rest(tmp_path: Path) -> None:
    """The SDK's import stands still until the list has come, and then fails while a call waits."""
    os.mkfifo(tmp_path / "broken")
    (tmp_path / "mcp").mkdir()
    (tmp_path / "mcp" / "__init__.py").write_text(
        f"open({str(tmp_path / 'broken')!r}).close()\nraise ImportError('half an installation')\n"
    )
    env = {**environment(tmp_path, sandbox="true"), "PYTHONPATH": str(tmp_path)}
    with Process(*SERVE, env=env) as process:
        process.hello()
        assert [one["name"] for one in process.ask("tools/list")["result"]["tools"]] == USUAL
        process.say("tools/call", {"name": "list_taxes", "arguments": {}})
        process.say("prompts/list")
        (tmp_path / "broken").write_text("")
        code, errors = process.ended()
    refused = [json.loads(line) for line in process.lines[-2:]]
    assert [(one["id"], one["error"]["code"]) for one in refused] == [(3, -32603), (4, -32603)]
    assert "standard error" in refused[0]["error"]["message"]
    assert code == 1
    assert "half an installation" in errors


def test_a_client_that_probes_and_falls_back_at_once_is_served(tmp_path: Path) -> None:
    """`server/discover` and, without waiting for its answer, `initialize` on the same pipe."""
    envelope = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    with Process(*SERVE, "--sandbox", env=environment(tmp_path)) as process:
        process.say("server/discover", {"_meta": envelope})
        process.hello()
        assert [one["name"] for one in process.ask("tools/list")["result"]["tools"]] == USUAL
        assert process.call("list_taxes")["ok"]
        assert process.ended() == (0, "")
    ids = [json.loads(line)["id"] for line in process.lines]
    assert ids == [1, 2, 3, 4], "each is answered once, the handshake that the SDK is told again as well"
    assert ["result" in json.loads(line) for line in process.lines] == [True] * 4


def test_a_server_for_reading_alone_lists_what_was_chosen_and_writes_nothing(
    box: Sandbox, account: dict[str, str]
) -> None:
    """Options and settings add up: an option closes more, and opens nothing."""
    options = ("--read-only", "--tools", "run_operation,create_invoice,list_taxes,get_client")
    with Process(*SERVE, *options, env={**account, "INVOICEXPRESS_EXCLUDE": "get_client"}) as process:
        process.hello()
        tools = process.ask("tools/list")["result"]["tools"]
        assert [tool["name"] for tool in tools] == ["list_taxes", "run_operation"]
        assert all(tool["annotations"]["readOnlyHint"] for tool in tools)
        draft = dict(catalogue()["create_invoice"].spec.example)
        inner = {"operation": "create_invoice", "arguments": draft}
        assert process.call("create_invoice", **draft)["code"] == "read_only"
        assert process.call("run_operation", **inner)["code"] == "read_only"
        excluded = {"operation": "get_client", "arguments": {"client_id": 501}}
        assert process.call("run_operation", **excluded)["code"] == "operation_excluded"
        assert process.call("run_operation", operation="list_clients")["ok"], "not listed, but not closed"
        assert process.ended() == (0, "")
    assert {one["method"] for one in box.requests()} == {"GET"}


@pytest.mark.parametrize("given", [{}, {"account": "acme"}, {"api_key": "some-key-0000"}])
def test_without_an_account_every_call_says_what_to_set(tmp_path: Path, given: dict[str, str]) -> None:
    """The person reads the assistant's answer, and not the log of a program that ended."""
    with Process(*SERVE, env=environment(tmp_path, language="en", **given)) as process:
        process.hello()
        told = process.call("list_taxes")
        code, errors = process.ended()
    assert (told["ok"], told["sent"]) == (False, "nothing")
    assert "No InvoiceXpress account is set" in told["message"]
    assert "settings of the extension" in str(told["next"])
    assert code == 0
    assert "No InvoiceXpress account is set" in errors
    assert "some-key-0000" not in errors + str(told)


def test_with_a_wrong_name_of_an_account_it_says_what_to_set(tmp_path: Path) -> None:
    """Exit code 2, a plain sentence, no traceback, nothing on standard output."""
    given = {"account": "a.b", "api_key": "some-key-0000"}
    ran = subprocess.run(
        SERVE, env=environment(tmp_path, **given), input=b"", capture_output=True, check=False, timeout=120
    )
    assert (ran.returncode, ran.stdout) == (2, b"")
    errors = ran.stderr.decode()
    assert "account" in errors.lower()
    assert "Traceback" not in errors
    assert "some-key-0000" not in errors
    assert len(errors.splitlines()) <= 4


def test_the_end_of_input_is_the_end(box: Sandbox, account: dict[str, str]) -> None:
    """Also before the handshake, and while a read is under way."""
    with Process(*SERVE, env=account) as process:
        assert process.ended() == (0, "")
    with Process(*SERVE, env=account) as process:
        process.hello()
        box.fault("GET", "taxes", delay=60)
        process.say("tools/call", {"name": "list_taxes", "arguments": {}})
        assert box.wait_for_request("GET", "taxes", 100)
        code, errors = process.ended()
    assert code == 0, errors
    assert "Traceback" not in errors


def test_a_write_under_way_is_finished_before_the_end(box: Sandbox, account: dict[str, str]) -> None:
    """A caller that goes away leaves no half write behind, and no outcome unread."""
    items = [{"name": "Revisão", "unit_price": 100, "quantity": 1, "tax": "IVA23"}]
    draft = {"date": "today", "due_date": "today", "client": {"code": "ACME"}, "items": items}
    with Process(*SERVE, env=account) as process:
        process.hello()
        box.fault("POST", "invoices", delay=60, after_commit=True)
        process.say("tools/call", {"name": "create_invoice", "arguments": draft})
        assert box.wait_for_request("POST", "invoices", 100)
        assert process._running.stdin is not None
        process._running.stdin.close()
        process._running.stdin = None
        while process._running.poll() is None:
            box.clear_faults()  # until the delay is there to be ended
            with suppress(subprocess.TimeoutExpired):
                process._running.wait(0.05)
        code, errors = process.ended()
    assert code == 0, errors
    assert [one["status"] for one in box.requests() if one["method"] == "POST"] == [201]
    assert "GET" in {one["method"] for one in box.requests()[-1:]}, "and read back"
