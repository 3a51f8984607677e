"""What every operation of the catalogue keeps, whoever adds the next one."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel

from ix_tools.api_client import protocol
from ix_tools.domain.field_docs import read_field_docs
from ix_tools.errors import IxError
from ix_tools.guards.facts import Want, get_wanted_facts
from ix_tools.guards.states import list_transitions
from ix_tools.i18n.approval_texts import ACTIONS, Action
from ix_tools.i18n.field_labels import LABELS
from ix_tools.i18n.messages import render, verbatim
from ix_tools.operations.base import Operation
from ix_tools.operations.registry import OPERATIONS, catalogue
from ix_tools.operations.spec import Effect
from ix_tools.pipeline.execute import parse
from ix_tools.pipeline.fact_loader import FactLoader
from ix_tools.schemas import json_schema
from tests.harness import ApprovalNeeded, Harness, Json, document_arguments, execute, guide, invoice, line
from tests.preparations import prepare_example
from tests.rows import every_row

SEED = json.loads(
    (Path(__file__).parents[1] / "vendor" / "seed_operations.json").read_text(encoding="utf-8")
)["operations"]
TOOLS = list(catalogue().values())
every_operation = pytest.mark.parametrize("operation", TOOLS, ids=lambda one: one.spec.name)
LABELS_OF_SEED = {
    ("invoices", "Send by Email"): "send_email",
    ("invoices", "Generate PDF"): "get_pdf",
    ("invoices", "Get"): "get_document",
    ("invoices", "List All"): "list_invoices",
    ("invoices", "Create"): "create_invoice",
    ("invoices", "Update"): "update_invoice",
    ("invoices", "Change State"): "change_state",
    ("invoices", "Related Documents"): "get_related_documents",
    ("invoices", "Generate Payment/Receipt"): "generate_payment",
    ("invoices", "Cancel Payment/Receipt"): "cancel_payment",
    ("guides", "Update"): "update_guide",
    ("sequences", "List all"): "list_sequences",
    ("sequences", "Register"): "register_sequence",
    ("sequences", "sequences.update"): "update_sequence",
}


# --- names and words -----------------------------------------------------------------------------------------


@every_row("operation", TOOLS)
def test_a_name_is_short_plain_and_the_name_of_its_class(operation: type[Operation[Any]]) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)+", operation.spec.name)
    assert len(operation.spec.name) <= 64
    assert operation.__name__ == "".join(part.capitalize() for part in operation.spec.name.split("_"))


def test_no_name_is_given_twice() -> None:
    assert len(catalogue()) == len(OPERATIONS)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for info in annotation.model_fields.values():
            yield from models_in(info.annotation)
    for inner in getattr(annotation, "__args__", ()):
        yield from models_in(inner)


@every_row("operation", TOOLS)
def test_every_parameter_at_every_depth_is_described(operation: type[Operation[Any]]) -> None:
    for model in models_in(operation):
        assert all(read_field_docs(model).values())


@every_row("operation", TOOLS)
def test_every_operation_says_what_it_does_and_where_the_vendor_says_so(
    operation: type[Operation[Any]],
) -> None:
    assert json_schema.get_description(operation)[0].isupper()
    assert json_schema.get_description(operation).rstrip().endswith(".")
    assert json_schema.get_source(operation)
    assert operation.spec.title


# --- schemas ---------------------------------------------------------------------------------------------------


def nodes(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from nodes(one)
    elif isinstance(value, list):
        for one in value:
            yield from nodes(one)


@every_row("operation", TOOLS)
def test_an_input_schema_is_plain_and_closed(operation: type[Operation[Any]]) -> None:
    """n8n, Gemini and others refuse unions, references and titles; a top-level object is what every host reads."""
    shown = json_schema.build_input_schema(operation)
    jsonschema.Draft202012Validator.check_schema(shown)
    assert shown["type"] == "object"
    assert shown["additionalProperties"] is False
    for node in nodes(shown):
        properties = node.get("properties")
        assert not {"anyOf", "oneOf", "allOf", "$defs", "$ref", "const"} & set(node)
        assert "title" not in node or isinstance(node["title"], dict)
        assert node.get("default", 0) is not None
        if isinstance(properties, dict) and node.get("type") == "object":
            assert node.get("additionalProperties") is False
            assert set(node.get("required", [])) <= set(properties)


@every_row("operation", TOOLS)
def test_every_parameter_is_in_the_schema(operation: type[Operation[Any]]) -> None:
    assert set(json_schema.build_input_schema(operation)["properties"]) == set(operation.model_fields)


@every_row("operation", TOOLS)
def test_an_output_schema_is_valid_and_asks_for_ok_alone(operation: type[Operation[Any]]) -> None:
    shown = json_schema.build_output_schema(operation)
    jsonschema.Draft202012Validator.check_schema(shown)
    assert (shown["type"], shown["required"]) == ("object", ["ok"])
    refusal = IxError(verbatim("No."), code="refused").as_dict()
    jsonschema.validate(refusal, shown)


@every_row("operation", TOOLS)
def test_the_hints_follow_the_effect(operation: type[Operation[Any]]) -> None:
    effect, hints = operation.spec.effect, json_schema.build_annotations(operation)
    assert set(hints) == {"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"}
    assert hints["readOnlyHint"] is (effect in {Effect.LOCAL, Effect.READS})
    removes = operation.spec.name.startswith("delete_")
    worst = {Effect.REMOVES, Effect.FISCAL, Effect.OUTBOUND, Effect.ADMIN, Effect.ANY}
    assert hints["destructiveHint"] is (effect in worst or removes)
    assert hints["openWorldHint"] is (effect is not Effect.LOCAL)
    assert not hints["readOnlyHint"] or hints["idempotentHint"]


@every_row("operation", TOOLS)
def test_what_only_reads_sends_gets_and_what_writes_does_not(operation: type[Operation[Any]]) -> None:
    route = operation.spec.route
    made_of_others = operation.__module__.startswith("ix_tools.operations.workflows.")
    assert (route is None) is (operation.spec.effect in {Effect.LOCAL, Effect.ANY} or made_of_others)
    if route is not None:
        asks = (
            route.method == "GET" or operation.spec.name == "list_client_invoices"
        )  # its filters need a body
        assert asks is (not operation.spec.effect.writes)


BODILESS = {"register_sequence", "set_default_sequence"}
"""Changes that say everything with their path."""


# --- examples --------------------------------------------------------------------------------------------------


@every_row("operation", TOOLS)
def test_an_example_fits_the_schema_and_travels(operation: type[Operation[Any]]) -> None:
    example = dict(operation.spec.example)
    jsonschema.validate(example, json_schema.build_input_schema(operation))
    call = parse(operation.spec.name, example)
    if operation.spec.route is not None:
        request = protocol.build_request(call)
        assert "{" not in request.path
        assert "None" not in request.path
        assert (request.body is None) is (
            operation.spec.route.method in {"GET", "DELETE"} or operation.spec.name in BODILESS
        )


@every_row("operation", TOOLS)
def test_a_parameter_that_does_not_exist_is_refused(operation: type[Operation[Any]]) -> None:
    """Every host's model misspells one some day; the service would drop it in silence."""
    with pytest.raises(IxError) as error:
        parse(operation.spec.name, {**operation.spec.example, "tax_exception": "M07"})
    assert [one.field for one in error.value.problems] == ["tax_exception"]
    assert str(error.value).endswith("Nothing was sent.")


