"""Servers in their own processes on ports of this machine, and a client that speaks both protocol versions by hand."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import httpx2

from tests.interfaces.server.in_process_server import ENVELOPE, build_call_headers

Json = dict[str, Any]
PATIENCE = 100
"""Seconds after which a silent server fails the test; a busy machine may be slow."""
READY = "ix-tools listens on "
PLAIN = (READY, "People sign in at ", "To sign in")
"""Begin of the lines for whoever started the server; every other line is JSON."""


def client() -> httpx2.Client:
    """Create a client without certificates, which take longer to read than a call takes."""
    return httpx2.Client(trust_env=False, verify=False, timeout=PATIENCE)


@dataclass
class Running:
    """A server process."""

    process: subprocess.Popen[str]
    url: str
    stderr_lines: list[str] = field(default_factory=list)
    """Lines of its standard error."""

    def post(self, path: str, body: Any, headers: Mapping[str, str]) -> httpx2.Response:
        """Send one request on its own connection, so that any worker may get it."""
        with client() as sender:
            return sender.post(f"{self.url}{path}", json=body, headers=dict(headers))

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx2.Response:
        with client() as sender:
            return sender.get(f"{self.url}{path}", headers=dict(headers or {}))

    def post_tool_call(self, name: str, arguments: Json, token: str, **params: Any) -> httpx2.Response:
        """Send a tool call of 2026-07-28 as a client that supports forms."""
        meta = {**ENVELOPE, "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}}}
        body = {"name": name, "arguments": arguments, "_meta": meta, **params}
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": body}
        return self.post("/mcp", call, build_call_headers(name, token))

    def call(self, name: str, arguments: Json, token: str, **params: Any) -> Json:
        """Return the structured content of a result, or the form request."""
        answer = self.post_tool_call(name, arguments, token, **params).json()
        result: Json = answer["result"]
        return result.get("structuredContent", result)

    def end(self) -> int:
        """Stop the server and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


@contextmanager
def run_server(
    folder: Path,
    env: Mapping[str, str],
    *options: str,
    under: Sequence[str] = (),
    stdout: IO[str] | int = subprocess.DEVNULL,
) -> Iterator[Running]:
    """Run a server until the block ends; `under` is a program that starts it."""
    folder.mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "SYSTEMROOT"}}
    process = subprocess.Popen(
        [*under, sys.executable, "-m", "ix_tools", "serve", "--http", "--port", "0", *options],
        env={**kept, "HOME": str(folder), **env},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stderr is not None
    lines: list[str] = []
    listening = threading.Thread(target=lines.extend, args=(process.stderr,), daemon=True)
    try:
        for line in process.stderr:
            lines.append(line)
            if line.startswith(READY):
                break
        assert "".join(lines[-1:]).startswith(READY), lines
        url = lines[-1].removeprefix(READY).strip()
        listening.start()
        yield Running(process, url, lines)
    finally:
        try:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(PATIENCE)
        finally:
            process.kill()
            if listening.ident is not None:
                listening.join()
            process.stderr.close()


def objects(lines: list[str]) -> list[Json]:
    """Parse the log lines as JSON."""
    return [json.loads(line) for line in lines if not line.startswith(PLAIN)]
