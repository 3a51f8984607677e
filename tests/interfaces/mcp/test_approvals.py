"""A person's approval over MCP: every gated operation, every way in which a host can or cannot ask."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import mcp_types as types
import pytest

from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.config.launch_command import format_launch_command
from ix_tools.operations.registry import catalogue
from ix_tools.storage.database import Store
from tests.harness import TODAY, Harness, invoice
from tests.interfaces.mcp import sandbox_documents
from tests.interfaces.mcp.host import ERAS, Answer, Host, Json, Person, build_elicit_result, connect_host

REASON = "O cliente desistiu da compra."
NUMBERS = {"current_invoice_number": 0, "current_credit_note_number": 0, "current_debit_note_number": 0}


async def _issued(harness: Harness) -> int:
    number: int = (await sandbox_documents.create_issued(harness))["document_id"]
    return number


async def _finalize(harness: Harness) -> Json:
    return {**(await sandbox_documents.create_draft(harness)), "state": "finalized"}


async def _cancel(harness: Harness) -> Json:
    return {**(await sandbox_documents.create_issued(harness)), "state": "canceled", "message": REASON}


async def _delete(harness: Harness) -> Json:
    return {**(await sandbox_documents.create_draft(harness)), "state": "deleted"}


async def _settle(harness: Harness) -> Json:
    return {**(await sandbox_documents.create_issued(harness)), "state": "settled"}


async def _mail(harness: Harness) -> Json:
    return {**(await sandbox_documents.create_issued(harness)), "email": "compras@acme.example"}


async def _pay(harness: Harness) -> Json:
    number = await _issued(harness)
    return {"document_id": number, "amount": 23, "payment_mechanism": "TB", "payment_date": TODAY}


async def _unpay(harness: Harness) -> Json:
    paid = await harness.call("generate_payment", await _pay(harness))
    return {"receipt_id": paid["receipt"]["id"], "message": REASON}


async def _register(harness: Harness) -> Json:
    return {"sequence_id": 70020}


async def _rename(harness: Harness) -> Json:
    return {"sequence_id": 70020, "serie": "C2026", **NUMBERS}


async def _open(harness: Harness) -> Json:
    return {"serie": "2027"}


async def _owed(harness: Harness) -> Json:
    await _issued(harness)
    return {"client_id": 501, "value": 10, "date": TODAY}


async def _put_right(harness: Harness) -> Json:
    made = await harness.call("create_regularization", await _owed(harness))
    return {"client_id": 501, "regularization_id": made["regularization"]["id"]}


async def _move(harness: Harness) -> Json:
    return {**await _owed(harness), "movement_type": "Payment", "payment_method": "TB"}


async def _moved(harness: Harness) -> Json:
    made = await harness.call("create_treasury_movement", await _move(harness))
    return {"client_id": 501, "treasury_movement_id": made["treasury_movement"]["id"]}


async def _stranger(harness: Harness) -> Json:
    return {"client_id": 502}


async def _unsold(harness: Harness) -> Json:
    return {"item_id": 402321}


async def _rate(harness: Harness) -> Json:
    return {"tax_id": 31558}


async def _account_to_open(harness: Harness) -> Json:
    settings(harness, allow_account_setup=True)
    return {
        "organization_name": "Padaria Central, Lda",
        "email": "dona@padaria.example.pt",
        "password": "only-an-example",
        "terms": True,
        "fiscal_id": "508025338",
    }


async def _change(harness: Harness) -> Json:
    made = await harness.call("create_account", await _account_to_open(harness))
    return {
        "account_id": made["account"]["id"],
        "password": "only-an-example",
        "terms": True,
        "phone": "220000001",
    }


async def _tie(harness: Harness) -> Json:
    settings(harness, allow_account_setup=True)
    return {"at_subuser": "509442013/1", "at_password": "only-an-example", "communication_type": "auto"}


GATED: dict[str, tuple[str, Callable[[Harness], Awaitable[Json]]]] = {
    "finalize": ("change_state", _finalize),
    "cancel": ("change_state", _cancel),
    "delete": ("change_state", _delete),
    "settle": ("change_state", _settle),
    "send_email": ("send_email", _mail),
    "generate_payment": ("generate_payment", _pay),
    "cancel_payment": ("cancel_payment", _unpay),
    "register_sequence": ("register_sequence", _register),
    "update_sequence": ("update_sequence", _rename),
    "create_sequence": ("create_sequence", _open),
    "set_initial_balance": ("set_initial_balance", _owed),
    "create_regularization": ("create_regularization", _owed),
    "delete_regularization": ("delete_regularization", _put_right),
    "create_treasury_movement": ("create_treasury_movement", _move),
    "delete_treasury_movement": ("delete_treasury_movement", _moved),
    "delete_client": ("delete_client", _stranger),
    "delete_item": ("delete_item", _unsold),
    "delete_tax": ("delete_tax", _rate),
    "create_account": ("create_account", _account_to_open),
    "update_account": ("update_account", _change),
    "setup_at_communication": ("setup_at_communication", _tie),
}
NO: tuple[Answer, ...] = ("no", "decline", {"approve": False, "reason": "too dear"})
NOBODYS: tuple[Answer, ...] = (
    "cancel",
    {},
    {"approve": "true"},
    {"approve": 1},
    {"confirm": True},
)
Everything = pytest.mark.parametrize("what", list(GATED))
BothEras = pytest.mark.parametrize(
    ("mode", "what"),
    # The gate knows no protocol: the older one is tried with a change of state, an e-mail, a payment and a deletion.
    [("auto", what) for what in GATED]
    + [("legacy", what) for what in ("finalize", "send_email", "generate_payment", "delete_client")],
    indirect=["mode"],
)
Modern = pytest.mark.parametrize("mode", ["auto"], indirect=True)


async def ready(harness: Harness, what: str) -> tuple[str, Json]:
    """A gated call that lacks nothing but a yes; the log is empty."""
    name, prepare = GATED[what]
    arguments = await prepare(harness)
    harness.sandbox.clear_requests()
    return name, arguments


def states(harness: Harness) -> list[str]:
    """Every approval of the store, by its state."""
    import sqlalchemy as sql

    from ix_tools.storage.schema import approvals

    with harness.context.approvals.store.writing() as connection:
        return [
            row.state
            for row in connection.execute(sql.select(approvals.c.state).order_by(approvals.c.created_at))
        ]


def settings(harness: Harness, **changes: Any) -> None:
    """Other settings for this desk."""
    harness.context.settings = harness.context.settings.model_copy(update=changes)


def test_every_gated_operation_is_tried_here() -> None:
    """Or a new one would go untested. A recipe has no request of its own: tests/operations/test_issue_invoice.py tries it."""
    gated = {name for name, one in catalogue().items() if one.spec.effect.needs_approval and one.spec.route}
    assert {name for name, _ in GATED.values()} == gated


# --- a host that asks in its own form


@BothEras
async def test_a_yes_sends_it_once(host: Host, harness: Harness, what: str) -> None:
    """2026-07-28: input_required and a second round; 2025-11-25: elicitation in the middle of the call."""
    name, arguments = await ready(harness, what)
    await host.call(name, **arguments)
    assert len(harness.list_writes()) == 1
    (question,) = host.person.asked
    assert question.requested_schema["required"] == ["approve"]
    assert question.requested_schema["properties"]["approve"]["type"] == "boolean"
    assert "SANDBOX" in question.message
    assert states(harness)[-1] == "used"


@BothEras
async def test_anything_but_a_plain_yes_sends_nothing(harness: Harness, mode: str, what: str) -> None:
    """An accept with the box unticked is no consent, neither is a word that means true, which is not even a no."""
    name, arguments = await ready(harness, what)
    before = len(states(harness))
    # The gate that judges an answer knows no operation: every answer is tried with one, and two answers with all others.
    declined, unanswered = (NO, NOBODYS) if what == "finalize" else (NO[:1], NOBODYS[3:4])
    for answer in declined:
        async with connect_host(harness.context, mode, Person(answer)) as host:
            refusal = await host.call_refused(name, **arguments)
        assert (refusal["code"], refusal["sent"]) == ("approval_declined", "nothing"), answer
    for answer in unanswered:
        async with connect_host(harness.context, mode, Person(answer)) as host:
            waiting = (await host.call_unchecked(name, **arguments)).structured_content or {}
        assert (waiting["status"], waiting["sent"]) == ("approval_required", "nothing"), answer
        assert waiting["nobody_answered"].startswith("Nobody answered: ")
    assert harness.list_writes() == []
    assert sorted(states(harness)[before:]) == [
        "pending",
        *["rejected"] * len(declined),
        *["unanswered"] * len(unanswered),
    ]


@Modern
async def test_what_was_declined_cannot_be_answered_again(host: Host, harness: Harness) -> None:
    """The SDK's own sealed state would take a second answer to a question that was declined."""
    name, arguments = await ready(harness, "finalize")
    handle = await host.ask_and_hold(name, arguments)
    for answer, code in (("no", "approval_declined"), ("yes", "approval_not_pending")):
        result = await host.step(name, arguments, handle, build_elicit_result(answer))  # type: ignore[arg-type]
        assert isinstance(result, types.CallToolResult)
        assert result.structured_content is not None
        assert result.structured_content["code"] == code
    assert harness.list_writes() == []


