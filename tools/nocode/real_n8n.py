"""Run the n8n node and the example flows in a real n8n against the sandbox: `python -m tools.nocode.real_n8n`, or `make n8n`.

n8n is installed at its pinned version into .hosts/, which takes some minutes and 3 GB. It gets an empty home, the built node as a
community package, and loopback alone. An order arrives, a person approves, the PDF leaves as a file; forged and repeated
deliveries start nothing.
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2

from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.storage.database import Store
from tools.nocode import n8n
from tools.release.nocode import build_n8n_node
from tools.release.npm import install_npm, name_node_package
from tools.release.project import ROOT
from tools.release.shell import BIN, run

N8N = "2.41.1"
FLOWS = ROOT / "examples" / "n8n"
ORDER_PATH = "/webhook/ix-tools-order"
CREDENTIAL = {"id": "ixToolsCredential", "name": "ix-tools"}
SECONDS = 240.0
"""How long anything is waited for; a machine under load is slow."""
SCOPES = ("read", "draft", "issue", "webhooks")

Json = dict[str, Any]


@dataclass
class Collector:
    """What the flows send at their ends."""

    url: str = ""
    got: list[tuple[str, bytes]] = field(default_factory=list)

    def list_of(self, path: str) -> list[bytes]:
        """Return the bodies that were sent to a path."""
        return [body for sent_to, body in self.got if sent_to == path]


@dataclass(frozen=True)
class Api:
    """A server that is asked over HTTP with a token, or with none."""

    address: str
    token: str = ""

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        """Send a request; return status and JSON, or the text."""
        given = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        url = path if path.startswith("http") else f"{self.address}{path}"
        answer = httpx2.request(method, url, json=body, headers={**given, **headers}, timeout=60)
        try:
            return answer.status_code, answer.json()
        except ValueError:
            return answer.status_code, answer.text


def main() -> int:
    """Run the walk; return 1 at the first thing that is not as it should be."""
    began = time.perf_counter()
    programs = install_n8n()
    print(f"n8n {N8N} is installed ({time.perf_counter() - began:.0f} s)", flush=True)
    with tempfile.TemporaryDirectory(prefix="ix-n8n-") as name, collect() as collector:
        folder = Path(name)
        package, _ = build_n8n_node(folder)
        with serve_sandbox(folder) as (api, approvals):
            environment = prepare_home(folder, programs, package, api, collector)
            with run_n8n(programs, environment, folder) as own:
                walk = Walk(api, own, approvals, collector, folder / ".n8n" / "database.sqlite")
                for step in walk.steps():
                    started = time.perf_counter()
                    step()
                    print(
                        f"ok  {(step.__doc__ or '').strip()} ({time.perf_counter() - started:.1f} s)",
                        flush=True,
                    )
    return 0


def install_n8n() -> Path:
    """Install n8n. Its optional clients of other services are not built; its database is."""
    programs = install_npm(name_node_package(), f"n8n@{N8N}", runs_scripts=False)
    folder = programs.parent
    if not list((folder / "sqlite3" / "build").rglob("*.node")):
        path = os.pathsep.join([str(programs), os.environ["PATH"]])
        run("npm", "rebuild", "sqlite3", "--prefix", folder.parent, env={"PATH": path}, seconds=2400)
    return programs


@contextmanager
def collect() -> Iterator[Collector]:
    """Run a server to which the flows send what they have at their ends."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            collector.got.append((self.path, body))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def serve_sandbox(folder: Path) -> Iterator[tuple[Api, ApprovalRepository]]:
    """Run the HTTP server with the sandbox and a token."""
    store = folder / "ix-tools.db"
    environment = {
        "HOME": str(folder),
        "PATH": os.environ["PATH"],
        "INVOICEXPRESS_STORE": str(store),
        "INVOICEXPRESS_WEBHOOK_NETWORKS": "127.0.0.1",
        "INVOICEXPRESS_LANGUAGE": "en",
    }
    scopes = [word for scope in SCOPES for word in ("--scope", scope)]
    create: list[str | Path] = [
        BIN / "ix-tools",
        "tokens",
        "create",
        "n8n",
        *scopes,
        "--account",
        "sandbox",
        "--output",
        "json",
    ]
    made = subprocess.run(create, env=environment, capture_output=True, encoding="utf-8", check=True)
    token = str(json.loads(made.stdout)["token"])
    command: list[str | Path] = [BIN / "ix-tools", "serve", "--http", "--sandbox", "--port", "0"]
    with (
        (folder / "server.log").open("w+") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as server,
    ):
        try:
            line = wait_for(lambda: _find_line(folder / "server.log", "listens on "), "the server listens")
            opened = Store(str(store))
            try:
                yield Api(line.split("listens on ")[1].strip(), token), ApprovalRepository(opened, 15)
            finally:
                opened.close()
        finally:
            server.terminate()


