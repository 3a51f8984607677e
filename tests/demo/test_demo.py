"""`ix-tools demo`, run as a newcomer runs it, once in a process of its own; its server is always one. Its output is read as text."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import mcp.client.stdio  # noqa: F401 - it keeps the standard error that it finds, which must outlive a test
import pytest

from ix_tools.demo import main
from ix_tools.sandbox.server import Sandbox
from tests.authenticator import Authenticator
from tests.interfaces.web.inbox_visitor import read_fields, read_options

ROOT = Path(__file__).resolve().parents[2]


class Demo:
    """Runs the demo in a folder, in this process, and reads what it prints."""

    def __init__(self, folder: Path, printed: pytest.CaptureFixture[str]) -> None:
        self.folder, self._printed = folder, printed

    def run(self, *options: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        """Run it; standard input is what is typed, and then the end."""
        with pytest.MonkeyPatch.context() as patched:
            patched.chdir(self.folder)
            patched.setattr("sys.stdin", io.StringIO(typed))
            for name, value in environment.items():
                patched.setenv(name, value)
            code = main(options)
        done = self._printed.readouterr()
        return subprocess.CompletedProcess(options, code, done.out, done.err)

    def run_with_account(
        self, box: Sandbox, typed: str, key: str = Sandbox.api_key
    ) -> subprocess.CompletedProcess[str]:
        """Run it with an account of one's own; a sandbox stands in for it."""
        return self.run(
            "--real",
            typed=typed,
            INVOICEXPRESS_ACCOUNT="padaria",
            INVOICEXPRESS_API_KEY=key,
            INVOICEXPRESS_BASE_URL=box.base_url,
        )


