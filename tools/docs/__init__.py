"""The reference, written from the code it describes: `python -m tools.docs write` (or `check`).

docs/reference.md    every operation: parameters, worked example, result, rules
docs/coverage.md     every operation of InvoiceXpress's description, and the tool that carries it out
README.md, docs/errors.md, docs/once.md    the tables between `<!-- generated: name -->` and `<!-- end: name -->`
"""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import get_args

from ix_tools.config.settings import Settings, variable
from ix_tools.domain.field_docs import meanings
from ix_tools.operations.registry import DEFAULT_TOOLSETS, TOOLSETS
from ix_tools.schemas.json_schema import description
from tools.docs.coverage import coverage_table
from tools.docs.failures import (
    error_codes,
    error_kinds,
    error_tree,
    exit_codes,
    http_statuses,
    series_outcomes,
)
from tools.docs.markdown import code, table
from tools.docs.operations import APPROVED, command, did_it_happen, reference_page

__all__ = ["BLOCKS", "command", "contents", "main"]

ROOT = Path(__file__).resolve().parents[2]


def tools() -> str:
    """The tools, for the README."""
    rows = [
        (
            f"[{one.spec.name}](docs/reference.md#{one.spec.name})",
            description(one).split(". ")[0].rstrip(".") + ".",
            APPROVED[one.spec.effect.gated],
            toolset if toolset in DEFAULT_TOOLSETS else f"*{toolset}*",
        )
        for toolset, operations in TOOLSETS.items()
        for one in operations
    ]
    return table(("Tool", "What it does", "Approved by", "Toolset"), rows)


def settings() -> str:
    """The settings, for the README."""
    rows = []
    for name, info in Settings.model_fields.items():
        default = info.get_default()
        shown = "" if default is None or name == "api_key" or default in ("", (), {}) else code(str(default))
        words = [str(word) for word in get_args(info.annotation) if isinstance(word, str)]
        among = f" ({', '.join(words)})" if words else ""
        rows.append((code(variable(name)), shown, f"{meanings(Settings)[name]}{among}"))
    return table(("Setting", "Default", "Meaning"), rows)


BLOCKS: Mapping[str, Callable[[], str]] = {
    "tools": tools,
    "settings": settings,
    "exit-codes": exit_codes,
    "once": did_it_happen,
    "error-codes": error_codes,
    "error-tree": error_tree,
    "error-kinds": error_kinds,
    "series-outcomes": series_outcomes,
    "http-statuses": http_statuses,
}


PAGES = ("README.md", "docs/errors.md", "docs/once.md")
"""Pages of which parts are generated."""


def filled(text: str) -> str:
    """A page with its generated parts as they should be."""

    def block(found: re.Match[str]) -> str:
        name = found[1]
        return f"<!-- generated: {name} -->\n{BLOCKS[name]()}\n<!-- end: {name} -->"

    return re.sub(r"<!-- generated: ([a-z-]+) -->\n.*?<!-- end: \1 -->", block, text, flags=re.DOTALL)


def contents(root: Path = ROOT) -> dict[Path, str]:
    """Every file and what it must contain."""
    return {
        root / "docs" / "reference.md": reference_page() + "\n",
        root / "docs" / "coverage.md": coverage_table(),
        **{root / page: filled((root / page).read_text(encoding="utf-8")) for page in PAGES},
    }


def main(argv: Sequence[str]) -> int:
    """Write what is stale, or say what is."""
    if list(argv) not in (["write"], ["check"]):
        print("python -m tools.docs write|check", file=sys.stderr)
        return 2
    stale = [
        (path, text)
        for path, text in contents().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path, text in stale:
        if argv[0] == "write":
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        print(f"{'written' if argv[0] == 'write' else 'stale'}: {path.relative_to(ROOT)}")
    if stale and argv[0] == "check":
        print("make docs writes them again")
    return 1 if stale and argv[0] == "check" else 0
