"""What clients owe: the third version of the API, with ISO dates and numbers.

Source: contract A9.
"""

import pytest

from tests.harness import TODAY, Harness, Json, line

ENTRY = {"client_id": 501, "value": 10.5, "date": TODAY}


async def owing(harness: Harness) -> Json:
    await harness.create_issued(items=[line(unit_price=100)])
    return (await harness.call("get_client_balance", {"client_id": 501}))["balance"]


async def test_a_balance_tells_what_is_owed_with_and_without_vat(harness: Harness) -> None:
    balance = await owing(harness)
    assert balance["balance"] == {"with_vat": "123.00", "without_vat": "100.00"}
    assert balance["currency"] == "EUR"


async def test_the_initial_balance_travels_as_a_number_and_an_iso_date(harness: Harness) -> None:
    call = {**ENTRY, "date": "01/01/2026", "observation": "Saldo de 2025"}
    result = await harness.call("set_initial_balance", call)
    assert harness.list_writes()[-1]["body"] == {
        "initial_balance": {"value": 10.5, "date": "2026-01-01", "observation": "Saldo de 2025"}
    }
    assert result["initial_balance"] == {
        "value": "10.50",
        "date": "2026-01-01",
        "observation": "Saldo de 2025",
    }


async def test_a_second_initial_balance_replaces_the_first_and_says_so(harness: Harness) -> None:
    await harness.call("set_initial_balance", ENTRY)
    text = await harness.get_approval_text("set_initial_balance", {**ENTRY, "value": 20})
    assert "the initial balance of €10.50 is replaced by €20.00" in text
    undo = (await harness.call("set_initial_balance", {**ENTRY, "value": 20}))["undo"]
    assert undo["calls"][0]["arguments"]["value"] == 10.5


async def test_a_regularization_takes_off_the_debt_and_can_be_taken_back(harness: Harness) -> None:
    await owing(harness)
    made = await harness.call("create_regularization", ENTRY)
    assert made["regularization"]["number"] == "NR00000001"
    assert (await harness.call("get_client_balance", {"client_id": 501}))["balance"]["balance"][
        "with_vat"
    ] == "112.50"
    rows = (await harness.call("list_regularizations", {"client_id": 501}))["regularization"]
    assert [row["id"] for row in rows] == [made["regularization"]["id"]]
    step = made["undo"]["calls"][0]
    gone = await harness.call(step["tool"], step["arguments"])
    assert gone["deleted"] == "regularization NR00000001"
    assert gone["undo"]["calls"][0]["arguments"] == {"client_id": 501, "value": 10.5, "date": TODAY}


async def test_a_regularization_stays_within_what_is_owed(harness: Harness) -> None:
    await owing(harness)
    assert (
        "123.00" in (await harness.get_refusal("create_regularization", {**ENTRY, "value": 123.01}))["value"]
    )
    assert (await harness.call("create_regularization", {**ENTRY, "value": 123}))["ok"]


@pytest.mark.parametrize("tool", ["set_initial_balance", "create_regularization"])
@pytest.mark.parametrize("changes", [{"value": 0}, {"value": -1}, {"date": "2026-11-21"}, {"value": 1.005}])
async def test_entries_are_above_zero_and_not_of_tomorrow(harness: Harness, tool: str, changes: Json) -> None:
    await owing(harness)
    assert set(await harness.get_refusal(tool, {**ENTRY, **changes})) == set(changes)


async def test_a_regularization_of_somebody_else_is_not_deleted(harness: Harness) -> None:
    call = {"client_id": 501, "regularization_id": 7}
    assert "regularization_id" in await harness.get_refusal("delete_regularization", call)


async def test_a_movement_is_recorded_and_deleted(harness: Harness) -> None:
    call = {**ENTRY, "movement_type": "Payment", "payment_method": "MB", "serie": "2026"}
    made = await harness.call("create_treasury_movement", call)
    assert made["treasury_movement"]["movement_type"] == "Payment"
    assert (await harness.call("get_client_balance", {"client_id": 501}))["balance"]["balance"][
        "with_vat"
    ] == "-10.50"
    step = made["undo"]["calls"][0]
    assert (await harness.call(step["tool"], step["arguments"]))["ok"]
    assert (await harness.call("get_client_balance", {"client_id": 501}))["balance"]["balance"][
        "with_vat"
    ] == "0.00"


async def test_a_movement_in_an_unknown_series_is_refused_before_it_goes_to_the_default(
    harness: Harness,
) -> None:
    call = {**ENTRY, "movement_type": "Payment", "serie": "A"}
    assert "2026; B2026" in (await harness.get_refusal("create_treasury_movement", call))["serie"]


@pytest.mark.parametrize(
    ("tool", "changes"),
    [
        ("set_initial_balance", {}),
        ("create_regularization", {}),
        ("create_treasury_movement", {"movement_type": "Reimbursement"}),
    ],
)
async def test_a_person_sees_who_and_how_much_before_an_entry_is_made(
    harness: Harness, tool: str, changes: Json
) -> None:
    await owing(harness)
    text = await harness.get_approval_text(tool, {**ENTRY, **changes, "observation": "Acerto"})
    assert all(word in text for word in ("ACME, Lda", "€10.50", "20/11/2026", "Acerto", "€123.00"))


async def test_the_approval_of_an_entry_goes_stale_when_the_balance_moves(harness: Harness) -> None:
    from ix_tools.approvals.repository import Reply
    from ix_tools.errors import IxError
    from tests.harness import ApprovalNeeded, execute

    await owing(harness)
    with pytest.raises(ApprovalNeeded) as asked:
        await execute(harness.context, "create_regularization", ENTRY, can_ask=True)
    await harness.create_issued()
    reply = Reply(asked.value.approval.handle, True)
    with pytest.raises(IxError) as error:
        await execute(harness.context, "create_regularization", ENTRY, can_ask=True, reply=reply)
    assert error.value.code == "document_changed"


async def test_a_client_who_does_not_exist_has_no_balance(harness: Harness) -> None:
    assert (await harness.get_error("get_client_balance", {"client_id": 999})).code == "not_found"
