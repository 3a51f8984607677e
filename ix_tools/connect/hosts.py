"""The hosts that ix-tools can be connected with: where each keeps its servers, and in which form."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ix_tools.connect.entries import (
    Form,
    Server,
    build_codex,
    build_copilot,
    build_gemini,
    build_goose,
    build_opencode,
    build_plain,
    build_typed,
    build_windsurf,
    render_json,
    render_toml,
    render_yaml,
)
from ix_tools.i18n.messages import NO_MESSAGE, Message, message

System = Literal["linux", "darwin", "win32"]
Syntax = Literal["json", "toml", "yaml"]


@dataclass(frozen=True)
class Machine:
    """Where things are on this machine."""

    home: Path
    system: str = sys.platform
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    @classmethod
    def this(cls) -> "Machine":
        """Return this machine."""
        return cls(Path.home())

    def expand(self, path: str) -> Path:
        """Return a path that begins with ~ or with a folder of the system in angle brackets, such as <appdata>."""
        folders = {
            "<appdata>": self.environment.get("APPDATA") or str(self.home / "AppData" / "Roaming"),
            "<localappdata>": self.environment.get("LOCALAPPDATA") or str(self.home / "AppData" / "Local"),
            "<config>": self.environment.get("XDG_CONFIG_HOME") or str(self.home / ".config"),
            "~": str(self.home),
        }
        first, _, rest = path.partition("/")
        return Path(folders.get(first, first)) / rest

    def find_program(self, name: str) -> str | None:
        """Return the path of a program, if PATH leads to it."""
        return shutil.which(name, path=self.environment.get("PATH"))


Commands = Callable[[str, Server], list[list[str]]]
"""From a host's program and a server: the commands that add the server. All but the last may fail."""


@dataclass(frozen=True)
class Host:
    """A host and the way to connect it."""

    key: str
    """Its name on the command line."""
    title: str
    """Its name as its makers write it."""
    files: Mapping[str, Sequence[str]]
    """Where it keeps its servers, by system; "*" for any other. Of several, the first that exists or whose folder exists."""
    path: tuple[str, ...]
    """The names under which the entry stands in that file, without its own."""
    form: Form = build_plain
    syntax: Syntax = "json"
    program: str = ""
    """Its own program, if it can add servers."""
    commands: Commands | None = None
    channel: Literal["", "page"] = ""
    """Where people approve, if not the way that ix-tools finds out by itself."""
    folder_of_its_own: bool = True
    """Whether the folder of the file belongs to the host alone: then it shows that the host is there."""
    takes_url: bool = True
    """Whether its file takes servers at a URL."""
    before: Message = NO_MESSAGE
    """What the person does first."""
    after: Message = NO_MESSAGE
    """What the person does afterwards."""

    def locate(self, machine: Machine) -> Path:
        """Return the file on a machine."""
        places = [machine.expand(one) for one in self.files.get(machine.system, self.files.get("*", ()))]
        there = next((one for one in places if one.exists()), None)
        return there or next((one for one in places if one.parent.exists()), places[0])

    def is_found(self, machine: Machine) -> bool:
        """Tell whether the host seems to be on a machine."""
        file = self.locate(machine)
        has_folder = self.folder_of_its_own and file.parent.is_dir()
        return file.exists() or has_folder or bool(self.program and machine.find_program(self.program))

    def find_program(self, machine: Machine) -> str | None:
        """Return the host's own program, if it can add servers, is there and gets its arguments as they are.

        Windows hands those of a batch file to its shell, which reads the quotes of JSON again, and & in a path as a command.
        """
        found = machine.find_program(self.program) if self.program else None
        return None if found is None or found.lower().endswith((".bat", ".cmd")) else found

    def render(self, server: Server) -> str:
        """Render the entry as the person would type it into the file."""
        render = {"json": render_json, "toml": render_toml, "yaml": render_yaml}[self.syntax]
        return render([*self.path, server.name], self.form(server))


def _split_environment(server: Server, flag: str) -> list[str]:
    return [part for name, value in server.environment.items() for part in (flag, f"{name}={value}")]


def _build_claude(program: str, server: Server) -> list[list[str]]:
    entry = json.dumps(build_typed(server))
    return [
        [program, "mcp", "remove", "--scope", "user", server.name],  # it refuses a name that is there
        [program, "mcp", "add-json", "--scope", "user", server.name, entry],
    ]


def _build_codex(program: str, server: Server) -> list[list[str]]:
    if server.url:
        variable = ["--bearer-token-env-var", "IX_TOOLS_TOKEN"] if server.token else []
        return [[program, "mcp", "add", server.name, "--url", server.url, *variable]]
    return [[program, "mcp", "add", server.name, *_split_environment(server, "--env"), "--", *server.command]]


