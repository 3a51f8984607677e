"""Set one entry in a JSON text and leave every other character as it is.

The text is not parsed and written again, because that loses what the parser does not keep: the order of lines, the form of numbers,
escapes, the indentation. Only plain JSON is edited. Anything else (comments, trailing commas, an entry that stands twice) is refused.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ix_tools.i18n.messages import Message, message

BOM = "\ufeff"
_SPACE = re.compile(r"[ \t\r\n]*")


class NotEditable(Exception):
    """The text is not edited; `reason` says why."""

    def __init__(self, reason: Message) -> None:
        """Keep the reason."""
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True)
class Member:
    """A name in an object, and where its value stands in the text."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Layout:
    """The layout of a text."""

    indent: str = "  "
    """The indentation of one level."""
    newline: str = "\n"

    @classmethod
    def of(cls, text: str) -> "Layout":
        """Return the layout of a text."""
        found = re.match(r"\s*\{[ \t]*\r?\n([ \t]+)\"", text)
        return cls(found[1] if found else "  ", "\r\n" if "\r\n" in text else "\n")

    def dump(self, value: Any, depth: int) -> str:
        """Return a value as JSON that begins on a line of this depth."""
        lines = json.dumps(value, indent=self.indent, ensure_ascii=False).split("\n")
        return self.newline.join([lines[0], *(self.indent * depth + line for line in lines[1:])])


def set_entry(text: str, path: Sequence[str], entry: Any) -> str:
    """Return the text with an entry set, and the objects that lead to it.

    Args:
        text: JSON, possibly empty, with or without a byte order mark.
        path: Names from the outermost object to the entry.
        entry: The value.

    Raises:
        NotEditable: the text is not plain JSON, or something else stands in the entry's way.
    """
    mark = BOM if text.startswith(BOM) else ""
    body = text.removeprefix(BOM)
    layout = Layout.of(body)
    if not body.strip():
        return mark + layout.dump(_nest(path, entry), 0) + layout.newline
    before = _parse(body)
    changed = _set(body, path, entry, layout)
    if _parse(changed) != _merge(before, path, entry):  # never written; nothing should lead here
        raise NotEditable(message("the result would not be what was meant"))
    return mark + changed


def find_entry(text: str, path: Sequence[str]) -> Any:
    """Return the entry that a JSON text has at a path; None if there is none or it is no plain JSON."""
    try:
        found: Any = _parse(text.removeprefix(BOM))
    except NotEditable:
        return None
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _parse(text: str) -> dict[str, Any]:
    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) < len(pairs):
            raise NotEditable(message("a name stands twice in it"))
        return dict(pairs)

    def refuse(constant: str) -> Any:
        raise NotEditable(message("it is not plain JSON ({problem})", problem=constant))

    try:
        found = json.loads(text, object_pairs_hook=build, parse_constant=refuse)
    except (ValueError, RecursionError) as wrong:
        line = getattr(wrong, "lineno", 1)
        raise NotEditable(message("it is not plain JSON (line {line})", line=line)) from None
    if not isinstance(found, dict):
        raise NotEditable(message("it is JSON, but no object"))
    return found


def _merge(before: dict[str, Any], path: Sequence[str], entry: Any) -> dict[str, Any]:
    name, rest = path[0], path[1:]
    return {**before, name: _merge(before.get(name, {}), rest, entry) if rest else entry}


def _nest(path: Sequence[str], entry: Any) -> Any:
    for name in reversed(path):
        entry = {name: entry}
    return entry


def _set(text: str, path: Sequence[str], entry: Any, layout: Layout) -> str:
    at = _skip(text, 0)
    for depth, name in enumerate(path):
        if text[at] != "{":
            raise NotEditable(message("“{name}” is something else in it", name=path[depth - 1]))
        members = list(_list_members(text, at))
        found = next((one for one in members if one.name == name), None)
        if found is None:
            value = layout.dump(_nest(path[depth + 1 :], entry), depth + 1)
            return _insert(
                text, at, members, f"{json.dumps(name, ensure_ascii=False)}: {value}", layout, depth
            )
        at = found.start
        if depth == len(path) - 1:
            return text[: found.start] + layout.dump(entry, depth + 1) + text[found.end :]
    return text


def _insert(text: str, at: int, members: Sequence[Member], written: str, layout: Layout, depth: int) -> str:
    """Add a member behind the others of the object that begins here."""
    line = f"{layout.newline}{layout.indent * (depth + 1)}{written}"
    if members:
        end = members[-1].end
        return f"{text[:end]},{line}{text[end:]}"
    close = _skip(text, at + 1)
    return f"{text[: at + 1]}{line}{layout.newline}{layout.indent * depth}{text[close:]}"


def _list_members(text: str, at: int) -> Iterator[Member]:
    """Yield the members of the object that begins here; the text is known to be plain JSON."""
    decoder = json.JSONDecoder()
    place = _skip(text, at + 1)
    while text[place] != "}":
        name, place = decoder.raw_decode(text, place)
        start = _skip(text, _skip(text, place) + 1)  # behind the colon
        _, end = decoder.raw_decode(text, start)
        yield Member(name, start, end)
        place = _skip(text, end)
        if text[place] == ",":
            place = _skip(text, place + 1)


def _skip(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place
