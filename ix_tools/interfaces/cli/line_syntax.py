"""One line of a document on one line of a shell: `name=Consultoria,unit_price=50,quantity=3,tax=IVA23`.

A value goes up to the next comma; there are no quotes inside. A value that itself holds a comma makes the whole
thing JSON: '{"name": "Pão, fatiado", "unit_price": 2.5, "quantity": 1}'.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ix_tools.domain.json_parsing import parse_json

RULE = 'name=value pairs parted by commas; a value with a comma in it needs JSON: \'{"name": "Pão, fatiado", ...}\''


class LineSyntaxError(ValueError):
    """The text is neither pairs nor JSON; says what is wrong with it."""


def parse_line(text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The object that the text describes."""
    if text.lstrip().startswith("{"):
        try:
            content = parse_json(text)
        except (ValueError, RecursionError) as wrong:
            raise LineSyntaxError(f"is not JSON ({wrong})") from None
        return dict(content)
    known: Mapping[str, Any] = schema.get("properties", {})
    if not known:
        raise LineSyntaxError('is a JSON object, such as \'{"name": "value"}\'')
    found: dict[str, Any] = {}
    for part in text.split(","):
        name, equals, value = part.partition("=")
        name = name.strip().replace("-", "_")
        if not equals:
            hint = " (decimals are written with a point)" if part.strip().isdigit() else ""
            raise LineSyntaxError(f"{part.strip()!r} has no '=': write {RULE}{hint}")
        if name not in known:
            raise LineSyntaxError(f"there is no field {name!r}; there are {', '.join(known)}")
        if name in found:
            raise LineSyntaxError(f"{name} is given twice")
        found[name] = parse_value(value.strip(), known[name])
    return found


def parse_value(text: str, schema: Mapping[str, Any]) -> Any:
    """Text as the schema's type where that is certain; the road judges everything else, in its own words."""
    kind = schema.get("type")
    if kind == "integer" and text.lstrip("-").isdecimal():
        return int(text)
    if kind == "boolean" and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    if kind in {"object", "array"}:
        try:
            return parse_json(text)
        except (ValueError, RecursionError) as wrong:
            raise LineSyntaxError(f"is not JSON ({wrong})") from None
    return text


def format_line(content: Mapping[str, Any]) -> str:
    """The shortest text that `read` turns into the same."""
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
