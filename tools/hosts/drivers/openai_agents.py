"""Run an agent of the OpenAI Agents SDK, with schemas in strict mode, against the scripted model."""

import asyncio
import sys

from agents import Agent, OpenAIResponsesModel, Runner, set_tracing_disabled
from agents.mcp import MCPServerStdio
from openai import AsyncOpenAI


async def main(model: str, command: list[str]) -> None:
    """Connect and run."""
    set_tracing_disabled(True)
    client = AsyncOpenAI(base_url=f"{model}/v1", api_key="none")
    async with MCPServerStdio(
        params={"command": command[0], "args": command[1:]}, client_session_timeout_seconds=60
    ) as server:
        agent = Agent(
            name="office",
            mcp_servers=[server],
            mcp_config={"convert_schemas_to_strict": True},
            model=OpenAIResponsesModel("scripted", client),
        )
        await Runner.run(agent, "Do it.", max_turns=30)


asyncio.run(main(sys.argv[1], sys.argv[2:]))