# --- a host that cannot ask


@BothEras
async def test_without_a_form_a_person_approves_in_a_terminal(harness: Harness, mode: str, what: str) -> None:
    """No elicitation capability: what to tell the person, and the same call goes through afterwards, once."""
    name, arguments = await ready(harness, what)
    async with connect_host(harness.context, mode, None) as host:
        answer = await host.call_unchecked(name, **arguments)
        waiting = answer.structured_content
        assert waiting is not None
        assert not answer.is_error
        assert (waiting["ok"], waiting["status"], waiting["sent"]) == (False, "approval_required", "nothing")
        identifier = waiting["approval"]["id"]
        assert waiting["approval"]["command"] == format_launch_command("approvals", "approve", identifier)
        assert waiting["preview"]
        assert "sandbox" in waiting
        again = (await host.call_unchecked(name, **arguments)).structured_content
        assert again is not None
        assert again["approval"]["id"] == identifier, "one question, however often the call is repeated"
        assert harness.list_writes() == []
        assert [one.id for one in harness.context.approvals.list_waiting()] == [identifier]
        harness.context.approvals.decide(identifier.lower(), approve=True)
        await host.call(name, **arguments)
        assert len(harness.list_writes()) == 1
        assert harness.context.approvals.find(identifier).state == "used"


