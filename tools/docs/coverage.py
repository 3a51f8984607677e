"""Which tool carries out which operation of InvoiceXpress's description, and the other way round, from the specs alone."""

from collections.abc import Mapping

from ix_tools.operations.registry import catalogue, map_toolsets
from ix_tools.operations.spec import Effect

BEYOND = {
    "sequences.update": "first version of the API, XML; not in the current description",
    "deleteClient": "in no description; clients in use rely on it",
}
"""Operations that InvoiceXpress carries out and its current description leaves out."""


def map_tools() -> Mapping[str, str]:
    """The tool of each operation id; an operation that two tools claim stops everything."""
    found: dict[str, str] = {}
    for name, operation in catalogue().items():
        for identifier in operation.spec.vendor_operations:
            if identifier in found:
                raise ValueError(f"{identifier} is covered by {found[identifier]} and by {name}")
            found[identifier] = name
    return found


def render_coverage() -> str:
    """Both directions as Markdown."""
    by_operation = [
        "| operation | tool | |",
        "|---|---|---|",
        *(f"| `{one}` | `{tool}` | {BEYOND.get(one, '')} |" for one, tool in sorted(map_tools().items())),
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
            "Every operation of InvoiceXpress's description and the tool that carries it out. Written from the catalogue;",
            "a test compares it with the published description both ways.",
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
