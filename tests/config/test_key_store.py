"""Keys that `ix-tools connect` keeps: found by account, never mixed up, never readable by others."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from ix_tools.config import key_store
from ix_tools.config.key_store import find_key, forget_key, keep_key, list_accounts
from ix_tools.config.loading import load_settings
from ix_tools.config.private_files import find_foreign_mode, protect
from ix_tools.config.settings_file import name_account
from ix_tools.errors import SettingsError

KEY, OTHER = "k" * 40, "o" * 40


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the settings file beside which the keys are kept."""
    monkeypatch.setattr(key_store._read_from_keyring, "cache_clear", lambda: None, raising=False)
    return tmp_path / "config.toml"


def load(file: Path, **environment: str) -> str:
    settings = load_settings(
        {"IX_TOOLS_CONFIG": str(file), **{f"INVOICEXPRESS_{k}": v for k, v in environment.items()}}
    )
    return settings.api_key.get_secret_value()


def test_a_key_is_found_by_its_account(place: Path) -> None:
    keys = place.with_name("keys.json")
    keep_key("acme", KEY, "file", keys)
    keep_key("beta", OTHER, "file", keys)
    place.write_text('account = "acme"\n', encoding="utf-8")
    assert load(place) == KEY
    assert load(place, ACCOUNT="beta") == OTHER
    assert load(place, ACCOUNT="gama") == ""
    assert load(place, API_KEY="given") == "given"
    assert list_accounts(keys) == {"acme": "file", "beta": "file"}
    forget_key("acme", keys)
    assert load(place) == ""


def test_only_this_user_can_read_the_file(place: Path) -> None:
    keys = keep_key("acme", KEY, "file", place.with_name("keys.json"))
    assert find_foreign_mode(keys, "linux") == ""
    keys.chmod(0o644)
    assert find_foreign_mode(keys, "linux") == "0644"
    protect(keys, "linux")
    assert keys.stat().st_mode & 0o777 == 0o600


def test_on_windows_the_list_of_access_is_reduced(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[list[str]] = []

    class Done:
        returncode = 0

    def run(words: list[str], **_: object) -> Done:
        said.append(words)
        return Done()

    monkeypatch.setattr("ix_tools.config.private_files.subprocess.run", run)
    assert protect(place, "win32")
    assert said == [["icacls", str(place), "/inheritance:r", "/grant:r", "*S-1-3-4:F"]]
    place.touch(0o644)
    assert find_foreign_mode(place, "win32") == ""


def test_where_windows_does_not_answer_that_is_told(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(place.parent))
    assert not protect(place, "win32")


def test_the_files_key_is_not_sent_to_an_account_that_the_environment_names(place: Path) -> None:
    place.write_text(f'account = "acme"\napi_key = "{KEY}"\n', encoding="utf-8")
    assert load(place) == KEY
    assert load(place, ACCOUNT="ACME") == KEY
    assert load(place, ACCOUNT="beta") == ""
    assert load(place, ACCOUNT="beta", API_KEY=OTHER) == OTHER


def test_the_sandbox_has_no_kept_key(place: Path) -> None:
    keep_key("acme", KEY, "file", place.with_name("keys.json"))
    place.write_text('account = "acme"\n', encoding="utf-8")
    assert load(place, SANDBOX="true") == ""


@pytest.mark.parametrize("content", [b"{", b"[1]", b"\xff\xfe", b'"x"'])
def test_a_broken_file_is_told_without_its_content(content: bytes, place: Path) -> None:
    place.write_text('account = "acme"\n', encoding="utf-8")
    place.with_name("keys.json").write_bytes(content)
    with pytest.raises(SettingsError, match=r"keys.json cannot be read") as caught:
        load(place)
    assert "connect" in str(caught.value.next)
    assert caught.value.__context__ is None


def build_keyring(fails: str = "") -> ModuleType:
    """Build a stand-in for the library, which needs a desktop."""
    keyring, errors = ModuleType("keyring"), ModuleType("keyring.errors")
    kept: dict[tuple[str, str], str] = {}

    class KeyringError(Exception):
        pass

    def get_password(service: str, name: str) -> str | None:
        if fails:
            raise KeyringError(fails)
        return kept.get((service, name))

    def set_password(service: str, name: str, key: str) -> None:
        if fails:
            raise KeyringError(fails)
        kept[service, name] = key

    errors.KeyringError = KeyringError  # type: ignore[attr-defined]
    keyring.get_password, keyring.set_password, keyring.errors = get_password, set_password, errors  # type: ignore[attr-defined]
    return keyring


def use(keyring: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", keyring.errors)


def test_a_key_in_the_keyring_is_in_no_file_and_is_read_when_it_is_used(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(build_keyring(), monkeypatch)
    monkeypatch.setattr(key_store, "_read_from_keyring", key_store._read_from_keyring.__wrapped__)
    monkeypatch.setattr(key_store._read_from_keyring, "cache_clear", lambda: None, raising=False)
    keys = keep_key("acme", KEY, "keyring", place.with_name("keys.json"))
    assert KEY not in keys.read_text(encoding="utf-8")
    assert json.loads(keys.read_text(encoding="utf-8")) == {"acme": {"in": "keyring"}}
    place.write_text('account = "acme"\n', encoding="utf-8")
    settings = load_settings({"IX_TOOLS_CONFIG": str(place)})
    settings.require_account()
    assert KEY not in repr(settings)
    assert settings.api_key.get_secret_value() == KEY


def test_a_locked_keyring_is_told_when_the_key_is_needed_and_not_before(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(build_keyring("locked"), monkeypatch)
    keys = place.with_name("keys.json")
    with pytest.raises(SettingsError, match="keyring cannot be used") as caught:
        keep_key("acme", KEY, "keyring", keys)
    assert "--keyring" in str(caught.value.next)
    assert not keys.exists()
    keys.write_text('{"locked": {"in": "keyring"}}', encoding="utf-8")
    key = find_key("locked", keys)
    assert key
    with pytest.raises(SettingsError, match="does not give the key of locked"):
        key.get_secret_value()


@pytest.mark.parametrize(
    ("before", "named", "after"),
    [
        (None, True, 'account = "acme"\n'),
        ("", True, 'account = "acme"\n'),
        (
            '# mine\n[accounts.x]\naccount = "x"\n',
            True,
            'account = "acme"\n# mine\n[accounts.x]\naccount = "x"\n',
        ),
        ('account = "ACME"\n', True, 'account = "ACME"\n'),
        ('account = "beta"\n', False, 'account = "beta"\n'),
        ("broken", False, "broken"),
    ],
)
def test_the_account_is_named_where_none_is(before: str | None, named: bool, after: str, place: Path) -> None:
    if before is not None:
        place.write_text(before, encoding="utf-8")
    assert name_account("acme", place) is named
    assert place.read_text(encoding="utf-8") == after
