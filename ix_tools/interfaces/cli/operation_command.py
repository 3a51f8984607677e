"""Build a command from an operation: its class and schema provide the options and the help."""

import shlex
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from ix_tools.errors import get_result_exit_code
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import Message, Text, message, render, translate_text
from ix_tools.interfaces.cli import line_syntax
from ix_tools.interfaces.cli.command_options import (
    GLOBAL_NAMES,
    apply_global_options,
    build_parking_option,
    global_options,
)
from ix_tools.interfaces.cli.options import Slot, build_call, build_words, list_objects, list_slots
from ix_tools.interfaces.cli.saved_files import move_file, require_target
from ix_tools.interfaces.cli.translation import translate_parameters
from ix_tools.operations.base import Operation
from ix_tools.operations.spec import Effect
from ix_tools.renames import take_old_names
from ix_tools.schemas.json_schema import build_input_schema, get_description, get_source

EFFECTS = {
    Effect.LOCAL: message("answered on this machine; nothing is sent"),
    Effect.READS: message("reads"),
    Effect.DRAFTS: message("makes or changes a draft, which can still be changed or deleted"),
    Effect.CATALOGUE: message("changes data that later documents use; the result explains the consequences"),
    Effect.REMOVES: message("irreversible (gone for good): a person approves every call"),
    Effect.FISCAL: message("irreversible (tax authority): a person approves every call"),
    Effect.OUTBOUND: message("irreversible (leaves for a third party): a person approves every call"),
    Effect.ADMIN: message(
        "an account or its connection to the tax authority (allow_account_setup): a person approves every call"
    ),
    Effect.ANY: message("the effect of the operation that it runs, with its rules and its approval"),
}
REQUIRED, REPEATABLE = message("required"), message("repeat for more")
WHOLE = message("all of it at once, as a JSON object; the options above override its fields")
JSON = (
    "The whole call as one JSON object, from a file or from standard input (-). Options override its fields."
)


