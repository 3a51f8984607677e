"""Build plain, small JSON Schemas of operations: without titles, $defs, anyOf-null and null defaults.

Every byte of a tool list costs tokens in each conversation, so a schema does not repeat what a name already says.
"""

from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from ix_tools.domain.field_docs import read_field_docs
from ix_tools.domain.types import Record
from ix_tools.operations.base import Operation
from ix_tools.operations.spec import Effect
from ix_tools.schemas.bundles import use_plain_keywords

Schema = dict[str, Any]


def build_input_schema(operation: type[Operation[Any]]) -> Schema:
    """Return the schema of an operation's parameters: all described, no others allowed."""
    return deepcopy(_build_input_schema(operation))


def build_output_schema(operation: type[Operation[Any]]) -> Schema:
    """Return the schema of an operation's result. Only `ok` is required, so that refusals and pending approvals match it."""
    properties = {
        "ok": {"type": "boolean"},
        **_build_envelope(operation),
        **_summarize_properties(operation.result_type()),
    }
    return {"type": "object", "properties": properties, "required": ["ok"]}


def _build_envelope(operation: type[Operation[Any]]) -> Schema:
    """Return the properties beside a result's record, for clients that drop properties that the schema does not name."""
    effect = operation.spec.effect
    properties: Schema = {"warnings": {"type": "array"}, "next": deepcopy(_NEXT_SCHEMA)}
    if not effect.only_reads:
        properties |= {"undo": {"type": "object"}, "replayed": {"type": "boolean"}}
    if effect.needs_approval:
        properties |= deepcopy(_PENDING_PROPERTIES)
    return {**properties, "sandbox": {"type": "string"}}


_NEXT_SCHEMA: Schema = {"description": "Next calls."}
_PENDING_PROPERTIES: Schema = {
    "status": {"type": "string"},
    "approval": {"type": "object"},
    "preview": {"type": "string"},
    "sent": {"type": "string"},
    "nobody_answered": {"type": "string"},
    "when_approved": {"type": "string"},
}
"""Properties of the result of a call that waits for an approval."""


def build_result_schema(operation: type[Operation[Any]]) -> Schema:
    """Return all properties of a result's record, for hosts that offer them to people one by one."""
    return deepcopy(_build_properties(operation.result_type()))


@cache
def _build_input_schema(operation: type[Operation[Any]]) -> Schema:
    # Cached, because every command and REST call needs it; callers get copies.
    silent = [name for name, meaning in read_field_docs(operation).items() if not meaning]
    if silent:
        # The descriptions are docstrings, which a bundle without source files loses.
        raise ValueError(f"{operation.spec.name}: not described: {', '.join(silent)}")
    return _compact(operation.model_json_schema(schema_generator=_UntitledJsonSchema), strict=True)


@cache
def _build_properties(record: type[BaseModel]) -> Schema:
    whole = record.model_json_schema(mode="serialization", schema_generator=_UntitledJsonSchema)
    found: Schema = _compact(whole, strict=False)["properties"]
    return found


def _summarize_properties(record: type[BaseModel]) -> Schema:
    """Return a record's properties; nested records show only their `summary_fields`."""
    properties = deepcopy(_build_properties(record))
    for name, info in record.model_fields.items():
        inner = _find_record(info.annotation)
        if inner is not None and inner.summary_fields:
            telling = {
                field: one
                for field, one in _summarize_properties(inner).items()
                if field in inner.summary_fields
            }
            holder = properties[name]
            holder.get("items", holder)["properties"] = telling
    return dict(properties)


def _find_record(annotation: Any) -> type[Record] | None:
    """Return the record type in `Record`, `Record | None` or `list[Record]`."""
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return annotation
    return next((found for one in get_args(annotation) if (found := _find_record(one)) is not None), None)


def get_description(operation: type[Operation[Any]]) -> str:
    """Return an operation's docstring without its source."""
    text = (operation.__doc__ or "").split("\n\n    Source:")[0]
    return "\n".join(line.strip() for line in text.strip().splitlines() if line.strip())


