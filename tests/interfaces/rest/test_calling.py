"""`POST /tools/{name}`: every operation through the same pipeline, with statuses that a program can rely on."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from ix_tools.operations.registry import catalogue
from ix_tools.operations.scopes import Scope
from tests.harness import Harness, document_arguments, invoice
from tests.interfaces.rest.caller import (
    ADDRESS,
    Caller,
    build_served_app,
    check_response,
    create_token_header,
)
from tests.preparations import prepare_example

READING = [name for name, one in catalogue().items() if one.spec.effect.only_reads]
LOCAL_FILES = {"file", "bytes", "resource"}


@pytest.mark.parametrize("name", READING)
async def test_what_only_reads_gives_the_same_with_a_body_and_with_a_query(caller: Caller, name: str) -> None:
    arguments = await prepare_example(caller.harness, name)
    posted = await caller.call(name, arguments)
    asked = (await caller.get(f"/tools/{name}", params=_words(arguments))).json()
    assert asked == posted
    assert not LOCAL_FILES & posted.keys()


def _words(arguments: dict[str, Any]) -> dict[str, Any]:
    return {key: json.dumps(one) if isinstance(one, bool) else one for key, one in arguments.items()}


async def test_a_draft_is_created_and_its_totals_are_checked(caller: Caller) -> None:
    result = await caller.call("create_invoice", invoice())
    assert result["document"]["total"] == "123.00"
    assert result["next"][0]["tool"] == "change_state"


async def test_a_refusal_says_what_is_wrong_and_sends_nothing(caller: Caller) -> None:
    wrong = invoice(items=[{"name": "Curso", "unit_price": 120, "quantity": 1, "tax": "Isento"}])
    found = await caller.call_refused(422, "refused", "create_invoice", wrong)
    assert found["title"] == "Unprocessable Content"
    assert found["problems"][0]["field"] == "tax_exemption"
    assert found["sent"] == "nothing"
    assert "Nothing was sent." in found["detail"]
    assert found["next"]
    assert caller.harness.list_writes() == []


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (invoice(obsrvations="x"), "obsrvations"),
        (invoice(date="tomorrow-ish"), "date"),
        ({}, "date"),
        ({"document_type": "invoices", "envelope": {}}, "envelope"),
    ],
)
async def test_arguments_that_do_not_fit_are_named(caller: Caller, arguments: Any, field: str) -> None:
    found = await caller.call_refused(422, "invalid_arguments", "create_invoice", arguments)
    assert field in {one["field"] for one in found["problems"]}


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("create_invoce", "create_invoice"),
        ("create-invoice", "create_invoice"),
        ("list_invoice", "list_invoices"),
    ],
)
async def test_a_tool_that_does_not_exist_is_told_with_those_nearly_called_so(
    caller: Caller, name: str, near: str
) -> None:
    found = await caller.call_refused(404, "unknown_tool", name)
    assert near in str(found["next"])


async def test_a_name_like_no_tool_is_told_without_a_guess(caller: Caller) -> None:
    found = await caller.call_refused(404, "unknown_tool", "x" * 500)
    assert found["next"] == [{"why": "find it by words with search_operations"}]


async def test_what_invoicexpress_does_not_have_is_not_found(caller: Caller) -> None:
    found = await caller.call_refused(
        404, "not_found", "get_document", {"document_type": "invoices", "document_id": 9}
    )
    assert found["sent"] == "refused"


@pytest.mark.parametrize(
    ("answers", "status", "code"),
    [
        (429, 429, "rate_limited"),
        (401, 502, "access_denied"),  # the server's key, not the caller's token
        (503, 503, "unavailable"),
        (422, 422, "rejected"),
    ],
)
async def test_what_invoicexpress_answers_decides_the_status(
    caller: Caller, answers: int, status: int, code: str
) -> None:
    caller.harness.sandbox.fault("GET", "/taxes.json", status=answers, times=20)
    found = await caller.call_refused(status, code, "list_taxes")
    assert found["sent"] == "refused"


async def test_a_caller_who_is_to_wait_is_told_how_long(caller: Caller) -> None:
    caller.harness.sandbox.fault("GET", "/taxes.json", status=429, headers={"Retry-After": "17"}, times=20)
    answer = await caller.post("list_taxes")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


# --- keys ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["order-4711", '"order-4711"'])
async def test_a_key_in_the_header_or_in_the_body_is_the_same_key(caller: Caller, header: str) -> None:
    first = await caller.post("create_invoice", invoice(), headers={"Idempotency-Key": header})
    again = await caller.post("create_invoice", invoice(idempotency_key="order-4711"))
    both = await caller.post(
        "create_invoice", invoice(idempotency_key="order-4711"), headers={"Idempotency-Key": header}
    )
    ids = {one.json()["document"]["id"] for one in (first, again, both)}
    assert len(ids) == 1
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == both.headers["idempotent-replayed"] == "true"
    assert len(caller.harness.list_writes()) == 1


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ([("Idempotency-Key", "a")], "b"),
        ([("Idempotency-Key", "a"), ("Idempotency-Key", "b")], None),
        ([("Idempotency-Key", "")], None),
        ([("Idempotency-Key", '""')], None),
    ],
)
async def test_two_keys_that_differ_and_an_empty_one_are_refused(
    caller: Caller, headers: list[tuple[str, str]], key: str | None
) -> None:
    given = invoice() if key is None else invoice(idempotency_key=key)
    await caller.call_refused(400, "idempotency_keys_differ", "create_invoice", given, headers=headers)
    assert caller.harness.list_writes() == []


async def test_a_key_for_another_call_is_refused(caller: Caller) -> None:
    key = {"Idempotency-Key": "order-4711"}
    await caller.call("create_invoice", invoice(), headers=key)
    other = invoice(reference="another")
    await caller.call_refused(422, "idempotency_key_reused", "create_invoice", other, headers=key)


async def test_a_key_with_a_call_that_only_reads_changes_nothing(caller: Caller) -> None:
    await caller.call("list_taxes", headers={"Idempotency-Key": "x"})


# --- what cannot be read -------------------------------------------------------------------------------------

JSON = {"Content-Type": "application/json"}
BODIES: dict[str, tuple[bytes, dict[str, str], int, str]] = {
    "cut off": (b'{"date": "today"', JSON, 400, "malformed_request"),
    "a list": (b"[]", JSON, 400, "malformed_request"),
    "a word": (b'"x"', JSON, 400, "malformed_request"),
    "not a number": (b'{"a": NaN}', JSON, 400, "malformed_request"),
    "a field twice": (b'{"date": "today", "date": "2026-11-20"}', JSON, 400, "malformed_request"),
    "a field twice, inside": (b'{"client": {"id": 1, "id": 2}}', JSON, 400, "malformed_request"),
    "not UTF-8": (b'{"a": "\xff"}', JSON, 400, "malformed_request"),
    "a very deep hole": (b'{"a":' * 100_000, JSON, 400, "malformed_request"),
    "a very long number": (b'{"a": ' + b"9" * 5000 + b"}", JSON, 400, "malformed_request"),
    "a form": (
        b"date=today",
        {"Content-Type": "application/x-www-form-urlencoded"},
        415,
        "unsupported_media_type",
    ),
    "text": (b"{}", {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
    "of no type": (b"{}", {}, 415, "unsupported_media_type"),
    "too long": (b'{"a": "' + b"x" * (1024 * 1024) + b'"}', JSON, 413, "too_long"),
    "half a character": (b'{"\\ud800": "\\ud800"}', JSON, 422, "invalid_arguments"),
}


@pytest.mark.parametrize("what", BODIES)
async def test_a_body_that_cannot_be_read_is_refused(caller: Caller, what: str) -> None:
    content, headers, status, code = BODIES[what]
    answer = check_response(
        await caller.client.post("/tools/create_invoice", content=content, headers=headers)
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["sent"] == "nothing"
    assert caller.harness.list_writes() == []


@pytest.mark.parametrize(
    "headers",
    [JSON, {"Content-Type": "application/json; charset=utf-8"}, {"Content-Type": "APPLICATION/JSON"}],
)
async def test_json_is_json_however_its_type_is_written(caller: Caller, headers: dict[str, str]) -> None:
    assert (await caller.client.post("/tools/list_taxes", content=b"{}", headers=headers)).status_code == 200


async def test_a_call_without_arguments_needs_no_body(caller: Caller) -> None:
    assert (await caller.client.post("/tools/list_taxes")).status_code == 200


# --- methods -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/tools/create_invoice", "POST, OPTIONS"),
        ("HEAD", "/tools/create_invoice", "POST, OPTIONS"),
        ("DELETE", "/tools/list_taxes", "POST, GET, HEAD, OPTIONS"),
        ("PATCH", "/tools/change_state", "POST, OPTIONS"),
        ("POST", "/approvals/K7M2QX4R", "GET, HEAD, OPTIONS"),
        ("POST", "/documents/1/pdf", "GET, HEAD, OPTIONS"),
        ("PUT", "/openapi.json", "GET, HEAD, OPTIONS"),
    ],
)
async def test_another_method_is_refused_and_the_right_ones_are_named(
    caller: Caller, method: str, path: str, allow: str
) -> None:
    answer = check_response(await caller.client.request(method, path))
    assert answer.status_code == 405
    assert answer.headers["allow"] == allow
    asked = await caller.client.options(path)
    assert (asked.status_code, asked.headers["allow"], asked.content) == (204, allow, b"")
    assert not [name for name in asked.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "path", ["/", "/tools", "/tools/", "/tools/a/b", "/approvals/..%2F..", "/docs/../settings"]
)
async def test_an_address_where_there_is_nothing_is_a_problem_too(caller: Caller, path: str) -> None:
    answer = await caller.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_address")


async def test_head_is_get_without_the_body(caller: Caller) -> None:
    got, asked = await caller.client.get("/tools/list_taxes"), await caller.client.head("/tools/list_taxes")
    assert asked.status_code == 200
    assert asked.content == b""
    assert asked.headers["content-length"] == got.headers["content-length"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("per_page=x", "per_page"),
        ("pages=2", "pages"),
        ("page=1&page=2", "page"),
        ("states=draf", "states.0"),
    ],
)
async def test_a_query_that_does_not_fit_is_refused_by_field(caller: Caller, query: str, field: str) -> None:
    answer = await caller.get(f"/tools/list_invoices?{query}")
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["problems"]] == [field]


# --- files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delivery", ["file", "resource"])
async def test_no_file_is_left_on_the_servers_machine(caller: Caller, delivery: str) -> None:
    arguments = {"document_id": (await caller.harness.create_issued())["id"], "delivery": delivery}
    found = await caller.call_refused(422, "invalid_arguments", "get_pdf", arguments)
    problem = f"{delivery!r} is not available over HTTP, where a file would stay on the server's machine"
    assert found["problems"] == [{"field": "delivery", "problem": problem, "allowed": "link"}]
    assert (await caller.call("get_pdf", {**arguments, "delivery": "link"}))["link"].startswith("http")


async def test_a_pdf_comes_as_a_pdf_with_a_name(caller: Caller) -> None:
    number = (await caller.harness.create_issued())["id"]
    pdf = {"Accept": "application/pdf"}
    answers = [
        await caller.get(f"/documents/{number}/pdf"),
        await caller.post("get_pdf", {"document_id": number}, headers=pdf),
        await caller.get(f"/tools/get_pdf?document_id={number}", headers=pdf),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"] == 'inline; filename="FT-2026-1.pdf"'
        assert answer.content.startswith(b"%PDF")
    second = await caller.get(f"/documents/{number}/pdf?second_copy=true")
    assert second.headers["content-disposition"] == 'inline; filename="FT-2026-1-second-copy.pdf"'
    both = await caller.post(
        "get_pdf", {"document_id": number}, headers={"Accept": "application/json, application/pdf"}
    )
    assert both.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/documents/9/pdf", 404, "not_found"),
        ("/documents/x/pdf", 422, "invalid_arguments"),
        ("/documents/-1/pdf", 422, "invalid_arguments"),
        ("/documents/9/pdf?second=true", 422, "invalid_arguments"),
    ],
)
async def test_a_pdf_that_there_is_not_is_a_problem(
    caller: Caller, path: str, status: int, code: str
) -> None:
    answer = await caller.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_pdf_that_is_still_being_made_is_to_be_asked_for_again(caller: Caller) -> None:
    number = (await caller.harness.create_issued())["id"]
    caller.harness.sandbox.set_option("pdf_polls", 100)
    answer = await caller.get(f"/documents/{number}/pdf")
    assert (answer.status_code, answer.json()["code"]) == (503, "pdf_not_ready")
    assert answer.json()["retryable"] is True
    assert int(answer.headers["retry-after"]) > 0


# --- who may ---------------------------------------------------------------------------------------------------


async def test_scopes_and_accounts_are_those_of_the_caller(harness: Harness) -> None:
    transport = httpx2.ASGITransport(app=build_served_app(harness, requires_authentication=True))
    reader = create_token_header(harness, "reader", Scope.READ)
    async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as client:
        caller = Caller(harness, client)
        await caller.call_refused(401, "not_signed_in", "list_taxes")
        assert (await caller.post("list_taxes", headers=reader)).status_code == 200
        mine = next(iter(harness.context.settings.by_account()))
        assert (await caller.post("list_taxes", {"account": mine}, headers=reader)).status_code == 200
        await caller.call_refused(403, "scope_missing", "create_invoice", invoice(), headers=reader)
        await caller.call_refused(
            403, "account_not_permitted", "list_taxes", {"account": "other"}, headers=reader
        )
        other = {**reader, "Ix-Account": "other"}
        await caller.call_refused(403, "account_not_permitted", "list_taxes", headers=other)
        issued = document_arguments(await harness.create_issued())
        assert (await caller.post("get_document", issued, headers=reader)).status_code == 200


async def test_nothing_is_kept_between_here_and_the_caller(caller: Caller) -> None:
    for answer in (await caller.post("list_taxes"), await caller.post("create_invoice")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