HOSTILE: list[Any] = [
    None,
    0,
    -1,
    True,
    "",
    "x" * 10_000,
    [],
    {},
    [None],
    {"a": {"b": []}},
    1e308,
    "\x00",
    "\ud800",
    "'; --",
    "../..",
]


def outcome(name: str, arguments: Json) -> Operation[Any] | IxError:
    try:
        return parse(name, arguments)
    except IxError as error:
        return error


@every_row("operation", TOOLS)
@every_row("hostile", HOSTILE)
def test_any_value_for_any_parameter_is_read_or_refused_and_never_more(
    operation: type[Operation[Any]], hostile: Any
) -> None:
    for name in operation.model_fields:
        found = outcome(operation.spec.name, {**operation.spec.example, name: hostile})
        if isinstance(found, IxError):
            assert (found.code, found.sent) == ("invalid_arguments", "nothing")
            assert all(problem.field for problem in found.problems)
            assert found.next
        elif operation.spec.route is not None:
            assert ".." not in protocol.build_request(found).path


# --- the gate --------------------------------------------------------------------------------------------------


@every_row("operation", TOOLS)
def test_deleting_asks(operation: type[Operation[Any]]) -> None:
    """Whatever it is that is deleted: there is no way back to the same thing."""
    route, name = operation.spec.route, operation.spec.name
    deletes = (route is not None and route.method == "DELETE") or name.startswith(("delete_", "remove_"))
    assert operation.spec.effect.needs_approval or not deletes
    if deletes:
        assert "person approves" in (operation.__doc__ or ""), "whoever reads the tool knows that it asks"


