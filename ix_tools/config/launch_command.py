"""The command line that starts this very ix-tools once more, for a person to copy into a terminal.

    a script                 /opt/books/bin/ix-tools approvals approve K7M2QX4R
    python -m ix_tools       /opt/books/bin/python -m ix_tools approvals approve K7M2QX4R
    uvx                      uvx --from ix-tools==1.0.0 ix-tools approvals approve K7M2QX4R

Hosts start servers with an environment of their own, so that the bare name is often not on the PATH of a person's terminal.
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
"""What the folder of uv's cache begins with where uvx makes environments; they go when the cache is cleaned."""


def format_launch_command(*words: str) -> str:
    """These words after what starts ix-tools, quoted for a terminal of this system."""
    whole = [*_get_launch_prefix(), *words]
    return subprocess.list2cmdline(whole) if os.name == "nt" else shlex.join(whole)


@cache
def _get_launch_prefix() -> tuple[str, ...]:
    return find_launch_prefix(sys.argv[0], Path(sys.prefix), Path(sys.executable), os.environ)


def find_launch_prefix(
    started: str, prefix: Path, python: Path, environment: Mapping[str, str]
) -> tuple[str, ...]:
    """What starts ix-tools, from how this process was started.

    `started`: the path that was run (`sys.argv[0]`); `prefix`, `python`: the environment and its interpreter.
    """
    if any(part.startswith(EPHEMERAL) for part in prefix.parts):
        source = _find_install_source()
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
    """uvx as it can be started from anywhere; uv names itself in UV to what it runs."""
    uv = environment.get("UV", "")
    return (uv, "tool", "run") if uv and not shutil.which("uvx") else ("uvx",)


def _find_install_source() -> str:
    """What this installation was made of, as uvx takes it (PEP 610); empty where that is not known for sure."""
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
        return ""  # an address with a secret in it is not shown
    if parts.scheme == "file":
        return unquote(parts.path) if os.name != "nt" else url
    vcs = origin.get("vcs_info")
    return f"{vcs['vcs']}+{url}@{vcs['commit_id']}" if vcs else url
