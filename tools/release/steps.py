"""The steps of `make release-check`: each returns what it found, or raises Failed."""

from __future__ import annotations

import json
import os
import re
import tarfile
import time
import zipfile
from pathlib import Path

import jsonschema

from tools.release import registry
from tools.release.bundle import write_bundle
from tools.release.hosts import check_hosts
from tools.release.image import check_image
from tools.release.npm import install_npm
from tools.release.project import ROOT, read_project
from tools.release.shell import BIN, RELEASE, UV, Failed, build_wheel, run

__all__ = [
    "check_bundle", "check_hosts", "check_image", "check_metadata", "check_sbom", "check_sdist", "check_server_json",
    "check_site", "check_systems", "check_workflows",
]  # fmt: skip

MCPB = "@anthropic-ai/mcpb@2.1.2"
README_LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)\s]+)\)")
SDIST_TESTS = (
    "tests/test_project_rules.py", "tests/test_docs.py", "tests/test_errors.py", "tests/config", "tests/connect", "tests/release",
    "tests/storage", "tests/domain", "tests/guards",
)  # fmt: skip
"""Tests that read files of the project, and some that do not. The whole suite runs in the workflow."""


def check_server_json(folder: Path) -> str:
    """Check server.json: fresh, and valid by the registry's schema, with the bundle too."""
    project = read_project()
    if registry.FILE.read_text(encoding="utf-8") != registry.render(registry.build_server_json(project)):
        raise Failed("stale: python -m tools.release.registry write")
    bundle = folder / project.bundle
    bundle.write_bytes(b"")
    schema = json.loads((ROOT / "tests/vendor/mcp_registry/server.schema.json").read_text(encoding="utf-8"))
    for entry in (registry.build_server_json(project), registry.build_server_json(project, bundle)):
        problems = [one.message for one in jsonschema.Draft7Validator(schema).iter_errors(entry)]
        if problems:
            raise Failed("\n".join(problems))
    return project.server_name


def check_workflows(folder: Path) -> str:
    """Check the workflows by the schema of workflows, and let zizmor look for what could be abused."""
    files = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    run(RELEASE / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files)
    run(
        RELEASE / "check-jsonschema", "--builtin-schema", "vendor.dependabot", ROOT / ".github/dependabot.yml"
    )
    run(RELEASE / "zizmor", "--offline", "--no-progress", "--color", "never", *files)
    return f"{len(files)} workflows, nothing found"


