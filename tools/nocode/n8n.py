"""Generate the n8n node: its operations and fields as n8n describes them, one file for each toolset."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ix_tools.events.models import EVENT_TYPES
from tools.nocode.fields import Field, Tool, make_title, make_toolset_title, read_tools, read_toolsets
from tools.nocode.typescript import Source, write_source
from tools.release.project import Project

FOLDER = Path("integrations/n8n-nodes-ix-tools")
RESOURCES = FOLDER / "nodes" / "IxTools" / "resources"
NODE_CLI = "0.48.3"
"""Version of n8n's own tool, which builds and lints the package."""
HEAD = "// Generated from the OpenAPI document of ix-tools; a change here is lost.\n"
WORDS = {
    r"\bE-mail\b": "Email",
    r"\bid\b": "ID",
    r"\bId\b": "ID",
    r"\bids\b": "IDs",
    r"\burl\b": "URL",
    r"\bjson\b": "JSON",
}
EMAIL = "name@email.com"

Json = dict[str, Any]


def build_files(project: Project) -> dict[Path, str]:
    """Return the generated files with their content."""
    tools = read_tools()
    toolsets = read_toolsets(tools)
    properties = {name: _list_properties(name, found) for name, found in toolsets.items()}
    shared = _find_shared_fields(properties.values())
    return {
        **{
            RESOURCES / f"{name}.ts": _write_resource(name, found, shared)
            for name, found in properties.items()
        },
        RESOURCES / "fields.ts": _write_shared_fields(shared),
        RESOURCES / "index.ts": _write_index(toolsets),
        FOLDER / "nodes" / "IxToolsTrigger" / "events.ts": _write_events(),
        FOLDER / "package.json": json.dumps(_build_package(project), indent="\t") + "\n",
    }


def _list_properties(toolset: str, tools: Sequence[Tool]) -> list[Json]:
    properties = [_build_operation_choice(toolset, tools)]
    for tool in sorted(tools, key=lambda one: one.summary):
        properties += _build_properties(toolset, tool)
    return properties


def _find_shared_fields(toolsets: Iterable[Sequence[Json]]) -> dict[str, Json]:
    """Return the fields that stand in several places alike, by name; of several under one name the most frequent."""
    found = Counter((one["name"], json.dumps(one)) for content in toolsets for one in _walk_fields(content))
    shared: dict[str, str] = {}
    for (name, field), times in found.most_common():
        if times > 1:
            shared.setdefault(name, field)
    return {name: json.loads(shared[name]) for name in sorted(shared)}


