"""`ix-tools people`: invitations are made by a person at a terminal, and everything can be ended there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ix_tools.auth.passkeys import Passkeys
from ix_tools.auth.people import People, hash_secret
from ix_tools.auth.webauthn import NewPasskey
from ix_tools.interfaces.cli import prompt
from ix_tools.storage.database import Store
from tests.interfaces.cli.conftest import Cli


def test_an_invitation_needs_a_person_at_a_terminal(cli: Cli) -> None:
    refused = cli("people", "invite", "ana")
    assert (refused.code, json.loads(refused.out)["code"]) == (1, "no_person")


def test_a_person_is_invited_listed_confirmed_and_removed(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(prompt, "is_interactive", lambda: True)
    invited = cli("people", "invite", "ana", "--role", "admin", "--server", "https://ix.example.pt")
    url = json.loads(invited.out)["invitation"]["url"]
    found = re.fullmatch(r"https://ix\.example\.pt/inbox/invitation/([\w-]{32})", url)
    assert found is not None
    store = open_store(cli)
    assert People(store).find_invitation(found[1]) is not None
    added = Passkeys(store).add_invited(found[1], NewPasskey("AA", hash_secret("a"), synced=False))
    assert added.invited_by == prompt.identify_user()
    (row,) = json.loads(cli("people", "list").out)["people"]
    assert (row["name"], row["role"], row["passkeys"][0]["state"]) == ("ana", "admin", "unconfirmed")
    own = cli("people", "confirm", added.id)
    assert json.loads(own.out)["code"] == "passkey_not_confirmed", "whoever invited"
    monkeypatch.setattr(prompt, "identify_user", lambda: "terminal:root2")
    assert cli("people", "confirm", added.id).code == 0
    assert json.loads(cli("people", "revoke", added.id).out)["state"] == "revoked"
    assert cli("people", "remove", "ana").code == 0
    assert json.loads(cli("people", "list").out)["people"][0]["state"] == "removed"
    store.close()


def test_a_person_is_added_without_a_link(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    assert json.loads(cli("people", "add", "ana").out)["code"] == "no_person"
    monkeypatch.setattr(prompt, "is_interactive", lambda: True)
    added = cli("people", "add", "ana", "--role", "reader")
    assert (added.code, added.body["role"], added.body["passkeys"]) == (0, "reader", [])
    assert cli("people", "add", "ana").body["role"] == "reader", "as before"
    assert cli("people", "add", "ana", "--account", "nowhere").code != 0


@pytest.mark.parametrize(
    "server", ["http://127.0.0.1:8756", "http://ix.example.pt", "ftp://x", "x", "https://x/y"]
)
def test_a_link_leads_to_where_passkeys_work(cli: Cli, monkeypatch: pytest.MonkeyPatch, server: str) -> None:
    monkeypatch.setattr(prompt, "is_interactive", lambda: True)
    refused = cli("people", "invite", "ana", "--server", server)
    assert json.loads(refused.out)["code"] == "invalid_arguments"


def test_an_unknown_account_invites_nobody(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompt, "is_interactive", lambda: True)
    assert cli("people", "invite", "ana", "--account", "nowhere").code != 0
    assert json.loads(cli("people", "list").out)["people"] == []


def open_store(cli: Any) -> Store:
    return Store(cli.store)
