"""Over HTTP too the key is in no answer and no log line, at the loudest, with tracebacks; and neither is a token."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from ix_tools.auth.tokens import Tokens
from ix_tools.interfaces.server.json_logs import JsonFormatter, configure_logging
from ix_tools.operations.registry import catalogue
from ix_tools.operations.scopes import Scope
from ix_tools.storage.database import Store
from tests.harness import Harness
from tests.interfaces.server.in_process_server import build_bearer, serve_in_process
from tests.interfaces.server.processes import objects, run_server
from tests.test_secrets import CANARY, FAULTS, RecordCollector, ear, find_leaking_files, find_leaks, secret  # noqa: F401 - fixtures

Json = dict[str, Any]


def holding(text: str, folder: Path) -> list[Path]:
    """The files that hold a text."""
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


async def test_a_server_process_is_silent_about_keys_and_tokens(secret: Harness, tmp_path: Path) -> None:  # noqa: F811
    """Every tool, then with everything going wrong; what is logged is JSON, every line."""
    number = (await secret.create_issued())["id"]
    store = Store(tmp_path / "process.db")
    token = Tokens(store).create("ana", list(Scope), ("acme", "second"), 1)[1]
    env = {
        "INVOICEXPRESS_ACCOUNT": "acme",
        "INVOICEXPRESS_API_KEY": CANARY,
        "INVOICEXPRESS_BASE_URL": secret.sandbox.base_url,
        "INVOICEXPRESS_ACCOUNTS__SECOND__ACCOUNT": "second",
        "INVOICEXPRESS_ACCOUNTS__SECOND__API_KEY": CANARY,
        "INVOICEXPRESS_ACCOUNTS__SECOND__BASE_URL": secret.sandbox.base_url,
        "INVOICEXPRESS_STORE": str(tmp_path / "process.db"),
        "INVOICEXPRESS_DOCUMENTS": str(tmp_path / "documents"),
        "INVOICEXPRESS_LOG_LEVEL": "DEBUG",
        "INVOICEXPRESS_PDF_POLL_ATTEMPTS": "1",
        "INVOICEXPRESS_APPROVAL_MIN_SECONDS": "0",
    }
    said: list[Any] = []
    with run_server(tmp_path / "home", env) as running:
        for name, one in catalogue().items():
            arguments = {**one.spec.example, "account": "second"}
            if "document_id" in arguments:
                arguments["document_id"] = number
            said.append(running.post_tool_call(name, arguments, token).text)
        for fault, name in (
            ("quoting raw", "list_taxes"),
            ("quoting", "get_pdf"),
            ("quoting plus", "create_invoice"),
            ("no json", "get_document"),
            ("redirect", "list_invoices"),
        ):
            secret.sandbox.fault(path=".", times=None, **FAULTS[fault])
            said.append(
                running.post_tool_call(
                    name, {**catalogue()[name].spec.example, "account": "acme"}, token
                ).text
            )
            secret.sandbox.clear_faults()
        for query in (f"?api_key={CANARY}", f"?token={token}"):
            said.append(running.get(f"/mcp{query}", build_bearer(token)).text)
            said.append(running.post(f"/nowhere{query}", {"key": CANARY}, build_bearer("x" + token)).headers)
        said.append(running.post("/mcp", {"x": CANARY}, {"host": "evil.com", **build_bearer(token)}).text)
    heard = "".join(running.stderr_lines)
    assert find_leaks(str(said)) == []
    assert find_leaks(heard) == []
    assert token not in heard + str(said)
    assert {entry["level"] for entry in objects(running.stderr_lines)} >= {"DEBUG", "INFO"}
    store.close()
    assert find_leaking_files(tmp_path) == []
    assert holding(token, tmp_path) == []


async def test_a_fault_of_ours_is_told_without_what_it_holds(secret: Harness, ear: RecordCollector) -> None:  # noqa: F811
    """An unforeseen exception is logged with its traceback; the caller hears that it is a fault, and no more."""
    async with serve_in_process(secret) as served:
        token = served.create_token()
        desk = served.app.state.server_context.pool.for_principal(served.tokens.find(token).principal)  # type: ignore[union-attr]
        desk.now = None
        answer = await served.call("create_invoice", dict(catalogue()["create_invoice"].spec.example), token)
        refusal = answer.json()["result"]["structuredContent"]
        assert refusal["code"] == "internal_error"
        assert find_leaks(str(refusal)) == []
        served.app.state.server_context.pool.for_principal = None
        broken = await served.call("list_taxes", {}, token)
        assert find_leaks(broken.text) == []
    heard = "\n".join(ear.heard)
    assert "Traceback" in heard
    assert token not in heard


def line(lines: JsonFormatter, message: str, *given: Any, error: BaseException | None = None) -> Json:
    """What is written for one record."""
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("test", logging.ERROR, __file__, 1, message, given, info)
    found: Json = json.loads(lines.format(record))
    return found


@pytest.mark.parametrize(
    "text",
    [
        "GET https://x.app.invoicexpress.com/taxes.json?api_key=Zq9secret8word&page=1",
        "Authorization: Bearer Zq9secret8word",
        "authorization: bearer Zq9secret8word",
        "ixt_Zq9secret8wordAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0Zq9secret8word.c2ln",
        "postgresql://ix:Zq9secret8word@db.example.com/ix",
        "signed with whsec_Zq9secret8wordAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "the key k-Zq9secret8word/1 was refused",
        "k%2DZq9secret8word%2F1",
    ],
)
def test_a_line_is_written_without_its_secret(text: str) -> None:
    """Whoever wrote it: a library, an exception, a mistake of ours."""
    lines = JsonFormatter(["k-Zq9secret8word/1"])
    try:
        raise ValueError(text)
    except ValueError as error:
        written = [line(lines, text), line(lines, "%s", text), line(lines, "failed", error=error)]
    assert "Zq9secret8word" not in str(written)
    assert "traceback" in written[-1]


def test_a_line_says_when_who_and_what() -> None:
    found = line(JsonFormatter([]), "GET /mcp é %s", 200)
    assert found.keys() == {"at", "level", "logger", "message"}
    assert (found["level"], found["logger"], found["message"]) == ("ERROR", "test", "GET /mcp é 200")
    assert found["at"].endswith("+00:00")


def test_every_logger_goes_through_the_one_handler(harness: Harness) -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        settings = harness.context.settings.model_copy(
            update={
                "api_key": SecretStr(CANARY),
                "mail_password": SecretStr("mail-password-7"),
                "oidc_client_secret": SecretStr("oidc-secret-7"),
            }
        )
        configure_logging(settings)
        assert [type(one.formatter) for one in root.handlers] == [JsonFormatter]
        written = root.handlers[0].format(
            logging.makeLogRecord({"msg": f"{CANARY} mail-password-7 oidc-secret-7"})
        )
        assert not any(one in written for one in (CANARY, "mail-password-7", "oidc-secret-7"))
        assert all(not logging.getLogger(name).handlers for name in ("uvicorn", "uvicorn.error"))
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        logging.captureWarnings(False)
