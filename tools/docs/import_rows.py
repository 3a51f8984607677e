"""Generate the rows of packages in docs/contributing/architecture.md, from the contract in pyproject.toml."""

import tomllib
from pathlib import Path

from tools.docs.markdown import render_code_block


def render_import_rows() -> str:
    """Render the rows, the highest first."""
    project = tomllib.loads(
        (Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    )
    contract = next(one for one in project["tool"]["importlinter"]["contracts"] if one["id"] == "packages")
    return render_code_block(
        "text", "\n".join(f"{at:>2}  {row}" for at, row in enumerate(contract["layers"], 1))
    )
