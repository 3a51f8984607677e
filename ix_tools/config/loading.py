"""Load the settings from the environment and the settings file; the environment takes precedence over the file."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_origin

from pydantic import ValidationError

from ix_tools.config.folders import config_file
from ix_tools.config.key_store import KEYS_NAME, find_key
from ix_tools.config.settings import Settings, remove_account
from ix_tools.errors import Problem, SettingsError
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import Message, message
from ix_tools.i18n.validation_faults import describe_fault
from ix_tools.renames import list_marks, take_old_names

ACCOUNTS_PREFIX = "INVOICEXPRESS_ACCOUNTS__"
"""Prefix of the environment variables that name accounts."""

LIST_SETTINGS = frozenset(
    name for name, field in Settings.model_fields.items() if get_origin(field.annotation) is tuple
)
"""Settings that are lists, separated by commas in the environment."""


def _map_old_names() -> Mapping[str, str]:
    """Return the present name of a setting by its old one; after its time the old one is refused with the present name."""
    return {mark.old: name for name, info in Settings.model_fields.items() for mark in list_marks(info)}


def split_list(text: str) -> list[str]:
    """Split a text at commas."""
    return [word for one in text.split(",") if (word := one.strip())]


def environment_name(name: str) -> str:
    """Return the environment variable of a setting."""
    return f"{ACCOUNTS_PREFIX}NAME__…" if name == "accounts" else f"INVOICEXPRESS_{name.upper()}"


def load_settings(environment: dict[str, str] | None = None) -> Settings:
    """Read the settings.

    Raises: SettingsError when a value is wrong or the file cannot be read; it is never skipped.
    """
    env = dict(os.environ) if environment is None else environment
    named = env.get("IX_TOOLS_CONFIG")
    path = Path(named) if named else config_file()
    values: dict[str, Any] = {}
    if named or path.exists():
        values = _read_file(path)
    for name in (*Settings.model_fields, *_map_old_names()):
        text = env.get(environment_name(name))
        if text is not None and text.strip():
            values[name] = split_list(text) if name in LIST_SETTINGS else text.strip()
    values = take_old_names(Settings.model_fields, values)
    _add_accounts(values, env)
    _leave_foreign_key(values, env, path)
    try:
        settings = _add_kept_key(Settings.model_validate(values), path)
        sandbox = settings.sandbox or settings.sandbox_file is not None
        return remove_account(settings) if sandbox else settings
    except ValidationError as wrong:
        problems = [
            _build_problem(".".join(str(part) for part in error["loc"]), describe_fault(error))
            for error in wrong.errors(include_url=False, include_input=False)
        ]
    # Raised outside the handler, so that it has no link to the exception that holds the values, the key among them.
    raise SettingsError(
        message("The settings cannot be used."),
        problems=problems,
        next=message("correct the environment (INVOICEXPRESS_...) or {path}", path=str(path)),
    )


def _leave_foreign_key(values: dict[str, Any], env: Mapping[str, str], path: Path) -> None:
    """Leave out the file's key where the environment names another account: it would be sent to that account."""
    if "INVOICEXPRESS_ACCOUNT" not in env or env.get("INVOICEXPRESS_API_KEY", "").strip():
        return
    of_file = _parse_file(path)[0].get("account")
    if of_file and str(of_file).lower() != str(values.get("account", "")).lower():
        values.pop("api_key", None)


def _add_kept_key(settings: Settings, path: Path) -> Settings:
    if not settings.account or settings.api_key or settings.sandbox or settings.sandbox_file is not None:
        return settings
    key = find_key(settings.account, path.with_name(KEYS_NAME))
    return settings if key is None else settings.model_copy(update={"api_key": key})


def detect_language() -> Language:
    """Return the language of the settings, even if they cannot be read."""
    try:
        return load_settings().language
    except SettingsError:
        return read_language_variable()


def read_language_variable() -> Language:
    """Return the language that the environment names."""
    return "en" if os.environ.get("INVOICEXPRESS_LANGUAGE") == "en" else "pt"


def _build_problem(name: str, problem: Message) -> Problem:
    if new := _map_old_names().get(name, ""):
        return Problem(
            name,
            message("was renamed"),
            message(
                "{new} in the file, {variable} in the environment",
                new=new,
                variable=environment_name(new),
            ),
        )
    return Problem(name or "settings", problem)


def _add_accounts(values: dict[str, Any], env: Mapping[str, str]) -> None:
    """Add accounts from the environment: INVOICEXPRESS_ACCOUNTS__PADARIA_LDA__API_KEY belongs to the account padaria-lda."""
    for variable, text in env.items():
        if variable.startswith(ACCOUNTS_PREFIX) and text.strip():
            name, _, field = variable.removeprefix(ACCOUNTS_PREFIX).lower().partition("__")
            accounts = values.setdefault("accounts", {})
            if isinstance(accounts, dict):  # validation refuses anything else
                one = accounts.setdefault(name.replace("_", "-"), {})
                if isinstance(one, dict):
                    one[field] = text.strip()


def _read_file(path: Path) -> dict[str, Any]:
    values, trouble = _parse_file(path)
    if trouble:
        raise SettingsError(
            message("The settings file {path} cannot be read ({trouble}).", path=str(path), trouble=trouble),
            next=message("correct the file, or remove it to use the environment alone"),
        )
    return values


def _parse_file(path: Path) -> tuple[dict[str, Any], str]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")), ""
    except (OSError, ValueError, RecursionError) as wrong:
        return {}, type(wrong).__name__  # the exception itself may hold the file's text
