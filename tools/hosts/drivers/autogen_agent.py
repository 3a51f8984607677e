"""Run an AutoGen agent with mcp_server_tools, which drop what a schema does not name, against the scripted model."""

import asyncio
import sys

from autogen_agentchat.agents import AssistantAgent
from autogen_core import CancellationToken
from autogen_ext.models.openai import OpenAIChatCompletionClient
from autogen_ext.tools.mcp import StdioServerParams, create_mcp_server_session, mcp_server_tools


async def main(model: str, command: list[str]) -> None:
    """Connect and run."""
    params = StdioServerParams(command=command[0], args=command[1:], read_timeout_seconds=60)
    client = OpenAIChatCompletionClient(
        model="scripted",
        base_url=f"{model}/v1",
        api_key="none",
        model_info={
            "vision": False,
            "function_calling": True,
            "json_output": False,
            "family": "unknown",
            "structured_output": False,
        },
    )
    async with create_mcp_server_session(params) as session:
        await session.initialize()
        tools = await mcp_server_tools(params, session=session)
        agent = AssistantAgent("office", client, tools=tools, max_tool_iterations=30)
        await agent.run(task="Do it.", cancellation_token=CancellationToken())


asyncio.run(main(sys.argv[1], sys.argv[2:]))
