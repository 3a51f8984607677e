"""`ix-tools webhooks`: what the operator registers, and the secret once."""

from __future__ import annotations

import pytest

from ix_tools.storage.database import Store
from ix_tools.storage.schema import webhook_endpoints
from tests.interfaces.cli.conftest import Cli

URL = "https://n8n.example.com/webhook/4711"


def test_an_address_is_added_listed_and_removed(cli: Cli) -> None:
    made = cli("webhooks", "add", URL, "--event", "document.finalized").body["webhook"]
    assert made["secret"].startswith("whsec_")
    (listed,) = cli("webhooks", "list").body["webhooks"]
    assert (listed["id"], listed["url"], listed["caller"]) == (made["id"], URL, "local")
    assert "secret" not in listed
    assert URL in cli.text("webhooks", "list")
    rotated = cli("webhooks", "rotate", made["id"]).body["webhook"]
    assert rotated["secret"] != made["secret"]
    assert cli("webhooks", "deliveries", made["id"]).body["deliveries"] == []
    assert cli("webhooks", "replay", made["id"], "dlv_x").body["code"] == "delivery_unknown"
    assert cli("webhooks", "remove", made["id"]).code == 0
    assert cli("webhooks", "list").body["webhooks"] == []
    assert cli("webhooks", "remove", made["id"]).body["code"] == "webhook_unknown"


def test_an_internal_address_is_refused_unless_the_settings_allow_it(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:

    refused = cli("webhooks", "add", "http://192.168.1.20:5678/webhook")
    assert (refused.code, refused.body["code"]) == (1, "webhook_address")
    monkeypatch.setenv("INVOICEXPRESS_WEBHOOK_NETWORKS", "192.168.1.0/24")
    assert cli("webhooks", "add", "http://192.168.1.20:5678/webhook").code == 0


def test_a_disabled_one_is_told_by_doctor_and_enabled(cli: Cli) -> None:
    made = cli("webhooks", "add", URL).body["webhook"]
    store = Store(cli.store)
    with store.writing() as connection:
        connection.execute(webhook_endpoints.update().values(disabled_at=1.0, disabled_why="gone (410)"))
    store.close()
    told = [one for one in cli("doctor").body["checks"] if one["check"] == "webhooks"]
    assert "gone (410)" in told[0]["message"]
    assert f"webhooks enable {made['id']}" in told[0]["next"]
    assert cli("webhooks", "enable", made["id"]).code == 0
    assert [one for one in cli("doctor").body["checks"] if one["check"] == "webhooks"] == []
