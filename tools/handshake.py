"""Start an installed ix-tools as a chat client does: `python tools/handshake.py COMMAND [ARGUMENT...]`.

For both protocol eras: connect over stdio, list the tools, call list_taxes, close. It prints the results, and exits with 1
when a response is wrong, when stdout has anything except JSON-RPC, or when the server does not stop.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import anyio
from mcp import Client, StdioServerParameters
from mcp.client.client import ConnectMode

ERAS: dict[str, tuple[ConnectMode, str]] = {
    "modern": ("auto", "2026-07-28"),
    "legacy": ("legacy", "2025-11-25"),
}
RECORDER = [sys.executable, "-I", str(Path(__file__).resolve()), "--recording"]
SECONDS = 60
CALL = "list_taxes"
EXPECTED = "IVA23"


class WrongAnswer(Exception):
    """The server's response is not what a chat client needs."""


def main(command: list[str]) -> int:
    """Run a conversation per era."""
    if command[:1] == ["--recording"]:
        return record_server(Path(command[1]), command[2:])
    failed = False
    for era in ERAS:
        with tempfile.TemporaryDirectory() as folder:
            try:
                print(f"{era}: {anyio.run(talk, era, command, Path(folder))}", flush=True)
            except (Exception, ExceptionGroup) as problem:  # noqa: BLE001  whatever it is, it is reported
                failed = True
                print(f"{era}: FAILED: {get_innermost_error(problem)}", flush=True)
    return 1 if failed else 0


async def talk(era: str, command: list[str], folder: Path) -> str:
    """Run a conversation in an empty home and environment, and record stdout."""
    mode, protocol = ERAS[era]
    recording = folder / "stdout"
    started = time.perf_counter()
    server = StdioServerParameters(
        command=RECORDER[0],
        args=[*RECORDER[1:], str(recording), *command],
        env={"HOME": str(folder), "USERPROFILE": str(folder)},
        cwd=folder,
    )
    with anyio.fail_after(SECONDS):
        async with Client(server, mode=mode) as client:
            tools = (await client.list_tools()).tools
            listed_after = time.perf_counter() - started
            answer = await client.call_tool(CALL, {})
            spoken, about = client.protocol_version, client.server_info
    if spoken != protocol:
        raise WrongAnswer(f"speaks {spoken}, not {protocol}")
    if about is None or about.name == "":
        raise WrongAnswer("does not say its name")
    if CALL not in [tool.name for tool in tools]:
        raise WrongAnswer(f"{CALL} is not among the {len(tools)} tools")
    shown = answer.model_dump_json(by_alias=True, exclude_none=True)
    if answer.is_error or EXPECTED not in shown:
        raise WrongAnswer(f"{CALL} answered {shown[:500]}")
    lines = count_json_lines(recording.read_bytes())
    status = recording.with_suffix(".status")
    if not status.exists() or status.read_text() != "0":
        raise WrongAnswer("did not stop by itself, with status 0, when its input closed")
    return (
        f"{about.name} {about.version}, protocol {spoken}, {len(tools)} tools after {listed_after:.2f} s, "
        f"{CALL} answered with {len(shown)} characters, {lines} lines on stdout and all of them JSON-RPC"
    )


def count_json_lines(stdout: bytes) -> int:
    """Return the number of lines.

    Raises: WrongAnswer when one is not a JSON-RPC message.
    """
    lines = stdout.splitlines()
    for line in lines:
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
            raise WrongAnswer(f"wrote to stdout: {line[:200]!r}")
    return len(lines)


def record_server(recording: Path, command: list[str]) -> int:
    """Run the server, pass its stdout to the client, and keep a copy."""
    with recording.open("wb") as copy, subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        while chunk := server.stdout.read1(65536):  # type: ignore[attr-defined]
            copy.write(chunk)
            copy.flush()
            sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
    recording.with_suffix(".status").write_text(str(server.returncode))
    return server.returncode


def get_innermost_error(problem: BaseException) -> str:
    """Return the innermost exception in one line."""
    while isinstance(problem, BaseExceptionGroup):
        problem = problem.exceptions[0]
    return f"{type(problem).__name__}: {problem}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
