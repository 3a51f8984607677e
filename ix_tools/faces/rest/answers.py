"""What every answer has: dense JSON that fits, kept by nobody between here and the caller."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from ix_tools.faces.rest.fitting import dense, fitted

JSON = "application/json"
HEADERS: Mapping[str, str] = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def answer(
    body: Mapping[str, Any],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    media_type: str = JSON,
) -> Response:
    """A JSON answer."""
    # Half a surrogate pair, as a caller may send it, becomes its JSON escape again.
    return Response(
        dense(fitted(body).body).encode("utf-8", "backslashreplace"),
        status,
        {**HEADERS, **(headers or {})},
        media_type,
    )
