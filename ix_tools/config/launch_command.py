"""Build a command line for this installation of ix-tools that a person can copy into a terminal.

    a script                 /opt/books/bin/ix-tools approvals approve K7M2QX4R
    python -m ix_tools       /opt/books/bin/python -m ix_tools approvals approve K7M2QX4R
    uvx                      uvx --from ix-tools==1.0.0 ix-tools approvals approve K7M2QX4R

Hosts start servers with their own environment, so the bare name is often not on the PATH of a person's terminal.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlsplit

NAME = "ix-tools"
EPHEMERAL = "archive-v"
"""Prefix of the cache folders in which uvx creates environments. They disappear when the cache is cleaned."""


def format_launch_command(*words: str) -> str:
    """Return the command line that runs ix-tools with these arguments, quoted for a terminal of this system."""
    whole = [*_get_launch_prefix(), *words]
    return subprocess.list2cmdline(whole) if os.name == "nt" else shlex.join(whole)


def list_launch_words(*words: str) -> tuple[str, ...]:
    """Return the words that run ix-tools with these arguments, for a host, which has no PATH: the program's path is whole."""
    program, *rest = _get_launch_prefix()
    return (shutil.which(program) or program, *rest, *words)


@cache
def _get_launch_prefix() -> tuple[str, ...]:
    return find_launch_prefix(sys.argv[0], Path(sys.prefix), Path(sys.executable), os.environ)


def find_launch_prefix(
    started: str, prefix: Path, python: Path, environment: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the words that start ix-tools, derived from how this process was started.

    Args:
        started: The path that was run (`sys.argv[0]`).
        prefix: The environment (`sys.prefix`).
        python: Its interpreter.
        environment: The environment variables.
    """
    if any(part.startswith(EPHEMERAL) for part in prefix.parts):
        source = find_install_source()
        if source:
            return (*_find_uvx(environment), "--from", source, NAME)
    script = Path(started)
    if script.stem == NAME:
        return (str(script.absolute()),)
    module = script.name == "__main__.py" and script.parent.name == "ix_tools"
    beside = python.parent / (f"{NAME}.exe" if os.name == "nt" else NAME)
    if not module and beside.is_file():
        return (str(beside.absolute()),)  # another program that uses ix-tools as a library
    return (str(python.absolute()), "-m", "ix_tools")


def _find_uvx(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the path of uvx; uv passes its own path in UV to the programs that it runs."""
    uv = environment.get("UV", "")
    return (uv, "tool", "run") if uv and not shutil.which("uvx") else ("uvx",)


def find_install_source() -> str:
    """Return the package source of this installation in uvx's syntax (PEP 610), or "" when it is not certain."""
    try:
        installed = metadata.distribution(NAME)
        text = installed.read_text("direct_url.json")
        origin = json.loads(text) if text else None
    except (metadata.PackageNotFoundError, OSError, ValueError):
        return ""
    if origin is None:
        return f"{NAME}=={installed.version}"
    url = str(origin.get("url", ""))
    parts = urlsplit(url)
    if parts.username or parts.password:
        return ""  # a URL that contains a secret is not shown
    if parts.scheme == "file":
        return unquote(parts.path) if os.name != "nt" else url
    vcs = origin.get("vcs_info")
    return f"{vcs['vcs']}+{url}@{vcs['commit_id']}" if vcs else url
