"""The steps of `make release-check` for no-code platforms: their own tools judge what was generated for them."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from tools.nocode import n8n, zapier
from tools.release.npm import install_npm, name_node_package
from tools.release.project import ROOT
from tools.release.shell import Failed, run


def check_n8n(folder: Path) -> str:
    """Build and lint the n8n node with n8n's own tool, which also refuses a dependency at run time."""
    package, env = build_n8n_node(folder)
    # One finding, even a warning, is a change of what n8n's reviewers accept.
    said = run(package / "node_modules/.bin/n8n-node", "lint", folder=package, env=env)
    if re.search(r"\d+ problems?", said):
        raise Failed(said)
    nodes = sorted((package / "dist").rglob("*.node.js"))
    if len(nodes) != 2:
        raise Failed(f"built {[one.name for one in nodes]}")
    size = sum(one.stat().st_size for one in (package / "dist").rglob("*") if one.is_file())
    return f"{len(nodes)} nodes, {size // 1000} kB, nothing found by n8n-node {n8n.NODE_CLI}"


def build_n8n_node(folder: Path) -> tuple[Path, Mapping[str, str]]:
    """Build the package in a folder of its own; return it, and the environment in which Node's programs run."""
    programs = install_npm(name_node_package(), f"@n8n/node-cli@{n8n.NODE_CLI}", runs_scripts=False)
    package = folder / n8n.FOLDER.name
    shutil.copytree(ROOT / n8n.FOLDER, package, ignore=shutil.ignore_patterns("node_modules", "dist"))
    (package / "node_modules").symlink_to(programs.parent)
    env = {"PATH": os.pathsep.join([str(programs), os.environ["PATH"]])}
    run(programs / "n8n-node", "build", folder=package, env=env)
    return package, env


def check_zapier(folder: Path) -> str:
    """Validate the Zapier app by the vendor's schema, offline."""
    programs = install_npm(
        name_node_package(), f"zapier-platform-schema@{zapier.SCHEMA_VERSION}", runs_scripts=False
    )
    said = run(
        programs / "node", ROOT / "tools/nocode/validate_zapier.cjs", ROOT / zapier.FOLDER, programs.parent
    )
    return said.strip()
