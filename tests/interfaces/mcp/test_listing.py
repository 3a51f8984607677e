"""What a host sees before any call: tools, prompts, completions, resources; and what it sees of a mistake."""

import json
from typing import Any

import mcp_types as types
import pytest
from jsonschema import Draft202012Validator
from mcp.shared.exceptions import MCPError

from ix_tools.operations.registry import DEFAULT_TOOLSETS, TOOLSETS, catalogue
from ix_tools.operations.spec import Effect
from ix_tools.schemas.bundles import use_plain_keywords
from ix_tools.schemas.json_schema import build_input_schema
from tests.harness import Harness, invoice, line
from tests.interfaces.mcp.host import Host, Person, connect_host

MOST_BYTES = 28_000
USUAL = [one.spec.name for toolset in DEFAULT_TOOLSETS for one in TOOLSETS[toolset]]


async def listed(host: Host) -> list[dict[str, Any]]:
    """The tools as they travel."""
    tools = (await host.client.list_tools()).tools
    return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]


async def test_the_tool_list_is_small_and_always_the_same(host: Host, harness: Harness, mode: str) -> None:
    """Every conversation pays for it (moneybird-mcp-server#3); a changing order breaks prompt caches."""
    first = await listed(host)
    async with connect_host(harness.context, mode, None) as other:
        assert await listed(other) == first
    assert [tool["name"] for tool in first] == [name for name in catalogue() if name in USUAL]
    size = len(json.dumps({"tools": first}, ensure_ascii=False, separators=(",", ":")).encode())
    assert size <= MOST_BYTES
    assert harness.sandbox.requests() == []


async def test_every_tool_says_all_four_hints_and_says_them_right(host: Host) -> None:
    """A missing hint is read as destructive and open; a wrong one is worse."""
    for tool in await listed(host):
        spec = catalogue()[tool["name"]].spec
        effect, deletes = spec.effect, spec.route is not None and spec.route.method == "DELETE"
        hints = tool["annotations"]
        assert hints["readOnlyHint"] is (effect in {Effect.READS, Effect.LOCAL})
        assert hints["destructiveHint"] is (effect.needs_approval or effect is Effect.ANY or deletes)
        assert hints["openWorldHint"] is (effect is not Effect.LOCAL)
        assert isinstance(hints["idempotentHint"], bool)
        assert tool["title"] == spec.title  # a person who is asked reads what for
        assert len(tool["description"].split()) >= 3


async def test_every_schema_is_plain_and_closed(host: Host) -> None:
    """claude-code#88049: one top-level combinator drops every tool of a server."""
    for tool in await listed(host):
        for part in ("inputSchema", "outputSchema"):
            schema = tool[part]
            Draft202012Validator.check_schema(schema)
            assert schema["type"] == "object"
            assert not {"anyOf", "oneOf", "allOf", "$ref", "$defs"} & set(str(schema).split("'"))
        assert tool["inputSchema"] == use_plain_keywords(build_input_schema(catalogue()[tool["name"]]))
        assert tool["inputSchema"]["additionalProperties"] is False
        refusal = await host.call_refused(tool["name"], nothing_like_it=1)
        assert "nothing_like_it" in {problem["field"] for problem in refusal["problems"]}


async def test_an_unknown_tool_is_an_answer_a_model_can_use(host: Host) -> None:
    """Never a bare -32603."""
    refusal = await host.call_refused("delete_everything", sure=True)
    assert refusal["code"] == "unknown_tool"
    assert "'delete_everything'" in refusal["message"]


async def test_a_hundred_mistakes_are_one_short_answer(host: Host, harness: Harness) -> None:
    """IBX folds 100 bad lines; a reply has its price."""
    wrong = [line(unit_price="12,50") for _ in range(100)]
    refusal = await host.call_refused("create_invoice", **invoice(items=wrong))
    assert len(refusal["problems"]) == 20
    assert "80 more" in refusal["message"]
    assert refusal["problems"][0]["field"] == "items.0.unit_price"
    assert harness.sandbox.requests() == []


# --- prompts


