"""Write the folder of the MCPB bundle, which Claude Desktop installs with a double click: `python -m tools.release.bundle FOLDER`.

The bundle holds no code: it names the released version of ix-tools, which uv installs on the person's machine.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.release.project import ROOT, TITLE, Project, read_project

MANIFEST_VERSION = "0.4"
STATEMENT = (
    "Issues Portuguese invoices with InvoiceXpress. Whatever cannot be undone waits until you have read the whole document and "
    "approved it, on a page that opens in your browser.\n\nEmite faturas portuguesas no InvoiceXpress. O que não se pode desfazer "
    "espera até que leia o documento inteiro e o aprove, numa página que se abre no navegador.\n\nTo try it without an account, "
    "tick the box. / Para experimentar sem conta, assinale a caixa."
)


def build_manifest(project: Project) -> dict[str, Any]:
    """Build the manifest: what it is, how it starts, and what the person is asked for."""
    return {
        "manifest_version": MANIFEST_VERSION,
        "name": project.name,
        "display_name": TITLE,
        "version": project.version,
        "description": project.description,
        "long_description": STATEMENT,
        "author": {"name": "ix-tools contributors", "url": project.repository},
        "repository": {"type": "git", "url": project.repository},
        "homepage": project.repository,
        "documentation": project.documentation,
        "support": f"{project.repository}/issues",
        "icon": "icon.png",
        "icons": [{"src": "icon.png", "size": "512x512"}],
        "keywords": ["invoicexpress", "faturas", "invoicing", "portugal", "iva"],
        "license": "MIT",
        "server": {
            "type": "uv",
            "entry_point": "server.py",
            "mcp_config": {
                "command": "uv",
                "args": ["run", "--directory", "${__dirname}", "ix-tools", "serve"],
                "env": {
                    "INVOICEXPRESS_ACCOUNT": "${user_config.account}",
                    "INVOICEXPRESS_API_KEY": "${user_config.api_key}",
                    "INVOICEXPRESS_SANDBOX": "${user_config.sandbox}",
                    "INVOICEXPRESS_APPROVAL_CHANNEL": "page",
                },
            },
        },
        "tools_generated": True,
        "prompts_generated": True,
        "compatibility": {"platforms": ["darwin", "win32", "linux"], "runtimes": {"python": ">=3.11"}},
        "user_config": {
            "sandbox": {
                "type": "boolean",
                "title": "Experimentar sem conta (sandbox)",
                "description": "Try it without an account: nothing is real and nothing has fiscal value.",
                "default": False,
                "required": False,
            },
            "account": {
                "type": "string",
                "title": "Conta InvoiceXpress",
                "description": "A primeira parte de https://NOME.app.invoicexpress.com / the first part of that address",
                "default": "",
                "required": False,
            },
            "api_key": {
                "type": "string",
                "title": "Chave da API",
                "description": "No InvoiceXpress: Conta > API / in InvoiceXpress: Account > API",
                "sensitive": True,
                "default": "",
                "required": False,
            },
        },
    }


def write_bundle(folder: Path, project: Project) -> None:
    """Write the bundle's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = json.dumps(build_manifest(project), indent=2, ensure_ascii=False)
    (folder / "manifest.json").write_text(manifest + "\n", encoding="utf-8")
    (folder / "pyproject.toml").write_text(
        f'[project]\nname = "{project.name}-bundle"\nversion = "{project.version}"\nrequires-python = ">=3.11"\n'
        f'dependencies = ["{project.name}=={project.version}"]\n\n[tool.uv]\npackage = false\n',
        encoding="utf-8",
    )
    (folder / "server.py").write_text(
        '"""Start ix-tools over standard input and output."""\n\nimport sys\n\nfrom ix_tools.__main__ import main\n\n'
        'sys.argv = ["ix-tools", "serve"]\nmain()\n',
        encoding="utf-8",
    )
    shutil.copy(ROOT / "packaging" / "icon.png", folder / "icon.png")
    shutil.copy(ROOT / "LICENSE", folder / "LICENSE")


def main(argv: Sequence[str]) -> int:
    """Write the folder."""
    if len(argv) != 1:
        print("python -m tools.release.bundle FOLDER", file=sys.stderr)
        return 2
    write_bundle(Path(argv[0]), read_project())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