def get_source(operation: type[Operation[Any]]) -> str:
    """Return the vendor's document that describes an operation."""
    _, _, text = (operation.__doc__ or "").partition("Source:")
    return " ".join(text.split())


def build_annotations(operation: type[Operation[Any]]) -> dict[str, bool]:
    """Return all four MCP annotations of an operation, derived from its effect, so that a host need not assume any."""
    spec = operation.spec
    deletes = spec.route is not None and spec.route.method == "DELETE"
    return {
        "readOnlyHint": spec.effect in {Effect.LOCAL, Effect.READS},
        "destructiveHint": spec.effect.needs_approval or spec.effect is Effect.ANY or deletes,
        "idempotentHint": spec.idempotent,
        "openWorldHint": spec.effect is not Effect.LOCAL,
    }


def build_tool(operation: type[Operation[Any]]) -> dict[str, Any]:
    """Return a tool definition as MCP lists it."""
    return {
        "name": operation.spec.name,
        "title": operation.spec.title,
        "description": get_description(operation),
        "inputSchema": use_plain_keywords(build_input_schema(operation)),
        "outputSchema": build_output_schema(operation),
        "annotations": build_annotations(operation),
    }


class _UntitledJsonSchema(GenerateJsonSchema):
    """Pydantic's generator without titles."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _compact(schema: Mapping[str, Any], *, strict: bool) -> Schema:
    definitions = schema.get("$defs", {})
    compacted: Schema = _compact_node(schema, definitions, strict)
    compacted.pop("description", None)  # the tool has a description of its own
    return compacted


def _compact_node(node: Any, definitions: Mapping[str, Any], strict: bool) -> Any:
    if isinstance(node, list):
        return [_compact_node(one, definitions, strict) for one in node]
    if not isinstance(node, Mapping):
        return node
    if "$ref" in node:
        inlined = {
            key: value
            for key, value in definitions[node["$ref"].rsplit("/", 1)[-1]].items()
            if key != "description"
        }
        return _compact_node(
            {**inlined, **{key: value for key, value in node.items() if key != "$ref"}}, definitions, strict
        )
    if "anyOf" in node:
        kinds = [one for one in node["anyOf"] if one != {"type": "null"}]
        rest = {
            key: value
            for key, value in node.items()
            if key not in {"anyOf", "default"} or (key == "default" and value is not None)
        }
        if len(kinds) == 1:
            return _compact_node({**kinds[0], **rest}, definitions, strict)
        return _compact_node({**_merge_alternatives(kinds), **rest}, definitions, strict)
    return _compact_leaf(node, definitions, strict)


def _merge_alternatives(kinds: list[Any]) -> Mapping[str, Any]:
    """Merge alternatives that are all enums into one; otherwise return the first."""
    if all("enum" in one for one in kinds):
        return {"type": "string", "enum": [word for one in kinds for word in one["enum"]]}
    first: Mapping[str, Any] = kinds[0]
    return first


def _compact_leaf(node: Mapping[str, Any], definitions: Mapping[str, Any], strict: bool) -> Schema:
    kept: Schema = {}
    for key, value in node.items():
        if key in {"title", "$defs"} or (key == "default" and (value is None or value == [] or not strict)):
            continue
        if key == "description" and not strict:
            continue
        if key == "additionalProperties" and not strict:
            continue
        if key == "properties":
            kept[key] = {name: _compact_node(one, definitions, strict) for name, one in value.items()}
        elif key == "required" and not strict:
            continue
        elif key == "const":
            kept["enum"] = [value]
        else:
            kept[key] = _compact_node(value, definitions, strict)
    return kept


def sort_required_first(model: type[BaseModel]) -> list[str]:
    """Return a model's parameter names, required ones first."""
    fields = model.model_fields
    return sorted(fields, key=lambda name: not fields[name].is_required())
