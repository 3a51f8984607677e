"""Build JSON responses within the size limit that no cache may store."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from ix_tools.pipeline import truncation
from ix_tools.pipeline.truncation import to_compact_json
from ix_tools.text.sanitize import is_safe_json, sanitize_all

JSON = "application/json"
HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def build_json_response(
    body: Mapping[str, Any],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    media_type: str = JSON,
) -> Response:
    """Build a JSON response, shortened if it is too long, and without control or invisible characters."""
    shown, text = body, to_compact_json(body)
    if not is_safe_json(text):
        shown = sanitize_all(body)
        text = to_compact_json(shown)
    if len(text) > truncation.MAX_CHARACTERS:
        text = to_compact_json(truncation.truncate(shown).body)
    # A lone surrogate from a caller becomes its JSON escape again.
    content = text.encode("utf-8", "backslashreplace")
    return Response(content, status, {**HEADERS, **(headers or {})}, media_type)
