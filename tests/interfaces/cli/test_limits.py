"""`ix-tools limits`: which account is paused, and a pause that a person ends."""

from __future__ import annotations

from tests.interfaces.cli.conftest import Cli


def paused(cli: Cli) -> str:
    """The account, which InvoiceXpress asked to wait for an hour at least."""
    cli.box.fault("GET", "/taxes", status=429, headers={"Retry-After": "9" * 400})
    ran = cli("list-taxes")
    assert ran.body["code"] == "rate_limited"
    (row,) = cli("limits", "show").body["accounts"]
    assert 3500 < row["paused_seconds"] <= 3600
    name: str = row["account"]
    return name


def test_a_pause_is_shown_and_ended(cli: Cli) -> None:
    name = paused(cli)
    assert cli("list-taxes").body["code"] == "rate_limited"
    assert name in cli.text("limits", "show")
    (warned,) = [one for one in cli("doctor").body["checks"] if one["check"] == "limits"]
    assert (warned["level"], f"ix-tools limits clear {name}" in str(warned["next"])) == ("warning", True)
    assert cli("limits", "clear").body == {"ok": True, "reopened": [name]}
    assert cli("list-taxes").code == 0
    assert cli("limits", "clear").body == {"ok": True, "reopened": []}


def test_one_account_is_named_as_the_settings_call_it_or_whole(cli: Cli) -> None:
    name = paused(cli)
    wrong = cli("limits", "clear", "other")
    assert (wrong.code, wrong.body["code"]) == (1, "account_unknown")
    assert cli("limits", "clear", name.partition("@")[0]).body["reopened"] == [name]
    paused(cli)
    assert f"{name}: the pause has ended" in cli.text("limits", "clear", name)
    assert "No account is paused." in cli.text("limits", "clear")


def test_before_the_first_request_there_is_nothing_to_see(cli: Cli) -> None:
    assert cli("limits", "show").body["accounts"] == []
    assert "No request was sent yet." in cli.text("limits", "show")
    assert cli("limits", "clear").body["reopened"] == []
