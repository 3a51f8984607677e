"""A server run with OpenTelemetry's own distribution and the instrumentations that it brings: only our own spans, without secrets.

What is exported is read from the process's standard output, as a collector would get it.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ix_tools.auth.tokens import Tokens
from ix_tools.operations.scopes import Scope
from ix_tools.sandbox.server import Sandbox
from ix_tools.storage.database import Store
from tests.harness import line
from tests.interfaces.mcp.test_stdio import SERVE, Process
from tests.interfaces.mcp.test_stdio import environment as stdio_environment
from tests.interfaces.server.in_process_server import build_bearer
from tests.interfaces.server.processes import Running, run_server
from tests.interfaces.server.test_processes import environment

Json = dict[str, Any]
INSTRUMENT = shutil.which("opentelemetry-instrument", path=str(Path(sys.executable).parent)) or ""
CANARY = "Canario-7f3a"
OURS = {
    "error.type", "gen_ai.prompt.name", "gen_ai.tool.name", "http.request.method", "http.response.status_code", "http.route",
    "ix_tools.face", "ix_tools.operation", "ix_tools.outcome", "mcp.method.name", "url.scheme",
}  # fmt: skip
"""What spans tell: names that this server knows, and outcomes."""
EXPORTED = {
    "OTEL_TRACES_EXPORTER": "console",
    "OTEL_METRICS_EXPORTER": "console",
    "OTEL_LOGS_EXPORTER": "console",
    "OTEL_SERVICE_NAME": "ix-tools",
    "OTEL_BSP_SCHEDULE_DELAY": "100",
    "OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED": "true",
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST": ".*",
}


def test_the_distribution_is_there() -> None:
    """Otherwise the tests below would show nothing."""
    assert INSTRUMENT


@dataclass
class Observed:
    """A server that is observed, and what it exports."""

    running: Running
    exported: Path

    def spans(self) -> list[Json]:
        """Every span, once the server has ended."""
        decoder, text, found = json.JSONDecoder(), self.exported.read_text("utf-8"), []
        at = text.find("{")
        while at >= 0:
            one, end = decoder.raw_decode(text, at)
            found.append(one)
            at = text.find("{", end)
        return [one for one in found if "kind" in one and "attributes" in one]


@contextmanager
def observed(folder: Path, env: Mapping[str, str], *options: str) -> Iterator[Observed]:
    exported = folder / "exported.txt"
    with (
        exported.open("w", encoding="utf-8") as file,
        run_server(folder, {**EXPORTED, **env}, *options, under=[INSTRUMENT], stdout=file) as running,
    ):
        yield Observed(running, exported)


def used(running: Running, token: str) -> list[str]:
    """Everything that a server does, with names in every place where one can stand; the secrets that came up."""
    secrets = [token]
    who = build_bearer(token)
    read = {"Accept": "application/json", **who}
    running.get(f"/tools/find_client?name={CANARY}&code={CANARY}", read)
    running.get(f"/tools/list_invoices?text={CANARY}", read)
    running.get(f"/{CANARY}?api_key={CANARY}", read)
    running.get("/documents/1001/pdf", read)
    running.get(f"/approvals/{CANARY}", read)
    client = {"name": CANARY, "code": CANARY}
    draft = {"date": "today", "due_date": "+30d", "client": client, "items": [line(name=CANARY)]}
    made = running.post("/tools/create_invoice", {**draft, "accept": ["new_client"]}, who).json()
    assert made["ok"], made
    number = made["document"]["id"]
    finalize = {"document_type": "invoices", "document_id": number, "state": "finalized"}
    waiting = running.post("/tools/change_state", finalize, who)
    assert waiting.status_code == 202, waiting.text
    link = waiting.json()["approval"]["url"]
    secrets.append(link.rsplit("/", 1)[1])
    assert running.get(link.removeprefix(running.url)).status_code == 200
    running.get(f"/approve/{CANARY}{CANARY}{CANARY}")
    for name, arguments in (
        ("create_invoice", draft),
        (CANARY, {CANARY: CANARY}),
        ("get_client", {"client_id": 999}),
    ):
        running.post_tool_call(name, arguments, token)
    for method, params in (
        ("prompts/get", {"name": CANARY}),
        ("prompts/get", {"name": "issue_invoice", "arguments": {"client": CANARY, "what": CANARY}}),
        ("resources/read", {"uri": f"ix://{CANARY}"}),
        ("resources/read", {"uri": "ix://documents/invoices/999"}),
        (CANARY, {}),
        ("tools/call", {"name": "find_client", "arguments": {"name": CANARY}}),
    ):
        older(running, method, params, token)
    return secrets


def older(running: Running, method: str, params: Json, token: str) -> None:
    """A message of 2025-11-25."""
    headers = {
        **build_bearer(token),
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": "2025-11-25",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }
    running.post("/mcp", {"jsonrpc": "2.0", "id": f"{CANARY}-1", "method": method, "params": params}, headers)


@pytest.mark.parametrize("where", ["file", "server"])
def test_only_our_own_spans_leave_and_no_secret_is_in_them(tmp_path: Path, where: str, request: Any) -> None:
    place = str(tmp_path / "ix.db")
    if where == "server":
        place = request.getfixturevalue("server")
        if not place:
            pytest.skip("no PostgreSQL here")
    store = Store(place)
    _, token = Tokens(store).create("n8n", list(Scope), ("acme",), 1)
    store.close()
    with Sandbox() as box:
        env = {**environment(box), "INVOICEXPRESS_STORE": place, "INVOICEXPRESS_APPROVAL_LINK": "result"}
        with observed(tmp_path, env) as one:
            secrets = [box.api_key, *used(one.running, token)]
            assert one.running.end() == 0
        spans = one.spans()
        exported = one.exported.read_text("utf-8") + json.dumps(spans, ensure_ascii=False)
    for secret in (*secrets, CANARY, "api_key", "ACME"):
        at = exported.find(secret)
        assert at < 0, exported[max(0, at - 600) : at + 200]
    names = {span["name"] for span in spans}
    assert {
        "POST /mcp",
        "GET /tools/{name}",
        "operation create_invoice",
        "tools/call create_invoice",
    } <= names
    assert {"prompts/get _OTHER", "tools/call _OTHER", "_OTHER"} <= names
    assert "GET /approve/{secret}" in names
    for span in spans:
        told = span["attributes"].keys()
        if span["name"].startswith("jinja2."):  # heeds nobody; and tells the names of our own templates
            assert told <= {"jinja2.template_name", "jinja2.template_path"}
            assert str(span["attributes"].get("jinja2.template_name")).endswith(".html")
        else:
            assert told <= OURS, span
    assert not any(event for span in spans for event in span["events"])
    assert {span["status"].get("description") for span in spans} == {None}
    for foreign in (
        "http.url",
        "http.target",
        "url.full",
        "url.path",
        "url.query",
        "db.statement",
        "db.query.text",
    ):
        assert f'"{foreign}"' not in exported


def test_a_server_on_standard_input_tells_no_more(tmp_path: Path) -> None:
    """Nor does the page that it shows on this machine."""
    exported = tmp_path / "exported.txt"
    settings = {"approval_channel": "page", "approval_link": "result", "language": "en", "log_level": "INFO"}
    env = {
        **stdio_environment(tmp_path, **settings),
        **EXPORTED,
        "OTEL_TRACES_EXPORTER": "file",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
        "IX_TOOLS_TEST_SPANS": str(exported),
    }
    script = tmp_path / "started.py"
    script.write_text(STARTED, encoding="utf-8")
    with Process(
        sys.executable, str(script), *SERVE[SERVE.index("serve") :], "--sandbox", env=env
    ) as process:
        process.hello()
        client = {"name": CANARY, "code": CANARY}
        items = [{"name": CANARY, "unit_price": 100, "quantity": 1, "tax": "IVA23"}]
        draft = {
            "date": "today",
            "due_date": "today",
            "client": client,
            "items": items,
            "accept": ["new_client"],
        }
        number = process.call("create_invoice", **draft)["document"]["id"]
        call = {"document_type": "invoices", "document_id": number, "state": "finalized"}
        link = process.call("change_state", **call)["approval"]["url"]
        with httpx2.Client(trust_env=False, timeout=100) as browser:
            assert "123.00" in browser.get(link).text
        code, errors = process.ended()
    assert code == 0, errors
    text = exported.read_text("utf-8")
    for secret in (link.rsplit("/", 1)[1], CANARY, "api_key", "/approve/"):
        assert secret not in text
    spans = [json.loads(one) for one in text.splitlines()]
    assert {"operation create_invoice", "tools/call create_invoice"} <= {span["name"] for span in spans}
    assert {span["scope"] for span in spans} <= {
        "ix_tools",
        "ix_tools.mcp",
        "opentelemetry.instrumentation.jinja2",
    }


STARTED = """
import json, os, runpy, sys
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.util._importlib_metadata import entry_points

class ToFile(SpanExporter):
    def export(self, spans):
        with open(os.environ["IX_TOOLS_TEST_SPANS"], "a", encoding="utf-8") as file:
            for span in spans:
                shown = json.loads(span.to_json())
                shown["scope"] = span.instrumentation_scope.name
                file.write(json.dumps(shown, ensure_ascii=False) + "\\n")
        return SpanExportResult.SUCCESS

provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(ToFile()))
trace.set_tracer_provider(provider)
for one in entry_points(group="opentelemetry_instrumentor"):
    one.load()().instrument(skip_dep_check=True)
sys.argv = ["ix-tools", *sys.argv[1:]]
runpy.run_module("ix_tools", run_name="__main__", alter_sys=True)
"""
