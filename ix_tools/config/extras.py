"""The extras of the package: what only some people need is installed on request, and what is missing is named.

    with load_extra("slack"):
        from slack_bolt.async_app import AsyncApp

The imports in the block belong to the extra. If one is not installed, the error names the command that installs it in this
environment: with uv, pipx or pip, and together with the extras that are already there.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from ix_tools.config.launch_command import EPHEMERAL, NAME, find_install_source
from ix_tools.errors import SettingsError
from ix_tools.i18n.messages import Message, message

Extra = Literal["postgres", "server", "slack", "telegram", "spreadsheets", "keyring"]

FEATURES: Mapping[Extra, Message] = {
    "postgres": message("PostgreSQL"),
    "server": message("The HTTP server"),
    "slack": message("Slack"),
    "telegram": message("Telegram"),
    "spreadsheets": message("Reading spreadsheets"),
    "keyring": message("The system's keyring"),
}
"""What each extra is for. The packages of each are in pyproject.toml."""

_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+).*;.*\bextra\s*==\s*['\"]([\w-]+)['\"]")


@contextmanager
def load_extra(extra: Extra) -> Iterator[None]:
    """Import what an extra brings, within the block.

    Raises:
        SettingsError: a package of the extra is not installed. It names the command that installs it.
    """
    missing = False
    try:
        yield
    except ModuleNotFoundError as absent:
        # A module of our own that cannot be imported is a defect.
        if not absent.name or absent.name.partition(".")[0] == "ix_tools":
            raise
        missing = True
    if missing:
        raise _build_missing(extra)


def require_extra(extra: Extra) -> None:
    """Check that an extra is installed, before anything is begun that needs it later.

    Raises:
        SettingsError: see `load_extra`.
    """
    if not all(map(_is_installed, _list_packages().get(extra, ()))):
        raise _build_missing(extra)


def _build_missing(extra: Extra) -> SettingsError:
    return SettingsError(
        message("{feature}: not part of this installation.", feature=FEATURES[extra]),
        code="extra_missing",
        next=describe_installation(extra),
    )


def describe_installation(extra: Extra) -> Message:
    """Return the next step where an extra is not installed: the command that adds it."""
    return message("to add it, run: {command}", command=format_install_command(extra))


def format_install_command(extra: Extra) -> str:
    """Return the command line that adds an extra to this installation, quoted for a terminal of this system."""
    extras = sorted({extra, *list_installed_extras()})
    words = build_install_command(extras, Path(sys.prefix), sys.executable, find_install_source())
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def build_install_command(extras: Sequence[str], prefix: Path, python: str, source: str) -> list[str]:
    """Return the words that install ix-tools with these extras in an environment.

    Args:
        extras: All that are to be there afterwards: a tool is installed anew, with nothing but these.
        prefix: The environment (`sys.prefix`).
        python: Its interpreter.
        source: Where the installation came from: `ix-tools==1.0.0`, a path, a URL; "" if not known.
    """
    name = f"{NAME}[{','.join(extras)}]"
    whole = f"{name} @ {_as_url(source)}" if source and "==" not in source else name
    if any(part.startswith(EPHEMERAL) for part in prefix.parts):
        return ["uvx", "--from", whole, NAME]
    if (prefix / "uv-receipt.toml").is_file():
        return ["uv", "tool", "install", whole]
    if (prefix / "pipx_metadata.json").is_file():
        return ["pipx", "install", "--force", whole]
    if find_spec("pip") is None:
        return ["uv", "pip", "install", "--python", python, whole]
    return [python, "-m", "pip", "install", whole]


def _as_url(source: str) -> str:
    return source if "://" in source else Path(source).absolute().as_uri()


def list_installed_extras() -> list[Extra]:
    """Return the extras of which every package is installed, whoever asked for it."""
    packages = _list_packages()
    return [extra for extra in FEATURES if extra in packages and all(map(_is_installed, packages[extra]))]


def _list_packages() -> dict[str, list[str]]:
    """Return the packages of each extra that this system needs, as the installed metadata name them."""
    found: dict[str, list[str]] = {}
    for requirement in _list_requirements():
        named = _REQUIREMENT.match(requirement)
        # A package with a further condition may not be there, and is never needed: a faster event loop, for example.
        if named and " and " not in requirement:
            found.setdefault(named[2], []).append(named[1])
    return found


def _list_requirements() -> list[str]:
    try:
        return metadata.requires(NAME) or []
    except metadata.PackageNotFoundError:
        return []


def _is_installed(package: str) -> bool:
    try:
        return bool(metadata.version(package))
    except metadata.PackageNotFoundError:
        return False
