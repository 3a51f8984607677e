"""An unclear response does not mean "not found": a write that may have happened is not repeated, and reads fail clearly.

Only a 404 in InvoiceXpress's own format, or an empty list under the list's own key, means that something does not exist.
"""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from ix_tools.api_client.protocol import Request, Response, read_json
from ix_tools.approvals.repository import Reply
from ix_tools.domain.parsing import read_id, read_page, read_rows, require_content
from ix_tools.errors import IxError, Unreadable
from ix_tools.pipeline import claim_session
from tests.harness import ApprovalNeeded, Harness, Json, document_arguments, execute, guide, invoice, line

NOTHING: dict[str, Json] = {
    "200 and empty": {"status": 200},
    "204": {"status": 204},
    "an empty object": {"status": 200, "body": {}},
    "null": {"status": 200, "body": b"null"},
    "a list": {"status": 200, "body": []},
    "a number": {"status": 200, "body": 5},
    "another key": {"status": 200, "body": {"results": []}},
    "the key without a list": {"status": 200, "body": {"{key}": None, "pagination": {"total_entries": 0}}},
    "rows that are none": {"status": 200, "body": {"{key}": [7], "pagination": {"total_entries": 1}}},
    "no JSON": {"status": 200, "body": "manutenção"},
    "a page with 404": {"status": 404, "body": "<!DOCTYPE html><h1>Not Found</h1>"},
}
UNCOUNTED: dict[str, Json] = {
    "an empty list that is not counted": {"status": 200, "body": {"{key}": []}},
    "a list that counts more than it gives": {
        "status": 200,
        "body": {"{key}": [], "pagination": {"total_entries": 3, "current_page": 1, "total_pages": 1}},
    },
}
"""Unclear responses of lists with pagination."""


def answer_look_up(
    harness: Harness, path: str, answer: Json, key: str, method: str | None = "GET", **more: Any
) -> None:
    """Answer a look-up with a given response from now on."""
    body = answer.get("body")
    if isinstance(body, dict):
        body = {name.replace("{key}", key): value for name, value in body.items()}
    harness.sandbox.fault(method, path, status=answer["status"], body=body, times=None, **more)


def advance_past_all_waits(harness: Harness) -> None:
    """Advance the clock until no request is in progress and lists are complete."""
    harness.context.store.clock = lambda: time.time() + 600


def count_sends(harness: Harness, path: str) -> int:
    """Count the requests with a path."""
    return sum(one["path"].startswith(path) and one["method"] == "POST" for one in harness.list_writes())


async def lose_answer(
    harness: Harness, name: str, call: Json, path: str, look_up: str, answer: Json, key: str
) -> IxError:
    """Lose the response of a write, and make the look-ups after it unclear; those before it belong to the guards."""
    harness.sandbox.fault("POST", path, status=422)
    harness.sandbox.clear_requests()
    await harness.get_error(name, call)
    looks = [one for one in harness.sandbox.requests() if one["method"] == "GET"]
    before = sum(re.search(look_up, one["path"]) is not None for one in looks)
    harness.sandbox.clear_requests()
    harness.sandbox.fault("POST", path, drop="after")
    answer_look_up(harness, look_up, answer, key, skip=before)
    return await harness.get_error(name, call)


# --- a write whose answer was lost --------------------------------------------------------------------------


async def _prepare_movement(harness: Harness) -> tuple[str, Json, str, str, str]:
    return "create_guide", guide(), "/transports.json", r"^/guides\.json$", "guides"


async def _prepare_estimate(harness: Harness) -> tuple[str, Json, str, str, str]:
    quote = invoice(document_type="quotes")
    return "create_estimate", quote, "/quotes.json", r"^/estimates\.json$", "estimates"


async def _prepare_invoice(harness: Harness) -> tuple[str, Json, str, str, str]:
    item = {"name": "Novo artigo", "unit_price": 1, "tax": "IVA23"}
    return "create_item", item, "/items.json", r"^/items\.json$", "items"