GATED = [one.spec.name for one in TOOLS if one.spec.effect.needs_approval and one.spec.route is not None]
"""Without workflows: their approval requests are those of their calls (tests/interfaces/mcp/test_issuing.py)."""


FILLED_IN = {
    "change_state",
    "send_email",
    "generate_payment",
    "cancel_payment",
    "register_sequence",
    "update_sequence",
}
"""Those whose every row is asked for below; of the others the worked example is shown."""


def leave_nothing_off(harness: Harness) -> None:
    harness.context.settings = harness.context.settings.model_copy(update={"allow_account_setup": True})


async def waiting_calls(harness: Harness) -> list[tuple[str, Json]]:
    """A call of every gated operation that the sandbox would let through, with everything filled in."""
    draft = await harness.create_draft(
        retention=25, items=[line(discount=10)], reference="PO-1", observations="obrigado"
    )
    issued = await harness.create_issued(client={"code": "BETA"})
    receipt = await harness.call(
        "generate_payment",
        document_arguments(issued, amount=1, payment_mechanism="NU", payment_date="2026-11-20"),
    )
    moved = (await harness.call("create_guide", guide()))["document"]
    simple = await harness.create_issued(document_type="simplified_invoices", client=None, items=[line()])
    note = await harness.create_issued(
        document_type="credit_notes",
        owner_invoice_id=simple["id"],
        client={"name": "Consumidor final", "code": "CF", "fiscal_id": "999999990"},
    )
    numbers = dict.fromkeys(
        ("current_invoice_number", "current_credit_note_number", "current_debit_note_number"), 3
    )
    reason = "Emitida ao cliente errado."
    settled = await harness.create_issued()
    copies = {"cc": "c@acme.example.pt", "bcc": "d@acme.example.pt"}
    mail = {"email": "outra@acme.example.pt", **copies, "subject": "Fatura", "body": "Segue.", "save": True}
    return [
        ("change_state", document_arguments(draft, state="finalized")),
        ("change_state", document_arguments(draft, state="deleted")),
        ("change_state", document_arguments(moved, state="finalized")),
        ("change_state", document_arguments(settled, state="settled")),
        ("change_state", document_arguments(settled, state="canceled", message=reason)),
        ("change_state", document_arguments(note, state="settled")),
        ("send_email", document_arguments(simple, **mail)),
        (
            "generate_payment",
            document_arguments(
                issued, amount=2, payment_mechanism="TB", payment_date="2026-11-20", note="n", serie="2026"
            ),
        ),
        ("cancel_payment", {"receipt_id": receipt["receipt"]["id"], "message": "Pago na fatura errada."}),
        ("register_sequence", {"sequence_id": 70020}),
        ("update_sequence", {"sequence_id": 70020, "serie": "C2026", **numbers, "default_sequence": 1}),
        *[(name, await prepare_example(harness, name)) for name in GATED if name not in FILLED_IN],
    ]


@pytest.mark.parametrize("language", ["pt", "en"])
async def test_every_gated_call_is_shown_to_a_person_in_words_that_exist(
    harness: Harness, language: Any
) -> None:
    leave_nothing_off(harness)
    harness.context.settings = harness.context.settings.model_copy(update={"language": language})
    calls = await waiting_calls(harness)
    assert {name for name, _ in calls} == set(GATED)
    for name, arguments in calls:
        call = parse(name, arguments)
        looking = FactLoader(harness.context.account, 10, harness.context.differences)
        wanted = call.spec.needs | get_wanted_facts(*call.spec.guards)
        facts = await looking.load_from_call(call, wanted, harness.context.now())
        facts = await looking.load_dependent(call, wanted - {Want.CLIENT}, facts)
        preview = call.fill_defaults(facts).build_preview(facts)
        assert preview.action in ACTIONS
        assert {row.label for row in preview.rows} <= set(LABELS)
        writes = len(harness.list_writes())
        with pytest.raises(ApprovalNeeded) as needed:
            await execute(harness.context, name, arguments, can_ask=True)
        assert len(harness.list_writes()) == writes
        text = needed.value.approval.text
        assert render(ACTIONS[preview.action].title, language) in text
        assert render(ACTIONS[preview.action].consequence, language) in text
        assert all(render(LABELS[row.label], language) in text for row in preview.rows)


