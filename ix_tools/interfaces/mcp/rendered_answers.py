"""Load and save the rendered answers: shipped for one version of the SDK, and cached by the first start with another one.

The answers depend on this package and on the SDK. The tools they list are read from the package at each start, so the choice
of tools needs no rendering of its own.
"""

import json
import zlib
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ix_tools.interfaces.mcp.early_answers import RenderedAnswers
from ix_tools.version import __version__

SHIPPED = Path(__file__).with_suffix(".json")
"""Written by `python -m tools.schemas write`."""
CACHE_NAME = "rendered_answers.json"
SDK_PACKAGES = ("mcp", "mcp-types")


def load_answers() -> RenderedAnswers | None:
    """Return the answers for the installed SDK: the shipped ones or the cached ones; None if there are none yet."""
    sdk, shipped = find_sdk_version(), _read(SHIPPED)
    if not sdk:
        return None
    if shipped.get("sdk") == sdk:
        return parse_answers(shipped)
    cached = _read(_find_cache_folder() / CACHE_NAME)
    return (
        parse_answers(cached) if cached.get("sdk") == sdk and cached.get("package") == _identify() else None
    )


def save_answers(answers: RenderedAnswers) -> None:
    """Save answers for the next start, readable only by this user. A folder that cannot be written is no trouble."""
    from ix_tools.config.private_files import save_file

    content = {**dump_answers(answers, find_sdk_version()), "package": _identify()}
    with suppress(OSError):
        save_file(_find_cache_folder(), CACHE_NAME, json.dumps(content, ensure_ascii=False).encode())


def dump_answers(answers: RenderedAnswers, sdk: str) -> dict[str, Any]:
    """Return answers as JSON data, with the versions of the SDK that gave them."""
    return {
        "sdk": sdk,
        "discover": answers.discover,
        "initialize": dict(answers.initialize),
        "initialize_otherwise": answers.initialize_otherwise,
        "list_envelopes": dict(answers.list_envelopes),
    }


def parse_answers(content: dict[str, Any]) -> RenderedAnswers | None:
    """Return the answers in a file's content, or None when it is damaged."""
    try:
        found = RenderedAnswers(
            **{name: dict(content[name]) for name in RenderedAnswers.__dataclass_fields__}
        )
        agreed = [one["protocolVersion"] for one in (*found.initialize.values(), found.initialize_otherwise)]
    except (KeyError, TypeError, ValueError):
        return None
    return found if all(isinstance(one, str) for one in agreed) else None


@cache
def find_sdk_version() -> str:
    """Return the installed versions of the SDK's packages, without importing them."""
    try:
        return " ".join(f"{name} {version(name)}" for name in SDK_PACKAGES)
    except PackageNotFoundError:
        return ""


def _identify() -> str:
    """Return what identifies this package: its version, and the shipped answers, which change with its texts."""
    try:
        return f"{__version__} {zlib.crc32(SHIPPED.read_bytes())}"
    except OSError:
        return __version__


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _find_cache_folder() -> Path:
    from platformdirs import user_cache_path

    from ix_tools.config.folders import APP

    return user_cache_path(APP, appauthor=False)
