"""Generate the tools' schema files: `python -m tools.schemas write` (or `check`).

ix_tools/schemas/catalogue.json  the tools that the MCP server lists by default, rendered ahead
ix_tools/schemas/toolsets.json   all tools by toolset, for a server with other toolsets
ix_tools/interfaces/mcp/rendered_answers.json   what the installed MCP SDK answers to a host's first questions
tool_schemas/<tool>.json         a tool: name, title, description, input, output, annotations
tool_schemas/<vendor>.json       all of them in the form that a model vendor's API takes
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio

from ix_tools.interfaces.mcp.answer_rendering import render_answers
from ix_tools.interfaces.mcp.rendered_answers import SHIPPED, dump_answers, find_sdk_version
from ix_tools.interfaces.mcp.server import build_server
from ix_tools.operations.registry import DEFAULT_TOOLSETS, TOOLSETS, catalogue
from ix_tools.schemas.bundles import BUNDLES, build_bundle
from ix_tools.schemas.json_schema import build_tool
from ix_tools.schemas.prompts import PROMPTS
from ix_tools.schemas.resources import RESOURCES, TEMPLATES
from ix_tools.schemas.tool_selection import ToolSelection, select_tools

ROOT = Path(__file__).resolve().parents[1]


def build_contents(root: Path) -> dict[Path, str]:
    """Return every generated file with its content."""
    folder, package = root / "tool_schemas", root / "ix_tools" / "schemas"
    tools = [build_tool(operation) for operation in catalogue().values()]
    names = {toolset: [one.spec.name for one in operations] for toolset, operations in TOOLSETS.items()}
    lists = {
        "tools": select_tools(tools, names, DEFAULT_TOOLSETS, ToolSelection()),
        "resources": RESOURCES,
        "resourceTemplates": TEMPLATES,
        "prompts": PROMPTS,
    }
    return {
        package / "catalogue.json": _dump_dense(lists),
        package / "toolsets.json": _dump_dense(
            {"toolsets": names, "usual": DEFAULT_TOOLSETS, "tools": tools}
        ),
        **{folder / f"{one['name']}.json": _dump_pretty(one) for one in tools},
        root / SHIPPED.relative_to(ROOT): _dump_dense(_render_answers(lists["tools"])),
        **{folder / f"{form}.json": _dump_pretty(build_bundle(form, tools)) for form in BUNDLES},
    }


def _render_answers(tools: list[dict[str, Any]]) -> dict[str, Any]:
    async def open_nothing(*_: object) -> Any:
        raise AssertionError("listing opens no context")

    answers = anyio.run(render_answers, build_server(open_nothing, tools), tools)
    assert answers is not None
    return dump_answers(answers, find_sdk_version())


def _dump_dense(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"


def _dump_pretty(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def find_problems(root: Path) -> list[str]:
    """Return the problems: missing, stale and superfluous files, and invalid JSON Schemas."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    wanted = build_contents(root)
    wrong = [
        f"{path.name}: {'stale' if path.exists() else 'missing'}"
        for path, text in wanted.items()
        if _read_file(path) != text
    ]
    wrong += [
        f"{path.name}: left over" for path in (root / "tool_schemas").glob("*.json") if path not in wanted
    ]
    for one in (build_tool(operation) for operation in catalogue().values()):
        for part in ("inputSchema", "outputSchema"):
            try:
                Draft202012Validator.check_schema(one[part])
            except SchemaError as fault:
                wrong.append(f"{one['name']}: {part} is not a JSON Schema: {fault.message}")
    return wrong


def write_files(root: Path) -> list[Path]:
    """Write missing and stale files, remove superfluous ones, and return their paths."""
    wanted = build_contents(root)
    touched = [path for path in (root / "tool_schemas").glob("*.json") if path not in wanted]
    for path in touched:
        path.unlink()
    for path, text in wanted.items():
        if _read_file(path) != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            touched.append(path)
    return touched


def _read_file(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def main(argv: Sequence[str], root: Path = ROOT) -> int:
    """Write stale files, or list them."""
    if list(argv) == ["write"]:
        touched = write_files(root)
        for path in touched:
            print(f"{path.name}: {'written' if path.exists() else 'removed'}")
        if not touched:
            print("Everything is up to date.")
        return 0
    if list(argv) == ["check"]:
        wrong = find_problems(root)
        for line in wrong:
            print(line, file=sys.stderr)
        print("make schemas writes them again." if wrong else "Everything is up to date.")
        return 1 if wrong else 0
    print("python -m tools.schemas write|check", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
