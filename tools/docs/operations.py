"""docs/reference.md: every operation with its parameters, worked example, result and rules, and every record."""

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel

from ix_tools.domain.field_docs import meanings
from ix_tools.domain.types import Record
from ix_tools.operations.base import Operation
from ix_tools.operations.registry import catalogue
from ix_tools.operations.spec import Effect
from ix_tools.schemas.json_schema import description, input_schema, source
from tools.docs.markdown import NOTE, Row, code, fenced, first_sentence, table

APPROVED = {True: "a person, every call", False: "–"}
EFFECTS = {
    Effect.LOCAL: "answered on this machine; nothing is sent",
    Effect.READS: "reads",
    Effect.DRAFTS: "makes or changes a draft, which can still be changed or deleted",
    Effect.CATALOGUE: "changes what later documents are made from; the result says what that means",
    Effect.REMOVES: "irreversible: takes away what later documents are made from",
    Effect.FISCAL: "irreversible: reaches the tax authority's books",
    Effect.OUTBOUND: "irreversible: leaves for a third party",
    Effect.ADMIN: "accounts and their tie to the tax authority; only with the setting allow_account_setup",
    Effect.ANY: "whatever the operation that it runs leaves behind; that one's rules and approval apply",
}


def reference_page() -> str:
    """docs/reference.md."""
    operations = catalogue().values()
    index = [
        (f"[{one.spec.name}](#{one.spec.name})", one.spec.title, APPROVED[one.spec.effect.gated])
        for one in operations
    ]
    return "\n\n".join(
        [
            "# Reference",
            NOTE,
            "Every operation is a tool over MCP, a command of `ix-tools` and a function in "
            "[tool_schemas/](../tool_schemas). Parameters are the same everywhere. What InvoiceXpress changes without saying "
            "so, and which rule meets it: [Traps](traps.md).",
            table(("Operation", "What it does", "Approved by"), index),
            *(operation(one) for one in operations),
            "## Records",
            "What results hold. A field that InvoiceXpress leaves empty is left out. Amounts are text with two decimals, "
            "dates are 2026-11-30.",
            *(_of_record(record) for record in records()),
        ]
    )


# --- one operation ---------------------------------------------------------------------------------------


def operation(one: type[Operation[Any]]) -> str:
    """An operation, whole."""
    spec, schema = one.spec, input_schema(one)
    facts = [
        f"Effect: {EFFECTS[spec.effect]}",
        f"Approved by: {APPROVED[spec.effect.gated] if spec.effect.gated else 'nobody needed'}",
        f"Calling it twice: {_twice(one)}",
        f"Source: {source(one)}",
    ]
    parts = [
        f"## {spec.name}",
        f"**{spec.title}.** {description(one)}",
        "\n".join(f"- {fact}" for fact in facts),
        parameters(schema),
        "Example, as a tool's arguments and as a command:",
        fenced("json", json.dumps(spec.example, ensure_ascii=False, indent=2)),
        fenced("sh", command(spec.name, spec.example, schema)),
        f"Result: {_result(one.result_type())}",
    ]
    if spec.guards:
        parts += [
            "Rules:",
            "\n".join(f"- {code(guard.__name__)}: {first_sentence(guard)}" for guard in spec.guards),
        ]
    return "\n\n".join(parts)


def _twice(one: type[Operation[Any]]) -> str:
    if one.spec.idempotent:
        return "leaves what one call leaves"
    if one.spec.effect.gated:
        again = "happens twice, each time approved by a person"
        return (
            f"{again}; not with the same `idempotency_key`"
            if "idempotency_key" in one.model_fields
            else again
        )
    return "gives the first result again, on the same day or with the same `idempotency_key`"


def did_it_happen() -> str:
    """For every write: the answer after a broken connection, what is kept to give it, and what the same call then does."""
    rows = [
        (
            f"[{one.spec.name}](reference.md#{one.spec.name})",
            _sentences(one.happened),
            "The document." if one.trace is Operation.trace else _sentences(one.trace),
            _repeated(one),
        )
        for one in catalogue().values()
        if one.spec.effect.writes
    ]
    return table(("Call", "Did it happen?", "Kept to tell", "The same call again"), rows)


def _sentences(of: Callable[..., Any]) -> str:
    return " ".join((of.__doc__ or "").split())


