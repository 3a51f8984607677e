"""A host without forms: the call waits, a person approves it in a terminal, and the same call goes through, once."""

import os
import re
import subprocess
import sys
from tempfile import TemporaryDirectory
from typing import Any

import anyio
from mcp import Client, StdioServerParameters

COMMAND = [sys.executable, "-m", "ix_tools"]
CALL = {
    "date": "today",
    "due_date": "+30d",
    "client": {"code": "ACME"},
    "items": [{"name": "Revisão", "unit_price": 100, "quantity": 1, "tax": "IVA23"}],
}


def person_types(identifier: str, environment: dict[str, str]) -> str:
    """`ix-tools approvals approve ID` at a terminal: the text is shown, and the id typed. A pipe would be refused."""
    import pty  # a terminal of our own; on Windows there is none, so there a person has to type

    ours, theirs = pty.openpty()
    command = [*COMMAND, "approvals", "approve", identifier]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, **environment}
    ):
        os.close(theirs)
        shown = read_until(ours, "To approve, type")
        os.write(ours, f"{identifier}\n".encode())
        shown += read_until(ours, "Repeat the same call")
    os.close(ours)
    return re.sub(r"\x1b\[[0-9;]*m", "", shown)  # without the colours


def read_until(terminal: int, words: str) -> str:
    """What a terminal shows, up to the end of the line with these words."""
    shown = b""
    while words.encode() not in shown:
        shown += os.read(terminal, 4096)
    return shown.decode()


async def main(folder: str) -> None:
    """Run the example."""
    environment = {
        "INVOICEXPRESS_LANGUAGE": "en",
        "INVOICEXPRESS_STORE": f"{folder}/approvals.db",
        "INVOICEXPRESS_APPROVAL_CHANNEL": "terminal",  # even a host with forms may not answer them
    }
    server = StdioServerParameters(
        command=COMMAND[0], args=[*COMMAND[1:], "serve", "--sandbox"], env=environment
    )
    async with Client(server) as host:

        async def call(tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
            body = (await host.call_tool(tool, arguments)).structured_content
            assert body is not None
            return body

        draft = (await call("create_invoice", CALL))["document"]
        finalize = {"document_type": "invoices", "document_id": draft["id"], "state": "finalized"}
        waiting = await call("change_state", finalize)
        print(f"the assistant is told: {waiting['status']}, sent: {waiting['sent']}")
        print(f"   {waiting['approval']['summary']}")
        print(f"   {waiting['approval']['command']}")

        shown = await anyio.to_thread.run_sync(person_types, waiting["approval"]["id"], environment)
        print("\n".join(f"   | {line}" for line in shown.splitlines()))

        issued = (await call("change_state", finalize))["document"]
        print(f"the same call again: issued as {issued['number']}, {issued['total']}")


with TemporaryDirectory() as folder:
    anyio.run(main, folder)
