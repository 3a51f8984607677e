"""Every link and picture on a page leads somewhere, and every piece of code is in a block that the checks of snippets see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.snippets import ROOT, list_pages
from tools import pictures
from tools.site_links import READMES

PAGES = [*list_pages(), *sorted(ROOT.glob("integrations/*/README.md")), ROOT / "bench" / "README.md"]
MARKDOWN = MarkdownIt("commonmark").enable("table")
REPOSITORY = "https://github.com/ix-tools/ix-tools/blob/main/"
SITE = "https://ix-tools.github.io/ix-tools/"
REFERENCE = re.compile(r"\[[^\]]+\]\[[^\]]*\]")
"""A link by a name that no line of the page explains stays text."""


def page_id(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def parse(text: str) -> tuple[Token, ...]:
    """Return every token of a page, those inside of others too."""
    return tuple(one for token in MARKDOWN.parse(text) for one in (token, *(token.children or ())))


def list_targets(text: str) -> Iterator[str]:
    """Yield where the links and pictures of a page lead, in Markdown and in HTML."""
    for token in parse(text):
        match token.type:
            case "link_open":
                yield str(token.attrs["href"])
            case "image":
                yield str(token.attrs["src"])
            case "html_block" | "html_inline":
                yield from re.findall(r"\b(?:href|src)\s*=\s*[\"']?([^\"'\s>]+)", token.content)
            case "text":
                yield from REFERENCE.findall(token.content)


def list_anchors(text: str) -> set[str]:
    """Return the anchors of a page as the usual viewers name them."""
    titles = [
        "".join(one.content for one in following.children or () if one.type in {"text", "code_inline"})
        for token, following in pairwise(parse(text))
        if token.type == "heading_open"
    ]
    return {re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def locate(page: Path, target: str) -> Path | None:
    """Return the file that a link means; None if it leads to another site."""
    if target.startswith(REPOSITORY):
        return ROOT / target.removeprefix(REPOSITORY)
    if target.startswith(SITE):
        there = target.removeprefix(SITE).strip("/") or "index"
        names = {site.removesuffix(".md"): name for name, site in READMES.items()}
        return ROOT / names.get(there, f"docs/{there}.md")
    if re.match(r"[a-z]+:", target):
        return None
    return page.parent / target if target else page


def find_broken_links(page: Path, text: str) -> list[str]:
    broken = []
    for target in list_targets(text):
        place, _, anchor = target.partition("#")
        found = locate(page, place)
        if found is None:
            continue
        content = (
            text
            if found == page
            else found.read_text(encoding="utf-8")
            if found.suffix == ".md" and found.exists()
            else ""
        )
        if not found.exists() or (anchor and unquote(anchor) not in list_anchors(content)):
            broken.append(target)
    return broken


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    assert find_broken_links(page, page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "is_broken"),
    [
        ("[it](batch.md)", False), ("[it](nope.md)", True), ('[it](nope.md "title")', True), ("[it](<nope.md>)", True),
        ("[it](batch.md#nope)", True), ("[it](#nope)", True), ("[it](/guides/batch.md)", True),
        ("[it][one]\n\n[one]: nope.md", True), ("[it][one]\n\n[one]: batch.md", False), ("[it][nowhere]", True),
        ("![it](../pictures/nope.png)", True), ("![it](../pictures/chat.png)", False),
        ('<img src="../pictures/nope.png">', True), ('<a href="nope.md">it</a>', True),
        (f"[it]({REPOSITORY}docs/nope.md)", True), (f"[it]({REPOSITORY}SECURITY.md#the-api-key)", False),
        (f"[it]({SITE}guides/nope/)", True), (f"[it]({SITE}guides/batch/)", False), (f"[it]({SITE}pt/comecar/)", False),
        ("[it](https://example.com/nope)", False), ("`[it](nope.md)`", False), ("an `a[0][1]` in code", False),
    ],
)  # fmt: skip
def test_a_broken_link_of_each_form_is_found(text: str, is_broken: bool) -> None:
    assert bool(find_broken_links(ROOT / "docs/guides/chat.md", text)) == is_broken


def find_unseen_code(text: str) -> list[str]:
    """Return the pieces of code that the checks of snippets do not see: indented, between tildes, or with more than a language."""
    return [
        token.content
        for token in parse(text)
        if token.type == "code_block"
        or (
            token.type == "fence"
            and (not token.markup.startswith("`") or not re.fullmatch(r"\w+", token.info))
        )
    ]


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_piece_of_code_is_in_a_block_that_is_checked(page: Path) -> None:
    assert find_unseen_code(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    ["~~~sh\nix-tools nope\n~~~", "```\nix-tools nope\n```", '```sh title="x"\nix-tools nope\n```', "Text:\n\n    ix-tools nope"],
)  # fmt: skip
def test_code_in_another_form_is_found(text: str) -> None:
    assert "ix-tools nope\n" in "".join(find_unseen_code(text)) + "\n"


def test_every_picture_is_on_a_page_and_is_taken_by_the_program_that_takes_them() -> None:
    folder = pictures.FOLDER
    shown = {
        (page.parent / target).resolve()
        for page in PAGES
        for target in list_targets(page.read_text(encoding="utf-8"))
        if target.endswith(".png") and not target.startswith("https:")
    }
    assert shown == set(folder.iterdir())
    assert {path.name for path in shown} == set(
        re.findall(r"docs/pictures/(\S+\.png)", str(pictures.__doc__))
    )
