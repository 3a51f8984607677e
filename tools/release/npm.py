"""Install packages of npm into .hosts/, which git ignores, with a newer Node beside them where they need one."""

from __future__ import annotations

import platform
from pathlib import Path

from tools.release.shell import NODE, Failed, require, run

NODE_VERSION = "24.22.3"
"""Node for packages that need a newer one than the machine may have."""


def name_node_package(version: str = NODE_VERSION) -> str:
    """Return the package of Node's binary for this machine: `node` would download it in an install script."""
    systems, machines = (
        {"Linux": "linux", "Darwin": "darwin"},
        {"x86_64": "x64", "aarch64": "arm64", "arm64": "arm64"},
    )
    system, machine = systems.get(platform.system()), machines.get(platform.machine())
    if system is None or machine is None:
        raise Failed(f"npm has no Node for {platform.system()} {platform.machine()}")
    return f"node-{system}-{machine}@{version}"


def install_npm(*packages: str, runs_scripts: bool = True) -> Path:
    """Install packages into a folder named after the last one, and return the folder of their programs."""
    require("npm")
    folder = NODE / packages[-1].replace("/", "+").replace("@", "_")
    done = folder / ".done"
    if not done.exists() or done.read_text(encoding="utf-8") != " ".join(packages):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}', encoding="utf-8")
        scripts = () if runs_scripts else ("--ignore-scripts",)
        run(
            "npm", "install", "--no-fund", "--no-audit", *scripts, "--prefix", folder, *packages, seconds=2400
        )
        done.write_text(" ".join(packages), encoding="utf-8")
    return folder / "node_modules" / ".bin"
