"""Generate the Zapier app: its actions and triggers with their fields, as data that `index.js` puts together."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ix_tools.events.models import EVENT_TYPES
from ix_tools.interfaces.rest.webhooks import build_sample
from tools.nocode.fields import Field, Tool, make_title, make_toolset_title, read_tools
from tools.nocode.typescript import Source, write_source
from tools.release.project import Project

FOLDER = Path("integrations/zapier")
SCHEMA_VERSION = "19.1.0"
"""Version of Zapier's platform, whose schema validates the app."""
HEAD = "// Generated from the OpenAPI document of ix-tools; a change here is lost.\n"
KINDS = {
    "text": "string", "email": "string", "password": "password", "number": "number", "integer": "integer",
    "boolean": "boolean", "choice": "string", "texts": "string", "choices": "string", "json": "text",
}  # fmt: skip

Json = dict[str, Any]


def build_files(project: Project) -> dict[Path, str]:
    """Return the generated files with their content."""
    tools = read_tools()
    return {
        FOLDER / "operations.js": _write_operations([_describe_tool(one) for one in tools]),
        FOLDER / "events.js": _write_module([_describe_event(one) for one in EVENT_TYPES]),
        FOLDER / "package.json": json.dumps(_build_package(project), indent=2) + "\n",
    }


def _write_operations(operations: Sequence[Json]) -> str:
    """Write the operations; a field that several of them have alike is written once, above them."""
    alike = Counter((one["key"], json.dumps(one)) for operation in operations for one in operation["fields"])
    shared: dict[str, str] = {}
    for (key, field), times in alike.most_common():
        if times > 1:
            shared.setdefault(key, field)
    for operation in operations:
        operation["fields"] = [
            Source(f"fields.{one['key']}") if shared.get(one["key"]) == json.dumps(one) else one
            for one in operation["fields"]
        ]
    fields = {key: json.loads(shared[key]) for key in sorted(shared)}
    return f"{HEAD}'use strict';\n\nconst fields = {write_source(fields)};\n\nmodule.exports = {write_source(operations)};\n"


def _write_module(content: Sequence[Json]) -> str:
    return f"{HEAD}'use strict';\n\nmodule.exports = {write_source(content)};\n"


def _describe_tool(tool: Tool) -> Json:
    fields = [one for one in tool.fields if not (tool.rows and one.name in {"page", "per_page"})]
    # What must be filled in comes first, as in the document otherwise.
    fields.sort(key=lambda one: not one.required)
    return {
        "key": tool.name,
        "noun": make_toolset_title(tool.toolset),
        "label": make_title(tool.summary),
        "description": tool.description,
        "reads": tool.reads,
        "mayWait": tool.may_wait,
        "rows": tool.rows,
        "fields": [part for one in fields for part in _describe_field(one)],
    }


def _describe_field(field: Field, prefix: str = "") -> Iterator[Json]:
    """Describe a field; parts of a record become fields of their own, `client__code`, and lists of records line items."""
    key = f"{prefix}{field.name}"
    if field.kind == "record":
        for part in field.children:
            yield from _describe_field(part, f"{key}__")
        return
    label = " ".join(make_title(one.replace("_", " ")) for one in key.split("__"))
    if field.kind == "records":
        children = [part for one in field.children for part in _describe_field(one, f"{key}__")]
        yield {"key": key, "label": label, "children": children}
        return
    choices = {"choices": list(map(str, field.choices))} if field.kind in {"choice", "choices"} else {}
    yield {
        "key": key,
        "label": label,
        "type": KINDS[field.kind],
        # A part of a record that may be left out is needed only if the record is given, which the server judges.
        **({"required": True} if field.required and not prefix else {}),
        **({"list": True} if field.kind in {"texts", "choices"} else {}),
        **choices,
        **({"helpText": field.description} if field.description else {}),
    }


def _describe_event(kind: str) -> Json:
    body = build_sample(kind, "acme@acme.app.invoicexpress.com")
    # The time of the sample would differ at every run.
    sample = {"id": "evt_sample", **body, "timestamp": "2026-11-20T10:00:04+00:00"}
    return {
        "key": kind.replace(".", "_"),
        "type": kind,
        "label": make_title(kind.replace(".", " ").replace("_", " ")),
        "sample": sample,
    }


def _build_package(project: Project) -> Json:
    return {
        "name": "ix-tools-zapier",
        "version": project.version,
        "description": "Issue Portuguese invoices with InvoiceXpress, with a person's approval",
        "license": "MIT",
        "homepage": project.documentation,
        "repository": {"type": "git", "url": f"{project.repository}.git", "directory": FOLDER.as_posix()},
        "main": "index.js",
        "private": True,
        "scripts": {"validate": "zapier-platform validate"},
        "dependencies": {"zapier-platform-core": SCHEMA_VERSION},
    }
