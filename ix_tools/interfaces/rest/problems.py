"""A failure as problem details (RFC 9457): the same fields as on every other face, and the status of the table of codes."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from ix_tools.errors import HTTP_STATUSES, IxError, status_for, wait_after
from ix_tools.interfaces.rest.responses import answer

MEDIA_TYPE = "application/problem+json"


def problem(error: IxError, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to a call that failed."""
    status, wait = status_for(error), wait_after(error)
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
    return answer(body, status, shown, MEDIA_TYPE)
