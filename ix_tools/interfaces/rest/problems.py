"""A failure as problem details (RFC 9457): the same fields as on every other face, and the status of the table of codes."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from ix_tools.errors import HTTP_STATUSES, IxError, get_http_status, get_retry_delay
from ix_tools.interfaces.rest.responses import build_json_response

MEDIA_TYPE = "application/problem+json"


def build_problem(error: IxError, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to a call that failed."""
    status, wait = get_http_status(error), get_retry_delay(error)
    standard = {
        "type": f"/problems#{error.code}",
        "title": HTTP_STATUSES[status].title,
        "status": status,
        "detail": error.message,
    }
    body: dict[str, Any] = {
        **standard,
        **error.as_dict(),
        **standard,
    }  # nothing of ours hides what the standard says
    shown = {**({"Retry-After": str(wait)} if wait is not None else {}), **(headers or {})}
    return build_json_response(body, status, shown, MEDIA_TYPE)
