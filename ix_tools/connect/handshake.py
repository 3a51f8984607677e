"""Prove that a host can use the entry: start exactly its command, as a host does, or ask exactly its URL."""

import json
import os
import queue
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

from ix_tools.connect.entries import Server
from ix_tools.i18n.messages import Message, message, verbatim
from ix_tools.version import __version__

SECONDS = 60
"""For the whole conversation: the first start of an installation compiles it."""
PROTOCOL = "2025-11-25"
PASSED_ON = (
    "HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "SYSTEMROOT", "TEMP", "TMP", "LANG", "LOGNAME", "USER",
    "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS",
    "IX_TOOLS_CONFIG", "INVOICEXPRESS_LANGUAGE",
)  # fmt: skip
"""Variables of the environment that are passed on. Hosts pass on few; PATH is not among them, so the command must start without it."""
CHECK = "list_taxes"
"""The call that proves the account: it only reads."""


@dataclass(frozen=True)
class Proof:
    """What the server answered."""

    ok: bool
    tools: int = 0
    """How many tools it lists."""
    seconds: float = 0.0
    """Seconds from the start to that list."""
    account: Message | None = None
    """What is wrong with the account; None if the call went through or was not made."""
    trouble: Message | None = None
    """Why the server did not answer."""


class _Failed(Exception):
    def __init__(self, reason: Message) -> None:
        super().__init__(str(reason))
        self.reason = reason


class _Line(Protocol):
    def ask(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]: ...

    def tell(self, method: str) -> None: ...


def prove(server: Server, *, calls: bool, environment: Mapping[str, str] | None = None) -> Proof:
    """Talk to the server as a host does.

    Args:
        calls: whether to read the account's VAT rates too.
        environment: what this machine's environment is taken to be.
    """
    began = time.monotonic()
    try:
        with _open(server, os.environ if environment is None else environment) as line:
            about = {"name": "ix-tools connect", "version": __version__}
            line.ask("initialize", {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": about})
            line.tell("notifications/initialized")
            tools = line.ask("tools/list", {}).get("tools")
            seconds = time.monotonic() - began
            if not isinstance(tools, list) or not tools:
                raise _Failed(message("it lists no tools"))
            account = _check_account(line) if calls else None
            return Proof(True, len(tools), seconds, account)
    except _Failed as failed:
        return Proof(False, trouble=failed.reason)


def _check_account(line: _Line) -> Message | None:
    result = line.ask("tools/call", {"name": CHECK, "arguments": {}})
    if not result.get("isError"):
        return None
    said = result.get("structuredContent") or {}
    text = said.get("for_person") or said.get("message") or "\n".join(
        str(one.get("text", "")) for one in result.get("content", [])
    )  # fmt: skip
    return verbatim(str(text)[:500].rstrip("."))


@contextmanager
def _open(server: Server, environment: Mapping[str, str]) -> Iterator[_Line]:
    if server.url:
        yield _Http(server)
        return
    passed = {name: environment[name] for name in PASSED_ON if name in environment}
    try:
        process = subprocess.Popen(  # noqa: S603 - the command that the host will start
            list(server.command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**passed, **server.environment},
        )
    except OSError as trouble:
        raise _Failed(
            message("it does not start ({reason})", reason=trouble.strerror or str(trouble))
        ) from None
    line = _Stdio(process)
    try:
        yield line
    finally:
        line.close()


class _Stdio:
    """A conversation over a program's standard input and output."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._answers: queue.Queue[bytes] = queue.Queue()
        self._said: list[bytes] = []
        self._number = 0
        self._until = time.monotonic() + SECONDS
        assert process.stdout is not None
        assert process.stderr is not None
        self._readers = [
            threading.Thread(target=self._read, args=(process.stdout,), daemon=True),
            threading.Thread(target=self._listen, args=(process.stderr,), daemon=True),
        ]
        for one in self._readers:
            one.start()

    def ask(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        self._number += 1
        self._write({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params})
        while True:
            try:
                answer = self._answers.get(timeout=max(0.0, self._until - time.monotonic()))
            except queue.Empty:
                raise _Failed(message("it does not answer within {seconds} s", seconds=SECONDS)) from None
            if not answer:
                self._readers[1].join(1)
                said = b"".join(self._said).decode(errors="replace").strip()[-500:]
                raise _Failed(message("it ended: {said}", said=verbatim(said)))
            read = _parse(answer)
            if read.get("id") == self._number:
                return _get_result(read)

    def tell(self, method: str) -> None:
        self._write({"jsonrpc": "2.0", "method": method})

    def _write(self, sent: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):  # it ended; what it said is told when the answer is read
            self._process.stdin.write(json.dumps(sent).encode() + b"\n")
            self._process.stdin.flush()

    def _read(self, stream: Any) -> None:
        for line in stream:
            self._answers.put(line)
        self._answers.put(b"")

    def _listen(self, stream: Any) -> None:
        for line in stream:
            self._said = [*self._said[-20:], line]

    def close(self) -> None:
        """End the server as hosts do: its input closes, and where that does not help, it is ended."""
        process = self._process
        with suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for one in self._readers:
            one.join(5)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


class _Http:
    """A conversation with a server at a URL."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._number = 0
        self._session = ""

    def ask(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        self._number += 1
        body = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}
        return _get_result(_parse(self._post(body)))

    def tell(self, method: str) -> None:
        self._post({"jsonrpc": "2.0", "method": method})

    def _post(self, body: Mapping[str, Any]) -> bytes:
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": PROTOCOL,
            **self._server.headers,
        }
        if self._session:
            headers["Mcp-Session-Id"] = self._session
        request = urllib.request.Request(self._server.url, json.dumps(body).encode(), headers)  # noqa: S310 - http or https, checked
        opener = urllib.request.build_opener(_NoRedirect())
        try:
            with opener.open(request, timeout=SECONDS) as answer:
                self._session = answer.headers.get("Mcp-Session-Id") or self._session
                read: bytes = answer.read()
        except urllib.error.HTTPError as refused:
            refused.close()
            if refused.code in {401, 403}:
                raise _Failed(
                    message("it does not accept the token ({status})", status=refused.code)
                ) from None
            raise _Failed(message("it answers with status {status}", status=refused.code)) from None
        except OSError as trouble:
            reason = getattr(trouble, "reason", None) or trouble
            raise _Failed(message("it cannot be reached ({reason})", reason=verbatim(str(reason)))) from None
        # A stream of events: the answer is the last one's data.
        data = [line[5:].strip() for line in read.splitlines() if line.startswith(b"data:")]
        return data[-1] if data else read


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would take the token elsewhere."""

    def redirect_request(self, *given: Any, **named: Any) -> None:
        return None


def _parse(answer: bytes) -> dict[str, Any]:
    try:
        read = json.loads(answer)
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise _Failed(message("it answers something else than MCP"))
    return read


def _get_result(read: Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(result := read.get("result"), dict):
        return result
    error = read.get("error")
    said = error.get("message", "") if isinstance(error, dict) else ""
    raise _Failed(message("it refuses: {said}", said=verbatim(str(said)[:300])))
