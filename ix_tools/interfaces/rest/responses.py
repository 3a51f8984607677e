"""What every answer has: dense JSON that fits, kept by nobody between here and the caller."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from ix_tools.pipeline import truncation
from ix_tools.pipeline.truncation import dense
from ix_tools.text.sanitize import all_legible, is_legible_json

JSON = "application/json"
HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def answer(
    body: Mapping[str, Any],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    media_type: str = JSON,
) -> Response:
    """A JSON answer, shortened where it is too long, and without characters that control or hide, wherever they came from."""
    shown, text = body, dense(body)
    if not is_legible_json(text):
        shown = all_legible(body)
        text = dense(shown)
    if len(text) > truncation.LONGEST:
        text = dense(truncation.fitted(shown).body)
    # Half a surrogate pair, as a caller may send it, becomes its JSON escape again.
    content = text.encode("utf-8", "backslashreplace")
    return Response(content, status, {**HEADERS, **(headers or {})}, media_type)