async def _prepare_payment(harness: Harness) -> tuple[str, Json, str, str, str]:
    owed = (await harness.create_issued(items=[line(unit_price=150)]))["id"]
    pay = {"document_id": owed, "amount": 50, "payment_mechanism": "TB", "payment_date": "2026-11-20"}
    return "generate_payment", pay, f"/documents/{owed}/", r"related_documents\.json$", "documents"


async def _prepare_regularization(harness: Harness) -> tuple[str, Json, str, str, str]:
    await harness.create_issued()
    entry = {"client_id": 501, "value": 10, "date": "2026-11-20"}
    path = "/api/v3/clients/501/regularization.json"
    return "create_regularization", entry, path, r"regularization\.json$", "regularization"


COUNTED = {"guides": _prepare_movement, "estimates": _prepare_estimate, "items": _prepare_invoice}
LOST = {**COUNTED, "receipts": _prepare_payment, "regularizations": _prepare_regularization}
CASES = [(what, answer) for what in ("guides", "receipts") for answer in NOTHING]
CASES += [(what, answer) for what in LOST for answer in ("null", "another key", "the key without a list")]
CASES = list(dict.fromkeys(CASES)) + [(what, answer) for what in COUNTED for answer in UNCOUNTED]


@pytest.mark.parametrize(("what", "answer"), CASES)
async def test_a_lost_write_is_not_sent_again_on_an_answer_that_says_nothing(
    harness: Harness, what: str, answer: str
) -> None:
    """Neither automatically nor when the call is repeated; once the look-up is clear, its content is the result."""
    name, call, path, look_up, key = await LOST[what](harness)
    lost = await lose_answer(harness, name, call, path, look_up, {**NOTHING, **UNCOUNTED}[answer], key)
    assert (lost.code, lost.sent) == ("outcome_unknown", "unknown")
    advance_past_all_waits(harness)
    again = await harness.get_error(name, call)
    assert (again.code, again.sent) == ("outcome_unknown", "unknown")
    assert count_sends(harness, path) == 1
    harness.sandbox.clear_faults()
    found = await harness.call(name, call)
    assert found["replayed"]
    assert count_sends(harness, path) == 1


async def test_whoever_approves_a_payment_again_is_told_that_the_first_is_unknown(harness: Harness) -> None:
    """With a new key or other arguments for the same invoice: two receipts would be two certified documents."""
    name, call, path, look_up, key = await _prepare_payment(harness)
    lost = await lose_answer(harness, name, call, path, look_up, NOTHING["null"], key)
    harness.sandbox.clear_faults()
    for other in ({**call, "idempotency_key": "again"}, {**call, "note": "outra vez"}):
        text = await harness.get_approval_text(name, other)
        assert "is unknown: check first" in text
        assert lost.details["journal"] in text
    other_invoice = (await harness.create_issued(items=[line(name="Outra", unit_price=5)]))["id"]
    assert "is unknown" not in await harness.get_approval_text(
        name, {**call, "document_id": other_invoice, "amount": 1}
    )


async def test_an_approval_from_before_the_doubt_is_none_after_it(harness: Harness) -> None:
    """The approver did not know that the same action may have happened already."""
    name, call, path, look_up, key = await _prepare_payment(harness)
    second = {**call, "idempotency_key": "again"}
    with pytest.raises(ApprovalNeeded) as needed:
        await execute(harness.context, name, second, can_ask=True)
    await lose_answer(harness, name, call, path, look_up, NOTHING["null"], key)
    harness.sandbox.clear_faults()
    reply = Reply(needed.value.approval.handle, True)
    with pytest.raises(Exception, match="changed after the person saw it"):
        await execute(harness.context, name, second, can_ask=True, reply=reply)
    assert count_sends(harness, path) == 1