class OperationCommand(click.Command):
    """The command of one operation."""

    def __init__(
        self, operation: type[Operation[Any]], settings: Mapping[str, Any], language: Language = "en"
    ) -> None:
        """Build the options."""
        self.operation = operation
        self.language: Language = language
        self.schema = build_input_schema(operation)
        self.slots = list(list_slots(self.schema))
        self.objects = {slot.path[0]: slot for slot in list_objects(self.schema)}
        parking = [build_parking_option()] if operation.spec.effect.may_need_approval else []
        shared = [click.Option(["json_file", "--json"], metavar="FILE|-", help=JSON), *parking]
        shared += global_options()
        self._flags = {slot.flag for slot in self.slots}
        self.shared = translate_parameters(shared, language)
        super().__init__(
            operation.spec.name.replace("_", "-"),
            callback=self._execute,
            params=[*(one.build_option() for one in (*self.objects.values(), *self.slots)), *self.shared],
            help=translate_text(get_description(operation), language),
            options_metavar=render(message("[OPTIONS]"), language),
            context_settings={**settings},
        )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words; an option's old name counts as its present one while it is taken."""
        return super().parse_args(ctx, [self._read_flag(word) for word in args])

    def _read_flag(self, word: str) -> str:
        flag, equals, value = word.partition("=")
        if not flag.startswith("--") or flag in self._flags:
            return word
        name = flag.removeprefix("--").replace("-", "_")
        read = next(iter(take_old_names(self.operation.model_fields, {name: ""})))
        return f"--{read.replace('_', '-')}{equals}{value}" if read != name else word

    def _execute(self, json_file: str | None, **given: Any) -> int:
        from ix_tools.interfaces.cli import results
        from ix_tools.interfaces.cli.execute import execute_call

        shared = {name: given.pop(name) for name in GLOBAL_NAMES}
        run = apply_global_options(click.get_current_context(), **shared)
        run.schema = self.schema
        run.when_approved = given.pop("when_approved", None)
        if run.output_file is not None:
            require_target(run.output_file, saves_file="delivery" in self.schema["properties"])
        body = execute_call(run, self.operation, build_call(self.schema, given, json_file))
        if run.output_file is not None:
            body = move_file(body, run.output_file)
        results.print_result(run, self.operation, body)
        return get_result_exit_code(body)

    # --- help ---

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write parameters, each object's fields under their own heading, then the global options."""
        plain = [slot for slot in self.slots if len(slot.path) == 1]
        if plain:
            with formatter.section(self._translate(message("Parameters"))):
                formatter.write_dl(
                    [
                        _build_help_row(slot, self.language)
                        for slot in sorted(plain, key=lambda one: not one.required)
                    ]
                )
        for name, one in self.schema["properties"].items():
            inside = [slot for slot in self.slots if len(slot.path) > 1 and slot.path[0] == name]
            if inside:
                with formatter.section(
                    f"{name}: {translate_text(one.get('description', ''), self.language).rstrip('.')}"
                ):
                    whole = f"{self.objects[name].flag} JSON", self._translate(WHOLE)
                    fields = [
                        _build_help_row(slot, self.language)
                        for slot in sorted(inside, key=lambda one: not one.required)
                    ]
                    formatter.write_dl([*fields, whole])
        for slot in (slot for slot in plain if "properties" in slot.item_schema):
            with formatter.section(
                self._translate(
                    message("Each {option}, given once per line of the document", option=slot.flag)
                )
            ):
                formatter.write_dl(list(_list_fields(slot.item_schema, self.language)))
                formatter.write_paragraph()
                formatter.write_text(self._translate(message("Written as {rule}.", rule=line_syntax.RULE)))
        with formatter.section(self._translate(message("Call and output"))):
            rows = [one.get_help_record(ctx) for one in (*self.shared, self.get_help_option(ctx)) if one]
            formatter.write_dl([row for row in rows if row])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example, the effect and the source."""
        formatter.write_paragraph()
        formatter.write(f"{self._translate(message('Example'))}:\n")
        formatter.write(textwrap.indent(render_example(self.operation), "  ") + "\n")
        formatter.write_paragraph()
        rows: tuple[tuple[Message, Text], ...] = (
            (message("Effect"), EFFECTS[self.operation.spec.effect]),
            (message("Exit codes"), "ix-tools help exit-codes"),
        )
        if self.language == "en":
            # Sources are cited in English, and docs/reference/operations.md has them for everybody.
            rows = (rows[0], (message("Source"), get_source(self.operation)), rows[1])
        formatter.write_dl([(f"{self._translate(name)}:", self._translate(text)) for name, text in rows])

    def _translate(self, text: Text) -> str:
        return render(text, self.language)


def list_operation_texts(operation: type[Operation[Any]]) -> Iterator[str]:
    """Yield the English description of an operation's parameters, and of the fields within them."""
    waiting: list[Any] = [build_input_schema(operation)["properties"]]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            if isinstance(one.get("description"), str):
                yield one["description"]
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _build_help_row(slot: Slot, language: Language) -> tuple[str, str]:
    one, words = slot.item_schema, slot.item_schema.get("enum")
    flag = f"{slot.flag} {slot.metavar}"
    if one.get("type") == "boolean" and not slot.is_repeatable:
        flag = f"{slot.flag} / {slot.flag.replace('--', '--no-', 1)}"
    notes = [REPEATABLE] * slot.is_repeatable + ([_note_required(slot)] if slot.required else [])
    return flag, _describe_field(slot.schema, words, notes, language)


def _note_required(slot: Slot) -> Message:
    if len(slot.path) == 1 or slot.parent_is_required:
        return REQUIRED
    return message("required with any other of {parameter}", parameter=slot.path[0])


def _list_fields(schema: Mapping[str, Any], language: Language) -> Iterator[tuple[str, str]]:
    required = set(schema.get("required", ()))
    for name, one in schema.get("properties", {}).items():
        yield name, _describe_field(one, one.get("enum"), [REQUIRED] * (name in required), language)


def _describe_field(
    schema: Mapping[str, Any], words: Sequence[Any] | None, notes: Sequence[Message], language: Language
) -> str:
    parts: list[Text] = [translate_text(schema.get("description", ""), language)]
    if words and len(words) == 1:
        parts.append(message("Only {word}.", word=str(words[0])))
    elif words:
        parts.append(message("One of: {words}.", words=", ".join(map(str, words))))
    parts += [f"({render(note, language)})" for note in notes]
    default = schema.get("default")
    if default not in (None, False):
        value = str(default).lower() if isinstance(default, bool) else str(default)
        parts.append(f"({render(message('default: {value}', value=value), language)})")
    return " ".join(filter(None, (render(part, language) for part in parts)))


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
