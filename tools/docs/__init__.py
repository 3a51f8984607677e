"""Generate the reference documentation from the code: `python -m tools.docs write` (or `check`).

docs/reference/operations.md    every operation: parameters, worked example, result, rules
docs/reference/coverage.md      every operation of InvoiceXpress's description, and the tool for it
docs/reference/exemptions.md    which client each exemption code fits
PAGES                           the tables between `<!-- generated: name -->` and `<!-- end: name -->`
"""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import get_args

from ix_tools.config.loading import environment_name
from ix_tools.config.settings import Settings
from ix_tools.domain.field_docs import read_field_docs
from ix_tools.operations.registry import DEFAULT_TOOLSETS, TOOLSETS
from ix_tools.schemas.json_schema import get_description
from tools.docs.accountants import render_deadlines, render_exemption_rules, render_limits, render_vat_rates
from tools.docs.coverage import render_coverage
from tools.docs.data_inventory import render_data_inventory
from tools.docs.exemptions import render_exemptions
from tools.docs.failures import (
    render_error_codes,
    render_error_kinds,
    render_error_tree,
    render_exit_codes,
    render_http_statuses,
    render_series_outcomes,
)
from tools.docs.hosts import render_hosts
from tools.docs.import_rows import render_import_rows
from tools.docs.markdown import render_code, render_table
from tools.docs.operations import APPROVED, format_command, render_recovery, render_reference
from tools.docs.packages import render_extras, render_packages

__all__ = ["BLOCKS", "build_contents", "format_command", "main"]

ROOT = Path(__file__).resolve().parents[2]


def render_tools() -> str:
    """Render the table of tools."""
    rows = [
        (
            f"[{one.spec.name}](operations.md#{one.spec.name})",
            get_description(one).split(". ")[0].rstrip(".") + ".",
            APPROVED[one.spec.effect.needs_approval],
            toolset if toolset in DEFAULT_TOOLSETS else f"*{toolset}*",
        )
        for toolset, operations in TOOLSETS.items()
        for one in operations
    ]
    return render_table(("Tool", "What it does", "Approved by", "Toolset"), rows)


def render_settings() -> str:
    """Render the table of settings."""
    rows = []
    for name, info in Settings.model_fields.items():
        default = info.get_default()
        shown = (
            ""
            if default is None or name == "api_key" or default in ("", (), {})
            else render_code(str(default))
        )
        words = [str(word) for word in get_args(info.annotation) if isinstance(word, str)]
        among = f" ({', '.join(words)})" if words else ""
        rows.append((render_code(environment_name(name)), shown, f"{read_field_docs(Settings)[name]}{among}"))
    return render_table(("Setting", "Default", "Meaning"), rows)


BLOCKS: Mapping[str, Callable[[], str]] = {
    "extras": render_extras,
    "packages": render_packages,
    "hosts": render_hosts,
    "kept": render_data_inventory,
    "import-rows": render_import_rows,
    "tools": render_tools,
    "settings": render_settings,
    "exit-codes": render_exit_codes,
    "once": render_recovery,
    "error-codes": render_error_codes,
    "error-tree": render_error_tree,
    "error-kinds": render_error_kinds,
    "series-outcomes": render_series_outcomes,
    "http-statuses": render_http_statuses,
    "isencoes": render_exemption_rules,
    "taxas": render_vat_rates,
    "limites": render_limits,
    "prazos": render_deadlines,
}


PAGES = (
    "SECURITY.md",
    "docs/contributing/architecture.md",
    "docs/guides/command-line.md",
    "docs/start/connect.md",
    "docs/reference/errors.md",
    "docs/concepts/once.md",
    "docs/start/packages.md",
    "docs/pt/contabilistas.md",
    "docs/reference/settings.md",
    "docs/reference/tools.md",
)
"""Pages with generated parts."""


def fill_blocks(text: str) -> str:
    """Return a page with its generated parts renewed."""

    def block(found: re.Match[str]) -> str:
        name = found[1]
        return f"<!-- generated: {name} -->\n{BLOCKS[name]()}\n<!-- end: {name} -->"

    return re.sub(r"<!-- generated: ([a-z-]+) -->\n.*?<!-- end: \1 -->", block, text, flags=re.DOTALL)


def build_contents(root: Path = ROOT) -> dict[Path, str]:
    """Return every generated file with its content."""
    return {
        root / "docs" / "reference" / "operations.md": render_reference() + "\n",
        root / "docs" / "reference" / "coverage.md": render_coverage(),
        root / "docs" / "reference" / "exemptions.md": render_exemptions(),
        **{root / page: fill_blocks((root / page).read_text(encoding="utf-8")) for page in PAGES},
    }


def main(argv: Sequence[str]) -> int:
    """Write stale files, or list them."""
    if list(argv) not in (["write"], ["check"]):
        print("python -m tools.docs write|check", file=sys.stderr)
        return 2
    stale = [
        (path, text)
        for path, text in build_contents().items()
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
