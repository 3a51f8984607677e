"""Run a LangChain agent with the tools of langchain-mcp-adapters against the scripted model."""

import asyncio
import sys

from langchain.agents import create_agent
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_openai import ChatOpenAI


async def main(model: str, command: list[str]) -> None:
    """Connect and run."""
    client = MultiServerMCPClient({"box": {"transport": "stdio", "command": command[0], "args": command[1:]}})
    async with client.session("box") as session:
        from langchain_mcp_adapters.tools import load_mcp_tools

        chat = ChatOpenAI(model="scripted", base_url=f"{model}/v1", api_key="none")
        agent = create_agent(chat, await load_mcp_tools(session))
        await agent.ainvoke({"messages": [("user", "Do it.")]}, {"recursion_limit": 60})


asyncio.run(main(sys.argv[1], sys.argv[2:]))
