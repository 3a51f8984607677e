"""Accounts and their tie to the tax authority: off, gated, and silent about secrets.

Source: contract A9 and H.
"""

from __future__ import annotations

import base64
import logging
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ix_tools.approvals.repository import Reply
from ix_tools.errors import IxError
from tests.harness import ApprovalNeeded, Harness, Json, execute

OWNER, AUTHORITY = "kanarie-Owner-7!ç", "kanarie-AT-9?ã"
ENCODED = base64.b64encode(AUTHORITY.encode()).decode()
NEW = {
    "organization_name": "Padaria Central, Lda",
    "email": "dona@padaria.example.pt",
    "password": OWNER,
    "terms": True,
    "fiscal_id": "508025338",
    "first_name": "Ana",
}
AT = {"at_subuser": "509442013/1", "at_password": AUTHORITY, "communication_type": "auto"}


@pytest.fixture
def open_office(harness: Harness) -> Harness:
    settings = harness.context.settings.model_copy(update={"allow_account_setup": True})
    return replace(harness, context=replace(harness.context, settings=settings))


async def create_account(harness: Harness) -> Json:
    account: Json = (await harness.call("create_account", NEW))["account"]
    return account


@pytest.mark.parametrize(
    ("tool", "call"),
    [
        ("create_account", NEW),
        ("update_account", {"account_id": 1, "password": OWNER, "terms": True}),
        ("setup_at_communication", AT),
    ],
)
async def test_nothing_of_this_is_on_unless_a_setting_says_so(
    harness: Harness, tool: str, call: Json
) -> None:
    error = await harness.get_error(tool, call)
    assert (error.code, error.sent) == ("account_setup_off", "nothing")
    assert "INVOICEXPRESS_ALLOW_ACCOUNT_SETUP" in str(error.next)
    assert harness.sandbox.requests() == []


async def test_an_account_is_created_and_its_key_is_left_unread(open_office: Harness) -> None:
    result = await open_office.call("create_account", NEW)
    assert result["account"]["name"] == "Padaria Central, Lda"
    assert "api_key" not in str(result)
    assert "Account > API" in result["note"]
    assert open_office.get_last_body()["terms"] == "1"


async def test_the_companys_number_is_sent_in_the_form_that_was_checked(open_office: Harness) -> None:
    await open_office.call("create_account", {**NEW, "fiscal_id": "PT 508 025 338"})
    assert open_office.get_last_body()["fiscal_id"] == "508025338"


async def test_an_owner_who_is_a_user_already_goes_the_other_way(open_office: Harness) -> None:
    await create_account(open_office)
    second = {**NEW, "organization_name": "Padaria Norte, Lda", "fiscal_id": None, "existing_user": True}
    second.pop("fiscal_id")
    assert (await open_office.call("create_account", second))["ok"]
    last = open_office.list_writes()[-1]
    assert last["path"] == "/api/accounts/create_already_user.json"
    assert "existing_user" not in last["body"]["account"]


async def test_an_account_is_changed_with_what_it_has_filled_in(open_office: Harness) -> None:
    account = await create_account(open_office)
    call = {"account_id": account["id"], "password": OWNER, "terms": True, "phone": "220000001"}
    result = await open_office.call("update_account", call)
    assert result["account"]["email"] == "dona@padaria.example.pt"
    assert open_office.get_last_body()["organization_name"] == "Padaria Central, Lda"


async def test_credentials_of_the_authority_travel_in_base64(open_office: Harness) -> None:
    account = await create_account(open_office)
    credentials = {"username": "508025338/1", "password": AUTHORITY}
    call = {"account_id": account["id"], "password": OWNER, "terms": True, "credentials": credentials}
    await open_office.call("update_account", call)
    assert open_office.get_last_body()["credentials"] == {
        "username": "508025338/1",
        "password": ENCODED,
        "type": "AT",
        "context": "Sequences",
    }
    await open_office.call("setup_at_communication", AT)
    assert open_office.get_last_body()["at_password"] == ENCODED
    assert (await open_office.call("get_account", {"account_id": account["id"]}))["account"]["at_configured"]


@pytest.mark.parametrize("user", ["509442013", "509442013/", "ana", "50944201/1"])
async def test_the_main_user_of_the_authority_is_never_taken(open_office: Harness, user: str) -> None:
    assert "at_subuser" in await open_office.get_refusal("setup_at_communication", {**AT, "at_subuser": user})


@pytest.mark.parametrize("terms", [False, None, "0"])
async def test_the_terms_are_accepted_or_there_is_no_account(open_office: Harness, terms: Any) -> None:
    assert "terms" in await open_office.get_refusal("create_account", {**NEW, "terms": terms})


async def test_a_no_to_the_credentials_is_an_error(open_office: Harness) -> None:
    path = "/api/v3/accounts/at_communication.json"
    open_office.sandbox.fault("POST", path, status=200, body={"success": "false"})
    assert (await open_office.get_error("setup_at_communication", AT)).code == "rejected"