@Modern
@Everything
async def test_what_was_rejected_in_a_terminal_is_refused(harness: Harness, mode: str, what: str) -> None:
    """And the reason is told."""
    name, arguments = await ready(harness, what)
    async with connect_host(harness.context, mode, None) as host:
        waiting = (await host.call_unchecked(name, **arguments)).structured_content
        assert waiting is not None
        harness.context.approvals.decide(waiting["approval"]["id"], approve=False, reason="preço errado")
        refusal = await host.call_refused(name, **arguments)
    assert refusal["code"] == "approval_declined"
    assert "preço errado" in refusal["message"]
    assert harness.list_writes() == []


async def test_a_host_that_must_ask_and_cannot_is_refused(harness: Harness, mode: str) -> None:
    """approval_channel = form."""
    name, arguments = await ready(harness, "finalize")
    settings(harness, approval_channel="form")
    async with connect_host(harness.context, mode, None) as host:
        refusal = await host.call_refused(name, **arguments)
    assert refusal["code"] == "approval_impossible"
    assert harness.list_writes() == []
    assert states(harness) == []
    async with connect_host(harness.context, mode, Person()) as host:
        await host.call(name, **arguments)


async def test_where_only_the_terminal_counts_no_form_is_shown(harness: Harness, mode: str) -> None:
    """approval_channel = terminal, for hosts whose answers are no proof of a person (daintree#11342)."""
    name, arguments = await ready(harness, "finalize")
    settings(harness, approval_channel="terminal")
    person = Person()
    async with connect_host(harness.context, mode, person) as host:
        waiting = (await host.call_unchecked(name, **arguments)).structured_content
        assert waiting is not None
        assert waiting["status"] == "approval_required"
        assert person.asked == []
        assert harness.list_writes() == []
        harness.context.approvals.decide(waiting["approval"]["id"], approve=True)
        await host.call(name, **arguments)
    assert len(harness.list_writes()) == 1


@Modern
async def test_an_answer_in_a_form_is_none_once_only_the_terminal_counts(
    host: Host, harness: Harness
) -> None:
    """The setting holds for questions that were asked before it."""
    name, arguments = await ready(harness, "finalize")
    handle = await host.ask_and_hold(name, arguments)
    settings(harness, approval_channel="terminal")
    result = await host.step(name, arguments, handle, build_elicit_result("yes"))
    assert isinstance(result, types.CallToolResult)
    assert result.structured_content is not None
    assert result.structured_content["status"] == "approval_required"
    assert harness.list_writes() == []