def _repeated(one: type[Operation[Any]]) -> str:
    if "proprietary_uid" in one.model_fields:
        return "is sent under the same unique id: InvoiceXpress answers with the first document"
    if one.to_check and not one.spec.idempotent:
        return f"is not sent again by itself; {one.to_check}"
    approved = " and a person approves it again" if one.spec.effect.gated else ""
    if one.spec.idempotent:
        return f"looks; where that does not tell, it is sent again once the first is over{approved}: it does no harm"
    return f"looks; it is sent again once it surely did not happen{approved}"


def parameters(schema: Mapping[str, Any]) -> str:
    """What a caller may send, the fields of objects included."""
    rows = list(_parameters(schema, ""))
    return table(("Parameter", "Type", "Required", "Meaning"), rows) if rows else "No parameters."


def _parameters(schema: Mapping[str, Any], before: str) -> Iterator[Row]:
    required = set(schema.get("required", ()))
    for name, one in schema["properties"].items():
        said = one.get("description", "")
        if "default" in one:
            said = f"{said} Default: {code(json.dumps(one['default']))}."
        yield code(before + name), _type(one), "yes" if name in required else "", said
        if "properties" in one:
            yield from _parameters(one, f"{before}{name}.")
        elif "properties" in one.get("items", {}):
            yield from _parameters(one["items"], f"{before}{name}[].")


def _type(one: Mapping[str, Any]) -> str:
    if "enum" in one:
        return ", ".join(code(str(word)) for word in one["enum"])
    if one.get("type") == "array":
        return f"list of {_type(one['items'])}"
    limits = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    said = [f"{sign} {one[key]}" for key, sign in limits.items() if key in one]
    return " ".join([str(one.get("format") or one.get("type", "any")), *said])


def _result(record: type[BaseModel]) -> str:
    shown = ", ".join(
        f"{code(name)} ({_kind(info.annotation)})" for name, info in record.model_fields.items()
    )
    return f"{shown}; and {code('ok')}, {code('warnings')}, {code('next')} as everywhere."


def _kind(annotation: Any) -> str:
    record = _record(annotation)
    if record is not None:
        link = f"[{record.__name__}](#{record.__name__.lower()})"
        return f"list of {link}" if "list[" in str(annotation) else link
    if "dict" in str(annotation):
        return "object"
    words = {"int": "number", "str": "text", "bool": "yes or no", "Decimal": "amount", "date": "date"}
    names = re.findall(r"\b(?:int|str|bool|Decimal|date)\b", str(annotation))
    if "Literal" in str(annotation):
        return " or ".join(code(word) for word in get_args(annotation))
    return words[names[0]] if names else "object"


def _record(annotation: Any) -> type[Record] | None:
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return annotation
    return next((found for one in get_args(annotation) if (found := _record(one)) is not None), None)


def records() -> list[type[Record]]:
    """Every record that results hold, in the order they are met."""
    found: dict[type[Record], None] = {}

    def meet(record: type[BaseModel]) -> None:
        for info in record.model_fields.values():
            inner = _record(info.annotation)
            if inner is not None and inner not in found:
                found[inner] = None
                meet(inner)

    for one in catalogue().values():
        meet(one.result_type())
    return list(found)


def _of_record(record: type[Record]) -> str:
    rows = [
        (code(name), _kind(info.annotation), meanings(record)[name])
        for name, info in record.model_fields.items()
    ]
    return "\n\n".join(
        [f"### {record.__name__}", first_sentence(record), table(("Field", "Type", "Meaning"), rows)]
    )


def command(name: str, call: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """A call as it is typed; the command line's own tests read it back."""
    words = [f"ix-tools {name.replace('_', '-')}"]
    for flag, value in _options(call, schema):
        if isinstance(value, bool):
            words.append(flag if value else flag.replace("--", "--no-", 1))
        else:
            words.append(f"{flag} {shlex.quote(_pairs(value) if isinstance(value, Mapping) else str(value))}")
    return " \\\n  ".join(words) if len(words) > 2 else " ".join(words)


def _options(call: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in call.items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, Mapping) and "properties" not in schema["properties"][name]:
            yield flag, json.dumps(value, ensure_ascii=False)
        elif isinstance(value, Mapping):
            yield from ((f"{flag}.{field.replace('_', '-')}", inner) for field, inner in value.items())
        else:
            yield from ((flag, one) for one in (value if isinstance(value, list | tuple) else [value]))


def _pairs(value: Mapping[str, Any]) -> str:
    if any(isinstance(one, Mapping | list) or "," in str(one) for one in value.values()):
        return json.dumps(value, ensure_ascii=False)
    return ",".join(f"{name}={one}" for name, one in value.items())
