"""Generate the tables of docs/start/packages.md from pyproject.toml: what an installation consists of, and what each extra adds."""

import re
from collections.abc import Iterator
from pathlib import Path

from ix_tools.config.extras import FEATURES
from tools.docs.markdown import render_code, render_table

ROOT = Path(__file__).resolve().parents[2]
_LIST = re.compile(r"^([a-z]+) = \[\n((?:    .*\n)+)\]", re.MULTILINE)
_ENTRY = re.compile(r'^    "([A-Za-z0-9-]+)[^"]*",(?:  # (.+))?$', re.MULTILINE)
DEFAULT = "dependencies"


def read_packages(text: str) -> dict[str, list[tuple[str, str]]]:
    """Return name and purpose of the packages that the default installation and each extra name.

    Args:
        text: pyproject.toml, where the purpose of a package is the comment behind it.
    """
    project = text[text.index("[project]") : text.index("[project.scripts]")]
    found = {name: _ENTRY.findall(body) for name, body in _LIST.findall(project)}
    return {name: found[name] for name in (DEFAULT, *FEATURES)}


def _read() -> dict[str, list[tuple[str, str]]]:
    return read_packages((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def render_extras() -> str:
    """Render the table of extras."""
    packages = _read()
    rows = [
        (
            render_code(extra),
            str(feature),
            ", ".join(name for name, _ in packages[extra]),
            render_code(f'uv tool install "ix-tools[{extra}]"'),
        )
        for extra, feature in FEATURES.items()
    ]
    return render_table(("Extra", "What it is for", "Packages", "Command"), rows)


def render_packages() -> str:
    """Render the table of every package that ix-tools names itself."""
    return render_table(("Package", "Part of", "Why"), list(_list_rows()))


def _list_rows() -> Iterator[tuple[str, str, str]]:
    for part, named in _read().items():
        for name, why in named:
            yield name, "every installation" if part == DEFAULT else render_code(part), why