async def test_a_draft_is_not_made_again_under_a_new_key_while_nobody_knows_of_the_first(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.context.settings = harness.context.settings.model_copy(update={"timeout_seconds": 1})
    monkeypatch.setattr(claim_session, "MIN_WAIT_SECONDS", 0.2)  # it stays unknown
    name, call, path, look_up, key = await _prepare_movement(harness)
    await lose_answer(harness, name, call, path, look_up, NOTHING["204"], key)
    harness.sandbox.clear_faults()
    harness.sandbox.set_lag(10_000)  # not known yet
    error = await harness.get_error(name, {**call, "idempotency_key": "on purpose"})
    assert error.as_dict()["sent"] == "nothing"
    assert "not known yet" in str(error)
    assert count_sends(harness, path) == 1


# --- look-ups before a write --------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", NOTHING)
@pytest.mark.parametrize(
    ("look_up", "key"),
    [
        (r"^/clients/find-by-code\.json", "client"),
        (r"^/clients/find-by-name\.json", "client"),
        (r"^/taxes\.json$", "taxes"),
        (r"^/items\.json$", "items"),
    ],
)
async def test_no_draft_is_made_on_a_look_up_that_says_nothing(
    harness: Harness, look_up: str, key: str, answer: str
) -> None:
    answer_look_up(harness, look_up, NOTHING[answer], key)
    new = {"name": "Cliente Novo", "code": "NOVO", "fiscal_id": "508025338"}
    error = await harness.get_error("create_invoice", invoice(client=new))
    assert error.as_dict()["sent"] == "nothing"
    assert error.code == "unreadable_answer"
    assert harness.list_writes() == []


@pytest.mark.parametrize("answer", [*NOTHING, *UNCOUNTED])
async def test_a_client_is_not_deleted_on_a_list_of_documents_that_says_nothing(
    harness: Harness, answer: str
) -> None:
    answer_look_up(harness, r"^/clients/502/invoices", {**NOTHING, **UNCOUNTED}[answer], "invoices", None)
    error = await harness.get_error("delete_client", {"client_id": 502})
    assert (error.code, error.as_dict()["sent"]) == ("unreadable_answer", "nothing")
    assert harness.list_writes() == []


async def test_related_documents_that_are_not_found_are_no_empty_list(harness: Harness) -> None:
    """The invoice exists, so a 404 does not mean that it has no receipts."""
    made = await harness.create_issued()
    harness.sandbox.fault("GET", r"related_documents\.json$", status=404, times=None)
    error = await harness.get_error(
        "change_state", document_arguments(made, state="canceled", message="Emitida por engano.")
    )
    assert (error.code, error.as_dict()["sent"]) == ("unreadable_answer", "nothing")


# --- reads --------------------------------------------------------------------------------------------------

LISTS: dict[str, tuple[str, Json]] = {
    "list_taxes": ("taxes", {}),
    "list_sequences": ("sequences", {}),
    "list_items": ("items", {}),
    "list_clients": ("clients", {}),
    "list_invoices": ("invoices", {}),
    "list_estimates": ("estimates", {}),
    "list_guides": ("guides", {}),
    "list_client_invoices": ("invoices", {"client_id": 501}),
    "list_regularizations": ("regularization", {"client_id": 501}),
    "get_related_documents": ("documents", {"document_id": 1001}),
    "get_client": ("client", {"client_id": 501}),
    "get_document": ("invoice", {"document_type": "invoices", "document_id": 1001}),
    "get_client_balance": ("", {"client_id": 501}),
}


ONE = {"get_client", "get_document", "get_client_balance"}
READ = [
    (name, answer)
    for name in LISTS
    for answer in NOTHING
    # A record under another key is read, since the vendor's description names some keys wrongly.
    if not (name in ONE and ("key" in answer or answer == "rows that are none"))
]


@pytest.mark.parametrize(("name", "answer"), READ)
async def test_a_read_that_is_answered_with_something_else_is_one_clear_error(
    harness: Harness, name: str, answer: str
) -> None:
    """It is neither an empty list nor an internal error; nothing was changed, so the call may be repeated."""
    key, arguments = LISTS[name]
    answer_look_up(harness, ".", NOTHING[answer], key, None)
    error = await harness.get_error(name, arguments)
    shown = error.as_dict()
    assert error.code == "unreadable_answer"
    assert shown["sent"] in {"nothing", "refused"}
    assert shown["retryable"]
    assert shown["next"]


# --- numbers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number",
    ["1e999999999", "-1e999999999", "1e-999999999", "0e999999999", "1" * 5000, "1" * 61, "NaN", "Infinity"],
)
@pytest.mark.parametrize("where", ["number", "text"])
async def test_a_number_that_would_fill_the_memory_is_an_answer_that_cannot_be_read(
    harness: Harness, number: str, where: str
) -> None:
    written = number if where == "number" else f'"{number}"'
    body = b'{"taxes": [{"id": 1, "name": "IVA23", "value": %s}]}' % written.encode()
    harness.sandbox.fault("GET", r"^/taxes\.json$", status=200, body=body, times=None)
    error = await harness.get_error("list_taxes", {})
    assert error.code == "unreadable_answer"
    assert len(str(error.as_dict())) < 2000


