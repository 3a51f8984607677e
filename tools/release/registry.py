"""Write server.json, the entry in the registry of MCP servers: `python -m tools.release.registry write|check|publish BUNDLE`."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.release.project import ROOT, TITLE, Project, read_project

SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
FILE = ROOT / "server.json"
ENVIRONMENT = [
    {
        "name": "INVOICEXPRESS_ACCOUNT",
        "description": "The account's name: the first part of https://NAME.app.invoicexpress.com",
    },
    {
        "name": "INVOICEXPRESS_API_KEY",
        "description": "The account's API key (in InvoiceXpress: Account > API)",
        "isSecret": True,
    },
    {
        "name": "INVOICEXPRESS_SANDBOX",
        "description": "true to try it without an account, in the built-in sandbox",
        "format": "boolean",
        "default": "false",
    },
]


def build_server_json(project: Project, bundle: Path | None = None) -> dict[str, Any]:
    """Build the entry.

    Args:
        bundle: The released bundle, whose digest the entry names. Without one, the entry has no bundle.
    """
    packages: list[dict[str, Any]] = [
        {
            "registryType": "pypi",
            "identifier": project.name,
            "version": project.version,
            "runtimeHint": "uvx",
            "transport": {"type": "stdio"},
            "packageArguments": [{"type": "positional", "value": "serve"}],
            "environmentVariables": ENVIRONMENT,
        },
        {
            "registryType": "oci",
            "identifier": f"{project.image}:{project.version}",
            "runtimeHint": "docker",
            "transport": {"type": "stdio"},
            "packageArguments": [{"type": "positional", "value": "serve"}],
            "environmentVariables": ENVIRONMENT,
        },
    ]
    if bundle is not None:
        packages.append(
            {
                "registryType": "mcpb",
                "identifier": f"{project.repository}/releases/download/v{project.version}/{project.bundle}",
                "fileSha256": hashlib.sha256(bundle.read_bytes()).hexdigest(),
                "transport": {"type": "stdio"},
            }
        )
    return {
        "$schema": SCHEMA,
        "name": project.server_name,
        "title": TITLE,
        "description": project.description,
        "version": project.version,
        "websiteUrl": project.documentation,
        "repository": {"url": project.repository, "source": "github"},
        "icons": [{"src": project.icon, "mimeType": "image/png", "sizes": ["512x512"]}],
        "packages": packages,
    }


def render(entry: dict[str, Any]) -> str:
    """Render the entry as it is stored."""
    return json.dumps(entry, indent=2) + "\n"


def main(argv: Sequence[str]) -> int:
    """Write server.json, compare it, or complete it with the released bundle."""
    match list(argv):
        case ["write"]:
            FILE.write_text(render(build_server_json(read_project())), encoding="utf-8")
        case ["check"]:
            if FILE.read_text(encoding="utf-8") != render(build_server_json(read_project())):
                print("stale: server.json; python -m tools.release.registry write")
                return 1
        case ["publish", bundle]:
            FILE.write_text(render(build_server_json(read_project(), Path(bundle))), encoding="utf-8")
        case _:
            print("python -m tools.release.registry write|check|publish BUNDLE", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
