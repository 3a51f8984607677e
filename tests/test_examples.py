"""Every file in `examples/` runs unchanged in a separate process and does what its first sentence says."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from ix_tools.config.settings import Settings
from ix_tools.events.models import EVENT_TYPES
from ix_tools.pipeline.execute import parse
from ix_tools.schemas.openapi import build_openapi

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
HOSTS = sorted((EXAMPLES / "hosts").glob("*.json"))
FLOWS = sorted((EXAMPLES / "n8n").glob("*.json"))
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell or a pseudo-terminal")

SHOWS = {
    "01_issue_from_a_sentence.py": [
        r"draft 1001 for ACME, Lda: 184\.50",
        r"Irreversible: Issues a certified tax document",
        r"issued as 1/2026, ATCUD \w{8}-1, total 184\.50",
    ],
    "02_refusals.py": [
        r"carries 0% VAT and the document does not say why",
        r"the account has no tax called 'IVA24'",
        r"M08 is not in force on",
        r"M16 \(RITI, art\. 14\.º\) is for a client registered .+; the client is a Portuguese company",
        r"2026-11-19 is before the document's date 2026-11-20",
        r"'508025339' is not a valid number of Portugal",
        r"code 'ACME' belongs to 'ACME, Lda'",
        r"obsrvations: unknown field",
        r"written to InvoiceXpress: 0 requests",
    ],
    "03_approval_in_a_terminal.py": [
        r"approval_required, sent: nothing",
        r"(ix-tools|ix_tools) approvals approve [A-Z2-9]{8}",
        r"the same call again: issued as 1/2026, 123\.00",
    ],
    "04_exemption_codes.py": [
        r"M07: Isento artigo 9\.º do CIVA",
        r"M31: IVA – autoliquidação",
        r"in force today: False; valid until 2022-12-31",
        r"draft 1001: 900\.00, exemption M31",
    ],
    "05_totals_to_the_cent.py": [
        r"predicted: 118\.16 \+ 27\.18 VAT = 145\.34",
        r"line by line it would be 145\.33; with prices cut to two decimals 145\.27",
        r"stored:    118\.16 \+ 27\.18 VAT = 145\.34",
        r"one cent off: total stored as 145\.35 \(asked: 145\.34\)",
    ],
    "06_function_calling.py": [
        r'OpenAI: create_invoice -> \{"ok": true',
        r'Anthropic: find_client -> \{"ok": true',
        r"'quantity' is a required property",
    ],
    "07_credit_note.py": [
        r"invoice 1/2026: 369\.00",
        r"deleting it: Refused: .+ cannot be deleted\. Nothing was sent\.",
        r"only 369\.00 of 1/2026 is left to credit",
        r"credit note 1/2026: 123\.00, for invoice 1/2026",
    ],
    "09_issue_in_one_call.py": [
        r"declined: draft done, finalize not done, pdf not done, email not done",
        r"the draft invoice 1001 stays\. It was not finalized\.",
        r"the same call again: draft done, finalize done, pdf done, email done",
        r"invoice 1/2026, 184\.50; no second draft",
        r"correcting it: credit_note, because the value changes, so a credit note takes off invoice",
        r"drafted 61\.50 of 184\.50",
        r"ACME owes 184\.50; InvoiceXpress agrees: True",
        r"the month: 1 the month is not over, 1 drafts left",
    ],
    "08_no_code_cli.sh": [
        r'"total":"123\.00".+\nexit code 0',
        r'"code":"refused".+\nexit code 1',
        r'"status":"approval_required".+"when_approved":"run".+\nexit code 3',
        r'"calls":\[\]',
    ],
    "10_rest.py": [
        r"the same key: draft 1001, replayed true",
        r"POST /tools/create_invoice -> 422 application/problem\+json\n +refused, sent: nothing: .+ carries 0% VAT",
        r"POST /tools/change_state -> 202 application/json\n +pending",
        r"done: issued as 1/2026, ATCUD \w{8}-1",
        r'/pdf -> 200 application/pdf, inline; filename="FT-2026-1\.pdf"',
        r"page after page: 2 of 2",
    ],
    "11_python_library.py": [
        r"draft 1001: 221\.40",
        r"a person must approve: Finalize: .+221\.40",
        r"in a terminal: .*(ix-tools|ix_tools) approvals approve [A-Z2-9]{8}",
        r"nobody has decided, and nothing was sent",
        r"refused: \w+ is required",
    ],
}
MARKED = [pytest.param(name, marks=POSIX if name.startswith(("03", "08")) else ()) for name in SHOWS]


@pytest.mark.parametrize("name", MARKED)
def test_an_example_runs_and_shows_what_it_promises(name: str, tmp_path: Path) -> None:
    script = EXAMPLES / name
    command = ["sh", str(script)] if script.suffix == ".sh" else [sys.executable, str(script)]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', '')}"
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=200,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    missing = [line for line in SHOWS[name] if not re.search(line, done.stdout)]
    assert missing == [], done.stdout
    assert list(tmp_path.iterdir()) == []  # no files are left


def test_every_example_is_run_here() -> None:
    numbered = {path.name for path in EXAMPLES.glob("[0-9]*")}
    assert numbered == set(SHOWS)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_an_example_is_short_and_opens_with_one_sentence(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    first = ast.get_docstring(ast.parse(text)) or ""
    assert re.fullmatch(r"[^\n]+\.", first)
    assert len(text.splitlines()) <= 90


@pytest.mark.parametrize("path", HOSTS, ids=lambda path: path.stem)
def test_a_host_configuration_starts_a_server_with_settings_that_exist(path: Path) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    servers = content.get("mcpServers") or content["servers"]
    known = {f"INVOICEXPRESS_{name.upper()}" for name in Settings.model_fields}
    asked = {f"${{input:{one['id']}}}" for one in content.get("inputs", [])}
    for server in servers.values():
        assert server["command"].endswith("ix-tools")
        assert server["args"][0] == "serve"
        assert set(server.get("env", {})) <= known
        assert {value for value in server.get("env", {}).values() if "${input" in value} <= asked


@pytest.mark.parametrize("name", ["claude-desktop", "cursor", "vscode"])
def test_on_a_desktop_a_person_approves_on_the_page(name: str) -> None:
    """The users of these programs have no terminal, and a form may be shortened."""
    (path,) = (one for one in HOSTS if one.stem == name)
    content = json.loads(path.read_text(encoding="utf-8"))
    for server in (content.get("mcpServers") or content["servers"]).values():
        assert server["env"]["INVOICEXPRESS_APPROVAL_CHANNEL"] == "page"


def test_no_host_configuration_holds_a_key() -> None:
    for path in HOSTS:
        for key in re.findall(r'API_KEY": "([^"]*)"', path.read_text(encoding="utf-8")):
            assert key.startswith("${") or key == "your-api-key"


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_a_flow_of_n8n_is_whole_and_calls_what_there_is(path: Path) -> None:
    """Checks its structure and calls; n8n itself is not run here."""
    flow = json.loads(path.read_text(encoding="utf-8"))
    nodes = {node["name"]: node for node in flow["nodes"]}
    joined = {
        (one, follower["node"])
        for one, outputs in flow["connections"].items()
        for output in outputs["main"]
        for follower in output
    }
    assert len(nodes) == len(flow["nodes"]) == len({node["id"] for node in flow["nodes"]})
    assert {name for pair in joined for name in pair} == set(nodes)
    quoted = {name for node in nodes.values() for name in re.findall(r"\$\('([^']+)'\)", json.dumps(node))}
    assert quoted <= set(nodes)
    assert flow["id"], "n8n's import:workflow takes no flow without one"
    described = build_openapi()["paths"]
    calls = [node["parameters"] for node in nodes.values() if node["type"].endswith(".httpRequest")]
    own = [node for node in nodes.values() if node["type"].startswith("n8n-nodes-ix-tools.")]
    assert calls or own
    for node in own:
        assert "credentials" not in node
        if operation := node["parameters"].get("operation"):
            assert described[f"/tools/{operation}"]["post"]["tags"] == [node["parameters"]["resource"]]
        else:
            assert set(node["parameters"]["events"]) <= set(EVENT_TYPES)
    for call in calls:
        assert call["genericAuthType"] == "httpHeaderAuth"
        assert "credentials" not in call
        if found := re.search(r"/tools/(\w+)(\?\S+)?$", call["url"]):
            assert f"/tools/{found[1]}" in described
            given = dict(parse_qsl((found[2] or "").removeprefix("?"))) | _filled(call.get("jsonBody", "={}"))
            parse(found[1], {name: [one] if name == "states" else one for name, one in given.items()})
        else:
            assert call["url"].endswith(("/pdf", "json.body.approval.poll }}"))


def _filled(body: str) -> dict[str, Any]:
    """Return the body of a call with a value for every expression."""
    assert body.startswith("=")
    content: dict[str, Any] = json.loads(re.sub(r"\{\{.+?\}\}", "1", body[1:]))
    return content
