"""The vendor's API description, read strictly, and the differences of the sandbox from it.

The description requires and forbids nothing in a response. Read strictly, a response has exactly the described keys, and no
body where none is described. Every difference of the sandbox is a row of `differences.toml` with its reason.
"""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

Json = dict[str, Any]
FILE = Path(__file__).parents[3].parent / "shared" / "api" / "openapi.yaml"
DIFFERENCES_FILE = Path(__file__).with_name("differences.toml")
KINDS = ("absent", "extra", "instead", "listed", "named", "status")


@dataclass(frozen=True)
class Answer:
    """The described parts of a response."""

    status: str
    media_type: str
    body: bytes


@dataclass(frozen=True)
class Change:
    """A change to the responses of some operations and statuses."""

    kind: str
    """absent: a key may be missing. extra: an undescribed key. instead: another schema. listed: a list of the described
    content. named: the outermost key has other names. status: an undescribed status."""
    at: str = ""
    """Place in the body: `invoice.items.tax`, or `*.items.tax` under any key."""
    schema: str = ""
    """The replacing schema, as JSON so that changes can be compared."""


@dataclass(frozen=True)
class Difference:
    """A row of `differences.toml`."""

    name: str
    reason: str
    operations: tuple[str, ...]
    statuses: tuple[str, ...]
    changes: tuple[Change, ...]

    def concerns(self, operation: str, status: str) -> bool:
        """Tell whether it applies to a response."""
        return operation in self.operations and any(fnmatchcase(status, each) for each in self.statuses)


@cache
def load_differences() -> tuple[Difference, ...]:
    """Load all differences in the order of the file."""
    rows = tomllib.loads(DIFFERENCES_FILE.read_text(encoding="utf-8"))["difference"]
    return tuple(
        Difference(
            name=row["name"],
            reason=row["reason"],
            operations=tuple(row["operations"]),
            statuses=tuple(row["statuses"]),
            changes=tuple(_changes(row)),
        )
        for row in rows
    )


def _changes(row: Json) -> Iterator[Change]:
    unknown = set(row) - {"name", "reason", "operations", "statuses", *KINDS}
    assert not unknown, f"{row['name']}: {unknown}"
    for kind in ("absent", "extra", "listed"):
        yield from (Change(kind, at) for at in row.get(kind, ()))
    yield from (Change("instead", at, json.dumps(schema)) for at, schema in row.get("instead", {}).items())
    if "named" in row:
        yield Change("named", schema=json.dumps(row["named"]))
    if "status" in row:
        yield Change("status", schema=json.dumps(row["status"]))


@cache
def load_written() -> Json:
    """Load the vendor's description unchanged."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    read: Json = yaml.load(FILE.read_text(encoding="utf-8"), Loader=loader)
    return read


@cache
def load_operations() -> dict[str, Json]:
    """Load the operations by id."""
    return {
        operation["operationId"]: operation
        for path in load_written()["paths"].values()
        for method, operation in path.items()
        if method in ("get", "post", "put", "delete")
    }


def build_strict_answers(operation: str, without: Sequence[tuple[Difference, Change | None]] = ()) -> Json:
    """Return the strict responses of an operation with all differences except those in `without`.

    (row, None) stands for a whole row.
    """
    answers: Json = {}
    for status, answer in load_operations()[operation]["responses"].items():
        content = answer.get("content", {}).get("application/json")
        answers[status] = _answer(_closed(_resolved(content["schema"])) if content else None)
    left_out = set(without)
    for row in load_differences():
        if operation not in row.operations or (row, None) in left_out:
            continue
        for change in row.changes:
            if (row, change) not in left_out:
                _apply(answers, row, change, operation)
    return answers


def build_patched_description() -> Json:
    """Return the strict description with all differences applied."""
    whole = copy.deepcopy(load_written())
    for path in whole["paths"].values():
        for method, operation in path.items():
            if method in ("get", "post", "put", "delete"):
                operation["responses"] = build_strict_answers(operation["operationId"])
    return whole


def _answer(schema: Json | None) -> Json:
    answer: Json = {"description": "as written, read strictly"}
    return answer if schema is None else {**answer, "content": {"application/json": {"schema": schema}}}


def _resolved(schema: Any) -> Any:
    """Return a copy without references, descriptions and examples."""
    if isinstance(schema, list):
        return [_resolved(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _resolved(load_written()["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    properties = schema.get("properties")
    kept = {
        key: _resolved(value) for key, value in schema.items() if key in ("type", "items", "enum", "format")
    }
    return (
        {**kept, "properties": {key: _resolved(value) for key, value in properties.items()}}
        if properties
        else kept
    )


def _closed(schema: Json) -> Json:
    for child in (*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])):
        _closed(child)
    if "properties" in schema:
        schema["required"], schema["additionalProperties"] = list(schema["properties"]), False
    return schema


def _apply(answers: Json, row: Difference, change: Change, operation: str) -> None:
    schema: Any = json.loads(change.schema) if change.schema else None
    if change.kind == "status":
        for status in row.statuses:
            assert status not in answers, f"{row.name}: {operation} has a {status}"
            answers[status] = _answer(schema or None)
        return
    for status in [each for each in answers if row.concerns(operation, each)]:
        content = answers[status].get("content")
        if content is None:
            continue
        body = content["application/json"]
        if change.kind == "named":
            (inner,) = body["schema"]["properties"].values()
            one = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False}
            body["schema"] = {**one, "properties": dict.fromkeys(schema, inner)}
        elif change.kind == "instead" and not change.at:
            body["schema"] = schema
        else:
            _change_key(body["schema"], change, schema)


def _change_key(schema: Json, change: Change, instead: Json | None) -> None:
    *steps, last = change.at.split(".")
    for place in _find_schemas(schema, steps):
        properties = place.get("properties", {})
        if change.kind == "absent" and last in place.get("required", ()):
            place["required"].remove(last)
        elif change.kind == "extra" and properties:
            properties.setdefault(last, {})
        elif change.kind == "instead" and last in properties:
            properties[last] = instead
        elif change.kind == "listed" and last in properties:
            properties[last] = {"type": "array", "items": properties[last]}


def _find_schemas(schema: Json, steps: Sequence[str]) -> list[Json]:
    """Return the schemas at the end of a path. Lists have no step of their own, and `*` is any key."""
    schema = schema.get("items", schema)
    if not steps:
        return [schema]
    children = schema.get("properties", {})
    named = children.values() if steps[0] == "*" else [children[steps[0]]] if steps[0] in children else []
    return [place for child in named for place in _find_schemas(child, steps[1:])]


def find_complaint(answers: Json, answer: Answer) -> str:
    """Return the difference of a response from the responses that an operation may give, or ""."""
    expected = answers.get(answer.status)
    if expected is None:
        return f"status {answer.status} is not written: {answer.body[:80]!r}"
    content = expected.get("content")
    if content is None:
        return f"a body where none is written: {answer.body[:80]!r}" if answer.body else ""
    if not answer.body:
        return f"no body with status {answer.status}"
    if answer.media_type.partition(";")[0] != "application/json":
        return f"the body is {answer.media_type}"
    validator = jsonschema.Draft202012Validator(content["application/json"]["schema"])
    error = next(validator.iter_errors(json.loads(answer.body)), None)
    return "" if error is None else f"{answer.status} {error.json_path}: {error.message[:200]}"
