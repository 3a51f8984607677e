"""Run an agent of pydantic-ai, with OpenAI's schemas, against the scripted model."""

import asyncio
import sys

from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider


async def main(model: str, command: list[str]) -> None:
    """Connect and run."""
    server = MCPToolset(Client(StdioTransport(command[0], command[1:])))
    provider = OpenAIProvider(base_url=f"{model}/v1", api_key="none")
    agent = Agent(OpenAIChatModel("gpt-4o", provider=provider), toolsets=[server])
    async with agent:
        await agent.run("Do it.")


asyncio.run(main(sys.argv[1], sys.argv[2:]))
