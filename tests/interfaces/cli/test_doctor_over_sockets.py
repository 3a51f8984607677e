"""`ix-tools doctor` in the first minutes: what is wrong is one sentence in the person's language, over a real connection."""

from __future__ import annotations

import ast
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import ix_tools
from ix_tools.__main__ import refuse_old_python
from ix_tools.interfaces.cli.main import run_command
from ix_tools.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def run_doctor(
    box: Sandbox,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    changes: Mapping[str, str] | None = None,
    ahead: float = 0,
) -> dict[str, tuple[str, str]]:
    """Return message and next step of each finding that is not well, by check."""
    env = {
        "INVOICEXPRESS_ACCOUNT": "sandbox",
        "INVOICEXPRESS_API_KEY": box.api_key,
        "INVOICEXPRESS_BASE_URL": box.base_url,
        "INVOICEXPRESS_STORE": str(folder / "store.db"),
        "INVOICEXPRESS_LANGUAGE": "en",
        "IX_TOOLS_CONFIG": "",
        "XDG_CONFIG_HOME": str(folder),
        **(changes or {}),
    }
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    run_command(["doctor", "--output", "json"], clock=lambda: time.time() + ahead)
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["checks"]
    return {one["check"]: (one["message"], one.get("next", "")) for one in found if one["level"] == "problem"}


@pytest.mark.parametrize(
    ("ahead", "language", "told"),
    [
        (600, "en", "this machine's clock is 10 minutes ahead of InvoiceXpress: "),
        (-600, "en", "this machine's clock is 10 minutes behind InvoiceXpress: "),
        (600, "pt", "o relógio deste computador está 10 minutos adiantado em relação ao InvoiceXpress: "),
        (-600, "pt", "o relógio deste computador está 10 minutos atrasado em relação ao InvoiceXpress: "),
    ],
)
def test_a_clock_that_is_wrong_is_told_with_the_difference_and_what_fails(
    box: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    ahead: float,
    language: str,
    told: str,
) -> None:
    wrong = run_doctor(box, tmp_path, monkeypatch, capsys, {"INVOICEXPRESS_LANGUAGE": language}, ahead)
    assert wrong["clock"][0].startswith(told)
    assert wrong["clock"][1]


@pytest.mark.parametrize("ahead", [0, 30, -30])
def test_a_clock_that_is_about_right_is_not_told(
    box: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    ahead: float,
) -> None:
    assert run_doctor(box, tmp_path, monkeypatch, capsys, ahead=ahead) == {}


def test_a_clock_is_compared_even_where_the_key_is_refused(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = run_doctor(box, tmp_path, monkeypatch, capsys, {"INVOICEXPRESS_API_KEY": "wrong-key"}, 600)
    assert list(wrong) == ["clock", "access"]


@pytest.mark.parametrize(
    ("language", "key_refused", "unreachable"),
    [
        ("en", "refused the API key", "could not be reached"),
        ("pt", "recusou a chave", "Não foi possível"),
    ],
)
def test_a_wrong_key_and_no_network_are_one_sentence_each(
    box: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    language: str,
    key_refused: str,
    unreachable: str,
) -> None:
    asked = {"INVOICEXPRESS_LANGUAGE": language}
    refused = run_doctor(box, tmp_path, monkeypatch, capsys, {**asked, "INVOICEXPRESS_API_KEY": "wrong-key"})
    assert key_refused in refused["access"][0]
    nobody = run_doctor(
        box, tmp_path, monkeypatch, capsys, {**asked, "INVOICEXPRESS_BASE_URL": "http://127.0.0.1:1"}
    )
    assert unreachable in nobody["access"][0]
    assert [one for one in (*refused.values(), *nobody.values()) if not one[1]] == []


@contextmanager
def answer_all(status: int, body: bytes, headers: Mapping[str, str]) -> Iterator[str]:
    """Something that is no InvoiceXpress, on a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in {"content-length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


PAGE = b"<!DOCTYPE html><html><body>Not found</body></html>"


@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (404, PAGE, {"content-type": "text/html"}),
        (200, PAGE, {"content-type": "text/html"}),
        (302, b"", {"location": "https://www.example.com/"}),
    ],
    ids=["not found", "a page", "a redirect"],
)
def test_a_wrong_account_is_one_sentence(
    status: int,
    body: bytes,
    headers: Mapping[str, str],
    language: str,
    box: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with answer_all(status, body, headers) as url:
        asked = {"INVOICEXPRESS_LANGUAGE": language, "INVOICEXPRESS_BASE_URL": url}
        wrong = run_doctor(box, tmp_path, monkeypatch, capsys, asked)
    assert list(wrong) == ["access"]
    said, todo = wrong["access"]
    assert said.startswith(
        f"{url} does not answer as an account" if language == "en" else f"{url} não responde como uma conta"
    )
    assert "https://NAME.app" in todo or "https://NOME.app" in todo


@pytest.mark.parametrize(
    ("language", "told", "todo"),
    [
        ("en", "is not registered with AT", "connect the account with AT first"),
        ("pt", "não está comunicada à AT", "ligue primeiro a conta à AT"),
    ],
)
def test_an_account_without_a_registered_series_is_told_to_connect_it_with_the_tax_authority(
    language: str,
    told: str,
    todo: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Sandbox() as new:
        new.fault("GET", r"/sequences\.json", status=200, body={"sequences": [UNREGISTERED]})
        wrong = run_doctor(new, tmp_path, monkeypatch, capsys, {"INVOICEXPRESS_LANGUAGE": language})
    assert list(wrong) == ["series"]
    assert told in wrong["series"][0]
    assert todo in wrong["series"][1]
    assert "register-sequence --sequence-id 70000" in wrong["series"][1]


UNREGISTERED = {
    "id": 70000,
    "serie": "2026",
    "default_sequence": "1",
    "current_invoice_sequence_id": 70000,
    "current_invoice_number": 0,
    "current_invoice_validation_code": "N/D",
}


@pytest.mark.parametrize("version", [(3, 6), (3, 9), (3, 10)])
def test_an_old_python_gets_a_sentence_in_both_languages_and_no_traceback(version: tuple[int, int]) -> None:
    """What Python reads before it is refused is written as the oldest of them reads it."""
    package = Path(ix_tools.__file__).parent
    for file in ("__init__.py", "__main__.py", "version.py"):
        ast.parse((package / file).read_text(encoding="utf-8"), feature_version=version)
    said = refuse_old_python((*version, 0)).splitlines()
    assert [f"{version[0]}.{version[1]}" in line for line in said] == [True, True]
    assert "precisa do Python 3.11" in said[0]
    assert "needs Python 3.11" in said[1]