def _walk_fields(value: Any) -> Iterator[Json]:
    """Yield the fields within collections; those at the top belong to an operation."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in parts:
        if _is_field(one):
            yield one
        yield from _walk_fields(one)


def _is_field(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and {"displayName", "name", "type"} <= set(value)
        and "displayOptions" not in value
    )


def _refer_to_shared(value: Any, shared: Mapping[str, Json]) -> Any:
    """Return the content with a reference in place of each shared field."""
    if _is_field(value) and shared.get(value["name"]) == value:
        return Source(f"fields.{value['name']}")
    if isinstance(value, dict):
        return {key: _refer_to_shared(one, shared) for key, one in value.items()}
    return [_refer_to_shared(one, shared) for one in value] if isinstance(value, list) else value


def _write_resource(toolset: str, properties: Sequence[Json], shared: Mapping[str, Json]) -> str:
    text = write_source(_refer_to_shared(list(properties), shared))
    needed = "import { fields } from './fields';\n" if "fields." in text else ""
    return f"{HEAD}import type {{ INodeProperties }} from 'n8n-workflow';\n{needed}\nexport const {toolset}: INodeProperties[] = {text};\n"


def _write_shared_fields(shared: Mapping[str, Json]) -> str:
    kind = "INodeProperties"
    text = write_source(shared)
    return (
        f"{HEAD}import type {{ {kind} }} from 'n8n-workflow';\n\n"
        f"export const fields = {text} satisfies Record<string, {kind}>;\n"
    )


def _write_index(toolsets: Mapping[str, Sequence[Tool]]) -> str:
    lines = [
        HEAD + "import type { INodeProperties } from 'n8n-workflow';",
        "import type { Traits } from '../traits';",
    ]
    lines += [f"import {{ {name} }} from './{name}';" for name in toolsets]
    choice = {
        "displayName": "Resource",
        "name": "resource",
        "type": "options",
        "noDataExpression": True,
        "options": _sort_by("name", ({"name": make_toolset_title(name), "value": name} for name in toolsets)),
        "default": next(iter(toolsets)),
    }
    traits = {one.name: _list_traits(one) for found in toolsets.values() for one in found}
    waiting = [name for name, one in traits.items() if one.get("mayWait")]
    lines += [
        "",
        f"export const resource: INodeProperties = {write_source(choice)};",
        "",
        f"export const fields: INodeProperties[] = [{', '.join(f'...{name}' for name in toolsets)}];",
        "",
        f"export const waiting: string[] = {write_source(waiting)};",
        "",
        f"export const traits: Record<string, Traits> = {write_source(traits)};",
        "",
    ]
    return "\n".join(lines)


def _write_events() -> str:
    names = [{"name": make_title(re.sub(r"[._]", " ", one)), "value": one} for one in EVENT_TYPES]
    options = write_source(_sort_by("name", names))
    kind = "INodePropertyOptions"
    return (
        f"{HEAD}import type {{ {kind} }} from 'n8n-workflow';\n\nexport const events: {kind}[] = {options};\n"
    )


def _list_traits(tool: Tool) -> Json:
    return {
        **({"mayWait": True} if tool.may_wait else {}),
        **({"hasKey": True} if tool.has_key else {}),
        **({"returnsPdf": True} if tool.returns_pdf else {}),
        **({"rows": tool.rows} if tool.rows else {}),
    }


def _build_operation_choice(toolset: str, tools: Sequence[Tool]) -> Json:
    options = [
        {
            "name": make_title(one.summary.replace("E-mail", "Email")),
            "value": one.name,
            "action": _write_action(one.summary),
            "description": _write_description(one.description),
        }
        for one in tools
    ]
    # Of the everyday ones, the one that issues in one call.
    default = next((one.name for one in tools if one.name == "issue_invoice"), tools[0].name)
    return {
        "displayName": "Operation",
        "name": "operation",
        "type": "options",
        "noDataExpression": True,
        "displayOptions": {"show": {"resource": [toolset]}},
        "options": _sort_by("name", options),
        "default": default,
    }


def _build_properties(toolset: str, tool: Tool) -> Iterator[Json]:
    """Return what a person fills in: what is required and what has parts at the top, the rest in a collection."""
    shown = {"show": {"resource": [toolset], "operation": [tool.name]}}
    more = []
    for field in tool.fields:
        if field.required or field.kind in {"record", "records"}:
            described = _describe_field(field)
            place = {"displayOptions": shown}
            yield {**_take(described, "displayName", "name", "type"), **place, **described}
        elif tool.rows and field.name in {"page", "per_page"}:
            continue  # the node follows the pages
        else:
            more.append(_describe_field(field))
    if tool.rows:
        yield from _describe_paging(shown)
    if tool.returns_pdf:
        yield from _describe_file(shown)
    if more:
        yield {
            "displayName": "Additional Fields",
            "name": "additionalFields",
            "type": "collection",
            "placeholder": "Add Field",
            "displayOptions": shown,
            "default": {},
            "options": _sort_by("displayName", more),
        }


def _describe_paging(shown: Json) -> Iterator[Json]:
    yield {
        "displayName": "Return All",
        "name": "returnAll",
        "type": "boolean",
        "displayOptions": shown,
        "default": False,
        "description": "Whether to return all results or only up to a given limit",
    }
    yield {
        "displayName": "Limit",
        "name": "limit",
        "type": "number",
        "typeOptions": {"minValue": 1},
        "displayOptions": {"show": {**shown["show"], "returnAll": [False]}},
        "default": 50,
        "description": "Max number of results to return",
    }


def _describe_file(shown: Json) -> Iterator[Json]:
    yield {
        "displayName": "As File",
        "name": "asFile",
        "type": "boolean",
        "displayOptions": shown,
        "default": True,
        "description": "Whether to return the PDF as a binary file, or as a link",
    }
    yield {
        "displayName": "Put Output File in Field",
        "name": "binaryPropertyName",
        "type": "string",
        "required": True,
        "displayOptions": {"show": {**shown["show"], "asFile": [True]}},
        "default": "data",
        "hint": "The name of the output binary field to put the file in",
    }


def _describe_field(field: Field) -> Json:
    described = {"displayName": field.title, "name": field.name, **_describe_kind(field)}
    if field.required and field.kind not in {"record", "records"}:
        described["required"] = True
    if field.kind == "boolean":
        return {**described, "description": _write_description(f"Whether it applies. {field.description}")}
    if field.description:
        described["description"] = _write_description(field.description)
    return described


def _describe_kind(field: Field) -> Json:
    match field.kind:
        case "text":
            return {"type": "string", "default": field.default or ""}
        case "email":
            return {"type": "string", "placeholder": EMAIL, "default": ""}
        case "password":
            return {"type": "string", "typeOptions": {"password": True}, "default": ""}
        case "number" | "integer":
            return {"type": "number", "default": field.default or 0}
        case "boolean":
            return {"type": "boolean", "default": bool(field.default)}
        case "choice":
            return {"type": "options", "options": _list_options(field), "default": _choose(field)}
        case "choices":
            return {"type": "multiOptions", "options": _list_options(field), "default": []}
        case "texts":
            return {"type": "string", "typeOptions": {"multipleValues": True}, "default": []}
        case "json":
            return {"type": "json", "default": "{}"}
        case "record" | "records":
            return _describe_record(field)


def _describe_record(field: Field) -> Json:
    """Describe parts: required ones first, the others to be added one by one, because an empty number would be sent as 0."""
    needed = [_describe_field(one) for one in field.children if one.required]
    more = _sort_by("displayName", (_describe_field(one) for one in field.children if not one.required))
    if field.kind == "record" and not needed:
        return {"type": "collection", "placeholder": "Add Field", "default": {}, "options": more}
    added = [
        {
            "displayName": "More",
            "name": "more",
            "type": "collection",
            "placeholder": "Add Field",
            "default": {},
            "options": more,
        }
    ]
    inside = _sort_by("displayName", [*needed, *(added if more else [])])
    several = {"typeOptions": {"multipleValues": True}} if field.kind == "records" else {}
    values = {"displayName": field.title, "name": "values", "values": inside}
    return {
        "type": "fixedCollection",
        **several,
        "placeholder": f"Add {field.title}",
        "default": {},
        "options": [values],
    }


def _list_options(field: Field) -> list[Json]:
    options = [{"name": make_title(str(one).replace("_", " ")), "value": one} for one in field.choices]
    return _sort_by("name", options)


def _choose(field: Field) -> Any:
    return field.default if field.default is not None else _list_options(field)[0]["value"]


def _write_description(text: str) -> str:
    """Write a description as n8n's rules want it: one sentence without a full stop, several with one."""
    for pattern, word in WORDS.items():
        text = re.sub(pattern, word, text)
    text = re.sub(r"^(\w)", lambda found: found[1].upper(), " ".join(text.split()))
    # Its rules count sentences so.
    sentences = len(text.replace("e.g.", "").split(". "))
    return text.removesuffix(".") if sentences == 1 else f"{text.removesuffix('.')}."