@pytest.mark.parametrize("mode", ["legacy"], indirect=True)
async def test_where_a_host_says_it_can_ask_and_fails_a_person_decides_elsewhere(
    harness: Harness, mode: str
) -> None:
    """Some hosts declare elicitation and drop it (claude-code#94806)."""
    name, arguments = await ready(harness, "finalize")

    async def broken(context: Any, params: Any) -> types.ErrorData:
        return types.ErrorData(code=-32603, message="no window")

    async with connect_host(harness.context, mode, broken) as host:  # type: ignore[arg-type]
        waiting = (await host.call_unchecked(name, **arguments)).structured_content or {}
    assert waiting["status"] == "approval_required"
    assert "no window" in waiting["nobody_answered"]
    assert waiting["approval"]["command"] in waiting["next"][0]["why"]
    assert harness.list_writes() == []


# --- what the document does meanwhile


async def _edited(harness: Harness, arguments: Json) -> None:
    await harness.call(
        "update_invoice",
        {
            "document_type": "invoices",
            "document_id": arguments["document_id"],
            "reference": "changed",
            "accept": ["unreturned"],
        },
    )


async def _another_nif(harness: Harness, arguments: Json) -> None:
    import httpx2

    client = {"client": {"name": "ACME, Lda", "code": "ACME", "fiscal_id": "508025338"}}
    async with httpx2.AsyncClient(timeout=100) as http:
        answer = await http.put(
            f"{harness.sandbox.base_url}/clients/501.json",
            params={"api_key": harness.sandbox.api_key},
            json=client,
        )
    assert answer.status_code == 200


@pytest.mark.parametrize("change", [_edited, _another_nif])
async def test_what_changed_while_the_person_read_is_not_sent(
    harness: Harness, mode: str, change: Callable[[Harness, Json], Awaitable[None]]
) -> None:
    """The answer was about what was shown, the draft and the client as the books have it: the person is asked about the new."""
    name, arguments = await ready(harness, "finalize")
    person, written = Person(), []

    async def meanwhile() -> None:
        written.append(harness.list_writes())
        await change(harness, arguments)
        harness.sandbox.clear_requests()

    person.meanwhile = meanwhile
    async with connect_host(harness.context, mode, person) as host:
        if mode == "legacy":  # A form is asked once a call there, so the repeated call asks again.
            waiting = (await host.call_unchecked(name, **arguments)).structured_content
            assert waiting is not None
            assert waiting["status"] == "approval_required"
        await host.call(name, **arguments)
    assert len(person.asked) == 2
    assert person.asked[0] != person.asked[1]
    assert written[1] == [], "nothing is sent between the two questions"
    assert (states(harness)[0], states(harness)[-1]) == ("stale", "used")


@pytest.mark.parametrize("change", [_edited, _another_nif])
async def test_what_changed_after_the_terminals_yes_is_not_sent(
    harness: Harness, mode: str, change: Callable[[Harness, Json], Awaitable[None]]
) -> None:
    """The same, out of band."""
    name, arguments = await ready(harness, "finalize")
    async with connect_host(harness.context, mode, None) as host:
        waiting = (await host.call_unchecked(name, **arguments)).structured_content
        assert waiting is not None
        harness.context.approvals.decide(waiting["approval"]["id"], approve=True)
        await change(harness, arguments)
        harness.sandbox.clear_requests()
        again = (await host.call_unchecked(name, **arguments)).structured_content
    assert again is not None
    assert again["status"] == "approval_required"
    assert again["approval"]["id"] != waiting["approval"]["id"]
    assert harness.list_writes() == []
    assert states(harness) == ["stale", "pending"]


# --- handles


async def refused(host: Host, harness: Harness, name: str, arguments: Json, handle: str, code: str) -> None:
    """A yes under a handle that is good for something else, or for nothing."""
    before = len(harness.list_writes())
    result = await host.step(name, arguments, handle, build_elicit_result("yes"))
    assert isinstance(result, types.CallToolResult)
    body = result.structured_content
    assert body is not None
    assert (body["code"], body["sent"], result.is_error) == (code, "nothing", True)
    assert body["message"].endswith("Nothing was sent.")
    assert len(harness.list_writes()) == before


