"""Who calls and how far they go: scopes, accounts, approvals and keys belong to the caller, whatever a request says."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sql
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, InputRequiredResult, PromptReference

from ix_tools.auth.principals import SCOPE_BY_EFFECT, get_required_scope
from ix_tools.operations.file_delivery import restrict_schema
from ix_tools.operations.registry import catalogue
from ix_tools.operations.scopes import Scope
from ix_tools.schemas.rendered_lists import list_chosen_tools
from ix_tools.schemas.resources import EXEMPTIONS_URI
from ix_tools.schemas.tool_selection import ToolSelection
from ix_tools.storage.schema import approvals, audit, intents
from tests.harness import Harness, document_arguments, invoice
from tests.interfaces.mcp.host import Person, build_elicit_result, check_result
from tests.interfaces.server.in_process_server import Served, serve_in_process

Json = dict[str, Any]


# --- scopes ---


def test_every_operation_is_classified_once() -> None:
    """By its effect where that says enough, by its spec otherwise: give a new one a scope there."""
    wrong = [
        name
        for name, one in catalogue().items()
        if (one.spec.effect in SCOPE_BY_EFFECT) == (one.spec.scope is not None)
    ]
    assert wrong == []


def test_nothing_that_a_person_approves_is_done_by_a_reader_or_a_drafter() -> None:
    gated = [one.spec for one in catalogue().values() if one.spec.effect.needs_approval]
    assert {get_required_scope(spec) for spec in gated} & {Scope.READ, Scope.DRAFT} == set()


@pytest.mark.parametrize("scope", list(Scope))
async def test_a_caller_does_what_its_scope_says_and_nothing_else(served: Served, scope: Scope) -> None:
    """Every operation, with the one scope: it is refused by name, written down, and nothing is asked of InvoiceXpress."""
    token = served.create_token("one", [scope])
    others = {name: one for name, one in catalogue().items() if get_required_scope(one.spec) is not scope}
    for name, operation in others.items():
        answer = await served.call(name, dict(operation.spec.example), token)
        result = answer.json()["result"]
        assert result["isError"], name
        refusal = result["structuredContent"]
        assert (refusal["code"], refusal["scope"]) == ("scope_missing", get_required_scope(operation.spec)), (
            name
        )
        assert refusal["sent"] == "nothing"
        assert get_required_scope(operation.spec) in str(refusal["next"])
    assert served.harness.sandbox.requests() == []
    with served.harness.context.store.reading() as connection:
        rows = connection.execute(sql.select(audit).where(audit.c.event == "call refused")).all()
    assert [(row.operation, row.principal) for row in rows] == [(name, "one") for name in others]


@pytest.mark.parametrize("scopes", [(), (Scope.READ,), (Scope.READ, Scope.ISSUE), tuple(Scope)])
async def test_a_caller_sees_the_tools_it_may_use(
    harness: Harness, scopes: tuple[Scope, ...], mode: str
) -> None:
    async with (
        serve_in_process(harness, toolsets=("all",)) as served,
        served.host(served.create_token("x", scopes), mode) as host,
    ):
        listed = await host.client.list_tools()
    assert {tool.name for tool in listed.tools} == {
        name for name, one in catalogue().items() if get_required_scope(one.spec) in scopes
    }


async def test_a_caller_with_one_account_sees_the_tools_as_they_are(served: Served) -> None:
    """But for files, which nobody gets on the server's disk."""
    async with served.host(served.create_token()) as host:
        listed = await host.client.list_tools()
    known = {
        tool["name"]: restrict_schema(tool["inputSchema"], "mcp")
        for tool in list_chosen_tools(ToolSelection(toolsets=("all",)))
    }
    assert all(tool.input_schema == known[tool.name] for tool in listed.tools)


async def test_a_resource_needs_the_scope_to_read(served: Served) -> None:
    async with served.host(served.create_token(scopes=[Scope.DRAFT])) as host:
        for uri in ("ix://documents/1001/pdf", "ix://documents/invoices/1001", EXEMPTIONS_URI):
            with pytest.raises(MCPError, match="scope read"):
                await host.client.read_resource(uri)
    assert served.harness.sandbox.requests() == []


