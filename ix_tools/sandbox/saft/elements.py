"""Render XML from nested pairs: (name, text) or (name, [children])."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from xml.sax.saxutils import escape

from ix_tools.sandbox.ledger.number_formats import format_at_least_two, round_half_up

Element = tuple[str, "str | list[Element]"]

_NOT_XML = re.compile("[^\\t\\n\\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
UNKNOWN = "Desconhecido"
"""Text that the schema requires for a mandatory element without a value."""


def build_text(value: object, longest: int, otherwise: str = UNKNOWN) -> str:
    """Cut a text to the length of its element; a mandatory one is never empty."""
    return _NOT_XML.sub("", str(value or "")).strip()[:longest].strip() or otherwise


def build_optional(name: str, value: object, longest: int) -> list[Element]:
    """Return an optional element in a list, or an empty list when it has no value."""
    found = build_text(value, longest, "")
    return [(name, found)] if found else []


def format_amount(value: Fraction) -> str:
    """Format an amount or quantity with up to six decimals."""
    return format_at_least_two(round_half_up(value, 6))


def render_document(root: Element, namespace: str) -> bytes:
    """Render the XML file."""
    name, children = root
    opening = f'<{name} xmlns="{namespace}">'
    lines = [opening, *_render_lines(children, 1), f"</{name}>"]
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + "\n".join(lines) + "\n").encode()


def _render_lines(children: str | list[Element], depth: int) -> Iterator[str]:
    assert not isinstance(children, str)
    indent = "  " * depth
    for name, content in children:
        if isinstance(content, str):
            yield f"{indent}<{name}>{escape(content)}</{name}>"
        else:
            yield f"{indent}<{name}>"
            yield from _render_lines(content, depth + 1)
            yield f"{indent}</{name}>"