@pytest.fixture
def demo(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Demo:
    return Demo(tmp_path, capfd)


def run_in_a_process(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it as a newcomer does."""
    return subprocess.run(
        [sys.executable, "-m", "ix_tools", "demo"],
        check=False,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=200,
    )


def flat(text: str) -> str:
    """Without line breaks and runs of spaces."""
    return " ".join(text.split())


def test_it_tells_the_whole_story_in_portuguese(tmp_path: Path) -> None:
    """The account and the settings of whoever runs it are neither used nor shown."""
    done = run_in_a_process(
        tmp_path,
        INVOICEXPRESS_ACCOUNT="padaria",
        INVOICEXPRESS_API_KEY="a-key-nobody-may-see",
        INVOICEXPRESS_APPROVAL_CHANNEL="terminal",
        INVOICEXPRESS_LOG_LEVEL="DEBUG",
    )
    for secret in ("a-key-nobody-may-see", Sandbox.api_key, "\x1b"):
        assert secret not in done.stdout
    assert "Conta: sandbox" in done.stdout
    said = flat(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert "uma pessoa aprova cada uso change_state, issue_invoice, send_email, generate_payment" in said
    assert "qualquer uma, e pergunta se for irreversível run_operation" in said
    assert "recusado: «tax_exemption»: a linha 2 («Curso certificado») tem IVA a 0 %" in said
    assert "Registo da sandbox: 0 escritas" in said
    assert (
        "Calculado antes de enviar: 304,50 €. Lido de volta: 304,50 € (270,00 € sem IVA + 34,50 € de IVA)"
        in said
    )
    assert "Diferença: 0,00 €" in said
    assert "não aprovado: " in said
    assert "1 escrita antes da pergunta, 1 depois do não" in said
    assert re.search(r"fatura 1/2026 emitida, ATCUD [A-Z0-9]{8}-1, total 304,50 €", said)
    assert "para contas@padaria.example, assunto «A sua fatura»" in said
    assert "recibo 1/2026 de 304,50 €; a fatura 1/2026 está paga" in said
    assert "4 escritas, 3 delas aprovadas por uma pessoa" in said
    assert (tmp_path / "out" / "FT-2026-1.pdf").read_bytes().startswith(b"%PDF")
    assert "out/FT-2026-1.pdf" in done.stdout.replace("\\", "/")


def test_it_tells_it_in_english_and_over_the_older_protocol(demo: Demo) -> None:
    done = demo.run("--language", "en", "--legacy", "--out", "papers")
    said = flat(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert "(MCP 2025-11-25)" in said
    assert (
        "Calculated before sending: €304.50. Read back: €304.50 (€270.00 net + €34.50 VAT). Difference: €0.00."
        in said
    )
    assert "declined: The person did not approve " in said
    assert "receipt 1/2026 of €304.50; invoice 1/2026 is settled." in said
    assert (demo.folder / "papers" / "FT-2026-1.pdf").is_file()


# --- with an account of one's own ---


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


def writes(box: Sandbox) -> list[tuple[str, str]]:
    return [(one["method"], one["path"]) for one in box.requests() if one["method"] != "GET"]


def test_without_an_account_the_real_path_says_what_to_set(demo: Demo) -> None:
    done = demo.run("--real")
    assert done.returncode == 2
    assert "INVOICEXPRESS_ACCOUNT: não está definid" in done.stdout
    assert "INVOICEXPRESS_API_KEY: não está definid" in done.stdout


@pytest.mark.parametrize("typed", ["", "s\n"])
def test_the_real_path_only_reads_until_yes_is_typed(demo: Demo, box: Sandbox, typed: str) -> None:
    done = demo.run_with_account(box, typed)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Nada foi criado." in done.stdout
    assert writes(box) == []


def test_the_real_path_stops_at_the_draft(demo: Demo, box: Sandbox) -> None:
    done = demo.run_with_account(box, "Sim\n")
    said = flat(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Calculado antes de enviar: 30,00 €. Lido de volta: 30,00 €" in said
    assert "abra o rascunho 1001 e apague-o" in said
    assert writes(box) == [("POST", "/simplified_invoices.json")]
    assert Sandbox.api_key not in done.stdout


def test_a_difference_in_what_was_stored_is_shown(demo: Demo, box: Sandbox) -> None:
    draft = {"id": 1001, "type": "SimplifiedInvoice", "status": "draft", "total": "30.01"}
    box.fault("GET", r"/simplified_invoices/1001\.json", status=200, body={"simplified_invoice": draft})
    done = demo.run_with_account(box, "sim\n")
    said = flat(done.stdout)
    assert done.returncode == 0
    assert "guardado, mas diferente do pedido (rascunho 1001)" in said
    assert "total: guardado como 30.01 (pedido 30.00)" in said


def test_a_refused_key_ends_it_with_what_to_check(demo: Demo, box: Sandbox) -> None:
    done = demo.run_with_account(box, "sim\n", key="not-the-key")
    assert done.returncode == 1
    assert "InvoiceXpress refused the API key" in flat(done.stdout)
    assert "not-the-key" not in done.stdout + done.stderr


def test_the_inbox_opens_with_things_to_decide_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    """In a process of its own, as a newcomer starts it; a person is let in by the link, once."""
    command = [sys.executable, "-m", "ix_tools", "demo", "--inbox", "--language", "en"]
    env = {**os.environ, "HOME": str(tmp_path), "COLUMNS": "200"}
    with subprocess.Popen(
        command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, encoding="utf-8", bufsize=1
    ) as process:
        assert process.stdout is not None
        link, said = "", ""
        for text in process.stdout:
            said += text
            link = link or text.strip() if "/inbox/invitation/" in text else link
            if "Ctrl-C" in text:
                break
        try:
            assert "3 invoices wait" in said
            base = link.partition("/inbox")[0]
            with httpx2.Client(trust_env=False, verify=False, base_url=base, timeout=100) as browser:
                page = browser.get(link)
                answer = Authenticator(base, "localhost").create(read_options(page.text))
                form = {**read_fields(page.text), "answer": answer}
                assert browser.post(link, data=form, headers={"Origin": base}).status_code == 303
                inbox = browser.get("/inbox?lang=en").text
                assert inbox.count('class="whole"') == 3
                assert "/inbox/overview/documents?" in browser.get("/inbox/overview?lang=en").text
                assert browser.get(link).status_code == 404
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(100) == 130
