"""Find the source of each setting: the environment, the file or the default. Secrets stay hidden."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import SecretStr

from ix_tools.config.folders import config_file, documents_folder
from ix_tools.config.loading import ACCOUNTS_PREFIX, environment_name
from ix_tools.config.settings import Settings
from ix_tools.storage.database import Store
from ix_tools.text.fuzzy_match import find_closest

PREFIX = "INVOICEXPRESS_"
FILE = "IX_TOOLS_CONFIG"


@dataclass(frozen=True)
class SettingSources:
    """The content of the environment and of the settings file, not validated."""

    environment: Mapping[str, str]
    path: Path
    named: bool
    """Whether IX_TOOLS_CONFIG names the file."""
    in_file: Mapping[str, Any]

    @classmethod
    def load(cls) -> "SettingSources":
        """Read the environment and the file; an unreadable file counts as empty."""
        environment = {name: value for name, value in os.environ.items() if value.strip()}
        named = environment.get(FILE)
        path = Path(named) if named else config_file()
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            content = {}
        return cls(environment, path, bool(named), content)

    def find_source(self, name: str) -> Literal["environment", "file", "default"]:
        """Return the source of one setting."""
        if environment_name(name) in self.environment:
            return "environment"
        if name == "accounts" and any(variable.startswith(ACCOUNTS_PREFIX) for variable in self.environment):
            return "environment"
        return "file" if name in self.in_file else "default"

    def find_unknown_names(self) -> dict[str, str]:
        """Return names that are no setting, each with the likely intended one (or nothing)."""
        names = list(Settings.model_fields)
        known = {environment_name(name) for name in names} | {FILE}
        found = [
            name
            for name in self.environment
            if name.startswith((PREFIX, "IX_TOOLS_"))
            and name not in known
            and not name.startswith(ACCOUNTS_PREFIX)
        ]
        near = {name: find_closest(name, sorted(known), 1, 0.8) for name in found}
        for name in self.in_file:
            if name not in names:
                near[name] = find_closest(name, names, 1, 0.6)
        return {name: "".join(close) for name, close in sorted(near.items())}


def format_setting(settings: Settings, name: str) -> Any:
    """Return the effective value of a setting; a secret only as whether it is set."""
    value = getattr(settings, name)
    if isinstance(value, SecretStr):
        return "••••" if value.get_secret_value() else None
    if name == "base_url":
        return settings.main_url or None
    if name == "v1_base_url":
        return settings.v1_url or None
    if name == "store":
        return Store(settings.store_location).location
    if name == "documents" and value is None:
        return str(documents_folder())
    if name == "accounts":
        return list(value) or None
    if isinstance(value, tuple):
        return list(value) or None
    return str(value) if isinstance(value, Path) else value if value != "" else None
