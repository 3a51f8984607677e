"""Build options from a schema, and a call from options: `--document-type`, `--client.name`, `--items ...`, `--json FILE`."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ix_tools.domain.json_parsing import parse_json
from ix_tools.errors import InvalidArguments
from ix_tools.i18n.messages import message, render
from ix_tools.interfaces.cli import line_syntax
from ix_tools.interfaces.cli.translation import Misuse, get_language

Schema = Mapping[str, Any]
METAVARS = {"email": "EMAIL"}


class WordChoice(click.Choice[str]):
    """One of several words; errors spell them as the API does (click would show hyphens)."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        problem = message("“{value}” is not one of {words}.", value=str(value), words=", ".join(self.choices))
        return render(problem, get_language(ctx)) if ctx else str(problem)


@dataclass(frozen=True)
class Slot:
    """One option, and the place of its value in the call."""

    path: tuple[str, ...]
    schema: Schema
    required: bool = False
    parent_is_required: bool = False
    """Whether the object that contains the field is required too."""

    @property
    def flag(self) -> str:
        """Return the option as typed."""
        return "--" + ".".join(self.path).replace("_", "-")

    @property
    def name(self) -> str:
        """Return click's name of the option; no other option has such a name."""
        return "call_" + "__".join(self.path)

    @property
    def is_repeatable(self) -> bool:
        """Return whether the option may be given several times."""
        return self.schema.get("type") == "array"

    @property
    def item_schema(self) -> Schema:
        """Return the schema of one value."""
        inner: Schema = self.schema.get("items", {}) if self.is_repeatable else self.schema
        return inner

    @property
    def metavar(self) -> str:
        """Return the placeholder of the value in help."""
        if self.item_schema.get("type") == "object":
            return "NAME=VALUE,..." if "properties" in self.item_schema else "JSON"
        kind = METAVARS.get(
            self.item_schema.get("format", ""), str(self.item_schema.get("type", "text")).upper()
        )
        return {"STRING": "TEXT"}.get(kind, kind)

    def build_option(self) -> click.Option:
        """Build the click option; none is required, because `--json` may provide the value."""
        if self.item_schema.get("type") == "boolean" and not self.is_repeatable:
            off = self.flag.replace("--", "--no-", 1)
            return click.Option([self.name, f"{self.flag}/{off}"], default=None)
        words = self.item_schema.get("enum")
        kind: Any = WordChoice([str(word) for word in words]) if words else click.STRING
        return click.Option(
            [self.name, self.flag], type=kind, multiple=self.is_repeatable, default=None, metavar=self.metavar
        )

    def parse_value(self, given: Any) -> Any:
        """Convert typed text to the call's value."""
        if isinstance(given, bool):
            return given
        try:
            if self.is_repeatable:
                return [one for text in given for one in self._parse_several(text)]
            return self._parse_one(given)
        except line_syntax.LineSyntaxError as wrong:
            raise Misuse(message("{option}: {problem}", option=self.flag, problem=wrong.text)) from None

    def _parse_several(self, text: str) -> list[Any]:
        """Return the values of one option: several where the text is a JSON list, as programs write it."""
        if not text.lstrip().startswith("["):
            return [self._parse_one(text)]
        content = line_syntax.parse_value(text, self.schema)
        return content if isinstance(content, list) else [content]

    def _parse_one(self, text: str) -> Any:
        if self.item_schema.get("type") == "object":
            return line_syntax.parse_line(text, self.item_schema)
        return line_syntax.parse_value(text, self.item_schema)


def list_slots(schema: Schema) -> Iterator[Slot]:
    """List every option of a call in the schema's order; an object's fields are separate options."""
    required = set(schema.get("required", ()))
    for name, one in schema["properties"].items():
        if one.get("type") == "object" and "properties" in one:
            inner = set(one.get("required", ()))
            yield from (
                Slot((name, field), part, field in inner, name in required)
                for field, part in one["properties"].items()
            )
        else:
            yield Slot((name,), one, name in required)


def list_objects(schema: Schema) -> Iterator[Slot]:
    """List the options that take an object as a whole, as programs write it: `--client '{"code": "ACME"}'`."""
    required = set(schema.get("required", ()))
    for name, one in schema["properties"].items():
        if one.get("type") == "object" and "properties" in one:
            yield Slot((name,), one, name in required)


def build_call(schema: Schema, given: Mapping[str, Any], file: str | None) -> dict[str, Any]:
    """Build the call: the JSON, if any, overridden by the options."""
    call = read_json(file) if file else {}
    for slot in (*list_objects(schema), *list_slots(schema)):
        typed = given.get(slot.name)
        if typed is None or typed == ():
            continue
        *outer, last = slot.path
        place = call
        for name in outer:
            held = place.get(name)
            place[name] = dict(held) if isinstance(held, dict) else {}
            place = place[name]
        place[last] = slot.parse_value(typed)
    return call


def read_json(file: str) -> dict[str, Any]:
    """Read a whole call from a file, or from standard input for `-`."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        content = parse_json(text)
    except OSError as wrong:
        raise Misuse(
            message("--json {file} cannot be read: {reason}", file=file, reason=wrong.strerror)
        ) from None
    except (ValueError, RecursionError) as wrong:
        raise Misuse(message("--json {file} is not JSON ({reason})", file=file, reason=str(wrong))) from None
    if not isinstance(content, dict):
        raise InvalidArguments(
            message("A call is one JSON object."), next=message('such as {"document_id": 1001}')
        )
    return content


def build_words(call: Mapping[str, Any], schema: Schema) -> list[str]:
    """Convert a call to options, for examples and next steps."""
    words: list[str] = []
    for slot in list_slots(schema):
        value: Any = call
        for name in slot.path:
            value = value.get(name) if isinstance(value, Mapping) else None
        if value is None:
            continue
        if isinstance(value, bool):
            words.append(slot.flag if value else slot.flag.replace("--", "--no-", 1))
            continue
        for one in value if slot.is_repeatable else [value]:
            words += [slot.flag, _format_value(one, slot.item_schema)]
    return words


def _format_value(value: Any, schema: Schema) -> str:
    if isinstance(value, Mapping):
        return (
            line_syntax.format_line(value)
            if "properties" in schema
            else json.dumps(value, ensure_ascii=False)
        )
    return str(value)


def find_flag(field: str, schema: Schema) -> str:
    """Convert an error's field (`items.0.tax`) to the typed option (`--items (1) tax`)."""
    path = field.split(".")
    for slot in list_slots(schema):
        if tuple(path[: len(slot.path)]) == slot.path:
            rest = [f"({int(part) + 1})" if part.isdecimal() else part for part in path[len(slot.path) :]]
            return " ".join([slot.flag, *rest])
    if path[0] in schema["properties"]:
        return "--" + ".".join(path).replace("_", "-") + (".*" if len(path) == 1 else "")
    return field
