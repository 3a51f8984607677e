"""Render Markdown: tables, code, and first sentences of docstrings."""

import inspect
import re
from collections.abc import Iterable, Sequence
from typing import Any

Row = Sequence[str]
NOTE = "<!-- Written by `make docs` from the code; change it there. -->"


def render_table(headings: Row, rows: Iterable[Row]) -> str:
    """Render a table with escaped cells."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(_escape_cell(cell) for cell in line)} |" for line in lines)


def _escape_cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def render_code(text: str) -> str:
    """Render inline code."""
    return f"`{text}`"


def render_code_block(language: str, text: str) -> str:
    """Render a code block."""
    return f"```{language}\n{text}\n```"


def get_first_sentence(thing: Any) -> str:
    """Return the first sentence of a docstring, with links to the traps that it names."""
    text = (inspect.getdoc(thing) or "").split("\n", 1)[0].strip()
    return re.sub(r"\btrap \d+[a-z]?", r"[\g<0>](../concepts/traps.md#the-traps)", text)
