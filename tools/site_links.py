"""A hook of mkdocs: both READMEs are pages of the site, links that leave docs/ lead to the repository, pages have their language."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)\s]+)\)")
READMES = {"README.md": "start/try.md", "README.pt.md": "pt/comecar.md"}
"""Files of the project that are pages of the site, and where."""


def on_files(files: Any, config: Any, **_: Any) -> Any:
    """Add the READMEs."""
    from mkdocs.structure.files import File

    for name, page in READMES.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, **_: Any) -> str:
    """Return a page with links as the site has them."""
    return rewrite_links(markdown, page.file.src_uri, config["repo_url"])


def on_page_context(context: Any, page: Any, config: Any, **_: Any) -> Any:
    """Let the frame of a page (search, contents, the page's own language) be in the language of its text."""
    config.theme["language"] = "pt" if page.file.src_uri.startswith("pt/") else "en"
    return context


def on_post_page(output: str, **_: Any) -> str:
    """Return a page that asks nobody else for anything: the theme would ask the repository's host for its stars."""
    return output.replace(' data-md-component="source"', "")


def rewrite_links(markdown: str, page: str, repository: str) -> str:
    """Return a page's text with links to pages of the site, and as addresses where they lead to other files."""
    here = {site: name for name, site in READMES.items()}.get(page, f"docs/{page}")

    def lead(found: re.Match[str]) -> str:
        path, hash_sign, anchor = found[1].partition("#")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(here), path))
        if target in READMES:
            target = f"docs/{READMES[target]}"
        if not target.startswith("docs/"):
            return f"]({repository}/blob/main/{target}{hash_sign}{anchor})"
        there = posixpath.relpath(target, posixpath.dirname(f"docs/{page}"))
        return f"]({there}{hash_sign}{anchor})"

    return LINK.sub(lead, markdown)