def prepare_home(
    folder: Path, programs: Path, package: Path, api: Api, collector: Collector
) -> Mapping[str, str]:
    """Give n8n an empty home with the node, a credential and the flows of the examples."""
    packages = folder / ".n8n" / "nodes" / "node_modules"
    packages.mkdir(parents=True)
    (packages / n8n.FOLDER.name).symlink_to(package)
    port = find_free_port()
    environment = {
        "HOME": str(folder),
        "PATH": os.pathsep.join([str(programs), os.environ["PATH"]]),
        "N8N_USER_FOLDER": str(folder),
        "N8N_PORT": str(port),
        "N8N_LISTEN_ADDRESS": "127.0.0.1",
        "N8N_RUNNERS_BROKER_PORT": str(find_free_port()),
        "WEBHOOK_URL": f"http://127.0.0.1:{port}/",
        "N8N_DIAGNOSTICS_ENABLED": "false",
        "N8N_VERSION_NOTIFICATIONS_ENABLED": "false",
        "N8N_TEMPLATES_ENABLED": "false",
        "N8N_COMMUNITY_PACKAGES_PREVENT_LOADING": "false",
        "N8N_REINSTALL_MISSING_PACKAGES": "false",
        "N8N_LOG_LEVEL": "info",
        "NO_COLOR": "1",
    }
    stored = {**CREDENTIAL, "type": "ixToolsApi", "data": {"server": api.address, "token": api.token}}
    (folder / "credentials.json").write_text(json.dumps([stored]), encoding="utf-8")
    call_n8n(programs, environment, "import:credentials", f"--input={folder / 'credentials.json'}")
    for path in sorted(FLOWS.glob("*.json")):
        # As they are shipped: each must be importable by itself.
        call_n8n(programs, environment, "import:workflow", f"--input={path}")
    for name, ending in (("issue_and_wait", _send_file), ("when_issued", _send_json)):
        flow = json.loads((FLOWS / f"{name}.json").read_text(encoding="utf-8"))
        for one in flow["nodes"]:
            if one["type"].startswith("n8n-nodes-ix-tools."):
                one["credentials"] = {"ixToolsApi": CREDENTIAL}
        _append(flow, ending(f"{collector.url}/{name}"))
        (folder / f"{name}.json").write_text(json.dumps(flow), encoding="utf-8")
        call_n8n(programs, environment, "import:workflow", f"--input={folder / f'{name}.json'}")
        call_n8n(programs, environment, "publish:workflow", f"--id={flow['id']}")
    return environment


def _append(flow: Json, node: Json) -> None:
    last = flow["nodes"][-1]["name"]
    flow["nodes"].append(node)
    flow["connections"][last] = {"main": [[{"node": node["name"], "type": "main", "index": 0}]]}


def _send_file(url: str) -> Json:
    return _send(url, contentType="binaryData", inputDataFieldName="data")


def _send_json(url: str) -> Json:
    return _send(url, specifyBody="json", jsonBody="={{ JSON.stringify($json) }}")


def _send(url: str, **more: str) -> Json:
    parameters = {"method": "POST", "url": url, "sendBody": True, **more, "options": {}}
    return {
        "id": "00000000-0000-4000-8000-000000000099",
        "name": "Send it on",
        "type": "n8n-nodes-base.httpRequest",
        "typeVersion": 4.2,
        "position": [900, 0],
        "parameters": parameters,
    }


