"""Minimal MCP client over stdio: JSON lines to a server's standard input and back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

Json = dict[str, Any]

ROOT = Path(__file__).resolve().parent.parent
MODERN, LEGACY = "2026-07-28", "2025-11-25"
ERAS = (MODERN, LEGACY)
CLIENT = {"name": "bench", "version": "1"}
ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": CLIENT,
    "io.modelcontextprotocol/clientCapabilities": {},
}
SECONDS = 30

BARE = [sys.executable, str(ROOT / "bench" / "bare_server.py")]
MODULE = [sys.executable, "-m", "ix_tools", "serve"]
WITHOUT_WAITS = [sys.executable, str(ROOT / "tests/programs/without_waits.py"), "serve"]
"""The same server, which never waits for a place in the account's limit of requests a minute."""
SCRIPT = [str(Path(sys.executable).with_name("ix-tools")), "serve"]


class Server:
    """A server in a separate process during a `with` block, in one of the two protocol eras."""

    def __init__(
        self, command: Sequence[str], era: str, folder: Path, env: Mapping[str, str] | None = None
    ) -> None:
        self._command, self._era, self._folder, self._env = command, era, folder, env or {}
        self._id = 0

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            env=build_environment(self._folder, self._env),
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to: IO[bytes] = self._process.stdin
        self._from: IO[bytes] = self._process.stdout
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._to.close()
        try:
            self._process.wait(SECONDS)
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise
        finally:
            self._from.close()

    def initialize(self) -> None:
        """Send the handshake of the older era; the newer one has none."""
        if self._era == LEGACY:
            self.ask("initialize", {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": CLIENT})
            self._write({"method": "notifications/initialized"})

    def ask(self, method: str, params: Json | None = None) -> bytes:
        """Send a request and return the line of the response."""
        params = dict(params or {})
        if self._era == MODERN:
            params["_meta"] = ENVELOPE
        self._id += 1
        self._write({"id": self._id, "method": method, "params": params})
        return self._from.readline()

    def _write(self, message: Json) -> None:
        self._to.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self._to.flush()


def parse_result(line: bytes) -> Json:
    """Return the result of a response; an error ends the benchmark."""
    message = json.loads(line or b"{}")
    if "result" not in message or message["result"].get("isError"):
        raise RuntimeError(f"the server answered {line[:500]!r}")
    found: Json = message["result"]
    return found


def build_environment(folder: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Build the environment that a host gives an installed server: an empty home, no account, bytecode allowed."""
    kept = {
        name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "SYSTEMROOT", "TMPDIR"}
    }
    return {**kept, "HOME": str(folder), "USERPROFILE": str(folder), **(more or {})}


def end_on_sigterm() -> None:
    """Turn SIGTERM into an exit, so that `with` blocks clean up."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
