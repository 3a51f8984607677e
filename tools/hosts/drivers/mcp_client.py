"""Make the script's calls with the MCP Python SDK of this environment (1.x), and print the results."""

import asyncio
import json
import re
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


async def main(steps: list[dict], command: list[str]) -> None:
    """Connect, list, call."""
    results = {}
    async with (
        stdio_client(StdioServerParameters(command=command[0], args=command[1:])) as (read, write),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        await session.list_tools()
        for step in steps:
            number = re.search(r'"document_id":("[^"]*"|\d+)', results.get("create_invoice", ""))
            arguments = {
                name: json.loads(number.group(1)) if value == "$document_id" and number else value
                for name, value in step["arguments"].items()
            }
            result = await session.call_tool(step["tool"], arguments)
            results[step["tool"]] = json.dumps(result.structuredContent, separators=(",", ":"))
    print(json.dumps(results))


asyncio.run(main(json.loads(sys.argv[1]), sys.argv[2:]))