@Modern
@Everything
async def test_a_handle_is_good_once(host: Host, harness: Harness, what: str) -> None:
    """Replay (spec MRTR: single use is the server's duty)."""
    name, arguments = await ready(harness, what)
    handle = await host.ask_and_hold(name, arguments)
    first = await host.step(name, arguments, handle, build_elicit_result("yes"))
    assert not first.is_error  # type: ignore[union-attr]
    assert len(harness.list_writes()) == 1
    result = await host.step(name, arguments, handle, build_elicit_result("yes"))
    assert isinstance(result, types.CallToolResult)
    assert result.structured_content is not None
    # Where the state moved on, a rule or a look-up says so first; otherwise the handle is known to be used.
    assert result.structured_content["code"] in {"approval_used", "refused", "not_found"}
    assert len(harness.list_writes()) == 1
    if what in {"send_email", "generate_payment"}:
        assert result.structured_content["code"] == "approval_used"


@Modern
async def test_a_handle_is_good_for_its_own_call_only(host: Host, harness: Harness) -> None:
    """Other arguments, another tool, another document."""
    name, arguments = await ready(harness, "send_email")
    handle = await host.ask_and_hold(name, arguments)
    other = {**arguments, "email": "other@acme.example"}
    await refused(host, harness, name, other, handle, "approval_for_other_arguments")
    await refused(
        host, harness, name, {**arguments, "cc": "b@acme.example"}, handle, "approval_for_other_arguments"
    )
    settle = {"document_type": "invoices", "document_id": arguments["document_id"], "state": "settled"}
    await refused(host, harness, "change_state", settle, handle, "approval_for_other_arguments")
    another = {**arguments, "document_id": await _issued(harness)}
    await refused(host, harness, name, another, handle, "approval_for_other_arguments")
    # It was not spent by any of them.
    done = await host.step(name, arguments, handle, build_elicit_result("yes"))
    assert not done.is_error  # type: ignore[union-attr]
    assert len(harness.sandbox.outbox()) == 1


@Modern
async def test_a_handle_is_good_for_its_own_principal_and_account_only(
    host: Host, harness: Harness, mode: str
) -> None:
    """Confused deputy: approvals are bound to who asked, and to the account it was asked for."""
    name, arguments = await ready(harness, "finalize")
    handle = await host.ask_and_hold(name, arguments)
    desk = harness.context
    for changed in ({"principal": "somebody else"}, {"account": "another"}):
        others = replace(desk, settings=desk.settings.model_copy(update=changed))
        if "account" in changed:
            others.account = type(desk.account)(others.settings)
        async with connect_host(others, mode, Person()) as stranger:
            await refused(stranger, harness, name, arguments, handle, "approval_foreign")
        if "account" in changed:
            await others.account.close()


@Modern
@pytest.mark.parametrize("handle", ["x", "A" * 43, "\u0000", "' OR 1=1 --", "é" * 5000, '{"d":"x"}'])
async def test_a_forged_handle_opens_nothing(host: Host, harness: Harness, handle: str) -> None:
    """Only what was handed out is known, and only by its digest."""
    name, arguments = await ready(harness, "finalize")
    await host.ask_and_hold(name, arguments)
    await refused(host, harness, name, arguments, handle, "approval_unknown")


@Modern
async def test_an_approvals_number_or_digest_is_no_handle(host: Host, harness: Harness) -> None:
    """What a person reads in a terminal, or what lies in the file, opens nothing."""
    import sqlalchemy as sql

    from ix_tools.storage.schema import approvals

    name, arguments = await ready(harness, "finalize")
    await host.ask_and_hold(name, arguments)
    with harness.context.approvals.store.writing() as connection:
        row = connection.execute(sql.select(approvals)).one()
    for forged in (row.id, row.handle, row.arguments, row.snapshot):
        await refused(host, harness, name, arguments, forged, "approval_unknown")


@Modern
async def test_an_answer_without_our_handle_is_nobodys_answer(host: Host, harness: Harness) -> None:
    """A yes on the first round, or one that answers another question: the person is asked."""
    name, arguments = await ready(harness, "finalize")
    for state in (None, ""):
        result = await host.step(name, arguments, state, build_elicit_result("yes"))
        assert isinstance(result, types.InputRequiredResult)
    result = await host.step(name, arguments, await host.ask_and_hold(name, arguments))
    assert isinstance(result, types.InputRequiredResult), "a handle without an answer is none either"
    assert harness.list_writes() == []


@pytest.mark.parametrize("mode", ["legacy"], indirect=True)
async def test_the_old_protocol_has_no_state_to_forge(host: Host, harness: Harness) -> None:
    """2025-11-25 asks in the middle of the call; what is carried back by hand is not read."""
    name, arguments = await ready(harness, "finalize")
    host.person._answers.append("no")
    result = await host.client.session.call_tool(
        name, arguments, request_state="x", input_responses={"approval": build_elicit_result("yes")}
    )
    assert result.is_error
    assert len(host.person.asked) == 1
    assert harness.list_writes() == []


