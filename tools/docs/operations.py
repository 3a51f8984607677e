"""Generate docs/reference/operations.md: every operation with parameters, example, result and rules, and every record."""

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel

from ix_tools.domain.field_docs import read_field_docs
from ix_tools.domain.types import Record
from ix_tools.interfaces.cli.operation_command import EFFECTS
from ix_tools.operations.base import Operation
from ix_tools.operations.registry import catalogue
from ix_tools.schemas.json_schema import build_input_schema, get_description, get_source
from tools.docs.markdown import NOTE, Row, get_first_sentence, render_code, render_code_block, render_table

APPROVED = {True: "a person, every call", False: "–"}


def render_reference() -> str:
    """Render docs/reference/operations.md."""
    operations = catalogue().values()
    index = [
        (f"[{one.spec.name}](#{one.spec.name})", one.spec.title, APPROVED[one.spec.effect.needs_approval])
        for one in operations
    ]
    return "\n\n".join(
        [
            "# Reference",
            NOTE,
            "<!-- no command of this page is run: each is read by the program, and the catalogue's tests run the same example -->",
            "For whoever calls ix-tools, from wherever. You need nothing. In the end you know an operation's parameters, result and rules.",
            "Every operation is a tool over MCP, a command of `ix-tools` and a function in "
            "[tool_schemas/](../../tool_schemas). Parameters are the same everywhere. What InvoiceXpress changes without saying "
            "so, and which rule meets it: [Traps](../concepts/traps.md).",
            render_table(("Operation", "What it does", "Approved by"), index),
            *(render_operation(one) for one in operations),
            "## Records",
            "What results hold. A field that InvoiceXpress leaves empty is left out. Amounts are text with two decimals, "
            "dates are 2026-11-30.",
            *(_render_record(record) for record in render_records()),
        ]
    )


# --- one operation ---------------------------------------------------------------------------------------


def render_operation(one: type[Operation[Any]]) -> str:
    """Render an operation."""
    spec, schema = one.spec, build_input_schema(one)
    facts = [
        f"Effect: {EFFECTS[spec.effect]}",
        f"Approved by: {APPROVED[spec.effect.needs_approval] if spec.effect.needs_approval else 'nobody needed'}",
        f"Calling it twice: {_render_repetition(one)}",
        f"Source: {get_source(one)}",
    ]
    parts = [
        f"## {spec.name}",
        f"**{spec.title}.** {get_description(one)}",
        "\n".join(f"- {fact}" for fact in facts),
        render_parameters(schema),
        "Example, as a tool's arguments and as a command:",
        render_code_block("json", json.dumps(spec.example, ensure_ascii=False, indent=2)),
        render_code_block("sh", format_command(spec.name, spec.example, schema)),
        f"Result: {_render_result(one.result_type())}",
    ]
    if spec.guards:
        parts += [
            "Rules:",
            "\n".join(
                f"- {render_code(guard.__name__)}: {get_first_sentence(guard)}" for guard in spec.guards
            ),
        ]
    return "\n\n".join(parts)


def _render_repetition(one: type[Operation[Any]]) -> str:
    if one.spec.idempotent:
        return "leaves what one call leaves"
    if one.spec.effect.needs_approval:
        again = "happens twice, each time approved by a person"
        return (
            f"{again}; not with the same `idempotency_key`"
            if "idempotency_key" in one.model_fields
            else again
        )
    return "gives the first result again, on the same day or with the same `idempotency_key`"


def render_recovery() -> str:
    """Render the table of every write's recovery: the result after a lost response, its evidence, and a repeated call."""
    rows = [
        (
            f"[{one.spec.name}](../reference/operations.md#{one.spec.name})",
            _split_sentences(one.detect_outcome),
            "The document."
            if one.build_trace is Operation.build_trace
            else _split_sentences(one.build_trace),
            _describe_repetition(one),
        )
        for one in catalogue().values()
        if one.spec.effect.writes
    ]
    return render_table(("Call", "Did it happen?", "Kept to tell", "The same call again"), rows)


def _split_sentences(of: Callable[..., Any]) -> str:
    return " ".join((of.__doc__ or "").split())


def _describe_repetition(one: type[Operation[Any]]) -> str:
    if "proprietary_uid" in one.model_fields:
        return "is sent under the same unique id: InvoiceXpress answers with the first document"
    if one.manual_check and not one.spec.idempotent:
        return f"is not sent again by itself; {one.manual_check}"
    approved = " and a person approves it again" if one.spec.effect.needs_approval else ""
    if one.spec.idempotent:
        return f"looks; where that does not tell, it is sent again once the first is over{approved}: it does no harm"
    return f"looks; it is sent again once it surely did not happen{approved}"


