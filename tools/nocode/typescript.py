"""Write values as TypeScript or JavaScript source, as its linters expect it: names without quotes, single quotes, tabs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


@dataclass(frozen=True)
class Source:
    """Text that is written as it stands."""

    text: str


def write_source(value: Any, depth: int = 0) -> str:
    """Write a value; `depth` is the number of tabs of the line that it begins on."""
    match value:
        case Source():
            return value.text
        case Mapping():
            return _write_block(
                "{}",
                [f"{_write_name(key)}: {write_source(one, depth + 1)}" for key, one in value.items()],
                depth,
            )
        case str():
            return quote(value)
        case Sequence():
            if all(isinstance(one, str) for one in value) and sum(map(len, value)) < 80:
                return f"[{', '.join(map(quote, value))}]"
            return _write_block("[]", [write_source(one, depth + 1) for one in value], depth)
    return json.dumps(value)


def quote(text: str) -> str:
    """Write a text in single quotes, or in double ones where that needs fewer escapes."""
    doubled = json.dumps(text, ensure_ascii=False)
    if "'" in text:
        return doubled
    return "'" + doubled[1:-1].replace('\\"', '"') + "'"


def _write_name(name: str) -> str:
    return name if _NAME.fullmatch(name) else quote(name)


def _write_block(brackets: str, parts: Sequence[str], depth: int) -> str:
    if not parts:
        return brackets
    inside = "".join(f"{chr(9) * (depth + 1)}{one},\n" for one in parts)
    return f"{brackets[0]}\n{inside}{chr(9) * depth}{brackets[1]}"