async def test_a_person_sees_whose_account_it_is(open_office: Harness) -> None:
    text = await open_office.get_approval_text("create_account", NEW)
    assert all(
        word in text for word in ("Padaria Central, Lda", "dona@padaria.example.pt", "Ana", "508025338")
    )
    assert "given, not shown" in text


# --- secrets ---


async def test_an_approval_is_bound_to_the_password_it_does_not_show(open_office: Harness) -> None:
    with pytest.raises(ApprovalNeeded) as asked:
        await execute(open_office.context, "setup_at_communication", AT, can_ask=True)
    reply = Reply(asked.value.approval.handle, True)
    other = {**AT, "at_password": "another"}
    with pytest.raises(IxError) as error:
        await execute(open_office.context, "setup_at_communication", other, can_ask=True, reply=reply)
    assert error.value.code == "approval_for_other_arguments"
    assert open_office.list_writes() == []


async def test_a_nested_password_binds_as_well(open_office: Harness) -> None:
    account = await create_account(open_office)
    call = {
        "account_id": account["id"],
        "password": OWNER,
        "terms": True,
        "credentials": {"username": "508025338/1", "password": AUTHORITY},
    }
    with pytest.raises(ApprovalNeeded) as asked:
        await execute(open_office.context, "update_account", call, can_ask=True)
    other = {**call, "credentials": {"username": "508025338/1", "password": "another"}}
    reply = Reply(asked.value.approval.handle, True)
    with pytest.raises(IxError) as error:
        await execute(open_office.context, "update_account", other, can_ask=True, reply=reply)
    assert error.value.code == "approval_for_other_arguments"


def leaks(text: str, *also: str) -> list[str]:
    """Which secrets a text gives away, in any form they travel in."""
    return [secret for secret in (OWNER, AUTHORITY, ENCODED, *also) if secret in text]


def repeated(tool: str) -> tuple[str, ...]:
    """The secrets that a call of a tool holds, and so an answer may repeat."""
    held = {"create_account": (OWNER,), "setup_at_communication": (AUTHORITY, ENCODED)}
    return held.get(tool, (OWNER, AUTHORITY, ENCODED))


def everything_kept(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.read_bytes().decode("utf-8", "replace")
            if path.suffix == ".db":
                with sqlite3.connect(path) as database:
                    yield "\n".join(database.iterdump())


async def test_no_secret_is_in_a_result_a_log_an_approval_or_the_store(
    open_office: Harness, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The canary: both passwords and the key that the service hands out, over every call that holds one."""
    caplog.set_level(logging.DEBUG)
    key = "kanarie-key-0123456789"
    seen: list[str] = []
    account = await create_account(open_office)
    open_office.sandbox.fault(
        "POST",
        "/api/accounts/create.json",
        status=201,
        body={
            "account": {"id": "9", "name": "X", "url": "https://x.example", "api_key": key, "state": "active"}
        },
    )
    update = {
        "account_id": account["id"],
        "password": OWNER,
        "terms": True,
        "credentials": {"username": "508025338/1", "password": AUTHORITY},
    }
    for tool, call in (("create_account", NEW), ("update_account", update), ("setup_at_communication", AT)):
        seen.append(await open_office.get_approval_text(tool, call))
        seen.append(str(await open_office.call(tool, call)))
        waiting = await execute(open_office.context, tool, call)
        seen.append(str(waiting))
    echo = f"The password {OWNER} is too short; so are {ENCODED} and {AUTHORITY}"
    for tool, call, path in (
        ("create_account", NEW, "/api/accounts/create.json"),
        ("setup_at_communication", AT, "/api/v3/accounts/at_communication.json"),
        ("update_account", update, f"/api/accounts/{account['id']}/update.json"),
    ):
        method = "PUT" if tool == "update_account" else "POST"
        own = [secret for secret in (OWNER, AUTHORITY, ENCODED) if secret in repeated(tool)]
        body = {"errors": {"error": echo}}
        open_office.sandbox.fault(method, path, status=422, body=body)
        failure = str((await open_office.get_error(tool, call)).as_dict())
        assert [secret for secret in own if secret in failure] == []
    wrong = await open_office.get_error("create_account", {**NEW, "organisation": OWNER, "password": [OWNER]})
    seen.append(str(wrong.as_dict()))
    assert leaks("\n".join(seen), key) == []
    assert leaks(caplog.text, key) == []
    assert [leak for text in everything_kept(tmp_path) for leak in leaks(text, key)] == []


async def test_a_secret_does_not_print(open_office: Harness) -> None:
    from ix_tools.pipeline.execute import parse

    for tool, call in (("create_account", NEW), ("setup_at_communication", AT)):
        parsed = parse(tool, call)
        assert leaks(repr(parsed) + str(parsed) + str(parsed.model_dump()) + parsed.model_dump_json()) == []