def call_n8n(programs: Path, environment: Mapping[str, str], *words: str) -> str:
    """Run a command of n8n to its end."""
    return run(programs / "node", programs.parent / "n8n/bin/n8n", *words, env=environment, seconds=600)


@contextmanager
def run_n8n(programs: Path, environment: Mapping[str, str], folder: Path) -> Iterator[Api]:
    """Run n8n's server during the block."""
    api = Api(f"http://127.0.0.1:{environment['N8N_PORT']}")
    log = folder / "n8n.log"
    command = [str(programs / "node"), str(programs.parent / "n8n/bin/n8n"), "start"]
    with (
        log.open("w") as written,
        subprocess.Popen(command, env=environment, stdout=written, stderr=written) as server,
    ):
        try:
            wait_for(lambda: _is_ready(api) or None, "n8n is ready")
            yield api
        except BaseException:
            print(log.read_text(encoding="utf-8", errors="replace")[-6000:], file=sys.stderr)
            raise
        finally:
            server.terminate()
            with suppress(subprocess.TimeoutExpired):
                server.wait(60)
            if server.poll() is None:
                server.kill()


def _is_ready(api: Api) -> bool:
    with suppress(httpx2.TransportError):
        return api.ask("GET", "/healthz/readiness")[0] == 200
    return False