async def test_what_is_completed_needs_the_scope_to_read(served: Served) -> None:
    reference = PromptReference(name="issue_invoice")
    for scopes, found in (([Scope.DRAFT], False), ([Scope.READ], True)):
        async with served.host(served.create_token(scopes=scopes)) as host:
            answer = await host.client.complete(reference, {"name": "client", "value": "AC"})
        assert bool(answer.completion.values) is found


# --- accounts ---


async def test_a_caller_with_several_accounts_names_one(served: Served) -> None:
    """In every call, and the list of tools says so; what was named is what the result is bound to."""
    token = served.create_token(accounts=["sandbox", "second"])
    async with served.host(token) as host:
        for tool in (await host.client.list_tools()).tools:
            assert tool.input_schema["properties"]["account"]["enum"] == ["sandbox", "second"]
            assert "account" in tool.input_schema["required"]
        refusal = await host.call_refused("list_taxes")
        assert (refusal["code"], refusal["accounts"]) == ("account_needed", ["sandbox", "second"])
        await host.call("create_invoice", account="second", **invoice())
        await host.call("create_invoice", account="sandbox", **invoice())
    with served.harness.context.store.reading() as connection:
        kept = connection.execute(sql.select(intents.c.account)).scalars().all()
    assert sorted(one.split("@")[0] for one in kept) == ["sandbox", "second"]


async def test_the_account_can_stand_in_a_header(served: Served) -> None:
    token = served.create_token(accounts=["sandbox", "second"])
    answer = await served.call("list_taxes", {}, token, {"ix-account": "second"})
    assert answer.json()["result"]["structuredContent"]["ok"]
    both = await served.call("list_taxes", {"account": "sandbox"}, token, {"ix-account": "nobody"})
    assert both.json()["result"]["structuredContent"]["ok"], "what the call itself says goes first"


NAMES: list[Any] = [
    "second", "SANDBOX", "sandbox ", " sandbox", "sandbox\x00", "sandbox.", "sandbox/", "sandbox@evil.com",
    "evil.com", "evil.com#", "evil.com/", "//evil.com/", "http://evil.com", "https://evil.com/?", "@evil.com",
    "127.0.0.1:9", "[::1]:9", "localhost:9", "169.254.169.254", "..", "../sandbox", "*", "%", "_", "", " ", "\t",
    "\r\nHost: evil.com", "sandbox\r\nX: y", "sandbox\u200b", "sаndbox", "ｓandbox", "sandbox%00", "sandbox%2f",
    "accounts.sandbox", "accounts", "__class__", "__proto__", "constructor", "None", "null", "true", "0", "-1",
    "' OR 1=1 --", '"; DROP TABLE tokens; --', "{account}", "${HOME}", "$(id)", "`id`", "<script>", "acme",
    "a" * 63, "a" * 300, "a" * 10_000, "xn--sandbox-", "sandbox,second", "sandbox second", "sandbox;second",
    0, 1, -1, True, False, 1.5, [], ["sandbox"], {}, {"account": "sandbox"}, [["sandbox"]],
]  # fmt: skip


async def test_an_account_that_is_not_the_callers_is_nobodys(served: Served) -> None:
    """Whatever a call names, nothing leaves: a name only chooses among the accounts a caller has."""
    assert len(NAMES) >= 60
    token = served.create_token(accounts=["sandbox"])
    for name in NAMES:
        answer = await served.call("list_taxes", {"account": name}, token)
        refusal = answer.json()["result"]["structuredContent"]
        assert refusal["code"] == "account_not_permitted", (name, refusal)
        assert refusal["sent"] == "nothing"
    assert served.harness.sandbox.requests() == []


