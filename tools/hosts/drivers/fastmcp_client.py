"""Make the script's calls with FastMCP's client, and print the results."""

import asyncio
import json
import re
import sys

from fastmcp import Client
from fastmcp.client.transports import StdioTransport


async def main(steps: list[dict], command: list[str]) -> None:
    """Connect, list, call."""
    results = {}
    async with Client(StdioTransport(command[0], command[1:])) as client:
        await client.list_tools()
        for step in steps:
            number = re.search(r'"document_id":("[^"]*"|\d+)', results.get("create_invoice", ""))
            arguments = {
                name: json.loads(number.group(1)) if value == "$document_id" and number else value
                for name, value in step["arguments"].items()
            }
            result = await client.call_tool(step["tool"], arguments, raise_on_error=False)
            results[step["tool"]] = json.dumps(result.structured_content, separators=(",", ":"))
    print(json.dumps(results))


asyncio.run(main(json.loads(sys.argv[1]), sys.argv[2:]))