def render_parameters(schema: Mapping[str, Any]) -> str:
    """Render the table of parameters, including fields of objects."""
    rows = list(_list_parameters(schema, ""))
    return render_table(("Parameter", "Type", "Required", "Meaning"), rows) if rows else "No parameters."


def _list_parameters(schema: Mapping[str, Any], before: str) -> Iterator[Row]:
    required = set(schema.get("required", ()))
    for name, one in schema["properties"].items():
        said = one.get("description", "")
        if "default" in one:
            said = f"{said} Default: {render_code(json.dumps(one['default']))}."
        yield render_code(before + name), _describe_type(one), "yes" if name in required else "", said
        if "properties" in one:
            yield from _list_parameters(one, f"{before}{name}.")
        elif "properties" in one.get("items", {}):
            yield from _list_parameters(one["items"], f"{before}{name}[].")


def _describe_type(one: Mapping[str, Any]) -> str:
    if "enum" in one:
        return ", ".join(render_code(str(word)) for word in one["enum"])
    if one.get("type") == "array":
        return f"list of {_describe_type(one['items'])}"
    limits = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    said = [f"{sign} {one[key]}" for key, sign in limits.items() if key in one]
    return " ".join([str(one.get("format") or one.get("type", "any")), *said])


def _render_result(record: type[BaseModel]) -> str:
    shown = ", ".join(
        f"{render_code(name)} ({_describe_kind(info.annotation)})"
        for name, info in record.model_fields.items()
        if not info.exclude
    )
    return (
        f"{shown}; and {render_code('ok')}, {render_code('warnings')}, {render_code('next')} as everywhere."
    )


def _describe_kind(annotation: Any) -> str:
    record = _find_record(annotation)
    if record is not None:
        link = f"[{record.__name__}](#{record.__name__.lower()})"
        return f"list of {link}" if "list[" in str(annotation) else link
    if "dict" in str(annotation):
        return "object"
    words = {
        "int": "number",
        "str": "text",
        "Message": "text",
        "bool": "yes or no",
        "Decimal": "amount",
        "date": "date",
    }
    names = re.findall(r"\b(?:int|str|Message|bool|Decimal|date)\b", str(annotation))
    if "Literal" in str(annotation):
        return " or ".join(render_code(word) for word in get_args(annotation))
    return words[names[0]] if names else "object"


def _find_record(annotation: Any) -> type[Record] | None:
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return annotation
    return next((found for one in get_args(annotation) if (found := _find_record(one)) is not None), None)


def render_records() -> list[type[Record]]:
    """Render every record that results contain, in order of first use."""
    found: dict[type[Record], None] = {}

    def meet(record: type[BaseModel]) -> None:
        for info in record.model_fields.values():
            inner = _find_record(info.annotation)
            if inner is not None and inner not in found:
                found[inner] = None
                meet(inner)

    for one in catalogue().values():
        meet(one.result_type())
    return list(found)


def _render_record(record: type[Record]) -> str:
    rows = [
        (render_code(name), _describe_kind(info.annotation), read_field_docs(record)[name])
        for name, info in record.model_fields.items()
    ]
    return "\n\n".join(
        [
            f"### {record.__name__}",
            get_first_sentence(record),
            render_table(("Field", "Type", "Meaning"), rows),
        ]
    )


def format_command(name: str, call: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """Format a call as a command line; the tests of the CLI parse it."""
    words = [f"ix-tools {name.replace('_', '-')}"]
    for flag, value in _format_options(call, schema):
        if isinstance(value, bool):
            words.append(flag if value else flag.replace("--", "--no-", 1))
        else:
            words.append(
                f"{flag} {shlex.quote(_format_pairs(value) if isinstance(value, Mapping) else str(value))}"
            )
    return " \\\n  ".join(words) if len(words) > 2 else " ".join(words)


def _format_options(call: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in call.items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, Mapping) and "properties" not in schema["properties"][name]:
            yield flag, json.dumps(value, ensure_ascii=False)
        elif isinstance(value, Mapping):
            yield from ((f"{flag}.{field.replace('_', '-')}", inner) for field, inner in value.items())
        else:
            described = schema["properties"][name].get("items", {})
            is_open = described.get("type") == "object" and "properties" not in described
            for one in value if isinstance(value, list | tuple) else [value]:
                yield flag, json.dumps(one, ensure_ascii=False) if is_open else one


def _format_pairs(value: Mapping[str, Any]) -> str:
    if any(isinstance(one, Mapping | list) or "," in str(one) for one in value.values()):
        return json.dumps(value, ensure_ascii=False)
    return ",".join(f"{name}={one}" for name, one in value.items())
