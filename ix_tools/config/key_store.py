"""API keys that `ix-tools connect` keeps, by account: in a file that only this user reads, or in the system's keyring.

The file, keys.json beside the settings file, names every account; an account whose key is in the keyring has none in the file. So
the keyring, which is slow and may ask the person, is opened only when a key of it is used for the first time.
"""

import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import SecretStr

from ix_tools.config.extras import load_extra
from ix_tools.config.folders import config_file
from ix_tools.config.private_files import protect, save_file
from ix_tools.errors import SettingsError
from ix_tools.i18n.messages import message

KEYS_NAME = "keys.json"
SERVICE = "ix-tools"
"""The name under which the keyring keeps the keys; the user name is the account."""
Place = Literal["file", "keyring"]
_KEYRING = {"in": "keyring"}


class KeyringSecret(SecretStr):
    """A key that is read from the system's keyring when it is used for the first time."""

    def __init__(self, account: str) -> None:
        """Remember whose key it is."""
        super().__init__("")
        self._account = account

    def get_secret_value(self) -> str:
        """Return the key.

        Raises:
            SettingsError: the keyring cannot be opened, or has no such key.
        """
        return _read_from_keyring(self._account)

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        return 1


def keys_file() -> Path:
    """Return the path of the file: beside the settings file, whichever is used."""
    named = os.environ.get("IX_TOOLS_CONFIG")
    return (Path(named) if named else config_file()).with_name(KEYS_NAME)


def find_key(account: str, file: Path | None = None) -> SecretStr | None:
    """Return the key that is kept for an account; None if there is none.

    Raises:
        SettingsError: the file cannot be read.
    """
    kept = _read(file or keys_file()).get(account)
    if isinstance(kept, str):
        return SecretStr(kept)
    return KeyringSecret(account) if kept == _KEYRING else None


def list_accounts(file: Path | None = None) -> dict[str, Place]:
    """Return every account with a key, and where the key is.

    Raises:
        SettingsError: the file cannot be read.
    """
    kept = _read(file or keys_file())
    return {account: "keyring" if value == _KEYRING else "file" for account, value in kept.items()}


def keep_key(account: str, key: str, place: Place, file: Path | None = None) -> Path:
    """Keep a key for an account, in place of an earlier one. Return the file.

    Raises:
        SettingsError: the keyring is not installed, does not open, or the file cannot be read.
        OSError: the file cannot be written.
    """
    path = file or keys_file()
    kept = _read(path)
    if place == "keyring":
        _write_to_keyring(account, key)
    content = {**kept, account: _KEYRING if place == "keyring" else key}
    saved = save_file(path.parent, path.name, json.dumps(content, indent=2).encode() + b"\n")
    protect(saved)
    _read_from_keyring.cache_clear()
    return saved


def forget_key(account: str, file: Path | None = None) -> None:
    """Forget an account's key. One in the keyring stays there and is not used any more."""
    path = file or keys_file()
    kept = {name: value for name, value in _read(path).items() if name != account}
    save_file(path.parent, path.name, json.dumps(kept, indent=2).encode() + b"\n")
    _read_from_keyring.cache_clear()


def _read(path: Path) -> Mapping[str, Any]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as wrong:
        kept, trouble = None, type(wrong).__name__  # the exception itself may hold a key
    else:
        trouble = "" if isinstance(kept, dict) else "ValueError"
    if trouble:
        raise SettingsError(
            message("The file of keys {path} cannot be read ({trouble}).", path=str(path), trouble=trouble),
            next=message("remove the file, and run ix-tools connect again"),
        )
    return kept if isinstance(kept, dict) else {}


@cache
def _read_from_keyring(account: str) -> str:
    with load_extra("keyring"):
        import keyring
        from keyring.errors import KeyringError
    try:
        key, trouble = keyring.get_password(SERVICE, account), ""
    except KeyringError as locked:
        key, trouble = None, type(locked).__name__
    if not key:
        raise SettingsError(
            message(
                "The system's keyring does not give the key of {account} ({trouble}).",
                account=account,
                trouble=trouble or "not found",
            ),
            next=message("unlock the keyring, or run ix-tools connect again to keep the key in a file"),
        )
    return key


def _write_to_keyring(account: str, key: str) -> None:
    with load_extra("keyring"):
        import keyring
        from keyring.errors import KeyringError
    try:
        keyring.set_password(SERVICE, account, key)
        trouble = ""
    except KeyringError as locked:
        trouble = type(locked).__name__
    if trouble:
        raise SettingsError(
            message("The system's keyring cannot be used ({trouble}).", trouble=trouble),
            next=message("leave out --keyring: the key is then kept in a file that only you can read"),
        )
