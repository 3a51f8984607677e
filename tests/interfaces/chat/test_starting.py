"""Starting a chat process: what is missing is said in one sentence, and no token reaches the log."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from pydantic import SecretStr

from ix_tools.config.settings import AccountSettings, Settings
from ix_tools.errors import SettingsError
from ix_tools.interfaces.chat.main import NOISY, SecretFilter, build_parser, main
from ix_tools.interfaces.chat.runtime import build_runtime, choose_account
from ix_tools.interfaces.chat.slack.manifest import COMMANDS, build_manifest
from tests.interfaces.chat.conversation import RecordingAdapter


def test_the_manifest_is_what_slack_takes_to_paste(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slack", "--manifest"]) == 0
    manifest = json.loads(capsys.readouterr().out)
    assert manifest["settings"]["socket_mode_enabled"]
    assert {one["command"] for one in manifest["features"]["slash_commands"]} == COMMANDS.keys()
    assert "url" not in manifest["features"]["slash_commands"][0]
    assert len(manifest["display_information"]["name"]) <= 35
    over_http = build_manifest("https://ix.example.pt/slack/events")
    assert not over_http["settings"]["socket_mode_enabled"]
    assert over_http["settings"]["interactivity"]["request_url"] == "https://ix.example.pt/slack/events"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["slack", "--sandbox"], ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN")),
        (["slack", "--sandbox", "--http"], ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET")),
        (["telegram", "--sandbox"], ("TELEGRAM_BOT_TOKEN",)),
    ],
)
def test_missing_tokens_are_named(
    arguments: list[str],
    named: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "TELEGRAM_BOT_TOKEN"):
        monkeypatch.delenv(f"INVOICEXPRESS_{name}", raising=False)
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert all(f"INVOICEXPRESS_{name}" in said for name in named)


@pytest.mark.parametrize("platform", ["slack", "telegram"])
def test_a_missing_extra_is_one_sentence_with_the_command(
    platform: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ix_tools.config.extras._is_installed", lambda package: False)
    monkeypatch.setattr("ix_tools.config.extras._list_packages", lambda: {platform: ["absent"]})
    assert main([platform, "--sandbox"]) == 2
    said = capsys.readouterr().err
    assert f"[{platform}]" in said
    assert len(said.strip().splitlines()) == 1


def test_without_a_policy_nobody_is_served_but_in_a_sandbox(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No policy names"):
        build_runtime(Settings(account="acme"), RecordingAdapter(), "acme")
    given = {"sandbox": True, "account": "sandbox", "api_key": "x", "store": str(tmp_path / "ix-tools.db")}
    settings = Settings.model_validate(given)
    build_runtime(settings, RecordingAdapter(), "sandbox")


def test_a_chat_serves_one_account() -> None:
    accounts = {name: {"account": name, "api_key": "x"} for name in ("padaria", "oficina")}
    several = Settings.model_validate({"accounts": accounts})
    assert choose_account(several, "padaria") == "padaria"
    for wanted in ("", "other"):
        with pytest.raises(SettingsError, match="one account"):
            choose_account(several, wanted)


def test_no_secret_of_the_settings_reaches_the_log() -> None:
    """Whatever is added to the settings as a secret, of any account, and as an address quotes it."""
    names = [name for name, one in Settings.model_fields.items() if one.annotation is SecretStr]
    assert len(names) > 5
    accounts = {"a": AccountSettings.model_validate({"account": "acme", "api_key": "other/secret-7"})}
    secrets = {one: SecretStr(f"secret-{one}") for one in names}
    settings = Settings().model_copy(update={**secrets, "accounts": accounts})
    keeper = SecretFilter(settings)
    for secret in (*(f"secret-{one}" for one in names), "other/secret-7", "other%2Fsecret-7"):
        record = logging.LogRecord("library", 20, "", 1, "GET ?key=%s", (secret,), None)
        keeper.filter(record)
        assert "secret" not in record.getMessage(), secret


def test_no_token_reaches_the_log() -> None:
    settings = Settings.model_validate(
        {"slack_bot_token": "xoxb-secret", "telegram_bot_token": "1:token-secret"}
    )
    keeper = SecretFilter(settings)
    try:
        raise ValueError("https://api.telegram.org/bot1:token-secret/getMe")
    except ValueError as trouble:
        record = logging.LogRecord(
            "httpx", 20, "", 1, "%s failed", ("xoxb-secret",), (type(trouble), trouble, None)
        )
    assert keeper.filter(record)
    shown = logging.Formatter().format(record)
    assert "secret" not in shown
    assert "getMe" in shown
    assert {"httpx", "telegram"} <= set(NOISY)


def test_the_options_are_described() -> None:
    assert "--manifest" in build_parser().format_help()
