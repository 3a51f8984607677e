"""Truncation: shortens responses for MCP and REST to a maximum length without breaking their JSON.

A page of a list becomes a smaller page of the same list, so that the next page continues exactly where it ends. Rows inside
a record, such as the lines of a document, and long texts are shortened; `left_out` says by how much and what to do.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from ix_tools.operations.base import Operation
from ix_tools.operations.meta import RunOperation
from ix_tools.pipeline.arguments import read_arguments
from ix_tools.schemas.search import get_operation

MAX_CHARACTERS = 100_000
"""Maximum characters of a response, the limit of the strictest host."""
RESERVED_CHARACTERS = 1_000
"""Characters reserved for the note about omitted parts."""
PAGE_FIELDS = frozenset({"page", "pages", "total_entries"})
PER_PAGE = "per_page"
ADVICE = "ask for less in one call; a document is whole in its PDF (get_pdf)"


@dataclass(frozen=True, slots=True)
class TruncatedResponse:
    """A response of allowed length, and its page size if it is a page."""

    body: dict[str, Any]
    per_page: int | None


def to_compact_json(body: Any) -> str:
    """Return JSON without whitespace."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def get_page_size(operation: type[Operation[Any]], arguments: Mapping[str, Any]) -> int | None:
    """Return the page size that a call asked for, also through run_operation; None if the operation has no pages."""
    given = read_arguments(operation, arguments)
    if operation is RunOperation:
        return get_page_size(get_operation(str(given["operation"])), given.get("arguments") or {})
    size = operation.model_fields.get(PER_PAGE)
    if size is None:
        return None
    return int(float(given.get(PER_PAGE, size.get_default())))  # "10.0" is a whole number too


def truncate(body: Mapping[str, Any], per_page: int | None = None) -> TruncatedResponse:
    """Return the response, shortened if it is too long.

    Args:
        per_page: The page size that the call asked for, if it asked for a page.
    """
    shown = dict(body)
    if (
        per_page
        and body.keys() >= PAGE_FIELDS
        and len(to_compact_json(shown)) > MAX_CHARACTERS - RESERVED_CHARACTERS
    ):
        # The next page's address is added later, so this page needs room for it.
        shown, per_page = _shrink_page(shown, per_page)
    over = len(to_compact_json(shown)) - MAX_CHARACTERS
    if over > 0:
        shown = json.loads(to_compact_json(shown))  # a deep copy
        while over > 0 and _shorten_longest(shown, over + RESERVED_CHARACTERS):
            over = len(to_compact_json(shown)) - MAX_CHARACTERS
    return TruncatedResponse(shown, per_page)


def _shrink_page(body: dict[str, Any], per_page: int) -> tuple[dict[str, Any], int]:
    """Return the page as if fewer rows had been asked for, and that page size; the next page starts where this one ends."""
    name, rows = max(
        ((name, value) for name, value in body.items() if isinstance(value, list)),
        key=lambda found: len(to_compact_json(found[1])),
    )
    room = MAX_CHARACTERS - RESERVED_CHARACTERS - len(to_compact_json({**body, name: []}))
    fitting = sum(1 for end in accumulate(len(to_compact_json(row)) + 1 for row in rows) if end <= room)
    smaller = max(size for size in range(1, max(fitting, 1) + 1) if per_page % size == 0)
    before, total = (body["page"] - 1) * per_page, body["total_entries"]
    page, pages = before // smaller + 1, -(-total // smaller)
    note = (
        f"{total} in all, {min(smaller, len(rows))} on this page: an answer has at most {MAX_CHARACTERS} characters; "
        f"next: page {page + 1} with per_page {smaller}"
    )
    return {**body, name: rows[:smaller], "page": page, "pages": pages, "left_out": note}, smaller


def _shorten_longest(body: dict[str, Any], over: int) -> bool:
    """Shorten the longest list, or else the longest text; return False if there is neither."""
    lists = [one for one in _walk(body, "") if isinstance(one.value, list) and one.value]
    texts = [one for one in _walk(body, "") if isinstance(one.value, str) and len(one.value) > 100]
    longest = max(lists, key=lambda one: len(to_compact_json(one.value)), default=None)
    if longest is not None and len(to_compact_json(longest.value)) > over:
        sizes = accumulate(len(to_compact_json(row)) + 1 for row in reversed(longest.value))
        dropped = next(
            count for count, size in enumerate(sizes, start=1) if size >= over or count == len(longest.value)
        )
        kept = longest.value[: len(longest.value) - dropped]
        _note_omission(body, f"{longest.path}: {len(kept)} of {len(longest.value)} rows")
    elif texts:
        longest = max(texts, key=lambda one: len(one.value))
        kept = longest.value[: max(len(longest.value) - over, 100)].rstrip() + " …"
        _note_omission(body, f"{longest.path}: the first {len(kept) - 2} of {len(longest.value)} characters")
    else:
        return False
    longest.holder[longest.key] = kept
    return True


def _note_omission(body: dict[str, Any], what: str) -> None:
    note = body.get("left_out") or ""
    why = f"an answer has at most {MAX_CHARACTERS} characters; {ADVICE}"
    body["left_out"] = "; ".join(filter(None, [note, "" if why in note else why, what]))


@dataclass(frozen=True, slots=True)
class _Part:
    """A value and its place in the response."""

    holder: Any
    key: Any
    path: str

    @property
    def value(self) -> Any:
        return self.holder[self.key]


def _walk(holder: Any, path: str) -> Iterator[_Part]:
    keys = holder if isinstance(holder, dict) else range(len(holder))
    for key in keys:
        here = f"{path}.{key}".lstrip(".")
        yield _Part(holder, key, here)
        if isinstance(holder[key], dict | list):
            yield from _walk(holder[key], here)
