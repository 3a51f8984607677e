"""Convert an error to problem details (RFC 9457) with the fields that every interface uses."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from ix_tools.errors import IxError, get_http_status, get_retry_delay
from ix_tools.http_statuses import HTTP_STATUSES
from ix_tools.i18n.languages import Language
from ix_tools.interfaces.rest.responses import build_json_response

MEDIA_TYPE = "application/problem+json"


def build_problem(error: IxError, language: Language, headers: Mapping[str, str] | None = None) -> Response:
    """Build the response to a failed call. `language`: the person's, for `for_person`."""
    status, wait = get_http_status(error), get_retry_delay(error)
    standard = {
        "type": f"/problems#{error.code}",
        "title": HTTP_STATUSES[status].title,
        "status": status,
        "detail": str(error),
    }
    body: dict[str, Any] = {
        **standard,
        **error.as_dict(language),
        **standard,
    }  # our fields never override the standard's
    shown = {**({"Retry-After": str(wait)} if wait is not None else {}), **(headers or {})}
    return build_json_response(body, status, shown, MEDIA_TYPE)
