"""A hook of mkdocs: links that leave docs/ lead to the repository, where those files are."""

from __future__ import annotations

import posixpath
import re
from typing import Any

LINK = re.compile(r"\]\((\.\./[^)\s]+)\)")


def on_page_markdown(markdown: str, page: Any, config: Any, **_: Any) -> str:
    """Return a page with its links outside docs/ as addresses."""

    def lead(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page.file.src_uri), found[1]))
        if target.startswith("docs/"):
            return found[0]
        return f"]({config['repo_url']}/blob/main/{target})"

    return LINK.sub(lead, markdown)
