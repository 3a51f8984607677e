"""Markdown: tables, code, and the first sentence of a docstring."""

import inspect
import re
from collections.abc import Iterable, Sequence
from typing import Any

Row = Sequence[str]
NOTE = "<!-- Written by `make docs` from the code; change it there. -->"


def render_table(headings: Row, rows: Iterable[Row]) -> str:
    """A table; whatever stands in a cell stays in it."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(_escape_cell(cell) for cell in line)} |" for line in lines)


def _escape_cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def render_code(text: str) -> str:
    """As code."""
    return f"`{text}`"


def render_code_block(language: str, text: str) -> str:
    """A block of code."""
    return f"```{language}\n{text}\n```"


def get_first_sentence(thing: Any) -> str:
    """The first sentence about it; the traps it names become links."""
    text = (inspect.getdoc(thing) or "").split("\n", 1)[0].strip()
    return re.sub(r"\btrap \d+[a-z]?", r"[\g<0>](traps.md#the-traps)", text)