@pytest.mark.parametrize("number", ["0.1", "-12.345", "1e3", "123456789012345.6789", "0", "1" * 30])
def test_numbers_of_any_sensible_size_are_read_exactly(number: str) -> None:
    from decimal import Decimal

    read = read_json(Request("GET", "/x"), Response(200, number.encode()))
    assert Decimal(read) == Decimal(number)


@pytest.mark.parametrize("value", ["1e999999999", "1e-999999999", "9" * 5000, 1e308, "1e400", 10**70])
async def test_a_callers_number_that_would_fill_the_memory_is_refused(harness: Harness, value: Any) -> None:
    error = await harness.get_error("create_invoice", invoice(items=[line(unit_price=value)]))
    assert error.code == "invalid_arguments"
    assert [one.field for one in error.problems] == ["items.0.unit_price"]
    assert len(str(error.as_dict())) < 2000


# --- the words of an answer ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", [None, [], 5, "x", {}, {"x": []}, {"rows": None}, {"rows": {}}, {"rows": [None]}, {"rows": [{}]}]
)
def test_rows_stand_under_their_own_key(body: Any) -> None:
    with pytest.raises(Unreadable) as unreadable:
        read_rows(body, "rows")
    assert unreadable.value.retryable


def test_an_empty_list_under_its_own_key_is_empty() -> None:
    assert read_rows({"rows": []}, "rows") == []
    assert read_page({"rows": []}, [], "rows", counted=False) is None
    page = read_page({"rows": [], "pagination": {"total_entries": 0}}, [], "rows", counted=True)
    assert page is not None


@pytest.mark.parametrize(
    ("page", "counted"),
    [
        (None, True),
        ({}, False),
        ({"total_entries": 1}, False),
        ({"total_entries": 200, "current_page": 1, "total_pages": 2}, True),
        ({"total_entries": 300, "current_page": 2, "total_pages": 3}, True),
    ],
)
def test_an_empty_page_of_a_list_that_goes_on_says_nothing(page: Any, counted: bool) -> None:
    with pytest.raises(Unreadable):
        read_page({"pagination": page}, [], "rows", counted=counted)


@pytest.mark.parametrize("value", [None, 0, -1, "", "x", "1e9", True, 2**63, "9" * 30, 1.5, [1]])
def test_a_row_is_told_by_an_id(value: Any) -> None:
    with pytest.raises(Unreadable):
        read_id({"id": value}, "rows")
    assert (read_id({"id": 7}, "rows"), read_id({"id": "7"}, "rows")) == (7, 7)


@pytest.mark.parametrize("content", [None, {}, [], [{"id": 1}], "x", 5])
def test_an_object_says_something(content: Any) -> None:
    with pytest.raises(Unreadable):
        require_content(content, "x")