def test_every_word_of_a_transition_is_an_action() -> None:
    used = {
        word
        for kind in ("invoices", "invoice_receipts", "credit_notes", "transports")
        for _, word in list_transitions(kind)
    }
    assert used <= set(ACTIONS)


@every_row("table", [ACTIONS, LABELS])
def test_every_word_is_said_in_both_languages(table: dict[str, Any]) -> None:
    for key, said in table.items():
        for one in (said.title, said.consequence) if isinstance(said, Action) else (said,):
            assert render(one, "pt").strip(), key
            assert render(one, "en").strip(), key


# --- the seed documents -------------------------------------------------------------------------------------------


def test_no_operation_of_the_seed_documents_is_without_a_tool() -> None:
    assert {(one["document"], one["name"]) for one in SEED} == set(LABELS_OF_SEED)
    assert set(LABELS_OF_SEED.values()) <= set(catalogue())


def travels_to(model: type[BaseModel], under: str) -> Iterator[str]:
    """Where each parameter of a model travels, as the vendor facts write it."""
    for name, info in model.model_fields.items():
        at = protocol._get_wire_path(name, info)
        if not at.path:
            continue
        place = at.path[1:] if at.path.startswith("/") else f"{under}{at.path}"
        inner = next(models_in(info.annotation), None)
        many = "list" in str(info.annotation)
        yield f"{place}[]" if many and inner is not None else place
        if inner is not None:
            yield from travels_to(inner, f"{place}[]." if many else f"{place}.")
        pieces = place.split(".")
        yield from (".".join(pieces[:at]) for at in range(1, len(pieces)))


@every_row("row", SEED)
def test_every_parameter_of_the_seed_documents_is_reachable(row: Json) -> None:
    operation = catalogue()[LABELS_OF_SEED[row["document"], row["name"]]]
    route = operation.spec.route
    assert route is not None
    assert route.method == row["method"]
    written = re.sub(r"\{(\w+)\}", lambda found: ":" + found[1].replace("_", "-"), route.path)
    assert written == row["path"].replace("_", "-") or written.replace("-", "_") == row["path"].replace(
        "-", "_"
    )
    envelope = (
        {"guides": "transport", "invoices": "invoice"}.get(row["document"], "")
        if route.envelope == "{key}"
        else route.envelope
    )
    reached = set(travels_to(operation, f"{envelope}." if envelope else "")) | {envelope}
    reached |= {f":{name}" for name in re.findall(r"\{(\w+)\}", route.path)}
    for parameter in row["parameters"]:
        name = f":{parameter['name'].replace('-', '_')}" if parameter["in"] == "path" else parameter["name"]
        name = (
            re.sub(r"^(shipping|guide|transport)\b", "transport", name)
            if row["document"] == "guides"
            else name
        )
        assert name in reached, name


@pytest.mark.parametrize("kind", ["invoices", "simplified_invoices", "invoice_receipts"])
async def test_every_kind_of_invoice_of_the_seed_is_made_and_issued(harness: Harness, kind: str) -> None:
    made = await harness.call("create_invoice", invoice(document_type=kind))
    assert made["next"][0]["tool"] == "change_state"
    issued = await harness.call("change_state", {**made["next"][0]["arguments"]})
    assert issued["document"]["status"] in {"final", "settled"}


@every_operation
async def test_every_next_step_names_a_tool_and_parameters_it_has(
    harness: Harness, operation: type[Operation[Any]]
) -> None:
    """Results name the sensible next call; it must exist."""
    leave_nothing_off(harness)
    result = await harness.call(operation.spec.name, await prepare_example(harness, operation.spec.name))
    assert result["ok"] is True
    jsonschema.validate(result, json_schema.build_output_schema(operation))
    for step in result.get("next", []):
        assert step["why"]
        assert set(step["arguments"]) <= set(catalogue()[step["tool"]].model_fields)