async def test_a_key_in_a_call_is_not_taken(served: Served) -> None:
    token = served.create_token()
    for field in ("api_key", "base_url", "principal", "scopes"):
        answer = await served.call("list_taxes", {field: "x"}, token)
        assert answer.json()["result"]["structuredContent"]["code"] == "invalid_arguments"
    assert served.harness.sandbox.requests() == []


async def test_a_caller_without_an_account_is_told_so(served: Served) -> None:
    answer = await served.call("list_taxes", {}, served.create_token(accounts=[]))
    refusal = answer.json()["result"]["structuredContent"]
    assert refusal["code"] == "account_not_permitted"
    assert "operator of this server" in str(refusal["next"])


# --- approvals ---


def code_of(result: CallToolResult | InputRequiredResult) -> Any:
    """What a refusal is called."""
    assert isinstance(result, CallToolResult)
    return check_result("change_state", result)["code"]


async def request_approval(served: Served, token: str, **more: Any) -> tuple[Json, str]:
    """A draft and the handle of the question whether to finalize it."""
    async with served.host(token, person=Person()) as host:
        made = (await host.call("create_invoice", **invoice(), **more))["document"]
        arguments = {**document_arguments(made, state="finalized"), **more}
        return arguments, await host.ask_and_hold("change_state", arguments)


async def test_an_answer_is_good_for_the_caller_who_was_asked(served: Served) -> None:
    """A handle that somebody else got hold of opens nothing, and is still good for its owner."""
    ana, rui = served.create_token("ana"), served.create_token("rui")
    arguments, handle = await request_approval(served, ana)
    before = len(served.harness.list_writes())
    async with served.host(rui, person=Person()) as host:
        stolen = await host.step("change_state", arguments, handle, build_elicit_result("yes"))
    assert code_of(stolen) == "approval_foreign"
    assert len(served.harness.list_writes()) == before
    async with served.host(ana, person=Person()) as host:
        done = await host.step("change_state", arguments, handle, build_elicit_result("yes"))
    assert isinstance(done, CallToolResult)
    assert check_result("change_state", done)["document"]["status"] == "final"


async def test_an_answer_is_good_in_the_account_it_was_given_for(served: Served) -> None:
    token = served.create_token(accounts=["sandbox", "second"])
    arguments, handle = await request_approval(served, token, account="second")
    async with served.host(token, person=Person()) as host:
        refused = await host.step(
            "change_state", {**arguments, "account": "sandbox"}, handle, build_elicit_result("yes")
        )
    assert code_of(refused) == "approval_foreign"


async def test_a_scope_that_was_taken_away_is_gone_although_somebody_said_yes(served: Served) -> None:
    """The answer comes back with a token that reads only."""
    arguments, handle = await request_approval(served, served.create_token("ana"))
    async with served.host(served.create_token("ana", [Scope.READ]), person=Person()) as host:
        refused = await host.step("change_state", arguments, handle, build_elicit_result("yes"))
    assert code_of(refused) == "scope_missing"


async def test_an_approval_in_a_terminal_is_good_for_the_caller_who_asked(served: Served) -> None:
    """2025-11-25 cannot ask over HTTP without a session: a person approves elsewhere, and the same call goes through."""
    ana, rui = served.create_token("ana"), served.create_token("rui")
    made = await served.harness.create_draft()
    arguments = document_arguments(made, state="finalized")
    async with served.host(ana, "legacy") as host:
        waits = (await host.call_unchecked("change_state", **arguments)).structured_content
        assert waits is not None
        assert waits["status"] == "approval_required"
        served.harness.context.approvals.decide(waits["approval"]["id"], approve=True)
        async with served.host(rui, "legacy") as other:
            also = (await other.call_unchecked("change_state", **arguments)).structured_content
            assert also is not None
            assert also["status"] == "approval_required"
        done = await host.call("change_state", **arguments)
    assert done["document"]["status"] == "final"
    with served.harness.context.store.reading() as connection:
        rows = connection.execute(sql.select(approvals.c.principal, approvals.c.state)).all()
    assert sorted(tuple(row) for row in rows) == [("ana", "used"), ("rui", "pending")]
