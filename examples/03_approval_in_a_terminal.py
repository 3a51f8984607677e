"""A host without forms, or an assistant that is not to decide: the call waits, a person approves it in a terminal, and the same call goes through once."""

import os
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
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, **environment}):
        os.close(theirs)
        shown = ""
        while f"type {identifier}" not in shown:
            shown += os.read(ours, 1024).decode()
        os.write(ours, f"{identifier}\n".encode())
        while "Repeat the same call" not in shown:
            shown += os.read(ours, 1024).decode()
    os.close(ours)
    return shown


async def main(folder: str) -> None:
    """Run the example."""
    environment = {
        "INVOICEXPRESS_LANGUAGE": "en",
        "INVOICEXPRESS_STORE": f"{folder}/approvals.db",
        "INVOICEXPRESS_APPROVAL_CHANNEL": "terminal",  # even a host with forms may not answer them
        "TERM": "dumb",
    }
    server = StdioServerParameters(command=COMMAND[0], args=[*COMMAND[1:], "serve", "--sandbox"], env=environment)
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
