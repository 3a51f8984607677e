"""Generate docs/reference/coverage.md: the tool for each operation of InvoiceXpress's description, and the reverse."""

import json
from collections.abc import Mapping
from pathlib import Path

from ix_tools.operations.registry import catalogue, map_toolsets
from ix_tools.operations.spec import Effect

FACTS = Path(__file__).resolve().parents[2] / "tests/vendor/operations.json"


def map_origins() -> Mapping[str, str]:
    """Return where an operation is known from that InvoiceXpress's current description omits."""
    facts = json.loads(FACTS.read_text(encoding="utf-8"))
    return {row["name"]: row["origin"] for row in (*facts["older"], *facts["observed"])}


def map_tools() -> Mapping[str, str]:
    """Return the tool of each operation id.

    Raises: an error when two tools claim an operation.
    """
    found: dict[str, str] = {}
    for name, operation in catalogue().items():
        for identifier in operation.spec.vendor_operations:
            if identifier in found:
                raise ValueError(f"{identifier} is covered by {found[identifier]} and by {name}")
            found[identifier] = name
    return found


def render_coverage() -> str:
    """Render both tables as Markdown."""
    origins = map_origins()
    by_operation = [
        "| operation | tool | |",
        "|---|---|---|",
        *(f"| `{one}` | `{tool}` | {origins.get(one, '')} |" for one, tool in sorted(map_tools().items())),
    ]
    by_tool = ["| tool | toolset | effect | operations |", "|---|---|---|---|"]
    for name, operation in catalogue().items():
        itself = (
            "none: answered here" if operation.spec.effect is Effect.LOCAL else "none: made of other tools"
        )
        covered = ", ".join(f"`{one}`" for one in operation.spec.vendor_operations) or itself
        by_tool.append(f"| `{name}` | {map_toolsets()[name]} | {operation.spec.effect} | {covered} |")
    return "\n".join(
        [
            "# Coverage",
            "",
            "For whoever misses an operation, or reviews what ix-tools can do to an account. You need nothing. In the end you know the",
            "tool for each operation of InvoiceXpress's description, and the reverse. Written from the catalogue; a test compares it with",
            "the published description both ways.",
            "",
            "## By operation",
            "",
            *by_operation,
            "",
            "## By tool",
            "",
            *by_tool,
            "",
        ]
    )