def _write_action(text: str) -> str:
    """Write what an operation does as n8n's rules want it: one sentence of plain words."""
    words = re.sub(r"\b(an?|the) (\w+)'s (.+)$", r"\3 of \1 \2", text.replace("E-mail", "Email")).replace(
        ", ", " or "
    )
    return f"Show {words}" if words.split()[0].isupper() else words


def _sort_by(name: str, found: Iterable[Json]) -> list[Json]:
    return sorted(found, key=lambda one: str(one[name]).casefold())


def _take(described: Json, *names: str) -> Json:
    return {name: described[name] for name in names}


def _build_package(project: Project) -> Json:
    return {
        "name": "n8n-nodes-ix-tools",
        "version": project.version,
        "description": "Issue Portuguese invoices with InvoiceXpress, with a person's approval, and start flows when they are issued",
        "license": "MIT",
        "homepage": project.documentation,
        "keywords": ["n8n-community-node-package", "invoicexpress", "invoicing", "faturas", "portugal"],
        "author": {"name": "ix-tools contributors", "email": f"{project.owner}@users.noreply.github.com"},
        "repository": {"type": "git", "url": f"{project.repository}.git", "directory": FOLDER.as_posix()},
        "scripts": {
            "build": "n8n-node build",
            "lint": "n8n-node lint",
            "prepublishOnly": "n8n-node prerelease",
        },
        "files": ["dist"],
        "n8n": {
            "n8nNodesApiVersion": 1,
            "strict": True,
            "credentials": ["dist/credentials/IxToolsApi.credentials.js"],
            "nodes": [
                "dist/nodes/IxTools/IxTools.node.js",
                "dist/nodes/IxToolsTrigger/IxToolsTrigger.node.js",
            ],
        },
        "devDependencies": {
            "@n8n/node-cli": NODE_CLI,
            "@types/node": "18.19.130",
            "eslint": "9.29.0",
            "prettier": "3.6.2",
            "typescript": "5.8.3",
        },
        "peerDependencies": {"n8n-workflow": "*"},
    }