async def test_an_approval_ends_with_its_time(harness: Harness, mode: str, tmp_path: Path) -> None:
    """approval_minutes; the clock is the desk's."""
    clock = [1_000_000.0]
    harness.context.approvals = ApprovalRepository(Store(tmp_path / "clock.db"), 15, clock=lambda: clock[0])
    name, arguments = await ready(harness, "finalize")
    person = Person()

    async def late() -> None:
        clock[0] += 15 * 60

    person.meanwhile = late
    async with connect_host(harness.context, mode, person) as host:
        refusal = await host.call_refused(name, **arguments)
    assert refusal["code"] == "approval_expired"
    assert states(harness) == ["expired"]
    async with connect_host(harness.context, mode, None) as host:
        waiting = (await host.call_unchecked(name, **arguments)).structured_content
        assert waiting is not None
        harness.context.approvals.decide(waiting["approval"]["id"], approve=True)
        clock[0] += 15 * 60
        refusal = await host.call_refused(name, **arguments)
        assert refusal["code"] == "approval_expired"
        assert (await host.call_unchecked(name, **arguments)).structured_content[
            "status"
        ] == "approval_required"
    assert harness.list_writes() == []
    harness.context.approvals.store.close()


async def test_what_is_stored_differently_takes_a_second_yes(harness: Harness, mode: str) -> None:
    """Approving is not accepting: the form has a box for each."""
    harness.sandbox.fault(
        "GET",
        r"/invoices/1001\.json",
        status=200,
        body={"invoice": {"id": 1001, "status": "draft", "total": 1}},
    )
    await harness.get_error("create_invoice", invoice())
    harness.sandbox.clear_requests()
    arguments = {"document_type": "invoices", "document_id": 1001, "state": "finalized"}
    both = {"approve": True, "accept_differences": True}
    person = Person("yes", {"approve": True, "accept_differences": False}, both)
    async with connect_host(harness.context, mode, person) as host:
        for _ in range(2):
            refusal = await host.call_refused("change_state", **arguments)
            assert refusal["code"] == "differences_not_accepted"
            assert harness.list_writes() == []
        await host.call("change_state", **arguments)
    assert len(harness.list_writes()) == 1


# --- a store that cannot be relied on


def broken_stores(folder: Path) -> dict[str, Path]:
    """Files and folders that hold no approval."""
    folder.mkdir()
    (folder / "junk.db").write_bytes(b"this is no database" * 100)
    (folder / "folder.db").mkdir()
    (folder / "file").write_text("")
    return {
        "corrupt": folder / "junk.db",
        "a folder": folder / "folder.db",
        "below a file": folder / "file" / "x.db",
        "below a device": Path("/dev/null/x.db"),
    }


@Modern
@Everything
async def test_without_a_store_nothing_irreversible_goes_out(
    harness: Harness, mode: str, what: str, tmp_path: Path
) -> None:
    """A guard rail that fails open is none; with a form or without."""
    name, arguments = await ready(harness, what)
    stores = broken_stores(tmp_path / "broken")
    for (why, path), person in itertools.product(stores.items(), (Person(), None)):
        store = Store(path)
        harness.context.approvals = ApprovalRepository(store, 15)
        async with connect_host(harness.context, mode, person) as host:
            refusal = await host.call_refused(name, **arguments)
        store.close()
        assert (refusal["code"], refusal["sent"]) == ("store_unavailable", "nothing"), why
        assert "INVOICEXPRESS_STORE" in str(refusal["next"])
    assert harness.list_writes() == []


@Modern
async def test_a_store_lost_between_question_and_answer_is_no_yes(
    host: Host, harness: Harness, tmp_path: Path
) -> None:
    """The file is gone, or another one lies in its place."""
    name, arguments = await ready(harness, "finalize")
    handle = await host.ask_and_hold(name, arguments)
    harness.context.approvals = ApprovalRepository(Store(tmp_path / "other.db"), 15)
    await refused(host, harness, name, arguments, handle, "approval_unknown")
    harness.context.approvals.store.close()


def test_both_eras_are_tried_here() -> None:
    """The two that hosts speak."""
    assert list(ERAS.values()) == ["2026-07-28", "2025-11-25"]
