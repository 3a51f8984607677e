"""A real n8n on loopback, with an empty home, beside ix-tools' server with the sandbox; what `real_n8n` walks through."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2

from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.storage.database import Store
from tools.nocode import mcp_client_flow, n8n
from tools.release.npm import install_npm, name_node_package
from tools.release.project import ROOT
from tools.release.shell import BIN, run

N8N = "2.41.1"
FLOWS = ROOT / "examples" / "n8n"
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
    bearer = mcp_client_flow.build_credential(api.token)
    (folder / "credentials.json").write_text(json.dumps([stored, bearer]), encoding="utf-8")
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
        _publish(programs, environment, folder, flow)
    _publish(programs, environment, folder, mcp_client_flow.build_flow(api.address))
    return environment


def _publish(programs: Path, environment: Mapping[str, str], folder: Path, flow: Json) -> None:
    path = folder / f"{flow['id']}.json"
    path.write_text(json.dumps(flow), encoding="utf-8")
    call_n8n(programs, environment, "import:workflow", f"--input={path}")
    call_n8n(programs, environment, "publish:workflow", f"--id={flow['id']}")


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


def wait_for(look: Callable[[], Any], what: str) -> Any:
    """Look until there is something, and return it."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.5)
    raise SystemExit(f"FAILED  {what}: not in {SECONDS:.0f} s")


def find_free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


def _find_line(path: Path, words: str) -> str | None:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return next((line for line in lines if words in line), None)