@dataclass
class Walk:
    """An order's way through n8n, and what must not happen on it."""

    api: Api
    n8n: Api
    approvals: ApprovalRepository
    collector: Collector
    database: Path

    def steps(self) -> Sequence[Callable[[], None]]:
        """Return the steps in their order."""
        return (
            self.imported, self.subscribed, self.order_waits, self.forged_resume, self.approved, self.started,
            self.forged_delivery, self.repeated_delivery, self.rejected, self.refused,
        )  # fmt: skip

    def imported(self) -> None:
        """The flows of the examples are imported as they are shipped."""
        wanted = {json.loads(one.read_text(encoding="utf-8"))["id"] for one in FLOWS.glob("*.json")}
        found = {row[0] for row in self._query("select id from workflow_entity")}
        expect(wanted <= found, f"not imported: {wanted - found}")

    def subscribed(self) -> None:
        """The trigger subscribed by the API."""
        wait_for(lambda: self._find_subscription() or None, "a webhook is registered")

    def order_waits(self) -> None:
        """An order arrives, and the flow waits for a person."""
        status, said = self._order("1", quantity=1)
        expect(status == 200, f"the order was answered {status} {said}")
        wait_for(lambda: self._find_waiting() or None, "the flow gave its address for one approval")
        wait_for(lambda: "waiting" in self._list_states("ixToolsIssueWait") or None, "the execution waits")

    def forged_resume(self) -> None:
        """A forged answer to the waiting flow lets nothing go on."""
        url = str(self._find_waiting()["url"])
        status, said = self.n8n.ask("POST", url, {"type": "parked_call.done", "data": {"approval": "FORGED"}})
        expect(status == 200 and said == {"waiting": True}, f"answered {status} {said}")
        for given, other in (
            ("approvals=", "approvals=X"),
            ("proof=", "proof=0"),
            ("signature=", "signature=0"),
        ):
            expect(given in url, f"the address has no {given}")
            status, _ = self.n8n.ask("POST", url.replace(given, other), {})
            expect(status == 401, f"an address with another {given} was answered {status}")
        expect("waiting" in self._list_states("ixToolsIssueWait"), "the flow went on")
        expect(not self.collector.got, "something was sent")

    def approved(self) -> None:
        """A person approves; the flow goes on and sends the PDF as a file."""
        self._decide(approve=True)
        (content,) = wait_for(lambda: self.collector.list_of("/issue_and_wait"), "the PDF leaves")
        expect(content.startswith(b"%PDF"), f"it begins {content[:20]!r}")
        wait_for(lambda: self._find_waiting() is None or None, "the address of one approval is gone")

    def started(self) -> None:
        """The issued invoice starts the other flow, once."""
        (text,) = wait_for(lambda: self.collector.list_of("/when_issued"), "the trigger's flow ends")
        document = json.loads(text)["document"]
        expect(document["status"] == "final", f"it read {document}")

    def forged_delivery(self) -> None:
        """Deliveries without a signature, or with a wrong one, are answered 401 and start nothing."""
        url = str(self._find_subscription()["url"])
        body = {"type": "document.finalized", "data": {"document": {"id": 1}}}
        now = str(int(time.time()))
        wrong = {"webhook-id": "evt_f", "webhook-timestamp": now, "webhook-signature": "v1,AAAA"}
        for headers in ({}, wrong):
            status, _ = self.n8n.ask("POST", url, body, **headers)
            expect(status == 401, f"answered {status}")
        expect(len(self._list_states("ixToolsWhenIssued")) == 1, "a forged delivery started the flow")

    def repeated_delivery(self) -> None:
        """A delivery that comes again is taken, and starts nothing."""
        path = f"/webhooks/{self._find_subscription()['id']}/deliveries"
        (delivery,) = self.api.ask("GET", path)[1]["deliveries"]
        attempts = delivery["attempts"]
        self.api.ask("POST", f"{path}/{delivery['id']}/replay")

        def is_delivered() -> bool | None:
            (found,) = self.api.ask("GET", path)[1]["deliveries"]
            return (found["state"] == "delivered" and found["attempts"] > attempts) or None

        wait_for(is_delivered, "it is delivered again")
        states = self._list_states("ixToolsWhenIssued")
        kept = self._query("select staticData from workflow_entity where id = 'ixToolsWhenIssued'")
        expect(len(states) == 1, f"a repetition started the flow: {states}, n8n keeps {kept}")

    def rejected(self) -> None:
        """A person says no; the flow ends there and sends nothing."""
        self._order("2", quantity=2)
        wait_for(lambda: self._find_waiting() or None, "the flow waits")
        self._decide(approve=False)
        wait_for(lambda: self._list_states("ixToolsIssueWait").count("success") == 2 or None, "the flow ends")
        expect(len(self.collector.list_of("/issue_and_wait")) == 1, "it went on")

    def refused(self) -> None:
        """What the server refuses fails the flow, in the server's own words."""
        self._order("3", quantity=-1)
        wait_for(lambda: "error" in self._list_states("ixToolsIssueWait") or None, "the flow fails")
        (row,) = self._query(
            "select d.data from execution_data d join execution_entity e on e.id = d.executionId where e.status = 'error'"
        )
        expect("quantity" in row[0], "the error does not name the field")

    def _order(self, number: str, quantity: int) -> tuple[int, Any]:
        order = {
            "number": number,
            "client": "ACME",
            "item": "Revisão anual",
            "price": 100,
            "quantity": quantity,
        }
        return self.n8n.ask("POST", ORDER_PATH, order)

    def _decide(self, *, approve: bool) -> None:
        self.approvals.decide(str(self._find_waiting()["approval"]), approve=approve, by="terminal:ana")

    def _find_subscription(self) -> Json:
        return next((one for one in self._list_webhooks() if "approval" not in one), {})

    def _find_waiting(self) -> Any:
        return next((one for one in self._list_webhooks() if "approval" in one), None)

    def _list_webhooks(self) -> list[Json]:
        found: list[Json] = self.api.ask("GET", "/webhooks")[1]["webhooks"]
        return found

    def _list_states(self, flow: str) -> list[str]:
        return [
            row[0] for row in self._query("select status from execution_entity where workflowId = ?", flow)
        ]

    def _query(self, text: str, *values: str) -> list[tuple[Any, ...]]:
        opened = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30)
        try:
            return opened.execute(text, values).fetchall()
        finally:
            opened.close()


def wait_for(look: Callable[[], Any], what: str) -> Any:
    """Look until there is something, and return it."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.5)
    raise SystemExit(f"FAILED  {what}: not in {SECONDS:.0f} s")


def expect(holds: bool, problem: str) -> None:
    """End the walk if something is not as it should be."""
    if not holds:
        raise SystemExit(f"FAILED  {problem}")


def find_free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


def _find_line(path: Path, words: str) -> str | None:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return next((line for line in lines if words in line), None)


if __name__ == "__main__":
    sys.exit(main())