def check_metadata(folder: Path) -> str:
    """Check wheel and sdist as the index does, and that no link of the README on the index is relative."""
    run(BIN / "python", "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    files = sorted(folder.iterdir())
    run(RELEASE / "twine", "check", "--strict", *files)
    wheel = next(one for one in files if one.suffix == ".whl")
    # Numbers at the beginning of migrations are meant.
    run(RELEASE / "check-wheel-contents", "--ignore", "W004", wheel)
    with zipfile.ZipFile(wheel) as opened:
        name = next(one for one in opened.namelist() if one.endswith("/METADATA"))
        metadata = opened.read(name).decode("utf-8")
        names = set(opened.namelist())
    if dead := README_LINK.findall(metadata):
        raise Failed(f"relative links on the index: {dead[:5]}")
    if f"mcp-name: {read_project().server_name}" not in metadata:
        raise Failed("the README lacks the registry's marker")
    if "ix_tools/interfaces/rest/assets/swagger-ui-bundle.js" not in names:
        raise Failed("the wheel lacks Swagger UI")
    return ", ".join(f"{one.name} {one.stat().st_size // 1000} kB" for one in files)


def check_bundle(folder: Path) -> str:
    """Check the bundle by its own program, pack it, and start it as Claude Desktop does, in the sandbox."""
    project = read_project()
    wheel = build_wheel(folder)
    content = folder / "bundle"
    write_bundle(content, project)
    mcpb = install_npm(MCPB) / "mcpb"
    run(mcpb, "validate", content / "manifest.json")
    packed = folder / project.bundle
    run(mcpb, "pack", content, packed)
    unpacked = folder / "unpacked"
    with zipfile.ZipFile(packed) as opened:
        opened.extractall(unpacked)
    manifest = json.loads((unpacked / "manifest.json").read_text(encoding="utf-8"))
    start = manifest["server"]["mcp_config"]
    # As the host fills them in: what the person left empty, and the box ticked.
    filled = {"account": "", "api_key": "", "sandbox": "true"}
    env = {
        name: re.sub(r"\$\{user_config\.(\w+)\}", lambda found: filled[found[1]], value)
        for name, value in start["env"].items()
    }
    words = [str(UV), *(word.replace("${__dirname}", str(unpacked)) for word in start["args"])]
    server = folder / "server"
    exports = "".join(f"export {name}='{value}'\n" for name, value in env.items())
    found = f"export UV_FIND_LINKS='{wheel.parent}'\nexport UV_PYTHON='{BIN / 'python'}'\n{_export_certificates()}"
    server.write_text(f'#!/bin/sh\n{exports}{found}exec {" ".join(words)} "$@"\n', encoding="utf-8")
    server.chmod(0o755)
    began = time.perf_counter()
    run(server, "--help")  # installs everything, which takes longer than hosts wait for the newest protocol
    installed = time.perf_counter() - began
    said = run(BIN / "python", ROOT / "tools/handshake.py", server)
    if f"ix-tools {project.version}," not in said:
        raise Failed(said)
    return f"{packed.name} {packed.stat().st_size / 1000:.1f} kB; installed in {installed:.0f} s; {said.split(', ')[2]}"


def _export_certificates() -> str:
    """Pass on how this machine reaches the index: a host passes its whole environment on, the handshake none."""
    named = {name: value for name, value in os.environ.items() if name.startswith(("UV_", "SSL_CERT"))}
    return "".join(f"export {name}='{value}'\n" for name, value in named.items())


def check_sbom(folder: Path) -> str:
    """Write the list of components, and check that each has a licence."""
    target = folder / "sbom.json"
    run(BIN / "python", "-m", "venv", folder / "venv")
    python = folder / "venv" / "bin" / "python"
    run(python, ROOT / "tools/install.py", ROOT / "requirements/runtime.txt")
    run(python, "-m", "pip", "uninstall", "--yes", "--quiet", "setuptools", "pip")
    run(
        RELEASE / "cyclonedx-py", "environment", python, "--pyproject", ROOT / "pyproject.toml",
        "--mc-type", "application", "--output-reproducible", "--output-file", target,
    )  # fmt: skip
    components = json.loads(target.read_text(encoding="utf-8"))["components"]
    nameless = [one["name"] for one in components if not one.get("licenses")]
    if nameless:
        raise Failed(f"without a licence: {nameless}")
    size = sum(one.stat().st_size for one in (folder / "venv/lib").rglob("*") if one.is_file()) / 1e6
    return f"{len(components)} packages in a default installation, {size:.0f} MB with bytecode"


def check_systems(folder: Path) -> str:
    """Let the type checker read the program as each system has it: what only one has stands behind a question for it."""
    for system in ("linux", "darwin", "win32"):
        run(
            BIN / "python",
            "-m",
            "mypy",
            "--platform",
            system,
            "--cache-dir",
            folder / system,
            "ix_tools",
            "packaging",
        )
    return "linux, darwin, win32"


def check_sdist(folder: Path) -> str:
    """Unpack the source distribution somewhere else, and run its own tests there."""
    run(BIN / "python", "-m", "build", "--sdist", "--no-isolation", "--outdir", folder, ROOT)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as opened:
        opened.extractall(folder / "source", filter="data")
    (source,) = (folder / "source").iterdir()
    (source / ".venv").symlink_to(ROOT / ".venv")
    # PYTHONPATH comes before the checkout, which is installed editable.
    said = run(
        BIN / "python", "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", *SDIST_TESTS,
        folder=source, env={"PYTHONPATH": str(source)},
    )  # fmt: skip
    return said.strip().splitlines()[-1]


def check_site(folder: Path) -> str:
    """Build the documentation as a site; a link that leads nowhere fails it."""
    said = run(RELEASE / "mkdocs", "build", "--strict", "--site-dir", folder / "site", "--quiet")
    pages = len(list((folder / "site").rglob("index.html")))
    if pages < 10:
        raise Failed(f"only {pages} pages\n{said}")
    return f"{pages} pages"
