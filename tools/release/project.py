"""What pyproject.toml says about the project: the one place for its name, version and address."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TITLE = "InvoiceXpress (ix-tools)"


@dataclass(frozen=True)
class Project:
    """The parts of a project's metadata that a release needs."""

    name: str
    version: str
    description: str
    repository: str
    documentation: str

    @property
    def owner(self) -> str:
        """The owner of the repository."""
        return self.repository.rstrip("/").split("/")[-2]

    @property
    def server_name(self) -> str:
        """The name in the registry of MCP servers, which proves the owner by the repository."""
        return f"io.github.{self.owner}/{self.name}"

    @property
    def image(self) -> str:
        """The container image's name, without a version."""
        return f"ghcr.io/{self.owner}/{self.name}"

    @property
    def bundle(self) -> str:
        """The file name of the bundle. The registry takes only addresses in which "mcp" stands."""
        return f"{self.name}-{self.version}.mcpb"

    @property
    def icon(self) -> str:
        """The address of the icon."""
        path = self.repository.removeprefix("https://github.com/")
        return f"https://raw.githubusercontent.com/{path}/v{self.version}/packaging/icon.png"


def read_project() -> Project:
    """Read pyproject.toml."""
    found = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return Project(
        found["name"],
        found["version"],
        found["description"],
        found["urls"]["Repository"],
        found["urls"]["Documentation"],
    )
