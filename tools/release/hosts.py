"""Judge what `ix-tools connect` writes: by the assistants' own programs where they run here, by published descriptions elsewhere."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

from ix_tools.connect.entries import NAME, Server
from ix_tools.connect.hosts import HOSTS, Host, Machine, System
from tools.release.npm import install_npm
from tools.release.shell import BIN, Failed, run


@dataclass(frozen=True)
class Program:
    """A host's own program, and how it is asked for its servers."""

    host: str
    package: str
    """Its package of npm."""
    program: str
    words: Sequence[str] = ("mcp", "list")
    wanted: str = NAME
    """What it must say."""


PROGRAMS = (
    Program("claude-code", "@anthropic-ai/claude-code@2.1.328", "claude"),
    Program("codex", "@openai/codex@0.169.0", "codex"),
    Program("gemini-cli", "@google/gemini-cli@0.61.0", "gemini"),
    Program("opencode", "opencode-ai@1.18.33", "opencode"),
    Program("copilot-cli", "@github/copilot@1.0.102", "copilot", ("mcp", "get", NAME), "Status: Enabled"),
)
DESCRIPTIONS = "@gleanwork/mcp-config-schema@5.2.0"
"""Hosts as another project describes them (MIT): file by system, name of the list of servers, names in an entry."""
CALLED = {"gemini": "gemini-cli"}
"""Hosts that it calls otherwise."""
DIFFERS = {("goose", "win32")}
"""Places where it is known to be wrong: goose's own code takes the folder of its maker's settings there."""
LOCAL = Server(command=("/opt/ix-tools", "serve"), environment={"INVOICEXPRESS_ACCOUNT": "acme"})
REMOTE = Server(url="https://invoices.example.com/mcp")


def check_hosts(folder: Path) -> str:
    """Connect the hosts that run here, each in a home of its own, and compare all others with a published description."""
    told = [_ask_program(folder / one.host, one) for one in PROGRAMS]
    described = _compare_descriptions()
    return f"read by {', '.join(told)}; as described: {', '.join(described)}"


def _ask_program(home: Path, asked: Program) -> str:
    """Connect a host and let its own program read what was written."""
    home.mkdir()
    programs = install_npm(asked.package)
    env = {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local/share"),
        "PATH": os.pathsep.join([str(programs), os.environ["PATH"]]),
        "INVOICEXPRESS_LANGUAGE": "en",
    }
    run(BIN / "ix-tools", "connect", asked.host, "--sandbox", "--yes", folder=home, env=env)
    said = run(programs / asked.program, *asked.words, folder=home, env=env, seconds=120)
    if asked.wanted not in said:
        raise Failed(f"{asked.host} does not know it:\n{said}")
    return asked.host


def _compare_descriptions() -> list[str]:
    """Return the hosts whose form and file are as another project describes them."""
    folder = install_npm(DESCRIPTIONS, runs_scripts=False).parent / "@gleanwork/mcp-config-schema/configs"
    hosts = {host.key: host for host in HOSTS}
    found = []
    for file in sorted(folder.glob("*.json")):
        told = json.loads(file.read_text(encoding="utf-8"))
        host = hosts.get(CALLED.get(told["id"], told["id"]))
        if host is None:
            continue
        if problems := [*_compare_form(host, told), *_compare_places(host, told)]:
            raise Failed("\n".join(problems))
        found.append(host.key)
    if len(found) < 9:
        raise Failed(f"only {found} are described")
    return found


def _compare_form(host: Host, told: Mapping[str, Any]) -> list[str]:
    form = told["configStructure"]
    problems = []
    if host.path != (form["serversPropertyName"],):
        problems.append(f"{host.key}: the servers stand under {form['serversPropertyName']}")
    kinds: list[tuple[Server, str, tuple[str, ...]]] = [
        (LOCAL, "stdioPropertyMapping", ("command", "args", "env"))
    ]
    if host.takes_url:
        kinds.append((REMOTE, "httpPropertyMapping", ("url",)))
    for server, kind, parts in kinds:
        entry, names = host.form(server), form[kind]
        missing = [names[f"{one}Property"] for one in parts if names[f"{one}Property"] not in entry]
        problems += [f"{host.key}: no {one} in {entry}" for one in missing]
        wanted = names.get("typeValue")
        if wanted and "type" in entry and entry["type"] != wanted:
            problems.append(f"{host.key}: the type of {entry} is {wanted}")
    return problems


def _compare_places(host: Host, told: Mapping[str, Any]) -> list[str]:
    """Compare the files by system; a folder of Windows is written with its variable."""
    home = Path("/people/ana")
    windows = {"%APPDATA%": home / "AppData/Roaming", "%USERPROFILE%": home}
    problems = []
    systems: Sequence[System] = ("linux", "darwin", "win32")
    for system in systems:
        path = told["configPath"].get(system)
        if path is None or (host.key, system) in DIFFERS:
            continue
        if system == "win32":
            first, *rest = PureWindowsPath(path).parts
            there = windows[first].joinpath(*rest)
        else:
            there = Path(path.replace("$HOME", str(home)))
        machine = Machine(home, system, {})
        places = [machine.expand(one) for one in host.files.get(system, host.files.get("*", ()))]
        if there not in places:
            problems.append(f"{host.key} on {system}: {there} is none of {places}")
    return problems
