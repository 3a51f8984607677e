"""Demo of the inbox: a server with requests that wait, and a person to sign in as."""

import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ix_tools.auth.people import People
from ix_tools.config.extras import require_extra
from ix_tools.demo.assistant import UnexpectedOutcome
from ix_tools.demo.inbox_history import issue_earlier_documents
from ix_tools.demo.sandbox_scenario import CLIENT, build_environment
from ix_tools.demo.screen import Screen
from ix_tools.sandbox.server import Sandbox
from ix_tools.storage.database import Store

PERSON = "ana"
LISTENS, SIGN_IN = "ix-tools listens on ", "People sign in at "
SERVICES = (("Auditoria energética", 450), ("Formação da equipa", 1200), ("Manutenção anual", 5900))
SECONDS = 60


def run(screen: Screen, out: Path) -> int:
    """Run a server until Ctrl-C, with requests that wait for a decision. Return 1 if it cannot be prepared."""
    require_extra("server")
    with (
        tempfile.TemporaryDirectory(prefix="ix-tools-demo-") as folder,
        Sandbox(language=screen.language) as box,
    ):
        environment = build_environment(box, Path(folder), out, screen.language)
        # The demo's store is new, and what happens in it has no value.
        environment["INVOICEXPRESS_SIGN_ON_THIS_MACHINE"] = "true"
        issue_earlier_documents(box)
        with _start_server(environment) as (process, url, sign_in):
            screen.print_title("inbox_title", "notice")
            for name, price in SERVICES:
                _request_invoice(url, name, price)
            screen.print_success("inbox_waits", count=len(SERVICES))
            screen.print_text("inbox_link", person=PERSON)
            screen.console.print(f"   {_invite(environment['INVOICEXPRESS_STORE'], sign_in)}", soft_wrap=True)
            screen.print_text("inbox_end")
            return 1 if process.wait() else 0


def _invite(store: str, sign_in: str) -> str:
    """Invite the person of the demo, and return the link."""
    kept = Store(store)
    try:
        people = People(kept)
        people.add(PERSON, "admin", (), f"page:{PERSON}")
        secret, _ = people.invite(PERSON, f"page:{PERSON}")
    finally:
        kept.close()
    return f"{sign_in}/invitation/{secret}"


def _request_invoice(url: str, name: str, price: int) -> None:
    """Make a draft, and ask for it to be issued, as an assistant or a flow would."""
    items = [{"name": name, "unit_price": price, "quantity": 1, "tax": "IVA23"}]
    made = _call(
        url, "create_invoice", {"date": "today", "due_date": "+30d", "client": CLIENT, "items": items}
    )
    document = {"document_type": "invoices", "document_id": made["document"]["id"], "state": "finalized"}
    if _call(url, "change_state", document).get("status") != "approval_required":
        raise UnexpectedOutcome("inbox", "change_state")


def _call(url: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 - our own server
        f"{url}/tools/{tool}",
        data=json.dumps(arguments).encode(),
        headers={"Content-Type": "application/json", "Idempotency-Key": os.urandom(8).hex()},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=SECONDS) as answer:
            body: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as refused:
        raise UnexpectedOutcome(tool, refused.read().decode(errors="replace")) from refused
    return body


@contextmanager
def _start_server(environment: dict[str, str]) -> Iterator[tuple["subprocess.Popen[str]", str, str]]:
    """Run a server until the block ends, and yield its process, its address and where people sign in."""
    command = [sys.executable, "-m", "ix_tools", "serve", "--http", "--port", "0"]
    with subprocess.Popen(  # noqa: S603 - this very program
        command, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        try:
            assert process.stderr is not None
            said: list[str] = []
            for line in process.stderr:
                said.append(line)
                if line.startswith(SIGN_IN):
                    break
            lines = {start: line for line in said for start in (LISTENS, SIGN_IN) if line.startswith(start)}
            if len(lines) < 2:
                raise UnexpectedOutcome("inbox", "".join(said))
            yield (
                process,
                lines[LISTENS].removeprefix(LISTENS).strip(),
                lines[SIGN_IN].removeprefix(SIGN_IN).strip(),
            )
        finally:
            process.terminate()
