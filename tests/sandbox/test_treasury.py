"""Sandbox, treasury: balances that follow the documents, and entries without a document."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.api import SandboxApi, list_errors

ACME = "/api/v3/clients/501"
ENTRY = {"value": 10, "date": "2026-11-20"}


def balance(api: SandboxApi, part: str = "balance") -> tuple[Any, ...]:
    found: dict[str, Any] = api.get(f"{ACME}/balance.json").json()[part]
    return tuple(found.values())


def regularized(api: SandboxApi, **changes: Any) -> Any:
    return api.post(f"{ACME}/regularization.json", {"regularization": {**ENTRY, **changes}})


def moved(api: SandboxApi, **changes: Any) -> Any:
    sent = {**ENTRY, "movement_type": "Payment", **changes}
    return api.post(f"{ACME}/treasury_movements.json", {"treasury_movement": sent})


def opened(api: SandboxApi, **changes: Any) -> Any:
    return api.put(f"{ACME}/initial_balance.json", {"initial_balance": {**ENTRY, **changes}})


def test_a_client_without_documents_owes_nothing(api: SandboxApi) -> None:
    assert api.get(f"{ACME}/balance.json").json() == {
        "currency": {"symbol": "€", "code": "EUR"},
        "initial_balance": {"value": 0, "created_at": "1970-01-01", "observation": ""},
        "balance": {"with_vat": 0, "without_vat": 0},
        "overdue_balance": {"with_vat": 0, "without_vat": 0},
        "remaining_balance": {"total": 0, "value": 0},
    }


def test_what_is_issued_is_owed_until_it_is_paid_or_credited(api: SandboxApi) -> None:
    api.create_draft()
    assert balance(api) == (0, 0)
    invoice = api.create_issued()
    assert balance(api) == (123, 100)
    receipt = api.pay(invoice, 61.5).json()["receipt"]
    assert balance(api) == (61.5, 50)
    api.create_issued("credit_note", owner_invoice_id=invoice["id"], items=[api.line(unit_price="10")])
    assert balance(api) == (49.2, 40)
    api.change_state("receipt", receipt, "canceled", "Engano")
    assert balance(api) == (110.7, 90)
    api.change_state("invoice", invoice, "settled")
    assert balance(api) == (0, 0)


@pytest.mark.parametrize(
    ("key", "owed"),
    [
        ("simplified_invoice", 123),
        ("debit_note", 123),
        ("invoice_receipt", 0),
        ("quote", 0),
        ("credit_note", -123),
    ],
)
def test_each_type_counts_as_what_it_is(api: SandboxApi, key: str, owed: float) -> None:
    document = api.create_issued(key)
    assert balance(api)[0] == owed
    if key.endswith("_note"):
        api.change_state(key, document, "settled")
        assert balance(api) == (0, 0)
        api.change_state(key, document, "unsettled")
    assert balance(api)[0] == owed
    api.change_state(key, document, "canceled", "Engano")
    assert balance(api) == (0, 0)


def test_a_note_on_what_was_paid_at_once_is_owed_back(api: SandboxApi) -> None:
    paid = api.create_issued("invoice_receipt")
    note = api.create_issued("credit_note", owner_invoice_id=paid["id"])
    assert balance(api) == (-123, -100)
    api.change_state("credit_note", note, "settled")
    assert balance(api) == (0, 0)


def test_other_clients_owe_their_own(api: SandboxApi) -> None:
    api.create_issued(client={"id": 502})
    assert balance(api) == (0, 0)


def test_what_is_past_its_due_date_is_overdue_by_the_boxs_clock(api: SandboxApi) -> None:
    invoice = api.create_issued(due_date="30/11/2026")
    api.create_issued(due_date="30/12/2026")
    api.pay(invoice, 23)
    api.sandbox.set_clock("2026-11-30T23:59:00")
    assert balance(api, "overdue_balance") == (0, 0)
    api.sandbox.advance(60)
    assert balance(api, "overdue_balance") == (100, 81.3)
    assert balance(api)[0] == 223
    api.pay(invoice, 100)
    assert balance(api, "overdue_balance") == (0, 0)


def test_an_opening_balance_counts_and_the_last_one_sent_is_it(api: SandboxApi) -> None:
    answer = opened(api, value="123.45", observation="transporte de 2025")
    assert (answer.status_code, answer.json()) == (
        200,
        {"initial_balance": {"value": 123.45, "date": "2026-11-20", "observation": "transporte de 2025"}},
    )
    opened(api, value=-20, date="2026-01-01")
    assert balance(api, "initial_balance") == (-20, "2026-01-01", "")
    assert balance(api) == (-20, -20)


def test_movements_are_money_on_account_or_given_back(api: SandboxApi) -> None:
    api.create_issued()
    answer = moved(api, value=23, payment_method="CI", serie="B2026", observation="adiantamento")
    assert answer.status_code == 201
    movement = answer.json()["treasury_movement"]
    assert movement == {
        "id": movement["id"], "value": 23, "movement_type": "Payment", "payment_method": "CI", "date": "2026-11-20",
        "serie": "B2026", "observation": "adiantamento",
    }  # fmt: skip
    assert balance(api)[0] == 100
    given_back = moved(api, movement_type="Reimbursement", value=3).json()["treasury_movement"]
    assert (given_back["serie"], given_back["payment_method"]) == ("2026", "TB")
    assert balance(api)[0] == 103
    dropped = api.call("DELETE", f"{ACME}/treasury_movements/{movement['id']}.json")
    assert (dropped.status_code, dropped.content) == (204, b"")
    assert balance(api)[0] == 126


def test_regularizations_are_numbered_listed_and_taken_back(api: SandboxApi) -> None:
    api.create_issued()
    first, second = regularized(api), regularized(api, value=20, observation="perdão")
    assert (first.status_code, second.status_code) == (201, 201)
    rows = [answer.json()["regularization"][0] for answer in (first, second)]
    assert [row["number"] for row in rows] == ["NR00000001", "NR00000002"]
    listed = api.get(f"{ACME}/regularization.json").json()
    assert listed["regularization"] == rows
    assert listed["pagination"]["total_entries"] == 2
    assert api.get(f"{ACME}/regularization.json", per_page=1, page=2).json()["regularization"] == rows[1:]
    assert balance(api, "remaining_balance") == (123, 93)
    dropped = api.call("DELETE", f"{ACME}/regularization/{rows[0]['id']}.json")
    assert (dropped.status_code, dropped.content) == (200, b"")
    assert balance(api) == (103, 80)
    assert regularized(api).json()["regularization"][0]["number"] == "NR00000003"


def test_no_more_is_written_off_than_is_owed(api: SandboxApi) -> None:
    api.create_issued()
    refusal = "The regularization amount must be less than or equal to the remaining balance"
    assert list_errors(regularized(api, value="123.01")) == [refusal]
    assert list_errors(regularized(api, value="123.01", date="")) == [refusal, "Date can't be blank"]
    assert regularized(api, value=123).status_code == 201
    assert list_errors(regularized(api, value="0.01")) == [refusal]


@pytest.mark.parametrize(
    ("changes", "messages"),
    [
        ({"date": ""}, ["Date can't be blank"]),
        ({"date": "20/11/2026"}, ["Date can't be blank"]),
        ({"date": "2026-02-30"}, ["Date can't be blank"]),
        ({"value": "ten"}, ["Value is not a number"]),
        ({"value": None, "date": None}, ["Value is not a number", "Date can't be blank"]),
    ],
)
def test_values_are_numbers_and_days_are_iso(
    api: SandboxApi, changes: dict[str, Any], messages: list[str]
) -> None:
    api.create_issued()
    assert list_errors(opened(api, **changes)) == messages
    assert list_errors(regularized(api, **changes)) == messages
    assert list_errors(moved(api, **changes)) == [f"Validation failed: {', '.join(messages)}"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"movement_type": "Gift"}, "Movement type is not included in the list"),
        ({"payment_method": "XX"}, "Payment method is not included in the list"),
        ({"serie": "none"}, "Serie is not included in the list"),
        ({"value": 0}, "Value must be greater than 0"),
        ({"value": -1}, "Value must be greater than 0"),
    ],
)
def test_a_wrong_movement_fails_validation(api: SandboxApi, changes: dict[str, Any], message: str) -> None:
    assert list_errors(moved(api, **changes)) == [f"Validation failed: {message}"]
    assert balance(api) == (0, 0)


@pytest.mark.parametrize(
    ("method", "path", "missing"),
    [
        ("GET", "9/balance.json", "Client not found"),
        ("PUT", "9/initial_balance.json", "Client not found"),
        ("GET", "9/regularization.json", "Client not found"),
        ("POST", "9/regularization.json", "Client not found"),
        ("DELETE", "9/regularization/1.json", "Client not found"),
        ("POST", "9/treasury_movements.json", "Client not found"),
        ("DELETE", "9/treasury_movements/1.json", "Client not found"),
        ("DELETE", "501/regularization/99.json", "Regularization not found"),
        ("DELETE", "501/treasury_movements/99.json", "Treasury movement not found"),
    ],
)
def test_a_miss_says_what_was_not_found(api: SandboxApi, method: str, path: str, missing: str) -> None:
    bodies = {"initial_balance": ENTRY, "regularization": ENTRY, "treasury_movement": ENTRY}
    answer = api.call(method, f"/api/v3/clients/{path}", bodies if method in ("POST", "PUT") else None)
    assert (answer.status_code, answer.json()) == (404, {"errors": [{"error": missing}]})


def test_a_line_is_dropped_as_what_it_is_and_by_its_own_client(api: SandboxApi) -> None:
    api.create_issued()
    row_id = regularized(api).json()["regularization"][0]["id"]
    assert api.call("DELETE", f"{ACME}/treasury_movements/{row_id}.json").status_code == 404
    assert api.call("DELETE", f"/api/v3/clients/502/regularization/{row_id}.json").status_code == 404
    assert balance(api)[0] == 113
