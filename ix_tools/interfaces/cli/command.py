"""An operation as a command: its options and its whole help come from the operation's own class and schema."""

import shlex
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import click

from ix_tools.errors import exit_of
from ix_tools.interfaces.cli import line_syntax
from ix_tools.interfaces.cli.commands import global_options, heard
from ix_tools.interfaces.cli.options import Slot, call_of, slots, words_of
from ix_tools.operations.base import Operation
from ix_tools.operations.spec import Effect
from ix_tools.schemas.json_schema import description, input_schema, source

EFFECTS = {
    Effect.LOCAL: "answered on this machine; nothing is sent",
    Effect.READS: "reads",
    Effect.DRAFTS: "makes or changes a draft, which can still be changed or deleted",
    Effect.CATALOGUE: "changes what later documents are made from; the result says what that means",
    Effect.REMOVES: "irreversible (gone for good): a person approves every call",
    Effect.FISCAL: "irreversible (tax authority): a person approves every call",
    Effect.OUTBOUND: "irreversible (leaves for a third party): a person approves every call",
    Effect.ADMIN: "an account, or its tie to the tax authority (allow_account_setup): a person approves every call",
    Effect.ANY: "whatever the operation that it runs leaves behind; that one's rules and approval apply",
}
JSON = (
    "The whole call as one JSON object, from a file or from standard input (-). Options override its fields."
)


class OperationCommand(click.Command):
    """One operation, ready to be called."""

    def __init__(self, operation: type[Operation[Any]], settings: Mapping[str, Any]) -> None:
        """Build the options."""
        self.operation = operation
        self.schema = input_schema(operation)
        self.slots = list(slots(self.schema))
        self.shared = [click.Option(["json_file", "--json"], metavar="FILE|-", help=JSON), *global_options()]
        super().__init__(
            operation.spec.name.replace("_", "-"),
            callback=self._called,
            params=[*(slot.option() for slot in self.slots), *self.shared],
            help=description(operation),
            context_settings={**settings},
        )

    def _called(self, json_file: str | None, **given: Any) -> int:
        from ix_tools.interfaces.cli import results
        from ix_tools.interfaces.cli.execute import performed

        shared = {name: given.pop(name) for name in ("output", "sandbox", "sandbox_file")}
        run = heard(click.get_current_context(), **shared)
        run.schema = self.schema
        body = performed(run, self.operation, call_of(self.schema, given, json_file))
        results.show(run, self.operation, body)
        return exit_of(body)

    # --- help ---

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Parameters, the fields of each object under its own heading, then what every command understands."""
        plain = [slot for slot in self.slots if len(slot.path) == 1]
        if plain:
            with formatter.section("Parameters"):
                formatter.write_dl([_row(slot) for slot in sorted(plain, key=lambda one: not one.required)])
        for name, one in self.schema["properties"].items():
            inside = [slot for slot in self.slots if len(slot.path) > 1 and slot.path[0] == name]
            if inside:
                with formatter.section(f"{name}: {one.get('description', '').rstrip('.')}"):
                    formatter.write_dl(
                        [_row(slot) for slot in sorted(inside, key=lambda one: not one.required)]
                    )
        for slot in (slot for slot in plain if "properties" in slot.one):
            with formatter.section(f"Each {slot.flag}, given once per line of the document"):
                formatter.write_dl(list(_fields(slot.one)))
                formatter.write_paragraph()
                formatter.write_text(f"Written as {line_syntax.RULE}.")
        with formatter.section("Call and output"):
            rows = [one.get_help_record(ctx) for one in (*self.shared, self.get_help_option(ctx)) if one]
            formatter.write_dl([row for row in rows if row])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The worked example, what the call leaves behind, and where it is documented."""
        formatter.write_paragraph()
        formatter.write("Example:\n")
        formatter.write(textwrap.indent(example(self.operation), "  ") + "\n")
        formatter.write_paragraph()
        rows = [("Effect:", EFFECTS[self.operation.spec.effect]), ("Source:", source(self.operation))]
        formatter.write_dl([*rows, ("Exit codes:", "ix-tools help exit-codes")])


def _row(slot: Slot) -> tuple[str, str]:
    one, words = slot.one, slot.one.get("enum")
    flag = f"{slot.flag} {slot.metavar}"
    if one.get("type") == "boolean" and not slot.many:
        flag = f"{slot.flag} / {slot.flag.replace('--', '--no-', 1)}"
    return flag, " ".join(_said(slot.schema, words, _needed(slot), slot.many))


def _needed(slot: Slot) -> str:
    if not slot.required:
        return ""
    return (
        "(required)"
        if len(slot.path) == 1 or slot.of_required
        else f"(required with any other of {slot.path[0]})"
    )


def _fields(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    required = set(schema.get("required", ()))
    for name, one in schema.get("properties", {}).items():
        yield name, " ".join(_said(one, one.get("enum"), "(required)" * (name in required), False))


def _said(schema: Mapping[str, Any], words: Any, required: str, many: bool) -> Iterator[str]:
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


def example(operation: type[Operation[Any]]) -> str:
    """The operation's worked example as a command line, one option a line where there are several."""
    words = words_of(operation.spec.example, input_schema(operation))
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
