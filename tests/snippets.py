"""Blocks of code on the pages of the documentation: find them, and read the commands of a shell."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(
    r"(?:^ *<!-- not run: (?P<reason>[^\n]+?) -->\n)?^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)
PAGE_REASON = re.compile(r"^<!-- no command of this page is run: (.+?) -->$", re.MULTILINE)


@dataclass(frozen=True)
class Snippet:
    """One block of a page."""

    page: str
    line: int
    language: str
    text: str
    reason: str
    """Why it is not run, as the page says; "" where it is."""

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def read_snippets(page: Path) -> Iterator[Snippet]:
    """Return the blocks of a page; one without a language is a fault."""
    text = page.read_text(encoding="utf-8")
    whole = PAGE_REASON.search(text)
    for found in BLOCK.finditer(text):
        yield Snippet(
            page.relative_to(ROOT).as_posix(),
            text.count("\n", 0, found.start("indent")) + 1,
            found["language"],
            dedent(found["text"]),
            found["reason"] or (whole[1] if whole else ""),
        )


def list_pages() -> list[Path]:
    """Return every page that people read."""
    folders = ("docs", "examples", "packaging")
    return sorted(
        [*ROOT.glob("*.md"), *(page for folder in folders for page in (ROOT / folder).rglob("*.md"))]
    )


def split_commands(text: str) -> list[list[str]]:
    """Return the words of each command of a shell's text, without comments.

    Raises: ValueError where a quotation does not end.
    """
    commands, begun = [], ""
    for line in text.splitlines():
        begun += line
        if line.endswith("\\"):
            begun = begun[:-1] + " "
            continue
        try:
            words = shlex.split(begun, comments=True)
        except ValueError:
            begun += "\n"
            continue
        if ">" in words:
            words = words[: words.index(">")]  # into a file
        if words:
            commands.append(words)
        begun = ""
    if begun:
        raise ValueError(f"a command that does not end: {begun}")
    return commands
