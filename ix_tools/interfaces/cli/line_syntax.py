"""Parse and write a document line as one shell word: `name=Consultoria,unit_price=50,quantity=3,tax=IVA23`.

A value ends at the next comma; there are no quotes. If a value contains a comma, write the whole line as JSON:
'{"name": "Pão, fatiado", "unit_price": 2.5, "quantity": 1}'.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ix_tools.domain.json_parsing import parse_json
from ix_tools.i18n.messages import Message, message

EXAMPLE = '{"name": "Pão, fatiado", ...}'
RULE = message(
    "name=value pairs parted by commas; a value with a comma in it needs JSON: '{example}'", example=EXAMPLE
)


class LineSyntaxError(ValueError):
    """The text is neither pairs nor JSON."""

    def __init__(self, text: Message) -> None:
        """Keep what is wrong, told after the option's name."""
        super().__init__(str(text))
        self.text = text


def parse_line(text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the object that the text describes."""
    if text.lstrip().startswith("{"):
        try:
            content = parse_json(text)
        except (ValueError, RecursionError) as wrong:
            raise LineSyntaxError(_describe_json_fault(wrong)) from None
        return dict(content)
    known: Mapping[str, Any] = schema.get("properties", {})
    if not known:
        raise LineSyntaxError(message("is a JSON object, such as '{example}'", example='{"name": "value"}'))
    found: dict[str, Any] = {}
    for part in text.split(","):
        name, equals, value = part.partition("=")
        name = name.strip().replace("-", "_")
        if not equals:
            fault = message("'{part}' has no '=': write {rule}", part=part.strip(), rule=RULE)
            if part.strip().isdigit():
                fault = message("{problem} (decimals are written with a point)", problem=fault)
            raise LineSyntaxError(fault)
        if name not in known:
            raise LineSyntaxError(
                message("there is no field '{name}'; there are '{known}'", name=name, known=", ".join(known))
            )
        if name in found:
            raise LineSyntaxError(message("'{name}' appears twice", name=name))
        found[name] = parse_value(value.strip(), known[name])
    return found


def parse_value(text: str, schema: Mapping[str, Any]) -> Any:
    """Convert text to the schema's type if that is certain; the pipeline judges other values."""
    kind = schema.get("type")
    if kind == "integer" and text.lstrip("-").isdecimal():
        return int(text)
    if kind == "boolean" and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    if kind in {"object", "array"}:
        try:
            return parse_json(text)
        except (ValueError, RecursionError) as wrong:
            raise LineSyntaxError(_describe_json_fault(wrong)) from None
    return text


def _describe_json_fault(wrong: Exception) -> Message:
    """Say that a text is no JSON, with the place where that shows; the parser's own words are English."""
    if isinstance(wrong, json.JSONDecodeError):
        return message("is not JSON (line {line}, column {column})", line=wrong.lineno, column=wrong.colno)
    return message("is not JSON")


def format_line(content: Mapping[str, Any]) -> str:
    """Write an object as the shortest text that `parse_line` reads as the same."""
    values = [_format_plain(value) for value in content.values()]
    if all(value is not None for value in values):
        return ",".join(f"{name}={value}" for name, value in zip(content, values, strict=True))
    return json.dumps(content, ensure_ascii=False)


def _format_plain(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    if isinstance(value, str) and "," not in value and value == value.strip():
        return value
    return None
