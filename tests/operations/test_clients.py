"""Clients as records of their own.

Source: contract A7; traps 3, 22 and 31.
"""

import pytest

from ix_tools.approvals.repository import Reply
from ix_tools.errors import IxError
from tests.harness import ApprovalNeeded, Harness, Json, execute, invoice, warnings_by_field

PADARIA = {"name": "Padaria Central, Lda", "code": "PADARIA", "fiscal_id": "508025338", "country": "PT"}


async def test_a_client_is_created_read_and_found(harness: Harness) -> None:
    made = (await harness.call("create_client", {**PADARIA, "language": "en", "send_options": "2"}))["client"]
    assert made["country"] == "Portugal"
    assert (await harness.call("get_client", {"client_id": made["id"]}))["client"] == made
    assert (await harness.call("find_client", {"code": "PADARIA"}))["client"]["id"] == made["id"]


async def test_the_list_tells_what_is_on_other_pages(harness: Harness) -> None:
    result = await harness.call("list_clients", {"per_page": 1})
    assert [one["code"] for one in result["clients"]] == ["ACME"]
    assert result["left_out"] == "2 in all, 1 on this page; next: page 2"


async def test_an_update_sends_the_whole_record_so_that_nothing_is_lost(harness: Harness) -> None:
    before = (await harness.call("get_client", {"client_id": 501}))["client"]
    after = (await harness.call("update_client", {"client_id": 501, "phone": "220000001"}))["client"]
    assert after == {**before, "phone": "220000001"}
    assert harness.get_last_body()["name"] == "ACME, Lda"


async def test_clear_empties_a_field(harness: Harness) -> None:
    after = (await harness.call("update_client", {"client_id": 501, "clear": ["website", "email"]}))["client"]
    assert "website" not in after
    assert "email" not in after


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"fiscal_id": "508025339"}, "fiscal_id"), ({"country": "DE", "fiscal_id": "DE12"}, "fiscal_id")],
)
async def test_number_and_country_fit_before_anything_is_sent(
    harness: Harness, changes: Json, field: str
) -> None:
    assert field in await harness.get_refusal("create_client", {**PADARIA, **changes})


async def test_a_number_is_checked_against_the_country_that_is_stored(harness: Harness) -> None:
    assert (
        "Germany"
        in (await harness.get_refusal("update_client", {"client_id": 502, "fiscal_id": "DE1"}))["fiscal_id"]
    )


async def test_a_new_name_is_said_to_reach_later_documents_only(harness: Harness) -> None:
    result = await harness.call("update_client", {"client_id": 501, "name": "ACME e Filhos, Lda"})
    assert "issued documents keep 'ACME, Lda'" in warnings_by_field(result)["name"]
    back = result["undo"]["calls"][0]
    assert (back["tool"], back["arguments"]["name"]) == ("update_client", "ACME, Lda")
    await harness.call(back["tool"], back["arguments"])
    assert (await harness.call("get_client", {"client_id": 501}))["client"]["name"] == "ACME, Lda"


async def test_a_client_stored_otherwise_is_an_error_that_shows_the_difference(harness: Harness) -> None:
    stored = harness.read_raw("/clients/501.json")
    harness.sandbox.fault("GET", "/clients/501.json", status=200, body=stored)
    harness.alter_answer("/clients/501.json", stored, phone="000")
    error = await harness.get_error("update_client", {"client_id": 501, "phone": "220000001"})
    assert (error.code, error.sent) == ("stored_differently", "stored")
    assert [one.field for one in error.problems] == ["phone"]


async def test_only_a_client_without_documents_is_deleted(harness: Harness) -> None:
    await harness.create_draft()
    found = await harness.get_refusal("delete_client", {"client_id": 501})
    assert "1 invoices" in found["client_id"]
    gone = await harness.call("delete_client", {"client_id": 502})
    assert gone["deleted"] == "client 502 (Beta GmbH)"
    again = gone["undo"]["calls"][0]
    assert again["tool"] == "create_client"
    assert (await harness.call("create_client", again["arguments"]))["client"]["name"] == "Beta GmbH"


async def test_who_deletes_a_client_is_shown_whom(harness: Harness) -> None:
    """Who it is, that nothing was made out to them, and that the same id does not come back."""
    client = {
        "name": "Zé & Filhos",
        "code": "ZE",
        "fiscal_id": "508025338",
        "email": "ze@example.pt",
        "city": "Faro",
    }
    number = (await harness.call("create_client", client))["client"]["id"]
    text = await harness.get_approval_text("delete_client", {"client_id": number})
    for shown in (
        "Delete the client",
        "Zé & Filhos",
        "508025338",
        "ZE",
        "ze@example.pt",
        "Faro",
        "another id",
    ):
        assert shown in text
    harness.context.settings = harness.context.settings.model_copy(update={"language": "pt"})
    text = await harness.get_approval_text("delete_client", {"client_id": number})
    assert "Apagar o cliente" in text
    assert "Faturas, notas e recibos: 0" in text


async def test_a_client_who_changed_after_the_question_is_not_deleted(harness: Harness) -> None:
    with pytest.raises(ApprovalNeeded) as needed:
        await execute(harness.context, "delete_client", {"client_id": 502}, can_ask=True)
    await harness.call("update_client", {"client_id": 502, "city": "Olhão"})
    before, reply = harness.list_writes(), Reply(needed.value.approval.handle, True)
    with pytest.raises(IxError) as error:
        await execute(harness.context, "delete_client", {"client_id": 502}, can_ask=True, reply=reply)
    assert error.value.code == "document_changed"
    assert harness.list_writes() == before


async def test_a_client_that_is_not_there_is_said_before_anything_is_sent(harness: Harness) -> None:
    error = await harness.get_error("delete_client", {"client_id": 999})
    assert str(error) == "There is no client with the id 999. Nothing was sent."
    assert harness.list_writes() == []


async def test_a_clients_documents_are_asked_for_with_a_body_and_pages_in_the_query(harness: Harness) -> None:
    await harness.create_issued()
    await harness.create_draft(client={"code": "BETA"})
    harness.sandbox.advance(60)
    result = await harness.call("list_client_invoices", {"client_id": 501, "types": ["invoices"]})
    assert [row["client"] for row in result["invoices"]] == ["ACME, Lda"]
    last = harness.sandbox.requests()[-1]
    assert last["query"] == {"page": "1", "per_page": "30"}
    assert last["body"]["filter"] == {
        "by_type": ["Invoice"],
        "status": ["draft", "sent", "settled"],
        "archived": ["non_archived"],
    }


async def test_a_failed_look_at_documents_is_no_unknown_write(harness: Harness) -> None:
    harness.sandbox.fault("POST", "/clients/501/invoices.json", times=None, status=502)
    error = await harness.get_error("list_client_invoices", {"client_id": 501})
    assert (error.sent, error.retryable) == ("refused", True)


async def test_the_new_client_can_be_billed_by_its_code(harness: Harness) -> None:
    step = (await harness.call("create_client", PADARIA))["next"][0]
    assert step["tool"] == "create_invoice"
    assert (await harness.call("create_invoice", {**invoice(), **step["arguments"]}))["ok"]
