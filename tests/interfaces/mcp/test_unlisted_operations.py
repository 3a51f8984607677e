"""A host that lists few tools reaches every operation with the same checks and approval; excluded tools stay excluded."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import mcp_types as types
import pytest
from mcp.shared.exceptions import MCPError

from ix_tools.interfaces.mcp.stdio import main as serve
from ix_tools.operations.registry import DEFAULT_TOOLSETS, TOOLSETS, catalogue
from ix_tools.operations.spec import Effect
from ix_tools.schemas.json_schema import build_input_schema
from ix_tools.schemas.rendered_lists import list_chosen_tools
from ix_tools.schemas.tool_selection import ToolSelection, UnknownName
from tests.harness import Harness, document_arguments, invoice
from tests.interfaces.mcp.host import Host, Json, Person, connect_host
from tests.preparations import prepare_example

REACHING = ["search_operations", "describe_operation", "run_operation"]
WRITES = [one.spec.name for one in catalogue().values() if one.spec.effect.writes]


def set_up(harness: Harness, **changes: Any) -> None:
    harness.context.settings = harness.context.settings.model_copy(update=changes)


@asynccontextmanager
async def narrow(harness: Harness, mode: str, *answers: Any, **changes: Any) -> AsyncIterator[Host]:
    """A host whose server was started with these settings."""
    set_up(harness, **changes)
    kept = harness.context.settings
    choice = ToolSelection(kept.toolsets, kept.tools, kept.exclude, kept.read_only)
    async with connect_host(harness.context, mode, Person(*answers), choice) as host:
        yield host


async def names(host: Host) -> list[str]:
    return [tool.name for tool in (await host.client.list_tools()).tools]


async def run(host: Host, operation: str, /, **arguments: Any) -> Json:
    return await host.call("run_operation", operation=operation, arguments=arguments)


async def refused(host: Host, operation: str, /, **arguments: Any) -> Json:
    return await host.call_refused("run_operation", operation=operation, arguments=arguments)


# --- what is listed


async def test_the_core_is_listed_when_nothing_is_chosen(host: Host) -> None:
    listed = await names(host)
    assert listed == [one.spec.name for one in TOOLSETS["core"]]
    assert listed[-3:] == REACHING
    assert host.client.instructions is not None
    assert all(name in host.client.instructions for name in REACHING)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"toolsets": ("saft", "core")}, [*TOOLSETS["core"], *TOOLSETS["saft"]]),
        ({"toolsets": ("all",)}, list(catalogue().values())),
        ({"toolsets": ("taxes", "all")}, list(catalogue().values())),
        ({"tools": ("export_saft", "get_pdf")}, [catalogue()["get_pdf"], catalogue()["export_saft"]]),
        (
            {"toolsets": ("taxes",), "tools": ("get_pdf",)},
            [catalogue()["get_pdf"], *TOOLSETS["taxes"]],
        ),
        ({"tools": ("get_pdf",), "exclude": ("get_pdf",)}, []),
        ({"exclude": ("run_operation",)}, TOOLSETS["core"][:-1]),
        ({"toolsets": ("taxes",), "read_only": True}, [catalogue()["get_tax"]]),
    ],
)
async def test_what_is_chosen_is_listed_in_the_order_of_the_catalogue(
    harness: Harness, mode: str, given: dict[str, Any], expected: list[Any]
) -> None:
    async with narrow(harness, mode, **given) as host:
        assert await names(host) == [one.spec.name for one in expected]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (ToolSelection(toolsets=("invoces",)), ["invoces", "invoices", "treasury", "all"]),
        (ToolSelection(toolsets=("core", "Core")), ["Core", "accounts"]),
        (ToolSelection(tools=("core",)), ["core", "create_invoice", "run_operation"]),
        (ToolSelection(exclude=("create_invoce",)), ["create_invoce", "setup_at_communication"]),
    ],
)
def test_a_name_that_does_not_exist_is_refused_with_those_that_do(
    given: ToolSelection, words: list[str]
) -> None:
    with pytest.raises(UnknownName) as wrong:
        list_chosen_tools(given)
    assert all(word in str(wrong.value) for word in words)


@pytest.mark.parametrize("option", ["--toolsets", "--tools", "--exclude"])
def test_a_server_does_not_start_with_a_name_that_does_not_exist(
    option: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IX_TOOLS_CONFIG", "/dev/null")
    assert serve(["--sandbox", option, "core,nothing_like_it"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "nothing_like_it" in said.err
    assert "Traceback" not in said.err


# --- finding and reading


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("fatura", "create_invoice"),
        ("Faturas", "create_invoice"),
        ("recibo", "generate_payment"),
        ("apagar cliente", "delete_client"),
        ("delete a client", "delete_client"),
        ("enviar por e-mail", "send_email"),
        ("orçamento", "create_estimate"),
        ("ORCAMENTO", "create_estimate"),
        ("guia de transporte", "create_guide"),
        ("anular recibo", "cancel_payment"),
        ("registar série", "register_sequence"),
        ("saldo do cliente", "get_client_balance"),
        ("motivo de isenção", "lookup_exemption_codes"),
        ("SAF-T", "export_saft"),
        ("criar produto", "create_item"),
        ("set_default_sequence", "set_default_sequence"),
        ("treasury", "create_treasury_movement"),
    ],
)
async def test_an_operation_is_found_by_words_of_either_language(
    harness: Harness, text: str, first: str
) -> None:
    found = (await harness.call("search_operations", {"text": text}))["operations"]
    assert found[0]["operation"] == first
    spec = catalogue()[first].spec
    assert found[0]["effect"] == spec.effect
    assert found[0]["approved_by"] == (
        "a person, every call" if spec.effect.needs_approval else "nobody needed"
    )
    assert first in [one.spec.name for one in TOOLSETS[found[0]["toolset"]]]
    assert len(found) <= 12


async def test_everything_that_is_found_can_be_read_and_run_by_what_is_read(
    host: Host, harness: Harness
) -> None:
    """The parameters, briefly, and the example that works."""
    for name, operation in catalogue().items():
        read = await host.call("describe_operation", operation=name)
        assert set(read.get("required", ())) == set(build_input_schema(operation).get("required", ()))
        assert read["example"] == operation.spec.example
        assert read["effect"] == operation.spec.effect
    assert harness.sandbox.requests() == []


async def test_a_name_of_nothing_is_refused_with_those_like_it(host: Host) -> None:
    read = await host.call_refused("describe_operation", operation="delete_clients")
    assert read["code"] == "unknown_tool"
    assert "delete_client" in str(read["next"])
    assert (await refused(host, "delete_clients"))["code"] == "unknown_tool"


# --- running


async def test_a_run_gives_what_the_call_itself_gives(host: Host, harness: Harness) -> None:
    """Whole: record, warnings, next steps, and that it is a sandbox."""
    made = await run(host, "create_invoice", **invoice())
    assert made["document"]["total"] == "123.00"
    assert made["next"]
    assert made["sandbox"]
    again = await host.call("create_invoice", **invoice())
    assert again["document"]["id"] == made["document"]["id"], "the same call, whichever way it comes"
    assert again["replayed"] is True
    where = document_arguments(made["document"])
    assert await run(host, "get_document", **where) == await host.call("get_document", **where)
    assert (await run(host, "list_taxes"))["taxes"]
    assert (await host.call("run_operation", operation="list_taxes"))["taxes"]
    assert len(harness.list_writes()) == 1


@pytest.mark.parametrize(
    ("mode", "name"),
    # The form is made of the operation, whatever carries it: the older protocol is tried with a write and a workflow.
    # No form shows a batch: test_batches.py.
    [
        ("auto", one.spec.name)
        for toolset, operations in TOOLSETS.items()
        for one in operations
        if one.spec.effect.needs_approval and toolset != "batches"
    ]
    + [("legacy", name) for name in ("change_state", "issue_invoice")],
    indirect=["mode"],
)
async def test_a_person_is_asked_for_the_operation_that_is_run(
    harness: Harness, mode: str, name: str
) -> None:
    """The form names what will happen, word for word as for a direct call; a no sends nothing."""
    set_up(harness, allow_account_setup=True)
    arguments = await prepare_example(harness, name)
    text = await harness.get_approval_text(name, arguments)
    before = len(harness.list_writes())
    async with narrow(harness, mode, "no", "yes") as host:
        declined = await refused(host, name, **arguments)
        assert declined["code"] == "approval_declined"
        assert len(harness.list_writes()) == before
        assert (await run(host, name, **arguments))["ok"] is True
        assert [question.message for question in host.person.asked] == [text, text]
    assert len(harness.list_writes()) > before


async def test_where_nobody_can_be_asked_the_run_waits_like_the_call(harness: Harness, mode: str) -> None:
    finalize = document_arguments(await harness.create_draft(), state="finalized")
    async with connect_host(harness.context, mode, None) as host:
        given = {"operation": "change_state", "arguments": finalize}
        waiting = (await host.call_unchecked("run_operation", **given)).structured_content
        assert waiting is not None
        assert (waiting["ok"], waiting["status"]) == (False, "approval_required")
        assert waiting["next"][0]["tool"] == "change_state"
        harness.context.approvals.decide(waiting["approval"]["id"], approve=True)
        other = await host.call_unchecked(
            "run_operation", operation="change_state", arguments={**finalize, "state": "deleted"}
        )
        assert other.structured_content is not None
        assert other.structured_content["status"] == "approval_required", "approved was something else"
        done = await host.call("run_operation", **given)
        assert done["document"]["status"] == "final"


async def test_an_approval_is_good_for_the_inner_call_and_no_other(harness: Harness) -> None:
    first, second = await harness.create_draft(), await harness.create_draft()
    yes = types.ElicitResult(action="accept", content={"approve": True})
    async with connect_host(harness.context, "auto", Person()) as host:

        def given(document: Json, **more: Any) -> Json:
            return {
                "operation": "change_state",
                "arguments": {**document_arguments(document), "state": "finalized", **more},
            }

        for changed in (given(second), given(first, message="Porque sim."), given(first, state="deleted")):
            state = await host.ask_and_hold("run_operation", given(first))
            answered = await host.step("run_operation", changed, state, yes)
            assert isinstance(answered, types.CallToolResult)
            assert answered.is_error
            assert answered.structured_content is not None
            assert answered.structured_content["message"].endswith("Nothing was sent.")
        state = await host.ask_and_hold("run_operation", given(first))
        done = await host.step("run_operation", given(first), state, yes)
        assert isinstance(done, types.CallToolResult)
        assert not done.is_error
        replayed = await host.step("run_operation", given(first), state, yes)
        assert isinstance(replayed, types.CallToolResult)
        assert replayed.is_error, "once"
    assert [one["path"] for one in harness.list_writes()].count(
        f"/invoices/{first['id']}/change-state.json"
    ) == 1


@pytest.mark.parametrize(
    ("operation", "arguments", "fields"),
    [
        ("create_invoice", invoice(due_date="soon"), {"due_date"}),
        ("create_invoice", invoice(tax_exception="M07"), {"tax_exception"}),
        ("get_client", {}, {"client_id"}),
        ("get_client", {"client_id": "x"}, {"client_id"}),
        ("generate_payment", {"document_id": 1}, {"amount", "payment_mechanism", "payment_date"}),
        ("run_operation", {"operation": "list_taxes"}, {"operation"}),
    ],
)
async def test_what_is_wrong_is_named_as_the_inner_call_names_it(
    host: Host, harness: Harness, operation: str, arguments: Json, fields: set[str]
) -> None:
    refusal = await refused(host, operation, **arguments)
    assert refusal["code"] == "invalid_arguments"
    assert {one["field"] for one in refusal["problems"]} == fields
    assert harness.list_writes() == []


async def test_a_rule_of_the_inner_call_refuses(host: Host, harness: Harness) -> None:
    wrong = invoice(items=[{**invoice()["items"][0], "tax": "IVA24"}])
    assert await refused(host, "create_invoice", **wrong) == await host.call_refused(
        "create_invoice", **wrong
    )
    assert harness.list_writes() == []


def test_hosts_are_told_to_expect_the_worst_of_a_run() -> None:
    tool = next(one for one in list_chosen_tools(ToolSelection()) if one["name"] == "run_operation")
    assert tool["annotations"] == {
        "readOnlyHint": False,
        "destructiveHint": True,
        "idempotentHint": False,
        "openWorldHint": True,
    }


# --- what is closed


async def test_what_is_excluded_is_refused_whichever_way_it_is_asked_for(harness: Harness, mode: str) -> None:
    draft = document_arguments(await harness.create_draft())
    async with narrow(harness, mode, exclude=("get_document", "get_pdf", "list_clients")) as host:
        assert not {"get_document", "get_pdf"} & set(await names(host))
        direct, inner = (
            await host.call_refused("get_document", **draft),
            await refused(host, "get_document", **draft),
        )
        assert direct == inner
        assert direct["code"] == "operation_excluded"
        assert (await host.call_refused("describe_operation", operation="get_pdf"))[
            "code"
        ] == "operation_excluded"
        found = (await host.call("search_operations", text="pdf"))["operations"]
        assert "get_pdf" not in [one["operation"] for one in found]
        number = draft["document_id"]
        for uri in (f"ix://documents/invoices/{number}", f"ix://documents/{number}/pdf"):
            with pytest.raises(MCPError, match="excluded") as closed:
                await host.client.read_resource(uri)
            assert closed.value.error.data["code"] == "operation_excluded"
        issue = types.PromptReference(name="issue_invoice")
        typed = await host.client.complete(issue, {"name": "client", "value": "acme"})
        assert typed.completion.values == []
        assert (await run(host, "get_client", client_id=501))["client"]["code"] == "ACME"


async def test_where_only_reading_is_allowed_nothing_writes(harness: Harness, mode: str) -> None:
    """Every operation, called by itself and run: each is refused before anything is looked up."""
    set_up(harness, allow_account_setup=True)
    calls: Mapping[str, Json] = {name: dict(catalogue()[name].spec.example) for name in WRITES}
    asked = len(harness.sandbox.requests())
    async with narrow(harness, mode, toolsets=("all",), read_only=True) as host:
        tools = (await host.client.list_tools()).tools
        assert not set(WRITES) & {tool.name for tool in tools}
        assert all(tool.annotations is not None and tool.annotations.read_only_hint for tool in tools)
        for name, arguments in calls.items():
            direct = await host.call_refused(name, **arguments)
            assert (direct["code"], direct["sent"]) == ("read_only", "nothing"), name
            assert await refused(host, name, **arguments) == direct
        assert host.person.asked == []
        found = (await host.call("search_operations", text="delete client"))["operations"]
        assert not set(WRITES) & {one["operation"] for one in found}
        assert len(harness.sandbox.requests()) == asked
        assert (await run(host, "list_taxes"))["ok"] is True


async def test_reading_alone_is_kept_by_the_road_and_not_by_a_face(harness: Harness) -> None:
    set_up(harness, read_only=True)
    error = await harness.get_error("create_invoice", invoice())
    assert (error.code, error.sent) == ("read_only", "nothing")
    assert harness.sandbox.requests() == []


async def test_a_misspelt_exclusion_closes_everything(harness: Harness) -> None:
    """Otherwise it would leave open what somebody meant to close."""
    set_up(harness, exclude=("change_sate",))
    error = await harness.get_error("list_taxes", {})
    assert "change_sate" in str(error.problems[0].problem)
    assert harness.sandbox.requests() == []


async def test_what_is_not_listed_keeps_its_own_switch(host: Host) -> None:
    owner = dict(catalogue()["create_account"].spec.example)
    assert (await refused(host, "create_account", **owner))["code"] == "account_setup_off"


def test_no_operation_but_the_runner_leaves_its_effect_to_another() -> None:
    assert [one.spec.name for one in catalogue().values() if one.spec.effect is Effect.ANY] == [
        "run_operation"
    ]
    assert DEFAULT_TOOLSETS == ("core",)


@pytest.mark.parametrize(
    "given",
    ['{"types": ["invoices"]}', '{"types": "[\\"invoices\\"]", "per_page": "10"}', {"per_page": []}, {"per_page": 10.0}, "", None],
)  # fmt: skip
async def test_arguments_are_read_leniently_through_run_operation_too(harness: Harness, given: Any) -> None:
    await harness.create_draft()
    async with narrow(harness, "legacy") as host:
        found = await host.call("run_operation", operation="list_invoices", arguments=given)
    assert len(found["invoices"]) == 1
