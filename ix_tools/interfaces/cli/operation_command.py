"""Build a command from an operation: its class and schema provide the options and the help."""

import shlex
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import click

from ix_tools.errors import get_result_exit_code
from ix_tools.interfaces.cli import line_syntax
from ix_tools.interfaces.cli.command_options import apply_global_options, global_options
from ix_tools.interfaces.cli.options import Slot, build_call, build_words, list_slots
from ix_tools.operations.base import Operation
from ix_tools.operations.spec import Effect
from ix_tools.schemas.json_schema import build_input_schema, get_description, get_source

EFFECTS = {
    Effect.LOCAL: "answered on this machine; nothing is sent",
    Effect.READS: "reads",
    Effect.DRAFTS: "makes or changes a draft, which can still be changed or deleted",
    Effect.CATALOGUE: "changes data that later documents use; the result explains the consequences",
    Effect.REMOVES: "irreversible (gone for good): a person approves every call",
    Effect.FISCAL: "irreversible (tax authority): a person approves every call",
    Effect.OUTBOUND: "irreversible (leaves for a third party): a person approves every call",
    Effect.ADMIN: "an account or its connection to the tax authority (allow_account_setup): a person approves every call",
    Effect.ANY: "the effect of the operation that it runs, with its rules and its approval",
}
JSON = (
    "The whole call as one JSON object, from a file or from standard input (-). Options override its fields."
)


class OperationCommand(click.Command):
    """The command of one operation."""

    def __init__(self, operation: type[Operation[Any]], settings: Mapping[str, Any]) -> None:
        """Build the options."""
        self.operation = operation
        self.schema = build_input_schema(operation)
        self.slots = list(list_slots(self.schema))
        self.shared = [click.Option(["json_file", "--json"], metavar="FILE|-", help=JSON), *global_options()]
        super().__init__(
            operation.spec.name.replace("_", "-"),
            callback=self._execute,
            params=[*(slot.build_option() for slot in self.slots), *self.shared],
            help=get_description(operation),
            context_settings={**settings},
        )

    def _execute(self, json_file: str | None, **given: Any) -> int:
        from ix_tools.interfaces.cli import results
        from ix_tools.interfaces.cli.execute import execute_call

        shared = {name: given.pop(name) for name in ("output", "sandbox", "sandbox_file")}
        run = apply_global_options(click.get_current_context(), **shared)
        run.schema = self.schema
        body = execute_call(run, self.operation, build_call(self.schema, given, json_file))
        results.print_result(run, self.operation, body)
        return get_result_exit_code(body)

    # --- help ---

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write parameters, each object's fields under their own heading, then the global options."""
        plain = [slot for slot in self.slots if len(slot.path) == 1]
        if plain:
            with formatter.section("Parameters"):
                formatter.write_dl(
                    [_build_help_row(slot) for slot in sorted(plain, key=lambda one: not one.required)]
                )
        for name, one in self.schema["properties"].items():
            inside = [slot for slot in self.slots if len(slot.path) > 1 and slot.path[0] == name]
            if inside:
                with formatter.section(f"{name}: {one.get('description', '').rstrip('.')}"):
                    formatter.write_dl(
                        [_build_help_row(slot) for slot in sorted(inside, key=lambda one: not one.required)]
                    )
        for slot in (slot for slot in plain if "properties" in slot.item_schema):
            with formatter.section(f"Each {slot.flag}, given once per line of the document"):
                formatter.write_dl(list(_list_fields(slot.item_schema)))
                formatter.write_paragraph()
                formatter.write_text(f"Written as {line_syntax.RULE}.")
        with formatter.section("Call and output"):
            rows = [one.get_help_record(ctx) for one in (*self.shared, self.get_help_option(ctx)) if one]
            formatter.write_dl([row for row in rows if row])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example, the effect and the source."""
        formatter.write_paragraph()
        formatter.write("Example:\n")
        formatter.write(textwrap.indent(render_example(self.operation), "  ") + "\n")
        formatter.write_paragraph()
        rows = [("Effect:", EFFECTS[self.operation.spec.effect]), ("Source:", get_source(self.operation))]
        formatter.write_dl([*rows, ("Exit codes:", "ix-tools help exit-codes")])


def _build_help_row(slot: Slot) -> tuple[str, str]:
    one, words = slot.item_schema, slot.item_schema.get("enum")
    flag = f"{slot.flag} {slot.metavar}"
    if one.get("type") == "boolean" and not slot.is_repeatable:
        flag = f"{slot.flag} / {slot.flag.replace('--', '--no-', 1)}"
    return flag, " ".join(_describe_field(slot.schema, words, _note_required(slot), slot.is_repeatable))


def _note_required(slot: Slot) -> str:
    if not slot.required:
        return ""
    return (
        "(required)"
        if len(slot.path) == 1 or slot.parent_is_required
        else f"(required with any other of {slot.path[0]})"
    )


def _list_fields(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    required = set(schema.get("required", ()))
    for name, one in schema.get("properties", {}).items():
        yield name, " ".join(_describe_field(one, one.get("enum"), "(required)" * (name in required), False))


def _describe_field(schema: Mapping[str, Any], words: Any, required: str, many: bool) -> Iterator[str]:
    yield schema.get("description", "")
    if words and len(words) == 1:
        yield f"Only {words[0]}."
    elif words:
        yield f"One of: {', '.join(map(str, words))}."
    if many:
        yield "(repeat for more)"
    if required:
        yield required
    if "default" in schema and schema["default"] not in (None, False):
        yield f"(default: {str(schema['default']).lower() if isinstance(schema['default'], bool) else schema['default']})"


def render_example(operation: type[Operation[Any]]) -> str:
    """Render the operation's example as a command line, on several lines if it is long."""
    words = build_words(operation.spec.example, build_input_schema(operation))
    command = f"ix-tools {operation.spec.name.replace('_', '-')}"
    pieces: list[str] = []
    for word in words:
        quoted = shlex.quote(word)
        if word.startswith("--"):
            pieces.append(quoted)
        else:
            pieces[-1] += f" {quoted}"
    whole = " ".join([command, *pieces])
    return whole if len(whole) <= 90 else " \\\n  ".join([command, *pieces])