@pytest.mark.parametrize(
    ("name", "given", "language", "words"),
    [
        ("issue_invoice", {"client": "ACME", "what": "3 horas"}, "pt", ["ACME", "3 horas", "(a perguntar)"]),
        ("issue_invoice", {"client": "ACME", "what": "3 hours", "tax": "IVA6"}, "en", ["IVA6", "(ask)"]),
        ("correct_document", {"problem": "NIF {errado}"}, "pt", ["NIF {errado}", "Portaria 363/2010"]),
        ("correct_document", {"problem": "wrong", "document_id": "7"}, "en", ["wrong", "7", "credit note"]),
        ("month_end_check", {"month": "2026-11"}, "pt", ["2026-11", "list_invoices"]),
        ("month_end_check", {"month": "2026-11"}, "en", ["2026-11", "list_sequences"]),
    ],
)
async def test_a_prompt_is_filled_in_either_language(
    host: Host, name: str, given: dict[str, str], language: str, words: list[str]
) -> None:
    prompt = await host.client.get_prompt(name, {**given, "language": language})
    (message,) = prompt.messages
    assert message.role == "user"
    text = message.content.text  # type: ignore[union-attr]
    for word in words:
        assert word in text
    assert ("Create" in text or "Check" in text or "Correct" in text) is (language == "en")


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("issue_invoice", {"client": "ACME"}, "what"),
        ("issue_invoice", {"client": " ", "what": "x"}, "client"),
        ("month_end_check", {}, "month"),
        ("nothing_like_it", {}, "issue_invoice"),
        ("", {}, "issue_invoice"),
    ],
)
async def test_a_prompt_that_cannot_be_filled_says_why(
    host: Host, name: str, given: dict[str, str], words: str
) -> None:
    """-32602, not a bare -32603."""
    with pytest.raises(MCPError, match=words) as refused:
        await host.client.get_prompt(name, given)
    assert refused.value.error.code == types.INVALID_PARAMS


async def test_every_tool_that_a_prompt_names_exists(host: Host) -> None:
    for prompt in (await host.client.list_prompts()).prompts:
        given = {one.name: "x" for one in prompt.arguments or [] if one.required}
        text = (await host.client.get_prompt(prompt.name, given)).messages[0].content.text  # type: ignore[union-attr]
        known = set(catalogue()) | {"tax_exemption", "due_date", "document_type", "owner_invoice_id"}
        named = {word.strip(".,;:()") for word in text.split() if "_" in word}
        assert named - known <= {
            "stored_differently",
            "saft_due",
            "credit_notes",
            "debit_notes",
            "receipt_id",
            "overdue",
            "days_overdue",
        }, prompt.name


# --- completions

ISSUE = types.PromptReference(name="issue_invoice")
CORRECT = types.PromptReference(name="correct_document")
DOCUMENT = types.ResourceTemplateReference(uri="ix://documents/{document_type}/{document_id}")
NOT_OURS = types.PromptReference(name="nothing_like_it")


@pytest.mark.parametrize(
    ("reference", "argument", "typed", "first"),
    [
        (ISSUE, "tax_exemption", "m07", "M07"),
        (ISSUE, "series", "b", "B2026"),
        (ISSUE, "tax", "iva1", "IVA13"),
        (ISSUE, "client", "gmbh", "Beta GmbH"),
        (ISSUE, "client", "ac", "ACME, Lda"),
        (ISSUE, "language", "e", "en"),
        (CORRECT, "document_type", "credit", "credit_notes"),
        (DOCUMENT, "document_type", "tra", "transports"),
    ],
)
async def test_what_is_typed_is_completed(
    host: Host, reference: Any, argument: str, typed: str, first: str
) -> None:
    found = (await host.client.complete(reference, {"name": argument, "value": typed})).completion
    assert found.values[0] == first
    assert found.total == len(found.values)
    assert not found.has_more


@pytest.mark.parametrize(
    ("reference", "argument", "typed"),
    [
        (NOT_OURS, "client", ""),
        (types.ResourceTemplateReference(uri="ix://{client}"), "client", ""),
        (types.ResourceTemplateReference(uri="file:///{tax}"), "tax", ""),
        (types.PromptReference(name="month_end_check"), "client", ""),
        (ISSUE, "api_key", ""),
        (ISSUE, "what", "h"),
        (ISSUE, "tax", "nothing like it"),
    ],
)
async def test_what_is_not_ours_is_completed_with_nothing(
    host: Host, harness: Harness, reference: Any, argument: str, typed: str
) -> None:
    found = (await host.client.complete(reference, {"name": argument, "value": typed})).completion
    assert (found.values, found.total) == ([], 0)