def _build_gemini(program: str, server: Server) -> list[list[str]]:
    if server.url:
        return [[program, "mcp", "add", "--scope", "user", "--transport", "http", server.name, server.url]]
    return [
        [program, "mcp", "add", "--scope", "user", *_split_environment(server, "--env"), server.name, *server.command]
    ]  # fmt: skip


def _build_vscode(program: str, server: Server) -> list[list[str]]:
    return [[program, "--add-mcp", json.dumps({"name": server.name, **build_typed(server)})]]


def _build_copilot(program: str, server: Server) -> list[list[str]]:
    if server.url:
        return [[program, "mcp", "add", "--transport", "http", server.name, server.url]]
    return [[program, "mcp", "add", server.name, *_split_environment(server, "--env"), "--", *server.command]]


QUIT_FIRST = message("Quit the program first: while it runs, it may write its file anew without the entry.")
RESTART = message("Start the program again.")

HOSTS: tuple[Host, ...] = (
    Host(
        "claude-desktop",
        "Claude Desktop",
        {
            "darwin": ["~/Library/Application Support/Claude/claude_desktop_config.json"],
            "win32": [
                "<localappdata>/Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude/claude_desktop_config.json",
                "<appdata>/Claude/claude_desktop_config.json",
            ],
            "*": ["<config>/Claude/claude_desktop_config.json"],
        },
        ("mcpServers",),
        channel="page",
        takes_url=False,
        before=QUIT_FIRST,
        after=RESTART,
    ),
    Host(
        "claude-code",
        "Claude Code",
        {"*": ["~/.claude.json"]},
        ("mcpServers",),
        build_typed,
        program="claude",
        commands=_build_claude,
        folder_of_its_own=False,
    ),
    Host("cursor", "Cursor", {"*": ["~/.cursor/mcp.json"]}, ("mcpServers",), channel="page", after=RESTART),
    Host(
        "vscode",
        "VS Code",
        {
            "darwin": ["~/Library/Application Support/Code/User/mcp.json"],
            "win32": ["<appdata>/Code/User/mcp.json"],
            "*": ["<config>/Code/User/mcp.json"],
        },
        ("servers",),
        build_typed,
        program="code",
        commands=_build_vscode,
        channel="page",
    ),
    Host(
        "vscode-insiders",
        "VS Code Insiders",
        {
            "darwin": ["~/Library/Application Support/Code - Insiders/User/mcp.json"],
            "win32": ["<appdata>/Code - Insiders/User/mcp.json"],
            "*": ["<config>/Code - Insiders/User/mcp.json"],
        },
        ("servers",),
        build_typed,
        program="code-insiders",
        commands=_build_vscode,
        channel="page",
    ),
    Host(
        "windsurf",
        "Windsurf",
        {"*": ["~/.codeium/windsurf/mcp_config.json"]},
        ("mcpServers",),
        build_windsurf,
        channel="page",
        after=RESTART,
    ),
    Host(
        "zed",
        "Zed",
        {"win32": ["<appdata>/Zed/settings.json"], "*": ["<config>/zed/settings.json"]},
        ("context_servers",),
        channel="page",
    ),
    Host("lm-studio", "LM Studio", {"*": ["~/.lmstudio/mcp.json"]}, ("mcpServers",), channel="page"),
    Host(
        "goose",
        "goose",
        {"win32": ["<appdata>/Block/goose/config/config.yaml"], "*": ["<config>/goose/config.yaml"]},
        ("extensions",),
        build_goose,
        syntax="yaml",
        channel="page",
    ),
    Host(
        "codex",
        "Codex",
        {"*": ["~/.codex/config.toml"]},
        ("mcp_servers",),
        build_codex,
        syntax="toml",
        program="codex",
        commands=_build_codex,
    ),
    Host(
        "gemini-cli",
        "Gemini CLI",
        {"*": ["~/.gemini/settings.json"]},
        ("mcpServers",),
        build_gemini,
        program="gemini",
        commands=_build_gemini,
    ),
    Host(
        "opencode",
        "opencode",
        {"*": ["<config>/opencode/opencode.json", "<config>/opencode/opencode.jsonc"]},
        ("mcp",),
        build_opencode,
    ),
    Host(
        "copilot-cli",
        "Copilot CLI",
        {"*": ["~/.copilot/mcp-config.json"]},
        ("mcpServers",),
        build_copilot,
        program="copilot",
        commands=_build_copilot,
    ),
    Host("kiro", "Kiro", {"*": ["~/.kiro/settings/mcp.json"]}, ("mcpServers",), channel="page"),
)


def list_found(machine: Machine) -> Iterator[Host]:
    """Yield the hosts that seem to be on a machine."""
    return (one for one in HOSTS if one.is_found(machine))
