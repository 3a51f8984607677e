"""What a host is told about ix-tools, and the forms in which hosts write it.

An entry never holds the API key: ix-tools reads it from its own store.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

NAME = "invoicexpress"
"""The name of the entry, unless another is given."""


@dataclass(frozen=True)
class Server:
    """How a host reaches ix-tools: by starting a program, or at a URL."""

    name: str = NAME
    command: tuple[str, ...] = ()
    """The program, an absolute path, and its arguments."""
    environment: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    """Address of an HTTP server's /mcp; the command is empty then."""
    token: str = field(default="", repr=False)
    """Its bearer token; empty where the host signs in by itself (OAuth) or nothing is asked."""

    @property
    def headers(self) -> dict[str, str]:
        """The HTTP headers of a remote server."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


Form = Callable[[Server], dict[str, Any]]


def build_plain(server: Server, *, url: str = "url") -> dict[str, Any]:
    """Build the usual form: command, args and env; or url and headers."""
    if server.url:
        return {url: server.url, **({"headers": server.headers} if server.token else {})}
    return {"command": server.command[0], "args": list(server.command[1:]), "env": dict(server.environment)}


def build_typed(server: Server) -> dict[str, Any]:
    """Build the form with a type: stdio or http."""
    return {"type": "http" if server.url else "stdio", **build_plain(server)}


def build_windsurf(server: Server) -> dict[str, Any]:
    """Build Windsurf's form, which calls the address serverUrl."""
    return build_plain(server, url="serverUrl")


def build_gemini(server: Server) -> dict[str, Any]:
    """Build Gemini CLI's form, which calls the address httpUrl."""
    return build_plain(server, url="httpUrl")


def build_copilot(server: Server) -> dict[str, Any]:
    """Build Copilot CLI's form, which names the tools that are allowed."""
    return {**build_typed(server), "tools": ["*"]}


def build_opencode(server: Server) -> dict[str, Any]:
    """Build opencode's form: the command is one list."""
    if server.url:
        return {"type": "remote", "enabled": True, **build_plain(server)}
    return {
        "type": "local",
        "enabled": True,
        "command": list(server.command),
        "environment": dict(server.environment),
    }


def build_goose(server: Server) -> dict[str, Any]:
    """Build goose's form: an extension of type stdio or streamable_http."""
    about = {"name": server.name, "enabled": True, "bundled": False, "timeout": 300}
    if server.url:
        return {"type": "streamable_http", "uri": server.url, "headers": server.headers, **about}
    return {
        "type": "stdio",
        "cmd": server.command[0],
        "args": list(server.command[1:]),
        "envs": dict(server.environment),
        **about,
    }


def build_codex(server: Server) -> dict[str, Any]:
    """Build Codex's form; it reads a token from a variable of its environment."""
    if server.url:
        return {"url": server.url, **({"bearer_token_env_var": "IX_TOOLS_TOKEN"} if server.token else {})}
    return build_plain(server)


def render_json(path: Sequence[str], entry: Mapping[str, Any]) -> str:
    """Render an entry at its path as JSON."""
    whole: Any = entry
    for name in reversed(path):
        whole = {name: whole}
    return json.dumps(whole, indent=2, ensure_ascii=False)


def render_toml(path: Sequence[str], entry: Mapping[str, Any]) -> str:
    """Render an entry as a TOML table, with its tables behind it."""
    lines = [f"[{'.'.join(map(_toml_key, path))}]"]
    inner: list[str] = []
    for name, value in entry.items():
        if isinstance(value, Mapping):
            if value:
                inner += ["", render_toml([*path, name], value)]
        else:
            lines.append(f"{_toml_key(name)} = {json.dumps(value, ensure_ascii=False)}")
    return "\n".join([*lines, *inner])


def _toml_key(name: str) -> str:
    bare = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if bare else json.dumps(name)


def render_yaml(path: Sequence[str], entry: Mapping[str, Any]) -> str:
    """Render an entry as YAML. Its values are JSON, which is YAML too."""
    lines = [f"{'  ' * depth}{json.dumps(name)}:" for depth, name in enumerate(path)]
    indent = "  " * len(path)
    lines += [f"{indent}{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in entry.items()]
    return "\n".join(lines)