async def test_completing_never_fails_when_the_account_does(host: Host, harness: Harness) -> None:
    for fault in ({"status": 500}, {"status": 401}, {"drop": "before"}, {"status": 200, "body": "<html>"}):
        harness.sandbox.fault(path=".", times=None, **fault)
        for argument in ("client", "tax", "series"):
            found = (await host.client.complete(ISSUE, {"name": argument, "value": ""})).completion
            assert found.values == []
        harness.sandbox.clear_faults()


async def test_a_hundred_values_are_enough(host: Host, harness: Harness) -> None:
    rows = [{"id": at, "name": f"Client {at}"} for at in range(150)]
    harness.sandbox.fault(
        "GET", r"/clients\.json", status=200, body={"clients": rows, "pagination": {"total_pages": 1}}
    )
    found = (await host.client.complete(ISSUE, {"name": "client", "value": "client"})).completion
    assert (len(found.values), found.total, found.has_more) == (100, 150, True)


# --- resources


async def test_the_table_of_codes_is_a_resource(host: Host, harness: Harness) -> None:
    (one,) = (await host.client.list_resources()).resources
    (content,) = (await host.client.read_resource(one.uri)).contents
    table = json.loads(content.text)  # type: ignore[union-attr]
    assert "M07" in {row["code"] for row in table["codes"]}
    assert harness.sandbox.requests() == []
    templates = (await host.client.list_resource_templates()).resource_templates
    assert [one.uri_template for one in templates] == [
        "ix://documents/{document_type}/{document_id}",
        "ix://documents/{document_id}/pdf",
    ]


async def test_a_document_is_a_resource(host: Host) -> None:
    made = (await host.call("create_invoice", **invoice()))["document"]
    (content,) = (await host.client.read_resource(f"ix://documents/invoices/{made['id']}")).contents
    assert content.mime_type == "application/json"
    body = json.loads(content.text)  # type: ignore[union-attr]
    assert body["document"] == made
    assert body["sandbox"]


@pytest.mark.parametrize(
    "uri",
    [
        "ix://nothing",
        "ix://documents",
        "ix://documents/invoices/0",
        "ix://documents/invoices/999999",
        "ix://documents/invoices/99999999999999999999999999",
        "ix://documents/invoices/" + "9" * 5000,
        "ix://documents/invoices/-1",
        "ix://documents/invoices/1/../2",
        "ix://documents/invoices/١",
        "ix://documents/nothing/1",
        "ix://documents/../1",
        "ix://documents/0/pdf",
        "ix://documents/9007199254740992/pdf",
        "ix://documents/999999/pdf",
        "ix://documents/1/pdf?second_copy=maybe",
        "ix://documents/1/pdf#x",
        "ix://documents/clients.json?x=/1",
        "IX://exemption-codes",
        "ix://exemption-codes/",
        "ix://exemption-codes\n",
        "file:///etc/passwd",
        "https://evil.example/",
        "http://169.254.169.254/",
        "",
    ],
)
async def test_a_uri_of_nothing_is_a_plain_error_that_names_it(
    host: Host, harness: Harness, uri: str
) -> None:
    """sep-2164: unknown resources are -32602, with the uri."""
    with pytest.raises(MCPError) as refused:
        await host.client.read_resource(uri)
    error = refused.value.error
    assert error.code == types.INVALID_PARAMS
    assert str(error)
    assert error.data == {"uri": uri}
    paths = [one["path"] for one in harness.sandbox.requests()]
    assert all("999999" in path for path in paths), paths


async def test_a_resource_that_fails_says_why(host: Host, harness: Harness) -> None:
    harness.sandbox.fault("GET", "/invoices/1", status=401)
    with pytest.raises(MCPError, match="API key") as refused:
        await host.client.read_resource("ix://documents/invoices/1")
    assert refused.value.error.data["code"] == "access_denied"


async def test_a_fault_of_ours_is_said_as_one(
    host: Host, harness: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    """An answer nobody foresaw: a structured error for the model, the traceback for the log."""
    harness.context.now = None  # type: ignore[assignment]
    refusal = await host.call_refused("list_taxes")
    assert (refusal["code"], refusal["sent"]) == ("internal_error", "unknown")
    assert "TypeError" in refusal["message"]
    assert "Traceback" in caplog.text


async def test_without_the_person_listing_still_works(harness: Harness, mode: str) -> None:
    """A host without forms sees the same server."""
    async with (
        connect_host(harness.context, mode, None) as without,
        connect_host(harness.context, mode, Person()) as host,
    ):
        assert await listed(without) == await listed(host)
        assert without.client.server_capabilities == host.client.server_capabilities
